//! How long sessions of the web pages and of the app last, and what apps the
//! users signed in with.

use serde_json::{Value, json};

use crate::call::Call;
use crate::collection::{Collection, Links, PLAIN};
use crate::errors;
use crate::pages::cursor_page;
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};

const CONFIGURATION: Entity = Entity::Of("session_configuration");
const DELEGATION: Entity = Entity::Of("user_oauth_delegation");

pub(crate) const COLLECTIONS: &[Collection] = &[Collection {
    entity: CONFIGURATION,
    path: "/session_configurations",
    many: "session_configurations",
    verbs: "",
    links: Links::None,
    seed: &[
        (0, r#"{"type": "mobile", "absolute_session_ttl": 2592000, "idle_session_ttl": 86400}"#),
        (0, r#"{"type": "web", "absolute_session_ttl": 86400, "idle_session_ttl": 28800}"#),
    ],
    derive: |_, _, shown| {
        shown.remove("id");
    },
    ..PLAIN
}];

const READ: &str = "session_configurations.read";
const WRITE: &str = "session_configurations.write";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/session_configurations", READ, configurations),
    Route::new("PUT", "/session_configurations", WRITE, configure),
    Route::new("DELETE", "/session_configurations", WRITE, forget),
    Route::new("GET", "/users/{id}/oauth_delegations", "oauth_delegations.read", delegations),
    Route::new("DELETE", "/oauth_delegations", "oauth_delegations.write", revoke),
    Route::new("GET", "/oauth_delegations/revocation_requests/status", "oauth_delegations.read", revoked),
];

// Several are named at once, with commas.
fn kinds<'a>(call: &'a Call, needed: bool) -> Result<Vec<&'a str>, Reply> {
    let named: Vec<&str> = call.query.first("type").unwrap_or("").split(',').filter(|kind| !kind.is_empty()).collect();
    if named.iter().any(|kind| !matches!(*kind, "mobile" | "web")) || (needed && named.is_empty()) {
        return Err(errors::invalid_one("type must be one of mobile, web"));
    }
    Ok(named)
}

fn shown(store: &Store, kinds: &[&str]) -> Reply {
    let rows = store.table(CONFIGURATION).rows().iter();
    let rows = rows.filter(|row| kinds.is_empty() || kinds.contains(&row.text("type")));
    let shown = rows.map(|row| store.show(CONFIGURATION, row, &View::default())).collect();
    Reply::wrapped(200, "session_configurations", shown)
}

fn configurations(store: &mut Store, call: &Call) -> Answer {
    Ok(shown(store, &kinds(call, false)?))
}

fn configure(store: &mut Store, call: &Call) -> Answer {
    let kinds = kinds(call, true)?;
    let given = call.wrapped("session_configuration")?;
    let mut lengths = Vec::new();
    for key in ["absolute_session_ttl", "idle_session_ttl"] {
        match given.get(key).and_then(Value::as_u64) {
            Some(seconds) => lengths.push((key, seconds)),
            None => return Err(errors::invalid_one(format!("{key} must be a whole number"))),
        }
    }
    for kind in &kinds {
        let rows = store.table(CONFIGURATION).rows().iter();
        let held = rows.filter(|row| row.text("type") == *kind).map(|row| row.id.clone()).next();
        let id = match held {
            Some(id) => id,
            None => store.add(CONFIGURATION, "", [("type".to_owned(), json!(kind))].into_iter().collect()),
        };
        if let Some(record) = store.table_mut(CONFIGURATION).get_mut(&id) {
            record.fields.extend(lengths.iter().map(|(key, seconds)| ((*key).to_owned(), json!(seconds))));
        }
    }
    Ok(shown(store, &kinds))
}

fn forget(store: &mut Store, call: &Call) -> Answer {
    let kinds = kinds(call, true)?;
    let rows = store.table(CONFIGURATION).rows().iter();
    let gone: Vec<String> = rows.filter(|row| kinds.contains(&row.text("type"))).map(|row| row.id.clone()).collect();
    for id in gone {
        store.remove(CONFIGURATION, &id);
    }
    Ok(Reply::empty(204))
}

fn delegations(store: &mut Store, call: &Call) -> Answer {
    if !store.has(Entity::User, call.id(0)) {
        return Err(errors::not_found());
    }
    let (kind, status) = (call.query.first("delegation_type"), call.query.first("status"));
    let fits = |row: &&Record| {
        row.owner == call.id(0)
            && kind.is_none_or(|kind| row.text("delegation_type") == kind)
            && status.is_none_or(|status| row.text("status") == status)
    };
    let ids: Vec<&str> = store.table(DELEGATION).rows().iter().filter(fits).map(|row| row.id.as_str()).collect();
    let reply =
        cursor_page(call, "oauth_delegations", &ids, 100, |id| store.show_id(DELEGATION, id, &View::default()))?;
    let mut body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let more = !body["next_cursor"].is_null();
    body["more"] = json!(more);
    Ok(Reply::json(200, &body))
}

fn revoke(store: &mut Store, call: &Call) -> Answer {
    let user = call.query.first("user_id").unwrap_or("");
    if !store.has(Entity::User, user) {
        return Err(errors::not_found());
    }
    let kinds = kinds(call, true)?;
    for row in store.table_mut(DELEGATION).rows_mut().iter_mut().filter(|row| row.owner == user) {
        if kinds.contains(&row.text("delegation_type")) {
            row.fields.insert("status".into(), json!("revoked"));
        }
    }
    Ok(Reply::json(200, &json!({"status": "ok"})))
}

// Revoking is done at once here, so nothing is ever under way.
fn revoked(_: &mut Store, _: &Call) -> Answer {
    Ok(Reply::json(200, &json!({"status": "done"})))
}
