//! Licenses of the account, and who holds which: the one that a user was given,
//! or the one that goes with the user's role.

use serde_json::{Value, json};

use crate::call::Call;
use crate::collection::{Collection, Links, PLAIN};
use crate::errors;
use crate::pages::{self, Window};
use crate::present::{View, bare};
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};

const LICENSE: Entity = Entity::Of("license");
const SEATS: usize = 500;

pub(crate) const COLLECTIONS: &[Collection] = &[Collection {
    entity: LICENSE,
    kind: "license",
    path: "/licenses",
    one: "license",
    many: "licenses",
    verbs: "",
    links: Links::All,
    seed: &[
        (
            0,
            r#"{"name": "Full User", "description": "Answers pages", "valid_roles": ["owner", "admin", "user", "limited_user", "observer", "restricted_access"], "role_group": "FullUser"}"#,
        ),
        (
            0,
            r#"{"name": "Stakeholder", "description": "Looks on", "valid_roles": ["read_only_user", "read_only_limited_user"], "role_group": "Stakeholder"}"#,
        ),
    ],
    ..PLAIN
}];

const SCOPE: &str = "licenses.read";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/licenses", SCOPE, list),
    Route::new("GET", "/license_allocations", SCOPE, allocations),
    Route::new("GET", "/users/{id}/license", SCOPE, of_user),
];

fn held<'a>(store: &'a Store, user: &Record) -> Option<&'a Record> {
    let given = user.ids("license").first().and_then(|id| store.get(LICENSE, id));
    let fits = |license: &&Record| {
        let roles = license.fields.get("valid_roles").and_then(Value::as_array);
        roles.is_some_and(|roles| roles.iter().any(|role| role == user.text("role")))
    };
    given.or_else(|| store.table(LICENSE).rows().iter().find(fits))
}

fn list(store: &mut Store, _: &Call) -> Answer {
    let users = store.table(Entity::User).rows();
    let shown = store.table(LICENSE).rows().iter().map(|license| {
        let used = users.iter().filter(|user| held(store, user).is_some_and(|held| held.id == license.id)).count();
        let mut shown = store.show(LICENSE, license, &View::default());
        shown["current_value"] = json!(used);
        shown["allocations_available"] = json!(SEATS.saturating_sub(used));
        shown.to_string()
    });
    Ok(pages::whole(200, "licenses", &shown.collect::<Vec<_>>()))
}

fn allocations(store: &mut Store, call: &Call) -> Answer {
    let users: Vec<&Record> = store.table(Entity::User).rows().iter().collect();
    Ok(Window::of(call)?.cut("license_allocations", &users, |user| {
        let license = held(store, user).map(|license| store.show(LICENSE, license, &View::default()));
        let mut shown = json!({
            "user": bare(Entity::User, &user.id), "license": license, "allocated_at": "2024-03-01T09:00:00Z",
        });
        store.complete(&mut shown, "", &View::default());
        shown.to_string()
    }))
}

fn of_user(store: &mut Store, call: &Call) -> Answer {
    let user = store.get(Entity::User, call.id(0)).ok_or_else(errors::not_found)?;
    let license = held(store, user).ok_or_else(errors::not_found)?;
    Ok(Reply::wrapped(200, "license", store.show(LICENSE, license, &View::default())))
}
