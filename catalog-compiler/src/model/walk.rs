//! What an operation says of walks: the promise, the windows, the feed.
//!
//! Rule: as for the whole model, names are not resolved and places are kept.

use crate::source::{Spot, Word};

/// What a walk promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consistency {
    Exact,
    UnlessMoved,
    BestEffort,
}

/// What an argument may say while a walk stays exact.
pub(crate) struct ExactWhile {
    pub(crate) argument: Word,
    /// Values without `:asc` and `:desc`.
    pub(crate) values: Vec<Word>,
}

/// How a list is cut by time.
pub(crate) enum Windows {
    /// It says that it is not, at this place.
    None(Spot),
    /// Boxed for its size: few operations have it.
    Cut(Box<Cut>),
}

/// What `windows` says.
pub(crate) struct Cut {
    /// Where the key stands.
    pub(crate) at: Spot,
    /// The field of an item that the window is on.
    pub(crate) by: Word,
    pub(crate) newest_first: bool,
    pub(crate) lasting: bool,
    /// 0 where there is no bound.
    pub(crate) days: u32,
    pub(crate) unset: Unset,
    /// 0: to the present.
    pub(crate) alone_days: u32,
    /// Name and value.
    pub(crate) all: Option<(Word, Word)>,
    /// Name and value.
    pub(crate) oldest: Option<(Word, Word)>,
}

/// What a list holds without `since` and `until`.
#[derive(Clone, Copy)]
pub(crate) enum Unset {
    All,
    Moment,
    Days(u32),
}

/// A change feed over another operation.
pub(crate) struct Feed {
    pub(crate) of: Word,
    pub(crate) with: Given,
    pub(crate) take: Option<Word>,
    pub(crate) pass: Option<(Word, Given)>,
}

/// Arguments as a JSON object.
#[derive(Default)]
pub(crate) struct Given {
    /// The object as it stands in the file.
    pub(crate) text: String,
    pub(crate) members: Vec<(Word, Json)>,
}

/// A JSON value, as far as it is checked.
pub(crate) enum Json {
    /// Text (its value), a number or a truth value (as written).
    Scalar { value: Word, quoted: bool },
    /// Its items and where it stands.
    List(Vec<Json>, Spot),
    /// `null`, or an object.
    Other(Spot),
}
