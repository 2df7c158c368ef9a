//! SCIM: what an identity provider changes, and what it asks of the service
//! itself. The users are the account's own.

use serde_json::{Map, Value, json};

use super::scim::{STATE, own_id, reply, show};
use crate::call::Call;
use crate::errors;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Store};
use crate::times;

const READ: &str = "users.read";
const WRITE: &str = "users.write";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("POST", "/scim/v2/Users", WRITE, create),
    Route::new("PUT", "/scim/v2/Users/{id}", WRITE, replace),
    Route::new("PATCH", "/scim/v2/Users/{id}", WRITE, patch),
    Route::new("DELETE", "/scim/v2/Users/{id}", WRITE, delete),
    Route::new("GET", "/scim/v2/ResourceTypes", READ, |_, _| Ok(listed(vec![resource_type()]))),
    Route::new("GET", "/scim/v2/Schemas", READ, |_, _| Ok(listed(vec![schema()]))),
    Route::new("GET", "/scim/v2/Schemas/{id}", READ, one_schema),
    Route::new("GET", "/scim/v2/ServiceProviderConfig", READ, |_, _| Ok(reply(200, &provider()))),
];

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

fn missing() -> Reply {
    errors::scim(404, "User not found")
}

fn object(call: &Call) -> Result<Map<String, Value>, Reply> {
    match serde_json::from_slice(call.body) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(errors::scim(400, "The body must be a JSON object")),
    }
}

// Takes what was given into the user and into what SCIM alone knows of them.
fn keep(store: &mut Store, id: &str, given: &Map<String, Value>) -> Result<(), Reply> {
    let role = given.get("roles").map(|roles| roles[0]["value"].clone());
    if role.as_ref().is_some_and(|role| !role.is_string()) {
        return Err(errors::scim(400, "roles must hold one value"));
    }
    if let Some(email) = given.get("userName").and_then(Value::as_str)
        && store.user_by_email(email).is_some_and(|other| other != id)
    {
        return Err(errors::scim(409, "userName has already been taken"));
    }
    let fields = [("email", "userName"), ("name", "displayName"), ("job_title", "title"), ("time_zone", "timezone")];
    if let Some(user) = store.table_mut(Entity::User).get_mut(id) {
        for (own, theirs) in fields {
            if let Some(value) = given.get(theirs).filter(|value| !value.is_null()) {
                user.fields.insert(own.into(), value.clone());
            }
        }
        if let Some(role) = role {
            user.fields.insert("role".into(), role);
        }
    }
    let kept = ["externalId", "active", "entitlements"].into_iter();
    let kept: Vec<(String, Value)> = kept.filter_map(|key| Some((key.to_owned(), given.get(key)?.clone()))).collect();
    let mut rows = store.table(STATE).rows().iter();
    let state = match rows.find(|row| row.owner == id).map(|row| row.id.clone()) {
        Some(state) => state,
        None => store.add(STATE, id, Map::new()),
    };
    if let Some(row) = store.table_mut(STATE).get_mut(&state) {
        row.fields.extend(kept);
    }
    Ok(())
}

fn needed(given: &Map<String, Value>) -> Result<(), Reply> {
    for key in ["userName", "displayName"] {
        if given.get(key).and_then(Value::as_str).is_none_or(str::is_empty) {
            return Err(errors::scim(400, &format!("{key} can't be blank")));
        }
    }
    Ok(())
}

fn shown(store: &Store, status: u16, id: &str) -> Answer {
    let user = store.get(Entity::User, id).ok_or_else(missing)?;
    Ok(reply(status, &show(store, user)))
}

fn create(store: &mut Store, call: &Call) -> Answer {
    let given = object(call)?;
    needed(&given)?;
    let email = given.get("userName").and_then(Value::as_str).unwrap_or("");
    if store.user_by_email(email).is_some() {
        return Err(errors::scim(409, "userName has already been taken"));
    }
    let fields = json!({
        "name": "", "email": "", "time_zone": times::ACCOUNT_ZONE, "color": "purple", "role": "user",
        "avatar_url": "https://pd-static-assets.pagerduty.com/users/blank-avatar.png",
        "description": null, "invitation_sent": false, "job_title": null, "created_via_sso": true,
    });
    let Value::Object(fields) = fields else { return Err(missing()) };
    let id = store.add(Entity::User, "", fields);
    keep(store, &id, &given)?;
    shown(store, 201, &id)
}

