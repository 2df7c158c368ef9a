//! Bounds one call in processor time and in elapsed time. Processor time is
//! what the thread spends inside `poll`: a connector that sleeps through a rate
//! limit costs nothing, one that loops is stopped within a tick of the engine's
//! epoch, whatever it calls while it loops.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::error::Limit;
use crate::options::Limits;

/// How often a running connector yields, so that its time can be counted.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Runs `call` until it is done or over a limit. In the latter case the future
/// is dropped in the middle, and the store it ran on must be dropped too.
pub(crate) async fn bounded<T>(limits: &Limits, call: impl Future<Output = T>) -> Result<T, Limit> {
    let mut call = pin!(call);
    let mut spent = Duration::ZERO;
    let metered = poll_fn(|context| {
        let before = thread_time();
        let poll = call.as_mut().poll(context);
        spent += thread_time().saturating_sub(before);
        match poll {
            Poll::Ready(value) => Poll::Ready(Ok(value)),
            Poll::Pending if spent > limits.cpu => Poll::Ready(Err(Limit::Cpu(limits.cpu))),
            Poll::Pending => Poll::Pending,
        }
    });
    match tokio::time::timeout(limits.wall, metered).await {
        Ok(result) => result,
        Err(_) => Err(Limit::Wall(limits.wall)),
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
}
