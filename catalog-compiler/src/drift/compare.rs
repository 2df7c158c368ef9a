//! Compares two values level by level, the document's and the catalog's.
//!
//! Rule: a difference is told once, at the highest place that shows it. What
//! the document calls read-only is no part of a request, unless it is required
//! there; what a caller must or may send is judged in requests alone.

use std::collections::BTreeSet;

use super::found::{Difference, Kind};
use super::ours::{self, Ours};
use super::shape::{Kinds, Member, Node, Opens, Shape, Way};
use super::theirs::{self, Theirs};
use crate::source::Spot;

/// What a reference holds.
const REFERENCE: [&str; 5] = ["id", "type", "summary", "self", "html_url"];

type TheirShape<'a> = Shape<theirs::Leaf<'a>>;
type OurShape = Shape<ours::Leaf>;

/// Where the comparison stands.
#[derive(Clone)]
pub(super) struct Here {
    /// `body.incidents[].title`
    pub(super) field: String,
    /// The entity around it, and the field from there.
    pub(super) entity: Option<(String, String)>,
    /// The nearest place in the catalog.
    pub(super) at: Spot,
    /// Derived from the page dialect: the catalog wrote no bounds.
    pub(super) derived: bool,
}

impl Here {
    fn below(&self, step: &str) -> Self {
        let mut here = self.clone();
        here.field.push_str(step);
        if let Some((_, field)) = &mut here.entity {
            field.push_str(if field.is_empty() { step.trim_start_matches('.') } else { step });
        }
        here
    }
}

/// One comparison: what opens either side, and what was found.
pub(super) struct Comparison<'a> {
    pub(super) theirs: Theirs<'a>,
    pub(super) ours: Ours<'a>,
    pub(super) found: Vec<Difference>,
}

impl<'a> Comparison<'a> {
    fn tell(&mut self, here: &Here, kind: Kind, there: impl Into<String>, in_catalog: impl Into<String>) {
        self.found.push(Difference {
            field: here.field.clone(),
            entity: here.entity.clone(),
            there: there.into(),
            here: in_catalog.into(),
            at: Some(here.at),
            ..Difference::new("", "", "", kind)
        });
    }

    fn in_request(&self) -> bool {
        self.ours.way == Way::Request
    }

    /// Compares two nodes.
    pub(super) fn nodes(&mut self, here: &Here, theirs: &Node<theirs::Leaf<'a>>, ours: &Node<ours::Leaf>) {
        let (theirs, ours) = (self.theirs.open(theirs), self.ours.open(ours));
        self.shapes(here, &theirs, &ours, None);
    }

    /// Compares two bodies or answers. Where the catalog's one is wrapped in
    /// `key` and the document's is not, or in another, what is inside counts.
    pub(super) fn roots(
        &mut self,
        here: &Here,
        theirs: &Node<theirs::Leaf<'a>>,
        ours: &Node<ours::Leaf>,
        key: Option<&str>,
    ) {
        let (there, in_catalog) = (self.theirs.open(theirs), self.ours.open(ours));
        let wrapped = key.and_then(|key| Some((key, in_catalog.members.get(key)?)));
        let Some((key, member)) =
            wrapped.filter(|(key, _)| there.kinds == Kinds::OBJECT && !there.members.contains_key(*key))
        else {
            return self.shapes(here, &there, &in_catalog, None);
        };
        let inner = self.ours.open(&member.node);
        // The fields that could be the wrapper: those of the same kind as ours.
        let mut alike = there.members.iter().filter(|(_, member)| self.theirs.open(&member.node).kinds == inner.kinds);
        let (first, alone) = (alike.next(), alike.next().is_none());
        let (name, node) = match first.filter(|_| alone && there.members.len() <= in_catalog.members.len()) {
            Some((name, member)) => (name.as_str(), &member.node),
            None => ("", theirs),
        };
        self.tell(here, Kind::Wrapper, if name.is_empty() { "no wrapper" } else { name }, key);
        let level = self.theirs.open(node);
        self.shapes(&here.below(&format!(".{key}")), &level, &inner, None);
    }

