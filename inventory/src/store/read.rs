//! Reading: accounts, scans, and assets as of a point.
//!
//! Rule: one transaction a call; of an account only what is as of the
//! snapshot's scan, whatever is stored meanwhile.

use std::collections::HashMap;

use super::answers::*;
use super::database::{Transacted, Value, values};
use super::error::{Error, Result};
use super::prepare::storable;
use super::query::{HOLDS, Query, page};
use super::record::{COLUMNS, found};
use super::scan::{sum, unfinished};
use super::types::*;
use super::{Store, moment};
use crate::asset::{Relation, Skipped};
use crate::change::changes;

impl Store {
    /// The accounts, by nickname.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn accounts(&self) -> Result<Vec<Account>> {
        let mut tx = self.database.read().await?;
        let sql = "SELECT id, nickname, identity, complete, complete_at FROM account ORDER BY nickname";
        let mut accounts = Vec::new();
        for row in tx.rows(sql, values![]).await? {
            let id = row.int(0)?;
            let last = match (row.int_or_null(3)?, row.int_or_null(4)?) {
                (Some(scan), Some(at)) => Some(Moment { scan, at: moment(at) }),
                _ => None,
            };
            let sql = format!("SELECT count(*) FROM asset s JOIN version v ON {HOLDS} WHERE s.account = $2");
            let counted = tx.row(sql, values![last.map_or(0, |last| last.scan), id]).await?;
            accounts.push(Account {
                nickname: row.text(1)?,
                account: row.text(2)?,
                assets: counted.map_or(Ok(0), |row| row.int(0))?.unsigned_abs(),
                last,
                unfinished: unfinished(&mut tx, id).await?.map(|scan| scan.id),
            });
        }
        Ok(accounts)
    }

    /// Accounts by id and nickname: one, or all by nickname.
    pub(super) async fn chosen(&self, tx: &mut Transacted, nickname: Option<&str>) -> Result<Vec<(i64, String)>> {
        let rows = tx.rows("SELECT id, nickname FROM account ORDER BY nickname", values![]).await?;
        let all = rows.iter().map(|row| Ok((row.int(0)?, row.text(1)?))).collect::<Result<Vec<_>>>()?;
        let Some(wanted) = nickname else { return Ok(all) };
        match all.iter().find(|(_, nickname)| nickname == wanted) {
            Some(one) => Ok(vec![one.clone()]),
            None => {
                let known = all.into_iter().map(|(_, nickname)| nickname).collect();
                Err(Error::UnknownAccount { nickname: wanted.into(), known })
            }
        }
    }

    /// The latest `most` scans and applications of changes, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownAccount`].
    pub async fn scans(&self, nickname: Option<&str>, most: usize) -> Result<Vec<ScanRecord>> {
        let mut tx = self.database.read().await?;
        let accounts: HashMap<i64, String> = self.chosen(&mut tx, nickname).await?.into_iter().collect();
        let ids: Vec<Value> = accounts.keys().map(|id| Value::from(*id)).collect();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let sql = "SELECT id, account, source, state, view, wide, settings, started, updated, steps FROM scan \
                   WHERE account IN ({in}) ORDER BY id DESC LIMIT $1";
        let mut scans = Vec::new();
        for row in tx.rows_in(sql, values![most], &ids).await? {
            let id = row.int(0)?;
            let (kinds, skipped) = by_kind(&mut tx, id).await?;
            scans.push(ScanRecord {
                id,
                nickname: accounts.get(&row.int(1)?).cloned().unwrap_or_default(),
                source: if row.text(2)? == "changes" { Source::Changes } else { Source::Scan },
                state: match row.text(3)?.as_str() {
                    "complete" => State::Complete,
                    "abandoned" => State::Abandoned,
                    _ => State::Unfinished,
                },
                view: View { id: row.text(4)?, wide: row.int(5)? != 0 },
                settings: serde_json::from_str(&row.text(6)?).unwrap_or_default(),
                started: moment(row.int(7)?),
                updated: moment(row.int(8)?),
                steps: row.int(9)?.unsigned_abs(),
                counts: sum(kinds.iter().map(|kind| &kind.counts)),
                kinds,
                skipped,
            });
        }
        // Many accounts are asked for some at a time.
        scans.sort_unstable_by_key(|scan| std::cmp::Reverse(scan.id));
        scans.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(scans)
    }

    /// What every account (or one) was at a point, to read with.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownAccount`], [`Error::UnknownScan`], [`Error::Pruned`].
    pub async fn snapshot(&self, nickname: Option<&str>, point: &Point) -> Result<Snapshot> {
        let mut tx = self.database.read().await?;
        let chosen = self.chosen(&mut tx, nickname).await?;
        let (this, until) = match point {
            Point::Now => (None, i64::MAX),
            Point::At(at) => (None, at.as_millisecond()),
            Point::Scan(scan) => {
                let sql = "SELECT account, updated FROM scan WHERE id = $1 AND state = 'complete'";
                let row = tx.row(sql, values![*scan]).await?.ok_or(Error::UnknownScan { scan: *scan })?;
                let account = row.int(0)?;
                if chosen.iter().all(|(id, _)| *id != account) {
                    return Err(Error::UnknownScan { scan: *scan });
                }
                (Some((account, *scan)), row.int(1)?)
            }
        };
        let mut accounts = Vec::new();
        for (account, nickname) in chosen {
            let latest = match this {
                Some((of, scan)) if of == account => scan,
                _ => i64::MAX,
            };
            let sql = "SELECT id, updated, (SELECT whole_from FROM account WHERE id = $1) FROM scan \
                       WHERE account = $1 AND state = 'complete' AND updated <= $2 AND id <= $3 \
                       ORDER BY id DESC LIMIT 1";
            let moment = match tx.row(sql, values![account, until, latest]).await? {
                None => None,
                Some(row) => {
                    let (scan, from) = (row.int(0)?, row.int(2)?);
                    if scan < from {
                        return Err(Error::Pruned { nickname, from });
                    }
                    Some(Moment { scan, at: moment(row.int(1)?) })
                }
            };
            accounts.push(AccountAt { account, nickname, moment });
        }
        Ok(Snapshot { accounts })
    }

    /// Assets in the order of account, kind, id: at most `most` from `after` on.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn list(
        &self,
        at: &Snapshot,
        filter: &Filter,
        after: Option<&After>,
        most: usize,
    ) -> Result<Page<Found>> {
        let mut tx = self.database.read().await?;
        let mut items = Vec::new();
        for account in at.from(after) {
            let Some(moment) = account.moment else { continue };
            let left = most - items.len();
            let mut query = Query::new(moment.scan);
            query.text(&format!(
                "SELECT {COLUMNS} FROM asset s JOIN version v ON v.asset = s.key \
                 AND v.since = (SELECT max(since) FROM version WHERE asset = s.key AND since <= $1) WHERE s.account = "
            ));
            query.value(account.account);
            query.chosen(filter, tx.like(), "v.name");
            match filter.gone {
                Gone::Without => query.text(" AND (v.until IS NULL OR v.until > $1)"),
                Gone::With => {}
                Gone::Only => query.text(" AND v.until <= $1"),
            }
            if let Some(since) = filter.changed_since {
                query.text(" AND (v.since_at >= ");
                query.value(since.as_millisecond());
                query.text(" OR (v.until <= $1 AND v.until_at >= ");
                query.value(since.as_millisecond());
                query.text("))");
            }
            if let Some(to) = &filter.relation {
                query.text(
                    " AND EXISTS (SELECT 1 FROM edge e WHERE e.asset = s.key AND e.since = v.since AND e.kind = ",
                );
                query.value(storable(&to.kind));
                query.text(" AND e.id = ");
                query.value(storable(&to.id));
                if let Some(name) = &to.name {
                    query.text(" AND e.name = ");
                    query.value(storable(name));
                }
                query.text(")");
            }
            query.page(account.account, after, left);
            for row in tx.rows(query.sql, query.values).await? {
                items.push((account.account, found(&row, &account.nickname, moment.scan)?));
            }
            if items.len() > most {
                break;
            }
        }
        Ok(page(items, most, |found| (&found.asset.kind, &found.asset.id)))
    }

    /// How many assets of each kind there are: account, kind, number.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn count(&self, at: &Snapshot) -> Result<Vec<(String, String, u64)>> {
        let mut tx = self.database.read().await?;
        let mut counted = Vec::new();
        for account in &at.accounts {
            let Some(moment) = account.moment else { continue };
            let sql = format!(
                "SELECT s.kind, count(*) FROM asset s JOIN version v ON {HOLDS} WHERE s.account = $2 \
                 GROUP BY s.kind ORDER BY s.kind"
            );
            for row in tx.rows(sql, values![moment.scan, account.account]).await? {
                counted.push((account.nickname.clone(), row.text(0)?, row.int(1)?.unsigned_abs()));
            }
        }
        Ok(counted)
    }

    /// One asset with its relations both ways, gone or not; one of each account
    /// that has it.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownAsset`].
    pub async fn show(&self, at: &Snapshot, kind: &str, id: &str) -> Result<Vec<Shown>> {
        let filter = Filter { kinds: vec![kind.into()], ids: vec![id.into()], gone: Gone::With, ..Filter::default() };
        let all = self.list(at, &filter, None, at.accounts.len().max(1)).await?.items;
        if all.is_empty() {
            return Err(Error::UnknownAsset { kind: kind.into(), id: id.into() });
        }
        let mut tx = self.database.read().await?;
        let mut shown = Vec::new();
        for found in all {
            let account = at.accounts.iter().find(|account| account.nickname == found.account);
            let Some((account, moment)) = account.and_then(|one| Some((one.account, one.moment?))) else { continue };
            let names = names(&mut tx, account, moment.scan, &found.asset.relations).await?;
            let sql = format!(
                "SELECT e.name, s.kind, s.id, v.name FROM edge e JOIN asset s ON s.key = e.asset AND s.account = $2 \
                 JOIN version v ON {HOLDS} AND v.since = e.since WHERE e.kind = $3 AND e.id = $4 \
                 ORDER BY e.name, s.kind, s.id"
            );
            let rows = tx.rows(sql, values![moment.scan, account, &found.asset.kind, &found.asset.id]).await?;
            let from = rows.iter().map(|row| {
                let relation = Relation { name: row.text(0)?, kind: row.text(1)?, id: row.text(2)? };
                Ok(Incoming { relation, title: row.text(3)? })
            });
            shown.push(Shown { from: from.collect::<Result<_>>()?, names, found });
        }
        Ok(shown)
    }

    /// All versions of an asset up to the snapshot, oldest first.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownAsset`].
    pub async fn history(&self, at: &Snapshot, kind: &str, id: &str) -> Result<Vec<Version>> {
        let mut tx = self.database.read().await?;
        let mut versions: Vec<Version> = Vec::new();
        for account in &at.accounts {
            let Some(moment) = account.moment else { continue };
            let sql = format!(
                "SELECT {COLUMNS} FROM asset s JOIN version v ON v.asset = s.key AND v.since <= $1 \
                 WHERE s.account = $2 AND s.kind = $3 AND s.id = $4 ORDER BY v.since"
            );
            let first = versions.len();
            for row in tx.rows(sql, values![moment.scan, account.account, storable(kind), storable(id)]).await? {
                let found = found(&row, &account.nickname, moment.scan)?;
                let mut version = Version {
                    account: found.account,
                    first: found.since,
                    last: found.seen,
                    end: if found.gone.is_some() { End::Gone } else { End::Current },
                    ended: found.gone,
                    changes: Vec::new(),
                    asset: found.asset,
                };
                if versions.len() > first
                    && let Some(before) = versions.last_mut()
                {
                    version.changes = changes(&before.asset, &version.asset);
                    if before.ended.is_some_and(|ended| ended.scan == version.first.scan) {
                        before.end = End::Changed;
                    }
                }
                versions.push(version);
            }
        }
        match versions.is_empty() {
            true => Err(Error::UnknownAsset { kind: kind.into(), id: id.into() }),
            false => Ok(versions),
        }
    }
}

