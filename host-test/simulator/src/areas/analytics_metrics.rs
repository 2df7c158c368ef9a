//! Analytics that sum up: incidents by service, team or policy, responders,
//! users. POSTs that only read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::analytics::{chosen, paged, show};
use crate::call::Call;
use crate::errors;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::incident::Incident;
use crate::store::{Entity, Record, Store};
use crate::times;

const SCOPE: &str = "analytics.write";

const SERVICES: &[&str] = &["service_id", "service_name", "team_id", "team_name"];
const TEAMS: &[&str] = &["team_id", "team_name"];
const POLICIES: &[&str] = &["escalation_policy_id", "escalation_policy_name", "team_id", "team_name"];

pub(crate) const ROUTES: &[Route] = &[
    Route::new("POST", "/analytics/metrics/incidents/all", SCOPE, |s, call| incidents(s, call, &[])).only_reads(),
    Route::new("POST", "/analytics/metrics/incidents/services", SCOPE, |s, c| incidents(s, c, SERVICES)).only_reads(),
    Route::new("POST", "/analytics/metrics/incidents/services/all", SCOPE, |s, c| incidents(s, c, &[])).only_reads(),
    Route::new("POST", "/analytics/metrics/incidents/teams", SCOPE, |s, c| incidents(s, c, TEAMS)).only_reads(),
    Route::new("POST", "/analytics/metrics/incidents/teams/all", SCOPE, |s, c| incidents(s, c, &[])).only_reads(),
    Route::new("POST", "/analytics/metrics/incidents/escalation_policies", SCOPE, |s, c| incidents(s, c, POLICIES))
        .only_reads(),
    Route::new("POST", "/analytics/metrics/incidents/escalation_policies/all", SCOPE, |s, c| incidents(s, c, &[]))
        .only_reads(),
    Route::new("POST", "/analytics/metrics/pd_advance_usage/features", SCOPE, features).only_reads(),
    Route::new("POST", "/analytics/metrics/responders/all", SCOPE, |s, c| responders(s, c, false)).only_reads(),
    Route::new("POST", "/analytics/metrics/responders/teams", SCOPE, |s, c| responders(s, c, true)).only_reads(),
    Route::new("POST", "/analytics/metrics/users/all", SCOPE, all_users).only_reads(),
    Route::new("GET", "/analytics/raw/incidents/{id}/responses", "analytics.read", responses),
    Route::new("POST", "/analytics/raw/responders/{id}/incidents", SCOPE, of_responder).only_reads(),
    Route::new("POST", "/analytics/raw/users", SCOPE, users).only_reads(),
];

// The rows of one sum.
#[derive(Default)]
struct Sum(Vec<Value>);

impl Sum {
    fn values(&self, key: &str) -> Vec<i64> {
        let mut values: Vec<i64> = self.0.iter().filter_map(|row| row[key].as_i64()).collect();
        values.sort_unstable();
        values
    }

    fn total(&self, key: &str) -> i64 {
        self.values(key).iter().sum()
    }

    fn mean(&self, key: &str) -> i64 {
        let values = self.values(key);
        values.iter().sum::<i64>().checked_div(i64::try_from(values.len()).unwrap_or(i64::MAX)).unwrap_or(0)
    }

    // The value below which so many of a hundred lie.
    fn percentile(&self, key: &str, hundredths: usize) -> i64 {
        let values = self.values(key);
        let place = values.len().saturating_sub(1).saturating_mul(hundredths) / 100;
        values.get(place).copied().unwrap_or(0)
    }

    fn count(&self, fits: impl Fn(&Value) -> bool) -> usize {
        self.0.iter().filter(|row| fits(row)).count()
    }

