//! What the benchmarks' programs share: the figures each prints, and how it
//! measures itself.
//!
//! Rule: every contestant measures the same span, from before the first request
//! of a round to the end of the last answer, with a process that is warm.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

pub mod copies;
pub mod records;

/// What one round took, as one line of JSON on stdout.
#[derive(Debug, Default, Serialize)]
pub struct Figures {
    /// Records delivered (calls, in the workload `small`).
    pub records: u64,
    /// Bytes of what was delivered.
    pub bytes: u64,
    /// Requests that were answered, as the contestant counts them.
    pub requests: u64,
    /// Processor time of the process, user and system, in milliseconds.
    pub cpu_ms: f64,
    /// Elapsed time in milliseconds.
    pub wall_ms: f64,
    /// The most memory that the process ever had resident, in KiB.
    pub rss_kb: u64,
    /// Resident memory before the round, in KiB.
    pub idle_kb: u64,
    /// Linear memory of the guest at the end, in KiB; 0 for others.
    pub guest_kb: u64,
    /// Steps of a scan, or of what is stored of one; 0 for others.
    pub steps: u64,
    /// Rules that were evaluated, each on an asset; 0 for others.
    pub asset_rules: u64,
}

/// A round under way.
pub struct Round {
    begun: Instant,
    cpu: Duration,
    idle_kb: u64,
}

/// What a contestant delivered.
#[derive(Debug, Default, Clone, Copy)]
pub struct Delivered {
    /// Records.
    pub records: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Requests.
    pub requests: u64,
    /// Linear memory of the guest, in KiB.
    pub guest_kb: u64,
}

impl Delivered {
    /// Adds what another piece of work delivered; of memory the most counts.
    pub fn add(&mut self, other: Delivered) {
        self.records += other.records;
        self.bytes += other.bytes;
        self.requests += other.requests;
        self.guest_kb = self.guest_kb.max(other.guest_kb);
    }
}

impl Round {
    /// Starts the clocks.
    #[must_use]
    pub fn begin() -> Round {
        Round { idle_kb: status_kb("VmRSS:"), cpu: cpu(), begun: Instant::now() }
    }

    /// Stops them.
    #[must_use]
    pub fn end(self, delivered: Delivered) -> Figures {
        let (wall, cpu) = (self.begun.elapsed(), cpu().saturating_sub(self.cpu));
        Figures {
            records: delivered.records,
            bytes: delivered.bytes,
            requests: delivered.requests,
            cpu_ms: cpu.as_secs_f64() * 1e3,
            wall_ms: wall.as_secs_f64() * 1e3,
            rss_kb: status_kb("VmHWM:"),
            idle_kb: self.idle_kb,
            guest_kb: delivered.guest_kb,
            steps: 0,
            asset_rules: 0,
        }
    }
}

impl Figures {
    /// Prints the line.
    pub fn print(&self) {
        println!("{}", serde_json::to_string(self).expect("numbers"));
    }
}

/// Processor time of this process so far.
fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// A figure of `/proc/self/status`, in KiB; 0 where the system has none.
fn status_kb(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// The command line of every contestant.
#[derive(Debug, Clone, clap::Parser)]
pub struct Contest {
    /// The work.
    #[arg(value_enum)]
    pub workload: Workload,
    /// Base URL of the benchmarks' server.
    pub base: String,
    /// Records to walk.
    #[arg(long, default_value_t = 10_000)]
    pub records: u64,
    /// Requests (with `many`: walks) at the same time.
    #[arg(long, default_value_t = 1)]
    pub in_flight: usize,
    /// Calls of the workload `small`.
    #[arg(long, default_value_t = 1_000)]
    pub calls: u64,
    /// Connections of the workload `many`.
    #[arg(long, default_value_t = 1_000)]
    pub connections: usize,
    /// How often the work is done.
    #[arg(long, default_value_t = 1)]
    pub rounds: u32,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Workload {
    /// All incidents of the account.
    Walk,
    /// One user, again and again, on a warm connection.
    Small,
    /// The first page of incidents.
    Start,
    /// Many connections, each walking three pages of services.
    Many,
}

/// Where the incidents of `count` records lie in time: from, until.
#[must_use]
pub fn range(count: u64) -> (String, String) {
    (records::at(0), records::at(count))
}
