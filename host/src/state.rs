//! What a store holds: the WASI contexts, the way out and the memory limit. A
//! connector gets no environment, argument, file, socket or standard stream.

use wasmtime::ResourceLimiter;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::p2::bindings::{cli, random};
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::options::{GuestClock, HostOptions};
use crate::outgoing::Outgoing;

/// The data of one store.
pub(crate) struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    pub(crate) outgoing: Outgoing,
    pub(crate) memory: MemoryLimit,
}

impl State {
    pub(crate) fn new(options: &HostOptions, outgoing: Outgoing) -> Self {
        let mut wasi = WasiCtx::builder();
        wasi.allow_udp(false).allow_tcp(false);
        if let Some(clock) = &options.clock {
            wasi.monotonic_clock(GuestClock(clock.clone()));
            wasi.wall_clock(GuestClock(clock.clone()));
        }
        if let Some(seed) = options.random_seed {
            let bytes = || wasmtime_wasi::random::Deterministic::new(seed.to_le_bytes().to_vec());
            wasi.secure_random(bytes()).insecure_random(bytes());
            wasi.insecure_random_seed(u128::from(seed));
        }
        State {
            table: ResourceTable::new(),
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            outgoing,
            memory: MemoryLimit { left: options.limits.memory, refused: false },
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.outgoing }
    }
}

/// Refuses memory beyond the limit and remembers it, so that the trap that
/// follows can be told from others.
pub(crate) struct MemoryLimit {
    left: usize,
    pub(crate) refused: bool,
}

/// Tables of a connector hold its function pointers: some thousands.
const TABLE_ELEMENTS: usize = 100_000;

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        // All memories of a component together.
        match self.left.checked_sub(desired.saturating_sub(current)) {
            Some(left) => {
                self.left = left;
                Ok(true)
            }
            None => {
                self.refused = true;
                Ok(false)
            }
        }
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}

/// Links what [`crate::fit`] allows a component to import, and no more.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    // wasi:io, clocks, random/random and the standard streams, all closed.
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    random::insecure::add_to_linker::<State, WasiRandom>(linker, |state| state.wasi.random())?;
    random::insecure_seed::add_to_linker::<State, WasiRandom>(linker, |state| state.wasi.random())?;
    cli::environment::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::exit::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_input::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_output::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stdin::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stdout::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stderr::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    Ok(())
}
