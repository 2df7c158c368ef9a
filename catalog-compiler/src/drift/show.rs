//! Differences as text for people and as JSON for tools.
//!
//! Rule: nothing is left out of the JSON. In the text, what several operations
//! share through an entity stands once, at the first of them.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::Outcome;
use super::found::{Difference, Kind};
use crate::source::{Source, Spot};

/// File and line of a place.
fn place(sources: &[Source], at: Spot) -> Option<(&str, usize)> {
    let source = sources.get(at.file)?;
    let above = source.text.get(..at.offset).unwrap_or(&source.text);
    Some((&source.name, above.matches('\n').count() + 1))
}

/// What differences have in common that stem from one line of an entity.
fn shared(difference: &Difference) -> Option<(Spot, Kind, &str, &str, &str)> {
    let (_, field) = difference.entity.as_ref()?;
    let way = difference.field.starts_with("answer");
    let way = if way { "answer" } else { "" };
    Some((difference.at?, difference.kind, field, &difference.there, way))
}

/// `KIND: what the document says; what the catalog says`
fn words(difference: &Difference) -> String {
    let Difference { kind, there, here, .. } = difference;
    let (in_document, in_catalog) = match kind {
        Kind::Enum | Kind::Cases => ("only in the document", "only in the catalog"),
        _ => ("document", "catalog"),
    };
    let mut parts = Vec::new();
    if !there.is_empty() {
        parts.push(format!("{in_document}: {there}"));
    }
    if !here.is_empty() {
        parts.push(format!("{in_catalog}: {here}"));
    }
    format!("{}  {}", kind.word(), parts.join("; "))
}

impl Outcome {
    /// Everything as text, by operation.
    pub fn text(&self) -> String {
        let mut groups: Vec<(&str, Vec<&Difference>)> = Vec::new();
        let mut times: BTreeMap<_, usize> = BTreeMap::new();
        for difference in &self.differences {
            if let Some(shared) = shared(difference) {
                let count = times.entry(shared).or_default();
                *count += 1;
                if *count > 1 {
                    continue;
                }
            }
            match groups.last_mut() {
                Some((operation, group)) if *operation == difference.operation => group.push(difference),
                _ => groups.push((&difference.operation, vec![difference])),
            }
        }
        let mut text = String::new();
        for (operation, group) in groups {
            let first = group[0];
            let names = [operation, &first.call, &first.document];
            let told =
                names.iter().enumerate().filter(|(index, name)| !name.is_empty() && !names[..*index].contains(name));
            let head: Vec<&str> = told.map(|(_, name)| *name).collect();
            let _ = writeln!(text, "{}", head.join("  "));
            for difference in group {
                let place = difference.at.and_then(|at| place(&self.sources, at));
                let place = place.map_or(String::new(), |(file, line)| format!("{file}:{line}  "));
                let field = if difference.field.is_empty() { String::new() } else { format!("{}  ", difference.field) };
                let times = shared(difference).and_then(|shared| times.get(&shared)).copied().unwrap_or(1);
                let more = match times {
                    1 => String::new(),
                    2 => "  (and 1 more like it)".to_owned(),
                    times => format!("  (and {} more like it)", times - 1),
                };
                let _ = writeln!(text, "  {place}{field}{}{more}", words(difference));
            }
        }
        for problem in &self.idle {
            let _ = writeln!(text, "{problem}");
        }
        text + &self.summary() + "\n"
    }

    /// The last line.
    pub fn summary(&self) -> String {
        let mut line = format!(
            "{} operations compared: {} differences, and {} intended",
            self.compared,
            self.differences.len(),
            self.intended
        );
        match self.idle.len() {
            0 => {}
            1 => line.push_str("; 1 part of the list explains nothing"),
            parts => {
                let _ = write!(line, "; {parts} parts of the list explain nothing");
            }
        }
        match self.missing {
            0 => {}
            1 => line.push_str("; 1 operation of the documents is missing"),
            missing => {
                let _ = write!(line, "; {missing} operations of the documents are missing");
            }
        }
        line
    }

    /// Everything as JSON.
    pub fn json(&self) -> String {
        let differences = self.differences.iter().map(|difference| {
            let place = difference.at.and_then(|at| place(&self.sources, at));
            json!({
                "operation": difference.operation,
                "call": difference.call,
                "document": difference.document,
                "field": difference.field,
                "entity": difference.entity.as_ref().map(|(entity, field)| json!({"name": entity, "field": field})),
                "kind": difference.kind.word(),
                "there": difference.there,
                "here": difference.here,
                "file": place.map(|(file, _)| file),
                "line": place.map(|(_, line)| line),
            })
        });
        let idle = self
            .idle
            .iter()
            .map(|problem| json!({"file": problem.file, "line": problem.line, "message": problem.message}));
        let whole = json!({
            "compared": self.compared,
            "missing": self.missing,
            "intended": self.intended,
            "differences": differences.collect::<Vec<Value>>(),
            "idle": idle.collect::<Vec<Value>>(),
        });
        format!("{whole:#}")
    }
}
