//! From files to the model.
//!
//! Rule: everything that can be judged from one table alone is judged here;
//! what needs other tables is left to `check`.

mod actions;
mod asked;
mod assets;
mod choices;
mod entities;
mod exchange;
mod files;
mod hosts;
mod lines;
mod operations;
mod terraform;
mod walk;

pub(crate) use files::{Folder, files};

use toml::de::DeTable;

use crate::model::{Catalog, Field};
use crate::notation::{self, Parsed, Problem};
use crate::source::{Report, Text};
use crate::table::Table;

/// Reads every source into one catalog.
pub(crate) fn catalog(folder: &Folder, report: &mut Report) -> Catalog {
    let mut catalog = Catalog { partial: !folder.problems.is_empty(), ..Catalog::default() };
    for source in &folder.sources {
        let (document, errors) = DeTable::parse_recoverable(&source.text);
        for error in &errors {
            let at = error.span().map_or(0, |span| span.start);
            report.unread(source.spot(at), syntax(error.message()));
        }
        if !errors.is_empty() {
            // What is left of the file would look incomplete.
            catalog.partial = true;
            continue;
        }
        let root = Table::new(source, document.get_ref(), 0..0);
        if Some(source.index) == folder.hosts {
            hosts::read(&root, &mut catalog, report);
        } else if Some(source.index) == folder.actions {
            actions::read(&root, &mut catalog, report);
        } else if Some(source.index) == folder.asked {
            asked::read(&root, &mut catalog, report);
        } else if Some(source.index) == folder.assets {
            assets::read(&root, &mut catalog, report);
        } else if Some(source.index) == folder.terraform {
            terraform::read(&root, &mut catalog, report);
        } else if Some(source.index) == folder.schema {
            terraform::schema(&root, &mut catalog, report);
        } else if folder.entities.contains(&source.index) {
            entities::read(&root, &mut catalog, report);
        } else {
            operations::read(source, &root, &mut catalog, report);
        }
    }
    catalog
}

/// The parser's message on one line.
fn syntax(message: &str) -> String {
    match message.trim() {
        "duplicate key" => "this name stands in the file already: take another".to_owned(),
        other => format!("not TOML: {}", other.replace('\n', ", ")),
    }
}

/// What the notation read, or nothing and a report.
fn parsed<T>(result: Parsed<T>, report: &mut Report) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(Problem { at, message }) => {
            report.unread(at, message);
            None
        }
    }
}

/// The fields under `key`.
fn fields(table: &Table<'_>, key: &str, report: &mut Report) -> Vec<Field> {
    let texts = table.texts(key, report);
    texts.iter().filter_map(|text| parsed(notation::field(text), report)).collect()
}

/// How a text for people must end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// A title: no punctuation.
    Open,
    /// A sentence: a full stop.
    Stop,
    /// As it likes.
    Any,
}

/// Checks a text that people read and hands it on.
fn prose(what: &str, text: &Text, ending: Ending, report: &mut Report) -> String {
    let value = &text.value;
    let last = value.len().saturating_sub(1);
    if value.trim().is_empty() {
        report.wrong(text.at(), format!("{what} is empty"));
    } else if let Some(at) = value.find(['\n', '\r']) {
        report.wrong(text.spot(at), format!("{what} stands on one line: take the line break out"));
    } else if value.trim() != value {
        report.wrong(text.at(), format!("{what} begins or ends with a space"));
    } else if ending == Ending::Open && value.ends_with(['.', '!', '?', ':', ';', ',']) {
        report.wrong(text.spot(last), format!("{what} ends without punctuation"));
    } else if ending == Ending::Stop && !value.ends_with('.') {
        report.wrong(text.spot(last), format!("{what} ends with a full stop"));
    }
    value.clone()
}

/// A title under `title`, which must be there.
fn title(table: &Table<'_>, report: &mut Report) -> String {
    let text = table.required("title", "\"A few words\"", report);
    text.map(|text| line("the title", 60, &text, Ending::Open, report)).unwrap_or_default()
}

/// A text of one line on a screen.
fn line(what: &str, most: usize, text: &Text, ending: Ending, report: &mut Report) -> String {
    let length = text.value.chars().count();
    if length > most {
        report.wrong(text.at(), format!("{what} has {length} characters: {most} fit on a line"));
    }
    prose(what, text, ending, report)
}

/// Whether a text is words of small letters and digits joined by hyphens.
fn is_kebab(text: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.split('-').all(word)
}
