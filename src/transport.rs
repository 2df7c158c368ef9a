//! `wasi:http`, `wasi:clocks` and `wasi:random`: the guest's only I/O.
//!
//! Rule: it decides nothing. A failure is sorted into whether the request can
//! have reached the server, and said in a sentence.

use std::time::Duration;

use wasip2::clocks::{monotonic_clock, wall_clock};
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingResponse, Method as WasiMethod, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme, http_error_code,
};
use wasip2::io::poll::poll;
use wasip2::io::streams::{OutputStream, StreamError};
use wasip2::random::insecure::get_insecure_random_u64;

use crate::catalog::Method;
use crate::client::{Clock, Failure, Transport};
use crate::error::{Reason, said};
use crate::request::Request;
use crate::response::Response;
use crate::retry::Outcome;

const CONNECT: Duration = Duration::from_secs(10);
const FIRST_BYTE: Duration = Duration::from_secs(60);
const BETWEEN_BYTES: Duration = Duration::from_secs(30);
/// Bytes a second that an upload may be slow to.
const SLOWEST_UPLOAD: u64 = 64 * 1024;
/// What is taken of an answer at a time: as much as the host has.
const PIECE: u64 = 1024 * 1024;
/// Memory that is made ready for an answer that says how long it will be.
const EXPECTED: usize = 4 * 1024 * 1024;
/// No answer of PagerDuty's comes near; more would only fill the memory.
const LONGEST_BODY: usize = 64 * 1024 * 1024;

/// The host, through WASI.
pub(crate) struct Wasi;

/// A request on its way. Letting it go takes it back.
pub(crate) struct Pending {
    answer: FutureIncomingResponse,
    /// Kept until the answer is read: a request that is let go takes its answer
    /// with it.
    _unfinished: Option<(OutputStream, OutgoingBody)>,
}

impl Clock for Wasi {
    fn now_ms(&self) -> u64 {
        monotonic_clock::now() / 1_000_000
    }

    fn unix_s(&self) -> i64 {
        i64::try_from(wall_clock::now().seconds).unwrap_or(i64::MAX)
    }

    fn sleep(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        monotonic_clock::subscribe_duration(nanos).block();
    }

    fn chance(&self) -> u16 {
        u16::try_from(get_insecure_random_u64() & 0xffff).unwrap_or(0)
    }
}

impl Transport for Wasi {
    type Pending = Pending;

    fn begin(&self, request: &Request, authorization: Option<&str>) -> Result<Pending, Failure> {
        let outgoing = outgoing(request, authorization).ok_or_else(|| Failure {
            outcome: Outcome::Hopeless,
            reason: Reason::Invalid,
            message: "the request holds a header or a path that HTTP does not allow; nothing was sent".to_owned(),
        })?;
        // Each of these words is a call to the host: a request without a body
        // asks for none.
        let Some(bytes) = &request.body else {
            let answer = handle(outgoing, options(0)).map_err(failure)?;
            return Ok(Pending { answer, _unfinished: None });
        };
        let body = outgoing.body().map_err(|()| broken("the request could not be written"))?;
        let answer = handle(outgoing, options(bytes.len())).map_err(failure)?;
        let _unfinished = write(body, bytes, &answer)?;
        Ok(Pending { answer, _unfinished })
    }

    fn is_there(&self, pending: &Pending) -> bool {
        pending.answer.subscribe().ready()
    }

    fn finish(&self, pending: Pending) -> Result<Response, Failure> {
        pending.answer.subscribe().block();
        let response = match pending.answer.get() {
            Some(Ok(Ok(response))) => response,
            Some(Ok(Err(code))) => return Err(failure(code)),
            Some(Err(())) | None => return Err(broken("no answer came")),
        };
        read(&response)
    }
}

