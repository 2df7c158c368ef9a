//! Reads what an operation says of walks: `consistency`, `exact-while`,
//! `windows` and `feed`.
//!
//! Rule: keys that only matter beside another key are refused without it.

use super::parsed;
use crate::model::{Consistency, Cut, ExactWhile, Feed, Given, Pages, Unset, Windows};
use crate::notation;
use crate::source::{Report, Text, Word};
use crate::table::Table;

const CONSISTENCY: [(&str, Consistency); 3] = [
    ("exact", Consistency::Exact),
    ("unless-moved", Consistency::UnlessMoved),
    ("best-effort", Consistency::BestEffort),
];
const ORDER: [(&str, bool); 2] = [("oldest-first", false), ("newest-first", true)];

/// Reads `consistency` and `exact-while`.
pub(super) fn promise(table: &Table<'_>, pages: Pages, report: &mut Report) -> (Consistency, Option<ExactWhile>) {
    // A token leads to the next record; an offset or an index to a place.
    let usual = match pages {
        Pages::Offset | Pages::Scim => Consistency::UnlessMoved,
        Pages::None | Pages::Cursor | Pages::After | Pages::Analytics => Consistency::Exact,
    };
    let consistency = table.choice("consistency", &CONSISTENCY, report).unwrap_or(usual);
    let exact_while = table.text("exact-while", report).and_then(|text| exact_while(&text, report));
    if let (Some(at), false) = (table.key("exact-while"), consistency == Consistency::Exact) {
        report.wrong(at, "nothing reads `exact-while` without `consistency = \"exact\"`");
    }
    (consistency, exact_while)
}

/// `argument: value|value`.
fn exact_while(text: &Text, report: &mut Report) -> Option<ExactWhile> {
    let Some((argument, rest)) = text.value.split_once(": ") else {
        report
            .unread(text.at(), "an argument and its values are expected, as in `sort_by: created_at|incident_number`");
        return None;
    };
    let mut at = argument.len() + 2;
    let mut values: Vec<Word> = Vec::new();
    for value in rest.split('|') {
        values.push(Word { text: value.to_owned(), at: text.spot(at) });
        at += value.len() + 1;
    }
    Some(ExactWhile { argument: Word { text: argument.to_owned(), at: text.at() }, values })
}

/// Reads `windows`: a table, or `none`.
pub(super) fn windows(table: &Table<'_>, report: &mut Report) -> Option<Windows> {
    let key = table.key("windows")?;
    if let Some(text) = table.is_text("windows").then(|| table.text("windows", report)).flatten() {
        if text.value == "none" {
            return Some(Windows::None(key));
        }
        report.unread(text.at(), format!("`windows` is a table or `none`, not `{}`", text.value));
        return None;
    }
    let cut = table.table("windows", report)?;
    cut.only(&["by", "order", "lasting", "days", "unset", "alone-days", "all", "oldest"], report);
    let by = cut.required("by", "\"created_at\"", report).map(|text| text.word());
    let order = cut.choice("order", &ORDER, report);
    let lasting = cut.flag("lasting", report);
    let days = cut.count("days", report);
    let unset = unset(&cut, report);
    let alone_days = cut.count("alone-days", report);
    let (all, oldest) = (setting(&cut, "all", report), setting(&cut, "oldest", report));
    Some(Windows::Cut(Box::new(Cut {
        at: key,
        by: by?,
        newest_first: order.unwrap_or(false),
        lasting: lasting.unwrap_or(false),
        days: days.unwrap_or(0),
        unset: unset?,
        alone_days: alone_days.unwrap_or(0),
        all,
        oldest,
    })))
}

fn unset(cut: &Table<'_>, report: &mut Report) -> Option<Unset> {
    if cut.key("unset").is_none() {
        let message =
            "`unset` is missing: say what is listed without `since` and `until`: `all`, `moment` or a number of days";
        report.unread(cut.at(), message);
        return None;
    }
    if !cut.is_text("unset") {
        return cut.count("unset", report).map(Unset::Days);
    }
    let text = cut.text("unset", report)?;
    match text.value.as_str() {
        "all" => Some(Unset::All),
        "moment" => Some(Unset::Moment),
        other => {
            let message = format!("`unset` is `all`, `moment` or a number of days, not `{other}`");
            report.unread(text.at(), message);
            None
        }
    }
}

/// `name=value`.
fn setting(cut: &Table<'_>, key: &str, report: &mut Report) -> Option<(Word, Word)> {
    let text = cut.text(key, report)?;
    let Some((name, value)) = text.value.split_once('=') else {
        report.unread(text.at(), format!("`{key}` is an argument and its value, as in `sort_by=created_at:asc`"));
        return None;
    };
    let value = Word { text: value.to_owned(), at: text.spot(name.len() + 1) };
    Some((Word { text: name.to_owned(), at: text.at() }, value))
}

/// Reads `feed`.
pub(super) fn feed(table: &Table<'_>, report: &mut Report) -> Option<Feed> {
    let feed = table.table("feed", report)?;
    feed.only(&["of", "with", "take", "pass", "pass-with"], report);
    let of = feed.required("of", "\"log-entries.list\"", report).map(|text| text.word());
    let given = |key: &str, report: &mut Report| match feed.text(key, report) {
        Some(text) => parsed(notation::object(&text), report).unwrap_or_default(),
        None => Given { text: "{}".to_owned(), ..Given::default() },
    };
    let with = given("with", report);
    let take = feed.text("take", report).map(|text| text.word());
    let pass = feed.text("pass", report).map(|text| text.word());
    let pass_with = given("pass-with", report);
    if let (Some(at), None) = (feed.key("pass-with"), feed.key("pass")) {
        report.wrong(at, "nothing reads `pass-with` without `pass`");
    }
    Some(Feed { of: of?, with, take, pass: pass.map(|pass| (pass, pass_with)) })
}

/// Refuses the keys that a feed takes from the operation it is over, or has no
/// use for.
pub(super) fn only_feed(table: &Table<'_>, pages: Pages, report: &mut Report) {
    if let (Some(at), Pages::Offset | Pages::After | Pages::Analytics | Pages::Scim) = (table.key("pages"), pages) {
        report.wrong(at, "a feed has `pages = \"cursor\"`");
    }
    if let Some(at) = table.key("call") {
        report.wrong(at, "an operation has only one of `call` and `feed`");
    }
    let useless = [
        "host",
        "accept",
        "content",
        "early-access",
        "effect",
        "idempotent",
        "from",
        "path",
        "body",
        "wrap",
        "encoding",
        "paging-undeclared",
        "windows",
    ];
    for key in useless {
        if let Some(at) = table.key(key) {
            report.wrong(at, format!("nothing reads `{key}` in a feed"));
        }
    }
}
