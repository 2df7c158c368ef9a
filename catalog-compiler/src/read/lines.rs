//! Reads the lines of a resource's body, its templates and its conditions.
//!
//! Rule: a word that means nothing here is a problem with its place.

use crate::model::{Clause, Condition, Line, Mark, Piece, Source, Template, Test};
use crate::source::{Report, Spot, Text, Word};
use crate::suggest;

/// A word, or a text between quotes.
#[derive(Debug, Clone)]
pub(super) struct Part {
    word: Word,
    quoted: bool,
}

impl Part {
    pub(super) fn text(&self) -> &str {
        &self.word.text
    }

    pub(super) fn at(&self) -> Spot {
        self.word.at
    }

    pub(super) fn word(&self) -> Word {
        self.word.clone()
    }

    /// As JSON, where it is a constant.
    fn constant(&self) -> Option<String> {
        let text = self.text();
        let plain = matches!(text, "true" | "false" | "[]") || text.parse::<i64>().is_ok();
        match self.quoted {
            true => Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))),
            false => plain.then(|| text.to_owned()),
        }
    }
}

/// The parts of each line that holds any.
pub(super) fn parts(text: &Text) -> Vec<Vec<Part>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.value.split_inclusive('\n') {
        let parts = split(text, start, line);
        if !parts.is_empty() {
            found.push(parts);
        }
        start += line.len();
    }
    found
}

fn split(text: &Text, start: usize, line: &str) -> Vec<Part> {
    let mut found = Vec::new();
    let mut rest = line;
    loop {
        let trimmed = rest.trim_start();
        let offset = start + line.len() - trimmed.len();
        let Some(first) = trimmed.chars().next() else { return found };
        let (taken, length, quoted) = match first {
            '"' => {
                let body = &trimmed[1..];
                let end = body.find('"').unwrap_or(body.trim_end().len());
                (&body[..end], (end + 2).min(trimmed.len()), true)
            }
            _ => {
                let end = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
                (&trimmed[..end], end, false)
            }
        };
        found.push(Part { word: Word { text: taken.to_owned(), at: text.spot(offset) }, quoted });
        rest = &trimmed[length..];
    }
}

/// The lines of a body.
pub(super) fn body(text: &Text, report: &mut Report) -> Vec<Line> {
    let mut lines = parts(text).into_iter();
    let found = block(&mut lines, text.at(), false, report);
    if let Some(rest) = lines.next().as_ref().and_then(|line| line.first()) {
        report.unread(rest.at(), "a `}` too many stands above this");
    }
    found
}

fn block(lines: &mut impl Iterator<Item = Vec<Part>>, at: Spot, nested: bool, report: &mut Report) -> Vec<Line> {
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let Some((name, rest)) = line.split_first() else { continue };
        if name.text() == "}" {
            return found;
        }
        let (rest, opens) = match rest.split_last() {
            Some((last, rest)) if last.text() == "{" && !last.quoted => (rest, true),
            _ => (rest, false),
        };
        let body = opens.then(|| block(lines, name.at(), true, report));
        found.extend(read(name, rest, body, report));
    }
    if nested {
        report.unread(at, "the block that begins here has no `}`");
    }
    found
}

/// `NAME [= SOURCE] [-> KIND|KIND] [else LITERAL] [map A=B …] [if …] [unless …] [mark …]`.
fn read(name: &Part, rest: &[Part], body: Option<Vec<Line>>, report: &mut Report) -> Option<Line> {
    let mut line = Line {
        name: name.word(),
        source: Source::Item(name.word()),
        kinds: Vec::new(),
        otherwise: None,
        marks: Vec::new(),
        map: Vec::new(),
        only: None,
        items: None,
        body,
    };
    let mut rest = rest;
    while let Some((word, behind)) = rest.split_first() {
        rest = match (word.text(), behind) {
            ("=", [of, behind @ ..]) => {
                line.source = source(of);
                behind
            }
            ("->", [kinds, behind @ ..]) => {
                line.kinds =
                    kinds.text().split('|').map(|kind| Word { text: kind.to_owned(), at: kinds.at() }).collect();
                behind
            }
            ("else", [of, behind @ ..]) => {
                line.otherwise = of.constant();
                if line.otherwise.is_none() {
                    report.unread(of.at(), "behind `else` stands a text in quotes, a number, `true`, `false` or `[]`");
                }
                behind
            }
            ("map", _) => {
                let pairs: Vec<_> = behind
                    .iter()
                    .map_while(|part| part.text().split_once('=').filter(|_| !part.text().starts_with('=')))
                    .collect();
                if pairs.is_empty() {
                    report.unread(word.at(), "behind `map` stand pairs such as `user=users`");
                }
                line.map = pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
                &behind[pairs.len()..]
            }
            ("where", [_, ..]) => {
                let length = condition_length(behind);
                let (taken, behind) = behind.split_at(length);
                line.items = compared(taken, false, report);
                behind
            }
            ("if" | "unless", [_, ..]) => {
                let length = condition_length(behind);
                let (taken, behind) = behind.split_at(length);
                line.only = compared(taken, word.text() == "unless", report);
                behind
            }
            (other, behind) => {
                match Mark::ALL.iter().find(|(name, _)| *name == other) {
                    Some((_, mark)) => line.marks.push(*mark),
                    None => {
                        let words = Mark::ALL
                            .iter()
                            .map(|(name, _)| *name)
                            .chain(["else", "map", "if", "unless", "where", "->"]);
                        report
                            .unread(word.at(), format!("`{other}` means nothing here{}", suggest::hint(other, words)));
                        return None;
                    }
                }
                behind
            }
        };
    }
    Some(line)
}

