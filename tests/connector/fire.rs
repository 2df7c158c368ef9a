//! Arguments under fire: every operation with sound arguments by chance, which
//! must go out as they were given, and with broken ones, which must be refused
//! by name before anything is sent.
//!
//! `FIRE_SEED` chooses other arguments, `FIRE_ROUNDS` how many of each kind an
//! operation gets. `make fire` prints how many there were.

mod hostile;
mod routes;
mod sent;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use host_test::World;
use host_test::fire::{self, Taste};
use host_test::host::contract::{self, Detail, Reason};
use host_test::host::{Connection, Error};
use routes::{Route, Routes};
pub(crate) use sent::decoded;
use serde_json::{Value, json};

/// Rounds of each kind for an operation.
const ROUNDS: u64 = 32;

type Sent = Arc<Mutex<Vec<http::Request<Bytes>>>>;

/// The component before a server that writes down what comes, and refuses it.
struct Range {
    world: World,
    by_key: Connection,
    by_oauth: Connection,
    sent: Sent,
    routes: Routes,
    /// What went wrong, and how to see it again.
    failures: Vec<String>,
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

impl Range {
    async fn new() -> Range {
        let sent = Sent::default();
        let log = Arc::clone(&sent);
        let world = World::answering(move |request| {
            log.lock().expect("no panic").push(request);
            // Refused for good, so that nothing is sent twice.
            async { Ok(http::Response::builder().status(422).body(Bytes::new()).expect("an answer")) }
        })
        .await;
        let credentials = [("token", "main-credential"), ("user_token", "user-credential")];
        let settings = json!({"from": "set@example.com"});
        let by_key = world.open_with(&credentials, settings.clone()).await.expect("opens");
        let by_oauth = world.open_with(&[("access_token", "main-credential")], settings).await.expect("opens");
        Range { world, by_key, by_oauth, sent, routes: Routes::read(), failures: Vec::new() }
    }

    async fn details(&self) -> Vec<Detail> {
        let mut details = Vec::new();
        for operation in self.world.connector.operations().await.expect("operations") {
            details.push(self.world.connector.describe(&operation.id).await.expect("a description"));
        }
        details
    }

    /// What came of arguments: the connector's error and what was sent.
    async fn call(&mut self, id: &str, given: &str) -> (Box<contract::Error>, Vec<http::Request<Bytes>>) {
        let bearer = self.route(id).key == "bearer";
        let connection = if bearer { &mut self.by_oauth } else { &mut self.by_key };
        let answer = connection.call(id, given).await;
        let sent = std::mem::take(&mut *self.sent.lock().expect("no panic"));
        match answer {
            Err(Error::Connector(error)) => (error, sent),
            other => panic!("{id} with {given}: {other:?}"),
        }
    }

    fn route(&self, id: &str) -> &Route {
        &self.routes.by_id[id]
    }

    /// Writes down a failure; many are told at once.
    fn fails(&mut self, id: &str, given: &str, problem: &str) {
        let given: String = given.chars().take(2_000).collect();
        self.failures.push(format!("{id}: {problem}\n    given {given}"));
    }

    fn finish(self, seed: u64) {
        let count = self.failures.len();
        // One of each operation tells more than many of one.
        let mut told = self.failures;
        told.dedup_by_key(|failure| failure.split(':').next().map(str::to_owned));
        told.truncate(60);
        assert!(told.is_empty(), "FIRE_SEED={seed}: {count} failures\n{}", told.join("\n"));
    }
}

/// What is wrong with the request that sound arguments became.
fn look(routes: &Routes, route: &Route, given: &Value, sent: &[http::Request<Bytes>]) -> Result<(), String> {
    let [request] = sent else { return Err(format!("{} requests", sent.len())) };
    let given = given.as_object().ok_or("no object")?;
    if let Some(of) = &route.feed {
        // A feed reads another list, from its own first page.
        return sent::path(&routes.by_id[of], given, request);
    }
    if request.method().as_str() != route.method {
        return Err(format!("sent as {}", request.method()));
    }
    sent::path(route, given, request)?;
    sent::query(route, given, request)?;
    sent::headers(route, given, request)?;
    sent::body(routes, route, given, request)
}

#[tokio::test(start_paused = true)]
async fn fire_sound_arguments_go_out_as_they_were_given() {
    let (seed, rounds) = (number("FIRE_SEED", 1), number("FIRE_ROUNDS", ROUNDS));
    let mut range = Range::new().await;
    let mut tried = 0_u64;
    for detail in range.details().await {
        let id = &detail.operation.id;
        let (schema, mut chance) = (fire::schema(&detail), fire::chance(seed, id));
        let plain = range.route(id).path_arguments().into_iter().map(str::to_owned).collect();
        let taste = Taste::Wild(plain);
        for round in 0..rounds {
            let given = fire::sound(&schema, &taste, round, &mut chance);
            let (error, sent) = range.call(id, &given.to_string()).await;
            tried += 1;
            let looked = match error.reason {
                Reason::Invalid => Err(error.to_string()),
                _ => look(&range.routes, range.route(id), &given, &sent),
            };
            if let Err(problem) = looked {
                range.fails(id, &given.to_string(), &problem);
            }
        }
    }
    println!("sound arguments tried: {tried}");
    range.finish(seed);
}

#[tokio::test(start_paused = true)]
async fn fire_broken_arguments_are_refused_by_name() {
    let (seed, rounds) = (number("FIRE_SEED", 1), number("FIRE_ROUNDS", ROUNDS));
    let mut range = Range::new().await;
    let mut tried: BTreeMap<&str, u64> = BTreeMap::new();
    for detail in range.details().await {
        let id = &detail.operation.id;
        let (schema, mut chance) = (fire::schema(&detail), fire::chance(seed ^ 0x5eed, id));
        for round in 0..rounds {
            let broken = fire::broken(&schema, round, &mut chance);
            let (error, sent) = range.call(id, &broken.text).await;
            *tried.entry(broken.defect).or_default() += 1;
            let named: Vec<&str> = error.violations.iter().map(|violation| violation.argument.as_str()).collect();
            let sound = error.reason == Reason::Invalid
                && sent.is_empty()
                && named == [broken.path.as_str()]
                && error.message.contains(&broken.path)
                && !error.violations[0].message.is_empty()
                && (error.status, error.outcome_unknown) == (None, false);
            if !sound {
                let told =
                    format!("{} at {}: {error}, {} sent; named {named:?}", broken.defect, broken.path, sent.len());
                range.fails(id, &broken.text, &told);
            }
        }
    }
    println!("broken arguments tried: {} {tried:?}", tried.values().sum::<u64>());
    range.finish(seed);
}
