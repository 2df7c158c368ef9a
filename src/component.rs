//! The contract's exports: translate and delegate.
//!
//! Rule: no decision is taken here. Every error leaves through
//! [`outgoing_error`], with the credentials taken out.

// The contract's own error type, which cannot be boxed.
#![allow(clippy::result_large_err)]

use std::cell::RefCell;
use std::rc::Rc;

use crate::bindings::exports::saas::connector::{catalog as wit, inventory, session, triggers};
use crate::bindings::saas::connector::types;
use crate::catalog::{self, Effect, Listed, Operation, Stability};
use crate::client::{self, Client, Transport, Walk};
use crate::connection::{Connection, METHODS, settings_schema};
use crate::error::{Error, Reason, Violation};
use crate::rates::Rate;
use crate::transport::Wasi;
use crate::{account, choices, custom, inventory as scanning, schema, terraform, webhook};

mod extra;

/// The connector.
pub(crate) struct Component;

/// An account, opened.
pub(crate) struct Opened(Rc<Client<Wasi>>);

/// A walk under way, with the account it runs on.
pub(crate) struct Walking {
    client: Rc<Client<Wasi>>,
    walk: RefCell<Walk<<Wasi as Transport>::Pending>>,
}

impl wit::Guest for Component {
    fn identify() -> wit::Identity {
        let mut extra = serde_json::Map::new();
        extra.insert("scan_settings".to_owned(), scanning::settings_schema());
        terraform::extra(&mut extra);
        let hosts = catalog::HOSTS.iter().flat_map(|host| [host.us, host.eu]).map(str::to_owned);
        wit::Identity {
            id: "pagerduty".to_owned(),
            title: "PagerDuty".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            hosts: hosts.collect(),
            settings: settings_schema().to_string(),
            extra: serde_json::Value::Object(extra).to_string(),
        }
    }

    fn auth_methods() -> Vec<wit::AuthMethod> {
        let field = |field: &crate::connection::CredentialField| wit::CredentialField {
            name: field.name.to_owned(),
            title: field.title.to_owned(),
            kind: wit::FieldKind::Secret,
            required: field.required,
            choices: Vec::new(),
            note: field.note.to_owned(),
        };
        let method = |method: &crate::connection::Method| wit::AuthMethod {
            id: method.id.to_owned(),
            title: method.title.to_owned(),
            fields: method.fields.iter().map(field).collect(),
            steps: method.steps.iter().map(|step| (*step).to_owned()).collect(),
            exchange: false,
        };
        METHODS.iter().map(method).collect()
    }

    fn operations() -> Vec<wit::Operation> {
        let mut all = Vec::with_capacity(catalog::OPERATIONS.ids().count());
        let mut scratch = String::with_capacity(4096);
        all.extend(catalog::OPERATIONS.listed().map(|operation| outgoing_operation(&operation, &mut scratch)));
        all
    }

    fn describe(operation: String) -> Result<wit::Detail, types::Error> {
        let operation = client::operation(&operation).map_err(|error| outgoing_error(*error))?;
        Ok(detail(operation, schema::input(operation)))
    }
}

impl session::Guest for Component {
    type Connection = Opened;
    type Pages = Walking;

    fn authorize(_: String, _: Vec<(String, String)>, _: String) -> Result<session::Grant, types::Error> {
        Err(invalid("no way to sign in of this connector takes an exchange: give its fields to `connection.open`"))
    }
}

impl session::GuestConnection for Opened {
    fn open(
        method: String,
        credentials: Vec<(String, String)>,
        settings: String,
    ) -> Result<session::Connection, types::Error> {
        let connection = Connection::open(&method, &credentials, &settings).map_err(|error| outgoing_error(*error))?;
        Ok(session::Connection::new(Opened(Rc::new(Client::new(connection, Wasi)))))
    }

    fn check(&self) -> Result<String, types::Error> {
        self.answer(account::check(&self.0)).map(|report| report.to_string())
    }

    fn describe(&self, operation: String, arguments: String) -> Result<wit::Detail, types::Error> {
        let described = self.answer(custom::describe(&self.0, &operation, &arguments))?;
        let mut detail = detail(described.operation, described.input);
        if let (Some(account), Some(extra)) = (described.account, detail.operation.extra.strip_suffix('}')) {
            detail.operation.extra = format!("{extra},\"account\":{account}}}");
        }
        Ok(detail)
    }

    fn call(&self, operation: String, arguments: String) -> Result<session::Output, types::Error> {
        let output = self.answer(self.0.call(&operation, &arguments))?;
        Ok(session::Output {
            value: output.success.value,
            status: output.success.status,
            failures: output.success.failures.into_iter().map(outgoing_violation).collect(),
            request_id: output.success.request_id,
            rate: output.rate.map(outgoing_rate),
        })
    }

