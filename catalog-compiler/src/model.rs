//! The catalog as it was read: names not resolved, places kept.
//!
//! Rule: nothing here knows TOML or Rust; what is missing because it could
//! not be read is `None` and has been reported.

use crate::source::{Spot, Text, Word};

mod assets;
mod choices;
mod terraform;
mod walk;
pub(crate) use assets::{Changes, How, Kind, Origin, Relation, Setting, Takes};
pub(crate) use choices::{Choices, Custom};
pub(crate) use terraform::{
    Attribute, Clause, Condition, Holds, Line, Mark, Nested, Piece, Provider, Resource, Scalar, Schema, Source,
    Template, Test,
};
pub(crate) use walk::{Consistency, Cut, ExactWhile, Feed, Given, Json, Unset, Windows};

/// Everything in the folder.
#[derive(Default)]
pub(crate) struct Catalog {
    pub(crate) hosts: Vec<Host>,
    pub(crate) actions: Vec<Action>,
    pub(crate) asked: Option<Asked>,
    /// Of scans.
    pub(crate) settings: Vec<Setting>,
    pub(crate) changes: Option<Changes>,
    /// Kinds of assets, in the order of the file.
    pub(crate) kinds: Vec<Kind>,
    pub(crate) provider: Option<Provider>,
    /// Lists of words for conditions of resource types, by name.
    pub(crate) words: Vec<(Word, Vec<String>)>,
    /// What Terraform's provider takes, by resource type.
    pub(crate) schemas: Vec<Schema>,
    /// How resource types are made of assets, in the order of the file.
    pub(crate) resources: Vec<Resource>,
    /// Resource types that are not made of assets, and why.
    pub(crate) unmade: Vec<(Word, String)>,
    pub(crate) areas: Vec<Area>,
    pub(crate) entities: Vec<Entity>,
    /// By area, in the order of the files.
    pub(crate) operations: Vec<Operation>,
    /// A file could not be read to its end: names may be missing.
    pub(crate) partial: bool,
}

impl Catalog {
    /// The entity of this name.
    pub(crate) fn entity(&self, id: &str) -> Option<&Entity> {
        self.entities.iter().find(|entity| entity.name.text == id)
    }

    /// The kind of asset of this name.
    pub(crate) fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.name.text == name)
    }

    /// The operation of this id.
    pub(crate) fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id.text == id)
    }
}

/// A host by region.
pub(crate) struct Host {
    pub(crate) name: Word,
    pub(crate) us: String,
    pub(crate) eu: String,
}

/// A word that the ids of operations end in.
pub(crate) struct Action {
    pub(crate) word: Word,
    pub(crate) effect: Effect,
}

/// The operations that the connector calls to learn whose the keys are.
pub(crate) struct Asked {
    pub(crate) who: Word,
    pub(crate) person: Word,
    pub(crate) abilities: Word,
    pub(crate) probe: (Word, Given),
}

/// A file of operations.
pub(crate) struct Area {
    pub(crate) id: String,
    pub(crate) title: String,
    /// What people call its things.
    pub(crate) words: Vec<String>,
}

/// A shape.
pub(crate) struct Entity {
    pub(crate) name: Word,
    pub(crate) title: String,
    pub(crate) reference: Option<String>,
    pub(crate) options: Option<Word>,
    pub(crate) label: Option<Word>,
    pub(crate) choices: Option<Choices>,
    /// Where an account's own fields stand.
    pub(crate) custom: Vec<Custom>,
    pub(crate) fields: Vec<Field>,
    pub(crate) variants: Option<Variants>,
    pub(crate) samples: Vec<(Word, Text)>,
    /// Everything in it could be read.
    pub(crate) whole: bool,
}

/// Entities told apart by a field.
pub(crate) struct Variants {
    pub(crate) by: Word,
    /// Value and entity.
    pub(crate) cases: Vec<(Word, Word)>,
}

/// HTTP methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// A piece of a path.
#[derive(Debug)]
pub(crate) enum Segment {
    Literal(String),
    Argument(Word),
}

/// `METHOD /path`.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) segments: Vec<Segment>,
    pub(crate) at: Spot,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Read,
    Write,
    Delete,
}

impl Effect {
    /// As the files write it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
        }
    }
}

/// How settled an operation is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stability {
    Stable,
    EarlyAccess,
    Deprecated,
}

/// Which key goes with the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Account,
    User,
    Either,
    /// An OAuth access token alone.
    Bearer,
    None,
}

/// The `From` header.
#[derive(Debug, Clone, Copy)]
pub(crate) enum From {
    No,
    Optional,
    Required,
}

/// The page dialects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pages {
    None,
    Offset,
    Cursor,
    After,
    Analytics,
    Scim,
}

