//! A PagerDuty in one process: a seeded account, the rules of the API and its
//! answers, for tests, demonstrations and `connector simulate`.
//!
//! It keeps three rules. It shares no code with the connector and reads none
//! of its data, so an error in one cannot hide in the other. [`Simulator::respond`]
//! does no I/O: time comes from the simulator's own clock and chance from the
//! seed, so equal requests in equal order get equal bytes. And it never
//! panics, whatever comes in.

// One answer of the analytics has over fifty keys, and `json!` recurses.
#![recursion_limit = "256"]

mod areas;
mod auth;
mod call;
mod collection;
mod crud;
mod delivery;
mod errors;
mod fault;
mod limits;
mod pages;
mod present;
mod reply;
mod rota;
mod routes;
mod seed;
mod server;
mod state;
mod store;
mod times;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

pub use auth::tokens;
pub use delivery::Delivery;
pub use fault::{Disconnect, Fault};
pub use seed::ROUTING_KEY;
pub use server::Server;
pub use state::Seen;

/// How the simulator's clock goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// It stands still until [`Simulator::set_now`] or [`Simulator::advance`].
    Fixed,
    /// It starts at [`Options::now`] and goes on in real time, so that rate
    /// limit windows pass by themselves.
    Real,
}

/// What account to make and how it behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Two simulators with one seed hold the same account, byte for byte.
    pub seed: u64,
    /// How many incidents to make, spread over the five months before `now`.
    pub incidents: usize,
    /// The time at the start; the account's history ends here.
    pub now: Timestamp,
    /// Requests a minute and key before 429, as PagerDuty counts them. `None`
    /// never refuses; the headers are sent all the same.
    pub rate_limit: Option<u32>,
    /// Whether time goes on by itself.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            seed: 1,
            incidents: 3_000,
            // 2026-11-01T12:00:00Z, a Sunday.
            now: Timestamp::constant(1_793_534_400, 0),
            rate_limit: Some(960),
            clock: Clock::Fixed,
        }
    }
}

/// The simulated PagerDuty. Clones share one account.
#[derive(Clone)]
pub struct Simulator {
    state: Arc<Mutex<state::State>>,
}

impl Simulator {
    /// Makes the account.
    pub fn new(options: Options) -> Simulator {
        Simulator { state: Arc::new(Mutex::new(state::State::new(options))) }
    }

    /// Answers one request. Only method, path, query, headers and body count:
    /// all of PagerDuty's hosts are one here, told apart by the path.
    pub fn respond(&self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        self.lock().respond(request)
    }

    /// Sets the clock. It may go back.
    pub fn set_now(&self, at: Timestamp) {
        self.lock().set_now(at);
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let mut state = self.lock();
        let to = state.now().checked_add(by).unwrap_or(Timestamp::MAX);
        state.set_now(to);
    }

    /// What the simulator's clock shows.
    pub fn now(&self) -> Timestamp {
        self.lock().now()
    }

    /// The requests that came in, oldest first; the last 20,000.
    pub fn requests(&self) -> Vec<Seen> {
        self.lock().requests()
    }

    /// Forgets the requests seen so far.
    pub fn clear_requests(&self) {
        self.lock().clear_requests();
    }

    /// An event as a webhook subscription would deliver it, such as
    /// `incident.triggered` of an incident; none where the subscription is not
    /// there, inactive or disabled. Nothing is sent.
    pub fn deliver(&self, subscription: &str, kind: &str, data: serde_json::Value) -> Option<Delivery> {
        self.lock().deliver(subscription, kind, data)
    }

    /// What the tests of subscriptions (`POST .../ping`) delivered since this was
    /// asked the last time, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.lock().deliveries()
    }

    /// Adds an answer to be given instead of the usual one. Faults are tried
    /// in the order they were added; one whose `times` are spent is dropped.
    pub fn inject(&self, fault: Fault) {
        self.lock().inject(fault);
    }

    /// Drops every fault that is left.
    pub fn clear_faults(&self) {
        self.lock().clear_faults();
    }

    // A panic elsewhere cannot leave the account half written in a way that
    // matters to a test, so a poisoned lock is taken over.
    fn lock(&self) -> MutexGuard<'_, state::State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
