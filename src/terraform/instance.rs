//! Which resources an asset becomes, with what import ids.
//!
//! Rule: an asset of a kind that Terraform knows becomes one at least, or is
//! left out with the reason.

use serde_json::Value;

use super::{Asset, Ground, hcl, wrong};
use crate::catalog::{Clause, Condition, Piece, Resource, Source, Test, kind, kinds, resources};
use crate::error::Result;
use crate::inventory::{text, within};
use crate::time;

/// A resource that an asset becomes.
#[derive(Debug, Clone)]
pub(super) struct Made {
    /// Number of its type.
    pub(super) resource: usize,
    /// Number of its asset.
    pub(super) asset: usize,
    /// Numbers of further assets that it is made of.
    pub(super) more: Vec<usize>,
    /// Which of the values at the type's `each`.
    pub(super) each: Option<usize>,
    pub(super) import: String,
    /// Its `id` in a state.
    pub(super) state: String,
    /// What its name is made of, and then its name.
    pub(super) name: String,
}

/// The asset itself, taken apart, and the item of it that is looked at.
pub(super) struct View<'a> {
    pub(super) ground: &'a Ground<'a>,
    pub(super) asset: &'a Asset<'a>,
    pub(super) whole: &'a Value,
    pub(super) item: &'a Value,
}

impl<'a> View<'a> {
    /// Every value of a source, lists opened; a constant is none of the asset's.
    pub(super) fn at(&self, source: &Source) -> Vec<&'a Value> {
        match source {
            Source::Item(".") => within(self.item, ""),
            Source::Item(path) => within(self.item, path),
            Source::Asset(path) => within(self.whole, path),
            Source::Relation(_) | Source::Known(_) | Source::Constant(_) => Vec::new(),
        }
    }

    /// The id of what a relation points to.
    pub(super) fn related(&self, name: &str) -> Option<(&'a str, &'a str)> {
        self.asset.relations.iter().find(|edge| edge.name == name).map(|edge| (edge.kind, edge.id))
    }

    /// The first value of a source, as text.
    fn text(&self, source: &Source) -> Option<String> {
        match source {
            Source::Relation(name) => self.related(name).map(|(_, id)| id.to_owned()),
            Source::Known(_) => None,
            Source::Constant(json) => serde_json::from_str(json).ok().as_ref().and_then(text),
            Source::Item(_) | Source::Asset(_) => self.at(source).into_iter().find_map(scalar),
        }
    }

    /// Whether a condition holds.
    pub(super) fn holds(&self, condition: Condition) -> bool {
        condition.iter().any(|all| all.iter().all(|clause| self.clause(clause) != clause.negated))
    }

    fn clause(&self, clause: &Clause) -> bool {
        let texts = || self.at(&clause.source).into_iter().filter_map(scalar);
        match (&clause.source, clause.test) {
            (Source::Relation(name), _) => self.related(name).is_some(),
            (Source::Known(kind), _) => self.ground.places.contains_key(&(*kind, self.asset.id)),
            (_, Test::There) => self.at(&clause.source).into_iter().any(there),
            (_, Test::Words) => texts().any(|text| clause.values.iter().any(|word| fits(word, &text))),
            (_, Test::Unprintable) => texts().any(|text| {
                let unprinted = |c: char| hcl::is_unseen(c) || (c.is_whitespace() && c != ' ') || is_private(c);
                text.ends_with(' ') || text.chars().any(unprinted)
            }),
            (_, Test::Several) => self.at(&clause.source).len() > 1,
            (_, Test::Past) => match self.ground.now {
                None => false,
                Some(now) => texts().filter_map(|text| time::parse(&text)).any(|at| at <= now),
            },
            (_, Test::Seconds) => texts().filter_map(|text| time::parse(&text)).any(|at| at % 60 != 0),
        }
    }

    /// A template, filled; none where a piece of it is not there.
    pub(super) fn filled(&self, pieces: &[Piece]) -> Option<String> {
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => Some((*text).to_owned()),
                Piece::Own => Some(self.asset.id.to_owned()),
                Piece::Filled { source, map, .. } => Some(replaced(self.text(source)?, map)),
            })
            .collect()
    }
}

/// The word that stands for a text.
pub(super) fn replaced(text: String, map: &[(&str, &str)]) -> String {
    map.iter().find(|(from, _)| *from == text).map_or(text, |(_, to)| (*to).to_owned())
}

