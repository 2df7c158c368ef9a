//! Two accounts of one host before a server, or something on the way to it, that
//! puts answers into kept-alive connections; and what else only sockets show.
//! Over loopback, in real time, without a word about how long it takes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use host_test::host::{Connection, Connector, Error, Grants, Host, HostOptions, Limits, Secret, Sign};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What is written for a request, by its number on its connection and by who
/// asked.
type Saying = Arc<dyn Fn(usize, &str) -> Vec<u8> + Send + Sync>;

/// Who asked, and on which connection.
type Log = Arc<Mutex<Vec<(usize, String)>>>;

async fn serve(saying: Saying) -> (u16, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let log = Log::default();
    let seen = Arc::clone(&log);
    tokio::spawn(async move {
        for connection in 0.. {
            let (stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(speak(stream, connection, Arc::clone(&seen), Arc::clone(&saying)));
        }
    });
    (port, log)
}

async fn speak(mut stream: TcpStream, connection: usize, log: Log, saying: Saying) {
    for request in 0.. {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if !stream.read_buf(&mut head).await.is_ok_and(|read| read > 0) {
                return;
            }
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let who =
            head.split("Token token=key-of-").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or_default();
        log.lock().expect("no panic").push((connection, who.to_owned()));
        if stream.write_all(&saying(request, who)).await.is_err() {
            return;
        }
    }
}

/// A team whose id is `id`, as an answer.
fn team(id: &str) -> Vec<u8> {
    let body = json!({"team": {"id": id}}).to_string();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into()
}

async fn connector(limits: Limits) -> Connector {
    let cache_dir = Some(host_test::component().with_file_name("compiled"));
    let options = HostOptions { allow_loopback: true, pooling: false, cache_dir, limits, ..HostOptions::default() };
    Host::new(options).expect("a host").load(host_test::component()).await.expect("the component")
}

async fn open(connector: &Connector, port: u16, key: &str) -> Connection {
    let sign = Sign {
        method: "token".into(),
        credentials: vec![("token".into(), Secret::from(key))],
        settings: json!({"max_wait_s": 0}),
        host_settings: json!({"base_url": format!("http://127.0.0.1:{port}")}),
    };
    connector.open(&sign, &Grants::default()).await.expect("opens")
}

/// The id of the team that is answered, or the error's words.
async fn id(on: &mut Connection) -> String {
    match on.call("teams.get", r#"{"id":"PT1"}"#).await {
        Ok(output) => serde_json::from_str::<Value>(&output.value).expect("JSON")["id"].as_str().expect("an id").into(),
        Err(error) => error.to_string(),
    }
}

/// Whatever is put into one account's connections, another sees its own answers.
async fn check(name: &str, saying: Saying) {
    let (port, log) = serve(saying).await;
    let connector = connector(Limits::default()).await;
    let mut ada = open(&connector, port, "key-of-ada").await;
    let mut ben = open(&connector, port, "key-of-ben").await;
    assert_eq!(id(&mut ada).await, "ada", "{name}");
    assert_eq!(id(&mut ben).await, "ben", "{name}");
    // The same account again, opened anew and opened still; then the other one.
    drop(ada);
    let mut ada = open(&connector, port, "key-of-ada").await;
    for _ in 0..3 {
        let (of_ada, of_ben) = (id(&mut ada).await, id(&mut ben).await);
        assert!(!of_ada.contains("ben") && !of_ben.contains("ada"), "{name}: {of_ada}, {of_ben}");
    }
    let mut by_connection = std::collections::BTreeMap::new();
    for (connection, who) in log.lock().expect("no panic").iter() {
        assert_eq!(by_connection.entry(*connection).or_insert_with(|| who.clone()), who, "{name}: one account each");
    }
    assert!(by_connection.len() >= 2, "{name}");
}

#[tokio::test]
async fn no_account_reads_what_was_put_into_anothers_connection() {
    // An answer too many, with the one that was asked for.
    check("before", Arc::new(|_, who| [team(who), team(&format!("put in by {who}"))].concat())).await;
    // One that comes when the next request has been written.
    check(
        "after",
        Arc::new(|n, who| match n {
            0 => team(who),
            _ => [team(&format!("put in by {who}")), team(who)].concat(),
        }),
    )
    .await;
    // Bytes behind the announced end, and half an answer.
    check("padding", Arc::new(|_, who| [team(who), b"  \r\n".to_vec()].concat())).await;
    check("a half", Arc::new(|_, who| [team(who), team(who)[..20].to_vec()].concat())).await;
    // As it should be: an account's requests share a connection.
    let (port, log) = serve(Arc::new(|_, who| team(who))).await;
    let connector = connector(Limits::default()).await;
    for _ in 0..3 {
        let mut ada = open(&connector, port, "key-of-ada").await;
        assert_eq!(id(&mut ada).await, "ada");
    }
    assert!(log.lock().expect("no panic").iter().all(|(connection, _)| *connection == 0));
}

/// Reads a request, and then says this for ever.
async fn floods(head: &'static [u8], piece: &'static [u8], times: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(async move {
                let mut seen = Vec::new();
                while !seen.ends_with(b"\r\n\r\n") {
                    if !stream.read_buf(&mut seen).await.is_ok_and(|read| read > 0) {
                        return;
                    }
                }
                let pieces = piece.repeat(1.max((16 << 10) / piece.len().max(1)));
                let mut going = stream.write_all(head).await.is_ok();
                for _ in 0..times {
                    going = going && stream.write_all(&pieces).await.is_ok();
                }
            });
        }
    });
    port
}

