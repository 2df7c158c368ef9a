//! SARIF 2.1.0: a result a finding, a notification for what could not be told.
//!
//! Rule: messages are `text`, never `markdown`, and escaped as 3.11 of the
//! specification has it; an asset is a logical location, and a path of its kind and id
//! where readers insist on a file.

use serde_json::{Value, json};

use super::text::{sarif, segment};
use crate::check::Check;
use crate::finding::{Finding, Severity};
use crate::pack::Rule;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A run for each check.
pub(super) fn log(checks: &[Check]) -> Value {
    json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": checks.iter().map(run).collect::<Vec<_>>() })
}

fn run(check: &Check) -> Value {
    let notifications: Vec<Value> = check
        .undetermined
        .iter()
        .map(|one| {
            let asset = one.id.as_ref().map(|id| format!("{} {id}: ", one.kind)).unwrap_or_default();
            notification("note", &one.rule, &format!("{asset}{}", one.message))
        })
        .chain(check.broken.iter().map(|one| {
            let place = one.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            notification("error", &one.rule, &format!("{place}{}", one.message))
        }))
        .collect();
    json!({
        "tool": { "driver": {
            "name": "connector policy",
            "version": env!("CARGO_PKG_VERSION"),
            "rules": check.rules.iter().map(descriptor).collect::<Vec<_>>(),
        }},
        "automationDetails": { "id": format!("policy/{}/", segment(&check.account)) },
        "invocations": [{
            "executionSuccessful": check.broken.is_empty(),
            "endTimeUtc": check.at,
            "toolExecutionNotifications": notifications,
        }],
        "results": check.findings.iter().map(|finding| result(check, finding)).collect::<Vec<_>>(),
    })
}

fn descriptor(rule: &Rule) -> Value {
    let mut descriptor = json!({
        "id": rule.id,
        "shortDescription": { "text": sarif(&rule.title) },
        "defaultConfiguration": { "level": level(rule.severity.unwrap_or(Severity::Violation)) },
        "properties": { "kinds": rule.kinds },
    });
    if !rule.description.is_empty() {
        descriptor["fullDescription"] = json!({ "text": sarif(&rule.description) });
    }
    if let Some(remedy) = &rule.remedy {
        descriptor["help"] = json!({ "text": sarif(remedy) });
    }
    descriptor
}

fn result(check: &Check, finding: &Finding) -> Value {
    let name = if finding.name.is_empty() { &finding.id } else { &finding.name };
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": check.rules.iter().position(|rule| rule.id == finding.rule).map_or(-1, |at| at as i64),
        "kind": "fail",
        "level": level(finding.severity),
        "message": { "text": sarif(&format!("{name}: {}", finding.message)) },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": format!("{}/{}", segment(&finding.kind), segment(&finding.id)) } },
            "logicalLocations": [{
                "name": finding.name,
                "fullyQualifiedName": format!("{}/{}", finding.kind, finding.id),
                "kind": "resource",
            }],
        }],
        "partialFingerprints": { "connectorFinding/v1": finding.fingerprint },
        "properties": { "attribute": finding.attribute, "url": finding.url, "remedy": finding.remedy },
    });
    if let Some(why) = &finding.waived {
        result["suppressions"] = json!([{ "kind": "external", "status": "accepted", "justification": why }]);
    }
    result
}

fn notification(level: &str, rule: &str, message: &str) -> Value {
    json!({ "level": level, "associatedRule": { "id": rule }, "message": { "text": sarif(message) } })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Violation => "error",
    }
}