fn outgoing(request: &Request, authorization: Option<&str>) -> Option<OutgoingRequest> {
    let length = request.body.as_ref().map(|body| body.len().to_string());
    let added = [("content-length", length.as_deref()), ("authorization", authorization)];
    let added = added.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let headers = request.headers.iter().map(|(name, value)| (*name, value.as_str())).chain(added);
    let headers: Vec<(String, Vec<u8>)> =
        headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).collect();
    let outgoing = OutgoingRequest::new(Fields::from_list(&headers).ok()?);
    let method = match request.method {
        // What a new request is.
        Method::Get => None,
        Method::Post => Some(WasiMethod::Post),
        Method::Put => Some(WasiMethod::Put),
        Method::Patch => Some(WasiMethod::Patch),
        Method::Delete => Some(WasiMethod::Delete),
    };
    if let Some(method) = method {
        outgoing.set_method(&method).ok()?;
    }
    outgoing.set_scheme(Some(if request.https { &Scheme::Https } else { &Scheme::Http })).ok()?;
    outgoing.set_authority(Some(&request.authority)).ok()?;
    outgoing.set_path_with_query(Some(&request.path_and_query)).ok()?;
    Some(outgoing)
}

/// `upload`: bytes of the request's body, which take their time.
fn options(upload: usize) -> Option<RequestOptions> {
    let options = RequestOptions::new();
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).ok();
    let upload = Duration::from_secs(upload as u64 / SLOWEST_UPLOAD);
    // A host that does not know a time-out keeps its own.
    let _ = options.set_connect_timeout(nanos(CONNECT));
    let _ = options.set_first_byte_timeout(nanos(FIRST_BYTE + upload));
    let _ = options.set_between_bytes_timeout(nanos(BETWEEN_BYTES));
    Some(options)
}

/// Writes the body until it is out or an answer is there: a server may answer,
/// and read no further, before it has everything. What is not finished is given
/// back.
fn write(
    body: OutgoingBody,
    bytes: &[u8],
    pending: &FutureIncomingResponse,
) -> Result<Option<(OutputStream, OutgoingBody)>, Failure> {
    if bytes.is_empty() {
        return OutgoingBody::finish(body, None).map(|()| None).or(Ok(None));
    }
    let stream = body.write().map_err(|()| broken("the request could not be written"))?;
    if push(&stream, bytes, pending) {
        drop(stream);
        return OutgoingBody::finish(body, None).map(|()| None).or(Ok(None));
    }
    Ok(Some((stream, body)))
}

/// Whether all of it went out.
fn push(stream: &OutputStream, mut rest: &[u8], pending: &FutureIncomingResponse) -> bool {
    let (room, answered) = (stream.subscribe(), pending.subscribe());
    let mut flushed = false;
    loop {
        if rest.is_empty() && !std::mem::replace(&mut flushed, true) && stream.flush().is_err() {
            return false;
        }
        match stream.check_write() {
            Ok(0) if poll(&[&room, &answered]).contains(&1) => return false,
            Ok(0) => {}
            Ok(_) if rest.is_empty() => return true,
            Ok(most) => {
                let most = usize::try_from(most).unwrap_or(usize::MAX).min(rest.len());
                let (piece, more) = rest.split_at(most);
                if stream.write(piece).is_err() {
                    return false;
                }
                rest = more;
            }
            Err(_) => return false,
        }
    }
}

fn read(response: &IncomingResponse) -> Result<Response, Failure> {
    let headers = response.headers().entries().into_iter();
    let text =
        |value| String::from_utf8(value).unwrap_or_else(|odd| String::from_utf8_lossy(odd.as_bytes()).into_owned());
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), text(value))).collect();
    let mut answer = Response { status: response.status(), headers, body: Vec::new() };
    let body = response.consume().map_err(|()| broken("the answer has no body to read"))?;
    let stream = body.stream().map_err(|()| broken("the answer has no body to read"))?;
    let announced = answer.header("content-length").and_then(|length| length.parse().ok());
    let length: usize = announced.unwrap_or(usize::MAX);
    loop {
        match stream.blocking_read(PIECE) {
            Ok(piece) if answer.body.is_empty() => answer.body = piece,
            Ok(piece) => {
                if length <= EXPECTED && answer.body.capacity() < length {
                    answer.body.reserve_exact(length.saturating_sub(answer.body.len()));
                }
                answer.body.extend_from_slice(&piece);
            }
            Err(StreamError::Closed) => break,
            // The status alone tells what became of the request.
            Err(StreamError::LastOperationFailed(_)) if !(200..300).contains(&answer.status) => {
                answer.body.clear();
                break;
            }
            Err(StreamError::LastOperationFailed(error)) => {
                return Err(match http_error_code(&error) {
                    Some(code @ ErrorCode::HttpResponseBodySize(_)) => failure(code),
                    Some(_) | None => broken("the answer broke off"),
                });
            }
        }
        // A body that is all there ends here: another read would only say so.
        if answer.body.len() == length {
            break;
        }
        if answer.body.len() > LONGEST_BODY {
            return Err(Failure {
                outcome: Outcome::Hopeless,
                reason: Reason::Unexpected,
                message: "the answer is longer than 64 MiB; ask for less at once".to_owned(),
            });
        }
    }
    Ok(answer)
}

