//! Five months of incidents: most resolved, many of the last days' still open.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{nth, words};
use crate::store::incident::{Agent, Alert, Entry, Incident, Note, Status};
use crate::store::{Entity, Store};
use crate::times::{self, DAY};

/// How far back the history goes.
const SPAN: i64 = 150 * DAY;
/// A history does not begin with number 1.
const FIRST: u64 = 21_000;

// What does not depend on the incident, looked up once.
struct Ground {
    id: String,
    name: String,
    policy: String,
    teams: Vec<String>,
    integration: String,
    /// Lead, and the two others of the team.
    crew: Vec<String>,
}

fn grounds(store: &Store) -> Vec<Ground> {
    let services = store.table(Entity::Service).rows().iter();
    services
        .map(|service| {
            let policy = service.ids("escalation_policy").first().map(|id| (*id).to_owned()).unwrap_or_default();
            let teams = store.get(Entity::EscalationPolicy, &policy).map(|policy| policy.ids("teams"));
            let teams: Vec<String> = teams.unwrap_or_default().into_iter().map(str::to_owned).collect();
            let members = store.members.iter().filter(|member| teams.contains(&member.team));
            let mut crew: Vec<String> = members.map(|member| member.user.clone()).take(3).collect();
            if crew.is_empty() {
                crew.push(nth(store, Entity::User, 0));
            }
            let integrations = store.table(Entity::Integration).rows().iter();
            let integration = integrations.filter(|row| row.owner == service.id).map(|row| row.id.clone()).next();
            Ground {
                id: service.id.clone(),
                name: service.text("name").to_owned(),
                policy,
                teams,
                integration: integration.unwrap_or_default(),
                crew,
            }
        })
        .collect()
}

fn title(store: &mut Store, ground: &Ground, n: usize, count: usize) -> String {
    // The hostile ones are spread over the history, one of them near its end.
    let step = (count / words::HOSTILE.len()).max(1);
    if n % step == step / 2
        && let Some(text) = words::HOSTILE.get(n / step)
    {
        return (*text).to_owned();
    }
    let number = (store.rng().below(90) + 3).to_string();
    let fault = store.rng().pick(&words::FAULTS).replace("{n}", &number);
    format!("{}: {fault}", ground.name)
}

pub(super) fn incidents(store: &mut Store, now: Timestamp, count: usize) {
    let grounds = grounds(store);
    let mut entries = Vec::with_capacity(count * 6);
    let step = SPAN / i64::try_from(count.max(1)).unwrap_or(SPAN).max(1);
    for n in 0..count {
        let at = store.rng().below(grounds.len());
        let Some(ground) = grounds.get(at) else { return };
        let place = i64::try_from(n).unwrap_or(0);
        let within = store.rng().between(0, step.max(2));
        let created = times::plus(now, (place * step + within).min(SPAN - 90) - SPAN);
        one(store, &mut entries, ground, created, now, n, count);
    }
    store.set_entries(entries);
}

#[derive(Clone, Copy)]
struct Course {
    status: Status,
    acknowledged: Option<Timestamp>,
    escalated: bool,
    resolved: Option<Timestamp>,
}

// The later an incident began, the likelier it is still open.
fn course(store: &mut Store, created: Timestamp, now: Timestamp) -> Course {
    let rng = store.rng();
    let ack = times::plus(created, rng.between(20, 1_500));
    let end = times::plus(created, rng.between(300, 30_000));
    let age = now.as_second() - created.as_second();
    let lingers = rng.chance(match age.div_euclid(DAY) {
        0 => 60,
        1..=6 => 25,
        7..=29 => 5,
        _ => 1,
    });
    let seen = rng.chance(70) && ack <= now;
    let escalated = rng.chance(12);
    if !lingers && end <= now {
        let acknowledged = (seen && ack < end).then_some(ack);
        return Course { status: Status::Resolved, acknowledged, escalated, resolved: Some(end) };
    }
    let status = if seen { Status::Acknowledged } else { Status::Triggered };
    Course { status, acknowledged: seen.then_some(ack), escalated, resolved: None }
}

