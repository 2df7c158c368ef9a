//! Hosts connectors: WebAssembly components that export
//! `saas:connector@0.1.0` (`wit/connector.wit`), such as `pagerduty.wasm`.
//!
//! A platform makes one [`Host`], loads a [`Connector`] from its `.wasm`, and
//! opens a [`Connection`] per account. Each connection is an instance of its
//! own: nothing is shared but compiled code, the pool of network connections
//! and, among connections of the same key, what was learned of the provider's
//! rate limits. For parallel work open several connections of one [`Host`]: they
//! slow down together before a limit is spent. What the host promises:
//!
//! - a connector gets no file, socket, environment variable or standard stream;
//! - it calls only hosts that it asks for **and** [`Grants`] name, over https on
//!   port 443, at public addresses, following no redirect;
//! - it never holds the real credential, only a placeholder that the host
//!   replaces in `Authorization` on the way out;
//! - it is bounded in memory, processor time, elapsed time, in what it hands
//!   over, holds and sends ([`Limits`] lists every bound); sleeping through a
//!   rate limit is not mistaken for work;
//! - what breaks inside it is an [`Error`], never a panic.
//!
//! Unix only: the cache of compiled code rests on owners and modes of files.
//!
//! ```no_run
//! use connector_host::{Error, Grants, Host, HostOptions, Secret, Sign};
//! use serde_json::json;
//!
//! # async fn example(token: String) -> Result<(), Error> {
//! let host = Host::new(HostOptions {
//!     cache_dir: Some("/var/cache/connectors".into()),
//!     ..HostOptions::default()
//! })?;
//! let connector = host.load("pagerduty.wasm").await?;
//! println!("{} asks for {:?}", connector.identify().title, connector.identify().hosts);
//!
//! let sign = Sign {
//!     method: "token".into(),
//!     credentials: vec![("token".into(), Secret::new(token))],
//!     settings: json!({ "region": "us" }),
//!     ..Sign::default()
//! };
//! let grants = Grants {
//!     hosts: vec!["api.pagerduty.com".into()],
//!     sha256: Some(connector.sha256().to_owned()),
//! };
//! let mut connection = connector.open(&sign, &grants).await?;
//!
//! let arguments = json!({ "statuses": ["triggered"] }).to_string();
//! let mut walk = connection.walk("incidents.list", &arguments, None).await?;
//! while let Some(page) = walk.next().await? {
//!     println!("{} incidents: {}", page.count, page.items);
//! }
//! # Ok(()) }
//! ```

mod address;
mod bindings;
mod body;
mod bounded;
mod cache;
mod connection;
mod connector;
pub mod contract;
#[cfg(feature = "inventory")]
pub mod drift;
mod error;
mod error_body;
mod fit;
mod grants;
mod handler;
mod host;
#[cfg(feature = "inventory")]
pub mod inventory;
mod loopback;
mod net;
mod network_error;
mod options;
mod outgoing;
mod redact;
mod scrubbed;
mod search;
mod settle;
mod shared;
mod sign;
mod spelling;
mod state;
pub mod transport;

pub use connection::{Connection, Walk};
pub use connector::Connector;
pub use error::{Error, Limit, LoadError};
pub use grants::Grants;
pub use host::Host;
pub use loopback::loopback_origin;
pub use net::Resolver;
pub use options::{Clock, HostOptions, Limits, VirtualClock};
pub use search::search;
pub use sign::{Secret, Sign};

/// Lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
