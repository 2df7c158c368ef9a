//! What goes into a store, and what it remembers of accounts and scans, as plain
//! records.
//!
//! Rule: no I/O. Every moment is given by the caller; nothing here has a clock.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::asset::{Asset, Kind, Skipped};

/// With which eyes a scan looks. A key sees what its owner may see; what a
/// narrower key does not see is not gone.
///
/// An asset is gone only when a whole scan of its kind misses it *and* that
/// scan would have seen it: its view is the one the asset was last seen with
/// (same `id`), or it is `wide`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The same for the same key or user, such as `user:PABC123`; never the key.
    pub id: String,
    /// It sees the whole account: what it misses is not there.
    pub wide: bool,
}

/// What a scan is to look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Begin {
    /// What people call the account here; unique in a store.
    pub nickname: String,
    /// What tells the account from any other: its subdomain or id. The store
    /// remembers it under the nickname and refuses another.
    pub account: String,
    /// With which key it looks.
    pub view: View,
    /// The kinds it covers, with all that is known of them. Kinds that are left
    /// out keep what the store has of them.
    pub kinds: Vec<Kind>,
    /// What else decides what the scan brings (days of incidents, version of
    /// the component): an unfinished scan is resumed only if it is the same.
    pub settings: Value,
    /// The present.
    pub now: Timestamp,
}

/// A scan under way, held by this process until its lease ends.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Its number in the store.
    pub id: i64,
    /// The account's nickname.
    pub nickname: String,
    /// What to give the connector for the next step; none at the beginning.
    pub cursor: Option<String>,
    /// Steps that are stored.
    pub steps: u64,
    /// It goes on where an earlier one stopped.
    pub resumed: bool,
    /// An unfinished scan with other kinds, settings or view that was given up
    /// for this one: what it brought is dropped.
    pub abandoned: Option<i64>,
    pub(super) account: i64,
    pub(super) owner: String,
    pub(super) view: View,
    pub(super) kinds: Vec<Kind>,
}

/// How many assets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// That were seen.
    pub seen: u64,
    /// Of those, that were not there before (or came back).
    pub added: u64,
    /// Of those, that were otherwise before.
    pub changed: u64,
    /// That are no more.
    pub gone: u64,
}

/// What one step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stepped {
    /// Of this step alone; `gone` is decided with the last one.
    pub counts: Counts,
    /// The scan is complete, and what it found is now what readers see.
    pub complete: bool,
}

/// What changed since the last scan, by a change feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Apply {
    /// The account's nickname.
    pub nickname: String,
    /// As in [`Begin::account`].
    pub account: String,
    /// With which key the assets were read.
    pub view: View,
    /// The kinds of the assets, for the secrets in them.
    pub kinds: Vec<Kind>,
    /// As they are now.
    pub assets: Vec<Asset>,
    /// Known to be deleted: kind and id.
    pub gone: Vec<(String, String)>,
    /// The present.
    pub now: Timestamp,
}

/// An account of a store.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Account {
    /// Unique in the store.
    pub nickname: String,
    /// Subdomain or id, as the caller gave it.
    pub account: String,
    /// Assets that are there, as of the last finished scan.
    pub assets: u64,
    /// The last finished scan or application of changes.
    pub last: Option<Moment>,
    /// The scan that is unfinished.
    pub unfinished: Option<i64>,
}

/// A scan, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// Its number in the store.
    pub scan: i64,
    /// When it was stored.
    pub at: Timestamp,
}

/// What kind of entry in the list of scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A scan, step by step.
    Scan,
    /// Changes by a feed.
    Changes,
}

/// How far a scan came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Not yet complete: under way, or stopped.
    Unfinished,
    /// Complete: readers see it.
    Complete,
    /// Given up for one with other kinds, settings or view.
    Abandoned,
}

/// A scan as the store remembers it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScanRecord {
    /// Its number in the store, which also tells the order.
    pub id: i64,
    /// The account's nickname.
    pub nickname: String,
    /// A scan or a feed.
    pub source: Source,
    /// How far it came.
    pub state: State,
    /// With which key it looked.
    pub view: View,
    /// As it was begun with.
    pub settings: Value,
    /// When it began.
    pub started: Timestamp,
    /// When its last step was stored.
    pub updated: Timestamp,
    /// Steps that are stored.
    pub steps: u64,
    /// Assets of all kinds.
    pub counts: Counts,
    /// Assets of each kind of the scan.
    pub kinds: Vec<KindRecord>,
    /// Kinds that it had to leave out, and why.
    pub skipped: Vec<Skipped>,
}

/// What a scan found of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KindRecord {
    /// Id of the kind.
    pub kind: String,
    /// How many.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What of the history stays. A version goes when it has ended, and each bound
/// that is given lets it go; what is there now always stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Versions that ended at this moment or later stay.
    pub since: Option<Timestamp>,
    /// That many of each asset stay, the newest, the present one included.
    pub last: Option<u32>,
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// Versions.
    pub versions: u64,
    /// Assets that are gone and had no version left.
    pub assets: u64,
}

/// What is known of a kind: by the newest complete scan that covered it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Covered {
    /// The account's nickname.
    pub account: String,
    /// Id of the kind.
    pub kind: String,
    /// The scan, and when it was complete.
    pub scan: Moment,
    /// When it began.
    pub started: Timestamp,
    /// With which key it looked.
    pub view: View,
    /// Its settings, as it was begun with.
    pub settings: Value,
    /// Why it left the kind out, if it did.
    pub skipped: Option<Skipped>,
}