    fn walk(
        &self,
        operation: String,
        arguments: String,
        start: Option<String>,
    ) -> Result<session::Pages, types::Error> {
        let walk = self.answer(self.0.walk(&operation, &arguments, start.as_deref()))?;
        Ok(session::Pages::new(Walking { client: Rc::clone(&self.0), walk: RefCell::new(walk) }))
    }

    fn options(
        &self,
        operation: String,
        argument: String,
        arguments: String,
        search: String,
        start: Option<String>,
    ) -> Result<session::Choices, types::Error> {
        let found = choices::choices(&self.0, &operation, &argument, &arguments, &search, start.as_deref());
        let found = self.answer(found)?;
        let choice = |choice: choices::Choice| session::Choice { value: choice.value, label: choice.label };
        Ok(session::Choices { choices: found.choices.into_iter().map(choice).collect(), next: found.next })
    }

    fn observe(&self, rates: Vec<types::Rate>) {
        for rate in rates {
            let types::Rate { bucket, limit, remaining, reset_ms } = rate;
            self.0.observe(Rate { bucket, limit, remaining, reset_ms });
        }
    }
}

impl Opened {
    fn answer<T>(&self, result: crate::error::Result<T>) -> Result<T, types::Error> {
        result.map_err(|error| outgoing_error(*self.0.leaving(error)))
    }
}

impl session::GuestPages for Walking {
    fn next(&self) -> Result<Option<session::Page>, types::Error> {
        let page = self.client.next(&mut self.walk.borrow_mut());
        let page = page.map_err(|error| outgoing_error(*self.client.leaving(error)))?;
        Ok(page.map(|page| session::Page {
            items: page.items,
            count: page.count,
            total: page.total,
            next: page.next,
            request_id: page.request_id,
            rate: page.rate.map(outgoing_rate),
        }))
    }
}

impl triggers::Guest for Component {
    fn triggers() -> Vec<triggers::Trigger> {
        Vec::new()
    }

    fn poll(
        _: triggers::ConnectionBorrow<'_>,
        _: String,
        _: String,
        _: Option<String>,
    ) -> Result<triggers::Batch, types::Error> {
        Err(no_triggers())
    }

    fn subscribe(
        _: triggers::ConnectionBorrow<'_>,
        _: String,
        _: String,
        _: String,
    ) -> Result<triggers::Subscription, types::Error> {
        Err(no_triggers())
    }

    fn unsubscribe(_: triggers::ConnectionBorrow<'_>, _: String) -> Result<(), types::Error> {
        Err(no_triggers())
    }

    fn subscriptions(_: triggers::ConnectionBorrow<'_>) -> Result<String, types::Error> {
        Ok("[]".to_owned())
    }

    fn receive(
        secrets: Vec<String>,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Result<Vec<triggers::Event>, types::Error> {
        let events = webhook::receive(&secrets, &headers, &body).map_err(|error| outgoing_error(*error))?;
        let event = |webhook::Event { id, kind, at, subject, extra }| triggers::Event { id, kind, at, subject, extra };
        Ok(events.into_iter().map(event).collect())
    }
}

impl inventory::Guest for Component {
    fn kinds() -> Vec<inventory::Kind> {
        let kind = |kind: &'static catalog::Kind| inventory::Kind {
            id: kind.id.to_owned(),
            title: kind.title.to_owned(),
            terraform_type: kind.terraform.map(str::to_owned),
            extra: scanning::extra(kind).to_string(),
        };
        catalog::kinds().iter().map(kind).collect()
    }

    fn scan(
        on: inventory::ConnectionBorrow<'_>,
        kinds: Vec<String>,
        settings: String,
        start: Option<String>,
    ) -> Result<inventory::Slice, types::Error> {
        let opened: &Opened = on.get();
        let slice = opened.answer(scanning::scan(&opened.0, &kinds, &settings, start.as_deref()))?;
        let skipped = |skipped: scanning::Skipped| inventory::Skipped {
            kind: skipped.kind.to_owned(),
            why: outgoing_error(*opened.0.leaving(skipped.why)),
        };
        Ok(inventory::Slice {
            assets: slice.assets.into_iter().map(outgoing_asset).collect(),
            next: slice.next,
            skipped: slice.skipped.into_iter().map(skipped).collect(),
        })
    }

    fn codify(assets: Vec<inventory::Asset>, settings: String) -> Result<inventory::Codified, types::Error> {
        codified(&assets, &settings).map_err(|error| outgoing_error(*error))
    }
}

