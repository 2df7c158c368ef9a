//! Steps through one string of the notation.
//!
//! Rule: a problem names the byte it is about, so that the message can point
//! into the string.

use crate::source::{Spot, Text};

/// What is wrong in a string, and where.
pub(crate) struct Problem {
    pub(crate) at: Spot,
    pub(crate) message: String,
}

/// What reading a piece of notation gives.
pub(crate) type Parsed<T> = Result<T, Problem>;

/// A position in a string.
pub(crate) struct Cursor<'a> {
    text: &'a Text,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the beginning.
    pub(crate) fn new(text: &'a Text) -> Self {
        Self { text, at: 0 }
    }

    /// What is left.
    pub(crate) fn rest(&self) -> &'a str {
        &self.text.value[self.at..]
    }

    /// The next character.
    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Where the cursor stands.
    pub(crate) fn spot(&self) -> Spot {
        self.text.spot(self.at)
    }

    /// Steps over `token` if it is next.
    pub(crate) fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// Steps over one character.
    pub(crate) fn skip(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    /// Takes the characters that `keep` accepts.
    pub(crate) fn take(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Steps over spaces; whether there were any.
    pub(crate) fn space(&mut self) -> bool {
        !self.take(|c| c == ' ').is_empty()
    }

    /// A problem where the cursor stands.
    pub(crate) fn problem<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(Problem { at: self.spot(), message: message.into() })
    }

    /// Succeeds where nothing is left.
    pub(crate) fn end(&mut self) -> Parsed<()> {
        self.space();
        match self.rest() {
            "" => Ok(()),
            rest => self.problem(format!("`{rest}` does not belong here")),
        }
    }
}
