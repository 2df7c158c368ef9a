//! Source files, places in them, and the list of what is wrong.
//!
//! Rule: every problem carries a place, and none ends the reading: a writer
//! of the catalog sees all of them at once.

use std::fmt;
use std::ops::Range;

/// One TOML file.
pub(crate) struct Source {
    /// Position in the list of sources, for [`Spot`].
    pub(crate) index: usize,
    /// Path as it is shown: from the folder's parent, with forward slashes.
    pub(crate) name: String,
    /// File name without `.toml`.
    pub(crate) stem: String,
    /// The whole text.
    pub(crate) text: String,
}

impl Source {
    /// The place `offset` bytes into this file.
    pub(crate) fn spot(&self, offset: usize) -> Spot {
        Spot { file: self.index, offset }
    }

    /// How many lines that are not blank lie in `range` (bytes).
    pub(crate) fn lines(&self, range: Range<usize>) -> usize {
        let part = self.text.get(range).unwrap_or_default();
        part.lines().filter(|line| !line.trim().is_empty()).count()
    }
}

/// A place: a file and a byte in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) file: usize,
    pub(crate) offset: usize,
}

/// A word of the catalog and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) at: Spot,
}

/// Text between quotes, which knows the place of each of its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) value: String,
    start: Spot,
    /// Offset in the file of each byte of `value`; empty where the file holds
    /// the value as it is, without escapes.
    offsets: Vec<usize>,
}

impl Text {
    /// The text whose literal, quotes included, stands at `span`.
    pub(crate) fn new(source: &Source, span: Range<usize>, value: &str) -> Self {
        let raw = source.text.get(span.clone()).unwrap_or_default();
        let quote = if raw.starts_with("\"\"\"") || raw.starts_with("'''") { 3 } else { 1 };
        let start = source.spot(span.start + quote);
        let plain = raw.len() == value.len() + 2 * quote;
        let offsets = if plain { Vec::new() } else { offsets(raw, quote, value, span.start) };
        Self { value: value.to_owned(), start, offsets }
    }

    /// A text that stands nowhere: what is said of it is said at `at`.
    pub(crate) fn plain(value: &str, at: Spot) -> Self {
        Self { value: value.to_owned(), start: at, offsets: Vec::new() }
    }

    /// The part of the text that begins at byte `offset`.
    pub(crate) fn part(&self, offset: usize, value: &str) -> Self {
        let offsets = self.offsets.iter().skip(offset).take(value.len()).copied().collect();
        Self { value: value.to_owned(), start: self.spot(offset), offsets }
    }

    /// Where byte `offset` of the value stands; past the end, its last byte.
    pub(crate) fn spot(&self, offset: usize) -> Spot {
        let offset = match self.offsets.last() {
            None => self.start.offset + offset,
            Some(last) => *self.offsets.get(offset).unwrap_or(last),
        };
        Spot { offset, ..self.start }
    }

    /// Where the value begins.
    pub(crate) fn at(&self) -> Spot {
        self.start
    }

    /// The whole value as a word.
    pub(crate) fn word(&self) -> Word {
        Word { text: self.value.clone(), at: self.start }
    }
}

/// Walks a literal and its value side by side.
fn offsets(raw: &str, quote: usize, value: &str, base: usize) -> Vec<usize> {
    let escapes = raw.starts_with('"');
    let mut found = Vec::with_capacity(value.len());
    let mut at = quote;
    if quote == 3 {
        // A line break right behind the opening quotes is not part of the value.
        let rest = &raw[at..];
        at += if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
    }
    for character in value.chars() {
        let rest = raw.get(at..).unwrap_or_default();
        found.extend(std::iter::repeat_n(base + at, character.len_utf8()));
        at += match rest.strip_prefix('\\').filter(|_| escapes).and_then(|r| r.chars().next()) {
            Some('x') => 4,
            Some('u') => 6,
            Some('U') => 10,
            Some(_) => 2,
            None => character.len_utf8(),
        };
    }
    found
}

/// One thing that is wrong with the catalog.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Path from the parent of the catalog's folder, with forward slashes.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what would do, on one line.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message } = self;
        write!(formatter, "{file}:{line}:{column}: {message}")
    }
}

/// What is wrong so far.
#[derive(Default)]
pub(crate) struct Report {
    found: Vec<(Spot, String)>,
    gaps: usize,
}

impl Report {
    /// Something was read and is wrong.
    pub(crate) fn wrong(&mut self, at: Spot, message: impl Into<String>) {
        self.found.push((at, message.into()));
    }

    /// Something could not be read: what depends on it must not be judged.
    pub(crate) fn unread(&mut self, at: Spot, message: impl Into<String>) {
        self.gaps += 1;
        self.wrong(at, message);
    }

    /// How many things could not be read.
    pub(crate) fn gaps(&self) -> usize {
        self.gaps
    }

    /// Everything found and what was found before, by file and place, each once.
    pub(crate) fn diagnostics(self, sources: &[Source], before: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let place = |(spot, message): (Spot, String)| {
            let source = sources.get(spot.file)?;
            let above = source.text.get(..spot.offset).unwrap_or(&source.text);
            let line_start = above.rfind('\n').map_or(0, |at| at + 1);
            Some(Diagnostic {
                file: source.name.clone(),
                line: above.matches('\n').count() + 1,
                column: above[line_start..].chars().count() + 1,
                // Words of the file are quoted in it, line breaks and all.
                message: message.replace(['\n', '\r'], " "),
            })
        };
        let mut all = before;
        all.extend(self.found.into_iter().filter_map(place));
        all.sort();
        all.dedup();
        all
    }
}
