//! A folder of code: what was written there before, and what may be written over.
//!
//! Rule: a file that somebody changed or made by hand is never written over or
//! removed without being told to.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use connector_host::contract::File;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::commands::codify::NAMES;
use crate::failure::{Failure, Result};

/// What is kept of the last time.
const RECORD: &str = ".connector-codify.json";

/// The files of the last time, with their digests.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Record {
    files: BTreeMap<String, String>,
}

/// A folder for code.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    force: bool,
    record: Record,
    names: Option<Value>,
}

impl Folder {
    /// Looks at the folder, which need not be there yet.
    pub(crate) fn open(path: &Path, force: bool) -> Result<Self> {
        let record = read(&path.join(RECORD))?;
        let record = record.map(|text| serde_json::from_str(&text)).transpose();
        let record = record.map_err(|_| {
            Failure::Other(format!("{}: not a file of `connector codify`: remove it", path.join(RECORD).display()))
        })?;
        let names = read(&path.join(NAMES))?.map(|text| serde_json::from_str(&text)).transpose();
        let names = names.map_err(|why| {
            Failure::Other(format!(
                "{}: {why}; mend the file, or remove it and all resources get new names",
                path.join(NAMES).display()
            ))
        })?;
        Ok(Folder { path: path.to_owned(), force, record: record.unwrap_or_default(), names })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether code was written there before.
    pub(crate) fn was_written(&self) -> bool {
        !self.record.files.is_empty()
    }

    /// The names that were given before.
    pub(crate) fn names(&self) -> Option<&Value> {
        self.names.as_ref()
    }

    /// Writes the files, and removes those of the last time that are no more.
    ///
    /// # Errors
    /// A file that was not written by this, or was changed since: nothing is written then.
    pub(crate) fn write(&mut self, files: &[File]) -> Result<()> {
        let gone: Vec<String> =
            self.record.files.keys().filter(|name| files.iter().all(|file| file.name != **name)).cloned().collect();
        let written = files.iter().map(|file| (file.name.as_str(), Some(file.content.as_str())));
        let touched = written.chain(gone.iter().map(|name| (name.as_str(), None)));
        for (name, content) in touched.filter(|_| !self.force) {
            self.ours(name, content)?;
        }
        fs::create_dir_all(&self.path).map_err(|why| told(&self.path, &why))?;
        let mut record = Record::default();
        for File { name, content } in files {
            // Names come from the connector: none leads out of the folder.
            let path = self.path.join(plain(name)?);
            replace(&path, content)?;
            record.files.insert(name.clone(), digest(content.as_bytes()));
        }
        for name in gone {
            let path = self.path.join(plain(&name)?);
            match fs::remove_file(&path) {
                Err(why) if why.kind() != ErrorKind::NotFound => return Err(told(&path, &why)),
                Ok(()) | Err(_) => {}
            }
        }
        let text = serde_json::to_string_pretty(&record).unwrap_or_default();
        replace(&self.path.join(RECORD), &(text + "\n"))?;
        self.record = record;
        Ok(())
    }

    /// Whether the file is not there, as it was written the last time, or as it is to be:
    /// a run that broke off left it so.
    fn ours(&self, name: &str, content: Option<&str>) -> Result<()> {
        let path = self.path.join(plain(name)?);
        let there = match fs::read(&path) {
            Ok(there) => there,
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(()),
            Err(why) => return Err(told(&path, &why)),
        };
        if content.is_some_and(|content| content.as_bytes() == there) {
            return Ok(());
        }
        let shown = path.display();
        match self.record.files.get(name) {
            Some(before) if *before == digest(&there) => Ok(()),
            // Names are there to be changed.
            Some(_) if name == NAMES => Ok(()),
            Some(_) => Err(Failure::Other(format!(
                "{shown} was changed since it was written: move your changes to a file of your own, or write over it \
                 with --force"
            ))),
            None => Err(Failure::Other(format!(
                "{shown} was not written by `connector codify`: name another folder, or write over it with --force"
            ))),
        }
    }
}

fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
        Err(why) => Err(told(path, &why)),
    }
}

/// A name without a folder.
fn plain(name: &str) -> Result<&str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    match !name.starts_with('.') && !name.is_empty() && name.chars().all(fits) {
        true => Ok(name),
        false => Err(Failure::Other("the connector names a file that is none".into())),
    }
}

/// The whole file or none of it.
fn replace(path: &Path, content: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = (|| {
        let mut draft = tempfile::Builder::new().prefix(".connector-").tempfile_in(folder)?;
        draft.write_all(content.as_bytes())?;
        draft.persist(path).map_err(|failed| failed.error)
    })();
    written.map(drop).map_err(|why| told(path, &why))
}

fn told(path: &Path, why: &std::io::Error) -> Failure {
    Failure::Other(format!("{}: {why}", path.display()))
}

fn digest(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
