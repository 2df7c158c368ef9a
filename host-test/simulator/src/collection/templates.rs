//! JSON with words in it that stand for what is known only when a record is
//! made: `$now` (in the account's zone), `$utc`, `$me` (who acts, a reference;
//! `$me.id` the id), `$owner`, `$self` (the record's own id), `$id`, `$uuid`,
//! `$hex`, `$routing`; and in seeds `$service:3`, a reference to the fourth
//! service, or `$service.id:3`.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::present::bare;
use crate::store::{Entity, Store};
use crate::times;

/// What the words stand for.
pub(crate) struct Context<'a> {
    pub(crate) now: Timestamp,
    pub(crate) me: Option<&'a str>,
    pub(crate) owner: &'a str,
    pub(crate) own: &'a str,
}

/// A copy of `value` with the words replaced.
pub(crate) fn expand(store: &mut Store, value: &Value, context: &Context) -> Value {
    match value {
        Value::Array(list) => list.iter().map(|item| expand(store, item, context)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(name, item)| (name.clone(), expand(store, item, context))).collect())
        }
        Value::String(text) => match text.strip_prefix('$') {
            Some(word) => stands_for(store, word, context).unwrap_or_else(|| value.clone()),
            None if text.contains("$self") => json!(text.replace("$self", context.own)),
            None => value.clone(),
        },
        other => other.clone(),
    }
}

fn stands_for(store: &mut Store, word: &str, context: &Context) -> Option<Value> {
    Some(match word {
        "now" => json!(times::account(context.now)),
        "utc" => json!(times::utc(context.now)),
        "me" => context.me.map_or(Value::Null, |id| bare(Entity::User, id)),
        "me.id" => json!(context.me),
        "owner" => json!(context.owner),
        "self" => json!(context.own),
        "id" => json!(store.rng().short_id()),
        "uuid" => json!(store.rng().uuid()),
        "hex" => json!(store.rng().hex()),
        "routing" => json!(store.rng().id("R", 32)),
        other => {
            let (kind, place) = other.split_once(':')?;
            let (kind, alone) = kind.strip_suffix(".id").map_or((kind, false), |kind| (kind, true));
            let entity = Entity::of_type(kind)?;
            let record = store.table(entity).nth(place.parse().ok()?)?;
            if alone { json!(record.id) } else { bare(entity, &record.id) }
        }
    })
}
