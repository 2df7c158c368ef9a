//! Users.

use serde_json::{Value, json};

use crate::call::Call;
use crate::crud::{Kind, Shape};
use crate::errors;
use crate::present::{Include, View};
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Store};
use crate::times;

const INCLUDES: &[Include] = &[
    ("contact_methods", &["contact_methods"]),
    ("notification_rules", &["notification_rules"]),
    ("teams", &["teams"]),
    ("subdomains", &[]),
    ("calendar_urls", &[]),
];

const ROLES: &[&str] = &[
    "admin",
    "limited_user",
    "observer",
    "owner",
    "read_only_user",
    "restricted_access",
    "read_only_limited_user",
    "user",
];

pub(crate) const KIND: Kind = Kind {
    entity: Entity::User,
    one: "user",
    many: "users",
    fields: &[
        ("name", Shape::Text, true),
        ("email", Shape::Email, true),
        ("time_zone", Shape::Text, false),
        ("color", Shape::Text, false),
        ("role", Shape::OneOf(ROLES), false),
        ("job_title", Shape::Text, false),
        ("description", Shape::Text, false),
        ("license", Shape::Any, false),
    ],
    unique: "email",
    searched: &["name", "email"],
    includes: INCLUDES,
    defaults: |_| {
        json!({
            "name": null, "email": null, "time_zone": times::ACCOUNT_ZONE, "color": "purple",
            "avatar_url": "https://pd-static-assets.pagerduty.com/users/blank-avatar.png",
            "role": "user", "description": null, "invitation_sent": true, "job_title": null, "created_via_sso": false,
        })
    },
    audited: true,
};

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/users", "users.read", list),
    Route::new("POST", "/users", "users.write", create).from(),
    Route::new("GET", "/users/{id}", "users.read", |store, call| KIND.get(store, call)),
    Route::new("PUT", "/users/{id}", "users.write", |store, call| KIND.update(store, call)),
    Route::new("DELETE", "/users/{id}", "users.write", delete),
    Route::new("GET", "/users/me", "", me),
];

fn list(store: &mut Store, call: &Call) -> Answer {
    KIND.list(store, call, |user| call.query.passes("team_ids[]", store.teams_of(&user.id)))
}

// A new user gets a contact method for the address, as in PagerDuty.
fn create(store: &mut Store, call: &Call) -> Answer {
    let given = call.wrapped("user")?;
    let made = KIND.create_from(store, call, &given, "")?;
    let id = store.table(Entity::User).rows().last().map(|user| user.id.clone()).unwrap_or_default();
    let address = given.get("email").cloned().unwrap_or(Value::Null);
    let method = json!({
        "type": "email_contact_method", "label": "Default", "address": address, "send_short_email": false,
    });
    if let Value::Object(method) = method {
        store.add(Entity::ContactMethod, &id, method);
    }
    let shown = store.show_id(Entity::User, &id, &View::default());
    Ok(Reply { status: made.status, ..Reply::wrapped(201, "user", shown) })
}

fn delete(store: &mut Store, call: &Call) -> Answer {
    let id = call.id(0);
    KIND.find(store, id)?;
    let busy = store.incidents.iter().any(|incident| incident.open() && incident.involves(id));
    if busy {
        return Err(errors::invalid_one("The user cannot be deleted as they have incidents to respond to"));
    }
    let on_policy = store.table(Entity::EscalationPolicy).rows().iter();
    let on_policy = on_policy.flat_map(crate::rota::targets).any(|(_, _, target)| target == id);
    if on_policy {
        return Err(errors::invalid_one("The user cannot be deleted as an escalation policy names them"));
    }
    store.members.retain(|member| member.user != id);
    KIND.delete(store, call, id)
}

fn me(store: &mut Store, call: &Call) -> Answer {
    let view = View::of(call, INCLUDES)?;
    match call.actor.as_deref().filter(|_| call.caller.is_user()) {
        Some(id) => Ok(Reply::wrapped(200, "user", store.show_id(Entity::User, id, &view))),
        None => Err(errors::account_level()),
    }
}
