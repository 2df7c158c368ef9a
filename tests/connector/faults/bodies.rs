//! Bodies that are made rather than written down, and how bodies end.
//!
//! Rule: what is large is made while it is read, one piece at a time, and every
//! byte that is taken is counted.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use host_test::host::transport::{Body, TransportError};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;

/// How a body ends once its bytes are out.
#[derive(Clone)]
pub(super) enum Ending {
    Whole,
    /// With the error of this name.
    Breaks(String),
    Stalls,
}

/// The bodies that `made` names.
#[derive(Clone, Copy)]
pub(super) enum Generated {
    /// A team that is a list in a list, 100,000 times.
    Deep,
    /// The same, never closed.
    DeepOpen,
    /// A team with a name of 200 MB.
    Huge,
    /// An error with a message of 100,000 characters.
    LongMessage,
    /// A bulk answer with a failure beside something 200 deep.
    DeepPart,
}

impl Generated {
    pub(super) fn named(name: &str) -> Generated {
        match name {
            "deep" => Generated::Deep,
            "deep-open" => Generated::DeepOpen,
            "huge" => Generated::Huge,
            "long-message" => Generated::LongMessage,
            "deep-part" => Generated::DeepPart,
            other => panic!("nothing makes `{other}`"),
        }
    }

    /// Its pieces; the second is repeated so often.
    fn pieces(self) -> (String, String, usize, String) {
        const DEPTH: usize = 100_000;
        const PIECE: usize = 64 << 10;
        let small = |text: String| (text, String::new(), 0, String::new());
        match self {
            Generated::Deep => small(format!(r#"{{"team":{}1{}}}"#, "[".repeat(DEPTH), "]".repeat(DEPTH))),
            Generated::DeepOpen => small(format!(r#"{{"team":{}"#, "[".repeat(DEPTH))),
            Generated::Huge => {
                (r#"{"team":{"id":"PT1","name":""#.into(), "x".repeat(PIECE), 200_000_000 / PIECE, r#""}}"#.into())
            }
            Generated::LongMessage => {
                small(format!(r#"{{"error":{{"message":"{}"}}}}"#, "far too long ".repeat(7_700)))
            }
            Generated::DeepPart => {
                let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
                small(format!(r#"{{"incidents":[{{"id":"P2","error":{{"message":"locked"}},"details":{deep}}}]}}"#))
            }
        }
    }

    /// The body itself.
    pub(super) fn body(self) -> Pieces {
        let (first, repeated, times, last) = self.pieces();
        Pieces { first: Bytes::from(first), repeated: Bytes::from(repeated), times, last: Bytes::from(last) }
    }
}

/// A body as it lies in memory: little, whatever its length.
pub(super) struct Pieces {
    first: Bytes,
    repeated: Bytes,
    times: usize,
    last: Bytes,
}

impl From<Vec<u8>> for Pieces {
    fn from(bytes: Vec<u8>) -> Pieces {
        // In two pieces, since a body seldom comes in one.
        let mut first = Bytes::from(bytes);
        let last = first.split_off(first.len() / 2);
        Pieces { first, repeated: Bytes::new(), times: 0, last }
    }
}

/// The body of an answer. `taken` counts its bytes; `kept` is dropped with it.
pub(super) fn stream(
    pieces: Pieces,
    ending: Ending,
    announces: Option<u64>,
    taken: Arc<AtomicU64>,
    kept: impl Send + Unpin + 'static,
) -> Body {
    let Pieces { first, repeated, times, last } = pieces;
    let ends = [first].into_iter().chain(std::iter::repeat_n(repeated, times)).chain([last]);
    // Clones of one piece share its bytes.
    let queue = ends.filter(|piece| !piece.is_empty()).collect();
    Streamed { queue, ending, announces, taken, _kept: kept }.boxed_unsync()
}

struct Streamed<K> {
    queue: VecDeque<Bytes>,
    ending: Ending,
    announces: Option<u64>,
    taken: Arc<AtomicU64>,
    _kept: K,
}

impl<K: Unpin> http_body::Body for Streamed<K> {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        if let Some(piece) = self.queue.pop_front() {
            self.taken.fetch_add(piece.len() as u64, Ordering::Relaxed);
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        match std::mem::replace(&mut self.ending, Ending::Whole) {
            Ending::Whole => Poll::Ready(None),
            Ending::Breaks(error) => Poll::Ready(Some(Err(transport_error(&error)))),
            Ending::Stalls => {
                self.ending = Ending::Stalls;
                Poll::Pending
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.announces.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// The errors that the table names, as `wasi:http` writes them.
pub(super) fn transport_error(name: &str) -> TransportError {
    match name {
        "configuration-error" => TransportError::ConfigurationError,
        "connection-limit-reached" => TransportError::ConnectionLimitReached,
        "connection-read-timeout" => TransportError::ConnectionReadTimeout,
        "connection-refused" => TransportError::ConnectionRefused,
        "connection-terminated" => TransportError::ConnectionTerminated,
        "connection-timeout" => TransportError::ConnectionTimeout,
        "connection-write-timeout" => TransportError::ConnectionWriteTimeout,
        "destination-ip-prohibited" => TransportError::DestinationIpProhibited,
        "destination-ip-unroutable" => TransportError::DestinationIpUnroutable,
        "destination-not-found" => TransportError::DestinationNotFound,
        "destination-unavailable" => TransportError::DestinationUnavailable,
        "dns-error" => TransportError::DnsError { rcode: Some("NXDOMAIN".into()), info_code: None },
        "dns-timeout" => TransportError::DnsTimeout,
        "http-protocol-error" => TransportError::HttpProtocolError,
        "http-request-body-size" => TransportError::HttpRequestBodySize(Some(1)),
        "http-request-denied" => TransportError::HttpRequestDenied,
        "http-request-uri-invalid" => TransportError::HttpRequestUriInvalid,
        "http-response-incomplete" => TransportError::HttpResponseIncomplete,
        "http-response-timeout" => TransportError::HttpResponseTimeout,
        "internal-error" => TransportError::InternalError(Some("told in\r\ntwo lines\u{7}".into())),
        "loop-detected" => TransportError::LoopDetected,
        "tls-alert-received" => {
            TransportError::TlsAlertReceived { alert_id: Some(40), alert_message: Some("handshake failure".into()) }
        }
        "tls-certificate-error" => TransportError::TlsCertificateError,
        "tls-protocol-error" => TransportError::TlsProtocolError,
        other => panic!("no error of the transport is named `{other}`"),
    }
}
