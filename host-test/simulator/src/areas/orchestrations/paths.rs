//! The paths of an orchestration (router, unrouted, global) and of a service:
//! each is there from the start with nothing in it, and is replaced whole.

use serde_json::{Map, Value, json};

use super::ORCHESTRATION;
use crate::call::Call;
use crate::errors;
use crate::present::bare;
use crate::reply::{Answer, Reply};
use crate::store::{Entity, Record, Store};
use crate::times;

const PATH: Entity = Entity::Of("orchestration_path");

/// One kind of path.
pub(super) struct Kind {
    name: &'static str,
    parent: Entity,
    /// The actions of the catch-all at the start: JSON.
    at_first: &'static str,
}

pub(super) const ROUTER: Kind = Kind { name: "router", parent: ORCHESTRATION, at_first: r#"{"route_to": "unrouted"}"# };
pub(super) const UNROUTED: Kind =
    Kind { name: "unrouted", parent: ORCHESTRATION, at_first: r#"{"severity": "info", "event_action": "trigger"}"# };
pub(super) const GLOBAL: Kind = Kind { name: "global", parent: ORCHESTRATION, at_first: "{}" };
pub(super) const SERVICE: Kind = Kind { name: "service", parent: Entity::Service, at_first: "{}" };

fn find<'a>(store: &'a Store, owner: &str, kind: &str) -> Option<&'a Record> {
    store.table(PATH).rows().iter().find(|record| record.owner == owner && record.text("type") == kind)
}

/// How many rules the router has.
pub(super) fn routes(store: &Store, orchestration: &str) -> usize {
    let rules = |set: &Value| set.get("rules").and_then(Value::as_array).map_or(0, Vec::len);
    let sets = find(store, orchestration, ROUTER.name).and_then(|path| path.fields.get("sets")?.as_array().cloned());
    sets.unwrap_or_default().iter().map(rules).sum()
}

fn whole(store: &Store, call: &Call, kind: &Kind) -> Value {
    let owner = call.id(0);
    let fields = find(store, owner, kind.name).map(|record| record.fields.clone());
    let mut shown = fields.unwrap_or_else(|| {
        let actions: Value = serde_json::from_str(kind.at_first).unwrap_or_default();
        // It is there since its parent is.
        let made = store.get(kind.parent, owner).and_then(|parent| times::parse(parent.text("created_at")));
        let at = times::utc(made.unwrap_or(call.now));
        let fields = json!({
            "type": kind.name, "sets": [{"id": "start", "rules": []}], "catch_all": {"actions": actions},
            "created_at": at, "created_by": null, "updated_at": at, "updated_by": null, "version": null,
        });
        fields.as_object().cloned().unwrap_or_default()
    });
    let mut parent = bare(kind.parent, owner);
    let base = if kind.parent == Entity::Service { "services" } else { "event_orchestrations" };
    parent["self"] = json!(format!("https://api.pagerduty.com/{base}/{owner}"));
    shown.insert("parent".into(), parent);
    let below = match kind.parent {
        Entity::Service => format!("services/{owner}"),
        _ => format!("{owner}/{}", kind.name),
    };
    shown.insert("self".into(), json!(format!("https://api.pagerduty.com/event_orchestrations/{below}")));
    let mut shown = Value::Object(shown);
    for key in ["created_by", "updated_by"] {
        if let Some(user) = shown.get_mut(key) {
            store.complete(user, key, &crate::present::View::default());
        }
    }
    shown
}

fn known(store: &Store, call: &Call, kind: &Kind) -> Result<(), Reply> {
    if store.has(kind.parent, call.id(0)) { Ok(()) } else { Err(errors::not_found()) }
}

pub(super) fn get(store: &mut Store, call: &Call, kind: &Kind) -> Answer {
    known(store, call, kind)?;
    Ok(Reply::wrapped(200, "orchestration_path", whole(store, call, kind)))
}

