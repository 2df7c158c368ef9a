//! Calls that are dropped in the middle: the request goes with them, the
//! connection is closed, and nothing is sent any more.

use std::time::Duration;

use host_test::World;
use host_test::host::{Connection, Error};

use super::bodies::Ending;
use super::server::{SECOND, Server};
use super::table::{Answer, Content, Reply};
use super::{BUDGET, open};

const HOUR: Duration = Duration::from_secs(3600);

fn answer(status: u16, text: &str, ending: Ending) -> Answer {
    Answer { status, headers: Vec::new(), content: Content::Text(text.to_owned()), ending, announces: None }
}

fn faults() -> Vec<(&'static str, Reply)> {
    let spent = Answer { headers: vec![("retry-after".into(), "50".into())], ..answer(429, "", Ending::Whole) };
    let connecting = Reply::Fails { error: "connection-timeout".into(), after: Duration::from_secs(10) };
    vec![
        ("waiting for a limit to lift", Reply::Answers(spent)),
        ("waiting to try again", Reply::Answers(answer(503, "", Ending::Whole))),
        ("the body stalls", Reply::Answers(answer(200, r#"{"team":"#, Ending::Stalls))),
        ("the body of a refusal stalls", Reply::Answers(answer(400, r#"{"error":"#, Ending::Stalls))),
        ("no first byte", Reply::Silent),
        ("connecting", connecting),
    ]
}

/// Nothing is under way, nothing is sent in an hour, and the connection says
/// that it is closed.
async fn over(name: &str, server: &Server, on: &mut Connection) {
    // What was dropped is let go by its task.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    let sent = server.all();
    assert_eq!(server.under_way(), 0, "{name}: a request outlives its call");
    for call in ["teams.get", "no.such"] {
        assert!(matches!(on.call(call, r#"{"id":"PT1"}"#).await, Err(Error::Closed)), "{name}: {call}");
    }
    assert!(matches!(on.walk("teams.list", "{}", None).await, Err(Error::Closed)), "{name}");
    assert!(matches!(on.check().await, Err(Error::Closed)), "{name}");
    tokio::time::sleep(HOUR).await;
    assert_eq!(server.all(), sent, "{name}: something was sent later");
}

async fn world() -> (World, Server) {
    let server = Server::default();
    (server.world(&|_| {}).await, server)
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_takes_its_request_along() {
    let (world, server) = world().await;
    for (name, fault) in faults() {
        // In the first wait, and in a later one.
        for millis in [50, 9_000] {
            server.set(fault.clone(), usize::MAX, None, answer(200, r#"{"team":{}}"#, Ending::Whole));
            let mut on = open(&world, BUDGET).await;
            {
                let mut call = std::pin::pin!(on.call("teams.get", r#"{"id":"PT1"}"#));
                let ended = tokio::time::timeout(Duration::from_millis(millis), &mut call).await;
                if let Ok(ended) = ended {
                    // It gave up before it could be dropped.
                    assert!(matches!(ended, Err(Error::Connector(_))), "{name}: {ended:?}");
                    continue;
                }
                assert!(server.all() > 0, "{name}");
                assert_eq!(server.under_way(), usize::from(!name.starts_with("waiting")), "{name}");
            }
            over(name, &server, &mut on).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_walk_that_is_dropped_takes_its_requests_along() {
    let (world, server) = world().await;
    for (name, fault) in faults() {
        server.set_page(SECOND, fault, usize::MAX);
        let mut on = open(&world, BUDGET).await;
        let mut walk = on.walk("services.list", r#"{"limit":3}"#, None).await.expect("a walk");
        assert!(walk.next().await.expect("the first page").is_some());
        let dropped = tokio::time::timeout(Duration::from_millis(50), walk.next()).await;
        assert!(dropped.is_err(), "{name}");
        assert!(matches!(walk.next().await, Err(Error::Closed)), "{name}");
        drop(walk);
        over(name, &server, &mut on).await;
    }
}

/// The connection itself is let go between two calls, or its walk is.
#[tokio::test(start_paused = true)]
async fn what_is_let_go_sends_nothing_more() {
    let (world, server) = world().await;
    server.set_page(SECOND, Reply::Silent, 0);
    let mut on = open(&world, BUDGET).await;
    for pages in 0..3 {
        let mut walk = on.walk("services.list", r#"{"limit":3}"#, None).await.expect("a walk");
        for _ in 0..pages {
            assert!(walk.next().await.expect("a page").is_some());
        }
        drop(walk);
        let sent = server.all();
        tokio::time::sleep(HOUR).await;
        assert_eq!(server.all(), sent, "after {pages} pages");
        // The next call finishes what was let go.
        assert!(matches!(on.call("no.such", "{}").await, Err(Error::Connector(_))));
        assert_eq!((server.all(), server.under_way()), (sent, 0), "after {pages} pages");
    }
    let mut walk = on.walk("services.list", r#"{"limit":3}"#, None).await.expect("a walk");
    for _ in 0..2 {
        assert!(walk.next().await.expect("a page").is_some());
    }
    drop(walk);
    drop(on);
    let sent = server.all();
    tokio::time::sleep(HOUR).await;
    assert_eq!((server.all(), server.under_way()), (sent, 0));
}
