//! Any text as the id of an operation or the name of an argument.
//!
//! Rule: a suggestion is one of the names there are, and never made for one of
//! them.

use std::sync::OnceLock;

use super::headed;
use crate::arguments::fnv;
use crate::catalog::{OPERATIONS, find};
use crate::error::{nearest, suggestion};

pub(super) fn hold(input: &[u8]) {
    static IDS: OnceLock<Vec<&str>> = OnceLock::new();
    let ids = || IDS.get_or_init(|| OPERATIONS.ids().collect()).iter().copied();
    let (word, _) = headed(input);
    let found = find(&word);
    assert_eq!(found.is_some(), ids().any(|id| id == word));
    assert!(found.is_none_or(|operation| operation.id == word));
    let near = nearest(&word, ids());
    assert!(near.is_none_or(|near| ids().any(|id| id == near)));
    if found.is_some() {
        assert_eq!(near, Some(word.as_str()));
    }
    // A word that shares nothing with a name is not a slip of it.
    assert!(near.is_none_or(|near| near.chars().any(|letter| word.contains(letter))), "{word}: {near:?}");
    // Comparing with every name takes most of the time: the rest now and then.
    if fnv(input, 0).is_multiple_of(16) {
        assert_eq!(nearest(&word, ids()), near);
        let told = suggestion(&word, ids());
        assert_eq!(told, near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default());
    }
}
