//! Terraform states against an account of a store: the connector says what a state
//! would hold, the inventory compares.
//!
//! Rule: knows the contract and no provider. Sends nothing and changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use connector_inventory::asset::Kind;
use connector_inventory::drift::drift;
use connector_inventory::drift::known::{Known, LeftOut, Sight};
use connector_inventory::drift::report::Report;
use connector_inventory::drift::rules::Values;
use connector_inventory::drift::state::States;
use connector_inventory::store::{Covered, Filter, Gone, Page, Snapshot, Store};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::connector::Connector;
use crate::contract::Asset;
use crate::inventory::{ScanError, told};

/// Assets that are read at a time.
const PAGE: usize = 1000;

/// What the connector knows of Terraform, to read states with ([`Known::ours`]) and
/// then to compare them. `account` is its nickname.
///
/// # Errors
/// [`ScanError::Unsound`] where it knows no resource type.
pub fn known(connector: &Connector, account: &str) -> Result<Known, ScanError> {
    let extra: Value = serde_json::from_str(&connector.identify().extra).unwrap_or_default();
    let terraform = &extra["terraform"];
    let mut known = Known::of(account);
    for one in terraform["types"].as_array().into_iter().flatten() {
        if let (Some(of), Some(kind)) = (one["type"].as_str(), one["kind"].as_str()) {
            known.types.insert(of.to_owned(), kind.to_owned());
        }
    }
    for (of, why) in terraform["left_out"].as_object().into_iter().flatten() {
        known.unmade.insert(of.clone(), why.as_str().unwrap_or_default().to_owned());
    }
    match known.types.is_empty() {
        true => Err(ScanError::Unsound("it tells of no Terraform types".to_owned())),
        false => Ok(known),
    }
}

/// Compares states with the one account of `at`. `all`: the connector's kinds;
/// `kinds`: those alone are looked at, all when empty; `now`: what is over then is
/// not codified.
///
/// # Errors
/// [`ScanError::Connector`], [`ScanError::Store`]; [`ScanError::Unsound`] where the connector
/// does not keep its contract.
#[allow(clippy::too_many_arguments)]
pub async fn compare(
    connector: &Connector,
    all: &[Kind],
    store: &Store,
    at: &Snapshot,
    mut known: Known,
    states: &States,
    kinds: &[String],
    now: Timestamp,
) -> Result<Report, ScanError> {
    known.scan = at.accounts().find(|(nickname, _)| *nickname == known.account).and_then(|(_, scan)| scan);
    let scans: BTreeMap<String, Covered> =
        store.kinds(at).await?.into_iter().map(|one| (one.kind.clone(), one)).collect();
    known.sights = all.iter().map(|kind| (kind.id.clone(), Sight::of(kind, scans.get(&kind.id)))).collect();
    let (there, gone) = assets(store, at, &mut known).await?;
    let (there, left_out) = values(connector, &there, &json!({"format": "values", "now": format!("{now:.0}")})).await?;
    known.leave_out(left_out);
    if !gone.is_empty() {
        // What was over when it went may be in a state: no `now`.
        let (gone, _) = values(connector, &gone, &json!({"format": "values"})).await?;
        known.gone_resources = gone.ids().map(|(of, id)| (of.to_owned(), id.to_owned())).collect();
    }
    Ok(drift(&there, states, &known, store.key_at_hand(), kinds))
}

/// The assets that are there, and those that are gone, of the kinds that Terraform
/// knows; their names go into what is known.
async fn assets(store: &Store, at: &Snapshot, known: &mut Known) -> Result<(Vec<Asset>, Vec<Asset>), ScanError> {
    let kinds: BTreeSet<&String> = known.types.values().collect();
    let kinds = kinds.into_iter().cloned().collect();
    let filter = Filter { kinds, gone: Gone::With, ..Filter::default() };
    let (mut there, mut gone, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        let Page { items, next } = store.list(at, &filter, after.as_ref(), PAGE).await?;
        for found in items {
            let (names, assets) = match found.gone {
                None => (&mut known.there, &mut there),
                Some(_) => (&mut known.gone, &mut gone),
            };
            assets.push(told(&found.asset));
            names.entry(found.asset.kind).or_default().insert(found.asset.id, found.asset.name);
        }
        after = next;
        if after.is_none() {
            return Ok((there, gone));
        }
    }
}

/// Assets as a state would hold them, and those that none can.
async fn values(
    connector: &Connector,
    assets: &[Asset],
    settings: &Value,
) -> Result<(Values, Vec<LeftOut>), ScanError> {
    let code = connector.codify(assets, &settings.to_string()).await?;
    let Some(file) = code.files.first() else {
        return Err(ScanError::Unsound("codify gave no values".to_owned()));
    };
    let values = Values::read(&file.content).map_err(ScanError::Unsound)?;
    let left_out = code.left_out.into_iter().map(|one| LeftOut { kind: one.kind, id: one.id, why: one.why });
    Ok((values, left_out.collect()))
}
