//! Collections of records as data: where they live, what their fields must be,
//! what PagerDuty adds, and how they are listed. A row of [`Collection`]
//! answers up to five operations; what is more than keeping records stands
//! beside it as a function.
//!
//! The rule: texts in a row (fields, defaults, seeds) are read once, and one
//! that is wrong fails the unit test below instead of a request.

mod associations;
mod fields;
mod list;
mod serve;
mod templates;

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::areas;
use crate::call::Call;
use crate::present::Include;
use crate::reply::Reply;
use crate::store::table::Names;
use crate::store::{Entity, Record, Store};

pub(crate) use associations::Association;
pub(crate) use fields::Field;
pub(crate) use serve::Verb;
pub(crate) use templates::{Context, expand};

/// How a list is cut.
#[derive(Clone, Copy)]
pub(crate) enum Page {
    /// All of it.
    Whole,
    /// `limit`, `offset`, `more`, `total`.
    Offset,
    /// `limit`, `next_cursor`; the number is the most a page may hold.
    Cursor(usize),
}

/// What ids look like.
#[derive(Clone, Copy)]
pub(crate) enum Id {
    /// A prefix and capital letters and digits, so many in all.
    Form(&'static str, usize),
    Uuid,
}

/// What a record shows of itself besides its fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    /// `type`, `summary`, `self`, `html_url`.
    All,
    /// `type` and `self`.
    Itself,
    /// `type` alone.
    None,
}

/// A collection. Start from [`PLAIN`].
pub(crate) struct Collection {
    pub(crate) entity: Entity,
    /// The constant `type`; a reference is `…_reference`.
    pub(crate) kind: &'static str,
    /// With `{…}` for the owner's ids. `{id}` at the end is added for one record.
    pub(crate) path: &'static str,
    /// Wrapper of one; empty: no wrapper.
    pub(crate) one: &'static str,
    /// Wrapper of one in the answers to get and update, where it differs.
    pub(crate) one_shown: &'static str,
    pub(crate) many: &'static str,
    /// Which of list, create, get, update, delete there are: `LCGUD`.
    pub(crate) verbs: &'static str,
    /// The method of an update.
    pub(crate) put: &'static str,
    /// See `fields.rs`. Empty: anything is kept as given.
    pub(crate) fields: &'static str,
    /// Fields that stay as created, whatever an update says.
    pub(crate) fixed: &'static [&'static str],
    /// No two records of one owner share this field.
    pub(crate) unique: &'static str,
    /// What a new record has where nothing was given: JSON, see `templates.rs`.
    pub(crate) defaults: &'static str,
    /// What creating and updating write: JSON.
    pub(crate) stamps: &'static str,
    /// `param=field` (equal or holding the id), `param~field,field` (part of a text).
    pub(crate) filters: &'static str,
    pub(crate) page: Page,
    /// More keys of a list: JSON; `$count` and `$more` are of the list.
    pub(crate) beside: &'static str,
    pub(crate) id: Id,
    pub(crate) links: Links,
    /// The field shown as `summary`.
    pub(crate) summary: &'static str,
    /// The field that a path may name instead of the id.
    pub(crate) alias: &'static str,
    /// Whose the path's arguments are, outermost first.
    pub(crate) parents: &'static [Entity],
    /// Shown once, in the answer to the create call; dots go inside.
    pub(crate) hidden: &'static [&'static str],
    pub(crate) includes: &'static [Include],
    /// Create, get, update, delete.
    pub(crate) statuses: [u16; 4],
    /// `x` asks for `x.read` and `x.write`; empty asks for none.
    pub(crate) scope: &'static str,
    /// Writes take `From`.
    pub(crate) from: bool,
    pub(crate) early: &'static str,
    /// Create takes and answers a list under `many`.
    pub(crate) in_bulk: bool,
    /// Place of the owner (the n-th of the last parent) and JSON of each.
    pub(crate) seed: &'static [(usize, &'static str)],
    /// Looks at what was given, and may change it. The id is that of an update.
    pub(crate) check: Check,
    /// Runs after a record was made.
    pub(crate) made: fn(&mut Store, &Call, &str),
    /// Why a record cannot go.
    pub(crate) held: fn(&Store, &Record) -> Option<&'static str>,
    /// What is known from elsewhere, whenever one is shown.
    pub(crate) derive: fn(&Store, &Record, &mut Map<String, Value>),
}

type Check = fn(&mut Store, &Call, &mut Map<String, Value>, Option<&str>) -> Result<(), Reply>;

