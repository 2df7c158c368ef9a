//! Answers made to grow, spin or confuse: every status there can be, texts that
//! are deep, long, cut, doubled or of no alphabet, headers that lie.

use bytes::Bytes;
use host_test::World;
use host_test::host::contract::Reason;
use host_test::host::{Connection, Error};

use super::{Scene, open, sound};

/// One answer to everything.
#[derive(Clone)]
struct Answer {
    name: String,
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

fn answer(name: impl Into<String>, status: u16, body: impl Into<Bytes>) -> Answer {
    Answer { name: name.into(), status, headers: Vec::new(), body: body.into() }
}

/// Everything that asks a server something, once each: what went wrong.
async fn everything(name: &str, on: &mut Connection) -> Vec<String> {
    let mut wrong = Vec::new();
    for (operation, arguments) in [
        ("teams.get", r#"{"id":"PT1"}"#),
        ("teams.create", r#"{"name":"Ledger"}"#),
        ("teams.delete", r#"{"id":"PT1"}"#),
        ("incidents.bulk-update", r#"{"incidents":[{"id":"P1","status":"resolved"}],"from":"ada@example.com"}"#),
        ("services.list", "{}"),
        ("incidents.changes", r#"{"since":"2026-10-30T00:00:00Z"}"#),
    ] {
        wrong.extend(sound(&format!("{name}: {operation}"), &on.call(operation, arguments).await));
    }
    for id in ["services.list", "incidents.list", "audit.records.list", "scim.users.list", "incidents.changes"] {
        let mut walk = on.walk(id, "{}", None).await.expect("a walk");
        for _ in 0..3 {
            let page = walk.next().await;
            wrong.extend(sound(&format!("{name}: walk of {id}"), &page));
            if !matches!(page, Ok(Some(_))) {
                break;
            }
        }
    }
    wrong.extend(sound(&format!("{name}: options"), &on.options("incidents.create", "service", "{}", "a", None).await));
    wrong.extend(sound(&format!("{name}: check"), &on.check().await));
    wrong.extend(sound(&format!("{name}: describe"), &on.describe("incidents.custom-fields.set", "{}").await));
    if !matches!(on.call("no.such", "{}").await, Err(Error::Connector(_))) {
        wrong.push(format!("{name}: the connection does not live on"));
    }
    wrong
}

async fn check(scene: &Scene, world: &World, answers: Vec<Answer>) {
    let mut wrong = Vec::new();
    for Answer { name, status, headers, body } in answers {
        scene.set(move |_| {
            let answer = http::Response::builder().status(status);
            let answer = headers.iter().fold(answer, |answer, (name, value)| answer.header(*name, value));
            answer.body(body.clone()).expect("an answer")
        });
        let mut on = open(world).await;
        wrong.extend(everything(&name, &mut on).await);
        let asked = scene.asked().len();
        if asked > 60 {
            wrong.push(format!("{name}: {asked} requests"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `{"a":{"a":…1…}}` and the like.
fn nested(open: &str, close: &str, depth: usize) -> String {
    format!("{}1{}", open.repeat(depth), close.repeat(depth))
}

/// An answer of every shape at once, with `inside` wherever something can stand.
fn everywhere(inside: &str) -> String {
    let keys = ["team", "incident", "user", "custom_field"].map(|key| format!(r#""{key}":{inside}"#));
    let lists = ["services", "incidents", "records", "Resources", "log_entries", "fields", "custom_fields", "teams"];
    let lists = lists.map(|key| {
        format!(r#""{key}":[{{"id":{inside},"name":{inside},"created_at":{inside},"execution_time":{inside},"incident":{inside}}},{inside}]"#)
    });
    format!(
        r#"{{{},{},"error":{{"message":{inside},"code":{inside},"errors":[{inside}]}}}}"#,
        keys.join(","),
        lists.join(",")
    )
}

#[tokio::test(start_paused = true)]
async fn texts_that_are_made_to_break_readers_do_not() {
    let scene = Scene::default();
    let world = scene.world().await;
    let mut insides: Vec<(String, String)> = vec![
        ("deep lists".into(), nested("[", "]", 100_000)),
        ("deep objects".into(), nested(r#"{"a":"#, "}", 10_000)),
        ("deep both".into(), nested(r#"[{"id":"#, "}]", 5_000)),
        ("129 deep".into(), nested("[", "]", 129)),
        ("a number of 20,000 digits".into(), "9".repeat(20_000)),
        ("a fraction of 20,000 digits".into(), format!("0.{}", "3".repeat(20_000))),
        ("a long text".into(), format!("\"{}\"", "x".repeat(1 << 14))),
        ("a long text of escapes".into(), format!("\"{}\"", "\\u0000".repeat(1 << 12))),
        ("2,000 members".into(), format!("{{{}}}", vec![r#""a":1"#; 2_000].join(","))),
        ("2,000 elements".into(), format!("[{}]", vec![r#""no""#; 2_000].join(","))),
    ];
    for (name, inside) in [
        ("nothing", "null"),
        ("a number beyond all numbers", "1e999999"),
        ("one below all", "-1e999999"),
        ("one next to nothing", "1e-999999"),
        ("2^64", "18446744073709551616"),
        ("-0", "-0.0"),
        ("half a character", r#""\ud800""#),
        ("the other half", r#""a\udc00b""#),
        ("a name that is half a character", r#"{"\ud800":1}"#),
        ("a member twice", r#"{"id":"P1","id":"P2"}"#),
        ("text that moves the cursor", r#""\u001b[31m\u202e\r\nX-Y: z\u0000""#),
        ("a prototype", r#"{"__proto__":{"id":"P1"},"constructor":1}"#),
        ("a leading zero", "01"),
        ("no number", "NaN"),
        ("no end", "Infinity"),
        ("hexadecimal", "0x10"),
        ("a comma too many", "[1,]"),
        ("a remark", "/* */1"),
    ] {
        insides.push((name.into(), inside.into()));
    }
    let mut answers = Vec::new();
    for (name, inside) in &insides {
        for status in [200, 207, 400, 500] {
            answers.push(answer(format!("{status} with {name}"), status, everywhere(inside)));
        }
    }
    check(&scene, &world, answers).await;
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_text_are_refused() {
    let scene = Scene::default();
    let world = scene.world().await;
    let sound = everywhere(r#""P1""#);
    let mut answers = Vec::new();
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("a zero", vec![0]),
        ("zeros", vec![0; 1 << 16]),
        ("blanks", vec![b' '; 1 << 20]),
        ("a mark of byte order", [b"\xef\xbb\xbf", sound.as_bytes()].concat()),
        ("UTF-16", sound.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("a zero behind it", [sound.as_bytes(), b"\0"].concat()),
        ("a zero inside", sound.replace("P1", "P\x001").into()),
        ("a byte that is no letter", [b"{\"team\":{\"id\":\"".as_slice(), b"\xc3\x28\"}}"].concat()),
        ("a letter too long", [b"{\"team\":{\"id\":\"".as_slice(), b"\xf0\x82\x82\xac\"}}"].concat()),
        ("twice the same", sound.repeat(2).into()),
        ("half of it", sound.as_bytes()[..sound.len() / 2].into()),
        ("a letter cut in two", [b"{\"team\":{\"id\":\"".as_slice(), b"\xe2\x82"].concat()),
        ("gzip", [b"\x1f\x8b\x08\0\0\0\0\0\0\x03".as_slice(), &[0xed; 1000]].concat()),
    ];
    for (name, body) in bodies {
        for status in [200, 204, 400] {
            let mut answer = answer(format!("{status} with {name}"), status, body.clone());
            answer.headers.push(("content-encoding", "gzip".into()));
            answers.push(answer);
        }
    }
    check(&scene, &world, answers).await;
}

#[tokio::test(start_paused = true)]
async fn headers_that_lie_stop_nothing() {
    let scene = Scene::default();
    let world = scene.world().await;
    let lies = [
        "-1",
        "0",
        "99999999999999999999",
        "4294967296",
        "1e3",
        "1.5",
        "NaN",
        "inf",
        "",
        " ",
        "+5",
        "0x10",
        "Wed, 21 Oct 1999 07:28:00 GMT",
        "Wed, 21 Oct 9999 07:28:00 GMT",
        "5, 6",
        "١٢",
        "never",
    ];
    let names = ["retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "x-request-id"];
    let mut answers = Vec::new();
    for status in [200, 429, 503] {
        for lie in lies {
            let mut answer = answer(format!("{status} saying {lie:?}"), status, everywhere(r#""P1""#));
            answer.headers.extend(names.map(|name| (name, lie.to_owned())));
            answers.push(answer.clone());
            answer.headers.extend(names.map(|name| (name, "7".to_owned())));
            answer.headers.extend([("content-length", lie.to_owned()), ("transfer-encoding", lie.to_owned())]);
            answer.name += ", twice";
            answers.push(answer);
        }
        let mut many = answer(format!("{status} with many headers"), status, everywhere(r#""P1""#));
        many.headers.extend((0..20_000).map(|_| ("x-more", "y".repeat(100))));
        answers.push(many);
        let mut long = answer(format!("{status} with long headers"), status, everywhere(r#""P1""#));
        long.headers.extend(names.map(|name| (name, "9".repeat(1 << 20))));
        answers.push(long);
    }
    check(&scene, &world, answers).await;
}

/// What each status comes to, for a read and for a write that may not be
/// repeated. 429 may be sent again; nothing else is where nothing may be waited.
#[tokio::test(start_paused = true)]
async fn every_status_is_told() {
    let scene = Scene::default();
    let world = scene.world().await;
    let mut on = open(&world).await;
    let mut wrong = Vec::new();
    for status in 100..=999 {
        for (operation, arguments, write) in
            [("teams.get", r#"{"id":"PT1"}"#, false), ("teams.create", r#"{"name":"Ledger"}"#, true)]
        {
            scene.set(move |_| {
                let body = Bytes::from_static(br#"{"team":{"id":"PT1"}}"#);
                http::Response::builder().status(status).body(body).expect("an answer")
            });
            let ended = on.call(operation, arguments).await;
            let name = format!("{operation}: {status}");
            wrong.extend(sound(&name, &ended));
            let expected = match status {
                200..=299 => None,
                401 => Some(Reason::Unauthenticated),
                402 => Some(Reason::Unlicensed),
                403 => Some(Reason::Forbidden),
                404 | 410 => Some(Reason::Missing),
                408 | 500..=599 => Some(Reason::Unavailable),
                409 => Some(Reason::Conflict),
                429 => Some(Reason::Throttled),
                400..=499 => Some(Reason::Refused),
                _ => Some(Reason::Unexpected),
            };
            let doubtful = write && matches!(status, 100..=199 | 408 | 500..=999);
            let found = match &ended {
                Err(Error::Connector(error)) => Some((error.reason, error.status, error.outcome_unknown)),
                _ => None,
            };
            if found != expected.map(|reason| (reason, Some(status), doubtful)) {
                wrong.push(format!("{name}: {found:?}"));
            }
            let asked = scene.asked().len();
            if asked != 1 {
                wrong.push(format!("{name}: {asked} requests"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
