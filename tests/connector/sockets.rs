//! What only sockets show, over loopback, in real time and without waiting.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use host_test::host::contract::Reason;
use host_test::host::{Connection, Error, Grants, Host, HostOptions, Secret, Sign};
use serde_json::json;

/// The component before a port of this machine.
async fn open(port: u16) -> Connection {
    let options = HostOptions { allow_loopback: true, pooling: false, ..HostOptions::default() };
    let host = Host::new(options).expect("a host");
    let connector = host.load(host_test::component()).await.expect("the component");
    let sign = Sign {
        method: "token".into(),
        credentials: vec![("token".into(), Secret::from("key"))],
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

/// Nobody listens: said as such, and nothing can have been done.
#[tokio::test]
async fn a_refused_connection_is_said_as_such() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let mut on = open(port).await;
    match on.call("teams.create", r#"{"name":"Ledger"}"#).await {
        Err(Error::Connector(error)) => {
            assert_eq!((error.reason, error.outcome_unknown), (Reason::Unavailable, false), "{}", error.message);
            assert!(error.message.contains("connection"), "{}", error.message);
        }
        other => panic!("{other:?}"),
    }
}
