//! Incident workflows, the actions they are made of, what triggers them, and
//! starting one.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{self, Collection, PLAIN, Page};
use crate::errors;
use crate::present::{View, bare, incident::reference};
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};

const WORKFLOW: Entity = Entity::Of("incident_workflow");
const TRIGGER: Entity = Entity::Of("workflow_trigger");
const ACTION: Entity = Entity::Of("workflow_action");

pub(crate) const COLLECTIONS: &[Collection] = &[
    Collection {
        entity: ACTION,
        path: "/incident_workflows/actions",
        one: "action",
        many: "actions",
        verbs: "LG",
        filters: "keyword~name,description",
        page: Page::Cursor(100),
        beside: r#"{"more": "$more"}"#,
        id: collection::Id::Form("A", 7),
        scope: "incident_workflows",
        seed: &[
            (
                0,
                r#"{"type": "action", "name": "Send Status Update", "description": "Tells the subscribers of an incident", "domain_name": "pagerduty.com", "package_name": "incident-workflows", "function_name": "send-status-update", "version": 1, "action_type": "action", "action_tier": "basic-action", "tags": ["status"], "search_keywords": ["status", "update"], "inputs": [{"name": "Message", "description": "What to say", "type": "text", "is_required": true, "is_hidden": false, "advanced": false}], "outputs": []}"#,
            ),
            (
                0,
                r#"{"type": "action", "name": "Add Responders", "description": "Asks others to help", "domain_name": "pagerduty.com", "package_name": "incident-workflows", "function_name": "add-responders", "version": 5, "action_type": "action", "action_tier": "standard-action", "tags": ["people"], "search_keywords": ["responder"], "inputs": [{"name": "Responders", "description": "Whom to ask", "type": "text", "is_required": true, "is_hidden": false, "advanced": false}], "outputs": []}"#,
            ),
        ],
        ..PLAIN
    },
    Collection {
        entity: WORKFLOW,
        kind: "incident_workflow",
        path: "/incident_workflows",
        one: "incident_workflow",
        many: "incident_workflows",
        fields: "name!:text description:text team:@team is_enabled:flag steps:list",
        defaults: r#"{"name": null, "description": null, "created_at": "$utc", "team": null, "is_enabled": true, "steps": []}"#,
        filters: "query~name",
        includes: &[("steps", &[]), ("team", &["team"])],
        // As documented: a get answers 201, a delete 200.
        statuses: [201, 201, 200, 200],
        scope: "incident_workflows",
        seed: &[
            (
                0,
                r#"{"name": "Wake the shop", "description": "For orders that stall", "steps": [{"id": "$id", "type": "step", "name": "Tell them", "description": "Says so", "action_configuration": {"action_id": "pagerduty.com:incident-workflows:send-status-update:1", "description": "Says so", "inputs": [{"name": "Message", "parameter_type": "text", "value": "Orders stall"}]}}]}"#,
            ),
            (0, r#"{"name": "Night watch", "team": "$team:0"}"#),
        ],
        check: steps,
        ..PLAIN
    },
    Collection {
        entity: TRIGGER,
        kind: "workflow_trigger",
        path: "/incident_workflows/triggers",
        one: "trigger",
        many: "triggers",
        fields: "trigger_type!:conditional|manual|incident_type condition:text incident_types:list \
                 workflow!:@incident_workflow services:@service[] is_subscribed_to_all_services:flag \
                 permissions:object is_disabled:flag",
        fixed: &["trigger_type", "workflow"],
        defaults: r#"{"trigger_type": null, "condition": null, "incident_types": [], "workflow": null, "services": [], "is_subscribed_to_all_services": false, "permissions": {"restricted": false, "team_id": null}, "is_disabled": false}"#,
        filters: "workflow_id=workflow service_id=services trigger_type=trigger_type is_disabled=is_disabled",
        page: Page::Cursor(100),
        beside: r#"{"more": "$more"}"#,
        id: collection::Id::Uuid,
        summary: "trigger_type",
        scope: "incident_workflows",
        seed: &[(0, r#"{"trigger_type": "manual", "workflow": "$incident_workflow:0", "services": ["$service:0"]}"#)],
        check: trigger,
        derive: trigger_more,
        ..PLAIN
    },
];

const WRITE: &str = "incident_workflows.write";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("POST", "/incident_workflows/{id}/instances", "incident_workflows:instances.write", start),
    Route::new("POST", "/incident_workflows/triggers/{id}/services", WRITE, add_service),
    Route::new("DELETE", "/incident_workflows/triggers/{id}/services/{service}", WRITE, remove_service),
];

// Gives the steps ids.
fn steps(store: &mut Store, _: &Call, given: &mut Map<String, Value>, _: Option<&str>) -> Result<(), Reply> {
    for step in given.get_mut("steps").and_then(Value::as_array_mut).into_iter().flatten() {
        let named = step.get("name").and_then(Value::as_str).is_some_and(|name| !name.is_empty());
        let acts = step.get("action_configuration").and_then(|action| action.get("action_id")).is_some();
        if !named || !acts {
            return Err(errors::invalid_one("A step needs a name and an action_configuration with an action_id"));
        }
        if step.get("id").and_then(Value::as_str).is_none_or(str::is_empty) {
            step["id"] = json!(store.rng().short_id());
        }
        step["type"] = json!("step");
    }
    Ok(())
}

fn trigger(store: &mut Store, _: &Call, given: &mut Map<String, Value>, id: Option<&str>) -> Result<(), Reply> {
    let kind = given.get("trigger_type").and_then(Value::as_str).unwrap_or("");
    let condition = given.get("condition").and_then(Value::as_str).unwrap_or("");
    if kind == "conditional" && id.is_none() && condition.is_empty() {
        return Err(errors::invalid_one("Condition can't be blank"));
    }
    let permissions = given.get("permissions");
    let team = permissions.and_then(|p| p.get("team_id")).and_then(Value::as_str).unwrap_or("");
    let restricted = permissions.and_then(|p| p.get("restricted")) == Some(&json!(true));
    if restricted && !store.has(Entity::Team, team) {
        return Err(errors::invalid_one("Permissions that restrict must name a team"));
    }
    Ok(())
}

fn trigger_more(store: &Store, record: &Record, shown: &mut Map<String, Value>) {
    let name = match record.text("trigger_type") {
        "conditional" => "Conditional",
        "manual" => "Manual",
        _ => "Incident Type",
    };
    shown.insert("trigger_type_name".into(), json!(name));
    let address = format!("https://api.pagerduty.com/incident_workflows/triggers/{}/start", record.id);
    shown.insert("trigger_url".into(), json!(address));
    let workflow = record.ids("workflow").first().and_then(|id| store.get(WORKFLOW, id));
    let workflow = workflow.map(|workflow| {
        json!({
            "id": workflow.id, "type": "workflow_reference", "name": workflow.text("name"),
            "self": format!("https://api.pagerduty.com/incident_workflows/{}", workflow.id), "html_url": null,
        })
    });
    shown.insert("workflow".into(), json!(workflow));
    let mut services = json!(record.fields.get("services"));
    store.complete(&mut services, "services", &View::default());
    for service in services.as_array_mut().into_iter().flatten() {
        service["type"] = json!("service");
    }
    shown.insert("services".into(), services);
}

fn start(store: &mut Store, call: &Call) -> Answer {
    if !store.has(WORKFLOW, call.id(0)) {
        return Err(errors::not_found());
    }
    let given = call.wrapped("incident_workflow_instance")?;
    let id = given.get("incident").and_then(|incident| incident.get("id")).and_then(Value::as_str).unwrap_or("");
    let incident = store.place(id).and_then(|place| store.incidents.get(place)).map(reference);
    let Some(incident) = incident else { return Err(errors::invalid_one(format!("Incident does not exist: {id}"))) };
    let own = given.get("id").and_then(Value::as_str).map(str::to_owned);
    let own = own.unwrap_or_else(|| store.rng().uuid());
    let shown = json!({"id": own, "type": "incident_workflow_instance", "incident": incident});
    Ok(Reply::wrapped(201, "incident_workflow_instance", shown))
}

fn services(store: &mut Store, call: &Call, change: impl Fn(&mut Vec<Value>)) -> Answer {
    let record = store.table_mut(TRIGGER).get_mut(call.id(0)).ok_or_else(errors::not_found)?;
    if let Some(list) = record.fields.get_mut("services").and_then(Value::as_array_mut) {
        change(list);
    }
    Ok(Reply::wrapped(201, "trigger", store.show_id(TRIGGER, call.id(0), &View::default())))
}

fn add_service(store: &mut Store, call: &Call) -> Answer {
    let given = call.wrapped("service")?;
    let id = given.get("id").and_then(Value::as_str).unwrap_or("").to_owned();
    if !store.has(Entity::Service, &id) {
        return Err(errors::invalid_one(format!("Service does not exist: {id}")));
    }
    services(store, call, |list| {
        if !list.iter().any(|service| service["id"] == id.as_str()) {
            list.push(bare(Entity::Service, &id));
        }
    })
}

fn remove_service(store: &mut Store, call: &Call) -> Answer {
    let trigger = store.get(TRIGGER, call.id(0)).ok_or_else(errors::not_found)?;
    if !trigger.refers_to("services", call.id(1)) {
        return Err(errors::not_found());
    }
    services(store, call, |list| list.retain(|service| service["id"] != call.id(1)))
}
