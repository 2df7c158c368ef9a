//! A store of its own for each test, and made-up assets.

use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use connector_inventory::asset::KindFacts;
use connector_inventory::store::*;
use connector_inventory::{Asset, Kind, Relation, Skipped, Slice};
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// Makes a test of each dialect of `async fn name(world: &World)`.
macro_rules! both {
    ($($name:ident)*) => { $(
        mod $name {
            #[test]
            fn sqlite() {
                crate::world::run(crate::world::Dialect::Sqlite, module_path!(), super::$name);
            }
            #[test]
            fn postgres() {
                crate::world::run(crate::world::Dialect::Postgres, module_path!(), super::$name);
            }
        }
    )* };
}
pub(crate) use both;

/// Where a test's store is.
pub(crate) struct World {
    pub(crate) dialect: Dialect,
    pub(crate) place: Place,
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) fn run(dialect: Dialect, name: &str, test: impl AsyncFn(&World)) {
    if dialect == Dialect::Postgres && server().is_none() {
        return left_out(name);
    }
    block_on(async {
        let world = World::new(dialect).await;
        test(&world).await;
        world.end().await;
    });
}

pub(crate) fn block_on(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

fn server() -> Option<String> {
    std::env::var("CONNECTOR_TEST_POSTGRES").ok()
}

/// Not by `eprintln!`, which is heard of tests that fail alone.
fn left_out(name: &str) {
    assert!(std::env::var_os("CONNECTOR_TEST_POSTGRES_REQUIRED").is_none(), "there is no server of PostgreSQL");
    let told = format!("LEFT OUT: {name}::postgres, CONNECTOR_TEST_POSTGRES names no server\n");
    std::io::stderr().write_all(told.as_bytes()).unwrap();
}

pub(crate) async fn on(server: &str, sql: &str) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    connection.execute(AssertSqlSafe(sql)).await.unwrap();
    connection.close().await.unwrap();
}

impl World {
    async fn new(dialect: Dialect) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = match dialect {
            Dialect::Sqlite => Place::File(folder.path().join("inventory.db")),
            Dialect::Postgres => {
                static NEXT: AtomicU32 = AtomicU32::new(0);
                let server = server().unwrap();
                let schema = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
                on(&server, &format!("CREATE SCHEMA {schema}")).await;
                let joint = if server.contains('?') { '&' } else { '?' };
                let url = format!("{server}{joint}options=-c%20search_path%3D{schema}");
                Place::Postgres { url, key: folder.path().join("fingerprints.key") }
            }
        };
        World { dialect, place, folder }
    }

    /// A second store, whose fingerprints have the same key.
    pub(crate) async fn another(&self) -> Self {
        let other = World::new(self.dialect).await;
        std::fs::copy(self.place.key(), other.place.key()).unwrap();
        other
    }

    /// Leaves nothing on the server.
    pub(crate) async fn end(self) {
        if let Place::Postgres { url, .. } = &self.place {
            on(url, "DO $$ BEGIN EXECUTE format('DROP SCHEMA %I CASCADE', current_schema()); END $$").await;
        }
    }

    pub(crate) async fn open(&self) -> Store {
        self.open_with(Settings::default()).await.unwrap()
    }

    pub(crate) async fn open_with(&self, settings: Settings) -> Result<Store> {
        Store::open(&self.place, &Settings { busy: Duration::from_secs(30), ..settings }).await
    }

    /// A statement past the store, as another program would run it.
    pub(crate) async fn sql(&self, sql: &str) {
        match &self.place {
            Place::File(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
                let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
                connection.execute(AssertSqlSafe(sql)).await.unwrap();
                connection.close().await.unwrap();
            }
            Place::Postgres { url, .. } => on(url, sql).await,
        }
    }

    /// The files of the store: of SQLite alone.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let Place::File(path) = &self.place else { return Vec::new() };
        let with = |end: &str| PathBuf::from(format!("{}{end}", path.display()));
        ["", "-wal", "-shm"].iter().map(|end| with(end)).filter(|path| path.exists()).collect()
    }
}

/// The n-th minute.
pub(crate) fn minute(n: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + 60 * n).unwrap()
}

pub(crate) fn kind(id: &str) -> Kind {
    let extra = KindFacts { secrets: vec!["key".into(), "parts.*.key".into()], ..KindFacts::default() };
    Kind { id: id.into(), title: id.into(), terraform_type: None, extra }
}

pub(crate) fn windowed(id: &str) -> Kind {
    let mut kind = kind(id);
    kind.extra.windowed = true;
    kind
}

