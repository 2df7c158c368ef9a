//! Compares an operation of a document with one of the catalog.
//!
//! Rule: every part of the description is compared once: the head, headers,
//! path, query, body and answer. What is inside bodies and answers is left to
//! `compare`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::compare::{Comparison, Here};
use super::documents;
use super::found::{Difference, Kind};
use super::ours::{self, Ours};
use super::shape::{Member, Node, Way};
use super::theirs::{Joined, Leaf, Theirs};
use crate::arguments::{self, Argument};
use crate::model::{
    Answer, Catalog, Encoding, Field, From, Marker, Operation, Paging, Place, Segment, Stability, Type,
};
use crate::source::Spot;

/// Headers that other parts of a description stand for.
const USUAL: [&str; 5] = ["accept", "content-type", "authorization", "from", "x-early-access"];

/// Everything that differs between the two.
pub(super) fn pair(theirs: &documents::Operation<'_>, operation: &Operation, catalog: &Catalog) -> Vec<Difference> {
    let mut pair = Pair { theirs, operation, catalog, found: Vec::new() };
    pair.head();
    pair.headers();
    pair.path();
    pair.query();
    pair.request();
    pair.answer();
    for difference in &mut pair.found {
        difference.operation.clone_from(&operation.id.text);
        difference.call = theirs.call();
        difference.document = theirs.name();
    }
    pair.found
}

/// An operation on both sides.
struct Pair<'a> {
    theirs: &'a documents::Operation<'a>,
    operation: &'a Operation,
    catalog: &'a Catalog,
    found: Vec<Difference>,
}

impl<'a> Pair<'a> {
    fn here(&self, field: &str, at: Spot) -> Here {
        Here { field: field.to_owned(), entity: None, at, derived: false }
    }

    fn tell(&mut self, field: &str, at: Spot, kind: Kind, there: impl Into<String>, in_catalog: impl Into<String>) {
        self.found.push(Difference {
            field: field.to_owned(),
            there: there.into(),
            here: in_catalog.into(),
            at: Some(at),
            ..Difference::new(&self.operation.id.text, "", "", kind)
        });
    }

    /// Tells of two words that should be the same.
    fn same(&mut self, field: &str, kind: Kind, there: &str, in_catalog: &str) {
        if there != in_catalog {
            self.tell(field, self.operation.id.at, kind, there, in_catalog);
        }
    }

