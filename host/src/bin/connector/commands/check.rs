//! `connector check`: whose key it is and what it may do.

use std::io::{Write, stdout};

use serde_json::Value;

use super::{embedded, print_json};
use crate::cli::Global;
use crate::escape::visible;
use crate::failure::Result;
use crate::session;
use crate::table::Table;

pub(crate) async fn run(global: &Global) -> Result<()> {
    let mut session = session::open(global, &[]).await?;
    let answer = session.connection.check().await?;
    if global.json {
        return print_json(&answer, true);
    }
    let mut rows = Vec::new();
    flatten(&mut rows, "", &embedded(&answer));
    let table = Table::new(&rows, None);
    let mut out = stdout().lock();
    for row in &rows {
        writeln!(out, "{}", table.line(row))?;
    }
    Ok(out.flush()?)
}

/// One line for each value, with its dotted name; lists of words on one line.
fn flatten(rows: &mut Vec<Vec<String>>, name: &str, value: &Value) {
    let below = |key: &str| match name {
        "" => key.to_owned(),
        _ => format!("{name}.{key}"),
    };
    match value {
        Value::Null => {}
        Value::Object(map) => {
            for (key, value) in map {
                flatten(rows, &below(key), value);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            for (nth, item) in items.iter().enumerate() {
                flatten(rows, &below(&(nth + 1).to_string()), item);
            }
        }
        Value::Array(items) if items.is_empty() => {}
        Value::Array(items) => {
            let words: Vec<String> = items.iter().map(word).collect();
            rows.push(vec![name.to_owned(), words.join(", ")]);
        }
        other => rows.push(vec![name.to_owned(), word(other)]),
    }
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => visible(text).into_owned(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_value_has_a_line() {
        let mut rows = Vec::new();
        let answer = json!({
            "region": "us",
            "keys": [{"kind": "user", "read_only": false, "user": {"name": "Ann"}}],
            "abilities": ["sso", "teams"],
            "none": null,
            "nothing": [],
        });
        flatten(&mut rows, "", &answer);
        assert_eq!(
            rows,
            [
                ["region", "us"],
                ["keys.1.kind", "user"],
                ["keys.1.read_only", "no"],
                ["keys.1.user.name", "Ann"],
                ["abilities", "sso, teams"],
            ]
        );
    }
}
