//! Nothing that a server says, a user sets or a host passes on leads a request
//! elsewhere, least of all with the credential. (What arguments can hold is
//! tried in `fire`; where names lead, in the tests of the host.)

use bytes::Bytes;
use host_test::World;
use host_test::host::{Connection, Error, Secret, Sign};
use http::HeaderValue;
use serde_json::{Value, json};

use super::{KEY, Scene, open};

/// Where a server would like the next request to go.
const ELSEWHERE: [&str; 18] = [
    "https://evil.example/",
    "https://evil.example/teams?limit=1&offset=0",
    "http://api.pagerduty.com/teams",
    "https://api.pagerduty.com:8443/teams",
    "https://api.pagerduty.com@evil.example/",
    "https://token:secret@api.pagerduty.com/",
    "https://evil.example#@api.pagerduty.com/",
    "https://evil.example\\@api.pagerduty.com/",
    "https://api.pagerduty.com.evil.example/",
    "https://api.pagerduty.com./teams",
    "https://API.PAGERDUTY.COM/teams",
    "https://api\u{3002}pagerduty\u{3002}com/",
    "//evil.example/teams",
    "/\\evil.example",
    "https:evil.example",
    "/teams/../../evil",
    "?host=evil.example",
    "https://[::ffff:169.254.169.254]/latest/meta-data/",
];

/// A page of any dialect whose every word on what follows is `place`.
fn page(place: &str) -> Value {
    let item = json!({"id": "P1", "self": place, "html_url": place, "execution_time": "2026-11-01T00:00:00Z", "created_at": "2026-11-01T00:00:00Z"});
    let links = json!({"self": place, "next": place, "first": place, "last": place});
    let around = json!({
        "more": true, "limit": 1, "offset": 0, "total": 1000, "totalResults": 1000, "links": links, "self": place,
        "next": place, "first": place, "last": place, "after": place, "next_cursor": place, "base_url": place,
    });
    let mut page = around;
    for key in
        ["teams", "services", "records", "alert_grouping_settings", "data", "Resources", "incidents", "log_entries"]
    {
        page[key] = json!([item]);
    }
    page["team"] = item;
    page
}

const WALKS: [&str; 6] = [
    "services.list",
    "incidents.list",
    "audit.records.list",
    "alert-grouping.list",
    "analytics.incidents.list",
    "scim.users.list",
];

