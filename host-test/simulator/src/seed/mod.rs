//! The account that every simulator starts with: an online shop of some size,
//! the same for the same seed, byte for byte.
//!
//! A few records carry text that breaks careless programs: a service whose
//! name is a spreadsheet formula, titles with control and bidirectional
//! characters, quotes, line ends and emoji.

mod collections;
mod extras;
mod incidents;
mod people;
mod rota;
mod services;
mod words;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::Options;
use crate::store::{Entity, Record, Store};
use crate::times;

/// An Events v2 integration key of a service of the account: 32 characters.
pub const ROUTING_KEY: &str = "simroutingkey0000000000000000001";

/// The account of most credentials.
pub(crate) fn account(options: &Options) -> Store {
    let mut store = Store::empty(options.seed);
    let now = times::whole(options.now);
    store.abilities = words::ABILITIES.to_vec();
    people::teams(&mut store);
    people::users(&mut store, now);
    rota::schedules(&mut store, now);
    rota::policies(&mut store);
    extras::vendors(&mut store);
    extras::priorities(&mut store, now);
    services::services(&mut store, now);
    extras::maintenance(&mut store, now);
    extras::change_events(&mut store, now);
    extras::audit(&mut store, now);
    extras::grouping(&mut store, now);
    extras::status_pages(&mut store, now);
    extras::allow_lists(&mut store);
    extras::slack(&mut store);
    extras::enrichment(&mut store, now);
    extras::custom_fields(&mut store, now);
    incidents::incidents(&mut store, now, options.incidents);
    collections::collections(&mut store, options.seed, now);
    store
}

/// Another account, with one user and nothing else.
pub(crate) fn other_account(options: &Options) -> Store {
    let mut store = Store::empty(options.seed ^ 0x0dd);
    store.abilities = vec!["teams"];
    let user = json!({
        "name": "Petra Elsewhere", "email": "petra@elsewhere.example", "time_zone": "Europe/Paris", "color": "teal",
        "avatar_url": "https://pd-static-assets.pagerduty.com/users/blank-avatar.png", "role": "admin",
        "description": null, "invitation_sent": false, "job_title": null, "created_via_sso": false,
    });
    store.owner = put(&mut store, Entity::User, user);
    store
}

/// Adds a record made with `json!`.
fn put(store: &mut Store, entity: Entity, fields: Value) -> String {
    put_owned(store, entity, "", fields)
}

fn put_owned(store: &mut Store, entity: Entity, owner: &str, fields: Value) -> String {
    store.add(entity, owner, object(fields))
}

/// Adds a record under an id of its own form.
fn put_as(store: &mut Store, entity: Entity, id: String, fields: Value) {
    let record = Record { id, owner: String::new(), fields: object(fields) };
    store.table_mut(entity).push(record);
}

fn object(fields: Value) -> Map<String, Value> {
    match fields {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The id of the n-th record, round and round.
fn nth(store: &Store, entity: Entity, n: usize) -> String {
    store.table(entity).nth(n).map(|record| record.id.clone()).unwrap_or_default()
}

/// A time so many seconds before another, in the account's zone.
fn before(now: Timestamp, seconds: i64) -> String {
    times::account(times::plus(now, -seconds))
}
