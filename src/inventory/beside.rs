//! Calls beside a list: what is asked for once an asset, or once a page of them.
//!
//! Rule: a kind that is refused everywhere is passed over; where some may be
//! seen the others are told of, and what is not there is nothing.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::Skipped;
use super::path::{Node, within};
use super::step::{Step, concerning, passes, unreadable};
use crate::arguments::{self, Arguments};
use crate::catalog::{Answer, Kind, Operation, Origin, Paging};
use crate::client::{Clock, Transport, operation};
use crate::envelope;
use crate::error::{Error, Reason, Result};
use crate::response::Success;

/// Longest list of ids in one call.
const BATCH: usize = 100;

/// What a call beside a list came to.
enum Beside {
    Found(Vec<Value>),
    /// There is no such thing.
    Nothing,
    /// The list goes on behind these.
    More,
}

impl<S: Transport + Clock> Step<'_, S> {
    /// Replaces what a list tells of each by what PagerDuty answers in full.
    pub(super) fn in_full(
        &mut self,
        kind: &'static Kind,
        call: &str,
        with: &str,
        nodes: Vec<Node>,
    ) -> Result<Vec<Node>> {
        let ids = nodes.iter().filter_map(|node| node.text_at("id"));
        let mut full = Vec::new();
        self.beside(kind, call, with, "id", ids.map(Value::from).collect(), &mut |_, items| {
            full.extend(items.into_iter().map(|item| Node::new(kind, item)));
        })?;
        Ok(full)
    }

    /// One call for each asset of the kind above.
    pub(super) fn each(
        &mut self,
        part: &'static Kind,
        origin: &Origin,
        call: &str,
        above: &[Rc<Node>],
    ) -> Result<Vec<Node>> {
        let with_ids: Vec<(&Rc<Node>, String)> =
            above.iter().filter_map(|node| node.text_at("id").map(|id| (node, id))).collect();
        let ids = with_ids.iter().map(|(_, id)| Value::from(id.as_str())).collect();
        let mut found = Vec::new();
        self.beside(part, call, origin.with, origin.argument, ids, &mut |number, items| {
            let Some((parent, _)) = with_ids.get(number) else { return };
            for item in items {
                let taken = match origin.take {
                    Some(take) => within(&item, take).into_iter().cloned().collect(),
                    None => vec![item],
                };
                found.extend(taken.into_iter().map(|item| Node::within(part, item, parent)));
            }
        })?;
        Ok(found)
    }

    /// One call for a hundred assets of the kind above.
    pub(super) fn batch(
        &mut self,
        part: &'static Kind,
        origin: &Origin,
        call: &str,
        above: &[Rc<Node>],
    ) -> Result<Vec<Node>> {
        let ids: Vec<Value> = above.iter().filter_map(|node| node.text_at("id")).map(Value::from).collect();
        let lists = ids.chunks(BATCH).map(|ids| Value::from(ids.to_vec())).collect();
        let mut found = Vec::new();
        self.beside(part, call, origin.with, origin.argument, lists, &mut |_, items| {
            found.extend(items.into_iter().map(|item| Node::new(part, item)));
        })?;
        Ok(found)
    }

    /// Calls an operation for each of some values of one argument, and hands on
    /// what each answers. A kind that is refused is passed over from there on.
    fn beside(
        &mut self,
        kind: &'static Kind,
        call: &str,
        with: &str,
        argument: &str,
        values: Vec<Value>,
        found: &mut dyn FnMut(usize, Vec<Value>),
    ) -> Result<()> {
        let operation = operation(call)?;
        let fixed = self.plan.arguments(with, None, self.at);
        let asked: Vec<Arguments> = values
            .into_iter()
            .map(|value| {
                let mut arguments = fixed.clone();
                arguments.insert(argument.to_owned(), value);
                sized(operation, &mut arguments);
                arguments::check(operation, &Value::Object(arguments).to_string())
            })
            .collect::<Result<_>>()?;
        let (client, mut answered, mut refused) = (self.client, 0_usize, None);
        let mut more: Vec<usize> = Vec::new();
        client
            .several(operation, &asked, &mut self.budget, &mut |number, answer| {
                match judged(operation, answer)? {
                    Ok(Beside::Found(items)) => {
                        answered += 1;
                        found(number, items);
                    }
                    Ok(Beside::Nothing) => answered += 1,
                    Ok(Beside::More) => {
                        answered += 1;
                        more.push(number);
                    }
                    Err(error) => {
                        let settled = error.reason == Reason::Unlicensed || !error.missing_scopes.is_empty();
                        refused.get_or_insert(error);
                        return Ok(!settled);
                    }
                }
                Ok(true)
            })
            .map_err(|error| concerning(kind, error))?;
        for number in more {
            let Some(arguments) = asked.get(number) else { continue };
            let given: Map<String, Value> = arguments
                .iter()
                .filter(|(field, _)| field.paging == Paging::No && field.constant.is_none())
                .map(|(field, value)| (field.name.to_owned(), value.clone()))
                .collect();
            let walk = client.walk(operation.id, &Value::Object(given).to_string(), None);
            let mut walk = walk.map_err(|error| concerning(kind, error))?;
            let mut all = Vec::new();
            while let Some(page) = client.next(&mut walk).map_err(|error| concerning(kind, error))? {
                all.extend(serde_json::from_str::<Vec<Value>>(&page.items).map_err(|error| unreadable(kind, &error))?);
            }
            found(number, all);
        }
        if let Some(error) = refused {
            match answered {
                // Of those that may be seen the others are still asked for.
                0 => self.pass(kind, error),
                _ if self.plan.wants(kind) => self.slice.skipped.push(Skipped { kind: kind.id, why: error }),
                _ => {}
            }
        }
        Ok(())
    }
}

