//! Walks: every dialect to its end, resumed anywhere, refused when foreign.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use host_test::World;
use host_test::host::contract::{Page, Reason};
use host_test::host::{Connection, Error};
use host_test::simulator::tokens;
use serde_json::{Value, json};

fn items(page: &Page) -> Vec<Value> {
    let items: Vec<Value> = serde_json::from_str(&page.items).expect("one JSON array");
    assert_eq!(items.len(), page.count as usize);
    items
}

/// Walks to the end; every item, and the cursor behind each page.
async fn walk(
    on: &mut Connection,
    operation: &str,
    arguments: &Value,
    start: Option<&str>,
) -> (Vec<Value>, Vec<String>) {
    let mut walk =
        on.walk(operation, &arguments.to_string(), start).await.unwrap_or_else(|e| panic!("{operation}: {e}"));
    let (mut all, mut cursors) = (Vec::new(), Vec::new());
    while let Some(page) = walk.next().await.unwrap_or_else(|error| panic!("{operation}: {error}")) {
        all.extend(items(&page));
        match page.next {
            Some(cursor) => cursors.push(cursor),
            None => break,
        }
    }
    (all, cursors)
}

#[tokio::test(start_paused = true)]
async fn every_dialect_is_walked_to_its_end_and_resumed_anywhere() {
    let world = World::new().await;
    let workspace = json!({"slack_team_id": "T0LANTERN"});
    // operation, arguments, how many records at least
    let table = [
        ("incidents.list", json!({"date_range": "all", "include": ["services"]}), 3000),
        ("services.list", json!({"limit": 7}), 60),
        ("users.list", json!({"limit": 40}), 40),
        ("users.list", json!({"limit": 2}), 40),
        ("vendors.list", json!({}), 100),
        ("status-pages.list", json!({}), 100),
        (
            "audit.records.list",
            json!({"since": "2026-10-05T00:00:00Z", "until": "2026-11-01T00:00:00Z", "limit": 20}),
            21,
        ),
        ("alert-grouping.list", json!({"limit": 5}), 6),
        ("analytics.incidents.list", json!({"limit": 500}), 600),
        ("scim.users.list", json!({"count": 9}), 40),
        ("slack.connections.list", workspace, 1),
        ("on-calls.list", json!({}), 25),
    ];
    for (operation, arguments, least) in table {
        // Analytics asks users for filters, Slack asks for a user.
        let token = if operation.starts_with("slack") { tokens::USER } else { tokens::ACCOUNT };
        let mut on = world.open(token).await;
        let (all, cursors) = walk(&mut on, operation, &arguments, None).await;
        assert!(all.len() >= least, "{operation} {arguments}: {} records", all.len());
        let distinct: BTreeSet<String> = all.iter().map(|item| item.get("id").unwrap_or(item).to_string()).collect();
        assert_eq!(distinct.len(), all.len(), "{operation} repeats records");
        assert!(cursors.iter().all(|cursor| cursor.len() <= 4096 && !cursor.contains("http")), "{cursors:?}");
        for cursor in cursors.iter().step_by(cursors.len() / 5 + 1) {
            let mut elsewhere = world.open(token).await;
            let (rest, _) = walk(&mut elsewhere, operation, &arguments, Some(cursor)).await;
            assert_eq!(rest[..], all[all.len() - rest.len()..], "{operation} from {cursor}");
            assert!(!rest.is_empty() && rest.len() < all.len());
        }
    }
}

/// Without dates PagerDuty lists the last month alone.
#[tokio::test(start_paused = true)]
async fn incidents_without_dates_are_the_last_month() {
    let world = World::new().await;
    let mut on = world.open(tokens::ACCOUNT).await;
    let (recent, _) = walk(&mut on, "incidents.list", &json!({}), None).await;
    let (all, _) = walk(&mut on, "incidents.list", &json!({"date_range": "all"}), None).await;
    assert!(!recent.is_empty() && recent.len() < all.len() / 2, "{} of {}", recent.len(), all.len());
}

#[tokio::test(start_paused = true)]
async fn foreign_cursors_are_refused() {
    let world = World::new().await;
    let mut on = world.open(tokens::ACCOUNT).await;
    let arguments = json!({"limit": 7});
    let (_, cursors) = walk(&mut on, "services.list", &arguments, None).await;
    let cursor = &cursors[0];
    let changed = |at: usize, to: &str| {
        let mut parts: Vec<&str> = cursor.split(':').collect();
        parts[at] = to;
        parts.join(":")
    };
    let eu = json!({"region": "eu"});
    let other = json!({"limit": 7, "query": "a"});
    let table = [
        ("services.list", &arguments, json!({}), String::new(), "not a cursor"),
        ("services.list", &arguments, json!({}), "nonsense".to_owned(), "not a cursor"),
        ("services.list", &arguments, json!({}), changed(0, "9"), "another version"),
        ("users.list", &arguments, json!({}), cursor.clone(), "another operation"),
        ("services.list", &other, json!({}), cursor.clone(), "other arguments"),
        ("services.list", &arguments, eu, cursor.clone(), "another account or region"),
        ("services.list", &arguments, json!({}), changed(5, "o9.9.0"), "not a cursor"),
        ("services.list", &arguments, json!({}), changed(5, "t0.1.0.x"), "not made by"),
        ("services.list", &arguments, json!({}), "x".repeat(5000), "not a cursor"),
    ];
    world.simulator.clear_requests();
    for (operation, arguments, settings, cursor, word) in table {
        let mut on = world.open_with(&[("token", tokens::ACCOUNT)], settings).await.expect("opens");
        match on.walk(operation, &arguments.to_string(), Some(&cursor)).await {
            Err(Error::Connector(error)) => {
                assert_eq!(error.reason, Reason::Invalid, "{}", error.message);
                assert!(error.message.contains(word), "{cursor}: {}", error.message);
            }
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{cursor} was taken"),
        }
    }
    assert!(world.simulator.requests().is_empty());
    // Another size of page is the same walk.
    let (rest, _) = walk(&mut on, "services.list", &json!({"limit": 50}), Some(cursor)).await;
    assert_eq!(rest.len(), 53);
}

