//! What happens to a store beside scans: changes by a feed, forgetting, pruning.
//!
//! Rule: what is there now is never removed unless it was asked for by name.

use jiff::Timestamp;

use super::database::{Transacted, Value, values};
use super::error::{Error, Result};
use super::prepare::{prepare, storable};
use super::scan::{account, count, publish, sum, unfinished};
use super::types::{Apply, Counts, Keep, Pruned};
use super::write::{self, Missed, Sight};
use super::{Store, moment};

impl Store {
    /// Stores what a change feed told between two scans. If anything changed it
    /// is an entry of the list of scans, and readers see it at once.
    ///
    /// # Errors
    ///
    /// [`Error::Unfinished`] while a scan of the account is, [`Error::Unscanned`]
    /// before the first; the others as of [`Store::begin`] and [`Store::step`].
    pub async fn apply(&self, apply: &Apply) -> Result<Counts> {
        let assets = prepare(&apply.assets, &apply.kinds, self.key()?)?;
        let now = apply.now.as_millisecond();
        let mut tx = self.database.write().await?;
        let account = account(&mut tx, &apply.nickname, &apply.account).await?;
        if let Some(scan) = unfinished(&mut tx, account).await? {
            return Err(Error::Unfinished { nickname: apply.nickname.clone(), scan: scan.id });
        }
        let complete = tx.row("SELECT complete FROM account WHERE id = $1", values![account]).await?;
        if complete.and_then(|row| row.int_or_null(0).transpose()).transpose()?.is_none() {
            return Err(Error::Unscanned { nickname: apply.nickname.clone() });
        }
        let mut kinds: Vec<&str> = apply.kinds.iter().map(|kind| kind.id.as_str()).collect();
        kinds.sort_unstable();
        let sql = "INSERT INTO scan (account, source, state, view, wide, kinds, settings, steps, started, updated, \
                   owner, lease) VALUES ($1, 'changes', 'complete', $2, $3, $4, 'null', 1, $5, $5, '', 0) RETURNING id";
        let kinds = serde_json::to_string(&kinds).unwrap_or_default();
        let row = values![account, &apply.view.id, i64::from(apply.view.wide), kinds, now];
        let scan = match tx.row(sql, row).await? {
            Some(row) => row.int(0)?,
            None => 0,
        };
        let sight = Sight { account, scan, view: &apply.view, now: apply.now };
        let mut by_kind = write::store(&mut tx, &sight, assets).await?;
        for (kind, id) in &apply.gone {
            let sql = "SELECT key FROM asset WHERE account = $1 AND kind = $2 AND id = $3 AND there = 1";
            if let Some(row) = tx.row(sql, values![account, storable(kind), storable(id)]).await? {
                let gone = write::gone(&mut tx, &sight, Missed::These(values![row.int(0)?])).await?;
                by_kind.entry(storable(kind)).or_default().gone += gone;
            }
        }
        let counts = sum(by_kind.values());
        // Nothing new: a feed that is asked every minute would fill the list.
        if counts.added + counts.changed + counts.gone > 0 {
            write::edges(&mut tx, scan).await?;
            count(&mut tx, scan, &by_kind).await?;
            publish(&mut tx, account, scan, apply.now).await?;
            tx.commit().await?;
        }
        Ok(counts)
    }

    /// Removes every trace of kinds, history too: for personal data. Of one
    /// account, or of all. Gives the number of assets. What other kinds say of
    /// them (an id in a relation, a name in an attribute) stays. A file of
    /// SQLite is written anew, so that nothing is left between its pages.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownAccount`]; [`Error::Unfinished`] while a scan is.
    pub async fn forget(&self, nickname: Option<&str>, kinds: &[String]) -> Result<u64> {
        let mut forgotten = 0;
        let mut tx = self.database.write().await?;
        for (account, nickname) in self.chosen(&mut tx, nickname).await? {
            tx.lock(account).await?;
            if let Some(scan) = unfinished(&mut tx, account).await? {
                return Err(Error::Unfinished { nickname, scan: scan.id });
            }
            for kind in kinds {
                forgotten += remove(&mut tx, account, Some(kind)).await?;
            }
        }
        tx.commit().await?;
        self.tidy().await?;
        Ok(forgotten)
    }