/// How a body is written.
pub(crate) enum Encoding {
    None,
    Json { wrap: Option<String>, content: String },
    Multipart,
}

/// What an operation's body holds.
pub(crate) enum Body {
    None,
    Fields(Vec<Field>),
    /// The fields, or variants, of an entity.
    Entity(Word),
}

/// What a successful answer holds.
pub(crate) enum Answer {
    None,
    Whole(Type),
    Item {
        key: String,
        of: Type,
    },
    /// `of` is the type of one item.
    Items {
        key: String,
        of: Type,
        envelope: Vec<Field>,
    },
}

/// One operation.
pub(crate) struct Operation {
    /// `area.name`, at the key in the file.
    pub(crate) id: Word,
    pub(crate) area: String,
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) notes: Vec<String>,
    /// What people call it, title and summary aside.
    pub(crate) words: Vec<String>,
    pub(crate) call: Option<Call>,
    pub(crate) host: Word,
    pub(crate) effect: Effect,
    pub(crate) stability: Stability,
    pub(crate) idempotent: bool,
    pub(crate) scope: Option<String>,
    pub(crate) key: Key,
    pub(crate) from: From,
    pub(crate) accept: String,
    pub(crate) early_access: Option<String>,
    /// Declared fields of the path; `arguments` adds the others.
    pub(crate) path: Vec<Field>,
    pub(crate) query: Vec<Field>,
    /// Headers that a caller gives, by their own names.
    pub(crate) header: Vec<Field>,
    pub(crate) body: Body,
    pub(crate) encoding: Encoding,
    pub(crate) answer: Option<Answer>,
    pub(crate) pages: Pages,
    /// Most items a page; 0 where nothing pages.
    pub(crate) page_limit: u32,
    /// Paging arguments that the official document does not declare: a walk
    /// sends them all the same, nobody else is offered them.
    pub(crate) undeclared: Vec<String>,
    pub(crate) consistency: Consistency,
    pub(crate) exact_while: Option<ExactWhile>,
    pub(crate) windows: Option<Windows>,
    /// In place of a call.
    pub(crate) feed: Option<Feed>,
    /// Everything in it could be read.
    pub(crate) whole: bool,
    /// Lines of its table in the file, blank ones aside.
    pub(crate) lines: usize,
}

/// Where a field stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    Header,
    Body,
    /// Beside a collection in an answer.
    Envelope,
    Entity,
}

/// What a field does to paging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paging {
    No,
    Size,
    Position,
    Total,
}

/// Words behind a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    Secret,
    Ro,
    Wo,
    Utc,
    Comma,
    Bare,
}

/// A field in the field notation.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: Word,
    /// Where `!` stands.
    pub(crate) required: Option<Spot>,
    /// Where `?` stands.
    pub(crate) nullable: Option<Spot>,
    pub(crate) constant: Option<String>,
    pub(crate) of: Type,
    /// Where the type stands, or the name where none is written.
    pub(crate) of_at: Spot,
    pub(crate) markers: Vec<(Marker, Spot)>,
    pub(crate) note: String,
}

impl Field {
    /// A plain field of a type.
    pub(crate) fn new(name: Word, of: Type) -> Self {
        let of_at = name.at;
        Self {
            name,
            required: None,
            nullable: None,
            constant: None,
            of,
            of_at,
            markers: Vec::new(),
            note: String::new(),
        }
    }

    /// Whether the marker is there.
    pub(crate) fn has(&self, marker: Marker) -> bool {
        self.markers.iter().any(|(there, _)| *there == marker)
    }
}

/// Types in the field notation; bounds include both ends.
#[derive(Debug, Clone)]
pub(crate) enum Type {
    Text {
        min: u32,
        max: u32,
    },
    Int {
        min: i64,
        max: i64,
    },
    Number,
    Bool,
    Time,
    Date,
    Email,
    Url,
    Json,
    Object,
    File,
    Enum(Vec<String>),
    /// One of these whole numbers.
    IntEnum(Vec<i64>),
    List {
        of: Box<Type>,
        min: u32,
        max: u32,
    },
    Entity(Word),
    Ref(Word),
    Id(Word),
}

impl Type {
    /// Text of any length.
    pub(crate) const TEXT: Self = Self::Text { min: 0, max: u32::MAX };

    /// The type itself, or that of a list's items.
    pub(crate) fn inner(&self) -> &Self {
        match self {
            Self::List { of, .. } => of.inner(),
            other => other,
        }
    }

    /// The entity it names, if it names one.
    pub(crate) fn entity(&self) -> Option<&Word> {
        match self.inner() {
            Self::Entity(name) | Self::Ref(name) | Self::Id(name) => Some(name),
            _ => None,
        }
    }
}
