//! SQLite and PostgreSQL behind one pool, one kind of transaction and one kind
//! of value, so that every statement is written once.
//!
//! Rule: the one module that knows which database it is; values are bound,
//! never written into a statement.

use std::sync::Arc;

use sqlx::postgres::{PgPool, PgRow};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Postgres, Row as _, Sqlite, Transaction};

use super::error::{Error, Result};
use super::failure::failed;

/// Rows of one statement.
const LENGTHS: [usize; 4] = [256, 64, 16, 4];

/// Connections to a store.
#[derive(Clone)]
pub(super) struct Database {
    pool: Pool,
    /// Its place, for errors.
    place: Arc<str>,
}

#[derive(Clone)]
pub(super) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// What is bound to a statement.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(Some(value))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Value::Int(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Int(Some(value.into()))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(Some(value.to_owned()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Text(Some(value))
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Value::Text(Some(value.clone()))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Value::Text(value)
    }
}

/// Values of any kinds in a list.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::database::Value::from($value)),*] };
}
pub(super) use values;

/// A row of an answer.
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    fn get<T>(&self, column: usize) -> Result<T>
    where
        T: for<'r> sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>,
        T: for<'r> sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
    {
        match self {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column),
        }
        .map_err(|why| Error::Damaged { place: "(as read)".into(), why: why.to_string() })
    }

    pub(super) fn int(&self, column: usize) -> Result<i64> {
        self.get(column)
    }

    pub(super) fn int_or_null(&self, column: usize) -> Result<Option<i64>> {
        self.get(column)
    }

    pub(super) fn text(&self, column: usize) -> Result<String> {
        self.get(column)
    }

    pub(super) fn text_or_null(&self, column: usize) -> Result<Option<String>> {
        self.get(column)
    }
}

impl Database {
    pub(super) fn new(pool: Pool, place: Arc<str>) -> Self {
        Self { pool, place }
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// A transaction that sees one state of the store throughout.
    pub(super) async fn read(&self) -> Result<Transacted> {
        self.begin("BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// A transaction that may write. SQLite has one at a time; PostgreSQL's are
    /// kept apart by [`Transacted::lock`].
    pub(super) async fn write(&self) -> Result<Transacted> {
        self.begin("BEGIN IMMEDIATE", "BEGIN").await
    }

    async fn begin(&self, sqlite: &'static str, postgres: &'static str) -> Result<Transacted> {
        let inner = match &self.pool {
            Pool::Sqlite(pool) => pool.begin_with(sqlite).await.map(Inner::Sqlite),
            Pool::Postgres(pool) => pool.begin_with(postgres).await.map(Inner::Postgres),
        };
        let inner = inner.map_err(|why| failed(&self.place, why))?;
        Ok(Transacted { inner, place: self.place.clone() })
    }

    /// Statements that cannot be in a transaction.
    pub(super) async fn alone(&self, sqlite: &'static [&'static str], postgres: &'static [&'static str]) -> Result<()> {
        let done = match &self.pool {
            Pool::Sqlite(pool) => run_all(pool, sqlite).await,
            Pool::Postgres(pool) => run_all(pool, postgres).await,
        };
        done.map_err(|why| failed(&self.place, why))
    }
}

async fn run_all<'p, P>(pool: P, statements: &[&'static str]) -> std::result::Result<(), sqlx::Error>
where
    P: sqlx::Executor<'p> + Copy,
{
    for statement in statements {
        pool.execute(*statement).await?;
    }
    Ok(())
}

/// A transaction; dropped without [`Transacted::commit`] it leaves no trace.
pub(super) struct Transacted {
    inner: Inner,
    place: Arc<str>,
}

enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Binds values of our kinds to a statement.
macro_rules! bound {
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query(AssertSqlSafe($sql));
        for value in $values {
            query = match value {
                Value::Int(value) => query.bind(value),
                Value::Text(value) => query.bind(value),
            };
        }
        query
    }};
}

impl Transacted {
    /// Runs a statement; gives the number of rows it changed.
    pub(super) async fn run(&mut self, sql: impl Into<String>, values: Vec<Value>) -> Result<u64> {
        let sql = sql.into();
        let done = match &mut self.inner {
            Inner::Sqlite(tx) => bound!(sql, values).execute(&mut **tx).await.map(|done| done.rows_affected()),
            Inner::Postgres(tx) => bound!(sql, values).execute(&mut **tx).await.map(|done| done.rows_affected()),
        };
        done.map_err(|why| failed(&self.place, why))
    }

