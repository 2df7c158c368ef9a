//! Enrichment from a CMDB: integrations, the tables they read and the
//! credentials they read them with. Passwords go in and never come out.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{self, Collection, Id, Links, PLAIN, Page};
use crate::errors;
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};

const INTEGRATION: Entity = Entity::Of("servicenow_integration");
const TABLE: Entity = Entity::Of("cmdb_table");
const CREDENTIALS: Entity = Entity::Of("servicenow_credentials");

const READ: &str = "contextual_data.read";
const WRITE: &str = "contextual_data.write";

const COMMON: Collection = Collection {
    page: Page::Whole,
    id: Id::Uuid,
    links: Links::None,
    scope: "contextual_data",
    defaults: r#"{"created_at": "$utc"}"#,
    stamps: r#"{"updated_at": "$utc"}"#,
    ..PLAIN
};

pub(crate) const COLLECTIONS: &[Collection] = &[
    Collection {
        entity: CREDENTIALS,
        path: "/enrichment/integrations/servicenow/credentials",
        one: "credentials",
        many: "credentials",
        verbs: "CGUD",
        fields: "instance_endpoint!:text user!:text password!:text",
        defaults: r#"{"created_at": "$utc", "deleted_at": null}"#,
        seed: &[(0, r#"{"instance_endpoint": "https://cmdb.lanternway.example", "user": "reader", "password": "x"}"#)],
        derive: |_, _, shown| {
            shown.remove("password");
        },
        ..COMMON
    },
    Collection {
        entity: INTEGRATION,
        path: "/enrichment/integrations/servicenow",
        one: "integration",
        many: "integrations",
        verbs: "LGD",
        fields: "name!:text description:text",
        seed: &[(0, r#"{"name": "CMDB", "description": "Servers and what runs on them"}"#)],
        derive: whole,
        ..COMMON
    },
    Collection {
        entity: TABLE,
        path: "/enrichment/integrations/servicenow/{id}/tables",
        one: "cmdb_table",
        many: "cmdb_tables",
        verbs: "CUD",
        fields: "display_name!:text ci_table_name!:text query_filter:text field_mappings!:list",
        defaults: r#"{"query_filter": null, "status": "disabled", "created_at": "$utc", "deleted_at": null}"#,
        parents: &[INTEGRATION],
        seed: &[(
            0,
            r#"{"display_name": "Servers", "ci_table_name": "cmdb_ci_server", "status": "active", "field_mappings": [
                {"servicenow_field": "name", "event_field": "source", "type": "query"},
                {"servicenow_field": "owned_by", "event_field": "owner", "type": "enriched"}]}"#,
        )],
        ..COMMON
    },
];

pub(crate) const ROUTES: &[Route] = &[
    Route::new("POST", "/enrichment/integrations/servicenow", WRITE, create),
    Route::new("POST", "/enrichment/integrations/servicenow/{id}/tables/{table}/enable", WRITE, enable),
    Route::new("GET", "/enrichment/integrations/servicenow/{id}/tables/{table}/test", READ, test),
];

fn whole(store: &Store, record: &Record, shown: &mut Map<String, Value>) {
    let tables = store.table(TABLE).rows().iter().filter(|table| table.owner == record.id);
    shown.insert("cmdb_tables".into(), tables.map(|table| store.show(TABLE, table, &View::default())).collect());
    // An account has one set of credentials.
    if let Some(credentials) = store.table(CREDENTIALS).rows().first() {
        shown.insert("credentials".into(), store.show(CREDENTIALS, credentials, &View::default()));
    }
}

// Given without a wrapper and with its tables, answered with one.
fn create(store: &mut Store, call: &Call) -> Answer {
    let (Some(integrations), Some(tables)) = (collection::of(INTEGRATION), collection::of(TABLE)) else {
        return Err(errors::not_found());
    };
    let mut given = call.object()?;
    let Some(Value::Array(list)) = given.remove("cmdb_tables") else {
        return Err(errors::invalid_one("Cmdb tables can't be blank"));
    };
    let id = integrations.create_from(store, call, given, "")?;
    for table in list {
        let table = table.as_object().cloned().unwrap_or_default();
        if let Err(problem) = tables.create_from(store, call, table, &id) {
            store.remove(INTEGRATION, &id);
            return Err(problem);
        }
    }
    Ok(Reply::wrapped(201, "integration", store.show_id(INTEGRATION, &id, &View::default())))
}

fn table<'a>(store: &'a Store, call: &Call) -> Result<&'a Record, Reply> {
    store.get(TABLE, call.id(1)).filter(|table| table.owner == call.id(0)).ok_or_else(errors::not_found)
}

fn enable(store: &mut Store, call: &Call) -> Answer {
    table(store, call)?;
    if let Some(table) = store.table_mut(TABLE).get_mut(call.id(1)) {
        table.fields.insert("status".into(), json!("syncing"));
    }
    Ok(Reply::json(200, &json!({"status": "syncing", "message": "The table is being read"})))
}

// One record as it would come: each mapped field with a made-up value.
fn test(store: &mut Store, call: &Call) -> Answer {
    let table = table(store, call)?;
    let mappings = table.fields.get("field_mappings").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let names = mappings.iter().filter_map(|mapping| mapping["event_field"].as_str());
    let record: Map<String, Value> = names.map(|name| (name.to_owned(), json!(format!("{name} 1")))).collect();
    Ok(Reply::json(200, &json!({"enrichment_data": [record]})))
}
