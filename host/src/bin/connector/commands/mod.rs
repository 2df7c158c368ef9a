//! The commands, one file each. A command reads its arguments, makes its calls
//! and prints its result on stdout; it never exits by itself.

pub(crate) mod auth;
pub(crate) mod call;
pub(crate) mod check;
pub(crate) mod codify;
pub(crate) mod completions;
pub(crate) mod describe;
pub(crate) mod drift;
pub(crate) mod inventory;
pub(crate) mod operations;
pub(crate) mod options;
pub(crate) mod policy;
pub(crate) mod scan;
pub(crate) mod walk;

use std::io::{Write, stdout};

use serde_json::Value;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::escape::safe_json;
use crate::failure::Result;
use crate::json;

/// Prints JSON: on one line for programs (`--json`), laid out otherwise.
fn print_json(json: &str, one_line: bool) -> Result<()> {
    let laid_out = match one_line {
        true => json::one_line(json).into_owned(),
        false => json::pretty(json),
    };
    let mut out = stdout().lock();
    writeln!(out, "{}", safe_json(&laid_out))?;
    Ok(out.flush()?)
}

/// Hears Ctrl-C from now on, also while nobody waits for it.
pub(crate) fn interrupts() -> Result<Signal> {
    Ok(signal(SignalKind::interrupt())?)
}

/// JSON that the connector wrote, to be put into other JSON. What does not parse
/// stays text, so that it can be seen.
fn embedded(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.to_owned()))
}
