//! Judges single fields: what fits where they stand.
//!
//! Rule: a marker or flag that nothing would read is refused.

use crate::model::{Catalog, Field, Marker, Place, Type};
use crate::source::Report;

/// Checks one field.
pub(crate) fn check(field: &Field, place: Place, catalog: &Catalog, report: &mut Report) {
    for (marker, at) in &field.markers {
        if let Some(message) = misplaced(*marker, field, place) {
            report.wrong(*at, message);
        }
    }
    if let (Some(at), Place::Path | Place::Query | Place::Header) = (field.nullable, place) {
        report.wrong(at, "`?` has no meaning here: null cannot stand in a path, query or header");
    }
    if field.constant.is_some() && matches!(place, Place::Path | Place::Header | Place::Envelope) {
        let message = match place {
            Place::Path => "a constant of a path is written in the path",
            Place::Header => "a header that is always the same is `accept`, `content` or `early-access`",
            _ => "a constant has no meaning in an envelope: nothing of it is sent",
        };
        return report.wrong(field.of_at, message);
    }
    // A name that is no entity gets its own message.
    let unknown = matches!(field.of.inner(), Type::Entity(name) if catalog.entity(&name.text).is_none());
    if let Some(message) = unfit(&field.of, place).filter(|_| !unknown) {
        report.wrong(field.of_at, message);
    }
}

fn misplaced(marker: Marker, field: &Field, place: Place) -> Option<&'static str> {
    let query_list = place == Place::Query && matches!(field.of, Type::List { .. });
    match marker {
        Marker::Ro | Marker::Wo if place != Place::Entity => {
            Some("`ro` and `wo` belong to entities, which serve requests and answers alike")
        }
        Marker::Wo if field.has(Marker::Ro) => Some("`ro` and `wo` exclude each other: with both the field is nowhere"),
        Marker::Utc if !matches!(field.of.inner(), Type::Time) => Some("`utc` belongs to the type `time`"),
        Marker::Comma | Marker::Bare if !query_list => Some("`comma` and `bare` belong to lists in a query"),
        Marker::Bare if field.has(Marker::Comma) => Some("`comma` and `bare` exclude each other"),
        Marker::Secret | Marker::Ro | Marker::Wo | Marker::Utc | Marker::Comma | Marker::Bare => None,
    }
}

fn unfit(of: &Type, place: Place) -> Option<&'static str> {
    match place {
        Place::Path if !is_scalar(of) => {
            Some("a path takes a single value: a text, number, time, choice, `ref` or `id`")
        }
        Place::Query if !is_scalar(of) && !is_list_of_scalars(of) => {
            Some("a query takes single values and lists of them, no objects")
        }
        Place::Header if !matches!(of, Type::Text { .. }) => Some("a header takes a text"),
        Place::Entity | Place::Envelope if matches!(of.inner(), Type::File) => {
            Some("a `file` is a body field of an operation with `encoding = \"multipart\"`")
        }
        Place::Path | Place::Query | Place::Header | Place::Body | Place::Envelope | Place::Entity => None,
    }
}

fn is_list_of_scalars(of: &Type) -> bool {
    matches!(of, Type::List { of, .. } if is_scalar(of))
}

/// Whether the type is one value that can be written as text.
pub(super) fn is_scalar(of: &Type) -> bool {
    match of {
        Type::Text { .. }
        | Type::Int { .. }
        | Type::Number
        | Type::Bool
        | Type::Time
        | Type::Date
        | Type::Email
        | Type::Url
        | Type::Enum(_)
        | Type::IntEnum(_)
        | Type::Ref(_)
        | Type::Id(_) => true,
        Type::Json | Type::Object | Type::File | Type::List { .. } | Type::Entity(_) => false,
    }
}
