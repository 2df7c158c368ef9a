//! Reads `tests/faults.toml`, whose head explains its words.
//!
//! Rule: every word of the table is used or refused, so that a slip in it
//! cannot make a row say less than it seems to.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use toml::{Table, Value};

use super::bodies::{Ending, Generated};

/// Kinds of operation that every row names, straight or by a wider word.
const WIDER: [(&str, &[&str]); 4] = [
    ("read", &["read", "all"]),
    ("update", &["update", "repeat", "write", "all"]),
    ("remove", &["remove", "repeat", "write", "all"]),
    ("create", &["create", "write", "all"]),
];

/// The page of a walk, beside the kinds of operation.
pub(super) const WALK: &str = "walk";

/// The whole file.
pub(super) struct Faults {
    pub(super) operations: BTreeMap<String, Operation>,
    pub(super) rows: Vec<Row>,
}

/// What is called, and its good answer.
pub(super) struct Operation {
    pub(super) call: String,
    pub(super) arguments: String,
    pub(super) good: Answer,
}

/// One fault.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) fault: Reply,
    pub(super) times: usize,
    pub(super) then: Option<Reply>,
    /// What each request may take by itself.
    pub(super) takes: Duration,
    pub(super) waits: Option<(f64, f64)>,
    pub(super) says: Vec<String>,
    pub(super) told: Told,
    pub(super) failures: Vec<String>,
    pub(super) most_read: Option<u64>,
    /// By kind of operation, and [`WALK`].
    pub(super) expected: BTreeMap<String, Expected>,
}

/// What the server does with a request.
#[derive(Clone)]
pub(super) enum Reply {
    Answers(Answer),
    Fails { error: String, after: Duration },
    Silent,
}

/// One answer.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) content: Content,
    pub(super) ending: Ending,
    pub(super) announces: Option<u64>,
}

/// What an answer holds; `$good` in a text is the good answer.
#[derive(Clone)]
pub(super) enum Content {
    Text(String),
    Bytes(Vec<u8>),
    Made(Generated),
}

/// The status that an error carries.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Told {
    Any,
    Nothing,
    Status(u16),
}

/// What comes of a fault, as the table writes it.
#[derive(Clone, PartialEq)]
pub(super) struct Expected {
    pub(super) reason: String,
    pub(super) outcome_unknown: bool,
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) recovers: bool,
}

impl Expected {
    /// Whether `found`, whose number is exact, is what was expected.
    pub(super) fn meets(&self, found: &Expected) -> bool {
        // Where one request or more may be sent, so may it recover or not.
        let open = self.least == 1 && self.most > 1;
        self.reason == found.reason
            && self.outcome_unknown == found.outcome_unknown
            && (self.least..=self.most).contains(&found.least)
            && (open || self.recovers == found.recovers)
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = if self.outcome_unknown { ", outcome unknown" } else { "" };
        let plural = if self.most == 1 { "" } else { "s" };
        write!(f, "{}{unknown}, ", self.reason)?;
        match self.least == self.most {
            true => write!(f, "{} request{plural}", self.most)?,
            false => write!(f, "{} to {} requests", self.least, self.most)?,
        }
        f.write_str(if self.recovers { ", recovers" } else { "" })
    }
}

/// The table of this repository.
pub(super) fn read() -> Faults {
    let path = host_test::root().join("tests/faults.toml");
    let text = std::fs::read_to_string(&path).expect("tests/faults.toml");
    let mut file = Words::new("faults.toml", text.parse().expect("TOML"));
    let operations = file.table("operation").expect("operations");
    let operations = operations.into_iter().map(|(name, value)| {
        let mut words = Words::new(&name, table(value));
        let good = answers(&name, words.table("good").expect("a good answer"));
        let operation = Operation {
            call: words.text("call").expect("a call"),
            arguments: words.text("arguments").expect("arguments"),
            good: good.into_iter().next().expect("one answer").1,
        };
        words.done();
        (name, operation)
    });
    let operations: BTreeMap<String, Operation> = operations.collect();
    let rows = file.take("fault").and_then(|rows| rows.as_array().cloned()).expect("faults");
    let rows = rows.into_iter().flat_map(|value| row(table(value), &operations)).collect();
    file.done();
    Faults { operations, rows }
}