/// An asset written as `KIND/ID NAME ATTRIBUTES -> RELATION:KIND/ID …`; name and
/// what follows may be left out.
pub(crate) fn asset(text: &str) -> Asset {
    let (text, relations) = text.split_once(" -> ").unwrap_or((text, ""));
    let mut words = text.splitn(3, ' ');
    let (kind, id) = words.next().unwrap().split_once('/').unwrap();
    let name = words.next().unwrap_or(id);
    let attributes: Value = words.next().map_or(json!({}), |json| serde_json::from_str(json).unwrap());
    let relation = |text: &str| {
        let (name, to) = text.split_once(':').unwrap();
        let (kind, id) = to.split_once('/').unwrap();
        Relation { name: name.into(), kind: kind.into(), id: id.into() }
    };
    Asset {
        kind: kind.into(),
        id: id.into(),
        name: name.into(),
        url: Some(format!("https://example.test/{kind}/{id}")),
        attributes: attributes.as_object().unwrap().clone(),
        relations: relations.split_whitespace().map(relation).collect(),
    }
}

pub(crate) fn slice(assets: &[&str], next: Option<&str>) -> Slice {
    Slice { assets: assets.iter().map(|text| asset(text)).collect(), next: next.map(str::to_owned), skipped: vec![] }
}

pub(crate) fn skipping(mut slice: Slice, kind: &str) -> Slice {
    slice.skipped.push(Skipped { kind: kind.into(), reason: "forbidden".into(), message: "not in the plan".into() });
    slice
}

pub(crate) fn view(id: &str) -> View {
    View { id: id.into(), wide: false }
}

/// The beginning of a scan of the account `acme` by the key of the account.
pub(crate) fn begin(kinds: &[&str], now: i64) -> Begin {
    Begin {
        nickname: "acme".into(),
        account: "acme.example.test".into(),
        view: View { id: "account".into(), wide: true },
        kinds: kinds.iter().map(|id| kind(id)).collect(),
        settings: json!({"days": 30}),
        now: minute(now),
    }
}

/// A whole scan in one step.
pub(crate) async fn scan(store: &Store, begin: Begin, assets: &[&str]) -> (Scan, Stepped) {
    let mut scan = store.begin(&begin).await.unwrap();
    let stepped = store.step(&mut scan, &slice(assets, None), begin.now).await.unwrap();
    assert!(stepped.complete);
    (scan, stepped)
}

pub(crate) async fn now(store: &Store) -> Snapshot {
    store.snapshot(None, &Point::Now).await.unwrap()
}

/// What a list has, as `KIND/ID NAME`, in two per page.
pub(crate) async fn listed(store: &Store, at: &Snapshot, filter: &Filter) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.list(at, filter, after.as_ref(), 2).await.unwrap();
        let text = |found: &Found| {
            let gone = if found.gone.is_some() { " gone" } else { "" };
            format!("{}/{} {}{gone}", found.asset.kind, found.asset.id, found.asset.name)
        };
        all.extend(page.items.iter().map(text));
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

/// Everything a store can tell, to be compared. Scans are counted anew: what was
/// rolled back can have taken a number with it.
pub(crate) async fn dump(store: &Store) -> Value {
    let at = now(store).await;
    let all = Filter { gone: Gone::With, ..Filter::default() };
    let found = store.list(&at, &all, None, usize::MAX).await.unwrap().items;
    let mut histories = Vec::new();
    for one in &found {
        histories.push(store.history(&at, &one.asset.kind, &one.asset.id).await.unwrap());
    }
    let graph = store.graph(&at, &GraphQuery { most: 100_000, ..GraphQuery::default() }).await.unwrap();
    let mut scans = store.scans(None, 1_000).await.unwrap();
    scans.reverse();
    let numbers: Vec<i64> = scans.iter().map(|scan| scan.id).collect();
    let accounts = store.accounts().await.unwrap();
    let mut dump = json!({"accounts": accounts, "scans": [], "assets": found, "histories": histories, "graph": graph});
    renumber(&mut dump, &numbers);
    for (n, scan) in scans.iter_mut().enumerate() {
        scan.id = n as i64;
    }
    dump["scans"] = json!(scans);
    dump
}

fn renumber(value: &mut Value, numbers: &[i64]) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value.as_i64().filter(|_| key == "scan") {
                    Some(scan) => *value = json!(numbers.iter().position(|number| *number == scan).unwrap()),
                    None => renumber(value, numbers),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| renumber(item, numbers)),
        _ => {}
    }
}

/// Numbers by chance, the same in every run.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}
