//! Canary tokens: whatever is called, however it fails, the credential shows
//! up in `Authorization` and nowhere else.

use std::cell::RefCell;
use std::io::Write;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use host_test::World;
use host_test::generate::{self, Extent};
use serde_json::json;

const CANARY: &str = "canary-9f8e7d6c5b4a39281706f5e4d3c2b1a0";
const USER_CANARY: &str = "canary-user-00112233445566778899aabbcc";

thread_local! {
    /// Everything that this thread logs, at the most talkative level.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Answers that repeat the credential they were sent, in each place an answer
/// has; a careless server, or a proxy's error page.
fn echo(number: usize, request: &http::Request<Bytes>) -> http::Response<Bytes> {
    let seen =
        request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or("none").to_owned();
    let response = http::Response::builder().header("x-request-id", format!("request-of-{}", seen.replace(' ', "-")));
    let (status, body) = match number % 7 {
        0 => (400, json!({"error": {"message": format!("bad: {seen}"), "code": seen, "errors": [seen]}}).to_string()),
        1 => (401, format!("<html>{seen}</html>")),
        2 => (403, json!({"error": {"message": seen, "required_scopes": [seen]}}).to_string()),
        3 => (422, json!({"error": [seen]}).to_string()),
        4 => (302, seen.clone()),
        5 => (409, json!({"message": seen}).to_string()),
        _ => (200, format!("{{not json {seen}")),
    };
    response.status(status).body(body.into()).expect("an answer")
}

#[tokio::test(start_paused = true)]
async fn the_credential_is_nowhere_but_in_authorization() {
    // One subscriber for the process: a thread's own would come and go while
    // other tests run, and miss what they registered.
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(|| Log).finish();
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
    let outside = Arc::new(Mutex::new((0, Vec::new())));
    let counter = Arc::clone(&outside);
    let world = World::answering(move |request| {
        let mut seen = counter.lock().expect("no panic");
        seen.0 += 1;
        let signed = request.headers().get("authorization").map(|v| v.to_str().unwrap_or_default().to_owned());
        let answer = echo(seen.0, &request);
        // Everything but that header is searched.
        let (mut parts, body) = request.into_parts();
        parts.headers.remove("authorization");
        seen.1.push((signed, format!("{parts:?} {body:?}")));
        async { Ok(answer) }
    })
    .await;
    let settings = json!({"from": "ada@example.com", "max_wait_s": 0});
    let credentials = [("token", CANARY), ("user_token", USER_CANARY)];
    let mut by_oauth = world.open_with(&[("access_token", CANARY)], settings.clone()).await.expect("opens");
    let mut by_key = world.open_with(&credentials, settings).await.expect("opens");
    let mut heard = String::new();
    for operation in world.connector.operations().await.expect("operations") {
        let detail = world.connector.describe(&operation.id).await.expect("a description");
        let on = if generate::needs_oauth(&operation) { &mut by_oauth } else { &mut by_key };
        for given in generate::of(&detail, Extent::All) {
            for _ in 0..3 {
                match on.call(&operation.id, &given.to_string()).await {
                    Ok(output) => heard += &format!("{output:?}\n"),
                    Err(error) => heard += &format!("{error} {error:?}\n"),
                }
            }
        }
        if operation.paged {
            let fewest = generate::of(&detail, Extent::Fewest).remove(0).to_string();
            for start in [None, Some("nonsense"), Some(CANARY)] {
                match on.walk(&operation.id, &fewest, start).await {
                    Ok(mut walk) => heard += &format!("{:?}\n", walk.next().await),
                    Err(error) => heard += &format!("{error} {error:?}\n"),
                }
            }
        }
    }
    heard += &format!("{:?}", by_key.check().await);
    heard += &format!("{:?}", by_key.options("incidents.create", "service", "{}", "", None).await);
    let log = LOG.with_borrow(|log| String::from_utf8_lossy(log).into_owned());
    let (requests, outside) = &*outside.lock().expect("no panic");
    assert!(
        *requests > 200 && heard.len() > 10_000 && log.contains("incidents.list"),
        "{requests} requests, {} heard",
        heard.len()
    );
    let signed = outside.iter().filter(|(signed, _)| signed.as_deref().is_some_and(|s| s.contains("canary-"))).count();
    assert!(signed > 190, "{signed} signed requests");
    // A walk was given a canary for a cursor: that came from the caller.
    for (place, text) in [("an answer or an error", &heard), ("the log", &log)] {
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("canary-")).collect();
        assert!(lines.is_empty(), "{place}: {:?}", lines.first());
    }
    let leaks: Vec<&String> = outside.iter().map(|(_, rest)| rest).filter(|rest| rest.contains("canary-")).collect();
    assert!(leaks.is_empty(), "outside Authorization: {:?}", leaks.first());
}

/// The guest has a placeholder and never the credential itself.
#[tokio::test(start_paused = true)]
async fn the_credential_never_enters_the_guest() {
    let signed = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&signed);
    let world = World::inspected(true, move |request| {
        let header = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        *counter.lock().expect("no panic") += usize::from(header == format!("Token token={CANARY}"));
        async { Ok(http::Response::new(Bytes::from_static(b"{\"teams\":[{\"id\":\"PT-marker\"}],\"more\":false}"))) }
    })
    .await;
    let mut on = world.open_with(&[("token", CANARY), ("user_token", USER_CANARY)], json!({})).await.expect("opens");
    on.call("teams.list", "{}").await.expect("teams");
    assert_eq!(*signed.lock().expect("no panic"), 1, "the real credential went out");
    assert!(on.memory_contains(b"PT-marker"), "the search would find it");
    for canary in [CANARY, USER_CANARY] {
        assert!(!on.memory_contains(canary.as_bytes()), "the guest holds {canary}");
    }
}
