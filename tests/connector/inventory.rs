//! Scans: everything is found once, resumed anywhere, told where left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use host_test::World;
use host_test::host::contract::{Asset, Reason, Skipped};
use host_test::host::{Connection, Error};
use host_test::simulator::{Options, Simulator, tokens};
use serde_json::{Value, json};

use crate::snapshot;

/// What a whole scan found.
#[derive(Default)]
struct Scanned {
    assets: Vec<Asset>,
    skipped: Vec<Skipped>,
    /// The cursor behind each step.
    cursors: Vec<String>,
}

impl Scanned {
    /// Every asset by kind and id; what came twice is told once.
    fn by_key(&self) -> BTreeMap<(String, String), Asset> {
        self.assets.iter().map(|asset| ((asset.kind.clone(), asset.id.clone()), asset.clone())).collect()
    }

    fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Asset> {
        self.assets.iter().filter(move |asset| asset.kind == kind)
    }
}

/// Scans from a cursor, or from the beginning, to the end.
async fn scan(on: &mut Connection, kinds: &[&str], settings: Value, start: Option<String>) -> Scanned {
    let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    let (mut found, mut next) = (Scanned::default(), start);
    loop {
        let slice = on.scan(&kinds, &settings.to_string(), next.as_deref()).await.expect("a step of a scan");
        found.assets.extend(slice.assets);
        found.skipped.extend(slice.skipped);
        next = slice.next;
        match &next {
            Some(cursor) => found.cursors.push(cursor.clone()),
            None => return found,
        }
    }
}

fn small() -> Options {
    Options { incidents: 400, rate_limit: None, ..Options::default() }
}

#[tokio::test(start_paused = true)]
async fn a_scan_finds_every_kind_that_there_is() {
    let world = World::with(small()).await;
    let mut on = world.open_with(&[("token", tokens::READ_ONLY)], json!({"access": "read"})).await.expect("opens");
    let kinds = world.connector.kinds().await.expect("kinds");
    let all: Vec<&str> = kinds.iter().map(|kind| kind.id.as_str()).collect();
    world.simulator.clear_requests();
    let found = scan(&mut on, &all, json!({"slack_workspaces": ["T0LANTERN"]}), None).await;
    let requests = world.simulator.requests();
    let assets = found.by_key();
    let mut text = format!(
        "{} kinds, {} assets, {} requests, {} steps\n",
        kinds.len(),
        assets.len(),
        requests.len(),
        found.cursors.len() + 1
    );
    for kind in &kinds {
        let of_kind: Vec<&Asset> = assets.values().filter(|asset| asset.kind == kind.id).collect();
        let _ = writeln!(text, "\n{}: {}", kind.id, of_kind.len());
        for skipped in found.skipped.iter().filter(|skipped| skipped.kind == kind.id) {
            let _ = writeln!(text, "  skipped: {}: {}", skipped.why.reason, skipped.why.message);
        }
        if let Some(asset) = of_kind.first() {
            let _ = writeln!(text, "  {} {:?} {}", asset.id, asset.name, asset.url.as_deref().unwrap_or("no link"));
        }
        // Which kinds each relation leads to, and how many of them are there.
        let mut edges: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
        for relation in of_kind.iter().flat_map(|asset| &asset.relations) {
            let (total, there) = edges.entry((&relation.name, &relation.kind)).or_default();
            *total += 1;
            *there += usize::from(assets.contains_key(&(relation.kind.clone(), relation.id.clone())));
        }
        for ((name, to), (total, there)) in edges {
            let _ = writeln!(text, "  {name} {to}: {total}, of which {there} are there");
        }
    }
    snapshot::check("scan.txt", &text);
}

/// The kinds of a usual scan, and the fewest requests that it could take: one
/// for each hundred of a list and one for each thing that is asked for alone.
#[tokio::test(start_paused = true)]
async fn a_usual_scan_asks_for_little() {
    let world = World::with(small()).await;
    let mut on = world.open(tokens::READ_ONLY).await;
    world.simulator.clear_requests();
    let found = scan(&mut on, &[], json!({}), None).await;
    let requests = world.simulator.requests();
    assert!(requests.iter().all(|request| request.method == "GET"), "a scan only reads");
    let (assets, requests) = (found.by_key().len(), requests.len());
    let text = format!("{assets} assets, {requests} requests, {} for each 1,000 assets\n", requests * 1000 / assets);
    println!("{text}");
    snapshot::check("scan-requests.txt", &text);
}

