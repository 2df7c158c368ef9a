//! OPA's annotations: the YAML in comments after `# METADATA`.
//!
//! Rule: only what stands above the `package` line, or above a rule that finds, says
//! something about the rule; what cannot be read is an error at its line.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::PolicyError;
use super::finding::Severity;

/// What an annotation can say. OPA's other keys are let pass.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Annotation {
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) custom: Custom,
}

/// `custom` of an annotation: what this project adds. A key that nobody reads is an
/// error, since it is most often one that was mistyped.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Custom {
    pub(super) id: Option<String>,
    pub(super) severity: Option<Severity>,
    pub(super) kinds: Option<Vec<String>>,
    #[serde(default)]
    pub(super) needs: Vec<String>,
    #[serde(default)]
    pub(super) states: bool,
    pub(super) remedy: Option<String>,
    #[serde(default)]
    pub(super) params: Map<String, Value>,
}

/// An annotation and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Annotated {
    pub(super) line: u32,
    pub(super) annotation: Annotation,
    /// The first line of code below it.
    pub(super) subject: String,
}

/// All annotations of a file, in order.
///
/// # Errors
/// At the line of YAML that cannot be read, or says what it may not.
pub(super) fn annotations(file: &str, text: &str) -> Result<Vec<Annotated>, PolicyError> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at].trim_end() != "# METADATA" {
            at += 1;
            continue;
        }
        let first = at + 1;
        at = first;
        let mut yaml = String::new();
        while let Some(comment) = lines.get(at).and_then(|line| line.strip_prefix('#')) {
            yaml.push_str(comment.strip_prefix(' ').unwrap_or(comment));
            yaml.push('\n');
            at += 1;
        }
        let subject = lines[at..].iter().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
        found.push(Annotated {
            line: first as u32,
            annotation: read(file, first as u32, &yaml)?,
            subject: subject.map_or_else(String::new, |line| line.trim().to_owned()),
        });
    }
    Ok(found)
}

fn read(file: &str, line: u32, yaml: &str) -> Result<Annotation, PolicyError> {
    if yaml.trim().is_empty() {
        return Ok(Annotation::default());
    }
    let value = regorus::Value::from_yaml_str(yaml).map_err(|error| {
        let message = error.to_string();
        // `Failed to parse YAML: WHAT at line 3 column 5, …`, counted from the line below `# METADATA`.
        let (what, place) = message.split_once(" at line ").unwrap_or((&message, ""));
        let what = what.rsplit_once(": ").map_or(what, |(_, what)| what);
        let inside: u32 = place.split_whitespace().next().and_then(|line| line.parse().ok()).unwrap_or(0);
        PolicyError::at(file, line + inside, format!("the annotation is not YAML: {what}"))
    })?;
    let value = serde_json::to_value(&value).unwrap_or_default();
    serde_json::from_value(value)
        .map_err(|error| PolicyError::at(file, line, format!("the annotation cannot be used: {error}")))
}
