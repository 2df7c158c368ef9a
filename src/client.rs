//! The loop: build, send, wait, send again, page.
//!
//! Rule: generic over its two I/O edges, and the only module that calls them.
//! What to do is decided in `retry`, `paging` and `response`.

use std::cell::RefCell;
use std::time::Duration;

use serde_json::Value;

use crate::arguments::{self, Arguments};
use crate::catalog::{self, Answer, Effect, From, Operation, Paging};
use crate::connection::{Connection, Which};
use crate::envelope;
use crate::error::{Error, Reason, Result, Violation, suggestion};
use crate::paging::{self, Cursor, Position, Step};
use crate::rates::{Rate, Rates};
use crate::request::{self, PageValues, Request};
use crate::response::{self, Response, Success};
use crate::retry::{Outcome, Verdict, verdict};

/// Sends one request and gives back the whole answer.
pub(crate) trait Transport {
    /// `authorization` is the value of that header; none sends none.
    fn send(&self, request: &Request, authorization: Option<&str>) -> std::result::Result<Response, Failure>;
}

/// Time and chance.
pub(crate) trait Clock {
    /// Milliseconds that only go forward.
    fn now_ms(&self) -> u64;
    fn sleep(&self, time: Duration);
    fn chance(&self) -> u16;
}

/// A request without an answer.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) outcome: Outcome,
    pub(crate) reason: Reason,
    /// What happened and what would do.
    pub(crate) message: String,
}

/// One account and the way to it.
pub(crate) struct Client<S> {
    pub(crate) connection: Connection,
    system: S,
    rates: RefCell<Rates>,
}

/// What a call answered.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) success: Success,
    pub(crate) rate: Option<Rate>,
}

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

/// A walk under way; `position` is none behind the last page.
pub(crate) struct Walk {
    operation: &'static Operation,
    key: &'static str,
    arguments: Arguments,
    /// Tried in this order; what worked goes with the pages that follow.
    keys: (Option<Which>, Option<Which>),
    size: u32,
    read: u32,
    position: Option<Position>,
}

/// The operation with this id, or the nearest name.
pub(crate) fn operation(id: &str) -> Result<&'static Operation> {
    catalog::find(id).ok_or_else(|| {
        let near = suggestion(id, catalog::OPERATIONS.iter().map(|operation| operation.id));
        Error::new(Reason::Invalid, format!("there is no operation `{}`{near}", crate::error::said(id)))
    })
}

impl<S: Transport + Clock> Client<S> {
    pub(crate) fn new(connection: Connection, system: S) -> Client<S> {
        Client { connection, system, rates: RefCell::default() }
    }

    /// Takes in what others on the same key have learned.
    pub(crate) fn observe(&self, rate: Rate) {
        self.rates.borrow_mut().learn(rate, self.system.now_ms());
    }

