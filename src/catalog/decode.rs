//! Turns the tables' bytes into operations, entities and fields.
//!
//! Rule: undoes what `catalog-compiler/src/emit` writes, part by part in its
//! order, and keeps what it read for as long as the instance lives. A record
//! that is not as it should be, or longer, is none, never a panic; a test reads
//! them all.

use std::sync::OnceLock;

use super::reader::{Reader, kept};
use super::tables::*;
use super::{
    Answer, Body, Choices, Custom, Entity, Feed, Field, ListStyle, Listed, Operation, Paging, Place, Segment, Type,
    Variants, Windows,
};

/// The operation of this number.
pub(super) fn operation(number: usize) -> Option<&'static Operation> {
    static DECODED: [OnceLock<Option<&'static Operation>>; OPERATIONS_AT.len()] =
        [const { OnceLock::new() }; OPERATIONS_AT.len()];
    *DECODED.get(number)?.get_or_init(|| Reader::at(&OPERATIONS_AT, number)?.whole(Reader::operation).map(kept))
}

/// The id of an operation, which comes first in its record.
pub(super) fn operation_id(number: usize) -> Option<&'static str> {
    Reader::at(&OPERATIONS_AT, number)?.text()
}

/// What a list tells of the operation of this number. Of 500 the rest would
/// take most of the time.
pub(super) fn listed(number: usize) -> Option<Listed> {
    Reader::at(&OPERATIONS_AT, number)?.listed()
}

/// The entity of this number.
pub(super) fn entity(number: usize) -> Option<&'static Entity> {
    static DECODED: [OnceLock<Option<&'static Entity>>; ENTITIES_AT.len()] =
        [const { OnceLock::new() }; ENTITIES_AT.len()];
    *DECODED.get(number)?.get_or_init(|| Reader::at(&ENTITIES_AT, number)?.whole(Reader::entity).map(kept))
}

