//! The seeded account: always the same, of believable size and looks.

mod common;

use common::{get, small};
use pagerduty_simulator::{Options, ROUTING_KEY, Simulator};
use serde_json::{Value, json};

const PATHS: &[&str] = &[
    "/users?limit=100&include[]=contact_methods&include[]=notification_rules",
    "/services?limit=100",
    "/schedules?limit=100",
    "/incidents?date_range=all&limit=100",
    "/log_entries?limit=100",
    "/oncalls?limit=100",
    "/audit/records?limit=100",
    "/change_events?limit=100",
];

#[test]
fn one_seed_makes_one_account() {
    let (a, b) = (small(), small());
    let other = Simulator::new(Options { seed: 2, incidents: 300, ..Options::default() });
    for path in PATHS {
        assert_eq!(get(&a, path).text, get(&b, path).text, "{path}");
        assert_ne!(get(&a, path).text, get(&other, path).text, "{path}");
    }
    let (a, b) = (small(), small());
    assert_eq!(get(&a, "/teams").headers, get(&b, "/teams").headers);
}

#[test]
fn incidents_look_like_incidents() {
    let simulator = Simulator::new(Options::default());
    let month = get(&simulator, "/incidents?total=true").at("/total").as_u64().unwrap_or(0);
    let all = get(&simulator, "/incidents?total=true&date_range=all").at("/total").as_u64().unwrap_or(0);
    assert_eq!(all, 3_000);
    assert!(month * 3 < all, "the default month shows {month}");
    for status in ["triggered", "acknowledged", "resolved"] {
        let count = get(&simulator, &format!("/incidents?total=true&date_range=all&statuses[]={status}"));
        assert!(count.at("/total").as_u64().unwrap_or(0) > 10, "{status}: {}", count.at("/total"));
    }
    let page = get(&simulator, "/incidents?limit=100&date_range=all&offset=1000");
    let size = page.text.len() / 100;
    assert!((2_000..4_500).contains(&size), "{size} bytes each");
    for incident in page.list("/incidents") {
        let text = |key: &str| incident[key].as_str().unwrap_or("").to_owned();
        assert_eq!((text("id").len(), text("id").starts_with('Q')), (14, true));
        assert!(text("updated_at") >= text("created_at"), "{incident}");
        let resolved = text("status") == "resolved";
        assert_eq!(incident["resolved_at"].is_string(), resolved, "{incident}");
        assert_eq!(incident["assignments"].as_array().map(Vec::is_empty), Some(resolved), "{incident}");
        let entry = incident["first_trigger_log_entry"]["id"].as_str().unwrap_or("");
        assert_eq!(get(&simulator, &format!("/log_entries/{entry}")).at("/log_entry/incident/id"), incident["id"]);
    }
}

#[test]
fn references_lead_to_their_records() {
    let simulator = small();
    let service = get(&simulator, "/services?limit=1").at("/services/0");
    for pointer in ["/escalation_policy/self", "/integrations/0/self", "/teams/0/self"] {
        let link = service.pointer(pointer).and_then(Value::as_str).unwrap_or("");
        let path = link.strip_prefix("https://api.pagerduty.com").unwrap_or("");
        assert_eq!(get(&simulator, path).status, 200, "{pointer}: {link}");
    }
    let integration = service["integrations"][0]["id"].as_str().unwrap_or("");
    let service = service["id"].as_str().unwrap_or("");
    let shown = get(&simulator, &format!("/services/{service}/integrations/{integration}"));
    assert_eq!(shown.at("/integration/integration_key"), json!(ROUTING_KEY));
    assert_eq!(ROUTING_KEY.len(), 32);
}

#[test]
fn every_kind_of_contact_method_is_there() {
    let simulator = small();
    let users = get(&simulator, "/users?limit=100&include[]=contact_methods").text;
    for kind in ["email", "phone", "sms", "push_notification", "whatsapp"] {
        assert!(users.contains(&format!("\"{kind}_contact_method\"")), "{kind}");
    }
}

#[test]
fn some_text_is_hostile() {
    let simulator = small();
    let names = get(&simulator, "/services?limit=100").text;
    assert!(names.contains("\"=1+1|Legacy"));
    let titles: Vec<String> = (0..3)
        .flat_map(|page| {
            get(&simulator, &format!("/incidents?date_range=all&limit=100&offset={}", page * 100)).list("/incidents")
        })
        .filter_map(|incident| incident["title"].as_str().map(str::to_owned))
        .collect();
    for part in ["=HYPERLINK", "\u{1b}[31m", "\u{202e}", "line\r\nends", "🔥", "\u{0}"] {
        assert!(titles.iter().any(|title| title.contains(part)), "{part:?}");
    }
}

#[test]
fn any_size_and_time() {
    for incidents in [0, 1, 2, 9, 10_001] {
        let simulator = Simulator::new(Options { incidents, ..Options::default() });
        let total = get(&simulator, "/incidents?total=true&date_range=all&limit=1").at("/total");
        assert_eq!(total, json!(incidents));
    }
    for now in [jiff::Timestamp::MIN, jiff::Timestamp::UNIX_EPOCH, jiff::Timestamp::MAX] {
        let simulator = Simulator::new(Options { incidents: 20, now, ..Options::default() });
        for path in PATHS {
            assert_eq!(get(&simulator, path).status, 200, "{path} at {now}");
        }
    }
}
