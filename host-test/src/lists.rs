//! A made-up PagerDuty that does nothing but list: incidents, log entries,
//! services and SCIM users, all from one list of computed records, in virtual
//! time.
//!
//! Rule: it knows nothing of the connector. An answer sees the list at the moment
//! it is given, so answers that overlap in time see different lists.

mod chance;
mod query;
mod records;
mod walked;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use connector_host::HostOptions;
use connector_host::transport::TransportError;
use tokio::time::Instant;

use crate::{Answered, World};
pub use chance::Chance;
use query::Query;
pub use records::{ADDED, Record, Records, Run};
pub use walked::{Walked, walk};

/// Where the clock begins: 2026-11-01T12:00:00Z, as everywhere in the harness.
pub const NOW: i64 = 1_793_534_400;
/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// What is said of how many records there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    /// The number, when it is asked for.
    Told,
    /// Never anything.
    Null,
    /// The number, and never more than 10,000.
    Capped,
}

/// How the server behaves.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Whether `until` counts its own second in.
    pub inclusive: bool,
    /// What is said of the number of records.
    pub total: Total,
    /// Days that incidents are listed for without dates.
    pub month: i64,
    /// Bytes added to every record.
    pub padding: usize,
    /// `ratelimit-limit` and `ratelimit-remaining`, which never changes.
    pub rate: Option<(u32, u32)>,
}

impl Default for Rules {
    fn default() -> Self {
        Rules { inclusive: false, total: Total::Told, month: 30, padding: 0, rate: None }
    }
}

/// A request as it was understood.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// How many came before it.
    pub number: u64,
    /// How many came before it that asked for the same.
    pub again: u64,
    /// What it asks, as it came.
    pub target: String,
    /// Records passed over.
    pub offset: u64,
    /// Most records on the page.
    pub limit: u64,
    /// Whether the number of records was asked for.
    pub total: bool,
}

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy)]
pub enum Failure {
    /// This status, and how many seconds to wait where it is 429.
    Status(u16, u32),
    /// No answer: the connection breaks.
    Broken,
}

type Change = Box<dyn FnMut(&mut Records, u64) + Send>;
type Fault = Box<dyn FnMut(&Asked) -> Option<Failure> + Send>;
type Latency = Box<dyn FnMut(&Asked) -> Duration + Send>;

/// What a test sets and reads.
pub struct State {
    /// The list.
    pub records: Records,
    /// How it is answered.
    pub rules: Rules,
    /// Called before each answer, with how many were given before it.
    pub change: Change,
    /// Which requests fail, and how.
    pub fault: Fault,
    /// How long a request takes.
    pub latency: Latency,
    /// Every request since the last [`Lists::reset`].
    pub asked: Vec<Asked>,
    /// Requests without an answer yet.
    pub in_flight: usize,
    /// The most there were at once.
    pub most_in_flight: usize,
    /// Answers given, failures included.
    pub answered: u64,
    again: BTreeMap<String, u64>,
    start: Instant,
}

/// The server. Clones are the same one.
#[derive(Clone)]
pub struct Lists(Arc<Mutex<State>>);

/// Counts a request as in flight until it is answered or taken back.
struct InFlight(Lists);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
    }
}

impl Lists {
    /// A server of these records. The clock begins at [`NOW`].
    #[must_use]
    pub fn new(records: Records, rules: Rules) -> Lists {
        Lists(Arc::new(Mutex::new(State {
            records,
            rules,
            change: Box::new(|_, _| {}),
            fault: Box::new(|_| None),
            latency: Box::new(|_| Duration::from_millis(1)),
            asked: Vec::new(),
            in_flight: 0,
            most_in_flight: 0,
            answered: 0,
            again: BTreeMap::new(),
            start: Instant::now(),
        })))
    }

    /// The component before this server.
    pub async fn world(&self) -> World {
        self.hosted(|_| {}).await
    }

    /// The same under a host that is set up otherwise.
    pub async fn hosted(&self, adjust: impl Fn(&mut HostOptions)) -> World {
        let lists = self.clone();
        World::hosted(&adjust, move |request| lists.clone().answer(request)).await
    }

    /// What a test sets and reads. Not to be held while anything waits.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Other records and rules, no changes, no faults, nothing counted.
    pub fn reset(&self, records: Records, rules: Rules) {
        let fresh = Lists::new(records, rules);
        let (mut state, mut fresh) = (self.state(), fresh.state());
        fresh.start = state.start;
        fresh.in_flight = state.in_flight;
        std::mem::swap(&mut *state, &mut *fresh);
    }

    /// Forgets which requests came.
    pub fn forget(&self) {
        let mut state = self.state();
        (state.most_in_flight, state.answered) = (state.in_flight, 0);
        state.asked.clear();
        state.again.clear();
    }

    /// How many requests came.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.state().asked.len()
    }

    /// The server's present, in seconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.state().now()
    }

    async fn answer(self, request: http::Request<Bytes>) -> Answered {
        let query = Query::of(request.uri());
        let (latency, failure, asked);
        {
            let mut state = self.state();
            let target = request.uri().to_string();
            let count = state.again.entry(target.clone()).or_default();
            let again = *count;
            *count += 1;
            asked = Asked { number: state.asked.len() as u64, again, target, ..query.asked() };
            state.asked.push(asked.clone());
            state.in_flight += 1;
            state.most_in_flight = state.most_in_flight.max(state.in_flight);
            latency = (state.latency)(&asked);
            failure = (state.fault)(&asked);
        }
        let _in_flight = InFlight(self.clone());
        tokio::time::sleep(latency).await;
        let mut state = self.state();
        let State { change, records, answered, .. } = &mut *state;
        change(records, *answered);
        state.answered += 1;
        match failure {
            Some(Failure::Broken) => Err(TransportError::ConnectionTerminated),
            Some(Failure::Status(status, wait)) => {
                let failed = http::Response::builder().status(status);
                let failed = if status == 429 { failed.header("ratelimit-reset", wait) } else { failed };
                Ok(failed.body(Bytes::new()).unwrap_or_default())
            }
            None => {
                let (status, body) = match query.page(&state, &asked) {
                    Ok(body) => (200, body),
                    Err((code, problem)) => {
                        (400, format!(r#"{{"error":{{"message":"{problem}","code":{code},"errors":["{problem}"]}}}}"#))
                    }
                };
                let mut answer = http::Response::builder().status(status).header("content-type", "application/json");
                if let Some((limit, remaining)) = state.rules.rate {
                    answer = answer.header("ratelimit-limit", limit).header("ratelimit-remaining", remaining);
                    answer = answer.header("ratelimit-reset", 30);
                }
                Ok(answer.body(Bytes::from(body)).unwrap_or_default())
            }
        }
    }
}

impl State {
    /// The server's present, in seconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        NOW + i64::try_from(self.start.elapsed().as_secs()).unwrap_or(0)
    }
}