/// Cursors are bound to what the host calls the account.
#[tokio::test(start_paused = true)]
async fn a_cursor_of_another_account_is_refused() {
    let world = World::new().await;
    let mut on = world.open(tokens::ACCOUNT).await;
    let (_, cursors) = walk(&mut on, "services.list", &json!({"limit": 7}), None).await;
    let mut other = world.open(tokens::OTHER_ACCOUNT_USER).await;
    match other.walk("services.list", r#"{"limit":7}"#, Some(&cursors[0])).await {
        Err(Error::Connector(error)) => assert!(error.message.contains("another account"), "{}", error.message),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("taken"),
    }
}

/// The present pages of a made-up server, told by offset.
type Pages = fn(offset: usize, request: usize) -> (Vec<Value>, bool);

/// Walks `services.list` over a server of the test's own: the ids read, and
/// how it ended.
async fn over(pages: Pages) -> (Vec<i64>, Option<(Reason, String)>) {
    let count = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&count);
    let world = World::answering(move |request| {
        let query = request.uri().query().unwrap_or_default();
        let number = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.parse().ok()).unwrap_or(0);
        let mut count = counter.lock().expect("no panic");
        let (mut items, more) = pages(number("offset="), *count);
        let more = more || items.len() > number("limit=");
        items.truncate(number("limit="));
        *count += 1;
        let body = json!({"services": items, "more": more}).to_string();
        async { Ok(http::Response::new(Bytes::from(body))) }
    })
    .await;
    let mut on = world.open("key").await;
    let mut walk = on.walk("services.list", r#"{"limit":3}"#, None).await.expect("a walk");
    let mut ids = Vec::new();
    loop {
        assert!(*count.lock().expect("no panic") < 10_000, "it never ends");
        match walk.next().await {
            Ok(Some(page)) => ids.extend(items(&page).iter().filter_map(|item| item["id"].as_i64())),
            Ok(None) => return (ids, None),
            Err(Error::Connector(error)) => return (ids, Some((error.reason, error.message))),
            Err(other) => panic!("{other}"),
        }
    }
}

fn slice(records: impl Iterator<Item = usize>, offset: usize) -> (Vec<Value>, bool) {
    let rest: Vec<usize> = records.skip(offset).collect();
    (rest.iter().take(3).map(|id| json!({"id": id})).collect(), rest.len() > 3)
}

#[tokio::test(start_paused = true)]
async fn shifts_between_pages_are_noticed_and_mended() {
    let all: Vec<i64> = (0..10).collect();
    assert_eq!(over(|offset, _| slice(0..10, offset)).await, (all.clone(), None));
    // A record appears in front after the first page: nothing comes twice.
    assert_eq!(
        over(|offset, n| slice((0..10).map(|i| if n > 0 { (i + 99) % 100 } else { i }), offset)).await.0[..3],
        [0, 1, 2]
    );
    let (ids, end) =
        over(|offset, n| if n == 0 { slice(0..10, offset) } else { slice([50].into_iter().chain(0..10), offset) })
            .await;
    assert_eq!((ids, end), (all.clone(), None));
    // One that was read goes away: nothing is skipped.
    let (ids, end) = over(|offset, n| if n == 0 { slice(0..10, offset) } else { slice(1..10, offset) }).await;
    assert_eq!((ids, end), (all.clone(), None));
    // The very record the pages join at goes away.
    let (ids, end) =
        over(|offset, n| if n == 0 { slice(0..10, offset) } else { slice((0..10).filter(|i| *i != 2), offset) }).await;
    assert_eq!((ids, end), (all, None));
}

#[tokio::test(start_paused = true)]
async fn a_walk_that_cannot_be_whole_says_so() {
    let table: [(Pages, &str); 3] = [
        (|_, _| (vec![], true), "empty"),
        (|_, _| slice(0..10, 0), "same records"),
        (|offset, _| slice(0..1_000_000, offset), "10,000"),
    ];
    for (pages, word) in table {
        let (ids, end) = over(pages).await;
        let (reason, message) = end.expect("incomplete");
        assert_eq!(reason, Reason::Incomplete, "{message}");
        assert!(
            message.contains(word) && message.contains(&format!("{} records", ids.len())),
            "{message}: {} read",
            ids.len()
        );
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{word}: records came twice");
    }
    let (ids, _) = over(|offset, _| slice(0..1_000_000, offset)).await;
    assert_eq!(ids.len(), 10_000);
}

/// A failed page is asked for again, and nothing is lost or doubled.
#[tokio::test(start_paused = true)]
async fn an_error_does_not_end_a_walk() {
    let world = World::new().await;
    let mut on = world.open(tokens::ACCOUNT).await;
    let mut walk = on.walk("services.list", r#"{"limit":25}"#, None).await.expect("a walk");
    let mut ids = Vec::new();
    ids.extend(items(&walk.next().await.expect("a page").expect("the first")));
    world
        .simulator
        .inject(host_test::simulator::Fault { times: 8, ..host_test::simulator::Fault::json(503, 2000, "Down") });
    assert!(walk.next().await.is_err());
    assert!(walk.next().await.is_err());
    while let Some(page) = walk.next().await.expect("recovered") {
        ids.extend(items(&page));
    }
    assert_eq!(ids.len(), 60);
}
