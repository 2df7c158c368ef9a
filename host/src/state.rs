//! What a store holds: the WASI contexts, the way out and what is left of memory. A
//! connector gets no environment, argument, file, socket or standard stream.

use wasmtime::ResourceLimiter;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::p2::bindings::{cli, random};
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::bindings::http::types;
use wasmtime_wasi_http::{WasiHttp, WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::error::Limit;
use crate::options::{GuestClock, HostOptions, Limits};
use crate::outgoing::Outgoing;

/// Random bytes that a connector gets at once: filling them takes the host's time.
const RANDOM: u64 = 64 << 10;

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
    pub(crate) space: Space,
}

impl State {
    pub(crate) fn new(options: &HostOptions, outgoing: Outgoing) -> Self {
        let mut wasi = WasiCtx::builder();
        wasi.allow_udp(false).allow_tcp(false).max_random_size(RANDOM);
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
        table.set_max_capacity(options.limits.handles);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(options.limits.headers);
        State { table, wasi: wasi.build(), http, outgoing, space: Space::new(&options.limits) }
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

/// What is left of memory and table elements. Asking for more ends the call with
/// the limit as its reason: whatever the connector would make of a refusal, the
/// platform is told which limit it was.
pub(crate) struct Space {
    memory: Left,
    table: Left,
}

/// Of a limit, how much is left.
struct Left {
    limit: usize,
    left: usize,
}

impl Space {
    fn new(limits: &Limits) -> Self {
        let whole = |limit| Left { limit, left: limit };
        Space { memory: whole(limits.memory), table: whole(limits.table) }
    }

    /// All memories together, in bytes.
    pub(crate) fn used(&self) -> usize {
        self.memory.limit - self.memory.left
    }
}

impl Left {
    /// All memories, or all tables, of a connector count together.
    fn grow(&mut self, current: usize, desired: usize, named: fn(usize) -> Limit) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        self.left = self.left.checked_sub(more).ok_or_else(|| named(self.limit))?;
        Ok(true)
    }
}

impl ResourceLimiter for Space {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.memory.grow(current, desired, Limit::Memory)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.table.grow(current, desired, Limit::Table)
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

    fn left(space: &mut Space, table: bool, current: usize, desired: usize) -> Option<Limit> {
        let grown = match table {
            false => space.memory_growing(current, desired, None),
            true => space.table_growing(current, desired, None),
        };
        grown.err().map(|refused| *refused.downcast_ref::<Limit>().unwrap())
    }

    #[test]
    fn all_memories_and_all_tables_count_together() {
        for (table, limit) in [(false, Limit::Memory(100)), (true, Limit::Table(100))] {
            let mut space = Space::new(&Limits { memory: 100, table: 100, ..Limits::default() });
            for (current, desired, expected) in
                [(0, 60, None), (60, 80, None), (0, 21, Some(limit)), (0, 20, None), (20, 21, Some(limit))]
            {
                assert_eq!(left(&mut space, table, current, desired), expected, "{current} to {desired}");
            }
        }
    }
}
