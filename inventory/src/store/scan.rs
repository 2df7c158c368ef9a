//! A scan, from its beginning to what it decides in the end.
//!
//! Rule: a step counts once. Only who holds the scan, and knows the cursor that
//! is stored, may store the next; assets and cursor are one transaction.
//!
//! What is gone is decided by the last step alone, kind by kind: an asset is
//! gone if the scan covered its kind, the kind was not skipped in any step, no
//! part of it was out of sight (`windowed`), and the scan looked with the eyes
//! the asset was last seen with, or with eyes that see all ([`View`]).
//! Anything less is no proof: a stopped scan, a plan that no longer allows a
//! kind, a key of one team, an incident that left the window.
//!
//! [`View`]: super::View

use jiff::Timestamp;

use super::database::{Transacted, Value, values};
use super::error::{Error, Result};
use super::prepare::{prepare, storable};
use super::types::{Begin, Counts, Scan, Stepped};
use super::write::{self, ByKind, Missed, Sight};
use super::{Store, moment};
use crate::asset::{Kind, Skipped, Slice};
use crate::files;
use crate::secrets::Key;

/// Longest nickname, in characters.
const NICKNAME: usize = 64;

/// Whether a text can be a nickname.
///
/// # Errors
///
/// [`Error::Nickname`], which says what one is made of.
pub fn nickname(text: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    match first && text.chars().count() <= NICKNAME && text.chars().all(fits) {
        true => Ok(()),
        false => Err(Error::Nickname { nickname: text.into() }),
    }
}

/// Finds the account of a nickname, or makes it; holds its lock until the end.
///
/// # Errors
///
/// [`Error::Nickname`]; [`Error::OtherAccount`].
pub(super) async fn account(tx: &mut Transacted, nickname: &str, identity: &str) -> Result<i64> {
    self::nickname(nickname)?;
    let identity = storable(identity);
    let insert = "INSERT INTO account (nickname, identity) VALUES ($1, $2) ON CONFLICT (nickname) DO NOTHING";
    tx.run(insert, values![nickname, &identity]).await?;
    let row = tx.row("SELECT id, identity FROM account WHERE nickname = $1", values![nickname]).await?;
    let Some(row) = row else {
        return Err(Error::UnknownAccount { nickname: nickname.into(), known: Vec::new() });
    };
    let (id, known) = (row.int(0)?, row.text(1)?);
    if known != identity {
        return Err(Error::OtherAccount { nickname: nickname.into(), known, given: identity });
    }
    tx.lock(id).await?;
    Ok(id)
}

/// An unfinished scan of an account.
pub(super) struct Unfinished {
    pub(super) id: i64,
    pub(super) lease: i64,
    same: bool,
    cursor: Option<String>,
    steps: i64,
}

pub(super) async fn unfinished(tx: &mut Transacted, account: i64) -> Result<Option<Unfinished>> {
    let sql = "SELECT id, lease, cursor, steps FROM scan WHERE account = $1 AND state = 'unfinished'";
    let Some(row) = tx.row(sql, values![account]).await? else { return Ok(None) };
    let (id, lease) = (row.int(0)?, row.int(1)?);
    Ok(Some(Unfinished { id, lease, same: false, cursor: row.text_or_null(2)?, steps: row.int(3)? }))
}