/// What stands in the assets of the kind above.
pub(super) fn embedded(part: &'static Kind, origin: &Origin, above: &[Rc<Node>]) -> Vec<Node> {
    let take = origin.take.unwrap_or_default();
    let inside = |parent: &Rc<Node>| -> Vec<Node> {
        let found = within(&parent.item, take).into_iter();
        found.map(|item| Node::within(part, item.clone(), parent)).collect()
    };
    above.iter().flat_map(inside).collect()
}

/// Asks for pages as large as there are.
fn sized(operation: &Operation, arguments: &mut Map<String, Value>) {
    if let Some(field) = operation.fields.iter().find(|field| field.paging == Paging::Size) {
        arguments.insert(field.name.to_owned(), operation.page_limit.into());
    }
}

/// What an answer beside a list means. The inner error is a refusal.
fn judged(operation: &'static Operation, answer: Result<Success>) -> Result<std::result::Result<Beside, Box<Error>>> {
    let success = match answer {
        Ok(success) => success,
        // A list that is not there is no empty list: perhaps the account does not have it.
        Err(error) if error.reason == Reason::Missing && !matches!(operation.answer, Answer::Items { .. }) => {
            return Ok(Ok(Beside::Nothing));
        }
        Err(error) if passes(error.reason) => return Ok(Err(error)),
        Err(error) => return Err(error),
    };
    let broken =
        |error| Error::new(Reason::Unexpected, format!("{}: the answer is not as it should be: {error}", operation.id));
    let Some(key) = operation.items() else {
        let value: Value = serde_json::from_str(&success.value).map_err(broken)?;
        return Ok(Ok(match value {
            Value::Array(items) => Beside::Found(items),
            Value::Null => Beside::Nothing,
            other => Beside::Found(vec![other]),
        }));
    };
    let page = match envelope::read(&success.value, key) {
        Ok(page) => page,
        Err(error) => return Ok(Err(broken(error))),
    };
    if page.more == Some(true) || page.next_cursor.is_some() || page.after.is_some() {
        return Ok(Ok(Beside::More));
    }
    let items = page.items.iter().map(|item| serde_json::from_str(item)).collect::<std::result::Result<_, _>>();
    Ok(items.map(Beside::Found).map_err(broken))
}
