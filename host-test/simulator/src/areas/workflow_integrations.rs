//! What workflows can be tied to elsewhere, and the account's connections to
//! it. Secrets go in and never come out.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{Collection, Id, PLAIN, Page};
use crate::pages::cursor_page;
use crate::present::View;
use crate::reply::Answer;
use crate::routes::Route;
use crate::store::{Entity, Record, Store};

const INTEGRATION: Entity = Entity::Of("workflow_integration");
const CONNECTION: Entity = Entity::Of("workflow_integration_connection");

pub(crate) const COLLECTIONS: &[Collection] = &[
    Collection {
        entity: INTEGRATION,
        kind: "workflow_integration",
        path: "/workflows/integrations",
        many: "integrations",
        verbs: "LG",
        page: Page::Cursor(100),
        id: Id::Uuid,
        scope: "workflow_integrations",
        defaults: r#"{"domain_name": "pagerduty.com", "icon_svg": "", "tags": [], "search_keywords": [],
            "is_deprecated": false, "entitled": true, "application": "workflows", "configuration_schema": {},
            "secrets_schema": {"type": "object"}, "created_at": "$utc", "created_by": "$me"}"#,
        seed: &[
            (0, r#"{"package_name": "ticket-desk", "name": "Ticket desk", "description": "Opens and closes tickets"}"#),
            (0, r#"{"package_name": "chat-room", "name": "Chat room", "description": "Speaks in rooms"}"#),
        ],
        ..PLAIN
    },
    Collection {
        entity: CONNECTION,
        kind: "workflow_integration_connection",
        path: "/workflows/integrations/{id}/connections",
        many: "connections",
        verbs: "LCGUD",
        put: "PATCH",
        fields: "name!:text secrets!:object *",
        fixed: &["integration_id"],
        filters: "name~name",
        page: Page::Cursor(100),
        id: Id::Uuid,
        parents: &[INTEGRATION],
        scope: "workflow_integrations:connections",
        defaults: r#"{"integration_id": "$owner", "scopes": [], "is_default": false, "configuration": {}, "teams": [],
            "apps": [], "health": {"is_healthy": true, "health_message": "", "last_checked_at": "$utc"},
            "created_at": "$utc", "created_by": "$me"}"#,
        seed: &[(
            0,
            r#"{"name": "Our desk", "service_url": "https://desk.lanternway.example", "secrets": {"token": "x"}}"#,
        )],
        derive: hide,
        ..PLAIN
    },
];

pub(crate) const ROUTES: &[Route] =
    &[Route::new("GET", "/workflows/integrations/connections", "workflow_integrations:connections.read", all)];

fn hide(_: &Store, _: &Record, shown: &mut Map<String, Value>) {
    shown.insert("secrets".into(), json!({}));
}

fn all(store: &mut Store, call: &Call) -> Answer {
    let name = call.query.first("name").unwrap_or("").to_lowercase();
    let rows = store.table(CONNECTION).rows().iter();
    let ids: Vec<&str> =
        rows.filter(|row| row.text("name").to_lowercase().contains(&name)).map(|row| row.id.as_str()).collect();
    cursor_page(call, "connections", &ids, 100, |id| store.show_id(CONNECTION, id, &View::default()))
}
