//! The tables that `build.rs` makes from `catalog/`, and their types.
//!
//! Rule: data only. What is particular to one PagerDuty operation stands in
//! the TOML files, never in Rust. The tables are bytes, a third of the size of
//! these types; `decode` turns what is asked for into them, once.

// The notation has words that no operation may use at the moment.
#![allow(dead_code)]

mod assets;
mod decode;
mod reader;
pub(crate) mod tables;
mod terraform;
pub(crate) use assets::{Changes, How, Kind, Origin, Relation, Takes, kind, kinds, settings};
pub(crate) use tables::{CHANGES, CHECK, EntityAt, Fields, HOSTS, OPERATIONS, PROVIDER, Texts, find};
#[cfg(test)]
pub(crate) use terraform::held;
pub(crate) use terraform::{Clause, Condition, Holds, Line, Piece, Resource, Scalar, Source, Test, resources, unmade};

/// A host by region.
#[derive(Debug)]
pub(crate) struct Host {
    /// Host name of accounts in the US service region.
    pub(crate) us: &'static str,
    /// Host name of accounts in the EU service region.
    pub(crate) eu: &'static str,
}

/// A group of operations.
#[derive(Debug)]
pub(crate) struct Area {
    /// Stable name: the name of the TOML file.
    pub(crate) id: &'static str,
    /// Name for people.
    pub(crate) title: &'static str,
    /// What people call its things.
    pub(crate) words: &'static [&'static str],
}

/// HTTP methods that operations use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// A piece of a path between slashes: literal text or an argument's name.
#[derive(Debug)]
pub(crate) enum Segment {
    Literal(&'static str),
    Argument(&'static str),
}

/// What an operation does to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Read,
    Write,
    Delete,
}

/// How settled an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stability {
    Stable,
    EarlyAccess,
    Deprecated,
}

/// Which key an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Account,
    User,
    Either,
    /// An OAuth access token alone.
    Bearer,
    /// No `Authorization` at all: the Events API, whose key is in the body.
    None,
}

/// Whether the `From` header goes with the request when the key is not a user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    No,
    Optional,
    Required,
}

/// How arguments become a body.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Body {
    /// No body is sent.
    None,
    /// One JSON object, inside another under `wrap` where that is set.
    Json { wrap: Option<&'static str>, content: &'static str },
    /// `multipart/form-data`, a part a field.
    Multipart,
}

/// What a successful answer holds.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Nothing.
    None,
    /// The whole body is the value.
    Whole(Type),
    /// The value stands under `key`.
    Item { key: &'static str, of: Type },
    /// A collection stands under `key`, with `envelope` beside it.
    Items { key: &'static str, of: Type, envelope: Fields },
}

/// The page dialects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pages {
    /// The answer is all there is.
    None,
    /// `limit`, `offset`, `total`; `more`. Positions are refused past 10,000.
    Offset,
    /// `limit`, `cursor`; `next_cursor`.
    Cursor,
    /// `limit`, `after`; `after` again in the answer.
    After,
    /// `limit`, `starting_after` in the body; `last`, `more`.
    Analytics,
    /// `startIndex`, `count`; `totalResults`.
    Scim,
}

/// What a walk promises while records come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consistency {
    /// Records never change places: those that come and go are noticed, and
    /// mended or said.
    Exact,
    /// The same, as long as no record changes places (is renamed, in a list
    /// sorted by name).
    UnlessMoved,
    /// Nothing is known of the order: whole only while nothing changes.
    BestEffort,
}

/// How a list is cut by time.
#[derive(Debug)]
pub(crate) struct Windows {
    /// Member of a record that holds the time `since` and `until` filter on.
    pub(crate) by: &'static str,
    /// The provider lists the newest first.
    pub(crate) newest_first: bool,
    /// A record lasts from its time on and is listed in every window it
    /// touches.
    pub(crate) lasting: bool,
    /// Most days between `since` and `until`; 0 where there is no bound.
    pub(crate) days: u32,
    /// What the provider lists without `since` and `until`.
    pub(crate) unset: Unset,
    /// How many days `since` alone reaches; 0: to the present.
    pub(crate) alone_days: u32,
    /// Argument and value that lift the window.
    pub(crate) all: Option<(&'static str, &'static str)>,
    /// Query name and value that list the oldest record first.
    pub(crate) oldest: Option<(&'static str, &'static str)>,
}

/// What a list holds without `since` and `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unset {
    /// Everything.
    All,
    /// The present moment.
    Moment,
    /// At most the last so many days.
    Days(u32),
}

/// A change feed over another operation.
#[derive(Debug)]
pub(crate) struct Feed {
    /// Id of the operation that tells of changes; it has windows.
    pub(crate) of: &'static str,
    /// Arguments it is always walked with: a JSON object.
    pub(crate) with: &'static str,
    /// Member of its records that is delivered; none: the record itself.
    pub(crate) take: Option<&'static str>,
    /// Id of the operation that lists everything there is, and its arguments:
    /// a JSON object.
    pub(crate) pass: Option<(&'static str, &'static str)>,
}

