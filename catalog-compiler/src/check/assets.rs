//! Judges the kinds of assets: what they name is there, what they call gets
//! what it needs, and every path leads somewhere.
//!
//! Rule: a scan only reads.

use super::feeds::{target, unfit};
use super::paths;
use crate::arguments;
use crate::model::{Catalog, Changes, Effect, Given, How, Json, Kind, Operation, Origin, Pages, Paging, Takes, Type};
use crate::source::{Report, Word};
use crate::suggest;

/// Checks the kinds and the settings.
pub(crate) fn check(catalog: &Catalog, report: &mut Report) {
    for (number, kind) in catalog.kinds.iter().enumerate() {
        if catalog.kinds[..number].iter().any(|other| other.name.text == kind.name.text) {
            report.wrong(kind.name.at, format!("the kind `{}` stands twice", kind.name.text));
        }
        let whole = kind.whole && circle(kind, catalog, report);
        for origin in &kind.from {
            called(origin, catalog, report);
        }
        if let Some((call, with)) = &kind.get {
            answers(call, with, &["id"], catalog, report);
        }
        for relation in &kind.relations {
            for name in &relation.kinds {
                let _ = known(name, catalog, report);
            }
        }
        if whole {
            paths::check(kind, catalog, report);
        }
    }
    if let Some(changes) = &catalog.changes {
        changed(changes, catalog, report);
    }
    if catalog.partial || report.gaps() > 0 {
        return;
    }
    let used = |name: &str| catalog.kinds.iter().any(|kind| uses(kind, name));
    for setting in catalog.settings.iter().filter(|setting| !used(&setting.name.text)) {
        report.wrong(setting.name.at, format!("no kind uses the setting `{}`: take it out", setting.name.text));
    }
}

/// The list of changes pages, takes a time, and names what changed.
fn changed(changes: &Changes, catalog: &Catalog, report: &mut Report) {
    let Some(list) = target(&changes.list, catalog, report) else { return };
    if list.listing().is_none() || list.pages == Pages::None || list.feed.is_some() {
        report.wrong(changes.list.at, format!("`{}` lists nothing page by page", changes.list.text));
    }
    let arguments = arguments::of(list, catalog);
    let time = |a: &arguments::Argument| a.field.name.text == changes.since.text && matches!(a.field.of, Type::Time);
    if !arguments.iter().any(time) {
        report.wrong(changes.since.at, format!("`{}` takes no time `{}`", changes.list.text, changes.since.text));
    }
    if list.listing().is_some_and(|of| !paths::there(of, &changes.of.text, catalog)) {
        report.wrong(changes.of.at, format!("nothing stands at `{}`", changes.of.text));
    }
}

/// The kind of this name, or a report.
pub(super) fn known<'a>(name: &Word, catalog: &'a Catalog, report: &mut Report) -> Option<&'a Kind> {
    let found = catalog.kind(&name.text);
    if found.is_none() {
        let hint = suggest::hint(&name.text, catalog.kinds.iter().map(|kind| kind.name.text.as_str()));
        report.unread(name.at, format!("there is no kind `{}`{hint}", name.text));
    }
    found
}

/// Whether the kinds above it end in lists; says where they are not there or
/// lead back.
fn circle(kind: &Kind, catalog: &Catalog, report: &mut Report) -> bool {
    for parent in kind.from.iter().filter_map(|origin| origin.how.parent()) {
        let (mut above, mut steps) = (known(parent, catalog, report), 0);
        while let Some(at) = above {
            steps += 1;
            if at.name.text == kind.name.text || steps > catalog.kinds.len() {
                report.unread(parent.at, format!("`{}` stands within itself", kind.name.text));
                return false;
            }
            above = at.from.first().and_then(|origin| origin.how.parent()).and_then(|name| catalog.kind(&name.text));
        }
        if catalog.kind(&parent.text).is_none() {
            return false;
        }
    }
    true
}

/// What is called for one place where assets come from.
fn called(origin: &Origin, catalog: &Catalog, report: &mut Report) {
    let argument = origin.argument.as_ref().map_or("id", |word| word.text.as_str());
    match &origin.how {
        How::List(call) => {
            let set: Vec<&str> = origin.setting.iter().map(|_| argument).collect();
            if let Some(operation) = answers(call, &origin.with, &set, catalog, report)
                && operation.listing().is_none()
            {
                report.wrong(call.at, format!("`{}` lists nothing: name an operation with `items`", call.text));
            }
            if let Some(name) = &origin.setting {
                setting(name, Some(Takes::Texts), catalog, report);
            }
        }
        How::Within(parent) => {
            let above = catalog.kind(&parent.text).and_then(|kind| kind.from.first());
            if let Some(call) =
                above.and_then(|origin| origin.detail.as_ref().map(|(call, _)| call).or(origin.how.call()))
                && let Some(operation) = target(call, catalog, report)
            {
                given(&origin.with, operation, &[], catalog, report);
            }
        }
        How::Each { call, .. } => {
            let _ = answers(call, &origin.with, &[argument], catalog, report);
        }
        How::Batch { call, .. } => {
            let Some(operation) = answers(call, &origin.with, &[argument], catalog, report) else { return };
            let mut arguments = arguments::of(operation, catalog).into_iter();
            let list = arguments.any(|a| a.field.name.text == argument && matches!(a.field.of, Type::List { .. }));
            if !list || operation.listing().is_none() {
                report.wrong(call.at, format!("`{}` does not take a list `{argument}` and list something", call.text));
            }
        }
    }
    if let Some((call, with)) = &origin.detail {
        answers(call, with, &["id"], catalog, report);
    }
}

