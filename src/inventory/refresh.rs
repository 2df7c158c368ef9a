//! Assets read anew by their ids: those that were asked for, or those that a
//! list of changes tells of.
//!
//! Rule: what is not there is told with its id, so that a host knows it as gone.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::Skipped;
use super::path::{Node, text, within};
use super::plan::Cursor;
use super::step::{Step, concerning, passes, unreadable};
use crate::arguments::{self, Arguments};
use crate::catalog::{CHANGES, Kind, kinds};
use crate::client::{Clock, Transport, operation};
use crate::error::{Error, Reason, Result};
use crate::time;

/// Ids that one step of a refresh asks for.
const IDS: usize = 20;

impl<S: Transport + Clock> Step<'_, S> {
    /// Reads the next of some assets anew; where the next step begins.
    pub(super) fn refresh(&mut self, ids: &[(&'static Kind, String)], mut cursor: Cursor) -> Result<Option<Cursor>> {
        let rest = ids.get(cursor.list..).unwrap_or_default();
        let Some((kind, _)) = rest.first() else { return Ok(None) };
        let several = rest.iter().take(IDS).take_while(|(other, _)| other.number == kind.number);
        let several: Vec<String> = several.map(|(_, id)| id.clone()).collect();
        self.anew(kind, &several)?;
        cursor.list += several.len();
        cursor.skipped = self.skipped;
        Ok((cursor.list < ids.len()).then_some(cursor))
    }

    /// Reads a page of what changed, and each of it anew.
    pub(super) fn changes(&mut self, mut cursor: Cursor) -> Result<Option<Cursor>> {
        let (Some(changes), Some(since)) = (CHANGES.as_ref(), self.plan.changed_since) else { return Ok(None) };
        let asked = Map::from_iter([(changes.since.to_owned(), Value::from(time::format(since)))]);
        let start = Some(cursor.inner.as_str()).filter(|inner| !inner.is_empty());
        let mut walk = self.client.walk(changes.list, &Value::Object(asked).to_string(), start)?;
        let Some(page) = self.client.next(&mut walk)? else { return Ok(None) };
        let records: Vec<Value> = serde_json::from_str(&page.items).map_err(|error| {
            Error::new(Reason::Unexpected, format!("{}: what changed cannot be read: {error}", changes.list))
        })?;
        let mut told = BTreeSet::new();
        for thing in records.iter().flat_map(|record| within(record, changes.of)) {
            let (Some(id), Some(of)) = (thing.get("id").and_then(text), thing.get("type").and_then(text)) else {
                continue;
            };
            let of = of.strip_suffix("_reference").unwrap_or(&of);
            let kind = kinds().iter().find(|kind| kind.types.contains(&of));
            if let Some(kind) = kind.filter(|kind| kind.get.is_some() && self.plan.needs(kind)) {
                told.insert((kind.number, id));
            }
        }
        for kind in kinds() {
            let ids = told.iter().filter(|(number, _)| *number == kind.number).map(|(_, id)| id.clone());
            let ids: Vec<String> = ids.collect();
            if !ids.is_empty() {
                self.anew(kind, &ids)?;
            }
        }
        cursor.skipped = self.skipped;
        Ok(page.next.map(|inner| Cursor { inner, ..cursor }))
    }

    /// Asks for assets of a kind by their ids.
    fn anew(&mut self, kind: &'static Kind, ids: &[String]) -> Result<()> {
        let Some((call, with)) = kind.get.filter(|_| self.asked(kind)) else { return Ok(()) };
        let operation = operation(call)?;
        let known = |name: &String| operation.fields.iter().any(|field| field.name == name);
        let fixed: Map<String, Value> =
            self.plan.arguments(with, Some(kind), self.at).into_iter().filter(|(name, _)| known(name)).collect();
        let asked: Vec<Arguments> = ids
            .iter()
            .map(|id| {
                let mut arguments = fixed.clone();
                arguments.insert("id".to_owned(), Value::from(id.as_str()));
                arguments::check(operation, &Value::Object(arguments).to_string())
            })
            .collect::<Result<_>>()?;
        let (mut found, mut untold, mut settled) = (Vec::new(), Vec::new(), None);
        let client = self.client;
        let answered = client.several(operation, &asked, &mut self.budget, &mut |number, answer| {
            match answer {
                Ok(success) => {
                    let item = serde_json::from_str(&success.value).map_err(|error| unreadable(kind, &error))?;
                    found.push(Rc::new(Node { text: Some(success.value), ..Node::new(kind, item) }));
                }
                Err(mut why) if why.reason == Reason::Missing => {
                    if let Some(id) = ids.get(number) {
                        why.extra.insert("id".to_owned(), Value::from(id.as_str()));
                    }
                    untold.push(Skipped { kind: kind.id, why });
                }
                // Refused to all of the kind, or perhaps to this one alone.
                Err(error) if error.reason == Reason::Unlicensed || !error.missing_scopes.is_empty() => {
                    settled = Some(error);
                    return Ok(false);
                }
                Err(why) if passes(why.reason) => untold.push(Skipped { kind: kind.id, why }),
                Err(error) => return Err(error),
            }
            Ok(true)
        });
        answered.map_err(|error| concerning(kind, error))?;
        self.slice.skipped.extend(untold);
        self.level(kind, found)?;
        if let Some(error) = settled {
            self.pass(kind, error);
        }
        Ok(())
    }
}