#[tokio::test(start_paused = true)]
async fn a_scan_goes_on_from_any_cursor_on_another_instance() {
    let world = World::with(small()).await;
    let mut on = world.open(tokens::READ_ONLY).await;
    let kinds = ["team", "team-membership", "user", "contact-method", "tag-assignment", "incident", "standards-score"];
    let whole = scan(&mut on, &kinds, json!({"incident_days": 60}), None).await;
    assert!(whole.cursors.len() >= 5, "{} steps", whole.cursors.len());
    let mut delivered = 0;
    let mut before = BTreeMap::new();
    // What comes before each cursor, and what a fresh instance finds behind it.
    let mut fresh = world.open(tokens::READ_ONLY).await;
    let mut next: Option<String> = None;
    for cursor in &whole.cursors {
        let asked: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let slice = fresh.scan(&asked, r#"{"incident_days":60}"#, next.as_deref()).await.expect("a step");
        assert_eq!(slice.next.as_ref(), Some(cursor));
        delivered += slice.assets.len();
        before.extend(slice.assets.into_iter().map(|asset| ((asset.kind.clone(), asset.id.clone()), asset)));
        let mut another = world.open(tokens::READ_ONLY).await;
        let rest = scan(&mut another, &kinds, json!({"incident_days": 60}), Some(cursor.clone())).await;
        let mut all = before.clone();
        all.extend(rest.by_key());
        assert_eq!(all, whole.by_key(), "behind {cursor}");
        assert_eq!(delivered + rest.assets.len(), whole.assets.len(), "behind {cursor}");
        next = slice.next;
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_key_may_not_see_is_told_and_passed_over() {
    let world = World::with(small()).await;
    let mut on =
        world.open_with(&[("access_token", tokens::BEARER_NARROW)], json!({"access": "read"})).await.expect("opens");
    let found = scan(&mut on, &[], json!({}), None).await;
    let kinds: BTreeSet<&str> = found.assets.iter().map(|asset| asset.kind.as_str()).collect();
    assert!(kinds.contains("service") && kinds.contains("incident") && kinds.contains("integration"), "{kinds:?}");
    assert!(!kinds.contains("user") && !kinds.contains("team-membership"), "{kinds:?}");
    let reason = |kind: &str| {
        let skipped: Vec<&Skipped> = found.skipped.iter().filter(|skipped| skipped.kind == kind).collect();
        assert_eq!(skipped.len(), 1, "{kind}");
        (skipped[0].why.reason, skipped[0].why.message.clone())
    };
    let (user, message) = reason("user");
    assert_eq!(user, Reason::Forbidden, "{message}");
    let (method, message) = reason("contact-method");
    assert_eq!(method, Reason::Forbidden);
    assert!(message.starts_with("found through the kind user, which was left out"), "{message}");
    // A user's token beside it widens what is seen.
    let keys = [("token", tokens::READ_ONLY), ("user_token", tokens::USER)];
    let mut on = world.open_with(&keys, json!({"access": "read"})).await.expect("opens");
    let found = scan(&mut on, &["slack-connection"], json!({"slack_workspaces": ["T0LANTERN"]}), None).await;
    assert!(found.skipped.is_empty() && found.of("slack-connection").count() > 0, "{:?}", found.skipped);
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_needs_a_setting_says_so() {
    let world = World::with(small()).await;
    let mut on = world.open(tokens::USER).await;
    let found = scan(&mut on, &["slack-connection", "priority"], json!({}), None).await;
    assert_eq!(found.skipped.len(), 1);
    assert!(found.skipped[0].why.message.contains("slack_workspaces"), "{}", found.skipped[0].why.message);
    assert_eq!(found.of("priority").count(), 5);
}

/// What cannot be scanned, and what the error says.
#[tokio::test(start_paused = true)]
async fn bad_input_is_told_before_anything_is_sent() {
    let world = World::with(small()).await;
    let mut on = world.open(tokens::USER).await;
    world.simulator.clear_requests();
    let table = [
        (vec!["servces"], "{}", None, "did you mean `service`"),
        (vec![], r#"{"incident_days":0}"#, None, "from 1 to 180"),
        (vec![], r#"{"incident_days":"30"}"#, None, "a whole number of days"),
        (vec![], r#"{"incident_day":3}"#, None, "did you mean `incident_days`"),
        (vec![], r#"{"slack_workspaces":"T0"}"#, None, "must be a list of texts"),
        (vec![], r#"{"skip":["user","usr"]}"#, None, "did you mean `user`"),
        (vec![], r#"{"ids":{"on-call":["X"]}}"#, None, "cannot be asked for by their id"),
        (vec![], r#"{"ids":{"service":"P1"}}"#, None, "must be a list of ids"),
        (vec![], r#"{"ids":{}}"#, None, "names no id"),
        (vec![], r#"{"changed_since":"today"}"#, None, "must be a time"),
        (vec![], r#"{"changed_since":"2026-10-01T00:00:00Z","ids":{"service":["P1"]}}"#, None, "one of the two"),
        (vec![], "[]", None, "a JSON object"),
        (vec![], "{}", Some("s1:0:0:0:0:0:0:"), "other kinds or settings"),
        (vec![], "{}", Some("1:incidents.list:0:0:0:o0.0.0"), "not a cursor of a scan"),
        (vec![], "{}", Some(""), "not a cursor of a scan"),
    ];
    for (kinds, settings, start, expected) in table {
        let kinds: Vec<String> = kinds.into_iter().map(str::to_owned).collect();
        match on.scan(&kinds, settings, start).await {
            Err(Error::Connector(error)) => {
                let said = format!("{} {:?}", error.message, error.violations);
                assert_eq!(error.reason, Reason::Invalid, "{settings}: {said}");
                assert!(said.contains(expected), "{kinds:?} {settings} {start:?}: {said}");
            }
            other => panic!("{kinds:?} {settings} {start:?}: {other:?}"),
        }
    }
    assert!(world.simulator.requests().is_empty());
}

/// A cursor that was touched is refused, or is one that the connector could
/// have made; never a panic, never another account's data.
#[tokio::test(start_paused = true)]
async fn a_cursor_is_not_trusted() {
    let world = World::with(small()).await;
    let mut on = world.open(tokens::READ_ONLY).await;
    let kinds = vec!["team".to_owned(), "user".to_owned(), "priority".to_owned()];
    let cursor = on.scan(&kinds, "{}", None).await.expect("a step").next.expect("more");
    let mut other = world.open(tokens::USER).await;
    let foreign = other.scan(&kinds, "{}", Some(&cursor)).await;
    assert!(
        matches!(&foreign, Err(Error::Connector(error)) if error.message.contains("another account")),
        "{foreign:?}"
    );
    for at in 0..cursor.len() {
        for with in ["0", "z", ":", "-", "\u{e9}", ""] {
            let mut touched = cursor.clone();
            touched.replace_range(at..=at, with);
            if touched != cursor
                && let Err(error) = on.scan(&kinds, "{}", Some(&touched)).await
            {
                assert!(
                    matches!(&error, Error::Connector(error) if error.reason == Reason::Invalid),
                    "{touched}: {error}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn assets_are_refreshed_by_their_ids() {
    let world = World::with(small()).await;
    let mut on = world.open(tokens::READ_ONLY).await;
    let whole = scan(&mut on, &["service", "integration", "user", "contact-method"], json!({}), None).await.by_key();
    let ids = |kind: &str| -> Vec<String> {
        whole.keys().filter(|(of, _)| of == kind).map(|(_, id)| id.clone()).take(25).collect()
    };
    let mut services = ids("service");
    services.push("PGONE00".to_owned());
    let settings = json!({"ids": {"service": services, "user": ids("user")}});
    let kinds = ["service", "integration", "user", "contact-method"];
    let found = scan(&mut on, &kinds, settings, None).await;
    assert_eq!(found.of("service").count(), 25);
    for (key, asset) in found.by_key() {
        let known = whole.get(&key).unwrap_or_else(|| panic!("{key:?} is not in the scan"));
        assert_eq!(known.relations, asset.relations, "{key:?}");
        let (before, now): (Value, Value) =
            (serde_json::from_str(&known.attributes).unwrap(), serde_json::from_str(&asset.attributes).unwrap());
        assert_eq!(before, now, "{key:?}");
    }
    let gone: Vec<&Skipped> = found.skipped.iter().filter(|skipped| skipped.why.reason == Reason::Missing).collect();
    let [gone] = gone[..] else { panic!("{:?}", found.skipped) };
    let extra: Value = serde_json::from_str(&gone.why.extra).unwrap();
    assert_eq!((gone.kind.as_str(), &extra["id"]), ("service", &json!("PGONE00")));
}

/// Every secret of the catalog's shapes is named, so that a host can cover it.
#[tokio::test(start_paused = true)]
async fn kinds_say_what_is_secret_personal_and_passing() {
    let world = World::new().await;
    let mut text = String::new();
    for kind in world.connector.kinds().await.expect("kinds") {
        let extra: Value = serde_json::from_str(&kind.extra).expect("JSON");
        let list = |name: &str| {
            extra[name].as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let flags: Vec<&str> = ["default", "personal", "windowed", "by_id"]
            .into_iter()
            .filter(|flag| extra[*flag] == json!(true))
            .collect();
        let terraform = kind.terraform_type.as_deref().unwrap_or("-");
        let _ = writeln!(text, "{} ({}) {terraform}: {}", kind.id, kind.title, flags.join(", "));
        for name in ["within", "secrets", "volatile"] {
            let words = list(name);
            if !words.is_empty() {
                let _ = writeln!(text, "  {name}: {}", words.join(", "));
            }
        }
        assert!(extra["schema"].is_object() && extra["relations"].is_array(), "{}", kind.id);
    }
    snapshot::check("kinds.txt", &text);
}

/// The simulator behind something that may answer in its place.
async fn between(
    answer: impl Fn(&http::Request<Bytes>) -> Option<http::Response<Bytes>> + Send + Sync + 'static,
) -> World {
    let simulator = Simulator::new(small());
    World::answering(move |request| {
        let answer = answer(&request).unwrap_or_else(|| simulator.respond(request));
        async move { Ok(answer) }
    })
    .await
}

fn refuse(status: u16, text: &'static str) -> Option<http::Response<Bytes>> {
    Some(http::Response::builder().status(status).body(Bytes::from_static(text.as_bytes())).expect("an answer"))
}

/// The members of one team are refused, of all, or the plan has none.
#[tokio::test(start_paused = true)]
async fn a_part_that_is_refused_does_not_end_the_scan() {
    const FORBIDDEN: &str = r#"{"error":{"message":"Access Denied","code":2010}}"#;
    const PLAN: &str = r#"{"error":{"message":"Account does not have the abilities","code":2014}}"#;
    // which teams are refused, status, body, memberships found, requests for members, reason
    let table = [
        ("one", 403, FORBIDDEN, 40..54, 12, Reason::Forbidden),
        ("all", 403, FORBIDDEN, 0..1, 12, Reason::Forbidden),
        ("all", 402, PLAN, 0..1, 1, Reason::Unlicensed),
    ];
    for (which, status, text, expected, asked, reason) in table {
        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let known = Arc::clone(&seen);
        let world = between(move |request| {
            if !request.uri().path().ends_with("/members") {
                return None;
            }
            let mut known = known.lock().expect("no panic");
            known.insert(request.uri().path().to_owned());
            (which == "all" || known.len() == 3).then(|| refuse(status, text)).flatten()
        })
        .await;
        let mut on = world.open_with(&[("token", tokens::READ_ONLY)], json!({"ahead": 0})).await.expect("opens");
        let found = scan(&mut on, &["team", "team-membership", "priority"], json!({}), None).await;
        let told = format!("{which} {status}: {:?}", found.skipped);
        assert!(expected.contains(&found.of("team-membership").count()), "{told}");
        assert_eq!((found.of("team").count(), found.of("priority").count()), (12, 5), "{told}");
        assert_eq!(seen.lock().expect("no panic").len(), asked, "{told}");
        let reasons: Vec<(&str, Reason)> =
            found.skipped.iter().map(|skipped| (skipped.kind.as_str(), skipped.why.reason)).collect();
        assert_eq!(reasons, [("team-membership", reason)], "{told}");
    }
}

/// A list that fails ends the step, nothing is lost, and a host may pass over it.
#[tokio::test(start_paused = true)]
async fn a_list_that_fails_is_tried_again_or_passed_over() {
    let failing = Arc::new(AtomicUsize::new(1));
    let fails = Arc::clone(&failing);
    let world = between(move |request| {
        let fails = fails.load(Ordering::SeqCst) > 0 && request.uri().path() == "/users";
        fails.then(|| refuse(500, "")).flatten()
    })
    .await;
    let kinds = vec!["team".to_owned(), "user".to_owned(), "contact-method".to_owned(), "priority".to_owned()];
    let mut on = world.open(tokens::READ_ONLY).await;
    let first = on.scan(&kinds, "{}", None).await.expect("teams");
    let cursor = first.next.expect("more");
    for _ in 0..2 {
        let error = on.scan(&kinds, "{}", Some(&cursor)).await.expect_err("users fail");
        let Error::Connector(error) = error else { panic!("{error}") };
        assert_eq!(error.reason, Reason::Unavailable);
        assert!(error.extra.contains(r#""kind":"user""#), "{}", error.extra);
    }
    let names: Vec<&str> = kinds.iter().map(String::as_str).collect();
    // Whatever is passed over is told, so that nobody takes it for empty, and what
    // is found through it too.
    let passed = scan(&mut on, &names, json!({"skip": ["user"]}), Some(cursor.clone())).await;
    assert_eq!((passed.of("priority").count(), passed.assets.len()), (5, 5));
    let told: Vec<&str> = passed.skipped.iter().map(|skipped| skipped.kind.as_str()).collect();
    assert_eq!(told, ["user", "contact-method"]);
    failing.store(0, Ordering::SeqCst);
    let whole = scan(&mut on, &names, json!({}), Some(cursor)).await;
    assert_eq!((whole.of("user").count(), whole.of("priority").count()), (40, 5));
}

/// Calls beside a list are on their way together, the first of them alone.
#[tokio::test(start_paused = true)]
async fn calls_beside_a_list_go_together() {
    for (ahead, expected) in [(0, 1), (1, 1), (4, 4), (8, 8)] {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (under_way, highest) = (Arc::clone(&now), Arc::clone(&most));
        let simulator = Simulator::new(small());
        let world = World::answering(move |request| {
            let (now, most) = (Arc::clone(&under_way), Arc::clone(&highest));
            let members = request.uri().path().ends_with("/members");
            let answer = simulator.respond(request);
            async move {
                if members {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    now.fetch_sub(1, Ordering::SeqCst);
                }
                Ok(answer)
            }
        })
        .await;
        let mut on = world.open_with(&[("token", tokens::READ_ONLY)], json!({"ahead": ahead})).await.expect("opens");
        let found = scan(&mut on, &["team-membership"], json!({}), None).await;
        assert_eq!(found.of("team-membership").count(), 54, "ahead {ahead}");
        assert_eq!(most.load(Ordering::SeqCst), expected, "ahead {ahead}");
    }
}

/// What is passed over in the middle of its list leaves the others where they are.
#[tokio::test(start_paused = true)]
async fn a_kind_can_be_passed_over_in_the_middle_of_its_list() {
    let world = World::with(Options { incidents: 3000, rate_limit: None, ..Options::default() }).await;
    let mut on = world.open(tokens::READ_ONLY).await;
    let kinds: Vec<String> = ["priority", "log-entry", "incident"].map(str::to_owned).to_vec();
    let mut next = None;
    let cursor = loop {
        let slice = on.scan(&kinds, "{}", next.as_deref()).await.expect("a step");
        let logs = slice.assets.iter().any(|asset| asset.kind == "log-entry");
        next = slice.next;
        if logs {
            break next.expect("there are more log entries");
        }
    };
    let rest =
        scan(&mut on, &["priority", "log-entry", "incident"], json!({"skip": ["log-entry"]}), Some(cursor)).await;
    assert_eq!(rest.of("log-entry").count(), 0);
    assert_eq!(rest.skipped.len(), 1, "{:?}", rest.skipped);
}

/// What changed since a time, and nothing else, in few requests.
#[tokio::test(start_paused = true)]
async fn changes_are_told_between_two_scans() {
    let world = World::with(small()).await;
    let mut on = world.open(tokens::ACCOUNT).await;
    let whole = scan(&mut on, &[], json!({}), None).await;
    let services: Vec<&Asset> = whole.of("service").collect();
    let (renamed, gone) = (services[0].id.clone(), services[1].id.clone());
    tokio::time::advance(Duration::from_secs(3600)).await;
    let mut changing = world.open_with(&[("token", tokens::USER)], json!({})).await.expect("opens");
    let before: Value = serde_json::from_str(&services[0].attributes).unwrap();
    let renaming = json!({
        "id": renamed, "name": "Renamed meanwhile", "escalation_policy": before["escalation_policy"]["id"],
    });
    changing.call("services.update", &renaming.to_string()).await.expect("renames");
    changing.call("services.delete", &json!({"id": gone}).to_string()).await.expect("deletes");
    let incident = json!({"title": "New", "service": renamed});
    changing.call("incidents.create", &incident.to_string()).await.expect("creates");
    world.simulator.clear_requests();
    let settings = json!({"changed_since": "2026-11-01T12:30:00Z"});
    let found = scan(&mut on, &[], settings, None).await;
    let names: Vec<&str> = found.of("service").map(|asset| asset.name.as_str()).collect();
    assert_eq!(names, ["Renamed meanwhile"]);
    assert!(found.of("incident").any(|asset| asset.name == "New"), "{:?}", found.assets);
    let missing: Vec<(&str, Value)> = found
        .skipped
        .iter()
        .filter(|skipped| skipped.why.reason == Reason::Missing)
        .map(|skipped| {
            let extra: Value = serde_json::from_str(&skipped.why.extra).unwrap();
            (skipped.kind.as_str(), extra["id"].clone())
        })
        .collect();
    assert_eq!(missing, [("service", json!(gone))]);
    let asked = world.simulator.requests().len();
    assert!(asked <= 12, "{asked} requests");
}

/// A step that ends in the middle of a list has sent for no page that it leaves.
#[tokio::test(start_paused = true)]
async fn no_page_is_asked_for_twice() {
    let world = World::with(Options { incidents: 3000, rate_limit: None, ..Options::default() }).await;
    for ahead in [0, 4, 8] {
        let settings = json!({"ahead": ahead});
        let mut on = world.open_with(&[("token", tokens::READ_ONLY)], settings).await.expect("opens");
        world.simulator.clear_requests();
        let found = scan(&mut on, &["log-entry", "vendor"], json!({"log_entry_days": 60}), None).await;
        let seen = world.simulator.requests();
        let asked: BTreeSet<String> = seen.iter().map(|request| request.path.clone()).collect();
        assert!(found.cursors.len() > 3 && found.of("log-entry").count() > 2000, "{} steps", found.cursors.len());
        assert_eq!(asked.len(), seen.len(), "ahead {ahead}");
    }
}

/// Trouble inside a part of an asset is the part's, not that of what it stands in.
#[tokio::test(start_paused = true)]
async fn a_part_that_breaks_off_leaves_what_it_is_part_of() {
    let world = between(|request| {
        let members = request.uri().path().ends_with("/members");
        let further =
            request.uri().query().is_some_and(|query| query.contains("offset=") && !query.contains("offset=0"));
        match (members, further) {
            (true, true) => refuse(400, r#"{"error":{"message":"Invalid Input Provided","code":2001}}"#),
            (true, false) => refuse(
                200,
                r#"{"members":[{"user":{"id":"P1"}},{"user":{"id":"P2"}}],"more":true,"limit":2,"offset":0}"#,
            ),
            (false, _) => None,
        }
    })
    .await;
    let mut on = world.open(tokens::READ_ONLY).await;
    let found = scan(&mut on, &["team", "team-membership", "priority"], json!({}), None).await;
    assert_eq!((found.of("team").count(), found.of("priority").count()), (12, 5));
    let told: Vec<(&str, Reason)> =
        found.skipped.iter().map(|skipped| (skipped.kind.as_str(), skipped.why.reason)).collect();
    assert_eq!(told, [("team-membership", Reason::Refused)]);
}
