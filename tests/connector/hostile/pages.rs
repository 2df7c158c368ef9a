//! Pages that lie: about how many there are, where the next one is, and when
//! things happened. Each walk ends, after so many requests, in what the table
//! says; nothing ends as if it were whole.

use host_test::host::Error;
use host_test::host::contract::Reason;
use http::Request;
use serde_json::{Value, json};

use super::{Scene, number, open, query};
use crate::fire::decoded;

/// Lists of each dialect, and the key of their records.
const OFFSET: (&str, &str) = ("services.list", "services");
const UNSHARED: (&str, &str) = ("on-calls.list", "oncalls");
const WINDOWS: (&str, &str) = ("incidents.list", "incidents");
const NEWEST_FIRST: (&str, &str) = ("log-entries.list", "log_entries");
const SCIM: (&str, &str) = ("scim.users.list", "Resources");
const CURSOR: (&str, &str) = ("audit.records.list", "records");
const AFTER: (&str, &str) = ("alert-grouping.list", "alert_grouping_settings");
const ANALYTICS: (&str, &str) = ("analytics.incidents.list", "data");
const FEED: (&str, &str) = ("incidents.changes", "log_entries");
const TOKENS: [(&str, &str); 3] = [CURSOR, AFTER, ANALYTICS];
const LISTS: [(&str, &str); 5] = [OFFSET, UNSHARED, WINDOWS, NEWEST_FIRST, SCIM];

type Asked = Request<bytes::Bytes>;

/// How a walk ended: the reason, or none where it ended as whole; its words; the
/// records it delivered.
struct Ended {
    reason: Option<Reason>,
    words: String,
    records: u64,
}

