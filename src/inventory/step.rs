//! One step of a scan: some pages of one list, with all that stands in them or
//! is asked for with them.
//!
//! Rule: what a step read is delivered or the step fails as a whole, and its
//! cursor is one behind what was delivered. A kind that PagerDuty does not
//! allow is told and passed over; trouble that may pass ends the step.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use serde_json::value::RawValue;

use super::beside::embedded;
use super::path::{Node, within};
use super::plan::{Cursor, Plan, stands_in};
use super::{Skipped, Slice, asset};
use crate::catalog::{How, Kind, Origin, Pages, Paging, kinds};
use crate::client::{Client, Clock, Transport, operation};
use crate::error::{Error, Reason, Result};

/// Pages that one step reads, where nothing is asked for beside them.
const PAGES: u32 = 10;
/// Calls beside its page that one step makes, more or less.
const CALLS: u32 = 50;

/// One step of a scan, from its beginning or from where the last one ended.
pub(crate) fn scan<S: Transport + Clock>(
    client: &Client<S>,
    asked: &[String],
    settings: &str,
    start: Option<&str>,
) -> Result<Slice> {
    let plan = Plan::new(asked, settings)?;
    let account = client.connection.fingerprint();
    let cursor = match start {
        Some(text) => plan.decode(text, account)?,
        None => Cursor { at: client.unix_s().max(0), list: 0, value: 0, skipped: 0, inner: String::new() },
    };
    let at = cursor.at;
    let budget = Duration::from_millis(client.connection.max_wait_ms);
    let mut step = Step {
        client,
        plan: &plan,
        at,
        skipped: cursor.skipped,
        slice: Slice::default(),
        seen: BTreeSet::new(),
        budget,
    };
    for kind in &plan.skip {
        let why = "passed over: the setting `skip` names it";
        step.pass(kind, Error::new(Reason::Invalid, why));
    }
    let next = match &plan.ids {
        Some(ids) => step.refresh(ids, cursor)?,
        None => step.read(cursor)?,
    };
    let mut slice = step.slice;
    slice.next = match next {
        None => None,
        Some(cursor) => Some(plan.encode(&cursor, account).ok_or_else(|| {
            Error::new(Reason::Unexpected, "the cursor of this scan is longer than can be carried: scan fewer kinds")
        })?),
    };
    Ok(slice)
}

/// A step under way.
pub(super) struct Step<'a, S: Transport + Clock> {
    pub(super) client: &'a Client<S>,
    pub(super) plan: &'a Plan,
    pub(super) at: i64,
    pub(super) skipped: u128,
    pub(super) slice: Slice,
    /// Kinds and ids of what is in it.
    seen: BTreeSet<(usize, String)>,
    /// What all calls beside the lists may spend waiting together.
    pub(super) budget: Duration,
}

