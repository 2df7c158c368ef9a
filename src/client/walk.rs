//! Walks: page after page, window after window, poll after poll.
//!
//! Rule: it asks and hands over; what a page means is decided in `paging`,
//! where a window ends in `windows`, what of a feed is new in `feed`. A walk
//! moves on only when a page is delivered, so an error can be tried again.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;

use super::{Begun, Client, Clock, Connection, Transport};
use crate::arguments::{self, Arguments};
use crate::catalog::{Answer, Operation, Pages, Paging, Place as Stands};
use crate::connection::Which;
use crate::envelope::{self, Envelope};
use crate::error::{Error, Reason, Result, Violation};
use crate::feed::Feed;
use crate::paging::{self, Cursor, Position, Step};
use crate::rates::Rate;
use crate::request::PageValues;
use crate::response::Response;
use crate::time;
use crate::windows::{self, Cuts};

mod ahead;
mod changes;

/// One page of a walk.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) items: String,
    pub(crate) count: u32,
    pub(crate) total: Option<u32>,
    pub(crate) next: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) rate: Option<Rate>,
}

/// A walk under way.
pub(crate) struct Walk<P> {
    /// What was asked for; cursors and messages name it.
    operation: &'static Operation,
    arguments: Arguments,
    /// What is sent: the operation itself, or what a feed reads.
    source: Source,
    size: u32,
    /// Records delivered since the walk began, on whichever instance.
    read: u32,
    feed: Option<Feed>,
    /// None behind the last page.
    place: Option<Place>,
    /// How many records the present window holds, where that is known.
    total: Option<u64>,
    /// Pages this instance has delivered of it.
    served: u32,
    ahead: VecDeque<ahead::Ahead<P>>,
}

/// A list and how it is asked for.
struct Source {
    operation: &'static Operation,
    key: &'static str,
    arguments: Arguments,
    /// Tried in this order; what worked goes with the pages that follow.
    keys: (Option<Which>, Option<Which>),
    /// Records never change places in it.
    fixed: bool,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    windows: Option<Cuts>,
    position: Position,
}

/// A page as it was answered.
struct Answered {
    response: Response,
    rate: Option<Rate>,
}

impl Source {
    fn new(operation: &'static Operation, arguments: Arguments, connection: &Connection) -> Result<Source> {
        let Answer::Items { key, .. } = &operation.answer else { return Err(unpaged(operation.id)) };
        let fixed = paging::is_fixed(operation, &arguments);
        Ok(Source { operation, key, keys: connection.keys(operation), fixed, arguments })
    }

    /// Where its list begins.
    fn start(&self, now: i64) -> Result<Place> {
        let position = paging::start(self.operation).ok_or_else(|| unpaged(self.operation.id))?;
        let windows = self.operation.windows.as_ref();
        Ok(Place { windows: windows.and_then(|spec| Cuts::needed(spec, &self.arguments, now)), position })
    }
}

fn unpaged(id: &str) -> Box<Error> {
    Error::new(Reason::Invalid, format!("{id} does not page: use `call`"))
}

impl<S: Transport + Clock> Client<S> {
    /// Prepares a walk from the start or from a cursor. Sends nothing.
    pub(crate) fn walk(&self, id: &str, arguments: &str, start: Option<&str>) -> Result<Walk<S::Pending>> {
        let operation = self.allowed(id)?;
        if operation.pages == Pages::None {
            return Err(unpaged(id));
        }
        let arguments = arguments::check(operation, arguments)?;
        if let Some((field, _)) = arguments.iter().find(|(field, _)| field.paging == Paging::Position) {
            let problem = "is set by the walk itself: leave it out, or use `call` for one page";
            return Err(Error::invalid(&format!("arguments of {id}"), vec![Violation::new(field.name, problem)]));
        }
        self.walk_from(operation, arguments, start)
    }

