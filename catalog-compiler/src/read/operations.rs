//! Reads `operations/*.toml`: the area and what an operation says of itself.
//!
//! Rule: what the file leaves out is filled in here, from the area first and
//! from the method second; later steps see no defaults.

use super::{Ending, choices, exchange, fields, is_kebab, line, prose, title, walk};
use crate::model::{Area, Catalog, Effect, From, Key, Method, Operation, Stability};
use crate::source::{Report, Source, Spot, Text, Word};
use crate::table::Table;

const KEYS: [&str; 32] = [
    "call",
    "title",
    "summary",
    "notes",
    "words",
    "scope",
    "host",
    "accept",
    "content",
    "stability",
    "early-access",
    "effect",
    "idempotent",
    "key",
    "from",
    "path",
    "query",
    "header",
    "body",
    "wrap",
    "encoding",
    "items",
    "item",
    "answer",
    "pages",
    "page-limit",
    "paging-undeclared",
    "consistency",
    "exact-while",
    "windows",
    "feed",
    "envelope",
];
const ACCEPT: &str = "application/vnd.pagerduty+json;version=2";
const KEY: [(&str, Key); 5] = [
    ("account", Key::Account),
    ("user", Key::User),
    ("either", Key::Either),
    ("bearer", Key::Bearer),
    ("none", Key::None),
];
const EFFECT: [(&str, Effect); 3] = [("read", Effect::Read), ("write", Effect::Write), ("delete", Effect::Delete)];
const FROM: [(&str, From); 2] = [("required", From::Required), ("optional", From::Optional)];
const STABILITY: [(&str, Stability); 3] =
    [("stable", Stability::Stable), ("early-access", Stability::EarlyAccess), ("deprecated", Stability::Deprecated)];

/// What the operations of a file share.
struct Defaults {
    area: String,
    host: Word,
    accept: String,
    key: Key,
}

/// Reads the operations of one file.
pub(crate) fn read(source: &Source, root: &Table<'_>, catalog: &mut Catalog, report: &mut Report) {
    root.only(&["area", "op"], report);
    let defaults = area(source, root, catalog, report);
    let Some(tables) = root.table("op", report) else {
        return report.unread(source.spot(0), "the file declares no operation: add `[op.list]`");
    };
    for entry in tables.entries() {
        let Some(table) = tables.entry_table(entry, report) else { continue };
        let Word { text: name, at } = &entry.key;
        if table.holds_only_tables() {
            let inner = &table.entries()[0].key.text;
            report.unread(*at, format!("quote a name of several words: `[op.\"{name}.{inner}\"]`"));
            continue;
        }
        if !name.split('.').all(is_kebab) {
            let message =
                format!("`{name}` is not small words joined by hyphens and dots, such as `contact-methods.list`");
            report.wrong(*at, message);
        }
        let id = Word { text: format!("{}.{name}", defaults.area), at: *at };
        catalog.operations.push(operation(id, &defaults, &table, report));
    }
}

fn area(source: &Source, root: &Table<'_>, catalog: &mut Catalog, report: &mut Report) -> Defaults {
    let id = source.stem.clone();
    let mut defaults = Defaults {
        area: id.clone(),
        host: Word { text: "api".to_owned(), at: source.spot(0) },
        accept: ACCEPT.to_owned(),
        key: Key::Either,
    };
    let Some(table) = root.table("area", report) else {
        report.unread(source.spot(0), "`[area]` is missing: add it with `title = \"A few words\"`");
        return defaults;
    };
    table.only(&["title", "words", "host", "accept", "key"], report);
    let words = choices::words(&table, report);
    catalog.areas.push(Area { id, title: title(&table, report), words });
    if let Some(host) = table.text("host", report) {
        defaults.host = host.word();
    }
    if let Some(accept) = table.text("accept", report) {
        defaults.accept = header(&accept, report);
    }
    if let Some(key) = table.choice("key", &KEY, report) {
        defaults.key = key;
    }
    defaults
}

