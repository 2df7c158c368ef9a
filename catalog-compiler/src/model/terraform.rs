//! Terraform's resource types: what the provider takes, and how assets fill it.
//!
//! Rule: as for the whole model, names are not resolved and places are kept.

use crate::source::Word;

/// The provider of the resource types.
pub(crate) struct Provider {
    /// What it is called in a module.
    pub(crate) name: String,
    /// Its address in a registry.
    pub(crate) source: String,
    /// Which versions take what is written.
    pub(crate) version: String,
}

/// What the provider takes for one resource type.
pub(crate) struct Schema {
    pub(crate) name: Word,
    pub(crate) attributes: Vec<Attribute>,
}

/// An attribute or a block.
pub(crate) struct Attribute {
    pub(crate) name: Word,
    pub(crate) holds: Holds,
    pub(crate) required: bool,
    pub(crate) optional: bool,
    pub(crate) computed: bool,
}

impl Attribute {
    /// Whether a configuration may say something of it.
    pub(crate) fn settable(&self) -> bool {
        self.required || self.optional
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
pub(crate) enum Holds {
    One(Scalar),
    /// A list, or a set, of values.
    Many {
        of: Scalar,
        set: bool,
    },
    /// Blocks, or an attribute that holds objects.
    Nested {
        nested: Nested,
        of: Vec<Attribute>,
    },
}

/// How objects stand in a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nested {
    /// A block for each; in a set their order means nothing.
    Blocks { set: bool },
    /// One block at most, which the state keeps as an object.
    Block,
    /// An attribute whose value is a list or set of objects.
    Objects { set: bool },
}

/// How a resource type is made of assets.
pub(crate) struct Resource {
    pub(crate) name: Word,
    pub(crate) kind: Word,
    /// Pulumi's type, where it is not the name in its spelling.
    pub(crate) pulumi: Option<String>,
    /// One for each value there instead of one for the asset.
    pub(crate) each: Option<Word>,
    /// One for all the assets for which this is the same.
    pub(crate) per: Option<Source>,
    pub(crate) import: Template,
    pub(crate) state: Option<Template>,
    pub(crate) label: Template,
    pub(crate) when: Vec<Condition>,
    /// Where it holds the asset is left out, and why.
    pub(crate) leave: Vec<(Condition, String)>,
    /// Settable attributes that are not written, as dotted paths.
    pub(crate) omit: Vec<Word>,
    pub(crate) notes: Vec<String>,
    pub(crate) body: Vec<Line>,
    /// Everything in it could be read.
    pub(crate) whole: bool,
}

/// Text with places to be filled.
pub(crate) struct Template {
    pub(crate) pieces: Vec<Piece>,
}

/// A piece of a template.
pub(crate) enum Piece {
    Literal(String),
    /// The asset itself: its id, or its name.
    Own,
    Filled {
        source: Source,
        /// Kinds whose asset lends its name, where the value is an id of one.
        kinds: Vec<Word>,
        map: Vec<(String, String)>,
    },
}

/// Where a value comes from.
pub(crate) enum Source {
    /// A path from the present item.
    Item(Word),
    /// A path from the asset.
    Asset(Word),
    /// What a relation of the asset points to.
    Relation(Word),
    /// Whether an asset of this kind has the same id.
    Known(Word),
    /// JSON.
    Constant(String),
}

/// Holds where all the clauses of one of its parts do.
pub(crate) struct Condition {
    pub(crate) any: Vec<Vec<Clause>>,
}

impl Condition {
    /// Every clause.
    pub(crate) fn clauses(&self) -> impl Iterator<Item = &Clause> {
        self.any.iter().flatten()
    }
}

/// What a clause asks of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Test {
    /// It says something.
    There,
    /// It is one of some words.
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

/// `PATH`, `past PATH`, `seconds PATH`, `PATH = A|B`, `PATH != A|B`, each with `unless` in front.
pub(crate) struct Clause {
    pub(crate) source: Source,
    pub(crate) test: Test,
    /// `*` in front: any text that ends so; behind as well: any that holds it.
    pub(crate) values: Vec<String>,
    pub(crate) negated: bool,
}

/// What a line asks for beside the value, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Json,
    TextOrJson,
    Reversed,
    Always,
    Secret,
    Ignored,
    Zero,
    Unordered,
    Time,
    NoCase,
    Trim,
}

impl Mark {
    /// Each with its word, in the order of their bits.
    pub(crate) const ALL: [(&'static str, Mark); 11] = [
        ("json", Mark::Json),
        ("text-or-json", Mark::TextOrJson),
        ("reversed", Mark::Reversed),
        ("always", Mark::Always),
        ("secret", Mark::Secret),
        ("ignored", Mark::Ignored),
        ("zero", Mark::Zero),
        ("unordered", Mark::Unordered),
        ("time", Mark::Time),
        ("nocase", Mark::NoCase),
        ("trim", Mark::Trim),
    ];
}

/// One attribute or block of a resource.
pub(crate) struct Line {
    pub(crate) name: Word,
    pub(crate) source: Source,
    /// Kinds of the assets that the value may be an id of.
    pub(crate) kinds: Vec<Word>,
    /// JSON, where nothing stands there.
    pub(crate) otherwise: Option<String>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) map: Vec<(String, String)>,
    pub(crate) only: Option<Condition>,
    /// Of the items of a block, those for which it holds.
    pub(crate) items: Option<Condition>,
    /// Of a block.
    pub(crate) body: Option<Vec<Line>>,
}

impl Line {
    /// Whether it asks for it.
    pub(crate) fn has(&self, mark: Mark) -> bool {
        self.marks.contains(&mark)
    }
}
