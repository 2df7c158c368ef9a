//! What goes into a store and what comes out of it, as plain records.
//!
//! Rule: no I/O. Every moment is given by the caller; nothing here has a clock.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::asset::{Asset, Kind, Relation, Skipped};
use crate::change::Change;

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
    /// Its settings, as it was begun with.
    pub settings: Value,
    /// Why it left the kind out, if it did.
    pub skipped: Option<Skipped>,
}

/// A point in the history of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Point {
    /// The last complete scan of each account.
    #[default]
    Now,
    /// As that scan left its account; other accounts at the same time.
    Scan(i64),
    /// As of then.
    At(Timestamp),
}

/// What each account was at a point. It stays as it is, whatever scans store
/// meanwhile, so pages read with it fit together.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    pub(super) accounts: Vec<AccountAt>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct AccountAt {
    pub(super) account: i64,
    pub(super) nickname: String,
    /// None before the first complete scan.
    pub(super) moment: Option<Moment>,
}

impl Snapshot {
    /// Nicknames and the scan that each is as of; none before the first
    /// complete one.
    pub fn accounts(&self) -> impl Iterator<Item = (&str, Option<Moment>)> {
        self.accounts.iter().map(|at| (at.nickname.as_str(), at.moment))
    }
}

/// Which assets. The default: all that are there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Of these kinds; empty: of all.
    pub kinds: Vec<String>,
    /// With these ids; empty: any.
    pub ids: Vec<String>,
    /// Whose name contains this, or is like it where it has `*` (any text) or
    /// `?` (any one character). Case of ASCII letters does not matter.
    pub name: Option<String>,
    /// That point to this asset.
    pub relation: Option<RelationFilter>,
    /// That came, changed or went since then.
    pub changed_since: Option<Timestamp>,
    /// Whether those that are gone count.
    pub gone: Gone,
}

/// Points to an asset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelationFilter {
    /// By this relation; none: by any.
    pub name: Option<String>,
    /// Kind of the other asset.
    pub kind: String,
    /// Id of the other asset.
    pub id: String,
}

/// Whether assets that are gone count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gone {
    /// Only those that are there.
    #[default]
    Without,
    /// Both.
    With,
    /// Only those that are gone.
    Only,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// In the order of account, kind, id.
    pub items: Vec<T>,
    /// Where the next part begins; none at the end.
    pub next: Option<After>,
}

/// A place in the order of account, kind, id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    pub(super) account: i64,
    pub(super) kind: String,
    pub(super) id: String,
}

/// An asset as the store has it: secrets are fingerprints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// The account's nickname.
    pub account: String,
    /// The asset.
    #[serde(flatten)]
    pub asset: Asset,
    /// Since when it is as it is.
    pub since: Moment,
    /// When it was last seen as it is.
    pub seen: Moment,
    /// When it was found to be gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<Moment>,
}

/// One asset with both ends of its relations.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// The asset; its own relations point out.
    #[serde(flatten)]
    pub found: Found,
    /// Names of the assets it points to, where the store has them, in the order
    /// of its relations.
    pub names: Vec<Option<String>>,
    /// What points to it: relation, kind and id of the asset it starts from.
    pub from: Vec<Incoming>,
}

/// A relation that points to an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Incoming {
    /// The relation's name, and the asset it starts from.
    #[serde(flatten)]
    pub relation: Relation,
    /// That asset's name.
    pub title: String,
}

/// How a version ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// It has not: the asset is so.
    Current,
    /// The asset is otherwise since.
    Changed,
    /// The asset is no more.
    Gone,
}

/// What an asset was for a time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Version {
    /// The account's nickname.
    pub account: String,
    /// As it was.
    #[serde(flatten)]
    pub asset: Asset,
    /// When it was first seen so.
    pub first: Moment,
    /// When it was last seen so.
    pub last: Moment,
    /// How it ended.
    pub end: End,
    /// When it was found to have ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Moment>,
    /// What is otherwise than in the version before.
    pub changes: Vec<Change>,
}

/// What happened to an asset between two points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// It is there, and was not.
    Added,
    /// It was there, and is not.
    Removed,
    /// It is otherwise.
    Changed,
}

/// An asset that is not the same at two points.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The account's nickname.
    pub account: String,
    /// Id of the asset's kind.
    pub kind: String,
    /// The asset's id.
    pub id: String,
    /// What happened.
    pub what: What,
    /// As it was.
    pub before: Option<Asset>,
    /// As it is.
    pub after: Option<Asset>,
    /// Of one that changed: each place with both values.
    pub changes: Vec<Change>,
}

/// Which part of the graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphQuery {
    /// Around these assets (kind and id).
    pub around: Vec<(String, String)>,
    /// Edges between one of them and the farthest asset; relations are followed
    /// both ways.
    pub depth: u32,
    /// Only of these kinds; empty: of all. With nothing in `around`: all assets
    /// of these kinds.
    pub kinds: Vec<String>,
    /// Most nodes; what is beyond is left out, and [`Graph::cut`] says so.
    pub most: usize,
}

/// Assets and what binds them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Graph {
    /// In order of account, kind and id.
    pub nodes: Vec<Node>,
    /// Between those, in order.
    pub edges: Vec<Edge>,
    /// There is more than was asked for at most.
    pub cut: bool,
}

/// An asset in a graph.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Node {
    /// The account's nickname.
    pub account: String,
    /// Id of its kind.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its name; none where relations point to it and the store does not have it.
    pub name: Option<String>,
}

/// A relation in a graph.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Edge {
    /// Place in [`Graph::nodes`] of the one it starts from.
    pub from: usize,
    /// What it means.
    pub name: String,
    /// Place in [`Graph::nodes`] of the one it points to.
    pub to: usize,
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
