//! What can go wrong with a store, each with what to do about it.
//!
//! Rule: a message names the place and the value that would do; it holds no
//! password, no secret and nothing of an asset but its kind and id.

use std::path::PathBuf;

/// What a function of the store answers.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong. Whatever it is, the store is as it was before the call.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no store yet.
    #[error("there is no store at {place}: a scan makes one, or name another with --store")]
    Missing {
        /// Where it was looked for.
        place: String,
    },
    /// Something else stands where the store should be.
    #[error("{place} is not an inventory store ({found}): name another place with --store; nothing was changed")]
    NotAStore {
        /// Where it stands.
        place: String,
        /// What it is instead.
        found: String,
    },
    /// A later version of this program wrote it.
    #[error(
        "the store {place} has version {version}, this program knows {known} at most: use the newer program that wrote it, or name another store with --store; nothing was changed"
    )]
    Newer {
        /// Where it stands.
        place: String,
        /// Its version.
        version: i64,
        /// The newest version this program can read.
        known: i64,
    },
    /// Others could read or replace the file.
    #[error("{path} is not used: {why}")]
    Unsafe {
        /// The store or its key.
        path: PathBuf,
        /// What is wrong and the command that mends it.
        why: String,
    },
    /// The file or its folder cannot be read or written.
    #[error("{path}: {why}; give this user the right to it, or name another store with --store")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// The store lets itself be read, not written.
    #[error(
        "the store {place} cannot be written: {why}; give this user the right to write the file and its folder, or name another store with --store"
    )]
    ReadOnly {
        /// Where it stands.
        place: String,
        /// What the database said.
        why: String,
    },
    /// Another process has it locked for longer than the time to wait.
    #[error(
        "the store {place} is locked by another process: try again when that is done (who it is: fuser or lsof on the file)"
    )]
    Locked {
        /// Where it stands.
        place: String,
    },
    /// The disk, or the bound on the store's size, is full.
    #[error(
        "no room for the store {place}: free some of the disk, or prune the history; what was stored before is whole, and an unfinished scan goes on where it stopped"
    )]
    Full {
        /// Where it stands.
        place: String,
    },
    /// The disk refuses, for another reason than being full.
    #[error(
        "the disk refuses the store {place} ({why}): look for a quota, a bound on the size of files (ulimit -f), and whether the disk works; what was stored before is whole, and an unfinished scan goes on where it stopped"
    )]
    Disk {
        /// Where it stands.
        place: String,
        /// What the database said.
        why: String,
    },
    /// The file is damaged.
    #[error("the store {place} is damaged ({why}): put back a copy of it, or name another with --store and scan anew")]
    Damaged {
        /// Where it stands.
        place: String,
        /// What the database said.
        why: String,
    },
    /// The server does not answer or refuses.
    #[error(
        "the store {place} cannot be reached: {why}; check host, port, database, user and sslmode of the address, and the password (PGPASSWORD or ~/.pgpass)"
    )]
    Unreachable {
        /// Address without its password.
        place: String,
        /// What the client or the server said.
        why: String,
    },
    /// The address of a store cannot be read.
    #[error(
        "not a place for a store: {why}; use a file's path, or postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full"
    )]
    Place {
        /// What is wrong with it.
        why: String,
    },
    /// The key of the fingerprints is another than the one that filled the store.
    #[error(
        "{path} is not the key that the fingerprints of {place} were made with: put the right file back; or take a new key, and every secret will show as changed once"
    )]
    OtherKey {
        /// The key's file.
        path: PathBuf,
        /// The store.
        place: String,
    },
    /// A nickname that cannot be one.
    #[error(
        "{nickname:?} cannot be a nickname: use 1 to 64 letters, digits, '-', '_' or '.', the first a letter or digit"
    )]
    Nickname {
        /// As it was given.
        nickname: String,
    },
    /// The nickname belongs to another account.
    #[error(
        "{nickname} stands for the account {known} in this store, and the key belongs to {given}: use that account's key, or give this account a nickname of its own"
    )]
    OtherAccount {
        /// The nickname.
        nickname: String,
        /// The account that filled it.
        known: String,
        /// The account whose key was given.
        given: String,
    },
    /// No such account in the store.
    #[error("the store has no account {nickname:?}; it has {}", names(known))]
    UnknownAccount {
        /// As it was asked for.
        nickname: String,
        /// Those that are there.
        known: Vec<String>,
    },
    /// A scan that does not exist, or is of another account.
    #[error("there is no finished scan {scan}: `scans` lists those that are there")]
    UnknownScan {
        /// As it was asked for.
        scan: i64,
    },
    /// No such asset at that point.
    #[error("there is no {kind} {id} at this point; gone ones are found with their history")]
    UnknownAsset {
        /// Kind asked for.
        kind: String,
        /// Id asked for.
        id: String,
    },
    /// The component handed over something that is not of the scan.
    #[error("the step was not stored: {why}")]
    Unfit {
        /// What does not fit, by kind and id.
        why: String,
    },
    /// Another process scans the account.
    #[error(
        "{nickname} is being scanned by another process (scan {scan}, which holds it until {until}): wait for it, or for that time if the process is no more"
    )]
    Busy {
        /// The account.
        nickname: String,
        /// The scan that runs.
        scan: i64,
        /// When its lease ends, unless it is renewed.
        until: jiff::Timestamp,
    },
    /// Another process took the scan over, or it has ended.
    #[error("scan {scan} is no longer this process's: {why}; what was stored is kept, begin again to go on")]
    Overtaken {
        /// The scan.
        scan: i64,
        /// What became of it.
        why: String,
    },
    /// Changes cannot come in while a scan is unfinished.
    #[error("{nickname} has an unfinished scan ({scan}): finish it first, it brings the same changes")]
    Unfinished {
        /// The account.
        nickname: String,
        /// The scan.
        scan: i64,
    },
    /// Changes cannot come in before the first scan.
    #[error("{nickname} has no complete scan yet: scan it first, changes come on top of that")]
    Unscanned {
        /// The account.
        nickname: String,
    },
    /// That far back, versions were removed.
    #[error("the history of {nickname} was pruned: it is whole from scan {from} on, ask for that or a later one")]
    Pruned {
        /// The account.
        nickname: String,
        /// The oldest scan whose state is still known.
        from: i64,
    },
    /// Anything else the database said.
    #[error("the store {place}: {why}")]
    Database {
        /// Where it stands.
        place: String,
        /// What the database said.
        why: String,
    },
}

fn names(known: &[String]) -> String {
    match known {
        [] => "none yet".into(),
        known => known.join(", "),
    }
}
