//! The store: assets with their history, in SQLite (one file) or PostgreSQL.
//!
//! Rule: a call stores all or nothing. What is secret by its kind's facts is
//! covered in here, so nobody can forget it; readers see complete scans alone.

mod error;
mod types;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use crate::asset::Slice;

pub use error::{Error, Result};
pub use types::*;

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file of SQLite. Its key stands beside it.
    File(PathBuf),
    /// A database of PostgreSQL.
    Postgres {
        /// `postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full`. The
        /// password may come from PGPASSWORD or ~/.pgpass.
        url: String,
        /// The file of the key of fingerprints.
        key: PathBuf,
    },
}

impl Place {
    /// Reads what stands after `--store`: an address of PostgreSQL, or else a
    /// path. `key` is the file of the key where it is not beside the store;
    /// PostgreSQL's default is `fingerprints.key` in this program's folder
    /// below XDG_DATA_HOME or ~/.local/share.
    ///
    /// # Errors
    ///
    /// [`Error::Place`].
    pub fn parse(text: &str, key: Option<PathBuf>) -> Result<Self> {
        let _ = (text, key);
        todo!()
    }
}

/// How a store is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Make the store if there is none. Commands that only read leave it off.
    pub create: bool,
    /// Take another key than the store's fingerprints were made with (it was
    /// lost): every secret shows as changed once.
    pub new_key: bool,
    /// How long to wait for a lock of another process.
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
pub struct Store {}

impl Store {
    /// Opens a store, and brings an older one up to date.
    ///
    /// # Errors
    ///
    /// See [`Error`]; nothing is changed then.
    pub async fn open(place: &Place, settings: &Settings) -> Result<Self> {
        let _ = (place, settings);
        todo!()
    }

    /// Closes it, so that a file of SQLite stands alone, without its log.
    pub async fn close(self) {
        todo!()
    }

    /// Begins a scan, or goes on with the unfinished one if account, view, kinds
    /// and settings are the same. The scan is this process's for
    /// [`Settings::lease`]; every step and [`Store::renew`] lengthen that.
    ///
    /// # Errors
    ///
    /// [`Error::OtherAccount`] and [`Error::Nickname`]; [`Error::Busy`] while
    /// another process has the account.
    pub async fn begin(&self, begin: &Begin) -> Result<Scan> {
        let _ = begin;
        todo!()
    }

    /// Stores what one step found, with its cursor, as one transaction. The
    /// last step (no `next`) completes the scan in the same transaction: what
    /// is gone is decided, and readers see it.
    ///
    /// # Errors
    ///
    /// [`Error::Overtaken`] where another process went on with the scan;
    /// [`Error::Unfit`] where the slice has what does not belong to the scan.
    /// Nothing of the slice is stored then.
    pub async fn step(&self, scan: &mut Scan, slice: &Slice, now: Timestamp) -> Result<Stepped> {
        let _ = (scan, slice, now);
        todo!()
    }

    /// Keeps a scan this process's while a step takes long.
    ///
    /// # Errors
    ///
    /// [`Error::Overtaken`].
    pub async fn renew(&self, scan: &Scan, now: Timestamp) -> Result<()> {
        let _ = (scan, now);
        todo!()
    }

    /// Lets go of an unfinished scan, so that any process can go on with it at
    /// once: the end of a process that was asked to stop.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn release(&self, scan: Scan) -> Result<()> {
        let _ = scan;
        todo!()
    }

    /// Stores what a change feed told between two scans. It is an entry of the
    /// list of scans, and readers see it at once.
    ///
    /// # Errors
    ///
    /// [`Error::Unfinished`] while a scan of the account is; the others as of
    /// [`Store::begin`] and [`Store::step`].
    pub async fn apply(&self, apply: &Apply) -> Result<Counts> {
        let _ = apply;
        todo!()
    }

    /// Removes every trace of kinds, history too: for personal data. Of one
    /// account, or of all. Gives the number of assets.
    ///
    /// # Errors
    ///
    /// [`Error::Unfinished`] while a scan is; those of the database.
    pub async fn forget(&self, nickname: Option<&str>, kinds: &[String]) -> Result<u64> {
        let _ = (nickname, kinds);
        todo!()
    }

    /// Removes an account with all its assets and history.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownAccount`]; [`Error::Busy`] while it is scanned.
    pub async fn remove(&self, nickname: &str, now: Timestamp) -> Result<()> {
        let _ = (nickname, now);
        todo!()
    }

    /// Removes old versions. What is there now always stays.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn prune(&self, keep: &Keep) -> Result<Pruned> {
        let _ = keep;
        todo!()
    }

    /// The accounts, by nickname.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn accounts(&self) -> Result<Vec<Account>> {
        todo!()
    }

    /// The latest `most` scans and applications of changes, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownAccount`].
    pub async fn scans(&self, nickname: Option<&str>, most: usize) -> Result<Vec<ScanRecord>> {
        let _ = (nickname, most);
        todo!()
    }

    /// What every account (or one) was at a point, to read with.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownAccount`], [`Error::UnknownScan`], [`Error::Pruned`].
    pub async fn snapshot(&self, nickname: Option<&str>, point: &Point) -> Result<Snapshot> {
        let _ = (nickname, point);
        todo!()
    }

    /// Assets in the order of account, kind, id: at most `most` from `after` on.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn list(
        &self,
        at: &Snapshot,
        filter: &Filter,
        after: Option<&After>,
        most: usize,
    ) -> Result<Page<Found>> {
        let _ = (at, filter, after, most);
        todo!()
    }

    /// How many assets of each kind there are: account, kind, number.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn count(&self, at: &Snapshot) -> Result<Vec<(String, String, u64)>> {
        let _ = at;
        todo!()
    }

    /// One asset with its relations both ways; one of each account that has it.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownAsset`].
    pub async fn show(&self, at: &Snapshot, kind: &str, id: &str) -> Result<Vec<Shown>> {
        let _ = (at, kind, id);
        todo!()
    }

    /// All versions of an asset up to the snapshot, oldest first.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownAsset`].
    pub async fn history(&self, at: &Snapshot, kind: &str, id: &str) -> Result<Vec<Version>> {
        let _ = (at, kind, id);
        todo!()
    }

    /// What is otherwise in `to` than in `from`, in the order of account, kind,
    /// id. Of the filter, kinds, ids and name count.
    ///
    /// # Errors
    ///
    /// [`Error::Pruned`] where `from` is no longer known.
    pub async fn diff(
        &self,
        from: &Snapshot,
        to: &Snapshot,
        filter: &Filter,
        after: Option<&After>,
        most: usize,
    ) -> Result<Page<Difference>> {
        let _ = (from, to, filter, after, most);
        todo!()
    }

    /// Assets and what binds them.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownAsset`] where one to look around is not there.
    pub async fn graph(&self, at: &Snapshot, query: &GraphQuery) -> Result<Graph> {
        let _ = (at, query);
        todo!()
    }
}
