//! What follows from what: short stories of requests, each with its status and
//! one thing in its answer.

mod common;

use common::{owner, send, small};
use pagerduty_simulator::tokens;
use serde_json::Value;

/// Sends the steps one after another. `POST /path {body}` is the request; what
/// is looked at is `pointer = JSON`, or `name @ pointer`, which keeps a text
/// for `{name}` later on, or nothing.
fn check(steps: &[(&str, u16, &str)]) {
    let simulator = small();
    let mut names: Vec<(String, String)> = Vec::new();
    for (line, status, look) in steps {
        let fill = |text: &str| {
            names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
        };
        let line = fill(line);
        let mut words = line.splitn(3, ' ');
        let mut next = || words.next().unwrap_or("");
        let (method, path, body) = (next(), next(), next());
        let kind = if body.starts_with("--every") { "multipart/form-data; boundary=every" } else { "application/json" };
        let answer = owner(&simulator, method, path, kind, body);
        assert_eq!(answer.status, *status, "{line}: {}", answer.text);
        if let Some((name, pointer)) = look.split_once(" @ ") {
            names.push((name.to_owned(), answer.id(pointer)));
        } else if let Some((pointer, expected)) = look.split_once(" = ") {
            let expected: Value = serde_json::from_str(&fill(expected)).expect("JSON");
            assert_eq!(answer.at(pointer), expected, "{line}: {}", answer.text);
        }
    }
}

const TRIGGERED: &str = "GET /incidents?date_range=all&statuses[]=triggered&limit=1";

#[test]
fn a_status_page_tells_what_happened() {
    check(&[
        ("GET /status_pages", 200, "page @ /status_pages/0/id"),
        ("GET /status_pages/{page}/statuses?post_type=incident", 200, "status @ /statuses/1/id"),
        ("GET /status_pages/{page}/statuses?post_type=maintenance", 200, "/statuses/0/post_type = \"maintenance\""),
        ("GET /status_pages/{page}/severities", 200, "severity @ /severities/0/id"),
        ("GET /status_pages/PNOSUCH/severities", 404, ""),
        (r#"POST /status_pages/{page}/posts {"post":{"post_type":"incident","title":"Slow"}}"#, 400, ""),
        (
            r#"POST /status_pages/{page}/posts {"post":{"post_type":"incident","title":"Slow","updates":[{"message":"M",
                "status":{"id":"{status}","type":"status_page_status"}}]}}"#,
            201,
            "post @ /post/id",
        ),
        ("GET /status_pages/{page}/posts/{post}", 200, "/post/updates/0/type = \"status_page_post_update\""),
        ("GET /status_pages/{page}/posts/{post}/post_updates", 200, "update @ /post_updates/0/id"),
        (
            r#"PUT /status_pages/{page}/posts/{post}/post_updates/{update} {"post_update":{"message":"N"}}"#,
            200,
            "/post_update/message = \"N\"",
        ),
        ("GET /status_pages/{page}/posts/{post}/postmortem", 404, ""),
        (
            r#"PUT /status_pages/{page}/posts/{post}/postmortem {"postmortem":{"message":"Why"}}"#,
            200,
            "/postmortem/post/id = \"{post}\"",
        ),
        ("GET /status_pages/{page}/posts/{post}", 200, "/post/postmortem/type = \"status_page_post_postmortem\""),
        ("DELETE /status_pages/{page}/posts/{post}/postmortem", 204, ""),
        ("DELETE /status_pages/{page}/posts/{post}", 204, ""),
        ("GET /status_pages/{page}/posts/{post}/post_updates/{update}", 404, ""),
        (
            r#"POST /status_pages/{page}/subscriptions {"subscription":{"channel":"email","contact":"a@b.example",
                "subscribable_object":{"id":"{page}","type":"status_page"}}}"#,
            201,
            "reader @ /subscription/id",
        ),
        ("GET /status_pages/{page}/subscriptions?channel=webhook", 200, "/subscriptions = []"),
        ("DELETE /status_pages/{page}/subscriptions/{reader}", 204, ""),
        ("GET /status_pages/{page}/subscriptions/{reader}", 404, ""),
    ]);
}

