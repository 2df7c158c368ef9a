//! The simulator on a port of this machine: keep-alive HTTP/1.1, nothing
//! beyond the loopback interface. The only module that does I/O.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::{Disconnect, Simulator};

/// No operation takes more than a few megabytes.
const LARGEST_BODY: usize = 64 << 20;

/// A simulator that listens. Dropping it closes the port and every connection.
pub struct Server {
    addr: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Listens on 127.0.0.1 and answers from now on, in a task of the current
    /// tokio runtime. Port 0 takes a free one.
    ///
    /// # Errors
    /// When the port cannot be bound.
    pub async fn bind(simulator: Simulator, port: u16) -> std::io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let addr = listener.local_addr()?;
        Ok(Server { addr, accepting: tokio::spawn(accept(listener, simulator)) })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base of every URL, such as `http://127.0.0.1:4321`, without a slash
    /// at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Serves until the task is cancelled: what a program awaits that does
    /// nothing else.
    pub async fn serve(mut self) {
        // The task ends only by being aborted, which is not worth a word.
        let _ended = (&mut self.accepting).await;
    }

    /// Closes the port and every connection, and waits until that is done.
    pub async fn shutdown(mut self) {
        self.accepting.abort();
        let _ended = (&mut self.accepting).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

// The connections live in this task's set, so aborting it ends them as well.
async fn accept(listener: TcpListener, simulator: Simulator) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(serve_one(stream, simulator.clone()));
            }
            // Out of file handles: give the open connections time to end.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve_one(stream: TcpStream, simulator: Simulator) {
    // Small answers must not wait for more to send.
    let _best_effort = stream.set_nodelay(true);
    let answer = service_fn(move |request| answer(request, simulator.clone()));
    // A client that goes away in the middle is no error of the simulator.
    let _gone = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

/// A connection that ends without an answer: hyper closes it on any error.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection was ended on purpose")
    }
}

impl std::error::Error for Broken {}

async fn answer(request: http::Request<Incoming>, simulator: Simulator) -> Result<http::Response<Full<Bytes>>, Broken> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY).collect().await.map_err(|_| Broken)?.to_bytes();
    let response = simulator.respond(http::Request::from_parts(parts, body));
    if response.extensions().get::<Disconnect>().is_some() {
        return Err(Broken);
    }
    Ok(response.map(Full::new))
}
