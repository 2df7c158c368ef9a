//! Which accounts are scanned: those of a configuration file, or the one that
//! the options and the environment name.
//!
//! Rule: keys come from files and the environment, never from the file itself;
//! a nickname is an account's alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use connector_host::inventory;
use connector_inventory::store;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::cli::{Access, Global, Region, ScanArgs};
use crate::commands::scan;
use crate::failure::{Failure, Result};
use crate::signin::{self, Keys};

/// Time between two looks for changes, where nobody says.
const CHANGES_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// The least time between the beginnings of two scans.
const LEAST_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// The least time between two looks for changes: each takes some requests.
const LEAST_CHANGES_EVERY: SignedDuration = SignedDuration::from_secs(1);

/// A configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    store: Option<String>,
    store_key: Option<PathBuf>,
    every: Option<String>,
    changes_every: Option<String>,
    listen: Option<String>,
    #[serde(default)]
    account: Vec<Entry>,
}

/// One account of it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    nickname: String,
    region: Option<String>,
    auth_method: Option<String>,
    token_file: Option<PathBuf>,
    token_env: Option<String>,
    user_token_file: Option<PathBuf>,
    user_token_env: Option<String>,
    base_url: Option<String>,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    without: Vec<String>,
    #[serde(default)]
    settings: toml::Table,
    #[serde(default)]
    scan: toml::Table,
}

/// What is scanned, and how.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) store: Option<String>,
    pub(crate) store_key: Option<PathBuf>,
    /// Time between the beginnings of two scans; none: once.
    pub(crate) every: Option<SignedDuration>,
    /// Time between two looks for changes; none: no look.
    pub(crate) changes_every: Option<SignedDuration>,
    pub(crate) listen: Option<std::net::SocketAddr>,
    pub(crate) accounts: Vec<Account>,
}

/// An account to scan.
#[derive(Debug)]
pub(crate) struct Account {
    /// None: its subdomain, once that is known.
    pub(crate) nickname: Option<String>,
    /// The options that its connection is opened with.
    pub(crate) global: Global,
    /// None with the simulator's keys, or where they could not be had.
    pub(crate) keys: Keys,
    /// Kinds that were asked for by name; none: the usual ones.
    pub(crate) kinds: Vec<String>,
    pub(crate) without: Vec<String>,
    /// Settings of the connector's scans.
    pub(crate) scan: Map<String, Value>,
}

/// What the options say.
pub(crate) fn plan(global: &Global, args: &ScanArgs) -> Result<Plan> {
    let mut plan = match &args.config {
        Some(path) => from_file(path, global, args)?,
        None => {
            args.nickname.as_deref().map_or(Ok(()), store::nickname)?;
            let keys = signin::keys(global, |name| std::env::var(name).ok())?;
            let account = Account {
                nickname: args.nickname.clone(),
                global: reading(global),
                keys,
                kinds: Vec::new(),
                without: Vec::new(),
                scan: Map::new(),
            };
            Plan {
                store: None,
                store_key: None,
                every: None,
                changes_every: None,
                listen: None,
                accounts: vec![account],
            }
        }
    };
    let settings = match &args.scan_settings {
        Some(text) => match crate::arguments::parse("the settings of the scan", text)? {
            Value::Object(settings) => settings,
            _ => Map::new(),
        },
        None => Map::new(),
    };
    for account in &mut plan.accounts {
        if !args.kind.is_empty() {
            account.kinds.clone_from(&args.kind);
        }
        account.without.extend(args.without.iter().cloned());
        account.scan.extend(settings.clone());
        inventory::whole_scan(&account.scan).map_err(scan::failed)?;
    }
    plan.store = args.store.store.clone().or(plan.store);
    plan.store_key = args.store.store_key.clone().or(plan.store_key);
    plan.listen = args.listen.or(plan.listen);
    timed(&mut plan, args)?;
    Ok(plan)
}

/// How often, by the options and else by the file; 0 is never.
fn timed(plan: &mut Plan, args: &ScanArgs) -> Result<()> {
    let read = |name: &str, text: &Option<String>| text.as_deref().map(|text| time(name, text)).transpose();
    let changes_every = read("--changes-every", &args.changes_every)?.or(plan.changes_every);
    let some = |every: Option<SignedDuration>| every.filter(|every| !every.is_zero());
    plan.every = some(read("--every", &args.every)?.or(plan.every));
    plan.changes_every = some(Some(changes_every.unwrap_or(CHANGES_EVERY)));
    if plan.every.is_none() && (args.listen.is_some() || args.changes_every.is_some()) {
        return Err(Failure::Usage("--listen and --changes-every are of a scan that goes on: give --every too".into()));
    }
    if plan.every.is_some_and(|every| every < LEAST_EVERY) {
        return Err(Failure::Usage("--every: a scan a minute is the most; give 1m or more, or 0 for one scan".into()));
    }
    if plan.changes_every.is_some_and(|every| every < LEAST_CHANGES_EVERY) {
        return Err(Failure::Usage(
            "--changes-every: a look a second is the most; give 1s or more, or 0 for none".into(),
        ));
    }
    Ok(())
}

/// A scan only reads, whatever else is asked for.
pub(crate) fn reading(global: &Global) -> Global {
    Global { access: Some(Access::Read), ..global.clone() }
}

