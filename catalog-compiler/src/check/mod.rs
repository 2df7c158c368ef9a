//! Judges the catalog as a whole.
//!
//! Rule: a check that would only repeat another's message stays silent, so
//! one slip gives one line.

mod asked;
mod assets;
mod choices;
mod entities;
mod feeds;
mod fields;
mod ids;
mod operations;
mod paths;
mod samples;
mod terraform;
mod uses;
mod windows;

pub(crate) use paths::{secrets, shape};
pub(crate) use uses::reached;

use crate::model::{Answer, Body, Catalog, Field, Place, Type};
use crate::source::Report;

/// Runs every check.
pub(crate) fn all(catalog: &Catalog, report: &mut Report) {
    for (field, place) in every_field(catalog) {
        fields::check(field, place, catalog, report);
    }
    entities::check(catalog, report);
    operations::check(catalog, report);
    ids::check(catalog, report);
    asked::check(catalog, report);
    assets::check(catalog, report);
    terraform::check(catalog, report);
    for operation in &catalog.operations {
        windows::check(operation, catalog, report);
        feeds::check(operation, catalog, report);
    }
    uses::check(catalog, report);
}

/// Every field that a file declares.
fn every_field(catalog: &Catalog) -> impl Iterator<Item = (&Field, Place)> {
    let entities = catalog.entities.iter().map(|entity| (&entity.fields[..], Place::Entity));
    let operations = catalog.operations.iter().flat_map(|operation| {
        let body = match &operation.body {
            Body::Fields(fields) => &fields[..],
            Body::None | Body::Entity(_) => &[],
        };
        let envelope = match &operation.answer {
            Some(Answer::Items { envelope, .. }) => &envelope[..],
            _ => &[],
        };
        [
            (&operation.path[..], Place::Path),
            (&operation.query[..], Place::Query),
            (&operation.header[..], Place::Header),
            (body, Place::Body),
            (envelope, Place::Envelope),
        ]
    });
    entities.chain(operations).flat_map(|(fields, place)| fields.iter().map(move |field| (field, place)))
}

/// Every type that a file declares: those of fields and those of answers.
fn every_type(catalog: &Catalog) -> impl Iterator<Item = &Type> {
    let answers = catalog.operations.iter().filter_map(|operation| match &operation.answer {
        Some(Answer::Whole(of) | Answer::Item { of, .. } | Answer::Items { of, .. }) => Some(of),
        Some(Answer::None) | None => None,
    });
    every_field(catalog).map(|(field, _)| &field.of).chain(answers)
}