fn operation(id: Word, defaults: &Defaults, table: &Table<'_>, report: &mut Report) -> Operation {
    let gaps = report.gaps();
    table.only(&KEYS, report);
    let feed = walk::feed(table, report);
    // A feed makes the calls of another operation.
    let call = if table.key("feed").is_none() { exchange::call(table, report) } else { None };
    let method = call.as_ref().map_or(Method::Get, |call| call.method);
    let (effect, idempotent) = match method {
        Method::Get => (Effect::Read, true),
        Method::Put => (Effect::Write, true),
        Method::Delete => (Effect::Delete, true),
        Method::Post | Method::Patch => (Effect::Write, false),
    };
    let early_access = table.text("early-access", report).map(|text| header(&text, report));
    let key = table.choice("key", &KEY, report).unwrap_or(defaults.key);
    let from = table.choice("from", &FROM, report);
    if let (Some(at), Key::User | Key::None) = (table.key("from"), key) {
        report.wrong(at, "nothing reads `from` here: the header goes with keys that are not a user's");
    }
    let answer = exchange::answer(table, report);
    let (pages, page_limit, undeclared) = exchange::pages(table, &answer, report);
    if table.key("feed").is_some() {
        walk::only_feed(table, pages, report);
    }
    let (consistency, exact_while) = walk::promise(table, pages, report);
    let (encoding, body) = exchange::body(table, pages, report);
    Operation {
        area: defaults.area.clone(),
        title: title(table, report),
        summary: summary(table, report),
        notes: table.texts("notes", report).iter().map(|text| prose("a note", text, Ending::Any, report)).collect(),
        words: choices::words(table, report),
        call,
        host: table.text("host", report).map_or_else(|| defaults.host.clone(), |text| text.word()),
        effect: table.choice("effect", &EFFECT, report).unwrap_or(effect),
        stability: stability(table, early_access.is_some(), report),
        idempotent: table.flag("idempotent", report).unwrap_or(idempotent),
        scope: table.text("scope", report).map(|text| scope(&text, report)),
        key,
        from: from.unwrap_or(From::No),
        accept: table.text("accept", report).map_or_else(|| defaults.accept.clone(), |text| header(&text, report)),
        early_access,
        path: fields(table, "path", report),
        query: fields(table, "query", report),
        header: fields(table, "header", report),
        body,
        encoding,
        answer,
        pages,
        page_limit,
        undeclared: undeclared.iter().map(|name| name.value.clone()).collect(),
        consistency,
        exact_while,
        windows: walk::windows(table, report),
        feed,
        lines: table.lines(),
        whole: report.gaps() == gaps,
        id,
    }
}

fn summary(table: &Table<'_>, report: &mut Report) -> String {
    let text = table.required("summary", "\"One sentence.\"", report);
    text.map(|text| line("the summary", 110, &text, Ending::Stop, report)).unwrap_or_default()
}

fn stability(table: &Table<'_>, early_access: bool, report: &mut Report) -> Stability {
    let written = table.choice("stability", &STABILITY, report);
    match (written, early_access) {
        (None | Some(Stability::EarlyAccess), true) => Stability::EarlyAccess,
        (Some(Stability::Stable | Stability::Deprecated), true) => {
            let at: Option<Spot> = table.key("stability");
            report
                .wrong(at.unwrap_or(table.at()), "`early-access` implies its own stability: leave one of the two out");
            Stability::EarlyAccess
        }
        (written, false) => written.unwrap_or(Stability::Stable),
    }
}

/// `word.read`, `word:word.write`.
fn scope(text: &Text, report: &mut Report) -> String {
    let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '-');
    let name = text.value.strip_suffix(".read").or_else(|| text.value.strip_suffix(".write"));
    let good = name.is_some_and(|name| name.split(':').count() <= 2 && name.split(':').all(word));
    if !good {
        let message =
            format!("`{}` is no scope: one looks like `teams.read` or `services:custom_fields.write`", text.value);
        report.wrong(text.at(), message);
    }
    text.value.clone()
}

/// The value of a header: visible ASCII and spaces.
pub(super) fn header(text: &Text, report: &mut Report) -> String {
    let value = &text.value;
    if value.trim() != value || value.is_empty() || !value.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        report.wrong(text.at(), "the value of a header is ASCII on one line, without spaces around it");
    }
    value.clone()
}