/// Whether a word is the text, or what it ends with (`*X`), or what it holds (`*X*`).
fn fits(word: &str, text: &str) -> bool {
    match word.strip_prefix('*') {
        None => word == text,
        Some(end) => end.strip_suffix('*').map_or(text.ends_with(end), |part| text.contains(part)),
    }
}

/// What means something to some program alone.
fn is_private(character: char) -> bool {
    matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..)
}

/// A value as text; an object counts as its id.
pub(super) fn scalar(value: &Value) -> Option<String> {
    text(value).or_else(|| value.get("id").and_then(text))
}

/// Whether a value says something.
fn there(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) | Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// The attributes of an asset, taken apart.
pub(super) fn attributes(asset: &Asset<'_>) -> Result<Value> {
    match serde_json::from_str(asset.attributes) {
        Ok(whole @ Value::Object(_)) => Ok(whole),
        Ok(_) | Err(_) => Err(wrong(asset, "its attributes are no JSON object")),
    }
}

/// Of one asset: what it becomes, and why it is left out otherwise.
#[derive(Default)]
pub(super) struct Found {
    pub(super) made: Vec<(Made, Option<String>)>,
    pub(super) left_out: Vec<String>,
}

/// What an asset becomes. Beside each, what it shares one resource with others by.
pub(super) fn of(ground: &Ground<'_>, number: usize) -> Result<Found> {
    let mut found = Found::default();
    let Some(asset) = ground.assets.get(number) else { return Ok(found) };
    let kind = kind(asset.kind).map(|kind| kind.number);
    let of_kind = |resource: &Resource| Some(resource.kind) == kind;
    if !resources().iter().any(of_kind) {
        found.left_out.push("Terraform's provider has no resource for it".to_owned());
        return Ok(found);
    }
    let whole = attributes(asset)?;
    for (resource, of) in resources().iter().enumerate().filter(|(_, resource)| of_kind(resource)) {
        let items = match of.each {
            None => vec![(None, &whole)],
            Some(path) => {
                within(&whole, path).into_iter().enumerate().map(|(place, item)| (Some(place), item)).collect()
            }
        };
        for (each, item) in items {
            let view = View { ground, asset, whole: &whole, item };
            if !of.when.iter().all(|condition| view.holds(condition)) {
                continue;
            }
            if let Some((_, why)) = of.leave.iter().find(|(condition, _)| view.holds(condition)) {
                found.left_out.push((*why).to_owned());
                continue;
            }
            let (Some(import), Some(state)) = (view.filled(of.import), view.filled(of.state)) else {
                found.left_out.push(format!("nothing tells the id by which {} is imported", of.name));
                continue;
            };
            let name = view.named(of.label);
            let shared = of.per.as_ref().and_then(|source| view.text(source));
            let made = Made { resource, asset: number, more: Vec::new(), each, import, state, name };
            found.made.push((made, shared));
        }
    }
    // Types with `each` may find nothing to be made.
    let one_at_least = resources().iter().any(|resource| of_kind(resource) && resource.each.is_none());
    if found.made.is_empty() && found.left_out.is_empty() && one_at_least {
        found.left_out.push("Terraform's provider has no resource for one of its type".to_owned());
    }
    Ok(found)
}

impl View<'_> {
    /// What a resource's name is made of: names of assets, where they are known.
    fn named(&self, label: &[Piece]) -> String {
        let name = |kind: &str, id: &str| {
            let asset = self.ground.places.get(&(kind, id)).and_then(|place| self.ground.assets.get(*place));
            asset.map(|asset| asset.name.to_owned())
        };
        let piece = |piece: &Piece| match piece {
            Piece::Literal(text) => Some((*text).to_owned()),
            Piece::Own => Some(self.asset.name.to_owned()),
            Piece::Filled { source: Source::Relation(relation), .. } => {
                self.related(relation).and_then(|(kind, id)| name(kind, id))
            }
            Piece::Filled { source, kinds: of, map } => {
                let text = replaced(self.text(source)?, map);
                let of = of.iter().filter_map(|number| kinds().get(*number));
                of.filter_map(|kind| name(kind.id, &text)).next().or(Some(text))
            }
        };
        label.iter().filter_map(piece).collect()
    }
}