    /// Runs a query.
    pub(super) async fn rows(&mut self, sql: impl Into<String>, values: Vec<Value>) -> Result<Vec<Row>> {
        let sql = sql.into();
        let rows = match &mut self.inner {
            Inner::Sqlite(tx) => {
                let rows = bound!(sql, values).fetch_all(&mut **tx).await;
                rows.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Inner::Postgres(tx) => {
                let rows = bound!(sql, values).fetch_all(&mut **tx).await;
                rows.map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        };
        rows.map_err(|why| failed(&self.place, why))
    }

    /// Runs a query of one row, or none.
    pub(super) async fn row(&mut self, sql: impl Into<String>, values: Vec<Value>) -> Result<Option<Row>> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Keeps other writers of an account out until the end.
    pub(super) async fn lock(&mut self, account: i64) -> Result<()> {
        if let Inner::Postgres(_) = self.inner {
            self.rows("SELECT id FROM account WHERE id = $1 FOR UPDATE", values![account]).await?;
        }
        Ok(())
    }

    /// `LIKE` that takes ASCII letters of either case for the same.
    pub(super) fn like(&self) -> &'static str {
        match self.inner {
            Inner::Sqlite(_) => "LIKE",
            Inner::Postgres(_) => "ILIKE",
        }
    }

    /// Inserts rows of as many values as `columns` names, many at a time:
    /// `INSERT INTO {into} VALUES … {then}`.
    pub(super) async fn insert(&mut self, into: &str, width: usize, rows: Vec<Value>, then: &str) -> Result<()> {
        let mut rows = rows.into_iter();
        while rows.len() >= width && width > 0 {
            // Few lengths, so that prepared statements come again.
            let left = rows.len() / width;
            let count = LENGTHS.into_iter().find(|count| *count <= left).unwrap_or(1);
            let mut sql = format!("INSERT INTO {into} VALUES ");
            for row in 0..count {
                sql.push_str(if row == 0 { "(" } else { "), (" });
                for column in 0..width {
                    sql.push_str(if column == 0 { "" } else { ", " });
                    match self.inner {
                        // SQLite looks the name of a place up in a list of all of them.
                        Inner::Sqlite(_) => sql.push('?'),
                        Inner::Postgres(_) => sql.push_str(&format!("${}", row * width + column + 1)),
                    }
                }
            }
            sql.push_str(") ");
            sql.push_str(then);
            let values = rows.by_ref().take(count * width).collect();
            self.run(sql, values).await?;
        }
        Ok(())
    }

    /// Runs `sql` for `keys`, numbers or texts, which stand in it as `IN ({in})`;
    /// before them `values` are bound.
    pub(super) async fn rows_in(&mut self, sql: &str, values: Vec<Value>, keys: &[Value]) -> Result<Vec<Row>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let (sql, values) = self.listed(sql, values, keys);
        self.rows(sql, values).await
    }

    /// The same for a statement; gives the number of rows it changed.
    pub(super) async fn run_in(&mut self, sql: &str, values: Vec<Value>, keys: &[Value]) -> Result<u64> {
        if keys.is_empty() {
            return Ok(0);
        }
        let (sql, values) = self.listed(sql, values, keys);
        self.run(sql, values).await
    }

    /// Keys of any number are one value: a list of JSON.
    fn listed(&self, sql: &str, mut values: Vec<Value>, keys: &[Value]) -> (String, Vec<Value>) {
        let place = format!("${}", values.len() + 1);
        let (json, text) = (self.items(&place, "r"), "r.value #>> '{}'");
        let list = match (&self.inner, keys) {
            (Inner::Sqlite(_), _) => format!("IN (SELECT r.value FROM {json})"),
            // An array, which an index is asked for whatever the planner knows of the table's size.
            (Inner::Postgres(_), [Value::Int(_), ..]) => format!("= ANY (ARRAY(SELECT ({text})::bigint FROM {json}))"),
            (Inner::Postgres(_), _) => format!("= ANY (ARRAY(SELECT {text} FROM {json}))"),
        };
        let key = |key: &Value| match key {
            Value::Int(key) => serde_json::Value::from(*key),
            Value::Text(key) => serde_json::Value::from(key.clone()),
        };
        let keys: serde_json::Value = keys.iter().map(key).collect();
        values.push(keys.to_string().into());
        (sql.replace("IN ({in})", &list), values)
    }

    /// The items of a list of JSON that `text` gives, as the column `value` of a
    /// table called `name`. Both databases read `value ->> 0` and `->> 'key'`.
    pub(super) fn items(&self, text: &str, name: &str) -> String {
        match self.inner {
            Inner::Sqlite(_) => format!("json_each({text}) AS {name}"),
            Inner::Postgres(_) => format!("json_array_elements({text}::json) AS {name}(value)"),
        }
    }

    /// What the store has of a kind's assets, by their ids: id, key, hash, there, since, seen.
    pub(super) async fn by_id(&mut self, account: i64, kind: &str, ids: &[Value]) -> Result<Vec<Row>> {
        let columns = "id, key, hash, there, since, seen";
        let whose = "account = $1 AND kind = $2 AND id";
        let sql = match self.inner {
            Inner::Sqlite(_) => format!("SELECT {columns} FROM asset WHERE {whose} IN ({{in}})"),
            // One by one: of a table that grows, the planner does not know that it is large, and would read all of a kind.
            Inner::Postgres(_) => format!(
                "SELECT a.* FROM json_array_elements_text($3::json) AS k(id), \
                 LATERAL (SELECT {columns} FROM asset WHERE {whose} = k.id OFFSET 0) AS a"
            ),
        };
        self.rows_in(&sql, values![account, kind], ids).await
    }

    /// Keys for so many new assets.
    pub(super) async fn keys(&mut self, count: usize) -> Result<Vec<i64>> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        match self.inner {
            // Nobody else writes meanwhile.
            Inner::Sqlite(_) => {
                let last = self.row("SELECT coalesce(max(key), 0) FROM asset", values![]).await?;
                let last = last.map_or(Ok(0), |row| row.int(0))?;
                Ok((last + 1..=last + count).collect())
            }
            Inner::Postgres(_) => {
                let sql = "SELECT nextval('asset_keys') FROM generate_series(1, $1::bigint)";
                let rows = self.rows(sql, values![count]).await?;
                rows.iter().map(|row| row.int(0)).collect()
            }
        }
    }

    pub(super) async fn commit(self) -> Result<()> {
        let done = match self.inner {
            Inner::Sqlite(tx) => tx.commit().await,
            Inner::Postgres(tx) => tx.commit().await,
        };
        done.map_err(|why| failed(&self.place, why))
    }
}
