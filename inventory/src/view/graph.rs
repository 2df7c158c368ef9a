//! Graphs for Graphviz and Mermaid.
//!
//! Rule: names of nodes are ours; text of others stands in quoted labels alone,
//! where each of its characters is that character. No links: an address of
//! others could be a script.

use std::fmt::Write;

use super::text::{clip, visible};
use crate::store::{Graph, Node};

/// What Mermaid reads in a label however it is written, in two halves: a formula,
/// a line's end, an icon.
const WORDS: [(&str, &str); 3] = [("$", "$"), ("\\", "n"), (":", "fa-")];

/// Most columns of a label's line.
const LABEL: usize = 60;

/// A graph for Graphviz. Labels are a name over kind and id; long ones are cut
/// with `…`.
pub fn dot(graph: &Graph) -> String {
    let mut text = String::from("digraph inventory {\n  rankdir=LR;\n  node [shape=box];\n");
    for (at, node) in graph.nodes.iter().enumerate() {
        let style = if node.name.is_none() { ", style=dashed" } else { "" };
        let [name, what] = label(graph, node);
        // Writing to a text cannot fail.
        let _ = writeln!(text, "  n{at} [label=\"{}\\n{}\"{style}];", dot_text(&name), dot_text(&what));
    }
    for edge in &graph.edges {
        let _ = writeln!(text, "  n{} -> n{} [label=\"{}\"];", edge.from, edge.to, dot_text(&shown(&edge.name)));
    }
    if graph.cut {
        text.push_str("  more [label=\"…\", shape=plaintext];\n");
    }
    text.push_str("}\n");
    text
}

/// A graph for Mermaid, with labels as in [`dot`].
pub fn mermaid(graph: &Graph) -> String {
    let mut text = String::from("flowchart LR\n");
    for (at, node) in graph.nodes.iter().enumerate() {
        let [name, what] = label(graph, node);
        let _ = writeln!(text, "  n{at}[\"{}<br/>{}\"]", mermaid_text(&name), mermaid_text(&what));
        if node.name.is_none() {
            let _ = writeln!(text, "  style n{at} stroke-dasharray: 4");
        }
    }
    for edge in &graph.edges {
        let _ = writeln!(text, "  n{} -->|\"{}\"| n{}", edge.from, mermaid_text(&shown(&edge.name)), edge.to);
    }
    if graph.cut {
        text.push_str("  more[\"…\"]\n");
    }
    text
}

/// Name, and what it is; of several accounts also which one.
fn label(graph: &Graph, node: &Node) -> [String; 2] {
    let several = graph.nodes.first().is_some_and(|first| graph.nodes.iter().any(|one| one.account != first.account));
    let account = if several { format!(" ({})", node.account) } else { String::new() };
    let name = node.name.as_deref().unwrap_or("not in the store");
    [shown(name), shown(&format!("{} {}{account}", node.kind, node.id))]
}

fn shown(text: &str) -> String {
    clip(&visible(text), LABEL).into_owned()
}

/// Inside a quoted label: `\` begins an escape, and `&` an entity.
fn dot_text(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '&' => quoted.push_str("&amp;"),
            c => quoted.push(c),
        }
    }
    quoted
}

/// Inside a quoted label: HTML, Markdown and `#…;` are read there, so all but
/// letters, digits and some signs becomes a number. Some words mean something
/// even then: an invisible sign (U+2060) keeps them apart.
fn mermaid_text(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if WORDS.iter().any(|(before, after)| {
            text.get(..at).is_some_and(|text| text.ends_with(before))
                && text.get(at..).is_some_and(|text| text.starts_with(after))
        }) {
            quoted.push_str("#8288;");
        }
        match c.is_alphanumeric() || matches!(c, ' ' | '.' | ',' | '-' | '/' | '…') {
            true => quoted.push(c),
            false => {
                let _ = write!(quoted, "#{};", u32::from(c));
            }
        }
    }
    quoted
}
