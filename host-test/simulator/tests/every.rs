//! Every operation of the official documents is answered: one request each, as
//! `every.txt` has them, with ids of seeded records.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Answer, get, owner};
use pagerduty_simulator::{Options, Simulator};

/// How many operations the documents have.
const OPERATIONS: usize = 506;

/// Rows that are not answered with 2xx, and why. The list may only shrink.
const REFUSED: &[(&str, &str)] = &[];

const CSV: &str = "--every\r\nContent-Disposition: form-data; name=\"file\"; filename=\"owners.csv\"\r\n\
    Content-Type: text/csv\r\n\r\nhost,owner\r\ndb1,storage\r\n--every--\r\n";

/// One line: method, path and body, with `{names}` in them.
#[derive(Clone, Copy)]
struct Line<'a> {
    method: &'a str,
    path: &'a str,
    body: &'a str,
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Line<'a> {
        let mut words = line.splitn(3, ' ');
        let mut next = || words.next().unwrap_or("");
        Line { method: next(), path: next(), body: next() }
    }

    /// What the documents call it: every argument `{}`, no query.
    fn operation(&self) -> String {
        let path = self.path.split('?').next().unwrap_or("");
        let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
        format!("{} {}", self.method, parts.collect::<Vec<_>>().join("/"))
    }
}

struct Every<'a> {
    /// `name = text` or `name = path pointer`.
    places: BTreeMap<&'a str, &'a str>,
    /// What is sent first, and the operation.
    rows: Vec<(Vec<Line<'a>>, Line<'a>)>,
}

fn every() -> Every<'static> {
    let mut every = Every { places: BTreeMap::new(), rows: Vec::new() };
    let mut first = Vec::new();
    for line in include_str!("every.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(line) = line.strip_prefix("first ") {
            first.push(Line::read(line));
        } else if line.starts_with(|c: char| c.is_ascii_uppercase()) {
            every.rows.push((std::mem::take(&mut first), Line::read(line)));
        } else if let Some((name, place)) = line.split_once(" = ") {
            every.places.insert(name, place);
        }
    }
    every
}

/// The names in braces.
fn names(text: &str) -> Vec<&str> {
    let words = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    let fits = |name: &&str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    words.map(|(name, _)| name).filter(fits).collect()
}

impl Every<'_> {
    /// What a name stands for, where that is known.
    fn value(&self, simulator: &Simulator, name: &str) -> Option<String> {
        let place = self.places.get(name).unwrap_or_else(|| panic!("every.txt says nothing of {{{name}}}"));
        let Some((path, pointer)) = place.split_once(' ') else { return Some((*place).to_owned()) };
        let path = self.fill(simulator, path, &BTreeMap::new());
        let answer = ask(simulator, Line { method: "GET", path: &path, body: "" });
        answer.at(pointer).as_str().map(str::to_owned)
    }

    /// Every name that stands for something in an account where nothing was
    /// done yet.
    fn known(&self, simulator: &Simulator) -> BTreeMap<&str, String> {
        self.places.keys().filter_map(|name| Some((*name, self.value(simulator, name)?))).collect()
    }

    fn fill(&self, simulator: &Simulator, text: &str, known: &BTreeMap<&str, String>) -> String {
        names(text).into_iter().fold(text.to_owned(), |filled, name| {
            let value = known.get(name).cloned().or_else(|| self.value(simulator, name));
            filled.replace(&format!("{{{name}}}"), &value.unwrap_or_else(|| "UNKNOWN".into()))
        })
    }

    fn send(&self, simulator: &Simulator, line: Line, known: &BTreeMap<&str, String>) -> Answer {
        let (path, body) = (self.fill(simulator, line.path, known), self.fill(simulator, line.body, known));
        ask(simulator, Line { path: &path, body: &body, ..line })
    }
}

fn ask(simulator: &Simulator, line: Line) -> Answer {
    let (kind, body) = match line.body {
        "@csv" => ("multipart/form-data; boundary=every", CSV),
        body => ("application/json", body),
    };
    owner(simulator, line.method, line.path, kind, body)
}

// Enough for a few open incidents.
fn few() -> Simulator {
    Simulator::new(Options { incidents: 60, rate_limit: None, ..Options::default() })
}

#[test]
fn the_list_is_that_of_the_documents() {
    let every = every();
    let operations: BTreeSet<String> = every.rows.iter().map(|(_, line)| line.operation()).collect();
    assert_eq!((every.rows.len(), operations.len()), (OPERATIONS, OPERATIONS));
}

#[test]
fn every_operation_is_answered() {
    let every = every();
    let untouched = few();
    let known = every.known(&untouched);
    let mut wrong = Vec::new();
    for (first, line) in &every.rows {
        // What only reads leaves nothing behind.
        let simulator = if line.method == "GET" && first.is_empty() { untouched.clone() } else { few() };
        for line in first {
            let answer = every.send(&simulator, *line, &known);
            assert!(answer.status < 300, "{} {}: {}", line.method, line.path, answer.text);
        }
        let answer = every.send(&simulator, *line, &known);
        let operation = line.operation();
        let refused = REFUSED.iter().any(|(known, _)| *known == operation);
        if (answer.status < 300) == refused {
            wrong.push(format!("{operation}: {} {}", answer.status, answer.text));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), every.rows.len(), wrong.join("\n"));
}

#[test]
fn what_the_documents_lack_is_unknown() {
    let answer = get(&few(), "/no_such_path");
    assert_eq!((answer.status, answer.at("/error/errors/0")), (404, "The simulator has no GET /no_such_path".into()));
}
