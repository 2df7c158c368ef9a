//! Pages fetched before they are asked for.
//!
//! Rule: only where the number of records is known, so that none is sent past
//! the end; taken in order, and let go as soon as one does not fit where the
//! walk really goes on. One that failed is repeated alone, in its turn.

use std::time::Duration;

use serde_json::Value;

use super::{Answered, Begun, Client, Clock, Place, Transport, Walk, paging};
use crate::catalog::Paging;
use crate::client::bucket;
use crate::error::Result;
use crate::request;

/// A page on its way.
pub(super) struct Ahead<P> {
    /// What tells its place from others.
    values: Vec<(&'static str, Value)>,
    /// None where it failed, and is asked for anew in its turn.
    begun: Option<Begun<P>>,
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
        let mut values = walk.source.values(place, paging::values(operation, &place.position, size));
        let begun = match walk.ahead.pop_front() {
            Some(ahead) if ahead.values == values => ahead.begun,
            Some(_) | None => {
                walk.ahead.clear();
                None
            }
        };
        let own = values.len();
        if begun.is_none() && self.wants_total(walk, place) {
            values.push(("total", Value::Bool(true)));
        }
        let source = &mut walk.source;
        let exchanged = self.exchange(operation, &source.arguments, &values, &mut source.keys, budget, begun);
        if exchanged.is_err() && !walk.ahead.is_empty() {
            values.truncate(own);
            walk.ahead.push_front(Ahead { values, begun: None });
        } else if further && exchanged.is_ok() {
            // The next request need not wait until this page has been read.
            self.look_ahead(walk, 1);
        }
        exchanged.map(|(response, rate)| Answered { response, rate })
    }

    /// Counting costs PagerDuty time: it is asked where a window may have to
    /// be cut, and from the second page on where pages are fetched ahead.
    fn wants_total(&self, walk: &Walk<S::Pending>, place: &Place) -> bool {
        let counted = walk.source.operation.fields.iter().any(|field| field.paging == Paging::Total);
        let ahead = walk.served > 0 && self.connection.ahead > 0 && !paging::is_start(&place.position);
        counted && walk.total.is_none() && (walk.divisible(place).is_some() || ahead)
    }

    /// Sends for the pages that follow where the walk stands, the first `passed`
    /// of them left out.
    pub(super) fn look_ahead(&self, walk: &mut Walk<S::Pending>, passed: u32) {
        // Behind a page that holds fewer than asked for, the next ones begin where
        // nobody can tell.
        if walk.short {
            return;
        }
        let (Some(place), Some(total)) = (&walk.place, walk.total) else { return };
        let operation = walk.source.operation;
        let (Some(size), Some(key)) = (paging::size(operation, &place.position, walk.size), walk.source.keys.0) else {
            return;
        };
        let bucket = bucket(operation, Some(key));
        let authorization = self.connection.authorization(key);
        for number in 0..self.connection.ahead {
            let pages = number.saturating_add(passed);
            let overlap = self.connection.overlap;
            let Some(page) = paging::ahead(operation, &place.position, size, overlap, pages, total) else { return };
            let values = walk.source.values(place, page);
            match walk.ahead.get(number as usize) {
                Some(ahead) if ahead.values == values => continue,
                Some(_) => walk.ahead.truncate(number as usize),
                None => {}
            }
            let (now, reserve) = (self.system.now_ms(), self.connection.rate_reserve);
            if self.rates.borrow().room(&bucket, now, reserve, 1) == 0 {
                return;
            }
            let Ok(request) = request::build(operation, &walk.source.arguments, &values, &self.connection) else {
                return;
            };
            let begun = self.begin(&bucket, &request, Some(&authorization));
            walk.ahead.push_back(Ahead { values, begun: Some(begun) });
        }
    }
}
