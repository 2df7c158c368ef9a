//! Rows become records.
//!
//! Rule: a row that cannot be read is a damaged store, told by table and asset.

use serde::de::DeserializeOwned;

use super::answers::Found;
use super::database::Row;
use super::error::{Error, Result};
use super::moment;
use super::types::Moment;
use crate::asset::Asset;

/// Columns of an asset's version: `version v` joined to `asset s`.
pub(super) const COLUMNS: &str = "s.kind, s.id, v.name, v.url, v.attributes, v.relations, v.since, v.since_at, \
                                  coalesce(v.last, s.seen), coalesce(v.last_at, s.seen_at), v.until, v.until_at";

/// Reads [`COLUMNS`] of a version as of scan `at`.
pub(super) fn found(row: &Row, account: &str, at: i64) -> Result<Found> {
    let gone = match (row.int_or_null(10)?, row.int_or_null(11)?) {
        (Some(scan), Some(when)) if scan <= at => Some(Moment { scan, at: moment(when) }),
        _ => None,
    };
    Ok(Found {
        account: account.to_owned(),
        asset: asset(row, 0)?,
        since: Moment { scan: row.int(6)?, at: moment(row.int(7)?) },
        seen: Moment { scan: row.int(8)?, at: moment(row.int(9)?) },
        gone,
    })
}

/// Reads kind, id, name, url, attributes and relations from a column on.
pub(super) fn asset(row: &Row, from: usize) -> Result<Asset> {
    let (kind, id) = (row.text(from)?, row.text(from + 1)?);
    let attributes = json(&row.text(from + 4)?, &kind, &id)?;
    let relations = json(&row.text(from + 5)?, &kind, &id)?;
    Ok(Asset { name: row.text(from + 2)?, url: row.text_or_null(from + 3)?, attributes, relations, kind, id })
}

fn json<T: DeserializeOwned>(text: &str, kind: &str, id: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|why| Error::Damaged { place: format!("at the {kind} {id}"), why: why.to_string() })
}
