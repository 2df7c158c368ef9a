//! Rooms about an incident in Microsoft Teams: a chat and meetings.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::errors;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};

const CHAT: Entity = Entity::Of("dedicated_chat");

const TEAMS: &str = "/integration-ms-teams/incidents/{id}/dedicated_chat";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", TEAMS, "", chat),
    Route::new("POST", TEAMS, "", open_chat),
    Route::new("DELETE", TEAMS, "", close),
    Route::new("POST", "/integration-ms-teams/incidents/{id}/meeting", "", meeting),
];

fn missing() -> Reply {
    errors::slack(404, "Not Found")
}

fn incident(store: &Store, call: &Call) -> Result<String, Reply> {
    let place = store.place(call.id(0)).ok_or_else(missing)?;
    store.incidents.get(place).map(|incident| incident.id.clone()).ok_or_else(missing)
}

// The one chat that the incident has.
fn only<'a>(store: &'a Store, call: &Call) -> Result<&'a Record, Reply> {
    let incident = incident(store, call)?;
    store.table(CHAT).rows().iter().find(|row| row.owner == incident).ok_or_else(missing)
}

fn close(store: &mut Store, call: &Call) -> Answer {
    let id = only(store, call)?.id.clone();
    store.remove(CHAT, &id);
    Ok(Reply::empty(204))
}

fn text<'a>(given: &'a Map<String, Value>, key: &str) -> Result<&'a str, Reply> {
    let held = given.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    held.ok_or_else(|| errors::slack(400, &format!("{key} can't be blank")))
}

fn room(row: &Record) -> Value {
    json!({"name": row.text("name"), "url": row.text("url")})
}

fn chat(store: &mut Store, call: &Call) -> Answer {
    let row = only(store, call)?;
    Ok(Reply::json(200, &json!({"chat": room(row), "tenant_id": row.text("tenant_id")})))
}

fn named(given: &Map<String, Value>, key: &str, incident: &str) -> String {
    let name = given.get(key).and_then(|room| room.get("name")).and_then(Value::as_str);
    name.map_or_else(|| format!("Incident {incident}"), str::to_owned)
}

fn open_chat(store: &mut Store, call: &Call) -> Answer {
    let incident = incident(store, call)?;
    let given = call.object()?;
    let tenant = text(&given, "mst_tenant_id")?;
    if only(store, call).is_ok() {
        return Err(errors::slack(409, "The incident has a dedicated chat"));
    }
    let url = format!("https://teams.example/l/chat/{}", store.rng().uuid());
    let name = named(&given, "chat", &incident);
    let fields = [("name", json!(name)), ("url", json!(url)), ("tenant_id", json!(tenant))];
    store.add(CHAT, &incident, fields.map(|(key, value)| (key.to_owned(), value)).into_iter().collect());
    Ok(Reply::wrapped(201, "chat", room(only(store, call)?)))
}

fn meeting(store: &mut Store, call: &Call) -> Answer {
    let incident = incident(store, call)?;
    let given = call.object()?;
    text(&given, "mst_team_id")?;
    let url = format!("https://teams.example/l/meetup-join/{}", store.rng().uuid());
    Ok(Reply::wrapped(201, "meeting", json!({"name": named(&given, "meeting", &incident), "url": url})))
}