fn source(part: &Part) -> Source {
    if let Some(constant) = part.constant() {
        return Source::Constant(constant);
    }
    let rest =
        |prefix: &str| part.text().strip_prefix(prefix).map(|text| Word { text: text.to_owned(), at: part.at() });
    if let Some(relation) = rest("@") {
        return Source::Relation(relation);
    }
    if let Some(kind) = rest("#") {
        return Source::Known(kind);
    }
    if let Some(path) = rest("^.") {
        return Source::Asset(path);
    }
    Source::Item(part.word())
}

/// A source that fills a text.
pub(super) fn origin(text: &Text) -> Source {
    source(&Part { word: text.word(), quoted: false })
}

/// A condition that fills a text.
pub(super) fn condition(text: &Text, report: &mut Report) -> Option<Condition> {
    compared(parts(text).first().map_or(&[], Vec::as_slice), false, report)
}

/// How many words a condition takes: what stands behind a sign is a value, whatever it looks like.
fn condition_length(parts: &[Part]) -> usize {
    let ends = |part: &Part| {
        let marks = Mark::ALL.iter().any(|(word, _)| *word == part.text());
        marks || matches!(part.text(), "else" | "map" | "where" | "->")
    };
    let value = |place: usize| {
        let before = place.checked_sub(1).and_then(|before| parts.get(before));
        before.is_some_and(|part| matches!(part.text(), "=" | "!="))
    };
    parts.iter().enumerate().take_while(|(place, part)| value(*place) || !ends(part)).count()
}

/// Clauses with `and` and `or` between them; `or` binds less.
fn compared(parts: &[Part], unless: bool, report: &mut Report) -> Option<Condition> {
    let between = |word: &'static str| move |part: &Part| part.text() == word && !part.quoted;
    let any =
        parts.split(between("or")).map(|all| all.split(between("and")).map(|parts| clause(parts, unless)).collect());
    let any: Option<Vec<Vec<Clause>>> = any.collect();
    if any.is_none()
        && let Some(first) = parts.first()
    {
        report.unread(
            first.at(),
            "a condition is `PATH`, `unless PATH`, `past PATH`, `seconds PATH`, `several PATH`, `unprintable PATH`, `PATH = A|B` or `PATH != A|B`, several of them with `and` or `or` between",
        );
    }
    any.map(|any| Condition { any })
}

fn clause(parts: &[Part], unless: bool) -> Option<Clause> {
    let (parts, unless) = match parts {
        [first, rest @ ..] if first.text() == "unless" => (rest, !unless),
        parts => (parts, unless),
    };
    let (path, test, values, negated) = match parts {
        [path] => (path, Test::There, Vec::new(), unless),
        [word, path] if word.text() == "past" => (path, Test::Past, Vec::new(), unless),
        [word, path] if word.text() == "seconds" => (path, Test::Seconds, Vec::new(), unless),
        [word, path] if word.text() == "several" => (path, Test::Several, Vec::new(), unless),
        [word, path] if word.text() == "unprintable" => (path, Test::Unprintable, Vec::new(), unless),
        [path, equals, value] if equals.text() == "=" => (path, Test::Words, split_values(value), unless),
        [path, equals, value] if equals.text() == "!=" => (path, Test::Words, split_values(value), !unless),
        _ => return None,
    };
    Some(Clause { source: source(path), test, values, negated })
}

fn split_values(part: &Part) -> Vec<String> {
    part.text().split('|').map(str::to_owned).collect()
}

/// `SOMETHING -- WHY`.
pub(super) fn reasoned(key: &str, text: &Text, report: &mut Report) -> Option<(Text, String)> {
    match text.value.split_once(" -- ") {
        Some((what, why)) if !why.trim().is_empty() => Some((text.part(0, what.trim_end()), why.trim().to_owned())),
        _ => {
            report.unread(text.at(), format!("each of `{key}` says why behind ` -- `"));
            None
        }
    }
}

/// `SOURCE [-> KIND|KIND] [map A=B …]`.
fn filled(text: &Text, report: &mut Report) -> Piece {
    let whole = parts(text).into_iter().next().unwrap_or_default();
    let line = whole.split_first().and_then(|(first, rest)| Some((source(first), read(first, rest, None, report)?)));
    match line {
        Some((source, line)) => Piece::Filled { source, kinds: line.kinds, map: line.map },
        None => Piece::Own,
    }
}

/// Text with `{}`, `{PATH}`, `{^.PATH}` and `{@RELATION}`.
pub(super) fn template(text: &Text, report: &mut Report) -> Template {
    let mut pieces = Vec::new();
    let mut offset = 0;
    let mut rest = text.value.as_str();
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else {
            report.unread(text.spot(offset + open), "a `}` is missing");
            break;
        };
        if open > 0 {
            pieces.push(Piece::Literal(rest[..open].to_owned()));
        }
        let inner = &rest[open + 1..open + close];
        pieces.push(match inner {
            "" => Piece::Own,
            inner => filled(&text.part(offset + open + 1, inner), report),
        });
        offset += open + close + 1;
        rest = &rest[open + close + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest.to_owned()));
    }
    Template { pieces }
}
