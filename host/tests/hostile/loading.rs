//! What a component does before anybody opens it: breaks while it says who it
//! is, asks for foreign hosts, imports what no connector may, is too large.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use connector_host::transport::Transport;
use connector_host::{Error, Host, HostOptions, Limit, Limits};

use crate::support::Expected::{self, Broke, Stopped};
use crate::support::{Den, HOST, KEY, open_with, options, plain, same, told};

fn limits() -> Limits {
    Limits { cpu: Duration::from_millis(50), memory: 32 << 20, result: 1 << 20, ..Limits::default() }
}

#[tokio::test(start_paused = true)]
async fn what_breaks_while_it_is_loaded_is_not_loaded() {
    let den = Den::new(limits()).await;
    let Limits { cpu, memory, result, .. } = limits();
    for (word, expected) in [
        ("init-loop", Stopped(Limit::Cpu(cpu))),
        ("identify-loop", Stopped(Limit::Cpu(cpu))),
        ("identify-panic", Broke("unreachable")),
        ("identify-memory", Stopped(Limit::Memory(memory))),
        ("identify-value", Stopped(Limit::Result(result))),
        ("identify-list", Stopped(Limit::Result(result))),
        ("identify-settings", Broke("`settings` of its identity is no JSON object")),
        ("identify-extra", Broke("`extra` of its identity is no JSON object")),
        ("auth-loop", Stopped(Limit::Cpu(cpu))),
        ("auth-panic", Broke("unreachable")),
        ("auth-list", Stopped(Limit::Result(result))),
    ] {
        let loaded = den.beside(den.host.load_bytes(told(word))).await.map(drop);
        assert!(same(&loaded, expected), "{word}: {loaded:?}");
    }
    for (word, expected) in
        [("operations-loop", Stopped(Limit::Cpu(cpu))), ("operations-list", Stopped(Limit::Result(result)))]
    {
        let connector = den.host.load_bytes(told(word)).await.unwrap();
        let listed = den.beside(connector.operations()).await;
        assert!(same(&listed, expected), "{word}: {:.300}", format!("{listed:?}"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_component_begins_with_is_bounded() {
    for pooling in [false, true] {
        // Less than it begins with, so that loading fails.
        let memory = 1 << 20;
        for (limits, expected) in [
            (Limits { table: 10, connections: 8, ..Limits::default() }, Limit::Table(10)),
            (Limits { memory, connections: 8, ..Limits::default() }, Limit::Memory(memory)),
        ] {
            let (mut options, _) = options(limits);
            options.pooling = pooling;
            let loaded = Host::new(options).unwrap().load_bytes(plain()).await.map(drop);
            assert!(same(&loaded, Stopped(expected)), "pooling {pooling}: {loaded:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_while_it_is_loaded() {
    let den = Den::new(limits()).await;
    den.host.load_bytes(told("identify-send")).await.unwrap();
    den.connector.describe("flood-in-turn").await.map(drop).unwrap_or_default();
    assert_eq!(den.sent.count(), 0);
}

/// A host whose names are all looked up here, and lead to where no connector
/// may go.
fn looked_up(address: &str) -> (Host, Arc<Mutex<Vec<String>>>) {
    let names = Arc::new(Mutex::new(Vec::new()));
    let (record, address) = (names.clone(), address.parse::<IpAddr>().unwrap());
    let (options, _) = options(Limits::default());
    let host = Host::new(HostOptions {
        transport: Transport::Network,
        resolver: Some(Arc::new(move |name| {
            record.lock().unwrap().push(name);
            Box::pin(async move { Ok(vec![address]) })
        })),
        clock: None,
        ..options
    });
    (host.unwrap(), names)
}

#[tokio::test]
async fn a_foreign_host_that_is_asked_for_is_not_reached() {
    let (host, names) = looked_up("169.254.169.254");
    for asked in [
        "evil.example",
        "169.254.169.254",
        "2852039166",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "::1",
        "API.PAGERDUTY.COM",
        "api.pagerduty.com.",
        "api.pagerduty.com:8443",
        "user@api.pagerduty.com",
        "*",
        "*.pagerduty.com",
        "https://evil.example",
        "evil.example/",
        "",
    ] {
        let connector = host.load_bytes(told(&format!("host={asked}"))).await.unwrap();
        assert!(connector.identify().hosts.iter().any(|host| host == asked));
        // Asked for and not granted: not even looked up.
        let mut culprit = open_with(&connector, "token", KEY, &[]).await.unwrap();
        for scheme in ["https", "http"] {
            let value = culprit.call("send", &format!("GET {scheme} {asked} /")).await.unwrap().value;
            assert!(value.starts_with("refused: "), "{asked}: {value}");
        }
        assert!(names.lock().unwrap().is_empty(), "{asked}");
        // Granted: a name that is none cannot be.
        let granted = open_with(&connector, "token", KEY, &[HOST, asked]).await;
        match asked {
            "evil.example" => {
                // A name may be granted, and still leads nowhere near.
                let value = granted.unwrap().call("send", "GET https evil.example /").await.unwrap().value;
                assert!(value.starts_with("refused: "), "{value}");
                assert_eq!(names.lock().unwrap().drain(..).collect::<Vec<_>>(), ["evil.example"]);
            }
            _ => assert!(matches!(granted.map(drop), Err(Error::Setup(_))), "{asked}"),
        }
    }
}

#[tokio::test]
async fn a_name_that_is_asked_for_leads_to_public_addresses_alone() {
    for address in ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "fd00:ec2::254", "::ffff:127.0.0.1"] {
        let (host, names) = looked_up(address);
        let connector = host.load_bytes(plain()).await.unwrap();
        let mut culprit = open_with(&connector, "token", KEY, &[HOST]).await.unwrap();
        let value = culprit.call("send", &format!("GET https {HOST} /")).await.unwrap().value;
        assert!(value.starts_with("refused: "), "{address}: {value}");
        assert_eq!(*names.lock().unwrap(), [HOST], "{address}");
    }
}

/// A component that does nothing but import an interface without functions.
fn importing(interface: &str) -> Vec<u8> {
    let name = interface.as_bytes();
    let length = u8::try_from(name.len()).unwrap();
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    // One type: an instance without exports.
    bytes.extend([7, 3, 1, 0x42, 0]);
    // One import: the name, and an instance of that type.
    bytes.extend([10, length + 5, 1, 0, length]);
    bytes.extend(name);
    bytes.extend([5, 0]);
    bytes
}

#[tokio::test]
async fn what_no_connector_may_import_is_named() {
    let host = Host::new(options(Limits::default()).0).unwrap();
    for import in [
        "wasi:filesystem/types@0.2.0",
        "wasi:filesystem/preopens@0.2.6",
        "wasi:sockets/tcp@0.2.0",
        "wasi:sockets/udp@0.2.0",
        "wasi:sockets/ip-name-lookup@0.2.0",
        "wasi:http/incoming-handler@0.2.0",
        "wasi:http/types@0.3.0",
        "wasi:keyvalue/store@0.2.0",
        "saas:connector/types@0.2.0",
        "evil:host/anything",
    ] {
        let error = host.load_bytes(importing(import)).await.err().unwrap().to_string();
        assert!(error.contains("imports what no connector may") && error.contains(import), "{import}: {error}");
    }
    // All else fits, one thing does not.
    let mut bytes = plain();
    bytes.extend([10, 9, 1, 0, 4]);
    bytes.extend(b"evil");
    bytes.extend([3, 1]);
    let error = host.load_bytes(bytes).await.err().unwrap().to_string();
    assert!(error.contains("imports what no connector may: evil"), "{error}");
}

#[tokio::test]
async fn a_component_has_a_size() {
    let bytes = plain();
    let size = bytes.len() as u64;
    let loaded = async |component: u64| {
        let host = Host::new(options(Limits { component, ..Limits::default() }).0).unwrap();
        let expected: Expected = Stopped(Limit::Component(component));
        let from_file = host.load(host_test::hostile()).await.map(drop);
        let from_bytes = host.load_bytes(bytes.clone()).await.map(drop);
        assert_eq!(from_file.is_ok(), from_bytes.is_ok());
        assert!(from_file.is_ok() || (same(&from_file, expected) && same(&from_bytes, expected)), "{from_file:?}");
        from_file.is_ok()
    };
    assert!(loaded(size).await);
    assert!(!loaded(size - 1).await);
    // A file without end is read no further than to the limit.
    let host = Host::new(options(Limits { component: 1 << 20, ..Limits::default() }).0).unwrap();
    let endless = host.load("/dev/zero").await.map(drop);
    assert!(same(&endless, Stopped(Limit::Component(1 << 20))), "{endless:?}");
}

/// What is no plain file can be read only once, cache or no cache.
#[tokio::test]
async fn a_component_may_come_through_a_pipe() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    for _ in 0..2 {
        let cache_dir = Some(dir.path().join("cache"));
        let host = Host::new(HostOptions { cache_dir, ..options(Limits::default()).0 }).unwrap();
        let (to, bytes) = (pipe.clone(), plain());
        let writing = tokio::task::spawn_blocking(move || std::fs::write(to, bytes));
        assert_eq!(host.load(&pipe).await.unwrap().identify().id, "hostile");
        writing.await.unwrap().unwrap();
    }
}

/// The component with a further module, instantiated so many times.
fn with_more(module: &[u8], instances: u8) -> Vec<u8> {
    let mut bytes = plain();
    // Sections follow each other: an id, a length in LEB128, so many bytes.
    let (mut at, mut modules) = (8, 0_u8);
    while at < bytes.len() {
        modules += u8::from(bytes[at] == 1);
        let (mut length, mut shift) = (0_usize, 0);
        loop {
            at += 1;
            length |= usize::from(bytes[at] & 0x7f) << shift;
            shift += 7;
            if bytes[at] < 0x80 {
                break;
            }
        }
        at += 1 + length;
    }
    let module = [b"\0asm\x01\0\0\0", module].concat();
    bytes.extend([1, u8::try_from(module.len()).unwrap()]);
    bytes.extend(module);
    bytes.extend([2, 1 + 3 * instances, instances]);
    bytes.extend([0, modules, 0].repeat(instances.into()));
    bytes
}

#[tokio::test]
async fn a_component_of_too_many_parts_is_not_loaded() {
    let (nothing, memory, tables) =
        (&b""[..], &b"\x05\x03\x01\0\x01"[..], &b"\x04\x0a\x03\x70\0\x01\x70\0\x01\x70\0\x01"[..]);
    for pooling in [false, true] {
        let (mut options, _) = options(Limits { connections: 8, ..Limits::default() });
        options.pooling = pooling;
        let host = Host::new(options).unwrap();
        for (module, instances, loads) in
            [(nothing, 1, true), (nothing, 17, false), (memory, 1, false), (tables, 1, true), (tables, 3, false)]
        {
            let loaded = host.load_bytes(with_more(module, instances)).await.map(drop);
            assert_eq!(loaded.is_ok(), loads, "{module:?} {instances}, pooling {pooling}: {loaded:?}");
            assert!(loads || matches!(loaded, Err(Error::Load(_))), "{loaded:?}");
        }
    }
}
