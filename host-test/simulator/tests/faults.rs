//! Programmed answers, the record of requests, the port, and rubbish that
//! comes in.

mod common;

use common::{get, send, small, user};
use http::Method;
use pagerduty_simulator::{Disconnect, Fault, Server, tokens};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[test]
fn each_kind_of_fault() {
    let simulator = small();
    let cases: Vec<(Fault, u16, &str, &str)> = vec![
        (Fault::too_many_requests(Some(7)), 429, "2020", "application/json"),
        (Fault::too_many_requests(None), 429, "2020", "application/json"),
        (Fault::json(500, 2000, "Internal Server Error"), 500, "Internal", "application/json"),
        (Fault::html(502), 502, "<html>", "text/html; charset=utf-8"),
        (Fault::html(401), 401, "<html>", "text/html; charset=utf-8"),
        (Fault::empty(503), 503, "", ""),
        (Fault::redirect(302, "https://elsewhere.example/"), 302, "", ""),
        (Fault::bytes(200, "application/json", "{\"services\":"), 200, "{\"services\":", "application/json"),
    ];
    for (fault, status, text, kind) in cases {
        simulator.inject(Fault { method: Some(Method::GET), path: "/services".into(), ..fault });
        assert_eq!(get(&simulator, "/teams").status, 200, "another path");
        let answer = get(&simulator, "/services");
        assert_eq!(answer.status, status);
        assert!(answer.text.contains(text), "{}", answer.text);
        assert_eq!(answer.headers.get("content-type").map_or("", |v| v.to_str().unwrap_or("")), kind);
        assert_eq!(get(&simulator, "/services").status, 200, "once only");
    }
    simulator.inject(Fault::too_many_requests(Some(7)));
    assert_eq!(get(&simulator, "/teams").headers["ratelimit-reset"], "7");
    simulator.inject(Fault::too_many_requests(None));
    assert!(!get(&simulator, "/teams").headers.contains_key("ratelimit-reset"));
}

#[test]
fn how_often_and_from_when() {
    let simulator = small();
    simulator.inject(Fault { after: 2, times: 3, ..Fault::empty(503) });
    let statuses: Vec<u16> = (0..7).map(|_| get(&simulator, "/teams").status).collect();
    assert_eq!(statuses, [200, 200, 503, 503, 503, 200, 200]);
    // One that waits lets the next one try.
    simulator.inject(Fault { after: 1, ..Fault::empty(502) });
    simulator.inject(Fault::empty(503));
    let statuses: Vec<u16> = (0..3).map(|_| get(&simulator, "/teams").status).collect();
    assert_eq!(statuses, [503, 502, 200]);
    simulator.inject(Fault { times: u32::MAX, ..Fault::empty(500) });
    assert_eq!(get(&simulator, "/teams").status, 500);
    simulator.clear_faults();
    assert_eq!(get(&simulator, "/teams").status, 200);
}

