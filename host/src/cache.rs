//! Compiled code, kept between processes. Compiled code is code: it runs with
//! the host's own rights, so a file that anyone else could have written is never
//! read. The folder is opened once and everything happens relative to it, so
//! nothing can be swapped between a check and its use.
//!
//! A file is named after the component, wasmtime's version and its
//! configuration, written aside and renamed, and ends with a SHA-256 of its name
//! and the rest. Whatever is wrong with it, the component is compiled anew.
//!
//! The digest tells accidents: a file cut short, or put under another's name. It
//! is no signature. Who can write as this user (or as root) can put any code
//! here, as they can put it into the program itself.
//!
//! What stands above the folder is not looked at: whoever may write there can
//! put another folder in its place, and it is used only if it is this user's and
//! holds what this user wrote. A second name of a file (a hard link) is one more
//! way to it with the same owner and mode, so nothing more to look at.

use std::fmt;
use std::fs::{DirBuilder, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

const DIGEST: usize = 32;

/// The age at which nobody is still writing a file, in seconds: a day.
const STALE: u64 = 24 * 60 * 60;

/// Why something in the cache is not used.
#[derive(Debug)]
pub(crate) enum Unusable {
    Io(io::Error),
    /// Neither a plain file nor a plain folder, where one has to be.
    Kind,
    /// It belongs to somebody else.
    Owner,
    /// Others may write to it.
    Writable,
    /// Its content is not what was written.
    Damaged,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unusable::Io(why) => why.fmt(f),
            Unusable::Kind => f.write_str("it is a symlink or not what it has to be"),
            Unusable::Owner => f.write_str("it belongs to somebody else"),
            Unusable::Writable => f.write_str("others may write to it"),
            Unusable::Damaged => f.write_str("its content is damaged"),
        }
    }
}

impl From<rustix::io::Errno> for Unusable {
    fn from(error: rustix::io::Errno) -> Self {
        match error {
            // What O_NOFOLLOW and O_DIRECTORY answer.
            rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR => Unusable::Kind,
            other => Unusable::Io(other.into()),
        }
    }
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        Unusable::Io(error)
    }
}

/// The component in `bytes`, from the cache if it holds a sound copy, compiled
/// and kept otherwise. A cache that cannot be used costs time, nothing else.
pub(crate) fn load_or_compile(
    engine: &Engine,
    bytes: &[u8],
    sha256: &str,
    folder: &Path,
) -> wasmtime::Result<Component> {
    let folder = match Folder::open(folder) {
        Ok(folder) => folder,
        Err(why) => {
            tracing::warn!(folder = %folder.display(), %why, "the cache folder is not used");
            return Component::from_binary(engine, bytes);
        }
    };
    let name = entry_name(engine, sha256);
    match folder.read(&name) {
        Ok(Some(code)) => match deserialize(engine, &code) {
            Ok(component) => return Ok(component),
            Err(why) => tracing::warn!(entry = %name, %why, "compiled anew"),
        },
        Ok(None) => {}
        Err(why) => tracing::warn!(entry = %name, %why, "compiled anew"),
    }
    let component = Component::from_binary(engine, bytes)?;
    if let Err(why) = folder.write(&name, &component.serialize()?) {
        tracing::warn!(entry = %name, %why, "compiled code is not kept");
    }
    Ok(component)
}

#[allow(unsafe_code)]
fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the bytes come from a file that only this user can write, in a
    // folder that only this user can write, and their digest shows that they
    // are what `write` wrote under this name: the output of
    // `Component::serialize`. wasmtime itself refuses another version or
    // configuration.
    unsafe { Component::deserialize(engine, code) }
}

/// Component, wasmtime's version and configuration (both are in the engine's
/// compatibility hash).
fn entry_name(engine: &Engine, sha256: &str) -> String {
    struct Engines(Sha256);
    impl Hasher for Engines {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut hasher = Engines(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    let engine = crate::hex(&hasher.0.finalize()[..16]);
    format!("{sha256}-{engine}.cwasm")
}

/// A folder that is this user's alone to write.
struct Folder(OwnedFd);

impl Folder {
    /// Opens the folder, made with mode 0700 where there is none.
    fn open(path: &Path) -> Result<Self, Unusable> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(path, flags, Mode::empty())?;
        ours(&rustix::fs::fstat(&folder)?, FileType::Directory)?;
        Ok(Folder(folder))
    }

    /// The content of an entry; `None` if there is none.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Unusable> {
        // Without NONBLOCK, opening a pipe that somebody put here would hang.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&self.0, name, flags, Mode::empty()) {
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            other => other?,
        };
        ours(&rustix::fs::fstat(&file)?, FileType::RegularFile)?;
        let mut content = Vec::new();
        File::from(file).read_to_end(&mut content)?;
        let code = content.len().checked_sub(DIGEST).ok_or(Unusable::Damaged)?;
        if seal(name, &content[..code])[..] != content[code..] {
            return Err(Unusable::Damaged);
        }
        content.truncate(code);
        Ok(Some(content))
    }

    /// Removes what writers that were killed have left behind. What cannot be
    /// removed costs room, nothing else.
    fn sweep(&self) {
        let Ok(entries) = rustix::fs::Dir::read_from(&self.0) else {
            return;
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        for entry in entries.flatten() {
            let name = entry.file_name().to_bytes();
            if name.starts_with(b".") && name.ends_with(b".tmp") {
                let stat = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW);
                let written = stat.map(|stat| u64::try_from(stat.st_mtime).unwrap_or(0));
                if written.is_ok_and(|written| written.saturating_add(STALE) < now) {
                    let _ = rustix::fs::unlinkat(&self.0, name, AtFlags::empty());
                }
            }
        }
    }

    /// Writes an entry aside and renames it, so that nobody reads half of it.
    fn write(&self, name: &str, code: &[u8]) -> Result<(), Unusable> {
        self.sweep();
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let aside = format!(".{}.tmp", crate::hex(&random));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.0, &aside, flags, Mode::RUSR | Mode::WUSR)?;
        let mut file = File::from(file);
        let written = file
            .write_all(code)
            .and_then(|()| file.write_all(&seal(name, code)))
            .map_err(Unusable::Io)
            .and_then(|()| Ok(rustix::fs::renameat(&self.0, &aside, &self.0, name)?));
        if written.is_err() {
            // What remains is useless, and already accounted for.
            let _ = rustix::fs::unlinkat(&self.0, &aside, AtFlags::empty());
        }
        written
    }
}

/// What an entry of this name and code ends with.
fn seal(name: &str, code: &[u8]) -> [u8; DIGEST] {
    Sha256::new_with_prefix(name).chain_update(b"\n").chain_update(code).finalize().into()
}

/// Whether what `stat` tells of is of this kind, this user's, and closed to
/// others' writing.
fn ours(stat: &Stat, kind: FileType) -> Result<(), Unusable> {
    if FileType::from_raw_mode(stat.st_mode) != kind {
        return Err(Unusable::Kind);
    }
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(Unusable::Owner);
    }
    if Mode::from_raw_mode(stat.st_mode).intersects(Mode::WGRP | Mode::WOTH) {
        return Err(Unusable::Writable);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
