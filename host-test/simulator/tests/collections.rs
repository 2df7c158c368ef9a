//! Every collection from beginning to end: create, get, list, update, get,
//! delete, and gone. A row names the path, the wrapper, the body, and a field
//! that is changed; `{teams}` and the like are ids of seeded records.

mod common;

use common::{Answer, small, user};
use pagerduty_simulator::Simulator;
use serde_json::{Value, json};

/// Where the first record of a kind is found, for names that are no path.
const PLACES: &[(&str, &str, &str)] = &[
    ("event_orchestrations", "/event_orchestrations", "orchestrations"),
    ("incident_types", "/incidents/types", "incident_types"),
    ("accounts", "/integration-jira-cloud/accounts_mappings", "accounts_mappings"),
    ("methods", "/users/{users}/contact_methods", "contact_methods"),
    ("schedules", "/v3/schedules", "schedules"),
    ("rotations", "/v3/schedules/{schedules}/rotations", "rotations"),
];

fn fill(simulator: &Simulator, text: &str) -> String {
    let mut text = text.to_owned();
    while let Some((at, name)) = hole(&text) {
        let place = PLACES.iter().find(|(known, _, _)| *known == name);
        let (path, key) = place.map_or((format!("/{name}"), name.as_str()), |(_, path, key)| ((*path).into(), key));
        let id = common::first(simulator, &fill(simulator, &path), key);
        text.replace_range(at..at + name.len() + 2, &id);
    }
    text
}

// A word in braces that is no JSON.
fn hole(text: &str) -> Option<(usize, String)> {
    text.char_indices().filter(|(_, c)| *c == '{').find_map(|(at, _)| {
        let name: String = text[at + 1..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
        text[at + 1 + name.len()..].starts_with('}').then_some((at, name)).filter(|(_, name)| !name.is_empty())
    })
}

struct Row<'a> {
    simulator: &'a Simulator,
    path: String,
    one: &'a str,
    many: &'a str,
}

impl Row<'_> {
    fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let answer = user(self.simulator, method, path, body);
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.text);
        answer
    }

    fn one(&self, answer: &Answer) -> Value {
        if self.one.is_empty() { answer.body.clone() } else { answer.at(&format!("/{}", self.one)) }
    }

    fn wrap(&self, value: &Value) -> String {
        if self.one.is_empty() { value.to_string() } else { json!({self.one: value}).to_string() }
    }
}

/// From beginning to end. `change` is one field with its new value.
fn check(path: &str, one: &str, many: &str, body: &str, change: (&str, Value)) {
    let simulator = small();
    let row = Row { simulator: &simulator, path: fill(&simulator, path), one, many };
    let body: Value = serde_json::from_str(&fill(&simulator, body)).expect("JSON");
    let seeded = user(&simulator, "GET", &row.path, "").list(&format!("/{many}"));
    assert!(!seeded.is_empty(), "{path} has no seeded record");

    let made = row.one(&row.ask("POST", &row.path, &row.wrap(&body)));
    let id = made["id"].as_str().unwrap_or_else(|| panic!("{path}: no id in {made}")).to_owned();
    let own = format!("{}/{id}", row.path);
    let read = row.one(&row.ask("GET", &own, ""));
    let secret = ["client_secret", "runbook_api_key"];
    for (key, value) in body
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, value)| !value.is_object() && !value.is_array() && !secret.contains(&key.as_str()))
    {
        assert_eq!(&made[key], value, "{path}: {key} of {made}");
        assert_eq!(&read[key], value, "{path}: {key} of {read}");
    }
    let listed = row.ask("GET", &format!("{}?limit=100", row.path), "").list(&format!("/{}", row.many));
    assert!(listed.iter().any(|item| item["id"] == made["id"]), "{path}: {id} is not listed");
    let (field, value) = change;
    if !field.is_empty() {
        let mut changed = body.clone();
        changed[field] = value.clone();
        let put = row.one(&row.ask("PUT", &own, &row.wrap(&changed)));
        assert_eq!(put[field], value, "{path}: {put}");
        assert_eq!(row.one(&row.ask("GET", &own, ""))[field], value, "{path}");
    }
    row.ask("DELETE", &own, "");
    assert_eq!(user(&simulator, "GET", &own, "").status, 404, "{path}");
    let missing = user(&simulator, "POST", &row.path, &row.wrap(&json!({})));
    let empty_fits = missing.status < 300;
    assert!(empty_fits || missing.status == 400, "{path}: {}", missing.text);
    let read_only =
        common::with(&simulator, pagerduty_simulator::tokens::READ_ONLY, "POST", &row.path, &row.wrap(&body));
    assert_eq!(read_only.status, 403, "{path}");
}

