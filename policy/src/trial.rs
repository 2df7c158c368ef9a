//! A pack's own tests: the rules of it whose names begin with `test_`.
//!
//! Rule: a test passes when it is true, as under `opa test`; one that is undefined or
//! breaks does not.

use jiff::Timestamp;
use regorus::Value;
use serde::Serialize;

use super::error::{Place, PolicyError};
use super::inventory::object;
use super::pack::Pack;
use super::run::{self, Lost, PATIENCE};

/// What came of one test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// Package and name, such as `connector.service_without_team_test.test_finds`.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Why it did not pass; none when it did.
    pub failed: Option<String>,
}

/// Runs the tests of a pack that was loaded with them.
///
/// `now` is the time that they are given. `data.params` are those of the rule of the same package,
/// or of the package without `_test`; `data.inventory` is empty unless a test gives one.
///
/// # Errors
/// When no test is there at all.
pub fn test(pack: &Pack, now: Timestamp) -> Result<Vec<Trial>, PolicyError> {
    if pack.tests.is_empty() {
        return Err(PolicyError::new(
            "the pack has no test; a rule whose name begins with test_, in a file *_test.rego, would do",
        ));
    }
    let (tests, limits, engine) = (pack.tests.clone(), pack.limits.clone(), pack.engine.clone());
    let rules: Vec<_> = pack.rules.values().map(|rule| (rule.package.clone(), rule.params.clone())).collect();
    let result = run::bounded(&pack.limits, || {
        run::apart(pack.limits.time.saturating_mul(PATIENCE), move |progress| {
            let start = std::time::Instant::now();
            let mut trials = Vec::new();
            for (at, test) in tests.iter().enumerate() {
                progress.step(at, 0);
                let of = test.package.strip_suffix("_test").unwrap_or(&test.package);
                let params = rules.iter().find(|(package, _)| package == of).map(|(_, params)| params.clone());
                let path = format!("data.{}.{}", test.package, test.name);
                let ran = if start.elapsed() > limits.total_time {
                    Err(PolicyError::new(format!("not run: all tests may take {:?}", limits.total_time)))
                } else {
                    run::engine(&engine, &limits, now, &params.unwrap_or_default(), nothing())
                        .and_then(|mut engine| run::evaluate(&mut engine, &path, &limits))
                };
                let failed = match ran {
                    Ok(Value::Bool(true)) => None,
                    Ok(Value::Undefined | Value::Bool(false)) => Some("it is not true".to_owned()),
                    Ok(_) => Some("it is neither true nor false".to_owned()),
                    Err(error) => Some(error.to_string()),
                };
                trials.push(Trial {
                    name: format!("{}.{}", test.package, test.name),
                    place: Place { file: test.file.clone(), line: test.line },
                    failed,
                });
            }
            trials
        })
    });
    result.map_err(|lost| match lost {
        Lost::Stuck(at, _) => match pack.tests.get(at) {
            Some(test) => PolicyError::at(&test.file, test.line, format!("one step of {} did not end", test.name)),
            None => PolicyError::new("a test did not end"),
        },
        Lost::Failed => PolicyError::new("the tests could not be run"),
    })
}

fn nothing() -> Value {
    let empty = || Value::new_object();
    object([("account", "".into()), ("by_kind", empty()), ("incoming", empty()), ("kinds", empty())])
}
