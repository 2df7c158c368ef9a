//! What a caller may ask of code: its format, names that were given before,
//! and which of the assets.
//!
//! Rule: a setting that nobody knows is refused.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::error::{Error, Reason, Result, said, suggestion};
use crate::time;

/// In what the code is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Hcl,
    Json,
    Pulumi,
    /// What a state would hold, for comparing.
    Values,
}

const FORMATS: [(&str, Format); 4] =
    [("hcl", Format::Hcl), ("json", Format::Json), ("pulumi", Format::Pulumi), ("values", Format::Values)];

/// The settings.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) format: Format,
    /// Names given before, by resource type and import id.
    pub(super) names: BTreeMap<String, BTreeMap<String, String>>,
    /// Seconds since 1970.
    pub(super) now: Option<i64>,
    /// Those alone are written, by kind and id; none: all.
    only: Option<BTreeMap<String, BTreeSet<String>>>,
}

impl Settings {
    /// # Errors
    /// `invalid`.
    pub(super) fn read(given: &str) -> Result<Settings> {
        let wrong = |why: String| Error::new(Reason::Invalid, format!("settings of codify: {why}"));
        let Ok(Value::Object(given)) = serde_json::from_str(given) else {
            return Err(wrong("a JSON object is expected, such as {\"format\":\"hcl\"}".to_owned()));
        };
        let mut settings = Settings { format: Format::Hcl, names: BTreeMap::new(), now: None, only: None };
        for (name, value) in given {
            match name.as_str() {
                "format" => {
                    let word = value.as_str().unwrap_or_default();
                    let found = FORMATS.iter().find(|(name, _)| *name == word);
                    let words = FORMATS.map(|(name, _)| format!("`{name}`")).join(", ");
                    settings.format = found.ok_or_else(|| wrong(format!("`format` is one of {words}")))?.1;
                }
                "names" => {
                    let example = "`names` takes {TYPE: {IMPORT ID: NAME}}, as a file of names that was written before";
                    settings.names = serde_json::from_value(value).map_err(|_| wrong(example.to_owned()))?;
                }
                "only" => {
                    let example = "`only` takes {KIND: [ID, …]}";
                    settings.only = Some(serde_json::from_value(value).map_err(|_| wrong(example.to_owned()))?);
                }
                "now" => {
                    let example = "`now` takes a time, such as \"2026-11-21T09:00:00Z\"";
                    let now = value.as_str().and_then(time::parse);
                    settings.now = Some(now.ok_or_else(|| wrong(example.to_owned()))?);
                }
                other => {
                    let hint = suggestion(other, ["format", "names", "now", "only"].into_iter());
                    return Err(wrong(format!("there is no setting `{}`{hint}", said(other))));
                }
            }
        }
        Ok(settings)
    }

    /// Whether this asset is to be written.
    pub(super) fn wanted(&self, kind: &str, id: &str) -> bool {
        let Some(only) = &self.only else { return true };
        only.get(kind).is_some_and(|ids| ids.contains(id))
    }
}

/// The settings as JSON Schema.
pub(crate) const SCHEMA: &str = r#"{"type":"object","additionalProperties":false,"properties":{
"format":{"type":"string","enum":["hcl","json","pulumi","values"],"default":"hcl","description":"Terraform's language or its JSON, a file for pulumi import, or what a state would hold"},
"names":{"type":"object","additionalProperties":{"type":"object","additionalProperties":{"type":"string"}},"description":"Names that were given before, by type and import id: they stay"},
"now":{"type":"string","format":"date-time","description":"What is over then is left out, where Terraform takes only what is to come"},
"only":{"type":"object","additionalProperties":{"type":"array","items":{"type":"string"}},"description":"Write these alone, by kind and id; the others lend their names"}}}"#;
