//! Tables for people: how wide the terminal is, and which columns of an
//! operation's items tell most.

pub(crate) use connector_inventory::view::Table;
use rustix::termios::{isatty, tcgetwinsize};
use serde_json::Value;

/// Columns of the terminal that stdout is, if it is one.
pub(crate) fn room() -> Option<usize> {
    let stdout = std::io::stdout();
    if !isatty(&stdout) {
        return None;
    }
    let columns = tcgetwinsize(&stdout).map_or(80, |size| usize::from(size.ws_col));
    Some(if columns < 20 { 80 } else { columns })
}

/// Keys that tell things apart, in the order they are shown. Of those in one
/// line the first that is there is taken.
const TELLING: [&[&str]; 11] = [
    &["id"],
    &["name", "summary", "title", "label", "subject", "description"],
    &["status", "state"],
    &["urgency", "severity", "role"],
    &["type"],
    &["user", "agent", "assignee"],
    &["service", "escalation_policy", "team"],
    &["schedule"],
    &["email", "address"],
    &["start", "start_time", "created_at", "occurred_at", "execution_time"],
    &["end", "end_time", "updated_at"],
];

/// Most columns of a table.
const MOST: usize = 7;

/// The columns to show of such items.
pub(crate) fn columns(items: &[Value]) -> Vec<String> {
    let filled = |key: &&str| items.iter().any(|item| item.get(key).is_some_and(|value| !cell(value).is_empty()));
    // The same type in every row tells nothing.
    let constant = |key: &str| key == "type" && items.iter().all(|item| item.get(key) == items[0].get(key));
    let mut columns: Vec<String> = TELLING
        .iter()
        .filter_map(|keys| keys.iter().copied().find(|key| filled(key) && !constant(key)))
        .take(MOST)
        .map(str::to_owned)
        .collect();
    // Items that none of it fits: their own first scalars.
    if columns.len() < 2
        && let Some(Value::Object(first)) = items.first()
    {
        let more = first
            .iter()
            .filter(|(key, value)| !columns.contains(key) && !cell(value).is_empty())
            .map(|(key, _)| key.clone())
            .take(MOST - columns.len())
            .collect::<Vec<_>>();
        columns.extend(more);
    }
    columns
}

/// A value as a cell: of a reference its name; nothing for lists.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null | Value::Array(_) => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Object(map) => ["summary", "name", "title", "id"]
            .into_iter()
            .find_map(|key| map.get(key)?.as_str())
            .unwrap_or_default()
            .to_owned(),
    }
}

/// The cells of one item; an item that is no object is its own cell.
pub(crate) fn row(columns: &[String], item: &Value) -> Vec<String> {
    if !item.is_object() {
        return vec![cell(item)];
    }
    columns.iter().map(|column| item.get(column).map(cell).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        let owned = |row: &&[&str]| row.iter().map(|cell| (*cell).to_owned()).collect();
        rows.iter().map(owned).collect()
    }

    fn check(room: Option<usize>, given: &[&[&str]], expected: &[&str]) {
        let rows = rows(given);
        let table = Table::new(&rows, room);
        let lines: Vec<_> = rows.iter().map(|row| table.line(row)).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn columns_line_up() {
        check(None, &[&["id", "name"], &["P1", "x"]], &["id  name", "P1  x"]);
        check(None, &[&["日本", "a"], &["x", "b"]], &["日本  a", "x     b"]);
        check(None, &[&["a\nb", "c"], &["", "d"]], &["a\\nb  c", "      d"]);
    }

    #[test]
    fn a_terminal_clips_the_widest() {
        check(
            Some(20),
            &[&["P1", "a rather long name of things"], &["P2", "short"]],
            &["P1  a rather long n…", "P2  short"],
        );
    }

    #[test]
    fn a_narrow_terminal_leaves_columns_out_and_ids_whole() {
        let wide = "a text of more than some words";
        check(Some(40), &[&["Q5UFU0VZ6CCBN8", wide, wide, "x"]], &["Q5UFU0VZ6CCBN8  a text of more than som…"]);
        check(Some(10), &[&["Q5UFU0VZ6CCBN8", wide]], &["Q5UFU0VZ6CCBN8  a text …"]);
    }

    fn chosen(item: Value, expected: &[&str]) {
        assert_eq!(columns(std::slice::from_ref(&item)), expected, "{item}");
    }

    #[test]
    fn the_telling_columns_are_chosen() {
        chosen(
            json!({"id": "P1", "type": "user", "summary": "A", "name": "A", "email": "a@b",
                   "teams": [], "role": "owner", "self": "https://…"}),
            &["id", "name", "role", "email"],
        );
        chosen(
            json!({"user": {"summary": "Ann"}, "schedule": null, "start": null,
                   "escalation_policy": {"id": "E1"}, "escalation_level": 1}),
            &["user", "escalation_policy"],
        );
        chosen(json!({"key": "a", "value": 1, "list": []}), &["key", "value"]);
        chosen(json!("ability"), &[]);
        assert_eq!(row(&[], &json!("ability")), ["ability"]);
    }
}