/// A row of the file, which can stand for several.
fn row(table: Table, operations: &BTreeMap<String, Operation>) -> Vec<Row> {
    let name = table.get("name").and_then(Value::as_str).expect("a name").to_owned();
    let mut words = Words::new(&name, table);
    let _ = words.take("name");
    let after = Duration::from_secs(words.number("after-s").unwrap_or(0));
    let mut replies: Vec<(String, Reply)> = Vec::new();
    if let Some(answer) = words.table("answer") {
        let several = answers(&name, answer).into_iter();
        replies.extend(several.map(|(status, answer)| (status, Reply::Answers(answer))));
    }
    let fails = words.texts("fails");
    replies.extend(fails.into_iter().map(|error| (error.clone(), Reply::Fails { error, after })));
    if words.take("silent").is_some() {
        replies.push((String::new(), Reply::Silent));
    }
    assert!(!replies.is_empty(), "{name}: no fault");
    let then = words.table("then").map(|table| answers(&name, table).remove(0).1);
    let mut expected = BTreeMap::new();
    let mut wide: BTreeMap<&str, Expected> = BTreeMap::new();
    for word in ["all", "write", "repeat"] {
        wide.extend(words.text(word).map(|text| (word, outcome(&name, &text))));
    }
    for kind in operations.keys().map(String::as_str).chain([WALK]) {
        let found = words.text(kind).map(|text| outcome(&name, &text));
        let wider = WIDER.iter().find(|(known, _)| *known == kind).map_or(&[] as &[&str], |(_, words)| *words);
        let found = found.or_else(|| wider.iter().find_map(|word| wide.get(word)).cloned());
        expected.extend(found.map(|found| (kind.to_owned(), found)));
    }
    if let (Some(read), None) = (expected.get("read").cloned(), expected.get(WALK)) {
        expected.insert(WALK.to_owned(), read);
    }
    let bounds = |value: Value| match value.as_array().map(Vec::as_slice) {
        Some([least, most]) => (float(least), float(most)),
        _ => panic!("{name}: `waits` takes two numbers"),
    };
    let model = Row {
        name: name.clone(),
        fault: Reply::Silent,
        times: words.number("times").map_or(1, |times| times as usize),
        then: then.map(Reply::Answers),
        takes: after + Duration::from_secs(words.number("takes-s").unwrap_or(0)),
        waits: words.take("waits").map(bounds),
        says: words.texts("says"),
        told: Told::Any,
        failures: words.texts("failures"),
        most_read: words.number("reads-mib").map(|mib| mib << 20),
        expected,
    };
    let told = words.take("told");
    words.done();
    let several = replies.len() > 1;
    let one = |(of, fault): (String, Reply)| {
        let told = match (&told, &fault) {
            (Some(Value::String(word)), _) if word == "any" => Told::Any,
            (Some(Value::String(word)), _) if word == "nothing" => Told::Nothing,
            (Some(Value::Integer(status)), _) => Told::Status(u16::try_from(*status).expect("a status")),
            (Some(other), _) => panic!("{name}: told = {other:?}"),
            (None, Reply::Answers(answer)) => Told::Status(answer.status),
            (None, Reply::Fails { .. } | Reply::Silent) => Told::Nothing,
        };
        let name = if several { format!("{name}: {of}") } else { name.clone() };
        Row { name, fault, told, ..model.clone() }
    };
    replies.into_iter().map(one).collect()
}

