//! One account, opened: credentials, region and settings.
//!
//! Rule: pure. The credential leaves this module only as the value of an
//! `Authorization` header, and [`Connection::redact`] keeps it out of all else.

use serde_json::{Map, Value};

use crate::arguments::{fnv, is_email, object};
use crate::catalog::{Effect, Host, Key, Operation};
use crate::error::{Error, Reason, Result, Violation, said, suggestion};

/// A way to sign in.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) fields: &'static [CredentialField],
    pub(crate) steps: &'static [&'static str],
    /// What stands before and after the credential in `Authorization`.
    scheme: &'static str,
}

/// A field of a sign-in form. All of them are secrets.
#[derive(Debug)]
pub(crate) struct CredentialField {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) required: bool,
    pub(crate) note: &'static str,
}

/// The method whose credential is an OAuth access token.
const BEARER: &str = "bearer";

/// Every way to sign in. Sources: PagerDuty's developer documentation on
/// authentication (account keys, user keys, OAuth bearer tokens).
pub(crate) static METHODS: &[Method] = &[
    Method {
        id: "token",
        title: "API key",
        fields: &[
            CredentialField {
                name: "token",
                title: "API key",
                required: true,
                note: "A general access key (read-only is enough for reading), or your own user key.",
            },
            CredentialField {
                name: "user_token",
                title: "User API key",
                required: false,
                note: "Your own key beside the account's: changes are made in your name, and reads the account key is refused are tried with it.",
            },
        ],
        steps: &[
            "General access key (an admin): in PagerDuty open Integrations, then API Access Keys, then Create New API Key, and name it after this connection.",
            "Read-only key: the same page; tick Read-only API Key before creating it. It is enough for listing, walking and scanning.",
            "User key: open My Profile, then User Settings, then Create API User Token. It acts with your own permissions.",
            "Copy the key at once: PagerDuty shows it only then.",
        ],
        scheme: "Token token=",
    },
    Method {
        id: BEARER,
        title: "OAuth access token",
        fields: &[CredentialField {
            name: "access_token",
            title: "Access token",
            required: true,
            note: "A token that PagerDuty's OAuth service issued; it ends by itself, after a day as a rule.",
        }],
        steps: &[
            "In PagerDuty open Integrations, then App Registration, and register an app with Scoped OAuth.",
            "Choose the scopes it needs; each operation names the one it takes.",
            "Obtain an access token for the app or for a user, and give it here without the word Bearer.",
        ],
        scheme: "Bearer ",
    },
];

/// Where the account lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Region {
    Us,
    Eu,
}

/// What the connection may do, whatever its keys could.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Which of the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// The first: an account key, a user key or an access token.
    Main,
    /// The user key beside it.
    User,
}

impl Which {
    /// Its name in buckets of the rate limit and in answers of `check`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Which::Main => "main",
            Which::User => "user",
        }
    }
}

/// An account, opened. Holds the credential.
pub(crate) struct Connection {
    method: &'static Method,
    main: String,
    user: Option<String>,
    pub(crate) region: Region,
    pub(crate) access: Access,
    pub(crate) from: Option<String>,
    /// Items a page; none: as many as the operation allows.
    pub(crate) page_size: Option<u32>,
    /// Most time to wait in one call, in milliseconds.
    pub(crate) max_wait_ms: u64,
    /// Successive offset pages share a record.
    pub(crate) overlap: bool,
    /// Pages fetched before they are asked for.
    pub(crate) ahead: u32,
    /// Percent of each rate limit left to others on the key.
    pub(crate) rate_reserve: u32,
    /// `127.0.0.1:PORT` or `[::1]:PORT`, in place of PagerDuty's hosts.
    loopback: Option<String>,
    account: String,
}

/// The settings as JSON Schema. Text, since building the value in code took
/// more room than the text and the reading of it.
pub(crate) fn settings_schema() -> Value {
    serde_json::from_str(include_str!("connection/settings.json")).unwrap_or_default()
}