/// Everything that asks a server something; results are of no interest here.
async fn everything(world: &World, on: &mut Connection) -> usize {
    let mut calls = 0;
    for (operation, arguments) in [
        ("teams.get", r#"{"id":"PT1"}"#),
        ("teams.create", r#"{"name":"Ledger"}"#),
        ("teams.delete", r#"{"id":"PT1"}"#),
        ("services.list", "{}"),
    ] {
        drop(on.call(operation, arguments).await);
        calls += 1;
    }
    drop(on.options("incidents.create", "service", "{}", "", None).await);
    drop(on.check().await);
    for id in WALKS {
        let mut cursor = None;
        let mut walk = on.walk(id, "{}", None).await.expect("a walk");
        for _ in 0..3 {
            match walk.next().await {
                Ok(Some(page)) => cursor = page.next,
                Ok(None) | Err(_) => break,
            }
        }
        drop(walk);
        if let Some(cursor) = cursor {
            // What the server said travels in the cursor.
            let mut elsewhere = open(world).await;
            let mut walk = elsewhere.walk(id, "{}", Some(&cursor)).await.expect("its own cursor");
            drop(walk.next().await);
        }
    }
    calls
}

/// Whether a request went where it had to, and nothing but `Authorization` holds
/// the key.
fn stays(name: &str, request: &http::Request<Bytes>) {
    let uri = request.uri();
    let authority = uri.authority().map(http::uri::Authority::as_str);
    assert_eq!((uri.scheme_str(), authority), (Some("https"), Some("api.pagerduty.com")), "{name}: {uri}");
    assert!(!uri.path().contains("evil") && !uri.path().contains("//"), "{name}: {uri}");
    if let Some(host) = request.headers().get("host") {
        assert_eq!(host, "api.pagerduty.com", "{name}");
    }
    assert_eq!(request.headers()["authorization"], format!("Token token={KEY}"), "{name}");
    let mut rest = request.headers().clone();
    rest.remove("authorization");
    let rest = format!("{uri} {rest:?} {:?}", request.body());
    assert!(!rest.contains("canary-of"), "{name}: {rest}");
}

#[tokio::test(start_paused = true)]
async fn no_redirect_and_no_link_is_followed() {
    let scene = Scene::default();
    let world = scene.world().await;
    for status in [200, 201, 202, 300, 301, 302, 303, 305, 307, 308, 401, 503] {
        for place in ELSEWHERE {
            let name = format!("{status} {place}");
            scene.set(move |_| {
                let mut answer = http::Response::builder().status(status);
                for (name, form) in [
                    ("location", place.to_owned()),
                    ("content-location", place.to_owned()),
                    ("refresh", format!("0; url={place}")),
                    ("link", format!("<{place}>; rel=\"next\"")),
                    ("alt-svc", "h2=\"evil.example:443\"".to_owned()),
                    ("www-authenticate", format!("Basic realm=\"{place}\"")),
                ] {
                    answer = answer.header(name, HeaderValue::from_bytes(form.as_bytes()).expect("a header"));
                }
                answer.body(page(place).to_string().into()).expect("an answer")
            });
            let mut on = open(&world).await;
            let calls = everything(&world, &mut on).await;
            let asked = scene.asked();
            asked.iter().for_each(|request| stays(&name, request));
            assert!(asked.len() >= calls + WALKS.len(), "{name}: {} requests", asked.len());
            if (300..400).contains(&status) {
                // One for each call, page, pick list; two keys' worth for a check.
                assert!(asked.len() <= calls + WALKS.len() + 8, "{name}: {} requests", asked.len());
            }
        }
    }
}

/// What a base URL is not.
fn bases() -> Vec<Value> {
    let texts = [
        "http://evil.example:80",
        "https://evil.example",
        "https://api.pagerduty.com",
        "https://127.0.0.1:80",
        "http://127.0.0.1",
        "http://127.0.0.1:0",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:80/evil",
        "http://127.0.0.1:80/../",
        "http://127.0.0.1:80//",
        "http://127.0.0.1:80?x",
        "http://127.0.0.1:80#x",
        "http://127.0.0.1:80\\@evil.example",
        "http://127.0.0.1@evil.example:80",
        "http://127.0.0.1:80@evil.example:80",
        "http://u:p@127.0.0.1:80",
        "http://127.0.0.1.evil.example:80",
        "http://127.0.0.1.:80",
        "http://2130706433:80",
        "http://0x7f000001:80",
        "http://0x7f.0.0.1:80",
        "http://0177.0.0.1:80",
        "http://127.1:80",
        "http://127.0.0.2:80",
        "http://0.0.0.0:80",
        "http://10.0.0.1:80",
        "http://169.254.169.254:80",
        "http://localhost:80",
        "http://localhost.:80",
        "http://LOCALHOST:80",
        "http://[::]:80",
        "http://[0:0:0:0:0:0:0:1]:80",
        "http://[::1%25lo]:80",
        "http://[::1%lo]:80",
        "http://[fe80::1%25eth0]:80",
        "http://[::ffff:127.0.0.1]:80",
        "http://[::ffff:7f00:1]:80",
        "http://127\u{3002}0\u{3002}0\u{3002}1:80",
        "http://\u{2460}\u{2461}\u{2466}.0.0.1:80",
        "http://127.0.0.1:80\r\nHost: evil.example",
        "http://127.0.0.1:80 ",
        " http://127.0.0.1:80",
        "HTTP://127.0.0.1:80",
        "ftp://127.0.0.1:80",
        "file:///etc/passwd",
        "//evil.example:80",
        "evil.example:80",
        "127.0.0.1:80",
        "http:evil.example",
        "http:/evil.example",
        "http:\\\\evil.example:80",
        "http:///evil.example",
        "",
        " ",
    ];
    let others = [json!(80), json!(true), json!(["http://127.0.0.1:80"]), json!({"rest": "http://evil.example"})];
    texts.into_iter().map(Value::from).chain(others).collect()
}

#[tokio::test(start_paused = true)]
async fn no_base_url_leads_elsewhere() {
    let scene = Scene::default();
    let scene_of_world = scene.clone();
    // The most that a host can allow.
    let world = World::hosted(&|options| options.allow_loopback = true, move |request| {
        scene_of_world.0.lock().expect("no panic").asked.push(request);
        async { Ok(http::Response::new(Bytes::from_static(b"{\"team\":{\"id\":\"PT1\"}}"))) }
    })
    .await;
    for base in bases() {
        // A host's: refused by it or by the connector, before anything is sent.
        let sign = Sign {
            method: "token".into(),
            credentials: vec![("token".into(), Secret::from(KEY))],
            settings: Value::Null,
            host_settings: json!({"base_url": base}),
        };
        match world.connector.open(&sign, &world.grants()).await {
            Err(Error::Setup(why)) => assert!(why.contains("base_url"), "{base}: {why}"),
            Err(Error::Connector(error)) => assert!(format!("{error:?}").contains("base_url"), "{base}: {error:?}"),
            Err(other) => panic!("{base}: {other}"),
            Ok(_) => panic!("{base} was taken for a base URL"),
        }
        // A user's: dropped, whatever it is.
        let mut on = world.open_with(&[("token", KEY)], json!({"base_url": base})).await.expect("dropped");
        on.call("teams.get", r#"{"id":"PT1"}"#).await.expect("a team");
        let asked = scene.asked();
        assert_eq!(asked.len(), 1, "{base}");
        asked.iter().for_each(|request| stays(&base.to_string(), request));
    }
    // The two that are, so that the test could fail.
    for (base, authority) in [("http://127.0.0.1:81", "127.0.0.1:81"), ("http://[::1]:82", "[::1]:82")] {
        let sign = Sign {
            method: "token".into(),
            credentials: vec![("token".into(), Secret::from(KEY))],
            settings: Value::Null,
            host_settings: json!({"base_url": base}),
        };
        let mut on = world.connector.open(&sign, &world.grants()).await.expect("opens");
        on.call("teams.get", r#"{"id":"PT1"}"#).await.expect("a team");
        let asked = scene.asked();
        assert_eq!(asked[0].uri().authority().map(http::uri::Authority::as_str), Some(authority));
    }
}
