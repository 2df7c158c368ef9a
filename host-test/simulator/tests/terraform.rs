//! What the Terraform provider does for each of its 51 resource types: create,
//! read, update, delete, with bodies as its Go clients write them, and a look
//! at what it reads back. The rows stand in `terraform.txt`:
//!
//! `# type pointer` begins one; the pointer leads to the id in the first answer,
//! which is `{id}` from then on. Then, in turns, `METHOD path body` and the
//! status, with where to look and what is there. Other words in braces are ids
//! of seeded records.

mod common;

use common::{first, small, user};
use pagerduty_simulator::Simulator;
use serde_json::{Value, json};

/// Where the first record of a kind is found.
const PLACES: &[(&str, &str, &str)] = &[
    ("service", "/services", "/services/0/id"),
    ("other_service", "/services", "/services/5/id"),
    ("team", "/teams", "/teams/0/id"),
    ("user", "/users", "/users/0/id"),
    ("policy", "/escalation_policies", "/escalation_policies/0/id"),
    ("vendor", "/vendors", "/vendors/0/id"),
    ("priority", "/priorities", "/priorities/0/id"),
    ("extension_schema", "/extension_schemas", "/extension_schemas/0/id"),
    ("servicenow", "/extension_schemas", "/extension_schemas/1/id"),
    ("orchestration", "/event_orchestrations", "/orchestrations/0/id"),
    ("ruleset", "/rulesets", "/rulesets/1/id"),
    ("business_service", "/business_services", "/business_services/0/id"),
    ("runner", "/automation_actions/runners", "/runners/0/id"),
    ("action", "/automation_actions/actions", "/actions/0/id"),
    ("workflow", "/incident_workflows", "/incident_workflows/0/id"),
    ("mapping", "/integration-jira-cloud/accounts_mappings", "/accounts_mappings/0/id"),
    ("method", "/users/{user}/contact_methods", "/contact_methods/0/id"),
    ("field", "/incidents/custom_fields", "/fields/0/id"),
    ("incident_type", "/incidents/types", "/incident_types/0/id"),
];

fn fill(simulator: &Simulator, text: &str, id: &str) -> String {
    let mut text = text.replace("{id}", id);
    for (name, path, pointer) in PLACES {
        let hole = format!("{{{name}}}");
        if text.contains(&hole) {
            let found = user(simulator, "GET", &fill(simulator, path, ""), "").id(pointer);
            text = text.replace(&hole, &found);
        }
    }
    text
}

/// Splits a line in two at its first space.
fn halves(line: &str) -> (&str, &str) {
    line.trim().split_once(' ').unwrap_or((line.trim(), ""))
}

/// Runs one row on an account of its own.
fn check(row: &str) {
    let simulator = small();
    let mut lines = row.lines();
    let (resource, made) = halves(lines.next().expect("a type"));
    let mut id = String::new();
    while let (Some(request), Some(expected)) = (lines.next(), lines.next()) {
        let request = fill(&simulator, request, &id);
        let (method, rest) = halves(&request);
        let (path, body) = halves(rest);
        let answer = user(&simulator, method, path, body);
        let (status, rest) = halves(expected);
        let (pointer, value) = halves(rest);
        assert_eq!(answer.status.to_string(), status, "{resource}: {request}: {}", answer.text);
        if id.is_empty() && !made.is_empty() {
            id = answer.id(made);
        }
        if !pointer.is_empty() {
            let value: Value = serde_json::from_str(&fill(&simulator, value, &id)).expect("JSON");
            assert_eq!(answer.at(pointer), value, "{resource}: {request}: {}", answer.text);
        }
    }
}

#[test]
fn every_resource_type_goes_from_create_to_delete() {
    let rows: Vec<&str> =
        include_str!("terraform.txt").split("# ").map(str::trim).filter(|row| !row.is_empty()).collect();
    rows.iter().for_each(|row| check(row));
    assert_eq!(rows.len(), 51);
}

#[test]
fn a_new_schedule_shows_its_events() {
    let simulator = small();
    let schedule = first(&simulator, "/v3/schedules", "schedules");
    let rotation = first(&simulator, &format!("/v3/schedules/{schedule}/rotations"), "rotations");
    let event = json!({"event": {
        "name": "E", "recurrence": ["RRULE:FREQ=DAILY"], "effective_since": "2026-11-02T00:00:00Z", "effective_until": null,
        "start_time": {"date_time": "2026-11-02T09:00:00Z", "time_zone": "UTC"},
        "end_time": {"date_time": "2026-11-02T17:00:00Z", "time_zone": "UTC"},
        "assignment_strategy": {
            "type": "rotating_member_assignment_strategy", "shifts_per_member": 1,
            "members": [{"type": "user_member", "user_id": "{user}"}],
        },
    }});
    let path = format!("/v3/schedules/{schedule}/rotations/{rotation}/events");
    let made = user(&simulator, "POST", &path, &fill(&simulator, &event.to_string(), ""));
    assert_eq!((made.status, made.at("/event/type")), (201, json!("schedule_event")), "{}", made.text);
    let shown = user(&simulator, "GET", &format!("/v3/schedules/{schedule}"), "");
    assert_eq!(shown.at("/schedule/rotations/0/events/1/id"), made.at("/event/id"), "{}", shown.text);
}
