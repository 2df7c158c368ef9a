//! On-calls: policies followed through their schedules to users.
//!
//! They have no id of their own, and a user directly on a policy is on call
//! always: no schedule, no start, no end.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::call::Call;
use crate::errors;
use crate::pages::Window;
use crate::present::{View, bare};
use crate::reply::Answer;
use crate::rota::{self, Turns};
use crate::routes::Route;
use crate::store::{Entity, Store};
use crate::times::{self, DAY};

pub(crate) const ROUTES: &[Route] = &[Route::new("GET", "/oncalls", "oncalls.read", list).limit(125)];

struct OnCall<'a> {
    policy: &'a str,
    level: u64,
    schedule: Option<&'a str>,
    user: String,
    time: Option<(Timestamp, Timestamp)>,
}

fn list(store: &mut Store, call: &Call) -> Answer {
    let window = Window::of(call)?;
    let known: &[crate::present::Include] =
        &[("escalation_policies", &["escalation_policy"]), ("users", &["user"]), ("schedules", &["schedule"])];
    let view = View::of(call, known)?;
    let since = call.time("since")?.unwrap_or(call.now);
    let until = call.time("until")?.unwrap_or(since);
    if until < since {
        return Err(errors::invalid_one("until must be after since"));
    }
    if until.as_second() - since.as_second() > 90 * DAY {
        return Err(errors::invalid_one("The time between since and until must not exceed 90 days"));
    }
    let mut found = on_call(store, call, since, until);
    if call.query.flag("earliest") {
        let mut seen: Vec<(&str, u64, String)> = Vec::new();
        found.sort_by_key(|on_call| on_call.time.map(|(start, _)| start));
        found.retain(|on_call| {
            let key = (on_call.policy, on_call.level, on_call.user.clone());
            let new = !seen.contains(&key);
            if new {
                seen.push(key);
            }
            new
        });
    }
    Ok(window.cut("oncalls", &found, |on_call| {
        let mut shown = json!({
            "escalation_policy": bare(Entity::EscalationPolicy, on_call.policy),
            "escalation_level": on_call.level,
            "schedule": on_call.schedule.map(|id| bare(Entity::Schedule, id)),
            "user": bare(Entity::User, &on_call.user),
            "start": on_call.time.map(|(start, _)| times::shown(start, view.zone.as_ref())),
            "end": on_call.time.map(|(_, end)| times::shown(end, view.zone.as_ref())),
        });
        store.complete(&mut shown, "", &view);
        let text: Value = shown;
        text.to_string()
    }))
}

fn on_call<'a>(store: &'a Store, call: &Call, since: Timestamp, until: Timestamp) -> Vec<OnCall<'a>> {
    let one = |name: &str, id: &str| call.query.passes(name, std::iter::once(id));
    let mut turns = Turns::default();
    let mut found = Vec::new();
    // Turns are shown whole, so they are looked for beyond the window.
    let (from, to) = (times::plus(since, -45 * DAY), times::plus(until, 45 * DAY));
    let policies = store.table(Entity::EscalationPolicy).rows().iter();
    for policy in policies.filter(|policy| one("escalation_policy_ids[]", &policy.id)) {
        for (level, kind, id) in rota::targets(policy) {
            if Entity::of_type(kind) != Some(Entity::Schedule) {
                if call.query.all("schedule_ids[]").is_empty() && one("user_ids[]", id) {
                    found.push(OnCall { policy: &policy.id, level, schedule: None, user: id.into(), time: None });
                }
                continue;
            }
            let Some(schedule) = store.get(Entity::Schedule, id).filter(|_| one("schedule_ids[]", id)) else {
                continue;
            };
            let end = times::plus(until, 1);
            let mine = turns.of(schedule, from, to).iter();
            for turn in mine.filter(|turn| turn.start < end && turn.end > since && one("user_ids[]", &turn.user)) {
                found.push(OnCall {
                    policy: &policy.id,
                    level,
                    schedule: Some(&schedule.id),
                    user: turn.user.clone(),
                    time: Some((turn.start, turn.end)),
                });
            }
        }
    }
    found
}
