//! Reads `hosts.toml`.
//!
//! Rule: a host is a lower-case DNS name and nothing else: no scheme, port or
//! trailing dot.

use super::is_kebab;
use crate::model::{Catalog, Host};
use crate::source::Report;
use crate::table::Table;

/// Reads the hosts.
pub(crate) fn read(root: &Table<'_>, catalog: &mut Catalog, report: &mut Report) {
    for entry in root.entries() {
        let Some(table) = root.entry_table(entry, report) else { continue };
        let name = entry.key.clone();
        if !is_kebab(&name.text) {
            report.wrong(name.at, format!("the host `{}` is not named in small words joined by hyphens", name.text));
        }
        table.only(&["us", "eu"], report);
        let mut region = |key: &str| {
            let text = table.required(key, "\"api.example.com\"", report)?;
            if !is_host(&text.value) {
                let message = format!("`{}` is not a host name in lower case, such as `api.example.com`", text.value);
                report.wrong(text.at(), message);
            }
            Some(text.value)
        };
        let (us, eu) = (region("us").unwrap_or_default(), region("eu").unwrap_or_default());
        catalog.hosts.push(Host { name, us, eu });
    }
}

fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    text.contains('.') && text.split('.').all(label) && !text.ends_with(|c: char| c.is_ascii_digit())
}