impl<S: Transport + Clock> Step<'_, S> {
    /// Reads on where the cursor stands; where the next step begins.
    fn read(&mut self, mut cursor: Cursor) -> Result<Option<Cursor>> {
        let lists = self.plan.lists();
        let Some((kind, origin)) = lists.get(cursor.list).copied() else { return self.changes(cursor) };
        let values = match origin.setting {
            None => 1,
            Some(setting) => self.plan.texts(setting).len(),
        };
        let over = if values == 0 {
            self.pass(kind, needs_a_setting(kind, origin));
            true
        } else if self.asked(kind) {
            match self.pages(kind, origin, &cursor) {
                Ok(inner) => {
                    cursor.inner = inner.unwrap_or_default();
                    cursor.inner.is_empty()
                }
                Err(error) if passes(error.reason) => {
                    self.pass(kind, error);
                    true
                }
                Err(error) => return Err(concerning(kind, error)),
            }
        } else {
            true
        };
        cursor.skipped = self.skipped;
        if over {
            cursor.inner.clear();
            cursor.value += 1;
            if cursor.value >= values || !self.asked(kind) {
                (cursor.list, cursor.value) = (cursor.list + 1, 0);
            }
        }
        Ok((cursor.list < self.plan.stops()).then_some(cursor))
    }

    /// Reads pages of a list; where in it the next step goes on.
    fn pages(&mut self, kind: &'static Kind, origin: &'static Origin, cursor: &Cursor) -> Result<Option<String>> {
        let How::List(call) = origin.how else { return Ok(None) };
        let list = operation(call)?;
        let mut arguments = self.plan.arguments(origin.with, Some(kind), self.at);
        let value = origin.setting.and_then(|setting| self.plan.texts(setting).get(cursor.value)).cloned();
        let value = value.as_deref();
        if let Some(value) = value {
            arguments.insert(origin.argument.to_owned(), value.into());
        }
        let beside = self.calls(kind) + u32::from(origin.detail.is_some());
        if list.pages == Pages::None {
            let success = self.client.call(list.id, &Value::Object(arguments).to_string())?;
            self.items(kind, origin, value, &success.success.value)?;
            return Ok(None);
        }
        let sized = list.fields.iter().find(|field| field.paging == Paging::Size);
        if let (Some(field), true) = (sized, beside > 0) {
            arguments.insert(field.name.to_owned(), (CALLS / beside).clamp(5, list.page_limit.max(5)).into());
        }
        let start = Some(cursor.inner.as_str()).filter(|inner| !inner.is_empty());
        let mut walk = self.client.walk(list.id, &Value::Object(arguments).to_string(), start)?;
        let pages = if beside > 0 { 1 } else { PAGES };
        walk.read_at_most(pages);
        let mut next = None;
        for number in 0..pages {
            let page = match self.client.next(&mut walk) {
                // What was read so far is delivered; the trouble comes again.
                Err(_) if number > 0 => break,
                page => page?,
            };
            let Some(page) = page else { return Ok(None) };
            self.items(kind, origin, value, &page.items)?;
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        Ok(next)
    }

    /// Takes in the items of one page of a list.
    /// `value`: what the list was asked for, which its items need not tell.
    fn items(&mut self, kind: &'static Kind, origin: &'static Origin, value: Option<&str>, items: &str) -> Result<()> {
        let texts: Vec<&RawValue> = serde_json::from_str(items).map_err(|error| unreadable(kind, &error))?;
        let mut nodes = Vec::with_capacity(texts.len());
        for raw in texts {
            let mut item: Value = serde_json::from_str(raw.get()).map_err(|error| unreadable(kind, &error))?;
            let untold = value.filter(|_| item.get(origin.argument).is_none());
            if let (Some(value), Value::Object(members)) = (untold, &mut item) {
                members.insert(origin.argument.to_owned(), value.into());
                nodes.push(Node::new(kind, item));
                continue;
            }
            match origin.take {
                None => nodes.push(Node { text: Some(raw.get().to_owned()), ..Node::new(kind, item) }),
                Some(take) => {
                    nodes.extend(within(&item, take).into_iter().map(|item| Node::new(kind, item.clone())));
                }
            }
        }
        let nodes = match origin.detail {
            Some((call, with)) => self.in_full(kind, call, with, nodes)?,
            None => nodes,
        };
        self.level(kind, nodes.into_iter().filter(|node| counts(node, origin)).map(Rc::new).collect())
    }

    /// Takes in what was found of a kind, then what stands in it.
    pub(super) fn level(&mut self, kind: &'static Kind, nodes: Vec<Rc<Node>>) -> Result<()> {
        if nodes.is_empty() {
            return Ok(());
        }
        if self.plan.wants(kind) {
            for node in &nodes {
                let Some(asset) = asset::asset(node) else {
                    return Err(Error::new(Reason::Unexpected, format!("one of the kind {} has no id", kind.id)));
                };
                // Once a step.
                if self.seen.insert((kind.number, asset.id.clone())) {
                    self.slice.assets.push(asset);
                }
            }
        }
        for part in kinds().iter() {
            for origin in part.origins.iter().filter(|origin| origin.how.parent() == Some(kind.number)) {
                if !self.asked(part) {
                    continue;
                }
                match self.part(part, origin, &nodes) {
                    // Trouble inside a part is the part's alone.
                    Err(error) if passes(error.reason) => self.pass(part, error),
                    other => other?,
                }
            }
        }
        Ok(())
    }

    /// Takes in what stands in the assets of the kind above, or is asked for
    /// with them.
    fn part(&mut self, part: &'static Kind, origin: &Origin, above: &[Rc<Node>]) -> Result<()> {
        let found = match origin.how {
            How::List(_) => Vec::new(),
            How::Within(_) => embedded(part, origin, above),
            How::Each(_, call) => self.each(part, origin, call, above)?,
            How::Batch(_, call) => self.batch(part, origin, call, above)?,
        };
        self.level(part, found.into_iter().filter(|node| counts(node, origin)).map(Rc::new).collect())
    }

    /// Whether a kind is needed and was not passed over.
    pub(super) fn asked(&self, kind: &Kind) -> bool {
        self.plan.needs(kind) && self.skipped >> kind.number & 1 == 0
    }

    /// How many calls one asset of a kind takes beside its page.
    fn calls(&self, kind: &Kind) -> u32 {
        let origins = kinds().iter().filter(|part| self.asked(part)).flat_map(|part| part.origins);
        let each = origins.filter(|origin| matches!(origin.how, How::Each(parent, _) if parent == kind.number));
        u32::try_from(each.count()).unwrap_or(u32::MAX)
    }

    /// Leaves a kind out, and all that is found through it.
    pub(super) fn pass(&mut self, kind: &'static Kind, why: Box<Error>) {
        let parts: Vec<&'static Kind> =
            kinds().iter().filter(|part| self.asked(part) && stands_in(part, kind)).collect();
        for part in parts {
            self.skipped |= 1 << part.number;
            if self.plan.wants(part) {
                let mut why = why.clone();
                if part.number != kind.number {
                    why.message = format!("found through the kind {}, which was left out: {}", kind.id, why.message);
                }
                self.slice.skipped.push(Skipped { kind: part.id, why });
            }
        }
    }
}

