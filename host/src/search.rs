//! Finding operations by what a person typed.
//!
//! Rule: no word of any provider stands here. What people say for an operation
//! comes from the connector (`words` and `area_words` in `extra`). The ranking
//! itself knows texts only, so that it can be tried without a component.

use crate::contract::{Operation, Stability};

#[cfg(test)]
mod properties;
mod rank;
use rank::{Texts, rank};

/// The operations that `words` fit, best first; among equals the connector's
/// own order stays. Every word counts where some operation fits them all;
/// otherwise those come that most words fit. Small slips are forgiven. Of a
/// long text the first 64 words count.
#[must_use]
pub fn search<'o>(operations: &[&'o Operation], words: &str) -> Vec<&'o Operation> {
    let texts: Vec<Texts<'_>> = operations
        .iter()
        .map(|operation| Texts {
            id: &operation.id,
            area: &operation.area,
            title: &operation.title,
            summary: &operation.summary,
            extra: &operation.extra,
            worth: match operation.stability {
                Stability::Stable => 1.0,
                Stability::EarlyAccess => 0.9,
                Stability::Deprecated => 0.5,
            },
        })
        .collect();
    rank(&texts, words).into_iter().filter_map(|place| operations.get(place).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Effect;

    fn operation(id: &str, title: &str, summary: &str, stability: Stability, words: &[&str]) -> Operation {
        Operation {
            id: id.into(),
            area: id.split('.').next().unwrap_or_default().into(),
            title: title.into(),
            summary: summary.into(),
            effect: Effect::Read,
            stability,
            idempotent: true,
            paged: true,
            scope: None,
            extra: serde_json::json!({ "words": words }).to_string(),
        }
    }

    fn check(words: &str, expected: &[&str]) {
        let all = [
            operation("incidents.old", "List incidents", "The old way.", Stability::Deprecated, &[]),
            operation("incidents.list", "List incidents", "Open and closed ones.", Stability::Stable, &["outages"]),
            operation(
                "incidents.notes.create",
                "Add a note",
                "Writes on an incident.",
                Stability::Stable,
                &["comment on"],
            ),
            operation("services.list", "List services", "What incidents are about.", Stability::Stable, &[]),
        ];
        let all: Vec<&Operation> = all.iter().collect();
        let ids: Vec<&str> = search(&all, words).iter().map(|o| o.id.as_str()).collect();
        assert_eq!(ids, expected, "{words}");
    }

    #[test]
    fn words_rank_operations() {
        check("list incidents", &["incidents.list", "incidents.old", "services.list"]);
        check("NOTE", &["incidents.notes.create"]);
        check("comments", &["incidents.notes.create"]);
        check("comment on the incident", &["incidents.notes.create"]);
        check("outage", &["incidents.list"]);
        check("incidnets list", &["incidents.list", "services.list", "incidents.old"]);
        check("services zebra", &["services.list"]);
        check("zebra", &[]);
        check("??", &["incidents.old", "incidents.list", "incidents.notes.create", "services.list"]);
        check("", &["incidents.old", "incidents.list", "incidents.notes.create", "services.list"]);
    }

    /// The inputs that fuzzing kept.
    #[test]
    fn what_holds_for_any_input() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        let mut read = 0;
        for folder in ["corpus/search", "regressions/search"] {
            for file in std::fs::read_dir(root.join(folder)).into_iter().flatten() {
                let file = file.unwrap().path();
                let input = std::fs::read(&file).unwrap();
                let held = std::panic::catch_unwind(|| properties::hold(&input));
                assert!(held.is_ok(), "{} shows a fault", file.display());
                read += 1;
            }
        }
        assert!(read >= 5, "{read} inputs");
    }
}
