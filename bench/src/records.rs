//! The account that the benchmarks read: any number of incidents of 3.1 KB, made
//! from a page of the simulator's, with nothing kept but a hundred templates.
//!
//! Rule: a record is told by its number alone, so that a million of them need
//! no memory and every server makes the same.

use std::fmt::Write;

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use pagerduty_simulator::{Options, Simulator, tokens};
use serde_json::Value;

/// Bytes of one incident, on the average of a page.
pub const RECORD: usize = 3_100;

/// When the first incident was created: 2025-01-01T00:00:00Z.
const BEGINNING: i64 = 1_735_689_600;

/// Seconds from one incident to the next: a million are eleven and a half months.
const STEP: i64 = 30;

/// What stands in a template in place of what differs.
const ID: &str = "Q0TEMPLATE0000";
const CREATED: &str = "2000-01-01T00:00:00Z";
const NUMBER: u64 = 990_000_099;

/// Incidents without what differs between them.
pub struct Incidents(Vec<Vec<Piece>>);

enum Piece {
    Text(String),
    Id,
    Number,
    Created,
}

/// The time at which the incident with this number was created.
#[must_use]
pub fn at(number: u64) -> String {
    let seconds = BEGINNING + STEP * i64::try_from(number).unwrap_or(0);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX).to_string()
}

/// The number of the first incident created at this time or later; none where
/// it is no time.
#[must_use]
pub fn first_at(time: &str) -> Option<u64> {
    let seconds = time.parse::<Timestamp>().ok()?.as_second() - BEGINNING;
    Some(u64::try_from((seconds + STEP - 1).div_euclid(STEP)).unwrap_or(0))
}

/// What the simulator answers to a GET with an account's key.
///
/// # Panics
/// If it refuses: the benchmarks cannot go on then.
#[must_use]
pub fn simulated(path: &str) -> Value {
    let simulator = Simulator::new(Options { incidents: 200, rate_limit: None, ..Options::default() });
    let request = Request::get(path)
        .header("authorization", format!("Token token={}", tokens::ACCOUNT))
        .header("accept", "application/vnd.pagerduty+json;version=2")
        .body(Bytes::new())
        .expect("a request");
    let answer = simulator.respond(request);
    assert!(answer.status().is_success(), "{path}: {:?}", answer.body());
    serde_json::from_slice(answer.body()).expect("JSON")
}

impl Incidents {
    /// The templates.
    ///
    /// # Panics
    /// If the simulator answers something else than a page of incidents.
    #[must_use]
    pub fn new() -> Incidents {
        let page = simulated("/incidents?limit=100&date_range=all&include[]=acknowledgers&include[]=assignees");
        let incidents = page["incidents"].as_array().expect("incidents");
        Incidents(incidents.iter().enumerate().map(|(n, incident)| pieces(n, incident)).collect())
    }

    /// Writes the incident with this number.
    pub fn write(&self, number: u64, out: &mut String) {
        let created = at(number);
        let which = usize::try_from(number).unwrap_or(0) % self.0.len();
        for piece in &self.0[which] {
            // Writing to a text cannot fail.
            let _ = match piece {
                Piece::Text(text) => out.write_str(text),
                Piece::Id => write!(out, "Q{number:013}"),
                Piece::Number => write!(out, "{}", number + 1),
                Piece::Created => out.write_str(&created),
            };
        }
    }
}

impl Default for Incidents {
    fn default() -> Self {
        Incidents::new()
    }
}

/// Cuts an incident where it differs from others, and brings it to its length
/// with prose of the kind that stands in alerts: escapes and other alphabets in it.
fn pieces(n: usize, incident: &Value) -> Vec<Piece> {
    const PROSE: [&str; 4] = [
        "Disk usage of /var/lib/data on db-17 is \"critical\": 97 % used\nmount: /dev/nvme0n1p2\tinode: 12 % ",
        "p99 latency of checkout is above 2,000 ms since 10 minutes; see the runbook, section 3 (retries, circuit breaker) ",
        "Überlauf der Warteschlange „orders“ — 12.482 Nachrichten, ältester Eintrag vor 48 min; 担当者に連絡してください ",
        "GET https://shop.example/api/v2/orders?limit=100 -> 503 Service Unavailable after 3 attempts, backing off ",
    ];
    let mut incident = incident.clone();
    let id = incident["id"].as_str().expect("an id").to_owned();
    incident["incident_number"] = NUMBER.into();
    incident["created_at"] = CREATED.into();
    let length = |incident: &Value| incident.to_string().replace(&id, ID).len();
    let mut text = String::new();
    let mut next = n;
    incident["body"] = serde_json::json!({ "type": "incident_body", "details": "" });
    while length(&incident) + 60 < RECORD {
        let room = RECORD - length(&incident);
        text.extend(PROSE[next % PROSE.len()].chars().take(room));
        next += 1;
        incident["body"]["details"] = text.clone().into();
    }
    let whole = incident.to_string().replace(&id, ID);
    let number = NUMBER.to_string();
    let mut pieces = Vec::new();
    let mut rest = whole.as_str();
    let find = |rest: &str| {
        let marks = [(ID, 0), (CREATED, 1), (number.as_str(), 2)];
        marks.into_iter().filter_map(|(mark, kind)| Some((rest.find(mark)?, mark.len(), kind))).min()
    };
    while let Some((at, length, kind)) = find(rest) {
        pieces.push(Piece::Text(rest[..at].to_owned()));
        pieces.push(match kind {
            0 => Piece::Id,
            1 => Piece::Created,
            _ => Piece::Number,
        });
        rest = &rest[at + length..];
    }
    pieces.push(Piece::Text(rest.to_owned()));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_by_their_number() {
        let incidents = Incidents::new();
        let mut bytes = 0;
        for number in 0..100 {
            let mut text = String::new();
            incidents.write(number, &mut text);
            bytes += text.len();
            let read: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(read["id"], format!("Q{number:013}"));
            assert_eq!(read["incident_number"], number + 1);
            assert_eq!(read["created_at"], at(number));
        }
        let mean = bytes / 100;
        assert!((RECORD - 100..RECORD + 100).contains(&mean), "{mean} bytes a record");
    }

    #[test]
    fn times_go_there_and_back() {
        for (number, time) in
            [(0, "2025-01-01T00:00:00Z"), (2_880, "2025-01-02T00:00:00Z"), (169_920, "2025-03-01T00:00:00Z")]
        {
            assert_eq!(at(number), time);
        }
        for (time, number) in [
            ("2025-01-01T00:00:00Z", Some(0)),
            ("2025-01-01T00:00:01Z", Some(1)),
            ("2025-01-01T01:00:30+01:00", Some(1)),
            ("1970-01-01T00:00:00Z", Some(0)),
            ("yesterday", None),
        ] {
            assert_eq!(first_at(time), number, "{time}");
        }
    }
}