fn codified(assets: &[inventory::Asset], settings: &str) -> Result<inventory::Codified, Box<Error>> {
    let edges: Vec<Vec<terraform::Edge<'_>>> = assets
        .iter()
        .map(|asset| {
            asset.relations.iter().map(|of| terraform::Edge { name: &of.name, kind: &of.kind, id: &of.id }).collect()
        })
        .collect();
    let given: Vec<terraform::Asset<'_>> = assets
        .iter()
        .zip(&edges)
        .map(|(asset, relations)| terraform::Asset {
            kind: &asset.kind,
            id: &asset.id,
            name: &asset.name,
            attributes: &asset.attributes,
            relations,
        })
        .collect();
    let code = terraform::codify(&given, settings)?;
    let file = |terraform::File { name, content }| inventory::File { name, content };
    let left_out = |terraform::LeftOut { kind, id, why }| inventory::LeftOut { kind, id, why };
    Ok(inventory::Codified {
        files: code.files.into_iter().map(file).collect(),
        left_out: code.left_out.into_iter().map(left_out).collect(),
    })
}

fn no_triggers() -> types::Error {
    invalid("this connector has no triggers: `triggers` lists none. What a webhook delivers is read by `receive`")
}

fn outgoing_asset(asset: scanning::Asset) -> inventory::Asset {
    let relation =
        |scanning::Edge { name, kind, id }| inventory::Relation { name: name.to_owned(), kind: kind.to_owned(), id };
    let scanning::Asset { kind, id, name, url, attributes, relations } = asset;
    inventory::Asset {
        kind: kind.to_owned(),
        id,
        name,
        url,
        attributes,
        relations: relations.into_iter().map(relation).collect(),
        extra: "{}".to_owned(),
    }
}

fn invalid(message: &str) -> types::Error {
    outgoing_error(*Error::new(Reason::Invalid, message))
}

fn detail(operation: &'static Operation, input: serde_json::Value) -> wit::Detail {
    wit::Detail {
        operation: outgoing_operation(operation, &mut String::new()),
        input: input.to_string(),
        output: schema::output(operation).to_string(),
        sample: schema::sample(operation).to_string(),
    }
}

/// `scratch` is a buffer for texts under way.
fn outgoing_operation(operation: &Listed, scratch: &mut String) -> wit::Operation {
    scratch.clear();
    extra::write(operation, scratch);
    wit::Operation {
        id: operation.id.to_owned(),
        area: operation.area.id.to_owned(),
        title: operation.title.to_owned(),
        summary: operation.summary.to_owned(),
        effect: match operation.effect {
            Effect::Read => wit::Effect::Read,
            Effect::Write => wit::Effect::Write,
            Effect::Delete => wit::Effect::Delete,
        },
        stability: match operation.stability {
            Stability::Stable => wit::Stability::Stable,
            Stability::EarlyAccess => wit::Stability::EarlyAccess,
            Stability::Deprecated => wit::Stability::Deprecated,
        },
        idempotent: operation.idempotent,
        paged: operation.items().is_some(),
        scope: operation.scope.map(str::to_owned),
        extra: scratch.clone(),
    }
}

fn outgoing_rate(rate: Rate) -> types::Rate {
    let Rate { bucket, limit, remaining, reset_ms } = rate;
    types::Rate { bucket, limit, remaining, reset_ms }
}

fn outgoing_violation(violation: Violation) -> types::Violation {
    types::Violation { argument: violation.argument, message: violation.message }
}

fn outgoing_error(error: Error) -> types::Error {
    types::Error {
        reason: match error.reason {
            Reason::Invalid => types::Reason::Invalid,
            Reason::Unauthenticated => types::Reason::Unauthenticated,
            Reason::Forbidden => types::Reason::Forbidden,
            Reason::Unlicensed => types::Reason::Unlicensed,
            Reason::Missing => types::Reason::Missing,
            Reason::Conflict => types::Reason::Conflict,
            Reason::Refused => types::Reason::Refused,
            Reason::Throttled => types::Reason::Throttled,
            Reason::Unavailable => types::Reason::Unavailable,
            Reason::Incomplete => types::Reason::Incomplete,
            Reason::Unexpected => types::Reason::Unexpected,
            Reason::Blocked => types::Reason::Blocked,
        },
        message: error.message,
        violations: error.violations.into_iter().map(outgoing_violation).collect(),
        status: error.status,
        code: error.code,
        request_id: error.request_id,
        retry_after_ms: error.retry_after_ms,
        outcome_unknown: error.outcome_unknown,
        missing_scopes: error.missing_scopes,
        extra: serde_json::Value::Object(error.extra).to_string(),
    }
}
