//! What is otherwise at one point than at another.
//!
//! Rule: by content. What changed and changed back is the same.

use std::collections::HashMap;

use super::Store;
use super::answers::{After, Difference, Filter, Page, Snapshot, What};
use super::database::Row;
use super::error::Result;
use super::query::{Query, page};
use super::record::asset;

use crate::asset::Asset;
use crate::change::changes;

impl Store {
    /// What is otherwise in `to` than in `from`, in the order of account, kind,
    /// id. Of the filter, kinds, ids and name count. An account that is in one
    /// of them alone is left out.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn diff(
        &self,
        from: &Snapshot,
        to: &Snapshot,
        filter: &Filter,
        after: Option<&After>,
        most: usize,
    ) -> Result<Page<Difference>> {
        let earlier: HashMap<i64, i64> =
            from.accounts.iter().map(|at| (at.account, at.moment.map_or(0, |moment| moment.scan))).collect();
        let mut tx = self.database.read().await?;
        let mut items = Vec::new();
        for account in to.from(after) {
            let Some(before) = earlier.get(&account.account) else { continue };
            let mut query = Query::new(*before);
            // Scan 0 is before all: nothing is there.
            query.text(
                "SELECT s.kind, s.id, v.name, v.url, v.attributes, v.relations, \
                 s.kind, s.id, w.name, w.url, w.attributes, w.relations FROM asset s \
                 LEFT JOIN version v ON v.asset = s.key AND v.since <= $1 AND (v.until IS NULL OR v.until > $1) \
                 LEFT JOIN version w ON w.asset = s.key AND w.since <= $2 AND (w.until IS NULL OR w.until > $2) \
                 WHERE v.hash IS DISTINCT FROM w.hash AND s.account = ",
            );
            query.values.push(account.moment.map_or(0, |moment| moment.scan).into());
            query.value(account.account);
            query.chosen(filter, tx.like(), "coalesce(w.name, v.name)");
            query.page(account.account, after, most - items.len());
            for row in tx.rows(query.sql, query.values).await? {
                let before = side(&row, 0)?;
                let after = side(&row, 6)?;
                let (what, changes) = match (&before, &after) {
                    (Some(before), Some(after)) => (What::Changed, changes(before, after)),
                    (Some(_), None) => (What::Removed, Vec::new()),
                    (None, _) => (What::Added, Vec::new()),
                };
                let (kind, id) = (row.text(0)?, row.text(1)?);
                let account_name = account.nickname.clone();
                items.push((
                    account.account,
                    Difference { account: account_name, kind, id, what, before, after, changes },
                ));
            }
            if items.len() > most {
                break;
            }
        }
        Ok(page(items, most, |difference| (&difference.kind, &difference.id)))
    }
}

/// The asset of one side, if it was there.
fn side(row: &Row, from: usize) -> Result<Option<Asset>> {
    match row.text_or_null(from + 2)? {
        Some(_) => asset(row, from).map(Some),
        None => Ok(None),
    }
}
