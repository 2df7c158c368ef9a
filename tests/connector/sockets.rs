//! What only sockets show, over loopback, in real time and without waiting: a
//! budget of no time means that nothing is sent twice.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::time::Duration;

use host_test::host::contract::Reason;
use host_test::host::{Connection, Error, Grants, Host, HostOptions, Limit, Limits, Secret, Sign};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The component before a port of this machine.
async fn open(port: u16) -> Connection {
    open_within(port, Limits::default()).await
}

async fn open_within(port: u16, limits: Limits) -> Connection {
    let cache_dir = Some(host_test::component().with_file_name("compiled"));
    let options = HostOptions { allow_loopback: true, pooling: false, cache_dir, limits, ..HostOptions::default() };
    let host = Host::new(options).expect("a host");
    let connector = host.load(host_test::component()).await.expect("the component");
    let sign = Sign {
        method: "token".into(),
        credentials: vec![("token".into(), Secret::from("key-of-the-tests"))],
        settings: json!({"max_wait_s": 0}),
        host_settings: json!({"base_url": format!("http://127.0.0.1:{port}")}),
    };
    connector.open(&sign, &Grants::default()).await.expect("opens")
}

/// A server may refuse an upload, and read no further, before it has all of it.
#[tokio::test]
async fn an_early_answer_ends_an_upload() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        let mut reader = BufReader::new(stream.try_clone().expect("a handle"));
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
            line.clear();
        }
        let mut stream = &stream;
        let body = r#"{"error":{"message":"File too large","code":2001}}"#;
        write!(stream, "HTTP/1.1 413 Payload Too Large\r\ncontent-length: {}\r\n\r\n{body}", body.len())
            .expect("an answer");
        // The connection stays open and nothing more is read.
        let _ = wait.recv();
    });
    let mut on = open(port).await;
    let csv = "name,team\n".to_owned() + &"checkout,payments\n".repeat(600_000);
    let arguments = json!({"schema_id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "file": csv}).to_string();
    match on.call("enrichment.records.upload", &arguments).await {
        Err(Error::Connector(error)) => {
            assert_eq!((error.reason, error.status), (Reason::Refused, Some(413)), "{}", error.message);
            assert!(error.message.contains("File too large"), "{}", error.message);
        }
        other => panic!("{other:?}"),
    }
    drop(done);
    server.join().expect("no panic");
}

/// What a server does with every connection.
#[derive(Debug, Clone, Copy)]
enum Does {
    /// Nobody listens.
    Refuses,
    /// Closes before it has read: the system resets such a connection.
    Resets,
    /// Reads the request, writes this and closes.
    Says(&'static str),
    /// The same, and leaves something unread: a reset inside the answer.
    SaysAndResets(&'static str),
    /// Reads the request, writes this and keeps the connection open.
    Stalls(&'static str),
    /// Announces a body and sends so many MiB of it.
    Sends(usize),
}

/// A server that does this, and how many requests it has read.
async fn serve(does: Does) -> (u16, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let served = tokio::spawn(async move {
        if matches!(does, Does::Refuses) {
            return;
        }
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(async move {
                let mut seen = Vec::new();
                let whole = if matches!(does, Does::SaysAndResets(_)) { 1 } else { usize::MAX };
                while !matches!(does, Does::Resets) && seen.len() < whole && !is_whole(&seen) {
                    let mut piece = [0; 1];
                    if stream.read(&mut piece).await.is_ok_and(|read| read > 0) {
                        seen.extend(piece);
                    } else {
                        return;
                    }
                }
                // The connector may hang up in the middle.
                match does {
                    Does::Refuses | Does::Resets => {}
                    Does::Says(text) | Does::SaysAndResets(text) => {
                        let _ = stream.write_all(text.as_bytes()).await;
                    }
                    Does::Stalls(text) => {
                        let _ = stream.write_all(text.as_bytes()).await;
                        let _ = stream.read(&mut [0; 1]).await;
                    }
                    Does::Sends(mib) => {
                        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", mib << 20);
                        let _ = stream.write_all(head.as_bytes()).await;
                        for _ in 0..mib {
                            if stream.write_all(&vec![b' '; 1 << 20]).await.is_err() {
                                return;
                            }
                        }
                    }
                }
            });
        }
    });
    if matches!(does, Does::Refuses) {
        tokio::task::yield_now().await;
    }
    (port, served)
}

/// Whether a request is there with its body.
fn is_whole(seen: &[u8]) -> bool {
    let text = String::from_utf8_lossy(seen).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0usize)
}

/// How a read and a write that may not be repeated end: `None` is a success.
/// `sent`: the write can have arrived.
async fn check(does: Does, limits: Limits, reason: Option<Reason>, sent: bool, words: &str) {
    for (operation, arguments, write) in
        [("teams.get", r#"{"id":"PT1"}"#, false), ("teams.create", r#"{"name":"Ledger"}"#, true)]
    {
        let (port, served) = serve(does).await;
        let mut on = open_within(port, limits.clone()).await;
        match on.call(operation, arguments).await {
            Ok(output) => assert!(reason.is_none(), "{does:?}: {output:?}"),
            Err(Error::Connector(error)) => {
                assert_eq!(Some(error.reason), reason, "{does:?}: {}", error.message);
                assert_eq!(error.outcome_unknown, sent && write, "{does:?}: {}", error.message);
                assert!(error.message.contains(words), "{does:?}: {}", error.message);
                assert!(!error.message.contains(char::is_control), "{does:?}: {:?}", error.message);
            }
            Err(Error::Limit(Limit::AnswerBody { outcome_unknown, .. })) => {
                assert!(matches!(does, Does::Sends(_)), "{does:?}");
                assert_eq!(outcome_unknown, write, "{does:?}");
            }
            Err(other) => panic!("{does:?}: {other}"),
        }
        // Whatever it was, the connection lives on.
        assert!(matches!(on.call("no.such", "{}").await, Err(Error::Connector(_))), "{does:?}");
        served.abort();
    }
}

#[tokio::test]
async fn whatever_a_server_does_is_told_apart() {
    const DOWN: Option<Reason> = Some(Reason::Unavailable);
    const BODY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{\"team\":{\"a\":1";
    let usual = Limits::default;
    check(Does::Refuses, usual(), DOWN, false, "connection was refused").await;
    check(Does::Resets, usual(), DOWN, true, "the connection broke").await;
    check(Does::Says(""), usual(), DOWN, true, "the connection broke").await;
    check(Does::SaysAndResets(""), usual(), DOWN, true, "the connection broke").await;
    check(Does::Says("HTTP/1.1 200 OK\r\ncontent-le"), usual(), DOWN, true, "the connection broke").await;
    check(Does::Says("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n"), usual(), DOWN, true, "broke off").await;
    check(Does::Says("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"team\":{"), usual(), DOWN, true, "broke off")
        .await;
    check(
        Does::Says("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{\"team\":{"),
        usual(),
        DOWN,
        true,
        "broke off",
    )
    .await;
    check(Does::Says("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"), usual(), DOWN, true, "broke off")
        .await;
    // No length: the end of the connection is the end of the body.
    check(Does::Says("HTTP/1.1 200 OK\r\n\r\n{\"team\":{}}"), usual(), None, false, "").await;
    check(Does::Says("HTTP/1.1 200 OK\r\n\r\n{\"team\":{"), usual(), Some(Reason::Unexpected), true, "JSON").await;
    check(Does::Says(BODY), usual(), Some(Reason::Unexpected), true, "JSON").await;
    // What is no HTTP.
    check(Does::Says("SSH-2.0-OpenSSH_9.9\r\n"), usual(), DOWN, true, "does not speak HTTP").await;
    check(Does::Says("\x15\x03\x01\0\x02\x02\x28"), usual(), DOWN, true, "does not speak HTTP").await;
    check(Does::Says("HTTP/9.9 200 OK\r\n\r\n"), usual(), DOWN, true, "does not speak HTTP").await;
    check(Does::Says("HTTP/1.1 2000 OK\r\n\r\n"), usual(), DOWN, true, "does not speak HTTP").await;
    check(
        Does::Says("HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd"),
        usual(),
        DOWN,
        true,
        "does not speak HTTP",
    )
    .await;
    let long: &str = format!("HTTP/1.1 200 OK\r\nx-long: {}\r\n\r\n", "x".repeat(1 << 20)).leak();
    check(Does::Says(long), usual(), DOWN, true, "does not speak HTTP").await;
    // Preliminary answers are not the answer.
    check(
        Does::Says("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"team\":{}}"),
        usual(),
        None,
        false,
        "",
    )
    .await;
    check(Does::Says("HTTP/1.1 103 Early Hints\r\n\r\n"), usual(), DOWN, true, "the connection broke").await;
}

/// The host's limits end what would never end.
#[tokio::test]
async fn what_never_ends_is_ended_by_a_limit() {
    let down = Some(Reason::Unavailable);
    let soon = Duration::from_millis(20);
    let first = Limits { first_byte: soon, ..Limits::default() };
    let between = Limits { between_bytes: soon, ..Limits::default() };
    check(Does::Stalls(""), first.clone(), down, true, "in time").await;
    check(Does::Stalls("HTTP/1.1 200 OK\r\nx: y\r\n"), first, down, true, "in time").await;
    let body = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"team\":";
    check(Does::Stalls(body), between, down, true, "broke off").await;
    let small = Limits { answer_body: 1 << 20, ..Limits::default() };
    check(Does::Sends(8), small, None, true, "").await;
}

/// What stands behind an answer is not the answer to the next request.
#[tokio::test]
async fn a_body_longer_than_announced_ends_where_it_says() {
    let (port, served) = serve(Does::Stalls(
        "HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n{\"team\":{\"id\":\"PT1\"}}\
         HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n{\"team\":{\"id\":\"PT2\"}}",
    ))
    .await;
    let mut on = open(port).await;
    for _ in 0..3 {
        let output = on.call("teams.get", r#"{"id":"PT1"}"#).await.expect("an answer");
        let value: Value = serde_json::from_str(&output.value).expect("JSON");
        assert_eq!(value["id"], "PT1");
    }
    served.abort();
}

/// Dropping a call hangs up.
#[tokio::test]
async fn a_call_that_is_dropped_hangs_up() {
    for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"team\":"] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut on = open(listener.local_addr().expect("an address").port()).await;
        let mut stream = tokio::select! {
            ended = on.call("teams.get", r#"{"id":"PT1"}"#) => panic!("{ended:?}"),
            stream = async {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                let mut seen = Vec::new();
                while !is_whole(&seen) {
                    assert_ne!(stream.read_buf(&mut seen).await.expect("a request"), 0);
                }
                stream.write_all(answer.as_bytes()).await.expect("it listens");
                stream
            } => stream,
        };
        // The call is gone; its connection ends or is reset.
        let read = stream.read(&mut [0; 1]).await;
        assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
        assert!(matches!(on.call("teams.get", r#"{"id":"PT1"}"#).await, Err(Error::Closed)));
    }
}
