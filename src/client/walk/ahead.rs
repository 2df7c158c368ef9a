//! Pages fetched before they are asked for.
//!
//! Rule: only where the number of records is known, so that none is sent past
//! the end; taken in order, and let go as soon as one does not fit where the
//! walk really goes on. One that failed is repeated alone, in its turn. The
//! first page of the next window is needed whatever becomes of the present one,
//! so it stays when others are let go; what comes behind it is known once it is
//! there, so it is sent for before its turn.

use std::time::Duration;

use serde_json::Value;

use super::{Answered, Begun, Client, Clock, Place, Transport, Walk, paging};
use crate::catalog::Paging;
use crate::client::bucket;
use crate::envelope;
use crate::error::Result;
use crate::paging::Position;
use crate::request;
use crate::windows::{self, Cuts};

/// A page that is wanted soon.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    /// How many records are passed over.
    at: u32,
    /// How many are asked for.
    size: u32,
    /// It is the first of its window.
    first: bool,
    /// The window it is of.
    windows: Option<Cuts>,
}

const TOTAL: (&str, Value) = ("total", Value::Bool(true));

/// A page on its way.
pub(super) struct Ahead<P> {
    wanted: Wanted,
    /// None where it failed, and is asked for anew in its turn.
    begun: Option<Begun<P>>,
    /// How many records its window holds: of a first page that has come.
    total: Option<u64>,
}

impl<S: Transport + Clock> Client<S> {
    /// The page at `place`: one that is on its way, or a new request.
    pub(super) fn page(
        &self,
        walk: &mut Walk<S::Pending>,
        place: &Place,
        size: u32,
        budget: &mut Duration,
    ) -> Result<Answered> {
        let operation = walk.source.operation;
        // The first page of a walk is asked for alone: a host that takes one
        // page an instance pays for one.
        let further = walk.served > 0 && walk.place.as_ref() == Some(place);
        if further {
            self.look_ahead(walk, 0);
        }
        let wanted = match &place.position {
            Position::Offset { at, .. } => {
                let (windows, first) = (place.windows.clone(), paging::is_start(&place.position));
                Some(Wanted { at: *at, size, first, windows })
            }
            // Where the next one begins only this one tells.
            Position::Token { .. } => None,
        };
        let begun = wanted.as_ref().and_then(|wanted| walk.take(wanted));
        let page = paging::values(operation, &place.position, size);
        let mut values = walk.source.values(place.windows.as_ref(), page);
        if self.wants_total(walk, place) {
            values.push(TOTAL);
        }
        let source = &mut walk.source;
        let exchanged = self.exchange(operation, &source.arguments, &values, &mut source.keys, budget, begun);
        match wanted {
            Some(wanted) if exchanged.is_err() && !walk.ahead.is_empty() => {
                walk.ahead.push_front(Ahead { wanted, begun: None, total: None });
            }
            // The next request need not wait until this page has been read.
            Some(_) if further && exchanged.is_ok() => self.look_ahead(walk, 1),
            Some(_) | None => {}
        }
        exchanged.map(|(response, rate)| Answered { response, rate })
    }

    /// Counting costs PagerDuty time: it is asked where a window may have to
    /// be cut, and from the second page on where pages are fetched ahead.
    fn wants_total(&self, walk: &Walk<S::Pending>, place: &Place) -> bool {
        let counted = walk.source.operation.fields.iter().any(|field| field.paging == Paging::Total);
        let begins = paging::is_start(&place.position);
        let ahead = walk.served > 0 && self.connection.ahead > 0 && !begins;
        // What is known of the present window says nothing of the next one.
        let known = walk.total.is_some() && !begins;
        counted && !known && (walk.divisible(place).is_some() || ahead)
    }

    /// Sends for the pages that follow where the walk stands, the first `passed`
    /// of them left out.
    pub(super) fn look_ahead(&self, walk: &mut Walk<S::Pending>, passed: u32) {
        let most = self.connection.ahead as usize;
        let (Some(key), 1..) = (walk.source.keys.0, most) else { return };
        let left =
            walk.most.map_or(usize::MAX, |pages| pages.saturating_sub(walk.served).saturating_sub(passed) as usize);
        let plan = loop {
            let mut plan = self.plan(walk, passed);
            plan.truncate(left);
            let more = plan.len() < most.min(left) && plan.last().is_some_and(|last| self.counted(walk, last));
            if !more {
                break plan;
            }
        };
        if let (Some(place), false) = (&walk.place, plan.is_empty()) {
            walk.ahead.retain(|ahead| ahead.wanted.windows != place.windows || plan.contains(&ahead.wanted));
        }
        let bucket = bucket(walk.source.operation, Some(key));
        let authorization = self.connection.authorization(key);
        // What comes behind a window's first page waits for it, so it goes first.
        for first in [true, false] {
            let mut at = 0;
            for (number, wanted) in plan.iter().enumerate() {
                if let Some(there) = walk.ahead.iter().position(|ahead| ahead.wanted == *wanted) {
                    at = there + 1;
                } else if walk.ahead.len() < most && (wanted.first || (!first && number < most)) {
                    let Some(begun) = self.send_ahead(walk, wanted, &bucket, &authorization) else { return };
                    walk.ahead.insert(at, Ahead { wanted: wanted.clone(), begun: Some(begun), total: None });
                    at += 1;
                }
            }
        }
    }

