//! What an entity says of its choices and of an account's own fields.
//!
//! Rule: as for the whole model, names are not resolved and places are kept.

use super::Given;
use crate::source::{Spot, Word};

/// How the list under `options` is asked, and where in it the choices stand.
pub(crate) struct Choices {
    /// Where the key stands.
    pub(crate) at: Spot,
    /// The field of an item that holds the choices.
    pub(crate) take: Option<Word>,
    pub(crate) with: Given,
    /// The list's argument that takes what a person typed.
    pub(crate) search: Option<Word>,
    /// Arguments of the list, each with the argument of the operation that
    /// fills it.
    pub(crate) parents: Vec<(Word, Word)>,
}

/// A list of fields that an account added.
pub(crate) struct Custom {
    pub(crate) of: Word,
    pub(crate) with: Given,
    /// The list that `of` is asked once an item of, and the argument that
    /// takes the item's id.
    pub(crate) each: Option<(Word, Word)>,
}