    /// The operation with this id, where this connection may run it.
    fn allowed(&self, id: &str) -> Result<&'static Operation> {
        let operation = operation(id)?;
        self.connection.allow(operation)?;
        Ok(operation)
    }

    /// Runs one operation once.
    pub(crate) fn call(&self, id: &str, arguments: &str) -> Result<Output> {
        let operation = self.allowed(id)?;
        let arguments = arguments::check(operation, arguments)?;
        let mut keys = self.connection.keys(operation);
        let answer = self.exchange(operation, &arguments, &[], &mut keys, &mut self.budget());
        let answer =
            answer.and_then(|(response, rate)| Ok(Output { success: response::value(operation, &response)?, rate }));
        // A server may repeat what it was sent.
        answer.map_err(|error| error.without(arguments.secrets()))
    }

    /// The same with one of the credentials and no other.
    pub(crate) fn call_as(&self, id: &str, arguments: &Value, which: Which) -> Result<Success> {
        let operation = self.allowed(id)?;
        let arguments = arguments::check(operation, &arguments.to_string())?;
        let request = request::build(operation, &arguments, &[], &self.connection)?;
        let (response, _) = self.send(operation, &request, Some(which), &mut self.budget())?;
        match response.succeeded() {
            true => response::value(operation, &response),
            false => Err(self.refusal(operation, &arguments, &response, Some(which))),
        }
    }

    /// Prepares a walk from the start or from a cursor. Sends nothing.
    pub(crate) fn walk(&self, id: &str, arguments: &str, start: Option<&str>) -> Result<Walk> {
        let operation = self.allowed(id)?;
        let (Answer::Items { key, .. }, Some(first)) = (&operation.answer, paging::start(operation)) else {
            return Err(Error::new(Reason::Invalid, format!("{id} does not page: use `call`")));
        };
        let arguments = arguments::check(operation, arguments)?;
        if let Some((field, _)) = arguments.iter().find(|(field, _)| field.paging == Paging::Position) {
            let problem = "is set by the walk itself: leave it out, or use `call` for one page";
            return Err(Error::invalid(&format!("arguments of {id}"), vec![Violation::new(field.name, problem)]));
        }
        let asked =
            arguments.iter().find(|(field, _)| field.paging == Paging::Size).and_then(|(_, value)| value.as_u64());
        let size =
            asked.and_then(|n| u32::try_from(n).ok()).or(self.connection.page_size).unwrap_or(operation.page_limit);
        let (read, position) = match start {
            None => (0, first),
            Some(text) => paging::decode(id, arguments.digest(), self.connection.fingerprint(), text)
                .and_then(|cursor| {
                    paging::fits(operation.pages, &cursor.position)
                        .then_some((cursor.read, cursor.position))
                        .ok_or_else(|| "this cursor was not made by this connector".to_owned())
                })
                .map_err(|problem| Error::new(Reason::Invalid, format!("cursor: {problem}")))?,
        };
        // A page of one has no room for the record it shares with the last.
        let least = 1 + u32::from(paging::overlaps(operation, self.connection.overlap));
        let size = size.min(operation.page_limit).max(least);
        let keys = self.connection.keys(operation);
        Ok(Walk { operation, key, arguments, keys, size, read, position: Some(position) })
    }

    /// The next page. The walk moves on only when one is delivered, so an
    /// error can be tried again.
    pub(crate) fn next(&self, walk: &mut Walk) -> Result<Option<Page>> {
        let mut position = match &walk.position {
            None => return Ok(None),
            Some(position) => position.clone(),
        };
        let mut budget = self.budget();
        loop {
            let Some(size) = paging::size(&position, walk.size) else {
                return Err(walk.incomplete(
                    "PagerDuty lists no more than 10,000 records at a time: narrow it with filters or dates",
                    None,
                ));
            };
            let values = paging::values(walk.operation, &position, size);
            let (response, rate) =
                self.exchange(walk.operation, &walk.arguments, &values, &mut walk.keys, &mut budget)?;
            let text = response.text(walk.operation)?;
            let page = envelope::read(text, walk.key).map_err(|error| {
                response.unexpected(walk.operation, &format!("not a page with `{}`: {error}", walk.key))
            })?;
            match paging::step(walk.operation, &position, size, self.connection.overlap, &page) {
                Step::Again(earlier) => position = earlier,
                Step::Broken(problem) => return Err(walk.incomplete(&problem, response.request_id())),
                Step::Deliver { skip, next } => {
                    let count = u32::try_from(page.items.len().saturating_sub(skip.len())).unwrap_or(u32::MAX);
                    let read = walk.read.saturating_add(count);
                    let next_cursor = match &next {
                        None => None,
                        Some(position) => Some(self.cursor(walk, read, position).ok_or_else(|| {
                            response.unexpected(walk.operation, "a page whose cursor is longer than can be carried")
                        })?),
                    };
                    let page = Page {
                        items: envelope::array(text, &page.items, &skip),
                        count,
                        total: page.total.or(page.total_results).and_then(|total| u32::try_from(total).ok()),
                        next: next_cursor,
                        request_id: response.request_id(),
                        rate,
                    };
                    (walk.read, walk.position) = (read, next);
                    return Ok(Some(page));
                }
            }
        }
    }

    fn cursor(&self, walk: &Walk, read: u32, position: &Position) -> Option<String> {
        let account = self.connection.fingerprint();
        let cursor = Cursor { arguments: walk.arguments.digest(), account, read, position: position.clone() };
        paging::encode(walk.operation.id, &cursor)
    }

    /// Sends with the right credential, and with the other one where the first
    /// is forbidden to read.
    fn exchange(
        &self,
        operation: &'static Operation,
        arguments: &Arguments,
        page: &PageValues,
        keys: &mut (Option<Which>, Option<Which>),
        budget: &mut Duration,
    ) -> Result<(Response, Option<Rate>)> {
        let request = request::build(operation, arguments, page, &self.connection)?;
        let (first, second) = *keys;
        let (mut response, mut rate) = self.send(operation, &request, first, budget)?;
        let mut used = first;
        if let (403, Some(_)) = (response.status, second) {
            (response, rate) = self.send(operation, &request, second, budget)?;
            used = second;
        }
        match response.succeeded() {
            true => {
                // The pages of one walk are all seen with the same eyes.
                *keys = if used == first { (first, second) } else { (used, None) };
                Ok((response, rate))
            }
            false => Err(self.refusal(operation, arguments, &response, used)),
        }
    }

    fn refusal(
        &self,
        operation: &'static Operation,
        arguments: &Arguments,
        response: &Response,
        used: Option<Which>,
    ) -> Box<Error> {
        let without_from =
            operation.from != From::No && request::from(operation, arguments, &self.connection).is_none();
        let mut error = response::error(operation, response, without_from);
        if let (Reason::Unauthenticated, Some(used)) = (error.reason, used) {
            let field = self.connection.field(used);
            error.message.push_str(&format!(". Refused was the credential `{field}`"));
            error.extra.insert("credential".to_owned(), field.into());
        }
        error
    }

    /// Sends until there is an answer that settles it, or the budget is spent.
    fn send(
        &self,
        operation: &'static Operation,
        request: &Request,
        key: Option<Which>,
        budget: &mut Duration,
    ) -> Result<(Response, Option<Rate>)> {
        let bucket = format!("{}:{}", key.map_or("none", Which::name), operation.id);
        let authorization = key.map(|which| self.connection.authorization(which));
        let hold = Duration::from_millis(self.rates.borrow().hold_ms(&bucket, self.system.now_ms()));
        if hold > *budget {
            let message = format!(
                "{}: the rate limit is spent for another {} s, longer than the setting max_wait_s allows; nothing was sent",
                operation.id,
                hold.as_secs()
            );
            let retry_after_ms = u32::try_from(hold.as_millis()).ok();
            return Err(Box::new(Error { retry_after_ms, ..*Error::new(Reason::Throttled, message) }));
        }
        *budget -= hold;
        self.pause(hold);
        let (mut tries, mut throttles, mut in_doubt) = (0, 0, false);
        loop {
            let attempt = self.system.send(request, authorization.as_deref());
            let outcome = match &attempt {
                Ok(response) => Outcome::Status(response.status, response.asked_wait()),
                Err(failure) => failure.outcome,
            };
            match outcome {
                Outcome::Status(429, _) => throttles += 1,
                _ => tries += 1,
            }
            let rate = attempt.as_ref().ok().and_then(|response| response.rate(bucket.clone()));
            rate.iter().for_each(|rate| self.observe(rate.clone()));
            in_doubt |= matches!(outcome, Outcome::Unknown | Outcome::Status(408 | 500..=599, _))
                // An answer came, and could not be read to its end.
                || attempt.as_ref().is_err_and(|failure| failure.reason == Reason::Unexpected);
            match verdict(outcome, operation.idempotent, tries, throttles, *budget, self.system.chance()) {
                Verdict::Wait(time) => {
                    *budget -= time;
                    self.pause(time);
                }
                Verdict::Stop => {
                    let outcome_unknown = in_doubt && operation.effect != Effect::Read;
                    return match attempt {
                        Ok(response) if response.succeeded() || !outcome_unknown => Ok((response, rate)),
                        // An earlier try may have done what this one is refused.
                        Ok(response) => {
                            Err(Box::new(Error { outcome_unknown, ..*response::error(operation, &response, false) }))
                        }
                        Err(failure) => {
                            let message = format!("{}: {}", operation.id, failure.message);
                            Err(Box::new(Error { outcome_unknown, ..*Error::new(failure.reason, message) }))
                        }
                    };
                }
            }
        }
    }

    /// What one call of the contract may spend waiting, all its requests together.
    fn budget(&self) -> Duration {
        Duration::from_millis(self.connection.max_wait_ms)
    }

    fn pause(&self, time: Duration) {
        if !time.is_zero() {
            self.system.sleep(time);
        }
    }
}

impl Walk {
    fn incomplete(&self, problem: &str, request_id: Option<String>) -> Box<Error> {
        let message =
            format!("{}: {problem}. {} records were read and there may be more", self.operation.id, self.read);
        let mut error = Error::new(Reason::Incomplete, message);
        error.request_id = request_id;
        error.extra.insert("read".to_owned(), Value::from(self.read));
        error
    }
}

#[cfg(test)]
pub(crate) mod tests;
