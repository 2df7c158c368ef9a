//! Second opinions, by others' programs: a validator of requests against the
//! documents, and one of values against our output schemas.
//!
//! Rule: whatever they say that the judge or the schemas do not is a finding.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::Failure;
use crate::findings::{Finding, Kind};
use crate::requests::Requests;

const READ_ONLY: &str = "Tried to write read-only property with ";

/// Where programs and files are.
pub(crate) struct Places<'a> {
    pub(crate) python: &'a Path,
    /// The judge's folder.
    pub(crate) judge: &'a Path,
    /// The documents.
    pub(crate) spec: &'a Path,
    /// What a run writes.
    pub(crate) work: &'a Path,
}

/// A program at work.
pub(crate) struct Opinion(Child, std::path::PathBuf);

impl Places<'_> {
    /// Starts the check of all requests so far.
    pub(crate) fn of_requests(&self) -> Result<Opinion, Failure> {
        let result = self.work.join("disagreements.json");
        // Others follow, of which no second opinion is asked: it takes long.
        let log = self.work.join("judged.jsonl");
        std::fs::copy(self.work.join("requests.jsonl"), &log)?;
        let arguments = [&self.judge.join("crosscheck.py"), self.spec, &log, &result];
        self.start(&arguments, &result)
    }

    /// Starts the check of what the connector makes of answers.
    pub(crate) fn of_values(&self, values: &Path) -> Result<Opinion, Failure> {
        let result = self.work.join("values.json");
        self.start(&[&host_test::root().join("host-test/conformance/values.py"), values, &result], &result)
    }

    fn start(&self, arguments: &[&Path], result: &Path) -> Result<Opinion, Failure> {
        // An old result must not pass for a new one.
        drop(std::fs::remove_file(result));
        let child = Command::new(self.python).arg("-B").args(arguments).stdout(Stdio::null()).spawn()?;
        Ok(Opinion(child, result.to_owned()))
    }
}

impl Opinion {
    fn read(mut self) -> Result<Value, Failure> {
        if !self.0.wait()?.success() {
            return Err(format!("no {}: its program failed", self.1.display()).into());
        }
        Ok(serde_json::from_slice(&std::fs::read(&self.1)?)?)
    }

    /// Where it differs from the judge, and with how many requests it agrees.
    pub(crate) fn requests(self, made: &Requests) -> Result<(Vec<Finding>, u64), Failure> {
        let result = self.read()?;
        let count = |kind: &str| result["counts"][kind].as_u64().unwrap_or(0);
        let mut findings = Vec::new();
        for differs in result["disagreements"].as_array().into_iter().flatten() {
            let at = differs["n"].as_u64().and_then(|n| usize::try_from(n).ok());
            let Some(sent) = at.and_then(|at| made.sent.get(at)) else {
                return Err(format!("the second opinion tells of a request that was not sent: {differs}").into());
            };
            let says = text(&differs["openapiCore"]);
            // It names the value alone: where that stands says more.
            let says = match says.split_once(READ_ONLY) {
                Some((_, value)) => format!("read-only {}", places(&sent.body, value)),
                None => says.to_owned(),
            };
            findings.push(Finding {
                kind: Kind::Opinion,
                operation: sent.operation.clone(),
                document: sent.document.clone(),
                example: sent.example.clone(),
                says: match text(&differs["kind"]) {
                    kind if kind.starts_with("only openapi-core refuses") => says,
                    kind => format!("{kind}: {says}"),
                },
            });
        }
        let agrees = count("both accept") + count("both refuse");
        let all = u64::try_from(made.sent.len())?;
        if agrees + u64::try_from(findings.len())? != all {
            return Err(format!("the second opinion saw not all of {all} requests: {}", result["counts"]).into());
        }
        Ok((findings, agrees))
    }

    /// Where a value is not what its schema says, and how many values were seen.
    pub(crate) fn values(self, made: &Requests) -> Result<(Vec<Finding>, u64), Failure> {
        let result = self.read()?;
        let mut findings = Vec::new();
        for differs in result["differs"].as_array().into_iter().flatten() {
            let operation = text(&differs["operation"]).to_owned();
            findings.push(Finding {
                kind: Kind::Value,
                document: made.reached.get(&operation).cloned().unwrap_or_default(),
                operation,
                example: text(&differs["example"]).to_owned(),
                says: text(&differs["says"]).to_owned(),
            });
        }
        Ok((findings, result["values"].as_u64().unwrap_or(0)))
    }
}

/// Where a body holds a value: the names of its fields, and their pointers with
/// a `*` for any place in a list.
fn places(body: &Value, value: &str) -> String {
    let mut found = BTreeSet::new();
    place("", body, value, &mut found);
    let names: BTreeSet<&str> = found.iter().filter_map(|at| at.rsplit('/').next()).collect();
    let joined = |texts: Vec<&str>| texts.join(", ");
    format!("{}: {}", joined(names.into_iter().collect()), joined(found.iter().map(String::as_str).collect()))
}

fn place(at: &str, body: &Value, value: &str, found: &mut BTreeSet<String>) {
    match body {
        Value::Object(members) => {
            members.iter().for_each(|(name, inside)| place(&format!("{at}/{name}"), inside, value, found))
        }
        Value::Array(items) => items.iter().for_each(|inside| place(&format!("{at}/*"), inside, value, found)),
        // The value is told up to a length.
        Value::String(text) if text == value || (value.len() > 100 && text.starts_with(value)) => {
            found.insert(at.to_owned());
        }
        _ => {}
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
