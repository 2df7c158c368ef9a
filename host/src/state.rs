//! What a store holds: the WASI contexts, the way out and the memory limit. A
//! connector gets no environment, argument, file, socket or standard stream.

use wasmtime::ResourceLimiter;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::p2::bindings::{cli, random};
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::bindings::http::types;
use wasmtime_wasi_http::{WasiHttp, WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::options::{GuestClock, HostOptions};
use crate::outgoing::Outgoing;

/// Handles of one connection, on the host's side: each keeps some memory of the
/// host. A request takes about ten, and they are given back.
const HANDLES: usize = 2_000;

/// Handles of one connection, on the connector's side; those of its own
/// resources count as well.
pub(crate) const GUEST_HANDLES: usize = 10_000;

/// Headers of one request, in bytes, as they lie in memory.
const HEADERS: usize = 64 << 10;

/// What one component consists of: as much as tools make of one program, with
/// room to spare.
pub(crate) const CORE_INSTANCES: u32 = 16;
pub(crate) const MEMORIES: u32 = 1;
pub(crate) const TABLES: u32 = 8;

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
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(HEADERS);
        State { table, wasi: wasi.build(), http, outgoing, memory: MemoryLimit::new(options.limits.memory) }
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
    limit: usize,
    left: usize,
    elements_left: usize,
    pub(crate) refused: bool,
}

/// All tables of a component together. They hold its function pointers: some
/// thousands.
const TABLE_ELEMENTS: usize = 100_000;

impl MemoryLimit {
    fn new(limit: usize) -> Self {
        MemoryLimit { limit, left: limit, elements_left: TABLE_ELEMENTS, refused: false }
    }
}

impl MemoryLimit {
    /// All memories together, in bytes.
    pub(crate) fn used(&self) -> usize {
        self.limit - self.left
    }
}

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

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        match self.elements_left.checked_sub(desired.saturating_sub(current)) {
            Some(left) => {
                self.elements_left = left;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        TABLES as usize
    }

    fn memories(&self) -> usize {
        MEMORIES as usize
    }
}

/// Links what [`crate::fit`] allows a component to import, and no more.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    // wasi:io, clocks, random/random and the standard streams, all closed.
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(linker)?;
    types::add_to_linker::<State, WasiHttp>(linker, &types::LinkOptions::default(), State::http)?;
    crate::handler::link(linker)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_memories_and_all_tables_count_together() {
        let mut limit = MemoryLimit::new(100);
        let mut memory = |current, desired| limit.memory_growing(current, desired, None).unwrap();
        assert!(memory(0, 60) && memory(60, 80) && memory(0, 20));
        assert!(!memory(20, 21));
        assert!(limit.refused);

        let mut table = |current, desired| limit.table_growing(current, desired, None).unwrap();
        assert!(table(0, TABLE_ELEMENTS - 10) && table(0, 10));
        assert!(!table(10, 11));
    }
}