/// What a list of operations tells of one: all of it stands at the beginning
/// of its record, and nothing is kept of it.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) id: &'static str,
    pub(crate) area: &'static Area,
    pub(crate) title: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) notes: Texts,
    /// What people call it, title and summary aside.
    pub(crate) words: Texts,
    pub(crate) effect: Effect,
    pub(crate) stability: Stability,
    pub(crate) idempotent: bool,
    pub(crate) scope: Option<&'static str>,
    pub(crate) key: Key,
    pub(crate) from: From,
    pub(crate) answer: Answer,
    pub(crate) pages: Pages,
    /// Most items a page; 0 where nothing pages.
    pub(crate) page_limit: u32,
    pub(crate) consistency: Consistency,
    pub(crate) windows: Option<Windows>,
    /// Set where the operation sends no request of its own kind.
    pub(crate) feed: Option<Feed>,
}

/// One operation.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) listed: Listed,
    pub(crate) method: Method,
    pub(crate) host: &'static Host,
    pub(crate) path: &'static [Segment],
    pub(crate) accept: &'static str,
    /// Value of the `X-EARLY-ACCESS` header.
    pub(crate) early_access: Option<&'static str>,
    /// Every argument: path, query, body, then paging.
    pub(crate) fields: Fields,
    pub(crate) body: Body,
    /// Set where the body's shape depends on a discriminator.
    pub(crate) variants: Option<&'static Variants>,
    /// Exact only while the values of this argument (a `:asc` or `:desc` behind
    /// them aside) are among these; otherwise unless moved.
    pub(crate) exact_while: Option<(&'static str, &'static [&'static str])>,
}

/// Where an argument goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    Body,
    Header,
}

/// What an argument does to paging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paging {
    /// Nothing.
    No,
    /// How many items a page holds.
    Size,
    /// Where the page begins: a walk sets it itself.
    Position,
    /// Asks for `total`.
    Total,
}

/// How a list stands in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListStyle {
    /// `name[]=a&name[]=b`.
    Brackets,
    /// `name=a&name=b`.
    Bare,
    /// `name=a,b`.
    Comma,
}

/// An argument, or a field of an entity.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) place: Place,
    pub(crate) required: bool,
    pub(crate) nullable: bool,
    /// PagerDuty sets it: in answers only.
    pub(crate) read_only: bool,
    /// In requests only.
    pub(crate) write_only: bool,
    pub(crate) secret: bool,
    /// Always sent, never asked for.
    pub(crate) constant: Option<&'static str>,
    pub(crate) list_style: ListStyle,
    pub(crate) paging: Paging,
    pub(crate) of: Type,
    /// For people; may be empty.
    pub(crate) note: &'static str,
}

/// Types of fields. Bounds include both ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Type {
    /// Length in characters.
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
    /// RFC 3339; `utc`: must end in `Z`.
    Time {
        utc: bool,
    },
    Date,
    Email,
    Url,
    /// Anything.
    Json,
    /// Any object.
    Object,
    /// Text of a file.
    File,
    Enum(&'static [&'static str]),
    /// One of these whole numbers.
    IntEnum(&'static [i64]),
    List {
        of: &'static Type,
        min: u32,
        max: u32,
    },
    Entity(EntityAt),
    /// Given as an id; `{id, type}` in a body.
    Ref(EntityAt),
    /// Given and sent as an id.
    Id(EntityAt),
}

/// A shape that operations take or answer.
#[derive(Debug)]
pub(crate) struct Entity {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// The `type` of a reference to it.
    pub(crate) reference: Option<&'static str>,
    /// Id of the operation whose items are the choices for a reference.
    pub(crate) options: Option<&'static str>,
    /// Which field of an item a person reads; may be a dotted path.
    pub(crate) label: &'static str,
    pub(crate) fields: &'static [Field],
    pub(crate) variants: Option<&'static Variants>,
    /// Believable values by field name.
    pub(crate) samples: &'static [(&'static str, &'static str)],
    /// How the list of choices is asked, where that takes words.
    pub(crate) choices: Option<Choices>,
    /// Where the fields stand that an account added.
    pub(crate) custom: &'static [Custom],
}

/// How a list of choices is asked, and where in it they stand.
#[derive(Debug)]
pub(crate) struct Choices {
    /// Member of an item that holds the choices; none: the item itself.
    pub(crate) take: Option<&'static str>,
    /// Arguments that the list is always asked with: a JSON object.
    pub(crate) with: &'static str,
    /// The argument that takes what a person typed; none: `query`.
    pub(crate) search: Option<&'static str>,
    /// Arguments of the list, each with the argument that fills it.
    pub(crate) parents: &'static [(&'static str, &'static str)],
}

/// A list of fields that an account added.
#[derive(Debug)]
pub(crate) struct Custom {
    /// Id of the operation that lists them, and the arguments it is asked with:
    /// a JSON object.
    pub(crate) of: &'static str,
    pub(crate) with: &'static str,
    /// Id of the list that `of` is asked once an item of, and the argument that
    /// takes the item's id.
    pub(crate) each: Option<(&'static str, &'static str)>,
}

/// Shapes told apart by the value of one field.
#[derive(Debug)]
pub(crate) struct Variants {
    /// Name of the field that decides.
    pub(crate) by: &'static str,
    /// Its values and the shape each stands for.
    pub(crate) cases: &'static [(&'static str, EntityAt)],
}

#[cfg(test)]
mod tests;
