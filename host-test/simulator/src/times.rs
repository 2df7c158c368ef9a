//! Times as PagerDuty reads and writes them.
//!
//! Incidents and log entries are in UTC; most other times carry the offset of
//! the account's zone, which is why a client must not expect `Z`.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

/// Where the seeded account says it is.
pub(crate) const ACCOUNT_ZONE: &str = "America/New_York";

/// Reads RFC 3339, and date-times and dates without an offset as UTC.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let at: civil::DateTime = text.parse().ok()?;
    at.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// Whether the text names UTC: change events take nothing else. PagerDuty's
/// Python client writes `+0000`.
pub(crate) fn says_utc(text: &str) -> bool {
    ["Z", "+00:00", "-00:00", "+0000"].iter().any(|end| text.ends_with(end))
}

/// `2026-11-01T12:00:00Z`.
pub(crate) fn utc(at: Timestamp) -> String {
    whole(at).to_string()
}

/// `2026-11-01T07:00:00-05:00`.
pub(crate) fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// UTC unless the caller asked for a zone.
pub(crate) fn shown(at: Timestamp, zone: Option<&TimeZone>) -> String {
    zone.map_or_else(|| utc(at), |zone| local(at, zone))
}

/// In the account's zone.
pub(crate) fn account(at: Timestamp) -> String {
    match TimeZone::get(ACCOUNT_ZONE) {
        Ok(zone) => local(at, &zone),
        Err(_) => utc(at),
    }
}

/// Without the part of a second.
pub(crate) fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// `at` moved by so many seconds, held inside what a timestamp can be.
pub(crate) fn plus(at: Timestamp, seconds: i64) -> Timestamp {
    let end = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(at.as_second().saturating_add(seconds)).unwrap_or(end)
}

pub(crate) const HOUR: i64 = 3_600;
pub(crate) const DAY: i64 = 86_400;
