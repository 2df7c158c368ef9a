//! What holds for any input at all: the properties that the targets in `fuzz/`
//! look for an exception to.
//!
//! Rule: built for tests and fuzzers alone, never into the component. A property
//! is stated against something else than the code it is about: serde_json, the
//! catalog, a second calculation. An input is text that a person can read and
//! write: a line that says what is asked, and what it is asked of.
//!
//! The inputs that fuzzing kept stand in `fuzz/corpus`, those that found
//! something in `fuzz/regressions`; [`replay`] runs both as tests.

use std::sync::OnceLock;

use crate::arguments::fnv;
use crate::catalog::{OPERATIONS, Operation, find};
use crate::connection::Connection;
use crate::error::Error;

mod arguments;
mod cursors;
mod errors;
mod names;
mod pages;
#[cfg(test)]
mod replay;
mod webhooks;

/// `OPERATION\nARGUMENTS`: refused by name, or a request of the operation's shape.
pub fn arguments(input: &[u8]) {
    arguments::hold(input);
}

/// `KEY or OPERATION [SIZE] [overlap] [fixed] [POSITION]\nPAGE[\n---\nPAGE…]`: read
/// as serde_json reads it, and a walk over it moves on or ends.
pub fn pages(input: &[u8]) {
    pages::hold(input);
}

/// `OPERATION STATUS [from]\nNAME: VALUE\n…\n\nBODY`: an error that the status
/// table names, or a value out of the body.
pub fn errors(input: &[u8]) {
    errors::hold(input);
}

/// `OPERATION\nCURSOR`: refused, or written again to the letter.
pub fn cursors(input: &[u8]) {
    cursors::hold(input);
}

/// `SECRET SECRET…\nNAME: VALUE\n…\n\nBODY`, `@` in a value standing for the
/// right signature: nothing passes unsigned, and an event keeps its bytes.
pub fn webhooks(input: &[u8]) {
    webhooks::hold(input);
}

/// The first line: the nearest name is one of the names, and itself where it is one.
pub fn names(input: &[u8]) {
    names::hold(input);
}

/// The operation of this id; for any other text one of those that `wanted`
/// takes, always the same.
fn chosen(id: &str, wanted: impl Fn(&Operation) -> bool) -> &'static Operation {
    static ALL: OnceLock<Vec<&'static Operation>> = OnceLock::new();
    if let Some(operation) = find(id).filter(|operation| wanted(operation)) {
        return operation;
    }
    let all = ALL.get_or_init(|| OPERATIONS.iter().collect());
    let place = usize::try_from(fnv(id.as_bytes(), 0) % all.len() as u64).unwrap();
    let mut after = all.iter().skip(place).chain(all).copied();
    after.find(|operation| wanted(operation)).unwrap()
}

/// The first line, and what follows it.
fn headed(input: &[u8]) -> (String, &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    (text(&input[..end]), input.get(end + 1..).unwrap_or_default())
}

/// Lines of `name: value` up to an empty one, and what follows it.
fn headers(mut input: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let mut headers = Vec::new();
    while !input.is_empty() {
        let (line, rest) = headed(input);
        input = rest;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    (headers, input)
}

fn text(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}

/// An account in the US region.
fn connection() -> &'static Connection {
    static OPENED: OnceLock<Connection> = OnceLock::new();
    OPENED.get_or_init(|| Connection::open("token", &[("token".into(), "u+Canary-0123456789".into())], "{}").unwrap())
}

/// Whether a text can stand in a log or before a person: one line, and bounded.
fn harmless(text: &str, most: usize) {
    assert!(text.chars().count() <= most, "{} characters", text.chars().count());
    let seen = |character: &char| {
        let direction =
            matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let line = matches!(character, '\u{2028}' | '\u{2029}');
        !character.is_control() && !direction && !line && *character != '\u{feff}'
    };
    assert!(text.chars().all(|character| seen(&character)), "{text:?}");
}

/// What holds for every error.
fn well_said(error: &Error) {
    assert!(!error.message.is_empty());
    harmless(&error.message, 12_000);
    for violation in &error.violations {
        harmless(&violation.argument, 600);
        harmless(&violation.message, 6_000);
        assert!(!violation.message.is_empty());
    }
    error.code.iter().chain(&error.request_id).for_each(|text| harmless(text, 500));
    error.missing_scopes.iter().for_each(|text| harmless(text, 500));
}
