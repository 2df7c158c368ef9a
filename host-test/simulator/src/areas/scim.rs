//! SCIM: the account's users for an identity provider. Another content type,
//! another shape, 1-based places.

use serde_json::{Value, json};

use crate::call::Call;
use crate::errors;
use crate::reply::{Answer, Reply, SCIM};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/scim/v2/Users", "users.read", list),
    Route::new("GET", "/scim/v2/Users/{id}", "users.read", get),
];

/// What SCIM alone knows of a user, whose it is.
pub(super) const STATE: Entity = Entity::Of("scim_state");

/// Ids are longer here than elsewhere.
const PREFIX: &str = "SCIMUSER00000000000";

/// The user's own id, from either form.
pub(super) fn own_id(store: &Store, id: &str) -> Option<String> {
    let own = id.strip_prefix(PREFIX).unwrap_or(id);
    store.has(Entity::User, own).then(|| own.to_owned())
}

pub(super) fn show(store: &Store, user: &Record) -> Value {
    let name = user.text("name");
    let (given, family) = name.split_once(' ').unwrap_or((name, ""));
    let id = format!("{PREFIX}{}", user.id);
    let mut shown = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": id,
        "userName": user.text("email"),
        "displayName": name,
        "name": {"givenName": given, "familyName": family, "formatted": name},
        "emails": [{"primary": true, "type": "work", "value": user.text("email")}],
        "roles": [{"primary": true, "type": "base", "value": user.text("role")}],
        "active": true,
        "title": user.fields.get("job_title").cloned().unwrap_or_default(),
        "timezone": user.text("time_zone"),
        "meta": {"resourceType": "User", "location": format!("https://api.pagerduty.com/scim/v2/Users/{id}")},
    });
    if let Some(state) = store.table(STATE).rows().iter().find(|row| row.owner == user.id) {
        for (key, value) in state.fields.iter().filter(|(_, value)| !value.is_null()) {
            shown[key] = value.clone();
        }
    }
    shown
}

/// An answer of this content type.
pub(super) fn reply(status: u16, body: &Value) -> Reply {
    Reply { content_type: SCIM, ..Reply::json(status, body) }
}

fn number(call: &Call, name: &str, usual: usize) -> Result<usize, Reply> {
    match call.query.first(name) {
        None | Some("") => Ok(usual),
        Some(text) => text.parse().map_err(|_| errors::scim(400, &format!("{name} must be a whole number"))),
    }
}

// `userName eq "…"` is the filter that identity providers use.
fn filtered<'a>(store: &'a Store, call: &Call) -> Result<Vec<&'a Record>, Reply> {
    let users = store.table(Entity::User).rows().iter();
    let Some(filter) = call.query.first("filter").filter(|filter| !filter.is_empty()) else {
        return Ok(users.collect());
    };
    let parts: Vec<&str> = filter.splitn(3, ' ').collect();
    let &[field, operator, value] = parts.as_slice() else {
        return Err(errors::scim(400, "filter is invalid"));
    };
    let key = match (field.to_ascii_lowercase().as_str(), operator.to_ascii_lowercase().as_str()) {
        ("username" | "emails.value", "eq") => "email",
        ("displayname", "eq") => "name",
        _ => return Err(errors::scim(400, "filter is invalid")),
    };
    let value = value.trim_matches('"');
    Ok(users.filter(|user| user.text(key).eq_ignore_ascii_case(value)).collect())
}

fn list(store: &mut Store, call: &Call) -> Answer {
    let start = number(call, "startIndex", 1)?.max(1);
    let count = number(call, "count", 100)?.min(100);
    let users = filtered(store, call)?;
    let from = (start - 1).min(users.len());
    let to = from.saturating_add(count).min(users.len());
    let page = users.get(from..to).unwrap_or_default();
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": users.len(),
        "startIndex": start,
        "itemsPerPage": page.len(),
        "Resources": page.iter().map(|user| show(store, user)).collect::<Value>(),
    });
    Ok(reply(200, &body))
}

fn get(store: &mut Store, call: &Call) -> Answer {
    let user = own_id(store, call.id(0)).and_then(|id| store.get(Entity::User, &id));
    let user = user.ok_or_else(|| errors::scim(404, "User not found"))?;
    Ok(reply(200, &show(store, user)))
}
