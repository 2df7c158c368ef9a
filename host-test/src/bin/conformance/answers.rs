//! The answers: every example answer of success in the documents goes through
//! the component, and what it makes of them is kept to be held against its
//! output schemas.
//!
//! Rule: they are answered in this process, and where a request would have
//! gone is held against the document as well.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use host_test::generate::{self, Extent};
use host_test::host::HostOptions;
use host_test::host::transport::{Transport, body};

use crate::Failure;
use crate::documents::{Answer, Operation};
use crate::findings::{Finding, Kind};
use crate::requests;

/// What became of the answers.
#[derive(Default)]
pub(crate) struct Answers {
    /// How many were read.
    pub(crate) read: usize,
    pub(crate) findings: Vec<Finding>,
}

/// The answer that comes next, and the host that was asked last.
#[derive(Default)]
struct Desk {
    status: u16,
    kind: Option<String>,
    bytes: Vec<u8>,
    asked: String,
}

/// Answers every operation with every example, and writes to `values` the
/// schemas and what came of the examples, a line each.
pub(crate) async fn answer(
    reached: &BTreeMap<String, String>,
    documents: &BTreeMap<String, Operation<'_>>,
    values: &Path,
) -> Result<Answers, Failure> {
    let desk = Arc::new(Mutex::new(Desk::default()));
    let serving = Arc::clone(&desk);
    let transport = Transport::custom(move |request| {
        let mut desk = serving.lock().unwrap_or_else(PoisonError::into_inner);
        desk.asked = request.uri().host().unwrap_or_default().to_owned();
        let mut answer = http::Response::new(body(desk.bytes.clone()));
        *answer.status_mut() = http::StatusCode::from_u16(desk.status).unwrap_or_default();
        if let Some(kind) = desk.kind.as_deref().and_then(|kind| http::HeaderValue::from_str(kind).ok()) {
            answer.headers_mut().insert(http::header::CONTENT_TYPE, kind);
        }
        async move { Ok(answer) }
    });
    let connector = requests::connector(HostOptions { transport, ..HostOptions::default() }).await?;
    let mut account = requests::Account::open(&connector, &json!({})).await?;
    let mut values = std::io::BufWriter::new(std::fs::File::create(values)?);
    let mut made = Answers::default();
    for (id, document) in reached {
        let Some(operation) = documents.get(document) else { continue };
        let detail = connector.describe(id).await?;
        let Some(given) = generate::of(&detail, Extent::Fewest).into_iter().next() else { continue };
        writeln!(values, "{{\"operation\":{},\"schema\":{}}}", json!(id), detail.output)?;
        for answer in operation.answers() {
            let example = name(&answer);
            *desk.lock().unwrap_or_else(PoisonError::into_inner) = Desk {
                status: answer.status,
                kind: answer.content.as_ref().map(|(kind, _)| (*kind).to_owned()),
                bytes: answer.content.as_ref().map_or_else(Vec::new, |(_, shown)| shown.value.to_string().into()),
                asked: String::new(),
            };
            let mut found = |kind, says| {
                let (operation, document, example) = (id.clone(), document.clone(), example.clone());
                made.findings.push(Finding { kind, operation, document, example, says });
            };
            match account.of(&detail.operation).call(id, &given.to_string()).await {
                Ok(output) => {
                    made.read += 1;
                    let value: Value = serde_json::from_str(&output.value)?;
                    if !holds(&answer, &value) {
                        found(Kind::Unread, "what it answers is no part of the example".to_owned());
                    }
                    writeln!(values, "{}", json!({"operation": id, "example": example, "value": value}))?;
                }
                Err(error) => found(Kind::Unread, error.to_string()),
            }
            let asked = desk.lock().unwrap_or_else(PoisonError::into_inner).asked.clone();
            if !operation.hosts.contains(&asked) {
                found(Kind::Host, format!("{asked} is asked, not {}", operation.hosts.join(", ")));
            }
        }
    }
    values.flush()?;
    Ok(made)
}

fn name(answer: &Answer<'_>) -> String {
    match &answer.content {
        Some((_, example)) => format!("{} {}", answer.status, example.name),
        None => answer.status.to_string(),
    }
}

/// Whether the value is the example or stands in it.
fn holds(answer: &Answer<'_>, value: &Value) -> bool {
    match &answer.content {
        None => value.is_null(),
        Some((_, example)) => {
            example.value == value || example.value.as_object().is_some_and(|of| of.values().any(|part| part == value))
        }
    }
}
