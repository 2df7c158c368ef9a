//! Judges how Terraform's resource types are made: every type of the provider
//! is made or left out, every settable attribute is written or omitted with a
//! reason, and every path leads somewhere.
//!
//! Rule: what could show a secret is refused here, once and for all.

use super::assets::known;
use super::paths;
use crate::model::{
    Attribute, Catalog, Condition, Holds, Kind, Line, Mark, Nested, Piece, Resource, Source, Template, Type,
};
use crate::source::{Report, Spot, Word};
use crate::suggest;

/// Checks every resource type.
pub(crate) fn check(catalog: &Catalog, report: &mut Report) {
    let types = || catalog.schemas.iter().map(|schema| schema.name.text.as_str());
    for resource in &catalog.resources {
        match catalog.schemas.iter().find(|schema| schema.name.text == resource.name.text) {
            None => {
                let hint = suggest::hint(&resource.name.text, types());
                report.wrong(resource.name.at, format!("the provider has no type `{}`{hint}", resource.name.text));
            }
            Some(schema) => made(resource, &schema.attributes, catalog, report),
        }
    }
    let unmade = |name: &str| catalog.unmade.iter().find(|(word, _)| word.text == name);
    for (word, _) in catalog.unmade.iter().filter(|(word, _)| !types().any(|name| name == word.text)) {
        report.wrong(word.at, format!("the provider has no type `{}`", word.text));
    }
    if catalog.partial || report.gaps() > 0 {
        return;
    }
    for schema in &catalog.schemas {
        let made = catalog.resources.iter().find(|resource| resource.name.text == schema.name.text);
        match (made, unmade(&schema.name.text)) {
            (None, None) => {
                let name = &schema.name.text;
                report.wrong(
                    schema.name.at,
                    format!("nothing says how `{name}` is made: add it, or why not under `left-out`"),
                );
            }
            (Some(_), Some((word, _))) => report.wrong(word.at, format!("`{}` is made all the same", word.text)),
            (Some(_), None) | (None, Some(_)) => {}
        }
    }
}

/// What is known while the lines of a resource are judged.
struct Judge<'a> {
    resource: &'a Resource,
    kind: &'a Kind,
    catalog: &'a Catalog,
    /// What the asset's attributes are.
    asset: Vec<Type>,
    secrets: Vec<String>,
}

fn made(resource: &Resource, schema: &[Attribute], catalog: &Catalog, report: &mut Report) {
    let Some(kind) = known(&resource.kind, catalog, report) else { return };
    if !resource.whole || !kind.whole {
        return;
    }
    let Some(shape) = paths::shape(kind, catalog) else { return };
    let judge = Judge { resource, kind, catalog, asset: vec![shape], secrets: paths::secrets(kind, catalog) };
    let (item, above) = match &resource.each {
        None => (judge.asset.clone(), String::new()),
        Some(path) => {
            let item = paths::follow(&judge.asset, &path.text, catalog);
            if item.is_empty() {
                report.wrong(path.at, format!("nothing stands at `{}` of the kind `{}`", path.text, kind.name.text));
                return;
            }
            (item, path.text.clone())
        }
    };
    for template in [Some(&resource.import), Some(&resource.label), resource.state.as_ref()].into_iter().flatten() {
        judge.template(template, &item, report);
    }
    if let Some(source) = &resource.per {
        judge.source(source, &item, "", report);
    }
    for condition in resource.when.iter().chain(resource.leave.iter().map(|(condition, _)| condition)) {
        judge.condition(condition, &item, report);
    }
    judge.lines(&resource.body, schema, &item, (&above, ""), resource.name.at, report);
    for path in &resource.omit {
        if !settable(schema, &path.text) {
            report.wrong(path.at, format!("the provider takes no `{}` of `{}`", path.text, resource.name.text));
        }
    }
}

/// Whether a configuration may say something of the attribute at a path.
fn settable(attributes: &[Attribute], path: &str) -> bool {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let found = attributes.iter().find(|attribute| attribute.name.text == name);
    match (found, rest) {
        (None, _) => false,
        (Some(attribute), None) => attribute.settable(),
        (Some(attribute), Some(rest)) => match &attribute.holds {
            Holds::Nested { of, .. } => settable(of, rest),
            Holds::One(_) | Holds::Many { .. } => false,
        },
    }
}

fn joined(above: &str, name: &str) -> String {
    if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") }
}

