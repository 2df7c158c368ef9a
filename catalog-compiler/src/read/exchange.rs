//! Reads what an operation sends and what comes back: call, body, answer,
//! pages.
//!
//! Rule: keys that only matter beside another key are refused without it.

use super::operations::header;
use super::{fields, parsed};
use crate::arguments;
use crate::model::{Answer, Body, Call, Encoding, Method, Pages, Segment, Type};
use crate::notation;
use crate::source::{Report, Text, Word};
use crate::suggest;
use crate::table::Table;

const METHODS: [(&str, Method); 5] = [
    ("GET", Method::Get),
    ("POST", Method::Post),
    ("PUT", Method::Put),
    ("PATCH", Method::Patch),
    ("DELETE", Method::Delete),
];
const PAGES: [(&str, Pages); 6] = [
    ("offset", Pages::Offset),
    ("cursor", Pages::Cursor),
    ("after", Pages::After),
    ("analytics", Pages::Analytics),
    ("scim", Pages::Scim),
    ("none", Pages::None),
];

/// Reads `call`.
pub(super) fn call(table: &Table<'_>, report: &mut Report) -> Option<Call> {
    let text = table.required("call", "\"GET /teams\"", report)?;
    let Some((method, path)) = text.value.split_once(' ') else {
        report.unread(text.at(), "a call is a method and a path, as in `GET /teams/{id}`");
        return None;
    };
    let found = METHODS.iter().find(|(name, _)| *name == method);
    let Some((_, method)) = found else {
        let hint = suggest::hint(method, METHODS.map(|(name, _)| name));
        report.unread(text.at(), format!("unknown method `{method}`{hint}"));
        return None;
    };
    let start = text.value.len() - path.len();
    let Some(rest) = path.strip_prefix('/') else {
        report.unread(text.spot(start), "a path begins with `/` and holds no host");
        return None;
    };
    let mut at = start + 1;
    let mut segments = Vec::new();
    for part in rest.split('/') {
        segments.push(segment(&text, at, part, report)?);
        at += part.len() + 1;
    }
    Some(Call { method: *method, segments, at: text.at() })
}

fn segment(text: &Text, at: usize, part: &str, report: &mut Report) -> Option<Segment> {
    let message = match part.strip_prefix('{') {
        Some(rest) => match rest.strip_suffix('}') {
            Some(name) if notation::is_field_name(name) => {
                return Some(Segment::Argument(Word { text: name.to_owned(), at: text.spot(at + 1) }));
            }
            Some(name) => format!("`{name}` is not the name of an argument"),
            None if !rest.contains('}') => "the path argument is not closed: `}` is missing".to_owned(),
            None => "a path argument fills all between two slashes".to_owned(),
        },
        None if part.is_empty() => "nothing stands between two slashes, or behind the last one".to_owned(),
        None if part.contains(['{', '}']) => "a path argument fills all between two slashes".to_owned(),
        None if part.chars().all(|c| c.is_ascii_alphanumeric() || "_-.~:".contains(c)) => {
            return Some(Segment::Literal(part.to_owned()));
        }
        None => format!("`{part}` holds characters that do not belong in a path; write query fields under `query`"),
    };
    report.unread(text.spot(at), message);
    None
}

/// Reads `body`, `wrap`, `encoding` and `content`.
pub(super) fn body(table: &Table<'_>, pages: Pages, report: &mut Report) -> (Encoding, Body) {
    let encoding = table.choice("encoding", &[("json", false), ("multipart", true)], report);
    let wrap = table.text("wrap", report);
    let content = table.text("content", report).map(|text| header(&text, report));
    let body = if table.is_text("body") {
        table.text("body", report).map_or(Body::None, |text| Body::Entity(text.word()))
    } else if table.key("body").is_some() {
        Body::Fields(fields(table, "body", report))
    } else {
        Body::None
    };
    // Analytics pages make a body of their own.
    let pages_in_body = pages == Pages::Analytics;
    let multipart = encoding == Some(true);
    let without = |key: &str, needs: &str, report: &mut Report| {
        if let Some(at) = table.key(key) {
            report.wrong(at, format!("nothing reads `{key}` {needs}"));
        }
    };
    if matches!(body, Body::None) {
        without("wrap", "without `body`", report);
        without("encoding", "without `body`", report);
        if !pages_in_body {
            without("content", "without `body`", report);
            return (Encoding::None, body);
        }
    }
    if multipart {
        without("wrap", "in a multipart body", report);
        without("content", "in a multipart body", report);
    }
    if pages_in_body {
        without("wrap", "with pages in the body: they stand beside the other fields", report);
        if multipart {
            without("encoding", "with pages in the body, which is JSON", report);
        }
    }
    if let Some(wrap) = wrap.as_ref().filter(|wrap| !notation::is_field_name(&wrap.value)) {
        report.wrong(wrap.at(), "`wrap` is the name of one field, such as `team`");
    }
    let content = content.unwrap_or_else(|| "application/json".to_owned());
    let json = || Encoding::Json { wrap: wrap.map(|wrap| wrap.value), content };
    (if multipart { Encoding::Multipart } else { json() }, body)
}