/// Whether a kind is passed over for this: trouble that stays. What may pass,
/// or concerns the whole connection, ends the step.
pub(super) fn passes(reason: Reason) -> bool {
    match reason {
        Reason::Forbidden
        | Reason::Unlicensed
        | Reason::Missing
        | Reason::Refused
        | Reason::Conflict
        | Reason::Incomplete
        | Reason::Unexpected => true,
        Reason::Invalid | Reason::Unauthenticated | Reason::Throttled | Reason::Unavailable | Reason::Blocked => false,
    }
}

pub(super) fn unreadable(kind: &Kind, error: &serde_json::Error) -> Box<Error> {
    Error::new(Reason::Unexpected, format!("what was found of the kind {} cannot be read: {error}", kind.id))
}

/// Says which kind it was, so that a host can pass over it.
pub(super) fn concerning(kind: &Kind, mut error: Box<Error>) -> Box<Error> {
    if !error.extra.contains_key("kind") {
        error.extra.insert("kind".to_owned(), kind.id.into());
    }
    error
}

fn needs_a_setting(kind: &Kind, origin: &Origin) -> Box<Error> {
    let setting = origin.setting.unwrap_or_default();
    Error::new(
        Reason::Invalid,
        format!("the kind {} is scanned where the setting {setting} names what to look at", kind.id),
    )
}

/// Whether what was found is meant: two of its values are equal where the
/// catalog asks for it.
fn counts(node: &Node, origin: &Origin) -> bool {
    origin.only.is_none_or(|(left, right)| {
        let left = node.text_at(left);
        left.is_some() && left == node.text_at(right)
    })
}
