//! Everything an account holds, and the few questions that many areas ask.

pub(crate) mod ids;
pub(crate) mod incident;
pub(crate) mod table;
mod ties;

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::auth::Kind;
use crate::delivery::Delivery;
use crate::times;
use ids::Rng;
use incident::{Agent, Entry, Incident, Status};
pub(crate) use table::{Entity, Record, Table};

/// A member of a team.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) team: String,
    pub(crate) user: String,
    pub(crate) role: String,
}

/// One account.
#[derive(Default)]
pub(crate) struct Store {
    tables: HashMap<Entity, Table>,
    ties: Vec<ties::Tie>,
    /// Names of what was deleted: references keep their summary.
    gone: HashMap<String, String>,
    pub(crate) members: Vec<Member>,
    pub(crate) incidents: Vec<Incident>,
    incident_places: HashMap<String, usize>,
    pub(crate) entries: Vec<Entry>,
    entry_places: HashMap<String, usize>,
    /// Places in `entries`, oldest first.
    pub(crate) timeline: Vec<usize>,
    pub(crate) abilities: Vec<&'static str>,
    pub(crate) owner: String,
    pub(crate) limited: String,
    /// Grows with every change; see [`Incident::shown`].
    pub(crate) generation: u64,
    snoozed: Vec<usize>,
    /// Deliveries of webhooks that nobody has taken yet; the last few.
    pub(crate) deliveries: Vec<Delivery>,
    rng: Rng,
}

impl Store {
    /// An account with nothing in it, whose ids come from the seed.
    pub(crate) fn empty(seed: u64) -> Store {
        Store { rng: Rng::new(seed), ..Store::default() }
    }

    pub(crate) fn table(&self, entity: Entity) -> &Table {
        static NONE: std::sync::LazyLock<Table> = std::sync::LazyLock::new(Table::default);
        self.tables.get(&entity).unwrap_or(&NONE)
    }

    pub(crate) fn table_mut(&mut self, entity: Entity) -> &mut Table {
        self.generation += 1;
        self.tables.entry(entity).or_default()
    }

    pub(crate) fn get(&self, entity: Entity, id: &str) -> Option<&Record> {
        self.table(entity).get(id)
    }

    pub(crate) fn has(&self, entity: Entity, id: &str) -> bool {
        self.get(entity, id).is_some()
    }

    /// Adds a record under a new id, which it answers.
    pub(crate) fn add(&mut self, entity: Entity, owner: &str, fields: Map<String, Value>) -> String {
        let id = self.rng().short_id();
        self.table_mut(entity).push(Record { id: id.clone(), owner: owner.to_owned(), fields });
        id
    }

    pub(crate) fn remove(&mut self, entity: Entity, id: &str) -> Option<Record> {
        let record = self.table_mut(entity).remove(id)?;
        self.gone.insert(id.to_owned(), record.text("name").to_owned());
        self.release(id);
        Some(record)
    }

    pub(crate) fn name_of_gone(&self, id: &str) -> Option<&str> {
        self.gone.get(id).map(String::as_str)
    }

    pub(crate) fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    /// Whom a kind of credential acts as.
    pub(crate) fn user_of(&self, kind: Kind) -> Option<String> {
        match kind {
            Kind::User | Kind::UserApp | Kind::OtherAccountUser => Some(self.owner.clone()),
            Kind::LimitedUser => Some(self.limited.clone()),
            Kind::Account | Kind::ReadOnly | Kind::App | Kind::NarrowApp | Kind::Nobody => None,
        }
    }

    pub(crate) fn user_by_email(&self, email: &str) -> Option<String> {
        let users = self.table(Entity::User).rows().iter();
        let mut found = users.filter(|user| user.text("email").eq_ignore_ascii_case(email.trim()));
        found.next().map(|user| user.id.clone())
    }

    pub(crate) fn teams_of<'a>(&'a self, user: &'a str) -> impl Iterator<Item = &'a str> {
        let members = self.members.iter().filter(move |member| member.user == user);
        members.map(|member| member.team.as_str())
    }