/// What cannot be read and on which line, but nothing of what stands there: a
/// key may have been written into the wrong place.
fn unread(text: &str, why: &toml::de::Error) -> String {
    let message = why.message();
    let told = match message.starts_with("invalid") {
        // What was found is repeated in front of this.
        true => message.find("expected").and_then(|at| message.get(at..)).unwrap_or("another value is expected"),
        false => message,
    };
    let line = why.span().and_then(|span| text.get(..span.start)).map(|above| above.matches('\n').count() + 1);
    let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
    format!("{place}{}", told.trim().replace('\n', " "))
}

fn from_file(path: &Path, global: &Global, args: &ScanArgs) -> Result<Plan> {
    let wrong = |why: String| Failure::Usage(format!("{}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|why| wrong(why.to_string()))?;
    let file: File = toml::from_str(&text).map_err(|why| wrong(unread(&text, &why)))?;
    let mut seen = BTreeMap::new();
    for entry in &file.account {
        store::nickname(&entry.nickname).map_err(|why| wrong(why.to_string()))?;
        if seen.insert(entry.nickname.clone(), ()).is_some() {
            return Err(wrong(format!("the nickname {} stands twice: give each account its own", entry.nickname)));
        }
    }
    if file.account.is_empty() {
        return Err(wrong("there is no account in it: add [[account]] with nickname and token-file".into()));
    }
    if let Some(name) = args.account.iter().find(|name| !seen.contains_key(*name)) {
        let known: Vec<&str> = seen.keys().map(String::as_str).collect();
        return Err(Failure::Usage(format!("--account {name}: the configuration has {}", known.join(", "))));
    }
    let asked = |entry: &Entry| args.account.is_empty() || args.account.contains(&entry.nickname);
    let listen = file.listen.as_deref().map(str::parse).transpose();
    Ok(Plan {
        store: file.store.clone(),
        store_key: file.store_key.clone(),
        every: None,
        changes_every: None,
        listen: listen.map_err(|_| wrong("listen takes an address and a port, such as 127.0.0.1:9464".into()))?,
        accounts: file
            .account
            .into_iter()
            .filter(asked)
            .map(|entry| account(entry, global).map_err(|failure| named(path, failure)))
            .collect::<Result<_>>()?,
    })
    .and_then(|plan| {
        let read = |name: &str, text: &Option<String>| text.as_deref().map(|text| time(name, text)).transpose();
        let read = |name: &str, text| read(name, text).map_err(|failure| named(path, failure));
        let every = read("every", &file.every)?;
        let once = args.every.is_none() && every.is_none_or(|every| every.is_zero());
        if once && (file.listen.is_some() || file.changes_every.is_some()) {
            let what = if file.listen.is_some() { "listen" } else { "changes-every" };
            let why = format!("{what} is of a scan that goes on: add every = \"8h\", or give --every");
            return Err(wrong(why));
        }
        Ok(Plan { every, changes_every: read("changes-every", &file.changes_every)?, ..plan })
    })
}

/// The same failure, with the file it is about.
fn named(path: &Path, failure: Failure) -> Failure {
    match failure {
        Failure::Usage(why) => Failure::Usage(format!("{}: {why}", path.display())),
        Failure::SignIn(why) => Failure::SignIn(format!("{}: {why}", path.display())),
        other => other,
    }
}

fn account(entry: Entry, global: &Global) -> Result<Account> {
    let wrong = |why: String| Failure::Usage(format!("account {}: {why}", entry.nickname));
    let mut global = reading(global);
    global.region = match entry.region.as_deref() {
        None => global.region,
        Some("us") => Some(Region::Us),
        Some("eu") => Some(Region::Eu),
        Some(other) => return Err(wrong(format!("region is us or eu, not {other}"))),
    };
    if let Some(method) = entry.auth_method {
        global.auth_method = Some(method);
    }
    if let Some(url) = entry.base_url {
        global.base_url = Some(url);
    }
    if !entry.settings.is_empty() {
        global.settings = Some(json(&entry.settings).to_string());
    }
    let keys = match global.simulate {
        true => signin::keys(&global, |_| None)?,
        false => {
            let key = |file: &Option<PathBuf>, variable: &Option<String>| {
                signin::secret(file.as_deref(), variable.as_deref())
                    .map_err(|why| Failure::SignIn(format!("account {}: {why}", entry.nickname)))
            };
            let main = key(&entry.token_file, &entry.token_env)?;
            let user = key(&entry.user_token_file, &entry.user_token_env)?;
            let none = || {
                let why = "there is no key: give token-file, or token-env with the name of a variable";
                Failure::SignIn(format!("account {}: {why}", entry.nickname))
            };
            signin::both(main, user).ok_or_else(none)?
        }
    };
    let scan = match json(&entry.scan) {
        Value::Object(scan) => scan,
        _ => Map::new(),
    };
    Ok(Account { nickname: Some(entry.nickname), global, keys, kinds: entry.kinds, without: entry.without, scan })
}

fn json(table: &toml::Table) -> Value {
    serde_json::to_value(table).unwrap_or_default()
}

/// A time such as `8h`, `15m`, `1h 30m`.
pub(crate) fn time(what: &str, text: &str) -> Result<SignedDuration> {
    if text == "0" {
        return Ok(SignedDuration::ZERO);
    }
    let parsed = text.parse::<SignedDuration>().ok().filter(|time| !time.is_negative());
    parsed.ok_or_else(|| Failure::Usage(format!("{what} takes a time such as 8h, 15m or 90s, not `{text}`")))
}

#[cfg(test)]
mod tests;
