//! Walks: page after page, window after window, poll after poll.
//!
//! Rule: it asks and hands over; what a page means is decided in `paging`,
//! where a window ends in `windows`, what of a feed is new in `feed`. A walk
//! moves on only when a page is delivered, so an error can be tried again.

use std::collections::VecDeque;

use serde_json::Value;

use super::{Begun, Client, Clock, Transport};
use crate::arguments::{self, Arguments};
use crate::catalog::{Operation, Pages, Paging};
use crate::envelope::{self, Envelope};
use crate::error::{Error, Reason, Result, Violation};
use crate::feed::Feed;
use crate::paging::{self, Cursor, Step};
use crate::rates::Rate;
use crate::response::Response;

mod ahead;
mod changes;
mod source;
mod windowed;
use source::{Place, Source};
use windowed::record_time;

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
    /// Pages that its holder reads, if not all: none is sent for beyond them.
    most: Option<u32>,
    ahead: VecDeque<ahead::Ahead<P>>,
    /// The last page held fewer records than were asked for.
    short: bool,
}

/// A page as it was answered.
struct Answered {
    response: Response,
    rate: Option<Rate>,
}

/// A page as it is delivered.
struct Found<'a> {
    answered: &'a Answered,
    text: &'a str,
    page: &'a Envelope<'a>,
    /// Indexes of items that were delivered before, or belong elsewhere.
    skip: &'a [usize],
}

impl Found<'_> {
    /// What is delivered of a list, and how many.
    fn items(&self) -> (String, usize) {
        let count = self.page.items.len().saturating_sub(self.skip.len());
        (envelope::array(self.text, &self.page.items, self.skip), count)
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
            Some(place) if !source.fits(&place, self.system.unix_s()) => {
                return Err(foreign(MADE_ELSEWHERE.to_owned()));
            }
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
            most: None,
            ahead: VecDeque::new(),
            short: false,
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
            if let Some(problem) = walk.overstated(&place, &page) {
                return Err(walk.incomplete(&problem, answered.response.request_id()));
            }
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
                    let found = Found { answered: &answered, text, page: &page, skip: &skip };
                    return self.deliver(walk, &found, next).map(Some);
                }
            }
        }
    }

    /// Hands a page over and moves the walk on.
    fn deliver(&self, walk: &mut Walk<S::Pending>, found: &Found<'_>, next: Option<Place>) -> Result<Page> {
        let Found { answered, page, .. } = found;
        let (items, count, feed, next) = match walk.feed.clone() {
            None => {
                let (items, count) = found.items();
                (items, count, None, next)
            }
            Some(feed) => self.changes(walk, feed, found, next)?,
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
        let counted = page.total.or(page.total_results).or(walk.total);
        let total = counted.filter(|_| walk.feed.is_none() && walk.is_whole());
        let delivered = Page {
            items,
            count,
            total: total.and_then(|total| u32::try_from(total).ok()),
            next: cursor.transpose()?,
            request_id: answered.response.request_id(),
            rate: answered.rate.clone(),
        };
        if let (Some(spec), Some(before), Some(feed)) = (&walk.operation.feed, &walk.feed, &feed)
            && before.phase != feed.phase
        {
            walk.ahead.clear();
            walk.source = self.feed_source(walk.operation, spec, feed, &walk.arguments)?;
        }
        let begins = next.as_ref().is_some_and(|next| paging::is_start(&next.position));
        if let (true, Some(place)) = (begins, &walk.place) {
            // Its list ended sooner than it told.
            let windows = place.windows.clone();
            walk.let_go(&windows);
        }
        walk.total = if begins { None } else { counted };
        (walk.read, walk.feed, walk.place) = (read, feed, next);
        walk.served = walk.served.saturating_add(1);
        walk.short = !begins && page.items.len() < walk.size as usize;
        if walk.served > 1 {
            self.look_ahead(walk, 0);
        }
        Ok(delivered)
    }

    fn cursor(&self, walk: &Walk<S::Pending>, read: u32, feed: Option<&Feed>, place: &Place) -> Option<String> {
        let mut cursor = Cursor {
            arguments: walk.arguments.digest(),
            account: self.connection.fingerprint(),
            read,
            feed: feed.cloned(),
            windows: place.windows.clone(),
            position: place.position.clone(),
        };
        loop {
            match (paging::encode(walk.operation.id, &cursor), &cursor.feed) {
                (None, Some(feed)) => cursor.feed = Some(feed.lighter()?),
                (text, _) => return text,
            }
        }
    }
}

const MADE_ELSEWHERE: &str = "this cursor was not made by this connector";
const TOO_LONG: &str = "a page whose cursor is longer than can be carried";

fn foreign(problem: String) -> Box<Error> {
    Error::new(Reason::Invalid, format!("cursor: {problem}"))
}

impl<P> Walk<P> {
    /// So many pages are read of it and no more.
    pub(crate) fn read_at_most(&mut self, pages: u32) {
        self.most = Some(self.served.saturating_add(pages));
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
