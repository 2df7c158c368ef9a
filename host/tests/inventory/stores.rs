//! The tool on stores that are not a file with room: PostgreSQL, with and
//! without TLS, a store that another has locked, one that is full.
//!
//! PostgreSQL is the server in CONNECTOR_TEST_POSTGRES (`scripts/postgres`
//! starts one); where there is none its tests are left out, and say so.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::pki_types::PrivateKeyDer;
use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, Executor, PgConnection, SqliteConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::runtime::Runtime;

use crate::support::{LASTING, Ran, Running, World, same};

/// A schema of a test's own on the server, gone when the test ends.
struct Schema {
    server: String,
    name: String,
    runtime: Runtime,
}

impl Schema {
    /// None where there is no server.
    fn new(test: &str) -> Option<Schema> {
        let Ok(server) = std::env::var("CONNECTOR_TEST_POSTGRES") else {
            assert!(std::env::var_os("CONNECTOR_TEST_POSTGRES_REQUIRED").is_none(), "there is no server of PostgreSQL");
            // Not by `eprintln!`, which is heard of tests that fail alone.
            let told = format!("LEFT OUT: stores::{test}, CONNECTOR_TEST_POSTGRES names no server\n");
            std::io::stderr().write_all(told.as_bytes()).unwrap();
            return None;
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let schema = Schema { server, name: format!("tool_{}_{test}", std::process::id()), runtime };
        schema.run(&format!("CREATE SCHEMA {}", schema.name));
        Some(schema)
    }

    fn run(&self, sql: &str) {
        self.runtime.block_on(async {
            let mut connection = PgConnection::connect(&self.server).await.unwrap();
            connection.execute(AssertSqlSafe(sql)).await.unwrap();
            connection.close().await.unwrap();
        });
    }

    fn options(&self) -> String {
        format!("options=-c%20search_path%3D{}", self.name)
    }

    fn url(&self) -> String {
        let joint = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{joint}{}", self.server, self.options())
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        // A test that failed has said so; the schema goes with the server.
        if !std::thread::panicking() {
            self.run(&format!("DROP SCHEMA {} CASCADE", self.name));
        }
    }
}

/// What a scan counts: seen, new, changed, gone.
fn counts(scan: &Value) -> [u64; 4] {
    ["seen", "added", "changed", "gone"].map(|name| scan["counts"][name].as_u64().unwrap())
}

/// Findings as one document, without when they were found.
fn findings(ran: &Ran) -> Value {
    let mut document: Value = serde_json::from_str(&ran.out).unwrap_or_else(|why| panic!("{why}: {ran:?}"));
    fn timeless(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.retain(|name, _| !matches!(name.as_str(), "at" | "now" | "scan" | "since" | "seen"));
                members.values_mut().for_each(timeless);
            }
            Value::Array(items) => items.iter_mut().for_each(timeless),
            _ => {}
        }
    }
    timeless(&mut document);
    document
}

#[test]
fn postgres_holds_what_a_file_does() {
    let Some(schema) = Schema::new("postgres_holds_what_a_file_does") else { return };
    let world = World::new();
    let scan = "--kind team --kind service --kind user --kind integration --kind escalation-policy";
    let first = world.scan(scan);
    // The same key, so that fingerprints are the same.
    std::fs::copy(world.path("inventory.db.key"), world.path("pg.key")).unwrap();
    let store = format!("--store {} --store-key FOLDER/pg.key", schema.url());
    assert_eq!(counts(&world.scan(&format!("{scan} {store}"))), counts(&first));
    same(&world.listed(&store), &world.listed(""));
    let check = "policy check --format json --kind service --kind user";
    let [file, server] = [world.run(check), world.run(&format!("{check} {store}"))];
    assert_eq!((file.code, &file.err), (server.code, &server.err), "{server:?}");
    assert_eq!(findings(&server), findings(&file));

    let service = world.account.services().remove(0);
    world.account.rename(&service, "Renamed \u{0} meanwhile");
    // Killed in the middle, and gone on with.
    world.account.hold(4);
    let killed = world.start(&format!("scan {scan} {store}"));
    world.account.held();
    drop(killed);
    world.account.open();
    schema.run(&format!("UPDATE {}.scan SET lease = 0 WHERE state = 'unfinished'", schema.name));
    let again = world.check(&format!("--json scan {scan} {store}"), 0, "", "goes on with scan 2 behind");
    let [_, added, changed, gone] = counts(&again.json()[0]);
    // The service, and what is named after it.
    assert!(added == 0 && changed >= 1 && gone == 0, "{again:?}");
    let history = world.json(&format!("inventory history service {service} --format json {store}"));
    assert_eq!(history.len(), 2, "{history:?}");
}

#[test]
fn a_server_that_is_not_there_is_told_without_its_password() {
    let world = World::new();
    let store = "--store postgres://ann:hush-hush@localhost/inventory?host=FOLDER --store-key FOLDER/pg.key";
    for line in ["scan", "inventory list", "policy check"] {
        let ran = world.check(&format!("{line} {store} --store-wait 1s"), 5, "", "cannot be reached");
        assert!(!ran.err.contains("hush") && ran.err.contains("sslmode"), "{ran:?}");
    }
}

/// A front for the server that speaks TLS with a certificate of its own; the
/// server itself has a socket alone.
fn tls_front(runtime: &Runtime, server: &str) -> (u16, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let folder = server.split_once("host=").unwrap().1.split('&').next().unwrap().to_owned();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let port = listener.local_addr().unwrap().port();
    runtime.spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, place) = (acceptor.clone(), format!("{folder}/.s.PGSQL.5432"));
            tokio::spawn(async move {
                // A client that does not trust us goes away in the middle.
                let _ = forward(socket, acceptor, &place).await;
            });
        }
    });
    let encoded = pem(certificate.der());
    (port, encoded)
}