/// The usual: all five operations, pages by offset, ids like `PABC123`.
pub(crate) const PLAIN: Collection = Collection {
    entity: Entity::Nothing,
    kind: "",
    path: "",
    one: "",
    one_shown: "",
    many: "",
    verbs: "LCGUD",
    put: "PUT",
    fields: "",
    fixed: &[],
    unique: "",
    defaults: "{}",
    stamps: "{}",
    filters: "",
    page: Page::Offset,
    beside: "{}",
    id: Id::Form("P", 7),
    links: Links::All,
    summary: "name",
    alias: "",
    parents: &[],
    hidden: &[],
    includes: &[],
    statuses: [201, 200, 200, 204],
    scope: "",
    from: false,
    early: "",
    in_bulk: false,
    seed: &[],
    check: |_, _, _, _| Ok(()),
    made: |_, _, _| {},
    held: |_, _| None,
    derive: |_, _, _| {},
};

/// A collection whose texts were read.
pub(crate) struct Loaded {
    pub(crate) row: &'static Collection,
    pub(crate) names: Names,
    pub(crate) fields: Vec<Field>,
    pub(crate) defaults: Value,
    pub(crate) stamps: Value,
    pub(crate) beside: Value,
    pub(crate) seed: Vec<(usize, Value)>,
}

/// Every collection, in the order of the areas.
pub(crate) static ALL: LazyLock<Vec<Loaded>> = LazyLock::new(|| {
    let json = |text: &str| serde_json::from_str(text).unwrap_or_default();
    let rows = areas::COLLECTIONS.iter().flat_map(|area| area.iter());
    rows.map(|row| Loaded {
        row,
        names: Names {
            entity: row.entity,
            one: if row.kind.is_empty() { row.one } else { row.kind },
            path: row.path.trim_start_matches('/'),
            page: "",
        },
        fields: fields::read(row.fields),
        defaults: json(row.defaults),
        stamps: json(row.stamps),
        beside: json(row.beside),
        seed: row.seed.iter().map(|(owner, text)| (*owner, json(text))).collect(),
    })
    .collect()
});

/// The collection of an entity, where it has one.
pub(crate) fn of(entity: Entity) -> Option<&'static Loaded> {
    static PLACES: LazyLock<HashMap<Entity, usize>> =
        LazyLock::new(|| ALL.iter().enumerate().rev().map(|(n, loaded)| (loaded.row.entity, n)).collect());
    ALL.get(*PLACES.get(&entity)?)
}

/// The entity that is called so in a `type`.
pub(crate) fn of_type(name: &str) -> Option<Entity> {
    static KINDS: LazyLock<HashMap<&'static str, Entity>> =
        LazyLock::new(|| ALL.iter().rev().map(|loaded| (loaded.names.one, loaded.row.entity)).collect());
    KINDS.get(name).copied()
}

impl Loaded {
    /// The path of a record, with its owners' ids.
    pub(crate) fn address(&self, store: &Store, record: &Record) -> String {
        let mut parts: Vec<&str> = self.row.path.split('/').collect();
        let mut owner = record.owner.as_str();
        let mut parents = self.row.parents.iter().rev();
        for part in parts.iter_mut().rev().filter(|part| part.starts_with('{')) {
            *part = owner;
            let above = parents.next().and_then(|entity| store.get(*entity, owner));
            owner = above.map_or("", |record| record.owner.as_str());
        }
        format!("{}/{}", parts.join("/"), record.id)
    }

    /// Adds what is known from elsewhere and takes out what is secret.
    pub(crate) fn finish(&self, store: &Store, record: &Record, shown: &mut Map<String, Value>) {
        (self.row.derive)(store, record, shown);
        for path in self.row.hidden {
            match path.split_once('.') {
                Some((outer, name)) => {
                    shown.get_mut(outer).and_then(Value::as_object_mut).map(|inner| inner.remove(name));
                }
                None => {
                    shown.remove(*path);
                }
            }
        }
    }
}

impl Store {
    /// The record that a path names, by its id or by the alias of its kind.
    pub(crate) fn named(&self, entity: Entity, id: &str) -> Option<&Record> {
        self.get(entity, id).or_else(|| {
            let alias = of(entity)?.row.alias;
            let mut rows = self.table(entity).rows().iter();
            rows.find(|record| !alias.is_empty() && record.text(alias) == id)
        })
    }
}

/// The value inside `map` where a dotted path leads.
pub(crate) fn at<'a>(map: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.');
    let first = map.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part))
}

#[cfg(test)]
mod tests;
