//! Judges entities: names they mention, choices they offer, variants, cycles.
//!
//! Rule: what the guest follows at run time (options, label, variants) leads
//! somewhere.

use std::collections::BTreeSet;

use super::{every_type, samples};
use crate::model::{Answer, Catalog, Entity, Type, Variants};
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
        options(entity, catalog, report);
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

/// The names of the fields that every value of the entity has.
fn field_names<'a>(entity: &'a Entity, catalog: &'a Catalog) -> Vec<&'a str> {
    let own = |entity: &'a Entity| entity.fields.iter().map(|field| field.name.text.as_str());
    let Some(variants) = &entity.variants else { return own(entity).collect() };
    let cases: Vec<&Entity> = variants.cases.iter().filter_map(|(_, name)| catalog.entity(&name.text)).collect();
    let first = cases.first().into_iter().flat_map(|case| own(case));
    first.filter(|name| cases.iter().all(|case| own(case).any(|other| other == *name))).collect()
}

/// Whether all its field names are known.
fn whole(entity: &Entity, catalog: &Catalog) -> bool {
    let cases = entity.variants.iter().flat_map(|variants| &variants.cases);
    entity.whole && cases.into_iter().all(|(_, name)| catalog.entity(&name.text).is_some_and(|case| case.whole))
}

/// `options` names a listing whose items have an `id` and the label.
fn options(entity: &Entity, catalog: &Catalog, report: &mut Report) {
    let Some(options) = &entity.options else { return };
    let Some(operation) = catalog.operations.iter().find(|operation| operation.id.text == options.text) else {
        if catalog.partial {
            return;
        }
        let listings = catalog.operations.iter().filter(|o| matches!(o.answer, Some(Answer::Items { .. })));
        let hint = suggest::hint(&options.text, listings.map(|operation| operation.id.text.as_str()));
        return report.unread(options.at, format!("unknown operation `{}`{hint}", options.text));
    };
    let item = match &operation.answer {
        None => return,
        Some(Answer::Items { of: Type::Entity(name), .. }) => catalog.entity(&name.text),
        Some(Answer::None | Answer::Whole(_) | Answer::Item { .. } | Answer::Items { .. }) => {
            let message =
                format!("`{}` lists no entities: choices are the items of an operation with `items`", options.text);
            return report.wrong(options.at, message);
        }
    };
    let Some(item) = item.filter(|item| whole(item, catalog)) else { return };
    let names = field_names(item, catalog);
    let shape = &item.name.text;
    if !names.contains(&"id") {
        report.wrong(
            options.at,
            format!("the items of `{}` have no `id` to choose by: `{shape}` lacks it", options.text),
        );
    }
    match &entity.label {
        Some(label) if !names.contains(&label.text.as_str()) => {
            let hint = suggest::hint(&label.text, names.iter().copied());
            report.wrong(label.at, format!("`{shape}` has no field `{}`{hint}", label.text));
        }
        None if !names.contains(&"summary") => {
            let message = format!("`{shape}` has no `summary` for people to choose by: say which field with `label`");
            report.wrong(options.at, message);
        }
        Some(_) | None => {}
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