#[test]
fn tags() {
    check("/tags", "tag", "tags", r#"{"type":"tag","label":"L"}"#, ("", json!(null)));
}

#[test]
fn orchestrations() {
    let body = r#"{"name":"O","description":"","team":{"id":"{teams}"}}"#;
    check("/event_orchestrations", "orchestration", "orchestrations", body, ("description", json!("D")));
    let path = "/event_orchestrations/{event_orchestrations}/integrations";
    check(path, "integration", "integrations", r#"{"label":"L"}"#, ("label", json!("M")));
    let body = r#"{"name":"V","disabled":false,"conditions":[],"configuration":{"type":"recent_value","source":"event.source","regex":".*"}}"#;
    let path = "/event_orchestrations/{event_orchestrations}/cache_variables";
    check(path, "cache_variable", "cache_variables", body, ("disabled", json!(true)));
    let path = "/event_orchestrations/services/{services}/cache_variables";
    check(path, "cache_variable", "cache_variables", body, ("name", json!("W")));
}

#[test]
fn rulesets() {
    check("/rulesets", "ruleset", "rulesets", r#"{"name":"R","team":{"id":"{teams}"}}"#, ("name", json!("S")));
    let body = r#"{"disabled":false,"position":0,"conditions":{"operator":"and","subconditions":[]},"actions":{"suppress":{"value":true}}}"#;
    check("/rulesets/{rulesets}/rules", "rule", "rules", body, ("disabled", json!(true)));
    check("/services/{services}/rules", "rule", "rules", body, ("disabled", json!(true)));
}

#[test]
fn automation() {
    let body = r#"{"name":"R","runner_type":"sidecar","description":"D"}"#;
    check("/automation_actions/runners", "runner", "runners", body, ("name", json!("S")));
    let body = r#"{"name":"A","description":"D","action_type":"script","action_data_reference":{"script":"date"}}"#;
    check("/automation_actions/actions", "action", "actions", body, ("action_classification", json!("diagnostic")));
}

#[test]
fn business_services() {
    let body = r#"{"name":"B","description":"D","point_of_contact":"P","team":{"id":"{teams}"}}"#;
    check("/business_services", "business_service", "business_services", body, ("point_of_contact", json!("Q")));
}

#[test]
fn extensions() {
    let body = r#"{"name":"E","endpoint_url":"https://e.example/","extension_objects":[{"id":"{services}","type":"service_reference"}],
        "extension_schema":{"id":"{extension_schemas}","type":"extension_schema_reference"},"config":{"a":1}}"#;
    check("/extensions", "extension", "extensions", body, ("config", json!({"a": 2})));
    let body = r#"{"type":"incident_show_addon","name":"A","src":"https://a.example/"}"#;
    check("/addons", "addon", "addons", body, ("src", json!("https://b.example/")));
}

#[test]
fn webhooks() {
    let body = r#"{"type":"webhook_subscription","active":true,"description":"D","delivery_method":{"type":"http_delivery_method","url":"https://h.example/","custom_headers":[{"name":"n","value":"v"}]},
        "events":["incident.triggered"],"filter":{"id":"{services}","type":"service_reference"}}"#;
    check("/webhook_subscriptions", "webhook_subscription", "webhook_subscriptions", body, ("active", json!(false)));
    let body = r#"{"name":"C","client_id":"i","client_secret":"s","token_url":"https://t.example/","grant_type":"client_credentials"}"#;
    check("/webhook_subscriptions/oauth_clients", "oauth_client", "oauth_clients", body, ("name", json!("D")));
}

#[test]
fn custom_fields() {
    let body = r#"{"name":"f","display_name":"F","data_type":"string","field_type":"single_value","description":"D","enabled":true}"#;
    check("/incidents/custom_fields", "field", "fields", body, ("display_name", json!("G")));
    check("/incidents/types/{incident_types}/custom_fields", "field", "fields", body, ("enabled", json!(false)));
    check("/incidents/types/major_incident/custom_fields", "field", "fields", body, ("enabled", json!(false)));
    check("/services/custom_fields", "field", "fields", body, ("description", json!("E")));
}

#[test]
fn workflows() {
    let body = r#"{"name":"W","description":"D","is_enabled":false,"steps":[{"name":"S","action_configuration":{"action_id":"a","inputs":[]}}]}"#;
    check("/incident_workflows", "incident_workflow", "incident_workflows", body, ("description", json!("E")));
    let body = r#"{"type":"workflow_trigger","trigger_type":"conditional","condition":"incident.priority matches 'P1'","workflow":{"id":"{incident_workflows}"},"services":[{"id":"{services}"}],"is_subscribed_to_all_services":false}"#;
    check("/incident_workflows/triggers", "trigger", "triggers", body, ("condition", json!("C")));
}

#[test]
fn response_plays() {
    let body = r#"{"name":"P","description":"D","responders":[{"id":"{users}","type":"user_reference"}],"subscribers_message":"S","responders_message":"R","runnability":"services"}"#;
    check("/response_plays", "response_play", "response_plays", body, ("name", json!("Q")));
}

#[test]
fn jira_rules() {
    let body = r#"{"name":"J","enabled":true,"config":{"service":{"id":"{services}","type":"service_reference"},"jira":{"autocreate_jql":null,
        "create_issue_on_incident_trigger":true,"custom_fields":[],"issue_type":{"id":"1","name":"Bug"},"priorities":[],
        "project":{"id":"2","key":"K","name":"N"},"status_mapping":{"triggered":{"id":"3","name":"Open"}},"sync_notes_user":null}}}"#;
    let path = "/integration-jira-cloud/accounts_mappings/{accounts}/rules";
    check(path, "", "rules", body, ("enabled", json!(false)));
}