    /// Removes an account with all its assets and history.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownAccount`]; [`Error::Busy`] while it is scanned.
    pub async fn remove(&self, nickname: &str, now: Timestamp) -> Result<()> {
        let mut tx = self.database.write().await?;
        for (account, nickname) in self.chosen(&mut tx, Some(nickname)).await? {
            tx.lock(account).await?;
            if let Some(scan) = unfinished(&mut tx, account).await?
                && scan.lease > now.as_millisecond()
            {
                return Err(Error::Busy { nickname, scan: scan.id, until: moment(scan.lease) });
            }
            remove(&mut tx, account, None).await?;
            let kinds = "DELETE FROM scan_kind WHERE scan IN (SELECT id FROM scan WHERE account = $1)";
            for sql in [kinds, "DELETE FROM scan WHERE account = $1", "DELETE FROM account WHERE id = $1"] {
                tx.run(sql, values![account]).await?;
            }
        }
        tx.commit().await?;
        self.tidy().await
    }

    /// Removes old versions. What is there now always stays. A file of SQLite
    /// gives the room back.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn prune(&self, keep: &Keep) -> Result<Pruned> {
        let mut pruned = Pruned::default();
        if *keep == Keep::default() {
            return Ok(pruned);
        }
        let mut tx = self.database.write().await?;
        for (account, _) in self.chosen(&mut tx, None).await? {
            tx.lock(account).await?;
            let one = prune(&mut tx, account, keep).await?;
            pruned.versions += one.versions;
            pruned.assets += one.assets;
        }
        tx.commit().await?;
        self.database.alone(&["PRAGMA incremental_vacuum", "PRAGMA wal_checkpoint(TRUNCATE)"], &[]).await?;
        Ok(pruned)
    }

    /// Writes what is left of a store anew.
    async fn tidy(&self) -> Result<()> {
        let postgres: &[_] = &["VACUUM version", "VACUUM edge", "VACUUM asset"];
        self.database.alone(&["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"], postgres).await
    }
}

async fn remove(tx: &mut Transacted, account: i64, kind: Option<&String>) -> Result<u64> {
    let (which, values) = match kind {
        Some(kind) => ("account = $1 AND kind = $2", values![account, storable(kind)]),
        None => ("account = $1", values![account]),
    };
    for table in ["edge", "version"] {
        let sql = format!("DELETE FROM {table} WHERE asset IN (SELECT key FROM asset WHERE {which})");
        tx.run(sql, values.clone()).await?;
    }
    tx.run(format!("DELETE FROM asset WHERE {which}"), values).await
}

async fn prune(tx: &mut Transacted, account: i64, keep: &Keep) -> Result<Pruned> {
    let complete = tx.row("SELECT complete FROM account WHERE id = $1", values![account]).await?;
    let Some(complete) = complete.and_then(|row| row.int_or_null(0).transpose()).transpose()? else {
        return Ok(Pruned::default());
    };
    // What an unfinished scan ended is what readers see as there.
    let mut which = "FROM version WHERE asset IN (SELECT key FROM asset WHERE account = $1) AND until <= $2".to_owned();
    let mut values: Vec<Value> = values![account, complete];
    if let Some(since) = keep.since {
        values.push(since.as_millisecond().into());
        which.push_str(&format!(" AND until_at < ${}", values.len()));
    }
    if let Some(last) = keep.last {
        values.push(i64::from(last).into());
        which.push_str(&format!(
            " AND (SELECT count(*) FROM version AS newer WHERE newer.asset = version.asset \
             AND newer.since >= version.since AND newer.since <= $2) > ${}",
            values.len()
        ));
    }
    let latest = tx.row(format!("SELECT max(until) {which}"), values.clone()).await?;
    let Some(whole_from) = latest.and_then(|row| row.int_or_null(0).transpose()).transpose()? else {
        return Ok(Pruned::default());
    };
    let edges = format!("DELETE FROM edge WHERE (asset, since) IN (SELECT asset, since {which})");
    tx.run(edges, values.clone()).await?;
    let versions = tx.run(format!("DELETE {which}"), values).await?;
    let empty = "DELETE FROM asset WHERE account = $1 AND NOT EXISTS \
                 (SELECT 1 FROM version WHERE version.asset = asset.key)";
    let assets = tx.run(empty, values![account]).await?;
    let sql = "UPDATE account SET whole_from = $1 WHERE id = $2 AND whole_from < $1";
    tx.run(sql, values![whole_from, account]).await?;
    Ok(Pruned { versions, assets })
}
