//! Jira Cloud: accounts that are mapped to this one, and the rules that keep
//! issues and incidents in step. One record has no wrapper.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{self, Collection, Links, PLAIN};
use crate::errors;
use crate::reply::Reply;
use crate::store::{Entity, Record, Store};

const MAPPING: Entity = Entity::Of("account_mapping");

pub(crate) const COLLECTIONS: &[Collection] = &[
    Collection {
        entity: MAPPING,
        kind: "account_mapping",
        path: "/integration-jira-cloud/accounts_mappings",
        many: "accounts_mappings",
        verbs: "LG",
        links: Links::None,
        scope: "jira_cloud_accounts",
        seed: &[(
            0,
            r#"{"created_at": "2025-02-03T09:00:00Z", "updated_at": "2025-02-03T09:00:00Z", "jira_cloud_account": {"base_url": "https://lanternway.atlassian.example"}, "pagerduty_account": {"subdomain": "lanternway"}}"#,
        )],
        ..PLAIN
    },
    Collection {
        entity: Entity::Of("jira_rule"),
        kind: "jira_rule",
        path: "/integration-jira-cloud/accounts_mappings/{id}/rules",
        many: "rules",
        fields: "name!:text enabled:flag config!:object config.jira!:object config.jira.project:object",
        defaults: r#"{"account_mapping": null, "autocreate_jql_disabled_reason": null, "autocreate_jql_disabled_until": null, "config": {}, "enabled": true, "name": null, "created_at": "$utc"}"#,
        stamps: r#"{"updated_at": "$utc"}"#,
        links: Links::None,
        parents: &[MAPPING],
        scope: "jira_cloud_rules",
        seed: &[(
            0,
            r#"{"name": "Orders to the board", "config": {"service": "$service:0", "jira": {"autocreate_jql": null, "create_issue_on_incident_trigger": true, "custom_fields": [], "issue_type": {"id": "10001", "name": "Bug"}, "priorities": [], "project": {"id": "10100", "key": "SHOP", "name": "Shop"}, "status_mapping": {"acknowledged": null, "resolved": {"id": "3", "name": "Done"}, "triggered": {"id": "1", "name": "To do"}}, "sync_notes_user": null}}}"#,
        )],
        check: rule,
        derive: mapping,
        ..PLAIN
    },
];

// The service and the project stay as they were; an update may leave them out.
fn rule(store: &mut Store, _: &Call, given: &mut Map<String, Value>, id: Option<&str>) -> Result<(), Reply> {
    let service = collection::at(given, "config.service.id").and_then(Value::as_str).unwrap_or("").to_owned();
    let held = id.and_then(|id| store.get(Entity::Of("jira_rule"), id)).map(|record| record.fields.clone());
    match &held {
        None if !store.has(Entity::Service, &service) => {
            return Err(errors::invalid_one(format!("Config service does not exist: {service}")));
        }
        None if collection::at(given, "config.jira.project").is_none() => {
            return Err(errors::invalid_one("Config jira project can't be blank"));
        }
        None => {}
        Some(held) => {
            let had = |path: &str| collection::at(held, path).cloned().unwrap_or_default();
            if let Some(config) = given.get_mut("config").and_then(Value::as_object_mut) {
                config.insert("service".into(), had("config.service"));
                if let Some(jira) = config.get_mut("jira").and_then(Value::as_object_mut) {
                    jira.insert("project".into(), had("config.jira.project"));
                }
            }
        }
    }
    let triggered = collection::at(given, "config.jira.status_mapping.triggered");
    if (id.is_none() || given.contains_key("config")) && triggered.is_none_or(Value::is_null) {
        return Err(errors::invalid_one("Config jira status_mapping triggered can't be blank"));
    }
    Ok(())
}

fn mapping(store: &Store, record: &Record, shown: &mut Map<String, Value>) {
    let address = format!("https://api.pagerduty.com/integration-jira-cloud/accounts_mappings/{}", record.owner);
    let mapping = json!({"id": record.owner, "type": "account_mapping_reference", "self": address});
    shown.insert("account_mapping".into(), mapping);
    let user = shown.get_mut("config").and_then(|config| config.get_mut("jira")?.get_mut("sync_notes_user"));
    if let Some(user) = user
        && let Some(known) = user["id"].as_str().and_then(|id| store.get(Entity::User, id))
    {
        let address = format!("https://api.pagerduty.com/users/{}", known.id);
        let page = format!("https://lanternway.pagerduty.com/users/{}", known.id);
        *user = json!({
            "id": known.id, "type": "user_reference", "self": address, "html_url": page,
            "name": known.text("name"), "email": known.text("email"),
        });
    }
}
