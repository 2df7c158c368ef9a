//! The windows of a walk: when a list is cut, what belongs to which piece, and
//! where the next one begins.
//!
//! Rule: where a cut falls and who owns a record is `windows`'s to tell; here
//! are the requests that it takes to know.

use std::time::Duration;

use serde_json::Value;

use super::{Client, Clock, Place, Source, Transport, Walk, paging, unpaged};
use crate::catalog::{Operation, Pages, Paging, Place as Stands, Type, Windows};
use crate::envelope::{self, Envelope};
use crate::error::{Error, Result};
use crate::feed::Phase;
use crate::paging::Position;
use crate::request::PageValues;
use crate::response::Response;
use crate::time;
use crate::windows::{self, Cuts};

impl<S: Transport + Clock> Client<S> {
    /// Cuts the window that begins here when it holds more than can be read of
    /// one; none where it is short enough, or cannot be cut.
    pub(super) fn cut(
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
                let unbounded = windows::lifted(spec, &walk.source.arguments);
                let oldest = match spec.oldest.filter(|_| unbounded) {
                    None => None,
                    Some((name, value)) => {
                        let first = [("limit", Value::from(1)), ("offset", Value::from(0)), (name, Value::from(value))];
                        self.glance(walk, place, &first, budget)?
                            .and_then(|record| record_time(&record, spec.by).ok()?)
                    }
                };
                let newest = page.items.first().and_then(|item| record_time(item, spec.by).ok()?);
                let now = self.system.unix_s();
                let Some(cuts) = Cuts::whole(spec, &walk.source.arguments, now, oldest, newest) else {
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
        let values = walk.source.values(place.windows.as_ref(), page.to_vec());
        let Source { arguments, keys, key, .. } = &mut walk.source;
        let (response, _) = self.exchange(operation, arguments, &values, keys, budget, None)?;
        let text = response.text(operation)?;
        let page = envelope::read(text, key)
            .map_err(|error| response.unexpected(operation, &format!("not a page with `{key}`: {error}")))?;
        Ok(page.items.first().map(|record| (*record).to_owned()))
    }
}

/// Arguments that make a list shorter.
fn filters(operation: &'static Operation) -> impl Iterator<Item = &'static str> {
    const NO_FILTERS: [&str; 3] = ["include", "sort_by", "time_zone"];
    let lifts = operation.windows.as_ref().and_then(|spec| spec.all).map(|(name, _)| name);
    let fields = operation.fields.iter().filter(|field| field.place == Stands::Query && field.paging == Paging::No);
    let fields = fields.filter(|field| !matches!(field.of, Type::Bool)).map(|field| field.name);
    fields.filter(move |name| !NO_FILTERS.contains(name) && lifts != Some(name))
}

/// The time of a record, from its member `by`: none where that is missing or
/// null, an error where it is something else than a time.
pub(super) fn record_time(record: &str, by: &str) -> std::result::Result<Option<i64>, ()> {
    match envelope::peek(record, by) {
        Ok(None | Some("null")) => Ok(None),
        Ok(Some(text)) => {
            let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            text.and_then(time::parse).map(Some).ok_or(())
        }
        Err(_) => Err(()),
    }
}

impl<P> Walk<P> {
    /// The way to cut the window that begins at `place`, where there is one.
    pub(super) fn divisible(&self, place: &Place) -> Option<&'static Windows> {
        // A feed that begins looks at the newest page alone.
        let begins = self.feed.as_ref().is_some_and(|feed| feed.phase == Phase::Start);
        let here = self.source.operation.pages == Pages::Offset && paging::is_start(&place.position) && !begins;
        let windows = self.source.operation.windows.as_ref().filter(|_| here);
        windows.filter(|spec| windows::divisible(spec, &self.source.arguments))
    }

    /// Whether the present window is the whole range.
    pub(super) fn is_whole(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place.windows.as_ref().is_none_or(Cuts::is_whole))
    }

    /// Adds to `skip` the records that belong to another window.
    pub(super) fn strangers(
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
            match record_time(item, spec.by).map(|time| cuts.owns(spec, time)) {
                Ok(Some(true)) => {}
                Ok(Some(false)) => all.push(n),
                Ok(None) | Err(()) => {
                    let problem = format!("a list with a record without a time in `{}`", spec.by);
                    return Err(response.unexpected(self.source.operation, &problem));
                }
            }
        }
        Ok(all)
    }

    /// Where the walk goes on: on this list, or in the next window.
    pub(super) fn follow(&self, place: Place, page: &Envelope<'_>, next: Option<Position>) -> Option<Place> {
        let spec = self.source.operation.windows.as_ref();
        match (next, place.windows, spec) {
            (Some(position), None, Some(spec)) if self.source.operation.pages == Pages::Offset => {
                let newest = page.items.first().and_then(|item| record_time(item, spec.by).ok()?);
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

    /// A page that ends its list although more records were told of than are
    /// ever read of one: cutting by such totals would go down to every second.
    /// None where it does not contradict itself.
    pub(super) fn overstated(&self, place: &Place, page: &Envelope<'_>) -> Option<String> {
        let Position::Offset { at, .. } = &place.position else { return None };
        self.source.operation.windows.as_ref()?;
        let total = page.total.or(self.total)?;
        let reached = u64::from(*at).saturating_add(page.items.len() as u64);
        let ends = page.more == Some(false) && total > windows::MOST && reached < windows::MOST;
        ends.then(|| format!("PagerDuty tells of {total} records and ends the list after {reached}"))
    }

    pub(super) fn end_of_offsets(&self, place: &Place) -> Box<Error> {
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
}
