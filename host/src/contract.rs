//! The contract's own words, as Rust types: generated from `wit/connector.wit`,
//! where each item is described. Nothing is renamed and nothing is hidden.

use std::fmt;

pub use crate::bindings::exports::saas::connector::catalog::{
    AuthMethod, CredentialField, Detail, Effect, FieldKind, Identity, Operation, Stability,
};
pub use crate::bindings::exports::saas::connector::inventory::{
    Asset, Codified, File, Kind, LeftOut, Relation, Skipped, Slice,
};
pub use crate::bindings::exports::saas::connector::session::{Choice, Choices, Output, Page};
pub use crate::bindings::exports::saas::connector::triggers::Event;
pub use crate::bindings::saas::connector::types::{Error, Rate, Reason, Violation};

impl Reason {
    /// The reason as the contract writes it, such as `unauthenticated`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Reason::Invalid => "invalid",
            Reason::Unauthenticated => "unauthenticated",
            Reason::Forbidden => "forbidden",
            Reason::Unlicensed => "unlicensed",
            Reason::Missing => "missing",
            Reason::Conflict => "conflict",
            Reason::Refused => "refused",
            Reason::Throttled => "throttled",
            Reason::Unavailable => "unavailable",
            Reason::Incomplete => "incomplete",
            Reason::Unexpected => "unexpected",
            Reason::Blocked => "blocked",
            Reason::Other => "other",
        }
    }
}

impl Effect {
    /// The effect as the contract writes it, such as `read`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Effect::Read => "read",
            Effect::Write => "write",
            Effect::Delete => "delete",
        }
    }
}

impl Stability {
    /// The stability as the contract writes it, such as `early-access`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stability::Stable => "stable",
            Stability::EarlyAccess => "early-access",
            Stability::Deprecated => "deprecated",
        }
    }
}

impl FieldKind {
    /// The kind as the contract writes it, such as `secret`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            FieldKind::Text => "text",
            FieldKind::Secret => "secret",
            FieldKind::Choice => "choice",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
