//! What holds when a connector, or what answers it, goes too far: the host
//! says which limit it was, stays whole and keeps the credential to itself.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use connector_host::contract::Reason;
use connector_host::transport::{Transport, TransportError, body};
use connector_host::{Connection, Connector, Error, Grants, Host, HostOptions, Limit, Limits, LoadError, Secret, Sign};
use serde_json::{Value, json};

/// Answers that a test chooses between.
#[derive(Clone, Copy)]
enum Answer {
    /// A user, and so many bytes of name.
    User(usize),
    /// Nothing, ever.
    Nothing,
    /// Something after the host was polled once more.
    Late,
}

fn options(limits: Limits, answer: Answer) -> HostOptions {
    HostOptions {
        limits,
        cache_dir: Some(host_test::component().with_file_name("compiled")),
        pooling: false,
        transport: Transport::custom(move |_| async move {
            let size = match answer {
                Answer::User(size) => size,
                Answer::Nothing => pending().await,
                Answer::Late => {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    1
                }
            };
            let user = format!(r#"{{"user":{{"id":"P1","name":"{}"}}}}"#, "x".repeat(size));
            Ok(http::Response::new(body(user)))
        }),
        ..HostOptions::default()
    }
}

async fn load(options: HostOptions) -> Result<Connector, Error> {
    Host::new(options)?.load(host_test::component()).await
}

async fn open(connector: &Connector) -> Result<Connection, Error> {
    open_with(connector, "canary", json!({})).await
}

async fn open_with(connector: &Connector, token: &str, settings: Value) -> Result<Connection, Error> {
    let credentials = vec![("token".into(), Secret::new(token))];
    let sign = Sign { method: "token".into(), credentials, settings, ..Sign::default() };
    let grants = Grants { hosts: connector.identify().hosts.clone(), sha256: Some(connector.sha256().to_owned()) };
    connector.open(&sign, &grants).await
}

/// One read under these limits: what became of it, and whether the connection
/// lives on.
async fn check(limits: Limits, answer: Answer, expected: Option<Limit>, lives: bool) {
    check_call(("users.get", r#"{"id":"P1"}"#), limits, answer, expected, lives).await;
}

async fn check_call(call: (&str, &str), limits: Limits, answer: Answer, expected: Option<Limit>, lives: bool) {
    let connector = load(options(limits, answer)).await.unwrap();
    let mut connection = open(&connector).await.unwrap();
    let got = connection.call(call.0, call.1).await;
    match (&got, expected) {
        (Ok(_), None) => {}
        (Err(Error::Limit(limit)), Some(expected)) => assert_eq!(*limit, expected),
        _ => panic!("{got:?} is not {expected:?}"),
    }
    let after = connection.call("no.such", "{}").await;
    assert_eq!(lives, matches!(after, Err(Error::Connector(_))), "{after:?}");
    assert_eq!(lives, !matches!(after, Err(Error::Closed)), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn every_limit_is_told_by_name() {
    let limits = Limits::default;
    check(limits(), Answer::User(1), None, true).await;
    let answer_body = Limits { answer_body: 1000, ..limits() };
    let too_large = |outcome_unknown| Some(Limit::AnswerBody { limit: 1000, outcome_unknown });
    check(answer_body.clone(), Answer::User(1000), too_large(false), true).await;
    // The answer was too large, the write may have been done.
    let write = ("teams.delete", r#"{"id":"P1"}"#);
    check_call(write, answer_body, Answer::User(1000), too_large(true), true).await;
    let memory = Limits { memory: 8 << 20, ..limits() };
    check(memory, Answer::User(16 << 20), Some(Limit::Memory(8 << 20)), false).await;
    let wall = Duration::from_secs(30);
    check(Limits { wall, ..limits() }, Answer::Nothing, Some(Limit::Wall(wall)), false).await;
}

#[tokio::test]
async fn processor_time_is_bounded() {
    // Less than anything takes: the first time the call waits it is over.
    let connector = load(options(Limits::default(), Answer::Late)).await.unwrap();
    assert!(open(&connector).await.unwrap().call("users.get", r#"{"id":"P1"}"#).await.is_ok());
    let cpu = Duration::from_nanos(1);
    let limits = Limits { cpu, ..Limits::default() };
    let got = async {
        let connector = load(options(limits, Answer::Late)).await?;
        open(&connector).await?.call("users.get", r#"{"id":"P1"}"#).await
    };
    assert!(matches!(got.await, Err(Error::Limit(Limit::Cpu(limit))) if limit == cpu));
}

#[tokio::test]
async fn connections_are_bounded_with_pooling() {
    let limits = Limits { connections: 1, ..Limits::default() };
    let connector = load(HostOptions { pooling: true, ..options(limits, Answer::User(1)) }).await.unwrap();
    let mut first = open(&connector).await.unwrap();
    let second = open(&connector).await;
    assert!(matches!(second, Err(Error::Limit(Limit::Connections))));
    first.call("users.get", r#"{"id":"P1"}"#).await.unwrap();
    drop(first);
    open(&connector).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_closes_the_connection() {
    let connector = load(options(Limits::default(), Answer::Nothing)).await.unwrap();
    let mut connection = open(&connector).await.unwrap();
    let call = connection.call("users.get", r#"{"id":"P1"}"#);
    assert!(tokio::time::timeout(Duration::from_secs(1), call).await.is_err());
    assert!(matches!(connection.check().await, Err(Error::Closed)));
}

#[tokio::test]
async fn what_is_not_granted_is_blocked() {
    let connector = load(options(Limits::default(), Answer::User(1))).await.unwrap();
    let sign =
        Sign { method: "token".into(), credentials: vec![("token".into(), Secret::new("canary"))], ..Sign::default() };
    let mut connection = connector.open(&sign, &Grants::default()).await.unwrap();
    match connection.call("users.get", r#"{"id":"P1"}"#).await {
        Err(Error::Connector(error)) => assert_eq!(error.reason, Reason::Blocked),
        other => panic!("{other:?}"),
    }
    let pinned = Grants { sha256: Some("00".into()), ..Grants::default() };
    assert!(matches!(connector.open(&sign, &pinned).await, Err(Error::Setup(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_work_side_by_side_on_any_thread() {
    let connector = load(HostOptions { pooling: true, ..options(Limits::default(), Answer::Late) }).await.unwrap();
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let connector = connector.clone();
            tokio::spawn(async move {
                let mut connection = open(&connector).await?;
                connection.call("users.get", r#"{"id":"P1"}"#).await
            })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap().unwrap().value.contains("P1"));
    }
}

#[tokio::test]
async fn the_credential_is_in_the_request_and_not_in_the_connector() {
    let seen = Arc::new(std::sync::Mutex::new(String::new()));
    let record = seen.clone();
    let connector = load(HostOptions {
        inspect_memory: true,
        transport: Transport::custom(move |request: http::Request<_>| {
            let value = request.headers()[http::header::AUTHORIZATION].to_str().unwrap().to_owned();
            *record.lock().unwrap() = value;
            async { Err(TransportError::ConnectionTerminated) }
        }),
        ..options(Limits::default(), Answer::Nothing)
    })
    .await
    .unwrap();
    let mut connection = open(&connector).await.unwrap();
    let arguments = r#"{"user":{"name":"needle-in-memory","email":"a@b.example"}}"#;
    let _ = connection.call("users.create", arguments).await;
    let _ = connection.call("users.create", r#"{"name":"needle-in-memory","email":"a@b.example"}"#).await;
    assert!(seen.lock().unwrap().contains("canary"), "{seen:?}");
    assert!(connection.memory_contains(b"needle-in-memory"));
    assert!(!connection.memory_contains(b"canary"));
}

#[tokio::test]
async fn what_does_not_fit_is_not_loaded() {
    let host = Host::new(options(Limits::default(), Answer::Nothing)).unwrap();
    for (bytes, part) in [
        (&b""[..], "not a WebAssembly file"),
        (b"\0asm\x01\0\0\0", "a core WebAssembly module"),
        (b"\0asm\x0d\0\x01\0", "lacks the export saas:connector/catalog@0.1.0"),
        (b"\0asm\x0d\0\x01\0\xff", "not valid"),
    ] {
        let error = host.load_bytes(bytes).await.err().unwrap();
        assert!(error.to_string().contains(part), "{error}");
    }
    let missing = host.load("/no/such/file").await.err();
    assert!(matches!(missing, Some(Error::Load(LoadError::Read { .. }))));
}

#[tokio::test]
async fn limits_may_be_without_bound() {
    let forever = Duration::MAX;
    let limits = Limits {
        component: u64::MAX,
        table: usize::MAX,
        stack: usize::MAX,
        result: usize::MAX,
        handles: usize::MAX,
        requests: u64::MAX,
        headers: usize::MAX,
        cpu: forever,
        wall: forever,
        connect: forever,
        first_byte: forever,
        between_bytes: forever,
        request_body: u64::MAX,
        answer_body: u64::MAX,
        in_flight: usize::MAX,
        ..Limits::default()
    };
    check(limits, Answer::Late, None, true).await;
}

/// A credential with what JSON escapes in it.
const ODD: &str = r#"canary"9f8e\7d6c/5b4a"#;

/// A connection signed in with [`ODD`], whose every request is answered so.
async fn answered(status: u16, text: String) -> Connection {
    let transport = Transport::custom(move |_| {
        let answer = http::Response::builder().status(status).body(body(text.clone())).unwrap();
        async { Ok(answer) }
    });
    let options = HostOptions { inspect_memory: true, transport, ..options(Limits::default(), Answer::Nothing) };
    open_with(&load(options).await.unwrap(), ODD, json!({})).await.unwrap()
}

#[tokio::test]
async fn no_piece_of_a_credential_comes_back_in_a_failure() {
    // A connector cuts what a provider says: wherever it does, nothing is left.
    for before in [0, 470, 485, 490, 499] {
        let message = format!("{}{ODD}", "x".repeat(before));
        let text = json!({"error": {"message": message, "errors": [ODD, {ODD: ODD}], "code": 2001}}).to_string();
        for (status, text) in [(400, text.clone()), (404, message), (500, text)] {
            let mut connection = answered(status, text).await;
            let got = connection.call("users.get", r#"{"id":"P1"}"#).await;
            let Err(Error::Connector(error)) = got else { panic!("{got:?}") };
            assert_eq!(error.status, Some(status));
            assert!(!format!("{error:?}").contains("cana"), "{error:?}");
            assert!(!connection.memory_contains(b"canary"));
        }
    }
}

#[tokio::test]
async fn no_credential_comes_back_in_what_failed_of_a_success() {
    let text = json!({"errors": [{"message": format!("no {ODD}")}]}).to_string();
    let output = answered(207, text).await.call("users.get", r#"{"id":"P1"}"#).await.unwrap();
    assert!(output.failures.iter().any(|failure| failure.message.contains("no [redacted]")), "{output:?}");
    assert!(!format!("{:?}", output.failures).contains("cana"));
}

#[tokio::test]
async fn no_credential_comes_back_from_opening() {
    let connector = load(options(Limits::default(), Answer::Nothing)).await.unwrap();
    for setting in ["region", "canary"] {
        let opened = open_with(&connector, "canary", json!({setting: "canary"})).await;
        let Some(Error::Connector(error)) = opened.err() else { panic!("opened with {setting}") };
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_the_key_it_was_made_with() {
    let transport = Transport::custom(move |request: http::Request<_>| {
        let of = |name: &str| {
            let pairs = request.uri().query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
            pairs.into_iter().find(|(known, _)| *known == name).and_then(|(_, value)| value.parse::<usize>().ok())
        };
        let (limit, offset) = (of("limit").unwrap_or(25), of("offset").unwrap_or(0));
        let services: Vec<_> = (offset..offset + limit).map(|number| json!({"id": format!("P{number}")})).collect();
        let page = json!({"services": services, "limit": limit, "offset": offset, "more": true});
        let answer = http::Response::new(body(page.to_string()));
        async { Ok(answer) }
    });
    let options = HostOptions { transport, ..options(Limits::default(), Answer::Nothing) };
    let connector = load(options).await.unwrap();
    let mut first = open(&connector).await.unwrap();
    let page = first.walk("services.list", "{}", None).await.unwrap().next().await.unwrap().unwrap();
    let cursor = page.next.unwrap();
    for (token, taken) in [("canary", true), ("another", false)] {
        let mut connection = open_with(&connector, token, json!({})).await.unwrap();
        let resumed = connection.walk("services.list", "{}", Some(&cursor)).await;
        assert_eq!(resumed.is_ok(), taken, "{token}");
    }
}

#[tokio::test]
async fn handles_are_given_back() {
    let connector = load(options(Limits::default(), Answer::User(1))).await.unwrap();
    let mut connection = open(&connector).await.unwrap();
    // More requests than a connection may hold handles.
    for _ in 0..2_100 {
        connection.call("users.get", r#"{"id":"P1"}"#).await.unwrap();
    }
}
