//! Walks made-up lists and tells what came.

use connector_host::contract::Reason;
use connector_host::{Connection, Error};
use serde_json::Value;

/// What a walk brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Walked {
    /// The ids of every page, in order.
    pub pages: Vec<Vec<u64>>,
    /// The cursor behind each page; the last page of a walk to the end has none.
    pub cursors: Vec<String>,
    /// Why it ended early, where it did.
    pub end: Option<(Reason, String)>,
    /// How many records the error says were read.
    pub read: Option<u64>,
}

impl Walked {
    /// The ids of all pages.
    #[must_use]
    pub fn ids(&self) -> Vec<u64> {
        self.pages.concat()
    }

    /// Whether it went to the end.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.end.is_none()
    }

    /// Whether it ended as `incomplete`.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        matches!(self.end, Some((Reason::Incomplete, _)))
    }

    fn failed(&mut self, error: Error) {
        match error {
            Error::Connector(error) => {
                let extra: Value = error.extra.parse().unwrap_or_default();
                self.read = extra["read"].as_u64();
                self.end = Some((error.reason, error.message));
            }
            other => panic!("the connector broke: {other}"),
        }
    }
}

/// Walks until the end, an error, or `most` pages.
///
/// # Panics
/// When the host breaks, or a page's count is wrong.
pub async fn walk(on: &mut Connection, operation: &str, arguments: &Value, start: Option<&str>, most: usize) -> Walked {
    let mut walked = Walked::default();
    let mut walk = match on.walk(operation, &arguments.to_string(), start).await {
        Ok(walk) => walk,
        Err(error) => {
            walked.failed(error);
            return walked;
        }
    };
    while walked.pages.len() < most {
        match walk.next().await {
            Ok(Some(page)) => {
                let ids = ids(&page.items);
                assert_eq!(ids.len(), page.count as usize, "{operation}");
                walked.pages.push(ids);
                walked.cursors.extend(page.next);
            }
            Ok(None) => break,
            Err(error) => {
                walked.failed(error);
                break;
            }
        }
    }
    walked
}

/// The numbers in the ids of a page. Read as text: parsing would take most of
/// the time of a long walk.
fn ids(items: &str) -> Vec<u64> {
    let mut ids = Vec::with_capacity(100);
    let mut rest = items;
    while let Some(place) = rest.find(r#""id":"P"#) {
        rest = &rest[place + 7..];
        let end = rest.find('"').unwrap_or(rest.len());
        ids.push(rest[..end].parse().expect("an id of the made-up list"));
    }
    ids
}
