//! A server that does wrong what it is told to, so often as it is told to.
//!
//! Rule: it tells requests apart by what they ask for, never by their order of
//! arrival: several of one walk can be under way.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use host_test::World;
use host_test::host::HostOptions;
use host_test::host::transport::{Body, TransportError};
use serde_json::json;

use super::bodies::{Ending, Pieces, stream, transport_error};
use super::table::{Answer, Content, Reply};

/// The id that every whole answer carries.
pub(super) const REQUEST_ID: &str = "req-1";
/// Records of the list that walks read.
pub(super) const RECORDS: usize = 7;
/// Where its second page of three begins: pages share a record.
pub(super) const SECOND: usize = 2;
/// And its third.
pub(super) const THIRD: usize = 4;

/// What the server does at the moment, and what it has seen.
#[derive(Default)]
struct Present {
    fault: Option<Reply>,
    /// How often; then `then`, or the good answer.
    times: usize,
    then: Option<Reply>,
    good: Option<Answer>,
    /// The page of the list that the fault is meant for, by its offset.
    page: usize,
    /// Requests that the fault was meant for.
    seen: usize,
    /// All requests.
    all: usize,
}

/// A handle on the server.
#[derive(Clone, Default)]
pub(super) struct Server {
    present: Arc<Mutex<Present>>,
    taken: Arc<AtomicU64>,
    under_way: Arc<()>,
}

impl Server {
    /// The component before this server.
    pub(super) async fn world(&self, setup: &dyn Fn(&mut HostOptions)) -> World {
        let server = self.clone();
        World::served(setup, move |request| {
            let (reply, good) = server.choose(&request);
            server.clone().reply(reply, good)
        })
        .await
    }

    /// From now on `fault` comes so often, and then `then` or `good`.
    pub(super) fn set(&self, fault: Reply, times: usize, then: Option<Reply>, good: Answer) {
        self.begin(Present { fault: Some(fault), times, then, good: Some(good), ..Present::default() });
    }

    /// From now on the list is asked for, and `fault` comes so often to the page
    /// that begins at this offset.
    pub(super) fn set_page(&self, page: usize, fault: Reply, times: usize) {
        self.begin(Present { fault: Some(fault), times, page, ..Present::default() });
    }

    fn begin(&self, present: Present) {
        *self.present.lock().expect("no panic") = present;
        self.taken.store(0, Ordering::Relaxed);
    }

    /// From now on every answer is good.
    pub(super) fn heal(&self) {
        let mut present = self.present.lock().expect("no panic");
        (present.times, present.then) = (0, None);
    }

    /// Requests that the fault was meant for, so far.
    pub(super) fn seen(&self) -> usize {
        self.present.lock().expect("no panic").seen
    }

    /// All requests so far.
    pub(super) fn all(&self) -> usize {
        self.present.lock().expect("no panic").all
    }

    /// Bytes of bodies that were taken.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Requests whose answer is still awaited or read.
    pub(super) fn under_way(&self) -> usize {
        Arc::strong_count(&self.under_way) - Arc::strong_count(&self.present)
    }

    fn choose(&self, request: &http::Request<Bytes>) -> (Option<Reply>, Answer) {
        let mut present = self.present.lock().expect("no panic");
        present.all += 1;
        let page = request.uri().path().ends_with("/services").then(|| page(request.uri().query().unwrap_or_default()));
        let meant = page.as_ref().is_none_or(|(offset, _)| *offset == present.page);
        let good = page.map(|(_, answer)| answer).or_else(|| present.good.clone()).expect("a good answer");
        if !meant {
            return (None, good);
        }
        present.seen += 1;
        let reply = if present.seen <= present.times { &present.fault } else { &present.then };
        (reply.clone(), good)
    }

    async fn reply(self, reply: Option<Reply>, good: Answer) -> Result<http::Response<Body>, TransportError> {
        let awaited = Arc::clone(&self.under_way);
        match reply {
            None => Ok(self.answer(good.clone(), &good, awaited)),
            Some(Reply::Answers(answer)) => Ok(self.answer(answer, &good, awaited)),
            Some(Reply::Fails { error, after }) => {
                tokio::time::sleep(after).await;
                Err(transport_error(&error))
            }
            Some(Reply::Silent) => {
                std::future::pending::<()>().await;
                drop(awaited);
                Err(TransportError::ConnectionTerminated)
            }
        }
    }

    fn answer(&self, answer: Answer, good: &Answer, awaited: Arc<()>) -> http::Response<Body> {
        let pieces = match answer.content {
            Content::Text(text) => match &good.content {
                Content::Text(whole) => Pieces::from(text.replace("$good", whole).into_bytes()),
                Content::Bytes(_) | Content::Made(_) => panic!("good answers are texts"),
            },
            Content::Bytes(bytes) => Pieces::from(bytes),
            Content::Made(made) => made.body(),
        };
        let mut response = http::Response::builder().status(answer.status).header("x-request-id", REQUEST_ID);
        for (name, value) in &answer.headers {
            response = response.header(name, value);
        }
        let body = stream(pieces, answer.ending, answer.announces, Arc::clone(&self.taken), awaited);
        response.body(body).expect("an answer")
    }
}

/// A page of the list: where it begins, and the answer.
fn page(query: &str) -> (usize, Answer) {
    let number = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.parse().ok()).unwrap_or(0);
    let (offset, limit): (usize, usize) = (number("offset="), number("limit="));
    let items: Vec<_> = (offset..RECORDS.min(offset + limit)).map(|id| json!({"id": id})).collect();
    let body = json!({"services": items, "more": offset + limit < RECORDS}).to_string();
    (
        offset,
        Answer {
            status: 200,
            headers: Vec::new(),
            content: Content::Text(body),
            ending: Ending::Whole,
            announces: None,
        },
    )
}
