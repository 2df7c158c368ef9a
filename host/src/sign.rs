//! Signing in without letting the connector have the credential. The connector
//! gets a random placeholder for every secret field; on the way out the host
//! puts the real value back, in `Authorization` alone and for granted hosts
//! alone. A placeholder anywhere else leaves as it is, and is worth nothing.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderValue};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::contract::{AuthMethod, FieldKind};
use crate::error::Error;
use crate::loopback::loopback_origin;
use crate::spelling::Spellings;

/// How to sign in to one account.
#[derive(Debug, Clone, Default)]
pub struct Sign {
    /// Id of one of the connector's `auth_methods`, such as `token`.
    pub method: String,
    /// Field name and value of each field that is filled in.
    pub credentials: Vec<(String, Secret)>,
    /// Settings as a user writes them: a JSON object, or null for none. What is
    /// marked `x-host-only` in `identify().settings` is dropped from here.
    pub settings: Value,
    /// Settings that are the host's alone, such as its name for the account or
    /// a simulator's base URL: a JSON object, or null. Every URL in it must be a
    /// loopback base URL, and the host made with `allow_loopback`. `account`
    /// defaults to a digest of the first credential, if the connector has it.
    pub host_settings: Value,
}

/// A value that is never shown: `Debug` prints dots.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Secret(value.into())
    }

    /// The value itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Secret::new(value)
    }
}

/// The placeholders of one connection and what they stand for. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Placeholders(Arc<[Held]>);

/// One placeholder.
struct Held {
    placeholder: String,
    secret: Secret,
    spellings: Spellings,
}

impl fmt::Debug for Placeholders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|held| &held.placeholder)).finish()
    }
}

impl Placeholders {
    /// What the connector is given instead of `credentials`. Fields that the
    /// method does not know are taken for secret ones.
    pub(crate) fn replace(
        credentials: &[(String, Secret)],
        method: Option<&AuthMethod>,
    ) -> Result<(Vec<(String, String)>, Self), Error> {
        let mut given = Vec::with_capacity(credentials.len());
        let mut placeholders = Vec::new();
        for (name, value) in credentials {
            let shown = method
                .and_then(|method| method.fields.iter().find(|field| field.name == *name))
                .is_some_and(|field| field.kind != FieldKind::Secret);
            // An empty secret hides nothing, and the connector has to see that
            // it is missing.
            if shown || value.expose().is_empty() {
                given.push((name.clone(), value.expose().to_owned()));
                continue;
            }
            if !value.expose().bytes().all(|b| (0x21..0x7f).contains(&b)) {
                return Err(Error::Credential(format!(
                    "the credential `{name}` holds a space, a line break or another character \
                     that cannot be sent in a header: copy it again without them"
                )));
            }
            let placeholder = random_hex()?;
            given.push((name.clone(), placeholder.clone()));
            let spellings = Spellings::of(value.expose());
            placeholders.push(Held { placeholder, secret: value.clone(), spellings });
        }
        Ok((given, Placeholders(placeholders.into())))
    }

    /// The real credentials.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|held| held.secret.expose())
    }

    /// What each of them looks like where somebody repeats it.
    pub(crate) fn spellings(&self) -> impl Iterator<Item = &Spellings> {
        self.0.iter().map(|held| &held.spellings)
    }

    /// Puts the real credentials into `Authorization`. Call it for granted
    /// hosts only.
    pub(crate) fn sign(&self, headers: &mut HeaderMap) {
        let Some(value) = headers.get_mut(AUTHORIZATION) else {
            return;
        };
        if let Ok(text) = value.to_str()
            && self.0.iter().any(|held| text.contains(&held.placeholder))
        {
            let signed =
                self.0.iter().fold(text.to_owned(), |text, held| text.replace(&held.placeholder, held.secret.expose()));
            // Both parts were checked to be visible ASCII.
            if let Ok(signed) = HeaderValue::from_str(&signed) {
                *value = signed;
            }
        }
        value.set_sensitive(true);
    }
}

/// 128 random bits from the operating system, as 32 hexadecimal digits.
fn random_hex() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|why| Error::Host(format!("the system gives no randomness: {why}")))?;
    Ok(crate::hex(&bytes))
}

