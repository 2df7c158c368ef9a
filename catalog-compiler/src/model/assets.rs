//! The kinds of assets that a scan finds, and the settings of a scan.
//!
//! Rule: as for the whole model, names are not resolved and places are kept.

use super::Given;
use crate::source::Word;

/// A setting of scans.
pub(crate) struct Setting {
    pub(crate) name: Word,
    pub(crate) note: String,
    pub(crate) takes: Takes,
}

/// What a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// A number of days.
    Days { least: u32, most: u32, default: u32 },
    /// A list of texts.
    Texts,
}

/// A list that tells what changed.
pub(crate) struct Changes {
    pub(crate) list: Word,
    /// The argument that takes the time.
    pub(crate) since: Word,
    /// Where a record names what changed.
    pub(crate) of: Word,
}

/// A kind of asset.
pub(crate) struct Kind {
    pub(crate) name: Word,
    pub(crate) title: String,
    /// What the `type` of a reference to it says, `_reference` aside.
    pub(crate) types: Vec<Word>,
    pub(crate) personal: bool,
    pub(crate) windowed: bool,
    pub(crate) optional: bool,
    /// Paths whose values make the id.
    pub(crate) id: Vec<Word>,
    /// Paths whose values make the name; empty: the usual ones.
    pub(crate) label: Vec<Word>,
    pub(crate) url: Option<Word>,
    pub(crate) volatile: Vec<Word>,
    /// The entity that its attributes are, where the operation does not tell.
    pub(crate) of: Option<Word>,
    pub(crate) relations: Vec<Relation>,
    /// The operation that answers one of them by its id.
    pub(crate) get: Option<(Word, Given)>,
    pub(crate) from: Vec<Origin>,
    /// Everything in it could be read.
    pub(crate) whole: bool,
}

/// Where assets of a kind come from.
pub(crate) struct Origin {
    pub(crate) how: How,
    /// The argument that takes what is asked for: the parent's id, the ids of a
    /// page, or a value of the setting.
    pub(crate) argument: Option<Word>,
    /// The setting whose values the list is asked for, one after the other.
    pub(crate) setting: Option<Word>,
    /// Where the assets stand in what is found.
    pub(crate) take: Option<Word>,
    /// Two paths whose values have to be equal.
    pub(crate) only: Option<(Word, Word)>,
    pub(crate) with: Given,
    /// The operation that answers an item in full.
    pub(crate) detail: Option<(Word, Given)>,
}

/// How they are asked for.
pub(crate) enum How {
    /// A list of the account.
    List(Word),
    /// They stand in assets of another kind.
    Within(Word),
    /// One call for each asset of another kind.
    Each { within: Word, call: Word },
    /// One call for each page of another kind.
    Batch { within: Word, call: Word },
}

impl How {
    /// The kind that they are parts of.
    pub(crate) fn parent(&self) -> Option<&Word> {
        match self {
            How::List(_) => None,
            How::Within(parent) | How::Each { within: parent, .. } | How::Batch { within: parent, .. } => Some(parent),
        }
    }

    /// The operation that is called.
    pub(crate) fn call(&self) -> Option<&Word> {
        match self {
            How::Within(_) => None,
            How::List(call) | How::Each { call, .. } | How::Batch { call, .. } => Some(call),
        }
    }
}

/// A relation: `NAME: KIND|KIND = PATH [by PATH] [except TEXT]`.
pub(crate) struct Relation {
    pub(crate) name: Word,
    pub(crate) kinds: Vec<Word>,
    pub(crate) path: Word,
    /// Where the type of what stands at the path is told, beside it.
    pub(crate) by: Option<Word>,
    /// A value that is no id.
    pub(crate) except: Option<Word>,
}
