//! Reads `assets.toml`: the kinds of assets and the settings of a scan.
//!
//! Rule: keys that only matter beside others are refused without them.

use super::{Ending, is_kebab, parsed, prose};
use crate::model::{Catalog, Changes, Given, How, Kind, Origin, Relation, Setting, Takes};
use crate::notation;
use crate::source::{Report, Text, Word};
use crate::table::Table;

/// Keys of a place where assets come from.
const FROM: [&str; 11] =
    ["list", "within", "each", "batch", "take", "with", "as", "for", "only", "detail", "detail-with"];
const KIND: [&str; 14] = [
    "title",
    "types",
    "personal",
    "windowed",
    "optional",
    "id",
    "name",
    "url",
    "volatile",
    "of",
    "relations",
    "get",
    "get-with",
    "from",
];

/// Reads the file.
pub(crate) fn read(root: &Table<'_>, catalog: &mut Catalog, report: &mut Report) {
    root.only(&["setting", "changes", "kind"], report);
    if let Some(settings) = root.table("setting", report) {
        for entry in settings.entries() {
            let Some(table) = settings.entry_table(entry, report) else { continue };
            catalog.settings.extend(setting(entry.key.clone(), &table, report));
        }
    }
    if let Some(table) = root.table("changes", report) {
        table.only(&["list", "since", "of"], report);
        let word = |key: &str, example: &str, report: &mut Report| {
            table.required(key, example, report).map(|text| text.word())
        };
        let list = word("list", "\"audit.records.list\"", report);
        let (since, of) = (word("since", "\"since\"", report), word("of", "\"root_resource\"", report));
        if let (Some(list), Some(since), Some(of)) = (list, since, of) {
            catalog.changes = Some(Changes { list, since, of });
        }
    }
    let Some(kinds) = root.table("kind", report) else { return };
    for entry in kinds.entries() {
        if !is_kebab(&entry.key.text) {
            report.wrong(entry.key.at, "the name of a kind is small words joined by hyphens, such as `on-call`");
        }
        if let Some(table) = kinds.entry_table(entry, report) {
            let kind = kind(entry.key.clone(), &table, report);
            catalog.kinds.push(kind);
        }
    }
}

fn setting(name: Word, table: &Table<'_>, report: &mut Report) -> Option<Setting> {
    table.only(&["note", "days", "texts"], report);
    let note = table.required("note", "\"What it decides\"", report);
    let note = note.map(|text| prose("the note", &text, Ending::Open, report)).unwrap_or_default();
    if let Some(days) = table.table("days", report) {
        days.only(&["least", "most", "default"], report);
        let mut number = |key: &str| days.count(key, report);
        let (least, most, default) = (number("least")?, number("most")?, number("default")?);
        if !(least..=most).contains(&default) {
            report.wrong(name.at, format!("the default {default} does not lie between {least} and {most}"));
        }
        return Some(Setting { name, note, takes: Takes::Days { least, most, default } });
    }
    if table.flag("texts", report) == Some(true) {
        return Some(Setting { name, note, takes: Takes::Texts });
    }
    let example = "days = { least = 1, most = 90, default = 30 }";
    report.unread(name.at, format!("a setting takes `{example}` or `texts = true`"));
    None
}

fn kind(name: Word, table: &Table<'_>, report: &mut Report) -> Kind {
    let gaps = report.gaps();
    let known: Vec<&str> = KIND.iter().chain(&FROM).copied().collect();
    table.only(&known, report);
    let title = table.required("title", "\"Services\"", report);
    let title = title.map(|text| prose("the title", &text, Ending::Open, report)).unwrap_or_default();
    let types: Vec<Word> = table.texts("types", report).iter().map(|text| text.word()).collect();
    let types = match types.is_empty() {
        true => vec![Word { text: name.text.replace('-', "_"), at: name.at }],
        false => types,
    };
    let id = words(table.text("id", report).as_ref());
    let id = if id.is_empty() { vec![Word { text: "id".to_owned(), at: name.at }] } else { id };
    let mut from: Vec<Origin> =
        table.tables("from", report).iter().filter_map(|table| place(table, &FROM, report)).collect();
    let written = FROM.iter().find_map(|key| table.key(key));
    match (written, from.is_empty()) {
        (Some(at), false) => report.unread(at, "`from` says where they come from: write this there"),
        (Some(_), true) => from.extend(place(table, &[], report)),
        (None, true) => {
            report.unread(name.at, "nothing says where they come from: add `list = \"AREA.list\"`, or `within`")
        }
        (None, false) => {}
    }
    let relations = table.texts("relations", report).iter().filter_map(|text| relation(text, report)).collect();
    let get = operation(table, "get", report);
    let label = words(table.text("name", report).as_ref());
    let flag = |key: &str, report: &mut Report| table.flag(key, report).unwrap_or(false);
    Kind {
        title,
        types,
        personal: flag("personal", report),
        windowed: flag("windowed", report),
        optional: flag("optional", report),
        id,
        label,
        url: table.text("url", report).map(|text| text.word()),
        volatile: table.texts("volatile", report).iter().map(|text| text.word()).collect(),
        of: table.text("of", report).map(|text| text.word()),
        relations,
        get,
        from,
        whole: report.gaps() == gaps,
        name,
    }
}

