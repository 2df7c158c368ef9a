//! Kinds, assets and what is left out, from the contract to the store and back.
//!
//! Rule: nothing is lost but what the store has no place for.

use connector_inventory::asset::{Asset, Kind, Relation, Skipped, Slice};
use serde_json::{Map, Value};

use super::ScanError;
use crate::contract::{self, Reason};

/// The connector's kinds as the store takes them.
///
/// # Errors
/// [`ScanError::Unsound`] where the `extra` of one cannot be read.
pub fn kinds(kinds: Vec<contract::Kind>) -> Result<Vec<Kind>, ScanError> {
    let kind = |kind: contract::Kind| {
        let extra = serde_json::from_str(&kind.extra)
            .map_err(|error| ScanError::Unsound(format!("`extra` of the kind {}: {error}", kind.id)))?;
        Ok(Kind { id: kind.id, title: kind.title, terraform_type: kind.terraform_type, extra })
    };
    kinds.into_iter().map(kind).collect()
}

/// What a step found, as the store takes it.
///
/// # Errors
/// [`ScanError::Unsound`] where the attributes of an asset are no JSON object.
pub fn slice(slice: contract::Slice) -> Result<Slice, ScanError> {
    let assets = slice.assets.into_iter().map(asset).collect::<Result<_, _>>()?;
    let skipped = slice.skipped.into_iter().map(skipped).collect();
    Ok(Slice { assets, next: slice.next, skipped })
}

/// What a refresh asked for and did not find: kind and id.
pub fn gone(slice: &contract::Slice) -> Vec<(String, String)> {
    let missing = slice.skipped.iter().filter(|skipped| skipped.why.reason == Reason::Missing);
    let id = |skipped: &contract::Skipped| {
        let extra: Value = serde_json::from_str(&skipped.why.extra).unwrap_or_default();
        extra["id"].as_str().map(|id| (skipped.kind.clone(), id.to_owned()))
    };
    missing.filter_map(id).collect()
}

fn asset(asset: contract::Asset) -> Result<Asset, ScanError> {
    let contract::Asset { kind, id, name, url, attributes, relations, .. } = asset;
    let attributes: Map<String, Value> = serde_json::from_str(&attributes)
        .map_err(|error| ScanError::Unsound(format!("attributes of the {kind} {id}: {error}")))?;
    let relation =
        |relation: contract::Relation| Relation { name: relation.name, kind: relation.kind, id: relation.id };
    Ok(Asset { kind, id, name, url, attributes, relations: relations.into_iter().map(relation).collect() })
}

/// An asset as the connector takes it.
pub fn told(asset: &Asset) -> contract::Asset {
    let relation =
        |of: &Relation| contract::Relation { name: of.name.clone(), kind: of.kind.clone(), id: of.id.clone() };
    contract::Asset {
        kind: asset.kind.clone(),
        id: asset.id.clone(),
        name: asset.name.clone(),
        url: asset.url.clone(),
        attributes: Value::Object(asset.attributes.clone()).to_string(),
        relations: asset.relations.iter().map(relation).collect(),
        extra: "{}".to_owned(),
    }
}

fn skipped(skipped: contract::Skipped) -> Skipped {
    let contract::Skipped { kind, why } = skipped;
    let message = match why.missing_scopes.is_empty() {
        true => why.message,
        false => format!("{} (missing scopes: {})", why.message, why.missing_scopes.join(" ")),
    };
    Skipped { kind, reason: why.reason.name().to_owned(), message }
}
