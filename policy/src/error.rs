//! What can be wrong with a pack, and where.
//!
//! Rule: an error names the file and the line where there is one, and says what
//! would do.

use std::fmt;

/// Why a pack cannot be used, or a rule did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// Where it stands; none when it is no fault of a file.
    pub place: Option<Place>,
    /// What is wrong and what would do.
    pub message: String,
}

/// A line of a file of a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Place {
    /// Path below the pack's folder (`built-in/…` for the built-in pack).
    pub file: String,
    /// From 1; 0 when the whole file is meant.
    pub line: u32,
}

impl PolicyError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into() }
    }

    pub(super) fn at(file: &str, line: u32, message: impl Into<String>) -> Self {
        Self { place: Some(Place { file: file.into(), line }), message: message.into() }
    }

    /// Takes apart what regorus says: `\n--> FILE:LINE:COL\n … \nerror: MESSAGE`.
    pub(super) fn of_rego(text: &str) -> Self {
        let Some((_, after)) = text.split_once("--> ") else {
            return Self::new(one_line(text));
        };
        let head = after.lines().next().unwrap_or_default();
        let mut parts = head.rsplitn(3, ':');
        let _column = parts.next();
        let line = parts.next().and_then(|line| line.parse().ok());
        let file = parts.next();
        let message = match after.rsplit_once("error: ") {
            Some((_, message)) => one_line(message),
            None => one_line(after),
        };
        match (file, line) {
            (Some(file), Some(line)) => Self::at(file, line, message),
            _ => Self::new(message),
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}", self.file),
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for PolicyError {}
