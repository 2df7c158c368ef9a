//! What a value may be, one level at a time.
//!
//! Rule: the document and the catalog are brought to the same form here, so
//! that comparing them knows neither. A level is opened only when it is
//! compared: schemas that contain themselves need no care.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::Spot;

/// Which way a value travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Request,
    Answer,
}

/// The kinds of JSON values a place takes; none told means any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) const ANY: Self = Self(0);
    pub(super) const TEXT: Self = Self(1);
    pub(super) const INT: Self = Self(2);
    pub(super) const NUMBER: Self = Self(4);
    pub(super) const BOOL: Self = Self(8);
    pub(super) const LIST: Self = Self(16);
    pub(super) const OBJECT: Self = Self(32);
    const WORDS: [(Self, &str); 6] = [
        (Self::TEXT, "text"),
        (Self::INT, "int"),
        (Self::NUMBER, "number"),
        (Self::BOOL, "bool"),
        (Self::LIST, "list"),
        (Self::OBJECT, "object"),
    ];

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of both; where one is any, those of the other.
    fn meet(self, other: Self) -> Self {
        match (self, other) {
            (Self::ANY, one) | (one, Self::ANY) => one,
            (a, b) if a.has(b) => Self(a.0 & b.0),
            // The document contradicts itself: what stands last counts.
            (_, b) => b,
        }
    }

    fn join(self, other: Self) -> Self {
        if self == Self::ANY || other == Self::ANY { Self::ANY } else { self.with(other) }
    }

    /// "text or list".
    pub(super) fn words(self) -> String {
        let words: Vec<&str> = Self::WORDS.iter().filter(|(kind, _)| self.has(*kind)).map(|(_, word)| *word).collect();
        if words.is_empty() { "anything".to_owned() } else { words.join(" or ") }
    }
}

/// What a text holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Time,
    Date,
    Email,
    Url,
    File,
}

impl Format {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Date => "date",
            Self::Email => "email",
            Self::Url => "url",
            Self::File => "file",
        }
    }
}

/// A level that is not opened yet: a leaf, all of several, or any of them.
#[derive(Clone)]
pub(super) enum Node<L> {
    One(L),
    All(Vec<Node<L>>),
    Any(Vec<Node<L>>),
}

/// A field of an object.
#[derive(Clone)]
pub(super) struct Member<L> {
    /// `None`: it is always sent, so nobody is asked for it.
    pub(super) required: Option<bool>,
    pub(super) node: Node<L>,
}

/// Objects told apart by a field.
#[derive(Clone)]
pub(super) struct Cases<L> {
    pub(super) by: String,
    pub(super) of: BTreeMap<String, Node<L>>,
}

/// One level.
#[derive(Clone)]
pub(super) struct Shape<L> {
    pub(super) kinds: Kinds,
    pub(super) format: Option<Format>,
    pub(super) null: bool,
    pub(super) values: Option<BTreeSet<String>>,
    /// There is one value, and it is filled in.
    pub(super) constant: bool,
    /// Of the length, the number or the count.
    pub(super) low: Option<i64>,
    pub(super) high: Option<i64>,
    pub(super) members: BTreeMap<String, Member<L>>,
    /// An object that tells no fields, or could be one.
    pub(super) open: bool,
    pub(super) items: Option<Node<L>>,
    pub(super) cases: Option<Cases<L>>,
    /// In answers only, in requests only.
    pub(super) read_only: bool,
    pub(super) write_only: bool,
    /// A reference by id, and the `type` that goes with it.
    pub(super) reference: Option<Option<String>>,
    /// Required by a document that does not declare it.
    pub(super) undeclared: bool,
    /// Where it stands in the catalog.
    pub(super) at: Option<Spot>,
    /// The catalog's name of the shape.
    pub(super) entity: Option<String>,
}

impl<L> Default for Shape<L> {
    fn default() -> Self {
        Self {
            kinds: Kinds::ANY,
            format: None,
            null: false,
            values: None,
            constant: false,
            low: None,
            high: None,
            members: BTreeMap::new(),
            open: false,
            items: None,
            cases: None,
            read_only: false,
            write_only: false,
            reference: None,
            undeclared: false,
            at: None,
            entity: None,
        }
    }
}

impl<L: Clone> Shape<L> {
    /// A plain value of some kinds.
    pub(super) fn of(kinds: Kinds) -> Self {
        Self { kinds, open: kinds == Kinds::OBJECT, ..Self::default() }
    }

    /// An object with these fields.
    pub(super) fn object(members: impl IntoIterator<Item = (String, Member<L>)>) -> Self {
        Self { kinds: Kinds::OBJECT, members: members.into_iter().collect(), ..Self::default() }
    }

