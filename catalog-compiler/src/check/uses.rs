//! Judges what is used: nothing lies idle, and what requests name is whole.
//!
//! Rule: idleness is judged only where everything could be read; otherwise a
//! slip in one line would make others look unused.

use std::collections::BTreeSet;

use crate::model::{Answer, Body, Catalog, Entity, Field, Marker, Operation, Type};
use crate::source::{Report, Word};

/// Checks what operations reach.
pub(crate) fn check(catalog: &Catalog, report: &mut Report) {
    let mut asked = Asked { catalog, seen: BTreeSet::new(), untyped: BTreeSet::new(), unlisted: BTreeSet::new() };
    for operation in &catalog.operations {
        asked.operation(operation, report);
    }
    if catalog.partial || report.gaps() > 0 {
        return;
    }
    for host in &catalog.hosts {
        if !catalog.operations.iter().any(|o| o.feed.is_none() && o.host.text == host.name.text) {
            report.wrong(host.name.at, format!("no operation uses the host `{}`: take it out", host.name.text));
        }
    }
    let used = reached(catalog);
    for Entity { name, .. } in &catalog.entities {
        if !used.contains(name.text.as_str()) {
            report.wrong(name.at, format!("no operation uses the entity `{}`: take it out", name.text));
        }
    }
}

/// The entities that operations name, directly or through others.
pub(crate) fn reached(catalog: &Catalog) -> BTreeSet<&str> {
    let mut open: Vec<&str> = catalog.operations.iter().flat_map(named).collect();
    let mut found = BTreeSet::new();
    while let Some(name) = open.pop() {
        if !found.insert(name) {
            continue;
        }
        let Some(entity) = catalog.entity(name) else { continue };
        open.extend(in_fields(&entity.fields));
        open.extend(
            entity.variants.iter().flat_map(|variants| variants.cases.iter().map(|(_, case)| case.text.as_str())),
        );
    }
    found
}

fn in_fields(fields: &[Field]) -> impl Iterator<Item = &str> {
    fields.iter().filter_map(|field| field.of.entity()).map(|name| name.text.as_str())
}

fn named(operation: &Operation) -> Vec<&str> {
    let mut found: Vec<&str> = [&operation.path, &operation.query, &operation.header]
        .into_iter()
        .flat_map(|fields| in_fields(fields))
        .collect();
    match &operation.body {
        Body::None => {}
        Body::Fields(fields) => found.extend(in_fields(fields)),
        Body::Entity(name) => found.push(&name.text),
    }
    match &operation.answer {
        None | Some(Answer::None) => {}
        Some(Answer::Whole(of) | Answer::Item { of, .. }) => found.extend(of.entity().map(|name| name.text.as_str())),
        Some(Answer::Items { of, envelope, .. }) => {
            found.extend(of.entity().map(|name| name.text.as_str()));
            found.extend(in_fields(envelope));
        }
    }
    found
}

/// Follows what requests hold: a reference there is picked from a list and
/// sent with its type, so its entity must tell both.
struct Asked<'a> {
    catalog: &'a Catalog,
    seen: BTreeSet<&'a str>,
    /// Entities reported for lack of a reference's type.
    untyped: BTreeSet<&'a str>,
    /// Entities reported for lack of a list of choices.
    unlisted: BTreeSet<&'a str>,
}

impl<'a> Asked<'a> {
    fn operation(&mut self, operation: &'a Operation, report: &mut Report) {
        for field in operation.path.iter().chain(&operation.query).chain(&operation.header) {
            self.field(field, false, report);
        }
        match &operation.body {
            Body::None => {}
            Body::Fields(fields) => fields.iter().for_each(|field| self.field(field, true, report)),
            Body::Entity(name) => self.entity(&name.text, report),
        }
    }

    fn field(&mut self, field: &'a Field, in_body: bool, report: &mut Report) {
        match field.of.inner() {
            Type::Entity(name) => self.entity(&name.text, report),
            Type::Ref(name) => self.choice(name, in_body, report),
            Type::Id(name) => self.choice(name, false, report),
            _ => {}
        }
    }

    fn entity(&mut self, name: &'a str, report: &mut Report) {
        if !self.seen.insert(name) {
            return;
        }
        let Some(entity) = self.catalog.entity(name) else { return };
        for field in entity.fields.iter().filter(|field| !field.has(Marker::Ro)) {
            self.field(field, true, report);
        }
        for (_, case) in entity.variants.iter().flat_map(|variants| &variants.cases) {
            self.entity(&case.text, report);
        }
    }

    /// Says what the entity lacks at the first place that needs it.
    fn choice(&mut self, name: &'a Word, with_type: bool, report: &mut Report) {
        let Some(entity) = self.catalog.entity(&name.text).filter(|entity| entity.whole) else { return };
        let id = &name.text;
        if with_type && entity.reference.is_none() && self.untyped.insert(id) {
            let message = format!(
                "a body needs the type of a reference: add `reference = \"{id}_reference\"` to the entity `{id}`"
            );
            report.wrong(name.at, message);
        }
        if entity.options.is_none() && self.unlisted.insert(id) {
            let message = format!(
                "nothing lists the choices: add `options = \"AREA.list\"` to the entity `{id}`, or take `text`"
            );
            report.wrong(name.at, message);
        }
    }
}
