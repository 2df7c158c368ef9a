//! A host, a connector and something that answers: one per test.
//!
//! Rule: the clocks are tokio's (a test pauses them) and no request leaves the
//! process.

use std::future::Future;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use connector_host::transport::{Body, Transport, TransportError, body};
use connector_host::{Connection, Connector, Error, Grants, Host, HostOptions, Secret, Sign, VirtualClock};
use pagerduty_simulator::{Options, Simulator};
use serde_json::{Value, json};

/// What a test's own server answers.
pub type Answered = Result<http::Response<Bytes>, TransportError>;

/// One test's host with the PagerDuty component loaded.
pub struct World {
    /// What answers; also used by worlds with a server of their own, which
    /// leave it alone.
    pub simulator: Simulator,
    /// The component.
    pub connector: Connector,
}

/// Where the virtual clock begins: the simulator's default present.
fn beginning() -> jiff::Timestamp {
    Options::default().now
}

impl World {
    /// The component before the simulator, whose clock goes with tokio's.
    pub async fn new() -> World {
        World::with(Options::default()).await
    }

    /// The same with a simulator set up otherwise.
    pub async fn with(options: Options) -> World {
        let simulator = Simulator::new(options);
        let (answering, start) = (simulator.clone(), tokio::time::Instant::now());
        let connector = load(&|_| {}, move |request| {
            let elapsed = jiff::SignedDuration::try_from(start.elapsed()).unwrap_or_default();
            answering.set_now(beginning().checked_add(elapsed).unwrap_or(beginning()));
            let answer = answering.respond(request);
            async move { Ok(answer.map(body)) }
        })
        .await;
        World { simulator, connector }
    }

    /// The component before a server of the test's own.
    pub async fn answering<F, A>(answer: F) -> World
    where
        F: Fn(http::Request<Bytes>) -> A + Send + Sync + 'static,
        A: Future<Output = Answered> + Send + 'static,
    {
        World::inspected(false, answer).await
    }

    /// The same; with `inspect` the component's memory can be searched, which
    /// makes it slower.
    pub async fn inspected<F, A>(inspect: bool, answer: F) -> World
    where
        F: Fn(http::Request<Bytes>) -> A + Send + Sync + 'static,
        A: Future<Output = Answered> + Send + 'static,
    {
        World::hosted(&|options| options.inspect_memory = inspect, answer).await
    }

    /// The same under a host that `setup` has the last word on.
    pub async fn hosted<F, A>(setup: &dyn Fn(&mut HostOptions), answer: F) -> World
    where
        F: Fn(http::Request<Bytes>) -> A + Send + Sync + 'static,
        A: Future<Output = Answered> + Send + 'static,
    {
        World::served(setup, move |request| {
            let answer = answer(request);
            async move { answer.await.map(|response| response.map(body)) }
        })
        .await
    }

    /// The component under a host that `setup` has the last word on, before a
    /// server of the test's own whose bodies can come in pieces, stall or break.
    pub async fn served<F, A>(setup: &dyn Fn(&mut HostOptions), answer: F) -> World
    where
        F: Fn(http::Request<Bytes>) -> A + Send + Sync + 'static,
        A: Future<Output = Result<http::Response<Body>, TransportError>> + Send + 'static,
    {
        let connector = load(setup, answer).await;
        World { simulator: Simulator::new(Options { incidents: 0, ..Options::default() }), connector }
    }

    /// Opens the account with one API key and no settings.
    pub async fn open(&self, token: &str) -> Connection {
        self.open_with(&[("token", token)], json!({})).await.expect("opens")
    }

    /// Opens the account with these credentials and settings: by OAuth, where
    /// there is an access token among them.
    ///
    /// # Errors
    /// What the host or the connector says of them.
    pub async fn open_with(&self, credentials: &[(&str, &str)], settings: Value) -> Result<Connection, Error> {
        let sign = Sign {
            method: if credentials.iter().any(|(name, _)| *name == "access_token") { "bearer" } else { "token" }.into(),
            credentials: credentials.iter().map(|(name, value)| ((*name).to_owned(), Secret::from(*value))).collect(),
            settings,
            // What this host calls the account: told by its keys, and no key.
            host_settings: json!({"account": format!("{:016x}", BuildHasherDefault::<DefaultHasher>::default().hash_one(credentials))}),
        };
        self.connector.open(&sign, &self.grants()).await
    }

    /// Every host that the connector asks for.
    #[must_use]
    pub fn grants(&self) -> Grants {
        Grants { hosts: self.connector.identify().hosts.clone(), sha256: None }
    }
}

async fn load<F, A>(setup: &dyn Fn(&mut HostOptions), answer: F) -> Connector
where
    F: Fn(http::Request<Bytes>) -> A + Send + Sync + 'static,
    A: Future<Output = Result<http::Response<Body>, TransportError>> + Send + 'static,
{
    let unix = Duration::from_secs(u64::try_from(beginning().as_second()).unwrap_or(0));
    let mut options = HostOptions {
        transport: Transport::custom(answer),
        clock: Some(Arc::new(VirtualClock::starting_at(unix))),
        random_seed: Some(7),
        cache_dir: Some(cache()),
        pooling: false,
        ..HostOptions::default()
    };
    // The wall limit is virtual too: a test that waits must not meet it.
    options.limits.wall = Duration::from_secs(1_000_000);
    setup(&mut options);
    let host = Host::new(options).expect("the host starts");
    // The first test compiles for all of them; otherwise each would.
    static COMPILING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _turn = COMPILING.lock().await;
    host.load(crate::component()).await.expect("the component loads")
}

/// Compiled code, shared by the tests of all processes.
fn cache() -> std::path::PathBuf {
    crate::component().with_file_name("compiled")
}
