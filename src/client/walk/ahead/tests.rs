//! The first page of the next window, fetched while the present one is read:
//! when it is asked for, what it is worth, and what becomes of it.

use serde_json::json;

use crate::client::Client;
use crate::client::tests::{Script, Turn, client_with, empty, says};
use crate::error::Reason;

const RANGE: &str = r#"{"since":"2026-01-01T00:00:00Z","until":"2026-03-01T00:00:00Z","limit":3}"#;

/// Incidents of the first or the second of two windows, of which it tells so many.
fn incidents(window: usize, ids: std::ops::Range<u32>, total: u64) -> Turn {
    let at = ["2026-01-10T00:00:00Z", "2026-02-10T00:00:00Z"][window - 1];
    let items: Vec<_> = ids.map(|id| json!({"id": format!("P{window}{id}"), "created_at": at})).collect();
    let more = items.len() == 3;
    says(200, json!({"incidents": items, "more": more, "total": total}))
}

/// What was asked for: which window, at which offset, whether with the total.
fn asked(client: &Client<Script>) -> Vec<String> {
    let window = |target: &str| match (target.contains("since=2026-01-01"), target.contains("until=2026-03-01")) {
        (true, true) => "whole",
        (true, false) => "first",
        (false, true) => "second",
        (false, false) => "between",
    };
    let offset = |target: &str| {
        let offset = target.split_once("offset=").map(|(_, rest)| rest.split('&').next().unwrap_or(rest).to_owned());
        offset.unwrap_or_default()
    };
    let total = |target: &str| if target.contains("total=true") { "+total" } else { "" };
    client.targets().iter().map(|target| format!("{} {}{}", window(target), offset(target), total(target))).collect()
}

/// Walks to the end, each error told by its reason and the walk gone on with;
/// answers the ids or reasons, page by page.
fn pages(client: &Client<Script>, start: Option<&str>) -> (Vec<String>, Vec<String>) {
    let mut walk = client.walk("incidents.list", RANGE, start).unwrap();
    let (mut pages, mut cursors) = (Vec::new(), Vec::new());
    loop {
        match client.next(&mut walk) {
            Ok(None) => return (pages, cursors),
            Ok(Some(page)) => {
                let items: Vec<serde_json::Value> = serde_json::from_str(&page.items).unwrap();
                let ids: Vec<&str> = items.iter().filter_map(|item| item["id"].as_str()).collect();
                pages.push(ids.join(" "));
                cursors.extend(page.next);
            }
            Err(error) => {
                assert_ne!(error.reason, Reason::Incomplete, "{}", error.message);
                pages.push(format!("{:?}", error.reason));
            }
        }
    }
}

/// One walk: the answers in the order in which they are asked for, what is
/// asked for behind the two pages that every one begins with, and what comes.
fn check(ahead: u32, turns: Vec<Turn>, expected: &[&str], delivered: &[&str]) -> Vec<String> {
    let begin = [incidents(1, 0..3, 10_000), incidents(1, 0..3, 5)];
    let turns = begin.into_iter().chain(turns).collect();
    let client = client_with(&[("token", "main")], json!({"ahead": ahead, "max_wait_s": 0}), turns);
    let (found, cursors) = pages(&client, None);
    assert_eq!(found[0], "P10 P11 P12");
    assert_eq!(found[1..], *delivered, "{:?}", asked(&client));
    assert_eq!(asked(&client)[..2], ["whole 0+total", "first 0+total"]);
    assert_eq!(asked(&client)[2..], *expected);
    // Not one answer is left.
    client.keys();
    cursors
}

const ALL: [&str; 3] = ["P13 P14", "P20 P21 P22", "P23"];

#[test]
fn it_comes_early_and_what_follows_it_too() {
    let (last, first, second) = (incidents(1, 2..5, 5), incidents(2, 0..3, 4), incidents(2, 2..4, 4));
    let last = match last {
        Turn::Answer(status, headers, body) => {
            Turn::Answer(status, headers, body.replace("\"more\":true", "\"more\":false"))
        }
        other => other,
    };
    let one_by_one = vec![last.clone(), first.clone(), second.clone()];
    let asked = ["first 2", "second 0+total", "second 2"];
    check(0, one_by_one.clone(), &asked, &ALL);
    check(1, one_by_one, &asked, &ALL);
    let early = vec![first.clone(), last.clone(), second.clone()];
    let asked = ["second 0+total", "first 2", "second 2"];
    let cursors = check(8, early.clone(), &asked, &ALL);
    // A cursor stands where the walk stood, whatever was on its way.
    let whole = client_with(&[("token", "main")], json!({"ahead": 8}), vec![first.clone(), second.clone()]);
    assert_eq!(pages(&whole, Some(&cursors[1])).0, ALL[1..]);
    assert_eq!(self::asked(&whole), ["second 0+total", "second 2"]);
    // It fails: in its turn it is told, and asked for again with what follows it.
    let failing = vec![empty(404), last.clone(), first.clone(), second.clone()];
    let asked = ["second 0+total", "first 2", "second 0+total", "second 2"];
    check(8, failing, &asked, &["P13 P14", "Missing", ALL[1], ALL[2]]);
    // The page before fails: it stays.
    let failing = vec![first.clone(), empty(404), second.clone(), last.clone()];
    let asked = ["second 0+total", "first 2", "second 2", "first 2"];
    check(8, failing, &asked, &["Missing", ALL[0], ALL[1], ALL[2]]);
    // It tells nothing, or what cannot be: what follows is not asked for early.
    for odd in [json!({"incidents": [], "more": false}), json!({"x": 1})] {
        let ends = odd.get("x").is_none();
        let mut turns = vec![says(200, odd), last.clone()];
        let (asked, delivered): (&[&str], &[&str]) = match ends {
            true => (&["second 0+total", "first 2"], &[ALL[0], ""]),
            false => {
                turns.extend([first.clone(), second.clone()]);
                (&["second 0+total", "first 2", "second 0+total", "second 2"], &[ALL[0], "Unexpected", ALL[1], ALL[2]])
            }
        };
        check(8, turns, asked, delivered);
    }
    // It holds too many: it is cut in its turn.
    let turns = vec![incidents(2, 0..3, 12_000), last, incidents(2, 0..2, 2), incidents(2, 0..0, 0)];
    let asked = ["second 0+total", "first 2", "between 0+total", "second 0+total"];
    check(8, turns, &asked, &[ALL[0], "P20 P21", ""]);
}

/// Records that went away move the present window; the next one is not asked for again.
#[test]
fn it_stays_when_the_present_window_shifts() {
    let gone = incidents(1, 4..5, 5);
    let back = says(
        200,
        json!({"incidents": [
        {"id": "P12", "created_at": "2026-01-10T00:00:00Z"}, {"id": "P13", "created_at": "2026-01-10T00:00:00Z"},
        {"id": "P14", "created_at": "2026-01-10T00:00:00Z"}], "more": false}),
    );
    let turns = vec![incidents(2, 0..3, 4), gone, incidents(2, 2..4, 4), back];
    check(8, turns, &["second 0+total", "first 2", "second 2", "first 1"], &ALL);
}
