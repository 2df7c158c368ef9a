//! What else hangs on a user: rules for handoffs and status updates, sessions,
//! OAuth delegations, the key of private calendar links.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{Collection, Id, Links, PLAIN, Page};
use crate::errors;
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};

pub(super) const HANDOFF: Entity = Entity::Of("oncall_handoff_notification_rule");
pub(super) const STATUS_UPDATE: Entity = Entity::Of("status_update_notification_rule");
const SESSION: Entity = Entity::Of("session");

pub(crate) const COLLECTIONS: &[Collection] = &[
    Collection {
        entity: HANDOFF,
        kind: "oncall_handoff_notification_rule",
        path: "/users/{id}/oncall_handoff_notification_rules",
        one: "oncall_handoff_notification_rule",
        many: "oncall_handoff_notification_rules",
        fields: "notify_advance_in_minutes:whole handoff_type:both|oncall|offcall contact_method!",
        defaults: r#"{"notify_advance_in_minutes": 0, "handoff_type": "both", "contact_method": null}"#,
        page: Page::Whole,
        links: Links::None,
        parents: &[Entity::User],
        scope: "users",
        seed: &[(
            0,
            r#"{"notify_advance_in_minutes": 60, "handoff_type": "oncall", "contact_method": {"id": "$contact_method.id:0", "type": "email_contact_method_reference"}}"#,
        )],
        check: contact_method,
        ..PLAIN
    },
    Collection {
        entity: STATUS_UPDATE,
        kind: "status_update_notification_rule",
        path: "/users/{id}/status_update_notification_rules",
        one: "status_update_notification_rule",
        one_shown: "notification_rule",
        many: "status_update_notification_rules",
        fields: "contact_method!",
        page: Page::Whole,
        parents: &[Entity::User],
        includes: &[("contact_methods", &["contact_method"])],
        scope: "users",
        seed: &[(0, r#"{"contact_method": {"id": "$contact_method.id:0", "type": "email_contact_method_reference"}}"#)],
        check: contact_method,
        ..PLAIN
    },
    Collection {
        entity: SESSION,
        kind: "session",
        path: "/users/{id}/sessions",
        one: "user_session",
        many: "user_sessions",
        verbs: "L",
        page: Page::Whole,
        id: Id::Uuid,
        links: Links::None,
        parents: &[Entity::User],
        scope: "users:sessions",
        seed: &[
            (0, r#"{"user_id": "$owner", "type": "browser", "summary": "Firefox on Linux", "created_at": "$utc"}"#),
            (0, r#"{"user_id": "$owner", "type": "oauth", "summary": "The app on a phone", "created_at": "$utc"}"#),
        ],
        ..PLAIN
    },
    Collection {
        entity: Entity::Of("user_oauth_delegation"),
        path: "/users/{id}/oauth_delegations",
        many: "oauth_delegations",
        verbs: "LG",
        filters: "delegation_type=delegation_type status=status",
        page: Page::Cursor(100),
        beside: r#"{"more": "$more"}"#,
        id: Id::Uuid,
        links: Links::Itself,
        parents: &[Entity::User],
        scope: "oauth_delegations",
        seed: &[
            (
                0,
                r#"{"status": "issued", "client_id": "shop-app", "delegation_type": "mobile", "scope": "incidents.read incidents.write", "created_at": "2026-01-05T08:00:00Z", "expires_at": "2027-01-05T08:00:00Z"}"#,
            ),
            (
                0,
                r#"{"status": "revoked", "client_id": "old-board", "delegation_type": "web", "scope": "services.read", "created_at": "2025-01-05T08:00:00Z", "expires_at": "2026-01-05T08:00:00Z"}"#,
            ),
        ],
        derive: |_, _, shown| {
            shown.remove("type");
        },
        ..PLAIN
    },
];

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/users/{id}/sessions/{type}/{session}", "users:sessions.read", session),
    Route::new("DELETE", "/users/{id}/sessions/{type}/{session}", "users:sessions.write", end_session),
    Route::new("DELETE", "/users/{id}/sessions", "users:sessions.write", end_sessions),
    Route::new("POST", "/users/{id}/regenerate_private_url_key", "users.write", new_key),
];

// It must be one of the user's own.
fn contact_method(
    store: &mut Store,
    call: &Call,
    given: &mut Map<String, Value>,
    _: Option<&str>,
) -> Result<(), Reply> {
    let Some(method) = given.get("contact_method") else { return Ok(()) };
    let id = method.get("id").and_then(Value::as_str).unwrap_or("");
    let own = store.get(Entity::ContactMethod, id).filter(|record| record.owner == call.id(0));
    let kind = own.map(|record| format!("{}_reference", record.text("type")));
    let kind = kind.ok_or_else(|| errors::invalid_one("Contact method does not exist for this user"))?;
    given.insert("contact_method".into(), json!({"id": id, "type": kind}));
    Ok(())
}

/// The rules of a contact method go with it.
pub(super) fn release(store: &mut Store, method: &str) {
    for entity in [HANDOFF, STATUS_UPDATE] {
        let rows = store.table(entity).rows().iter().filter(|rule| rule.refers_to("contact_method", method));
        let rules: Vec<String> = rows.map(|rule| rule.id.clone()).collect();
        for rule in rules {
            store.remove(entity, &rule);
        }
    }
}

fn find<'a>(store: &'a Store, call: &Call) -> Result<&'a Record, Reply> {
    let session = store.get(SESSION, call.id(2));
    let mine = session.filter(|record| record.owner == call.id(0) && record.text("type") == call.id(1));
    mine.ok_or_else(errors::not_found)
}

fn session(store: &mut Store, call: &Call) -> Answer {
    let id = find(store, call)?.id.clone();
    Ok(Reply::wrapped(200, "user_session", store.show_id(SESSION, &id, &View::default())))
}

fn end_session(store: &mut Store, call: &Call) -> Answer {
    let id = find(store, call)?.id.clone();
    store.remove(SESSION, &id);
    Ok(Reply::empty(204))
}

fn known(store: &Store, call: &Call) -> Result<(), Reply> {
    if store.has(Entity::User, call.id(0)) { Ok(()) } else { Err(errors::not_found()) }
}

fn end_sessions(store: &mut Store, call: &Call) -> Answer {
    known(store, call)?;
    let rows = store.table(SESSION).rows().iter().filter(|record| record.owner == call.id(0));
    let sessions: Vec<String> = rows.map(|record| record.id.clone()).collect();
    for session in sessions {
        store.remove(SESSION, &session);
    }
    Ok(Reply::empty(204))
}

fn new_key(store: &mut Store, call: &Call) -> Answer {
    known(store, call)?;
    let key = store.rng().hex();
    Ok(Reply::wrapped(200, "private_url_key", json!(key)))
}
