//! Files that hold what others must not read: the store and its key.
//!
//! Rule: what is opened is a file of this user's that no one else may read or
//! write, and no link to another place.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::store::{Error, Result};

/// Whether a file is there that can be trusted.
///
/// # Errors
///
/// [`Error::Unsafe`] where others could have written it or could read it.
pub(crate) fn trusted(path: &Path) -> Result<bool> {
    let facts = match std::fs::symlink_metadata(path) {
        Ok(facts) => facts,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(false),
        Err(why) => return Err(io(path, why)),
    };
    let refuse = |why: String| Err(Error::Unsafe { path: path.to_owned(), why });
    let shown = path.display();
    if facts.is_symlink() {
        return refuse("it is a symbolic link, which another could turn elsewhere; name the file itself".into());
    }
    if !facts.is_file() {
        return refuse("it is not a file; name another".into());
    }
    let user = rustix::process::geteuid().as_raw();
    if facts.uid() != user {
        return refuse(format!("it belongs to user {}, not to {user}; copy it as this user", facts.uid()));
    }
    match facts.mode() & 0o777 {
        mode if mode & 0o077 != 0 => {
            refuse(format!("others may read or write it (mode {mode:03o}); run: chmod 600 '{shown}'"))
        }
        _ => Ok(true),
    }
}

/// Makes an empty file with mode 0600, unless there is one.
pub(crate) fn make(path: &Path) -> Result<()> {
    match private().open(path) {
        Ok(_) => Ok(()),
        Err(why) if why.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(why) => Err(io(path, why)),
    }
}

/// Makes a file with mode 0600 and this content, unless there is one: never a
/// part of it, whoever looks meanwhile.
pub(crate) fn make_whole(path: &Path, content: &[u8]) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.{:016x}", std::process::id(), random(path)?));
    let draft = PathBuf::from(name);
    let written = (|| {
        let mut file: File = private().open(&draft)?;
        file.write_all(content)?;
        file.sync_all()
    })();
    let linked = written.and_then(|()| std::fs::hard_link(&draft, path));
    // The draft may not be there; what matters is told by the link.
    let _ = std::fs::remove_file(&draft);
    match linked {
        Err(why) if why.kind() != ErrorKind::AlreadyExists => Err(io(path, why)),
        _ => Ok(()),
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
}

fn random(path: &Path) -> Result<u64> {
    getrandom::u64().map_err(|why| io(path, std::io::Error::other(why.to_string())))
}

pub(crate) fn io(path: &Path, why: std::io::Error) -> Error {
    Error::Io { path: path.to_owned(), why }
}
