//! The requests: each operation with the fewest arguments, with all, with those
//! of the documents' examples and with some by chance, through the component to the judge.
//!
//! Rule: what is made from the connector's own schema must be taken by it; what
//! the documents show may be refused, and that is a finding.

use std::collections::BTreeMap;

use serde_json::Value;

use host_test::fire;
use host_test::generate::{self, Extent};
use host_test::host::contract::{self, Detail, Reason};
use host_test::host::{Connection, Connector, Error, Grants, Host, HostOptions, Secret, Sign};

use crate::Failure;
use crate::documents::Operation;
use crate::findings::{Finding, Kind};
use crate::inverse::{self, Attempt, Learned, Takes};
use crate::judge::Judge;

/// What became of the requests.
#[derive(Default)]
pub(crate) struct Requests {
    /// How many were made from schemas.
    pub(crate) generated: usize,
    /// How many were made from the documents' examples.
    pub(crate) shown: usize,
    /// How many were made by chance.
    pub(crate) chance: usize,
    /// How many the judge's own list excuses.
    pub(crate) allowed: usize,
    pub(crate) findings: Vec<Finding>,
    /// Every request that was not made by chance, in the judge's order.
    pub(crate) sent: Vec<Sent>,
    /// The operation of the document that an operation of the catalog reaches.
    pub(crate) reached: BTreeMap<String, String>,
}

/// A request that the judge saw.
pub(crate) struct Sent {
    pub(crate) operation: String,
    pub(crate) document: String,
    pub(crate) example: String,
    pub(crate) body: Value,
}

/// A host with the component, its code compiled once for all that use it here.
pub(crate) async fn connector(options: HostOptions) -> Result<Connector, Error> {
    let compiled = host_test::component().with_file_name("compiled");
    Host::new(HostOptions { pooling: false, cache_dir: Some(compiled), ..options })?.load(host_test::component()).await
}

/// One account, signed in to in every way.
pub(crate) struct Account {
    by_key: Connection,
    by_oauth: Connection,
}

impl Account {
    pub(crate) async fn open(connector: &Connector, host_settings: &Value) -> Result<Self, Error> {
        let sign = |method: &str, credentials: &[(&str, &str)]| Sign {
            method: method.into(),
            credentials: credentials.iter().map(|(name, value)| ((*name).into(), Secret::from(*value))).collect(),
            settings: serde_json::json!({"from": "ada@example.com"}),
            host_settings: host_settings.clone(),
        };
        let keys = sign("token", &[("token", "u+testtesttest"), ("user_token", "u+testtestuser")]);
        let oauth = sign("bearer", &[("access_token", "testtestaccess")]);
        let grants = Grants { hosts: connector.identify().hosts.clone(), sha256: None };
        let (by_key, by_oauth) = (connector.open(&keys, &grants).await?, connector.open(&oauth, &grants).await?);
        Ok(Self { by_key, by_oauth })
    }

    /// The connection whose credential the operation takes.
    pub(crate) fn of(&mut self, operation: &contract::Operation) -> &mut Connection {
        if generate::needs_oauth(operation) { &mut self.by_oauth } else { &mut self.by_key }
    }
}

/// Arguments by chance for each operation, and what they are called.
const ROUNDS: u64 = 16;
const CHANCE: &str = "by chance";

/// Sends to the judge.
pub(crate) struct Sender {
    judge: Judge,
    connector: Connector,
    account: Account,
    pub(crate) made: Requests,
}

impl Sender {
    pub(crate) async fn new(judge: Judge) -> Result<Self, Failure> {
        let connector = connector(HostOptions { allow_loopback: true, ..HostOptions::default() }).await?;
        let account = Account::open(&connector, &serde_json::json!({ "base_url": judge.url })).await?;
        Ok(Self { judge, connector, account, made: Requests::default() })
    }

    /// Every operation with the fewest arguments, with all, and with those that its document shows.
    pub(crate) async fn all(&mut self, documents: &BTreeMap<String, Operation<'_>>) -> Result<(), Failure> {
        for operation in self.connector.operations().await? {
            let detail = self.connector.describe(&operation.id).await?;
            let mut learned = Learned::default();
            for (extent, word) in [(Extent::Fewest, "fewest"), (Extent::All, "all")] {
                for given in generate::of(&detail, extent) {
                    let records = self.taken(&operation, word, &given).await?;
                    self.made.generated += records.len();
                    records.iter().for_each(|record| learned.see(&given, record));
                }
            }
            // A feed sends what another operation sends.
            if let (false, Some(document)) = (generate::is_feed(&operation), documents.get(&learned.document)) {
                self.shown(&detail, &learned, document).await?;
                self.made.reached.insert(operation.id, learned.document);
            }
        }
        Ok(())
    }

    /// Every operation with arguments by chance.
    pub(crate) async fn by_chance(&mut self) -> Result<(), Failure> {
        for operation in self.connector.operations().await? {
            let detail = self.connector.describe(&operation.id).await?;
            for given in fire::judged(&detail, 1, ROUNDS) {
                self.made.chance += self.taken(&operation, CHANCE, &given).await?.len();
            }
        }
        Ok(())
    }