impl Connection {
    /// Checks credentials and settings. Sends nothing.
    pub(crate) fn open(method: &str, credentials: &[(String, String)], settings: &str) -> Result<Connection> {
        let method = METHODS.iter().find(|known| known.id == method).ok_or_else(|| {
            let known: Vec<&str> = METHODS.iter().map(|method| method.id).collect();
            Error::new(Reason::Invalid, format!("no such way to sign in; take one of {}", known.join(", ")))
        })?;
        let mut violations = Vec::new();
        for (name, value) in credentials {
            if !method.fields.iter().any(|field| field.name == name) {
                let near = suggestion(name, method.fields.iter().map(|field| field.name));
                violations
                    .push(Violation::new(said(name), format!("is no field of the sign-in form `{}`{near}", method.id)));
            } else if !value.bytes().all(|b| b.is_ascii_graphic()) {
                violations.push(Violation::new(
                    name,
                    "holds a space, a line break or a letter outside ASCII; copy the key alone",
                ));
            }
        }
        let credential =
            |name: &str| credentials.iter().rev().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.clone());
        for field in method.fields.iter().filter(|field| field.required && credential(field.name).is_none()) {
            violations.push(Violation::new(field.name, format!("is missing: {}", field.note)));
        }
        if !violations.is_empty() {
            return Err(Error::invalid("credentials", violations));
        }
        let mut settings = Settings { given: object("settings", settings)?, violations };
        let connection = Connection {
            method,
            main: method.fields.first().and_then(|field| credential(field.name)).unwrap_or_default(),
            user: credential("user_token"),
            region: if settings.word("region", &["us", "eu"]) == Some("eu".to_owned()) {
                Region::Eu
            } else {
                Region::Us
            },
            access: if settings.word("access", &["read", "write"]) == Some("read".to_owned()) {
                Access::Read
            } else {
                Access::Write
            },
            from: settings.text("from", "an e-mail address", is_email),
            page_size: settings.int("page_size", 2, 1000).and_then(|n| u32::try_from(n).ok()),
            max_wait_ms: settings.int("max_wait_s", 0, 3600).unwrap_or(60) * 1000,
            rate_reserve: settings.int("rate_reserve", 0, 90).and_then(|n| u32::try_from(n).ok()).unwrap_or(5),
            overlap: settings.flag("overlap").unwrap_or(true),
            ahead: settings.int("ahead", 0, 8).and_then(|n| u32::try_from(n).ok()).unwrap_or(4),
            loopback: settings
                .text("base_url", "http://127.0.0.1:PORT or http://[::1]:PORT", |text| loopback(text).is_some())
                .and_then(|text| loopback(&text).map(str::to_owned)),
            account: settings
                .text("account", "text of at most 128 characters", |text| text.len() <= 128)
                .unwrap_or_default(),
        };
        settings.finish()?;
        Ok(connection)
    }

    /// Scheme and authority for a host of the catalog.
    pub(crate) fn authority(&self, host: &'static Host) -> (bool, String) {
        match (&self.loopback, self.region) {
            (Some(loopback), _) => (false, loopback.clone()),
            (None, Region::Us) => (true, host.us.to_owned()),
            (None, Region::Eu) => (true, host.eu.to_owned()),
        }
    }

    /// Refuses what the setting `access`, or the way of signing in, does not allow.
    pub(crate) fn allow(&self, operation: &Operation) -> Result<()> {
        if operation.key == Key::Bearer && self.method.id != BEARER {
            let message = format!(
                "{} takes an OAuth access token, and this connection holds an API key; nothing was sent. Sign in by the method {BEARER}",
                operation.id
            );
            return Err(Error::new(Reason::Invalid, message));
        }
        match (self.access, operation.effect) {
            (Access::Write, _) | (Access::Read, Effect::Read) => Ok(()),
            (Access::Read, Effect::Write | Effect::Delete) => Err(Error::new(
                Reason::Invalid,
                format!(
                    "{} changes the account and this connection is opened to read only; nothing was sent. Open it with the setting access = write",
                    operation.id
                ),
            )),
        }
    }

    /// The credential an operation goes out with first, and the one that is
    /// tried when that is forbidden.
    pub(crate) fn keys(&self, operation: &Operation) -> (Option<Which>, Option<Which>) {
        match (operation.key, operation.effect, self.user.is_some()) {
            (Key::None, _, _) => (None, None),
            (Key::User, _, true) => (Some(Which::User), None),
            (Key::Either, Effect::Read, true) => (Some(Which::Main), Some(Which::User)),
            (Key::Either, Effect::Write | Effect::Delete, true) => (Some(Which::User), None),
            (Key::Account | Key::Bearer, _, _) | (_, _, false) => (Some(Which::Main), None),
        }
    }

    /// The value of the `Authorization` header.
    pub(crate) fn authorization(&self, which: Which) -> String {
        let credential = match which {
            Which::Main => &self.main,
            Which::User => self.user.as_ref().unwrap_or(&self.main),
        };
        format!("{}{credential}", self.method.scheme)
    }

    /// The field of the sign-in form that holds it, for messages.
    pub(crate) fn field(&self, which: Which) -> &'static str {
        match which {
            Which::Main => self.method.fields.first().map_or("token", |field| field.name),
            Which::User => "user_token",
        }
    }

    pub(crate) fn has_user_key(&self) -> bool {
        self.user.is_some()
    }

    /// What binds a cursor to this account and region.
    pub(crate) fn fingerprint(&self) -> u64 {
        let region = match self.region {
            Region::Us => "us",
            Region::Eu => "eu",
        };
        fnv(self.account.as_bytes(), fnv(region.as_bytes(), 7))
    }

    /// Takes the credentials out of an error, whoever put them there.
    pub(crate) fn redact(&self, error: Box<Error>) -> Box<Error> {
        let secrets = [Some(self.main.as_str()), self.user.as_deref()];
        error.without(secrets.into_iter().flatten())
    }
}

