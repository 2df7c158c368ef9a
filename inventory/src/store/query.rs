//! Queries that are put together: filters, and pages in the order of account,
//! kind and id.
//!
//! Rule: what a caller or a provider wrote is bound, never part of the text.

use super::answers::{After, Filter, Page};
use super::database::{Value, values};
use super::prepare::storable;

/// The version `v` of an asset `s` that holds at scan `$1`.
pub(super) const HOLDS: &str = "v.asset = s.key AND v.since <= $1 AND (v.until IS NULL OR v.until > $1)";

/// A query under way; `$1` is the scan it is as of.
pub(super) struct Query {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Query {
    pub(super) fn new(scan: i64) -> Self {
        Self { sql: String::new(), values: values![scan] }
    }

    pub(super) fn text(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    pub(super) fn value(&mut self, value: impl Into<Value>) {
        self.values.push(value.into());
        self.sql.push_str(&format!("${}", self.values.len()));
    }

    fn any_of(&mut self, column: &str, of: &[String]) {
        if of.is_empty() {
            return;
        }
        self.text(&format!(" AND {column} IN ("));
        for (at, one) in of.iter().enumerate() {
            self.text(if at == 0 { "" } else { ", " });
            self.value(storable(one));
        }
        self.text(")");
    }

    /// Kinds, ids and name of a filter.
    pub(super) fn chosen(&mut self, filter: &Filter, like: &str, name: &str) {
        self.any_of("s.kind", &filter.kinds);
        self.any_of("s.id", &filter.ids);
        if let Some(wanted) = &filter.name {
            self.text(&format!(" AND {name} {like} "));
            self.value(pattern(wanted));
            self.text(" ESCAPE '\\'");
        }
    }

    /// Order, beginning and length of a page: one more than asked for tells
    /// whether another follows.
    pub(super) fn page(&mut self, account: i64, after: Option<&After>, most: usize) {
        if let Some(after) = after.filter(|after| after.account == account) {
            self.text(" AND (s.kind, s.id) > (");
            self.value(&after.kind);
            self.text(", ");
            self.value(&after.id);
            self.text(")");
        }
        self.text(" ORDER BY s.kind, s.id LIMIT ");
        self.value(i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1));
    }
}

/// A pattern of LIKE for a part of a name, or for one with `*` and `?`.
fn pattern(wanted: &str) -> String {
    let whole = wanted.contains(['*', '?']);
    let mut pattern = String::from(if whole { "" } else { "%" });
    for c in storable(wanted).chars() {
        match c {
            '*' => pattern.push('%'),
            '?' => pattern.push('_'),
            '%' | '_' | '\\' => pattern.extend(['\\', c]),
            c => pattern.push(c),
        }
    }
    pattern.push_str(if whole { "" } else { "%" });
    pattern
}

/// Cuts a page where it was asked to end.
pub(super) fn page<T>(mut items: Vec<(i64, T)>, most: usize, of: impl Fn(&T) -> (&String, &String)) -> Page<T> {
    let more = items.len() > most;
    items.truncate(most);
    let next = items.last().filter(|_| more).map(|(account, last)| {
        let (kind, id) = of(last);
        After { account: *account, kind: kind.clone(), id: id.clone() }
    });
    Page { items: items.into_iter().map(|(_, item)| item).collect(), next }
}