    /// The same with arguments that were checked.
    fn walk_from(
        &self,
        operation: &'static Operation,
        arguments: Arguments,
        start: Option<&str>,
    ) -> Result<Walk<S::Pending>> {
        let asked =
            arguments.iter().find(|(field, _)| field.paging == Paging::Size).and_then(|(_, value)| value.as_u64());
        let size = asked.and_then(|n| u32::try_from(n).ok()).or(self.connection.page_size);
        let cursor = start
            .map(|text| paging::decode(operation.id, arguments.digest(), self.connection.fingerprint(), text))
            .transpose()
            .map_err(foreign)?;
        let (read, feed, given) = match cursor {
            None => (0, self.feed(operation, &arguments)?, None),
            Some(Cursor { read, feed, windows, position, .. }) => (read, feed, Some(Place { windows, position })),
        };
        let source = match (&operation.feed, &feed) {
            (None, None) => Source::new(operation, arguments.clone(), &self.connection)?,
            (Some(spec), Some(feed)) => self.feed_source(operation, spec, feed, &arguments)?,
            (None, Some(_)) | (Some(_), None) => return Err(foreign(MADE_ELSEWHERE.to_owned())),
        };
        let place = match given {
            None => source.start(self.system.unix_s())?,
            Some(place) if !source.fits(&place) => return Err(foreign(MADE_ELSEWHERE.to_owned())),
            // The list of a feed's next poll begins here.
            Some(place) if feed.is_some() && place.windows.is_none() && paging::is_start(&place.position) => {
                source.start(self.system.unix_s())?
            }
            Some(place) => place,
        };
        let size = self.page_size(&source, size);
        Ok(Walk {
            operation,
            arguments,
            source,
            size,
            read,
            feed,
            place: Some(place),
            total: None,
            served: 0,
            ahead: VecDeque::new(),
        })
    }

    /// As many as asked for and allowed; a page of one has no room for the
    /// record it shares with the last.
    fn page_size(&self, source: &Source, asked: Option<u32>) -> u32 {
        let most = source.operation.page_limit;
        let least = 1 + u32::from(paging::overlaps(source.operation, self.connection.overlap));
        asked.unwrap_or(most).min(most).max(least)
    }

    /// The next page; none behind the last.
    pub(crate) fn next(&self, walk: &mut Walk<S::Pending>) -> Result<Option<Page>> {
        let Some(mut place) = walk.place.clone() else { return Ok(None) };
        let mut budget = self.budget();
        loop {
            let operation = walk.source.operation;
            let Some(size) = paging::size(operation, &place.position, walk.size) else {
                return Err(walk.end_of_offsets(&place));
            };
            let answered = self.page(walk, &place, size, &mut budget)?;
            let text = answered.response.text(operation)?;
            let page = envelope::read(text, walk.source.key).map_err(|error| {
                answered.response.unexpected(operation, &format!("not a page with `{}`: {error}", walk.source.key))
            })?;
            if let Some(cut) = self.cut(walk, &place, &page, &mut budget)? {
                place = cut;
                continue;
            }
            let overlap = self.connection.overlap;
            match paging::step(operation, &place.position, size, overlap, walk.source.fixed, &page) {
                Step::Again(position) => place.position = position,
                Step::Broken(problem) => return Err(walk.incomplete(&problem, answered.response.request_id())),
                Step::Deliver { skip, next } => {
                    let skip = walk.strangers(&place, &page, skip, &answered.response)?;
                    let next = walk.follow(place, &page, next);
                    return self.deliver(walk, &answered, text, &page, &skip, next).map(Some);
                }
            }
        }
    }

    /// Hands a page over and moves the walk on.
    fn deliver(
        &self,
        walk: &mut Walk<S::Pending>,
        answered: &Answered,
        text: &str,
        page: &Envelope<'_>,
        skip: &[usize],
        next: Option<Place>,
    ) -> Result<Page> {
        let (items, count, feed, next) = match walk.feed.clone() {
            None => {
                let count = page.items.len().saturating_sub(skip.len());
                (envelope::array(text, &page.items, skip), count, None, next)
            }
            Some(feed) => self.changes(walk, feed, answered, text, page, skip, next)?,
        };
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let read = walk.read.saturating_add(count);
        let cursor = match (&next, &feed) {
            (Some(next), feed) => Some(self.cursor(walk, read, feed.as_ref(), next)),
            // A feed has no end: its last cursor waits for what comes.
            (None, Some(feed)) => {
                let position = paging::start(walk.source.operation).ok_or_else(|| unpaged(walk.operation.id))?;
                Some(self.cursor(walk, read, Some(feed), &Place { windows: None, position }))
            }
            (None, None) => None,
        };
        let cursor = cursor.map(|cursor| cursor.ok_or_else(|| answered.response.unexpected(walk.operation, TOO_LONG)));
        let total = page.total.or(page.total_results).filter(|_| walk.feed.is_none() && walk.is_whole());
        let delivered = Page {
            items,
            count,
            total: total.and_then(|total| u32::try_from(total).ok()),
            next: cursor.transpose()?,
            request_id: answered.response.request_id(),
            rate: answered.rate.clone(),
        };
        if let (Some(spec), Some(feed)) = (&walk.operation.feed, &feed) {
            walk.source = self.feed_source(walk.operation, spec, feed, &walk.arguments)?;
        }
        walk.total = match &next {
            Some(next) if paging::is_start(&next.position) => None,
            _ => page.total.or(page.total_results).or(walk.total),
        };
        (walk.read, walk.feed, walk.place) = (read, feed, next);
        walk.served = walk.served.saturating_add(1);
        if walk.served > 1 {
            self.look_ahead(walk);
        }
        Ok(delivered)
    }

