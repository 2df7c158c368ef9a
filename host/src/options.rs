//! What a platform decides once for all its connectors: limits, the cache, the
//! transport and the clocks. Every default is the safe one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

use crate::net::Resolver;
use crate::transport::Transport;

/// How a [`Host`](crate::Host) is set up.
#[derive(Clone)]
pub struct HostOptions {
    /// What one connection and one call may use.
    pub limits: Limits,
    /// Where compiled code is kept between processes; `None` compiles anew each
    /// time (150-250 ms). The folder is made with mode 0700; one that is a
    /// symlink, somebody else's or writable by others is not used.
    pub cache_dir: Option<PathBuf>,
    /// Keep memory ready for instances. Pays in a process that lives long (some
    /// 12 microseconds an instance); a one-shot program is faster without.
    pub pooling: bool,
    /// Let host-only settings name `http://127.0.0.1:PORT` or
    /// `http://[::1]:PORT`. For simulators and tests.
    pub allow_loopback: bool,
    /// Where requests go.
    pub transport: Transport,
    /// Turns a host name into addresses; `None` asks the system. Whatever it
    /// answers, private addresses are refused.
    pub resolver: Option<Resolver>,
    /// What connectors see as time; `None` is the system's clocks.
    pub clock: Option<Arc<dyn Clock>>,
    /// Makes a connector's randomness repeatable. For tests.
    pub random_seed: Option<u64>,
    /// Keep what [`Connection::memory_contains`](crate::Connection::memory_contains)
    /// needs. For tests: it costs speed.
    pub inspect_memory: bool,
}

impl Default for HostOptions {
    fn default() -> Self {
        HostOptions {
            limits: Limits::default(),
            cache_dir: None,
            pooling: true,
            allow_loopback: false,
            transport: Transport::Network,
            resolver: None,
            clock: None,
            random_seed: None,
            inspect_memory: false,
        }
    }
}

#[doc = include_str!("../LIMITS.md")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The component itself, in bytes, before anything is made of it.
    pub component: u64,
    /// Memory of one connection, in bytes.
    pub memory: usize,
    /// Elements of all tables of one connection together.
    pub table: usize,
    /// Stack of one call inside the connector, in bytes.
    pub stack: usize,
    /// Processor time of one call.
    pub cpu: Duration,
    /// Elapsed time of one call: long enough to wait until a rate limit lifts.
    pub wall: Duration,
    /// What a connector hands to the host at once, be it an answer or what it
    /// asks for, in bytes as they lie in the host's memory.
    pub result: usize,
    /// What a connector may hold at once of the host's and of its own: bodies,
    /// headers, timers, walks.
    pub handles: usize,
    /// Looking up a name, connecting and the TLS handshake together.
    pub connect: Duration,
    /// From sending a request to the head of its answer.
    pub first_byte: Duration,
    /// Between two pieces of an answer's body.
    pub between_bytes: Duration,
    /// Requests that one call begins, those that are refused as well.
    pub requests: u64,
    /// Headers of one request, in bytes as they lie in memory.
    pub headers: usize,
    /// Body of one request, in bytes.
    pub request_body: u64,
    /// Body of one answer, in bytes.
    pub answer_body: u64,
    /// Requests of one connection at the same time.
    pub in_flight: usize,
    /// Connections (and loads) at the same time. Counts with `pooling` only.
    pub connections: u32,
}

/// As good as for ever: longer times overflow a clock.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// As good as without end: what a table or a stack is given is set aside.
const LARGEST: usize = 64 << 20;

impl Limits {
    /// The same limits, those that mean "none" brought down to what clocks and
    /// semaphores can count.
    pub(crate) fn within_reason(self) -> Self {
        Limits {
            cpu: self.cpu.min(LONGEST),
            wall: self.wall.min(LONGEST),
            table: self.table.min(LARGEST),
            stack: self.stack.min(LARGEST),
            connect: self.connect.min(LONGEST),
            first_byte: self.first_byte.min(LONGEST),
            between_bytes: self.between_bytes.min(LONGEST),
            in_flight: self.in_flight.min(tokio::sync::Semaphore::MAX_PERMITS),
            ..self
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            component: 64 << 20,
            memory: 256 << 20,
            table: 20_000,
            stack: 512 << 10,
            cpu: Duration::from_secs(10),
            wall: Duration::from_secs(600),
            result: 128 << 20,
            handles: 1_000,
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(120),
            between_bytes: Duration::from_secs(60),
            requests: 10_000,
            headers: 64 << 10,
            request_body: 64 << 20,
            answer_body: 64 << 20,
            in_flight: 16,
            connections: 128,
        }
    }
}

/// What connectors see as time; the host goes by it where it passes on what one
/// connection learned of a rate limit.
pub trait Clock: Send + Sync {
    /// Time since some fixed moment; never runs backwards.
    fn monotonic(&self) -> Duration;
    /// Time since 1970-01-01T00:00:00Z.
    fn unix(&self) -> Duration;
}

/// Follows tokio's clock, which a test can pause: a connector that waits a
/// minute then takes no time at all. Answer inside a
/// [`Transport::Custom`], since a paused clock jumps while a socket is awaited.
#[derive(Debug, Clone, Copy)]
pub struct VirtualClock {
    start: tokio::time::Instant,
    unix: Duration,
}

impl VirtualClock {
    /// A clock that begins at `unix` (time since 1970) and moves with tokio's.
    #[must_use]
    pub fn starting_at(unix: Duration) -> Self {
        VirtualClock { start: tokio::time::Instant::now(), unix }
    }
}

impl Clock for VirtualClock {
    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn unix(&self) -> Duration {
        self.unix + self.start.elapsed()
    }
}

/// Hands a [`Clock`] to wasmtime, which wants one object per kind of time.
pub(crate) struct GuestClock(pub(crate) Arc<dyn Clock>);

impl HostMonotonicClock for GuestClock {
    fn resolution(&self) -> u64 {
        1_000_000
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.monotonic().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl HostWallClock for GuestClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        self.0.unix()
    }
}

#[cfg(test)]
mod tests;