fn one(
    store: &mut Store,
    entries: &mut Vec<Entry>,
    ground: &Ground,
    created: Timestamp,
    now: Timestamp,
    n: usize,
    count: usize,
) {
    let course = course(store, created, now);
    let place = store.incidents.len();
    let first = ground.crew.first().cloned().unwrap_or_default();
    let second = ground.crew.last().cloned().unwrap_or_default();
    let holder = if course.escalated { second.clone() } else { first.clone() };
    let machine = Agent::Integration(ground.integration.clone());
    let service = Agent::Service(ground.id.clone());
    let person = Agent::User(holder.clone());
    let mut mine = Vec::new();
    let mut log = |store: &mut Store, at, kind, agent: &Agent, user: Option<&str>, text: Option<&str>| {
        mine.push(entries.len());
        let id = store.rng().id("R", 26);
        let (user, text) = (user.map(str::to_owned), text.map(str::to_owned));
        entries.push(Entry { id, incident: place, at, kind, agent: agent.clone(), user, text });
    };
    log(store, created, "trigger", &machine, None, None);
    log(store, created, "assign", &service, Some(&first), None);
    log(store, times::plus(created, 5), "notify", &service, Some(&first), None);
    if course.escalated {
        log(store, times::plus(created, 15), "escalate", &service, Some(&second), None);
        log(store, times::plus(created, 18), "notify", &service, Some(&second), None);
    }
    if let Some(at) = course.acknowledged {
        log(store, at, "acknowledge", &person, None, None);
    }
    let mut notes = Vec::new();
    if store.rng().chance(30) {
        let at = times::plus(course.acknowledged.unwrap_or(created), 40).min(now);
        let content = store.rng().pick(words::NOTES).to_owned();
        log(store, at, "annotate", &person, None, Some(&content));
        let id = store.rng().short_id();
        notes.push(Note { id, user: Some(holder.clone()), content, created: at, updated: at });
    }
    let by_machine = course.acknowledged.is_none();
    let last = if by_machine { &machine } else { &person };
    if let Some(at) = course.resolved {
        log(store, at, "resolve", last, None, None);
    }
    let title = title(store, ground, n, count);
    let key = store.rng().hex();
    let changed_at = course.resolved.or(course.acknowledged).unwrap_or(created);
    let changed =
        if course.status == Status::Triggered { (created, machine.clone()) } else { (changed_at, last.clone()) };
    let urgent = store.rng().chance(70);
    let alerts = alerts(store, ground, &title, &key, created, course.resolved);
    let priority = store.rng().chance(40).then(|| store.rng().below(5));
    let priority = priority.map(|n| nth(store, Entity::Priority, n));
    let mut values = Map::new();
    if store.rng().chance(20) {
        let field = nth(store, Entity::CustomField, 0);
        values.insert(field, json!(store.rng().pick(&["production", "staging"])));
    }
    let open = course.status != Status::Resolved;
    let held = |at: Timestamp| if open { vec![(at, holder.clone())] } else { Vec::new() };
    let acknowledgements = course.acknowledged.filter(|_| open).map(|at| (at, person.clone()));
    let incident = Incident {
        id: store.rng().id("Q", 14),
        number: FIRST + u64::try_from(n).unwrap_or(0),
        title,
        key,
        created,
        updated: changed_at.max(notes.last().map_or(created, |note| note.updated)),
        status: course.status,
        urgent,
        service: ground.id.clone(),
        policy: ground.policy.clone(),
        teams: ground.teams.clone(),
        priority,
        assignments: held(created),
        acknowledgements: acknowledgements.into_iter().collect(),
        changed,
        resolved: course.resolved,
        snoozed_until: None,
        merged_into: None,
        level: 1 + u64::from(course.escalated),
        details: None,
        conference: None,
        kind: "incident_default".into(),
        alerts,
        notes,
        responders: Vec::new(),
        values,
        entries: mine,
        shown: None,
    };
    store.add_incident(incident);
}

fn alerts(
    store: &mut Store,
    ground: &Ground,
    title: &str,
    key: &str,
    created: Timestamp,
    resolved: Option<Timestamp>,
) -> Vec<Alert> {
    let many = if store.rng().chance(75) { 1 } else { 2 + store.rng().below(3) };
    let mut alerts = Vec::with_capacity(many);
    for n in 0..many {
        let node = store.rng().below(60);
        let details: Value = json!({
            "source": format!("node-{node:02}.lanternway.example"),
            "custom_details": {"region": "eu-west-1", "check": "synthetic", "value": node * 3},
        });
        alerts.push(Alert {
            id: store.rng().id("Q", 14),
            created: times::plus(created, i64::try_from(n).unwrap_or(0) * 20),
            resolved,
            key: if n == 0 { key.to_owned() } else { store.rng().hex() },
            severity: store.rng().pick(&["critical", "error", "warning", "info"]),
            summary: title.to_owned(),
            integration: Some(ground.integration.clone()),
            details,
            contexts: Vec::new(),
        });
    }
    alerts
}
