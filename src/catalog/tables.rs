//! The tables themselves, and what stands for their records until one is
//! looked at.
//!
//! Rule: no record is decoded before it is asked for, and none twice.

use std::fmt;
use std::iter::FilterMap;
use std::ops::{Deref, Range};
use std::sync::OnceLock;

use super::*;

/// Fields that are decoded when they are first looked at: what an operation
/// is called is asked of all of them, its fields of few.
pub(crate) struct Fields {
    pub(super) record: &'static [u8],
    pub(super) decoded: OnceLock<&'static [Field]>,
}

impl Deref for Fields {
    type Target = [Field];

    fn deref(&self) -> &[Field] {
        self.decoded.get_or_init(|| decode::fields(self.record).unwrap_or_default())
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Listed {
    /// The key that the items of a paged operation stand under.
    pub(crate) fn items(&self) -> Option<&'static str> {
        match (&self.answer, self.pages) {
            (Answer::Items { key, .. }, pages) if pages != Pages::None => Some(*key),
            _ => None,
        }
    }
}

impl Deref for Operation {
    type Target = Listed;

    fn deref(&self) -> &Listed {
        &self.listed
    }
}

/// Texts that are read each time they are looked at.
#[derive(Clone, Copy)]
pub(crate) struct Texts(pub(super) &'static [u8]);

impl Texts {
    /// Every text, in the order of the file.
    pub(crate) fn iter(self) -> impl Iterator<Item = &'static str> {
        let mut record = reader::Reader::new(self.0);
        std::iter::from_fn(move || record.text())
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Stands for an entity, which is decoded when it is first looked at. They
/// refer to each other in circles.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct EntityAt(pub(super) usize);

impl Deref for EntityAt {
    type Target = Entity;

    fn deref(&self) -> &'static Entity {
        // Every number in the tables is that of an entity: a test decodes all.
        decode::entity(self.0).unwrap_or(&NOTHING)
    }
}

impl fmt::Debug for EntityAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

static NOTHING: Entity = Entity {
    id: "",
    title: "",
    reference: None,
    options: None,
    label: "",
    fields: &[],
    variants: None,
    samples: &[],
    choices: None,
    custom: &[],
};

/// The operations that `check` calls.
#[derive(Debug)]
pub(crate) struct Check {
    /// Answers a user's key with its user, and refuses an account's with 400.
    pub(crate) who: &'static str,
    /// One user, by id.
    pub(crate) person: &'static str,
    /// Takes any key that may read at all.
    pub(crate) abilities: &'static str,
    /// A write that changes nothing, and its arguments: a JSON object.
    pub(crate) probe: (&'static str, &'static str),
}

impl Type {
    /// What a list holds, however deep, or the type itself.
    pub(crate) fn element(&self) -> &Type {
        match self {
            Type::List { of, .. } => of.element(),
            of => of,
        }
    }
}

include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

/// Every operation, by area.
pub(crate) static OPERATIONS: Operations = Operations;

/// Stands for the list of operations, each of which is decoded when it is
/// first asked for.
#[derive(Clone, Copy)]
pub(crate) struct Operations;

impl Operations {
    /// Every operation.
    pub(crate) fn iter(self) -> <Self as IntoIterator>::IntoIter {
        (0..OPERATIONS_AT.len()).filter_map(decode::operation)
    }

    /// What a list tells of each.
    pub(crate) fn listed(self) -> impl Iterator<Item = Listed> {
        (0..OPERATIONS_AT.len()).filter_map(decode::listed)
    }

    /// Their ids, for which nothing needs to be decoded.
    pub(crate) fn ids(self) -> impl Iterator<Item = &'static str> {
        (0..OPERATIONS_AT.len()).filter_map(decode::operation_id)
    }
}

impl IntoIterator for Operations {
    type Item = &'static Operation;
    type IntoIter = FilterMap<Range<usize>, fn(usize) -> Option<&'static Operation>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Every entity that operations reach.
pub(crate) fn entities() -> impl Iterator<Item = &'static Entity> {
    (0..ENTITIES_AT.len()).filter_map(decode::entity)
}

/// The operation with this id. The table itself is sorted for people.
pub(crate) fn find(id: &str) -> Option<&'static Operation> {
    let known = |number: &u16| decode::operation_id(usize::from(*number)).unwrap_or_default();
    let place = OPERATIONS_BY_ID.binary_search_by(|number| known(number).cmp(id)).ok()?;
    decode::operation(usize::from(*OPERATIONS_BY_ID.get(place)?))
}
