//! The misdeeds, by the id of an operation and one argument.
//!
//! Rule: a misdeed goes on until it is stopped; only what the host answers to it
//! comes back as a value.

// The contract's own error type, which cannot be boxed.
#![allow(clippy::result_large_err)]

use std::hint::black_box;
use std::time::Duration;

use wasip2::clocks::{monotonic_clock, wall_clock};
use wasip2::http::types::Fields;
use wasip2::random::insecure::get_insecure_random_u64;
use wasip2::random::random::{get_random_bytes, get_random_u64};

use crate::bindings::exports::saas::connector::session::Output;
use crate::bindings::saas::connector::types::{Error, Rate, Reason, Violation};
use crate::exports::Hostile;
use crate::{leaks, requests};

/// Does what `operation` names. `held` is the credential it was opened with.
pub(crate) fn commit(operation: &str, argument: &str, held: &str) -> Result<Output, Error> {
    let number = || argument.parse::<u64>().unwrap_or(u64::MAX);
    let count = || usize::try_from(number()).unwrap_or(usize::MAX);
    let value = match operation {
        "echo" => argument.to_owned(),
        "held" => held.to_owned(),
        "loop" => spin(),
        "loop-clock" => loop {
            black_box((monotonic_clock::now(), wall_clock::now().seconds));
        },
        "loop-random" => loop {
            black_box((get_random_u64(), get_insecure_random_u64()));
        },
        "loop-fields" => loop {
            black_box(Fields::new());
        },
        "loop-poll" => loop {
            monotonic_clock::subscribe_duration(0).block();
        },
        "loop-drop" => return Ok(output(String::new())),
        "sleep" => {
            let nanos = Duration::from_secs(number()).as_nanos();
            monotonic_clock::subscribe_duration(u64::try_from(nanos).unwrap_or(u64::MAX)).block();
            "slept".to_owned()
        }
        "memory" => hoard(),
        "memory-grow" => grow(),
        "recursion" => deeper(count()).to_string(),
        "panic" => panic!("as told"),
        "exit" => {
            wasip2::cli::exit::exit(Err(()));
            "went on".to_owned()
        }
        "random" => get_random_bytes(number()).len().to_string(),
        "value" => "x".repeat(count()),
        "failures" => return Ok(Output { failures: tiny(count()), ..output(String::new()) }),
        "aliases" => return Ok(Output { failures: leaks::aliases(count()), ..output(String::new()) }),
        "scopes" => return Err(Error { missing_scopes: vec![String::new(); count()], ..error("", "{}") }),
        "handles" => leaks::forget_all(argument),
        "send" => requests::send(argument, held),
        "flood" => requests::flood(count()),
        "flood-let-go" => requests::flood_let_go(count()),
        "flood-in-turn" => requests::flood_in_turn(count()),
        "upload" => return requests::upload(number()).map(output).map_err(|why| error(&why, "{}")),
        "headers" => requests::headers(count()),
        "long" => requests::long(argument),
        "rate" => return Ok(Output { rate: Some(lie(argument)), ..output(String::new()) }),
        "fail" => return Err(error(&argument.replace("{held}", held), argument)),
        "observed" => Hostile::observed(),
        other => return Err(error(&format!("no misdeed is called `{other}`"), "{}")),
    };
    Ok(output(value))
}

/// Never ends and calls nobody.
pub(crate) fn spin() -> ! {
    loop {
        black_box(());
    }
}

/// Allocates a MiB at a time, and writes to it, for ever.
fn hoard() -> ! {
    let mut kept = Vec::new();
    loop {
        kept.push(vec![1_u8; 1 << 20]);
        black_box(&kept);
    }
}

/// Asks for memory for ever, whatever the answer.
fn grow() -> ! {
    loop {
        #[cfg(target_arch = "wasm32")]
        core::arch::wasm32::memory_grow::<0>(1);
        black_box(());
    }
}

/// Calls itself so many times.
fn deeper(depth: usize) -> usize {
    if depth == 0 { 0 } else { 1 + black_box(deeper(black_box(depth - 1))) }
}

/// Records that weigh three times as much in the host as here.
fn tiny(count: usize) -> Vec<Violation> {
    (0..count).map(|_| Violation { argument: String::new(), message: String::new() }).collect()
}

/// `BUCKET LIMIT REMAINING RESET_MS`.
fn lie(argument: &str) -> Rate {
    let words: Vec<&str> = argument.split(' ').collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse().ok()).unwrap_or(u32::MAX);
    Rate {
        bucket: words.first().copied().unwrap_or_default().to_owned(),
        limit: number(1),
        remaining: number(2),
        reset_ms: number(3),
    }
}

/// A success of this value.
pub(crate) fn output(value: String) -> Output {
    Output { value, status: 200, failures: Vec::new(), request_id: None, rate: None }
}

/// A failure.
pub(crate) fn error(message: &str, extra: &str) -> Error {
    Error {
        reason: Reason::Other,
        message: message.to_owned(),
        violations: Vec::new(),
        status: None,
        code: None,
        request_id: None,
        retry_after_ms: None,
        outcome_unknown: false,
        missing_scopes: Vec::new(),
        extra: extra.to_owned(),
    }
}
