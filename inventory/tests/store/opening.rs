//! What is opened, what is refused, and that nothing is lost by it.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use connector_inventory::store::*;

use crate::world::*;

both!(not_there newer whose_key foreign);

async fn refused(world: &World, settings: Settings, told: &str) {
    match Store::open(&world.place, &settings).await {
        Ok(_) => panic!("{} was opened", world.place),
        Err(why) => assert!(why.to_string().contains(told), "{why}"),
    }
}

fn reading() -> Settings {
    Settings { create: false, ..Settings::default() }
}

async fn not_there(world: &World) {
    refused(world, reading(), "there is no store at").await;
    assert_eq!(std::fs::read_dir(world.folder.path()).unwrap().count(), 0);
    scan(&world.open().await, begin(&["a"], 0), &["a/1"]).await;
    let store = world.open_with(reading()).await.unwrap();
    assert_eq!(listed(&store, &now(&store).await, &Filter::default()).await, ["a/1 1"]);
}

async fn newer(world: &World) {
    let store = world.open().await;
    scan(&store, begin(&["a"], 0), &["a/1"]).await;
    store.close().await;
    let (yes, checksum) = match world.dialect {
        Dialect::Sqlite => ("1", "x'00'"),
        Dialect::Postgres => ("true", "'\\x00'"),
    };
    let insert = format!(
        "INSERT INTO inventory_migrations (version, description, success, checksum, execution_time) \
         VALUES (99, 'later', {yes}, {checksum}, 0)"
    );
    world.sql(&insert).await;
    refused(world, Settings::default(), "has version 99, this program knows").await;
    refused(world, reading(), "has version 99").await;
    world.sql("DELETE FROM inventory_migrations WHERE version = 99").await;
    let store = world.open().await;
    assert_eq!(listed(&store, &now(&store).await, &Filter::default()).await, ["a/1 1"]);
}

async fn whose_key(world: &World) {
    let store = world.open().await;
    scan(&store, begin(&["a"], 0), &["a/1 n {\"key\": \"secret\"}"]).await;
    store.close().await;
    let key = world.place.key();
    let kept = std::fs::read(&key).unwrap();
    // Lost: it can be read, not scanned.
    std::fs::remove_file(&key).unwrap();
    refused(world, Settings::default(), "is not the key that the fingerprints").await;
    assert!(!key.exists(), "no other is made in silence");
    let store = world.open_with(reading()).await.unwrap();
    assert_eq!(listed(&store, &now(&store).await, &Filter::default()).await, ["a/1 n"]);
    assert!(matches!(store.begin(&begin(&["a"], 1)).await, Err(Error::OtherKey { .. })));
    store.close().await;
    // Another one.
    let store = world.open_with(Settings { new_key: true, ..Settings::default() }).await.unwrap();
    let (_, stepped) = scan(&store, begin(&["a"], 1), &["a/1 n {\"key\": \"secret\"}"]).await;
    assert_eq!(stepped.counts.changed, 1);
    store.close().await;
    world.open().await.close().await;
    // The first again: it is another by now.
    std::fs::write(&key, kept).unwrap();
    refused(world, Settings::default(), "is not the key that the fingerprints").await;
}

async fn foreign(world: &World) {
    world.sql("CREATE TABLE precious (x int)").await;
    world.sql("INSERT INTO precious VALUES (1)").await;
    if let Place::File(path) = &world.place {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let before: Vec<_> = world.files().iter().map(|file| std::fs::read(file).unwrap()).collect();
    refused(world, Settings::default(), "of another program").await;
    refused(world, reading(), "of another program").await;
    let after: Vec<_> = world.files().iter().map(|file| std::fs::read(file).unwrap()).collect();
    assert_eq!(before, after);
    world.sql("INSERT INTO precious VALUES (2)").await;
}

/// A file of SQLite as `prepare` left it.
fn file(prepare: impl Fn(&Path), settings: Settings, told: &str) {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        prepare(&path);
        let read = || std::fs::read_dir(folder.path()).map(|all| all.count()).unwrap_or(0);
        let (before, count) = (std::fs::read(&path).ok(), read());
        match Store::open(&Place::File(path.clone()), &settings).await {
            Ok(_) => panic!("it was opened: {told}"),
            Err(why) => assert!(why.to_string().contains(told), "{why}"),
        }
        assert_eq!((std::fs::read(&path).ok(), read()), (before, count), "{told}");
    });
}

