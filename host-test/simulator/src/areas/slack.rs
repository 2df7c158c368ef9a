//! Slack's service: connections of a workspace, and the channels of incidents.
//! It knows users only, so an account's key is refused.

use serde_json::{Map, Value, json};

use crate::auth::Kind as Key;
use crate::call::Call;
use crate::collection::{self, Collection, Links, PLAIN, Verb};
use crate::errors;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Store};

const CHANNEL: Entity = Entity::Of("slack_channel");

const PATH: &str = "/integration-slack/workspaces/{team}/connections";
const ONE: &str = "/integration-slack/workspaces/{team}/connections/{id}";
const DEDICATED: &str = "/integration-slack/incidents/{id}/dedicated_channel";
const TOLD: &str = "/integration-slack/incidents/{id}/notification_channels";
const TOLD_ONE: &str = "/integration-slack/incidents/{id}/notification_channels/{channel}";

const EVENTS: &str = r#"["incident.triggered", "incident.acknowledged", "incident.resolved"]"#;

pub(crate) const COLLECTIONS: &[Collection] = &[Collection {
    entity: Entity::SlackConnection,
    path: PATH,
    one: "slack_connection",
    many: "slack_connections",
    // Reached through the routes below, which refuse keys of accounts.
    verbs: "",
    fields: "source_id!:text source_type!:service_reference|team_reference source_name channel_id!:text \
             channel_name notification_type!:responder|stakeholder config:object config.events:list",
    defaults: r#"{"source_id": null, "source_name": null, "source_type": null, "channel_id": null, "channel_name": null, "notification_type": "responder", "config": {}}"#,
    links: Links::None,
    parents: &[Entity::Nothing],
    check: connection,
    ..PLAIN
}];

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", PATH, "", |store, call| connections(store, call, Verb::List)),
    Route::new("POST", PATH, "", |store, call| connections(store, call, Verb::Create)),
    Route::new("GET", ONE, "", |store, call| connections(store, call, Verb::Get)),
    Route::new("PUT", ONE, "", |store, call| connections(store, call, Verb::Update)),
    Route::new("DELETE", ONE, "", |store, call| connections(store, call, Verb::Delete)),
    Route::new("GET", DEDICATED, "", dedicated),
    Route::new("POST", DEDICATED, "", make_dedicated),
    Route::new("DELETE", DEDICATED, "", drop_dedicated),
    Route::new("GET", TOLD, "", told),
    Route::new("PUT", TOLD, "", set_told),
    Route::new("POST", TOLD, "", add_told),
    Route::new("DELETE", TOLD_ONE, "", remove_told),
];

fn users_only(call: &Call) -> Result<(), Reply> {
    match call.caller.kind {
        Key::Account | Key::ReadOnly => Err(errors::slack(403, "Forbidden")),
        _ => Ok(()),
    }
}

fn connections(store: &mut Store, call: &Call, verb: Verb) -> Answer {
    users_only(call)?;
    let mut all = store.table(Entity::SlackConnection).rows().iter();
    if !all.any(|connection| connection.owner == call.id(0)) {
        return Err(errors::slack(404, "Not Found"));
    }
    let loaded = collection::of(Entity::SlackConnection).ok_or_else(errors::not_found)?;
    loaded.answer(verb, store, call)
}

// The names are Slack's and PagerDuty's to give.
fn connection(store: &mut Store, _: &Call, given: &mut Map<String, Value>, id: Option<&str>) -> Result<(), Reply> {
    let text = |key: &str| given.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    let (source, channel) = (text("source_id"), text("channel_id"));
    let entity = if text("source_type") == "team_reference" { Entity::Team } else { Entity::Service };
    given.remove("source_name");
    given.remove("channel_name");
    if !source.is_empty() || id.is_none() {
        let name = store.get(entity, &source).map(|record| record.text("name").to_owned());
        let name = name.ok_or_else(|| errors::slack(400, "source_id does not exist"))?;
        given.insert("source_name".into(), json!(name));
    }
    if !channel.is_empty() {
        given.insert("channel_name".into(), json!(format!("channel-{}", channel.to_lowercase())));
    }
    if let Some(config) = given.get_mut("config").and_then(Value::as_object_mut) {
        config.entry("events").or_insert_with(|| serde_json::from_str(EVENTS).unwrap_or_default());
        config.entry("priorities").or_insert_with(|| json!([]));
        config.entry("urgency").or_insert(Value::Null);
    }
    Ok(())
}

// An incident's channels are records that it owns; the dedicated one says so.
fn incident(store: &Store, call: &Call) -> Result<String, Reply> {
    users_only(call)?;
    let place = store.place(call.id(0)).ok_or_else(|| errors::slack(404, "Not Found"))?;
    store.incidents.get(place).map(|incident| incident.id.clone()).ok_or_else(|| errors::slack(404, "Not Found"))
}

