//! An account of PagerDuty on a port of this machine, for tools in processes of
//! their own: the simulator, which can be changed and made to wait meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use bytes::Bytes;
use host_test::simulator::{Clock, Options, Simulator, tokens};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::support::PATIENCE;

pub(crate) struct Account {
    pub(crate) simulator: Simulator,
    pub(crate) url: String,
    gate: Arc<Gate>,
    reached: Receiver<()>,
    // Last: with it the server ends.
    _runtime: Runtime,
}

/// Lets requests through, but for one that waits until it is opened.
struct Gate {
    /// Requests up to that one; 0: there is none.
    left: AtomicUsize,
    reached: Sender<()>,
    open: watch::Sender<bool>,
    /// What the account calls itself in links.
    name: String,
}

impl Account {
    pub(crate) fn new(name: &str) -> Account {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        // The tool has the clock of this machine.
        let present = Options { now: Timestamp::now(), clock: Clock::Real, ..Options::default() };
        let simulator = Simulator::new(Options { incidents: 200, rate_limit: None, ..present });
        let (reached, reaches) = channel();
        let gate = Gate {
            left: AtomicUsize::new(0),
            reached,
            open: watch::Sender::new(true),
            name: format!("{name}.pagerduty.com"),
        };
        let gate = Arc::new(gate);
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(serve(listener, simulator.clone(), Arc::clone(&gate)));
        Account { simulator, url, gate, reached: reaches, _runtime: runtime }
    }

    /// Makes the request of this number wait, counted from now on; those behind it go on.
    pub(crate) fn hold(&self, request: usize) {
        self.gate.open.send_replace(false);
        self.gate.left.store(request, Ordering::SeqCst);
    }

    /// Waits until a request waits.
    pub(crate) fn held(&self) {
        self.reached.recv_timeout(PATIENCE).expect("a request");
    }

    pub(crate) fn open(&self) {
        self.gate.left.store(0, Ordering::SeqCst);
        self.gate.open.send_replace(true);
        while self.reached.try_recv().is_ok() {}
    }

    /// Does something in the account, as its owner.
    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Token token={}", tokens::USER))
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let answer = self.simulator.respond(request);
        assert!(answer.status().is_success(), "{method} {path}: {answer:?}");
        serde_json::from_slice(answer.body()).unwrap_or_default()
    }

    /// Ids of the first services.
    pub(crate) fn services(&self) -> Vec<String> {
        let listed = self.call("GET", "/services?limit=10", &Value::Null);
        listed["services"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn rename(&self, service: &str, name: &str) {
        self.call("PUT", &format!("/services/{service}"), &json!({"service": {"type": "service", "name": name}}));
    }

    pub(crate) fn delete(&self, service: &str) {
        self.call("DELETE", &format!("/services/{service}"), &Value::Null);
    }
}

async fn serve(listener: TcpListener, simulator: Simulator, gate: Arc<Gate>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(connection(stream, simulator.clone(), Arc::clone(&gate)));
    }
}

async fn connection(stream: TcpStream, simulator: Simulator, gate: Arc<Gate>) {
    let answer = service_fn(move |request| answer(request, simulator.clone(), Arc::clone(&gate)));
    // A tool that is killed goes away in the middle.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

async fn answer(
    request: http::Request<Incoming>,
    simulator: Simulator,
    gate: Arc<Gate>,
) -> Result<http::Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    if gate.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) == Ok(1) {
        // Nobody listens any more when the test has ended.
        let _ = gate.reached.send(());
        let _ = gate.open.subscribe().wait_for(|open| *open).await;
    }
    let answer = simulator.respond(http::Request::from_parts(parts, body));
    Ok(answer.map(|body| {
        let text = String::from_utf8(body.to_vec()).unwrap_or_default();
        Full::new(Bytes::from(text.replace("lanternway.pagerduty.com", &gate.name)))
    }))
}
