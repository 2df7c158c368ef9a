//! Every request of a connector passes here: grant, credential, limits, log.
//! Nothing else in the host opens a connection.

use std::sync::Arc;
use std::time::Instant;

use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tracing::{Instrument, Span};
use wasmtime_wasi_http::{RequestOptions, WasiBody, WasiHttpHooks};

use crate::body::{Bounded, Overflow};
use crate::error::Limit;
use crate::error_body;
use crate::grants::Allowed;
use crate::net::{Network, Owner};
use crate::network_error;
use crate::options::Limits;
use crate::sign::Placeholders;
use crate::transport::{CustomTransport, TransportError};

/// Where requests go, once they may.
#[derive(Clone)]
pub(crate) enum Way {
    Network(Network),
    Custom(CustomTransport),
}

/// The same for one connection.
#[derive(Clone)]
enum OwnWay {
    Network(Network, Owner),
    Custom(CustomTransport),
}

/// What one connection may send, and with which credential.
pub(crate) struct Outgoing {
    pub(crate) allowed: Allowed,
    pub(crate) placeholders: Placeholders,
    pub(crate) limits: Limits,
    pub(crate) overflow: Overflow,
    /// Requests that the present call has begun.
    pub(crate) begun: u64,
    /// Those of earlier calls.
    pub(crate) before: u64,
    way: OwnWay,
    in_flight: Arc<Semaphore>,
}

/// wasi-http's future for what happens to a request after its answer: here
/// always nothing, since the pool drives its connections itself.
type After = Box<dyn Future<Output = Result<(), TransportError>> + Send>;

type Sending = Box<dyn Future<Output = Result<(http::Response<WasiBody>, After), TransportError>> + Send>;

impl Outgoing {
    /// A connection that may call what `allowed` says.
    pub(crate) fn new(way: Way, limits: Limits, allowed: Allowed, placeholders: Placeholders) -> Self {
        let in_flight = Arc::new(Semaphore::new(limits.in_flight));
        let way = match way {
            Way::Network(network) => {
                let owner = network.owner(placeholders.secrets());
                OwnWay::Network(network, owner)
            }
            Way::Custom(custom) => OwnWay::Custom(custom),
        };
        Outgoing { allowed, placeholders, limits, overflow: Overflow::default(), begun: 0, before: 0, way, in_flight }
    }

    /// Counts one more request of the present call, whatever becomes of it.
    pub(crate) fn count(&mut self) -> Result<(), Limit> {
        self.begun = self.begun.saturating_add(1);
        if self.begun > self.limits.requests { Err(Limit::Requests(self.limits.requests)) } else { Ok(()) }
    }

    /// Everything that is decided before a request leaves.
    fn admit(&self, parts: &mut http::request::Parts) -> Result<OwnedSemaphorePermit, TransportError> {
        self.allowed.check(&parts.method, &parts.uri).map_err(|why| {
            tracing::warn!(
                method = %parts.method,
                host = parts.uri.host().unwrap_or_default(),
                %why,
                "request refused"
            );
            TransportError::HttpRequestDenied
        })?;
        self.placeholders.sign(&mut parts.headers);
        self.in_flight.clone().try_acquire_owned().map_err(|_| TransportError::ConnectionLimitReached)
    }
}

/// What is held of a request's body until the network takes it, in bytes. A
/// connector may begin any number of requests, so it is little.
const PIECE: usize = 64 << 10;

impl WasiHttpHooks for Outgoing {
    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        PIECE
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _after: After,
    ) -> Sending {
        let (mut parts, body) = request.into_parts();
        let permit = match self.admit(&mut parts) {
            Ok(permit) => permit,
            Err(error) => return Box::new(async move { Err(error) }),
        };
        let (way, limits, overflow) = (self.way.clone(), self.limits.clone(), self.overflow.clone());
        let (options, placeholders) = (options.unwrap_or_default(), self.placeholders.clone());
        let span = tracing::debug_span!(
            parent: Span::current(),
            "request",
            method = %parts.method,
            host = parts.uri.host().unwrap_or_default(),
        );
        let sending = async move {
            let begun = Instant::now();
            let body = Bounded::request(body, limits.request_body, overflow.clone());
            let request = http::Request::from_parts(parts, body);
            let first_byte = shorter(options.first_byte_timeout, limits.first_byte);
            let answer = match timeout(first_byte, answer(way, request)).await {
                Ok(answer) => answer,
                Err(_) => Err(TransportError::HttpResponseTimeout),
            };
            let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            match &answer {
                Ok(answer) => tracing::debug!(status = answer.status().as_u16(), took_ms),
                Err(error) => tracing::debug!(%error, took_ms),
            }
            let (mut head, body) = answer?.into_parts();
            placeholders.clean_headers(&mut head.headers);
            let patience = shorter(options.between_bytes_timeout, limits.between_bytes);
            let body = Bounded::answer(body, limits.answer_body, overflow, patience, permit)?;
            let body = error_body::clean(&placeholders, &mut head, body).await;
            let after: After = Box::new(async { Ok(()) });
            Ok((http::Response::from_parts(head, body), after))
        };
        Box::new(sending.instrument(span))
    }
}

/// The connector may ask for less time than the host gives, not for more.
fn shorter(asked: Option<std::time::Duration>, limit: std::time::Duration) -> std::time::Duration {
    asked.map_or(limit, |asked| asked.min(limit))
}

async fn answer(way: OwnWay, request: http::Request<Bounded>) -> Result<http::Response<WasiBody>, TransportError> {
    match way {
        OwnWay::Network(network, owner) => {
            let answer = network.send(owner, request).await?;
            Ok(answer.map(|body| body.map_err(network_error::of_body).boxed_unsync()))
        }
        OwnWay::Custom(custom) => {
            let (parts, body) = request.into_parts();
            let bytes = body.collect().await?.to_bytes();
            custom(http::Request::from_parts(parts, bytes)).await
        }
    }
}
