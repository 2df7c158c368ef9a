//! Assets and what binds them, as of a point.
//!
//! Rule: never more nodes than were asked for; what is left out is said.

use std::collections::{BTreeMap, BTreeSet};

use super::Store;
use super::answers::{AccountAt, Edge, Graph, GraphQuery, Node, Snapshot};
use super::database::{Transacted, Value, values};
use super::error::{Error, Result};
use super::prepare::storable;
use super::query::HOLDS;

/// Kind and id.
type Name = (String, String);

/// A part of a graph, by the names of its assets.
#[derive(Default)]
struct Found {
    /// With their titles, once they are known.
    nodes: BTreeMap<Name, Option<String>>,
    edges: BTreeSet<(Name, String, Name)>,
    cut: bool,
}

impl Store {
    /// Assets and what binds them. In `query.depth` steps around some, relations
    /// followed both ways; or all of some kinds, and what binds those.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownAsset`] where one to look around is not there.
    pub async fn graph(&self, at: &Snapshot, query: &GraphQuery) -> Result<Graph> {
        let mut tx = self.database.read().await?;
        let mut graph = Graph::default();
        let mut missing: BTreeSet<Name> =
            query.around.iter().map(|(kind, id)| (storable(kind), storable(id))).collect();
        for account in &at.accounts {
            let Some(moment) = account.moment else { continue };
            let most = query.most.saturating_sub(graph.nodes.len());
            let mut found = Found::default();
            match query.around.is_empty() {
                true => all(&mut tx, account, moment.scan, query, most, &mut found).await?,
                false => around(&mut tx, account, moment.scan, query, most, &mut found, &mut missing).await?,
            }
            let first = graph.nodes.len();
            let places: BTreeMap<&Name, usize> = found.nodes.keys().zip(first..).collect();
            for (from, name, to) in &found.edges {
                if let (Some(from), Some(to)) = (places.get(from), places.get(to)) {
                    graph.edges.push(Edge { from: *from, name: name.clone(), to: *to });
                }
            }
            graph.cut |= found.cut;
            graph.nodes.extend(found.nodes.into_iter().map(|((kind, id), name)| Node {
                account: account.nickname.clone(),
                kind,
                id,
                name,
            }));
        }
        graph.edges.sort_unstable();
        match missing.pop_first() {
            Some((kind, id)) => Err(Error::UnknownAsset { kind, id }),
            None => Ok(graph),
        }
    }
}

impl Found {
    /// Takes a node up if there is room; gives whether it is in.
    fn take(&mut self, name: &Name, most: usize) -> bool {
        if self.nodes.contains_key(name) {
            return true;
        }
        if self.nodes.len() >= most {
            self.cut = true;
            return false;
        }
        self.nodes.insert(name.clone(), None);
        true
    }
}

async fn around(
    tx: &mut Transacted,
    account: &AccountAt,
    scan: i64,
    query: &GraphQuery,
    most: usize,
    found: &mut Found,
    missing: &mut BTreeSet<Name>,
) -> Result<()> {
    let wanted: Vec<Name> = query.around.iter().map(|(kind, id)| (storable(kind), storable(id))).collect();
    let mut border: Vec<Name> = titles(tx, account, scan, &wanted).await?.into_keys().collect();
    for name in &border {
        missing.remove(name);
        found.take(name, most);
    }
    let kinds: Vec<String> = query.kinds.iter().map(|kind| storable(kind)).collect();
    let fits = |name: &Name| kinds.is_empty() || kinds.contains(&name.0);
    for _ in 0..query.depth {
        let mut next = BTreeSet::new();
        for (from, name, to) in edges(tx, account, scan, &border).await? {
            // The end that is new is the one that may not fit.
            let known = |end: &Name| found.nodes.contains_key(end);
            if !(known(&from) || fits(&from)) || !(known(&to) || fits(&to)) {
                continue;
            }
            for end in [&from, &to] {
                if !found.nodes.contains_key(end) && found.take(end, most) {
                    next.insert(end.clone());
                }
            }
            found.edges.insert((from, name, to));
        }
        border = next.into_iter().collect();
        if border.is_empty() {
            break;
        }
    }
    // What binds the outermost to each other.
    for edge in edges(tx, account, scan, &border).await? {
        if found.nodes.contains_key(&edge.0) && found.nodes.contains_key(&edge.2) {
            found.edges.insert(edge);
        }
    }
    let names: Vec<Name> = found.nodes.keys().cloned().collect();
    for (name, title) in titles(tx, account, scan, &names).await? {
        found.nodes.insert(name, Some(title));
    }
    Ok(())
}

