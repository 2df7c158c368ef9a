//! Scanning the account: kinds of assets, and a step of a scan at a time.
//!
//! Rule: on top of the client, and it only reads. What is particular to a kind
//! stands in `catalog/assets.toml`. A scan keeps nothing between two steps but
//! its cursor; what a step cannot tell of, it says.

mod asset;
mod beside;
mod path;
mod plan;
mod refresh;
mod step;

pub(crate) use asset::{Asset, Edge};
pub(crate) use path::{text, within};
pub(crate) use step::scan;

use serde_json::{Map, Value, json};

use crate::catalog::{How, Kind, Takes, kinds, settings};
use crate::error::Error;
use crate::schema;

/// What one step of a scan found.
#[derive(Debug, Default)]
pub(crate) struct Slice {
    pub(crate) assets: Vec<Asset>,
    pub(crate) next: Option<String>,
    pub(crate) skipped: Vec<Skipped>,
}

/// A kind that was left out, and why.
#[derive(Debug)]
pub(crate) struct Skipped {
    pub(crate) kind: &'static str,
    pub(crate) why: Box<Error>,
}

/// What is known of a kind beside its name.
pub(crate) fn extra(kind: &'static Kind) -> Value {
    let relation = |relation: &crate::catalog::Relation| {
        let to: Vec<&str> =
            relation.kinds.iter().filter_map(|number| kinds().get(*number)).map(|kind| kind.id).collect();
        json!({"name": relation.name, "kinds": to})
    };
    let within: Vec<&str> = kind
        .origins
        .iter()
        .filter_map(|origin| origin.how.parent().and_then(|number| kinds().get(number)))
        .map(|parent| parent.id)
        .collect();
    // Requests beside those for what they are part of.
    let calls = match kind.origins.iter().map(|origin| origin.how).next() {
        Some(How::List(_)) if kind.origins.iter().any(|origin| origin.detail.is_some()) => "each",
        Some(How::List(_)) => "page",
        Some(How::Within(_)) => "none",
        Some(How::Each(..)) => "each",
        Some(How::Batch(..)) | None => "page",
    };
    json!({
        "default": !kind.optional, "personal": kind.personal, "windowed": kind.windowed, "within": within,
        "requests": calls, "by_id": kind.get.is_some(), "secrets": kind.secrets, "volatile": kind.volatile,
        "relations": kind.relations.iter().map(relation).collect::<Vec<_>>(), "schema": schema::attributes(&kind.of),
    })
}

/// The settings of a scan as JSON Schema.
pub(crate) fn settings_schema() -> Value {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let mut properties = Map::new();
    for setting in settings() {
        let mut schema = match setting.takes {
            Takes::Days { least, most, default } => {
                json!({"type": "integer", "minimum": least, "maximum": most, "default": default})
            }
            Takes::Texts => texts.clone(),
        };
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), setting.note.into());
        }
        properties.insert(setting.name.to_owned(), schema);
    }
    properties.insert("skip".to_owned(), described(texts.clone(), "Kinds that are passed over from this step on"));
    let changed = json!({"type": "string", "format": "date-time"});
    properties.insert("changed_since".to_owned(), described(changed, "Tell what changed since then, and nothing else"));
    let ids = json!({"type": "object", "additionalProperties": texts});
    properties.insert("ids".to_owned(), described(ids, "Refresh these alone: by kind, a list of ids"));
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

fn described(mut schema: Value, text: &str) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), text.into());
    }
    schema
}
