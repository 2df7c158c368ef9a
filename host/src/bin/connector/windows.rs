//! Lists that hold only part of the past unless they are asked for more: what
//! is said of them before a walk. The connector tells it of an operation in
//! `extra.windows`: `by`, `unset`, `since`, `until`, `all`.

use serde_json::Value;

/// What to say before a walk with these arguments; nothing where they name a
/// window, or the operation has none.
pub(crate) fn note(extra: &str, arguments: &str) -> Option<String> {
    let extra: Value = serde_json::from_str(extra).ok()?;
    let windows = &extra["windows"];
    let unset = windows["unset"].as_str()?;
    let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
    let bounds: Vec<&str> = ["since", "until"].iter().filter_map(|name| windows[*name].as_str()).collect();
    let all = windows["all"].as_object();
    let names = bounds.iter().copied().chain(all.into_iter().flat_map(|all| all.keys().map(String::as_str)));
    if names.into_iter().any(|name| !arguments[name].is_null()) {
        return None;
    }
    let by = windows["by"].as_str().map(|by| format!(" (by {by})")).unwrap_or_default();
    let advice = match (all, &bounds[..]) {
        (Some(_), _) => format!("; --arguments '{}' lists all", windows["all"]),
        (None, []) => String::new(),
        (None, bounds) => format!("; {} choose another time", bounds.join(" and ")),
    };
    Some(format!("this lists {unset} only{by}{advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(extra: &str, arguments: &str, expected: Option<&str>) {
        assert_eq!(note(extra, arguments).as_deref(), expected, "{extra} {arguments}");
    }

    #[test]
    fn a_list_of_the_last_days_says_so() {
        let incidents = r#"{"windows":{"by":"created_at","unset":"the last 31 days","since":"since","until":"until","all":{"date_range":"all"}}}"#;
        let told = r#"this lists the last 31 days only (by created_at); --arguments '{"date_range":"all"}' lists all"#;
        check(incidents, "{}", Some(told));
        check(incidents, r#"{"statuses":["triggered"],"since":null}"#, Some(told));
        check(incidents, r#"{"since":"2026-01-01T00:00:00Z"}"#, None);
        check(incidents, r#"{"until":"2026-01-01T00:00:00Z"}"#, None);
        check(incidents, r#"{"date_range":"all"}"#, None);
        let audit = r#"{"windows":{"by":null,"unset":"the last day","since":"since","until":"until","all":null}}"#;
        check(audit, "{}", Some("this lists the last day only; since and until choose another time"));
        check(
            audit,
            r#"{"date_range":"all"}"#,
            Some("this lists the last day only; since and until choose another time"),
        );
    }

    #[test]
    fn nothing_is_said_of_whole_lists() {
        for extra in [
            r#"{"windows":{"by":"created_at","unset":null,"since":"since","until":"until","all":null}}"#,
            r#"{"windows":null}"#,
            "{}",
            "[]",
            "",
        ] {
            check(extra, "{}", None);
        }
        check(r#"{"windows":{"unset":"today"}}"#, "[", Some("this lists today only"));
    }
}