/// Where they come from. `only`: the keys that may stand in the table.
fn place(table: &Table<'_>, only: &[&str], report: &mut Report) -> Option<Origin> {
    if !only.is_empty() {
        table.only(only, report);
    }
    let word = |key: &str, report: &mut Report| table.text(key, report).map(|text| text.word());
    let (list, within) = (word("list", report), word("within", report));
    let (each, batch, take) = (word("each", report), word("batch", report), word("take", report));
    let detail = operation(table, "detail", report);
    let how = match (list, within, each, batch) {
        (Some(list), None, None, None) => How::List(list),
        (None, Some(within), Some(call), None) => How::Each { within, call },
        (None, Some(within), None, Some(call)) => How::Batch { within, call },
        (None, Some(within), None, None) => {
            if take.is_none() {
                report.unread(
                    within.at,
                    "`within` needs `take`, where they stand in it, or `each` or `batch`, what is called",
                );
            }
            if let Some((call, _)) = &detail {
                report.wrong(call.at, "nothing calls `detail` here");
            }
            How::Within(within)
        }
        _ => {
            let at = FROM.iter().find_map(|key| table.key(key)).unwrap_or(table.at());
            report.unread(at, "assets come from a `list`, or stand `within` a kind, with `take`, `each` or `batch`");
            return None;
        }
    };
    let (argument, setting) = (word("as", report), word("for", report));
    if let (Some(setting), None) = (&setting, &argument) {
        report.wrong(setting.at, "`for` needs `as`: the argument that takes a value of the setting");
    }
    if let (How::List(_), Some(argument), None) = (&how, &argument, &setting) {
        report.wrong(argument.at, "nothing reads `as` here without `for`");
    }
    let only = table.text("only", report).and_then(|text| match words(Some(&text)).as_slice() {
        [left, equals, right] if equals.text == "=" => Some((left.clone(), right.clone())),
        _ => {
            report.unread(text.at(), "`only` compares two paths, as in `service.id = ^.id`");
            None
        }
    });
    Some(Origin { how, argument, setting, take, only, with: given(table, "with", report), detail })
}

/// An operation under `key` and what it is called with under `KEY-with`.
fn operation(table: &Table<'_>, key: &str, report: &mut Report) -> Option<(Word, Given)> {
    let with = format!("{key}-with");
    let given = given(table, &with, report);
    let name = table.text(key, report).map(|text| text.word());
    if let (None, Some(at)) = (&name, table.key(&with)) {
        report.wrong(at, format!("nothing reads `{with}` without `{key}`"));
    }
    name.map(|name| (name, given))
}

fn given(table: &Table<'_>, key: &str, report: &mut Report) -> Given {
    let written = table.text(key, report).and_then(|text| parsed(notation::object(&text), report));
    written.unwrap_or(Given { text: "{}".to_owned(), ..Given::default() })
}

/// `NAME: KIND|KIND = PATH [by PATH] [except TEXT]`.
fn relation(text: &Text, report: &mut Report) -> Option<Relation> {
    let found = words(Some(text));
    let relation = match found.as_slice() {
        [name, kinds, equals, path, rest @ ..] if name.text.ends_with(':') && equals.text == "=" => {
            let name = Word { text: name.text.trim_end_matches(':').to_owned(), at: name.at };
            let mut relation = Relation { name, kinds: parts(kinds), path: path.clone(), by: None, except: None };
            let rest = match rest {
                [by, path, rest @ ..] if by.text == "by" => {
                    relation.by = Some(path.clone());
                    rest
                }
                rest => rest,
            };
            match rest {
                [] => Some(relation),
                [except, value] if except.text == "except" => {
                    relation.except = Some(value.clone());
                    Some(relation)
                }
                _ => None,
            }
        }
        _ => None,
    };
    if relation.is_none() {
        let example = "`escalates-to: escalation-policy = escalation_policy`, with `by PATH` and `except VALUE` behind it where needed";
        report.unread(text.at(), format!("a relation is written {example}"));
    }
    relation.filter(|relation| {
        let fits = is_kebab(&relation.name.text);
        if !fits {
            report
                .unread(relation.name.at, "the name of a relation is small words joined by hyphens, such as `part-of`");
        }
        fits
    })
}

/// The parts between bars.
fn parts(word: &Word) -> Vec<Word> {
    let mut at = word.at;
    let part = |text: &str| {
        let found = Word { text: text.to_owned(), at };
        at.offset += text.len() + 1;
        found
    };
    word.text.split('|').map(part).collect()
}

/// The words between spaces, each with its place.
fn words(text: Option<&Text>) -> Vec<Word> {
    let Some(text) = text else { return Vec::new() };
    let mut found = Vec::new();
    let mut offset = 0;
    for part in text.value.split(' ') {
        if !part.is_empty() {
            found.push(Word { text: part.to_owned(), at: text.spot(offset) });
        }
        offset += part.len() + 1;
    }
    found
}
