//! How Terraform's resource types are made of assets, as `catalog/terraform.toml` has it.
//!
//! Rule: data only, decoded when it is first looked at, as the operations are.

use std::sync::OnceLock;

use super::reader::Reader;
use super::tables::{RESOURCES_AT, UNMADE_AT};

/// How a resource type is made.
#[derive(Debug)]
pub(crate) struct Resource {
    /// The provider's type.
    pub(crate) name: &'static str,
    /// Number of the kind of the assets.
    pub(crate) kind: usize,
    /// Pulumi's type.
    pub(crate) pulumi: &'static str,
    /// One for each value at this path, not one for the asset.
    pub(crate) each: Option<&'static str>,
    /// One for all the assets for which this is the same.
    pub(crate) per: Option<Source>,
    pub(crate) import: &'static [Piece],
    /// What the attribute `id` of the state holds.
    pub(crate) state: &'static [Piece],
    pub(crate) label: &'static [Piece],
    /// All have to hold.
    pub(crate) when: &'static [Condition],
    /// Where one holds the asset is left out, and why.
    pub(crate) leave: &'static [(Condition, &'static str)],
    /// For whoever reads the file.
    pub(crate) notes: &'static [&'static str],
    pub(crate) body: &'static [Line],
}

/// A piece of a text that is filled.
#[derive(Debug)]
pub(crate) enum Piece {
    Literal(&'static str),
    /// The asset's own id, or its name.
    Own,
    Filled {
        source: Source,
        /// Numbers of the kinds whose asset lends its name, where the value is an id of one.
        kinds: &'static [usize],
        map: &'static [(&'static str, &'static str)],
    },
}

/// Where a value comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A path from the present item.
    Item(&'static str),
    /// A path from the asset.
    Asset(&'static str),
    /// What a relation of the asset points to.
    Relation(&'static str),
    /// Whether an asset of this kind has the same id.
    Known(&'static str),
    /// JSON.
    Constant(&'static str),
}

/// Holds where all the clauses of one of its parts do.
pub(crate) type Condition = &'static [&'static [Clause]];

/// What a clause asks of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Test {
    /// It says something.
    There,
    /// It is one of the words.
    Words,
    /// It is a time that is over.
    Past,
    /// It is a time within a minute.
    Seconds,
    /// There are two or more.
    Several,
    /// It is a text with characters that cannot be printed, or a space at its end.
    Unprintable,
}

/// What is asked of a value.
#[derive(Debug)]
pub(crate) struct Clause {
    pub(crate) source: Source,
    pub(crate) test: Test,
    pub(crate) negated: bool,
    /// Words. `*` in front: any text that ends so; behind as well: any that holds it.
    pub(crate) values: &'static [&'static str],
}

/// One attribute, or blocks of one name.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) holds: Holds,
    pub(crate) source: Source,
    /// Numbers of the kinds that the value may be an id of.
    pub(crate) kinds: &'static [usize],
    /// JSON, where nothing stands there.
    pub(crate) otherwise: Option<&'static str>,
    /// The provider refuses a resource without it.
    pub(crate) required: bool,
    /// What is not said, the provider takes from PagerDuty.
    pub(crate) computed: bool,
    pub(crate) marks: Marks,
    /// Words in place of words.
    pub(crate) map: &'static [(&'static str, &'static str)],
    pub(crate) only: Option<Condition>,
    /// Of the items of a block, those for which it holds.
    pub(crate) items: Option<Condition>,
    /// Of a block.
    pub(crate) body: &'static [Line],
}

/// What a line asks for beside the value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marks(u64);

impl Marks {
    fn has(self, bit: u32) -> bool {
        self.0 >> bit & 1 == 1
    }

    /// Written as JSON text.
    pub(crate) fn json(self) -> bool {
        self.has(0)
    }

    /// Text as it is, everything else as JSON text.
    pub(crate) fn text_or_json(self) -> bool {
        self.has(1)
    }

    /// The last item first.
    pub(crate) fn reversed(self) -> bool {
        self.has(2)
    }

    /// A block even where nothing stands there.
    pub(crate) fn always(self) -> bool {
        self.has(3)
    }

    /// A variable in place of the value.
    pub(crate) fn secret(self) -> bool {
        self.has(4)
    }

    /// Terraform takes no notice of changes.
    pub(crate) fn ignored(self) -> bool {
        self.has(5)
    }

    /// Not written where it is zero.
    pub(crate) fn zero(self) -> bool {
        self.has(6)
    }

    /// In what two values may differ and still be the same, as words.
    pub(crate) fn noise(self) -> impl Iterator<Item = &'static str> {
        let words = [(5, "ignored"), (7, "unordered"), (8, "time"), (9, "nocase"), (10, "trim")];
        words.into_iter().filter(move |(bit, _)| self.has(*bit)).map(|(_, word)| word)
    }
}

