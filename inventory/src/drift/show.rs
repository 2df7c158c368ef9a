//! A report for people: what is not codified as it should be, then how much of
//! each kind is, and what could not be told.
//!
//! Rule: text of states and of the account is data; a line is one line.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use super::report::{Report, Resource, Status};
use super::rules::fingerprint;
use crate::view::Table;
use crate::view::text::{clip, visible};

/// Ids that are named of those that are left out for one reason.
const NAMED: usize = 3;

impl Report {
    /// As a table; `room`: columns of the terminal, if it is one.
    pub fn table(&self, room: Option<usize>) -> String {
        let mut out = String::new();
        let told = self.resources.iter().filter(|one| one.status != Status::Codified);
        let rows: Vec<Vec<String>> = told.flat_map(lines).collect();
        let head = ["ID", "NAME", "KIND", "STATUS", "ADDRESS", "ATTRIBUTE", "IN THE ACCOUNT", "IN THE STATE"];
        table(&mut out, &head, rows, room);
        let head = ["KIND", "IN A STATE", "OF", "COVERAGE", "DRIFTED", "GHOSTS", "UNDETERMINED", "LEFT OUT"];
        let coverage = self.kinds.iter().map(|one| {
            let totals = &one.totals;
            let kind = one.kind.clone().unwrap_or_else(|| "(types that are not known)".to_owned());
            let numbers = [totals.drifted, totals.ghosts, totals.undetermined, totals.left_out];
            let mut row = vec![kind, totals.managed.to_string(), totals.coverable.to_string()];
            row.push(totals.per_cent().map_or_else(|| "-".to_owned(), |per_cent| format!("{per_cent} %")));
            row.extend(numbers.map(|number| number.to_string()));
            row
        });
        table(&mut out, &head, coverage.collect(), room);
        self.sections(&mut out, room);
        self.summary(&mut out);
        out
    }

    fn sections(&self, out: &mut String, room: Option<usize>) {
        let several = self.resources.iter().filter(|one| one.at.len() > 1).map(|one| {
            let at: Vec<String> = one.at.iter().map(|at| format!("{} ({})", at.address, at.file)).collect();
            format!("{} {}: {}", one.of, one.state_id, at.join(", "))
        });
        section(out, "In more than one place", several, room);
        let uncompared = self.resources.iter().filter(|one| !one.uncompared.is_empty());
        let uncompared = uncompared.map(|one| format!("{} {}: {}", one.of, one.id, one.uncompared.join(", ")));
        section(out, "Secrets that could not be compared", uncompared, room);
        let mut reasons: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for one in &self.left_out {
            reasons.entry((&one.kind, &one.why)).or_default().push(&one.id);
        }
        let left_out = reasons.into_iter().map(|((kind, why), ids)| {
            let more = if ids.len() > NAMED { ", …" } else { "" };
            let named: Vec<&str> = ids.iter().take(NAMED).copied().collect();
            format!("{} {kind} ({}{more}): {why}", ids.len(), named.join(", "))
        });
        section(out, "Cannot be codified", left_out, room);
        section(out, "Note", self.notes.iter().cloned(), room);
    }

    fn summary(&self, out: &mut String) {
        let totals = &self.totals;
        let others: u64 = self.states.iter().map(|state| state.others).sum();
        let scan = self.scan.map(|scan| format!("; as of scan {} ({:.0})", scan.scan, scan.at)).unwrap_or_default();
        // Writing to a text cannot fail.
        let _ = writeln!(
            out,
            "{}: {} of {} resources in a state ({} drifted), {} ghosts, {} undetermined, {} of other providers{scan}",
            visible(&self.account),
            totals.managed,
            totals.coverable,
            totals.drifted,
            totals.ghosts,
            totals.undetermined,
            others
        );
    }
}

/// The lines of a resource: one, or one for each difference.
fn lines(one: &Resource) -> Vec<Vec<String>> {
    let line = |address: &str, attribute: &str, account: String, state: String| {
        let kind = one.kind.clone().unwrap_or_else(|| one.of.clone());
        let (id, name, status) = (one.id.clone(), one.name.clone(), one.status.word().to_owned());
        vec![id, name, kind, status, address.to_owned(), attribute.to_owned(), account, state]
    };
    if one.differences.is_empty() {
        let address = one.at.first().map(|at| at.address.as_str()).unwrap_or_default();
        return vec![line(address, "", one.why.clone().unwrap_or_default(), String::new())];
    }
    let each = one.differences.iter().map(|difference| {
        let address = one.at.get(difference.at).map(|at| at.address.as_str()).unwrap_or_default();
        line(address, &difference.path, cell(&difference.account), cell(&difference.state))
    });
    each.collect()
}

/// A value as a cell. Texts stand in quotes, so that none looks like a word of ours.
fn cell(value: &Value) -> String {
    match (value, fingerprint(value)) {
        (Value::Null, _) => "nothing".to_owned(),
        (_, Some(Some(print))) => format!("secret ({print})"),
        (_, Some(None)) => "secret".to_owned(),
        (other, None) => other.to_string(),
    }
}

fn table(out: &mut String, head: &[&str], mut rows: Vec<Vec<String>>, room: Option<usize>) {
    if rows.is_empty() {
        return;
    }
    rows.insert(0, head.iter().map(|name| (*name).to_owned()).collect());
    let table = Table::new(&rows, room);
    for row in &rows {
        out.push_str(&table.line(row));
        out.push('\n');
    }
    out.push('\n');
}

fn section(out: &mut String, title: &str, lines: impl Iterator<Item = String>, room: Option<usize>) {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return;
    }
    out.push_str(title);
    out.push('\n');
    for line in lines {
        let line = format!("  {}", visible(&line));
        out.push_str(&room.map_or(line.as_str().into(), |room| clip(&line, room)));
        out.push('\n');
    }
    out.push('\n');
}
