//! Where requests go after the host has checked the grant and put the real
//! credential in: to the network, or to a function of the embedding program
//! (tests answer there, without a socket).

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};

/// Why a request got no answer, in the words of `wasi:http`.
///
/// A connector takes these for "never sent": `Dns*`, `Destination*`,
/// `ConnectionRefused`, `ConnectionTimeout`, `ConnectionLimitReached`, `Tls*`,
/// `HttpRequest*`, `ConfigurationError`. All others leave the outcome unknown.
pub use wasmtime_wasi_http::Error as TransportError;

/// The body of an answer: bytes as they come, or the error that cut it short.
pub type Body = wasmtime_wasi_http::WasiBody;

/// A boxed future, as [`CustomTransport`] returns it.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Answers requests in place of the network. It sees what would have gone out:
/// granted hosts only, with the real credential.
pub type CustomTransport =
    Arc<dyn Fn(http::Request<Bytes>) -> BoxFuture<Result<http::Response<Body>, TransportError>> + Send + Sync>;

/// Where requests go.
#[derive(Clone)]
pub enum Transport {
    /// Over TLS to the hosts that were granted.
    Network,
    /// To a function.
    Custom(CustomTransport),
}

impl Transport {
    /// A transport that answers every request by `answer`.
    pub fn custom<F, A>(answer: F) -> Self
    where
        F: Fn(http::Request<Bytes>) -> A + Send + Sync + 'static,
        A: Future<Output = Result<http::Response<Body>, TransportError>> + Send + 'static,
    {
        Transport::Custom(Arc::new(move |request| Box::pin(answer(request))))
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Transport::Network => "Network",
            Transport::Custom(_) => "Custom",
        })
    }
}

/// A body that is all there, for a [`Transport::Custom`].
pub fn body(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}
