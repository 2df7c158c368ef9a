//! The way to the network: one pool of kept-alive connections for the whole
//! host, TLS by rustls, names resolved here and private addresses refused.
//!
//! TLS trusts Mozilla's roots as compiled in. The connector calls a handful of
//! public hosts, so what a machine adds to its own store would widen the trust
//! and never be needed; a bare container works; start-up reads no file.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use tower_service::Service;

use crate::address::is_public;
use crate::body::Bounded;
use crate::error::Error;
use crate::network_error;
use crate::options::HostOptions;
use crate::transport::{BoxFuture, TransportError};

/// Turns a host name into its addresses.
pub type Resolver = Arc<dyn Fn(String) -> BoxFuture<io::Result<Vec<IpAddr>>> + Send + Sync>;

/// Shorter than load balancers keep an idle connection, so that a request does
/// not meet one that is just being closed.
const IDLE: Duration = Duration::from_secs(20);

/// What is read at a time: a whole page, so that a connector takes it in one
/// piece.
const READ_BUFFER: usize = 512 << 10;

/// The pool, to be cloned.
#[derive(Clone)]
pub(crate) struct Network(Client<Timed<HttpsConnector<HttpConnector<Names>>>, Bounded>);

impl Network {
    /// An empty pool.
    pub(crate) fn new(options: &HostOptions) -> Result<Self, Error> {
        Network::trusting(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(), options)
    }

    fn trusting(roots: RootCertStore, options: &HostOptions) -> Result<Self, Error> {
        let tls = ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .map_err(|why| Error::Host(format!("TLS: {why}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let resolver = options.resolver.clone().unwrap_or_else(system_resolver);
        let mut tcp = HttpConnector::new_with_resolver(Names(resolver));
        // Grants decide between https and a loopback's http before this.
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let https =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .http1_max_buf_size(READ_BUFFER)
            .build(Timed { inner: https, limit: options.limits.connect });
        Ok(Network(client))
    }

    /// Sends one request; follows no redirect. hyper repeats it by itself only
    /// where nothing of it was written, on a connection found closed.
    pub(crate) async fn send(
        &self,
        request: http::Request<Bounded>,
    ) -> Result<http::Response<Incoming>, TransportError> {
        self.0.request(request).await.map_err(network_error::of_request)
    }
}

/// Why there is no connection, where neither `io::Error` nor rustls says it.
#[derive(Debug)]
pub(crate) enum NoConnection {
    /// The name cannot be looked up.
    Lookup(io::Error),
    /// The name has no address.
    NoAddress,
    /// The name leads into the machine or its neighbourhood.
    Private(IpAddr),
    /// It took too long.
    Late,
}

impl fmt::Display for NoConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoConnection::Lookup(why) => write!(f, "the name cannot be looked up: {why}"),
            NoConnection::NoAddress => f.write_str("the name has no address"),
            NoConnection::Private(address) => write!(f, "the name leads to {address}"),
            NoConnection::Late => f.write_str("connecting took too long"),
        }
    }
}

impl std::error::Error for NoConnection {}

fn system_resolver() -> Resolver {
    Arc::new(|name| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}

/// Resolves names and refuses those that lead to a private address, even if
/// they lead to public ones as well.
#[derive(Clone)]
struct Names(Resolver);

impl Service<Name> for Names {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = NoConnection;
    type Future = BoxFuture<Result<Self::Response, NoConnection>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NoConnection>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let lookup = (self.0)(name.as_str().to_owned());
        Box::pin(async move {
            let addresses = lookup.await.map_err(NoConnection::Lookup)?;
            if let Some(private) = addresses.iter().find(|address| !is_public(**address)) {
                return Err(NoConnection::Private(*private));
            }
            if addresses.is_empty() {
                return Err(NoConnection::NoAddress);
            }
            let addresses: Vec<_> = addresses.into_iter().map(|address| SocketAddr::new(address, 0)).collect();
            Ok(addresses.into_iter())
        })
    }
}

/// Gives looking up, connecting and the TLS handshake one time limit together:
/// hyper's own covers each attempt to connect and nothing else.
#[derive(Clone)]
struct Timed<C> {
    inner: C,
    limit: Duration,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl<C> Service<Uri> for Timed<C>
where
    C: Service<Uri, Error = BoxError>,
    C::Future: Send + 'static,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connecting, limit) = (self.inner.call(uri), self.limit);
        Box::pin(async move {
            match tokio::time::timeout(limit, connecting).await {
                Ok(result) => result,
                Err(_) => Err(NoConnection::Late.into()),
            }
        })
    }
}

#[cfg(test)]
mod tests;
