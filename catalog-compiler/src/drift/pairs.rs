//! Pairs the documents' operations with the catalog's.
//!
//! Rule: method and path make a pair, whatever the arguments in the path are
//! called; feeds send no request of their own and take no part.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::documents::{self, Document};
use super::found::{Difference, Kind};
use super::operations;
use crate::model::{Call, Catalog, Method, Segment};

/// Everything that differs between the documents and the catalog.
pub(super) fn all(documents: &[Document], catalog: &Catalog) -> Vec<Difference> {
    let theirs: Vec<documents::Operation<'_>> = documents.iter().flat_map(Document::operations).collect();
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    for (index, operation) in theirs.iter().enumerate() {
        lines.insert(pattern(&operation.call()), index);
    }
    for (index, operation) in theirs.iter().enumerate() {
        for (line, _) in spelled(operation) {
            lines.entry(line).or_insert(index);
        }
    }
    let mut found = Vec::new();
    let mut made: BTreeSet<String> = BTreeSet::new();
    for operation in &catalog.operations {
        let Some(call) = &operation.call else { continue };
        let line = request_line(call);
        made.insert(pattern(&line));
        match lines.get(&pattern(&line)).and_then(|index| theirs.get(*index)) {
            Some(theirs) => found.extend(operations::pair(theirs, operation, catalog)),
            None => found.push(Difference {
                here: "an operation".to_owned(),
                at: Some(operation.id.at),
                ..Difference::new(&operation.id.text, &line, "", Kind::OperationExtra)
            }),
        }
    }
    for operation in &theirs {
        let call = operation.call();
        if made.contains(&pattern(&call)) {
            continue;
        }
        let spelled = spelled(operation);
        let (there, missing): (Vec<_>, Vec<_>) = spelled.into_iter().partition(|(line, _)| made.contains(line));
        let mut difference = Difference::new(&call, &call, &operation.name(), Kind::OperationMissing);
        if there.is_empty() {
            difference.there = "an operation".to_owned();
        } else if missing.is_empty() {
            continue;
        } else {
            let values: Vec<String> = missing.into_iter().map(|(_, value)| value).collect();
            difference.there = format!("for {}", values.join(", "));
        }
        found.push(difference);
    }
    found
}

/// The calls that come of writing a choice in the path out, and the choices: the
/// catalog may have an operation for each.
fn spelled(operation: &documents::Operation<'_>) -> Vec<(String, String)> {
    let line = operation.call();
    let mut found = Vec::new();
    for parameter in operation.parameters("path") {
        let values = operation.document.resolve(parameter.schema()).get("enum").and_then(Value::as_array);
        for value in values.into_iter().flatten().filter_map(Value::as_str) {
            let written = line.replace(&format!("{{{}}}", parameter.name), value);
            found.push((pattern(&written), value.to_owned()));
        }
    }
    found
}

/// `METHOD /path` of a call.
fn request_line(call: &Call) -> String {
    let method = match call.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    };
    let mut line = format!("{method} ");
    for segment in &call.segments {
        line.push('/');
        match segment {
            Segment::Literal(text) => line.push_str(text),
            Segment::Argument(name) => line.push_str(&format!("{{{}}}", name.text)),
        }
    }
    line
}

/// A call without the names of its arguments.
fn pattern(call: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() };
    call.split('/').map(part).collect::<Vec<_>>().join("/")
}
