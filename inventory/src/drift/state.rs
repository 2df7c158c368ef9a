//! States: from files, and from folders of them.
//!
//! Rule: a file that cannot be read is an error that names it. What is not looked
//! at, other providers' resources and what only reads, is counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value};

use super::document::{self, Document, Sensitive, Wrong};

/// Most bytes of a state.
pub const MOST: u64 = 256 << 20;

/// How a state's file ends. Backups end otherwise.
const ENDING: &str = "tfstate";

/// Why states cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// A file or folder that cannot be opened or read.
    #[error("{}: {why}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// A folder without states, or something that is neither file nor folder.
    #[error("{}: {why}", path.display())]
    Nothing {
        /// Which.
        path: PathBuf,
        /// What it is.
        why: &'static str,
    },
    /// A file of more than [`MOST`] bytes.
    #[error("{}: it has more than {} MiB, the most that a state may have", path.display(), most >> 20)]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// Bytes.
        most: u64,
    },
    /// It is no state, or a damaged one.
    #[error("{}: this is no Terraform state: {why}", path.display())]
    NotAState {
        /// Which.
        path: PathBuf,
        /// What it is, or where it goes wrong.
        why: String,
    },
    /// Of a format that is not read.
    #[error("{}: this state has the format version {version}, and 4 is the one that is read; a present Terraform or OpenTofu \
             (`state pull`) writes it", path.display())]
    Version {
        /// Which.
        path: PathBuf,
        /// Its version.
        version: String,
    },
    /// OpenTofu encrypted it.
    #[error("{}: this state is encrypted; `tofu state pull` writes it as plain JSON", path.display())]
    Encrypted {
        /// Which.
        path: PathBuf,
    },
}

/// What was read.
#[derive(Debug, Default)]
pub struct States {
    /// The files, in the order in which they were given.
    pub files: Vec<StateFile>,
    /// What else whoever reads it should know.
    pub notes: Vec<String>,
    pub(super) held: Vec<Held>,
}

/// A file of a state, and what it says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StateFile {
    /// Where it is.
    pub path: String,
    /// The version of what wrote it.
    pub terraform_version: Option<String>,
    /// It grows with each write.
    pub serial: Option<u64>,
    /// The same for one state for ever.
    pub lineage: Option<String>,
    /// Instances that are compared.
    pub resources: u64,
    /// Instances of other providers' types.
    pub others: u64,
    /// Instances that only read (`data`).
    pub data: u64,
}

/// A resource that a state holds.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) file: usize,
    pub(super) of: String,
    pub(super) address: String,
    pub(super) id: Option<String>,
    pub(super) attributes: Map<String, Value>,
    pub(super) sensitive: Sensitive,
    pub(super) unreadable: Option<String>,
}

impl States {
    /// Reads files, and of folders every file `*.tfstate` right in them. `ours`
    /// tells the resource types that count.
    ///
    /// # Errors
    /// The first file that cannot be read, is too large or no state.
    pub fn read(places: &[PathBuf], ours: &dyn Fn(&str) -> bool) -> Result<Self, StateError> {
        let mut states = States::default();
        let mut known = BTreeSet::new();
        for place in places {
            for path in files(place)? {
                // One file by two names counts once.
                let real = fs::canonicalize(&path).map_err(|why| StateError::Io { path: path.clone(), why })?;
                if known.insert(real) {
                    let bytes = bytes(&path, MOST)?;
                    states.add(&path, &bytes, ours)?;
                }
            }
        }
        states.tell_lineages();
        Ok(states)
    }

    /// Adds a state that is at hand.
    pub(super) fn add(&mut self, path: &Path, bytes: &[u8], ours: &dyn Fn(&str) -> bool) -> Result<(), StateError> {
        let document = document::read(bytes, ours).map_err(|wrong| {
            let path = path.to_owned();
            match wrong {
                Wrong::NotAState(why) => StateError::NotAState { path, why },
                Wrong::Version(version) => StateError::Version { path, version },
                Wrong::Encrypted => StateError::Encrypted { path },
            }
        })?;
        let Document { terraform, serial, lineage, instances, deposed, others, data } = document;
        let path = path.display().to_string();
        for address in deposed {
            self.notes
                .push(format!("{path}: {address} has an object that the next apply destroys; it is not compared"));
        }
        let file = self.files.len();
        let resources = instances.len() as u64;
        self.held.extend(instances.into_iter().map(|found| Held {
            file,
            of: found.of,
            address: found.address,
            id: found.attributes.get("id").and_then(text).filter(|id| !id.is_empty()),
            attributes: found.attributes,
            sensitive: found.sensitive,
            unreadable: found.unreadable,
        }));
        self.files.push(StateFile { path, terraform_version: terraform, serial, lineage, resources, others, data });
        Ok(())
    }

    /// Two files of one state would show everything twice.
    pub(super) fn tell_lineages(&mut self) {
        let mut first: BTreeMap<&str, &StateFile> = BTreeMap::new();
        for file in &self.files {
            let Some(lineage) = &file.lineage else { continue };
            if let Some(other) = first.get(lineage.as_str()) {
                let serial = |file: &StateFile| file.serial.unwrap_or_default();
                self.notes.push(format!(
                    "{} (serial {}) and {} (serial {}) are one state at two times; leave the older one out",
                    other.path,
                    serial(other),
                    file.path,
                    serial(file)
                ));
            } else {
                first.insert(lineage, file);
            }
        }
    }
}

/// A text or a number as text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The files that a place stands for, by name.
fn files(place: &Path) -> Result<Vec<PathBuf>, StateError> {
    let io = |why| StateError::Io { path: place.to_owned(), why };
    let facts = fs::metadata(place).map_err(io)?;
    if facts.is_file() {
        return Ok(vec![place.to_owned()]);
    }
    let nothing = |why| Err(StateError::Nothing { path: place.to_owned(), why });
    if !facts.is_dir() {
        return nothing("it is neither a file nor a folder");
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(place).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if path.extension().is_some_and(|ending| ending == ENDING) && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    match found.is_empty() {
        true => nothing("there is no file *.tfstate in this folder; those in folders below it have to be named"),
        false => Ok(found),
    }
}

/// The bytes of a file, up to `most`.
pub(super) fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, StateError> {
    let io = |why| StateError::Io { path: path.to_owned(), why };
    let file = File::open(path).map_err(io)?;
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(io)?;
    match bytes.len() as u64 > most {
        true => Err(StateError::TooLarge { path: path.to_owned(), most }),
        false => Ok(bytes),
    }
}