impl Store {
    /// Begins a scan, or goes on with the unfinished one if account, view, kinds
    /// and settings are the same. The scan is this process's for
    /// [`super::Settings::lease`]; every step and [`Store::renew`] lengthen that.
    ///
    /// # Errors
    ///
    /// [`Error::OtherAccount`] and [`Error::Nickname`]; [`Error::Busy`] while
    /// another process has the account.
    pub async fn begin(&self, begin: &Begin) -> Result<Scan> {
        self.key()?;
        let owner = owner(self)?;
        let now = begin.now.as_millisecond();
        let lease = now.saturating_add(self.lease);
        let mut ids: Vec<&str> = begin.kinds.iter().map(|kind| kind.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let kinds = serde_json::to_string(&ids).unwrap_or_default();
        let settings = begin.settings.to_string();
        let wide = i64::from(begin.view.wide);

        let mut tx = self.database.write().await?;
        let account = account(&mut tx, &begin.nickname, &begin.account).await?;
        let mut before = unfinished(&mut tx, account).await?;
        if let Some(before) = &mut before {
            if before.lease > now {
                let until = moment(before.lease);
                return Err(Error::Busy { nickname: begin.nickname.clone(), scan: before.id, until });
            }
            let sql = "SELECT 1 FROM scan WHERE id = $1 AND kinds = $2 AND settings = $3 AND view = $4 AND wide = $5";
            let like = values![before.id, &kinds, &settings, &begin.view.id, wide];
            before.same = tx.rows(sql, like).await?.len() == 1;
        }
        let mut scan = Scan {
            id: 0,
            nickname: begin.nickname.clone(),
            cursor: None,
            steps: 0,
            resumed: false,
            abandoned: None,
            account,
            owner: owner.clone(),
            view: begin.view.clone(),
            kinds: begin.kinds.clone(),
        };
        match before {
            Some(before) if before.same => {
                let sql = "UPDATE scan SET owner = $1, lease = $2 WHERE id = $3";
                tx.run(sql, values![owner, lease, before.id]).await?;
                scan.id = before.id;
                scan.cursor = before.cursor;
                scan.steps = before.steps.unsigned_abs();
                scan.resumed = true;
            }
            before => {
                if let Some(before) = before {
                    write::take_back(&mut tx, before.id).await?;
                    tx.run("UPDATE scan SET state = 'abandoned' WHERE id = $1", values![before.id]).await?;
                    scan.abandoned = Some(before.id);
                }
                let sql = "INSERT INTO scan (account, source, state, view, wide, kinds, settings, steps, started, \
                           updated, owner, lease) VALUES ($1, 'scan', 'unfinished', $2, $3, $4, $5, 0, $6, $6, $7, $8) \
                           RETURNING id";
                let row = values![account, &begin.view.id, wide, kinds, settings, now, owner, lease];
                if let Some(row) = tx.row(sql, row).await? {
                    scan.id = row.int(0)?;
                }
                count(&mut tx, scan.id, &ids.iter().map(|id| ((*id).to_owned(), Counts::default())).collect()).await?;
            }
        }
        tx.commit().await?;
        Ok(scan)
    }

    /// Stores what one step found, with its cursor, as one transaction. The
    /// last step (no `next`) completes the scan in the same transaction: what
    /// is gone is decided, and readers see it.
    ///
    /// # Errors
    ///
    /// [`Error::Overtaken`] where another process went on with the scan;
    /// [`Error::Unfit`] where the slice has what does not belong to the scan.
    /// Nothing of the slice is stored then.
    pub async fn step(&self, scan: &mut Scan, slice: &Slice, now: Timestamp) -> Result<Stepped> {
        let assets = prepare(&slice.assets, &scan.kinds, self.key()?)?;
        known_kinds(&slice.skipped, &scan.kinds)?;
        let at = now.as_millisecond();
        let mut tx = self.database.write().await?;
        self.held(&mut tx, scan).await?;
        let sight = Sight { account: scan.account, scan: scan.id, view: &scan.view, now };
        let mut by_kind = write::store(&mut tx, &sight, assets).await?;
        for skipped in &slice.skipped {
            let sql = "UPDATE scan_kind SET reason = $1, message = $2 WHERE scan = $3 AND kind = $4 AND reason IS NULL";
            let why = values![storable(&skipped.reason), storable(&skipped.message), scan.id, storable(&skipped.kind)];
            tx.run(sql, why).await?;
        }
        let complete = slice.next.is_none();
        if complete {
            self.complete(&mut tx, scan, &sight, &mut by_kind).await?;
        }
        count(&mut tx, scan.id, &by_kind).await?;
        let state = if complete { "complete" } else { "unfinished" };
        let next = slice.next.as_deref().map(storable);
        let sql = "UPDATE scan SET cursor = $1, steps = steps + 1, updated = $2, lease = $3, state = $4 WHERE id = $5";
        tx.run(sql, values![next.clone(), at, at.saturating_add(self.lease), state, scan.id]).await?;
        tx.commit().await?;
        scan.cursor = next;
        scan.steps += 1;
        Ok(Stepped { counts: sum(by_kind.values()), complete })
    }

    /// Decides what is gone, and lets readers see the scan.
    async fn complete(&self, tx: &mut Transacted, scan: &Scan, sight: &Sight<'_>, by_kind: &mut ByKind) -> Result<()> {
        let rows = tx.rows("SELECT kind FROM scan_kind WHERE scan = $1 AND reason IS NULL", values![scan.id]).await?;
        for row in rows {
            let kind = row.text(0)?;
            let windowed = scan.kinds.iter().any(|known| known.id == kind && known.extra.windowed);
            if !windowed {
                let gone = write::gone(tx, sight, Missed::Of(&kind)).await?;
                by_kind.entry(kind).or_default().gone += gone;
            }
        }
        write::edges(tx, scan.id).await?;
        publish(tx, scan.account, scan.id, sight.now).await
    }

    /// Keeps a scan this process's while a step takes long.
    ///
    /// # Errors
    ///
    /// [`Error::Overtaken`].
    pub async fn renew(&self, scan: &Scan, now: Timestamp) -> Result<()> {
        self.set_lease(scan, now.as_millisecond().saturating_add(self.lease)).await
    }

    /// Lets go of an unfinished scan, so that any process can go on with it at
    /// once: for a process that was asked to stop, or whose step failed.
    ///
    /// # Errors
    ///
    /// [`Error::Overtaken`] where it was not this process's any more.
    pub async fn release(&self, scan: Scan) -> Result<()> {
        self.set_lease(&scan, 0).await
    }

    async fn set_lease(&self, scan: &Scan, lease: i64) -> Result<()> {
        let mut tx = self.database.write().await?;
        self.held(&mut tx, scan).await?;
        tx.run("UPDATE scan SET lease = $1 WHERE id = $2", values![lease, scan.id]).await?;
        tx.commit().await
    }

    /// Whether the scan is still as this process left it; holds the lock of its
    /// account from then on.
    async fn held(&self, tx: &mut Transacted, scan: &Scan) -> Result<()> {
        tx.lock(scan.account).await?;
        let sql = "SELECT state, owner, steps, cursor FROM scan WHERE id = $1";
        let why = match tx.row(sql, values![scan.id]).await? {
            None => "its account was removed".into(),
            Some(row) => match (row.text(0)?.as_str(), row.text(1)?) {
                ("unfinished", owner) if owner != scan.owner => "another process went on with it".into(),
                ("unfinished", _) => {
                    let (steps, cursor) = (row.int(2)?.unsigned_abs(), row.text_or_null(3)?);
                    if steps == scan.steps && cursor == scan.cursor {
                        return Ok(());
                    }
                    format!("{steps} steps are stored, and this one follows {}", scan.steps)
                }
                (state, _) => format!("it is {state}"),
            },
        };
        Err(Error::Overtaken { scan: scan.id, why })
    }

    pub(super) fn key(&self) -> Result<&Key> {
        let (path, place) = (self.place.key(), self.database.place().to_owned());
        self.key.as_ref().ok_or(Error::OtherKey { path, place })
    }
}

/// From now on readers see an account as this scan left it.
pub(super) async fn publish(tx: &mut Transacted, account: i64, scan: i64, now: Timestamp) -> Result<()> {
    let sql = "UPDATE account SET complete = $1, complete_at = $2 WHERE id = $3";
    tx.run(sql, values![scan, now.as_millisecond(), account]).await?;
    Ok(())
}

/// Adds to the numbers of a scan.
pub(super) async fn count(tx: &mut Transacted, scan: i64, by_kind: &ByKind) -> Result<()> {
    let mut rows = Vec::with_capacity(by_kind.len() * 6);
    for (kind, counts) in by_kind {
        let number = |count: u64| Value::from(i64::try_from(count).unwrap_or(i64::MAX));
        rows.extend(values![scan, storable(kind)]);
        rows.extend([counts.seen, counts.added, counts.changed, counts.gone].map(number));
    }
    let then = "ON CONFLICT (scan, kind) DO UPDATE SET seen = scan_kind.seen + excluded.seen, \
                added = scan_kind.added + excluded.added, changed = scan_kind.changed + excluded.changed, \
                gone = scan_kind.gone + excluded.gone";
    tx.insert("scan_kind (scan, kind, seen, added, changed, gone)", 6, rows, then).await
}

pub(super) fn sum<'c>(counts: impl Iterator<Item = &'c Counts>) -> Counts {
    counts.fold(Counts::default(), |sum, one| Counts {
        seen: sum.seen + one.seen,
        added: sum.added + one.added,
        changed: sum.changed + one.changed,
        gone: sum.gone + one.gone,
    })
}

fn known_kinds(skipped: &[Skipped], kinds: &[Kind]) -> Result<()> {
    match skipped.iter().find(|skipped| kinds.iter().all(|kind| kind.id != skipped.kind)) {
        Some(other) => Err(Error::Unfit { why: format!("it skipped {:?}, which this scan does not have", other.kind) }),
        None => Ok(()),
    }
}

/// A name that no other beginning of a scan has.
fn owner(store: &Store) -> Result<String> {
    let why = |why: getrandom::Error| files::io(&store.place.key(), std::io::Error::other(why.to_string()));
    Ok(format!("{:016x}{:016x}", getrandom::u64().map_err(why)?, getrandom::u64().map_err(why)?))
}