    fn shown(&self) -> Map<String, Value> {
        let mut shown = Map::new();
        let means = [
            ("mean_assignment_count", "assignment_count"),
            ("mean_engaged_seconds", "engaged_seconds"),
            ("mean_engaged_user_count", "engaged_user_count"),
            ("mean_seconds_to_engage", "seconds_to_engage"),
            ("mean_seconds_to_first_ack", "seconds_to_first_ack"),
            ("mean_seconds_to_mobilize", "seconds_to_mobilize"),
            ("mean_seconds_to_resolve", "seconds_to_resolve"),
            ("mean_user_defined_engaged_seconds", "user_defined_effort_seconds"),
        ];
        let totals = [
            ("total_business_hour_interruptions", "business_hour_interruptions"),
            ("total_engaged_seconds", "engaged_seconds"),
            ("total_escalation_count", "escalation_count"),
            ("total_interruptions", "total_interruptions"),
            ("total_notifications", "total_notifications"),
            ("total_off_hour_interruptions", "off_hour_interruptions"),
            ("total_sleep_hour_interruptions", "sleep_hour_interruptions"),
            ("total_snoozed_seconds", "snoozed_seconds"),
            ("total_user_defined_engaged_seconds", "user_defined_effort_seconds"),
        ];
        for (name, key) in means {
            shown.insert(name.into(), json!(self.mean(key)));
        }
        for (name, key) in totals {
            shown.insert(name.into(), json!(self.total(key)));
        }
        for hundredths in [50, 75, 90, 95] {
            for key in ["seconds_to_first_ack", "seconds_to_resolve"] {
                shown.insert(format!("p{hundredths}_{key}"), json!(self.percentile(key, hundredths)));
            }
        }
        let some = |row: &Value, key: &str| row[key].as_i64().is_some_and(|count| count > 0);
        let counts = [
            ("total_incident_count", self.0.len()),
            ("total_incidents_acknowledged", self.count(|row| some(row, "acknowledgement_count"))),
            ("total_incidents_auto_resolved", self.count(|row| row["auto_resolved"] == true)),
            ("total_incidents_manual_escalated", self.count(|row| some(row, "manual_escalation_count"))),
            ("total_incidents_reassigned", self.count(|row| some(row, "reassignment_count"))),
            ("total_incidents_timeout_escalated", self.count(|row| some(row, "timeout_escalation_count"))),
        ];
        for (name, count) in counts {
            shown.insert(name.into(), json!(count));
        }
        shown.insert("up_time_pct".into(), json!(99.9));
        shown
    }
}

// The day, week or month that a time lies in; empty where nobody asked.
fn range(unit: &str, row: &Value) -> String {
    let at = row["created_at"].as_str().and_then(times::parse);
    let Some(day) = at.map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date()) else { return String::new() };
    let start = match unit {
        "day" => day,
        "week" => day.checked_sub(jiff::Span::new().days(day.weekday().to_monday_zero_offset())).unwrap_or(day),
        "month" => day.first_of_month(),
        _ => return String::new(),
    };
    format!("{start}T00:00:00")
}

fn given(call: &Call) -> Result<Value, Reply> {
    let body = if call.body.is_empty() { Map::new() } else { call.object()? };
    let unit = body.get("aggregate_unit").and_then(Value::as_str);
    if unit.is_some_and(|unit| !matches!(unit, "day" | "week" | "month")) {
        return Err(errors::invalid_one("aggregate_unit must be one of day, week, month"));
    }
    Ok(Value::Object(body))
}

// What of the request an answer says again.
fn answer(body: &Value, data: Vec<Value>) -> Reply {
    let mut shown = json!({
        "data": data,
        "filters": body.get("filters").cloned().unwrap_or_else(|| json!({})),
        "time_zone": body["time_zone"].as_str().unwrap_or("Etc/UTC"),
    });
    for key in ["order", "order_by", "aggregate_unit"] {
        if let Some(value) = body.get(key) {
            shown[key] = value.clone();
        }
    }
    Reply::json(200, &shown)
}

fn incidents(store: &mut Store, call: &Call, by: &[&str]) -> Answer {
    let body = given(call)?;
    let unit = body["aggregate_unit"].as_str().unwrap_or("");
    let mut sums: BTreeMap<(String, String), Sum> = BTreeMap::new();
    for incident in chosen(store, &body)? {
        let row = show(store, incident);
        let group = by.first().map_or("", |key| row[*key].as_str().unwrap_or("")).to_owned();
        sums.entry((range(unit, &row), group)).or_default().0.push(row);
    }
    let data = sums.iter().map(|((start, _), sum)| {
        let mut shown = sum.shown();
        for key in by {
            let value = sum.0.first().map_or(Value::Null, |row| row[*key].clone());
            if !value.is_null() {
                shown.insert((*key).to_owned(), value);
            }
        }
        if !start.is_empty() {
            shown.insert("range_start".into(), json!(start));
        }
        if by.first() == Some(&"escalation_policy_id") {
            let mut names: Vec<&str> = sum
                .0
                .iter()
                .flat_map(|row| row["assigned_user_ids"].as_array())
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            names.sort_unstable();
            names.dedup();
            shown.insert("distinct_responder_count".into(), json!(names.len()));
            shown.retain(|key, _| !key.starts_with('p'));
        }
        Value::Object(shown)
    });
    Ok(answer(&body, data.collect()))
}

// Nobody of the seeded account uses it.
fn features(_: &mut Store, call: &Call) -> Answer {
    let body = given(call)?;
    let row = json!({
        "feature_id": "status_update_drafts", "total_credits_used": 0, "total_use_count": 0,
        "total_proactive_credits_used": 0, "total_proactive_use_count": 0,
    });
    Ok(answer(&body, vec![row]))
}

