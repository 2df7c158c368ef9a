//! Judges operations: one call each, one argument a name, a body that can be
//! written.
//!
//! Rule: two operations never send the same request, feeds aside: they make
//! the calls of another.

use std::collections::BTreeMap;

use super::entities::known;
use super::fields::is_scalar;
use crate::arguments;
use crate::model::{Answer, Body, Call, Catalog, Encoding, Marker, Operation, Paging, Place, Segment, Type};
use crate::source::Report;
use crate::suggest;

/// Checks every operation.
pub(crate) fn check(catalog: &Catalog, report: &mut Report) {
    let hosts: Vec<&str> = catalog.hosts.iter().map(|host| host.name.text.as_str()).collect();
    let mut calls: BTreeMap<(String, String), &str> = BTreeMap::new();
    for operation in &catalog.operations {
        let host = &operation.host;
        let calls_itself = operation.feed.is_none();
        if calls_itself && !catalog.partial && !hosts.contains(&host.text.as_str()) {
            let hint = suggest::hint(&host.text, hosts.iter().copied());
            report.unread(host.at, format!("unknown host `{}`{hint}", host.text));
        }
        if let Some(call) = &operation.call {
            if let Some(other) = calls.insert((host.text.clone(), request_line(call)), &operation.id.text) {
                report.wrong(call.at, format!("`{other}` makes the same call"));
            }
            path(operation, call, report);
        }
        header(operation, report);
        body(operation, catalog, report);
        names(operation, catalog, report);
        envelope(operation, report);
    }
}

/// Method and path without the names of arguments.
fn request_line(call: &Call) -> String {
    let mut line = format!("{:?}", call.method);
    for segment in &call.segments {
        line.push('/');
        line.push_str(match segment {
            Segment::Literal(text) => text,
            Segment::Argument(_) => "{}",
        });
    }
    line
}

fn path(operation: &Operation, call: &Call, report: &mut Report) {
    let arguments = call.segments.iter().filter_map(|segment| match segment {
        Segment::Argument(name) => Some(name.text.as_str()),
        Segment::Literal(_) => None,
    });
    let arguments: Vec<&str> = arguments.collect();
    for (index, field) in operation.path.iter().enumerate() {
        let name = &field.name.text;
        if !arguments.contains(&name.as_str()) {
            let hint = suggest::hint(name, arguments.iter().copied());
            report.wrong(field.name.at, format!("the path has no argument `{{{name}}}`{hint}"));
        }
        if operation.path[..index].iter().any(|other| other.name.text == *name) {
            report.wrong(field.name.at, format!("`{name}` stands twice in `path`"));
        }
    }
}

/// Headers that are made from other parts of the request, or that say where it goes.
const OWN: [&str; 9] = [
    "accept",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "from",
    "host",
    "user-agent",
    "x-early-access",
];

fn header(operation: &Operation, report: &mut Report) {
    for field in &operation.header {
        let (name, at) = (field.name.text.as_str(), field.name.at);
        if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            report.wrong(at, format!("write the header `{name}` in small letters, digits and hyphens"));
        } else if OWN.contains(&name) {
            report.wrong(at, format!("the header `{name}` is not a caller's to give"));
        }
    }
}

fn body(operation: &Operation, catalog: &Catalog, report: &mut Report) {
    let multipart = matches!(operation.encoding, Encoding::Multipart);
    let fields = match &operation.body {
        Body::None => return,
        Body::Fields(fields) => fields,
        Body::Entity(name) => {
            known(name, catalog, report);
            if multipart {
                report.wrong(name.at, "a multipart body lists its fields: an entity has no files");
            }
            return;
        }
    };
    let is_file = |of: &Type| matches!(of, Type::File);
    if multipart && !fields.iter().any(|field| is_file(&field.of)) {
        report.wrong(operation.id.at, "a multipart body needs a field of the type `file`");
    }
    for field in fields {
        if multipart && !is_scalar(&field.of) && !is_file(&field.of) {
            report.wrong(field.of_at, "a part is a file or a single value");
        } else if !multipart && is_file(field.of.inner()) {
            report.wrong(field.of_at, "a `file` needs `encoding = \"multipart\"`");
        }
    }
}

/// Arguments share one set of names, wherever they go.
fn names(operation: &Operation, catalog: &Catalog, report: &mut Report) {
    let mut seen: BTreeMap<String, (Place, bool)> = BTreeMap::new();
    let arguments = arguments::of(operation, catalog);
    // Derived ones first, so that the place of a written one is reported.
    let (derived, written): (Vec<_>, Vec<_>) = arguments.into_iter().partition(|a| a.paging != Paging::No);
    for argument in derived.iter().chain(&written) {
        let field = &argument.field;
        let name = &field.name.text;
        match seen.insert(name.clone(), (argument.place, argument.paging != Paging::No)) {
            None => {}
            Some((_, true)) => {
                report.wrong(field.name.at, format!("`{name}` comes with `pages`: leave it out"));
            }
            Some((place, false)) if place == argument.place => {
                report.wrong(field.name.at, format!("the argument `{name}` stands twice"));
            }
            Some((place, false)) => {
                let place = format!("{place:?}").to_lowercase();
                report.wrong(field.name.at, format!("the {place} has an argument `{name}` too: names are unique"));
            }
        }
    }
    let Body::Entity(body) = &operation.body else { return };
    let variants = catalog.entity(&body.text).and_then(|entity| entity.variants.as_ref());
    for (_, case) in variants.iter().flat_map(|variants| &variants.cases) {
        let fields = catalog.entity(&case.text).map_or(&[][..], |entity| &entity.fields[..]);
        let sent = fields.iter().filter(|field| !field.has(Marker::Ro)).map(|field| &field.name.text);
        for name in sent.filter(|name| seen.contains_key(*name)) {
            report.wrong(body.at, format!("`{}` of `{}` is the name of another argument too", name, case.text));
        }
    }
}

fn envelope(operation: &Operation, report: &mut Report) {
    let Some(Answer::Items { key, envelope, .. }) = &operation.answer else { return };
    let derived = arguments::envelope(operation);
    for (index, field) in envelope.iter().enumerate() {
        let name = &field.name.text;
        if derived.iter().any(|other| other.name.text == *name) {
            report.wrong(field.name.at, format!("`{name}` comes with `pages`: leave it out"));
        } else if name == key || envelope[..index].iter().any(|other| other.name.text == *name) {
            report.wrong(field.name.at, format!("`{name}` stands in the answer already"));
        }
    }
}