/// An answer for each of its statuses.
fn answers(name: &str, table: Table) -> Vec<(String, Answer)> {
    let mut words = Words::new(name, table);
    let statuses = match words.take("status") {
        Some(Value::Array(several)) => several,
        Some(one) => vec![one],
        None => panic!("{name}: an answer without a status"),
    };
    let headers = words.table("headers").unwrap_or_default();
    let headers = headers.into_iter().map(|(name, value)| (name, value.as_str().expect("a text").to_owned()));
    let content = match (words.text("body"), words.text("hex"), words.text("made")) {
        (text, None, None) => Content::Text(text.unwrap_or_default()),
        (None, Some(hex), None) => Content::Bytes(bytes(&hex)),
        (None, None, Some(made)) => Content::Made(Generated::named(&made)),
        _ => panic!("{name}: one body is enough"),
    };
    let ending = match (words.text("breaks"), words.take("stalls")) {
        (None, None) => Ending::Whole,
        (Some(error), None) => Ending::Breaks(error),
        (None, Some(_)) => Ending::Stalls,
        (Some(_), Some(_)) => panic!("{name}: it breaks or it stalls"),
    };
    // A length that is announced and not kept is told to whoever counts.
    let announces = words.number("announces");
    let model = Answer { status: 0, headers: headers.collect(), content, ending, announces };
    words.done();
    let status = |value: &Value| value.as_integer().and_then(|n| u16::try_from(n).ok()).expect("a status");
    let one = |status: u16| (status.to_string(), Answer { status, ..model.clone() });
    statuses.iter().map(status).map(one).collect()
}

/// `unavailable, outcome unknown, 4 requests, recovers`.
fn outcome(name: &str, text: &str) -> Expected {
    let mut parts = text.split(", ");
    let reason = parts.next().unwrap_or_default().to_owned();
    let mut expected = Expected { reason, outcome_unknown: false, least: 0, most: 0, recovers: false };
    for part in parts {
        let numbers: Vec<usize> = part.split(' ').filter_map(|word| word.parse().ok()).collect();
        match (part, numbers.as_slice()) {
            ("outcome unknown", _) => expected.outcome_unknown = true,
            ("recovers", _) => expected.recovers = true,
            (_, [one]) => (expected.least, expected.most) = (*one, *one),
            (_, [least, most]) => (expected.least, expected.most) = (*least, *most),
            _ => panic!("{name}: `{part}` is no outcome"),
        }
    }
    assert!(expected.least > 0, "{name}: `{text}` tells no number of requests");
    expected
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).expect("hexadecimal")).collect()
}

fn float(value: &Value) -> f64 {
    value.as_float().or_else(|| value.as_integer().map(|n| n as f64)).expect("a number")
}

fn table(value: Value) -> Table {
    value.as_table().cloned().expect("a table")
}

/// A table of the file, whose words must all be taken.
struct Words {
    name: String,
    table: Table,
}

impl Words {
    fn new(name: &str, table: Table) -> Words {
        Words { name: name.to_owned(), table }
    }

    fn take(&mut self, word: &str) -> Option<Value> {
        self.table.remove(word)
    }

    fn text(&mut self, word: &str) -> Option<String> {
        self.take(word).map(|value| value.as_str().unwrap_or_else(|| panic!("{}: {word}", self.name)).to_owned())
    }

    fn texts(&mut self, word: &str) -> Vec<String> {
        let list = self.take(word).map(|value| value.as_array().cloned().expect("a list")).unwrap_or_default();
        list.iter().map(|value| value.as_str().expect("a text").to_owned()).collect()
    }

    fn number(&mut self, word: &str) -> Option<u64> {
        self.take(word).map(|value| value.as_integer().and_then(|n| u64::try_from(n).ok()).expect("a number"))
    }

    fn table(&mut self, word: &str) -> Option<Table> {
        self.take(word).map(table)
    }

    fn done(self) {
        assert!(self.table.is_empty(), "{}: nothing reads {:?}", self.name, self.table);
    }
}
