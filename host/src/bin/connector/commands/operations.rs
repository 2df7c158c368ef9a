//! `connector operations`: what can be done, by area or by how well it fits.

use std::io::{Write, stdout};

use connector_host::contract::{Operation, Stability};
use serde_json::{Value, json};

use super::{embedded, print_json};
use crate::cli::{Global, OperationsArgs};
use crate::failure::{Failure, Result};
use crate::session;
use crate::table::{Table, room};

pub(crate) async fn run(global: &Global, args: &OperationsArgs) -> Result<()> {
    let connector = session::connector(global).await?;
    let all = connector.operations().await?;
    let mut chosen: Vec<&Operation> = all.iter().collect();
    if let Some(area) = &args.area {
        chosen.retain(|operation| operation.area.eq_ignore_ascii_case(area));
        if chosen.is_empty() {
            let mut areas: Vec<&str> = all.iter().map(|operation| operation.area.as_str()).collect();
            areas.dedup();
            return Err(Failure::Usage(format!("there is no area `{area}`; there are: {}", areas.join(", "))));
        }
    }
    if let Some(words) = &args.search {
        chosen = ranked(&chosen, words);
    }
    if global.json {
        let list: Vec<Value> = chosen.iter().map(|operation| as_json(operation)).collect();
        return print_json(&Value::Array(list).to_string(), true);
    }
    print(&chosen, args.search.is_none())?;
    if chosen.is_empty() {
        tell!("no operation fits; try fewer or other words");
    }
    Ok(())
}

/// A table, with a line for each area unless the order is another.
fn print(operations: &[&Operation], by_area: bool) -> Result<()> {
    let rows: Vec<Vec<String>> = operations.iter().map(|operation| row(operation)).collect();
    let room = room();
    let table = Table::new(&rows, room);
    let mut out = stdout().lock();
    let mut area = "";
    for (operation, row) in operations.iter().zip(&rows) {
        if by_area && operation.area != area {
            let gap = if area.is_empty() { "" } else { "\n" };
            area = &operation.area;
            writeln!(out, "{gap}{}", crate::escape::visible(area).to_uppercase())?;
        }
        writeln!(out, "{}", table.line(row, room))?;
    }
    Ok(out.flush()?)
}

fn row(operation: &Operation) -> Vec<String> {
    let mut effect = operation.effect.name().to_owned();
    if operation.paged {
        effect.push_str(", paged");
    }
    if operation.stability != Stability::Stable {
        effect = format!("{effect}, {}", operation.stability.name());
    }
    vec![format!("  {}", operation.id), operation.title.clone(), effect]
}

/// Those that every word fits, best first.
fn ranked<'o>(operations: &[&'o Operation], words: &str) -> Vec<&'o Operation> {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let mut scored: Vec<(u32, &Operation)> = operations
        .iter()
        .filter_map(|operation| {
            let scores: Option<Vec<u32>> = words.iter().map(|word| score(operation, word)).collect();
            Some((scores?.iter().sum(), *operation))
        })
        .collect();
    // A stable sort: among equals the connector's own order stays.
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, operation)| operation).collect()
}

/// How well a word fits: where it stands, and whether it stands alone there.
fn score(operation: &Operation, word: &str) -> Option<u32> {
    let places = [(&operation.id, 8), (&operation.title, 6), (&operation.area, 4), (&operation.summary, 2)];
    let total: u32 = places
        .into_iter()
        .map(|(text, weight)| {
            let text = text.to_lowercase();
            let mut parts = text.split(|c: char| !c.is_alphanumeric());
            match (parts.any(|part| part == word), text.contains(word)) {
                (true, _) => weight * 2,
                (false, true) => weight,
                (false, false) => 0,
            }
        })
        .sum();
    (total > 0).then_some(total)
}

/// An operation as JSON, with the contract's own names.
pub(crate) fn as_json(operation: &Operation) -> Value {
    json!({
        "id": operation.id,
        "area": operation.area,
        "title": operation.title,
        "summary": operation.summary,
        "effect": operation.effect.name(),
        "stability": operation.stability.name(),
        "idempotent": operation.idempotent,
        "paged": operation.paged,
        "scope": operation.scope,
        "extra": embedded(&operation.extra),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use connector_host::contract::Effect;

    fn operation(id: &str, title: &str, summary: &str) -> Operation {
        Operation {
            id: id.into(),
            area: id.split('.').next().unwrap_or_default().into(),
            title: title.into(),
            summary: summary.into(),
            effect: Effect::Read,
            stability: Stability::Stable,
            idempotent: true,
            paged: true,
            scope: None,
            extra: "{}".into(),
        }
    }

    fn check(words: &str, expected: &[&str]) {
        let all = [
            operation("incidents.list", "List incidents", "Open and closed ones."),
            operation("incidents.notes.create", "Add a note", "Writes on an incident."),
            operation("services.list", "List services", "What incidents are about."),
        ];
        let all: Vec<&Operation> = all.iter().collect();
        let ids: Vec<&str> = ranked(&all, words).iter().map(|o| o.id.as_str()).collect();
        assert_eq!(ids, expected, "{words}");
    }

    #[test]
    fn words_rank_operations() {
        check("incidents", &["incidents.list", "incidents.notes.create", "services.list"]);
        check("list incidents", &["incidents.list", "services.list"]);
        check("NOTE", &["incidents.notes.create"]);
        check("nothing", &[]);
        check("", &["incidents.list", "incidents.notes.create", "services.list"]);
    }
}
