//! The engine that runs every connector of a process, and how a component gets
//! into it.

use std::io::{BufReader, Read, Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sha2::{Digest, Sha256};
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Enabled, Engine, PoolingAllocationConfig, Store};

use crate::bindings::ConnectorPre;
use crate::bounded::TICK;
use crate::cache;
use crate::connector::Connector;
use crate::error::{Error, Limit, LoadError};
use crate::fit;
use crate::grants::Allowed;
use crate::net::Network;
use crate::options::HostOptions;
use crate::outgoing::{Outgoing, Way};
use crate::settle::unfit_code;
use crate::shared::Shared;
use crate::sign::Placeholders;
use crate::state::{CORE_INSTANCES, MEMORIES, State, TABLES, link};
use crate::transport::Transport;

/// Memory of an instance that stays with the process when the instance is gone,
/// in bytes: as much as most ever need.
const KEPT: usize = 4 << 20;

/// Runs connectors. Make one per process and clone it where it is needed.
#[derive(Clone)]
pub struct Host(Arc<Inner>);

struct Inner {
    engine: Engine,
    linker: Linker<State>,
    way: Way,
    options: HostOptions,
    shared: Shared,
    start: tokio::time::Instant,
}

impl Host {
    /// Sets up the engine, the linker and the pool of network connections, and
    /// starts the thread that lets long-running connectors yield.
    ///
    /// # Errors
    /// [`Error::Host`] if the machine cannot reserve what `pooling` needs.
    pub fn new(mut options: HostOptions) -> Result<Self, Error> {
        options.limits = options.limits.within_reason();
        let failed = |why: wasmtime::Error| Error::Host(format!("{why:#}"));
        let engine = Engine::new(&config(&options)).map_err(failed)?;
        let mut linker = Linker::new(&engine);
        link(&mut linker).map_err(failed)?;
        let way = match &options.transport {
            Transport::Network => Way::Network(Network::new(&options)?),
            Transport::Custom(custom) => Way::Custom(custom.clone()),
        };
        start_ticker(&engine)?;
        let shared = Shared::new().map_err(|why| Error::Host(format!("the system gives no randomness: {why}")))?;
        Ok(Host(Arc::new(Inner { engine, linker, way, options, shared, start: tokio::time::Instant::now() })))
    }

    /// Loads the component in a file. See [`Host::load_bytes`]. Where its compiled
    /// code is kept, the file is read for its digest alone.
    ///
    /// # Errors
    /// [`LoadError::Read`] besides those of `load_bytes`.
    pub async fn load(&self, path: impl AsRef<Path>) -> Result<Connector, Error> {
        let path = path.as_ref().to_owned();
        let host = self.clone();
        match aside(move || host.find(&path).map_err(|why| (path, why))).await? {
            Ok(Found::Kept(component, sha256)) => self.fitting(component, sha256).await,
            Ok(Found::Bytes(bytes)) => self.load_bytes(bytes).await,
            Err((path, why)) => Err(LoadError::Read { path, why }.into()),
        }
    }

    /// Loads a component: from the cache of compiled code if there is a sound
    /// entry, compiled otherwise. It is then instantiated once and asked who it
    /// is, so what this returns fits the contract to the last type.
    ///
    /// # Errors
    /// A [`LoadError`] that says what does not fit; [`Error::Limit`] if the
    /// component is too large; that or [`Error::Trap`] if it breaks while it says
    /// who it is.
    pub async fn load_bytes(&self, bytes: impl Into<Vec<u8>>) -> Result<Connector, Error> {
        let bytes = bytes.into();
        let most = self.0.options.limits.component;
        if bytes.len() as u64 > most {
            return Err(Error::Limit(Limit::Component(most)));
        }
        fit::is_component(&bytes)?;
        let host = self.clone();
        let compiling = aside(move || {
            let sha256 = crate::hex(&Sha256::digest(&bytes));
            let component = match &host.0.options.cache_dir {
                Some(folder) => cache::load_or_compile(&host.0.engine, &bytes, &sha256, folder),
                None => Component::from_binary(&host.0.engine, &bytes),
            };
            component.map(|component| (component, sha256))
        });
        let (component, sha256) = compiling.await?.map_err(|why| unfit_code(&self.0.options.limits, &why))?;
        self.fitting(component, sha256).await
    }

