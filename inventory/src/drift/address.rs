//! Addresses of resources, as Terraform writes them:
//! `module.a["x"].pagerduty_team.b[0]`.
//!
//! Rule: what stands between quotes can be read back, whatever it is.

use std::fmt::Write;

use serde_json::Value;

/// The address of an instance. `module` stands in a state as it is written;
/// `index` is a number (`count`) or a text (`for_each`).
pub(super) fn address(module: Option<&str>, of: &str, name: &str, index: Option<&Value>) -> String {
    let module = module.filter(|module| !module.is_empty()).map(|module| format!("{module}.")).unwrap_or_default();
    let index = match index {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => format!("[{}]", quoted(text)),
        Some(other) => format!("[{other}]"),
    };
    format!("{module}{of}.{name}{index}")
}

/// A text as HCL quotes it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') => out.extend([c, c]),
            c if c.is_control() => {
                // Writing to a text cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
