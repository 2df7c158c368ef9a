//! JSON that a person wrote: from the command line, a file or stdin. What is
//! wrong with it is told with line and column, before anything is sent.

use std::io::Read;

use serde_json::Value;

use crate::failure::{Failure, Result};

/// The text of `--arguments`, checked to be JSON.
pub(crate) fn read(given: &str) -> Result<String> {
    let text = match given.strip_prefix('@') {
        Some("") => return Err(Failure::Usage("--arguments @ lacks a file: write @FILE".into())),
        Some(path) => std::fs::read_to_string(path)
            .map_err(|why| Failure::Usage(format!("cannot read the arguments from {path}: {why}")))?,
        None if given == "-" => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|why| Failure::Usage(format!("cannot read the arguments from stdin: {why}")))?;
            text
        }
        None => given.to_owned(),
    };
    parse("the arguments", &text)?;
    Ok(text)
}

/// A JSON object a person wrote; `what` it is, for the message.
pub(crate) fn parse(what: &str, text: &str) -> Result<Value> {
    let value: Value = serde_json::from_str(text).map_err(|why| {
        // serde_json's own message ends with the place.
        Failure::Usage(format!("{what} are not JSON: {why}{}", pointer(text, &why)))
    })?;
    match value {
        Value::Object(_) => Ok(value),
        _ => Err(Failure::Usage(format!("{what} must be a JSON object: {{\"NAME\": VALUE, …}}"))),
    }
}

/// The line that is wrong with a mark under the place.
fn pointer(text: &str, why: &serde_json::Error) -> String {
    let Some(line) = why.line().checked_sub(1).and_then(|line| text.lines().nth(line)) else {
        return String::new();
    };
    // Columns count bytes.
    let before = line.get(..why.column().saturating_sub(1)).unwrap_or(line);
    if line.chars().count() > 120 {
        return String::new();
    }
    format!("\n  {line}\n  {}^", " ".repeat(before.chars().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &str, expected: std::result::Result<&str, &str>) {
        match (read(given), expected) {
            (Ok(text), Ok(expected)) => assert_eq!(text, expected),
            (Err(failure), Err(part)) => {
                let message = failure.to_string();
                assert_eq!(failure.code(), 2);
                assert!(message.contains(part), "{message}");
            }
            (got, expected) => panic!("{got:?} is not {expected:?}"),
        }
    }

    #[test]
    fn arguments_are_objects() {
        check("{}", Ok("{}"));
        check(r#"{"id": "P1"}"#, Ok(r#"{"id": "P1"}"#));
        check("[]", Err("must be a JSON object"));
        check("", Err("line 1 column 0"));
        check("{\n  \"a\": x}", Err("line 2 column 8"));
        check(r#"{"a" 1}"#, Err("\n  {\"a\" 1}\n       ^"));
        check("@", Err("write @FILE"));
        check("@/no/such/file", Err("/no/such/file"));
    }

    #[test]
    fn arguments_come_from_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "{\"a\": 1}\n").unwrap();
        check(&format!("@{}", file.path().display()), Ok("{\"a\": 1}\n"));
    }
}