    pub(crate) fn place(&self, incident: &str) -> Option<usize> {
        self.incident_places.get(incident).copied().or_else(|| {
            // Incidents are also known by their number, as in the web pages.
            let number: u64 = incident.parse().ok()?;
            self.incidents.iter().position(|incident| incident.number == number)
        })
    }

    pub(crate) fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.get(*self.entry_places.get(id)?)
    }

    /// Adds an incident and answers its place.
    pub(crate) fn add_incident(&mut self, incident: Incident) -> usize {
        self.generation += 1;
        let place = self.incidents.len();
        self.incident_places.insert(incident.id.clone(), place);
        self.incidents.push(incident);
        place
    }

    /// Writes into the log of an incident.
    pub(crate) fn log(
        &mut self,
        incident: usize,
        at: Timestamp,
        kind: &'static str,
        agent: Agent,
        user: Option<String>,
        text: Option<String>,
    ) {
        self.generation += 1;
        let id = self.rng().id("R", 26);
        let place = self.entries.len();
        self.entry_places.insert(id.clone(), place);
        if let Some(incident) = self.incidents.get_mut(incident) {
            incident.entries.push(place);
        }
        let later =
            self.timeline.partition_point(|&at_place| self.entries.get(at_place).is_none_or(|entry| entry.at <= at));
        self.timeline.insert(later, place);
        self.entries.push(Entry { id, incident, at, kind, agent, user, text });
    }

    /// Puts the log in order at the end of seeding, where entries come
    /// incident by incident.
    pub(crate) fn set_entries(&mut self, entries: Vec<Entry>) {
        self.entry_places = entries.iter().enumerate().map(|(n, e)| (e.id.clone(), n)).collect();
        self.timeline = (0..entries.len()).collect();
        self.timeline.sort_by_key(|&place| entries.get(place).map(|entry| entry.at));
        self.entries = entries;
    }

    /// Lets what is due happen: a snoozed incident that wakes up.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        let due: Vec<usize> = self.snoozed.clone();
        for place in due {
            let Some(incident) = self.incidents.get_mut(place) else { continue };
            let Some(until) = incident.snoozed_until else {
                self.snoozed.retain(|other| *other != place);
                continue;
            };
            if until > now {
                continue;
            }
            incident.snoozed_until = None;
            self.snoozed.retain(|other| *other != place);
            if incident.status == Status::Acknowledged {
                let agent = Agent::Service(incident.service.clone());
                incident.status = Status::Triggered;
                incident.acknowledgements.clear();
                incident.changed = (until, agent.clone());
                incident.updated = until;
                self.log(place, until, "unacknowledge", agent, None, None);
            }
        }
    }

    pub(crate) fn snooze(&mut self, place: usize, until: Timestamp) {
        self.generation += 1;
        if let Some(incident) = self.incidents.get_mut(place) {
            incident.snoozed_until = Some(until);
        }
        if !self.snoozed.contains(&place) {
            self.snoozed.push(place);
        }
    }

    /// Notes a change of configuration in the audit trail.
    pub(crate) fn audit(&mut self, now: Timestamp, by: Option<&str>, action: &str, entity: Entity, id: &str) {
        let named = self.get(entity, id).map(|record| record.text("name").to_owned());
        let summary = named.or_else(|| self.gone.get(id).cloned());
        let kind = format!("{}_reference", entity.names().one);
        let root = json!({"id": id, "type": kind, "summary": summary});
        let actors: Vec<Value> = by.iter().map(|id| json!({"id": id, "type": "user_reference"})).collect();
        let request = self.rng().uuid();
        let fields = json!({
            "execution_time": times::utc(now),
            "execution_context": {"request_id": request, "remote_address": "203.0.113.7"},
            "actors": actors,
            "method": {"type": "api_token", "truncated_token": "0003"},
            "root_resource": root,
            "action": action,
            "details": {"resource": root, "fields": []},
        });
        if let Value::Object(fields) = fields {
            let id = self.rng().id("PDRECORD", 26);
            self.table_mut(Entity::AuditRecord).push(Record { id, owner: String::new(), fields });
        }
    }
}
