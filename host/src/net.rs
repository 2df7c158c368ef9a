//! The way to the network: a pool of kept-alive connections for each credential,
//! TLS by rustls, names resolved here and private addresses refused.
//!
//! Rule: a connection to a server carries the requests of one credential, ever.
//! HTTP/1.1 tells answers apart by their order alone, so whoever can put one more
//! into a kept-alive connection answers the request that comes next on it: that
//! must not be another account's. hyper closes a connection on which something
//! came that nobody asked for, as far as it has come when the next request is
//! written. What comes later is an answer like any other, to the same account.
//!
//! TLS trusts Mozilla's roots as compiled in. The connector calls a handful of
//! public hosts, so what a machine adds to its own store would widen the trust
//! and never be needed; a bare container works; start-up reads no file.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
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

/// Connections that one pool keeps to one server: as many as a walk fetches pages
/// at once.
const MOST_IDLE: usize = 8;

/// Pools that are kept; the one that was used longest ago makes room. A pool more
/// costs a handshake, an open socket more can cost every request of the process.
const MOST_POOLS: usize = 128;

/// Preliminary answers (1xx) to one request. hyper passes over any number of
/// them, as fast as they come.
const MOST_PRELIMINARY: u32 = 100;

/// Whose connections to servers a request may use: a salted digest of the
/// credentials, never shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Owner([u8; 32]);

type HttpClient = Client<Timed<HttpsConnector<HttpConnector<Names>>>, Bounded>;

/// The pools, to be cloned.
#[derive(Clone)]
pub(crate) struct Network(Arc<Inner>);

struct Inner {
    /// Shared by all pools: trust and names are the same for everybody.
    connect: Timed<HttpsConnector<HttpConnector<Names>>>,
    salt: [u8; 32],
    pools: Mutex<Pools>,
}

#[derive(Default)]
struct Pools {
    of: HashMap<Owner, Pool>,
    /// Requests so far: the clock that tells which pool was used longest ago.
    uses: u64,
    /// Connections without a credential so far.
    nobodies: u64,
}

struct Pool {
    client: HttpClient,
    used: u64,
}

impl Network {
    /// No pool yet.
    pub(crate) fn new(options: &HostOptions) -> Result<Self, Error> {
        Network::trusting(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(), options, None)
    }

    fn trusting(roots: RootCertStore, options: &HostOptions, detour: Option<Detour>) -> Result<Self, Error> {
        let tls = ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .map_err(|why| Error::Host(format!("TLS: {why}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let resolver = options.resolver.clone().unwrap_or_else(system_resolver);
        let mut tcp = HttpConnector::new_with_resolver(Names { resolver, detour });
        // Grants decide between https and a loopback's http before this.
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let https =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
        let connect = Timed { inner: https, limit: options.limits.connect };
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(|why| Error::Host(format!("the system gives no randomness: {why}")))?;
        Ok(Network(Arc::new(Inner { connect, salt, pools: Mutex::default() })))
    }

    /// Who signs in with these credentials; without any, somebody of their own.
    pub(crate) fn owner<'a>(&self, secrets: impl Iterator<Item = &'a str>) -> Owner {
        let mut hash = Sha256::new_with_prefix(self.0.salt);
        let mut add = |part: &[u8]| {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        };
        let mut some = false;
        secrets.for_each(|secret| {
            add(secret.as_bytes());
            some = true;
        });
        if !some {
            let mut pools = self.pools();
            pools.nobodies += 1;
            // Where a length stands otherwise: no credential is that long.
            hash.update(u64::MAX.to_le_bytes());
            hash.update(pools.nobodies.to_le_bytes());
        }
        Owner(hash.finalize().into())
    }

    /// Sends one request; follows no redirect. hyper repeats it by itself only
    /// where nothing of it was written, on a connection found closed.
    pub(crate) async fn send(
        &self,
        owner: Owner,
        mut request: http::Request<Bounded>,
    ) -> Result<http::Response<Incoming>, TransportError> {
        let flood = Arc::new((AtomicU32::new(0), Notify::new()));
        let count = flood.clone();
        hyper::ext::on_informational(&mut request, move |_| {
            if count.0.fetch_add(1, Ordering::Relaxed) >= MOST_PRELIMINARY {
                count.1.notify_one();
            }
        });
        let client = self.client(owner);
        tokio::select! {
            answer = client.request(request) => answer.map_err(network_error::of_request),
            // The request is let go, and its connection with it.
            () = flood.1.notified() => Err(TransportError::HttpProtocolError),
        }
    }

    /// The pool of this owner. Those whose pool makes room for another finish
    /// what they have begun.
    fn client(&self, owner: Owner) -> HttpClient {
        let mut pools = self.pools();
        pools.uses += 1;
        let used = pools.uses;
        if let Some(pool) = pools.of.get_mut(&owner) {
            pool.used = used;
            return pool.client.clone();
        }
        if pools.of.len() >= MOST_POOLS
            && let Some(oldest) = pools.of.iter().min_by_key(|(_, pool)| pool.used).map(|(owner, _)| *owner)
        {
            pools.of.remove(&oldest);
        }
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(MOST_IDLE)
            .pool_timer(TokioTimer::new())
            .http1_max_buf_size(READ_BUFFER)
            .build(self.0.connect.clone());
        pools.of.insert(owner, Pool { client: client.clone(), used });
        client
    }

    /// What is behind the lock stays sound whatever panicked.
    fn pools(&self) -> MutexGuard<'_, Pools> {
        self.0.pools.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Where tests lead a public address, since they may not connect to it.
type Detour = Arc<dyn Fn(IpAddr) -> SocketAddr + Send + Sync>;

/// Resolves names and refuses those that lead to a private address, even if
/// they lead to public ones as well. What it answers is connected to: a name is
/// looked up once a connection, so it cannot change in between.
#[derive(Clone)]
struct Names {
    resolver: Resolver,
    /// None outside the tests.
    detour: Option<Detour>,
}

impl Service<Name> for Names {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = NoConnection;
    type Future = BoxFuture<Result<Self::Response, NoConnection>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NoConnection>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (lookup, detour) = ((self.resolver)(name.as_str().to_owned()), self.detour.clone());
        Box::pin(async move {
            let addresses = lookup.await.map_err(NoConnection::Lookup)?;
            if let Some(private) = addresses.iter().find(|address| !is_public(**address)) {
                return Err(NoConnection::Private(*private));
            }
            if addresses.is_empty() {
                return Err(NoConnection::NoAddress);
            }
            // The port is the URL's.
            let led = |address| detour.as_ref().map_or(SocketAddr::new(address, 0), |detour| detour(address));
            Ok(addresses.into_iter().map(led).collect::<Vec<_>>().into_iter())
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
