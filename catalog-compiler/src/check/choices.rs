//! Judges what an entity offers to choose from, and where an account's own
//! fields stand.
//!
//! Rule: what the guest follows at run time (options, label, choices, custom)
//! leads somewhere.

use super::feeds::unfit;
use crate::arguments;
use crate::model::{Answer, Catalog, Entity, Field, Given, Operation, Paging, Type};
use crate::source::{Report, Word};
use crate::suggest;

/// Checks one entity.
pub(super) fn check(entity: &Entity, catalog: &Catalog, report: &mut Report) {
    options(entity, catalog, report);
    for custom in &entity.custom {
        let Some(of) = operation(&custom.of, catalog, report) else { continue };
        listing(of, &custom.of, report);
        given(&custom.with, of, catalog, report);
        if let Some((each, fills)) = &custom.each {
            argument(fills, of, catalog, report);
            if let Some(each_of) = operation(each, catalog, report) {
                listing(each_of, each, report);
            }
        }
    }
}

/// `options` names a listing whose items have an `id` and the label; with
/// `take`, something that holds such items.
fn options(entity: &Entity, catalog: &Catalog, report: &mut Report) {
    let Some(options) = &entity.options else { return };
    let Some(list) = operation(options, catalog, report) else { return };
    let choices = entity.choices.as_ref();
    if let Some(choices) = choices {
        given(&choices.with, list, catalog, report);
        choices.search.iter().for_each(|search| argument(search, list, catalog, report));
        choices.parents.iter().for_each(|(name, _)| argument(name, list, catalog, report));
        if choices.take.is_none()
            && choices.search.is_none()
            && choices.parents.is_empty()
            && choices.with.members.is_empty()
        {
            report.wrong(choices.at, "`choices` says nothing: leave it out");
        }
    }
    let take = choices.and_then(|choices| choices.take.as_ref());
    let item = match (&list.answer, take) {
        (None, _) => return,
        (Some(Answer::Items { of: Type::Entity(name), .. }), _)
        | (Some(Answer::Item { of: Type::Entity(name), .. } | Answer::Whole(Type::Entity(name))), Some(_)) => {
            catalog.entity(&name.text)
        }
        (Some(Answer::None | Answer::Whole(_) | Answer::Item { .. } | Answer::Items { .. }), _) => {
            let message =
                format!("`{}` lists no entities: choices are the items of an operation with `items`", options.text);
            return report.wrong(options.at, message);
        }
    };
    let Some(item) = item.filter(|item| whole(item, catalog)) else { return };
    let item = match take {
        None => item,
        Some(take) => match taken(item, take, catalog, report).filter(|item| whole(item, catalog)) {
            Some(taken) => taken,
            None => return,
        },
    };
    let names = field_names(item, catalog);
    let shape = &item.name.text;
    if !names.contains(&"id") {
        let message = format!("the items of `{}` have no `id` to choose by: `{shape}` lacks it", options.text);
        report.wrong(options.at, message);
    }
    let wrong = entity.label.iter().flat_map(|label| label.text.split(' ').map(move |path| (label, path)));
    for (label, path) in wrong.filter(|(_, path)| !member(item, path, catalog)) {
        let hint = suggest::hint(path, names.iter().copied());
        report.wrong(label.at, format!("`{shape}` has no field `{path}`{hint}"));
    }
    match &entity.label {
        None if !names.contains(&"summary") => {
            let message = format!("`{shape}` has no `summary` for people to choose by: say which field with `label`");
            report.wrong(options.at, message);
        }
        Some(_) | None => {}
    }
}

/// The entity that stands under a field of the items.
fn taken<'a>(item: &Entity, take: &Word, catalog: &'a Catalog, report: &mut Report) -> Option<&'a Entity> {
    let Some(field) = fields(item, catalog).find(|field| field.name.text == take.text) else {
        let hint = suggest::hint(&take.text, fields(item, catalog).map(|field| field.name.text.as_str()));
        report.wrong(take.at, format!("`{}` has no field `{}`{hint}", item.name.text, take.text));
        return None;
    };
    match field.of.inner() {
        Type::Entity(name) | Type::Ref(name) => catalog.entity(&name.text),
        _ => {
            report.wrong(take.at, format!("`{}` of `{}` holds no entities", take.text, item.name.text));
            None
        }
    }
}

/// Whether a dotted path leads to a field.
fn member(entity: &Entity, path: &str, catalog: &Catalog) -> bool {
    let Some((first, rest)) = path.split_once('.') else { return field_names(entity, catalog).contains(&path) };
    let field = fields(entity, catalog).find(|field| field.name.text == first);
    match field.map(|field| field.of.inner()) {
        Some(Type::Entity(name)) => catalog.entity(&name.text).is_none_or(|inner| member(inner, rest, catalog)),
        // What every reference holds.
        Some(Type::Ref(_)) => matches!(rest, "id" | "type" | "summary" | "html_url"),
        _ => false,
    }
}

/// The operation of this name, or a report; nothing where it is not known.
fn operation<'a>(name: &Word, catalog: &'a Catalog, report: &mut Report) -> Option<&'a Operation> {
    let found = catalog.operation(&name.text);
    if found.is_none() && !catalog.partial {
        let listings = catalog.operations.iter().filter(|o| matches!(o.answer, Some(Answer::Items { .. })));
        let hint = suggest::hint(&name.text, listings.map(|operation| operation.id.text.as_str()));
        report.unread(name.at, format!("unknown operation `{}`{hint}", name.text));
    }
    found
}

fn listing(operation: &Operation, name: &Word, report: &mut Report) {
    if !matches!(operation.answer, None | Some(Answer::Items { of: Type::Entity(_), .. })) {
        report.wrong(name.at, format!("`{}` lists no entities: name an operation with `items`", name.text));
    }
}

/// Reports a name that is no argument of the operation.
fn argument(name: &Word, of: &Operation, catalog: &Catalog, report: &mut Report) {
    let arguments = arguments::of(of, catalog);
    if of.whole && !arguments.iter().any(|argument| argument.field.name.text == name.text) {
        let hint = suggest::hint(&name.text, arguments.iter().map(|argument| argument.field.name.text.as_str()));
        report.wrong(name.at, format!("`{}` has no argument `{}`{hint}", of.id.text, name.text));
    }
}

/// The fixed arguments are some that the operation takes, and no paging.
fn given(with: &Given, to: &Operation, catalog: &Catalog, report: &mut Report) {
    let arguments = arguments::of(to, catalog);
    for (name, value) in &with.members {
        match arguments.iter().find(|argument| argument.field.name.text == name.text) {
            Some(found) if found.paging != Paging::No => {
                report.wrong(name.at, format!("`{}` is set by a walk itself: take it out of `with`", name.text));
            }
            Some(found) => {
                if let Some((at, wanted)) = unfit(&found.field.of, value) {
                    report.wrong(at, format!("`{}` takes {wanted}", name.text));
                }
            }
            None => argument(name, to, catalog, report),
        }
    }
}

/// The fields of an entity, or of its variants.
fn fields<'a>(entity: &'a Entity, catalog: &'a Catalog) -> impl Iterator<Item = &'a Field> {
    let cases = entity.variants.iter().flat_map(|variants| &variants.cases);
    let cases = cases.filter_map(|(_, name)| catalog.entity(&name.text));
    entity.fields.iter().chain(cases.flat_map(|case| &case.fields))
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
