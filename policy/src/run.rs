//! Running rules: one engine a rule, one evaluation an asset, all on a thread of their own.
//!
//! Rule: nothing a rule does keeps its caller waiting beyond the limits, or takes the
//! caller down; what did not come to its end is told.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};

use super::error::PolicyError;
use super::guard;
use super::inventory::object;
use super::limits::Limits;

/// Stack of the thread that runs rules, in bytes: room for the deepest chain that `Limits::depth`
/// and the parser's bound on expressions let through (`tests/policy/limits.rs` goes there).
const STACK: usize = 256 << 20;

/// How often a step's time may pass before the thread is left behind.
pub(super) const PATIENCE: u32 = 10;

/// What was being done when a step did not end: rule and asset, by their places.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    steps: Arc<AtomicU64>,
    at: Arc<AtomicU64>,
}

impl Progress {
    pub(super) fn step(&self, rule: usize, asset: usize) {
        self.at.store((rule as u64) << 32 | (asset as u64 & 0xffff_ffff), Ordering::Relaxed);
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    fn place(&self) -> (usize, usize) {
        let at = self.at.load(Ordering::Relaxed);
        ((at >> 32) as usize, (at & 0xffff_ffff) as usize)
    }
}

/// Why the work on the thread has no result.
#[derive(Debug)]
pub(super) enum Lost {
    /// A step did not end; rule and asset by their places.
    Stuck(usize, usize),
    /// It panicked outside an evaluation, or no thread could be had.
    Failed,
}

/// Does the work on a thread of its own, which is left behind when a step takes longer than `patience`.
pub(super) fn apart<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce(&Progress) -> T + Send + 'static,
) -> Result<T, Lost> {
    let progress = Progress::default();
    let (sender, receiver) = channel();
    let on_thread = progress.clone();
    let thread = thread::Builder::new().name("policy".into()).stack_size(STACK);
    thread
        .spawn(move || {
            let result = work(&on_thread);
            // Nobody waits any more if it was left behind.
            let _ = sender.send(result);
        })
        .map_err(|_| Lost::Failed)?;
    let patience = patience.max(Duration::from_millis(10));
    let (mut seen, mut since) = (0, Instant::now());
    loop {
        match receiver.recv_timeout(patience / 4) {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Disconnected) => return Err(Lost::Failed),
            Err(RecvTimeoutError::Timeout) => {
                let steps = progress.steps.load(Ordering::Relaxed);
                if steps != seen {
                    (seen, since) = (steps, Instant::now());
                } else if since.elapsed() >= patience {
                    let (rule, asset) = progress.place();
                    return Err(Lost::Stuck(rule, asset));
                }
            }
        }
    }
}

/// An engine with the data that a rule gets.
///
/// # Errors
/// What regorus says of rules and data together, such as a rule named `data.params`.
pub(super) fn engine(
    pack: &Engine,
    limits: &Limits,
    now: Timestamp,
    params: &serde_json::Map<String, serde_json::Value>,
    inventory: Value,
) -> Result<Engine, PolicyError> {
    let mut engine = pack.clone();
    let nanoseconds =
        i64::try_from(now.as_nanosecond()).map_err(|_| PolicyError::new("the time is beyond the year 2262"))?;
    guard::install(&mut engine, limits, nanoseconds).map_err(PolicyError::new)?;
    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit: limits.time,
        // A look at the clock every 32 steps: some microseconds.
        check_interval: std::num::NonZeroU32::MIN.saturating_add(31),
    });
    let now = object([("rfc3339", now.to_string().into()), ("ns", nanoseconds.into())]);
    let data =
        object([("inventory", inventory), ("now", now), ("params", serde_json::Value::Object(params.clone()).into())]);
    engine.add_data(data).map_err(|error| PolicyError::of_rego(&error.to_string()))?;
    Ok(engine)
}

/// One evaluation, bounded.
///
/// # Errors
/// What the rule did wrong, or the limit that it ran into.
pub(super) fn evaluate(engine: &mut Engine, rule: &str, limits: &Limits) -> Result<Value, PolicyError> {
    // Regorus's own functions are told not to panic; one that does costs this rule alone.
    let result = catch_unwind(AssertUnwindSafe(|| engine.eval_rule(rule.to_owned())));
    // What a rule prints is for nobody.
    let _ = engine.take_prints();
    let error = match result {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => error,
        Err(_) => return Err(PolicyError::new("a built-in function of Rego failed on its arguments")),
    };
    // A limit that was met behind a guard comes as text, too.
    Err(told(&error.to_string(), limits))
}

/// What regorus says, its limits in our words.
pub(super) fn told(text: &str, limits: &Limits) -> PolicyError {
    let PolicyError { place, message } = PolicyError::of_rego(text);
    let message = if message.contains("execution exceeded time limit") {
        format!("it took longer than {:?}, the most that it may", limits.time)
    } else if message.contains("execution exceeded memory limit") {
        format!("it took more than {} bytes of memory, the most that it may", limits.memory_bytes)
    } else {
        message
    };
    PolicyError { place, message }
}

/// Regorus's bound on memory is the process's: one check at a time has it.
static MEMORY: Mutex<()> = Mutex::new(());

/// Runs with the bound on memory, which counts from what the process holds now.
pub(super) fn bounded<T>(limits: &Limits, work: impl FnOnce() -> T) -> T {
    let turn = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    bound(Some(limits.memory_bytes));
    let result = work();
    bound(None);
    drop(turn);
    result
}

#[cfg(feature = "bounded-memory")]
fn bound(more: Option<u64>) {
    let Some(more) = more else { return regorus::set_global_memory_limit(None) };
    use regorus::LimitError;
    // What is held already, as the refusal of a bound of nothing tells it.
    regorus::set_global_memory_limit(Some(0));
    let held = match regorus::check_global_memory_limit() {
        Err(LimitError::MemoryLimitExceeded { usage, .. }) => usage,
        Err(LimitError::TimeLimitExceeded { .. } | LimitError::RegexSizeLimitExceeded { .. }) | Ok(()) => 0,
    };
    regorus::set_global_memory_limit(Some(held.saturating_add(more)));
}

#[cfg(not(feature = "bounded-memory"))]
fn bound(_: Option<u64>) {}
