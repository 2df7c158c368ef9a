//! The store: assets with their history, in SQLite (one file) or PostgreSQL.
//!
//! Every scan has a number, and a version of an asset holds from one number up
//! to another. An account is read as of its last complete scan, or of an
//! earlier one; so what an unfinished scan stores is not seen before its last
//! step, pages read one after another fit together, and two points compare.
//!
//! Reading order: [`Begin`], [`Store::begin`] and [`Store::step`] bring assets
//! in; [`Store::snapshot`] and the functions that take a [`Snapshot`] show them.
//!
//! Rule: a call stores all or nothing. What is secret by its kind's facts is
//! covered in here, so nobody can forget it; readers see complete scans alone.

mod answers;
mod apply;
mod database;
mod diff;
mod error;
mod failure;
mod graph;
mod kinds;
mod open;
mod passing;
mod prepare;
mod query;
mod read;
mod record;
mod scan;
#[cfg(test)]
mod tests;
mod types;
mod write;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

pub use answers::*;
pub use error::{Error, Result};
pub use scan::nickname;
pub use types::*;

use database::Database;

use crate::secrets::Key;

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file of SQLite. Its key stands beside it.
    File(PathBuf),
    /// A database of PostgreSQL.
    Postgres {
        /// `postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full`. The
        /// password may come from PGPASSWORD or ~/.pgpass; another schema than
        /// the user's by `&options=-c search_path=NAME`.
        url: String,
        /// The file of the key of fingerprints.
        key: PathBuf,
    },
}

/// How a store is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Make the store if there is none. Commands that only read leave it off;
    /// without it and without the key's file nothing can be scanned.
    pub create: bool,
    /// Take another key than the store's fingerprints were made with (it was
    /// lost): every secret shows as changed once.
    pub new_key: bool,
    /// How long to wait for a lock of another process, or for a server.
    pub busy: Duration,
    /// How long a scan stays this process's without a step or [`Store::renew`].
    pub lease: Duration,
    /// Most bytes that a file of SQLite may grow to; none: the disk's bound.
    pub max_bytes: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            create: true,
            new_key: false,
            busy: Duration::from_secs(10),
            lease: Duration::from_secs(120),
            max_bytes: None,
        }
    }
}

/// A store. Any number of handles and processes may have it open; one at a time
/// scans an account.
pub struct Store {
    database: Database,
    place: Place,
    /// None where the store is only read.
    key: Option<Key>,
    /// Milliseconds.
    lease: i64,
}

impl Store {
    /// Opens a store, and brings an older one up to date.
    ///
    /// # Errors
    ///
    /// See [`Error`]; nothing is changed then.
    pub async fn open(place: &Place, settings: &Settings) -> Result<Self> {
        let (database, key) = open::open(place, settings).await?;
        let lease = i64::try_from(settings.lease.as_millis()).unwrap_or(i64::MAX);
        Ok(Self { database, place: place.clone(), key, lease })
    }

    /// How long a scan stays a process's without a step or [`Store::renew`].
    pub fn lease(&self) -> Duration {
        Duration::from_millis(self.lease.unsigned_abs())
    }

    /// The key of its fingerprints, where it is at hand.
    pub fn key_at_hand(&self) -> Option<&Key> {
        self.key.as_ref()
    }

    /// Closes it, so that a file of SQLite stands alone, without its log.
    pub async fn close(self) {
        match self.database.pool() {
            database::Pool::Sqlite(pool) => pool.close().await,
            database::Pool::Postgres(pool) => pool.close().await,
        }
    }
}

/// A moment as it is stored: milliseconds since 1970.
fn moment(stored: i64) -> Timestamp {
    // What is stored was one; a damaged store must not panic.
    Timestamp::from_millisecond(stored).unwrap_or_default()
}
