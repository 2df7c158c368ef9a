//! What is JSON: [`validate`] and the reading of a page against the cases of
//! `cases.txt` and against serde_json.
//!
//! Rule: written against the module's functions alone, whatever stands behind
//! them. Each case is tried as a whole text, as an item, as a member beside the
//! items, at every place of a block of 64 bytes, cut off and with a wrong byte.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::{array, member, read, validate};
use crate::catalog::OPERATIONS;
use crate::error::Reason;
use crate::response::{self, Response};

const CASES: &str = include_str!("cases.txt");

/// Every case: its kind, and its bytes.
fn cases() -> impl Iterator<Item = (char, Vec<u8>)> {
    let lines = CASES.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| {
        let kind = line.chars().next().unwrap();
        (kind, bytes(line[1..].strip_prefix(' ').unwrap_or_default()))
    })
}

/// The texts among them.
fn texts() -> Vec<(char, String)> {
    cases().filter_map(|(kind, bytes)| Some((kind, String::from_utf8(bytes).ok()?))).collect()
}

/// A case as it is written, to bytes.
fn bytes(mut text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(rest) = text.strip_prefix('%').or_else(|| text.find('%').map(|at| &text[at + 1..])) {
        out.extend(text[..text.len() - rest.len() - 1].bytes());
        if let Some(rest) = rest.strip_prefix('{') {
            // What is repeated may hold braces and stars itself.
            let (at, end) = (1..rest.len())
                .filter(|end| rest.is_char_boundary(*end) && rest[*end..].starts_with('}'))
                .find_map(|end| {
                    let (_, count) = rest[..end].rsplit_once('*')?;
                    count.parse::<usize>().is_ok().then_some((end - count.len() - 1, end))
                })
                .expect("%{TEXT*N}");
            out.extend(bytes(&rest[..at]).repeat(rest[at + 1..end].parse().unwrap()));
            text = &rest[end + 1..];
        } else {
            out.push(u8::from_str_radix(&rest[..2], 16).expect("%HH"));
            text = &rest[2..];
        }
    }
    out.extend(text.bytes());
    out
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Without JSON's own white space.
fn bare(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}

/// Whether a text is JSON, to this module and to serde_json.
#[track_caller]
fn verdict(text: &str) -> bool {
    let sound = is_json(text);
    assert_eq!(validate(text).is_ok(), sound, "{text:?}");
    sound
}

/// Reads `text` in the place of an item, between two others, behind `before`.
#[track_caller]
fn as_item(text: &str, before: &str) {
    let page = format!("{{\"more\":true,{before}\"teams\":[[],{text},{{}}],\"total\":3}}");
    // What is no JSON can be two items, or end the list.
    let read = read(&page, "teams");
    let sound = verdict(&page);
    if is_json(text) {
        let found = read.unwrap_or_else(|error| panic!("{page:?}: {error}"));
        assert_eq!(found.items, ["[]", bare(text), "{}"], "{page:?}");
        assert_eq!((found.more, found.total), (Some(true), Some(3)));
        assert_eq!(array(&page, &found.items, &[0, 2]), format!("[{}]", bare(text)));
        assert!(is_json(&array(&page, &found.items, &[1])));
    } else if !sound {
        assert!(read.is_err(), "{page:?}");
    }
}

/// Reads `text` in the place of a member that nobody asks for, and of one that
/// somebody does.
#[track_caller]
fn as_member(text: &str) {
    let page = format!("{{\"x\":{text},\"teams\":[1]}}");
    let sound = verdict(&page);
    match (read(&page, "teams"), member(&page, "x")) {
        (Ok(found), Ok(value)) if is_json(text) => {
            assert_eq!((found.items.len(), value), (1, Some(bare(text))), "{page:?}");
        }
        (read, member) => assert!(sound || (read.is_err() && member.is_err()), "{page:?}"),
    }
}

#[test]
fn cases_are_told_apart() {
    let mut counts = [0; 4];
    for (kind, bytes) in cases() {
        let text = String::from_utf8(bytes);
        let Ok(text) = text else {
            assert_eq!(kind, 'u', "{text:?} is no text");
            counts[3] += 1;
            continue;
        };
        let sound = verdict(&text);
        match kind {
            'y' => assert!(sound && serde_json::from_str::<Value>(&text).is_ok(), "{text:?} is JSON"),
            'n' => assert!(!sound && serde_json::from_str::<Value>(&text).is_err(), "{text:?} is no JSON"),
            'i' => {}
            kind => panic!("{kind} {text:?}"),
        }
        counts[match kind {
            'y' => 0,
            'n' => 1,
            _ => 2,
        }] += 1;
    }
    // So that a file that is not read as it was meant does not pass.
    assert!(counts.iter().zip([150, 250, 15, 35]).all(|(count, least)| *count >= least), "{counts:?}");
}

#[test]
fn a_page_holds_what_is_json() {
    for (_, text) in texts() {
        as_item(&text, "");
        as_member(&text);
    }
}

#[test]
fn nothing_depends_on_where_it_stands() {
    for (_, text) in texts().iter().filter(|(_, text)| text.len() < 40) {
        for before in 0..64 {
            as_item(text, &" ".repeat(before));
            as_item(text, &format!("\"x\":\"{}\",", "\\\\".repeat(before)));
            verdict(&format!("{}{text}", "\n".repeat(before)));
            verdict(&format!("{text}{}", " ".repeat(before)));
        }
    }
}

#[test]
fn every_beginning_and_every_slip_is_judged_as_serde_json_judges() {
    for (_, text) in texts().iter().filter(|(kind, text)| *kind == 'y' && text.len() < 120) {
        let page = format!("{{\"teams\":[{text}],\"more\":false}}");
        for end in (0..page.len()).filter(|end| page.is_char_boundary(*end)) {
            assert!(!verdict(&page[..end]), "{:?}", &page[..end]);
            assert!(read(&page[..end], "teams").is_err());
            let next = page[end..].chars().next().map_or(0, char::len_utf8);
            for slip in ["", "\"", "\\", ",", ":", "[", "]", "{", "}", "0", "-", "e", " ", "\n", "\u{1f}", "x", "é"] {
                let other = format!("{}{slip}{}", &page[..end], &page[end + next..]);
                if !verdict(&other) {
                    assert!(read(&other, "teams").is_err(), "{other:?}");
                }
            }
        }
    }
}

#[test]
fn what_is_no_text_is_refused_before() {
    let operation = OPERATIONS.iter().next().unwrap();
    for (kind, body) in cases().filter(|(_, bytes)| std::str::from_utf8(bytes).is_err()) {
        assert_eq!(kind, 'u');
        for body in [body.clone(), [b"{\"x\":[", body.as_slice(), b"]}"].concat()] {
            let answer = Response { status: 200, body, ..Response::default() };
            let error = response::value(operation, &answer).unwrap_err();
            assert_eq!(error.reason, Reason::Unexpected);
            assert!(error.message.contains("not UTF-8"), "{}", error.message);
            assert!(answer.text(operation).is_err());
        }
    }
}

#[test]
fn depth_has_no_end() {
    for depth in [127, 128, 129, 1_000, 100_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":[", "]}]")] {
            let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            assert!(verdict(&text));
            assert!(!verdict(&text[1..]));
            assert!(!verdict(&text[..text.len() - 1]));
            as_item(&text, "");
            as_member(&text);
        }
    }
}