    /// Compares two levels; `told_apart` is a field that is known to fit.
    fn shapes(&mut self, here: &Here, theirs: &TheirShape<'a>, ours: &OurShape, told_apart: Option<&str>) {
        let mut here = here.clone();
        let references = self.references(theirs, ours);
        let theirs = references.as_ref().unwrap_or(theirs);
        if theirs.undeclared {
            return;
        }
        if theirs.kinds != ours.kinds {
            self.tell(&here, Kind::Type, theirs.kinds.words(), ours.kinds.words());
            if theirs.kinds == Kinds::ANY || !theirs.kinds.has(ours.kinds) {
                return;
            }
        }
        if let Some(entity) = &ours.entity {
            here.entity = Some((entity.clone(), String::new()));
            here.at = ours.at.unwrap_or(here.at);
        }
        if theirs.kinds == Kinds::TEXT
            && ours.values.is_none()
            && theirs.values.is_none()
            && theirs.format != ours.format
        {
            let word = |format: Option<super::shape::Format>| format.map_or("text", super::shape::Format::word);
            self.tell(&here, Kind::Format, word(theirs.format), word(ours.format));
        }
        self.values(&here, theirs, ours);
        if self.in_request() && theirs.kinds == ours.kinds {
            self.bounds(&here, theirs, ours);
        }
        if let (Some(theirs), Some(ours)) = (&theirs.items, &ours.items) {
            self.nodes(&here.below("[]"), theirs, ours);
        }
        if !(theirs.kinds.has(Kinds::OBJECT) && ours.kinds.has(Kinds::OBJECT)) {
            return;
        }
        if let Some(reference) = &ours.reference {
            self.reference(&here, theirs, reference.as_deref());
        } else if ours.open || (theirs.open && theirs.members.is_empty()) {
            self.openness(&here, theirs, ours);
        } else if theirs.cases.is_some() && ours.cases.is_some() {
            self.cases(&here, theirs, ours);
        } else {
            self.members(&here, theirs, ours, told_apart);
        }
    }