    /// The component behind a file, or its bytes.
    fn find(&self, path: &Path) -> std::io::Result<Found> {
        let mut file = std::fs::File::open(path)?;
        // One byte too many is enough to refuse it, of a file without end too.
        let most = self.0.options.limits.component.saturating_add(1);
        // What is no plain file can be read only once.
        if let Some(folder) = &self.0.options.cache_dir
            && file.metadata()?.is_file()
        {
            let mut digest = Digesting(Sha256::new());
            let length = std::io::copy(&mut BufReader::with_capacity(PIECE, (&file).take(most)), &mut digest)?;
            let sha256 = crate::hex(&digest.0.finalize());
            let kept = || cache::load(&self.0.engine, &sha256, folder);
            if let Some(component) = (length < most).then(kept).flatten() {
                return Ok(Found::Kept(component, sha256));
            }
            file.rewind()?;
        }
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes)?;
        Ok(Found::Bytes(bytes))
    }

    /// A connector, if the component fits the contract.
    async fn fitting(&self, component: Component, sha256: String) -> Result<Connector, Error> {
        fit::check(&self.0.engine, &component)?;
        let unfit = |why: wasmtime::Error| LoadError::NotThisContract {
            unknown_imports: Vec::new(),
            missing_exports: Vec::new(),
            detail: Some(format!("{why:#}")),
        };
        let instance = self.0.linker.instantiate_pre(&component).map_err(unfit)?;
        let pre = ConnectorPre::new(instance).map_err(unfit)?;
        Connector::new(self.clone(), pre, sha256).await
    }

    pub(crate) fn options(&self) -> &HostOptions {
        &self.0.options
    }

    /// What connections learn of rate limits.
    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    /// Time as the connectors see it; it never runs backwards.
    pub(crate) fn now(&self) -> Duration {
        match &self.0.options.clock {
            Some(clock) => clock.monotonic(),
            None => self.0.start.elapsed(),
        }
    }

    /// A store for one instance that may send what `allowed` says.
    pub(crate) fn store(&self, allowed: Allowed, placeholders: Placeholders) -> Store<State> {
        let options = &self.0.options;
        let outgoing = Outgoing::new(self.0.way.clone(), options.limits.clone(), allowed, placeholders);
        let mut store = Store::new(&self.0.engine, State::new(options, outgoing));
        store.limiter(|state| &mut state.space);
        store.set_max_component_handles(self.0.options.limits.handles);
        store.set_hostcall_fuel(self.0.options.limits.result);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        store
    }
}

fn config(options: &HostOptions) -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true);
    // A trap is told in one line; nobody outside can read frames of the guest.
    config.wasm_backtrace_max_frames(None);
    config.guest_debug(options.inspect_memory);
    config.max_wasm_stack(options.limits.stack);
    config.async_stack_size(options.limits.stack.saturating_add(HOST_STACK));
    if options.pooling {
        let connections = options.limits.connections;
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(connections)
            .total_core_instances(connections.saturating_mul(CORE_INSTANCES))
            .total_memories(connections.saturating_mul(MEMORIES))
            .total_tables(connections.saturating_mul(TABLES))
            .total_stacks(connections)
            .max_core_instances_per_component(CORE_INSTANCES)
            .max_memories_per_component(MEMORIES)
            .max_tables_per_component(TABLES)
            // A component may have all of them in one module.
            .max_tables_per_module(TABLES)
            .max_memory_size(options.limits.memory)
            .table_elements(options.limits.table)
            // What an instance leaves behind is wiped in place: giving the
            // pages back costs a page fault each when the next one comes.
            .linear_memory_keep_resident(KEPT)
            .pagemap_scan(Enabled::Auto);
        config.allocation_strategy(pool);
    }
    config
}

/// What the host's own functions have of the stack that a connector runs on, in
/// bytes: what wasmtime leaves them by default.
const HOST_STACK: usize = (2 << 20) - (512 << 10);

/// Bytes of a file that are read at a time.
const PIECE: usize = 64 << 10;

/// What a file came to.
enum Found {
    /// Compiled code that was kept, and the component's SHA-256.
    Kept(Component, String),
    Bytes(Vec<u8>),
}

/// Takes the digest of what is written to it.
struct Digesting(Sha256);

impl Write for Digesting {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        self.0.update(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs what blocks on a thread where it may.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|why| Error::Host(format!("loading was interrupted: {why}")))
}

/// Raises the epoch until the engine is gone.
fn start_ticker(engine: &Engine) -> Result<(), Error> {
    let engine = engine.weak();
    let ticker = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    };
    thread::Builder::new()
        .name("connector-ticker".into())
        .spawn(ticker)
        .map(drop)
        .map_err(|why| Error::Host(format!("no thread could be started: {why}")))
}
