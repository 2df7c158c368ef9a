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
    hash: String,
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
    for (asset, known) in assets.into_iter().zip(known) {
        let count = match counts.get_mut(&asset.kind) {
            Some(count) => count,
            None => counts.entry(asset.kind.clone()).or_default(),
        };
        // One that two lists have comes twice in a scan, and is one asset.
        if known.as_ref().is_none_or(|known| known.seen != sight.scan) {
            count.seen += 1;
        }
        let Some(known) = known else {
            count.added += 1;
            fresh.push((None, asset));
            continue;
        };
        if known.there && known.hash == asset.hash {
            same.push(Value::from(known.key));
            if asset.passing {
                let at = sight.now.as_millisecond();
                passing.extend(values![known.key, known.since, at, &asset.hash]);
                passing.extend(values![asset.name, asset.url, asset.attributes, "[]"]);
            }
            continue;
        }
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
        fresh.push((Some(known.key), asset));
    }
    let at = sight.now.as_millisecond();
    let seen = values![sight.scan, at, &sight.view.id];
    tx.run_in("UPDATE asset SET seen = $1, seen_at = $2, view = $3 WHERE key IN ({in})", seen, &same).await?;
    // What changes by itself is kept as it was last seen: the rows are there, and take these attributes alone.
    let take = "ON CONFLICT (asset, since) DO UPDATE SET attributes = excluded.attributes";
    tx.insert("version (asset, since, since_at, hash, name, url, attributes, relations)", 8, passing, take).await?;
    end(tx, sight.scan, at, &ended).await?;
    // It came twice in one scan: the version of this scan is written anew.
    tx.run_in("DELETE FROM version WHERE since = $1 AND asset IN ({in})", values![sight.scan], &drafts).await?;
    versions(tx, sight, fresh).await?;
    Ok(counts)
}