impl Snapshot {
    /// The accounts that a page from `after` on is read of, in order.
    pub(super) fn from<'s>(&'s self, after: Option<&'s After>) -> impl Iterator<Item = &'s AccountAt> {
        let begun = move |at: &&AccountAt| after.is_some_and(|after| after.account != at.account);
        self.accounts.iter().skip_while(begun)
    }
}

/// The names of what relations point to.
async fn names(tx: &mut Transacted, account: i64, scan: i64, to: &[Relation]) -> Result<Vec<Option<String>>> {
    let mut known = HashMap::new();
    let mut kinds: Vec<&str> = to.iter().map(|edge| edge.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let ids: Vec<Value> = to.iter().filter(|edge| edge.kind == kind).map(|edge| Value::from(&edge.id)).collect();
        let sql = format!(
            "SELECT s.id, v.name FROM asset s JOIN version v ON {HOLDS} \
             WHERE s.account = $2 AND s.kind = $3 AND s.id IN ({{in}})"
        );
        for row in tx.rows_in(&sql, values![scan, account, kind], &ids).await? {
            known.insert((kind.to_owned(), row.text(0)?), row.text(1)?);
        }
    }
    Ok(to.iter().map(|edge| known.get(&(edge.kind.clone(), edge.id.clone())).cloned()).collect())
}

async fn by_kind(tx: &mut Transacted, scan: i64) -> Result<(Vec<KindRecord>, Vec<Skipped>)> {
    let sql = "SELECT kind, seen, added, changed, gone, reason, message FROM scan_kind WHERE scan = $1 ORDER BY kind";
    let (mut kinds, mut skipped) = (Vec::new(), Vec::new());
    for row in tx.rows(sql, values![scan]).await? {
        let kind = row.text(0)?;
        if let Some(reason) = row.text_or_null(5)? {
            let message = row.text_or_null(6)?.unwrap_or_default();
            skipped.push(Skipped { kind: kind.clone(), reason, message });
        }
        let number = |column| row.int(column).map(i64::unsigned_abs);
        let counts = Counts { seen: number(1)?, added: number(2)?, changed: number(3)?, gone: number(4)? };
        kinds.push(KindRecord { kind, counts });
    }
    Ok((kinds, skipped))
}
