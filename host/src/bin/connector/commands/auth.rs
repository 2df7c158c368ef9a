//! `connector auth`: each way to sign in, as a form, and where to get each key.

use std::io::{Write, stdout};

use connector_host::contract::AuthMethod;
use serde_json::{Value, json};

use super::print_json;
use crate::cli::Global;
use crate::escape::visible;
use crate::failure::Result;
use crate::session;

pub(crate) async fn run(global: &Global) -> Result<()> {
    let connector = session::connector(global).await?;
    let methods = connector.auth_methods();
    if global.json {
        let list: Vec<Value> = methods.iter().map(as_json).collect();
        return print_json(&Value::Array(list).to_string(), true);
    }
    let mut out = stdout().lock();
    for (nth, method) in methods.iter().enumerate() {
        if nth > 0 {
            writeln!(out)?;
        }
        write!(out, "{}", as_text(method, nth == 0))?;
    }
    Ok(out.flush()?)
}

fn as_text(method: &AuthMethod, first: bool) -> String {
    let mut text = format!("{} (--auth-method {}", visible(&method.title), visible(&method.id));
    text.push_str(if first { ", the default)\n" } else { ")\n" });
    for (nth, field) in method.fields.iter().enumerate() {
        let from = match (nth, field.name.as_str()) {
            (_, "user_token") => ", from PAGERDUTY_USER_TOKEN",
            (0, _) => ", from PAGERDUTY_TOKEN or --token-file",
            _ => "",
        };
        text.push_str(&format!(
            "  {}: {}, {}{from}\n    {}\n",
            visible(&field.title),
            field.kind.name(),
            if field.required { "required" } else { "optional" },
            visible(&field.note),
        ));
    }
    for (nth, step) in method.steps.iter().enumerate() {
        text.push_str(&format!("  {}. {}\n", nth + 1, visible(step)));
    }
    text
}

fn as_json(method: &AuthMethod) -> Value {
    let fields: Vec<Value> = method
        .fields
        .iter()
        .map(|field| {
            json!({
                "name": field.name,
                "title": field.title,
                "kind": field.kind.name(),
                "required": field.required,
                "choices": field.choices,
                "note": field.note,
            })
        })
        .collect();
    json!({
        "id": method.id,
        "title": method.title,
        "fields": fields,
        "steps": method.steps,
        "exchange": method.exchange,
    })
}
