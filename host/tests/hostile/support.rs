//! A host with the hostile component, a transport that records whatever would
//! have left, and a neighbour in the middle of a call.
//!
//! Rule: nothing leaves the process. What is answered is `fine`; a path that
//! begins with `/held` is answered only once the test lets it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use connector_host::transport::{Transport, body};
use connector_host::{
    Connection, Connector, Error, Grants, Host, HostOptions, Limit, Limits, LoadError, Secret, Sign, VirtualClock,
};
use serde_json::Value;
use tokio::sync::watch;

/// The one host that is granted.
pub(crate) const HOST: &str = "api.pagerduty.com";

/// The real key of every connection here.
pub(crate) const KEY: &str = "canary-9f8e7d6c";

/// The bytes of the hostile component.
pub(crate) fn plain() -> Vec<u8> {
    std::fs::read(host_test::hostile()).unwrap()
}

/// The same with another word for what it does while it is loaded.
pub(crate) fn told(word: &str) -> Vec<u8> {
    const BEFORE: &[u8] = b"hostile-marker:nothing";
    const ROOM: usize = 65;
    let mut bytes = plain();
    let at = bytes.windows(BEFORE.len()).position(|window| window == BEFORE).unwrap() + "hostile-marker:".len();
    bytes[at..at + ROOM].fill(b' ');
    bytes[at..at + word.len()].copy_from_slice(word.as_bytes());
    bytes
}

/// Where compiled code of all these tests is kept.
fn cache() -> std::path::PathBuf {
    host_test::hostile().with_file_name("compiled")
}

/// What left, or would have, and what holds it back.
#[derive(Clone)]
pub(crate) struct Sent {
    requests: Arc<Mutex<Vec<http::Request<Bytes>>>>,
    held: watch::Sender<bool>,
    arrived: watch::Sender<usize>,
}

impl Sent {
    /// Every request, as text: method, URL, headers, body.
    pub(crate) fn texts(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        requests
            .iter()
            .map(|request| {
                let headers = request.headers().iter();
                let headers: String =
                    headers.map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap())).collect();
                let body = String::from_utf8_lossy(request.body());
                format!("{} {}\n{headers}\n{body}", request.method(), request.uri())
            })
            .collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// Waits until so many requests are there.
    pub(crate) async fn arrived(&self, count: usize) {
        self.arrived.subscribe().wait_for(|there| *there >= count).await.unwrap();
    }
}

/// The transport and its record.
pub(crate) fn recording() -> (Transport, Sent) {
    recording_after(Duration::ZERO)
}

/// The same, answering so late. Where the clock is paused that is when nothing
/// else is left to do.
fn recording_after(late: Duration) -> (Transport, Sent) {
    let sent = Sent { requests: Arc::default(), held: watch::Sender::new(true), arrived: watch::Sender::new(0) };
    let record = sent.clone();
    let transport = Transport::custom(move |request: http::Request<Bytes>| {
        let held = request.uri().path().starts_with("/held");
        record.requests.lock().unwrap().push(request);
        record.arrived.send_modify(|count| *count += 1);
        let mut holding = record.held.subscribe();
        async move {
            if held {
                let _ = holding.wait_for(|held| !held).await;
            }
            if !late.is_zero() {
                tokio::time::sleep(late).await;
            }
            Ok(http::Response::new(body("fine")))
        }
    });
    (transport, sent)
}

/// Options with these limits that record what is sent.
pub(crate) fn options(limits: Limits) -> (HostOptions, Sent) {
    options_with(limits, recording())
}

/// The same with a transport that answers a second late.
pub(crate) fn late_options(limits: Limits) -> (HostOptions, Sent) {
    options_with(limits, recording_after(Duration::from_secs(1)))
}

fn options_with(limits: Limits, (transport, sent): (Transport, Sent)) -> (HostOptions, Sent) {
    let options = HostOptions {
        limits,
        cache_dir: Some(cache()),
        pooling: false,
        clock: Some(Arc::new(VirtualClock::starting_at(Duration::from_secs(1_800_000_000)))),
        transport,
        ..HostOptions::default()
    };
    (options, sent)
}

/// Opens with [`KEY`], granted [`HOST`].
pub(crate) async fn open(connector: &Connector) -> Connection {
    open_with(connector, "token", KEY, &[HOST]).await.unwrap()
}

