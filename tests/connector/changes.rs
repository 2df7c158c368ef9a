//! Change feeds: what happened since, exactly once, whatever lies between two
//! polls.

use std::collections::BTreeSet;

use host_test::World;
use host_test::host::contract::Reason;
use host_test::host::{Connection, Error};
use host_test::simulator::{Fault, Options, tokens};
use serde_json::{Value, json};

const FEED: &str = "incidents.changes";

/// A poll to its end: the ids of what changed, in order, and the cursor at
/// which the next one begins.
async fn poll(on: &mut Connection, arguments: &Value, start: Option<&str>) -> (Vec<String>, String) {
    let mut walk = on.walk(FEED, &arguments.to_string(), start).await.unwrap_or_else(|error| panic!("{error}"));
    let (mut ids, mut cursor) = (Vec::new(), None);
    while let Some(page) = walk.next().await.unwrap_or_else(|error| panic!("{error}")) {
        let items: Vec<Value> = serde_json::from_str(&page.items).expect("one JSON array");
        assert_eq!(items.len(), page.count as usize);
        ids.extend(items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()));
        let next = page.next.expect("a feed has no end");
        assert!(next.len() <= 4096, "{} bytes", next.len());
        cursor = Some(next);
    }
    (ids, cursor.expect("a page"))
}