/// One value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar {
    Text,
    Number,
    Flag,
}

/// What stands at an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    One(Scalar),
    List(Scalar),
    Set(Scalar),
    Blocks {
        set: bool,
    },
    /// One at most.
    Block,
    /// An attribute whose value is a list of objects.
    Objects {
        set: bool,
    },
}

/// Every resource type that is made, in the order of the file.
pub(crate) fn resources() -> &'static [Resource] {
    static DECODED: OnceLock<Vec<Resource>> = OnceLock::new();
    DECODED.get_or_init(|| {
        (0..RESOURCES_AT.len())
            .filter_map(|number| Reader::at(&RESOURCES_AT, number)?.whole(Reader::resource))
            .collect()
    })
}

/// The types that are not made, and why.
pub(crate) fn unmade() -> impl Iterator<Item = (&'static str, &'static str)> {
    (0..UNMADE_AT.len()).filter_map(|number| Reader::at(&UNMADE_AT, number)?.whole(Reader::pair))
}

impl Reader {
    fn resource(&mut self) -> Option<Resource> {
        Some(Resource {
            name: self.text()?,
            kind: self.index()?,
            pulumi: self.text()?,
            each: self.optional()?,
            per: self.maybe(|record| source(record.letter()?, record.text()?))?,
            import: self.list(Reader::template_piece)?,
            state: self.list(Reader::template_piece)?,
            label: self.list(Reader::template_piece)?,
            when: self.list(Reader::condition)?,
            leave: self.list(|record| Some((record.condition()?, record.text()?)))?,
            notes: self.list(Reader::text)?,
            body: self.list(|record| record.record()?.whole(Reader::line))?,
        })
    }

    fn template_piece(&mut self) -> Option<Piece> {
        let letter = self.letter()?;
        let text = self.text()?;
        let (kinds, map) = (self.list(Reader::index)?, self.list(Reader::pair)?);
        Some(match letter {
            b'l' => Piece::Literal(text),
            b'o' => Piece::Own,
            other => Piece::Filled { source: source(other, text)?, kinds, map },
        })
    }

    fn condition(&mut self) -> Option<Condition> {
        self.list(|record| record.list(Reader::clause))
    }

    fn clause(&mut self) -> Option<Clause> {
        let source = source(self.letter()?, self.text()?)?;
        let bits = self.number()?;
        let test = match bits >> 1 {
            0 => Test::There,
            1 => Test::Words,
            2 => Test::Past,
            3 => Test::Seconds,
            4 => Test::Several,
            5 => Test::Unprintable,
            _ => return None,
        };
        Some(Clause { source, test, negated: bits & 1 == 1, values: self.list(Reader::text)? })
    }

    fn line(&mut self) -> Option<Line> {
        let name = self.text()?;
        let holds = match self.letter()? {
            b'a' => Holds::One(Scalar::Text),
            b'c' => Holds::One(Scalar::Number),
            b'd' => Holds::One(Scalar::Flag),
            b'A' => Holds::List(Scalar::Text),
            b'C' => Holds::List(Scalar::Number),
            b'D' => Holds::List(Scalar::Flag),
            b'1' => Holds::Set(Scalar::Text),
            b'3' => Holds::Set(Scalar::Number),
            b'4' => Holds::Set(Scalar::Flag),
            b'b' => Holds::Blocks { set: false },
            b'B' => Holds::Blocks { set: true },
            b's' => Holds::Block,
            b'o' => Holds::Objects { set: false },
            b'O' => Holds::Objects { set: true },
            _ => return None,
        };
        let source = source(self.letter()?, self.text()?)?;
        let (kinds, otherwise, bits) = (self.list(Reader::index)?, self.optional()?, self.number()?);
        Some(Line {
            name,
            holds,
            source,
            kinds,
            otherwise,
            required: bits & 1 == 1,
            computed: bits >> 1 & 1 == 1,
            marks: Marks(bits >> 2),
            map: self.list(Reader::pair)?,
            only: Some(self.condition()?).filter(|any| !any.is_empty()),
            items: Some(self.condition()?).filter(|any| !any.is_empty()),
            body: self.list(|record| record.record()?.whole(Reader::line))?,
        })
    }
}

fn source(letter: u8, text: &'static str) -> Option<Source> {
    match letter {
        b'i' => Some(Source::Item(text)),
        b'a' => Some(Source::Asset(text)),
        b'r' => Some(Source::Relation(text)),
        b'k' => Some(Source::Known(text)),
        b'c' => Some(Source::Constant(text)),
        _ => None,
    }
}

/// How many records the tables hold.
#[cfg(test)]
pub(crate) fn held() -> (usize, usize) {
    (RESOURCES_AT.len(), UNMADE_AT.len())
}
