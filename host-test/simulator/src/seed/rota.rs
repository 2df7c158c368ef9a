//! Schedules with their layers, and the escalation policies that use them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{nth, put, words};
use crate::present::bare;
use crate::store::{Entity, Store};
use crate::times::{self, DAY, HOUR};

const KINDS: [&str; 3] = ["Primary", "Secondary", "Weekend"];

fn layer(store: &mut Store, name: &str, now: Timestamp, turn: i64, users: &[usize], restrictions: &Value) -> Value {
    // Hand-over is on the hour, half a year ago.
    let start = times::plus(now, -180 * DAY - now.as_second().rem_euclid(DAY) + 13 * HOUR);
    let users: Vec<Value> =
        users.iter().map(|n| json!({"user": bare(Entity::User, &nth(store, Entity::User, *n))})).collect();
    json!({
        "name": name,
        "id": store.rng().short_id(),
        "start": times::account(start),
        "end": null,
        "rotation_virtual_start": times::account(start),
        "rotation_turn_length_seconds": turn,
        "users": users,
        "restrictions": restrictions,
    })
}

pub(super) fn schedules(store: &mut Store, now: Timestamp) {
    let mut made = 0;
    for kind in KINDS {
        for (team, (name, _)) in words::TEAMS.iter().enumerate() {
            if made == 30 {
                return;
            }
            // Members of the team: see `people::users`.
            let crew = [team, team + 12, team + 24];
            let daily =
                json!([{"type": "daily_restriction", "start_time_of_day": "08:00:00", "duration_seconds": 36_000}]);
            let weekend = json!([{
                "type": "weekly_restriction", "start_day_of_week": 6, "start_time_of_day": "00:00:00",
                "duration_seconds": 172_800,
            }]);
            let layers = match kind {
                "Primary" => {
                    let nights = layer(store, "Nights", now, 7 * DAY, &crew, &json!([]));
                    vec![nights, layer(store, "Days", now, DAY, &crew[..2], &daily)]
                }
                "Secondary" => vec![layer(store, "Week", now, 7 * DAY, &crew[1..], &json!([]))],
                _ => vec![layer(store, "Saturday and Sunday", now, 7 * DAY, &crew, &weekend)],
            };
            let team_id = nth(store, Entity::Team, team);
            let mut overrides = Vec::new();
            if made % 6 == 1 {
                let user = nth(store, Entity::User, made + 4);
                overrides.push(json!({
                    "id": store.rng().id("Q", 14),
                    "start": times::utc(times::plus(now, 2 * DAY)),
                    "end": times::utc(times::plus(now, 2 * DAY + 8 * HOUR)),
                    "user": bare(Entity::User, &user),
                }));
            }
            let fields = json!({
                "name": format!("{name} {kind}"),
                "time_zone": words::ZONES.get(team % words::ZONES.len()),
                "description": format!("{kind} rota of {name}"),
                "teams": [bare(Entity::Team, &team_id)],
                "schedule_layers": layers,
                "overrides": overrides,
            });
            put(store, Entity::Schedule, fields);
            made += 1;
        }
    }
}

// The n-th schedule of a kind is that of the n-th team, as made above.
pub(super) fn policies(store: &mut Store) {
    for n in 0..25_usize {
        let team = n % words::TEAMS.len();
        let schedule = |store: &Store, kind: usize| {
            bare(Entity::Schedule, &nth(store, Entity::Schedule, team + kind * words::TEAMS.len()))
        };
        let user = |store: &Store, n: usize| bare(Entity::User, &nth(store, Entity::User, n));
        let targets = if n < 24 {
            let lead = user(store, team);
            vec![vec![schedule(store, 0)], vec![schedule(store, 1), lead.clone()], vec![lead]]
        } else {
            vec![vec![user(store, 0), user(store, 1)]]
        };
        let targets = if n < 12 { targets } else { targets.into_iter().take(2).collect() };
        let mut rules = Vec::new();
        for (level, targets) in targets.into_iter().enumerate() {
            rules.push(json!({
                "id": store.rng().short_id(),
                "escalation_delay_in_minutes": 15 * (level + 1),
                "targets": targets,
            }));
        }
        let name = words::TEAMS.get(team).map_or("", |(name, _)| name);
        let name = match n {
            0..=11 => name.to_owned(),
            12..=23 => format!("{name} (low urgency)"),
            _ => "Everything else".to_owned(),
        };
        let team = nth(store, Entity::Team, team);
        let teams = if n < 24 { json!([bare(Entity::Team, &team)]) } else { json!([]) };
        let fields = json!({
            "name": name,
            "description": if n % 4 == 0 { Value::Null } else { json!("Reviewed every quarter") },
            "escalation_rules": rules,
            "num_loops": n % 3,
            "on_call_handoff_notifications": "if_has_services",
            "teams": teams,
            "privilege": null,
        });
        put(store, Entity::EscalationPolicy, fields);
    }
}
