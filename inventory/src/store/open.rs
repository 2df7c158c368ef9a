//! Opening a store: where it is, whether it is one, bringing it up to date, and
//! whose key its fingerprints were made with.
//!
//! Rule: what is not our store is left exactly as it was.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqlSafeStr};

use super::database::{Database, Pool, values};
use super::error::{Error, Result};
use super::failure::failed;
use super::{Place, Settings};
use crate::files;
use crate::secrets::Key;

/// In the header of a file of SQLite: whose it is (`PDin`).
const APPLICATION: u32 = 0x5044_696e;

/// Where the migrator keeps what it has done.
const MIGRATIONS: &str = "inventory_migrations";

/// Connections of one handle.
const CONNECTIONS: u32 = 4;

/// Bytes of a page of SQLite.
const PAGE: u64 = 4096;

/// The steps from nothing to the present, in order: version, what it does, for
/// SQLite, for PostgreSQL.
const STEPS: [(i64, &str, &str, &str); 1] = [(
    1,
    "begin",
    include_str!("../../migrations/sqlite/0001_begin.sql"),
    include_str!("../../migrations/postgres/0001_begin.sql"),
)];

/// The newest version this program knows.
pub(super) const NEWEST: i64 = STEPS[STEPS.len() - 1].0;

impl Place {
    /// Reads what stands after `--store`: an address of PostgreSQL, or else a
    /// path. `key` is the file of the key where it is not beside the store;
    /// PostgreSQL's default is [`Key::usual`].
    ///
    /// # Errors
    ///
    /// [`Error::Place`].
    pub fn parse(text: &str, key: Option<PathBuf>) -> Result<Self> {
        let wrong = |why: &str| Err(Error::Place { why: why.into() });
        let text = text.trim();
        // A path may hold `://` behind a slash; an address may hold a password, and is not repeated.
        match text.split_once("://").filter(|(scheme, _)| !scheme.contains('/')) {
            Some(("postgres" | "postgresql", _)) => match key.or_else(Key::usual) {
                Some(key) => {
                    address(text)?;
                    Ok(Place::Postgres { url: text.to_owned(), key })
                }
                None => wrong("the file of the key of fingerprints has no place: set HOME, or name the file"),
            },
            Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                wrong(&format!("{scheme}:// is not known"))
            }
            Some(_) => wrong("an address begins with postgres:// and nothing else"),
            _ if text.is_empty() => wrong("it is empty"),
            _ if key.is_some() => wrong("the key of a file stands beside it"),
            _ => Ok(Place::File(text.into())),
        }
    }

    /// The file of the key of fingerprints.
    pub fn key(&self) -> PathBuf {
        match self {
            Place::File(path) => Key::beside(path),
            Place::Postgres { key, .. } => key.clone(),
        }
    }
}

/// As it is shown: without a password.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::File(path) => write!(f, "{}", path.display()),
            Place::Postgres { url, .. } => match address(url) {
                Ok(at) => {
                    let (host, port) = (at.get_host(), at.get_port());
                    let database = at.get_database().unwrap_or(at.get_username());
                    write!(f, "postgres://{}@{host}:{port}/{database}", at.get_username())
                }
                Err(_) => write!(f, "postgres://…"),
            },
        }
    }
}

fn address(url: &str) -> Result<PgConnectOptions> {
    // The error of the library can repeat parts of the address: a password.
    let read = PgConnectOptions::from_str(url);
    read.map_err(|_| Error::Place { why: "the address of PostgreSQL cannot be read".into() })
}

/// Opens what is at a place and brings it up to date.
pub(super) async fn open(place: &Place, settings: &Settings) -> Result<(Database, Option<Key>)> {
    let shown: Arc<str> = place.to_string().into();
    let database = match place {
        Place::File(path) => sqlite(path, &shown, settings).await?,
        Place::Postgres { url, .. } => postgres(url, &shown, settings).await?,
    };
    let key = key(&database, place, settings).await?;
    Ok((database, key))
}

