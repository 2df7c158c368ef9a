//! Which key to sign in with. Keys come from the environment or a file, never
//! from an argument; with `--simulate` neither is even looked at, so that a
//! demonstration cannot page anybody.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use connector_host::{Connector, Grants, Secret, Sign};
use pagerduty_simulator::tokens;
use serde_json::{Map, Value, json};

use crate::arguments;
use crate::cli::{Access, Global, Region, SimulatedKey};
use crate::failure::{Failure, Result};

/// The hosts of PagerDuty, in both regions. What the connector does not ask for
/// is not granted either.
const PAGERDUTY: [&str; 8] = [
    "api.pagerduty.com",
    "api.eu.pagerduty.com",
    "app.pagerduty.com",
    "app.eu.pagerduty.com",
    "apps.eu.pagerduty.com",
    "events.pagerduty.com",
    "events.eu.pagerduty.com",
    "identity.pagerduty.com",
];

/// What to sign in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    main: Secret,
    user: Option<Secret>,
}

/// The keys that the options and the environment (`variable`) name.
pub(crate) fn keys(global: &Global, variable: impl Fn(&str) -> Option<String>) -> Result<Keys> {
    if global.simulate {
        return Ok(simulated(global.simulate_key, is_bearer(global)));
    }
    let variable = |name: &str| {
        variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()).map(Secret::new)
    };
    let main = match &global.token_file {
        Some(path) => Some(from_file(path)?),
        None => variable("PAGERDUTY_TOKEN"),
    };
    match (main, variable("PAGERDUTY_USER_TOKEN")) {
        (Some(main), user) => Ok(Keys { main, user }),
        // A user's key works alone as well.
        (None, Some(user)) => Ok(Keys { main: user, user: None }),
        (None, None) => Err(Failure::SignIn(
            "there is no key to sign in with.\n\
             Put one into the environment:\n\
             \x20 read -rs PAGERDUTY_TOKEN && export PAGERDUTY_TOKEN\n\
             or into a file for --token-file; `connector auth` tells where to get one.\n\
             Without a key, --simulate runs the same command on invented data."
                .into(),
        )),
    }
}

/// A key from a file or a variable of the environment; none where neither is
/// named.
pub(crate) fn secret(file: Option<&Path>, variable: Option<&str>) -> Result<Option<Secret>> {
    match (file, variable) {
        (Some(path), _) => from_file(path).map(Some),
        (None, Some(name)) => {
            let value = std::env::var(name).unwrap_or_default();
            match value.trim() {
                "" => Err(Failure::SignIn(format!("the environment has no {name}, which should hold a key"))),
                key => Ok(Some(Secret::new(key))),
            }
        }
        (None, None) => Ok(None),
    }
}

/// Keys of an account; none where there is no key at all.
pub(crate) fn both(main: Option<Secret>, user: Option<Secret>) -> Option<Keys> {
    match (main, user) {
        (Some(main), user) => Some(Keys { main, user }),
        (None, Some(user)) => Some(Keys { main: user, user: None }),
        (None, None) => None,
    }
}

fn is_bearer(global: &Global) -> bool {
    global.auth_method.as_deref() == Some("bearer")
}

fn simulated(key: SimulatedKey, bearer: bool) -> Keys {
    let (main, user) = match key {
        SimulatedKey::AccountAndUser if bearer => (tokens::BEARER, None),
        SimulatedKey::User if bearer => (tokens::BEARER_USER, None),
        SimulatedKey::ReadOnly | SimulatedKey::LimitedUser if bearer => (tokens::BEARER_NARROW, None),
        SimulatedKey::Account if bearer => (tokens::BEARER, None),
        SimulatedKey::AccountAndUser => (tokens::ACCOUNT, Some(tokens::USER)),
        SimulatedKey::Account => (tokens::ACCOUNT, None),
        SimulatedKey::ReadOnly => (tokens::READ_ONLY, None),
        SimulatedKey::User => (tokens::USER, None),
        SimulatedKey::LimitedUser => (tokens::USER_LIMITED, None),
        SimulatedKey::Unknown => ("a-key-nobody-knows", None),
    };
    Keys { main: main.into(), user: user.map(Secret::from) }
}

/// The first line of a file.
fn from_file(path: &Path) -> Result<Secret> {
    let failed = |why: String| Failure::SignIn(format!("cannot read a key from {}: {why}", path.display()));
    let file = std::fs::File::open(path).map_err(|why| failed(why.to_string()))?;
    let about = file.metadata().map_err(|why| failed(why.to_string()))?;
    if about.is_file() && about.mode() & 0o004 != 0 {
        tell!("warning: every user of this machine can read {0}; `chmod 600 {0}` keeps the key yours", path.display());
    }
    let mut line = String::new();
    BufReader::new(file).read_line(&mut line).map_err(|why| failed(why.to_string()))?;
    match line.trim() {
        "" => Err(failed("its first line holds no key".into())),
        key => Ok(Secret::new(key)),
    }
}

