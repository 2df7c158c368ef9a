//! An answer before it becomes HTTP. Errors are answers too, so handlers use
//! `?` on [`Answer`].

use serde_json::Value;

/// Status, content type, further headers and body.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// What a handler gives: both sides are sent, `Err` only ends it early.
pub(crate) type Answer = Result<Reply, Reply>;

pub(crate) const JSON: &str = "application/json";
pub(crate) const SCIM: &str = "application/scim+json";

impl Reply {
    /// A JSON body.
    pub(crate) fn json(status: u16, value: &Value) -> Reply {
        Reply::text(status, value.to_string())
    }

    /// A JSON body that is text already.
    pub(crate) fn text(status: u16, body: String) -> Reply {
        Reply { status, content_type: JSON, headers: Vec::new(), body: body.into_bytes() }
    }

    /// No body at all.
    pub(crate) fn empty(status: u16) -> Reply {
        Reply { status, content_type: "", headers: Vec::new(), body: Vec::new() }
    }

    /// `{key: value}`, as nearly every answer is wrapped.
    pub(crate) fn wrapped(status: u16, key: &str, value: Value) -> Reply {
        let mut body = serde_json::Map::new();
        body.insert(key.to_owned(), value);
        Reply::json(status, &Value::Object(body))
    }
}
