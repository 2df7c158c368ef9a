//! What is asked of a store, and what it answers, as plain records.
//!
//! Rule: no I/O; secrets are fingerprints in everything here.

use jiff::Timestamp;
use serde::Serialize;

use super::types::Moment;
use crate::asset::{Asset, Relation};
use crate::change::Change;

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