/// Creates an incident, and tells its id.
async fn create(on: &mut Connection, title: &str) -> String {
    let services = on.call("services.list", r#"{"limit":1}"#).await.expect("services");
    let services: Value = serde_json::from_str(&services.value).expect("a page");
    let arguments =
        json!({"title": title, "service": services["services"][0]["id"], "from": "marta.okonkwo@lanternway.example"});
    let made = on.call("incidents.create", &arguments.to_string()).await.expect("created");
    let made: Value = serde_json::from_str(&made.value).expect("an incident");
    made["id"].as_str().expect("an id").to_owned()
}

async fn note(on: &mut Connection, id: &str) {
    let arguments = json!({"id": id, "content": "looked at", "from": "marta.okonkwo@lanternway.example"});
    on.call("incidents.notes.create", &arguments.to_string()).await.expect("noted");
}

async fn small() -> World {
    World::with(Options { incidents: 120, ..Options::default() }).await
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_begins_now_tells_what_happens_from_then_on() {
    let world = small().await;
    let mut on = world.open(tokens::ACCOUNT).await;
    let (ids, cursor) = poll(&mut on, &json!({}), None).await;
    assert!(ids.is_empty(), "{ids:?}");
    let (ids, cursor) = poll(&mut on, &json!({}), Some(&cursor)).await;
    assert!(ids.is_empty(), "nothing happened: {ids:?}");
    // Within one second, and on the very boundary of the poll before.
    let first = create(&mut on, "One").await;
    let (ids, cursor) = poll(&mut on, &json!({}), Some(&cursor)).await;
    assert_eq!(ids, [first.as_str()]);
    let second = create(&mut on, "Two").await;
    note(&mut on, &first).await;
    let mut elsewhere = world.open(tokens::ACCOUNT).await;
    let (ids, cursor) = poll(&mut elsewhere, &json!({}), Some(&cursor)).await;
    assert_eq!(ids.iter().collect::<BTreeSet<_>>(), BTreeSet::from([&first, &second]), "each once");
    assert_eq!(ids.len(), 2);
    let (ids, _) = poll(&mut on, &json!({}), Some(&cursor)).await;
    assert!(ids.is_empty(), "{ids:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_delivered_is_the_present_state() {
    let world = small().await;
    let mut on = world.open(tokens::ACCOUNT).await;
    let (_, cursor) = poll(&mut on, &json!({}), None).await;
    let id = create(&mut on, "Down").await;
    let resolve = json!({"id": id, "status": "resolved", "from": "marta.okonkwo@lanternway.example"});
    on.call("incidents.update", &resolve.to_string()).await.expect("resolved");
    let mut walk = on.walk(FEED, "{}", Some(&cursor)).await.expect("a walk");
    let page = walk.next().await.expect("a page").expect("one");
    let items: Vec<Value> = serde_json::from_str(&page.items).expect("an array");
    // Triggered and resolved since: one incident, as it is now, in full.
    assert_eq!(items.len(), 1);
    assert_eq!(
        (&items[0]["id"], &items[0]["status"], &items[0]["title"]),
        (&json!(id), &json!("resolved"), &json!("Down"))
    );
}

/// Every incident that something happened to since, as the log entries tell.
#[tokio::test(start_paused = true)]
async fn a_feed_from_a_time_misses_nothing_on_any_page_size() {
    let world = World::with(Options { incidents: 400, ..Options::default() }).await;
    let mut on = world.open(tokens::ACCOUNT).await;
    let since = "2026-10-20T00:00:00Z";
    let mut expected = BTreeSet::new();
    let mut walk = on.walk("log-entries.list", &json!({"since": since}).to_string(), None).await.expect("a walk");
    while let Some(page) = walk.next().await.expect("pages") {
        let entries: Vec<Value> = serde_json::from_str(&page.items).expect("an array");
        expected.extend(entries.iter().map(|entry| entry["incident"]["id"].as_str().expect("an id").to_owned()));
    }
    drop(walk);
    assert!(expected.len() > 20, "{}", expected.len());
    for limit in [2, 7, 100] {
        let arguments = json!({"since": since, "limit": limit});
        let (ids, cursor) = poll(&mut on, &arguments, None).await;
        assert_eq!(ids.iter().cloned().collect::<BTreeSet<_>>(), expected, "{limit} a page");
        let (again, _) = poll(&mut on, &arguments, Some(&cursor)).await;
        assert!(again.is_empty(), "{limit} a page: {again:?}");
    }
}

/// A poll that breaks off anywhere goes on elsewhere and delivers the rest.
#[tokio::test(start_paused = true)]
async fn a_poll_is_resumed_at_every_page() {
    let world = World::with(Options { incidents: 400, ..Options::default() }).await;
    let arguments = json!({"since": "2026-10-25T00:00:00Z", "limit": 9});
    let mut on = world.open(tokens::ACCOUNT).await;
    let (all, last) = poll(&mut on, &arguments, None).await;
    let (mut ids, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut on = world.open(tokens::ACCOUNT).await;
        let mut walk = on.walk(FEED, &arguments.to_string(), cursor.as_deref()).await.expect("a walk");
        if ids.len() % 3 == 0 {
            // The first try fails, and is made again from the same cursor.
            world.simulator.inject(Fault { times: 4, ..Fault::json(503, 2000, "Down") });
            assert!(walk.next().await.is_err());
        }
        let page = walk.next().await.expect("a page").expect("one");
        let items: Vec<Value> = serde_json::from_str(&page.items).expect("an array");
        ids.extend(items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()));
        cursor = page.next;
        if walk.next().await.expect("no failure").is_none() {
            break;
        }
    }
    assert_eq!(ids, all);
    let read = |cursor: &str| cursor.split(':').nth(5).map(str::to_owned);
    assert_eq!(cursor.as_deref().and_then(read), read(&last), "and ends in the same state");
}

#[tokio::test(start_paused = true)]
async fn a_full_pass_lists_everything_and_then_what_changed_meanwhile() {
    let world = small().await;
    let mut on = world.open(tokens::ACCOUNT).await;
    let arguments = json!({"full": true, "limit": 50});
    let mut walk = on.walk(FEED, &arguments.to_string(), None).await.expect("a walk");
    let (mut ids, mut cursor, mut pages) = (Vec::new(), None, 0);
    while let Some(page) = walk.next().await.expect("pages") {
        let items: Vec<Value> = serde_json::from_str(&page.items).expect("an array");
        ids.extend(items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()));
        cursor = page.next;
        pages += 1;
        if pages == 2 {
            break;
        }
    }
    drop(walk);
    // While the pass is under way something changes that it has passed.
    let changed = ids[0].clone();
    note(&mut on, &changed).await;
    let (rest, cursor) = poll(&mut on, &arguments, cursor.as_deref()).await;
    assert_eq!(rest.last(), Some(&changed), "it comes again, after the pass");
    let all: BTreeSet<String> = ids.into_iter().chain(rest).collect();
    assert_eq!(all.len(), 120, "every incident there is");
    let (ids, _) = poll(&mut on, &arguments, Some(&cursor)).await;
    assert!(ids.is_empty());
}

#[tokio::test(start_paused = true)]
async fn call_answers_one_page_and_the_cursor_of_the_next() {
    let world = small().await;
    let mut on = world.open(tokens::ACCOUNT).await;
    let page = on.call(FEED, r#"{"since":"2026-10-25T00:00:00Z","limit":5}"#).await.expect("a page");
    let page: Value = serde_json::from_str(&page.value).expect("an object");
    assert_eq!(page["more"], true);
    let mut arguments = json!({"since": "2026-10-25T00:00:00Z", "limit": 100});
    let mut cursor = page["next_cursor"].clone();
    let mut count = page["incidents"].as_array().expect("a list").len();
    for _ in 0..100 {
        arguments["cursor"] = cursor;
        let page = on.call(FEED, &arguments.to_string()).await.expect("a page");
        let page: Value = serde_json::from_str(&page.value).expect("an object");
        count += page["incidents"].as_array().expect("a list").len();
        cursor = page["next_cursor"].clone();
        assert!(cursor.is_string());
        if page["more"] == false {
            break;
        }
    }
    assert!(count > 5, "{count}");
    arguments["cursor"] = json!("nonsense");
    match on.call(FEED, &arguments.to_string()).await {
        Err(Error::Connector(error)) => assert_eq!(error.reason, Reason::Invalid, "{}", error.message),
        other => panic!("{:?}", other.map(|output| output.value)),
    }
}

/// Audit records over months, 31 days a query, and what came since.
#[tokio::test(start_paused = true)]
async fn audit_records_are_a_feed_over_any_time() {
    let world = World::new().await;
    let mut on = world.open(tokens::ACCOUNT).await;
    let arguments = json!({"since": "2026-06-01T00:00:00Z"});
    let mut walk = on.walk("audit.records.changes", &arguments.to_string(), None).await.expect("a walk");
    let (mut ids, mut cursor) = (Vec::new(), None);
    while let Some(page) = walk.next().await.expect("pages") {
        let items: Vec<Value> = serde_json::from_str(&page.items).expect("an array");
        ids.extend(items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()));
        cursor = page.next;
    }
    drop(walk);
    let requests = world.simulator.requests();
    assert!(requests.len() >= 5, "five months at 31 days a query: {}", requests.len());
    assert!(!ids.is_empty());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "none twice");
    let mut walk = on.walk("audit.records.changes", &arguments.to_string(), cursor.as_deref()).await.expect("a walk");
    assert_eq!(walk.next().await.expect("a page").expect("one").count, 0);
    drop(walk);
    // The list itself walks as far as the feed.
    let mut walk = on.walk("audit.records.list", &arguments.to_string(), None).await.expect("a walk");
    let mut listed = 0;
    while let Some(page) = walk.next().await.expect("pages") {
        listed += page.count as usize;
    }
    assert_eq!(listed, ids.len());
}

#[tokio::test(start_paused = true)]
async fn a_cursor_of_a_feed_is_bound_like_any_other() {
    let world = small().await;
    let mut on = world.open(tokens::ACCOUNT).await;
    let (_, cursor) = poll(&mut on, &json!({}), None).await;
    let (_, plain) = {
        let mut walk = on.walk("incidents.list", r#"{"limit":5}"#, None).await.expect("a walk");
        (0, walk.next().await.expect("a page").expect("one").next.expect("a cursor"))
    };
    world.simulator.clear_requests();
    for (operation, arguments, cursor) in [
        (FEED, json!({"lookback_s": 5}), cursor.clone()),
        ("incidents.list", json!({}), cursor.replace(FEED, "incidents.list")),
        (FEED, json!({}), plain.replace("incidents.list", FEED)),
    ] {
        match on.walk(operation, &arguments.to_string(), Some(&cursor)).await {
            Err(Error::Connector(error)) => assert_eq!(error.reason, Reason::Invalid, "{}", error.message),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{cursor} was taken"),
        }
    }
    assert!(world.simulator.requests().is_empty());
}
