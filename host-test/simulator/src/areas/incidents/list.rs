//! The list of incidents: its window, filters and order.
//!
//! Without dates it shows the last month, which is what makes naive clients
//! miss most of an account; a window is six months at most.

use std::cmp::Ordering;

use jiff::Timestamp;

use crate::call::Call;
use crate::errors;
use crate::pages::Window;
use crate::present::View;
use crate::present::incident::INCLUDES;
use crate::reply::{Answer, Reply};
use crate::store::Store;
use crate::store::incident::{Incident, Status};
use crate::times::{self, DAY};

const MONTH: i64 = 30 * DAY;
const LONGEST: i64 = 184 * DAY;

fn window(call: &Call) -> Result<Option<(Timestamp, Timestamp)>, Reply> {
    let (since, until) = (call.time("since")?, call.time("until")?);
    if call.query.first("date_range") == Some("all") {
        return Ok(None);
    }
    let (since, until) = match (since, until) {
        (None, None) => (times::plus(call.now, -MONTH), Timestamp::MAX),
        (Some(since), None) => (since, times::plus(since, MONTH)),
        (None, Some(until)) => (times::plus(until, -MONTH), until),
        (Some(since), Some(until)) => (since, until),
    };
    if until < since {
        return Err(errors::invalid_one("until must be after since"));
    }
    if until != Timestamp::MAX && until.as_second() - since.as_second() > LONGEST {
        return Err(errors::invalid_one("The time between since and until must not exceed 6 months"));
    }
    Ok(Some((since, until)))
}

type Compare = fn(&Incident, &Incident) -> Ordering;

// Up to two keys, joined by a comma.
fn order(call: &Call) -> Result<Vec<(Compare, bool)>, Reply> {
    let text = call.query.first("sort_by").unwrap_or("");
    let mut keys = Vec::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (field, direction) = part.split_once(':').unwrap_or((part, "asc"));
        let compare: Option<Compare> = match field {
            "incident_number" => Some(|a, b| a.number.cmp(&b.number)),
            "created_at" => Some(|a, b| a.created.cmp(&b.created)),
            "resolved_at" => Some(|a, b| a.resolved.cmp(&b.resolved)),
            "urgency" => Some(|a, b| a.urgent.cmp(&b.urgent)),
            _ => None,
        };
        match (compare, direction) {
            (Some(compare), "asc" | "desc") => keys.push((compare, direction == "desc")),
            _ => return Err(errors::invalid_one(format!("sort_by is invalid: {part}"))),
        }
    }
    if keys.len() > 2 {
        return Err(errors::invalid_one("sort_by takes two fields at most"));
    }
    Ok(keys)
}

pub(super) fn list(store: &mut Store, call: &Call) -> Answer {
    let page = Window::of(call)?;
    let view = View::of(call, INCLUDES)?;
    call.choices("date_range", &["all"])?;
    let statuses = call.choices("statuses[]", &["triggered", "acknowledged", "resolved"])?;
    let statuses: Vec<Status> = statuses.iter().filter_map(|name| Status::of(name)).collect();
    let urgencies = call.choices("urgencies[]", &["high", "low"])?;
    let window = window(call)?;
    let order = order(call)?;
    let key = call.query.first("incident_key");
    let matches = |incident: &Incident| {
        let urgency = if incident.urgent { "high" } else { "low" };
        let assigned = || incident.assignments.iter().map(|(_, user)| user.as_str());
        window.is_none_or(|(since, until)| incident.created >= since && incident.created < until)
            && (statuses.is_empty() || statuses.contains(&incident.status))
            && (urgencies.is_empty() || urgencies.iter().any(|wanted| wanted == urgency))
            && key.is_none_or(|key| incident.key == key)
            && call.query.passes("service_ids[]", std::iter::once(incident.service.as_str()))
            && call.query.passes("team_ids[]", incident.teams.iter().map(String::as_str))
            && call.query.passes("user_ids[]", assigned())
    };
    let all = store.incidents.iter().enumerate();
    let mut found: Vec<(usize, &Incident)> = all.filter(|(_, incident)| matches(incident)).collect();
    if !order.is_empty() {
        found.sort_by(|(_, a), (_, b)| {
            let compare = |(compare, down): &(Compare, bool)| {
                let order = compare(a, b);
                if *down { order.reverse() } else { order }
            };
            order.iter().map(compare).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
    }
    let places: Vec<usize> = found.iter().map(|(place, _)| *place).collect();
    Ok(page.cut("incidents", &places, |place| store.incident_text(*place, &view)))
}
