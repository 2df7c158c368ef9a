//! Tags, and what carries them: users, teams and escalation policies.

use serde_json::{Value, json};

use crate::call::Call;
use crate::collection::{Collection, PLAIN};
use crate::errors;
use crate::pages::Window;
use crate::present::{View, bare};
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Store};

const TAG: Entity = Entity::Of("tag");

/// The kind of tie between a tag and what carries it.
const CARRIES: &str = "tags";

pub(crate) const COLLECTIONS: &[Collection] = &[Collection {
    entity: TAG,
    kind: "tag",
    path: "/tags",
    one: "tag",
    many: "tags",
    verbs: "LCGD",
    fields: "label!:text",
    unique: "label",
    filters: "query~label",
    summary: "label",
    scope: "tags",
    seed: &[(0, r#"{"label": "production"}"#), (0, r#"{"label": "night shift"}"#)],
    ..PLAIN
}];

const USER: (Entity, &str) = (Entity::User, "users");
const TEAM: (Entity, &str) = (Entity::Team, "teams");
const POLICY: (Entity, &str) = (Entity::EscalationPolicy, "escalation_policies");

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/users/{id}/tags", "tags.read", |store, call| tags(store, call, USER)),
    Route::new("GET", "/teams/{id}/tags", "tags.read", |store, call| tags(store, call, TEAM)),
    Route::new("GET", "/escalation_policies/{id}/tags", "tags.read", |store, call| tags(store, call, POLICY)),
    Route::new("POST", "/users/{id}/change_tags", "tags.write", |store, call| change(store, call, USER)),
    Route::new("POST", "/teams/{id}/change_tags", "tags.write", |store, call| change(store, call, TEAM)),
    Route::new("POST", "/escalation_policies/{id}/change_tags", "tags.write", |store, call| {
        change(store, call, POLICY)
    }),
    Route::new("GET", "/tags/{id}/users", "tags.read", |store, call| carriers(store, call, USER)),
    Route::new("GET", "/tags/{id}/teams", "tags.read", |store, call| carriers(store, call, TEAM)),
    Route::new("GET", "/tags/{id}/escalation_policies", "tags.read", |store, call| carriers(store, call, POLICY)),
];

fn known<'a>(store: &Store, call: &'a Call, entity: Entity) -> Result<&'a str, Reply> {
    if store.has(entity, call.id(0)) { Ok(call.id(0)) } else { Err(errors::not_found()) }
}

fn tags(store: &mut Store, call: &Call, (entity, _): (Entity, &str)) -> Answer {
    let owner = known(store, call, entity)?;
    let tags: Vec<&str> = store.tied(CARRIES, owner).collect();
    Ok(Window::of(call)?.cut("tags", &tags, |id| store.show_id(TAG, id, &View::default()).to_string()))
}

fn carriers(store: &mut Store, call: &Call, (entity, many): (Entity, &str)) -> Answer {
    let tag = known(store, call, TAG)?;
    let ids: Vec<&str> = store.tied_to(CARRIES, tag).filter(|id| store.has(entity, id)).collect();
    Ok(Window::of(call)?.cut(many, &ids, |id| {
        let mut shown = bare(entity, id);
        store.complete(&mut shown, "", &View::default());
        shown.to_string()
    }))
}

// A tag that is named by its label is made where there is none.
fn change(store: &mut Store, call: &Call, (entity, _): (Entity, &str)) -> Answer {
    let owner = known(store, call, entity)?;
    let given = call.object()?;
    let list = |key: &str| given.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let (add, remove) = (list("add"), list("remove"));
    if add.is_empty() && remove.is_empty() {
        return Err(errors::invalid_one("add or remove must name tags"));
    }
    let text = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    let unknown = |id: &str| errors::invalid_one(format!("Tag does not exist: {id}"));
    let mut ids = Vec::new();
    for item in &add {
        let (id, label) = (text(item, "id"), text(item, "label"));
        let rows = store.table(TAG).rows().iter();
        let held = rows
            .filter(|tag| tag.id == id || (id.is_empty() && tag.text("label") == label))
            .map(|tag| tag.id.clone())
            .next();
        match held {
            Some(id) => ids.push(id),
            None if id.is_empty() && !label.is_empty() => {
                ids.push(store.add(TAG, "", [("label".to_owned(), json!(label))].into_iter().collect()));
            }
            None => return Err(unknown(&id)),
        }
    }
    if let Some(id) = remove.iter().map(|item| text(item, "id")).find(|id| !store.has(TAG, id)) {
        return Err(unknown(&id));
    }
    for id in ids {
        store.tie(CARRIES, owner, &id);
    }
    for item in &remove {
        store.untie(CARRIES, owner, &text(item, "id"));
    }
    Ok(Reply::json(200, &json!({})))
}
