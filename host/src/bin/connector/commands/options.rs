//! `connector options OPERATION ARGUMENT`: what may be chosen for a field.

use std::io::{Write, stdout};

use serde_json::{Value, json};

use super::print_json;
use crate::cli::{Global, OptionsArgs};
use crate::escape::visible;
use crate::failure::Result;
use crate::table::{Table, room};
use crate::{arguments, session};

pub(crate) async fn run(global: &Global, args: &OptionsArgs) -> Result<()> {
    let arguments = arguments::read(&args.arguments.arguments)?;
    let mut session = session::open(global, &[]).await?;
    let found = session
        .connection
        .options(&args.operation, &args.argument, &arguments, &args.search, args.cursor.as_deref())
        .await?;
    if global.json {
        let choices: Vec<Value> =
            found.choices.iter().map(|choice| json!({ "value": choice.value, "label": choice.label })).collect();
        let answer = json!({ "choices": choices, "next": found.next });
        return print_json(&answer.to_string(), true);
    }
    let rows: Vec<Vec<String>> =
        found.choices.iter().map(|choice| vec![choice.value.clone(), choice.label.clone()]).collect();
    let room = room();
    let table = Table::new(&rows, room);
    let mut out = stdout().lock();
    for row in &rows {
        writeln!(out, "{}", table.line(row))?;
    }
    out.flush()?;
    match (&found.next, rows.is_empty()) {
        (Some(cursor), _) => tell!("there are more: --cursor {}", visible(cursor)),
        (None, true) => tell!("nothing fits"),
        (None, false) => {}
    }
    Ok(())
}