/// Opens by this way to sign in, with this key, granted these hosts.
pub(crate) async fn open_with(
    connector: &Connector,
    method: &str,
    key: &str,
    hosts: &[&str],
) -> Result<Connection, Error> {
    let credentials = vec![("token".to_owned(), Secret::new(key))];
    let sign = Sign { method: method.to_owned(), credentials, settings: Value::Null, ..Sign::default() };
    let grants = Grants { hosts: hosts.iter().map(|host| (*host).to_owned()).collect(), sha256: None };
    connector.open(&sign, &grants).await
}

/// What a misdeed comes to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expected {
    /// Stopped, by this limit; the connection is closed.
    Stopped(Limit),
    /// It broke down, and these words say how; the connection is closed.
    Broke(&'static str),
    /// Told by this limit; the connection lives on.
    Told(Limit),
    /// Answered, with these words in the value; the connection lives on.
    Answered(&'static str),
}

use Expected::{Answered, Broke, Stopped, Told};

/// Whether `got` is `expected`, told apart from all others.
pub(crate) fn same<T: std::fmt::Debug>(got: &Result<T, Error>, expected: Expected) -> bool {
    match (got, expected) {
        (Err(Error::Limit(got)), Stopped(limit) | Told(limit)) => *got == limit,
        (Err(Error::Trap(why)), Broke(part)) => why.contains(part),
        (Err(Error::Load(LoadError::NotThisContract { detail: Some(why), .. })), Broke(part)) => why.contains(part),
        (Ok(value), Answered(part)) => format!("{value:?}").contains(part),
        _ => false,
    }
}

/// A host with the hostile component loaded.
pub(crate) struct Den {
    pub(crate) host: Host,
    pub(crate) connector: Connector,
    pub(crate) sent: Sent,
}

impl Den {
    pub(crate) async fn new(limits: Limits) -> Den {
        Den::with(options(limits)).await
    }

    pub(crate) async fn with((options, sent): (HostOptions, Sent)) -> Den {
        let host = Host::new(options).unwrap();
        let connector = host.load_bytes(plain()).await.unwrap();
        Den { host, connector, sent }
    }

    /// Runs `misdeed` while a neighbour is in the middle of a call. The
    /// neighbour then gets its answer, and a connection that is opened anew
    /// works.
    pub(crate) async fn beside<T>(&self, misdeed: impl Future<Output = T>) -> T {
        let mut neighbour = open(&self.connector).await;
        let there = self.sent.count();
        self.sent.held.send_replace(true);
        let held = format!("GET https {HOST} /held");
        let (answer, got) = tokio::join!(neighbour.call("send", &held), async {
            self.sent.arrived(there + 1).await;
            let got = misdeed.await;
            self.sent.held.send_replace(false);
            got
        });
        assert!(answer.unwrap().value.starts_with("200"), "the neighbour's call ended right");
        assert_eq!(neighbour.call("echo", "still here").await.unwrap().value, "still here");
        self.works().await;
        got
    }

    /// A connection that is opened now works.
    pub(crate) async fn works(&self) {
        let echoed = open(&self.connector).await.call("echo", "and on").await.unwrap();
        assert_eq!(echoed.value, "and on");
    }
}

/// One misdeed under these limits, with a neighbour. What became of it, and of
/// its connection.
pub(crate) async fn check(misdeed: &str, argument: &str, limits: Limits, expected: Expected) -> Sent {
    check_under(options(limits), misdeed, argument, expected).await
}

/// The same under these options.
pub(crate) async fn check_under(
    options: (HostOptions, Sent),
    misdeed: &str,
    argument: &str,
    expected: Expected,
) -> Sent {
    let den = Den::with(options).await;
    let mut culprit = open(&den.connector).await;
    let got = den.beside(culprit.call(misdeed, argument)).await;
    let said = format!("{got:?}");
    assert!(same(&got, expected), "{misdeed} {argument:.40}: {said:.400} is not {expected:?}");
    let after = culprit.call("echo", "").await;
    let lives = matches!(expected, Told(_) | Answered(_));
    assert_eq!(lives, after.is_ok(), "{misdeed}: {after:?}");
    assert_eq!(lives, !matches!(after, Err(Error::Closed)), "{misdeed}: {after:?}");
    den.sent
}
