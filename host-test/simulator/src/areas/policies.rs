//! Escalation policies.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::crud::{Kind, Shape};
use crate::errors;
use crate::present::{Include, bare};
use crate::reply::{Answer, Reply};
use crate::rota;
use crate::routes::Route;
use crate::store::{Entity, Store};

const INCLUDES: &[Include] = &[
    ("services", &["services"]),
    ("teams", &["teams"]),
    ("targets", &["targets"]),
    ("escalation_rule_assignment_strategies", &[]),
];

const KIND: Kind = Kind {
    entity: Entity::EscalationPolicy,
    one: "escalation_policy",
    many: "escalation_policies",
    fields: &[
        ("name", Shape::Text, true),
        ("description", Shape::Text, false),
        ("escalation_rules", Shape::Any, true),
        ("num_loops", Shape::Whole, false),
        ("on_call_handoff_notifications", Shape::OneOf(&["if_has_services", "always"]), false),
        ("teams", Shape::Refs(Entity::Team), false),
    ],
    unique: "name",
    searched: &["name"],
    includes: INCLUDES,
    defaults: |_| {
        json!({
            "name": null, "description": null, "escalation_rules": [], "num_loops": 0,
            "on_call_handoff_notifications": "if_has_services", "teams": [], "privilege": null,
        })
    },
    audited: true,
};

const READ: &str = "escalation_policies.read";
const WRITE: &str = "escalation_policies.write";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/escalation_policies", READ, list),
    Route::new("POST", "/escalation_policies", WRITE, create),
    Route::new("GET", "/escalation_policies/{id}", READ, |store, call| KIND.get(store, call)),
    Route::new("PUT", "/escalation_policies/{id}", WRITE, update),
    Route::new("DELETE", "/escalation_policies/{id}", WRITE, delete),
];

fn list(store: &mut Store, call: &Call) -> Answer {
    KIND.list(store, call, |policy| {
        call.query.passes("user_ids[]", rota::targets(policy).map(|(_, _, id)| id))
            && call.query.passes("team_ids[]", policy.ids("teams").into_iter())
    })
}

// Gives the rules ids and their targets a plain form, or says what is wrong.
fn check_rules(store: &mut Store, given: &mut Map<String, Value>) -> Result<(), Reply> {
    let Some(rules) = given.get_mut("escalation_rules") else { return Ok(()) };
    let Some(rules) = rules.as_array_mut().filter(|rules| !rules.is_empty()) else {
        return Err(errors::invalid_one("Escalation rules must be an array of one rule or more"));
    };
    for (rule, n) in rules.iter_mut().zip(1..) {
        let Some(rule) = rule.as_object_mut() else {
            return Err(errors::invalid_one(format!("Escalation rule {n} must be an object")));
        };
        let delay = rule.get("escalation_delay_in_minutes").and_then(Value::as_u64);
        if delay.is_none_or(|minutes| minutes == 0) {
            return Err(errors::invalid_one(format!(
                "Escalation rule {n} needs escalation_delay_in_minutes of 1 or more"
            )));
        }
        let targets = rule.get_mut("targets").and_then(Value::as_array_mut).filter(|targets| !targets.is_empty());
        let Some(targets) = targets else {
            return Err(errors::invalid_one(format!("Escalation rule {n} needs targets")));
        };
        for target in targets {
            let kind = target.get("type").and_then(Value::as_str).and_then(Entity::of_type);
            let id = target.get("id").and_then(Value::as_str).unwrap_or("");
            match kind {
                Some(entity @ (Entity::User | Entity::Schedule)) if store.has(entity, id) => {
                    *target = bare(entity, id);
                }
                _ => {
                    let problem = format!("Escalation rule {n} names a target that does not exist: {id}");
                    return Err(errors::invalid_one(problem));
                }
            }
        }
        if !rule.get("id").is_some_and(Value::is_string) {
            rule.insert("id".into(), json!(store.rng().short_id()));
        }
    }
    Ok(())
}

fn create(store: &mut Store, call: &Call) -> Answer {
    let mut given = call.wrapped("escalation_policy")?;
    check_rules(store, &mut given)?;
    KIND.create_from(store, call, &given, "")
}

fn update(store: &mut Store, call: &Call) -> Answer {
    KIND.find(store, call.id(0))?;
    let mut given = call.wrapped("escalation_policy")?;
    check_rules(store, &mut given)?;
    KIND.update_from(store, call, &given, call.id(0))
}

fn delete(store: &mut Store, call: &Call) -> Answer {
    KIND.find(store, call.id(0))?;
    let mut services = store.table(Entity::Service).rows().iter();
    if services.any(|service| service.refers_to("escalation_policy", call.id(0))) {
        return Err(errors::invalid_one("The escalation policy can't be deleted as it's being used by services"));
    }
    KIND.delete(store, call, call.id(0))
}