fn replace(store: &mut Store, call: &Call) -> Answer {
    let id = own_id(store, call.id(0)).ok_or_else(missing)?;
    let given = object(call)?;
    needed(&given)?;
    keep(store, &id, &given)?;
    shown(store, 200, &id)
}

// `add` and `replace` of one field, named by the path or held by the value.
fn patch(store: &mut Store, call: &Call) -> Answer {
    let id = own_id(store, call.id(0)).ok_or_else(missing)?;
    let given = Value::Object(object(call)?);
    let Some(operations) = given["Operations"].as_array() else {
        return Err(errors::scim(400, "Operations can't be blank"));
    };
    let mut changes = Map::new();
    for operation in operations {
        match operation["op"].as_str().unwrap_or("").to_ascii_lowercase().as_str() {
            "add" | "replace" => {}
            _ => return Err(errors::scim(400, "op must be one of add, replace")),
        }
        match (operation["path"].as_str(), &operation["value"]) {
            (Some(path), value) => {
                changes.insert(path.to_owned(), value.clone());
            }
            (None, Value::Object(map)) => changes.extend(map.clone()),
            _ => return Err(errors::scim(400, "path can't be blank")),
        }
    }
    keep(store, &id, &changes)?;
    shown(store, 200, &id)
}

fn delete(store: &mut Store, call: &Call) -> Answer {
    let id = own_id(store, call.id(0)).ok_or_else(missing)?;
    let policies = store.table(Entity::EscalationPolicy).rows().iter();
    if policies.flat_map(crate::rota::targets).any(|(_, _, target)| target == id) {
        return Err(errors::scim(409, "An escalation policy names the user"));
    }
    store.members.retain(|member| member.user != id);
    store.remove(Entity::User, &id);
    Ok(Reply::empty(204))
}

fn listed(all: Vec<Value>) -> Reply {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": all.len(), "startIndex": 1, "itemsPerPage": all.len(), "Resources": all,
    });
    reply(200, &body)
}

fn resource_type() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "name": "User", "endpoint": "/Users", "schema": USER, "meta": {"resourceType": "ResourceType"},
    })
}

fn schema() -> Value {
    let fields = [
        ("userName", "string", true, "server", "The address that the user signs in with"),
        ("displayName", "string", true, "none", "The user's name"),
        ("title", "string", false, "none", "What the user does"),
        ("timezone", "string", false, "none", "Where the user is"),
        ("externalId", "string", false, "none", "The identity provider's own id"),
        ("active", "boolean", false, "none", "Whether the user may sign in"),
        ("roles", "complex", false, "none", "What the user may do"),
        ("entitlements", "complex", false, "none", "The user's licence"),
    ];
    let attributes = fields.map(|(name, kind, required, unique, text)| {
        json!({
            "name": name, "type": kind, "multiValued": matches!(name, "roles" | "entitlements"), "description": text,
            "required": required, "caseExact": false, "mutability": "readWrite", "returned": "default",
            "uniqueness": unique,
        })
    });
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": USER, "name": "User", "description": "A user of the account", "attributes": attributes,
        "meta": {"resourceType": "Schema"},
    })
}

fn one_schema(_: &mut Store, call: &Call) -> Answer {
    if call.id(0) == USER { Ok(reply(200, &schema())) } else { Err(errors::scim(404, "Schema not found")) }
}

fn provider() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "documentationUri": null,
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": 100},
        "changePassword": {"supported": false},
        "sort": {"supported": false},
        "etag": {"supported": false},
        "authenticationSchemes": [
            {"name": "OAuth bearer token", "description": "A token in the header", "type": "oauthbearertoken", "primary": true},
        ],
        "meta": {"resourceType": "ServiceProviderConfig"},
    })
}