fn with_mode(path: &Path, content: &[u8], mode: u32) {
    std::fs::write(path, content).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn files_that_are_refused() {
    let all = Settings::default;
    file(|path| with_mode(path, b"a text of someone's", 0o600), all(), "it does not begin as a database");
    file(|path| with_mode(path, b"SQLite format 2\0", 0o600), all(), "it does not begin as a database");
    for mode in [0o644, 0o660, 0o606, 0o602] {
        file(|path| with_mode(path, b"", mode), all(), "run: chmod 600 '");
    }
    file(|path| std::fs::create_dir(path).unwrap(), all(), "it is not a file");
    let link = |path: &Path| {
        with_mode(&path.with_extension("other"), b"", 0o600);
        symlink(path.with_extension("other"), path).unwrap();
    };
    file(link, all(), "it is a symbolic link");
    file(|path| symlink(path.with_extension("none"), path).unwrap(), all(), "it is a symbolic link");
    let beside = |path: &Path| {
        with_mode(path, b"", 0o600);
        symlink("/dev/null", path.with_extension("db-wal")).unwrap();
    };
    file(beside, all(), "store.db-wal is not used: it is a symbolic link");
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("no/such/folder/store.db");
    block_on(async {
        let why = Store::open(&Place::File(deep), &all()).await.err().unwrap().to_string();
        assert!(why.contains("No such file or directory") && why.contains("--store"), "{why}");
    });
}

#[test]
fn a_damaged_file_is_told() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let place = Place::File(path.clone());
        let store = Store::open(&place, &Settings::default()).await.unwrap();
        scan(&store, begin(&["a"], 0), &["a/1"]).await;
        store.close().await;
        let mut bytes = std::fs::read(&path).unwrap();
        let end = bytes.len();
        bytes[4096..end].fill(0x5a);
        std::fs::write(&path, bytes).unwrap();
        let opened = Store::open(&place, &Settings::default()).await;
        let why = match opened {
            Ok(store) => store.accounts().await.unwrap_err(),
            Err(why) => why,
        };
        assert!(matches!(why, Error::Damaged { .. }), "{why:?}");
    });
}

#[test]
fn a_lock_is_waited_for_and_told() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let place = Place::File(path.clone());
        let settings = Settings { busy: Duration::ZERO, ..Settings::default() };
        let store = Store::open(&place, &settings).await.unwrap();
        scan(&store, begin(&["a"], 0), &["a/1"]).await;
        use sqlx::{Connection, Executor};
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
        let mut other = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        other.execute("BEGIN IMMEDIATE").await.unwrap();
        let locked = store.begin(&begin(&["a"], 1)).await;
        assert!(matches!(locked, Err(Error::Locked { .. })), "{locked:?}");
        // Readers go on.
        assert_eq!(listed(&store, &now(&store).await, &Filter::default()).await, ["a/1 1"]);
        let opened = Store::open(&place, &settings).await.unwrap();
        assert_eq!(opened.accounts().await.unwrap().len(), 1);
        other.execute("ROLLBACK").await.unwrap();
        scan(&store, begin(&["a"], 1), &["a/1"]).await;
    });
}

#[test]
fn a_full_disk_loses_nothing() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::File(folder.path().join("store.db"));
        let store = Store::open(&place, &Settings::default()).await.unwrap();
        scan(&store, begin(&["a"], 0), &["a/1"]).await;
        store.close().await;
        let small = Settings { max_bytes: Some(200 * 1024), ..Settings::default() };
        let store = Store::open(&place, &small).await.unwrap();
        let mut running = store.begin(&begin(&["a"], 1)).await.unwrap();
        let step = |n: u64, next: Option<&str>| {
            let large = format!("a/{n} name {{\"text\": \"{}\"}}", "x".repeat(20_000));
            slice(&[&large], next)
        };
        let full = loop {
            let next = format!("{}", running.steps + 1);
            let slice = step(running.steps, Some(&next));
            if let Err(why) = store.step(&mut running, &slice, minute(1)).await {
                break why;
            }
            assert!(running.steps < 100);
        };
        assert!(matches!(full, Error::Full { .. }), "{full:?}");
        let stored = running.steps;
        assert!(stored > 1, "{stored}");
        // Tried again, it is no other error.
        for _ in 0..8 {
            let again = store.step(&mut running, &step(stored, None), minute(1)).await;
            assert!(matches!(again, Err(Error::Full { .. })), "{again:?}");
        }
        // The last good snapshot is there, and the scan goes on once there is room.
        assert_eq!(listed(&store, &now(&store).await, &Filter::default()).await, ["a/1 1"]);
        store.close().await;
        let store = Store::open(&place, &Settings::default()).await.unwrap();
        let mut resumed = store.begin(&begin(&["a"], 9)).await.unwrap();
        assert_eq!((resumed.resumed, resumed.steps), (true, stored));
        store.step(&mut resumed, &step(stored, None), minute(9)).await.unwrap();
        let all = listed(&store, &now(&store).await, &Filter::default()).await;
        assert_eq!(all.len() as u64, stored + 1);
    });
}