pub(super) fn put(store: &mut Store, call: &Call, kind: &Kind) -> Answer {
    known(store, call, kind)?;
    let mut given = call.wrapped("orchestration_path")?;
    let warnings = rules(store, &mut given, kind)?;
    let mut fields = find(store, call.id(0), kind.name).map(|record| record.fields.clone()).unwrap_or_default();
    let at = json!(times::utc(call.now));
    let user = json!(call.actor.as_deref().map(|id| bare(Entity::User, id)));
    for (key, value) in [("created_at", &at), ("created_by", &user)] {
        fields.entry(key).or_insert_with(|| value.clone());
    }
    fields.insert("type".into(), json!(kind.name));
    for key in ["sets", "catch_all"] {
        if let Some(value) = given.remove(key) {
            fields.insert(key.into(), value);
        }
    }
    fields.entry("catch_all").or_insert_with(|| json!({"actions": {}}));
    fields.insert("updated_at".into(), at);
    fields.insert("updated_by".into(), user);
    fields.insert("version".into(), json!(store.rng().hex()));
    let id = find(store, call.id(0), kind.name).map(|record| record.id.clone());
    match id {
        Some(id) => {
            if let Some(record) = store.table_mut(PATH).get_mut(&id) {
                record.fields = fields;
            }
        }
        None => {
            store.add(PATH, call.id(0), fields);
        }
    }
    let body = json!({"orchestration_path": whole(store, call, kind), "warnings": warnings});
    Ok(Reply::json(200, &body))
}

// Gives the rules ids, or says what is wrong. A set that nothing leads to is
// no error, as in PagerDuty.
fn rules(store: &mut Store, given: &mut Map<String, Value>, kind: &Kind) -> Result<Vec<Value>, Reply> {
    let Some(sets) = given.get_mut("sets").and_then(Value::as_array_mut) else {
        return Err(errors::invalid_one("Sets can't be blank"));
    };
    if !sets.iter().any(|set| set.get("id").and_then(Value::as_str) == Some("start")) {
        return Err(errors::invalid_one("Sets must hold one whose id is start"));
    }
    if kind.name == ROUTER.name && sets.len() > 1 {
        return Err(errors::invalid_one("A router has one set, start"));
    }
    let names: Vec<String> = sets.iter().filter_map(|set| Some(set.get("id")?.as_str()?.to_owned())).collect();
    for set in sets {
        let Some(rules) = set.get_mut("rules").and_then(Value::as_array_mut) else {
            return Err(errors::invalid_one("A set needs rules"));
        };
        for rule in rules {
            let Some(rule) = rule.as_object_mut() else {
                return Err(errors::invalid_one("Rules must be objects"));
            };
            let route = rule.get("actions").and_then(|actions| actions.get("route_to")).and_then(Value::as_str);
            let route = route.filter(|route| !route.is_empty());
            let leads = route.is_none_or(|route| match kind.name {
                "router" => route == "unrouted" || store.has(Entity::Service, route),
                _ => names.iter().any(|name| name == route),
            });
            if !leads {
                return Err(errors::invalid_one(format!("route_to leads nowhere: {}", route.unwrap_or(""))));
            }
            let unnamed = rule.get("id").and_then(Value::as_str).is_none_or(str::is_empty);
            if unnamed {
                let id = store.rng().hex().get(..8).unwrap_or_default().to_owned();
                rule.insert("id".into(), json!(id));
            }
            rule.entry("conditions").or_insert_with(|| json!([]));
            rule.entry("disabled").or_insert_with(|| json!(false));
        }
    }
    Ok(Vec::new())
}

const SWITCH: &str = "orchestration_active";

pub(super) fn active(store: &mut Store, call: &Call) -> Answer {
    known(store, call, &SERVICE)?;
    let on = store.tied(SWITCH, call.id(0)).next().is_some();
    Ok(Reply::json(200, &json!({"active": on})))
}

pub(super) fn set_active(store: &mut Store, call: &Call) -> Answer {
    known(store, call, &SERVICE)?;
    let Some(on) = call.object()?.get("active").and_then(Value::as_bool) else {
        return Err(errors::invalid_one("active must be true or false"));
    };
    if on {
        store.tie(SWITCH, call.id(0), "on");
    } else {
        store.untie(SWITCH, call.id(0), "on");
    }
    Ok(Reply::json(200, &json!({"active": on})))
}
