//! What the public functions do not show: the steps between versions.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection};

use super::open::{NEWEST, migrator};
use super::*;

/// Rows as each version had them: what was added later is filled in by the step.
const ROWS: [(i64, &str); 1] = [(1, include_str!("tests/version-1.sql"))];

/// Runs all steps up to a version, and puts that version's rows in.
async fn older<C: sqlx::migrate::Migrate>(connection: &mut C, version: i64, sqlite: bool) {
    let steps = migrator(|(.., lite, postgres)| if sqlite { lite } else { postgres });
    steps.run_direct(Some(version), connection, false).await.unwrap();
}

async fn check(place: &Place, version: i64) {
    let store = Store::open(place, &Settings { create: false, ..Settings::default() }).await.unwrap();
    let at = store.snapshot(None, &Point::Now).await.unwrap();
    let found = store.list(&at, &Filter { gone: Gone::With, ..Filter::default() }, None, 99).await.unwrap().items;
    let told: Vec<_> = found.iter().map(|one| (&*one.asset.id, &*one.asset.name, one.gone.is_some())).collect();
    assert_eq!(told, [("P1", "Checkout", false), ("P2", "Search", true)], "version {version}");
    assert_eq!(store.history(&at, "service", "P1").await.unwrap().len(), 2);
    assert_eq!(store.graph(&at, &GraphQuery { most: 9, ..GraphQuery::default() }).await.unwrap().nodes.len(), 1);
    let scans = store.scans(None, 9).await.unwrap();
    assert_eq!(scans.iter().map(|scan| (scan.id, scan.counts.seen)).collect::<Vec<_>>(), [(2, 1), (1, 2)]);
    store.close().await;
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

#[test]
fn every_version_has_rows_to_try() {
    let versions: Vec<i64> = ROWS.iter().map(|(version, _)| *version).collect();
    assert_eq!(versions, (1..=NEWEST).collect::<Vec<_>>(), "add src/store/tests/version-{NEWEST}.sql");
}

#[test]
fn older_stores_are_brought_up_to_date() {
    run(async {
        for (version, rows) in ROWS {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("old.db");
            crate::files::make(&path).unwrap();
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            older(&mut connection, version, true).await;
            connection.execute(AssertSqlSafe(rows)).await.unwrap();
            connection.close().await.unwrap();
            check(&Place::File(path), version).await;
        }
    });
}

/// The server of the tests, with a schema of its own; none where there is none.
async fn server(schema: &str) -> Option<String> {
    let Ok(server) = std::env::var("CONNECTOR_TEST_POSTGRES") else {
        use std::io::Write;
        assert!(std::env::var_os("CONNECTOR_TEST_POSTGRES_REQUIRED").is_none(), "there is no server of PostgreSQL");
        let told = format!("LEFT OUT: store::tests::{schema}, CONNECTOR_TEST_POSTGRES names no server\n");
        std::io::stderr().write_all(told.as_bytes()).unwrap();
        return None;
    };
    let joint = if server.contains('?') { '&' } else { '?' };
    let url = format!("{server}{joint}options=-c%20search_path%3D{schema}");
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let sql = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
    connection.execute(AssertSqlSafe(sql)).await.unwrap();
    connection.close().await.unwrap();
    Some(url)
}

#[test]
fn older_postgres_stores_are_brought_up_to_date() {
    run(async {
        let Some(url) = server("older_postgres_stores_are_brought_up_to_date").await else { return };
        for (version, rows) in ROWS {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            older(&mut connection, version, false).await;
            connection.execute(AssertSqlSafe(rows)).await.unwrap();
            let folder = tempfile::tempdir().unwrap();
            check(&Place::Postgres { url: url.clone(), key: folder.path().join("key") }, version).await;
            let sql = "DROP SCHEMA older_postgres_stores_are_brought_up_to_date CASCADE; \
                       CREATE SCHEMA older_postgres_stores_are_brought_up_to_date";
            connection.execute(sql).await.unwrap();
            connection.close().await.unwrap();
        }
    });
}

/// Both databases have the same tables with the same columns.
#[test]
fn both_databases_have_the_same_tables() {
    run(async {
        let Some(url) = server("both_databases_have_the_same_tables").await else { return };
        let mut postgres = PgConnection::connect(&url).await.unwrap();
        older(&mut postgres, NEWEST, false).await;
        let mut sqlite = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        older(&mut sqlite, NEWEST, true).await;
        let mut tables: [BTreeMap<String, Vec<String>>; 2] = Default::default();
        let sql = "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p \
                   WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY p.cid";
        for row in sqlx::query(sql).fetch_all(&mut sqlite).await.unwrap() {
            tables[0].entry(row.get(0)).or_default().push(row.get(1));
        }
        let sql = "SELECT table_name::text, column_name::text FROM information_schema.columns \
                   WHERE table_schema = current_schema() ORDER BY ordinal_position";
        for row in sqlx::query(sql).fetch_all(&mut postgres).await.unwrap() {
            tables[1].entry(row.get(0)).or_default().push(row.get(1));
        }
        assert!(tables[0].len() >= 8, "{tables:?}");
        assert_eq!(tables[0], tables[1]);
        postgres.execute("DROP SCHEMA both_databases_have_the_same_tables CASCADE").await.unwrap();
    });
}