/// Reads `items`, `item` or `answer`, one of which must be there.
pub(super) fn answer(table: &Table<'_>, report: &mut Report) -> Option<Answer> {
    let given: Vec<&str> = ["items", "item", "answer"].into_iter().filter(|key| table.key(key).is_some()).collect();
    match given[..] {
        ["items"] => items(table, report),
        ["item"] => {
            let (key, _, of) = parsed(notation::keyed(&table.text("item", report)?), report)?;
            Some(Answer::Item { key: key.text, of })
        }
        ["answer"] => {
            let text = table.text("answer", report)?;
            if text.value == "none" {
                return Some(Answer::None);
            }
            Some(Answer::Whole(parsed(notation::alone(&text), report)?))
        }
        [] => {
            let message = "what comes back is missing: add `items`, `item` or `answer` (`answer = \"none\"` where there is no body)";
            report.unread(table.at(), message);
            None
        }
        [.., last] => {
            let at = table.key(last).unwrap_or(table.at());
            report.unread(at, format!("an operation has only one of {}", suggest::list(&given)));
            None
        }
    }
}

fn items(table: &Table<'_>, report: &mut Report) -> Option<Answer> {
    let envelope = fields(table, "envelope", report);
    let (key, at, of) = parsed(notation::keyed(&table.text("items", report)?), report)?;
    match of {
        Type::List { of, min: 0, max: u32::MAX } => Some(Answer::Items { key: key.text, of: *of, envelope }),
        Type::List { .. } => {
            report.unread(at, "a collection takes no bounds: `page-limit` says how much a page holds");
            None
        }
        _ => {
            let message =
                format!("a collection is a list, as in `{}: [team]`; for a single value use `item`", key.text);
            report.unread(at, message);
            None
        }
    }
}

/// Reads `pages` and what belongs to it: the dialect, the most items a page,
/// and which of the dialect's arguments the official document leaves out.
pub(super) fn pages(table: &Table<'_>, answer: &Option<Answer>, report: &mut Report) -> (Pages, u32, Vec<Text>) {
    let pages = table.choice("pages", &PAGES, report);
    let limit = table.count("page-limit", report);
    let undeclared = table.texts("paging-undeclared", report);
    let collection = matches!(answer, Some(Answer::Items { .. }));
    if let (true, None, Some(at)) = (collection, table.key("pages"), table.key("items")) {
        report.unread(at, "how the collection pages is missing: add `pages` (`none` where it comes whole)");
    }
    let useless = |keys: &[&str], needs: &str, report: &mut Report| {
        for key in keys {
            if let Some(at) = table.key(key) {
                report.wrong(at, format!("nothing reads `{key}` without {needs}"));
            }
        }
    };
    if answer.is_some() && !collection {
        let keys =
            ["pages", "page-limit", "paging-undeclared", "consistency", "exact-while", "windows", "feed", "envelope"];
        useless(&keys, "`items`", report);
    } else if pages == Some(Pages::None) {
        useless(&["page-limit", "paging-undeclared", "consistency", "exact-while", "windows", "feed"], "pages", report);
    }
    let usual = match pages {
        None | Some(Pages::None) => return (Pages::None, 0, Vec::new()),
        Some(Pages::Analytics) => 1000,
        Some(Pages::Offset | Pages::Cursor | Pages::After | Pages::Scim) => 100,
    };
    let pages = pages.unwrap_or(Pages::None);
    let names = arguments::paging_names(pages);
    for name in undeclared.iter().filter(|name| !names.contains(&name.value.as_str())) {
        let message = format!("`{}` is no paging argument here: take of {}", name.value, suggest::list(&names));
        report.wrong(name.at(), message);
    }
    (pages, limit.unwrap_or(usual), undeclared)
}
