//! What ties records to one another without being a record itself (tags of
//! users, services of an automation action), and what goes when one goes.

use serde_json::Value;

use super::{Entity, Store};
use crate::collection;

/// One tie: its kind, from and to which id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tie {
    kind: &'static str,
    from: String,
    to: String,
}

impl Store {
    /// Ties two records; true where that is new.
    pub(crate) fn tie(&mut self, kind: &'static str, from: &str, to: &str) -> bool {
        let tie = Tie { kind, from: from.to_owned(), to: to.to_owned() };
        let new = !self.ties.contains(&tie);
        if new {
            self.generation += 1;
            self.ties.push(tie);
        }
        new
    }

    /// Unties them; false where they were not tied.
    pub(crate) fn untie(&mut self, kind: &str, from: &str, to: &str) -> bool {
        let before = self.ties.len();
        self.ties.retain(|tie| !(tie.kind == kind && tie.from == from && tie.to == to));
        self.generation += 1;
        self.ties.len() < before
    }

    /// What `from` is tied to, in the order it was done.
    pub(crate) fn tied<'a>(&'a self, kind: &'a str, from: &'a str) -> impl Iterator<Item = &'a str> {
        self.ties.iter().filter(move |tie| tie.kind == kind && tie.from == from).map(|tie| tie.to.as_str())
    }

    /// What is tied to `to`.
    pub(crate) fn tied_to<'a>(&'a self, kind: &'a str, to: &'a str) -> impl Iterator<Item = &'a str> {
        self.ties.iter().filter(move |tie| tie.kind == kind && tie.to == to).map(|tie| tie.from.as_str())
    }

    /// What a record takes with it when it goes: what it owned, its ties, and
    /// its places in the lists of other records.
    pub(super) fn release(&mut self, id: &str) {
        self.ties.retain(|tie| tie.from != id && tie.to != id);
        let owned = self.tables.iter().flat_map(|(entity, table)| {
            table.rows().iter().filter(|record| record.owner == id).map(|record| (*entity, record.id.clone()))
        });
        let owned: Vec<(Entity, String)> = owned.collect();
        for (entity, record) in owned {
            self.remove(entity, &record);
        }
        crate::areas::dependencies::release(self, id);
        for loaded in collection::ALL.iter() {
            let Some(table) = self.tables.get_mut(&loaded.row.entity) else { continue };
            for (field, many) in loaded.fields.iter().filter_map(collection::Field::refers) {
                for record in table.rows_mut() {
                    match record.fields.get_mut(field) {
                        Some(Value::Array(list)) if many => {
                            list.retain(|item| item.get("id").and_then(Value::as_str) != Some(id));
                        }
                        Some(value) if !many && value.get("id").and_then(Value::as_str) == Some(id) => {
                            *value = Value::Null;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}
