//! Judges feeds: what they are over, what they pass on, what they deliver.
//!
//! Rule: whatever a feed sends is an argument of the operation that it is
//! sent to.

use super::samples::misfit;
use super::windows::query;
use crate::arguments;
use crate::model::{Answer, Catalog, Feed, Given, Json, Operation, Pages, Paging, Segment, Type, Windows};
use crate::source::{Report, Spot, Word};
use crate::suggest;

/// What a feed reads itself.
const OWN: [&str; 3] = ["since", "lookback_s", "full"];

/// Checks one operation, where it is a feed.
pub(crate) fn check(operation: &Operation, catalog: &Catalog, report: &mut Report) {
    let Some(feed) = operation.feed.as_ref().filter(|_| operation.whole) else { return };
    own(operation, feed, report);
    if matches!(operation.answer, Some(Answer::Items { .. })) && item(operation).is_none() {
        report.wrong(operation.id.at, "a feed delivers entities: its `items` are a list of them");
    }
    let mut sent: Vec<(&Operation, &Given, &str)> = Vec::new();
    if let Some(over) = target(&feed.of, catalog, report).filter(|over| followed(over, &feed.of, report)) {
        delivers(operation, feed, over, catalog, report);
        given(&feed.with, "with", over, &["since", "until"], catalog, report);
        sent.push((over, &feed.with, "with"));
    }
    if let Some((name, with)) = &feed.pass
        && let Some(pass) = target(name, catalog, report).filter(|pass| walked(pass, name, report))
    {
        if let (Some(delivered), Some(of)) = (item(operation), item(pass)) {
            same(delivered, of, name.at, &name.text, report);
        }
        given(with, "pass-with", pass, &[], catalog, report);
        sent.push((pass, with, "pass-with"));
    }
    passed_on(operation, &sent, catalog, report);
}

/// The fields that a feed declares for itself.
fn own(operation: &Operation, feed: &Feed, report: &mut Report) {
    for name in OWN {
        let example = match name {
            "since" => "since: time",
            "lookback_s" => "lookback_s: int(0..86400)",
            _ => "full: bool",
        };
        let needed = name != "full" || feed.pass.is_some();
        match query(operation, name).map(|field| (field, &field.of)) {
            Some((field, _)) if !needed => report.wrong(field.name.at, "nothing reads `full` without `pass`"),
            None if !needed => {}
            None => report.wrong(operation.id.at, format!("a feed has the query field `{example}`: add it")),
            Some((_, Type::Time)) if name == "since" => {}
            Some((_, Type::Int { .. })) if name == "lookback_s" => {}
            Some((_, Type::Bool)) if name == "full" => {}
            Some((field, _)) => report.wrong(field.of_at, format!("a feed has `{example}`")),
        }
    }
}

/// The operation that a feed names, or a report; nothing where it could not be
/// read in full.
pub(super) fn target<'a>(name: &Word, catalog: &'a Catalog, report: &mut Report) -> Option<&'a Operation> {
    let found = catalog.operation(&name.text);
    if found.is_none() && !catalog.partial {
        let listings = catalog
            .operations
            .iter()
            .filter(|other| other.feed.is_none() && matches!(other.answer, Some(Answer::Items { .. })));
        let hint = suggest::hint(&name.text, listings.map(|other| other.id.text.as_str()));
        report.unread(name.at, format!("unknown operation `{}`{hint}", name.text));
    }
    found.filter(|operation| operation.whole)
}

/// Whether it can be followed: a list cut by time, which stands alone.
fn followed(over: &Operation, name: &Word, report: &mut Report) -> bool {
    let Some(Windows::Cut(_)) = over.windows else {
        report.wrong(name.at, format!("`{}` has no `windows`: a feed is over a list that is cut by time", name.text));
        return false;
    };
    alone(over, name, report)
}

/// Whether it can be walked to its end.
fn walked(pass: &Operation, name: &Word, report: &mut Report) -> bool {
    let listed = matches!(&pass.answer, Some(Answer::Items { .. })) && pass.pages != Pages::None;
    if !listed || pass.feed.is_some() {
        report.wrong(name.at, format!("`{}` lists nothing page by page: a pass walks it to its end", name.text));
        return false;
    }
    alone(pass, name, report)
}

/// Whether its path has no arguments.
fn alone(to: &Operation, name: &Word, report: &mut Report) -> bool {
    let argument = to.call.iter().flat_map(|call| &call.segments).find_map(|segment| match segment {
        Segment::Argument(argument) => Some(&argument.text),
        Segment::Literal(_) => None,
    });
    if let Some(argument) = argument {
        let message = format!("the path of `{}` has the argument `{argument}`, which a feed cannot give", name.text);
        report.wrong(name.at, message);
    }
    argument.is_none()
}