// The incidents that somebody was given, of those the filters let through.
fn worked<'a>(store: &'a Store, body: &Value) -> Result<BTreeMap<&'a str, Vec<&'a Incident>>, Reply> {
    let mut body = body.clone();
    for (theirs, own) in [("date_range_start", "created_at_start"), ("date_range_end", "created_at_end")] {
        if let Some(value) = body["filters"].get(theirs).cloned() {
            body["filters"][own] = value;
        }
    }
    let only: Vec<String> = body["filters"]["responder_ids"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|id| Some(id.as_str()?.to_owned()))
        .collect();
    let mut of: BTreeMap<&str, Vec<&Incident>> = BTreeMap::new();
    for incident in chosen(store, &body)? {
        let mut users: Vec<&str> = incident
            .entries
            .iter()
            .filter_map(|&place| store.entries.get(place).filter(|entry| entry.kind == "assign")?.user.as_deref())
            .collect();
        users.sort_unstable();
        users.dedup();
        for user in users.into_iter().filter(|user| only.is_empty() || only.iter().any(|id| id == user)) {
            of.entry(user).or_default().push(incident);
        }
    }
    Ok(of)
}

fn responders(store: &mut Store, call: &Call, by_team: bool) -> Answer {
    let body = given(call)?;
    let mut data = Vec::new();
    for (user, incidents) in worked(store, &body)? {
        let sum = Sum(incidents.iter().map(|incident| show(store, incident)).collect());
        let mut row = json!({
            "responder_id": user,
            "responder_name": store.get(Entity::User, user).map_or("", |user| user.text("name")),
            "mean_engaged_seconds": sum.mean("engaged_seconds"),
            "mean_time_to_acknowledge_seconds": sum.mean("seconds_to_first_ack"),
            "total_business_hour_interruptions": sum.total("business_hour_interruptions"),
            "total_engaged_seconds": sum.total("engaged_seconds"),
            "total_incident_count": incidents.len(),
            "total_incidents_acknowledged": sum.count(|row| row["acknowledgement_count"].as_i64() > Some(0)),
            "total_incidents_manual_escalated_from": 0, "total_incidents_manual_escalated_to": 0,
            "total_incidents_reassigned_from": 0, "total_incidents_reassigned_to": 0,
            "total_incidents_timeout_escalated_from": 0, "total_incidents_timeout_escalated_to": 0,
            "total_interruptions": sum.total("total_interruptions"),
            "total_notifications": sum.total("total_notifications"),
            "total_off_hour_interruptions": 0, "total_sleep_hour_interruptions": 0,
            "total_seconds_on_call": 0, "total_seconds_on_call_level_1": 0, "total_seconds_on_call_level_2_plus": 0,
        });
        let teams: Vec<&str> = store.teams_of(user).take(if by_team { usize::MAX } else { 1 }).collect();
        for team in &teams {
            row["team_id"] = json!(team);
            row["team_name"] = json!(store.get(Entity::Team, team).map_or("", |team| team.text("name")));
            data.push(row.clone());
        }
        if teams.is_empty() && !by_team {
            data.push(row);
        }
    }
    Ok(answer(&body, data))
}

fn of_responder(store: &mut Store, call: &Call) -> Answer {
    let user = store.get(Entity::User, call.id(0)).ok_or_else(errors::not_found)?;
    let mut body = given(call)?;
    body["filters"]["responder_ids"] = json!([user.id]);
    let found = worked(store, &body)?.remove(user.id.as_str()).unwrap_or_default();
    let rows = found.iter().rev().map(|incident| {
        let row = show(store, incident);
        json!({
            "incident_created_at": row["created_at"], "incident_description": row["description"],
            "incident_id": row["id"], "incident_number": row["incident_number"],
            "incident_priority_id": row["priority_id"], "incident_priority_name": row["priority_name"],
            "incident_priority_order": null, "incident_urgency": row["urgency"],
            "mean_time_to_acknowledge_seconds": row["seconds_to_first_ack"].as_i64().unwrap_or(0),
            "responder_id": user.id, "responder_name": user.text("name"),
            "service_id": row["service_id"], "service_name": row["service_name"],
            "service_team_id": row["team_id"], "service_team_name": row["team_name"],
            "total_acknowledgements": row["acknowledgement_count"],
            "total_business_hour_interruptions": row["business_hour_interruptions"],
            "total_engaged_seconds": row["engaged_seconds"].as_i64().unwrap_or(0),
            "total_interruptions": row["total_interruptions"],
            "total_manual_escalations_from": 0, "total_manual_escalations_to": 0,
            "total_off_hour_interruptions": "0", "total_reassignments_from": 0, "total_reassignments_to": 0,
            "total_sleep_hour_interruptions": 0, "total_timeout_escalations_from": 0, "total_timeout_escalations_to": 0,
        })
    });
    let rows: Vec<Value> = rows.collect();
    if let Some(filters) = body["filters"].as_object_mut() {
        filters.remove("responder_ids");
    }
    let mut page = paged(&body, "incident_id", rows, "incident_created_at")?;
    page["responder_id"] = json!(call.id(0));
    Ok(Reply::json(200, &page))
}

