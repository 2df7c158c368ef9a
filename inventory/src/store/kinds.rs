//! What is known of kinds, whether they have assets or not.
//!
//! Rule: the newest complete scan that covered a kind has the word; a change
//! feed, which looks at some assets alone, has none.

use super::Store;
use super::answers::Snapshot;
use super::database::values;
use super::error::Result;
use super::moment;
use super::types::{Covered, Moment, View};
use crate::asset::Skipped;

impl Store {
    /// What is known of each kind that a scan covered, by account and kind.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn kinds(&self, at: &Snapshot) -> Result<Vec<Covered>> {
        let mut tx = self.database.read().await?;
        let mut covered = Vec::new();
        for account in &at.accounts {
            let Some(until) = account.moment else { continue };
            let sql = "SELECT k.kind, k.reason, k.message, n.id, n.started, n.updated, n.settings, n.view, n.wide FROM \
                       (SELECT l.kind AS kind, max(l.scan) AS scan FROM scan_kind l JOIN scan m ON m.id = l.scan \
                        WHERE m.account = $1 AND m.state = 'complete' AND m.source = 'scan' AND m.id <= $2 \
                        GROUP BY l.kind) newest \
                       JOIN scan_kind k ON k.scan = newest.scan AND k.kind = newest.kind \
                       JOIN scan n ON n.id = newest.scan ORDER BY k.kind";
            for row in tx.rows(sql, values![account.account, until.scan]).await? {
                let kind = row.text(0)?;
                let skipped = row.text_or_null(1)?.map(|reason| {
                    let message = row.text_or_null(2)?.unwrap_or_default();
                    Ok::<_, super::Error>(Skipped { kind: kind.clone(), reason, message })
                });
                covered.push(Covered {
                    account: account.nickname.clone(),
                    skipped: skipped.transpose()?,
                    scan: Moment { scan: row.int(3)?, at: moment(row.int(5)?) },
                    started: moment(row.int(4)?),
                    view: View { id: row.text(7)?, wide: row.int(8)? != 0 },
                    settings: serde_json::from_str(&row.text(6)?).unwrap_or_default(),
                    kind,
                });
            }
        }
        Ok(covered)
    }
}
