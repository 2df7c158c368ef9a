//! `connector operations`: what can be done, by area or by how well it fits.

use std::io::{Write, stdout};

use connector_host::contract::{Operation, Stability};
use connector_host::search;
use serde_json::{Value, json};

use super::{embedded, print_json};
use crate::cli::{Global, ListFormat, OperationsArgs};
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
        chosen = search(&chosen, words);
    }
    let json = match args.format {
        Some(format) => format == ListFormat::Json,
        None => global.json,
    };
    if json {
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
        writeln!(out, "{}", table.line(row))?;
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