/// It went out, and what became of it is not known.
fn broken(what: &str) -> Failure {
    Failure {
        outcome: Outcome::Unknown,
        reason: Reason::Unavailable,
        message: format!("{what}; PagerDuty may have received the request. Try again later"),
    }
}

/// Sorts an error of the host by whether the request can have arrived.
fn failure(code: ErrorCode) -> Failure {
    let of = |outcome, reason, message: String| Failure { outcome, reason, message };
    match code {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => of(
            Outcome::Hopeless,
            Reason::Blocked,
            "the host did not let the request out: PagerDuty's host must be among those it grants".to_owned(),
        ),
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => of(
            Outcome::NotSent,
            Reason::Unavailable,
            "PagerDuty's host name could not be resolved; check the network and its DNS".to_owned(),
        ),
        ErrorCode::ConnectionRefused => of(
            Outcome::NotSent,
            Reason::Unavailable,
            "the connection was refused: nothing listens at that address; check the network, or the base URL"
                .to_owned(),
        ),
        ErrorCode::DestinationUnavailable | ErrorCode::DestinationIpUnroutable => {
            of(Outcome::NotSent, Reason::Unavailable, "no connection could be made; check the network".to_owned())
        }
        ErrorCode::ConnectionTimeout => {
            of(Outcome::NotSent, Reason::Unavailable, "connecting to PagerDuty timed out; check the network".to_owned())
        }
        ErrorCode::TlsProtocolError | ErrorCode::TlsCertificateError | ErrorCode::TlsAlertReceived(_) => of(
            Outcome::Hopeless,
            Reason::Unavailable,
            "no secure connection could be made (TLS): a proxy may be in between, or the clock be wrong".to_owned(),
        ),
        ErrorCode::ConnectionLimitReached => {
            of(Outcome::NotSent, Reason::Unavailable, "the host has no connection free; try again later".to_owned())
        }
        ErrorCode::HttpResponseBodySize(_)
        | ErrorCode::HttpResponseHeaderSize(_)
        | ErrorCode::HttpResponseHeaderSectionSize(_) => of(
            Outcome::Hopeless,
            Reason::Unexpected,
            "the answer is larger than the host allows; ask for less at once".to_owned(),
        ),
        ErrorCode::HttpRequestBodySize(_) | ErrorCode::HttpRequestUriTooLong | ErrorCode::HttpRequestHeaderSize(_) => {
            of(
                Outcome::Hopeless,
                Reason::Refused,
                "the request is larger than the host allows; send less at once".to_owned(),
            )
        }
        ErrorCode::HttpResponseTimeout | ErrorCode::ConnectionReadTimeout | ErrorCode::ConnectionWriteTimeout => {
            broken("no answer came in time")
        }
        ErrorCode::ConnectionTerminated | ErrorCode::HttpResponseIncomplete => broken("the connection broke"),
        ErrorCode::HttpProtocolError => {
            broken("what answered does not speak HTTP: a proxy may be in between, or the address be wrong")
        }
        ErrorCode::ConfigurationError
        | ErrorCode::HttpRequestUriInvalid
        | ErrorCode::HttpRequestMethodInvalid
        | ErrorCode::HttpRequestLengthRequired
        | ErrorCode::HttpRequestHeaderSectionSize(_) => of(
            Outcome::Hopeless,
            Reason::Unavailable,
            "the host could not send the request; check the settings of the host and try again".to_owned(),
        ),
        // The host's own words; nothing in them is the provider's.
        ErrorCode::InternalError(Some(why)) => broken(&format!("the host failed ({})", said(&why))),
        _ => broken("the exchange failed"),
    }
}
