//! What went wrong on the network, in the words of `wasi:http`. The line that
//! matters is between "never sent", where a connector may repeat anything, and
//! "outcome unknown", where it may repeat only what is idempotent: a doubtful
//! case falls on the second side.

use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy;

use crate::net::NoConnection;
use crate::transport::TransportError;

/// Why a request has no answer.
pub(crate) fn of_request(error: legacy::Error) -> TransportError {
    tracing::debug!(error = %chain(&error), "a request failed");
    if error.is_connect() {
        return of_connect(&error);
    }
    if let Some(TransportError::HttpRequestBodySize(size)) = find::<TransportError>(&error) {
        return TransportError::HttpRequestBodySize(*size);
    }
    match find::<hyper::Error>(&error) {
        Some(hyper) => of_hyper(hyper),
        None => TransportError::ConnectionTerminated,
    }
}

/// Why an answer's body ends early.
pub(crate) fn of_body(error: hyper::Error) -> TransportError {
    tracing::debug!(error = %chain(&error), "an answer was cut short");
    match of_hyper(&error) {
        TransportError::ConnectionTerminated => TransportError::HttpResponseIncomplete,
        other => other,
    }
}

/// Nothing was sent, whatever is answered here.
fn of_connect(error: &(dyn StdError + 'static)) -> TransportError {
    if let Some(why) = find::<NoConnection>(error) {
        return match why {
            NoConnection::Lookup(why) => TransportError::DnsError { rcode: Some(why.to_string()), info_code: None },
            NoConnection::NoAddress => TransportError::DestinationNotFound,
            NoConnection::Private(_) => TransportError::DestinationIpProhibited,
            NoConnection::Late => TransportError::ConnectionTimeout,
        };
    }
    if let Some(tls) = find::<rustls::Error>(error) {
        return match tls {
            rustls::Error::InvalidCertificate(_)
            | rustls::Error::NoCertificatesPresented
            | rustls::Error::UnsupportedNameType => TransportError::TlsCertificateError,
            rustls::Error::AlertReceived(alert) => TransportError::TlsAlertReceived {
                alert_id: Some(u8::from(*alert)),
                alert_message: Some(format!("{alert:?}")),
            },
            _ => TransportError::TlsProtocolError,
        };
    }
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => TransportError::ConnectionRefused,
        Some(io::ErrorKind::TimedOut) => TransportError::ConnectionTimeout,
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            TransportError::DestinationIpUnroutable
        }
        _ => TransportError::DestinationUnavailable,
    }
}

fn of_hyper(error: &hyper::Error) -> TransportError {
    if error.is_timeout() {
        return TransportError::HttpResponseTimeout;
    }
    if error.is_parse() {
        return TransportError::HttpProtocolError;
    }
    TransportError::ConnectionTerminated
}

/// The first `T` among an error's causes. `io::Error` hides the error it was
/// made of from `source`, so it is asked apart.
fn find<'e, T: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e T> {
    if let Some(found) = error.downcast_ref::<T>() {
        return Some(found);
    }
    if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
        && let Some(found) = find::<T>(inner)
    {
        return Some(found);
    }
    find(error.source()?)
}

/// An error and its causes in one line. hyper's texts hold no URL or header.
fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
