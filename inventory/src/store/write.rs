//! Storing assets: a version where something is otherwise, a mark where not.
//!
//! Rule: everything here is a part of the caller's transaction, which holds the
//! account's lock.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::database::{Transacted, Value, values};
use super::error::Result;
use super::prepare::Prepared;
use super::types::{Counts, View};

/// In which scan, when and with which eyes assets were seen.
pub(super) struct Sight<'a> {
    pub(super) account: i64,
    pub(super) scan: i64,
    pub(super) view: &'a View,
    pub(super) now: Timestamp,
}

/// Assets by kind.
pub(super) type ByKind = BTreeMap<String, Counts>;

/// What the store has of an asset.
struct Known {
    key: i64,
    hash: Vec<u8>,
    there: bool,
    since: i64,
    seen: i64,
}

/// Stores assets; gives what became of them, by kind.
pub(super) async fn store(tx: &mut Transacted, sight: &Sight<'_>, assets: Vec<Prepared>) -> Result<ByKind> {
    let known = known(tx, sight.account, &assets).await?;
    let mut counts = ByKind::new();
    let (mut same, mut ended, mut drafts, mut fresh) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut passing = Vec::new();
    for asset in assets {
        let known = known.get(&(asset.kind.clone(), asset.id.clone()));
        let count = match counts.get_mut(&asset.kind) {
            Some(count) => count,
            None => counts.entry(asset.kind.clone()).or_default(),
        };
        // One that two lists have comes twice in a scan, and is one asset.
        if known.is_none_or(|known| known.seen != sight.scan) {
            count.seen += 1;
        }
        match known {
            Some(known) if known.there && known.hash == asset.hash => {
                same.push(Value::from(known.key));
                if asset.passing {
                    let at = sight.now.as_millisecond();
                    passing.extend(values![known.key, known.since, at]);
                    passing.push(Value::Bytes(asset.hash));
                    passing.extend(values![asset.name, asset.url, asset.attributes, "[]"]);
                }
            }
            Some(known) => {
                match (known.there, known.since == sight.scan) {
                    (true, true) => {}
                    (true, false) => count.changed += 1,
                    (false, _) => count.added += 1,
                }
                match known.since == sight.scan {
                    true => drafts.push(Value::from(known.key)),
                    false if known.there => ended.push(Value::from(known.key)),
                    false => {}
                }
                fresh.push(asset);
            }
            None => {
                count.added += 1;
                fresh.push(asset);
            }
        }
    }
    let at = sight.now.as_millisecond();
    let seen = values![sight.scan, at, &sight.view.id];
    tx.run_in("UPDATE asset SET seen = $1, seen_at = $2, view = $3 WHERE key IN ({in})", &seen, &same).await?;
    // What changes by itself is kept as it was last seen: the rows are there, and take these attributes alone.
    let take = "ON CONFLICT (asset, since) DO UPDATE SET attributes = excluded.attributes";
    tx.insert("version (asset, since, since_at, hash, name, url, attributes, relations)", 8, passing, take).await?;
    end(tx, sight.scan, at, &ended).await?;
    // It came twice in one scan: the version of this scan is written anew.
    tx.run_in("DELETE FROM edge WHERE since = $1 AND asset IN ({in})", &values![sight.scan], &drafts).await?;
    tx.run_in("DELETE FROM version WHERE since = $1 AND asset IN ({in})", &values![sight.scan], &drafts).await?;
    versions(tx, sight, fresh).await?;
    Ok(counts)
}

async fn known(tx: &mut Transacted, account: i64, assets: &[Prepared]) -> Result<HashMap<(String, String), Known>> {
    let mut ids: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for asset in assets {
        ids.entry(&asset.kind).or_default().push(Value::from(&asset.id));
    }
    let mut known = HashMap::with_capacity(assets.len());
    for (kind, ids) in ids {
        let sql =
            "SELECT id, key, hash, there, since, seen FROM asset WHERE account = $1 AND kind = $2 AND id IN ({in})";
        for row in tx.rows_in(sql, &values![account, kind], &ids).await? {
            let (key, hash) = (row.int(1)?, row.bytes(2)?);
            let (there, since, seen) = (row.int(3)? != 0, row.int(4)?, row.int(5)?);
            known.insert((kind.to_owned(), row.text(0)?), Known { key, hash, there, since, seen });
        }
    }
    Ok(known)
}

/// Ends the present versions of assets, before the assets are seen otherwise.
pub(super) async fn end(tx: &mut Transacted, scan: i64, at: i64, assets: &[Value]) -> Result<()> {
    let sql = "UPDATE version SET until = $1, until_at = $2, \
               last = (SELECT seen FROM asset WHERE key = version.asset), \
               last_at = (SELECT seen_at FROM asset WHERE key = version.asset) \
               WHERE until IS NULL AND asset IN ({in})";
    tx.run_in(sql, &values![scan, at], assets).await?;
    Ok(())
}

