//! How a check is written down: for people, for programs, for pipelines.
//!
//! Rule: text of the provider and of rules is data in every format; what a terminal, a
//! viewer of SARIF or a reader of XML would act on is spelled out.

mod junit;
mod sarif;
mod table;
mod text;

use super::check::Check;
use super::error::PolicyError;
use super::finding::Severity;
use super::trial::Trial;

/// A way to write a check down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people. `room` is the columns of the terminal, if it is one: a finding then never wraps.
    Table {
        /// Columns of the terminal.
        room: Option<usize>,
    },
    /// Every field.
    Json,
    /// SARIF 2.1.0, which code scanners show.
    Sarif,
    /// JUnit XML, which pipelines show.
    Junit,
}

impl std::str::FromStr for Format {
    type Err = PolicyError;

    fn from_str(word: &str) -> Result<Self, PolicyError> {
        match word {
            "table" => Ok(Self::Table { room: None }),
            "json" => Ok(Self::Json),
            "sarif" => Ok(Self::Sarif),
            "junit" => Ok(Self::Junit),
            _ => Err(PolicyError::new(format!("there is no format {word:?}; table, json, sarif or junit would do"))),
        }
    }
}

/// Writes checks down, one of each account, as one document. In JUnit, findings from `fail_on` upwards are failures;
/// the others are skipped tests, as is what is waived or undetermined.
pub fn write(checks: &[Check], format: Format, fail_on: Option<Severity>) -> String {
    match format {
        Format::Table { room } => {
            let tables: Vec<String> = checks.iter().map(|check| table::check(check, room)).collect();
            tables.join("\n")
        }
        Format::Json => text::json(checks),
        Format::Sarif => text::json(&sarif::log(checks)),
        Format::Junit => junit::checks(checks, fail_on),
    }
}

/// Writes down what came of a pack's tests.
///
/// # Errors
/// For SARIF, which has no tests.
pub fn trials(trials: &[Trial], format: Format) -> Result<String, PolicyError> {
    match format {
        Format::Table { .. } => Ok(table::trials(trials)),
        Format::Json => Ok(text::json(trials)),
        Format::Junit => Ok(junit::trials(trials)),
        Format::Sarif => Err(PolicyError::new("tests have no SARIF; table, json or junit would do")),
    }
}