fn channel(id: &str, name: &str, team: &str) -> Value {
    json!({
        "id": id, "name": name, "slack_team_id": team,
        "link": format!("https://slack.com/app_redirect?channel={id}&team={team}"),
        "deep_link": format!("slack://channel?team={team}&id={id}"),
    })
}

fn of(store: &Store, incident: &str, kind: &str) -> Vec<(String, Value)> {
    let rows = store.table(CHANNEL).rows().iter();
    let mine = rows.filter(|record| record.owner == incident && record.fields.contains_key(kind));
    mine.map(|record| (record.id.clone(), record.fields.get(kind).cloned().unwrap_or_default())).collect()
}

fn put(store: &mut Store, incident: &str, kind: &str, channel: &Value) {
    store.add(CHANNEL, incident, [(kind.to_owned(), channel.clone())].into_iter().collect());
}

fn clear(store: &mut Store, incident: &str, kind: &str, wanted: impl Fn(&Value) -> bool) -> bool {
    let gone: Vec<(String, Value)> =
        of(store, incident, kind).into_iter().filter(|(_, channel)| wanted(channel)).collect();
    for (id, _) in &gone {
        store.remove(CHANNEL, id);
    }
    !gone.is_empty()
}

fn dedicated(store: &mut Store, call: &Call) -> Answer {
    let incident = incident(store, call)?;
    let channel = of(store, &incident, "dedicated").pop().ok_or_else(|| errors::slack(404, "Not Found"))?;
    Ok(Reply::wrapped(200, "channel", channel.1))
}

fn make_dedicated(store: &mut Store, call: &Call) -> Answer {
    let incident = incident(store, call)?;
    let given = call.wrapped("channel")?;
    let text = |key: &str| given.get(key).and_then(Value::as_str).unwrap_or("");
    if text("name").is_empty() {
        return Err(errors::slack(400, "name can't be blank"));
    }
    if !of(store, &incident, "dedicated").is_empty() {
        return Err(errors::slack(409, "The incident has a dedicated channel"));
    }
    let team = if text("slack_team_id").is_empty() { "T0LANTERN" } else { text("slack_team_id") };
    let made = channel(&store.rng().id("C", 11), text("name"), team);
    put(store, &incident, "dedicated", &made);
    Ok(Reply::json(201, &json!({"channel": made, "warnings": []})))
}

fn drop_dedicated(store: &mut Store, call: &Call) -> Answer {
    let incident = incident(store, call)?;
    let gone = clear(store, &incident, "dedicated", |_| true);
    if gone { Ok(Reply::empty(204)) } else { Err(errors::slack(404, "Not Found")) }
}

fn shown(store: &Store, incident: &str) -> Value {
    of(store, incident, "told").into_iter().map(|(_, channel)| channel).collect()
}

fn told(store: &mut Store, call: &Call) -> Answer {
    let incident = incident(store, call)?;
    Ok(Reply::wrapped(200, "channels", shown(store, &incident)))
}

fn chosen(item: &Value) -> Result<Value, Reply> {
    let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or("");
    if text("id").is_empty() {
        return Err(errors::slack(400, "A channel needs an id"));
    }
    let team = if text("slack_team_id").is_empty() { "T0LANTERN" } else { text("slack_team_id") };
    Ok(channel(text("id"), &format!("channel-{}", text("id").to_lowercase()), team))
}

fn set_told(store: &mut Store, call: &Call) -> Answer {
    let incident = incident(store, call)?;
    let channels: Result<Vec<Value>, Reply> = call.list("channels")?.iter().map(chosen).collect();
    let channels = channels?;
    clear(store, &incident, "told", |_| true);
    for channel in &channels {
        put(store, &incident, "told", channel);
    }
    Ok(Reply::json(200, &json!({"channels": channels, "warnings": []})))
}

fn add_told(store: &mut Store, call: &Call) -> Answer {
    let incident = incident(store, call)?;
    let channel = chosen(&Value::Object(call.wrapped("channel")?))?;
    if !of(store, &incident, "told").iter().any(|(_, have)| have["id"] == channel["id"]) {
        put(store, &incident, "told", &channel);
    }
    Ok(Reply::json(201, &json!({"channel": channel, "warnings": []})))
}

fn remove_told(store: &mut Store, call: &Call) -> Answer {
    let incident = incident(store, call)?;
    let gone = clear(store, &incident, "told", |channel| channel["id"] == call.id(1));
    if gone { Ok(Reply::empty(204)) } else { Err(errors::slack(404, "Not Found")) }
}