/// The authority of a loopback base URL, or none for anything else.
fn loopback(url: &str) -> Option<&str> {
    let authority = url.strip_prefix("http://")?;
    let port = authority.strip_prefix("127.0.0.1:").or_else(|| authority.strip_prefix("[::1]:"))?;
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    (digits && port.parse::<u16>().is_ok_and(|port| port > 0)).then_some(authority)
}

/// Reads settings one by one, collecting what is wrong.
struct Settings {
    given: Map<String, Value>,
    violations: Vec<Violation>,
}

impl Settings {
    fn take<T>(&mut self, name: &str, expected: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        // swap_remove would disturb the order of what is left for messages.
        let value = self.given.shift_remove(name)?;
        if value.is_null() {
            return None;
        }
        let read = read(&value);
        if read.is_none() {
            self.violations.push(Violation::new(name, format!("must be {expected}")));
        }
        read
    }

    fn text(&mut self, name: &str, expected: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
        self.take(name, expected, |value| value.as_str().filter(|text| fits(text)).map(str::to_owned))
    }

    fn word(&mut self, name: &str, words: &[&str]) -> Option<String> {
        self.text(name, &format!("one of {}", words.join(", ")), |text| words.contains(&text))
    }

    fn int(&mut self, name: &str, min: u64, max: u64) -> Option<u64> {
        self.take(name, &format!("a whole number from {min} to {max}"), |value| {
            value.as_u64().filter(|n| (min..=max).contains(n))
        })
    }

    fn flag(&mut self, name: &str) -> Option<bool> {
        self.take(name, "true or false", Value::as_bool)
    }

    fn finish(mut self) -> Result<()> {
        const NAMES: [&str; 10] = [
            "region",
            "access",
            "from",
            "page_size",
            "max_wait_s",
            "rate_reserve",
            "overlap",
            "ahead",
            "base_url",
            "account",
        ];
        for name in self.given.keys() {
            let near = suggestion(name, NAMES.into_iter());
            self.violations.push(Violation::new(said(name), format!("is no setting of this connector{near}")));
        }
        if self.violations.is_empty() { Ok(()) } else { Err(Error::invalid("settings", self.violations)) }
    }
}

#[cfg(test)]
mod tests;
