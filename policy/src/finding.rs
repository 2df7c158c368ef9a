//! What a rule says of an asset, and what of it is taken over.
//!
//! Rule: what a rule answers is bounded and typed before it is kept; a fingerprint
//! depends on what a finding is about, never on how it is put.

use regorus::Value;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::{Place, PolicyError};
use super::limits::Limits;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Should be looked at.
    Warning,
    /// Must be mended.
    Violation,
}

impl Severity {
    /// The word in annotations, settings and output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Violation => "violation",
        }
    }
}

impl std::str::FromStr for Severity {
    type Err = PolicyError;

    fn from_str(word: &str) -> Result<Self, PolicyError> {
        [Self::Info, Self::Warning, Self::Violation].into_iter().find(|severity| severity.word() == word).ok_or_else(
            || PolicyError::new(format!("there is no severity {word:?}; info, warning or violation would do")),
        )
    }
}

/// Something that a rule found about an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Id of the rule.
    pub rule: String,
    /// How grave it is.
    pub severity: Severity,
    /// Kind of the asset.
    pub kind: String,
    /// Id of the asset.
    pub id: String,
    /// Name of the asset; the provider's text.
    pub name: String,
    /// Where a person finds the asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Dotted path of the attribute that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// What was found; can hold the provider's text.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The same for the same finding in every check: 32 hexadecimal digits of account, rule,
    /// kind, id, attribute, and which of several it is.
    pub fingerprint: String,
    /// Why it is not held against the account, where the pack's settings waive it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
}

/// What a rule could not tell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Undetermined {
    /// Id of the rule.
    pub rule: String,
    /// Kind of the asset, or the kind that is missing.
    pub kind: String,
    /// Id of the asset; none where no asset of the rule could be judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Why.
    pub message: String,
}

/// A rule that did not come to its end: what it would have found is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Broken {
    /// Id of the rule.
    pub rule: String,
    /// Where it broke.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Kind and id of the asset that it broke on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset: Option<(String, String)>,
    /// Why.
    pub message: String,
}

/// What a rule answered of one finding.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Said {
    pub(super) attribute: Option<String>,
    pub(super) message: String,
    pub(super) remedy: Option<String>,
    /// Kind and id, where it is about another asset.
    pub(super) asset: Option<(String, String)>,
}

/// Takes over what a rule answered: a set or list of texts or objects.
///
/// # Errors
/// One sentence on what the rule answered and may not.
pub(super) fn said(value: &Value, limits: &Limits) -> Result<Vec<Said>, String> {
    let items: Vec<&Value> = match value {
        Value::Undefined => return Ok(Vec::new()),
        Value::Set(set) => set.iter().take(limits.findings + 1).collect(),
        Value::Array(list) => list.iter().take(limits.findings + 1).collect(),
        Value::Bool(false) => return Ok(Vec::new()),
        Value::Bool(true) => return Ok(vec![Said { message: "the rule denies it".into(), ..Said::default() }]),
        // `deny := "…"`, or a partial object of findings.
        Value::String(_) => vec![value],
        Value::Object(object)
            if object.get(&Value::from("message")).is_some() || object.get(&Value::from("msg")).is_some() =>
        {
            vec![value]
        }
        Value::Object(object) => object.iter().take(limits.findings + 1).map(|(_, item)| item).collect(),
        Value::Null | Value::Number(_) => {
            return Err("it answers no set of findings: `deny contains \"…\" if { … }` would do".into());
        }
    };
    if items.len() > limits.findings {
        return Err(format!("it finds more than {} things in one asset, the most that it may", limits.findings));
    }
    let mut said: Vec<Said> = items.into_iter().map(|item| one(item, limits)).collect::<Result<_, _>>()?;
    said.sort();
    Ok(said)
}

fn one(item: &Value, limits: &Limits) -> Result<Said, String> {
    let object = match item {
        Value::String(message) => {
            let message = bounded("message", message, limits)?;
            return Ok(Said { message, ..Said::default() });
        }
        Value::Object(object) => object,
        Value::Undefined | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Set(_) => {
            return Err("a finding is a text, or an object with `message`".into());
        }
    };
    if !nests_within(item, limits.nesting) {
        return Err(format!("a finding nests deeper than {} levels, the most that it may", limits.nesting));
    }
    let text = |key: &str| -> Result<Option<String>, String> {
        match object.get(&Value::from(key)) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => bounded(key, text, limits).map(Some),
            Some(_) => Err(format!("`{key}` of a finding is no text")),
        }
    };
    let message = match text("message")? {
        Some(message) => message,
        // As conftest has it.
        None => text("msg")?.ok_or("a finding has no `message`")?,
    };
    let asset = match object.get(&Value::from("asset")) {
        None | Some(Value::Null) => None,
        Some(asset) => {
            let part = |key: &str| match &asset[key] {
                Value::String(text) => bounded(key, text, limits),
                _ => Err(format!("`asset` of a finding has no text `{key}`")),
            };
            Some((part("kind")?, part("id")?))
        }
    };
    Ok(Said { message, attribute: text("attribute")?, remedy: text("remedy")?, asset })
}

fn bounded(what: &str, text: &str, limits: &Limits) -> Result<String, String> {
    if text.len() > limits.message_bytes {
        return Err(format!(
            "`{what}` of a finding has more than {} bytes, the most that it may",
            limits.message_bytes
        ));
    }
    Ok(text.to_owned())
}

fn nests_within(value: &Value, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else { return false };
    match value {
        Value::Array(list) => list.iter().all(|item| nests_within(item, below)),
        Value::Set(set) => set.iter().all(|item| nests_within(item, below)),
        Value::Object(object) => object.iter().all(|(key, item)| nests_within(key, below) && nests_within(item, below)),
        Value::Undefined | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// `nth` tells findings apart that are otherwise about the same.
pub(super) fn fingerprint(account: &str, finding: &Finding, nth: usize) -> String {
    let mut hash = Sha256::new();
    let nth = nth.to_string();
    let attribute = finding.attribute.as_deref().unwrap_or_default();
    for part in [account, &finding.rule, &finding.kind, &finding.id, attribute, &nth] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