/// The settings the connector is given, as JSON, and the loopback origins that
/// the host's own part of them names.
pub(crate) fn settings(
    sign: &Sign,
    schema: &str,
    method: Option<&AuthMethod>,
    allow_loopback: bool,
) -> Result<(String, BTreeSet<SocketAddr>), Error> {
    let mut settings = object(&sign.settings, "settings")?;
    let host_only = host_only(schema);
    for name in &host_only {
        if settings.remove(name).is_some() {
            tracing::warn!(setting = %name, "dropped: this setting is the host's alone");
        }
    }
    let mut origins = BTreeSet::new();
    for (name, value) in object(&sign.host_settings, "host settings")? {
        if !host_only.contains(&name) {
            return Err(Error::Setup(format!(
                "the connector has no host-only setting `{name}`; it has: {}",
                host_only.iter().cloned().collect::<Vec<_>>().join(", ")
            )));
        }
        texts(&value, &mut |text| match loopback_origin(text) {
            Some(origin) if allow_loopback => {
                origins.insert(origin);
                Ok(())
            }
            None if !text.contains("://") => Ok(()),
            Some(_) => Err(Error::Setup(format!(
                "the setting `{name}` names a loopback address, which this host does not allow \
                 (`HostOptions::allow_loopback`)"
            ))),
            None => Err(Error::Setup(format!(
                "the setting `{name}` takes http://127.0.0.1:PORT or http://[::1]:PORT and \
                 nothing else"
            ))),
        })?;
        settings.insert(name, value);
    }
    if host_only.contains("account")
        && !settings.contains_key("account")
        && let Some(account) = account(&sign.credentials, method)
    {
        settings.insert("account".into(), account.into());
    }
    Ok((Value::Object(settings).to_string(), origins))
}

/// What the host calls an account that it was given no name for: cursors are
/// bound to it, so the same key resumes and another does not. The key is the one
/// of the method's first field that is filled in.
fn account(credentials: &[(String, Secret)], method: Option<&AuthMethod>) -> Option<String> {
    let named = |name: &str| credentials.iter().find(|(known, value)| known == name && !value.expose().is_empty());
    let (_, key) = method
        .into_iter()
        .flat_map(|method| &method.fields)
        .filter(|field| field.kind == FieldKind::Secret)
        .find_map(|field| named(&field.name))
        .or_else(|| credentials.iter().find(|(_, value)| !value.expose().is_empty()))?;
    let digest = Sha256::digest(format!("connector account\n{}", key.expose()));
    Some(crate::hex(&digest[..8]))
}

/// Names of the settings that `schema` marks `x-host-only`.
fn host_only(schema: &str) -> BTreeSet<String> {
    let schema: Value = serde_json::from_str(schema).unwrap_or_default();
    schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, property)| property["x-host-only"] == true)
        .map(|(name, _)| name.clone())
        .collect()
}

fn object(value: &Value, what: &str) -> Result<Map<String, Value>, Error> {
    match value {
        Value::Null => Ok(Map::new()),
        Value::Object(map) => Ok(map.clone()),
        _ => Err(Error::Setup(format!("the {what} must be a JSON object"))),
    }
}

