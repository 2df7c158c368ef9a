//! The loop: build, send, wait, send again. Walks go on in `client/walk`.
//!
//! Rule: generic over its two I/O edges, and the only module that calls them.
//! What to do is decided in `retry`, `paging`, `windows`, `feed` and `response`.

use std::cell::RefCell;
use std::time::Duration;

use serde_json::{Value, json};

use crate::arguments::{self, Arguments};
use crate::catalog::{self, Effect, From, Operation};
use crate::connection::{Connection, Which};
use crate::error::{Error, Reason, Result, suggestion};
use crate::rates::{NO_KEY, Rate, Rates};
use crate::request::{self, PageValues, Request};
use crate::response::{self, Response, Success};
use crate::retry::{Outcome, Verdict, spread, verdict};

mod several;
mod walk;
pub(crate) use walk::Walk;

/// Sends requests and gives back whole answers.
pub(crate) trait Transport {
    /// A request on its way; letting it go takes it back.
    type Pending;
    /// Sends. `authorization` is the value of that header; none sends none.
    fn begin(&self, request: &Request, authorization: Option<&str>) -> std::result::Result<Self::Pending, Failure>;
    /// Whether the answer has begun to come, so that reading it does not wait long.
    fn is_there(&self, pending: &Self::Pending) -> bool;
    /// Waits for the answer and reads it.
    fn finish(&self, pending: Self::Pending) -> std::result::Result<Response, Failure>;
}

/// A request sent before its turn.
enum Begun<P> {
    Sent(P),
    /// What became of it is known already.
    Answered(std::result::Result<Response, Failure>),
}

