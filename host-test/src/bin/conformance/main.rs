//! Holds the connector against the official documents, with the help of a
//! judge on loopback: every operation's requests, the documents' own example
//! requests and answers, and a second opinion on both.
//!
//! Usage: `conformance JUDGE_URL JUDGE_FOLDER DOCUMENTS PYTHON WORK [MISTAKES]`. Exits
//! 1 on any finding that the lists in `host-test/conformance` do not explain.
//! MISTAKES are those known of the documents: what the lists say of them is then checked.
//!
//! Reading order: `documents`, `judge`, `inverse` (an example becomes
//! arguments), `requests`, `answers`, `second` (opinions), `findings`, `explained`.

mod answers;
mod documents;
mod explained;
mod findings;
mod inverse;
mod judge;
mod requests;
mod second;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use documents::Documents;
use explained::Explained;
use findings::{Finding, Kind};
use judge::Judge;
use requests::Sender;
use second::Places;
use serde_json::Value;

/// What ends a run before its end.
type Failure = Box<dyn std::error::Error>;

/// Not a REST interface: the one document that the catalog does not cover.
const LEFT_OUT: &str = "mcp/";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let given: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [url, judge, spec, python, work, mistakes @ ..] = given.as_slice() else {
        eprintln!("usage: conformance JUDGE_URL JUDGE_FOLDER DOCUMENTS PYTHON WORK [MISTAKES]");
        return ExitCode::from(2);
    };
    let mistakes = mistakes.first().map(PathBuf::as_path);
    match run(&url.to_string_lossy(), &Places { python, judge, spec, work }, mistakes).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("conformance: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(url: &str, places: &Places<'_>, mistakes: Option<&Path>) -> Result<bool, Failure> {
    let explained = Explained::read(&host_test::root().join("host-test/conformance"), mistakes)?;
    let documents = Documents::read(places.spec)?;
    let operations = documents.operations();
    let mut sender = Sender::new(Judge::new(url, &places.work.join("requests.jsonl"))).await?;
    sender.all(&operations).await?;
    let report = Judge::new(url, Path::new("")).report()?;
    let opinion = places.of_requests()?;
    sender.by_chance().await?;
    let made = sender.made;
    let values = places.work.join("values.jsonl");
    let answered = answers::answer(&made.reached, &operations, &values).await?;
    let checked = places.of_values(&values)?;
    let (differs, agrees) = opinion.requests(&made)?;
    let (wrong, held) = checked.values(&made)?;
    let (never, of) = never(&report);

    let found = [&made.findings, &answered.findings, &differs, &wrong, &never];
    let found: Vec<&Finding> = found.into_iter().flatten().collect();
    let (listed, unlisted): (Vec<&Finding>, Vec<&Finding>) =
        found.into_iter().partition(|finding| explained.explains(finding));
    let idle = explained.idle();
    let lines: BTreeSet<String> = unlisted.iter().map(ToString::to_string).collect();
    lines.iter().chain(&idle).for_each(|line| println!("  {line}"));

    let count = |kind: Kind, findings: &[&Finding]| findings.iter().filter(|finding| finding.kind == kind).count();
    let both = |kind: Kind| format!("{} listed, {} not", count(kind, &listed), count(kind, &unlisted));
    println!(
        "requests: {} from schemas, {} from the documents' examples, {} by chance; {} violations, {} places allowed by the judge's list",
        made.generated,
        made.shown,
        made.chance,
        count(Kind::Violation, &unlisted),
        made.allowed
    );
    println!("  refused by the connector: {}; sent otherwise than shown: {}", both(Kind::Refused), both(Kind::Changed));
    println!("second opinion: agrees on {agrees} of {}; {}", made.sent.len(), both(Kind::Opinion));
    println!("answers: {} read, unread: {}", answered.read, both(Kind::Unread));
    println!("  {held} values against output schemas, wrong: {}", both(Kind::Value));
    println!("coverage: {} of {of} operations of the documents; never: {}", of - never.len(), both(Kind::Never));
    Ok(unlisted.is_empty() && idle.is_empty())
}

/// The operations of the documents that no request reached, and how many there are.
fn never(report: &Value) -> (Vec<Finding>, usize) {
    let never = report["neverExercised"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let never = never.filter(|id| !id.starts_with(LEFT_OUT)).map(|id| Finding {
        kind: Kind::Never,
        operation: String::new(),
        document: id.to_owned(),
        example: String::new(),
        says: String::new(),
    });
    let never: Vec<Finding> = never.collect();
    let exercised = report["operations"].as_object().into_iter().flatten().filter(|(id, _)| !id.starts_with(LEFT_OUT));
    let of = exercised.count() + never.len();
    (never, of)
}