    /// Cuts the window that begins here when it holds more than can be read of
    /// one; none where it is short enough, or cannot be cut.
    fn cut(
        &self,
        walk: &mut Walk<S::Pending>,
        place: &Place,
        page: &Envelope<'_>,
        budget: &mut Duration,
    ) -> Result<Option<Place>> {
        let operation = walk.source.operation;
        let Some(spec) = walk.divisible(place) else { return Ok(None) };
        let long = match page.total {
            Some(total) => total > windows::MOST,
            // No total was given: is there a record that far behind?
            None if page.more == Some(true) => {
                let far = [("limit", Value::from(1)), ("offset", Value::from(windows::MOST - 1))];
                self.glance(walk, place, &far, budget)?.is_some()
            }
            None => false,
        };
        if !long {
            return Ok(None);
        }
        let cuts = match &place.windows {
            Some(cuts) => cuts.clone(),
            None => {
                let unbounded = spec.all.is_some_and(|(all, _)| walk.source.arguments.get(all).is_some());
                let oldest = match spec.oldest.filter(|_| unbounded) {
                    None => None,
                    Some((name, value)) => {
                        let first = [("limit", Value::from(1)), ("offset", Value::from(0)), (name, Value::from(value))];
                        self.glance(walk, place, &first, budget)?.and_then(|record| record_time(&record, spec.by))
                    }
                };
                let Some(cuts) = Cuts::whole(spec, &walk.source.arguments, self.system.unix_s(), oldest) else {
                    return Ok(None);
                };
                cuts
            }
        };
        let mut cut = cuts.clone();
        // A range that had to be cut by its length alone is looked at first.
        let shortened = place.windows.is_none() && !cuts.is_whole();
        if !shortened && !cut.split(spec, page.total) {
            return Ok(None);
        }
        walk.ahead.clear();
        let position = paging::start(operation).ok_or_else(|| unpaged(operation.id))?;
        Ok(Some(Place { windows: Some(cut), position }))
    }

    /// The first record of a page beside the walk.
    fn glance(
        &self,
        walk: &mut Walk<S::Pending>,
        place: &Place,
        page: &PageValues,
        budget: &mut Duration,
    ) -> Result<Option<String>> {
        let operation = walk.source.operation;
        let values = walk.source.values(place, page.to_vec());
        let Source { arguments, keys, key, .. } = &mut walk.source;
        let (response, _) = self.exchange(operation, arguments, &values, keys, budget, None)?;
        let text = response.text(operation)?;
        let page = envelope::read(text, key)
            .map_err(|error| response.unexpected(operation, &format!("not a page with `{key}`: {error}")))?;
        Ok(page.items.first().map(|record| record.get().to_owned()))
    }

    fn cursor(&self, walk: &Walk<S::Pending>, read: u32, feed: Option<&Feed>, place: &Place) -> Option<String> {
        let cursor = Cursor {
            arguments: walk.arguments.digest(),
            account: self.connection.fingerprint(),
            read,
            feed: feed.cloned(),
            windows: place.windows.clone(),
            position: place.position.clone(),
        };
        paging::encode(walk.operation.id, &cursor)
    }
}

const MADE_ELSEWHERE: &str = "this cursor was not made by this connector";
const TOO_LONG: &str = "a page whose cursor is longer than can be carried";

fn foreign(problem: String) -> Box<Error> {
    Error::new(Reason::Invalid, format!("cursor: {problem}"))
}