/// What the store has of each asset.
async fn known(tx: &mut Transacted, account: i64, assets: &[Prepared]) -> Result<Vec<Option<Known>>> {
    let mut places: BTreeMap<&str, HashMap<&str, usize>> = BTreeMap::new();
    for (at, asset) in assets.iter().enumerate() {
        places.entry(&asset.kind).or_default().insert(&asset.id, at);
    }
    let mut known: Vec<Option<Known>> = assets.iter().map(|_| None).collect();
    for (kind, places) in places {
        let ids: Vec<Value> = places.keys().map(|id| Value::from(*id)).collect();
        for row in tx.by_id(account, kind, &ids).await? {
            if let Some(at) = places.get(row.text(0)?.as_str()) {
                let (key, hash) = (row.int(1)?, row.text(2)?);
                let (there, since, seen) = (row.int(3)? != 0, row.int(4)?, row.int(5)?);
                known[*at] = Some(Known { key, hash, there, since, seen });
            }
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
    tx.run_in(sql, values![scan, at], assets).await?;
    Ok(())
}

/// Writes the versions that this scan found, of assets with their keys if they
/// have one.
async fn versions(tx: &mut Transacted, sight: &Sight<'_>, assets: Vec<(Option<i64>, Prepared)>) -> Result<()> {
    if assets.is_empty() {
        return Ok(());
    }
    let at = sight.now.as_millisecond();
    let missing = assets.iter().filter(|(key, _)| key.is_none()).count();
    let mut keys = match missing {
        0 => Vec::new(),
        missing => tx.keys(missing).await?,
    }
    .into_iter();
    // Many small values are one list of JSON: to bind each costs more than to read it.
    let mut lines = Vec::with_capacity(assets.len());
    let mut rows = Vec::with_capacity(assets.len() * 8);
    for (key, asset) in assets {
        let Some(key) = key.or_else(|| keys.next()) else { continue };
        // Texts can always be written.
        let relations = serde_json::to_string(&asset.relations).unwrap_or_else(|_| "[]".into());
        let says = values![asset.name, asset.url, asset.attributes, relations];
        rows.extend(values![key, sight.scan, at, &asset.hash].into_iter().chain(says));
        lines.push((key, asset.kind, asset.id, asset.hash));
    }
    let lines = serde_json::to_string(&lines).unwrap_or_default();
    let sql = format!(
        "INSERT INTO asset (key, account, kind, id, hash, since, there, seen, seen_at, view) \
         SELECT CAST(r.value ->> 0 AS BIGINT), $2, r.value ->> 1, r.value ->> 2, r.value ->> 3, $3, 1, $3, $4, $5 \
         FROM {} WHERE true ON CONFLICT (key) DO UPDATE SET hash = excluded.hash, since = excluded.since, \
         there = excluded.there, seen = excluded.seen, seen_at = excluded.seen_at, view = excluded.view",
        tx.items("$1", "r")
    );
    tx.run(sql, values![lines, sight.account, sight.scan, at, &sight.view.id]).await?;
    tx.insert("version (asset, since, since_at, hash, name, url, attributes, relations)", 8, rows, "").await?;
    Ok(())
}

/// Makes what the versions of a scan point to known from the other end. At the
/// end of a scan, when all are there: one by one they would be written all over
/// the index, and nobody may see them before.
pub(super) async fn edges(tx: &mut Transacted, scan: i64) -> Result<()> {
    let sql = format!(
        "INSERT INTO edge (asset, since, name, kind, id) \
         SELECT v.asset, v.since, r.value ->> 'name', r.value ->> 'kind', r.value ->> 'id' \
         FROM version v CROSS JOIN {} WHERE v.since = $1",
        tx.items("v.relations", "r")
    );
    tx.run(sql, values![scan]).await?;
    Ok(())
}

/// Which assets of an account are taken for gone.
pub(super) enum Missed<'a> {
    /// Those of a kind that this scan did not see and would have.
    Of(&'a str),
    /// These, known to be deleted: keys.
    These(Vec<Value>),
}

/// Marks assets as gone; gives their number.
pub(super) async fn gone(tx: &mut Transacted, sight: &Sight<'_>, missed: Missed<'_>) -> Result<u64> {
    let at = sight.now.as_millisecond();
    let keys = match missed {
        Missed::These(keys) => keys,
        Missed::Of(kind) => {
            // Narrower eyes than those it was last seen with miss much that is there.
            let sql = "SELECT key FROM asset WHERE account = $1 AND kind = $2 AND there = 1 AND seen <> $3 \
                       AND ($4 = 1 OR view = $5)";
            let wanted = values![sight.account, kind, sight.scan, i64::from(sight.view.wide), &sight.view.id];
            let rows = tx.rows(sql, wanted).await?;
            rows.iter().map(|row| row.int(0).map(Value::from)).collect::<Result<_>>()?
        }
    };
    end(tx, sight.scan, at, &keys).await?;
    tx.run_in("UPDATE asset SET there = 0 WHERE there = 1 AND key IN ({in})", values![], &keys).await
}

/// Takes back what an unfinished scan stored: versions it found are dropped,
/// those it ended go on. That it saw what was as before stays: it did.
pub(super) async fn take_back(tx: &mut Transacted, scan: i64) -> Result<()> {
    let rows = tx.rows("SELECT asset FROM version WHERE since = $1", values![scan]).await?;
    let keys = rows.iter().map(|row| row.int(0).map(Value::from)).collect::<Result<Vec<_>>>()?;
    tx.run("DELETE FROM version WHERE since = $1", values![scan]).await?;
    let seen = "UPDATE asset SET seen = v.last, seen_at = v.last_at FROM version AS v \
                WHERE v.asset = asset.key AND v.last IS NOT NULL \
                AND v.since = (SELECT max(since) FROM version WHERE version.asset = asset.key) AND key IN ({in})";
    tx.run_in(seen, values![], &keys).await?;
    let reopen = "UPDATE version SET until = NULL, until_at = NULL, last = NULL, last_at = NULL \
                  WHERE until = $1 AND asset IN ({in})";
    tx.run_in(reopen, values![scan], &keys).await?;
    let none =
        "DELETE FROM asset WHERE NOT EXISTS (SELECT 1 FROM version WHERE version.asset = asset.key) AND key IN ({in})";
    tx.run_in(none, values![], &keys).await?;
    let newest = "(SELECT max(since) FROM version WHERE version.asset = asset.key)";
    let restore = format!(
        "UPDATE asset SET since = {newest}, \
         hash = (SELECT hash FROM version WHERE version.asset = asset.key AND version.since = {newest}), \
         there = (SELECT CASE WHEN until IS NULL THEN 1 ELSE 0 END FROM version \
                  WHERE version.asset = asset.key AND version.since = {newest}) \
         WHERE key IN ({{in}})"
    );
    tx.run_in(&restore, values![], &keys).await?;
    Ok(())
}
