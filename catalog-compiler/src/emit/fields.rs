//! Writes fields and types.
//!
//! Rule: a field spells out only what differs from a plain text field of a
//! body. Bits and letters are those of `src/catalog/decode.rs`.

use super::Emitter;
use super::pieces::Record;
use crate::arguments::Argument;
use crate::model::{Field, Marker, Paging, Place, Type};

impl Emitter<'_> {
    /// Fields of an entity or an answer, as one record.
    pub(super) fn fields(&mut self, fields: &[Field]) -> Record {
        let mut list = Record::default();
        for field in fields {
            list.record(self.field(field, Place::Body, Paging::No));
        }
        list
    }

    /// Arguments, as one record.
    pub(super) fn arguments(&mut self, arguments: &[Argument]) -> Record {
        let mut list = Record::default();
        for argument in arguments {
            list.record(self.field(&argument.field, argument.place, argument.paging));
        }
        list
    }

    fn field(&mut self, field: &Field, place: Place, paging: Paging) -> Record {
        let place = match place {
            Place::Path => "Path",
            Place::Query => "Query",
            Place::Header => "Header",
            Place::Body | Place::Envelope | Place::Entity => "Body",
        };
        let style = match (field.has(Marker::Bare), field.has(Marker::Comma)) {
            (true, _) => "Bare",
            (false, true) => "Comma",
            (false, false) => "Brackets",
        };
        let stands = format!("(Place::{place}, ListStyle::{style}, Paging::{paging:?})");
        let plain = stands == "(Place::Body, ListStyle::Brackets, Paging::No)";
        let typed = !matches!(field.of, Type::Text { min: 0, max: u32::MAX });
        let bits = [
            field.required.is_some(),
            field.nullable.is_some(),
            field.has(Marker::Ro),
            typed,
            !field.note.is_empty(),
            !plain,
            field.has(Marker::Secret),
            field.has(Marker::Wo),
            field.constant.is_some(),
        ];
        let mut record = Record::default();
        record.number((0..).zip(bits).fold(0, |sum: u64, (bit, set)| sum | u64::from(set) << bit));
        record.text(&field.name.text);
        if typed {
            record.append(self.kind(&field.of, field.has(Marker::Utc)));
        }
        if !field.note.is_empty() {
            record.text(&field.note);
        }
        if !plain {
            record.number(self.words.number("STANDS", stands));
        }
        if let Some(constant) = &field.constant {
            record.text(constant);
        }
        record
    }

    /// A type; `utc` is the marker of its field.
    pub(super) fn kind(&mut self, of: &Type, utc: bool) -> Record {
        let mut record = Record::default();
        let mut simple = |record: &mut Record, word: String| {
            record.number(b'=');
            record.number(self.words.number("TYPES", format!("Type::{word}")));
        };
        match of {
            Type::Text { min, max } => {
                record.number(b't');
                record.bound(*min, 0);
                record.bound(*max, u32::MAX);
            }
            Type::Int { min, max } => {
                record.number(b'i');
                record.bound(*min, i64::MIN);
                record.bound(*max, i64::MAX);
            }
            Type::Enum(values) => {
                record.number(b'e');
                record.texts(values.iter().map(String::as_str));
            }
            Type::IntEnum(values) => {
                let mut list = Record::default();
                values.iter().for_each(|value| list.signed(*value));
                record.number(b'n');
                record.record(list);
            }
            Type::List { of, min, max } => {
                record.number(b'l');
                record.bound(*min, 0);
                record.bound(*max, u32::MAX);
                record.append(self.kind(of, utc));
            }
            Type::Entity(name) => {
                record.number(b'o');
                record.number(self.entity(&name.text));
            }
            Type::Ref(name) => {
                record.number(b'r');
                record.number(self.entity(&name.text));
            }
            Type::Id(name) => {
                record.number(b'd');
                record.number(self.entity(&name.text));
            }
            Type::Time => simple(&mut record, format!("Time {{ utc: {utc} }}")),
            Type::Number => simple(&mut record, "Number".to_owned()),
            Type::Bool => simple(&mut record, "Bool".to_owned()),
            Type::Date => simple(&mut record, "Date".to_owned()),
            Type::Email => simple(&mut record, "Email".to_owned()),
            Type::Url => simple(&mut record, "Url".to_owned()),
            Type::Json => simple(&mut record, "Json".to_owned()),
            Type::Object => simple(&mut record, "Object".to_owned()),
            Type::File => simple(&mut record, "File".to_owned()),
        }
        record
    }
}
