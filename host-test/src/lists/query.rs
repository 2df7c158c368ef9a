//! What a request asks of a made-up list, and the page that answers it.
//!
//! Rule: PagerDuty's own bounds stand here: which window of time is listed,
//! how long it may be, how far offsets reach.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::civil::DateTime;

use super::records::Record;
use super::{Asked, DAY, State, Total};

/// Records that offsets reach.
const REACH: u64 = 10_000;
/// The shortest six months.
const LONGEST: i64 = 181 * DAY;

/// A request's path and query.
pub(super) struct Query {
    path: String,
    values: BTreeMap<String, String>,
}

impl Query {
    pub(super) fn of(uri: &http::Uri) -> Query {
        let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        let values = pairs.map(|(name, value)| (name.to_owned(), value.replace("%3A", ":"))).collect();
        Query { path: uri.path().to_owned(), values }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    fn number(&self, name: &str, usual: u64) -> u64 {
        self.text(name).map_or(usual, |text| text.parse().unwrap_or(usual))
    }

    /// A time in UTC. jiff's timestamps end a day before the year 9999 does.
    fn time(&self, name: &str) -> Result<Option<i64>, (u32, String)> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let time = text.strip_suffix('Z').and_then(|text| text.parse::<DateTime>().ok());
        let seconds = time.map(|time| time.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0)).as_secs());
        seconds.map(Some).ok_or_else(|| (2001, format!("{name} is not a time")))
    }

    pub(super) fn asked(&self) -> Asked {
        let (offset, limit) = match self.path.as_str() {
            "/scim/v2/Users" => (self.number("startIndex", 1).max(1) - 1, self.number("count", 100)),
            _ => (self.number("offset", 0), self.number("limit", 25)),
        };
        Asked { offset, limit: limit.clamp(1, 100), total: self.text("total") == Some("true"), ..Asked::default() }
    }

    /// From when to before when incidents are listed.
    fn incidents(&self, state: &State) -> Result<(i64, i64), (u32, String)> {
        let (month, extra) = (state.rules.month * DAY, i64::from(state.rules.inclusive));
        if self.text("sort_by").is_some_and(|by| by != "created_at:asc") {
            return Err((2001, "only created_at:asc is known here".to_owned()));
        }
        Ok(match (self.text("date_range"), self.time("since")?, self.time("until")?) {
            (Some(_), _, _) => (i64::MIN, i64::MAX),
            (None, None, None) => (state.now() - month, i64::MAX),
            (None, Some(since), None) => (since, since + month + extra),
            (None, None, Some(until)) => (until - month, until + extra),
            (None, Some(since), Some(until)) if since > until => {
                return Err((2001, "since is after until".to_owned()));
            }
            (None, Some(since), Some(until)) if until - since > LONGEST => {
                return Err((2001, "more than 6 months".to_owned()));
            }
            (None, Some(since), Some(until)) => (since, until + extra),
        })
    }

    /// A page as text, or the code and the words of a refusal.
    pub(super) fn page(&self, state: &State, asked: &Asked) -> Result<String, (u32, String)> {
        let scim = self.path == "/scim/v2/Users";
        let (key, (low, high), newest_first) = match self.path.as_str() {
            "/incidents" => ("incidents", self.incidents(state)?, false),
            "/log_entries" => {
                let high = self.time("until")?.map(|until| until + i64::from(state.rules.inclusive));
                ("log_entries", (self.time("since")?.unwrap_or(i64::MIN), high.unwrap_or(i64::MAX)), true)
            }
            "/services" => ("services", (i64::MIN, i64::MAX), false),
            "/scim/v2/Users" => ("Resources", (i64::MIN, i64::MAX), false),
            path => return Err((2100, format!("nothing is at {path}"))),
        };
        let Asked { offset, limit, .. } = *asked;
        if !scim && offset + limit > REACH {
            return Err((2002, "offset and limit together are more than 10000".to_owned()));
        }
        let part = state.records.within(low, high);
        let count = part.len();
        let (from, to) = (offset.min(count), (offset + limit).min(count));
        let mut found = match newest_first {
            true => part.slice(&state.records, count - to..count - from),
            false => part.slice(&state.records, from..to),
        };
        if newest_first {
            found.reverse();
        }
        Ok(text(key, &found, state.rules.padding, &self.tail(state, asked, count, scim)))
    }

    /// What follows the records of a page.
    fn tail(&self, state: &State, asked: &Asked, count: u64, scim: bool) -> String {
        let Asked { offset, limit, total, .. } = asked;
        if scim {
            return format!(r#""totalResults":{count},"startIndex":{},"itemsPerPage":{limit}"#, offset + 1);
        }
        let total = match state.rules.total {
            Total::Told if *total => count.to_string(),
            Total::Capped if *total => count.min(REACH).to_string(),
            Total::Told | Total::Capped | Total::Null => "null".to_owned(),
        };
        let more = offset + limit < count;
        format!(r#""limit":{limit},"offset":{offset},"total":{total},"more":{more}"#)
    }
}

/// A page: the records under `key`, then `tail`.
fn text(key: &str, records: &[Record], padding: usize, tail: &str) -> String {
    let mut text = String::with_capacity(100 + records.len() * (64 + padding));
    let _ = write!(text, r#"{{"{key}":["#);
    for (n, Record { id, at }) in records.iter().enumerate() {
        let at = jiff::Timestamp::from_second(*at).unwrap_or_default();
        let _ = write!(text, r#"{}{{"id":"P{id:07}","created_at":"{at}""#, if n > 0 { "," } else { "" });
        if padding > 0 {
            let _ = write!(text, r#","title":"{:x<padding$}""#, "");
        }
        text.push('}');
    }
    let _ = write!(text, "],{tail}}}");
    text
}