async fn forward(mut socket: TcpStream, acceptor: tokio_rustls::TlsAcceptor, to: &str) -> std::io::Result<()> {
    // Eight bytes that ask for TLS, and `S` for yes.
    let mut asked = [0; 8];
    socket.read_exact(&mut asked).await?;
    socket.write_all(b"S").await?;
    let mut plain = acceptor.accept(socket).await?;
    let mut server = UnixStream::connect(to).await?;
    copy_bidirectional(&mut plain, &mut server).await.map(drop)
}

fn pem(der: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in der.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let digit = char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]);
            text.push(if at <= three.len() { digit } else { '=' });
        }
    }
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

#[test]
fn postgres_is_reached_over_tls_by_whom_it_trusts() {
    let Some(schema) = Schema::new("postgres_is_reached_over_tls") else { return };
    let world = World::new();
    let (port, root) = tls_front(&schema.runtime, &schema.server);
    let (_, other) = tls_front(&schema.runtime, &schema.server);
    world.write("root.pem", &root);
    world.write("other.pem", &other);
    let check = |host: &str, tls: &str, code: i32, err: &str| {
        let url = format!("postgres://connector@{host}:{port}/postgres?{tls}&{}", schema.options());
        let line = format!("scan --kind team --store-wait 2s --store-key FOLDER/pg.key --store {url}");
        let ran = world.run(&line);
        assert_eq!(ran.code, code, "{host} {tls}: {ran:?}");
        assert!(ran.err.contains(err), "{host} {tls}: {ran:?}");
    };
    check("localhost", "sslmode=verify-full&sslrootcert=FOLDER/root.pem", 0, "");
    check("localhost", "sslmode=verify-full&sslrootcert=FOLDER/other.pem", 5, "cannot be reached");
    // Mozilla's roots do not vouch for it.
    check("localhost", "sslmode=verify-full", 5, "cannot be reached");
    // The certificate is another name's.
    check("127.0.0.1", "sslmode=verify-full&sslrootcert=FOLDER/root.pem", 5, "cannot be reached");
    check("127.0.0.1", "sslmode=verify-ca&sslrootcert=FOLDER/root.pem", 0, "");
}

/// Holds the lock for writing as long as the block lasts.
fn locked<T>(world: &World, meanwhile: impl FnOnce() -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let options = SqliteConnectOptions::new().filename(world.path("inventory.db"));
    let mut other = runtime.block_on(SqliteConnection::connect_with(&options)).unwrap();
    runtime.block_on(other.execute("BEGIN IMMEDIATE")).unwrap();
    let done = meanwhile();
    runtime.block_on(other.execute("ROLLBACK")).unwrap();
    runtime.block_on(other.close()).unwrap();
    done
}

#[test]
fn a_store_that_another_has_locked_loses_nothing() {
    let world = World::new();
    world.scan("--kind team");
    let before = world.listed("");
    locked(&world, || {
        let told = "is locked by another process: try again when that is done";
        world.check("scan --kind team --store-wait 50ms", 5, "", told);
        world.check("--json scan --kind team --store-wait 50ms", 5, "", "\"exit_code\":5");
        // Reading goes on.
        same(&world.listed(""), &before);
        assert_ne!(world.run("policy check --kind team").code, 5);
    });
    // In the middle of a scan.
    world.account.hold(20);
    let scanning = world.start(&format!("scan {LASTING} --store-wait 50ms"));
    world.account.held();
    let ended = locked(&world, || {
        world.account.open();
        scanning.end()
    });
    assert_eq!(ended.code, 5, "{ended:?}");
    assert!(ended.err.contains("is locked by another process"), "{ended:?}");
    same(&world.listed("--kind team"), &before);
    world.let_the_lease_end();
    goes_on_to_the_same_as_a_new_store(&world);
}

/// The unfinished scan goes on, and ends as if nothing had happened.
fn goes_on_to_the_same_as_a_new_store(world: &World) {
    let done = world.check(&format!("scan {LASTING}"), 0, "shop: ", "goes on with scan 2 behind");
    assert!(!done.err.contains("given up"), "{done:?}");
    std::fs::copy(world.path("inventory.db.key"), world.path("new.db.key")).unwrap();
    world.scan(&format!("{LASTING} --store FOLDER/new.db"));
    same(&world.listed(""), &world.listed("--store FOLDER/new.db"));
}

#[test]
fn a_store_without_room_loses_nothing() {
    let world = World::new();
    world.scan("--kind team");
    let before = world.listed("");
    for line in [format!("scan {LASTING} --store-most 1"), format!("--json scan {LASTING} --store-most 1")] {
        world.check(&line, 1, "", "no room for the store");
        same(&world.listed(""), &before);
    }
    goes_on_to_the_same_as_a_new_store(&world);
}

/// The same where the system refuses to make the file longer.
#[test]
fn a_file_that_may_not_grow_loses_nothing() {
    let world = World::new();
    world.scan("--kind team");
    let before = world.listed("");
    let tool = world.command(&format!("scan {LASTING}"));
    let mut bounded = Command::new("sh");
    // Of 512 bytes, or of 1,024 where the shell is another. Without the trap the system would end the tool.
    bounded.args(["-c", "trap '' XFSZ; ulimit -f 1000; exec \"$@\"", "sh"]).arg(tool.get_program());
    bounded.args(tool.get_args()).env_clear().stdin(Stdio::null());
    bounded.envs(tool.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ended = Running::new(bounded).end();
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.err.contains("the disk refuses the store") && ended.err.contains("ulimit -f"), "{ended:?}");
    same(&world.listed(""), &before);
    goes_on_to_the_same_as_a_new_store(&world);
}
