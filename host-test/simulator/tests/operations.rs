//! One request to every operation: its status and one thing in its answer.
//! `{service}` and the like stand for ids of seeded records.

mod common;

use common::{Answer, get, send, small, user};
use pagerduty_simulator::{ROUTING_KEY, Simulator, tokens};
use serde_json::{Value, json};

/// The ids that paths and bodies name.
fn ids(simulator: &Simulator) -> Vec<(&'static str, String)> {
    let open = get(simulator, "/incidents?date_range=all&statuses[]=triggered&limit=2");
    let incident = open.id("/incidents/0/id");
    let alert = get(simulator, &format!("/incidents/{incident}/alerts")).id("/alerts/0/id");
    let user = get(simulator, "/users?limit=1");
    let service = get(simulator, "/services?limit=1");
    let window = get(simulator, "/maintenance_windows?filter=future");
    let noted = user_note(simulator, &incident);
    let schedules = get(simulator, "/schedules?limit=2");
    let schedule = schedules.id("/schedules/1/id");
    let dates = "since=2026-11-01T00:00:00Z&until=2026-12-01T00:00:00Z";
    let overrides = get(simulator, &format!("/schedules/{schedule}/overrides?{dates}"));
    vec![
        ("incident", incident),
        ("incident2", open.id("/incidents/1/id")),
        ("alert", alert),
        ("note", noted),
        ("user", user.id("/users/0/id")),
        ("method", user.id("/users/0/contact_methods/0/id")),
        ("rule", user.id("/users/0/notification_rules/0/id")),
        ("service", service.id("/services/0/id")),
        ("integration", service.id("/services/0/integrations/0/id")),
        ("policy", service.id("/services/0/escalation_policy/id")),
        ("team", common::first(simulator, "/teams", "teams")),
        ("schedule", schedule),
        ("override", overrides.id("/overrides/0/id")),
        ("window", window.id("/maintenance_windows/0/id")),
        ("vendor", common::first(simulator, "/vendors", "vendors")),
        ("priority", common::first(simulator, "/priorities", "priorities")),
        ("entry", common::first(simulator, "/log_entries", "log_entries")),
        ("change", common::first(simulator, "/change_events", "change_events")),
        ("grouping", common::first(simulator, "/alert_grouping_settings", "alert_grouping_settings")),
        ("schema", common::first(simulator, "/enrichment/schemas", "schemas")),
        ("enrichment", common::first(simulator, "/enrichment/event_enrichments", "event_enrichments")),
        ("key", ROUTING_KEY.to_owned()),
    ]
}