impl Judge<'_> {
    /// `places`: where the present item stands in the asset, and the block in the resource.
    fn lines(
        &self,
        lines: &[Line],
        schema: &[Attribute],
        item: &[Type],
        places: (&str, &str),
        at: Spot,
        report: &mut Report,
    ) {
        for (number, line) in lines.iter().enumerate() {
            let name = &line.name.text;
            let place = joined(places.1, name);
            let before = lines[..number].iter().any(|other| other.name.text == *name && other.only.is_none());
            if before && line.body.is_none() {
                report.wrong(line.name.at, format!("`{place}` stands twice"));
            }
            match schema.iter().find(|attribute| attribute.name.text == *name) {
                Some(attribute) if attribute.settable() => self.line(line, attribute, item, (places.0, &place), report),
                Some(_) => report.wrong(line.name.at, format!("the provider makes `{place}` itself: take it out")),
                None => {
                    let hint = suggest::hint(name, schema.iter().map(|attribute| attribute.name.text.as_str()));
                    report.wrong(line.name.at, format!("the provider takes no `{place}`{hint}"));
                }
            }
        }
        for attribute in schema.iter().filter(|attribute| attribute.settable()) {
            let name = &attribute.name.text;
            let place = joined(places.1, name);
            let written = lines.iter().any(|line| line.name.text == *name);
            let omitted = self.resource.omit.iter().find(|path| path.text == place);
            match (written, omitted) {
                // Every resource has an id, and none is set.
                (false, None) if place == "id" => {}
                (false, None) => report.wrong(
                    at,
                    format!(
                        "nothing says what `{place}` of `{}` is: write it, or why not under `omit`",
                        self.resource.name.text
                    ),
                ),
                (true, Some(path)) => report.wrong(path.at, format!("`{place}` is written all the same")),
                (false, Some(path)) if attribute.required => {
                    report.wrong(path.at, format!("the provider needs `{place}`: it cannot be omitted"));
                }
                (true, None) | (false, Some(_)) => {}
            }
        }
    }

    fn line(&self, line: &Line, attribute: &Attribute, item: &[Type], places: (&str, &str), report: &mut Report) {
        let (stands, found) = self.source(&line.source, item, places.0, report);
        for kind in &line.kinds {
            let _ = known(kind, self.catalog, report);
        }
        if let Some(condition) = &line.only {
            self.condition(condition, item, report);
        }
        if let Some(condition) = &line.items {
            self.condition(condition, &found, report);
            if line.body.is_none() {
                report.wrong(line.name.at, format!("`{}` is no block, and `where` chooses among blocks", places.1));
            }
        }
        match (&attribute.holds, &line.body) {
            (Holds::Nested { of, .. }, Some(body)) => {
                self.lines(body, of, &found, (&stands, places.1), line.name.at, report);
            }
            (Holds::Nested { .. }, None) => {
                report.wrong(line.name.at, format!("`{}` is a block: open it with `{{`", places.1));
            }
            (Holds::One(_) | Holds::Many { .. }, Some(_)) => {
                report.wrong(line.name.at, format!("`{}` is no block", places.1));
            }
            (Holds::One(_) | Holds::Many { .. }, None) => self.hidden(line, &stands, report),
        }
        let nested = matches!(attribute.holds, Holds::Nested { .. });
        let fits = |mark: Mark| match mark {
            Mark::Reversed | Mark::Always => nested,
            Mark::Unordered => true,
            Mark::Json | Mark::TextOrJson | Mark::Secret | Mark::Zero | Mark::Time | Mark::NoCase | Mark::Trim => {
                !nested
            }
            Mark::Ignored => !matches!(attribute.holds, Holds::Nested { nested: Nested::Objects { .. }, .. }),
        };
        for (word, mark) in Mark::ALL {
            if line.has(mark) && !fits(mark) {
                report.wrong(line.name.at, format!("`{word}` does not fit `{}`", places.1));
            }
        }
    }

    /// A secret is a variable, and so is what holds one.
    fn hidden(&self, line: &Line, stands: &str, report: &mut Report) {
        let plain = |path: &str| path.split('.').filter(|name| *name != "*").collect::<Vec<_>>().join(".");
        let hides = self
            .secrets
            .iter()
            .map(|path| plain(path))
            .any(|secret| !stands.is_empty() && (secret == stands || secret.starts_with(&format!("{stands}."))));
        if hides && !line.has(Mark::Secret) {
            report.wrong(line.name.at, format!("`{stands}` holds a secret: mark it with `secret`"));
        }
    }

    /// Where a source stands in the asset, and what it holds.
    fn source(&self, source: &Source, item: &[Type], above: &str, report: &mut Report) -> (String, Vec<Type>) {
        let mut follow = |path: &Word, from: &[Type], above: &str| {
            if path.text == "." {
                return (above.to_owned(), from.to_vec());
            }
            // A scan puts what it asked a list for where the list does not tell it.
            let asked = self.kind.from.iter().filter(|origin| origin.setting.is_some());
            if asked.filter_map(|origin| origin.argument.as_ref()).any(|argument| argument.text == path.text) {
                return (path.text.clone(), vec![Type::TEXT]);
            }
            let found = paths::follow(from, &path.text, self.catalog);
            if found.is_empty() {
                report.wrong(
                    path.at,
                    format!("nothing stands at `{}` of the kind `{}`", joined(above, &path.text), self.kind.name.text),
                );
            }
            (joined(above, &path.text), found)
        };
        match source {
            Source::Item(path) => follow(path, item, above),
            Source::Asset(path) => follow(path, &self.asset, ""),
            Source::Relation(name) => {
                let relations = self.kind.relations.iter().map(|relation| relation.name.text.as_str());
                if !relations.clone().any(|relation| relation == name.text) {
                    let hint = suggest::hint(&name.text, relations);
                    report.wrong(
                        name.at,
                        format!("the kind `{}` has no relation `{}`{hint}", self.kind.name.text, name.text),
                    );
                }
                (String::new(), Vec::new())
            }
            Source::Known(kind) => {
                let _ = known(kind, self.catalog, report);
                (String::new(), Vec::new())
            }
            Source::Constant(_) => (String::new(), Vec::new()),
        }
    }

    fn condition(&self, condition: &Condition, item: &[Type], report: &mut Report) {
        for clause in condition.clauses() {
            for name in clause.values.iter().filter_map(|value| value.strip_prefix('$')) {
                if !self.catalog.words.iter().any(|(word, _)| word.text == name) {
                    let hint = suggest::hint(name, self.catalog.words.iter().map(|(word, _)| word.text.as_str()));
                    report.wrong(self.resource.name.at, format!("there are no words `{name}`{hint}"));
                }
            }
            self.source(&clause.source, item, "", report);
        }
    }

    fn template(&self, template: &Template, item: &[Type], report: &mut Report) {
        for piece in &template.pieces {
            if let Piece::Filled { source, kinds, .. } = piece {
                self.source(source, item, "", report);
                for kind in kinds {
                    let _ = known(kind, self.catalog, report);
                }
            }
        }
    }
}
