//! A request as the handlers see it: path arguments, query, caller, body.

use bytes::Bytes;
use http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::auth::Caller;
use crate::errors;
use crate::reply::Reply;
use crate::times;

/// One request, routed and authenticated.
pub(crate) struct Call<'a> {
    /// Values of the path's `{…}` parts, in order.
    pub(crate) ids: Vec<String>,
    pub(crate) query: Query,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
    pub(crate) caller: Caller,
    /// Who acts: the user of the key, or the one that `From` names.
    pub(crate) actor: Option<String>,
    pub(crate) now: Timestamp,
}

impl Call<'_> {
    /// The n-th path argument.
    pub(crate) fn id(&self, n: usize) -> &str {
        self.ids.get(n).map_or("", String::as_str)
    }

    /// The body, which must be a JSON object.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Reply> {
        match serde_json::from_slice(self.body) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(_) => Err(errors::invalid_one("The body must be a JSON object")),
            Err(error) => Err(errors::invalid_one(format!("The body is not JSON: {error}"))),
        }
    }

    /// The object under `key` of the body, as in `{"team": {…}}`.
    pub(crate) fn wrapped(&self, key: &str) -> Result<Map<String, Value>, Reply> {
        match self.object()?.remove(key) {
            Some(Value::Object(map)) => Ok(map),
            Some(_) => Err(errors::invalid_one(format!("{key} must be an object"))),
            None => Err(errors::invalid_one(format!("The body must hold {key}"))),
        }
    }

    /// The list under `key` of the body, as in `{"incidents": […]}`.
    pub(crate) fn list(&self, key: &str) -> Result<Vec<Value>, Reply> {
        match self.object()?.remove(key) {
            Some(Value::Array(list)) => Ok(list),
            Some(_) => Err(errors::invalid_one(format!("{key} must be an array"))),
            None => Err(errors::invalid_one(format!("The body must hold {key}"))),
        }
    }

    /// A header's text; empty where it is absent or not text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// A time in the query.
    pub(crate) fn time(&self, name: &str) -> Result<Option<Timestamp>, Reply> {
        match self.query.first(name) {
            None | Some("") => Ok(None),
            Some(text) => match times::parse(text) {
                Some(at) => Ok(Some(at)),
                None => Err(errors::invalid_one(format!("{name} is not a time: {text}"))),
            },
        }
    }

    /// The `time_zone` that times shall be shown in.
    pub(crate) fn zone(&self) -> Result<Option<jiff::tz::TimeZone>, Reply> {
        match self.query.first("time_zone") {
            None | Some("") => Ok(None),
            Some(name) => match jiff::tz::TimeZone::get(name) {
                Ok(zone) => Ok(Some(zone)),
                Err(_) => Err(errors::invalid_one(format!("Time zone is invalid: {name}"))),
            },
        }
    }

    /// Values of `name`, each of which must be one of `allowed`.
    pub(crate) fn choices(&self, name: &str, allowed: &[&str]) -> Result<Vec<String>, Reply> {
        let given = self.query.all(name);
        for value in &given {
            if !allowed.contains(value) {
                let problem = format!("{name} must be one of {}: {value}", allowed.join(", "));
                return Err(errors::invalid_one(problem));
            }
        }
        Ok(given.into_iter().map(str::to_owned).collect())
    }
}

/// The query, decoded. Names are kept as sent, `[]` included.
#[derive(Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(text: &str) -> Query {
        let pairs = text.split('&').filter(|part| !part.is_empty());
        Query(
            pairs
                .map(|part| {
                    let (name, value) = part.split_once('=').unwrap_or((part, ""));
                    (decode(name, true), decode(value, true))
                })
                .collect(),
        )
    }

    /// The last value wins, as in Rails.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a set filter such as `team_ids[]`.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.first(name) == Some("true")
    }

    /// Whether a set filter lets `id` through; an absent one lets all.
    pub(crate) fn passes<'b>(&self, name: &str, mut ids: impl Iterator<Item = &'b str>) -> bool {
        let wanted = self.all(name);
        wanted.is_empty() || ids.any(|id| wanted.contains(&id))
    }
}

/// Percent-decoding; what is not UTF-8 becomes the replacement character.
pub(crate) fn decode(text: &str, plus: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = |n: usize| bytes.get(at + n).and_then(|b| char::from(*b).to_digit(16));
        match (byte, hex(1), hex(2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                at += 2;
            }
            (b'+', _, _) if plus => out.push(b' '),
            _ => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
