//! Automation actions: runners, actions, invocations, and what they are tied
//! to. A runner's secret is shown once.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{Association, Collection, PLAIN, Page};
use crate::errors;
use crate::present::{View, bare, incident::reference};
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};
use crate::times;

const RUNNER: Entity = Entity::Of("runner");
const ACTION: Entity = Entity::Of("action");
const INVOCATION: Entity = Entity::Of("invocation");

const PRIVILEGES: &str = r#"{"privileges": {"permissions": ["create", "update", "delete", "invoke"]}}"#;

pub(crate) const COLLECTIONS: &[Collection] = &[
    Collection {
        entity: RUNNER,
        kind: "runner",
        path: "/automation_actions/runners",
        one: "runner",
        many: "runners",
        fields: "name!:text description:text runner_type!:sidecar|runbook runbook_base_uri:text runbook_api_key:text",
        fixed: &["runner_type"],
        defaults: r#"{"name": null, "description": "", "runner_type": "sidecar", "runbook_base_uri": null, "last_seen": null, "status": "NotConfigured", "creation_time": "$utc", "metadata": {}, "secret": "$hex"}"#,
        filters: "name~name",
        page: Page::Cursor(100),
        beside: PRIVILEGES,
        id: crate::collection::Id::Form("01", 26),
        hidden: &["secret", "runbook_api_key"],
        includes: &[("associated_actions", &[])],
        seed: &[(0, r#"{"name": "Runner by the racks", "description": "In the data centre", "status": "Configured"}"#)],
        check: runner,
        held: |store, record| {
            let mut actions = store.table(ACTION).rows().iter();
            actions.any(|action| action.text("runner") == record.id).then_some("The runner has actions")
        },
        derive: runner_more,
        ..PLAIN
    },
    Collection {
        entity: ACTION,
        kind: "action",
        path: "/automation_actions/actions",
        one: "action",
        many: "actions",
        fields: "name!:text description:text action_classification:diagnostic|remediation \
                 action_type!:script|process_automation runner:@runner action_data_reference!:object \
                 only_invocable_on_unresolved_incidents:flag allow_invocation_manually:flag \
                 allow_invocation_from_event_orchestration:flag map_to_all_services:flag",
        fixed: &["action_type"],
        defaults: r#"{"name": null, "description": "", "action_type": null, "action_classification": null, "runner": null, "runner_type": null, "action_data_reference": {}, "only_invocable_on_unresolved_incidents": false, "allow_invocation_manually": true, "allow_invocation_from_event_orchestration": true, "map_to_all_services": false, "last_run": null, "last_run_by": null, "creation_time": "$utc"}"#,
        stamps: r#"{"modify_time": "$utc"}"#,
        filters: "name~name runner_id=runner classification=action_classification action_type=action_type",
        page: Page::Cursor(100),
        beside: PRIVILEGES,
        id: crate::collection::Id::Form("01", 26),
        seed: &[(
            0,
            r#"{"name": "Restart the till", "action_type": "script", "runner": "$runner.id:0", "runner_type": "sidecar", "action_data_reference": {"script": "systemctl restart till", "invocation_command": "/bin/sh"}}"#,
        )],
        check: action,
        made: |store, call, id| {
            let given = call.wrapped("action").unwrap_or_default();
            for kind in [&ACTION_SERVICES, &ACTION_TEAMS] {
                for item in given.get(kind.many).and_then(Value::as_array).into_iter().flatten() {
                    let to = item.get("id").and_then(Value::as_str).unwrap_or("");
                    if store.has(kind.to, to) {
                        store.tie(kind.many, id, to);
                    }
                }
            }
        },
        derive: action_more,
        ..PLAIN
    },
    Collection {
        entity: INVOCATION,
        kind: "invocation",
        path: "/automation_actions/invocations",
        one: "invocation",
        many: "invocations",
        verbs: "LG",
        filters: "invocation_state=state incident_id=metadata.incident.id action_id=action_id",
        page: Page::Whole,
        id: crate::collection::Id::Form("01", 26),
        summary: "action_id",
        seed: &[(
            0,
            r#"{"action_snapshot": {"name": "Restart the till", "action_type": "script"}, "runner_id": "$runner.id:0", "timing": [{"timestamp": "$utc", "state": "completed"}], "duration": 4, "state": "completed", "action_id": "$action.id:0", "metadata": {"agent": "$me"}}"#,
        )],
        ..PLAIN
    },
];

const ACTION_SERVICES: Association =
    Association { from: ACTION, to: Entity::Service, one: "service", many: "services" };
const ACTION_TEAMS: Association = Association { from: ACTION, to: Entity::Team, one: "team", many: "teams" };
const RUNNER_TEAMS: Association = Association { from: RUNNER, to: Entity::Team, one: "team", many: "teams" };

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/automation_actions/actions", "", actions),
    Route::new("GET", "/automation_actions/actions/{id}/services", "", |s, call| ACTION_SERVICES.list(s, call)),
    Route::new("POST", "/automation_actions/actions/{id}/services", "", |s, call| ACTION_SERVICES.add(s, call)),
    Route::new("GET", "/automation_actions/actions/{id}/services/{to}", "", |s, call| ACTION_SERVICES.get(s, call)),
    Route::new("DELETE", "/automation_actions/actions/{id}/services/{to}", "", |s, c| ACTION_SERVICES.remove(s, c)),
    Route::new("GET", "/automation_actions/actions/{id}/teams", "", |store, call| ACTION_TEAMS.list(store, call)),
    Route::new("POST", "/automation_actions/actions/{id}/teams", "", |store, call| ACTION_TEAMS.add(store, call)),
    Route::new("GET", "/automation_actions/actions/{id}/teams/{to}", "", |s, call| ACTION_TEAMS.get(s, call)),
    Route::new("DELETE", "/automation_actions/actions/{id}/teams/{to}", "", |s, call| ACTION_TEAMS.remove(s, call)),
    Route::new("GET", "/automation_actions/runners/{id}/teams", "", |store, call| RUNNER_TEAMS.list(store, call)),
    Route::new("POST", "/automation_actions/runners/{id}/teams", "", |store, call| RUNNER_TEAMS.add(store, call)),
    Route::new("GET", "/automation_actions/runners/{id}/teams/{to}", "", |s, call| RUNNER_TEAMS.get(s, call)),
    Route::new("DELETE", "/automation_actions/runners/{id}/teams/{to}", "", |s, call| RUNNER_TEAMS.remove(s, call)),
    Route::new("POST", "/automation_actions/actions/{id}/invocations", "", invoke),
];

fn runner(_: &mut Store, _: &Call, given: &mut Map<String, Value>, id: Option<&str>) -> Result<(), Reply> {
    let blank = |key: &str| given.get(key).and_then(Value::as_str).is_none_or(str::is_empty);
    let runbook = given.get("runner_type").and_then(Value::as_str) == Some("runbook");
    if runbook && id.is_none() && (blank("runbook_base_uri") || blank("runbook_api_key")) {
        return Err(errors::invalid_one("A runbook runner needs runbook_base_uri and runbook_api_key"));
    }
    Ok(())
}

fn tied(store: &Store, kind: &Association, id: &str) -> Value {
    store.tied(kind.many, id).map(|to| bare(kind.to, to)).collect()
}

fn runner_more(store: &Store, record: &Record, shown: &mut Map<String, Value>) {
    shown.insert("teams".into(), tied(store, &RUNNER_TEAMS, &record.id));
    let actions = store.table(ACTION).rows().iter().filter(|action| action.text("runner") == record.id);
    let actions: Value = actions.map(|action| bare(ACTION, &action.id)).collect();
    shown.insert("associated_actions".into(), json!({"actions": actions, "more": false}));
    shown.insert("privileges".into(), json!({"permissions": ["read", "update", "delete"]}));
}

// What a kind of action needs, and the kind of its runner.
fn action(store: &mut Store, _: &Call, given: &mut Map<String, Value>, id: Option<&str>) -> Result<(), Reply> {
    let kind = id.and_then(|id| Some(store.get(ACTION, id)?.text("action_type").to_owned()));
    let kind = kind.or_else(|| Some(given.get("action_type")?.as_str()?.to_owned())).unwrap_or_default();
    let needed = if kind == "script" { "script" } else { "process_automation_job_id" };
    let data = given.get("action_data_reference").and_then(Value::as_object);
    if data.is_some_and(|data| data.get(needed).and_then(Value::as_str).is_none_or(str::is_empty)) {
        return Err(errors::invalid_one(format!("Action data reference {needed} can't be blank")));
    }
    if given.get("runner").and_then(Value::as_str) == Some("") {
        given.insert("runner".into(), Value::Null);
    }
    Ok(())
}

fn action_more(store: &Store, record: &Record, shown: &mut Map<String, Value>) {
    shown.insert("services".into(), tied(store, &ACTION_SERVICES, &record.id));
    shown.insert("teams".into(), tied(store, &ACTION_TEAMS, &record.id));
    let runner = store.get(RUNNER, record.text("runner")).map(|runner| json!(runner.text("runner_type")));
    shown.insert("runner_type".into(), json!(runner));
    shown.insert("privileges".into(), json!({"permissions": ["read", "update", "delete", "invoke"]}));
}

// The two filters that look at ties; the rest is the collection's.
fn actions(store: &mut Store, call: &Call) -> Answer {
    let loaded = crate::collection::of(ACTION).ok_or_else(errors::not_found)?;
    loaded.list_where(store, call, |record| {
        call.query.passes("service_id", store.tied("services", &record.id))
            && call.query.passes("team_id", store.tied("teams", &record.id))
    })
}

fn invoke(store: &mut Store, call: &Call) -> Answer {
    let action = store.get(ACTION, call.id(0)).ok_or_else(errors::not_found)?.clone();
    let given = call.wrapped("invocation")?;
    let id = |key: &str| given.get("metadata").and_then(|data| data.get(key)).and_then(Value::as_str).unwrap_or("");
    let place = store.place(id("incident_id"));
    let Some(incident) = place.and_then(|place| store.incidents.get(place)) else {
        return Err(errors::invalid_one("Metadata incident_id does not exist"));
    };
    if action.fields.get("only_invocable_on_unresolved_incidents") == Some(&json!(true)) && !incident.open() {
        return Err(errors::invalid_one("The action may be invoked on unresolved incidents only"));
    }
    let at = times::utc(call.now);
    let agent = call.actor.as_deref().map(|user| bare(Entity::User, user));
    let fields = json!({
        "action_snapshot": {
            "name": action.text("name"), "action_type": action.text("action_type"),
            "action_data_reference": action.fields.get("action_data_reference"),
        },
        "runner_id": action.text("runner"),
        "timing": [{"timestamp": at, "state": "created"}, {"timestamp": at, "state": "prepared"}],
        "duration": null, "state": "prepared", "action_id": action.id,
        "metadata": {"agent": agent, "incident": reference(incident)},
    });
    let loaded = crate::collection::of(INVOCATION).ok_or_else(errors::not_found)?;
    let fields = fields.as_object().cloned().unwrap_or_default();
    let id = loaded.put(store, fields, "", call.now, call.actor.as_deref());
    if let Some(record) = store.table_mut(ACTION).get_mut(call.id(0)) {
        record.fields.insert("last_run".into(), json!(at));
        record.fields.insert("last_run_by".into(), json!(agent));
    }
    Ok(Reply::wrapped(201, "invocation", store.show_id(INVOCATION, &id, &View::default())))
}
