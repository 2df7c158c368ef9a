//! Canary tokens: whatever is called, however it fails, the credential shows
//! up in `Authorization` and nowhere else.

use std::cell::RefCell;
use std::io::Write;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use host_test::World;
use host_test::generate::{self, Extent};
use host_test::host::Connection;
use serde_json::{Value, json};

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

/// A credential as a server can write it, and what of each form must not be found
/// in the guest: the form itself.
fn spellings(key: &str) -> Vec<String> {
    let escaped: String = key.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let for_urls: String = key.bytes().map(|byte| format!("%{byte:02X}")).collect();
    vec![key.to_owned(), key.replace('-', "\\u002D"), escaped, key.replace('-', "%2d"), for_urls]
}

/// `Token token=` and a key, in base64 (by `base64`), of which no letter in the
/// middle may be left.
const BASIC: [(&str, &str); 2] = [
    (CANARY, "VG9rZW4gdG9rZW49Y2FuYXJ5LTlmOGU3ZDZjNWI0YTM5MjgxNzA2ZjVlNGQzYzJiMWEw"),
    (USER_CANARY, "VG9rZW4gdG9rZW49Y2FuYXJ5LXVzZXItMDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2M="),
];

/// Echoes of what was sent: the seven of [`echo`], and successes that hold it in
/// every spelling. `number` marks the answer, so that a search can find it.
fn marked(kind: usize, number: usize, list: &str, request: &http::Request<Bytes>) -> http::Response<Bytes> {
    let marker = format!("marker-{number}-of-these");
    let mut answer = match kind {
        0..7 => echo(kind, request),
        _ => {
            let seen = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or("none");
            let key = seen.rsplit([' ', '=']).next().unwrap_or_default();
            let mut forms: Vec<String> = spellings(key).iter().map(|form| format!("\"{form}\"")).collect();
            forms.extend(BASIC.iter().filter(|(known, _)| *known == key).map(|(_, basic)| format!("\"{basic}\"")));
            let item = format!(
                r#"{{"id":"{marker}","self":"https://x.example/?token={key}","{key}":"{seen}","all":[{}]}}"#,
                forms.join(",")
            );
            let page =
                format!(r#"{{"{list}":[{item}],"next_cursor":"{seen}","after":"{key}","last":"{key}","more":true}}"#);
            http::Response::builder().status(if kind == 7 { 200 } else { 207 }).body(page.into()).expect("an answer")
        }
    };
    answer.headers_mut().append("x-request-id", marker.parse().expect("a header"));
    // So much of it that some is left where it is given back and used again.
    let seen = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or("none");
    let much = format!("{marker} {seen} ").repeat(100);
    answer.headers_mut().insert("x-marker", much.trim_end().parse().expect("a header"));
    answer
}

/// How many ways of answering [`marked`] has.
const KINDS: usize = 9;

/// The guest has placeholders and never the credentials themselves, whatever a
/// server repeats: its memory is searched after every operation, under both ways
/// of signing in, and finds what it must find.
#[tokio::test(start_paused = true)]
async fn the_credential_never_enters_the_guest() {
    // The kind of the next answers, the key of the list, requests so far, how
    // many were signed.
    type Told = (usize, String, usize, usize);
    let told: Arc<Mutex<Told>> = Arc::default();
    let telling = Arc::clone(&told);
    let world = World::inspected(true, move |request| {
        let mut told = telling.lock().expect("no panic");
        told.2 += 1;
        let header = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        told.3 += usize::from([CANARY, USER_CANARY].iter().any(|key| header.ends_with(key)));
        let answer = marked(told.0, told.2, &told.1, &request);
        async { Ok(answer) }
    })
    .await;
    let set = |kind: usize, list: &str| {
        let mut told = told.lock().expect("no panic");
        (told.0, told.1) = (kind, list.to_owned());
        told.2
    };
    let settings = json!({"from": "ada@example.com", "max_wait_s": 0});
    let credentials = [("token", CANARY), ("user_token", USER_CANARY)];
    let by_key = world.open_with(&credentials, settings.clone()).await.expect("opens");
    let by_oauth = world.open_with(&[("access_token", CANARY)], settings).await.expect("opens");
    let mut searches = 0;
    for (mut on, oauth) in [(by_key, false), (by_oauth, true)] {
        // What both keys begin with, alone and in every other spelling.
        let mut look = |on: &mut Connection, after: &str, before: usize, forms: bool| {
            let sent = told.lock().expect("no panic").2;
            searches += 1;
            let marker = format!("marker-{sent}-of-these");
            let answered = sent > before;
            assert!(!answered || on.memory_contains(marker.as_bytes()), "{after}: the search finds nothing");
            assert!(on.memory_contains(b"ada@example.com"), "{after}: the search finds nothing");
            assert!(!on.memory_contains(b"canary-"), "{after}: the guest holds a credential");
            let all = [CANARY, USER_CANARY].map(spellings).concat();
            let middles = BASIC.map(|(_, basic)| basic[18..60].to_owned());
            for form in all.iter().chain(&middles).filter(|_| forms) {
                assert!(!on.memory_contains(form.as_bytes()), "{after}: the guest holds {form}");
            }
        };
        for (number, operation) in world.connector.operations().await.expect("operations").iter().enumerate() {
            let detail = world.connector.describe(&operation.id).await.expect("a description");
            let extra: Value = serde_json::from_str(&operation.extra).expect("an object");
            let list = extra["items"].as_str().unwrap_or("items");
            let id = &operation.id;
            for given in generate::of(&detail, Extent::All) {
                for kind in [7, number % 7] {
                    let before = set(kind, list);
                    drop(on.call(id, &given.to_string()).await);
                    let sent = told.lock().expect("no panic").2 - before;
                    let refused = !oauth && generate::needs_oauth(operation);
                    assert_eq!(sent == 0, refused, "{id}, {kind}: {sent} requests");
                    look(&mut on, &format!("{id}, answered {kind}"), before, number % 32 == 0);
                }
            }
            if operation.paged {
                let before = set(7, list);
                let fewest = generate::of(&detail, Extent::Fewest).remove(0).to_string();
                // Refused by the method, as the call was.
                let Ok(mut walk) = on.walk(id, &fewest, None).await else { continue };
                for _ in 0..2 {
                    drop(walk.next().await);
                }
                drop(walk);
                look(&mut on, &format!("a walk of {id}"), before, number % 32 == 0);
            }
        }
        for kind in 0..KINDS {
            for list in ["services", "custom_fields", "fields"] {
                let before = set(kind, list);
                drop(on.check().await);
                drop(on.options("incidents.create", "service", "{}", "", None).await);
                drop(on.describe("incidents.custom-fields.set", "{}").await);
                for operation in ["teams.get", "teams.create", "services.list"] {
                    drop(on.call(operation, r#"{"id":"PT1"}"#).await);
                    drop(on.call(operation, r#"{"name":"Ledger"}"#).await);
                    drop(on.call(operation, "{}").await);
                }
                look(&mut on, &format!("everything, answered {kind}"), before, true);
            }
        }
        assert!(!on.memory_contains(b"marker-0-of-these"), "the search finds what is not there");
    }
    let told = told.lock().expect("no panic");
    assert!(searches > 2_000 && told.3 > 2_000, "{searches} searches, {} signed requests", told.3);
}