    /// The references among the document's alternatives, where the catalog has
    /// an entity that holds no more than a reference does: what `include` puts
    /// in its place is not declared there.
    fn references(&self, theirs: &TheirShape<'a>, ours: &OurShape) -> Option<TheirShape<'a>> {
        let slight = !ours.members.is_empty() && ours.members.keys().all(|name| REFERENCE.contains(&name.as_str()));
        let cases = theirs.cases.as_ref().filter(|cases| slight && cases.by == "type")?;
        let references = cases.of.iter().filter(|(value, _)| value.ends_with("_reference"));
        let references: Vec<_> = references.map(|(_, node)| node.clone()).collect();
        (!references.is_empty()).then(|| self.theirs.open(&Node::Any(references)))
    }

    fn values(&mut self, here: &Here, theirs: &TheirShape<'a>, ours: &OurShape) {
        match (&theirs.values, &ours.values) {
            (Some(there), Some(in_catalog)) => {
                let only =
                    |a: &BTreeSet<String>, b: &BTreeSet<String>| -> Vec<String> { a.difference(b).cloned().collect() };
                let mut missing = only(there, in_catalog);
                let extra = only(in_catalog, there);
                if ours.constant && self.in_request() {
                    missing.clear();
                }
                if !missing.is_empty() || !extra.is_empty() {
                    self.tell(here, Kind::Enum, listed(&missing), listed(&extra));
                }
            }
            (Some(there), None) if ours.kinds.has(Kinds::TEXT) || ours.kinds.has(Kinds::INT) => {
                let there: Vec<String> = there.iter().cloned().collect();
                self.tell(here, Kind::Enum, listed(&there), "any value");
            }
            (None, Some(in_catalog)) if !ours.constant => {
                let in_catalog: Vec<String> = in_catalog.iter().cloned().collect();
                self.tell(here, Kind::Enum, "any value", listed(&in_catalog));
            }
            _ => {}
        }
    }

    fn bounds(&mut self, here: &Here, theirs: &TheirShape<'a>, ours: &OurShape) {
        let told = |low: Option<i64>, high: Option<i64>| {
            let end = |end: Option<i64>| end.map_or(String::new(), |end| end.to_string());
            if (low, high) == (None, None) { "none".to_owned() } else { format!("{}..{}", end(low), end(high)) }
        };
        let counted = ours.kinds == Kinds::TEXT || ours.kinds == Kinds::LIST;
        // The documents do not care to say that an empty text or list is useless.
        let low = ours.low.filter(|low| !(counted && *low == 1 && theirs.low.is_none()));
        let (there, in_catalog) = ((theirs.low, theirs.high), (low, ours.high));
        let derived = here.derived && there == (None, None);
        if there != in_catalog && !derived && ours.values.is_none() {
            self.tell(here, Kind::Bounds, told(there.0, there.1), told(ours.low, ours.high));
        }
    }

    /// The catalog sends `id` and `type`: the document must take that.
    fn reference(&mut self, here: &Here, theirs: &TheirShape<'a>, reference: Option<&str>) {
        if theirs.members.is_empty() {
            return;
        }
        if !theirs.members.contains_key("id") {
            self.tell(here, Kind::Type, "an object without `id`", "a reference");
            return;
        }
        if !self.in_request() {
            return;
        }
        let values = theirs.members.get("type").and_then(|member| self.theirs.open(&member.node).values);
        if let (Some(values), Some(reference)) = (values, reference)
            && !values.contains(reference)
        {
            let values: Vec<String> = values.into_iter().collect();
            self.tell(&here.below(".type"), Kind::Enum, listed(&values), listed(&[reference.to_owned()]));
        }
        for (name, member) in &theirs.members {
            let known = ["id", "type"].contains(&name.as_str());
            if !known && member.required == Some(true) && !self.theirs.open(&member.node).read_only {
                self.tell(&here.below(&format!(".{name}")), Kind::Missing, "required", "a reference");
            }
        }
    }

    /// One of the two leaves open what the object holds.
    fn openness(&mut self, here: &Here, theirs: &TheirShape<'a>, ours: &OurShape) {
        let told = |names: Vec<&String>, open: bool| {
            let names: Vec<String> = names.into_iter().cloned().collect();
            if open && names.is_empty() { "any object".to_owned() } else { listed(&names) }
        };
        let (there, in_catalog) = (theirs.open && theirs.members.is_empty(), ours.open);
        if there != in_catalog && !(there && ours.members.is_empty()) && !(in_catalog && theirs.members.is_empty()) {
            let (there, in_catalog) =
                (told(theirs.members.keys().collect(), theirs.open), told(ours.members.keys().collect(), ours.open));
            self.tell(here, Kind::Open, there, in_catalog);
        }
    }

    fn cases(&mut self, here: &Here, theirs: &TheirShape<'a>, ours: &OurShape) {
        let (Some(there), Some(in_catalog)) = (&theirs.cases, &ours.cases) else { return };
        if there.by != in_catalog.by {
            self.tell(here, Kind::Cases, format!("told apart by `{}`", there.by), format!("by `{}`", in_catalog.by));
            return;
        }
        let missing: Vec<String> = there.of.keys().filter(|case| !in_catalog.of.contains_key(*case)).cloned().collect();
        let extra: Vec<String> = in_catalog.of.keys().filter(|case| !there.of.contains_key(*case)).cloned().collect();
        if !missing.is_empty() || !extra.is_empty() {
            self.tell(here, Kind::Cases, listed(&missing), listed(&extra));
        }
        for (case, ours) in &in_catalog.of {
            let Some(theirs) = there.of.get(case) else { continue };
            let (theirs, ours) = (self.theirs.open(theirs), self.ours.open(ours));
            self.shapes(&here.below(&format!("<{case}>")), &theirs, &ours, Some(&in_catalog.by));
        }
    }

    fn members(&mut self, here: &Here, theirs: &TheirShape<'a>, ours: &OurShape, told_apart: Option<&str>) {
        let names: BTreeSet<&String> = theirs.members.keys().chain(ours.members.keys()).collect();
        for name in names.into_iter().filter(|name| Some(name.as_str()) != told_apart) {
            let below = here.below(&format!(".{name}"));
            match (theirs.members.get(name), ours.members.get(name)) {
                (Some(theirs), None) => {
                    let there = self.theirs.open(&theirs.node);
                    if !self.left_out(&there) {
                        let required = self.in_request() && theirs.required == Some(true);
                        let words = if there.undeclared { "but not declared".to_owned() } else { there.kinds.words() };
                        self.tell(
                            &below,
                            Kind::Missing,
                            if required { format!("required {words}") } else { words },
                            "",
                        );
                    }
                }
                (None, Some(member)) if !theirs.open => {
                    let shape = self.ours.open(&member.node);
                    let at = shape.at.unwrap_or(here.at);
                    self.tell(&Here { at, ..below }, Kind::Extra, "", shape.kinds.words());
                }
                (Some(theirs), Some(ours)) => self.member(below, theirs, ours),
                _ => {}
            }
        }
    }

    /// Whether a field of the document travels the other way only.
    fn left_out(&self, shape: &TheirShape<'a>) -> bool {
        if self.in_request() { shape.read_only } else { shape.write_only }
    }

    /// Compares two fields of a name.
    pub(super) fn member(&mut self, mut here: Here, theirs: &Member<theirs::Leaf<'a>>, ours: &Member<ours::Leaf>) {
        let (there, shape) = (self.theirs.open(&theirs.node), self.ours.open(&ours.node));
        here.at = shape.at.unwrap_or(here.at);
        if self.left_out(&there) {
            // A reference's `id` is read-only to the documents, and must be sent.
            if !(self.in_request() && theirs.required == Some(true)) {
                let way = if self.in_request() { "answers only" } else { "requests only" };
                self.tell(&here, Kind::Extra, way, shape.kinds.words());
                return;
            }
        } else if let (true, Some(required), Some(asked)) = (self.in_request(), theirs.required, ours.required)
            && required != asked
        {
            let word = |required: bool| if required { "required" } else { "optional" };
            self.tell(&here, Kind::Required, word(required), word(asked));
        }
        let null = |null: bool| if null { "may be null" } else { "never null" };
        let differs = match self.ours.way {
            Way::Request => there.null != shape.null && !shape.constant && there.kinds != Kinds::ANY,
            Way::Answer => there.null && ours.required == Some(true),
        };
        if differs && !self.ours.in_url {
            let in_catalog = if self.in_request() { null(shape.null) } else { "never null" };
            self.tell(&here, Kind::Nullable, null(there.null), in_catalog);
        }
        self.shapes(&here, &there, &shape, None);
    }
}

/// Words with commas between them; those that hold some themselves in quotes.
fn listed(words: &[String]) -> String {
    let quoted =
        |word: &String| if word.contains([',', ' ']) || word.is_empty() { format!("{word:?}") } else { word.clone() };
    words.iter().map(quoted).collect::<Vec<_>>().join(", ")
}