#[test]
fn a_write_may_take_effect_without_an_answer() {
    let simulator = small();
    for (takes_effect, count) in [(false, 12), (true, 13)] {
        simulator.inject(Fault { takes_effect, ..Fault::broken() });
        user(&simulator, "POST", "/teams", r#"{"team":{"name":"Quiet"}}"#);
        assert_eq!(get(&simulator, "/teams?total=true").at("/total"), json!(count));
    }
    simulator.inject(Fault::broken());
    let request = http::Request::get("/teams").body(bytes::Bytes::new()).expect("a request");
    assert!(simulator.respond(request).extensions().get::<Disconnect>().is_some());
    assert_eq!(simulator.requests().last().map(|seen| seen.status), Some(0));
}

#[test]
fn what_came_in_is_remembered() {
    let simulator = small();
    user(&simulator, "POST", "/teams?x=%20", r#"{"team":{"name":"N"}}"#);
    let seen = simulator.requests().pop().expect("one request");
    assert_eq!((seen.method.as_str(), seen.path.as_str(), seen.status), ("POST", "/teams?x=%20", 201));
    assert_eq!(&seen.body[..], br#"{"team":{"name":"N"}}"#);
    assert!(seen.headers.iter().any(|(name, value)| name == "authorization" && value.contains(tokens::USER)));
    simulator.clear_requests();
    assert!(simulator.requests().is_empty());
}

#[test]
fn rubbish_is_answered() {
    let simulator = small();
    let credential = format!("Token token={}", tokens::USER);
    let incident = common::first(&simulator, "/incidents", "incidents");
    let bodies: &[&[u8]] = &[
        b"", b"{", b"[]", b"null", b"1e999", b"\xff\xfe\x00", br#"{"incident":{"title":"\ud800"}}"#, b"{\"incidents\":[1,null,\"x\"]}",
        br#"{"alerts":[{}],"incident":1,"note":{"content":9},"custom_fields":[3],"overrides":[null],"source_incidents":[0]}"#,
        br#"{"schedule":{"time_zone":"UTC","schedule_layers":[{"start":"9999-12-31T23:59:59Z","rotation_virtual_start":"-9999-01-02T00:00:00Z","rotation_turn_length_seconds":3600,"users":[]}]}}"#,
        br#"{"duration":1e30,"limit":18446744073709551615,"filters":[],"associations":[null]}"#,
        br#"{"routing_key":7,"payload":[],"event_action":{},"team":{"name":{}},"service":{"name":7},"user":{"email":[]}}"#,
    ];
    let mut paths: Vec<String> = [
        "/incidents",
        "/incidents/{}",
        "/incidents/{}/merge",
        "/incidents/{}/snooze",
        "/incidents/{}/alerts",
        "/incidents/{}/notes",
        "/incidents/{}/status_updates",
        "/incidents/{}/responder_requests",
        "/incidents/{}/custom_fields/values",
        "/services",
        "/users",
        "/teams",
        "/escalation_policies",
        "/schedules",
        "/schedules/preview?since=-9999-01-02T00:00:00Z",
        "/maintenance_windows",
        "/analytics/raw/incidents",
        "/v2/enqueue",
        "/v2/change/enqueue",
        "/%ff%00",
        "/incidents/%2e%2e%2f",
        "/incidents/%F0%9F%94%A5",
        "/oncalls?since=9999-12-30T00:00:00Z",
        "/log_entries?limit=%ff",
        "/audit/records?cursor=%E2%82%AC",
        "/incidents?since=%00",
    ]
    .iter()
    .map(|path| path.replace("{}", &incident))
    .collect();
    let schedule = common::first(&simulator, "/schedules", "schedules");
    for window in [
        "since=9999-12-30T00:00:00Z",
        "since=-9999-01-02T00:00:00Z&until=-9998-01-02T00:00:00Z",
        "since=2026-11-01&until=2099-01-01",
    ] {
        paths.push(format!("/schedules/{schedule}?{window}"));
        paths.push(format!("/schedules/{schedule}/overrides?{window}"));
    }
    for path in &paths {
        for method in ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"] {
            for body in bodies {
                let answer = send(&simulator, method, path, &[("authorization", &credential)], body);
                assert!((200..500).contains(&answer.status), "{method} {path}: {}", answer.text);
            }
        }
    }
}

#[tokio::test]
async fn on_a_port_with_keep_alive() {
    let simulator = small();
    let server = Server::bind(simulator.clone(), 0).await.expect("a port");
    assert!(server.addr().ip().is_loopback());
    assert_eq!(server.base_url(), format!("http://{}", server.addr()));
    let mut stream = tokio::net::TcpStream::connect(server.addr()).await.expect("a connection");
    for n in 1..=3 {
        let request =
            format!("GET /abilities HTTP/1.1\r\nhost: x\r\nauthorization: Token token={}\r\n\r\n", tokens::USER);
        stream.write_all(request.as_bytes()).await.expect("a request");
        let mut text = String::new();
        while !text.contains("]}") {
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).await.expect("an answer");
            assert!(read > 0, "closed after {n}: {text}");
            text.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    }
    assert_eq!(simulator.requests().len(), 3);
    // A broken one ends without a byte, and so does the server's end.
    simulator.inject(Fault::broken());
    stream.write_all(b"GET /abilities HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("a request");
    let mut rest = Vec::new();
    let _closed = stream.read_to_end(&mut rest).await;
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    let addr = server.addr();
    server.shutdown().await;
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}