async fn sqlite(path: &Path, shown: &Arc<str>, settings: &Settings) -> Result<Database> {
    let path = &std::path::absolute(path).map_err(|why| files::io(path, why))?;
    if path.to_str().is_none() {
        return Err(Error::Place { why: "the path is not text in UTF-8".into() });
    }
    if !files::trusted(path)? {
        if !settings.create {
            return Err(Error::Missing { place: shown.to_string() });
        }
        files::make(path)?;
    }
    for beside in ["-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(beside);
        files::trusted(Path::new(&name))?;
    }
    let mut options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        // A step that is lost with the machine's power is done again.
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(settings.busy)
        // KiB, negative by SQLite's convention; pages of the log before they are brought into the file: 32 MiB.
        .pragma("cache_size", "-32768")
        .pragma("wal_autocheckpoint", "8192")
        .row_buffer_size(1_000)
        .statement_cache_capacity(200)
        .disable_statement_logging();
    if !is_ours(path, shown)? {
        with_log(&options, shown, settings).await?;
    }
    if let Some(bytes) = settings.max_bytes {
        options = options.pragma("max_page_count", (bytes / PAGE).max(1).to_string());
    }
    let pool = SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        // A full disk ends a transaction by itself, which the pool does not hear of: such a connection is of no use.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .connect_with(options)
        .await;
    let pool = pool.map_err(|why| failed(shown, why))?;
    let database = Database::new(Pool::Sqlite(pool.clone()), shown.clone());
    match version(&database, "SELECT 1 FROM sqlite_master WHERE name = $1").await? {
        Some(version) if version >= NEWEST => {}
        // One transaction for all: whoever is second waits, and finds it done.
        _ => {
            let begun = pool.begin_with("BEGIN IMMEDIATE").await;
            let mut tx = begun.map_err(|why| failed(shown, why))?;
            // `run` borrows in a way that no future which moves between threads can.
            let run = migrator(|(.., sqlite, _)| sqlite).run_direct(None, &mut *tx, false).await;
            run.map_err(|why| unmigrated(shown, why))?;
            tx.commit().await.map_err(|why| failed(shown, why))?;
        }
    }
    Ok(database)
}

/// Turns a file into one with a log beside it, which lets readers go on while
/// something is written; once for a file, since both settings stay with it.
async fn with_log(options: &SqliteConnectOptions, shown: &str, settings: &Settings) -> Result<()> {
    let options = options.clone().auto_vacuum(SqliteAutoVacuum::Incremental).journal_mode(SqliteJournalMode::Wal);
    let begun = Instant::now();
    loop {
        let done = match options.connect().await {
            Ok(connection) => connection.close().await,
            Err(why) => Err(why),
        };
        match done.map_err(|why| failed(shown, why)) {
            // SQLite does not wait here by itself, whatever it was told.
            Err(Error::Locked { .. }) if begun.elapsed() < settings.busy => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            done => return done,
        }
    }
}

/// Looks at the first bytes, before anything could be changed by opening. Gives
/// whether the file has a log beside it.
fn is_ours(path: &Path, shown: &str) -> Result<bool> {
    let mut head = Vec::with_capacity(100);
    let file = std::fs::File::open(path);
    let read = file.and_then(|file| file.take(100).read_to_end(&mut head));
    read.map_err(|why| files::io(path, why))?;
    let number = |at: usize| head.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
    let not_ours = |found: &str| Err(Error::NotAStore { place: shown.into(), found: found.into() });
    match head.as_slice() {
        [] => Ok(false),
        _ if !head.starts_with(b"SQLite format 3\0") => not_ours("it does not begin as a database does"),
        // Pages at 28, application at 68. A page alone has no table yet: a store that is being made.
        _ if number(68) != APPLICATION && number(28) > 1 => not_ours("it is the database of another program"),
        // How it is written and read: 2 is with a log.
        _ => Ok(head.get(18..20) == Some(&[2, 2])),
    }
}

