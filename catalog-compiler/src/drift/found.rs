//! What was found: one difference, in words and places.
//!
//! Rule: every difference says what stands in the document and what stands in
//! the catalog; none says which of the two is right.

use crate::source::Spot;

/// What is different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    OperationMissing,
    OperationExtra,
    Host,
    Scope,
    Stability,
    Header,
    Name,
    Content,
    NoBody,
    Wrapper,
    Paging,
    Joined,
    Missing,
    Extra,
    Required,
    Nullable,
    Type,
    Format,
    Enum,
    Bounds,
    Open,
    Cases,
}

impl Kind {
    pub(crate) const ALL: [Self; 22] = [
        Self::OperationMissing,
        Self::OperationExtra,
        Self::Host,
        Self::Scope,
        Self::Stability,
        Self::Header,
        Self::Name,
        Self::Content,
        Self::NoBody,
        Self::Wrapper,
        Self::Paging,
        Self::Joined,
        Self::Missing,
        Self::Extra,
        Self::Required,
        Self::Nullable,
        Self::Type,
        Self::Format,
        Self::Enum,
        Self::Bounds,
        Self::Open,
        Self::Cases,
    ];

    /// As `drift.toml` and the output write it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::OperationMissing => "operation-missing",
            Self::OperationExtra => "operation-extra",
            Self::Host => "host",
            Self::Scope => "scope",
            Self::Stability => "stability",
            Self::Header => "header",
            Self::Name => "name",
            Self::Content => "content",
            Self::NoBody => "no-body",
            Self::Wrapper => "wrapper",
            Self::Paging => "paging",
            Self::Joined => "joined",
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Required => "required",
            Self::Nullable => "nullable",
            Self::Type => "type",
            Self::Format => "format",
            Self::Enum => "enum",
            Self::Bounds => "bounds",
            Self::Open => "open",
            Self::Cases => "cases",
        }
    }
}

/// One difference between the documents and the catalog.
#[derive(Debug, Clone)]
pub(crate) struct Difference {
    /// The catalog's id, or `METHOD /path` where it has none.
    pub(crate) operation: String,
    /// `METHOD /path`
    pub(crate) call: String,
    /// `DOCUMENT/operationId`; empty where no document has it.
    pub(crate) document: String,
    /// `query.team_ids`, `body.team.name`, `answer.teams[].name`; empty for the operation itself.
    pub(crate) field: String,
    /// The entity around the field, and the field from there.
    pub(crate) entity: Option<(String, String)>,
    pub(crate) kind: Kind,
    /// What the document says.
    pub(crate) there: String,
    /// What the catalog says.
    pub(crate) here: String,
    pub(crate) at: Option<Spot>,
}

impl Difference {
    /// One that says nothing yet but where and of what kind.
    pub(super) fn new(operation: &str, call: &str, document: &str, kind: Kind) -> Self {
        Self {
            operation: operation.to_owned(),
            call: call.to_owned(),
            document: document.to_owned(),
            field: String::new(),
            entity: None,
            kind,
            there: String::new(),
            here: String::new(),
            at: None,
        }
    }
}
