//! How answers are cut into pages.
//!
//! Offset: 25 a page unless asked, never more than 100, nothing past 10,000
//! records, and `total` is null unless asked for.

use std::ops::Range;

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::errors;
use crate::reply::Reply;

const USUAL: usize = 25;
const MOST: usize = 100;
const REACH: usize = 10_000;

/// What `limit`, `offset` and `total` ask for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) limit: usize,
    pub(crate) offset: usize,
    total: bool,
}

/// A whole number of the query.
pub(crate) fn number(call: &Call, name: &str, usual: usize) -> Result<usize, Reply> {
    match call.query.first(name) {
        None | Some("") => Ok(usual),
        Some(text) => {
            text.parse::<usize>().map_err(|_| errors::invalid_one(format!("{name} must be a whole number: {text}")))
        }
    }
}

/// `limit`, held to 1..=100.
pub(crate) fn limit(call: &Call) -> Result<usize, Reply> {
    Ok(number(call, "limit", USUAL)?.clamp(1, MOST))
}

impl Window {
    pub(crate) fn of(call: &Call) -> Result<Window, Reply> {
        let asked = number(call, "limit", USUAL)?;
        let offset = number(call, "offset", 0)?;
        let window = Window { limit: asked.clamp(1, MOST), offset, total: call.query.flag("total") };
        if offset.saturating_add(window.limit) > REACH {
            return Err(errors::too_deep());
        }
        Ok(window)
    }

    /// The part of `count` records that is on this page.
    pub(crate) fn range(&self, count: usize) -> Range<usize> {
        let start = self.offset.min(count);
        start..start.saturating_add(self.limit).min(count)
    }

    /// The page: `items` are JSON already, `count` is how many there are.
    pub(crate) fn page(&self, key: &str, items: &[String], count: usize) -> Reply {
        let more = self.offset.saturating_add(self.limit) < count;
        let total = if self.total { json!(count) } else { Value::Null };
        let tail = format!(",\"limit\":{},\"offset\":{},\"total\":{total},\"more\":{more}}}", self.limit, self.offset);
        listed(200, key, items, &tail)
    }

    /// Cuts `records` and shows what is on the page.
    pub(crate) fn cut<T>(&self, key: &str, records: &[T], mut show: impl FnMut(&T) -> String) -> Reply {
        let shown = records.get(self.range(records.len())).unwrap_or_default();
        let items: Vec<String> = shown.iter().map(&mut show).collect();
        self.page(key, &items, records.len())
    }
}

/// `{"key":[…]` and what follows it, up to the closing brace.
fn listed(status: u16, key: &str, items: &[String], tail: &str) -> Reply {
    let size: usize = items.iter().map(|item| item.len() + 1).sum();
    let mut body = String::with_capacity(size + key.len() + tail.len() + 8);
    body.push_str("{\"");
    body.push_str(key);
    body.push_str("\":[");
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            body.push(',');
        }
        body.push_str(item);
    }
    body.push(']');
    body.push_str(tail);
    Reply::text(status, body)
}

/// All of it, without paging.
pub(crate) fn whole(status: u16, key: &str, items: &[String]) -> Reply {
    listed(status, key, items, "}")
}

/// A page that ends with a cursor or null. Cursors name the last record, so
/// records that are added at the front move nothing.
pub(crate) fn cursor_page<'a>(
    call: &Call,
    key: &str,
    ids: &[&'a str],
    most: usize,
    mut show: impl FnMut(&'a str) -> Value,
) -> Result<Reply, Reply> {
    let limit = number(call, "limit", most.min(MOST))?.clamp(1, most);
    let start = match call.query.first("cursor") {
        None | Some("") => 0,
        Some(cursor) => {
            let last = decode_cursor(cursor);
            let at = last.and_then(|last| ids.iter().position(|id| *id == last));
            at.ok_or_else(|| errors::invalid_one("cursor is invalid"))? + 1
        }
    };
    let end = start.saturating_add(limit).min(ids.len());
    let page = ids.get(start..end).unwrap_or_default();
    let next = page.last().filter(|_| end < ids.len()).map(|id| encode_cursor(id));
    let mut body = Map::new();
    body.insert(key.to_owned(), page.iter().map(|id| show(id)).collect());
    body.insert("next_cursor".into(), json!(next));
    body.insert("limit".into(), json!(limit));
    Ok(Reply::json(200, &Value::Object(body)))
}

/// Opaque to a client: the hex digits of the id, backwards.
pub(crate) fn encode_cursor(id: &str) -> String {
    id.bytes().rev().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn decode_cursor(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let pair = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok();
    let decoded: Option<Vec<u8>> = bytes.chunks(2).rev().map(pair).collect();
    String::from_utf8(decoded?).ok()
}