/// What a server sends without end is cut off: by hyper's bounds on heads and on
/// what surrounds chunks, by the limit on bodies, by the bound on preliminary
/// answers. `times`: 16 KiB each, far more than any of these.
#[tokio::test]
async fn floods_are_cut_off() {
    let limits = Limits { answer_body: 64 << 10, first_byte: Duration::from_secs(30), ..Limits::default() };
    let connector = connector(limits).await;
    const MANY: usize = 4_096;
    for (name, head, piece) in [
        ("preliminary answers", "", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
        ("continue", "", "HTTP/1.1 100 Continue\r\n\r\n"),
        ("headers", "HTTP/1.1 200 OK\r\n", "x-more: y\r\n"),
        ("one header", "HTTP/1.1 200 OK\r\nx-long: ", "yyyyyyyyyyyyyyyy"),
        ("a status line", "HTTP/1.1 200 ", "OKOKOKOKOK"),
        ("empty lines", "", "\r\n"),
        ("chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "f\r\n{\"team\":{\"id\":\"\r\n"),
        ("chunks of one", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "1\r\n \r\n"),
        ("a chunk's remarks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;", "a=b;"),
        ("trailers", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", "x-more: y\r\n"),
        ("a body without a length", "HTTP/1.1 200 OK\r\n\r\n", "                "),
        (
            "a body longer than any",
            "HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n\r\n",
            "                ",
        ),
        ("an error without end", "HTTP/1.1 500 No\r\n\r\n", "                "),
    ] {
        let port = floods(head.as_bytes(), piece.as_bytes(), MANY).await;
        let mut on = open(&connector, port, "key-of-ada").await;
        let ended = on.call("teams.get", r#"{"id":"PT1"}"#).await;
        assert!(matches!(ended, Err(Error::Connector(_) | Error::Limit(_))), "{name}: {ended:?}");
        assert!(matches!(on.call("no.such", "{}").await, Err(Error::Connector(_))), "{name}: it does not live on");
    }
}

/// What is odd about an answer and no reason to refuse it, and what is one.
#[tokio::test]
async fn odd_heads_are_read_or_refused() {
    let body = r#"{"team":{"id":"PT1"}}"#;
    let connector = connector(Limits::default()).await;
    for (head, read) in [
        ("HTTP/1.1 200 \r\ncontent-length: 21\r\n\r\n", true),
        ("HTTP/1.1 200\r\ncontent-length: 21\r\n\r\n", true),
        ("HTTP/1.0 200 OK\r\n\r\n", true),
        ("HTTP/1.1 200 \u{202e}\r\ncontent-length: 21\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\ncontent-length: 21\r\ncontent-length: 21\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\ncontent-length: 21\r\ncontent-length: 22\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\ncontent-length: +21\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\ncontent-length: 0x15\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\ncontent-length: 22\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n", false),
        // The end of the connection is the end of such a body.
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\ncontent-length: 21\r\n\r\n", true),
        ("HTTP/1.1 20 OK\r\n\r\n", false),
        ("HTTP/1.1 099 OK\r\n\r\n", false),
        ("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", false),
        ("HTTP/2 200\r\n\r\n", false),
        ("HTTP/0.9 200 OK\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\nna me: x\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\nname: a\0b\r\n\r\n", false),
        ("", false),
    ] {
        let port = floods([head, body].concat().leak().as_bytes(), b"", 0).await;
        let mut on = open(&connector, port, "key-of-ada").await;
        let ended = on.call("teams.get", r#"{"id":"PT1"}"#).await;
        assert!(matches!(ended, Ok(_) | Err(Error::Connector(_))), "{head:?}: {ended:?}");
        assert_eq!(ended.is_ok(), read, "{head:?}: {ended:?}");
        assert!(matches!(on.call("no.such", "{}").await, Err(Error::Connector(_))), "{head:?}");
    }
}
