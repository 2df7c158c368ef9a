//! Secrets become fingerprints before anything is stored: the same secret has
//! the same fingerprint, so a change shows and the secret does not.
//!
//! Rule: what is secret by the kind's facts leaves this module as a fingerprint
//! alone; without the key nobody can try what it was made from.

use std::borrow::Cow;
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use crate::files;
use crate::store::{Error, Result};

/// Bytes of a key.
const LENGTH: usize = 32;

/// The key of fingerprints: 32 random bytes in a file of their own.
#[derive(Clone)]
pub struct Key([u8; LENGTH]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// The key's file beside a store's file: `NAME.key`.
    pub fn beside(store: &Path) -> PathBuf {
        let mut name = store.as_os_str().to_owned();
        name.push(".key");
        name.into()
    }

    /// Where the key is for stores that are no file: `fingerprints.key` in this
    /// program's folder below XDG_DATA_HOME or ~/.local/share; none where
    /// neither is set.
    pub fn usual() -> Option<PathBuf> {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        // XDG: a path that is not absolute counts as not set.
        let data = set("XDG_DATA_HOME").filter(|path| path.is_absolute());
        let data = data.or_else(|| Some(set("HOME")?.join(".local/share")))?;
        Some(data.join("pagerduty-connector/fingerprints.key"))
    }

    /// Reads the key. Where there is none, makes one with mode 0600 if `create`
    /// says so (its folder too), or else gives none.
    ///
    /// # Errors
    ///
    /// [`Error::Unsafe`] where the file is a link, somebody else's, not a key, or
    /// others can read it; [`Error::Io`] where it cannot be read or made.
    pub fn open(path: &Path, create: bool) -> Result<Option<Self>> {
        if !files::trusted(path)? {
            if !create {
                return Ok(None);
            }
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
                made.map_err(|why| files::io(folder, why))?;
            }
            let mut key = [0; LENGTH];
            getrandom::fill(&mut key).map_err(|why| files::io(path, std::io::Error::other(why.to_string())))?;
            files::make_whole(path, &key)?;
            // Another process may have been first: its key counts.
            files::trusted(path)?;
        }
        let mut held = Vec::with_capacity(LENGTH + 1);
        let file = std::fs::OpenOptions::new().read(true).custom_flags(no_follow()).open(path);
        let read = file.and_then(|file| file.take(LENGTH as u64 + 1).read_to_end(&mut held));
        read.map_err(|why| files::io(path, why))?;
        match held.try_into() {
            Ok(key) => Ok(Some(Key(key))),
            Err(_) => Err(Error::Unsafe {
                path: path.to_owned(),
                why: format!("it is not a key of {LENGTH} bytes; put the right file back"),
            }),
        }
    }

    /// The fingerprint of a value: `{"fingerprint": "hmac-sha256:0123456789abcdef"}`,
    /// the first 64 bits of HMAC-SHA256 over its JSON text.
    pub fn fingerprint(&self, secret: &Value) -> Value {
        json!({ "fingerprint": format!("hmac-sha256:{}", self.hex(secret.to_string().as_bytes())) })
    }

    /// The attributes, with a fingerprint in the place of everything that stands
    /// at one of `paths` (see [`crate::asset::KindFacts::secrets`]). What is null
    /// or not there stays so. Only what has a secret in it is copied.
    pub(crate) fn cover<'m>(
        &self,
        attributes: &'m Map<String, Value>,
        paths: &[String],
    ) -> Vec<(&'m str, Cow<'m, Value>)> {
        let each = attributes.iter().map(|(name, value)| {
            let mut value = Cow::Borrowed(value);
            for path in paths {
                let (first, rest) = split(path);
                if first == "*" || first == name {
                    self.at(value.to_mut(), rest);
                }
            }
            (name.as_str(), value)
        });
        each.collect()
    }

    fn within(&self, map: &mut Map<String, Value>, first: &str, rest: Option<&str>) {
        match first {
            "*" => map.values_mut().for_each(|value| self.at(value, rest)),
            name => {
                if let Some(value) = map.get_mut(name) {
                    self.at(value, rest);
                }
            }
        }
    }

    fn at(&self, value: &mut Value, path: Option<&str>) {
        let Some(path) = path else {
            if !value.is_null() {
                *value = self.fingerprint(value);
            }
            return;
        };
        let (first, rest) = split(path);
        match value {
            Value::Object(map) => self.within(map, first, rest),
            Value::Array(items) if first == "*" => items.iter_mut().for_each(|item| self.at(item, rest)),
            // A list where the path names a key: each of its items may have it.
            Value::Array(items) => items.iter_mut().for_each(|item| self.at(item, Some(path))),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            // Something else than the schema says, on the way to a secret: it
            // could be the secret in another shape.
            Value::String(_) => *value = self.fingerprint(value),
        }
    }

    /// Tells whether a key is this one, and nothing else of it.
    pub(crate) fn check(&self) -> String {
        self.hex(b"the key of this store")
    }

    fn hex(&self, text: &[u8]) -> String {
        // A key of any length is one to HMAC.
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0) else {
            return String::new();
        };
        mac.update(text);
        mac.finalize().into_bytes().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The first part of a dotted path, and the rest.
fn split(path: &str) -> (&str, Option<&str>) {
    path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)))
}

fn no_follow() -> i32 {
    rustix::fs::OFlags::NOFOLLOW.bits() as i32
}

#[cfg(test)]
mod tests;
