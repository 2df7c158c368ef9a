//! Terraform's language, formatted as `terraform fmt` would.
//!
//! Rule: text stands in quotes on one line, and whatever would mean something
//! there is escaped.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::values::{Body, Value};
use super::write::Writing;
use crate::catalog::{Holds, Line};

/// `import` blocks came with it.
pub(super) const LEAST_TERRAFORM: &str = ">= 1.5.0";
/// Why Terraform takes no notice of something.
const IGNORED: &str = "What PagerDuty holds there is secret, or nothing that the provider takes: it stays as it is.";
/// Longest line that a list is written on.
const WIDTH: usize = 100;

/// The provider: its local name, its address, its versions.
pub(super) fn provider((local, source, version): (&str, &str, &str)) -> String {
    format!(
        "terraform {{\n  required_version = \"{LEAST_TERRAFORM}\"\n\n  required_providers {{\n    {local} = {{\n      source  = {}\n      version = {}\n    }}\n  }}\n}}\n",
        quoted(source),
        quoted(version)
    )
}

/// Every variable. `of`: by name, the address of its resource.
pub(super) fn variables(of: &BTreeMap<String, String>) -> String {
    let mut out = String::from("# PagerDuty does not tell these, or they are secret: give them before you plan.\n");
    for (name, address) in of {
        let _ = write!(
            out,
            "\nvariable \"{name}\" {{\n  description = {}\n  type        = string\n  sensitive   = true\n}}\n",
            quoted(&format!("For {address}"))
        );
    }
    out
}

/// The import block and the block of a resource. `notes` stand above the first of a file.
pub(super) fn resource(out: &mut String, writing: &mut Writing<'_>, notes: &[&str], body: &Body) {
    if out.is_empty() {
        for note in notes {
            let _ = writeln!(out, "# {note}");
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let (of, name) = (writing.type_name, &writing.made.name);
    let _ = write!(out, "import {{\n  to = {of}.{name}\n  id = {}\n}}\n\n", quoted(&writing.made.import));
    let _ = writeln!(out, "resource \"{of}\" \"{name}\" {{");
    write_body(out, writing, body, "  ", "");
    if !writing.ignored.is_empty() {
        let empty = body.attributes.is_empty() && body.blocks.is_empty();
        let ignored = writing.ignored.join(", ");
        let _ = write!(
            out,
            "{}  lifecycle {{\n    # {IGNORED}\n    ignore_changes = [{ignored}]\n  }}\n",
            if empty { "" } else { "\n" }
        );
    }
    out.push_str("}\n");
}

/// `above`: the path of the block, with a dot behind.
fn write_body(out: &mut String, writing: &mut Writing<'_>, body: &Body, indent: &str, above: &str) {
    let widest = |group: &[(&Line, String)]| group.iter().map(|(line, _)| line.name.len()).max().unwrap_or(0);
    let mut group: Vec<(&Line, String)> = Vec::new();
    let flush = |out: &mut String, group: &mut Vec<(&Line, String)>| {
        let width = widest(group);
        for (line, value) in group.drain(..) {
            let _ = writeln!(out, "{indent}{:width$} = {value}", line.name);
        }
    };
    for (line, value) in &body.attributes {
        writing.note(line, &format!("{above}{}", line.name));
        let text = value_text(writing, line, value, indent);
        // What takes several lines stands apart: its sign is below no other's.
        let several = text.contains('\n');
        if several {
            flush(out, &mut group);
        }
        group.push((line, text));
        if several {
            flush(out, &mut group);
        }
    }
    flush(out, &mut group);
    let mut first = body.attributes.is_empty();
    for (line, bodies) in &body.blocks {
        writing.note(line, &format!("{above}{}", line.name));
        for (place, body) in bodies.iter().enumerate() {
            if !first {
                out.push('\n');
            }
            first = false;
            if body.attributes.is_empty() && body.blocks.is_empty() {
                let _ = writeln!(out, "{indent}{} {{}}", line.name);
                continue;
            }
            let _ = writeln!(out, "{indent}{} {{", line.name);
            let inside = inside(above, line, place);
            write_body(out, writing, body, &format!("{indent}  "), &inside);
            let _ = writeln!(out, "{indent}}}");
        }
    }
}

/// The path of what stands in a block, with a dot behind.
pub(super) fn inside(above: &str, line: &Line, place: usize) -> String {
    match line.holds {
        Holds::Block => format!("{above}{}.", line.name),
        Holds::One(_) | Holds::List(_) | Holds::Set(_) | Holds::Blocks { .. } | Holds::Objects { .. } => {
            format!("{above}{}[{place}].", line.name)
        }
    }
}

fn value_text(writing: &mut Writing<'_>, line: &Line, value: &Value, indent: &str) -> String {
    match value {
        Value::Text(text) => quoted(text),
        Value::Number(number) => number.clone(),
        Value::Flag(flag) => flag.to_string(),
        Value::Refers(number) => format!("{}.id", writing.address(*number)),
        Value::Secret(_) => format!("var.{}", writing.variable(line.name)),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| value_text(writing, line, item, indent)).collect();
            let short = format!("[{}]", items.join(", "));
            if indent.len() + line.name.len() + 3 + short.len() <= WIDTH {
                return short;
            }
            let lines: String = items.iter().map(|item| format!("{indent}  {item},\n")).collect();
            format!("[\n{lines}{indent}]")
        }
        Value::Objects(bodies) => {
            let mut text = String::from("[\n");
            for body in bodies {
                let _ = writeln!(text, "{indent}  {{");
                write_body(&mut text, writing, body, &format!("{indent}    "), "");
                let _ = writeln!(text, "{indent}  }},");
            }
            text + indent + "]"
        }
    }
}

/// Text in quotes, on one line, that is itself and nothing else.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut before = ' ';
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Doubled it is no template; behind another of its kind that would be read otherwise.
            '$' | '%' if characters.peek() == Some(&'{') && before != character => out.extend([character, character]),
            '$' | '%' if characters.peek() == Some(&'{') => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            unseen if is_unseen(unseen) => {
                let number = u32::from(unseen);
                let _ = if number > 0xffff { write!(out, "\\U{number:08x}") } else { write!(out, "\\u{number:04x}") };
            }
            plain => out.push(plain),
        }
        before = character;
    }
    out.push('"');
    out
}

/// Whether a reader would not see it, or see the text in another order.
pub(super) fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}