/// Calls `each` on every text in `value`, however deep.
fn texts(value: &Value, each: &mut impl FnMut(&str) -> Result<(), Error>) -> Result<(), Error> {
    match value {
        Value::String(text) => each(text),
        Value::Array(items) => items.iter().try_for_each(|item| texts(item, each)),
        Value::Object(map) => map.values().try_for_each(|item| texts(item, each)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::CredentialField;
    use serde_json::json;

    fn method() -> AuthMethod {
        let field = |name: &str, kind| CredentialField {
            name: name.into(),
            title: String::new(),
            kind,
            required: true,
            choices: vec![],
            note: String::new(),
        };
        AuthMethod {
            id: "token".into(),
            title: String::new(),
            fields: vec![field("token", FieldKind::Secret), field("subdomain", FieldKind::Text)],
            steps: vec![],
            exchange: false,
        }
    }

    fn replaced(credentials: &[(&str, &str)]) -> Result<(Vec<(String, String)>, Placeholders), Error> {
        let credentials: Vec<_> =
            credentials.iter().map(|(name, value)| ((*name).to_owned(), Secret::from(*value))).collect();
        Placeholders::replace(&credentials, Some(&method()))
    }

    #[test]
    fn secrets_become_placeholders_and_come_back_in_authorization_only() {
        let (given, placeholders) =
            replaced(&[("token", "canary"), ("subdomain", "acme"), ("unknown", "also")]).unwrap();
        assert_eq!(given[1].1, "acme");
        for (_, value) in [&given[0], &given[2]] {
            assert_eq!(value.len(), 32);
            assert!(value.bytes().all(|b| b.is_ascii_hexdigit()));
        }
        assert_ne!(given[0].1, given[2].1);

        let mut headers = HeaderMap::new();
        let sent = format!("Token token={}", given[0].1);
        headers.insert(AUTHORIZATION, sent.parse().unwrap());
        headers.insert("x-copy", sent.parse().unwrap());
        placeholders.sign(&mut headers);
        assert_eq!(headers[AUTHORIZATION], "Token token=canary");
        assert!(headers[AUTHORIZATION].is_sensitive());
        assert_eq!(headers["x-copy"], sent);
        assert!(!format!("{placeholders:?}").contains("canary"));
    }

    #[test]
    fn a_secret_that_cannot_be_sent_is_named_and_not_shown() {
        for bad in ["two words", "line\nbreak", "naïve", "tab\t"] {
            let error = replaced(&[("token", bad)]).unwrap_err().to_string();
            assert!(error.contains("`token`") && !error.contains(bad), "{error}");
        }
        assert_eq!(replaced(&[("token", "")]).unwrap().0[0].1, "");
    }

    const SCHEMA: &str = r#"{"properties":{
        "region":{"type":"string"},
        "base_url":{"type":"string","x-host-only":true},
        "account":{"type":"string","x-host-only":true},
        "bases":{"type":"object","x-host-only":true}}}"#;

    fn check(user: Value, host: Value, allow: bool, expected: Result<Value, &str>) {
        let sign = Sign { settings: user, host_settings: host, ..Sign::default() };
        match (settings(&sign, SCHEMA, Some(&method()), allow), expected) {
            (Ok((text, _)), Ok(expected)) => {
                assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
            }
            (Err(error), Err(part)) => {
                assert!(error.to_string().contains(part), "{error}");
            }
            (got, expected) => panic!("{got:?} is not {expected:?}"),
        }
    }

    #[test]
    fn host_only_settings_come_from_the_host() {
        let base = json!({"base_url": "http://127.0.0.1:80"});
        let none = || Value::Null;
        check(none(), none(), false, Ok(json!({})));
        check(json!({"region": "eu"}), none(), false, Ok(json!({"region": "eu"})));
        check(base.clone(), none(), true, Ok(json!({})));
        check(none(), base.clone(), true, Ok(base.clone()));
        check(none(), base, false, Err("does not allow"));
        let account = json!({"account": "acme"});
        check(account.clone(), none(), false, Ok(json!({})));
        check(none(), account.clone(), false, Ok(account));
        check(none(), json!({"base_url": "http://evil.example:80"}), true, Err("nothing else"));
        check(none(), json!({"bases": {"rest": ["http://localhost:80"]}}), true, Err("nothing else"));
        check(none(), json!({"region": "eu"}), true, Err("no host-only setting"));
        check(json!([1]), none(), true, Err("must be a JSON object"));
    }

    #[test]
    fn the_account_is_told_by_its_first_key() {
        let account = |credentials: &[(&str, &str)], host: Value| {
            let credentials =
                credentials.iter().map(|(name, value)| ((*name).to_owned(), Secret::from(*value))).collect();
            let sign = Sign { credentials, host_settings: host, ..Sign::default() };
            let (text, _) = settings(&sign, SCHEMA, Some(&method()), false).unwrap();
            serde_json::from_str::<Value>(&text).unwrap()["account"].as_str().map(str::to_owned)
        };
        let first = account(&[("token", "canary")], Value::Null).unwrap();
        assert_eq!(first, crate::hex(&Sha256::digest("connector account\ncanary")[..8]));
        let told = |credentials| account(credentials, Value::Null);
        assert_eq!(told(&[("other", "x"), ("subdomain", "acme"), ("token", "canary")]), Some(first.clone()));
        assert_ne!(told(&[("token", "canary-2")]), Some(first));
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[("token", "")]), None);
        assert_eq!(account(&[("token", "canary")], json!({"account": "acme"})).unwrap(), "acme");
        // A connector that has no such setting is given none.
        let sign = Sign { credentials: vec![("token".into(), "canary".into())], ..Sign::default() };
        assert_eq!(settings(&sign, "{}", Some(&method()), false).unwrap().0, "{}");
    }
}
