//! Two tenants on one engine: what one knows of the other. The key, the
//! placeholder and the cursor of one are worth nothing to the other, and nobody
//! is told of rate limits but connections of one component on one key.

use connector_host::{Connector, HostOptions, Limits, Secret, Sign};
use serde_json::json;

use connector_host::transport::{Transport, body};

use crate::support::{Den, HOST, KEY, open, open_with, options, plain, told};

/// Signs in to PagerDuty's connector with this key.
fn sign(key: &str) -> Sign {
    Sign { method: "token".into(), credentials: vec![("token".into(), Secret::new(key))], ..Sign::default() }
}

#[tokio::test(start_paused = true)]
async fn a_placeholder_is_worth_nothing_to_a_neighbour() {
    let den = Den::new(Limits::default()).await;
    let mut first = open(&den.connector).await;
    let mut second = open_with(&den.connector, "token", "canary-of-the-second", &[HOST]).await.unwrap();
    let mut third = open(&den.connector).await;
    let placeholder = first.call("held", "").await.unwrap().value;
    // Each connection has its own, on the same key too.
    assert_ne!(placeholder, second.call("held", "").await.unwrap().value);
    assert_ne!(placeholder, third.call("held", "").await.unwrap().value);
    for neighbour in [&mut second, &mut third] {
        let there = den.sent.count();
        let stolen = format!("GET https {HOST} /\nauthorization: Token token={placeholder}");
        neighbour.call("send", &stolen).await.unwrap();
        let sent = &den.sent.texts()[there];
        assert!(sent.contains(&format!("authorization: Token token={placeholder}\n")), "{sent}");
        assert!(!sent.contains("canary"), "{sent}");
    }
    // With another connector's as well.
    let pagerduty = den.host.load(host_test::component()).await.unwrap();
    let grants = connector_host::Grants { hosts: vec![HOST.into()], sha256: None };
    let mut honest = pagerduty.open(&sign(KEY), &grants).await.unwrap();
    let there = den.sent.count();
    let _ = honest.call("users.get", r#"{"id":"P1"}"#).await;
    assert!(den.sent.texts()[there].contains(&format!("authorization: Token token={KEY}\n")));
    assert!(!den.sent.texts()[there].contains(&placeholder));
}

/// What a connection is told of rate limits before its next call.
async fn observed(connector: &Connector, key: &str) -> String {
    let mut connection = open_with(connector, "token", key, &[HOST]).await.unwrap();
    connection.call("observed", "").await.unwrap().value
}

#[tokio::test(start_paused = true)]
async fn a_lie_about_rate_limits_is_told_to_its_own_alone() {
    let den = Den::new(Limits::default()).await;
    // One that calls itself as the other does: another component all the same.
    let same_name = {
        let mut bytes = plain();
        bytes.extend([0, 2, 1, b'x']);
        den.host.load_bytes(bytes).await.unwrap()
    };
    assert_eq!(same_name.identify().id, den.connector.identify().id);
    assert_ne!(same_name.sha256(), den.connector.sha256());

    let mut liar = open(&den.connector).await;
    let extra = json!({"rate": {"bucket": "b", "limit": 9, "remaining": 0, "reset_ms": u32::MAX}}).to_string();
    liar.call("rate", "a 100 0 4294967295").await.unwrap();
    assert!(liar.call("fail", &extra).await.is_err());
    assert_eq!(observed(&den.connector, KEY).await, "a 100 0 4294967295\nb 9 0 4294967295");
    assert_eq!(observed(&den.connector, "another").await, "");
    assert_eq!(observed(&same_name, KEY).await, "");
}

#[tokio::test(start_paused = true)]
async fn a_lie_about_rate_limits_takes_no_room() {
    let den = Den::new(Limits::default()).await;
    let mut liar = open(&den.connector).await;
    for number in 0..300 {
        liar.call("rate", &format!("{number} 1 1 4294967295")).await.unwrap();
    }
    liar.call("rate", &format!("{} 1 1 1000", "x".repeat(201))).await.unwrap();
    let told = observed(&den.connector, KEY).await;
    assert_eq!(told.lines().count(), 256);
    assert!(told.lines().all(|line| line.len() < 200));
}

#[tokio::test(start_paused = true)]
async fn a_liar_keeps_an_honest_connector_from_nothing() {
    let (options, sent) = options(Limits::default());
    let transport = Transport::custom(|_| async {
        let head = http::Response::builder().header("ratelimit-limit", "100");
        let head = head.header("ratelimit-remaining", "90").header("ratelimit-reset", "30");
        Ok(head.body(body(r#"{"user":{"id":"P1"}}"#)).unwrap())
    });
    let den = Den::with((HostOptions { transport, ..options }, sent)).await;
    let pagerduty = den.host.load(host_test::component()).await.unwrap();
    let grants = connector_host::Grants { hosts: vec![HOST.into()], sha256: None };
    let mut honest = pagerduty.open(&sign(KEY), &grants).await.unwrap();
    let rate = honest.call("users.get", r#"{"id":"P1"}"#).await.unwrap().rate.unwrap();
    assert_eq!((rate.limit, rate.remaining), (100, 90));

    // On the same key, by the same name, of the very limit that the honest one goes by.
    let liar = den.host.load_bytes(told("id=pagerduty")).await.unwrap();
    assert_eq!(liar.identify().id, "pagerduty");
    open(&liar).await.call("rate", &format!("{} 100 0 30000", rate.bucket)).await.unwrap();
    let begun = tokio::time::Instant::now();
    honest.call("users.get", r#"{"id":"P1"}"#).await.unwrap();
    assert!(begun.elapsed().is_zero(), "waited {:?} of virtual time", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_cursor_tells_a_neighbour_nothing_and_leads_it_nowhere() {
    let (options, sent) = options(Limits::default());
    let page = r#"{"services":[{"id":"P1"},{"id":"P2"}],"limit":2,"offset":0,"more":true}"#;
    let transport = Transport::custom(move |_| async move { Ok(http::Response::new(body(page))) });
    let den = Den::with((HostOptions { transport, ..options }, sent)).await;
    let pagerduty = den.host.load(host_test::component()).await.unwrap();
    let grants = connector_host::Grants { hosts: vec![HOST.into()], sha256: None };
    let mut first = pagerduty.open(&sign(KEY), &grants).await.unwrap();
    let page = first.walk("services.list", r#"{"query":"a secret name"}"#, None).await.unwrap().next().await;
    let cursor = page.unwrap().unwrap().next.unwrap();

    // Another key, a key that is close, and the same one.
    for (key, taken) in [("canary-of-another", false), ("canary-9f8e7d6d", false), (KEY, true)] {
        let mut second = pagerduty.open(&sign(key), &grants).await.unwrap();
        let resumed = second.walk("services.list", r#"{"query":"a secret name"}"#, Some(&cursor)).await;
        assert_eq!(resumed.is_ok(), taken, "{key}");
    }
    // A hostile connector that is handed it reads positions, no more.
    let mut culprit = open(&den.connector).await;
    let page = culprit.walk("echo", "", Some(&cursor)).await.unwrap().next().await.unwrap().unwrap();
    assert!(page.items.contains(&cursor.replace('"', "\\\"")), "{} has {cursor}", page.items);
    for hidden in [KEY, "canary", "secret name", HOST] {
        assert!(!page.items.contains(hidden), "{hidden}: {}", page.items);
    }
    // And what a hostile one makes up, an honest one refuses.
    for made_up in
        ["", "x", "{}", "\u{0}", &cursor[1..], &format!("{cursor}x"), &"A".repeat(4096), &"9".repeat(100_000)]
    {
        let mut second = pagerduty.open(&sign(KEY), &grants).await.unwrap();
        let resumed = second.walk("services.list", r#"{"query":"a secret name"}"#, Some(made_up)).await;
        assert!(resumed.is_err(), "{made_up:.40}");
        drop(resumed);
        assert!(second.walk("services.list", "{}", None).await.is_ok(), "{made_up:.40}");
    }
}