/// The fixed arguments are some that the operation takes, and that neither the
/// feed nor a walk sets.
pub(super) fn given(with: &Given, key: &str, to: &Operation, set: &[&str], catalog: &Catalog, report: &mut Report) {
    let arguments = arguments::of(to, catalog);
    for (name, value) in &with.members {
        let argument = arguments.iter().find(|argument| argument.field.name.text == name.text);
        match argument {
            Some(argument) if argument.paging != Paging::No || set.contains(&name.text.as_str()) => {
                report.wrong(name.at, format!("a feed sets `{}` itself: take it out of `{key}`", name.text));
            }
            Some(argument) => {
                if let Some((at, wanted)) = unfit(&argument.field.of, value) {
                    report.wrong(at, format!("`{}` takes {wanted}", name.text));
                }
            }
            None => {
                let names = arguments.iter().filter(|argument| argument.paging == Paging::No);
                let hint = suggest::hint(&name.text, names.map(|argument| argument.field.name.text.as_str()));
                report.wrong(name.at, format!("`{}` has no argument `{}`{hint}", to.id.text, name.text));
            }
        }
    }
}

/// What the type takes, where the value is something else, and its place.
pub(super) fn unfit(of: &Type, value: &Json) -> Option<(Spot, String)> {
    let text = !matches!(of, Type::Int { .. } | Type::Number | Type::Bool | Type::IntEnum(_));
    match (of, value) {
        (Type::Json, _) | (Type::Object | Type::Entity(_), Json::Other(_)) => None,
        (Type::List { of, .. }, Json::List(items, _)) => items.iter().find_map(|item| unfit(of, item)),
        (Type::List { .. }, Json::Scalar { value, .. }) => Some((value.at, "a list".to_owned())),
        (_, Json::List(_, at)) => Some((*at, "no list".to_owned())),
        (_, Json::Other(at)) => Some((*at, "neither null nor an object".to_owned())),
        (Type::Ref(_), Json::Scalar { quoted: true, .. }) => None,
        (_, Json::Scalar { value, quoted }) => match misfit(of, &value.text) {
            Some(wanted) => Some((value.at, wanted)),
            None if text != *quoted && text => Some((value.at, "text in quotes".to_owned())),
            None if text != *quoted => Some((value.at, "a value without quotes".to_owned())),
            None => None,
        },
    }
}

/// What the items are, where they are entities.
fn item(operation: &Operation) -> Option<&str> {
    let Some(Answer::Items { of: Type::Entity(name), .. }) = &operation.answer else { return None };
    Some(&name.text)
}

fn same(delivered: &str, of: &str, at: Spot, whose: &str, report: &mut Report) {
    if delivered != of {
        report.wrong(at, format!("the feed delivers `{delivered}`, and `{whose}` gives `{of}`"));
    }
}

/// The feed's items are the records of the other operation, or a field of them.
fn delivers(operation: &Operation, feed: &Feed, over: &Operation, catalog: &Catalog, report: &mut Report) {
    let (Some(delivered), Some(of)) = (item(operation), item(over)) else { return };
    let Some(take) = &feed.take else {
        return same(delivered, of, feed.of.at, &feed.of.text, report);
    };
    let Some(entity) = catalog.entity(of).filter(|entity| entity.whole) else { return };
    let Some(field) = entity.fields.iter().find(|field| field.name.text == take.text) else {
        let hint = suggest::hint(&take.text, entity.fields.iter().map(|field| field.name.text.as_str()));
        return report.wrong(take.at, format!("`{of}` has no field `{}`{hint}", take.text));
    };
    match &field.of {
        Type::Entity(name) | Type::Ref(name) => same(delivered, &name.text, take.at, "take", report),
        _ => report.wrong(take.at, format!("`{}` of `{of}` is no entity", take.text)),
    }
}

/// Every other field of a feed's query goes to the other operations as it is.
fn passed_on(operation: &Operation, sent: &[(&Operation, &Given, &str)], catalog: &Catalog, report: &mut Report) {
    for field in operation.query.iter().filter(|field| !OWN.contains(&field.name.text.as_str())) {
        let name = &field.name.text;
        for (to, with, key) in sent {
            let mut arguments = arguments::of(to, catalog).into_iter();
            let message = if !arguments.any(|argument| argument.field.name.text == *name) {
                format!("`{}` has no argument `{name}`, and it would be passed on to it", to.id.text)
            } else if with.members.iter().any(|(set, _)| set.text == *name) {
                format!("`{key}` sets `{name}` already: leave one of the two out")
            } else {
                continue;
            };
            report.wrong(field.name.at, message);
            // What the first does not take need not be said of the second.
            break;
        }
    }
}
