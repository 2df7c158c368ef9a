//! How records are shown: links, summaries, what follows from other records,
//! and `include[]`, which puts the whole record in place of a reference.

use std::sync::Arc;

use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{self, Links};
use crate::errors;
use crate::reply::Reply;
use crate::store::{Entity, Record, Store};

pub(crate) mod incident;

const API: &str = "https://api.pagerduty.com";
const WEB: &str = "https://lanternway.pagerduty.com";

/// One word of `include[]` and the keys whose references it expands.
pub(crate) type Include = (&'static str, &'static [&'static str]);

/// What the caller asked to see.
#[derive(Default)]
pub(crate) struct View {
    keys: Vec<&'static str>,
    /// Words that were asked for, also those that expand no reference.
    words: Vec<&'static str>,
    pub(crate) zone: Option<TimeZone>,
}

impl View {
    /// Reads `include[]` and `time_zone`. An unknown word is an error, as in
    /// PagerDuty; unknown parameters are not.
    pub(crate) fn of(call: &Call, known: &[Include]) -> Result<View, Reply> {
        let mut view = View { zone: call.zone()?, ..View::default() };
        for word in call.query.all("include[]") {
            let Some((word, keys)) = known.iter().find(|(name, _)| *name == word) else {
                let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                let problem = format!("include[] may be {}: {word}", names.join(", "));
                return Err(errors::invalid_one(problem));
            };
            view.words.push(word);
            view.keys.extend_from_slice(keys);
        }
        Ok(view)
    }

    pub(crate) fn has(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    pub(crate) fn plain(&self) -> bool {
        self.words.is_empty() && self.zone.is_none()
    }
}

/// `{"id", "type"}`, completed when it is shown.
pub(crate) fn bare(entity: Entity, id: &str) -> Value {
    json!({"id": id, "type": format!("{}_reference", entity.names().one)})
}

fn link(base: &str, path: &str, owner: &str, id: &str) -> Value {
    if path.is_empty() {
        return Value::Null;
    }
    json!(format!("{base}/{}/{id}", path.replace("{}", owner)))
}

/// Link to an incident's page or API.
pub(crate) fn incident_links(id: &str) -> (String, String) {
    (format!("{API}/incidents/{id}"), format!("{WEB}/incidents/{id}"))
}

pub(crate) fn entry_links(id: &str, incident: &str) -> (String, String) {
    (format!("{API}/log_entries/{id}?incident_id={incident}"), format!("{WEB}/incidents/{incident}/log_entries/{id}"))
}

pub(crate) fn alert_links(id: &str, incident: &str) -> (String, String) {
    (format!("{API}/incidents/{incident}/alerts/{id}"), format!("{WEB}/alerts/{id}"))
}

fn summary(entity: Entity, record: &Record) -> Value {
    let text = match entity {
        Entity::MaintenanceWindow => record.text("description"),
        Entity::ContactMethod => record.text("label"),
        Entity::ChangeEvent => record.text("summary"),
        Entity::NotificationRule => {
            let delay = record.fields.get("start_delay_in_minutes").and_then(Value::as_u64);
            let channel = record.ids("contact_method").first().copied().unwrap_or("").to_owned();
            return json!(format!("{} minutes: channel {channel}", delay.unwrap_or(0)));
        }
        _ => record.text(collection::of(entity).map_or("name", |loaded| loaded.row.summary)),
    };
    json!(text)
}

impl Store {
    /// A reference as PagerDuty writes it; one to nothing keeps what is known.
    pub(crate) fn reference(&self, kind: &str, id: &str) -> Value {
        let entity = Entity::of_type(kind);
        let found = entity.and_then(|entity| Some((entity, self.get(entity, id)?)));
        match found {
            Some((entity, record)) => {
                let names = entity.names();
                let mut shown = json!({
                    "id": id,
                    "type": kind,
                    "summary": summary(entity, record),
                    "self": self.address(entity, record),
                });
                shown["html_url"] = link(WEB, names.page, &record.owner, id);
                shown
            }
            None => json!({
                "id": id, "type": kind, "summary": self.name_of_gone(id), "self": null, "html_url": null,
            }),
        }
    }

    /// Completes every reference inside, or puts the record in its place.
    pub(crate) fn complete(&self, value: &mut Value, key: &str, view: &View) {
        match value {
            Value::Array(list) => {
                for item in list {
                    self.complete(item, key, view);
                }
            }
            Value::Object(map) => {
                if let Some(whole) = self.completed(map, key, view) {
                    *value = whole;
                    return;
                }
                for (name, child) in map.iter_mut() {
                    if child.is_object() || child.is_array() {
                        self.complete(child, name, view);
                    }
                }
            }
            _ => {}
        }
    }

    fn completed(&self, map: &Map<String, Value>, key: &str, view: &View) -> Option<Value> {
        let id = map.get("id")?.as_str()?;
        let kind = map.get("type")?.as_str()?.strip_suffix("_reference")?;
        if map.contains_key("self") {
            return None;
        }
        let entity = Entity::of_type(kind)?;
        if view.keys.contains(&key)
            && let Some(record) = self.get(entity, id)
        {
            return Some(self.show(entity, record, &View::default()));
        }
        let mut whole = self.reference(map.get("type")?.as_str()?, id);
        for (name, value) in map {
            if let Some(shown) = whole.as_object_mut() {
                shown.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        Some(whole)
    }

    // The address of a record, below its owner's where it has one.
    fn address(&self, entity: Entity, record: &Record) -> Value {
        match collection::of(entity) {
            Some(loaded) => json!(format!("{API}{}", loaded.address(self, record))),
            None => link(API, entity.names().path, &record.owner, &record.id),
        }
    }

    /// A record in full.
    pub(crate) fn show(&self, entity: Entity, record: &Record, view: &View) -> Value {
        let names = entity.names();
        let mut shown = Map::with_capacity(record.fields.len() + 8);
        shown.insert("id".into(), json!(record.id));
        let kind = if record.text("type").is_empty() { names.one } else { record.text("type") };
        let collection = collection::of(entity);
        let all = match collection.map(|loaded| loaded.row.links) {
            Some(Links::All) => true,
            Some(Links::Itself) => {
                shown.insert("type".into(), json!(kind));
                shown.insert("self".into(), self.address(entity, record));
                false
            }
            Some(Links::None) => false,
            None => bears_links(entity),
        };
        if all {
            shown.insert("type".into(), json!(kind));
            shown.insert("summary".into(), summary(entity, record));
            shown.insert("self".into(), self.address(entity, record));
            shown.insert("html_url".into(), link(WEB, names.page, &record.owner, &record.id));
        }
        for (key, value) in &record.fields {
            shown.entry(key.clone()).or_insert_with(|| value.clone());
        }
        self.derive(entity, record, &mut shown);
        if let Some(loaded) = collection {
            loaded.finish(self, record, &mut shown);
        }
        let mut shown = Value::Object(shown);
        if let Some(map) = shown.as_object_mut() {
            for (name, child) in map.iter_mut() {
                self.complete(child, name, view);
            }
        }
        shown
    }

    /// A record by id, in full; null where it is gone.
    pub(crate) fn show_id(&self, entity: Entity, id: &str, view: &View) -> Value {
        self.get(entity, id).map_or(Value::Null, |record| self.show(entity, record, view))
    }

    // What is known from elsewhere.
    fn derive(&self, entity: Entity, record: &Record, shown: &mut Map<String, Value>) {
        let id = record.id.as_str();
        match entity {
            Entity::User => {
                let teams = self.teams_of(id).map(|team| bare(Entity::Team, team));
                shown.insert("teams".into(), teams.collect());
                shown.insert("contact_methods".into(), self.owned(Entity::ContactMethod, id));
                shown.insert("notification_rules".into(), self.owned(Entity::NotificationRule, id));
            }
            Entity::Service => {
                shown.insert("integrations".into(), self.owned(Entity::Integration, id));
                let teams = record
                    .ids("escalation_policy")
                    .first()
                    .and_then(|policy| self.get(Entity::EscalationPolicy, policy)?.fields.get("teams").cloned());
                shown.insert("teams".into(), teams.unwrap_or_else(|| json!([])));
                let last = self.incidents.iter().rev().find(|incident| incident.service == id);
                let last = last.map(|incident| crate::times::account(incident.created));
                shown.insert("last_incident_timestamp".into(), json!(last));
            }
            Entity::EscalationPolicy => {
                let services = self.referring(Entity::Service, "escalation_policy", id);
                shown.insert("services".into(), services);
            }
            Entity::Schedule => {
                shown.insert("users".into(), crate::rota::users(record));
                shown.insert("escalation_policies".into(), self.policies_with(id));
                for hidden in ["schedule_layers", "overrides"] {
                    shown.remove(hidden);
                }
            }
            Entity::Integration => {
                shown.insert("service".into(), bare(Entity::Service, &record.owner));
            }
            _ => {}
        }
    }

    /// Bare references to the records of `entity` that belong to `owner`.
    fn owned(&self, entity: Entity, owner: &str) -> Value {
        let rows = self.table(entity).rows().iter().filter(|record| record.owner == owner);
        rows.map(|record| json!({"id": record.id, "type": format!("{}_reference", record.text("type"))})).collect()
    }

    /// Bare references to the records whose `key` names `id`.
    fn referring(&self, entity: Entity, key: &str, id: &str) -> Value {
        let rows = self.table(entity).rows().iter().filter(|record| record.refers_to(key, id));
        rows.map(|record| bare(entity, &record.id)).collect()
    }

    /// The escalation policies that have `target` in a rule.
    pub(crate) fn policies_with(&self, target: &str) -> Value {
        let rows = self.table(Entity::EscalationPolicy).rows().iter();
        rows.filter(|policy| crate::rota::targets(policy).any(|(_, _, id)| id == target))
            .map(|policy| bare(Entity::EscalationPolicy, &policy.id))
            .collect()
    }

    /// An incident of a list: made once, and again only after a change.
    pub(crate) fn incident_text(&mut self, place: usize, view: &View) -> String {
        let generation = self.generation;
        let Some(incident) = self.incidents.get(place) else { return "null".into() };
        if !view.plain() {
            return incident::show(self, incident, view).to_string();
        }
        if let Some((_, text)) = incident.shown.as_ref().filter(|(at, _)| *at == generation) {
            return text.to_string();
        }
        let text: Arc<str> = incident::show(self, incident, view).to_string().into();
        if let Some(incident) = self.incidents.get_mut(place) {
            incident.shown = Some((generation, Arc::clone(&text)));
        }
        text.to_string()
    }
}

// The newer parts of the API do without summary and links.
fn bears_links(entity: Entity) -> bool {
    !matches!(
        entity,
        Entity::AuditRecord
            | Entity::GroupingSetting
            | Entity::StatusPage
            | Entity::IpAllowList
            | Entity::SlackConnection
            | Entity::EnrichmentSchema
            | Entity::EventEnrichment
            | Entity::ChangeEvent
    )
}
