//! One request from arrival to answer: faults, authentication, rate limit,
//! permission, `From`, handler; and the record of what came in.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::request::Parts;
use jiff::Timestamp;

use crate::auth::{Caller, Kind};
use crate::call::{Call, Query};
use crate::limits::{Limits, Rate};
use crate::reply::Reply;
use crate::routes::Route;
use crate::store::Store;
use crate::store::ids::hash;
use crate::{Clock, Delivery, Disconnect, Fault, Options, delivery, errors, routes, seed};

/// A request as it came in, and how it was answered.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// Path and query, as sent.
    pub path: String,
    /// Names in lower case, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The body, as sent.
    pub body: Bytes,
    /// HTTP status of the answer; 0 where the connection was broken instead.
    pub status: u16,
}

const REMEMBERED: usize = 20_000;

pub(crate) struct State {
    rate_limit: Option<u32>,
    clock: Clock,
    base: Timestamp,
    since: Instant,
    account: Store,
    other: Store,
    faults: Vec<Fault>,
    limits: Limits,
    seen: VecDeque<Seen>,
    served: u64,
}

impl State {
    pub(crate) fn new(options: Options) -> State {
        State {
            rate_limit: options.rate_limit,
            clock: options.clock,
            base: options.now,
            since: Instant::now(),
            account: seed::account(&options),
            other: seed::other_account(&options),
            faults: Vec::new(),
            limits: Limits::default(),
            seen: VecDeque::new(),
            served: 0,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let gone = match self.clock {
            Clock::Fixed => Duration::ZERO,
            Clock::Real => self.since.elapsed(),
        };
        self.base.checked_add(gone).unwrap_or(Timestamp::MAX)
    }

    /// The account itself, for tests that look inside.
    #[cfg(test)]
    pub(crate) fn account(&self) -> &Store {
        &self.account
    }

    pub(crate) fn set_now(&mut self, at: Timestamp) {
        self.base = at;
        self.since = Instant::now();
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.seen.iter().cloned().collect()
    }

    pub(crate) fn clear_requests(&mut self) {
        self.seen.clear();
    }

    pub(crate) fn deliver(&mut self, subscription: &str, kind: &str, data: serde_json::Value) -> Option<Delivery> {
        let now = self.now();
        delivery::deliver(&mut self.account, now, subscription, kind, data)
    }

    pub(crate) fn deliveries(&mut self) -> Vec<Delivery> {
        std::mem::take(&mut self.account.deliveries)
    }

    pub(crate) fn inject(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(crate) fn clear_faults(&mut self) {
        self.faults.clear();
    }

    pub(crate) fn respond(&mut self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        let (parts, body) = request.into_parts();
        self.served += 1;
        let fault = self.take_fault(&parts);
        let response = match fault {
            None => self.usual(&parts, &body),
            Some(fault) => {
                if fault.takes_effect {
                    self.usual(&parts, &body);
                }
                self.faulty(fault)
            }
        };
        self.remember(&parts, body, &response);
        response
    }

    // The first that matches and is due; one that waits counts and lets the
    // next try.
    fn take_fault(&mut self, parts: &Parts) -> Option<Fault> {
        let (method, path) = (&parts.method, parts.uri.path());
        self.faults.retain(|fault| fault.times > 0);
        for fault in self.faults.iter_mut().filter(|fault| fault.matches(method, path)) {
            if fault.after == 0 {
                fault.times -= 1;
                return Some(fault.clone());
            }
            fault.after -= 1;
        }
        None
    }

    fn faulty(&self, fault: Fault) -> http::Response<Bytes> {
        let mut response = http::Response::new(fault.body);
        if let Ok(status) = http::StatusCode::from_u16(fault.status) {
            *response.status_mut() = status;
        }
        for (name, value) in &fault.headers {
            header(&mut response, name, value);
        }
        header(&mut response, "x-request-id", &self.request_id());
        if fault.disconnect {
            response.extensions_mut().insert(Disconnect);
        }
        response
    }

    fn usual(&mut self, parts: &Parts, body: &Bytes) -> http::Response<Bytes> {
        let (reply, rate) = self.answer(parts, body);
        let mut response = http::Response::new(Bytes::from(reply.body));
        if let Ok(status) = http::StatusCode::from_u16(reply.status) {
            *response.status_mut() = status;
        }
        if !reply.content_type.is_empty() {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
        }
        for (name, value) in &reply.headers {
            header(&mut response, name, value);
        }
        header(&mut response, "x-request-id", &self.request_id());
        header(&mut response, "ratelimit-limit", &rate.limit.to_string());
        header(&mut response, "ratelimit-remaining", &rate.remaining.to_string());
        header(&mut response, "ratelimit-reset", &rate.reset.to_string());
        response
    }

    fn answer(&mut self, parts: &Parts, body: &Bytes) -> (Reply, Rate) {
        let path = parts.uri.path();
        let found = routes::find(parts.method.as_str(), path);
        let open = found.as_ref().is_some_and(|(route, _)| route.open);
        let caller = if open { Some(Caller::NOBODY) } else { Caller::of(&parts.headers) };
        let own = found.as_ref().filter(|(route, _)| route.own_limit > 0);
        let own = own.map(|(route, _)| (route.path, route.own_limit));
        let key = caller.map_or("unknown", |caller| caller.key);
        let rate = self.limits.count(self.now(), key, self.rate_limit, own);
        let reply = match (caller, found) {
            (None, _) => errors::unauthenticated(),
            _ if rate.exceeded => errors::throttled(),
            (_, None) => errors::no_route(parts.method.as_str(), path),
            (Some(caller), Some((route, ids))) => match self.handle(parts, body, caller, route, ids) {
                Ok(reply) | Err(reply) => reply,
            },
        };
        (reply, rate)
    }

    fn handle(
        &mut self,
        parts: &Parts,
        body: &Bytes,
        caller: Caller,
        route: &'static Route,
        ids: Vec<String>,
    ) -> Result<Reply, Reply> {
        let now = self.now();
        let elsewhere = caller.kind == Kind::OtherAccountUser;
        let store = if elsewhere { &mut self.other } else { &mut self.account };
        store.tick(now);
        caller.may(route)?;
        let mut call = Call {
            ids,
            query: Query::parse(parts.uri.query().unwrap_or("")),
            headers: &parts.headers,
            body,
            caller,
            actor: store.user_of(caller.kind),
            now,
        };
        if !route.early_access.is_empty() && call.header("x-early-access") != route.early_access {
            let problem = format!("X-EARLY-ACCESS must be {}", route.early_access);
            return Err(errors::invalid_one(problem));
        }
        if call.actor.is_none() {
            call.actor = store.user_by_email(call.header("from"));
            if route.from && call.actor.is_none() {
                let problem = "From must be the e-mail address of a user of this account";
                return Err(errors::invalid_one(problem));
            }
        }
        route.answer(store, &call)
    }

    fn request_id(&self) -> String {
        let (high, low) = (hash(self.served), hash(self.served ^ u64::MAX));
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            (high & 0xfff) | 0x4000,
            ((low >> 48) & 0x3fff) | 0x8000,
            low & 0xffff_ffff_ffff
        )
    }

    fn remember(&mut self, parts: &Parts, body: Bytes, response: &http::Response<Bytes>) {
        if self.seen.len() >= REMEMBERED {
            self.seen.pop_front();
        }
        let path = parts.uri.path_and_query().map_or_else(|| "/".into(), |p| p.as_str().to_owned());
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
        let broken = response.extensions().get::<Disconnect>().is_some();
        self.seen.push_back(Seen {
            method: parts.method.as_str().to_owned(),
            path,
            headers: headers.collect(),
            body,
            status: if broken { 0 } else { response.status().as_u16() },
        });
    }
}

// A header that HTTP cannot carry (from a fault) is left out.
fn header(response: &mut http::Response<Bytes>, name: &str, value: &str) {
    let name = HeaderName::from_bytes(name.as_bytes());
    if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
        response.headers_mut().append(name, value);
    }
}