async fn postgres(url: &str, shown: &Arc<str>, settings: &Settings) -> Result<Database> {
    let options = address(url)?
        .application_name("pagerduty-connector")
        .statement_cache_capacity(200)
        .options([("lock_timeout", format!("{}ms", settings.busy.as_millis()))])
        .disable_statement_logging();
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(settings.busy);
    let pool = match pool.connect_with(options).await {
        Ok(pool) => pool,
        Err(sqlx::Error::PoolTimedOut) => {
            return Err(Error::Unreachable { place: shown.to_string(), why: "it does not answer".into() });
        }
        Err(why) => return Err(failed(shown, why)),
    };
    let database = Database::new(Pool::Postgres(pool.clone()), shown.clone());
    let known = "SELECT 1::bigint FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1";
    match version(&database, known).await? {
        Some(version) if version >= NEWEST => return Ok(database),
        Some(_) => {}
        None => {
            let mut tx = database.read().await?;
            // Another process may have made the store since: then all of them are ours.
            let others = "SELECT count(*), current_schema()::text FROM pg_tables \
                          WHERE schemaname = current_schema() AND NOT EXISTS (SELECT 1 FROM pg_tables \
                          WHERE schemaname = current_schema() AND tablename = $1)";
            let (tables, schema) = match tx.row(others, values![MIGRATIONS]).await? {
                Some(row) => (row.int(0)?, row.text_or_null(1)?),
                None => (0, None),
            };
            let not_ours = |found: String| Err(Error::NotAStore { place: shown.to_string(), found });
            match schema {
                None => return not_ours("the schema of its search_path is not there".into()),
                Some(schema) if tables > 0 => {
                    return not_ours(format!("its schema {schema} has tables of another program"));
                }
                Some(_) if !settings.create => return Err(Error::Missing { place: shown.to_string() }),
                Some(_) => {}
            }
        }
    }
    let mut connection = pool.acquire().await.map_err(|why| failed(shown, why))?;
    let run = migrator(|(.., postgres)| postgres).run_direct(None, &mut *connection, false).await;
    run.map_err(|why| unmigrated(shown, why))?;
    Ok(database)
}

/// The version of a store; none where there is none yet.
async fn version(database: &Database, has_table: &str) -> Result<Option<i64>> {
    let mut tx = database.read().await?;
    if tx.row(has_table, values![MIGRATIONS]).await?.is_none() {
        return Ok(None);
    }
    let version = match tx.row(format!("SELECT max(version) FROM {MIGRATIONS}"), values![]).await? {
        Some(row) => row.int_or_null(0)?,
        None => None,
    };
    match version {
        Some(version) if version > NEWEST => {
            Err(Error::Newer { place: database.place().into(), version, known: NEWEST })
        }
        version => Ok(version),
    }
}

/// The steps for a database.
pub(super) fn migrator(sql: impl Fn((i64, &str, &'static str, &'static str)) -> &'static str) -> Migrator {
    let steps = STEPS.iter().map(|step| {
        let text = sql(*step).into_sql_str();
        Migration::new(step.0, step.1.into(), MigrationType::Simple, text, false)
    });
    let mut migrator = Migrator::with_migrations(steps.collect());
    migrator.dangerous_set_table_name(MIGRATIONS);
    migrator
}

fn unmigrated(place: &str, why: sqlx::migrate::MigrateError) -> Error {
    use sqlx::migrate::MigrateError;
    match why {
        MigrateError::Execute(why) | MigrateError::ExecuteMigration(why, _) => failed(place, why),
        MigrateError::VersionMissing(version) => Error::Newer { place: place.into(), version, known: NEWEST },
        why => Error::Database { place: place.into(), why: why.to_string() },
    }
}

/// The key that the store's fingerprints are made with. Who only reads needs
/// none.
async fn key(database: &Database, place: &Place, settings: &Settings) -> Result<Option<Key>> {
    let path = place.key();
    let mut tx = database.read().await?;
    let known = match tx.row("SELECT key_check FROM store", values![]).await? {
        Some(row) => Some(row.text(0)?),
        None => None,
    };
    drop(tx);
    let other = || Err(Error::OtherKey { path: path.clone(), place: place.to_string() });
    // A key is made for a new store, or when asked for; never in silence for one that had another.
    let key = Key::open(&path, settings.create && (known.is_none() || settings.new_key))?;
    let check = key.as_ref().map(Key::check);
    match (known, check) {
        (Some(known), Some(check)) if known == check => Ok(key),
        _ if !settings.create => Ok(None),
        (Some(_), Some(check)) if settings.new_key => {
            let mut tx = database.write().await?;
            tx.run("UPDATE store SET key_check = $1", values![check]).await?;
            tx.commit().await?;
            Ok(key)
        }
        (None, Some(check)) => {
            let mut tx = database.write().await?;
            let insert = "INSERT INTO store (one, key_check) VALUES (1, $1) ON CONFLICT (one) DO NOTHING";
            tx.run(insert, values![&check]).await?;
            let kept = tx.row("SELECT key_check FROM store", values![]).await?;
            let same = kept.is_some_and(|row| row.text(0).is_ok_and(|kept| kept == check));
            tx.commit().await?;
            if same { Ok(key) } else { other() }
        }
        _ => other(),
    }
}