    /// What is both.
    pub(super) fn meet(self, other: Self) -> Self {
        let kinds = self.kinds.meet(other.kinds);
        let mut members = self.members;
        for (name, member) in other.members {
            let both = match members.remove(&name) {
                None => member,
                Some(first) => Member {
                    required: either(first.required, member.required, |a, b| a || b),
                    node: Node::All(vec![first.node, member.node]),
                },
            };
            members.insert(name, both);
        }
        let narrower = |a: BTreeSet<String>, b: BTreeSet<String>| {
            let both: BTreeSet<String> = a.intersection(&b).cloned().collect();
            if both.is_empty() { b } else { both }
        };
        Self {
            kinds,
            format: other.format.or(self.format),
            null: self.null || other.null,
            values: either(self.values, other.values, narrower),
            constant: self.constant || other.constant,
            low: either(self.low, other.low, i64::max),
            high: either(self.high, other.high, i64::min),
            // Bare `type: object` beside parts with fields says nothing.
            open: kinds.has(Kinds::OBJECT) && members.is_empty() && self.cases.is_none() && other.cases.is_none(),
            members,
            items: either(self.items, other.items, |a, b| Node::All(vec![a, b])),
            cases: other.cases.or(self.cases),
            read_only: self.read_only || other.read_only,
            write_only: self.write_only || other.write_only,
            reference: other.reference.or(self.reference),
            undeclared: self.undeclared && other.undeclared,
            at: self.at.or(other.at),
            entity: self.entity.or(other.entity),
        }
    }

    /// What is one of the two.
    pub(super) fn join(self, other: Self) -> Self {
        let objects = (self.kinds.has(Kinds::OBJECT), other.kinds.has(Kinds::OBJECT));
        let texts = (self.kinds.has(Kinds::TEXT), other.kinds.has(Kinds::TEXT));
        let mut members = self.members;
        if objects == (true, true) {
            let mine: Vec<String> = members.keys().cloned().collect();
            for name in mine.into_iter().filter(|name| !other.members.contains_key(name)) {
                if let Some(member) = members.get_mut(&name) {
                    member.required = member.required.map(|_| false);
                }
            }
        }
        for (name, member) in other.members {
            let any = match members.remove(&name) {
                None if objects.0 => Member { required: member.required.map(|_| false), ..member },
                None => member,
                Some(first) => Member {
                    required: either(first.required, member.required, |a, b| a && b),
                    node: Node::Any(vec![first.node, member.node]),
                },
            };
            members.insert(name, any);
        }
        let values = match (self.values, other.values) {
            (Some(a), Some(b)) => Some(a.into_iter().chain(b).collect()),
            // An object beside a choice of words leaves the choice as it is.
            (Some(a), None) if !texts.1 && other.kinds != Kinds::ANY => Some(a),
            (None, Some(b)) if !texts.0 && self.kinds != Kinds::ANY => Some(b),
            _ => None,
        };
        let wider = |a: Option<i64>, b: Option<i64>, pick: fn(i64, i64) -> i64| Some(pick(a?, b?));
        Self {
            kinds: self.kinds.join(other.kinds),
            format: self.format.filter(|format| Some(*format) == other.format),
            null: self.null || other.null,
            values,
            constant: self.constant && other.constant,
            low: wider(self.low, other.low, i64::min),
            high: wider(self.high, other.high, i64::max),
            members,
            open: self.open || other.open,
            items: either(self.items, other.items, |a, b| Node::Any(vec![a, b])),
            cases: None,
            read_only: self.read_only && other.read_only,
            write_only: self.write_only && other.write_only,
            reference: self.reference.or(other.reference),
            undeclared: self.undeclared && other.undeclared,
            at: self.at.or(other.at),
            entity: self.entity.or(other.entity),
        }
    }
}

fn either<T>(a: Option<T>, b: Option<T>, both: impl FnOnce(T, T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(both(a, b)),
        (one, None) | (None, one) => one,
    }
}

/// What opens leaves: the official documents, or the catalog.
pub(super) trait Opens {
    type Leaf: Clone;

    /// The level behind a leaf.
    fn leaf(&self, leaf: &Self::Leaf) -> Shape<Self::Leaf>;

    /// The level behind a node.
    fn open(&self, node: &Node<Self::Leaf>) -> Shape<Self::Leaf> {
        match node {
            Node::One(leaf) => self.leaf(leaf),
            Node::All(nodes) => nodes.iter().map(|node| self.open(node)).reduce(Shape::meet).unwrap_or_default(),
            Node::Any(nodes) => nodes.iter().map(|node| self.open(node)).reduce(Shape::join).unwrap_or_default(),
        }
    }
}
