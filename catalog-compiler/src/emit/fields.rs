//! Writes fields and types.
//!
//! Rule: a field spells out only what differs from `FIELD`, so that a change
//! of the catalog is readable in the text.

use crate::arguments::Argument;
use crate::model::{Field, Marker, Paging, Place, Type};

/// The field that the others are written against.
pub(super) const DEFAULT: &str = "const FIELD: Field = Field {
    name: \"\",
    place: Place::Body,
    required: false,
    nullable: false,
    read_only: false,
    write_only: false,
    secret: false,
    constant: None,
    list_style: ListStyle::Brackets,
    paging: Paging::No,
    of: Type::Text { min: 0, max: u32::MAX },
    note: \"\",
};

";

/// A slice of fields of an entity or an answer.
pub(super) fn list(fields: &[Field], indent: &str) -> String {
    slice(fields.iter().map(|field| one(field, Place::Body, Paging::No)), indent)
}

/// A slice of arguments.
pub(super) fn arguments(arguments: &[Argument], indent: &str) -> String {
    slice(arguments.iter().map(|argument| one(&argument.field, argument.place, argument.paging)), indent)
}

fn slice(items: impl Iterator<Item = String>, indent: &str) -> String {
    let items: Vec<String> = items.map(|item| format!("{indent}    {item},\n")).collect();
    if items.is_empty() {
        return "&[]".to_owned();
    }
    format!("&[\n{}{indent}]", items.concat())
}

fn one(field: &Field, place: Place, paging: Paging) -> String {
    let mut parts = vec![format!("name: {:?}", field.name.text)];
    match place {
        Place::Path | Place::Query => parts.push(format!("place: Place::{place:?}")),
        Place::Body | Place::Envelope | Place::Entity => {}
    }
    let flags = [
        ("required", field.required.is_some()),
        ("nullable", field.nullable.is_some()),
        ("read_only", field.has(Marker::Ro)),
        ("write_only", field.has(Marker::Wo)),
        ("secret", field.has(Marker::Secret)),
    ];
    parts.extend(flags.iter().filter(|(_, set)| *set).map(|(name, _)| format!("{name}: true")));
    if let Some(constant) = &field.constant {
        parts.push(format!("constant: Some({constant:?})"));
    }
    if field.has(Marker::Bare) {
        parts.push("list_style: ListStyle::Bare".to_owned());
    } else if field.has(Marker::Comma) {
        parts.push("list_style: ListStyle::Comma".to_owned());
    }
    if paging != Paging::No {
        parts.push(format!("paging: Paging::{paging:?}"));
    }
    if !matches!(field.of, Type::Text { min: 0, max: u32::MAX }) {
        parts.push(format!("of: {}", kind(&field.of, field.has(Marker::Utc))));
    }
    if !field.note.is_empty() {
        parts.push(format!("note: {:?}", field.note));
    }
    format!("Field {{ {}, ..FIELD }}", parts.join(", "))
}

/// A type; `utc` is the marker of its field.
pub(super) fn kind(of: &Type, utc: bool) -> String {
    use super::constant;
    let text = match of {
        Type::Text { min, max } => return format!("Type::Text {{ min: {min}, max: {} }}", ceiling(*max)),
        Type::Int { min, max } => {
            let min = if *min == i64::MIN { "i64::MIN".to_owned() } else { min.to_string() };
            let max = if *max == i64::MAX { "i64::MAX".to_owned() } else { max.to_string() };
            return format!("Type::Int {{ min: {min}, max: {max} }}");
        }
        Type::Time => return format!("Type::Time {{ utc: {utc} }}"),
        Type::Enum(values) => return format!("Type::Enum(&{values:?})"),
        Type::IntEnum(values) => return format!("Type::IntEnum(&{values:?})"),
        Type::List { of, min, max } => {
            let max = ceiling(*max);
            return format!("Type::List {{ of: &{}, min: {min}, max: {max} }}", kind(of, utc));
        }
        Type::Entity(name) => return format!("Type::Entity(&{})", constant("ENTITY", &name.text)),
        Type::Ref(name) => return format!("Type::Ref(&{})", constant("ENTITY", &name.text)),
        Type::Id(name) => return format!("Type::Id(&{})", constant("ENTITY", &name.text)),
        Type::Number => "Number",
        Type::Bool => "Bool",
        Type::Date => "Date",
        Type::Email => "Email",
        Type::Url => "Url",
        Type::Json => "Json",
        Type::Object => "Object",
        Type::File => "File",
    };
    format!("Type::{text}")
}

fn ceiling(max: u32) -> String {
    if max == u32::MAX { "u32::MAX".to_owned() } else { max.to_string() }
}
