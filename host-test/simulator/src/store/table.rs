//! Records that are kept as JSON: everything but incidents and log entries.
//!
//! A record holds only what was given or made for it. What follows from other
//! records (summaries, links, the services of a policy) is added when it is
//! shown, so it is never out of date.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::collection;

/// What kinds of records there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Entity {
    User,
    Team,
    Service,
    EscalationPolicy,
    Schedule,
    Priority,
    Vendor,
    MaintenanceWindow,
    ContactMethod,
    NotificationRule,
    Integration,
    ChangeEvent,
    AuditRecord,
    GroupingSetting,
    StatusPage,
    IpAllowList,
    SlackConnection,
    EnrichmentSchema,
    EventEnrichment,
    CustomField,
    /// The records of a collection, under a name of its own.
    Of(&'static str),
    /// An id that no record stands for, such as a workspace elsewhere.
    Nothing,
}

/// How an entity is named in types, paths and links.
pub(crate) struct Names {
    pub(crate) entity: Entity,
    /// `team`, of which the reference is `team_reference`.
    pub(crate) one: &'static str,
    /// Below the API's base. `{}` is the owner's id.
    pub(crate) path: &'static str,
    /// Below the account's web address; empty where there is no page.
    pub(crate) page: &'static str,
}

const fn names(entity: Entity, one: &'static str, path: &'static str, page: &'static str) -> Names {
    Names { entity, one, path, page }
}

/// The kinds that are more than a collection.
pub(crate) const NAMES: [Names; 20] = [
    names(Entity::User, "user", "users", "users"),
    names(Entity::Team, "team", "teams", "teams"),
    names(Entity::Service, "service", "services", "service-directory"),
    names(Entity::EscalationPolicy, "escalation_policy", "escalation_policies", "escalation_policies"),
    names(Entity::Schedule, "schedule", "schedules", "schedules"),
    names(Entity::Priority, "priority", "priorities", ""),
    names(Entity::Vendor, "vendor", "vendors", ""),
    names(
        Entity::MaintenanceWindow,
        "maintenance_window",
        "maintenance_windows",
        "service-directory/maintenance-windows",
    ),
    names(Entity::ContactMethod, "contact_method", "users/{}/contact_methods", ""),
    names(Entity::NotificationRule, "notification_rule", "users/{}/notification_rules", ""),
    names(Entity::Integration, "integration", "services/{}/integrations", "services/{}/integrations"),
    names(Entity::ChangeEvent, "change_event", "change_events", ""),
    names(Entity::AuditRecord, "audit_record", "audit/records", ""),
    names(Entity::GroupingSetting, "alert_grouping_setting", "alert_grouping_settings", ""),
    names(Entity::StatusPage, "status_page", "status_pages", ""),
    names(Entity::IpAllowList, "ip_allow_list", "ip_allow_lists", ""),
    names(Entity::SlackConnection, "slack_connection", "", ""),
    names(Entity::EnrichmentSchema, "enrichment_schema", "enrichment/schemas", ""),
    names(Entity::EventEnrichment, "event_enrichment", "enrichment/event_enrichments", ""),
    names(Entity::CustomField, "field", "incidents/custom_fields", ""),
];

impl Entity {
    pub(crate) fn names(self) -> &'static Names {
        let own = NAMES.iter().find(|names| names.entity == self);
        own.or_else(|| collection::of(self).map(|loaded| &loaded.names)).unwrap_or(&NAMES[0])
    }

    /// `team_reference` and `team` are both a team; kinds of contact methods,
    /// rules and integrations carry theirs in front.
    pub(crate) fn of_type(name: &str) -> Option<Entity> {
        let name = name.strip_suffix("_reference").unwrap_or(name);
        let kind = |suffix: &str| name.ends_with(suffix);
        if kind("contact_method") {
            return Some(Entity::ContactMethod);
        }
        if kind("notification_rule") {
            return Some(Entity::NotificationRule);
        }
        if kind("inbound_integration") {
            return Some(Entity::Integration);
        }
        let own = NAMES.iter().find(|names| names.one == name).map(|names| names.entity);
        own.or_else(|| collection::of_type(name))
    }
}

/// One record. `fields` lacks id, summary and links.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) id: String,
    /// The user of a contact method, the service of an integration.
    pub(crate) owner: String,
    pub(crate) fields: Map<String, Value>,
}

impl Record {
    pub(crate) fn text(&self, key: &str) -> &str {
        self.fields.get(key).and_then(Value::as_str).unwrap_or("")
    }

    /// The ids under `key`: of one reference or of a list of them.
    pub(crate) fn ids(&self, key: &str) -> Vec<&str> {
        let id = |value| Value::get(value, "id").and_then(Value::as_str);
        match self.fields.get(key) {
            Some(Value::Array(list)) => list.iter().filter_map(id).collect(),
            Some(value) => id(value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    pub(crate) fn refers_to(&self, key: &str, wanted: &str) -> bool {
        self.ids(key).contains(&wanted)
    }
}

/// The records of one kind, in the order they were made.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Record>,
    index: HashMap<String, usize>,
}

impl Table {
    pub(crate) fn rows(&self) -> &[Record] {
        &self.rows
    }

    pub(crate) fn rows_mut(&mut self) -> &mut [Record] {
        &mut self.rows
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Record> {
        self.rows.get(*self.index.get(id)?)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Record> {
        self.rows.get_mut(*self.index.get(id)?)
    }

    pub(crate) fn push(&mut self, record: Record) {
        self.index.insert(record.id.clone(), self.rows.len());
        self.rows.push(record);
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Record> {
        let at = self.index.remove(id)?;
        for place in self.index.values_mut().filter(|place| **place > at) {
            *place -= 1;
        }
        Some(self.rows.remove(at))
    }

    /// Puts the records into another order.
    pub(crate) fn sort_by_key<K: Ord>(&mut self, key: impl FnMut(&Record) -> K) {
        self.rows.sort_by_key(key);
        self.index = self.rows.iter().enumerate().map(|(n, record)| (record.id.clone(), n)).collect();
    }

    /// The n-th, round and round: the seed's way of handing records out.
    pub(crate) fn nth(&self, n: usize) -> Option<&Record> {
        self.rows.get(n.checked_rem(self.rows.len())?)
    }
}
