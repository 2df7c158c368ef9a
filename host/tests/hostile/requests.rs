//! What a hostile connector sends: floods, bodies and headers without end,
//! foreign addresses in every spelling, the placeholder in every place. Only
//! what the record of the transport holds has left.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use connector_host::transport::Transport;
use connector_host::{HostOptions, Limit, Limits};

use crate::support::Expected::{Answered, Stopped, Told};
use crate::support::{Den, HOST, KEY, check, check_under, late_options, open, open_with, options};

#[tokio::test(start_paused = true)]
async fn requests_of_a_call_are_counted() {
    let limits = || Limits { requests: 10, ..Limits::default() };
    let stopped = Stopped(Limit::Requests(10));
    for (misdeed, count, expected) in [
        ("flood-in-turn", "10", Answered("10 answered")),
        ("flood-in-turn", "11", stopped),
        ("flood-let-go", "10", Answered("0 refused")),
        ("flood-let-go", "1000000", stopped),
        ("flood", "11", stopped),
    ] {
        let sent = check(misdeed, count, limits(), expected).await;
        // The neighbour's is one of them.
        assert!(sent.count() <= 11, "{misdeed}: {}", sent.count());
    }
    // Those that are refused count as well.
    let den = Den::new(limits()).await;
    let mut culprit = open_with(&den.connector, "token", KEY, &[]).await.unwrap();
    assert!(culprit.call("flood-in-turn", "10").await.unwrap().value.contains("0 answered"));
    // Each call has its own.
    assert!(culprit.call("flood-in-turn", "10").await.is_ok());
    assert!(culprit.call("flood-in-turn", "11").await.is_err());
    assert_eq!(den.sent.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn requests_in_flight_are_bounded() {
    let limits = || Limits { in_flight: 4, ..Limits::default() };
    // Nothing is answered, and no place becomes free, before the last of them was asked for.
    let refused = Answered("4 answered, others [\\\"ErrorCode::ConnectionLimitReached\\\"]");
    assert_eq!(check_under(late_options(limits()), "flood", "200", refused).await.count(), 1 + 4);
    // Those that were let go before anything answered them take no place for long.
    let den = Den::with(late_options(limits())).await;
    let mut culprit = open(&den.connector).await;
    for _ in 0..3 {
        culprit.call("flood-let-go", "200").await.unwrap();
        // The clock goes on when nothing is left to do: they have ended, and none was answered.
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(culprit.call("flood", "4").await.unwrap().value.starts_with("4 answered"));
    }
    assert!(den.sent.count() <= 3 * 8, "{}", den.sent.count());
}

#[tokio::test(start_paused = true)]
async fn bodies_and_headers_are_bounded() {
    let limits = || Limits { request_body: 1 << 20, headers: 4 << 10, ..Limits::default() };
    let sent = check("upload", "1048576", limits(), Answered("200")).await;
    assert!(sent.texts().iter().any(|text| text.len() > 1 << 20));
    for (misdeed, argument, expected) in [
        ("upload", "1050000", Told(Limit::RequestBody(1 << 20))),
        ("upload", "99999999999", Told(Limit::RequestBody(1 << 20))),
        ("headers", "3", Answered("taken")),
        ("headers", "10", Stopped(Limit::Headers(4 << 10))),
        ("headers", "1000000", Stopped(Limit::Headers(4 << 10))),
    ] {
        assert_eq!(check(misdeed, argument, limits(), expected).await.count(), 1, "{misdeed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_keeps_no_text_without_end() {
    let den = Den::new(Limits::default()).await;
    let mut culprit = open(&den.connector).await;
    for (part, taken) in [
        ("method 32", true),
        ("method 33", false),
        ("method 10000000", false),
        ("authority 300", true),
        ("authority 301", false),
        ("authority 10000000", false),
        ("scheme 64", true),
        ("scheme 10000000", false),
        ("path 60000", true),
        ("path 10000000", false),
    ] {
        let value = culprit.call("long", part).await.unwrap().value;
        assert_eq!(value, if taken { "taken" } else { "refused" }, "{part}");
    }
}

#[tokio::test(start_paused = true)]
async fn foreign_addresses_are_refused_in_every_spelling() {
    let den = Den::new(Limits::default()).await;
    let mut culprit = open(&den.connector).await;
    for target in [
        "GET https evil.example /",
        "GET https events.pagerduty.com /",
        "GET https 169.254.169.254 /latest/meta-data/",
        "GET http 169.254.169.254 /latest/meta-data/",
        "GET http 169.254.169.254:80 /latest/meta-data/",
        "GET https 2852039166 /",
        "GET https 0xa9fea9fe /",
        "GET https 0xa9.0xfe.0xa9.0xfe /",
        "GET https 0251.0376.0251.0376 /",
        "GET https 169.254.43518 /",
        "GET https 169.254.169.254. /",
        "GET https [::ffff:169.254.169.254] /",
        "GET https [::ffff:a9fe:a9fe] /",
        "GET https [fd00:ec2::254] /",
        "GET https 127.0.0.1 /",
        "GET http 127.0.0.1:8080 /",
        "GET http [::1]:8080 /",
        "GET https 127.1 /",
        "GET https 0 /",
        "GET https localhost /",
        "GET https metadata.google.internal /",
        "GET https API.PAGERDUTY.COM /",
        "GET https api.pagerduty.com. /",
        "GET https api.pagerduty.com.evil.example /",
        "GET https api%2epagerduty.com /",
        "GET https api.pagerduty.com:444 /",
        "GET https api.pagerduty.com:80 /",
        "GET https api.pagerduty.com: /",
        "GET https user@api.pagerduty.com /",
        "GET https api.pagerduty.com@evil.example /",
        "GET https api.pagerduty.com\\@evil.example /",
        "GET https evil.example#api.pagerduty.com /",
        "GET http api.pagerduty.com /",
        "GET ftp api.pagerduty.com /",
        "GET HTTPS+unix api.pagerduty.com /",
        "GET https api.pagerduty.com //evil.example\r\nHost:evil.example",
        "GET https api.pagerduty.com http://evil.example/",
        "CONNECT https api.pagerduty.com /",
        "TRACE https api.pagerduty.com /",
        "GE\tT https api.pagerduty.com /",
    ] {
        let value = den.beside(culprit.call("send", target)).await.unwrap().value;
        assert!(value.starts_with("refused: "), "{target}: {value}");
    }
    assert!(den.sent.texts().iter().all(|text| text.starts_with("GET https://api.pagerduty.com/held\n")));
    // The record does record.
    let value = culprit.call("send", "GET https api.pagerduty.com /there").await.unwrap().value;
    assert!(value.starts_with("200") && den.sent.texts().iter().any(|text| text.contains("/there")), "{value}");
}

#[tokio::test(start_paused = true)]
async fn headers_that_frame_or_redirect_a_request_are_refused() {
    let den = Den::new(Limits::default()).await;
    let mut culprit = open(&den.connector).await;
    for (headers, refusal) in [
        ("Host: evil.example", "Forbidden"),
        ("hOST: evil.example", "Forbidden"),
        ("Connection: keep-alive", "Forbidden"),
        ("Keep-Alive: 1", "Forbidden"),
        ("Transfer-Encoding: chunked", "Forbidden"),
        ("Upgrade: h2c", "Forbidden"),
        ("HTTP2-Settings: x", "Forbidden"),
        ("Proxy-Authorization: Basic x", "Forbidden"),
        ("Proxy-Connection: keep-alive", "Forbidden"),
        ("Content-Length: none", "InvalidSyntax"),
        ("Content-Length: +5", "InvalidSyntax"),
        ("Content-Length: 5\nContent-Length: 6", "InvalidSyntax"),
        ("Content-Length: 5", "HttpRequestBodySize"),
        // Longer than the body, and shorter.
        ("Content-Length: 9\n\nfour", "HttpRequestBodySize"),
        ("Content-Length: 2\n\nfour", "LastOperationFailed"),
        ("x: a\u{0}b", "InvalidSyntax"),
        ("x y: a", "InvalidSyntax"),
    ] {
        let value = culprit.call("send", &format!("POST https {HOST} /\n{headers}")).await.unwrap().value;
        assert!(value.starts_with("refused: ") && value.contains(refusal), "{headers}: {value}");
    }
    let texts = den.sent.texts();
    assert!(texts.is_empty(), "{texts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_placeholder_is_worth_nothing_but_in_its_place() {
    let den = Den::new(Limits::default()).await;
    let mut culprit = open(&den.connector).await;
    let held = culprit.call("held", "").await.unwrap().value;
    assert!(held.len() == 32 && !held.contains(KEY), "{held}");
    for text in [
        "GET https api.pagerduty.com /?key={held}",
        "GET https api.pagerduty.com /{held}",
        "GET https api.pagerduty.com /\nx-copy: {held}",
        "GET https api.pagerduty.com /\ncookie: key={held}",
        "GET https api.pagerduty.com /\nreferer: https://evil.example/{held}",
        "POST https api.pagerduty.com /\nauthorized: {held}\n\n{\"key\":\"{held}\"}",
    ] {
        let there = den.sent.count();
        culprit.call("send", text).await.unwrap();
        let texts = den.sent.texts();
        assert!(texts[there].contains(&held) && !texts[there].contains(KEY), "{}", texts[there]);
    }
    // In its place it is the key; and for a host that is not granted nothing goes.
    let there = den.sent.count();
    culprit.call("send", "GET https api.pagerduty.com /\nauthorization: Token token={held}").await.unwrap();
    assert!(den.sent.texts()[there].contains(&format!("authorization: Token token={KEY}\n")));
    culprit.call("send", "GET https evil.example /\nauthorization: Token token={held}").await.unwrap();
    assert_eq!(den.sent.count(), there + 1);
    // Nor does it come back in an error.
    let got = culprit.call("fail", "{held}").await;
    assert!(got.is_err() && !format!("{got:?}").contains(KEY));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stays_away_fails_the_request() {
    let limits = Limits { connect: Duration::from_secs(3), first_byte: Duration::from_secs(7), ..Limits::default() };
    // A name that is never looked up, and an answer that never begins.
    let nowhere = HostOptions {
        transport: Transport::Network,
        resolver: Some(Arc::new(|_| Box::pin(pending()))),
        ..options(limits.clone()).0
    };
    let silent = HostOptions { transport: Transport::custom(|_| pending()), ..options(limits).0 };
    for (options, after, why) in [(nowhere, 3, "ConnectionTimeout"), (silent, 7, "HttpResponseTimeout")] {
        let sent = crate::support::recording().1;
        let den = Den::with((options, sent)).await;
        let mut culprit = open(&den.connector).await;
        let begun = tokio::time::Instant::now();
        let value = culprit.call("send", &format!("GET https {HOST} /")).await.unwrap().value;
        assert!(value.contains(why), "{value}");
        assert_eq!(begun.elapsed().as_secs(), after, "of virtual time");
        den.works().await;
    }
}