async fn all(
    tx: &mut Transacted,
    account: &AccountAt,
    scan: i64,
    query: &GraphQuery,
    most: usize,
    found: &mut Found,
) -> Result<()> {
    let kinds: Vec<Value> = query.kinds.iter().map(|kind| Value::from(storable(kind))).collect();
    let sql = format!(
        "SELECT s.kind, s.id, v.name FROM asset s JOIN version v ON {HOLDS} WHERE s.account = $2 {} \
         ORDER BY s.kind, s.id LIMIT $3",
        if kinds.is_empty() { "" } else { "AND s.kind IN ({in})" }
    );
    let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
    let bound = values![scan, account.account, limit];
    let rows = match kinds.is_empty() {
        true => tx.rows(sql, bound).await?,
        false => tx.rows_in(&sql, bound, &kinds).await?,
    };
    for row in rows {
        let name = (row.text(0)?, row.text(1)?);
        if found.take(&name, most) {
            found.nodes.insert(name, Some(row.text(2)?));
        }
    }
    let names: Vec<Name> = found.nodes.keys().cloned().collect();
    for edge in outgoing(tx, account, scan, &names).await? {
        if found.nodes.contains_key(&edge.2) {
            found.edges.insert(edge);
        }
    }
    Ok(())
}

/// Relations from and to assets.
async fn edges(tx: &mut Transacted, account: &AccountAt, scan: i64, of: &[Name]) -> Result<Vec<(Name, String, Name)>> {
    let mut found = outgoing(tx, account, scan, of).await?;
    let sql = format!(
        "SELECT s.kind, s.id, e.name, e.kind, e.id FROM edge e JOIN asset s ON s.key = e.asset AND s.account = $2 \
         JOIN version v ON {HOLDS} AND v.since = e.since WHERE e.kind = $3 AND e.id IN ({{in}})"
    );
    found.extend(read(tx, account, scan, of, &sql).await?);
    Ok(found)
}

async fn outgoing(
    tx: &mut Transacted,
    account: &AccountAt,
    scan: i64,
    of: &[Name],
) -> Result<Vec<(Name, String, Name)>> {
    let sql = format!(
        "SELECT s.kind, s.id, e.name, e.kind, e.id FROM asset s JOIN version v ON {HOLDS} \
         JOIN edge e ON e.asset = s.key AND e.since = v.since \
         WHERE s.account = $2 AND s.kind = $3 AND s.id IN ({{in}})"
    );
    read(tx, account, scan, of, &sql).await
}

async fn read(
    tx: &mut Transacted,
    account: &AccountAt,
    scan: i64,
    of: &[Name],
    sql: &str,
) -> Result<Vec<(Name, String, Name)>> {
    let mut found = Vec::new();
    for (kind, ids) in by_kind(of) {
        for row in tx.rows_in(sql, values![scan, account.account, kind], &ids).await? {
            let (from, to) = ((row.text(0)?, row.text(1)?), (row.text(3)?, row.text(4)?));
            found.push((from, row.text(2)?, to));
        }
    }
    Ok(found)
}

/// Names for people of those that are there.
async fn titles(tx: &mut Transacted, account: &AccountAt, scan: i64, of: &[Name]) -> Result<BTreeMap<Name, String>> {
    let sql = format!(
        "SELECT s.kind, s.id, v.name FROM asset s JOIN version v ON {HOLDS} \
         WHERE s.account = $2 AND s.kind = $3 AND s.id IN ({{in}})"
    );
    let mut found = BTreeMap::new();
    for (kind, ids) in by_kind(of) {
        for row in tx.rows_in(&sql, values![scan, account.account, kind], &ids).await? {
            found.insert((row.text(0)?, row.text(1)?), row.text(2)?);
        }
    }
    Ok(found)
}

fn by_kind(of: &[Name]) -> BTreeMap<&str, Vec<Value>> {
    let mut kinds: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (kind, id) in of {
        kinds.entry(kind).or_default().push(Value::from(id));
    }
    kinds
}
