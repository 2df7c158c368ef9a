//! CSV: every field of the first page's items, a column each. Cells that a
//! spreadsheet would run as a formula are prefixed with an apostrophe, unless
//! that is turned off.

use std::collections::BTreeSet;

use connector_inventory::view::text;
use serde_json::Value;

use crate::failure::{Failure, Result};

/// A file of CSV under way.
pub(crate) struct Spreadsheet {
    raw: bool,
    header: Vec<String>,
    /// Fields that came too late for the header.
    late: BTreeSet<String>,
}

impl Spreadsheet {
    pub(crate) fn new(raw: bool) -> Self {
        Spreadsheet { raw, header: Vec::new(), late: BTreeSet::new() }
    }

    /// Adds a page to `out`. The first one makes the header.
    pub(crate) fn page(&mut self, items: &[Value], out: &mut Vec<u8>) -> Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        let rows: Vec<_> = items.iter().map(flatten).collect();
        if self.header.is_empty() {
            for (name, _) in rows.iter().flatten() {
                if !self.header.contains(name) {
                    self.header.push(name.clone());
                }
            }
            if self.header.is_empty() {
                return Ok(());
            }
            let raw = self.raw;
            let names = self.header.iter().map(|name| guarded(name, raw));
            writer.write_record(names).map_err(failed)?;
        }
        for row in rows {
            for (name, _) in &row {
                if !self.header.contains(name) {
                    self.late.insert(name.clone());
                }
            }
            let raw = self.raw;
            let cells = self.header.iter().map(|name| {
                let value = row.iter().find(|(known, _)| known == name);
                value.map(|(_, value)| cell(value, raw)).unwrap_or_default()
            });
            writer.write_record(cells).map_err(failed)?;
        }
        Ok(writer.flush()?)
    }

    /// Fields of later pages that have no column.
    pub(crate) fn late(&self) -> &BTreeSet<String> {
        &self.late
    }
}

fn failed(error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(why) => why.into(),
        other => Failure::Other(format!("CSV: {other:?}")),
    }
}

/// The fields of an item: those of nested objects by dotted names, lists whole.
fn flatten(item: &Value) -> Vec<(String, Value)> {
    fn into(fields: &mut Vec<(String, Value)>, name: String, value: &Value) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (key, value) in map {
                    into(fields, format!("{name}.{key}"), value);
                }
            }
            _ => fields.push((name, value.clone())),
        }
    }
    let mut fields = Vec::new();
    match item {
        Value::Object(map) => {
            for (key, value) in map {
                into(&mut fields, key.clone(), value);
            }
        }
        other => fields.push(("value".into(), other.clone())),
    }
    fields
}

fn cell(value: &Value, raw: bool) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => guarded(text, raw),
        // A number is not run, and a prefix would make it text.
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// Text as it is, or harmless to a spreadsheet unless `raw`.
fn guarded(text: &str, raw: bool) -> String {
    match raw {
        true => text.to_owned(),
        false => text::guarded(text).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(raw: bool, pages: &[Value], expected: &str, late: &[&str]) {
        let mut out = Vec::new();
        let mut sheet = Spreadsheet::new(raw);
        for page in pages {
            sheet.page(page.as_array().unwrap(), &mut out).unwrap();
        }
        assert_eq!(sheet.late().iter().collect::<Vec<_>>(), late);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn fields_become_columns() {
        check(
            false,
            &[json!([
                {"id": "P1", "service": {"id": "S1", "x": {}}, "tags": ["a", "b"], "n": null},
                {"id": "P2", "more": true},
            ])],
            "id,service.id,service.x,tags,n,more\n\
             P1,S1,{},\"[\"\"a\"\",\"\"b\"\"]\",,\n\
             P2,,,,,true\n",
            &[],
        );
        check(false, &[json!(["one", "two"])], "value\none\ntwo\n", &[]);
    }

    #[test]
    fn the_header_is_the_first_pages() {
        check(false, &[json!([]), json!([{"a": 1}]), json!([{"a": 2, "b": 3}])], "a\n1\n2\n", &["b"]);
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_prefixed() {
        for (text, guarded) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("＝1", "'＝1"),
            ("a=1", "a=1"),
            (" =1", " =1"),
            ("", ""),
        ] {
            assert_eq!(super::guarded(text, false), guarded);
            assert_eq!(super::guarded(text, true), text);
        }
        check(false, &[json!([{"a": -1, "b": "=x"}])], "a,b\n-1,'=x\n", &[]);
        check(true, &[json!([{"=a": -1, "b": "=x"}])], "=a,b\n-1,=x\n", &[]);
        check(false, &[json!([{"=a": 1}])], "'=a\n1\n", &[]);
    }
}
