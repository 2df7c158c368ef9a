//! Who is on call: layers of a schedule turned into spans of time, layers and
//! overrides laid over one another, policies followed to their users.
//!
//! A turn lasts a fixed number of seconds, so it does not stretch where clocks
//! change; restrictions do follow the schedule's own clock.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use jiff::{Span as Step, Timestamp, civil};
use serde_json::{Value, json};

use crate::present::bare;
use crate::store::{Entity, Record, Store};
use crate::times::{self, DAY, HOUR};

/// A user on call from `start` to before `end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) user: String,
}

/// The longest time that is ever computed: a year and a bit.
pub(crate) const LONGEST: i64 = 400 * DAY;

fn time(value: &Value, key: &str) -> Option<Timestamp> {
    times::parse(value.get(key)?.as_str()?)
}

/// The layers of a schedule, lowest first.
pub(crate) fn layers(schedule: &Record) -> &[Value] {
    schedule.fields.get("schedule_layers").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(crate) fn overrides(schedule: &Record) -> &[Value] {
    schedule.fields.get("overrides").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(crate) fn zone(schedule: &Record) -> TimeZone {
    TimeZone::get(schedule.text("time_zone")).unwrap_or(TimeZone::UTC)
}

fn layer_users(layer: &Value) -> Vec<&str> {
    let users = layer.get("users").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    users.iter().filter_map(|user| user.get("user")?.get("id")?.as_str()).collect()
}

/// References to everybody in a layer, each once.
pub(crate) fn users(schedule: &Record) -> Value {
    let mut seen: Vec<&str> = Vec::new();
    for id in layers(schedule).iter().flat_map(layer_users) {
        if !seen.contains(&id) {
            seen.push(id);
        }
    }
    seen.into_iter().map(|id| bare(Entity::User, id)).collect()
}

/// The turns of one layer between two times.
pub(crate) fn layer_turns(layer: &Value, zone: &TimeZone, since: Timestamp, until: Timestamp) -> Vec<Turn> {
    let users = layer_users(layer);
    let length = layer.get("rotation_turn_length_seconds").and_then(Value::as_i64).unwrap_or(DAY).max(HOUR);
    let (Some(origin), Some(start)) = (time(layer, "rotation_virtual_start"), time(layer, "start")) else {
        return Vec::new();
    };
    let since = since.max(start);
    let until = time(layer, "end").map_or(until, |end| until.min(end));
    let mut turns = Vec::new();
    if users.is_empty() {
        return turns;
    }
    let count = i64::try_from(users.len()).unwrap_or(1);
    let mut number = (since.as_second() - origin.as_second()).div_euclid(length);
    loop {
        let begins = times::plus(origin, number.saturating_mul(length));
        if begins >= until {
            break;
        }
        let place = usize::try_from(number.rem_euclid(count)).unwrap_or(0);
        let (from, to) = (begins.max(since), times::plus(begins, length).min(until));
        if let Some(user) = users.get(place).filter(|_| from < to) {
            turns.push(Turn { start: from, end: to, user: (*user).to_owned() });
        }
        number += 1;
    }
    let restrictions = layer.get("restrictions").and_then(Value::as_array);
    let turns = match restrictions.filter(|list| !list.is_empty()) {
        Some(list) => restricted(&turns, &windows(list, zone, since, until)),
        None => turns,
    };
    joined(turns)
}

// The times that daily and weekly restrictions leave open.
fn windows(restrictions: &[Value], zone: &TimeZone, since: Timestamp, until: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let mut open = Vec::new();
    let mut day = times::plus(since, -8 * DAY).to_zoned(zone.clone()).date();
    let last = until.to_zoned(zone.clone()).date();
    while day <= last {
        for restriction in restrictions {
            let weekday = restriction.get("start_day_of_week").and_then(Value::as_i64);
            let fits = weekday.is_none_or(|n| n == i64::from(day.weekday().to_monday_one_offset()));
            let clock = restriction.get("start_time_of_day").and_then(Value::as_str);
            let clock = clock.and_then(|text| text.parse::<civil::Time>().ok());
            let length = restriction.get("duration_seconds").and_then(Value::as_i64).unwrap_or(0);
            if let (true, Some(clock)) = (fits, clock)
                && let Ok(begins) = day.to_datetime(clock).to_zoned(zone.clone())
            {
                let begins = begins.timestamp();
                open.push((begins, times::plus(begins, length.clamp(0, 7 * DAY))));
            }
        }
        match day.checked_add(Step::new().days(1)) {
            Ok(next) => day = next,
            Err(_) => break,
        }
    }
    open.sort();
    open
}

fn restricted(turns: &[Turn], open: &[(Timestamp, Timestamp)]) -> Vec<Turn> {
    let mut kept = Vec::new();
    for turn in turns {
        for (from, to) in open.iter().filter(|(from, to)| *from < turn.end && *to > turn.start) {
            let (start, end) = (turn.start.max(*from), turn.end.min(*to));
            kept.push(Turn { start, end, user: turn.user.clone() });
        }
    }
    kept
}

// Neighbours of one user become one.
fn joined(mut turns: Vec<Turn>) -> Vec<Turn> {
    turns.sort_by_key(|turn| (turn.start, turn.end));
    let mut out: Vec<Turn> = Vec::with_capacity(turns.len());
    for turn in turns {
        match out.last_mut() {
            Some(last) if last.user == turn.user && last.end >= turn.start => last.end = last.end.max(turn.end),
            _ => out.push(turn),
        }
    }
    out
}

/// `top` wins wherever both have somebody.
fn over(base: Vec<Turn>, top: &[Turn]) -> Vec<Turn> {
    let mut out = top.to_vec();
    for turn in base {
        let mut start = turn.start;
        for cover in top.iter().filter(|cover| cover.start < turn.end && cover.end > turn.start) {
            if cover.start > start {
                out.push(Turn { start, end: cover.start, user: turn.user.clone() });
            }
            start = start.max(cover.end);
        }
        if start < turn.end {
            out.push(Turn { start, ..turn });
        }
    }
    joined(out)
}

/// The overrides of a schedule between two times.
pub(crate) fn override_turns(schedule: &Record, since: Timestamp, until: Timestamp) -> Vec<Turn> {
    let turns = overrides(schedule).iter().filter_map(|item| {
        let user = item.get("user")?.get("id")?.as_str()?.to_owned();
        let (start, end) = (time(item, "start")?.max(since), time(item, "end")?.min(until));
        (start < end).then_some(Turn { start, end, user })
    });
    joined(turns.collect())
}

/// Who is on call in the end.
pub(crate) fn final_turns(schedule: &Record, since: Timestamp, until: Timestamp) -> Vec<Turn> {
    let zone = zone(schedule);
    let mut turns = Vec::new();
    for layer in layers(schedule) {
        turns = over(turns, &layer_turns(layer, &zone, since, until));
    }
    over(turns, &override_turns(schedule, since, until))
}

/// Level, type and id of everything a policy notifies.
pub(crate) fn targets(policy: &Record) -> impl Iterator<Item = (u64, &str, &str)> {
    let rules = policy.fields.get("escalation_rules").and_then(Value::as_array);
    let rules = rules.map_or(&[][..], Vec::as_slice);
    (1..).zip(rules).flat_map(|(level, rule)| {
        let targets = rule.get("targets").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        targets
            .iter()
            .filter_map(move |target| Some((level, target.get("type")?.as_str()?, target.get("id")?.as_str()?)))
    })
}

/// The users that one level of a policy notifies at a time.
pub(crate) fn notified(store: &Store, policy: &str, level: u64, at: Timestamp) -> Vec<String> {
    let Some(policy) = store.get(Entity::EscalationPolicy, policy) else { return Vec::new() };
    let mut users: Vec<String> = Vec::new();
    for (_, kind, id) in targets(policy).filter(|(own, _, _)| *own == level) {
        let on_call = match (Entity::of_type(kind), store.get(Entity::Schedule, id)) {
            (Some(Entity::Schedule), Some(schedule)) => {
                final_turns(schedule, at, times::plus(at, 1)).into_iter().map(|turn| turn.user).collect()
            }
            _ => vec![id.to_owned()],
        };
        for user in on_call {
            if store.has(Entity::User, &user) && !users.contains(&user) {
                users.push(user);
            }
        }
    }
    users
}

/// Final turns of schedules, each computed once.
#[derive(Default)]
pub(crate) struct Turns(HashMap<String, Vec<Turn>>);

impl Turns {
    pub(crate) fn of(&mut self, schedule: &Record, since: Timestamp, until: Timestamp) -> &[Turn] {
        let made = || final_turns(schedule, since, until);
        self.0.entry(schedule.id.clone()).or_insert_with(made)
    }
}

/// `rendered_schedule_entries`.
pub(crate) fn rendered(turns: &[Turn], zone: &TimeZone) -> Value {
    let shown = turns.iter().map(|turn| {
        json!({
            "start": times::local(turn.start, zone),
            "end": times::local(turn.end, zone),
            "user": bare(Entity::User, &turn.user),
        })
    });
    shown.collect()
}

/// How much of a time is covered, in percent.
pub(crate) fn coverage(turns: &[Turn], since: Timestamp, until: Timestamp) -> f64 {
    let seconds: i64 = turns.iter().map(|turn| turn.end.as_second() - turn.start.as_second()).sum();
    let whole = (until.as_second() - since.as_second()).max(1);
    // A hundredth of a percent is as much as anybody shows.
    let hundredths = seconds.saturating_mul(10_000) / whole;
    f64::from(i32::try_from(hundredths).unwrap_or(10_000)) / 100.0
}