#[test]
fn rules_of_users() {
    let method = r#""contact_method":{"id":"{methods}","type":"email_contact_method"}"#;
    let body = format!(r#"{{"notify_advance_in_minutes":30,"handoff_type":"both",{method}}}"#);
    let one = "oncall_handoff_notification_rule";
    let path = "/users/{users}/oncall_handoff_notification_rules";
    check(path, one, "oncall_handoff_notification_rules", &body, ("handoff_type", json!("oncall")));
}

#[test]
fn slack_connections() {
    let body = r#"{"source_id":"{services}","source_type":"service_reference","channel_id":"C1","notification_type":"responder","config":{"events":["incident.triggered"],"priorities":["*"],"urgency":null}}"#;
    let path = "/integration-slack/workspaces/T0LANTERN/connections";
    check(path, "slack_connection", "slack_connections", body, ("notification_type", json!("stakeholder")));
}

#[test]
fn schedules() {
    let body = r#"{"name":"V","time_zone":"Europe/Berlin","description":"D"}"#;
    check("/v3/schedules", "schedule", "schedules", body, ("description", json!("E")));
    let body = r#"{"name":"E","start_time":{"date_time":"2026-11-02T09:00:00","time_zone":"UTC"},"end_time":{"date_time":"2026-11-02T17:00:00","time_zone":"UTC"},
        "effective_since":"2026-11-02T00:00:00Z","effective_until":null,"recurrence":["RRULE:FREQ=WEEKLY"],
        "assignment_strategy":{"type":"every_member_assignment_strategy","members":[{"type":"user_member","user_id":"{users}"}]}}"#;
    let path = "/v3/schedules/{schedules}/rotations/{rotations}/events";
    check(path, "event", "events", body, ("name", json!("F")));
}

#[test]
fn grouping() {
    let body = r#"{"name":"G","description":"D","type":"time","config":{"timeout":300},"services":[]}"#;
    check("/alert_grouping_settings", "alert_grouping_setting", "alert_grouping_settings", body, ("name", json!("H")));
}
