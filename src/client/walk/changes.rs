//! Walks of a change feed: events are read, what they are about is delivered.
//!
//! Rule: which events are new is `feed`'s to tell. A feed is done when a poll
//! is: its last page carries the cursor at which the next one begins.

use serde_json::{Map, Value};

use super::{Client, Clock, Found, Place, Source, Transport, Walk, record_time};
use crate::arguments::{self, Arguments};
use crate::catalog::{self, Answer, Operation, Paging};
use crate::client::Output;
use crate::envelope;
use crate::error::{Error, Reason, Result};
use crate::feed::{Feed, Phase};
use crate::paging::identity;
use crate::response::Success;
use crate::time;

/// Arguments of a feed that are its own; all others are passed on.
const OWN: [&str; 3] = ["since", "full", "lookback_s"];
/// Seconds that an event may come late.
const LOOKBACK: i64 = 600;

/// What a feed makes of a page: items and their number, its state, and where
/// it goes on.
type Changes = (String, usize, Option<Feed>, Option<Place>);

impl<S: Transport + Clock> Client<S> {
    /// The state that a walk without a cursor begins with; none where the
    /// operation is no feed.
    pub(super) fn feed(&self, operation: &Operation, arguments: &Arguments) -> Result<Option<Feed>> {
        if operation.feed.is_none() {
            return Ok(None);
        }
        // Everything there is makes the time of the first change meaningless.
        let since = arguments.get("since").filter(|_| !is_full(arguments));
        let since = since.and_then(Value::as_str).and_then(time::parse);
        Ok(Some(Feed::new(since)))
    }

    /// One page of a feed, as `call` answers it.
    pub(in crate::client) fn call_feed(&self, operation: &'static Operation, arguments: Arguments) -> Result<Output> {
        let start = arguments.iter().find(|(field, _)| field.paging == Paging::Position);
        let start = start.and_then(|(_, value)| value.as_str()).map(str::to_owned);
        let mut walk = self.walk_from(operation, arguments, start.as_deref())?;
        let (Some(page), Answer::Items { key, .. }) = (self.next(&mut walk)?, &operation.answer) else {
            return Err(Error::new(Reason::Invalid, format!("{} cannot be read as a feed", operation.id)));
        };
        let (next, more) = (Value::from(page.next), walk.place.is_some());
        let value = format!(r#"{{"{key}":{},"limit":{},"next_cursor":{next},"more":{more}}}"#, page.items, walk.size);
        let success = Success { value, status: 200, failures: Vec::new(), request_id: page.request_id };
        Ok(Output { success, rate: page.rate })
    }

    /// What a feed reads in its present phase.
    pub(super) fn feed_source(
        &self,
        operation: &Operation,
        spec: &catalog::Feed,
        feed: &Feed,
        given: &Arguments,
    ) -> Result<Source> {
        let broken = || Error::new(Reason::Invalid, format!("{} cannot be read as a feed", operation.id));
        let (of, with) = match (feed.phase, spec.pass) {
            (Phase::Pass, Some(pass)) => pass,
            (Phase::Pass, None) => return Err(broken()),
            (Phase::Start | Phase::Poll, _) => (spec.of, spec.with),
        };
        let source = catalog::find(of).ok_or_else(broken)?;
        let mut sent: Map<String, Value> = serde_json::from_str(with).map_err(|_| broken())?;
        let passed = given.iter().filter(|(field, _)| field.paging == Paging::No && !OWN.contains(&field.name));
        sent.extend(passed.map(|(field, value)| (field.name.to_owned(), value.clone())));
        if feed.phase == Phase::Poll {
            sent.insert("since".to_owned(), time::format(feed.since()).into());
        }
        let sent = arguments::check(source, &Value::Object(sent).to_string())?;
        Source::new(source, sent, &self.connection)
    }

    /// Reads a page of events, or of the full pass.
    pub(super) fn changes(
        &self,
        walk: &Walk<S::Pending>,
        mut feed: Feed,
        found: &Found<'_>,
        next: Option<Place>,
    ) -> Result<Changes> {
        let Some(spec) = &walk.operation.feed else { return Ok(("[]".to_owned(), 0, None, None)) };
        match feed.phase {
            Phase::Pass => {
                let (items, count) = found.items();
                let next = match next {
                    Some(next) => next,
                    None => {
                        feed.phase = Phase::Poll;
                        self.feed_start(walk, spec, &feed)?
                    }
                };
                Ok((items, count, Some(feed), Some(next)))
            }
            Phase::Start => {
                self.events(walk, &mut feed, found)?;
                feed.begun(next.is_some(), self.system.unix_s());
                let full = is_full(&walk.arguments) && spec.pass.is_some();
                feed.phase = if full { Phase::Pass } else { Phase::Poll };
                let next = if full { Some(self.feed_start(walk, spec, &feed)?) } else { None };
                Ok(("[]".to_owned(), 0, Some(feed), next))
            }
            Phase::Poll => {
                let events = self.events(walk, &mut feed, found)?;
                let mut subjects: Vec<&str> = Vec::new();
                let mut known = Vec::new();
                for event in events {
                    let subject = match spec.take {
                        None => Some(event),
                        Some(name) => envelope::peek(event, name).ok().flatten(),
                    };
                    let Some(subject) = subject.filter(|subject| *subject != "null") else { continue };
                    let id = envelope::peek(subject, "id").ok().flatten().unwrap_or(subject);
                    // The newest event comes first, and all tell the present.
                    if !known.contains(&id) {
                        known.push(id);
                        subjects.push(subject);
                    }
                }
                if next.is_none() {
                    feed.polled();
                }
                Ok((format!("[{}]", subjects.join(",")), subjects.len(), Some(feed), next))
            }
        }
    }

    /// Where what the feed reads next begins.
    fn feed_start(&self, walk: &Walk<S::Pending>, spec: &catalog::Feed, feed: &Feed) -> Result<Place> {
        self.feed_source(walk.operation, spec, feed, &walk.arguments)?.start(self.system.unix_s())
    }

    /// The events of a page that were not delivered before.
    fn events<'a>(&self, walk: &Walk<S::Pending>, feed: &mut Feed, found: &Found<'a>) -> Result<Vec<&'a str>> {
        let operation = walk.source.operation;
        let by = operation.windows.as_ref().map_or("created_at", |spec| spec.by);
        let lookback = walk.arguments.get("lookback_s").and_then(Value::as_i64).unwrap_or(LOOKBACK);
        let now = self.system.unix_s();
        let mut new = Vec::new();
        for (n, event) in found.page.items.iter().enumerate() {
            let at = record_time(event, by).ok().flatten().ok_or_else(|| {
                let problem = format!("a list with a record without a time in `{by}`");
                found.answered.response.unexpected(operation, &problem)
            })?;
            let fresh = feed.take(at, identity(event), lookback, now);
            if fresh && found.skip.binary_search(&n).is_err() {
                new.push(*event);
            }
        }
        Ok(new)
    }
}

fn is_full(arguments: &Arguments) -> bool {
    arguments.get("full").and_then(Value::as_bool) == Some(true)
}
