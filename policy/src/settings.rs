//! `pack.toml`: what whoever runs a pack may set without touching its rules.
//!
//! Rule: what nothing reads is an error, at its line.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::PolicyError;
use super::finding::Severity;

/// Settings of a pack.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// By the id of the rule.
    #[serde(default)]
    pub(super) rules: BTreeMap<String, RuleSettings>,
    #[serde(default)]
    pub(super) waivers: Vec<Waiver>,
}

/// Settings of a rule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleSettings {
    pub(super) enabled: Option<bool>,
    pub(super) severity: Option<Severity>,
    #[serde(default)]
    pub(super) params: Map<String, Value>,
}

/// An asset that a rule's findings are not held against, and why.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Waiver {
    /// Id of the rule.
    pub(super) rule: String,
    /// Id of the asset.
    pub(super) asset: String,
    /// Why; it is shown with the finding.
    pub(super) reason: String,
    /// The last day that it holds (UTC), such as `2027-01-31`; for good without it.
    pub(super) until: Option<String>,
    #[serde(skip)]
    pub(super) last: Option<Date>,
}

/// Reads a `pack.toml`.
///
/// # Errors
/// At the line of what is not TOML, or not a setting.
pub(super) fn read(file: &str, text: &str) -> Result<Settings, PolicyError> {
    let mut settings: Settings = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| line_of(text, span.start));
        PolicyError::at(file, line, error.message().trim())
    })?;
    for waiver in &mut settings.waivers {
        let wrong = |what: &str| {
            PolicyError::at(file, 0, format!("the waiver of {} for {}: {what}", waiver.asset, waiver.rule))
        };
        if waiver.reason.trim().is_empty() {
            return Err(wrong("it needs a reason"));
        }
        if let Some(until) = &waiver.until {
            let date =
                until.parse().map_err(|_| wrong(&format!("until is {until:?}; a day such as 2027-01-31 would do")))?;
            waiver.last = Some(date);
        }
    }
    Ok(settings)
}

fn line_of(text: &str, offset: usize) -> u32 {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() as u32 + 1
}