/// Walks to the end. `most`: requests in all.
async fn walked(
    (id, _): (&str, &str),
    most: usize,
    mut page: impl FnMut(&Asked, u64) -> String + Send + 'static,
) -> Ended {
    let scene = Scene::default();
    let world = scene.world().await;
    let mut asked = 0;
    scene.set(move |request| {
        asked += 1;
        http::Response::new(page(request, asked).into())
    });
    let mut on = open(&world).await;
    let mut ended = Ended { reason: None, words: String::new(), records: 0 };
    let arguments = if id == FEED.0 { r#"{"since":"2026-10-30T00:00:00Z"}"# } else { "{}" };
    let mut walk = on.walk(id, arguments, None).await.expect("a walk");
    loop {
        match walk.next().await {
            Ok(Some(page)) => {
                ended.records += u64::from(page.count);
                assert!(page.next.as_ref().is_none_or(|next| next.len() <= 4096), "{id}: a long cursor");
            }
            Ok(None) => break,
            Err(Error::Connector(error)) => {
                (ended.reason, ended.words) = (Some(error.reason), error.message);
                break;
            }
            Err(other) => panic!("{id}: {other:?}"),
        }
        let sent = scene.0.lock().expect("no panic").asked.len();
        assert!(sent <= most, "{id}: {sent} requests and no end");
    }
    drop(walk);
    let sent = scene.asked().len();
    assert!(sent <= most, "{id}: {sent} requests, {}", ended.words);
    assert!(matches!(on.call("no.such", "{}").await, Err(Error::Connector(_))), "{id}: it does not live on");
    ended
}

/// A walk that cannot be whole and says so.
async fn check(list: (&str, &str), most: usize, words: &str, page: impl FnMut(&Asked, u64) -> String + Send + 'static) {
    let ended = walked(list, most, page).await;
    assert!(
        matches!(ended.reason, Some(Reason::Incomplete | Reason::Unexpected)),
        "{}: {:?} after {} records: {}",
        list.0,
        ended.reason,
        ended.records,
        ended.words
    );
    assert!(ended.words.contains(words), "{}: {:?} lacks {words:?}", list.0, ended.words);
}

/// A record of any list; the same number, the same record.
fn record(n: u64) -> Value {
    let time = "2026-10-31T12:00:00Z";
    json!({"id": format!("P{n}"), "created_at": time, "start": time, "execution_time": time, "incident": {"id": format!("Q{n}")}})
}

fn records(numbers: impl IntoIterator<Item = u64>) -> Value {
    numbers.into_iter().map(record).collect()
}

/// A page with `around` it.
fn page(key: &str, records: Value, around: Value) -> String {
    let mut page = around;
    page[key] = records;
    page.to_string()
}

/// Where a page of an offset list begins.
fn offset(request: &Asked) -> u64 {
    number(request, "offset") + number(request, "startIndex").saturating_sub(1)
}

#[tokio::test(start_paused = true)]
async fn numbers_that_are_none_are_refused() {
    for list in LISTS {
        for name in ["total", "limit", "totalResults"] {
            for lie in ["18446744073709551616", "-1", "1.5", "\"7\"", "1e400", "true", "[1]"] {
                check(list, 1, "not a page", move |_, _| {
                    format!(r#"{{"{}":[{{"id":"P1"}}],"more":true,"{name}":{lie}}}"#, list.1)
                })
                .await;
            }
        }
        for lie in ["1", "\"true\"", "[]"] {
            check(list, 1, "not a page", move |_, _| format!(r#"{{"{}":[],"more":{lie}}}"#, list.1)).await;
        }
    }
    for list in TOKENS {
        for name in ["next_cursor", "after", "last"] {
            for lie in ["1", "true", "[\"a\"]", "{}"] {
                check(list, 1, "not a page", move |_, _| format!(r#"{{"{}":[],"more":true,"{name}":{lie}}}"#, list.1))
                    .await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn more_without_end_ends() {
    let more = || json!({"more": true, "totalResults": u64::MAX});
    for list in LISTS {
        // Where a list is cut by time: down to a second, two requests a cut.
        let cuts = if [WINDOWS, NEWEST_FIRST].contains(&list) { 64 } else { 0 };
        // Empty pages.
        check(list, 2, "empty", move |_, _| page(list.1, json!([]), more())).await;
        // The same page, of one record and of many.
        for count in [1, 2, 100] {
            check(list, cuts + 24, "", move |_, _| page(list.1, records(0..count), more())).await;
        }
        // Two pages in turns.
        check(list, cuts + 210, "", move |_, asked| page(list.1, records(asked % 2 * 50..asked % 2 * 50 + 50), more()))
            .await;
        // Records that never came before, whatever is asked for.
        if list != SCIM && list != UNSHARED {
            check(list, cuts + 24, "", move |_, asked| page(list.1, records(asked * 100..asked * 100 + 100), more()))
                .await;
        }
        // A list without end ends where `offset` does.
        if list != SCIM {
            check(list, cuts + 110, "10,000", move |request, _| {
                let at = offset(request);
                page(list.1, records(at..at + number(request, "limit")), more())
            })
            .await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_may_hold_what_it_wants() {
    for list in LISTS {
        // A limit of nothing, or of everything, says nothing; fewer or more than
        // asked for are read as they come.
        for limit in [json!(0), json!(1), json!(u64::MAX), Value::Null] {
            for size in [3, 250] {
                let limit = limit.clone();
                // None is fetched ahead in vain.
                let ended = walked(list, 505, move |request, _| {
                    let (at, all) = (offset(request), 1_000);
                    let until = (at + size).min(all);
                    page(list.1, records(at..until), json!({"more": until < all, "limit": limit, "totalResults": all}))
                })
                .await;
                assert_eq!((ended.reason, ended.records), (None, 1_000), "{}: {}", list.0, ended.words);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn totals_that_lie_are_told_or_do_no_harm() {
    for list in [WINDOWS, NEWEST_FIRST] {
        for total in [9_901, 10_000_000, u64::MAX] {
            // However it is cut, there are as many; and the list ends at once.
            check(list, 1, "ends the list after 2", move |_, _| {
                page(list.1, records(0..2), json!({"more": false, "total": total}))
            })
            .await;
            // Or a page later, in the window of a second.
            check(list, 60, "", move |request, _| {
                let last = offset(request) > 0;
                let seam = if last { 99..102 } else { 0..100 };
                page(list.1, records(seam), json!({"more": !last, "total": total}))
            })
            .await;
            // Or never.
            check(list, 190, "10,000", move |request, _| {
                let at = offset(request);
                page(list.1, records(at..at + number(request, "limit")), json!({"more": true, "total": total}))
            })
            .await;
        }
        // Too few: `more` counts.
        let ended = walked(list, 20, move |request, _| {
            let (at, all) = (offset(request), 500);
            let until = (at + number(request, "limit")).min(all);
            page(list.1, records(at..until), json!({"more": until < all, "total": 0}))
        })
        .await;
        assert_eq!((ended.reason, ended.records), (None, 500), "{}: {}", list.0, ended.words);
    }
}

#[tokio::test(start_paused = true)]
async fn cursors_that_lie_end_the_walk() {
    let around = |token: &str| json!({"more": true, "next_cursor": token, "after": token, "last": token});
    for list in TOKENS {
        check(list, 3, "second time", move |_, asked| page(list.1, records([asked]), around("same"))).await;
        check(list, 40, "second time", move |_, asked| {
            page(list.1, records([asked]), around(&format!("t{}", asked % 7)))
        })
        .await;
        let most = if list == ANALYTICS { 1 } else { 1_000 };
        check(list, most, "empty", move |_, asked| page(list.1, json!([]), around(&format!("t{asked}")))).await;
        for token in ["x".repeat(1 << 20), "\u{1}".repeat(2_000), "😀".repeat(1_000)] {
            check(list, 1, "cursor is longer", move |_, asked| page(list.1, records([asked]), around(&token))).await;
        }
        let nowhere = json!({"more": true, "next_cursor": "", "after": null});
        check(list, 1, "not where", move |_, _| page(list.1, records([1]), nowhere.clone())).await;
        // What cannot stand in a URL stands encoded, and comes back as it was.
        for token in ["a\r\nHost: evil\0", "&limit=1#?/../", "%0d%0a", "\u{202e}😀", " ", "\u{7f}"] {
            let ended = walked(list, 3, move |request, asked| match asked {
                1 => page(list.1, records([1]), around(token)),
                _ => {
                    let given = ["cursor", "after", "starting_after"].iter().find_map(|name| query(request, name));
                    let body = serde_json::from_slice::<Value>(request.body()).unwrap_or_default();
                    let given = given.as_deref().and_then(decoded);
                    let given = given.or_else(|| body["starting_after"].as_str().map(str::to_owned));
                    assert_eq!(given.as_deref(), Some(token), "{}", request.uri());
                    page(list.1, records([2]), json!({"more": false}))
                }
            })
            .await;
            assert_eq!((ended.reason, ended.records), (None, 2), "{} {token:?}: {}", list.0, ended.words);
        }
    }
}

/// Events whose times run backwards, stand still or lie beyond all years: a poll
/// ends, and what it delivers it delivers once.
#[tokio::test(start_paused = true)]
async fn feeds_whose_times_lie_end() {
    let times: [fn(u64) -> String; 5] = [
        |n| format!("2026-10-31T{:02}:{:02}:00Z", n / 60 % 24, n % 60),
        |n| format!("2026-10-31T{:02}:{:02}:00Z", 23 - n / 60 % 24, 59 - n % 60),
        |_| "2026-10-31T12:00:00Z".to_owned(),
        |n| format!("{:04}-01-01T00:00:00Z", 1970 + n % 40),
        |n| format!("{:04}-12-31T23:59:59Z", 9999 - n % 100),
    ];
    for time in times {
        let event = move |n| json!({"id": format!("E{n}"), "created_at": time(n), "incident": {"id": format!("P{n}")}});
        let ended = walked(FEED, 20, move |request, _| {
            let (at, all) = (offset(request), 300);
            let until = (at + number(request, "limit")).min(all);
            page(FEED.1, (at..until).map(event).collect(), json!({"more": until < all}))
        });
        // A feed has no last page, but a poll has one.
        let ended = ended.await;
        assert!(ended.records <= 300 && ended.reason.is_none(), "{:?} {}", ended.reason, ended.words);
        check(FEED, 64 + 20, "", move |_, _| page(FEED.1, (0..100).map(event).collect(), json!({"more": true}))).await;
    }
    for bad in ["null", "5", "\"yesterday\"", "\"2026-13-40T99:99:99Z\"", "{}"] {
        check(FEED, 1, "without a time", move |_, _| {
            format!(r#"{{"log_entries":[{{"id":"E1","created_at":{bad}}}],"more":false}}"#)
        })
        .await;
    }
}
