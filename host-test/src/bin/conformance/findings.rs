//! What a run finds: one thing that is not as the documents have it.
//!
//! Rule: a finding says what and where, never whose mistake it is. That stands
//! in the lists of `explained`.

use std::fmt;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The judge refuses a request.
    Violation,
    /// A request went to another host than the document names.
    Host,
    /// The connector does not take what the document's example sends.
    Refused,
    /// The connector sends something else than the document's example.
    Changed,
    /// The second opinion is not that of the judge.
    Opinion,
    /// The connector does not read an answer of the document.
    Unread,
    /// What the connector answers is not what its output schema says.
    Value,
    /// An operation of the documents that no request reached.
    Never,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 8] = [
        Self::Violation,
        Self::Host,
        Self::Refused,
        Self::Changed,
        Self::Opinion,
        Self::Unread,
        Self::Value,
        Self::Never,
    ];

    /// As the lists and the output write it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Violation => "violation",
            Self::Host => "host",
            Self::Refused => "refused",
            Self::Changed => "changed",
            Self::Opinion => "opinion",
            Self::Unread => "unread",
            Self::Value => "value",
            Self::Never => "never",
        }
    }
}

/// One thing that is not as the documents have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) kind: Kind,
    /// The catalog's id; empty where it has none.
    pub(crate) operation: String,
    /// `DOCUMENT/operationId`.
    pub(crate) document: String,
    /// Which request or answer: `fewest`, `all`, or the example's name.
    pub(crate) example: String,
    pub(crate) says: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, operation, document, example, says } = self;
        write!(f, "{}  {operation}  {document}  {example}  {says}", kind.word())
    }
}
