//! `check`: whose the credentials are and what they may do.
//!
//! Rule: it changes nothing. Whether an account key only reads can be learned
//! only from a write, so one is sent to an id that cannot exist, and none at
//! all under the setting access = read. The catalog names the operations.

use serde_json::{Value, json};

use crate::catalog::CHECK;
use crate::client::{Client, Clock, Transport};
use crate::connection::{Access, Region, Which};
use crate::error::{Error, Reason, Result};

/// What one credential turned out to be.
struct Key {
    /// `user`, `account`, or `unknown` where its scopes do not let it ask.
    kind: &'static str,
    /// Whose it is, where it is a user's.
    user: Option<Value>,
    /// None where that cannot be told.
    read_only: Option<bool>,
}

/// Proves that the credentials work and tells what is known of them.
pub(crate) fn check<S: Transport + Clock>(client: &Client<S>) -> Result<Value> {
    let mut missing = Vec::new();
    let main = identify(client, Which::Main, &mut missing)?;
    // The proof for an account's key, which has no user behind it.
    let abilities = tolerate(client.call_as(CHECK.abilities, &json!({}), Which::Main), &mut missing)?;
    let abilities = abilities.and_then(|success| serde_json::from_str::<Value>(&success.value).ok());
    let mut keys = vec![describe(Which::Main, &main)];
    let mut same_account = Value::Null;
    if client.connection.has_user_key() {
        let user = identify(client, Which::User, &mut missing)?;
        match (&user.user, user.kind) {
            (Some(person), _) => same_account = Value::from(one_account(client, person, &mut missing)?),
            (None, "account") => {
                return Err(Error::new(
                    Reason::Unauthenticated,
                    "user_token is an account's key: give a user's own key there, or leave it out",
                ));
            }
            (None, _) => {}
        }
        keys.push(describe(Which::User, &user));
    }
    missing.sort();
    missing.dedup();
    let region = match client.connection.region {
        Region::Us => "us",
        Region::Eu => "eu",
    };
    let access = match client.connection.access {
        Access::Read => "read",
        Access::Write => "write",
    };
    Ok(json!({
        "region": region, "access": access, "keys": keys, "abilities": abilities,
        "same_account": same_account, "missing_scopes": missing,
    }))
}

fn describe(which: Which, key: &Key) -> Value {
    json!({"credential": which.name(), "kind": key.kind, "user": key.user, "read_only": key.read_only})
}

/// Whose key it is. PagerDuty answers an account's key that asks who it is with
/// 400 and words about an account-level token; the words are not relied on,
/// since nothing else in that request could be wrong.
fn identify<S: Transport + Clock>(client: &Client<S>, which: Which, missing: &mut Vec<String>) -> Result<Key> {
    let answer = match client.call_as(CHECK.who, &json!({}), which) {
        Err(error) if error.status == Some(400) => {
            return Ok(Key { kind: "account", user: None, read_only: probe(client, which, missing)? });
        }
        answer => tolerate(answer, missing)?,
    };
    let Some(success) = answer else { return Ok(Key { kind: "unknown", user: None, read_only: None }) };
    let user: Value = serde_json::from_str(&success.value).unwrap_or_default();
    let role = user.get("role").and_then(Value::as_str);
    let kept = ["id", "name", "email", "role", "time_zone"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), user.get(name)?.clone())));
    let read_only = role.map(|role| role.starts_with("read_only"));
    Ok(Key { kind: "user", user: Some(Value::Object(kept.collect())), read_only })
}

/// Whether the key is refused a write. None where that cannot be told.
fn probe<S: Transport + Clock>(client: &Client<S>, which: Which, missing: &mut Vec<String>) -> Result<Option<bool>> {
    if client.connection.access == Access::Read {
        return Ok(None);
    }
    let (probe, with) = CHECK.probe;
    match client.call_as(probe, &serde_json::from_str(with).unwrap_or_default(), which) {
        Err(error) if error.reason == Reason::Forbidden && !error.missing_scopes.is_empty() => {
            missing.extend(error.missing_scopes);
            Ok(None)
        }
        Err(error) if error.reason == Reason::Forbidden => Ok(Some(true)),
        // The plan may be looked at before the key.
        Err(error) if error.reason == Reason::Unlicensed => Ok(None),
        Err(error) if matches!(error.reason, Reason::Missing | Reason::Refused | Reason::Conflict) => Ok(Some(false)),
        Err(error) => Err(error),
        Ok(_) => Ok(Some(false)),
    }
}

/// Whether the main credential knows the user key's owner.
fn one_account<S: Transport + Clock>(
    client: &Client<S>,
    person: &Value,
    missing: &mut Vec<String>,
) -> Result<Option<bool>> {
    let (Some(id), Some(email)) = (person.get("id"), person.get("email")) else { return Ok(None) };
    match client.call_as(CHECK.person, &json!({"id": id}), Which::Main) {
        Err(error) if error.reason == Reason::Missing => Err(two_accounts()),
        answer => match tolerate(answer, missing)? {
            None => Ok(None),
            Some(success) => {
                let found: Value = serde_json::from_str(&success.value).unwrap_or_default();
                if found.get("email") == Some(email) { Ok(Some(true)) } else { Err(two_accounts()) }
            }
        },
    }
}

fn two_accounts() -> Box<Error> {
    Error::new(
        Reason::Unauthenticated,
        "the two keys belong to different accounts: take both from one account, or leave user_token out",
    )
}

/// A lack of scopes or of a plan is told, not an error.
fn tolerate<T>(answer: Result<T>, missing: &mut Vec<String>) -> Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.reason, Reason::Forbidden | Reason::Unlicensed) => {
            missing.extend(error.missing_scopes);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
