//! Compiled code, kept between processes. Compiled code is code: it runs with
//! the host's own rights, so a file that anyone else could have written is never
//! read. The folder is opened once and everything happens relative to it, so
//! nothing can be swapped between a check and its use.
//!
//! A file is named after the component, wasmtime's version and its
//! configuration, written aside and renamed, and ends with a digest of its name
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
use std::io::{self, BufReader, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;
use xxhash_rust::xxh3::Xxh3Default;

const DIGEST: usize = 16;

/// Bytes that are read at a time.
const READ: usize = 64 << 10;

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

/// The component of this digest, if the cache holds a sound copy. Whoever then
/// compiles it is told what is wrong with the cache.
pub(crate) fn load(engine: &Engine, sha256: &str, folder: &Path) -> Option<Component> {
    let entry = Folder::open(folder).ok()?.find(&entry_name(engine, sha256)).ok()??;
    deserialize(engine, &entry).ok()
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
    match folder.find(&name) {
        Ok(Some(entry)) => match deserialize(engine, &entry) {
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

/// Maps the entry rather than reading it: of two megabytes of code a program
/// that asks for one page touches little, and processes share what they touch.
#[allow(unsafe_code)]
fn deserialize(engine: &Engine, entry: &File) -> wasmtime::Result<Component> {
    // The file that was looked at, whatever its name leads to by now.
    let opened = format!("/dev/fd/{}", entry.as_raw_fd());
    // SAFETY: the file is one that only this user can write, in a folder that
    // only this user can write, and its digest shows that it is what `write`
    // wrote under this name: the output of `Component::serialize`. It is never
    // written to again, only replaced. wasmtime itself refuses another version
    // or configuration.
    unsafe { Component::deserialize_file(engine, opened) }
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

    /// An entry that is sound; `None` if there is none.
    fn find(&self, name: &str) -> Result<Option<File>, Unusable> {
        // Without NONBLOCK, opening a pipe that somebody put here would hang.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&self.0, name, flags, Mode::empty()) {
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            other => other?,
        };
        let stat = rustix::fs::fstat(&file)?;
        ours(&stat, FileType::RegularFile)?;
        let mut file = File::from(file);
        let length = u64::try_from(stat.st_size).ok().and_then(|size| size.checked_sub(DIGEST as u64));
        let mut sealing = Seal::of(name);
        let mut code = BufReader::with_capacity(READ, (&file).take(length.ok_or(Unusable::Damaged)?));
        let copied = io::copy(&mut code, &mut sealing)?;
        let mut seal = Vec::new();
        file.read_to_end(&mut seal)?;
        if Some(copied) != length || sealing.end()[..] != seal[..] {
            return Err(Unusable::Damaged);
        }
        Ok(Some(file))
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

/// What an entry of this name and code ends with. It tells damage, not malice:
/// against that there are owners and modes, so it may be fast.
fn seal(name: &str, code: &[u8]) -> [u8; DIGEST] {
    let mut seal = Seal::of(name);
    seal.0.update(code);
    seal.end()
}

/// The same of code that comes piece by piece.
struct Seal(Xxh3Default);

impl Seal {
    fn of(name: &str) -> Seal {
        let mut digest = Xxh3Default::new();
        digest.update(name.as_bytes());
        digest.update(b"\n");
        Seal(digest)
    }

    fn end(self) -> [u8; DIGEST] {
        self.0.digest128().to_le_bytes()
    }
}

impl Write for Seal {
    fn write(&mut self, code: &[u8]) -> io::Result<usize> {
        self.0.update(code);
        Ok(code.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