/// The operation, where it only reads and gets what it needs.
fn answers<'a>(
    call: &Word,
    with: &Given,
    set: &[&str],
    catalog: &'a Catalog,
    report: &mut Report,
) -> Option<&'a Operation> {
    let operation = target(call, catalog, report)?;
    if operation.effect != Effect::Read || operation.feed.is_some() {
        report.wrong(call.at, format!("`{}` does not just read: a scan changes nothing", call.text));
    }
    given(with, operation, set, catalog, report);
    let arguments = arguments::of(operation, catalog);
    for name in set.iter().filter(|name| !arguments.iter().any(|argument| argument.field.name.text == **name)) {
        let hint = suggest::hint(name, arguments.iter().map(|argument| argument.field.name.text.as_str()));
        report.wrong(call.at, format!("`{}` has no argument `{name}`{hint}; `as` names the one to fill", call.text));
    }
    for argument in arguments.iter().filter(|argument| argument.field.required.is_some()) {
        let name = &argument.field.name.text;
        if !set.contains(&name.as_str()) && !with.members.iter().any(|(given, _)| given.text == *name) {
            report.wrong(call.at, format!("`{}` needs `{name}`, and nothing here gives it", call.text));
        }
    }
    Some(operation)
}

/// The fixed arguments are some that the operation takes.
fn given(with: &Given, to: &Operation, set: &[&str], catalog: &Catalog, report: &mut Report) {
    let arguments = arguments::of(to, catalog);
    for (name, value) in &with.members {
        let argument = arguments.iter().find(|argument| argument.field.name.text == name.text);
        match (argument, value) {
            (None, _) => {
                let hint =
                    suggest::hint(&name.text, arguments.iter().map(|argument| argument.field.name.text.as_str()));
                report.wrong(name.at, format!("`{}` has no argument `{}`{hint}", to.id.text, name.text));
            }
            (Some(argument), _) if argument.paging != Paging::No || set.contains(&name.text.as_str()) => {
                report.wrong(name.at, format!("a scan sets `{}` itself: take it out", name.text));
            }
            (Some(argument), Json::Scalar { value, quoted: true }) if value.text.starts_with('@') => {
                if !matches!(argument.field.of, Type::Time) {
                    report.wrong(value.at, format!("`{}` takes no time", name.text));
                }
                moment(value, catalog, report);
            }
            (Some(argument), value) => {
                if let Some((at, wanted)) = unfit(&argument.field.of, value) {
                    report.wrong(at, format!("`{}` takes {wanted}", name.text));
                }
            }
        }
    }
}

/// `@now`, or `@now-SETTING`, `@now+SETTING`.
fn moment(value: &Word, catalog: &Catalog, report: &mut Report) {
    let Some(rest) = value.text.strip_prefix("@now") else {
        return report.wrong(value.at, "a time is `@now`, `@now-SETTING` or `@now+SETTING`");
    };
    if let Some(name) = rest.strip_prefix(['-', '+']) {
        setting(&Word { text: name.to_owned(), at: value.at }, None, catalog, report);
    } else if !rest.is_empty() {
        report.wrong(value.at, "a time is `@now`, `@now-SETTING` or `@now+SETTING`");
    }
}

/// The setting is there and takes what is asked of it: days, unless `takes`
/// says otherwise.
fn setting(name: &Word, takes: Option<Takes>, catalog: &Catalog, report: &mut Report) {
    let found = catalog.settings.iter().find(|setting| setting.name.text == name.text);
    let Some(found) = found else {
        let hint = suggest::hint(&name.text, catalog.settings.iter().map(|setting| setting.name.text.as_str()));
        return report.wrong(name.at, format!("there is no setting `{}`{hint}", name.text));
    };
    match (takes, found.takes) {
        (None, Takes::Days { .. }) | (Some(Takes::Texts), Takes::Texts) => {}
        (None | Some(Takes::Days { .. }), Takes::Texts) => {
            report.wrong(name.at, format!("the setting `{}` takes texts, and days are needed", name.text));
        }
        (Some(_), Takes::Days { .. }) => {
            report.wrong(name.at, format!("the setting `{}` takes days, and texts are needed", name.text));
        }
    }
}

/// Whether a kind uses a setting.
fn uses(kind: &Kind, name: &str) -> bool {
    let named = |given: &Given| {
        given.members.iter().any(|(_, value)| match value {
            Json::Scalar { value, .. } => {
                value.text.strip_prefix("@now").is_some_and(|rest| rest.get(1..) == Some(name))
            }
            Json::List(..) | Json::Other(_) => false,
        })
    };
    let origin = |origin: &Origin| {
        let setting = origin.setting.as_ref().is_some_and(|setting| setting.text == name);
        setting || named(&origin.with) || origin.detail.as_ref().is_some_and(|(_, with)| named(with))
    };
    kind.from.iter().any(origin) || kind.get.as_ref().is_some_and(|(_, with)| named(with))
}