/// Time and chance.
pub(crate) trait Clock {
    /// Milliseconds that only go forward.
    fn now_ms(&self) -> u64;
    /// Seconds since 1970, as far as the host knows them.
    fn unix_s(&self) -> i64;
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

/// The error of a change that may have been made all the same.
fn in_doubt_too(mut error: Box<Error>) -> Box<Error> {
    if !error.outcome_unknown {
        error.message.push_str(response::IN_DOUBT);
    }
    error.outcome_unknown = true;
    error
}

/// Which limit a request counts against, as far as is known.
fn bucket(operation: &Operation, key: Option<Which>) -> String {
    format!("{}:{}", key.map_or(NO_KEY, Which::name), operation.id)
}

/// The operation with this id, or the nearest name.
pub(crate) fn operation(id: &str) -> Result<&'static Operation> {
    catalog::find(id).ok_or_else(|| {
        let near = suggestion(id, catalog::OPERATIONS.ids());
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

    /// The host's present, in seconds since 1970.
    pub(crate) fn unix_s(&self) -> i64 {
        self.system.unix_s()
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
        if operation.feed.is_some() {
            return self.call_feed(operation, arguments);
        }
        let mut keys = self.connection.keys(operation);
        let answer = self.exchange(operation, &arguments, &[], &mut keys, &mut self.budget(), None);
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
        let (response, _) = self.send(operation, &request, Some(which), &mut self.budget(), None)?;
        match response.succeeded() {
            true => response::value(operation, &response),
            false => Err(self.refusal(operation, &arguments, &response, Some(which))),
        }
    }

    /// Sends with the right credential, and with the other one where the first
    /// is forbidden to read. `begun`: the same request with the first
    /// credential, sent already.
    fn exchange(
        &self,
        operation: &'static Operation,
        arguments: &Arguments,
        page: &PageValues,
        keys: &mut (Option<Which>, Option<Which>),
        budget: &mut Duration,
        begun: Option<Begun<S::Pending>>,
    ) -> Result<(Response, Option<Rate>)> {
        let request = request::build(operation, arguments, page, &self.connection)?;
        let (first, second) = *keys;
        let (mut response, mut rate) = self.send(operation, &request, first, budget, begun)?;
        let mut used = first;
        if let (403, Some(_)) = (response.status, second) {
            (response, rate) = self.send(operation, &request, second, budget, None)?;
            used = second;
        }
        match response.succeeded() {
            true => {
                // The pages of one walk are all seen with the same eyes.
                *keys = (used, None);
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
        mut begun: Option<Begun<S::Pending>>,
    ) -> Result<(Response, Option<Rate>)> {
        let bucket = bucket(operation, key);
        let authorization = key.map(|which| self.connection.authorization(which));
        if begun.is_none() {
            self.hold(operation, &bucket, budget)?;
        }
        let (mut tries, mut throttles, mut in_doubt) = (0, 0, false);
        loop {
            let sent = begun.take().unwrap_or_else(|| self.begin(&bucket, request, authorization.as_deref()));
            let attempt = match sent {
                Begun::Sent(pending) => self.system.finish(pending),
                Begun::Answered(attempt) => attempt,
            };
            let outcome = match &attempt {
                Ok(response) if response.is_not_yet() => Outcome::NotYet,
                Ok(response) => Outcome::Status(response.status, response.asked_wait()),
                Err(failure) => failure.outcome,
            };
            match outcome {
                Outcome::Status(429, _) => throttles += 1,
                _ => tries += 1,
            }
            let rate = attempt.as_ref().ok().and_then(|response| response.rate(bucket.clone()));
            rate.iter().for_each(|rate| self.rates.borrow_mut().hear(rate.clone(), self.system.now_ms()));
            in_doubt |= matches!(outcome, Outcome::Unknown | Outcome::Status(408 | 500..=599, _))
                // An answer came, and could not be read to its end.
                || attempt.as_ref().is_err_and(|failure| failure.reason == Reason::Unexpected);
            // Chance is a call to the host, and what succeeded waits for nothing.
            let chance = if matches!(outcome, Outcome::Status(200..=299, _)) { 0 } else { self.system.chance() };
            match verdict(outcome, operation.idempotent, tries, throttles, *budget, chance) {
                Verdict::Wait(time) => {
                    *budget -= time;
                    self.pause(time);
                }
                Verdict::Stop => {
                    let outcome_unknown = in_doubt && operation.effect != Effect::Read;
                    return match attempt {
                        Ok(response) if response.succeeded() || !outcome_unknown => Ok((response, rate)),
                        // An earlier try may have done what this one is refused.
                        Ok(response) => Err(in_doubt_too(response::error(operation, &response, false))),
                        Err(failure) => {
                            let error = Error::new(failure.reason, format!("{}: {}", operation.id, failure.message));
                            Err(if outcome_unknown { in_doubt_too(error) } else { error })
                        }
                    };
                }
            }
        }
    }

    /// Sends one request, and counts it until an answer tells better.
    fn begin(&self, bucket: &str, request: &Request, authorization: Option<&str>) -> Begun<S::Pending> {
        self.rates.borrow_mut().spend(bucket);
        self.system.begin(request, authorization).map_or_else(|failure| Begun::Answered(Err(failure)), Begun::Sent)
    }

    /// Waits as long as the rate limit asks for.
    fn hold(&self, operation: &Operation, bucket: &str, budget: &mut Duration) -> Result<()> {
        let hold = self.rates.borrow().hold(bucket, self.system.now_ms(), self.connection.rate_reserve);
        let time = Duration::from_millis(hold.ms);
        let time = match hold.to_end {
            true if time > *budget => {
                let message = format!(
                    "{}: the rate limit is spent for another {} s, longer than the setting max_wait_s allows; nothing was sent. Try again then, or raise the setting",
                    operation.id,
                    time.as_secs()
                );
                let retry_after_ms = u32::try_from(time.as_millis()).ok();
                return Err(Box::new(Error { retry_after_ms, ..*Error::new(Reason::Throttled, message) }));
            }
            // The header counts whole seconds, and others wait for the same
            // moment.
            true => time + spread(Duration::from_millis(500), self.system.chance()),
            false => time,
        };
        let time = time.min(*budget);
        *budget -= time;
        self.pause(time);
        Ok(())
    }

    /// An error as it leaves the connector: without the credentials, and with
    /// what is known of the rate limit, for a host to learn from.
    pub(crate) fn leaving(&self, error: Box<Error>) -> Box<Error> {
        let mut error = self.connection.redact(error);
        if let Some(Rate { bucket, limit, remaining, reset_ms }) = self.rates.borrow().heard(self.system.now_ms()) {
            let rate = json!({"bucket": bucket, "limit": limit, "remaining": remaining, "reset_ms": reset_ms});
            error.extra.insert("rate".to_owned(), rate);
        }
        error
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

#[cfg(test)]
pub(crate) mod tests;