/// The fields of a record.
pub(super) fn fields(record: &'static [u8]) -> Option<&'static [Field]> {
    Reader::new(record).all(Reader::field)
}

impl Reader {
    fn operation(&mut self) -> Option<Operation> {
        Some(Operation {
            listed: self.listed()?,
            method: self.word(METHODS)?,
            host: HOSTS.get(self.index()?)?,
            path: self.list(Reader::segment)?,
            accept: self.text()?,
            early_access: self.optional()?,
            fields: self.later()?,
            body: self.body()?,
            variants: match self.index()?.checked_sub(1) {
                None => None,
                Some(number) => entity(number)?.variants,
            },
            exact_while: self.maybe(|record| Some((record.text()?, record.list(Reader::text)?)))?,
        })
    }

    fn listed(&mut self) -> Option<Listed> {
        Some(Listed {
            id: self.text()?,
            area: AREAS.get(self.index()?)?,
            title: self.text()?,
            summary: self.text()?,
            notes: Texts(self.piece()?),
            words: Texts(self.piece()?),
            effect: self.word(EFFECTS)?,
            stability: self.word(STABILITIES)?,
            idempotent: self.flag()?,
            scope: self.optional()?,
            key: self.word(KEYS)?,
            from: self.word(FROMS)?,
            answer: self.answer()?,
            pages: self.word(PAGES)?,
            page_limit: self.count()?,
            consistency: self.word(CONSISTENCIES)?,
            windows: self.maybe(Reader::windows)?,
            feed: self.maybe(Reader::feed)?,
        })
    }

    fn segment(&mut self) -> Option<Segment> {
        match self.letter()? {
            b'/' => self.text().map(Segment::Literal),
            b'{' => self.text().map(Segment::Argument),
            _ => None,
        }
    }

    fn body(&mut self) -> Option<Body> {
        match self.letter()? {
            b'-' => Some(Body::None),
            b'm' => Some(Body::Multipart),
            b'j' => Some(Body::Json { wrap: self.optional()?, content: self.text()? }),
            _ => None,
        }
    }

    fn answer(&mut self) -> Option<Answer> {
        match self.letter()? {
            b'-' => Some(Answer::None),
            b'w' => self.kind().map(Answer::Whole),
            b'i' => Some(Answer::Item { key: self.text()?, of: self.kind()? }),
            b'l' => Some(Answer::Items { key: self.text()?, of: self.kind()?, envelope: self.later()? }),
            _ => None,
        }
    }

    /// Fields that are not decoded yet.
    fn later(&mut self) -> Option<Fields> {
        self.piece().map(|record| Fields { record, decoded: OnceLock::new() })
    }

    fn windows(&mut self) -> Option<Windows> {
        Some(Windows {
            by: self.text()?,
            newest_first: self.flag()?,
            lasting: self.flag()?,
            days: self.count()?,
            unset: self.word(UNSETS)?,
            alone_days: self.count()?,
            all: self.maybe(Reader::pair)?,
            oldest: self.maybe(Reader::pair)?,
        })
    }

    fn feed(&mut self) -> Option<Feed> {
        Some(Feed { of: self.text()?, with: self.text()?, take: self.optional()?, pass: self.maybe(Reader::pair)? })
    }

    /// A field, which is a record of its own: many are shared.
    fn field(&mut self) -> Option<Field> {
        self.record()?.whole(Reader::content)
    }

    fn content(&mut self) -> Option<Field> {
        let bits = self.number()?;
        let has = |bit: u32| bits >> bit & 1 == 1;
        let name = self.text()?;
        let of = if has(3) { self.kind()? } else { Type::Text { min: 0, max: u32::MAX } };
        let note = if has(4) { self.text()? } else { "" };
        let plain = (Place::Body, ListStyle::Brackets, Paging::No);
        let (place, list_style, paging) = if has(5) { self.word(STANDS)? } else { plain };
        Some(Field {
            name,
            place,
            required: has(0),
            nullable: has(1),
            read_only: has(2),
            write_only: has(7),
            secret: has(6),
            constant: if has(8) { Some(self.text()?) } else { None },
            list_style,
            paging,
            of,
            note,
        })
    }

    pub(super) fn kind(&mut self) -> Option<Type> {
        Some(match self.letter()? {
            b'=' => self.word(TYPES)?,
            b't' => Type::Text { min: self.bound(0)?, max: self.bound(u32::MAX)? },
            b'i' => Type::Int { min: self.bound(i64::MIN)?, max: self.bound(i64::MAX)? },
            b'e' => Type::Enum(self.list(Reader::text)?),
            b'n' => Type::IntEnum(self.list(Reader::signed)?),
            b'l' => Type::List { min: self.bound(0)?, max: self.bound(u32::MAX)?, of: kept(self.kind()?) },
            b'o' => Type::Entity(EntityAt(self.index()?)),
            b'r' => Type::Ref(EntityAt(self.index()?)),
            b'd' => Type::Id(EntityAt(self.index()?)),
            _ => return None,
        })
    }

    fn entity(&mut self) -> Option<Entity> {
        Some(Entity {
            id: self.text()?,
            title: self.text()?,
            reference: self.optional()?,
            options: self.optional()?,
            label: self.text()?,
            fields: self.list(Reader::field)?,
            variants: self.maybe(Reader::variants)?.map(kept),
            samples: self.list(Reader::pair)?,
            choices: self.maybe(Reader::choices)?,
            custom: self.list(Reader::custom)?,
        })
    }

    fn choices(&mut self) -> Option<Choices> {
        Some(Choices {
            take: self.optional()?,
            with: self.text()?,
            search: self.optional()?,
            parents: self.list(Reader::pair)?,
        })
    }

    fn custom(&mut self) -> Option<Custom> {
        Some(Custom { of: self.text()?, with: self.text()?, each: self.maybe(Reader::pair)? })
    }

    fn variants(&mut self) -> Option<Variants> {
        Some(Variants {
            by: self.text()?,
            cases: self.all(|record| Some((record.text()?, EntityAt(record.index()?))))?,
        })
    }
}
