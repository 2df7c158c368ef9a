//! Secrets become fingerprints before anything is stored: the same secret has
//! the same fingerprint, so a change shows and the secret does not.
//!
//! Rule: what is secret by the kind's facts leaves this module as a fingerprint
//! alone; without the key nobody can try what it was made from.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::store::Result;

/// The key of fingerprints: 32 random bytes in a file of their own.
pub struct Key([u8; 32]);

impl Key {
    /// The key's file beside a store's file: `NAME.key`.
    pub fn beside(store: &Path) -> PathBuf {
        let _ = store;
        todo!()
    }

    /// Reads the key, or makes one with mode 0600 where `create` says so and
    /// there is none.
    ///
    /// # Errors
    ///
    /// [`crate::store::Error::Unsafe`] where the file is a link, somebody
    /// else's, or others can read it; [`crate::store::Error::Io`] where it
    /// cannot be read or made.
    pub fn open(path: &Path, create: bool) -> Result<Option<Self>> {
        let _ = (path, create);
        todo!()
    }

    /// The fingerprint of a value: `{"fingerprint": "hmac-sha256:0123456789abcdef"}`,
    /// the first 64 bits of HMAC-SHA256 over its JSON text.
    pub fn fingerprint(&self, secret: &Value) -> Value {
        let _ = (self.0, secret);
        todo!()
    }

    /// Puts a fingerprint in the place of everything that stands at one of
    /// `paths` (see [`crate::asset::KindFacts::secrets`]). What is null or not
    /// there stays so.
    pub fn cover(&self, attributes: &mut Map<String, Value>, paths: &[String]) {
        let _ = (attributes, paths);
        todo!()
    }
}
