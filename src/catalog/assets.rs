//! The kinds of assets, as `catalog/assets.toml` has them.
//!
//! Rule: data only, decoded when it is first looked at, as the operations are.

use std::sync::OnceLock;

use super::Type;
use super::reader::Reader;
use super::tables::{KINDS_AT, SETTINGS_AT};

/// A kind of asset.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Its place among the kinds.
    pub(crate) number: usize,
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) terraform: Option<&'static str>,
    /// What the `type` of a reference to it says, `_reference` aside.
    pub(crate) types: &'static [&'static str],
    /// It tells of persons.
    pub(crate) personal: bool,
    /// A scan sees some of them only.
    pub(crate) windowed: bool,
    /// Scanned only where it is asked for by name.
    pub(crate) optional: bool,
    /// Paths whose values make the id, and the name; none: the usual ones.
    pub(crate) names: (&'static [&'static str], &'static [&'static str]),
    pub(crate) url: Option<&'static str>,
    /// What changes by itself, as paths with `*` for every item of a list.
    pub(crate) volatile: &'static [&'static str],
    /// Where secrets stand, as paths of the same kind.
    pub(crate) secrets: &'static [&'static str],
    /// What the attributes are.
    pub(crate) of: Type,
    pub(crate) relations: &'static [Relation],
    /// The operation that answers one of them by its id, and what it is called
    /// with: a JSON object.
    pub(crate) get: Option<(&'static str, &'static str)>,
    pub(crate) origins: &'static [Origin],
}

/// Where assets of a kind come from.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) how: How,
    /// The argument that takes the parent's id, the ids of a page, or a value of
    /// the setting.
    pub(crate) argument: &'static str,
    /// The setting whose values a list is asked for, one after the other.
    pub(crate) setting: Option<&'static str>,
    /// Where they stand in what is found.
    pub(crate) take: Option<&'static str>,
    /// Two paths whose values have to be equal.
    pub(crate) only: Option<(&'static str, &'static str)>,
    /// Arguments: a JSON object, in which `@now`, `@now-SETTING` and
    /// `@now+SETTING` stand for times.
    pub(crate) with: &'static str,
    /// The operation that answers an item in full, and its arguments.
    pub(crate) detail: Option<(&'static str, &'static str)>,
}

/// How they are asked for. Numbers are those of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// A list of the account.
    List(&'static str),
    /// They stand in assets of another kind.
    Within(usize),
    /// One call for each asset of another kind.
    Each(usize, &'static str),
    /// One call for each page of another kind.
    Batch(usize, &'static str),
}

impl How {
    /// The kind that they are parts of.
    pub(crate) fn parent(self) -> Option<usize> {
        match self {
            How::List(_) => None,
            How::Within(parent) | How::Each(parent, _) | How::Batch(parent, _) => Some(parent),
        }
    }
}

/// What assets of a kind point to.
#[derive(Debug)]
pub(crate) struct Relation {
    pub(crate) name: &'static str,
    /// Numbers of kinds.
    pub(crate) kinds: &'static [usize],
    pub(crate) path: &'static str,
    /// Where the type of what stands at the path is told.
    pub(crate) by: Option<&'static str>,
    /// A value that is no id.
    pub(crate) except: Option<&'static str>,
}

/// A list that tells what changed.
#[derive(Debug)]
pub(crate) struct Changes {
    /// Id of the operation.
    pub(crate) list: &'static str,
    /// The argument that takes the time.
    pub(crate) since: &'static str,
    /// Where a record names what changed.
    pub(crate) of: &'static str,
}

/// A setting of scans.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) note: &'static str,
    pub(crate) takes: Takes,
}

/// What a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Days { least: u32, most: u32, default: u32 },
    Texts,
}

/// Every kind, in the order in which a scan asks for them.
pub(crate) fn kinds() -> &'static [Kind] {
    static DECODED: OnceLock<Vec<Kind>> = OnceLock::new();
    DECODED.get_or_init(|| (0..KINDS_AT.len()).filter_map(kind_at).collect())
}

/// The kind of this name.
pub(crate) fn kind(id: &str) -> Option<&'static Kind> {
    kinds().iter().find(|kind| kind.id == id)
}

/// Every setting of scans.
pub(crate) fn settings() -> &'static [Setting] {
    static DECODED: OnceLock<Vec<Setting>> = OnceLock::new();
    DECODED.get_or_init(|| {
        (0..SETTINGS_AT.len()).filter_map(|number| Reader::at(&SETTINGS_AT, number)?.whole(Reader::setting)).collect()
    })
}

fn kind_at(number: usize) -> Option<Kind> {
    let kind = Reader::at(&KINDS_AT, number)?.whole(Reader::asset)?;
    Some(Kind { number, ..kind })
}

impl Reader {
    fn asset(&mut self) -> Option<Kind> {
        let (id, title, terraform) = (self.text()?, self.text()?, self.optional()?);
        let types = self.list(Reader::text)?;
        let bits = self.number()?;
        let has = |bit: u32| bits >> bit & 1 == 1;
        Some(Kind {
            number: 0,
            id,
            title,
            terraform,
            types,
            personal: has(0),
            windowed: has(1),
            optional: has(2),
            names: (self.list(Reader::text)?, self.list(Reader::text)?),
            url: self.optional()?,
            volatile: self.list(Reader::text)?,
            secrets: self.list(Reader::text)?,
            of: self.kind()?,
            relations: self.list(|record| record.record()?.whole(Reader::relation))?,
            get: self.maybe(Reader::pair)?,
            origins: self.list(|record| record.record()?.whole(Reader::origin))?,
        })
    }

    fn relation(&mut self) -> Option<Relation> {
        Some(Relation {
            name: self.text()?,
            kinds: self.list(Reader::index)?,
            path: self.text()?,
            by: self.optional()?,
            except: self.optional()?,
        })
    }

    fn origin(&mut self) -> Option<Origin> {
        let how = match self.letter()? {
            b'l' => How::List(self.text()?),
            b'w' => How::Within(self.index()?),
            b'e' => How::Each(self.index()?, self.text()?),
            b'b' => How::Batch(self.index()?, self.text()?),
            _ => return None,
        };
        Some(Origin {
            how,
            argument: self.text()?,
            setting: self.optional()?,
            take: self.optional()?,
            only: self.maybe(Reader::pair)?,
            with: self.text()?,
            detail: self.maybe(Reader::pair)?,
        })
    }

    fn setting(&mut self) -> Option<Setting> {
        let (name, note) = (self.text()?, self.text()?);
        let takes = match self.letter()? {
            b'd' => Takes::Days { least: self.count()?, most: self.count()?, default: self.count()? },
            b't' => Takes::Texts,
            _ => return None,
        };
        Some(Setting { name, note, takes })
    }
}

/// How many kinds and settings the tables hold.
#[cfg(test)]
pub(crate) fn decoded() -> (usize, usize) {
    (KINDS_AT.len(), SETTINGS_AT.len())
}