fn user_note(simulator: &Simulator, incident: &str) -> String {
    let path = format!("/incidents/{incident}/notes");
    user(simulator, "POST", &path, r#"{"note":{"content":"Seen"}}"#).id("/note/id")
}

fn fill(text: &str, ids: &[(&str, String)]) -> String {
    ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
}

/// Sends `METHOD path` with a body and looks at one place of the answer. In
/// the expected text `{…}` are ids as well; an empty pointer looks at nothing.
fn check(line: &str, body: &str, status: u16, pointer: &str, expected: Value) -> Answer {
    let simulator = small();
    let ids = ids(&simulator);
    let (method, path) = line.split_once(' ').expect("METHOD path");
    let answer = user(&simulator, method, &fill(path, &ids), &fill(body, &ids));
    assert_eq!(answer.status, status, "{line}: {}", answer.text);
    let expected: Value = serde_json::from_str(&fill(&expected.to_string(), &ids)).expect("JSON");
    if !pointer.is_empty() {
        assert_eq!(answer.at(pointer), expected, "{line}: {}", answer.text);
    }
    assert!(answer.headers.contains_key("x-request-id") && answer.headers.contains_key("ratelimit-limit"));
    answer
}

#[test]
fn incidents() {
    check("GET /incidents?limit=1", "", 200, "/limit", json!(1));
    let body =
        r#"{"incident":{"type":"incident","title":"T","service":{"id":"{service}","type":"service_reference"}}}"#;
    check("POST /incidents", body, 201, "/incident/status", json!("triggered"));
    let body = r#"{"incidents":[{"id":"{incident}","type":"incident","status":"acknowledged"}]}"#;
    check("PUT /incidents", body, 200, "/incidents/0/status", json!("acknowledged"));
    check("GET /incidents/{incident}", "", 200, "/incident/id", json!("{incident}"));
    check(
        "PUT /incidents/{incident}",
        r#"{"incident":{"type":"incident","title":"U"}}"#,
        200,
        "/incident/title",
        json!("U"),
    );
    let body = r#"{"source_incidents":[{"id":"{incident2}","type":"incident_reference"}]}"#;
    check("PUT /incidents/{incident}/merge", body, 200, "/incident/id", json!("{incident}"));
    check("POST /incidents/{incident}/snooze", r#"{"duration":60}"#, 201, "/incident/status", json!("acknowledged"));
    check("GET /incidents/{incident}/log_entries", "", 200, "/log_entries/0/incident/id", json!("{incident}"));
    check("GET /incidents/{incident}/past_incidents?limit=2&total=true", "", 200, "/limit", json!(2));
    check("GET /incidents/{incident}/related_incidents", "", 200, "", json!(null)).list("/related_incidents");
    check("GET /incidents/{incident}/related_change_events", "", 200, "/offset", json!(0));
    check("GET /incidents/custom_fields", "", 200, "/fields/0/name", json!("environment"));
    check("GET /incidents/{incident}/custom_fields/values", "", 200, "/custom_fields/3/data_type", json!("integer"));
    let body = r#"{"custom_fields":[{"name":"orders_lost","value":7}]}"#;
    check("PUT /incidents/{incident}/custom_fields/values", body, 201, "/custom_fields/3/value", json!(7));
    check("POST /incidents/{incident}/status_updates", r#"{"message":"M"}"#, 200, "/status_update/message", json!("M"));
    let body = r#"{"requester_id":"{user}","message":"M","responder_request_targets":[{"id":"{policy}","type":"escalation_policy_reference"}]}"#;
    let place = "/responder_request/responder_request_targets/0/responder_request_target/id";
    check("POST /incidents/{incident}/responder_requests", body, 200, place, json!("{policy}"));
}

#[test]
fn alerts_and_notes() {
    check("GET /incidents/{incident}/alerts", "", 200, "/alerts/0/id", json!("{alert}"));
    for (order, status) in [
        ("created_at", 200),
        ("created_at,resolved_at:desc", 200),
        ("resolved_at:asc,created_at:desc", 200),
        ("status", 400),
        ("created_at:up", 400),
        ("created_at,resolved_at,created_at", 400),
    ] {
        check(&format!("GET /incidents/{{incident}}/alerts?sort_by={order}"), "", status, "", json!(null));
    }
    check("GET /incidents/{incident}/alerts/{alert}", "", 200, "/alert/incident/id", json!("{incident}"));
    let body = r#"{"alert":{"type":"alert","status":"resolved"}}"#;
    check("PUT /incidents/{incident}/alerts/{alert}", body, 200, "/alert/status", json!("resolved"));
    let body =
        r#"{"alerts":[{"id":"{alert}","type":"alert","incident":{"id":"{incident2}","type":"incident_reference"}}]}"#;
    check("PUT /incidents/{incident}/alerts", body, 200, "/alerts/0/incident/id", json!("{incident2}"));
    check("GET /incidents/{incident}/notes", "", 200, "/notes/0/content", json!("Seen"));
    check("POST /incidents/{incident}/notes", r#"{"note":{"content":"N"}}"#, 200, "/note/user/id", json!("{user}"));
    let body = r#"{"note":{"content":"O"}}"#;
    check("PUT /incidents/{incident}/notes/{note}", body, 200, "/note/content", json!("O"));
    check("DELETE /incidents/{incident}/notes/{note}", "", 204, "", json!(null));
}

#[test]
fn services() {
    check("GET /services?query=checkout", "", 200, "/services/0/name", json!("Checkout API"));
    let body = r#"{"service":{"type":"service","name":"S","escalation_policy":{"id":"{policy}","type":"escalation_policy_reference"}}}"#;
    check("POST /services", body, 201, "/service/escalation_policy/summary", json!("Checkout"));
    check("GET /services/{service}", "", 200, "/service/type", json!("service"));
    check("PUT /services/{service}", r#"{"service":{"description":"D"}}"#, 200, "/service/description", json!("D"));
    check("DELETE /services/{service}", "", 204, "", json!(null));
    let body = r#"{"integration":{"type":"events_api_v2_inbound_integration","name":"I"}}"#;
    let made = check("POST /services/{service}/integrations", body, 201, "/integration/service/id", json!("{service}"));
    assert_eq!(made.id("/integration/integration_key").len(), 32);
    check("GET /services/{service}/integrations/{integration}", "", 200, "/integration/id", json!("{integration}"));
    let body = r#"{"integration":{"name":"J"}}"#;
    check("PUT /services/{service}/integrations/{integration}", body, 200, "/integration/name", json!("J"));
    check("GET /services/{service}/change_events", "", 200, "/change_events/0/services/0/id", json!("{service}"));
    check("GET /services/{service}/audit/records", "", 200, "/next_cursor", json!(null));
}

#[test]
fn users() {
    check("GET /users?query=okonkwo", "", 200, "/users/0/id", json!("{user}"));
    let body = r#"{"user":{"type":"user","name":"U","email":"u@x.example"}}"#;
    check("POST /users", body, 201, "/user/contact_methods/0/type", json!("email_contact_method_reference"));
    check("GET /users/{user}?include[]=teams", "", 200, "/user/teams/0/type", json!("team"));
    check("PUT /users/{user}", r#"{"user":{"job_title":"J"}}"#, 200, "/user/job_title", json!("J"));
    check("GET /users/me", "", 200, "/user/id", json!("{user}"));
    check("GET /users/{user}/contact_methods", "", 200, "/contact_methods/0/id", json!("{method}"));
    let body = r#"{"contact_method":{"type":"sms_contact_method","label":"L","address":"5550100","country_code":1}}"#;
    check("POST /users/{user}/contact_methods", body, 201, "/contact_method/address", json!("5550100"));
    check("GET /users/{user}/contact_methods/{method}", "", 200, "/contact_method/label", json!("Default"));
    let body = r#"{"contact_method":{"label":"M"}}"#;
    check("PUT /users/{user}/contact_methods/{method}", body, 200, "/contact_method/label", json!("M"));
    check("DELETE /users/{user}/contact_methods/{method}", "", 204, "", json!(null));
    check("GET /users/{user}/notification_rules", "", 200, "/notification_rules/0/id", json!("{rule}"));
    let body = r#"{"notification_rule":{"type":"assignment_notification_rule","start_delay_in_minutes":9,"urgency":"low","contact_method":{"id":"{method}","type":"email_contact_method_reference"}}}"#;
    check(
        "POST /users/{user}/notification_rules",
        body,
        201,
        "/notification_rule/contact_method/id",
        json!("{method}"),
    );
    check("GET /users/{user}/notification_rules/{rule}", "", 200, "/notification_rule/urgency", json!("high"));
    let body = r#"{"notification_rule":{"start_delay_in_minutes":3}}"#;
    check(
        "PUT /users/{user}/notification_rules/{rule}",
        body,
        200,
        "/notification_rule/start_delay_in_minutes",
        json!(3),
    );
    check("DELETE /users/{user}/notification_rules/{rule}", "", 204, "", json!(null));
}

#[test]
fn teams_and_policies() {
    check("GET /teams?query=data", "", 200, "/teams/1/name", json!("Databases"));
    check("POST /teams", r#"{"team":{"type":"team","name":"T"}}"#, 201, "/team/summary", json!("T"));
    check("GET /teams/{team}", "", 200, "/team/name", json!("Checkout"));
    check("PUT /teams/{team}", r#"{"team":{"name":"T"}}"#, 200, "/team/name", json!("T"));
    check("DELETE /teams/{team}", "", 204, "", json!(null));
    check("GET /teams/{team}/members", "", 200, "/members/0/role", json!("manager"));
    check("PUT /teams/{team}/users/{user}", r#"{"role":"observer"}"#, 204, "", json!(null));
    check("DELETE /teams/{team}/users/{user}", "", 204, "", json!(null));
    check("PUT /teams/{team}/escalation_policies/{policy}", "", 204, "", json!(null));
    check("DELETE /teams/{team}/escalation_policies/{policy}", "", 204, "", json!(null));
    check(
        "GET /escalation_policies?sort_by=name:desc&limit=1",
        "",
        200,
        "/escalation_policies/0/name",
        json!("Warehouse Systems (low urgency)"),
    );
    let body = r#"{"escalation_policy":{"name":"P","escalation_rules":[{"escalation_delay_in_minutes":5,"targets":[{"id":"{schedule}","type":"schedule_reference"}]}]}}"#;
    check(
        "POST /escalation_policies",
        body,
        201,
        "/escalation_policy/escalation_rules/0/targets/0/id",
        json!("{schedule}"),
    );
    check("GET /escalation_policies/{policy}", "", 200, "/escalation_policy/services/0/id", json!("{service}"));
    check(
        "PUT /escalation_policies/{policy}",
        r#"{"escalation_policy":{"num_loops":4}}"#,
        200,
        "/escalation_policy/num_loops",
        json!(4),
    );
    check("DELETE /escalation_policies/{policy}", "", 400, "/error/code", json!(2001));
}

#[test]
fn schedules_and_on_calls() {
    check("GET /schedules?query=primary&limit=2", "", 200, "/more", json!(true));
    let body = r#"{"schedule":{"type":"schedule","name":"S","time_zone":"UTC","schedule_layers":[{"start":"2026-11-01T00:00:00Z","rotation_virtual_start":"2026-11-01T00:00:00Z","rotation_turn_length_seconds":86400,"users":[{"user":{"id":"{user}","type":"user_reference"}}]}]}}"#;
    check("POST /schedules", body, 201, "/schedule/schedule_layers/0/users/0/user/id", json!("{user}"));
    let window = "since=2026-11-02T00:00:00Z&until=2026-11-04T00:00:00Z";
    let preview = format!("POST /schedules/preview?{window}");
    check(&preview, body, 200, "/schedule/final_schedule/rendered_coverage_percentage", json!(100.0));
    let rendered = "/schedule/final_schedule/rendered_schedule_entries/0/start";
    check(
        &format!("GET /schedules/{{schedule}}?time_zone=UTC&{window}"),
        "",
        200,
        rendered,
        json!("2026-11-02T00:00:00+00:00"),
    );
    check("GET /schedules/{schedule}", "", 200, rendered, json!(null));
    check(
        "PUT /schedules/{schedule}",
        r#"{"schedule":{"time_zone":"Asia/Tokyo"}}"#,
        200,
        "/schedule/time_zone",
        json!("Asia/Tokyo"),
    );
    check("DELETE /schedules/{schedule}", "", 400, "/error/code", json!(2001));
    check(&format!("GET /schedules/{{schedule}}/users?{window}"), "", 200, "/users/0/type", json!("user"));
    check(
        "GET /schedules/{schedule}/overrides?since=2026-11-01&until=2026-12-01",
        "",
        201,
        "/overrides/0/id",
        json!("{override}"),
    );
    let body = r#"{"overrides":[{"start":"2026-11-11T00:00:00Z","end":"2026-11-12T00:00:00Z","user":{"id":"{user}","type":"user_reference"}},{"start":"2026-11-12T00:00:00Z","end":"2026-11-12T00:00:00Z","user":{"id":"{user}","type":"user_reference"}}]}"#;
    let made = check("POST /schedules/{schedule}/overrides", body, 201, "/0/status", json!(201));
    assert_eq!(made.at("/1/status"), json!(400));
    check("DELETE /schedules/{schedule}/overrides/{override}", "", 204, "", json!(null));
    check("GET /oncalls?limit=3", "", 200, "/oncalls/0/escalation_level", json!(1));
    check("GET /oncalls?user_ids[]={user}&limit=100", "", 200, "/oncalls/0/user/id", json!("{user}"));
}

#[test]
fn the_rest() {
    check("GET /log_entries?limit=1&include[]=incidents", "", 200, "/log_entries/0/incident/type", json!("incident"));
    check("GET /log_entries/{entry}", "", 200, "/log_entry/id", json!("{entry}"));
    check("GET /priorities", "", 200, "/priorities/0/name", json!("P1"));
    check("GET /abilities", "", 200, "/abilities/0", json!("advanced_permissions"));
    check("GET /abilities/teams", "", 204, "", json!(null));
    check("GET /abilities/sso_enforcement", "", 402, "/error/code", json!(2012));
    check("GET /abilities/flying", "", 404, "/error/code", json!(2100));
    check("GET /maintenance_windows?filter=ongoing&total=true", "", 200, "/total", json!(1));
    let body = r#"{"maintenance_window":{"type":"maintenance_window","start_time":"2026-12-01T00:00:00Z","end_time":"2026-12-01T01:00:00Z","services":[{"id":"{service}","type":"service_reference"}]}}"#;
    check("POST /maintenance_windows", body, 201, "/maintenance_window/start_time", json!("2026-11-30T19:00:00-05:00"));
    check("GET /maintenance_windows/{window}", "", 200, "/maintenance_window/id", json!("{window}"));
    check(
        "PUT /maintenance_windows/{window}",
        r#"{"maintenance_window":{"description":"D"}}"#,
        200,
        "/maintenance_window/summary",
        json!("D"),
    );
    check("DELETE /maintenance_windows/{window}", "", 204, "", json!(null));
    check("GET /vendors?limit=1", "", 200, "/vendors/0/id", json!("{vendor}"));
    check("GET /vendors/{vendor}", "", 200, "/vendor/name", json!("Amberwatch"));
    check("GET /audit/records?limit=1", "", 200, "/limit", json!(1));
    check("GET /users/{user}/audit/records", "", 200, "/next_cursor", json!(null));
    check("GET /alert_grouping_settings?limit=1", "", 200, "/alert_grouping_settings/0/id", json!("{grouping}"));
    check("GET /status_pages?status_page_type=private&total=true", "", 200, "/total", json!(44));
    check("GET /ip_allow_lists", "", 200, "/ip_allow_lists/0/state", json!("enabled"));
    check("GET /change_events?since=2026-10-01T00:00:00Z", "", 200, "/change_events/0/id", json!("{change}"));
    check("GET /change_events?since=2026-10-01T00:00:00%2B02:00", "", 400, "/error/code", json!(2001));
    check("GET /change_events/{change}", "", 200, "/change_event/type", json!("change_event"));
    check(
        "PUT /change_events/{change}",
        r#"{"change_event":{"summary":"S"}}"#,
        200,
        "/change_event/summary",
        json!("S"),
    );
    check("GET /scim/v2/Users?filter=displayName%20eq%20%22Marta%20Okonkwo%22", "", 200, "/totalResults", json!(1));
    check("GET /integration-slack/workspaces/T0LANTERN/connections?limit=1", "", 200, "/more", json!(true));
    let body = r#"{"filters":{"service_ids":["{service}"]},"limit":1}"#;
    check("POST /analytics/raw/incidents", body, 200, "/data/0/service_id", json!("{service}"));
    let body = r#"{"associations":[{"id":"{service}","type":"service_reference"}]}"#;
    check("DELETE /enrichment/event_enrichments/{enrichment}/associations", body, 200, "/status", json!("ok"));
    let body = r#"{"associations":[{"id":"{service}","type":"service_reference"},{"id":"PNOWHERE","type":"service_reference"}]}"#;
    check(
        "DELETE /enrichment/event_enrichments/{enrichment}/associations",
        body,
        207,
        "/associations/1/status",
        json!(404),
    );
    let body = r#"{"routing_key":"{key}","event_action":"trigger","dedup_key":"d","payload":{"summary":"S","source":"s","severity":"info"}}"#;
    check("POST /v2/enqueue", body, 202, "/dedup_key", json!("d"));
    check(
        "POST /v2/change/enqueue",
        r#"{"routing_key":"{key}","payload":{"summary":"S"}}"#,
        202,
        "/status",
        json!("success"),
    );
}

#[test]
fn a_file_goes_up_as_a_form() {
    let simulator = small();
    let schema = common::first(&simulator, "/enrichment/schemas", "schemas");
    let path = format!("/enrichment/schemas/{schema}/records");
    let upload = |kind: &str, body: &str| {
        let credential = format!("Token token={}", tokens::USER);
        send(&simulator, "POST", &path, &[("authorization", &credential), ("content-type", kind)], body.as_bytes())
    };
    let form =
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"hosts.csv\"\r\n\r\na,b\n1,2\r\n--b--\r\n";
    let accepted = upload("multipart/form-data; boundary=b", form);
    assert_eq!(
        (accepted.status, accepted.at("/size_bytes"), accepted.at("/filename")),
        (202, json!(7), json!("hosts.csv"))
    );
    assert_eq!(upload("text/csv", "a,b").status, 415);
    assert_eq!(upload("multipart/form-data; boundary=b", "a,b").status, 400);
    assert_eq!(upload("multipart/form-data; boundary=b", &form.replace("file\"", "other\"")).status, 400);
}

#[test]
fn what_is_not_there() {
    for line in
        ["GET /nowhere", "PATCH /incidents", "GET /incidents/", "GET /incidents/QNOWHERE", "GET /", "GET /users/PX/y"]
    {
        check(line, "", 404, "/error/code", json!(2100));
    }
    for path in ["/services/P0", "/teams/P0", "/users/P0", "/schedules/P0", "/log_entries/R0", "/vendors/P0"] {
        check(&format!("GET {path}"), "", 404, "/error/message", json!("Not Found"));
    }
}
