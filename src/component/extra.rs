//! `extra` of an operation: what the contract has no words for.
//!
//! Rule: text by hand. Through a serializer it took two thirds of the time of
//! `operations`, which tells it of 500.

use crate::catalog::{Consistency, From, Key, Listed, Unset};

/// Writes the JSON object; what there is none of is left out.
pub(super) fn write(operation: &Listed, out: &mut String) {
    out.push_str("{\"area_title\":");
    text(operation.area.title, out);
    out.push_str(",\"notes\":");
    list(operation.notes.iter(), out);
    // What people say for it and for its area, for a search.
    if !operation.words.is_empty() {
        out.push_str(",\"words\":");
        list(operation.words.iter(), out);
    }
    if !operation.area.words.is_empty() {
        out.push_str(",\"area_words\":");
        list(operation.area.words.iter().copied(), out);
    }
    out.push_str(match operation.key {
        Key::Account => ",\"key\":\"account\"",
        Key::User => ",\"key\":\"user\"",
        Key::Either => ",\"key\":\"either\"",
        Key::Bearer => ",\"key\":\"bearer\"",
        Key::None => ",\"key\":\"none\"",
    });
    out.push_str(match operation.from {
        From::No => "",
        From::Optional => ",\"from\":\"optional\"",
        From::Required => ",\"from\":\"required\"",
    });
    if let Some(items) = operation.items() {
        out.push_str(",\"items\":");
        text(items, out);
        out.push_str(match operation.consistency {
            Consistency::Exact => ",\"consistency\":\"exact\"",
            Consistency::UnlessMoved => ",\"consistency\":\"exact-unless-moved\"",
            Consistency::BestEffort => ",\"consistency\":\"best-effort\"",
        });
    }
    if operation.page_limit > 0 {
        out.push_str(",\"page_limit\":");
        out.push_str(&operation.page_limit.to_string());
    }
    if let Some(windows) = &operation.windows {
        out.push_str(",\"windows\":{\"by\":");
        text(windows.by, out);
        out.push_str(",\"since\":\"since\",\"until\":\"until\",\"unset\":");
        match told(windows.unset) {
            Some(unset) => text(&unset, out),
            None => out.push_str("null"),
        }
        out.push_str(",\"all\":");
        match windows.all {
            Some((name, value)) => {
                out.push('{');
                text(name, out);
                out.push(':');
                text(value, out);
                out.push('}');
            }
            None => out.push_str("null"),
        }
        out.push('}');
    }
    out.push_str(if operation.feed.is_some() { ",\"feed\":true}" } else { ",\"feed\":false}" });
}

fn list(texts: impl Iterator<Item = &'static str>, out: &mut String) {
    out.push('[');
    for (number, item) in texts.enumerate() {
        if number > 0 {
            out.push(',');
        }
        text(item, out);
    }
    out.push(']');
}

/// A text as JSON. Those of the catalog stand on one line.
fn text(text: &str, out: &mut String) {
    out.push('"');
    if text.contains('"') || text.contains('\\') {
        for letter in text.chars() {
            if matches!(letter, '"' | '\\') {
                out.push('\\');
            }
            out.push(letter);
        }
    } else {
        out.push_str(text);
    }
    out.push('"');
}

/// What a list holds without dates, where that is less than everything.
fn told(unset: Unset) -> Option<String> {
    match unset {
        Unset::All => None,
        Unset::Moment => Some("the present moment".to_owned()),
        Unset::Days(1) => Some("the last 24 hours".to_owned()),
        Unset::Days(28..=31) => Some("the last month".to_owned()),
        Unset::Days(days) => Some(format!("the last {days} days")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::OPERATIONS;

    #[test]
    fn what_is_written_is_what_the_catalog_says() {
        for operation in OPERATIONS {
            let mut written = String::new();
            write(operation, &mut written);
            let extra: serde_json::Value = serde_json::from_str(&written).unwrap_or_else(|e| panic!("{written}: {e}"));
            let texts = |name: &str| -> Vec<String> { serde_json::from_value(extra[name].clone()).unwrap_or_default() };
            assert_eq!(texts("notes"), operation.notes.iter().collect::<Vec<_>>(), "{}", operation.id);
            assert_eq!(texts("words"), operation.words.iter().collect::<Vec<_>>(), "{}", operation.id);
            assert_eq!(texts("area_words"), operation.area.words, "{}", operation.id);
            assert_eq!(extra["area_title"], operation.area.title);
            assert_eq!(extra["items"].as_str(), operation.items());
            assert_eq!(extra["windows"].is_object(), operation.windows.is_some());
            assert_eq!(extra["feed"], operation.feed.is_some());
        }
    }

    #[test]
    fn quotes_are_escaped() {
        let mut out = String::new();
        text("a \"b\" \\ ü", &mut out);
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), "a \"b\" \\ ü");
    }
}
