//! For people: a line a finding, then what to do, rule by rule.
//!
//! Rule: one finding is one line, whatever is in it.

use std::collections::BTreeMap;
use std::fmt::Write;

use connector_inventory::view::text::clip;

use super::text::{counted, harmless};
use crate::check::{Check, Counts};
use crate::finding::Undetermined;
use crate::trial::Trial;

/// Columns of an asset: ids of more take what they need, and their line alone.
const ASSET: usize = 30;

pub(super) fn check(check: &Check, room: Option<usize>) -> String {
    let mut out = String::new();
    let (held, waived): (Vec<_>, Vec<_>) = check.findings.iter().partition(|finding| finding.waived.is_none());
    let rows: Vec<[String; 4]> = held
        .iter()
        .map(|finding| {
            let asset = format!("{} {}", harmless(&finding.kind), harmless(&finding.id));
            let what = format!("{}: {}", harmless(&finding.name), harmless(&finding.message));
            [finding.severity.word().to_owned(), harmless(&finding.rule), asset, what]
        })
        .collect();
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2).min(ASSET)];
    for [severity, rule, asset, what] in &rows {
        let [a, b, c] = widths;
        let whole = format!("{severity:<a$}  {rule:<b$}  {asset:<c$}  {what}");
        line(&mut out, &room.map_or(whole.as_str().into(), |room| clip(&whole, room)));
    }
    let remedies: BTreeMap<&str, &str> =
        held.iter().filter_map(|finding| Some((finding.rule.as_str(), finding.remedy.as_deref()?))).collect();
    section(
        &mut out,
        "What to do",
        remedies.iter().map(|(rule, remedy)| format!("{}: {}", harmless(rule), harmless(remedy))),
    );
    section(
        &mut out,
        "Waived",
        waived.iter().map(|finding| {
            let why = finding.waived.as_deref().unwrap_or_default();
            format!(
                "{}: {} {}: {}",
                harmless(&finding.rule),
                harmless(&finding.kind),
                harmless(&finding.id),
                harmless(why)
            )
        }),
    );
    section(&mut out, "Could not be told", untold(&check.undetermined));
    section(
        &mut out,
        "Did not come to their end",
        check.broken.iter().map(|one| {
            let place = one.place.as_ref().map(|place| format!(" ({})", harmless(&place.to_string())));
            let asset = one.asset.as_ref().map(|(kind, id)| format!(" on {} {}", harmless(kind), harmless(id)));
            format!(
                "{}{}{}: {}",
                harmless(&one.rule),
                place.unwrap_or_default(),
                asset.unwrap_or_default(),
                harmless(&one.message)
            )
        }),
    );
    section(&mut out, "Note", check.notes.iter().map(|note| harmless(note)));
    let Counts { rules, assets, asset_rules } = check.counts;
    if !out.is_empty() {
        out.push('\n');
    }
    let account = harmless(&check.account);
    line(
        &mut out,
        &format!(
            "{account}: {}, {} waived, {} undetermined; {} on {}, {}",
            counted(held.len(), "finding"),
            waived.len(),
            check.undetermined.len(),
            counted(rules, "rule"),
            counted(assets, "asset"),
            counted(asset_rules, "evaluation"),
        ),
    );
    out
}

/// One line a rule, kind and reason, with the assets where they are few.
fn untold(all: &[Undetermined]) -> impl Iterator<Item = String> {
    let mut assets: BTreeMap<(&str, &str, &str), Vec<&str>> = BTreeMap::new();
    for one in all {
        assets.entry((&one.rule, &one.kind, &one.message)).or_default().extend(one.id.as_deref());
    }
    assets.into_iter().map(|((rule, kind, message), ids)| {
        let of = match ids.as_slice() {
            [] => String::new(),
            few if few.len() <= 3 => format!("{} {}: ", harmless(kind), harmless(&few.join(", "))),
            many => format!("{} {}: ", many.len(), harmless(kind)),
        };
        format!("{}: {of}{}", harmless(rule), harmless(message))
    })
}

pub(super) fn trials(trials: &[Trial]) -> String {
    let mut out = String::new();
    for trial in trials {
        if let Some(why) = &trial.failed {
            line(
                &mut out,
                &format!("FAIL  {} ({}): {}", harmless(&trial.name), harmless(&trial.place.to_string()), harmless(why)),
            );
        }
    }
    let failed = trials.iter().filter(|trial| trial.failed.is_some()).count();
    line(&mut out, &format!("{} passed, {failed} failed", counted(trials.len() - failed, "test")));
    out
}

fn section(out: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return;
    }
    if !out.is_empty() {
        out.push('\n');
    }
    line(out, title);
    lines.for_each(|text| line(out, &format!("  {text}")));
}

fn line(out: &mut String, text: &str) {
    // Writing to a String does not fail.
    let _ = writeln!(out, "{}", text.trim_end());
}