    fn comparison(&self, way: Way, in_url: bool) -> Comparison<'a> {
        let ours = Ours { catalog: self.catalog, way, in_url };
        Comparison { theirs: Theirs(self.theirs.document), ours, found: Vec::new() }
    }

    fn head(&mut self) {
        let operation = self.operation;
        let host = self.catalog.hosts.iter().find(|host| host.name.text == operation.host.text);
        self.same("", Kind::Host, &self.theirs.host, host.map_or("", |host| &host.us));
        let told = |key: &str| self.theirs.body.get(key).and_then(Value::as_str).unwrap_or_default();
        let scope = told("x-pd-requires-scope");
        let early = ["summary", "description"].iter().any(|key| told(key).to_lowercase().contains("early access"));
        let deprecated = self.theirs.body.get("deprecated").and_then(Value::as_bool).unwrap_or(false);
        let early = early || self.early_access().is_some();
        let stability = if deprecated {
            "deprecated"
        } else if early {
            "early-access"
        } else {
            "stable"
        };
        let in_catalog = match operation.stability {
            Stability::Stable => "stable",
            Stability::EarlyAccess => "early-access",
            Stability::Deprecated => "deprecated",
        };
        self.same("", Kind::Scope, scope, operation.scope.as_deref().unwrap_or_default());
        self.same("", Kind::Stability, stability, in_catalog);
    }

    fn header(&self, name: &str) -> Option<documents::Parameter<'a>> {
        self.theirs.parameters("header").into_iter().find(|header| header.name.eq_ignore_ascii_case(name))
    }

    /// The only value of a header that the document tells.
    fn told(&self, header: &documents::Parameter<'a>) -> Option<&'a str> {
        let schema = self.theirs.document.resolve(header.schema());
        let first = schema.get("enum").and_then(|values| values.get(0));
        schema.get("default").or(first).and_then(Value::as_str)
    }

    fn early_access(&self) -> Option<String> {
        let header = self.header("x-early-access")?;
        Some(self.told(&header).unwrap_or_default().to_owned())
    }

    fn headers(&mut self) {
        let operation = self.operation;
        let accept = self.header("accept").and_then(|header| self.told(&header));
        // Where no header is declared, the answer's own type must be asked for.
        let types: Vec<&str> =
            self.theirs.successes().into_iter().flat_map(|(_, types)| types).map(|(of, _)| of).collect();
        let odd = types.first().copied().filter(|_| !types.contains(&"application/json"));
        if let Some(accept) = accept.or(odd) {
            self.same("header.Accept", Kind::Header, accept, &operation.accept);
        }
        let early = self.early_access().unwrap_or_default();
        self.same("header.X-EARLY-ACCESS", Kind::Header, &early, operation.early_access.as_deref().unwrap_or_default());
        let from = match self.header("from") {
            None => "not sent",
            Some(header) if header.required() => "required",
            Some(_) => "optional",
        };
        let in_catalog = match operation.from {
            From::No => "not sent",
            From::Optional => "optional",
            From::Required => "required",
        };
        self.same("header.From", Kind::Header, from, in_catalog);
        let headers = self.theirs.parameters("header");
        for header in headers.iter().filter(|header| !USUAL.contains(&header.name.to_ascii_lowercase().as_str())) {
            if !operation.header.iter().any(|field| header.name.eq_ignore_ascii_case(&field.name.text)) {
                self.same(&format!("header.{}", header.name), Kind::Header, "a header", "not sent");
            }
        }
        for field in &operation.header {
            let name = &field.name.text;
            let there = match self.header(name) {
                None => "not declared",
                Some(header) if header.required() => "required",
                Some(_) => "optional",
            };
            let in_catalog = if field.required.is_some() { "required" } else { "optional" };
            self.same(&format!("header.{name}"), Kind::Header, there, in_catalog);
        }
    }

    fn arguments(&self, place: Place) -> Vec<Argument> {
        let arguments = arguments::of(self.operation, self.catalog);
        arguments.into_iter().filter(|argument| argument.place == place).collect()
    }

    /// Arguments of the path stand in its order, whatever they are called.
    fn path(&mut self) {
        let parameters = self.theirs.parameters("path");
        let mut arguments = self.arguments(Place::Path).into_iter();
        let segments = self.operation.call.iter().flat_map(|call| &call.segments);
        for (name, segment) in self.theirs.path.split('/').skip(1).zip(segments) {
            // A value of a choice may be written out.
            let Segment::Argument(_) = segment else { continue };
            let Some(argument) = arguments.next() else { continue };
            let name = name.trim_start_matches('{').trim_end_matches('}');
            let field = argument.field;
            let at = field.name.at;
            let path = format!("path.{}", field.name.text);
            if name != field.name.text {
                self.tell(&path, at, Kind::Name, name, field.name.text.clone());
            }
            let Some(parameter) = parameters.iter().find(|parameter| parameter.name == name) else {
                self.tell(&path, at, Kind::Extra, "not declared", "an argument");
                continue;
            };
            let mut comparison = self.comparison(Way::Request, true);
            let (node, _) = comparison.theirs.parameter(parameter);
            let theirs = Member { required: Some(true), node };
            let (_, ours) = ours::member(&field);
            comparison.member(self.here(&path, at), &theirs, &ours);
            self.found.append(&mut comparison.found);
        }
    }

    fn query(&mut self) {
        let parameters = self.theirs.parameters("query");
        let arguments = self.arguments(Place::Query);
        let mut known: BTreeSet<&str> = BTreeSet::new();
        for argument in &arguments {
            let field = &argument.field;
            let (name, at) = (field.name.text.as_str(), field.name.at);
            let path = format!("query.{name}");
            let bare = |parameter: &&documents::Parameter<'_>| parameter.name.trim_end_matches("[]") == name;
            let Some(parameter) = parameters.iter().find(bare) else {
                let kind = if argument.paging == Paging::No { Kind::Extra } else { Kind::Paging };
                self.tell(&path, at, kind, "not declared", "an argument");
                continue;
            };
            known.insert(parameter.name);
            let mut comparison = self.comparison(Way::Request, true);
            let (node, joined) = comparison.theirs.parameter(parameter);
            let in_catalog = self.joined(field);
            if joined != in_catalog && joined != Joined::No && in_catalog != Joined::No {
                self.tell(&path, at, Kind::Joined, joined.word(), in_catalog.word());
            }
            let theirs = Member { required: Some(parameter.required()), node };
            let (_, ours) = ours::member(field);
            let here = Here { derived: argument.paging != Paging::No, ..self.here(&path, at) };
            comparison.member(here, &theirs, &ours);
            self.found.append(&mut comparison.found);
        }
        for parameter in parameters.iter().filter(|parameter| !known.contains(parameter.name)) {
            let name = parameter.name.trim_end_matches("[]");
            let (path, at) = (format!("query.{name}"), self.operation.id.at);
            if self.operation.undeclared.iter().any(|undeclared| undeclared == name) {
                self.tell(&path, at, Kind::Paging, "declared", "`paging-undeclared` names it");
                continue;
            }
            let paging = arguments::paging_names(self.operation.pages).contains(&name);
            let required = if parameter.required() { "a required parameter" } else { "a parameter" };
            self.tell(&path, at, if paging { Kind::Paging } else { Kind::Missing }, required, "");
        }
    }

    fn joined(&self, field: &Field) -> Joined {
        match &field.of {
            Type::List { .. } if field.has(Marker::Comma) => Joined::Comma,
            Type::List { .. } if field.has(Marker::Bare) => Joined::Bare,
            Type::List { .. } => Joined::Brackets,
            _ => Joined::No,
        }
    }

    fn request(&mut self) {
        let at = self.operation.id.at;
        let bodies = self.theirs.request();
        let Some(ours) = ours::body(self.operation, self.catalog) else {
            if !bodies.is_empty() {
                self.tell("body", at, Kind::NoBody, "a body", "none");
            }
            return;
        };
        let content = match &self.operation.encoding {
            Encoding::Json { content, .. } => content.as_str(),
            Encoding::Multipart | Encoding::None => "multipart/form-data",
        };
        let types: Vec<&str> = bodies.iter().map(|(of, _)| *of).collect();
        let same = bodies.iter().find(|(of, _)| *of == content);
        let Some((_, schema)) = same.or(bodies.first()) else {
            return self.tell("body", at, Kind::NoBody, "none", "a body");
        };
        if same.is_none() {
            self.tell("body", at, Kind::Content, types.join(", "), content);
        }
        let wrap = match &self.operation.encoding {
            Encoding::Json { wrap, .. } => wrap.as_deref(),
            Encoding::Multipart | Encoding::None => None,
        };
        self.compare("body", Way::Request, &Node::One(Leaf::Schema(schema)), &ours, wrap);
    }

    fn answer(&mut self) {
        let at = self.operation.id.at;
        let successes = self.theirs.successes();
        if successes.is_empty() {
            return self.tell("answer", at, Kind::NoBody, "no success is told", "");
        }
        // Nothing comes with 204, whatever a document says.
        let told = successes.into_iter().filter(|(status, _)| *status != "204").flat_map(|(_, types)| types);
        let schemas: Vec<Node<Leaf<'a>>> = told.map(|(_, schema)| Node::One(Leaf::Schema(schema))).collect();
        match (schemas.is_empty(), ours::answer(self.operation)) {
            (true, None) => {}
            (true, Some(_)) => self.tell("answer", at, Kind::NoBody, "none", "a body"),
            (false, None) if matches!(self.operation.answer, Some(Answer::None)) => {
                self.tell("answer", at, Kind::NoBody, "a body", "none");
            }
            (false, None) => {}
            (false, Some(ours)) => {
                let wrap = match &self.operation.answer {
                    Some(Answer::Item { key, .. } | Answer::Items { key, .. }) => Some(key.as_str()),
                    Some(Answer::Whole(_) | Answer::None) | None => None,
                };
                self.compare("answer", Way::Answer, &Node::Any(schemas), &ours, wrap);
            }
        }
        // What the page dialect puts into the answer is a matter of paging.
        let paging: Vec<String> =
            arguments::envelope(self.operation).iter().map(|field| format!("answer.{}", field.name.text)).collect();
        for difference in self.found.iter_mut().filter(|difference| paging.contains(&difference.field)) {
            if difference.kind == Kind::Extra {
                difference.kind = Kind::Paging;
            }
        }
    }

    fn compare(&mut self, field: &str, way: Way, theirs: &Node<Leaf<'a>>, ours: &Node<ours::Leaf>, wrap: Option<&str>) {
        let mut comparison = self.comparison(way, false);
        comparison.roots(&self.here(field, self.operation.id.at), theirs, ours, wrap);
        self.found.append(&mut comparison.found);
    }
}
