//! Rulesets, their rules and those of services, and the rules of the account
//! that came before rulesets. Rules have places: one that comes in, moves or
//! goes moves the others, and a ruleset ends with a rule that catches all.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{self, Collection, Links, PLAIN};
use crate::errors;
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};

const RULESET: Entity = Entity::Of("ruleset");
const RULE: Entity = Entity::Of("ruleset_rule");
const SERVICE_RULE: Entity = Entity::Of("service_event_rule");
const OLD_RULE: Entity = Entity::Of("event_rule");

const RULES: Collection = Collection {
    one: "rule",
    many: "rules",
    fields: "disabled:flag conditions:object conditions.operator:and|or time_frame:object variables:list \
             position:whole actions:object",
    defaults: r#"{"disabled": false, "conditions": null, "time_frame": null, "variables": [], "position": null, "catch_all": false, "actions": {}}"#,
    links: Links::Itself,
    id: collection::Id::Uuid,
    check: place,
    ..PLAIN
};

pub(crate) const COLLECTIONS: &[Collection] = &[
    Collection {
        entity: RULESET,
        kind: "ruleset",
        path: "/rulesets",
        one: "ruleset",
        many: "rulesets",
        fields: "name!:text team:@team",
        unique: "name",
        defaults: r#"{"name": null, "type": "global", "routing_keys": ["$routing"], "team": null, "created_at": "$utc", "creator": "$me"}"#,
        stamps: r#"{"updated_at": "$utc", "updater": "$me"}"#,
        id: collection::Id::Uuid,
        links: Links::Itself,
        scope: "event_rules",
        seed: &[
            (0, r#"{"name": "Default Global", "type": "default_global"}"#),
            (0, r#"{"name": "Warehouse rules", "team": "$team:1"}"#),
        ],
        made: |store, call, id| catch_all(store, call, id),
        held: |_, record| (record.text("type") == "default_global").then_some("The default ruleset can't be deleted"),
        ..PLAIN
    },
    Collection {
        entity: RULE,
        path: "/rulesets/{id}/rules",
        parents: &[RULESET],
        scope: "event_rules",
        seed: &[
            (0, r#"{"position": 0, "catch_all": true, "actions": {"suppress": {"value": true}}}"#),
            (
                1,
                r#"{"position": 0, "conditions": {"operator": "and", "subconditions": [{"operator": "contains", "parameters": {"path": "summary", "value": "disk"}}]}, "actions": {"route": {"value": "$service.id:0"}}}"#,
            ),
            (1, r#"{"position": 1, "catch_all": true, "actions": {"suppress": {"value": true}}}"#),
        ],
        made: |store, _, id| settle(store, RULE, id),
        held: |_, record| catches_all(record).then_some("The rule that catches all can't be deleted"),
        derive: |_, record, shown| {
            shown.remove("type");
            shown.insert("ruleset".into(), json!({"id": record.owner, "type": "ruleset_reference"}));
        },
        ..RULES
    },
    Collection {
        entity: SERVICE_RULE,
        path: "/services/{id}/rules",
        parents: &[Entity::Service],
        scope: "services",
        seed: &[(
            0,
            r#"{"position": 0, "conditions": {"operator": "and", "subconditions": [{"operator": "exists", "parameters": {"path": "summary", "value": ""}}]}, "actions": {"annotate": {"value": "Seen by a rule"}}}"#,
        )],
        made: |store, _, id| settle(store, SERVICE_RULE, id),
        derive: |_, record, shown| {
            shown.remove("type");
            shown.remove("catch_all");
            shown.insert("service".into(), json!({"id": record.owner, "type": "service_reference"}));
        },
        ..RULES
    },
];

pub(crate) const ROUTES: &[Route] = &[
    Route::new("PUT", "/rulesets/{id}/rules/{rule}", "event_rules.write", |store, call| update(store, call, RULE)),
    Route::new("PUT", "/services/{id}/rules/{rule}", "services.write", |s, call| update(s, call, SERVICE_RULE)),
    Route::new("DELETE", "/rulesets/{id}/rules/{rule}", "event_rules.write", |store, call| delete(store, call, RULE)),
    Route::new("DELETE", "/services/{id}/rules/{rule}", "services.write", |s, call| delete(s, call, SERVICE_RULE)),
    Route::new("POST", "/services/{id}/rules/convert", "services.write", convert),
    Route::new("GET", "/event_rules", "event_rules.read", old_rules),
    Route::new("POST", "/event_rules", "event_rules.write", create_old),
    Route::new("PUT", "/event_rules/{id}", "event_rules.write", update_old),
    Route::new("DELETE", "/event_rules/{id}", "event_rules.write", delete_old),
];

fn catches_all(record: &Record) -> bool {
    record.fields.get("catch_all") == Some(&json!(true))
}

fn position(record: &Record) -> u64 {
    record.fields.get("position").and_then(Value::as_u64).unwrap_or(u64::MAX)
}

fn catch_all(store: &mut Store, call: &Call, ruleset: &str) {
    let fields = json!({"position": 0, "catch_all": true, "actions": {"suppress": {"value": true}}});
    if let (Some(loaded), Value::Object(fields)) = (collection::of(RULE), fields) {
        loaded.put(store, fields, ruleset, call.now, call.actor.as_deref());
    }
}

fn place(_: &mut Store, _: &Call, given: &mut Map<String, Value>, _: Option<&str>) -> Result<(), Reply> {
    match given.get("position") {
        Some(value) if !value.is_null() && value.as_u64().is_none() => {
            Err(errors::invalid_one("Position must be zero or more"))
        }
        _ => Ok(()),
    }
}

// Puts a rule where its position says and numbers all of its owner's anew.
fn settle(store: &mut Store, entity: Entity, id: &str) {
    let Some(owner) = store.get(entity, id).map(|record| record.owner.clone()) else { return };
    let mine = store.table(entity).rows().iter().filter(|record| record.owner == owner);
    let mut rules: Vec<(bool, u64, bool, String)> =
        mine.map(|record| (catches_all(record), position(record), record.id != id, record.id.clone())).collect();
    // The one that moves goes before the one that has its place.
    rules.sort();
    number(store, entity, rules.into_iter().map(|(_, _, _, id)| id));
}

fn number(store: &mut Store, entity: Entity, ids: impl Iterator<Item = String>) {
    for (n, id) in ids.enumerate() {
        if let Some(record) = store.table_mut(entity).get_mut(&id) {
            record.fields.insert("position".into(), json!(n));
        }
    }
    store.table_mut(entity).sort_by_key(|record| (record.owner.clone(), position(record)));
}

// A rule that moves is taken out first, so that places count without it.
fn update(store: &mut Store, call: &Call, entity: Entity) -> Answer {
    let loaded = collection::of(entity).ok_or_else(errors::not_found)?;
    let (id, owner, from) =
        loaded.find(store, call).map(|record| (record.id.clone(), record.owner.clone(), position(record)))?;
    let reply = loaded.answer(collection::Verb::Update, store, call)?;
    let to = store.get(entity, &id).map_or(from, position);
    if to != from {
        let mine = store.table(entity).rows().iter().filter(|record| record.owner == owner && record.id != id);
        let mut rules: Vec<(bool, u64, String)> =
            mine.map(|record| (catches_all(record), position(record), record.id.clone())).collect();
        rules.sort();
        let most = rules.iter().filter(|(all, _, _)| !all).count();
        let at = usize::try_from(to).unwrap_or(most).min(most);
        rules.insert(at, (false, to, id.clone()));
        number(store, entity, rules.into_iter().map(|(_, _, id)| id));
    }
    let shown = store.show_id(entity, &id, &View::default());
    Ok(Reply::wrapped(reply.status, "rule", shown))
}

// The places after it close up.
fn delete(store: &mut Store, call: &Call, entity: Entity) -> Answer {
    let loaded = collection::of(entity).ok_or_else(errors::not_found)?;
    let owner = loaded.find(store, call)?.owner.clone();
    let reply = loaded.answer(collection::Verb::Delete, store, call)?;
    let left = store.table(entity).rows().iter().filter(|record| record.owner == owner);
    let left: Vec<String> = left.map(|record| record.id.clone()).collect();
    number(store, entity, left.into_iter());
    Ok(reply)
}

fn convert(store: &mut Store, call: &Call) -> Answer {
    if !store.has(Entity::Service, call.id(0)) {
        return Err(errors::not_found());
    }
    let rules = store.table(SERVICE_RULE).rows().iter().filter(|record| record.owner == call.id(0));
    let rules: Vec<String> = rules.map(|record| record.id.clone()).collect();
    for rule in rules {
        store.remove(SERVICE_RULE, &rule);
    }
    Ok(Reply::json(200, &json!({"convert_status": "Success", "converted_to": call.id(0)})))
}

fn show_old(record: &Record) -> Value {
    let mut shown = record.fields.clone();
    shown.insert("id".into(), json!(record.id));
    Value::Object(shown)
}

fn old_rules(store: &mut Store, _: &Call) -> Answer {
    let rules: Value = store.table(OLD_RULE).rows().iter().map(show_old).collect();
    let body = json!({"external_id": "lanternway", "object_version": "1", "format_version": "2", "rules": rules});
    Ok(Reply::json(200, &body))
}

fn take_old(call: &Call) -> Result<Map<String, Value>, Reply> {
    let mut given = call.object()?;
    given.remove("id");
    if !given.get("actions").is_some_and(Value::is_array) {
        return Err(errors::invalid_one("Actions must be an array"));
    }
    Ok(given)
}

fn create_old(store: &mut Store, call: &Call) -> Answer {
    let fields = take_old(call)?;
    let id = store.add(OLD_RULE, "", fields);
    Ok(Reply::json(200, &store.get(OLD_RULE, &id).map_or(Value::Null, show_old)))
}

fn update_old(store: &mut Store, call: &Call) -> Answer {
    let given = take_old(call)?;
    let record = store.table_mut(OLD_RULE).get_mut(call.id(0)).ok_or_else(errors::not_found)?;
    record.fields = given;
    Ok(Reply::json(200, &show_old(record)))
}

fn delete_old(store: &mut Store, call: &Call) -> Answer {
    store.remove(OLD_RULE, call.id(0)).ok_or_else(errors::not_found)?;
    Ok(Reply::empty(204))
}
