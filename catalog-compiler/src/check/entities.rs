//! Judges entities: names they mention, variants, cycles. What they offer to
//! choose from is left to `choices`.
//!
//! Rule: what the guest follows at run time leads somewhere.

use std::collections::BTreeSet;

use super::{choices, every_type, samples};
use crate::model::{Catalog, Entity, Type, Variants};
use crate::notation::WORDS;
use crate::source::{Report, Word};
use crate::suggest;

/// Checks every entity, and every entity that is named somewhere.
pub(crate) fn check(catalog: &Catalog, report: &mut Report) {
    let names: Vec<&str> = catalog.entities.iter().map(|entity| entity.name.text.as_str()).collect();
    for of in every_type(catalog).map(Type::inner) {
        let (Some(name), words) = (of.entity(), if matches!(of, Type::Entity(_)) { &WORDS[..] } else { &[] }) else {
            continue;
        };
        if !catalog.partial && !names.contains(&name.text.as_str()) {
            let what = if words.is_empty() { "entity" } else { "type or entity" };
            let hint = suggest::hint(&name.text, names.iter().chain(words).copied());
            report.unread(name.at, format!("unknown {what} `{}`{hint}", name.text));
        }
    }
    for entity in &catalog.entities {
        fields(entity, report);
        choices::check(entity, catalog, report);
        if let Some(variants) = &entity.variants {
            cases(variants, catalog, report);
        }
        if entity.whole {
            samples::check(entity, report);
        }
    }
    cycles(catalog, report);
}

/// Reports an entity that does not exist; hands on one that does.
pub(super) fn known<'a>(name: &Word, catalog: &'a Catalog, report: &mut Report) -> Option<&'a Entity> {
    let found = catalog.entity(&name.text);
    if found.is_none() && !catalog.partial {
        let hint = suggest::hint(&name.text, catalog.entities.iter().map(|entity| entity.name.text.as_str()));
        report.unread(name.at, format!("unknown entity `{}`{hint}", name.text));
    }
    found
}

fn fields(entity: &Entity, report: &mut Report) {
    for (index, field) in entity.fields.iter().enumerate() {
        if entity.fields[..index].iter().any(|other| other.name.text == field.name.text) {
            report.wrong(field.name.at, format!("`{}` has the field `{}` twice", entity.name.text, field.name.text));
        }
    }
}

fn cases(variants: &Variants, catalog: &Catalog, report: &mut Report) {
    let by = &variants.by.text;
    for (_, name) in &variants.cases {
        let Some(case) = known(name, catalog, report) else { continue };
        if case.variants.is_some() {
            report.wrong(name.at, format!("`{}` has variants itself: list its cases here", name.text));
        }
        if case.fields.iter().any(|field| field.name.text == *by) {
            let message = format!("`{}` declares `{by}`, which the variants decide by: leave it out there", name.text);
            report.wrong(name.at, message);
        }
    }
}

/// Entities hold no value of their own kind, however deep.
fn cycles(catalog: &Catalog, report: &mut Report) {
    let mut state = BTreeSet::new();
    for entity in &catalog.entities {
        descend(entity, catalog, &mut Vec::new(), &mut state, report);
    }
}

/// What the entity holds by value.
fn held(entity: &Entity) -> impl Iterator<Item = &Word> {
    let fields = entity.fields.iter().filter_map(|field| match field.of.inner() {
        Type::Entity(name) => Some(name),
        _ => None,
    });
    fields.chain(entity.variants.iter().flat_map(|variants| variants.cases.iter().map(|(_, name)| name)))
}

fn descend<'a>(
    entity: &'a Entity,
    catalog: &'a Catalog,
    above: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
    report: &mut Report,
) {
    if done.contains(entity.name.text.as_str()) {
        return;
    }
    above.push(&entity.name.text);
    for name in held(entity) {
        if let Some(start) = above.iter().position(|other| *other == name.text) {
            let round = format!("{} > {}", above[start..].join(" > "), name.text);
            report.wrong(
                name.at,
                format!("an entity cannot contain itself ({round}): write `ref {0}` or `id {0}`", name.text),
            );
        } else if let Some(inner) = catalog.entity(&name.text) {
            descend(inner, catalog, above, done, report);
        }
    }
    above.pop();
    done.insert(&entity.name.text);
}