fn responses(store: &mut Store, call: &Call) -> Answer {
    let place = store.place(call.id(0)).ok_or_else(errors::not_found)?;
    let incident = store.incidents.get(place).ok_or_else(errors::not_found)?;
    let entries = || incident.entries.iter().filter_map(|&place| store.entries.get(place));
    let bare = |at: Timestamp| times::utc(at).trim_end_matches('Z').to_owned();
    let asked =
        entries().filter(|entry| entry.kind == "assign").filter_map(|entry| Some((entry.at, entry.user.as_deref()?)));
    let shown = asked.map(|(at, user)| {
        let joined = entries().find(|entry| entry.kind == "acknowledge" && entry.agent.id() == user);
        let mut row = json!({
            "responder_id": user,
            "responder_name": store.get(Entity::User, user).map_or("", |user| user.text("name")),
            "response_status": if joined.is_some() { "joined" } else { "pending" },
            "responder_type": "assigned",
            "requested_at": bare(at),
        });
        if let Some(joined) = joined {
            row["responded_at"] = json!(bare(joined.at));
            row["time_to_respond_seconds"] = json!(joined.at.as_second() - at.as_second());
        }
        row
    });
    let body = json!({
        "incident_id": incident.id, "limit": 100, "order": "desc", "order_by": "requested_at", "time_zone": "Etc/UTC",
        "responses": shown.collect::<Value>(),
    });
    Ok(Reply::json(200, &body))
}

fn on_policy(store: &Store, user: &str) -> usize {
    store.policies_with(user).as_array().map_or(0, Vec::len)
}

fn wanted<'a>(store: &'a Store, body: &Value) -> Vec<&'a Record> {
    let filters = &body["filters"];
    let ids =
        |key: &str| -> Vec<&str> { filters[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect() };
    let (teams, users) = (ids("team_ids"), ids("user_ids"));
    let rows = store.table(Entity::User).rows().iter();
    rows.filter(|user| {
        (users.is_empty() || users.contains(&user.id.as_str()))
            && (teams.is_empty() || store.teams_of(&user.id).any(|team| teams.contains(&team)))
    })
    .collect()
}

fn reachable(store: &Store, user: &str) -> usize {
    store.table(Entity::ContactMethod).rows().iter().filter(|method| method.owner == user).count()
}

fn all_users(store: &mut Store, call: &Call) -> Answer {
    let body = given(call)?;
    let users = wanted(store, &body);
    let count = |fits: &dyn Fn(&Record) -> bool| users.iter().filter(|user| fits(user)).count();
    let part = |some: usize| some.saturating_mul(10_000).checked_div(users.len()).unwrap_or(0);
    let percent = |some: usize| f64::from(u32::try_from(part(some)).unwrap_or(0)) / 100.0;
    let (policy, reached) =
        (count(&|user| on_policy(store, &user.id) > 0), count(&|user| reachable(store, &user.id) > 0));
    let row = json!({
        "total_user_count": users.len(),
        "total_signed_up_count": users.len(), "total_signed_up_percentage": percent(users.len()),
        "total_downloaded_mobile_app_count": 0, "total_downloaded_mobile_app_percentage": 0.0,
        "total_on_escalation_policy_count": policy, "total_on_escalation_policy_percentage": percent(policy),
        "total_with_notification_methods_count": reached, "total_with_notification_methods_percentage": percent(reached),
    });
    Ok(answer(&body, vec![row]))
}

fn users(store: &mut Store, call: &Call) -> Answer {
    let body = given(call)?;
    let rows = wanted(store, &body).into_iter().map(|user| {
        let team = store.teams_of(&user.id).next();
        let policies = on_policy(store, &user.id);
        json!({
            "id": user.id, "user_name": user.text("name"), "email": user.text("email"), "account_id": 1,
            "description": user.fields.get("description"), "time_zone": user.text("time_zone"), "role": user.text("role"),
            "team_id": team, "team_name": team.and_then(|id| store.get(Entity::Team, id)).map(|team| team.text("name")),
            "created_at": "2024-01-01T00:00:00Z", "last_sign_in_at": null,
            "default_notification_channel_count": 1, "escalation_policies_count": policies,
            "schedules_count": 0, "channel_types_configured": ["email"], "team_count": store.teams_of(&user.id).count(),
            "downloaded_mobile_app": false, "notification_methods": reachable(store, &user.id) > 0,
            "on_escalation_policy": policies > 0, "on_schedule": false, "signed_up": true,
        })
    });
    Ok(Reply::json(200, &paged(&body, "id", rows.collect(), "id")?))
}