/// How to sign in to `connector` with these keys, at `base_url` if there is one.
/// `wishes` are settings: each is asked for where the connector has it and the
/// user has not set it.
pub(crate) fn sign(
    global: &Global,
    keys: Keys,
    connector: &Connector,
    base_url: Option<&str>,
    wishes: &[(&str, u64)],
) -> Result<Sign> {
    let methods = connector.auth_methods();
    let method = match &global.auth_method {
        Some(id) => methods.iter().find(|method| method.id == *id),
        None => methods.first(),
    };
    let Some(method) = method else {
        let known: Vec<_> = methods.iter().map(|method| method.id.as_str()).collect();
        return Err(Failure::Usage(format!(
            "there is no way to sign in called `{}`; there is {}",
            global.auth_method.as_deref().unwrap_or_default(),
            known.join(", ")
        )));
    };
    let schema: Value = serde_json::from_str(&connector.identify().settings).unwrap_or_default();
    let knows = |setting: &str| schema["properties"][setting].is_object();

    let mut settings = settings(global)?;
    for (name, value) in wishes.iter().filter(|(name, _)| knows(name)) {
        settings.entry(*name).or_insert((*value).into());
    }
    let mut host_settings = Map::new();
    if let Some(url) = base_url {
        host_settings.insert("base_url".into(), url.into());
    }
    let mut credentials = Vec::new();
    if let Some(first) = method.fields.first() {
        credentials.push((first.name.clone(), keys.main));
    }
    if let Some(user) = keys.user
        && method.fields.iter().any(|field| field.name == "user_token")
    {
        credentials.push(("user_token".into(), user));
    }
    Ok(Sign {
        method: method.id.clone(),
        credentials,
        settings: Value::Object(settings),
        host_settings: Value::Object(host_settings),
    })
}

/// `--settings`, and what has an option of its own on top of it.
fn settings(global: &Global) -> Result<Map<String, Value>> {
    let mut settings = match &global.settings {
        Some(text) => match arguments::parse("the settings", text)? {
            Value::Object(map) => map,
            _ => Map::new(),
        },
        None => Map::new(),
    };
    let region = global.region.map(|region| match region {
        Region::Us => json!("us"),
        Region::Eu => json!("eu"),
    });
    let access = global.access.map(|access| match access {
        Access::Read => json!("read"),
        Access::Write => json!("write"),
    });
    let from = global.from.as_ref().map(|from| json!(from));
    for (name, value) in [("region", region), ("access", access), ("from", from)] {
        if let Some(value) = value {
            settings.insert(name.into(), value);
        }
    }
    Ok(settings)
}

/// What the connector may call: nothing beyond loopback with a simulator.
pub(crate) fn grants(global: &Global, connector: &Connector, loopback: bool) -> Grants {
    let hosts = match (&global.grant[..], loopback) {
        (_, true) => Vec::new(),
        ([], false) => PAGERDUTY.map(str::to_owned).to_vec(),
        (hosts, false) => hosts.to_vec(),
    };
    Grants { hosts, sha256: Some(connector.sha256().to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn check(global: &Global, variables: &[(&str, &str)], expected: Option<(&str, Option<&str>)>) {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match (keys(global, variable), expected) {
            (Ok(keys), Some((main, user))) => {
                assert_eq!(keys.main.expose(), main);
                assert_eq!(keys.user.as_ref().map(Secret::expose), user);
            }
            (Err(failure), None) => assert_eq!(failure.code(), 3, "{failure}"),
            (got, expected) => panic!("{got:?} is not {expected:?}"),
        }
    }

    #[test]
    fn keys_come_from_the_environment() {
        let global = Global::default();
        check(&global, &[("PAGERDUTY_TOKEN", " t\n")], Some(("t", None)));
        let both = [("PAGERDUTY_TOKEN", "t"), ("PAGERDUTY_USER_TOKEN", "u")];
        check(&global, &both, Some(("t", Some("u"))));
        check(&global, &both[1..], Some(("u", None)));
        check(&global, &[], None);
        check(&global, &[("PAGERDUTY_TOKEN", "  ")], None);
    }

    #[test]
    fn a_simulation_never_looks_at_real_keys() {
        let both = [("PAGERDUTY_TOKEN", "real"), ("PAGERDUTY_USER_TOKEN", "real")];
        let with = |key| Global {
            simulate: true,
            simulate_key: key,
            token_file: Some("/no/such/file".into()),
            ..Global::default()
        };
        for (key, main, user) in [
            (SimulatedKey::AccountAndUser, tokens::ACCOUNT, Some(tokens::USER)),
            (SimulatedKey::Account, tokens::ACCOUNT, None),
            (SimulatedKey::ReadOnly, tokens::READ_ONLY, None),
            (SimulatedKey::User, tokens::USER, None),
            (SimulatedKey::LimitedUser, tokens::USER_LIMITED, None),
            (SimulatedKey::Unknown, "a-key-nobody-knows", None),
        ] {
            check(&with(key), &both, Some((main, user)));
        }
        let bearer = Global { auth_method: Some("bearer".into()), ..with(SimulatedKey::default()) };
        check(&bearer, &both, Some((tokens::BEARER, None)));
    }

    #[test]
    fn keys_come_from_the_first_line_of_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let global = Global { token_file: Some(file.path().to_owned()), ..Global::default() };
        check(&global, &[("PAGERDUTY_TOKEN", "t")], None);
        std::fs::write(file.path(), "f\r\nignored\n").unwrap();
        for mode in [0o600, 0o644] {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(file.path(), permissions).unwrap();
            check(&global, &[("PAGERDUTY_TOKEN", "t")], Some(("f", None)));
        }
        let missing = Global { token_file: Some("/no/such/file".into()), ..Global::default() };
        check(&missing, &[("PAGERDUTY_TOKEN", "t")], None);
    }

    #[test]
    fn options_go_above_settings() {
        let global = Global {
            settings: Some(r#"{"region": "us", "page_size": 5}"#.into()),
            region: Some(Region::Eu),
            access: Some(Access::Read),
            from: Some("a@b.example".into()),
            ..Global::default()
        };
        assert_eq!(
            Value::Object(settings(&global).unwrap()),
            json!({"region": "eu", "page_size": 5, "access": "read", "from": "a@b.example"})
        );
    }
}
