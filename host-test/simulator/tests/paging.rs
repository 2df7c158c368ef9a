//! Every dialect of paging, walked to its end: nothing lost, nothing twice.

mod common;

use std::collections::HashSet;

use common::{Answer, get, small, user, with};
use pagerduty_simulator::{Options, Simulator, tokens};
use serde_json::{Value, json};

fn ids(answer: &Answer, key: &str) -> Vec<String> {
    let name = |item: &Value| item["id"].as_str().map_or_else(|| item.to_string(), str::to_owned);
    answer.list(&format!("/{key}")).iter().map(name).collect()
}

fn unique(ids: &[String]) -> usize {
    ids.iter().collect::<HashSet<_>>().len()
}

fn offset_walk(simulator: &Simulator, path: &str, key: &str, limit: usize) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let glue = if path.contains('?') { '&' } else { '?' };
        let page = user(simulator, "GET", &format!("{path}{glue}limit={limit}&offset={}", all.len()), "");
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        all.extend(ids(&page, key));
        if page.at("/more") != json!(true) {
            return all;
        }
    }
}

fn check_offset(path: &str, key: &str, count: usize) {
    let simulator = Simulator::new(Options { rate_limit: None, ..Options::default() });
    for limit in [100, 37] {
        let all = offset_walk(&simulator, path, key, limit);
        assert_eq!((all.len(), unique(&all)), (count, count), "{path} by {limit}");
    }
    let glue = if path.contains('?') { '&' } else { '?' };
    let total = user(&simulator, "GET", &format!("{path}{glue}total=true"), "");
    assert_eq!(total.at("/total"), json!(count), "{path}");
    assert_eq!(user(&simulator, "GET", path, "").at("/total"), Value::Null, "{path}");
}

#[test]
fn by_offset() {
    check_offset("/users", "users", 40);
    check_offset("/teams", "teams", 12);
    check_offset("/services", "services", 60);
    check_offset("/escalation_policies", "escalation_policies", 25);
    check_offset("/schedules", "schedules", 30);
    check_offset("/vendors", "vendors", 120);
    check_offset("/priorities", "priorities", 5);
    check_offset("/status_pages", "status_pages", 130);
    check_offset("/change_events", "change_events", 400);
    check_offset("/maintenance_windows", "maintenance_windows", 14);
    check_offset("/incidents?date_range=all", "incidents", 3_000);
    check_offset("/integration-slack/workspaces/T0LANTERN/connections", "slack_connections", 34);
}

#[test]
fn limits_and_defaults() {
    let simulator = small();
    for (query, limit) in [("", 25), ("?limit=7", 7), ("?limit=1000", 100), ("?limit=0", 1)] {
        let page = get(&simulator, &format!("/vendors{query}"));
        assert_eq!(page.at("/limit"), json!(limit), "{query}");
        assert_eq!(page.list("/vendors").len(), limit, "{query}");
    }
    for query in ["limit=x", "offset=-1", "limit=99999999999999999999999"] {
        assert_eq!(get(&simulator, &format!("/vendors?{query}")).status, 400, "{query}");
    }
}

#[test]
fn nothing_past_ten_thousand() {
    let simulator = Simulator::new(Options { rate_limit: None, ..Options::default() });
    let last = get(&simulator, "/log_entries?limit=100&offset=9900");
    assert_eq!((last.status, last.at("/more")), (200, json!(true)));
    let past = get(&simulator, "/log_entries?limit=100&offset=9901");
    assert_eq!((past.status, past.at("/error/code")), (400, json!(2002)));
    // Halving the window reaches the rest.
    let halves = ["until=2026-08-15T00:00:00Z", "since=2026-08-15T00:00:01Z"];
    let whole = get(&simulator, "/log_entries?limit=1&total=true").at("/total").as_u64();
    let parts =
        halves.map(|half| get(&simulator, &format!("/log_entries?limit=1&total=true&{half}")).at("/total").as_u64());
    assert_eq!(whole, Some(parts.iter().flatten().sum()));
    assert!(parts.iter().flatten().all(|part| *part < 10_000), "{parts:?}");
}

#[test]
fn by_cursor() {
    let simulator = small();
    let window = "since=2026-10-05T00:00:00Z&until=2026-11-01T12:00:00Z";
    for limit in [100, 13] {
        let mut all = Vec::new();
        let mut cursor = String::new();
        let mut seen = HashSet::new();
        loop {
            let page = get(&simulator, &format!("/audit/records?{window}&limit={limit}&cursor={cursor}"));
            assert_eq!(page.status, 200, "{}", page.text);
            all.extend(ids(&page, "records"));
            match page.at("/next_cursor").as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
            assert!(seen.insert(cursor.clone()), "a cursor came twice");
        }
        assert!(all.len() > 200, "{}", all.len());
        assert_eq!(unique(&all), all.len());
    }
    assert_eq!(get(&simulator, "/audit/records?cursor=zz").status, 400);
    assert_eq!(get(&simulator, "/audit/records?since=2026-01-01T00:00:00Z&until=2026-03-01T00:00:00Z").status, 400);
}

#[test]
fn by_after_and_before() {
    let simulator = small();
    let mut all = Vec::new();
    let mut after = String::new();
    let mut last_before = Value::Null;
    loop {
        let page = get(&simulator, &format!("/alert_grouping_settings?limit=7&after={after}"));
        all.extend(ids(&page, "alert_grouping_settings"));
        last_before = if page.at("/before").is_null() { last_before } else { page.at("/before") };
        match page.at("/after").as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((all.len(), unique(&all)), (30, 30));
    let back =
        get(&simulator, &format!("/alert_grouping_settings?limit=7&before={}", last_before.as_str().unwrap_or("")));
    assert_eq!(ids(&back, "alert_grouping_settings"), all[21..28]);
}

#[test]
fn in_the_body() {
    let simulator = small();
    for limit in [1_000, 41] {
        let mut all: Vec<String> = Vec::new();
        loop {
            let body = json!({"filters": {}, "limit": limit, "starting_after": all.last()}).to_string();
            let page = with(&simulator, tokens::ACCOUNT, "POST", "/analytics/raw/incidents", &body);
            assert_eq!(page.status, 200, "{}", page.text);
            all.extend(ids(&page, "data"));
            assert_eq!(page.at("/last").as_str(), all.last().map(String::as_str));
            if page.at("/more") != json!(true) {
                break;
            }
        }
        assert_eq!((all.len(), unique(&all)), (300, 300));
    }
    for body in [r#"{"limit":0}"#, r#"{"limit":1001}"#, r#"{"starting_after":"PNOTHERE"}"#, r#"{"order":"up"}"#] {
        assert_eq!(with(&simulator, tokens::ACCOUNT, "POST", "/analytics/raw/incidents", body).status, 400, "{body}");
    }
}

#[test]
fn by_start_index() {
    let simulator = small();
    let mut all = Vec::new();
    loop {
        let page = get(&simulator, &format!("/scim/v2/Users?startIndex={}&count=17", all.len() + 1));
        assert_eq!(page.headers["content-type"], "application/scim+json");
        assert_eq!(page.at("/totalResults"), json!(40));
        let found = ids(&page, "Resources");
        if found.is_empty() {
            break;
        }
        all.extend(found);
    }
    assert_eq!((all.len(), unique(&all)), (40, 40));
}
