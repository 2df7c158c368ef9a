//! Response plays. They are gone from the documents and still answered; every
//! request names a user in `From`.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{Collection, Id, PLAIN, Page};
use crate::errors;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Store};

const PLAY: Entity = Entity::Of("response_play");

pub(crate) const COLLECTIONS: &[Collection] = &[Collection {
    entity: PLAY,
    kind: "response_play",
    path: "/response_plays",
    one: "response_play",
    many: "response_plays",
    fields: "name!:text description:text team:@team subscribers:list subscribers_message:text responders:list \
             responders_message:text runnability:services|teams|responders conference_number:text conference_url:text",
    unique: "name",
    defaults: r#"{"name": null, "description": null, "team": null, "subscribers": [], "subscribers_message": "", "responders": [], "responders_message": "", "runnability": "services", "conference_number": null, "conference_url": null, "conference_type": null}"#,
    page: Page::Whole,
    id: Id::Uuid,
    from: true,
    filters: "query~name",
    seed: &[(0, r#"{"name": "Everyone on deck", "description": "For the worst hour", "responders": ["$user:0"]}"#)],
    check: people,
    ..PLAIN
}];

pub(crate) const ROUTES: &[Route] = &[Route::new("POST", "/response_plays/{id}/run", "", run).from()];

fn people(store: &mut Store, _: &Call, given: &mut Map<String, Value>, _: Option<&str>) -> Result<(), Reply> {
    for key in ["subscribers", "responders"] {
        for item in given.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            let id = item.get("id").and_then(Value::as_str).unwrap_or("");
            let kind = item.get("type").and_then(Value::as_str).and_then(Entity::of_type);
            match kind {
                Some(Entity::User | Entity::Team | Entity::EscalationPolicy)
                    if kind.is_some_and(|kind| store.has(kind, id)) => {}
                _ => return Err(errors::invalid_one(format!("{key} names something that does not exist: {id}"))),
            }
        }
    }
    Ok(())
}

fn run(store: &mut Store, call: &Call) -> Answer {
    if !store.has(PLAY, call.id(0)) {
        return Err(errors::not_found());
    }
    let given = call.wrapped("incident")?;
    let id = given.get("id").and_then(Value::as_str).unwrap_or("");
    if store.place(id).is_none() {
        return Err(errors::invalid_one(format!("Incident does not exist: {id}")));
    }
    Ok(Reply::json(200, &json!({"status": "ok"})))
}
