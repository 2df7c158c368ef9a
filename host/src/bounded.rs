//! Bounds one call in processor time and in elapsed time. Processor time is
//! what the thread spends inside `poll`: a connector that sleeps through a rate
//! limit costs nothing, one that loops is stopped within a tick of the engine's
//! epoch, whatever it calls while it loops.
//!
//! Rule: never too little is counted. The thread's own clock is a system call, so
//! a call's first tick inside `poll` is told by the clock on the wall, which the
//! thread's never overtakes; from then on the thread's own is read around each poll.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::error::Limit;
use crate::options::Limits;

/// How often a running connector yields, so that its time can be counted.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Runs `call` until it is done or over a limit. In the latter case the future
/// is dropped in the middle, and the store it ran on must be dropped too.
pub(crate) async fn bounded<T>(limits: &Limits, call: impl Future<Output = T>) -> Result<T, Limit> {
    let mut call = pin!(call);
    let mut meter = Meter::new(limits, Clocks { wall: Instant::now, thread: thread_time });
    let metered = poll_fn(|context| match meter.around(|| call.as_mut().poll(context)) {
        Poll::Ready(value) => Poll::Ready(Ok(value)),
        Poll::Pending if meter.spent > limits.cpu => Poll::Ready(Err(Limit::Cpu(limits.cpu))),
        Poll::Pending => Poll::Pending,
    });
    match tokio::time::timeout(limits.wall, metered).await {
        Ok(result) => result,
        Err(_) => Err(Limit::Wall(limits.wall)),
    }
}

/// Where time is read.
struct Clocks {
    wall: fn() -> Instant,
    thread: fn() -> Duration,
}

/// What a call has spent.
struct Meter {
    clocks: Clocks,
    spent: Duration,
    /// So much may be told by the clock on the wall.
    roughly: Duration,
    exact: bool,
}

impl Meter {
    fn new(limits: &Limits, clocks: Clocks) -> Self {
        Meter { clocks, spent: Duration::ZERO, roughly: TICK.min(limits.cpu / 2), exact: false }
    }

    /// Counts what `work` takes.
    fn around<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let Clocks { wall, thread } = self.clocks;
        if self.exact {
            let before = thread();
            let done = work();
            self.spent += thread().saturating_sub(before);
            return done;
        }
        let begun = wall();
        let before = lately(begun, thread);
        let done = work();
        let took = wall().saturating_duration_since(begun);
        if self.spent + took <= self.roughly {
            self.spent += took;
            return done;
        }
        // Others may have had the processor for most of that.
        self.exact = true;
        self.spent += took.min(thread().saturating_sub(before));
        done
    }
}

/// Processor time of this thread as it was a tick ago at most.
fn lately(now: Instant, thread: fn() -> Duration) -> Duration {
    thread_local! {
        static READ: Cell<Option<(Instant, Duration)>> = const { Cell::new(None) };
    }
    match READ.get() {
        Some((at, time)) if now.saturating_duration_since(at) < TICK => time,
        Some(_) | None => {
            let time = thread();
            READ.set(Some((now, time)));
            time
        }
    }
}

/// Processor time of this thread: unlike elapsed time it does not grow while
/// other programs have the processor.
fn thread_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits { cpu: Duration::from_millis(20), wall: Duration::from_secs(60), ..Limits::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn sleeping_costs_no_processor_time() {
        let sleep = tokio::time::sleep(Duration::from_secs(59));
        assert_eq!(bounded(&limits(), sleep).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_sleeps_too_long_is_stopped() {
        let sleep = tokio::time::sleep(Duration::from_secs(61));
        assert_eq!(bounded(&limits(), sleep).await, Err(Limit::Wall(Duration::from_secs(60))));
    }

    #[tokio::test]
    async fn a_call_that_spins_is_stopped() {
        let spin = async {
            loop {
                std::hint::black_box((0..1000).sum::<u64>());
                tokio::task::yield_now().await;
            }
        };
        assert_eq!(bounded::<()>(&limits(), spin).await, Err(Limit::Cpu(Duration::from_millis(20))));
    }

    thread_local! {
        /// Time on the wall and time of the thread since the test began, in microseconds.
        static PASSED: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
    }

    fn pass(wall: u64, thread: u64) {
        let (before, own) = PASSED.get();
        PASSED.set((before + wall, own + thread));
    }

    /// Polls of so many microseconds, of which the thread had so many; between two of
    /// them it works for `between` on something else. What was counted, in microseconds.
    fn counted(cpu: Duration, polls: &[(u64, u64)], between: u64) -> u64 {
        static BEGIN: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
        let clocks = Clocks {
            wall: || *BEGIN + Duration::from_micros(PASSED.get().0),
            thread: || Duration::from_micros(PASSED.get().1),
        };
        let mut meter = Meter::new(&Limits { cpu, ..limits() }, clocks);
        for (wall, thread) in polls {
            meter.around(|| pass(*wall, *thread));
            pass(between, between);
        }
        u64::try_from(meter.spent.as_micros()).unwrap()
    }

    /// Never too little is counted, and hardly more, whatever else the processor did.
    fn check(polls: &[(u64, u64)]) {
        let own: u64 = polls.iter().map(|(_, thread)| thread).sum();
        for cpu in [0, 3_000, 15_000, 10_000_000] {
            for between in [0, 40, 25_000] {
                let counted = counted(Duration::from_micros(cpu), polls, between);
                let most = own + cpu.min(10_000) + 10_000;
                assert!((own..=most).contains(&counted), "{polls:?}, {between} between, {cpu} at most: {counted}");
            }
        }
    }

    #[test]
    fn never_too_little_is_counted_and_hardly_more() {
        check(&[(50, 50); 100]);
        check(&[(50, 20); 1_000]);
        check(&[(9_000, 9_000); 40]);
        check(&[(12_000, 12_000), (10, 10), (12_000, 12_000)]);
        // Others had the processor, or the process was stopped.
        check(&[(3_600_000_000, 5)]);
        check(&[(4_000, 4_000), (3_600_000_000, 9_000), (3_600_000_000, 0)]);
        check(&[(400_000, 30); 20]);
    }
}
