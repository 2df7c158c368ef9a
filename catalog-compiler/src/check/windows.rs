//! Judges what is said of time: `exact-while` and `windows`.
//!
//! Rule: a list that takes `since` and `until` says how it is cut by time, or
//! that it is not; nobody forgets.

use super::samples::misfit;
use crate::model::{Answer, Catalog, Cut, ExactWhile, Field, Operation, Pages, Type, Windows};
use crate::source::{Report, Word};
use crate::suggest;

/// Checks one operation.
pub(crate) fn check(operation: &Operation, catalog: &Catalog, report: &mut Report) {
    if !operation.whole {
        return;
    }
    // Where nothing pages, and in a feed, it has been said that nothing reads
    // these keys.
    if operation.pages == Pages::None {
        return;
    }
    if let Some(exact) = &operation.exact_while {
        exact_while(exact, operation, report);
    }
    if operation.feed.is_some() {
        return;
    }
    let timed = ["since", "until"].iter().all(|name| is_time(operation, name));
    match &operation.windows {
        None if timed => {
            let message = "it pages and takes `since` and `until`: add `windows` to say how the list is cut by time, or `windows = \"none\"`";
            report.wrong(operation.id.at, message);
        }
        Some(Windows::None(at)) if !timed => {
            report.wrong(*at, "nothing reads `windows` here: without `since` and `until` there are none");
        }
        Some(Windows::Cut(windows)) => cut(windows, operation, catalog, report),
        None | Some(Windows::None(_)) => {}
    }
}

/// The query field of this name.
pub(super) fn query<'a>(operation: &'a Operation, name: &str) -> Option<&'a Field> {
    operation.query.iter().find(|field| field.name.text == name)
}

fn is_time(operation: &Operation, name: &str) -> bool {
    query(operation, name).is_some_and(|field| matches!(field.of, Type::Time))
}

/// The query field that a word of the file names, or a report.
fn named<'a>(name: &Word, operation: &'a Operation, report: &mut Report) -> Option<&'a Field> {
    let found = query(operation, &name.text);
    if found.is_none() {
        let hint = suggest::hint(&name.text, operation.query.iter().map(|field| field.name.text.as_str()));
        report.wrong(name.at, format!("the query has no field `{}`{hint}", name.text));
    }
    found
}

fn exact_while(exact: &ExactWhile, operation: &Operation, report: &mut Report) {
    let Some(field) = named(&exact.argument, operation, report) else { return };
    let Type::Enum(values) = field.of.inner() else {
        let message = format!("`{}` is no choice: `exact-while` names some of an argument's values", field.name.text);
        return report.wrong(exact.argument.at, message);
    };
    let mut stems: Vec<&str> = values.iter().map(|value| stem(value)).collect();
    stems.sort_unstable();
    stems.dedup();
    for value in &exact.values {
        if !stems.contains(&value.text.as_str()) {
            let hint = suggest::hint(&value.text, stems.iter().copied());
            let message = format!("`{}` is no value of `{}` without its direction{hint}", value.text, field.name.text);
            report.wrong(value.at, message);
        }
    }
}

/// A value to sort by, without its direction.
fn stem(value: &str) -> &str {
    value.strip_suffix(":asc").or_else(|| value.strip_suffix(":desc")).unwrap_or(value)
}

fn cut(windows: &Cut, operation: &Operation, catalog: &Catalog, report: &mut Report) {
    if !matches!(operation.pages, Pages::Offset | Pages::Cursor) {
        report.wrong(windows.at, "windows need `pages = \"offset\"` or `pages = \"cursor\"`");
    }
    for name in ["since", "until"].into_iter().filter(|name| !is_time(operation, name)) {
        report.wrong(windows.at, format!("windows need the query field `{name}: time`"));
    }
    by(&windows.by, operation, catalog, report);
    for (name, value) in [&windows.all, &windows.oldest].into_iter().flatten() {
        let Some(field) = named(name, operation, report) else { continue };
        if let Some(wanted) = misfit(&field.of, &value.text) {
            let message = format!("`{}` is no value of `{}`, which takes {wanted}", value.text, name.text);
            report.wrong(value.at, message);
        }
    }
}

/// The time of a record is a field of it.
fn by(by: &Word, operation: &Operation, catalog: &Catalog, report: &mut Report) {
    let Some(Answer::Items { of, .. }) = &operation.answer else { return };
    let Type::Entity(name) = of else {
        return report.wrong(by.at, "windows are cut by a field of the items, and these are no entities");
    };
    let Some(entity) = catalog.entity(&name.text).filter(|entity| entity.whole) else { return };
    match entity.fields.iter().find(|field| field.name.text == by.text) {
        None => {
            let hint = suggest::hint(&by.text, entity.fields.iter().map(|field| field.name.text.as_str()));
            report.wrong(by.at, format!("`{}` has no field `{}`{hint}", name.text, by.text));
        }
        Some(field) if !matches!(field.of, Type::Time) => {
            report.wrong(by.at, format!("`{}` of `{}` is no `time`", by.text, name.text));
        }
        Some(_) => {}
    }
}
