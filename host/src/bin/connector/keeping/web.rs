//! `/healthz` and `/metrics`, for whoever watches the watcher.
//!
//! Rule: it answers these two, reads no body, and ends with the program.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::status::Status;
use crate::failure::{Failure, Result};

/// Connections at the same time.
const CONNECTIONS: usize = 32;
/// After an accept that failed, such as for want of file handles: time for others to end.
const PAUSE: Duration = Duration::from_millis(100);
/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);

/// The server, before it serves.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    listener: TcpListener,
    status: Arc<Status>,
    room: Arc<Semaphore>,
}

/// Takes the address.
pub(super) async fn bind(address: SocketAddr, status: Arc<Status>) -> Result<Server> {
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        Ok::<_, std::io::Error>((listener.local_addr()?, listener))
    };
    let (address, listener) =
        bound.await.map_err(|why| Failure::Usage(format!("--listen {address}: {why}; give a free port")))?;
    Ok(Server { address, listener, status, room: Arc::new(Semaphore::new(CONNECTIONS)) })
}

impl Server {
    /// Answers until it is time to stop.
    pub(super) async fn serve(self, mut stop: watch::Receiver<bool>) {
        loop {
            let next = async {
                // Nobody closes it.
                let place = Arc::clone(&self.room).acquire_owned().await.ok()?;
                loop {
                    match self.listener.accept().await {
                        Ok((stream, _)) => return Some((stream, place)),
                        Err(_) => tokio::time::sleep(PAUSE).await,
                    }
                }
            };
            let next = tokio::select! {
                next = next => next,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            let Some((stream, place)) = next else { return };
            let status = Arc::clone(&self.status);
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let answer = answer(&request, &status);
                    async move { Ok::<_, Infallible>(answer) }
                });
                let mut server = http1::Builder::new();
                server.timer(TokioTimer::new()).header_read_timeout(PATIENCE).keep_alive(false);
                // Whoever asked has gone: nobody is left to tell.
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
                drop(place);
            });
        }
    }
}

fn answer(request: &Request<Incoming>, status: &Status) -> Response<Full<Bytes>> {
    let (code, kind, text) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/healthz") => {
            let (well, told) = status.health(Timestamp::now());
            let code = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            (code, "application/json", told.to_string() + "\n")
        }
        (&Method::GET | &Method::HEAD, "/metrics") => {
            (StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", status.metrics())
        }
        (&Method::GET | &Method::HEAD, _) => {
            (StatusCode::NOT_FOUND, "text/plain", "there are /healthz and /metrics\n".to_owned())
        }
        (_, _) => (StatusCode::METHOD_NOT_ALLOWED, "text/plain", "only GET\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = code;
    if code == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
    }
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use tokio::net::TcpStream;

    use super::*;

    /// As many as there is room for say nothing, and one more waits.
    #[tokio::test]
    async fn it_stops_while_all_places_are_taken() {
        let status = Arc::new(Status::new(&["shop".to_owned()], SignedDuration::from_hours(8)));
        let server = bind(([127, 0, 0, 1], 0).into(), status).await.unwrap();
        let (address, room) = (server.address, Arc::clone(&server.room));
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(server.serve(stopped));
        let mut silent = Vec::new();
        for _ in 0..=CONNECTIONS {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        while room.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        stop.send(true).unwrap();
        // Less than those that say nothing are given.
        tokio::time::timeout(PATIENCE / 2, serving).await.expect("it stops").unwrap();
    }
}