/// Writes the versions that this scan found.
async fn versions(tx: &mut Transacted, sight: &Sight<'_>, assets: Vec<Prepared>) -> Result<()> {
    let at = sight.now.as_millisecond();
    let mut rows = Vec::with_capacity(assets.len() * 9);
    for asset in &assets {
        rows.extend(values![sight.account, &asset.kind, &asset.id]);
        rows.push(Value::Bytes(asset.hash.clone()));
        rows.extend(values![sight.scan, true, sight.scan, at, &sight.view.id]);
    }
    let into = "asset (account, kind, id, hash, since, there, seen, seen_at, view)";
    let then = "ON CONFLICT (account, kind, id) DO UPDATE SET hash = excluded.hash, since = excluded.since, \
                there = excluded.there, seen = excluded.seen, seen_at = excluded.seen_at, view = excluded.view \
                RETURNING key, kind, id";
    let mut keys = HashMap::with_capacity(assets.len());
    for row in tx.insert(into, 9, rows, then).await? {
        keys.insert((row.text(1)?, row.text(2)?), row.int(0)?);
    }
    let (mut rows, mut edges) = (Vec::with_capacity(assets.len() * 8), Vec::new());
    for asset in assets {
        let Some(key) = keys.get(&(asset.kind, asset.id)) else { continue };
        // Texts and places of texts can always be written.
        let relations = serde_json::to_string(&asset.relations).unwrap_or_else(|_| "[]".into());
        rows.extend(values![*key, sight.scan, at]);
        rows.push(Value::Bytes(asset.hash));
        rows.extend(values![asset.name, asset.url, asset.attributes, relations]);
        for edge in asset.relations {
            edges.extend(values![*key, sight.scan, edge.name, edge.kind, edge.id]);
        }
    }
    tx.insert("version (asset, since, since_at, hash, name, url, attributes, relations)", 8, rows, "").await?;
    tx.insert("edge (asset, since, name, kind, id)", 5, edges, "").await?;
    Ok(())
}

/// Which assets of an account are taken for gone.
pub(super) enum Missed<'a> {
    /// Those of a kind that this scan did not see and would have.
    Of(&'a str),
    /// These, known to be deleted: keys.
    These(&'a [Value]),
}

/// Marks assets as gone; gives their number.
pub(super) async fn gone(tx: &mut Transacted, sight: &Sight<'_>, missed: Missed<'_>) -> Result<u64> {
    let at = sight.now.as_millisecond();
    let found;
    let keys = match missed {
        Missed::These(keys) => keys,
        Missed::Of(kind) => {
            // Narrower eyes than those it was last seen with miss much that is there.
            let sql = "SELECT key FROM asset WHERE account = $1 AND kind = $2 AND there = 1 AND seen <> $3 \
                       AND ($4 = 1 OR view = $5)";
            let wanted = values![sight.account, kind, sight.scan, i64::from(sight.view.wide), &sight.view.id];
            let rows = tx.rows(sql, wanted).await?;
            found = rows.iter().map(|row| row.int(0).map(Value::from)).collect::<Result<Vec<_>>>()?;
            &found
        }
    };
    end(tx, sight.scan, at, keys).await?;
    tx.run_in("UPDATE asset SET there = 0 WHERE there = 1 AND key IN ({in})", &[], keys).await
}

/// Takes back what an unfinished scan stored: versions it found are dropped,
/// those it ended go on. That it saw what was as before stays: it did.
pub(super) async fn take_back(tx: &mut Transacted, account: i64, scan: i64) -> Result<()> {
    let drafts = "SELECT key FROM asset WHERE account = $1 AND since = $2";
    let rows = tx.rows(drafts, values![account, scan]).await?;
    let keys = rows.iter().map(|row| row.int(0).map(Value::from)).collect::<Result<Vec<_>>>()?;
    tx.run_in("DELETE FROM edge WHERE since = $1 AND asset IN ({in})", &values![scan], &keys).await?;
    tx.run_in("DELETE FROM version WHERE since = $1 AND asset IN ({in})", &values![scan], &keys).await?;
    let seen = "UPDATE asset SET seen = v.last, seen_at = v.last_at FROM version AS v \
                WHERE v.asset = asset.key AND v.last IS NOT NULL \
                AND v.since = (SELECT max(since) FROM version WHERE version.asset = asset.key) AND key IN ({in})";
    tx.run_in(seen, &[], &keys).await?;
    let reopen = "UPDATE version SET until = NULL, until_at = NULL, last = NULL, last_at = NULL \
                  WHERE until = $1 AND asset IN ({in})";
    tx.run_in(reopen, &values![scan], &keys).await?;
    let none =
        "DELETE FROM asset WHERE NOT EXISTS (SELECT 1 FROM version WHERE version.asset = asset.key) AND key IN ({in})";
    tx.run_in(none, &[], &keys).await?;
    let newest = "(SELECT max(since) FROM version WHERE version.asset = asset.key)";
    let restore = format!(
        "UPDATE asset SET since = {newest}, \
         hash = (SELECT hash FROM version WHERE version.asset = asset.key AND version.since = {newest}), \
         there = (SELECT CASE WHEN until IS NULL THEN 1 ELSE 0 END FROM version \
                  WHERE version.asset = asset.key AND version.since = {newest}) \
         WHERE key IN ({{in}})"
    );
    tx.run_in(&restore, &[], &keys).await?;
    Ok(())
}