/// Arguments that make a list shorter.
fn filters(operation: &'static Operation) -> impl Iterator<Item = &'static str> {
    const NO_FILTERS: [&str; 4] = ["include", "sort_by", "time_zone", "is_overview"];
    let fields = operation.fields.iter().filter(|field| field.place == Stands::Query && field.paging == Paging::No);
    fields.map(|field| field.name).filter(|name| !NO_FILTERS.contains(name))
}

/// The time of a record, from its member `by`.
fn record_time(record: &str, by: &str) -> Option<i64> {
    let text = envelope::member(record, by).ok()??;
    time::parse(text.strip_prefix('"')?.strip_suffix('"')?)
}

impl Source {
    fn fits(&self, place: &Place) -> bool {
        let windows = match (&place.windows, &self.operation.windows) {
            (None, _) => true,
            (Some(cuts), Some(spec)) => cuts.fits(spec),
            (Some(_), None) => false,
        };
        windows && paging::fits(self.operation.pages, &place.position)
    }

    /// Values of a page, with those of the window it is in.
    fn values(&self, place: &Place, page: Vec<(&'static str, Value)>) -> Vec<(&'static str, Value)> {
        let mut values = page;
        if let (Some(cuts), Some(spec)) = (&place.windows, &self.operation.windows) {
            values.extend(cuts.values(spec, &self.arguments));
        }
        values
    }
}

impl<P> Walk<P> {
    /// The way to cut the window that begins at `place`, where there is one.
    fn divisible(&self, place: &Place) -> Option<&'static crate::catalog::Windows> {
        let here = self.source.operation.pages == Pages::Offset && paging::is_start(&place.position);
        let windows = self.source.operation.windows.as_ref().filter(|_| here);
        windows.filter(|spec| windows::divisible(spec, &self.source.arguments))
    }

    /// Whether the present window is the whole range.
    fn is_whole(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place.windows.as_ref().is_none_or(Cuts::is_whole))
    }

    /// Adds to `skip` the records that belong to another window.
    fn strangers(
        &self,
        place: &Place,
        page: &Envelope<'_>,
        skip: Vec<usize>,
        response: &Response,
    ) -> Result<Vec<usize>> {
        let (Some(cuts), Some(spec)) = (&place.windows, &self.source.operation.windows) else { return Ok(skip) };
        if cuts.is_whole() {
            return Ok(skip);
        }
        let mut all = Vec::new();
        let mut known = skip.into_iter().peekable();
        for (n, item) in page.items.iter().enumerate() {
            if known.next_if_eq(&n).is_some() {
                all.push(n);
                continue;
            }
            match cuts.owns(spec, record_time(item.get(), spec.by)) {
                Some(true) => {}
                Some(false) => all.push(n),
                None => {
                    let problem = format!("a list with a record without a time in `{}`", spec.by);
                    return Err(response.unexpected(self.source.operation, &problem));
                }
            }
        }
        Ok(all)
    }

    /// Where the walk goes on: on this list, or in the next window.
    fn follow(&self, place: Place, page: &Envelope<'_>, next: Option<Position>) -> Option<Place> {
        let spec = self.source.operation.windows.as_ref();
        match (next, place.windows, spec) {
            (Some(position), None, Some(spec)) if self.source.operation.pages == Pages::Offset => {
                let newest = page.items.first().and_then(|item| record_time(item.get(), spec.by));
                let begun = paging::is_start(&place.position);
                let windows = newest.filter(|_| begun).and_then(|at| Cuts::pinned(spec, &self.source.arguments, at));
                Some(Place { windows, position })
            }
            (Some(position), windows, _) => Some(Place { windows, position }),
            (None, Some(cuts), Some(spec)) => {
                let windows = cuts.advance(spec)?;
                Some(Place { windows: Some(windows), position: paging::start(self.source.operation)? })
            }
            (None, _, _) => None,
        }
    }

    fn end_of_offsets(&self, place: &Place) -> Box<Error> {
        let reached = match &place.windows {
            Some(cuts) => {
                format!("one window of time ({}) holds more than the 10,000 records PagerDuty lists", cuts.told())
            }
            None => "PagerDuty lists no more than 10,000 records at a time".to_owned(),
        };
        let filters: Vec<&str> = filters(self.source.operation).collect();
        let advice = match filters.is_empty() {
            true => String::new(),
            false => format!(": narrow it with {}", filters.join(", ")),
        };
        self.incomplete(&format!("{reached}{advice}"), None)
    }

    fn incomplete(&self, problem: &str, request_id: Option<String>) -> Box<Error> {
        let message =
            format!("{}: {problem}. {} records were read and there may be more", self.operation.id, self.read);
        let mut error = Error::new(Reason::Incomplete, message);
        error.request_id = request_id;
        error.extra.insert("read".to_owned(), Value::from(self.read));
        error
    }
}