/// As a user whom modes stop, which they do not root: a thread has a user of its
/// own on Linux, and hands it on to those it starts.
#[cfg(target_os = "linux")]
fn as_a_user(folder: &Path, test: impl FnOnce() + Send) {
    use rustix::process::{Uid, geteuid};
    std::thread::scope(|scope| {
        let ended = scope.spawn(|| {
            if geteuid().is_root() {
                let nobody = Uid::from_raw(65_534);
                let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
                for path in files.chain([folder.to_owned()]) {
                    rustix::fs::chown(&path, Some(nobody), None).unwrap();
                }
                rustix::thread::set_thread_uid(nobody).unwrap();
            }
            test();
        });
        ended.join().unwrap();
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let mode = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    let told = |path: &Path, expected: &str| {
        block_on(async {
            let why = match Store::open(&Place::File(path.to_owned()), &Settings::default()).await {
                Err(why) => why,
                Ok(store) => store.begin(&begin(&["a"], 1)).await.unwrap_err(),
            };
            let why = why.to_string();
            assert!(why.contains(expected) && why.contains("give this user the right"), "{why}");
        });
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    block_on(async {
        let store = Store::open(&Place::File(path.clone()), &Settings::default()).await.unwrap();
        scan(&store, begin(&["a"], 0), &["a/1"]).await;
        store.close().await;
    });
    as_a_user(folder.path(), || {
        mode(folder.path(), 0o500);
        told(&folder.path().join("new.db"), "Permission denied");
        told(&path, "cannot be written");
        mode(folder.path(), 0o700);
        mode(&path, 0o400);
        told(&path, "cannot be written");
        // With the right to it again all is there.
        mode(&path, 0o600);
        block_on(async {
            let store = Store::open(&Place::File(path.clone()), &Settings::default()).await.unwrap();
            assert_eq!(listed(&store, &now(&store).await, &Filter::default()).await, ["a/1 1"]);
        });
    });
    // Another's, though root could read it.
    if rustix::process::geteuid().is_root() {
        block_on(async {
            let why = Store::open(&Place::File(path.clone()), &Settings::default()).await.err().unwrap().to_string();
            assert!(why.contains("it belongs to user 65534, not to 0"), "{why}");
        });
    }
}

#[test]
fn places_are_read() {
    let check = |text: &str, expected: std::result::Result<&str, &str>| {
        let place = Place::parse(text, Some("/k".into()).filter(|_| text.contains("://")));
        match (place, expected) {
            (Ok(place), Ok(shown)) => assert_eq!(place.to_string(), shown),
            (Err(why), Err(told)) => {
                let why = why.to_string();
                assert!(why.contains(told) && !why.contains("pass"), "{why}");
            }
            (found, expected) => panic!("{text}: {found:?}, not {expected:?}"),
        }
    };
    check("inventory.db", Ok("inventory.db"));
    check("./a b/ü?.db", Ok("./a b/ü?.db"));
    check("postgres://ann:pass@db.test:5433/inv?sslmode=verify-full", Ok("postgres://ann@db.test:5433/inv"));
    check("postgresql://ann@db.test/inv", Ok("postgres://ann@db.test:5432/inv"));
    check("postgres://ann:pass@db.test:port/inv", Err("cannot be read"));
    check("postgres://ann:pass@db.test/inv?sslmode=none", Err("cannot be read"));
    check("mysql://ann:pass@db.test/inv", Err("mysql:// is not known"));
    check("postgresql+psycopg2://ann:pass@db.test/inv", Err("begins with postgres://"));
    check("jdbc:postgresql://ann:pass@db.test/inv", Err("begins with postgres://"));
    check(" postgres://ann:pass@db.test:5433/inv", Ok("postgres://ann@db.test:5433/inv"));
    check("", Err("it is empty"));
    let key = Place::parse("a.db", Some("/k".into()));
    assert!(key.is_err());
    assert_eq!(Place::File("x/a.db".into()).key(), Path::new("x/a.db.key"));
}

#[test]
fn a_server_that_is_not_there_is_told() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("postgres://ann:pass@localhost/inv?host={}", folder.path().display());
        let place = Place::parse(&url, Some(folder.path().join("key"))).unwrap();
        let why = Store::open(&place, &Settings { busy: Duration::from_secs(1), ..Settings::default() }).await;
        let why = why.err().unwrap();
        assert!(matches!(why, Error::Unreachable { .. }), "{why:?}");
        let why = why.to_string();
        assert!(why.contains("PGPASSWORD") && !why.contains("pass@") && !why.contains("ann:pass"), "{why}");
    });
}

#[test]
fn futures_can_move_between_threads() {
    fn sendable<T: Send>(_: T) {}
    fn all(store: Store, scan: &mut Scan, snapshot: &Snapshot) {
        let place = Place::File("x".into());
        sendable(Store::open(&place, &Settings::default()));
        sendable(store.begin(&begin(&[], 0)));
        sendable(store.step(scan, &slice(&[], None), minute(0)));
        sendable(store.list(snapshot, &Filter::default(), None, 1));
        sendable(store.graph(snapshot, &GraphQuery::default()));
        sendable(store.prune(&Keep::default()));
        sendable(store.close());
    }
    let _ = all;
}
