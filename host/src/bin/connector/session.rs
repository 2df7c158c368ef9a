//! From options to a loaded connector and an open connection.

use std::path::PathBuf;

use connector_host::{Connection, Connector, Host, HostOptions, Limits, loopback_origin};
use pagerduty_simulator::Server;

use crate::cli::Global;
use crate::failure::{Failure, Result};
use crate::signin::Keys;
use crate::{signin, simulate};

/// An open connection, and the simulator it talks to if it is one.
pub(crate) struct Session {
    pub(crate) connector: Connector,
    pub(crate) connection: Connection,
    _simulator: Option<Server>,
}

/// The most memory of a connector to which a whole account is handed at once, in bytes.
const LARGE: usize = 1 << 30;

/// Loads the connector: what needs no account needs no more.
pub(crate) async fn connector(global: &Global) -> Result<Connector> {
    bounded(global, Limits::default()).await
}

/// The same for whoever hands a whole account over: a hundred thousand assets take more than a call otherwise may.
pub(crate) async fn large(global: &Global) -> Result<Connector> {
    bounded(global, Limits { memory: LARGE, result: LARGE, ..Limits::default() }).await
}

async fn bounded(global: &Global, limits: Limits) -> Result<Connector> {
    let path = match &global.component {
        Some(path) => path.clone(),
        None => default_component()?,
    };
    let host = Host::new(HostOptions {
        cache_dir: cache_dir(),
        // One connection in the life of this process: on demand is faster.
        pooling: false,
        limits,
        allow_loopback: global.simulate || global.base_url.is_some(),
        ..HostOptions::default()
    })?;
    Ok(host.load(path).await?)
}

/// Opens a connection, with the settings in `wishes` where the connector has them.
pub(crate) async fn open(global: &Global, wishes: &[(&str, u64)]) -> Result<Session> {
    // Before anything is loaded: this is the mistake of the first minute.
    let keys = signin::keys(global, |name| std::env::var(name).ok())?;
    sound(global)?;
    let connector = connector(global).await?;
    let simulator = match global.simulate {
        true => Some(simulate::start(0).await?),
        false => None,
    };
    let connection = open_at(&connector, global, keys, simulator.as_ref(), wishes).await?;
    Ok(Session { connector, connection, _simulator: simulator })
}

/// # Errors
/// A base URL that leads anywhere but to this machine.
pub(crate) fn sound(global: &Global) -> Result<()> {
    match &global.base_url {
        Some(url) if loopback_origin(url).is_none() => {
            Err(Failure::Usage("--base-url takes http://127.0.0.1:PORT or http://[::1]:PORT, and nothing else".into()))
        }
        Some(_) | None => Ok(()),
    }
}

/// Opens a connection with keys that are at hand, to the simulator if there is one.
pub(crate) async fn open_at(
    connector: &Connector,
    global: &Global,
    keys: Keys,
    simulator: Option<&Server>,
    wishes: &[(&str, u64)],
) -> Result<Connection> {
    let base_url = match simulator {
        Some(server) => Some(server.base_url()),
        None => global.base_url.clone(),
    };
    let sign = signin::sign(global, keys, connector, base_url.as_deref(), wishes)?;
    let grants = signin::grants(global, connector, base_url.is_some());
    Ok(connector.open(&sign, &grants).await?)
}

/// `pagerduty.wasm` beside this program or, as `make build` leaves it, a folder
/// further up.
fn default_component() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    program
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("pagerduty.wasm"))
        .find(|path| path.is_file())
        .ok_or_else(|| {
            Failure::Other(
                "there is no pagerduty.wasm beside this program: run `make build`, \
                 or name one with --component FILE"
                    .into(),
            )
        })
}

/// Where compiled code is kept, as the XDG rules say; nowhere without a home.
fn cache_dir() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    folder("XDG_CACHE_HOME")
        .or_else(|| folder("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("pagerduty-connector"))
}