#[test]
fn a_dashboard_shows_what_an_incident_is_said_to_touch() {
    check(&[
        (TRIGGERED, 200, "incident @ /incidents/0/id"),
        (r#"POST /business_services {"business_service":{"name":"Shop"}}"#, 200, "shop @ /business_service/id"),
        ("GET /status_dashboards", 200, "board @ /status_dashboards/0/id"),
        (
            "GET /status_dashboards/{board}/service_impacts?additional_fields[]=total_impacted_count",
            200,
            "/additional_fields/total_impacted_count = 0",
        ),
        (r#"PUT /incidents/{incident}/business_services/{shop}/impacts {"relation":"maybe"}"#, 400, ""),
        (
            r#"PUT /incidents/{incident}/business_services/{shop}/impacts {"relation":"impacted"}"#,
            200,
            "/relation = \"impacted\"",
        ),
        ("GET /incidents/{incident}/business_services/impacts", 200, "/services/0/id = \"{shop}\""),
        (
            "GET /status_dashboards/url_slugs/payments/service_impacts?additional_fields[]=total_impacted_count",
            200,
            "/additional_fields/total_impacted_count = 1",
        ),
        (r#"PUT /incidents/{incident} {"incident":{"type":"incident","status":"resolved"}}"#, 200, ""),
        (
            "GET /status_dashboards/{board}/service_impacts?additional_fields[]=total_impacted_count",
            200,
            "/additional_fields/total_impacted_count = 0",
        ),
        ("GET /status_dashboards/url_slugs/nothing", 404, ""),
    ]);
}

#[test]
fn records_to_enrich_from_come_from_a_file() {
    check(&[
        (r#"POST /enrichment/schemas {"name":"Hosts and owners","fields":[]}"#, 400, ""),
        (
            r#"POST /enrichment/schemas {"name":"Who","fields":[{"name":"host","type":"query"},{"name":"owner","type":"enriched"}]}"#,
            201,
            "schema @ /schema/id",
        ),
        (r#"POST /enrichment/schemas {"name":"who","fields":[{"name":"host","type":"query"}]}"#, 400, ""),
        (
            "POST /enrichment/schemas/{schema}/records --every\r\nContent-Disposition: form-data; name=\"file\"; \
             filename=\"f.csv\"\r\n\r\nhost,owner\r\ndb1,storage\r\ndb2,orders\r\n--every--\r\n",
            202,
            "/size_bytes = 35",
        ),
        (
            r#"POST /enrichment/query {"schema_id":"{schema}","query":[{"field":"host","value":"db2"}]}"#,
            200,
            "/records/0/enrichment_data/owner = \"orders\"",
        ),
        ("GET /enrichment/schemas/{schema}/records?limit=1", 200, "record @ /records/0/record_id"),
        ("DELETE /enrichment/schemas/{schema}/records/{record}", 200, "/record/record_id = \"{record}\""),
        ("DELETE /enrichment/schemas/{schema}/records/{record}", 404, ""),
        ("DELETE /enrichment/schemas/{schema}", 200, "/schema/id = \"{schema}\""),
        ("GET /enrichment/schemas/{schema}/records", 404, ""),
    ]);
}

#[test]
fn an_enrichment_is_for_services_and_has_rules() {
    check(&[
        ("GET /services", 200, "service @ /services/0/id"),
        (r#"POST /enrichment/event_enrichments {"event_enrichment":{"name":"E"}}"#, 200, "id @ /event_enrichment/id"),
        (
            r#"POST /enrichment/event_enrichments/{id}/associations {"associations":[{"id":"P","type":"service_reference"}]}"#,
            400,
            "",
        ),
        (
            r#"POST /enrichment/event_enrichments/{id}/associations {"associations":[{"id":"{service}","type":"service_reference"}]}"#,
            201,
            "/status = \"created\"",
        ),
        ("GET /enrichment/event_enrichments/{id}", 200, "/event_enrichment/associated_services = 1"),
        (r#"PUT /enrichment/event_enrichments/default {"default":{"id":"{id}"}}"#, 200, "/default/id = \"{id}\""),
        ("GET /enrichment/event_enrichments/{id}", 200, "/event_enrichment/is_default = true"),
        (
            r#"PUT /enrichment/event_enrichments/{id}/rules {"orchestration_path":{"sets":[{"id":"start","rules":[{"label":"L"}]}]}}"#,
            200,
            "/orchestration_path/sets/0/rules/0/label = \"L\"",
        ),
        ("GET /enrichment/event_enrichments/{id}/rules", 200, "/orchestration_path/parent/id = \"{id}\""),
        (r#"PUT /enrichment/event_enrichments/{id}/rules {"orchestration_path":{}}"#, 400, ""),
        ("DELETE /enrichment/event_enrichments/{id}", 204, ""),
        ("GET /enrichment/event_enrichments/{id}/rules", 404, ""),
    ]);
}

#[test]
fn a_cmdb_is_read_table_by_table() {
    let fields = r#""field_mappings":[{"servicenow_field":"name","event_field":"source","type":"query"}]"#;
    let made = format!(
        r#"POST /enrichment/integrations/servicenow {{"name":"N","cmdb_tables":[{{"display_name":"D","ci_table_name":"c",{fields}}}]}}"#
    );
    let bad = r#"POST /enrichment/integrations/servicenow {"name":"N","cmdb_tables":[{"display_name":"D"}]}"#;
    let password = r#"POST /enrichment/integrations/servicenow/credentials {"credentials":{"instance_endpoint":"e","user":"u","password":"p"}}"#;
    check(&[
        (bad, 400, ""),
        (&made, 201, "id @ /integration/id"),
        ("GET /enrichment/integrations/servicenow/{id}", 200, "table @ /integration/cmdb_tables/0/id"),
        ("POST /enrichment/integrations/servicenow/{id}/tables/{table}/enable", 200, "/status = \"syncing\""),
        (
            "GET /enrichment/integrations/servicenow/{id}/tables/{table}/test",
            200,
            "/enrichment_data/0/source = \"source 1\"",
        ),
        (password, 201, "/credentials/password = null"),
        ("DELETE /enrichment/integrations/servicenow/{id}", 204, ""),
        ("GET /enrichment/integrations/servicenow/{id}/tables/{table}/test", 404, ""),
    ]);
}

#[test]
fn an_identity_provider_keeps_users() {
    let schemas = r#""schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]"#;
    let made = format!(
        r#"POST /scim/v2/Users {{{schemas},"userName":"zz@lanternway.example","displayName":"S Cim","externalId":"e1","roles":[{{"primary":true,"type":"base","value":"limited_user"}}]}}"#
    );
    let changed = r#"PATCH /scim/v2/Users/{id} {"Operations":[{"op":"Replace","path":"active","value":false},{"op":"add","value":{"displayName":"Sim"}}]}"#;
    let replaced = format!(r#"PUT /scim/v2/Users/{{id}} {{{schemas},"userName":"zz@lanternway.example"}}"#);
    check(&[
        (&made, 201, "id @ /id"),
        (&made, 409, "/status = \"409\""),
        ("GET /users?query=zz@lanternway.example", 200, "/users/0/role = \"limited_user\""),
        ("GET /scim/v2/Users/{id}", 200, "/externalId = \"e1\""),
        (changed, 200, "/active = false"),
        ("GET /users?query=zz@lanternway.example", 200, "/users/0/name = \"Sim\""),
        (&replaced, 400, "/detail = \"displayName can't be blank\""),
        (r#"PATCH /scim/v2/Users/{id} {"Operations":[{"op":"remove","path":"title"}]}"#, 400, ""),
        ("DELETE /scim/v2/Users/{id}", 204, ""),
        ("GET /scim/v2/Users/{id}", 404, "/status = \"404\""),
        ("GET /scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", 200, "/name = \"User\""),
        ("GET /scim/v2/Schemas/urn:none", 404, ""),
    ]);
}

#[test]
fn those_who_are_asked_and_those_who_listen() {
    check(&[
        (TRIGGERED, 200, "incident @ /incidents/0/id"),
        ("GET /users", 200, "user @ /users/0/id"),
        (
            r#"POST /incidents/{incident}/status_updates/subscribers {"subscribers":[{"subscriber_id":"{user}","subscriber_type":"user"}]}"#,
            200,
            "/subscriptions/0/result = \"success\"",
        ),
        (
            r#"POST /incidents/{incident}/status_updates/subscribers {"subscribers":[{"subscriber_id":"{user}","subscriber_type":"user"}]}"#,
            200,
            "/subscriptions/0/result = \"duplicate\"",
        ),
        ("GET /incidents/{incident}/status_updates/subscribers", 200, "/subscribers/0/subscriber_id = \"{user}\""),
        (
            r#"POST /incidents/{incident}/status_updates/unsubscribe {"subscribers":[{"subscriber_id":"{user}","subscriber_type":"user"},{"subscriber_id":"P","subscriber_type":"team"}]}"#,
            200,
            "/unauthorized_count = 1",
        ),
        ("GET /incidents/{incident}/status_updates/subscribers", 200, "/subscribers = []"),
        (
            r#"POST /incidents/{incident}/responder_requests {"requester_id":"{user}","message":"M","responder_request_targets":[{"id":"{user}","type":"user_reference"}]}"#,
            200,
            "",
        ),
        (
            r#"PUT /incidents/{incident}/responder_requests/cancel {"requester_id":"{user}","responder_request_targets":[{"id":"{user}","type":"user_reference"}]}"#,
            200,
            "/responder_request_targets/0/result = \"cancelled\"",
        ),
        (
            r#"PUT /incidents/{incident}/responder_requests/cancel {"requester_id":"{user}","responder_request_targets":[{"id":"{user}","type":"user_reference"}]}"#,
            200,
            "/responder_request_targets/0/result = \"not_found\"",
        ),
        ("GET /incidents/{incident}/outlier_incident", 200, "/outlier_incident/occurrence/category = \"novel\""),
        (
            r#"POST /integration-ms-teams/incidents/{incident}/dedicated_chat {"mst_tenant_id":"t","chat":{"name":"C"}}"#,
            201,
            "/chat/name = \"C\"",
        ),
        (r#"POST /integration-ms-teams/incidents/{incident}/dedicated_chat {"mst_tenant_id":"t"}"#, 409, ""),
        ("GET /integration-ms-teams/incidents/{incident}/dedicated_chat", 200, "/tenant_id = \"t\""),
        ("DELETE /integration-ms-teams/incidents/{incident}/dedicated_chat", 204, ""),
        ("GET /integration-ms-teams/incidents/{incident}/dedicated_chat", 404, ""),
    ]);
}

#[test]
fn what_the_account_decides() {
    check(&[
        ("GET /recommendations/event_orchestrations/rules", 200, "rule @ /recommended_rules/0/recommendation_id"),
        ("GET /recommendations/event_orchestrations/rules", 200, "service @ /recommended_rules/0/parent/id"),
        ("DELETE /recommendations/event_orchestrations/services/{service}/accepted_rules/{rule}", 404, ""),
        ("POST /recommendations/event_orchestrations/services/{service}/rules/{rule}/accept", 200, ""),
        ("POST /recommendations/event_orchestrations/services/{service}/rules/{rule}/accept", 404, ""),
        ("DELETE /recommendations/event_orchestrations/services/{service}/accepted_rules/{rule}", 200, ""),
        ("GET /session_configurations?type=web", 200, "/session_configurations/0/idle_session_ttl = 28800"),
        (
            r#"PUT /session_configurations?type=web,mobile {"session_configuration":{"absolute_session_ttl":9,"idle_session_ttl":8}}"#,
            200,
            "/session_configurations/1/idle_session_ttl = 8",
        ),
        ("DELETE /session_configurations?type=web", 204, ""),
        ("GET /session_configurations?type=web", 200, "/session_configurations = []"),
        ("DELETE /session_configurations?type=desk", 400, ""),
        ("GET /standards", 200, "standard @ /standards/0/id"),
        ("GET /standards/scores/technical_services/{service}", 200, "/score/total = 3"),
        (r#"PUT /standards/{standard} {"active":false}"#, 200, "/active = false"),
        ("GET /standards/scores/technical_services/{service}", 200, "/score/total = 2"),
        ("GET /standards/scores/technical_services", 400, ""),
        ("GET /sre_agent/memories?type=runbook", 200, "memory @ /memories/0/id"),
        (r#"PUT /sre_agent/memories/{memory} {"memory":{"content":"C"}}"#, 200, "/memory/content = \"C\""),
        ("DELETE /sre_agent/memories/{memory}", 204, ""),
        (r#"POST /ip_allow_lists {"ip_allow_list":{"state":"enabled","cidr_entries":[{"cidr":"here"}]}}"#, 400, ""),
        ("GET /users/me", 200, "me @ /user/id"),
        ("DELETE /oauth_delegations?user_id={me}&type=mobile", 200, ""),
        ("GET /users/{me}/oauth_delegations?delegation_type=mobile", 200, "/oauth_delegations/0/status = \"revoked\""),
    ]);
}

#[test]
fn a_template_speaks_of_an_incident() {
    check(&[
        (r#"POST /incidents/0/status_updates {"message":"M"}"#, 404, ""),
        ("GET /services", 200, "service @ /services/0/id"),
        (
            r#"POST /incidents {"incident":{"type":"incident","title":"Out","service":{"id":"{service}","type":"service_reference"}}}"#,
            201,
            "incident @ /incident/id",
        ),
        (
            r#"POST /templates {"template":{"template_type":"status_update","name":"T","templated_fields":{"message":"{{incident.title}}: {{ status_update.message }} {{nothing}}"}}}"#,
            201,
            "template @ /template/id",
        ),
        (
            r#"POST /templates/{template}/render {"incident_id":"{incident}","status_update":{"message":"soon"}}"#,
            200,
            "/templated_fields/message = \"Out: soon \"",
        ),
        (r#"POST /templates/{template}/render {"incident_id":"none"}"#, 404, ""),
        (r#"POST /templates {"template":{"name":"T","templated_fields":{}}}"#, 400, ""),
    ]);
}

#[test]
fn sums_of_the_past() {
    let month = r#"{"filters":{"created_at_start":"2026-10-01T00:00:00Z","created_at_end":"2026-11-01T00:00:00Z"},"aggregate_unit":"month"}"#;
    let all = format!("POST /analytics/metrics/incidents/all {month}");
    let users = r#"POST /analytics/raw/users {"limit":39}"#;
    check(&[
        (&all, 200, "/data/0/range_start = \"2026-10-01T00:00:00\""),
        (r#"POST /analytics/metrics/incidents/teams {"aggregate_unit":"year"}"#, 400, ""),
        (r#"POST /analytics/metrics/users/all {}"#, 200, "/data/0/total_user_count = 40"),
        (users, 200, "/more = true"),
        (users, 200, "last @ /last"),
        (r#"POST /analytics/raw/users {"starting_after":"{last}"}"#, 200, "/more = false"),
        (r#"POST /analytics/raw/users {"starting_after":"nobody"}"#, 400, ""),
        (
            "GET /notifications?since=2026-10-01T00:00:00Z&until=2026-11-01T00:00:00Z&filter=sms_notification",
            200,
            "/notifications = []",
        ),
        ("GET /notifications?since=2026-10-01T00:00:00Z", 400, ""),
        ("GET /notifications?since=2026-01-01T00:00:00Z&until=2026-11-01T00:00:00Z", 400, ""),
        (
            "GET /paused_incident_reports/counts?suspended_by=rules",
            200,
            "/paused_incident_reporting_counts/paused_count = 0",
        ),
        (
            r#"POST /generic/2010-04-15/create_event.json {"service_key":"simroutingkey0000000000000000001","event_type":"trigger","incident_key":"one","description":"D"}"#,
            200,
            "/incident_key = \"one\"",
        ),
        ("GET /incidents?date_range=all&incident_key=one", 200, "/incidents/0/title = \"D\""),
        (r#"POST /generic/2010-04-15/create_event.json {"event_type":"trigger"}"#, 400, ""),
    ]);
}

#[test]
fn a_jira_server_signs() {
    let simulator = small();
    let key = format!("Bearer {}", tokens::BEARER);
    let ask = |headers: &[(&str, &str)]| send(&simulator, "GET", "/integration-jira-service/rules", headers, b"");
    assert_eq!(ask(&[("authorization", &key)]).status, 401);
    assert_eq!(ask(&[("authorization", &key), ("x-pagerduty-jira-signature", "s")]).status, 200);
    check(&[
        (r#"POST /integration-jira-service/rules {"rule":{"name":"R"}}"#, 400, ""),
        (
            r#"POST /integration-jira-service/rules {"rule":{"name":"R","enabled":true,"config":{}}}"#,
            200,
            "id @ /rule/id",
        ),
        (
            r#"PUT /integration-jira-service/rules/{id} {"rule":{"name":"S","enabled":false,"config":{}}}"#,
            200,
            "/rule/name = \"S\"",
        ),
        ("DELETE /integration-jira-service/rules/{id}", 204, ""),
        ("GET /integration-jira-service/rules/{id}", 404, ""),
    ]);
}
