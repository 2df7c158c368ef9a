//! Follows the paths of a kind of asset through the shapes of the catalog.
//!
//! Rule: a path that leads nowhere is a slip of the pen: what PagerDuty sends
//! would never stand there. What the catalog leaves open is open here too.

use crate::model::{Answer, Catalog, Entity, Kind, Marker, Operation, Origin, Type};
use crate::source::{Report, Word};

/// Members that every reference has.
const OF_REFERENCES: [&str; 5] = ["id", "type", "summary", "self", "html_url"];
/// Entities hold each other; deeper than this nothing is looked for.
const DEEPEST: usize = 10;

impl Operation {
    /// The type of one item of a list; none where it lists nothing.
    pub(crate) fn listing(&self) -> Option<&Type> {
        match &self.answer {
            Some(Answer::Items { of, .. }) => Some(of),
            Some(Answer::None | Answer::Whole(_) | Answer::Item { .. }) | None => None,
        }
    }

    fn answered(&self) -> Option<&Type> {
        match &self.answer {
            Some(Answer::Items { of, .. } | Answer::Whole(of) | Answer::Item { of, .. }) => Some(of.inner()),
            Some(Answer::None) | None => None,
        }
    }
}

/// What the attributes of a kind are, as one origin brings them.
fn attributes(kind: &Kind, origin: &Origin, catalog: &Catalog) -> Option<Type> {
    if let Some(of) = &kind.of {
        return Some(Type::Entity(of.clone()));
    }
    let called = origin.detail.as_ref().map(|(call, _)| call).or(origin.how.call());
    let found = match called {
        Some(call) => catalog.operation(&call.text)?.answered()?.clone(),
        None => shape(catalog.kind(&origin.how.parent()?.text)?, catalog)?,
    };
    let Some(take) = &origin.take else { return Some(full(found)) };
    let mut open = vec![found];
    for name in take.text.split('.') {
        open = open.iter().flat_map(|of| member(of, name, catalog)).collect();
    }
    open.first().map(|of| full(of.inner().clone()))
}

/// A thing in full, where a list names it by reference.
fn full(of: Type) -> Type {
    match of.inner() {
        Type::Ref(name) => Type::Entity(name.clone()),
        other => other.clone(),
    }
}

/// What the attributes of a kind are.
pub(crate) fn shape(kind: &Kind, catalog: &Catalog) -> Option<Type> {
    attributes(kind, kind.from.first()?, catalog)
}

/// What stands under a name; nothing where there is no such thing.
fn member(of: &Type, name: &str, catalog: &Catalog) -> Vec<Type> {
    let in_entity =
        |entity: &Word| catalog.entity(&entity.text).map(|entity| in_fields(entity, name, catalog)).unwrap_or_default();
    match of.inner() {
        Type::Json | Type::Object => vec![Type::Json],
        Type::Ref(_) if OF_REFERENCES.contains(&name) => vec![Type::TEXT],
        Type::Ref(entity) | Type::Entity(entity) => in_entity(entity),
        _ => Vec::new(),
    }
}

fn in_fields(entity: &Entity, name: &str, catalog: &Catalog) -> Vec<Type> {
    let mut found: Vec<Type> =
        entity.fields.iter().filter(|field| field.name.text == name).map(|field| field.of.clone()).collect();
    if let Some(variants) = &entity.variants {
        if variants.by.text == name {
            found.push(Type::TEXT);
        }
        let cases = variants.cases.iter().filter_map(|(_, case)| catalog.entity(&case.text));
        found.extend(cases.flat_map(|case| in_fields(case, name, catalog)));
    }
    found
}

/// Whether a path leads somewhere: `^` is the asset it is part of, `.` the
/// asset itself, `*` every item of a list.
fn leads(path: &str, kind: &Kind, origin: &Origin, catalog: &Catalog) -> bool {
    let parent = origin.how.parent().and_then(|name| catalog.kind(&name.text));
    let (start, rest) = match path.strip_prefix('^') {
        Some(rest) => match parent {
            Some(parent) => (shape(parent, catalog), rest.trim_start_matches('.')),
            None => return false,
        },
        None => (attributes(kind, origin, catalog), path),
    };
    let Some(start) = start else { return true };
    let mut open = vec![start];
    for name in rest.split('.').filter(|name| !name.is_empty() && *name != "*") {
        open = open.iter().flat_map(|of| member(of, name, catalog)).collect();
    }
    !open.is_empty()
}

/// What stands at a path below any of these; empty where it leads nowhere.
pub(super) fn follow(from: &[Type], path: &str, catalog: &Catalog) -> Vec<Type> {
    let mut open = from.to_vec();
    for name in path.split('.') {
        open = open.iter().flat_map(|of| member(of, name, catalog)).collect();
    }
    open
}

/// Whether a path leads somewhere in a type.
pub(super) fn there(of: &Type, path: &str, catalog: &Catalog) -> bool {
    !follow(std::slice::from_ref(of), path, catalog).is_empty()
}

/// Checks every path of a kind.
pub(crate) fn check(kind: &Kind, catalog: &Catalog, report: &mut Report) {
    if let Some(of) = kind.of.as_ref().filter(|of| catalog.entity(&of.text).is_none() && !catalog.partial) {
        return report.unread(of.at, format!("there is no entity `{}`", of.text));
    }
    let relations = kind.relations.iter().flat_map(|relation| [Some(&relation.path), relation.by.as_ref()]);
    let own: Vec<&Word> =
        (kind.id.iter().chain(&kind.label).chain(&kind.url).chain(&kind.volatile)).chain(relations.flatten()).collect();
    for origin in &kind.from {
        if attributes(kind, origin, catalog).is_none()
            && let Some(take) = &origin.take
        {
            report.wrong(take.at, format!("nothing stands at `{}`", take.text));
            continue;
        }
        let only = origin.only.iter().flat_map(|(left, right)| [left, right]);
        for path in own.iter().copied().chain(only) {
            if path.text.split('|').any(|path| !leads(path, kind, origin, catalog)) {
                report.wrong(path.at, format!("nothing stands at `{}` of the kind `{}`", path.text, kind.name.text));
            }
        }
    }
}

/// Where the attributes of a kind hold secrets, as dotted paths with `*` for
/// every item of a list.
pub(crate) fn secrets(kind: &Kind, catalog: &Catalog) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(of) = shape(kind, catalog) {
        hidden(&of, "", 0, catalog, &mut found);
    }
    found.sort();
    found.dedup();
    found
}

fn hidden(of: &Type, above: &str, depth: usize, catalog: &Catalog, found: &mut Vec<String>) {
    let at = |name: &str| if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
    match of {
        Type::List { of, .. } => hidden(of, &at("*"), depth, catalog, found),
        Type::Entity(name) if depth < DEEPEST => {
            let Some(entity) = catalog.entity(&name.text) else { return };
            for field in &entity.fields {
                match field.has(Marker::Secret) {
                    true => found.push(at(&field.name.text)),
                    false => hidden(&field.of, &at(&field.name.text), depth + 1, catalog, found),
                }
            }
            for (_, case) in entity.variants.iter().flat_map(|variants| &variants.cases) {
                hidden(&Type::Entity(case.clone()), above, depth + 1, catalog, found);
            }
        }
        _ => {}
    }
}
