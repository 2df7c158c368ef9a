//! Clocks that jump: a machine that slept, a wall clock set by hand. Waits end
//! all the same, and a limit that was spent is not waited for once it lifted.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use host_test::World;
use host_test::host::contract::Reason;
use host_test::host::transport::body;
use host_test::host::{Clock, Connection, Error};

use super::judged::FOR_EVER;
use super::{BUDGET, open};

const HOUR: u64 = 3600;
const READ: (&str, &str) = ("teams.get", r#"{"id":"PT1"}"#);

/// A clock that goes with tokio's, and further when it is told to.
struct Jumping {
    start: tokio::time::Instant,
    /// Seconds that the monotonic clock is ahead: never fewer than before.
    ahead: AtomicU64,
    /// Seconds that the wall clock is off.
    off: AtomicI64,
    /// The monotonic clock stands still.
    frozen: bool,
}

impl Clock for Jumping {
    fn monotonic(&self) -> Duration {
        let going = if self.frozen { Duration::ZERO } else { self.start.elapsed() };
        going + Duration::from_secs(self.ahead.load(Ordering::Relaxed))
    }

    fn unix(&self) -> Duration {
        let present = Duration::from_secs(1_790_000_000) + self.start.elapsed();
        let off = self.off.load(Ordering::Relaxed);
        let by = Duration::from_secs(off.unsigned_abs());
        if off < 0 { present.saturating_sub(by) } else { present + by }
    }
}

/// An answer's status, and the headers of its rate limit: what remains, and
/// seconds until it lifts.
type Turn = (u16, Option<(u32, u32)>);

/// A world whose server takes these turns in order (the last for ever), and
/// lets `jump` at the clock with every request.
async fn world(turns: Vec<Turn>, frozen: bool, jump: fn(&Jumping)) -> (World, Arc<Jumping>, Arc<Mutex<usize>>) {
    let clock = Arc::new(Jumping {
        start: tokio::time::Instant::now(),
        ahead: AtomicU64::new(HOUR),
        off: AtomicI64::new(0),
        frozen,
    });
    let count = Arc::new(Mutex::new(0));
    let (server, counter) = (Arc::clone(&clock), Arc::clone(&count));
    let given: Arc<dyn Clock> = clock.clone();
    let world = World::served(&|options| options.clock = Some(Arc::clone(&given)), move |_: http::Request<Bytes>| {
        let mut count = counter.lock().expect("no panic");
        let (status, rate) = turns[(*count).min(turns.len() - 1)];
        *count += 1;
        jump(&server);
        let mut answer = http::Response::builder().status(status);
        if let Some((remaining, reset)) = rate {
            answer = answer.header("ratelimit-limit", 960).header("ratelimit-remaining", remaining);
            answer = answer.header("ratelimit-reset", reset);
        }
        let answer = answer.body(body(r#"{"team":{"id":"PT1"}}"#)).expect("an answer");
        async { Ok(answer) }
    })
    .await;
    (world, clock, count)
}

/// One call: its reason (none: it was done) and the seconds it took.
async fn call(on: &mut Connection) -> (Option<Reason>, u64) {
    let start = tokio::time::Instant::now();
    let result = tokio::time::timeout(FOR_EVER, on.call(READ.0, READ.1)).await.expect("it hangs");
    let reason = match result {
        Ok(_) => None,
        Err(Error::Connector(error)) => Some(error.reason),
        Err(other) => panic!("{other}"),
    };
    (reason, start.elapsed().as_secs())
}

fn ahead(clock: &Jumping) {
    clock.ahead.fetch_add(HOUR, Ordering::Relaxed);
}

fn back(clock: &Jumping) {
    clock.off.fetch_sub(i64::try_from(100 * 24 * HOUR).unwrap_or(0), Ordering::Relaxed);
}

fn forth(clock: &Jumping) {
    clock.off.fetch_add(i64::try_from(100 * 24 * HOUR).unwrap_or(0), Ordering::Relaxed);
}

fn still(_: &Jumping) {}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_whatever_the_clocks_do() {
    const SPENT: Turn = (429, Some((0, 12)));
    const GOOD: Turn = (200, None);
    for (frozen, jump) in
        [(false, still as fn(&Jumping)), (false, ahead), (false, back), (false, forth), (true, still), (true, back)]
    {
        let (world, _, count) = world(vec![SPENT, GOOD], frozen, jump).await;
        let (reason, seconds) = call(&mut open(&world, BUDGET).await).await;
        // A clock that leaps may end the wait early, never make it longer.
        assert!(reason.is_none() && seconds <= 13, "{frozen}: {reason:?} after {seconds} s");
        assert_eq!(*count.lock().expect("no panic"), 2);

        for turn in [SPENT, (429, None), (503, None)] {
            let (world, ..) = self::world(vec![turn], frozen, jump).await;
            let (reason, seconds) = call(&mut open(&world, BUDGET).await).await;
            let expected = if turn.0 == 429 { Reason::Throttled } else { Reason::Unavailable };
            assert_eq!(reason, Some(expected), "{turn:?}");
            assert!(seconds <= BUDGET.as_secs(), "{turn:?}: {seconds} s");
        }
    }
}

/// The wall clock has no part in it: PagerDuty tells seconds that are left.
#[tokio::test(start_paused = true)]
async fn a_wait_does_not_follow_the_wall_clock() {
    for jump in [still as fn(&Jumping), back, forth] {
        let (world, ..) = world(vec![(429, Some((0, 12))), (200, None)], false, jump).await;
        assert_eq!(call(&mut open(&world, BUDGET).await).await, (None, 12));
    }
}

#[tokio::test(start_paused = true)]
async fn a_spent_limit_is_waited_for_until_it_lifts_and_no_longer() {
    // The last call of a window: done, and nothing remains.
    let last = |reset| vec![(200, Some((0, reset))), (200, None)];
    // Nothing jumps: the next call is held back.
    let (world, ..) = world(last(30), false, still).await;
    let mut on = open(&world, BUDGET).await;
    assert_eq!(call(&mut on).await, (None, 0));
    assert_eq!(call(&mut on).await, (None, 30));

    // The machine slept for an hour: the window is over.
    let (world, clock, _) = self::world(last(30), false, still).await;
    let mut on = open(&world, BUDGET).await;
    assert_eq!(call(&mut on).await, (None, 0));
    ahead(&clock);
    assert_eq!(call(&mut on).await, (None, 0));

    // A window longer than the budget: nothing is sent until it is over.
    let (world, clock, count) = self::world(last(1800), false, still).await;
    let mut on = open(&world, BUDGET).await;
    assert_eq!(call(&mut on).await, (None, 0));
    assert_eq!(call(&mut on).await, (Some(Reason::Throttled), 0));
    assert_eq!(*count.lock().expect("no panic"), 1);
    back(&clock);
    assert_eq!(call(&mut on).await, (Some(Reason::Throttled), 0));
    ahead(&clock);
    assert_eq!(call(&mut on).await, (None, 0));

    // A clock that stands still holds a call back once, not for ever.
    let (world, ..) = self::world(last(30), true, still).await;
    let mut on = open(&world, BUDGET).await;
    assert_eq!(call(&mut on).await, (None, 0));
    let (reason, seconds) = call(&mut on).await;
    assert!(reason.is_none() && seconds <= 30, "{reason:?} after {seconds} s");
}