    /// The pages that follow in their order, as far as they are known: twice as
    /// many as are fetched, so that a window's first page can come early.
    fn plan(&self, walk: &Walk<S::Pending>, passed: u32) -> Vec<Wanted> {
        let (operation, overlap) = (walk.source.operation, self.connection.overlap);
        let most = (2 * self.connection.ahead as usize).saturating_sub(1);
        let mut plan = Vec::with_capacity(most);
        let Some(mut place) = walk.place.clone() else { return plan };
        // Behind a page that holds fewer than asked for, the next ones begin where
        // nobody can tell.
        let mut total = walk.total.filter(|_| !walk.short);
        let mut number = passed;
        loop {
            let Some(size) = paging::size(operation, &place.position, walk.size) else { return plan };
            let later = place.windows.is_some() && walk.feed.is_none() && paging::is_start(&place.position);
            if total.is_none() && !later {
                return plan;
            }
            // Of a window that is to come the first page is certain.
            while plan.len() < most
                && let Some(at) = paging::ahead(operation, &place.position, size, overlap, number, total.unwrap_or(0))
            {
                let wanted = Wanted { at, size, first: later && number == 0, windows: place.windows.clone() };
                total = total.or_else(|| walk.ahead.iter().find(|ahead| ahead.wanted == wanted)?.total);
                plan.push(wanted);
                number = number.saturating_add(1);
            }
            // A window that is too long is cut, or ends the walk.
            let ends = total.is_some_and(|total| total <= windows::MOST) && walk.feed.is_none();
            let spec = operation.windows.as_ref().filter(|_| ends && plan.len() < most);
            let next = spec.and_then(|spec| place.windows.as_ref()?.clone().advance(spec));
            let (Some(windows), Some(position)) = (next, paging::start(operation)) else { return plan };
            (place, total, number) = (Place { windows: Some(windows), position }, None, 0);
        }
    }

    /// Looks into a window's first page that came before its turn: whether it
    /// tells how many follow, which was not known before.
    fn counted(&self, walk: &mut Walk<S::Pending>, wanted: &Wanted) -> bool {
        let Walk { source, size, ahead, .. } = walk;
        let came = |begun: &mut Begun<S::Pending>| match begun {
            Begun::Sent(pending) => self.system.is_there(pending),
            Begun::Answered(_) => false,
        };
        let Some(ahead) = ahead.iter_mut().find(|ahead| ahead.wanted == *wanted) else { return false };
        let Some(Begun::Sent(pending)) = ahead.begun.take_if(came) else { return false };
        let answer = self.system.finish(pending);
        if let Ok(response) = &answer
            && response.succeeded()
            && let Ok(text) = response.text(source.operation)
            && let Ok(page) = envelope::read(text, source.key)
        {
            let (count, full) = (page.items.len() as u64, page.items.len() >= *size as usize);
            ahead.total = page.total.filter(|total| *total <= windows::MOST && (full || *total <= count));
        }
        ahead.begun = Some(Begun::Answered(answer));
        ahead.total.is_some()
    }

    /// A request before its turn; none where it would have to wait.
    fn send_ahead(
        &self,
        walk: &Walk<S::Pending>,
        wanted: &Wanted,
        bucket: &str,
        authorization: &str,
    ) -> Option<Begun<S::Pending>> {
        let (operation, source) = (walk.source.operation, &walk.source);
        let (now, reserve) = (self.system.now_ms(), self.connection.rate_reserve);
        if self.rates.borrow().room(bucket, now, reserve, 1) == 0 {
            return None;
        }
        let page = paging::offset_values(operation, wanted.at, wanted.size);
        let mut values = source.values(wanted.windows.as_ref(), page);
        if wanted.first {
            let place = Place { windows: wanted.windows.clone(), position: paging::start(operation)? };
            values.extend(self.wants_total(walk, &place).then_some(TOTAL));
        }
        let request = request::build(operation, &source.arguments, &values, &self.connection).ok()?;
        Some(self.begin(bucket, &request, Some(authorization)))
    }
}

impl<P> Walk<P> {
    /// What is on its way to where the walk stands. Where that is something else,
    /// all of this window is let go.
    fn take(&mut self, wanted: &Wanted) -> Option<Begun<P>> {
        let first = self.ahead.iter().position(|ahead| ahead.wanted.windows == wanted.windows)?;
        if self.ahead.get(first).is_some_and(|ahead| ahead.wanted == *wanted) {
            return self.ahead.remove(first)?.begun;
        }
        self.let_go(&wanted.windows);
        None
    }

    /// Takes back what was sent for of one window.
    pub(super) fn let_go(&mut self, windows: &Option<Cuts>) {
        self.ahead.retain(|ahead| ahead.wanted.windows != *windows);
    }
}

#[cfg(test)]
mod tests;
