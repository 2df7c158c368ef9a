//! IP allow lists, an early access: what addresses may sign in from.

use crate::call::Call;
use crate::collection::{Collection, Id, Links, PLAIN, Page};
use crate::errors;
use crate::reply::Reply;
use crate::store::{Entity, Store};
use serde_json::{Map, Value};

pub(crate) const COLLECTIONS: &[Collection] = &[Collection {
    entity: Entity::IpAllowList,
    kind: "ip_allow_list",
    path: "/ip_allow_lists",
    one: "ip_allow_list",
    many: "ip_allow_lists",
    fields: "state!:enabled|disabled cidr_entries!:list",
    defaults: r#"{"type": "ip_allow_list"}"#,
    page: Page::Whole,
    id: Id::Form("A", 26),
    links: Links::None,
    scope: "ip_allow_lists",
    early: "ip-allow-lists",
    check: ranges,
    ..PLAIN
}];

// Every entry holds a range such as 192.0.2.0/24.
fn ranges(_: &mut Store, _: &Call, given: &mut Map<String, Value>, _: Option<&str>) -> Result<(), Reply> {
    let entries = given.get("cidr_entries").and_then(Value::as_array);
    let range = |entry: &Value| {
        let (address, bits) = entry["cidr"].as_str().and_then(|text| text.split_once('/')).unwrap_or_default();
        address.parse::<std::net::IpAddr>().is_ok() && bits.parse::<u8>().is_ok_and(|bits| bits <= 128)
    };
    match entries.into_iter().flatten().find(|entry| !range(entry)) {
        Some(entry) => Err(errors::invalid_one(format!("CIDR is invalid: {}", entry["cidr"].as_str().unwrap_or("")))),
        None => Ok(()),
    }
}