    /// Calls with arguments that the connector must take.
    async fn taken(
        &mut self,
        operation: &contract::Operation,
        example: &str,
        given: &Value,
    ) -> Result<Vec<Value>, Failure> {
        match self.call(operation, example, given).await? {
            (violations, records) if violations.is_empty() => Ok(records),
            (violations, _) => Err(format!("{} was not sent: {violations:?}", operation.id).into()),
        }
    }

    /// Every request that the document shows for one operation.
    async fn shown(&mut self, detail: &Detail, learned: &Learned, document: &Operation<'_>) -> Result<(), Failure> {
        let schema: Value = serde_json::from_str(&detail.input)?;
        let id = &detail.operation.id;
        for attempt in learned.attempts(document, &|name| takes(&schema, name)) {
            let (violations, records) =
                self.call(&detail.operation, &attempt.example, &attempt.arguments.clone().into()).await?;
            self.made.shown += 1;
            let changed = records.iter().flat_map(|record| changed(&attempt, record));
            let refused = attempt.lost.iter().cloned().chain(violations).map(|says| (Kind::Refused, says));
            let found: Vec<_> = refused.chain(changed.map(|says| (Kind::Changed, says))).collect();
            for (kind, says) in found {
                self.found(kind, id, &learned.document, &attempt.example, says);
            }
        }
        Ok(())
    }

    /// Calls once. What the connector itself finds wrong with the arguments,
    /// and the judge's records.
    async fn call(
        &mut self,
        operation: &contract::Operation,
        example: &str,
        given: &Value,
    ) -> Result<(Vec<String>, Vec<Value>), Failure> {
        let id = operation.id.as_str();
        let answer = self.account.of(operation).call(id, &given.to_string()).await;
        let records = self.judge.written()?;
        let document = records.first().and_then(|record| record["operation"].as_str()).unwrap_or_default().to_owned();
        for record in &records {
            if example != CHANCE {
                self.made.sent.push(Sent {
                    operation: id.to_owned(),
                    document: document.clone(),
                    example: example.to_owned(),
                    body: record["body"].clone(),
                });
            }
            for violation in record["violations"].as_array().into_iter().flatten() {
                match violation["severity"].as_str() {
                    Some("allowed") => self.made.allowed += 1,
                    // A note says that a read-only field is sent, that an operation is deprecated.
                    Some("note") => {}
                    _ => self.found(Kind::Violation, id, &document, example, violation["message"].to_string()),
                }
            }
        }
        let mut violations = Vec::new();
        match answer {
            Err(Error::Connector(error)) if error.reason == Reason::Invalid => {
                let told = error.violations.iter();
                violations.extend(told.map(|violation| format!("{}: {}", violation.argument, violation.message)));
                if violations.is_empty() {
                    violations.push(error.message.clone());
                }
            }
            // The judge answers with the documents' own examples.
            Err(Error::Connector(error)) => {
                self.found(Kind::Unread, id, &document, example, format!("{:?}: {}", error.reason, error.message));
            }
            Err(other) => return Err(format!("{id}: {other}").into()),
            Ok(_) if records.is_empty() => return Err(format!("{id} answered and sent nothing").into()),
            Ok(_) => {}
        }
        Ok((violations, records))
    }

    fn found(&mut self, kind: Kind, id: &str, document: &str, example: &str, says: String) {
        let (operation, document) = (id.to_owned(), document.to_owned());
        self.made.findings.push(Finding { kind, operation, document, example: example.to_owned(), says });
    }
}

/// What an input schema says of an argument, or one of its shapes.
fn takes(schema: &Value, name: &str) -> Takes {
    let shapes = std::iter::once(schema).chain(schema["oneOf"].as_array().into_iter().flatten());
    match shapes.filter_map(|shape| shape["properties"].get(name)).next() {
        None => Takes::Nothing,
        Some(property) if property["type"] == "array" => Takes::List,
        Some(_) => Takes::Other,
    }
}

/// Where a request is not what the document shows.
fn changed(attempt: &Attempt<'_>, record: &Value) -> Vec<String> {
    let mut found = attempt.body.map_or_else(Vec::new, |body| inverse::differences(body, &record["body"]));
    let target = record["target"].as_str().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs: Vec<(String, String)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (plain(name), plain(value)))
        .collect();
    for (name, value) in &attempt.shown {
        let shown = match value {
            Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
            value => text(value),
        };
        let sent: Vec<&str> = pairs.iter().filter(|(sent, _)| sent == name).map(|(_, value)| value.as_str()).collect();
        let in_path = sent.is_empty() && path.split('/').any(|part| plain(part) == shown);
        if !in_path && sent.join(",") != shown {
            found.push(format!("{name}: {} is sent for {shown}", sent.join(",")));
        }
    }
    found
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A part of a URL without its percent signs.
fn plain(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut bytes: Vec<u8> = parts.next().unwrap_or_default().into();
    for part in parts {
        let (hex, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        bytes.extend(u8::from_str_radix(hex, 16).ok());
        bytes.extend(rest.bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
