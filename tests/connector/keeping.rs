//! Scans into a store, through the component: killed anywhere, gone on with,
//! and what a store never holds.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use connector_inventory::asset::{Asset, Kind};
use connector_inventory::store::{self, Begin, Counts, Filter, Gone, Place, Point, Settings, Store, View};
use host_test::World;
use host_test::host::inventory::{self, ScanError, Watch};
use host_test::simulator::{Options, Simulator, tokens};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

/// Kinds whose assets do not change with the hour.
fn lasting(kind: &Kind) -> bool {
    kind.extra.default && !matches!(kind.id.as_str(), "schedule" | "schedule-v3" | "on-call" | "incident")
}

struct Calm;

impl Watch for Calm {
    fn step(&mut self, _: u64, _: &Counts) {}

    fn note(&mut self, _: &str) {}

    fn stop(&self) -> bool {
        false
    }
}

/// A simulator that stops answering at a request of this number.
struct Cut {
    world: World,
    left: Arc<AtomicUsize>,
    cut: Arc<Notify>,
    simulator: Simulator,
}

impl Cut {
    async fn new() -> Cut {
        let simulator = Simulator::new(Options { incidents: 200, rate_limit: None, ..Options::default() });
        let (left, cut) = (Arc::new(AtomicUsize::new(usize::MAX)), Arc::new(Notify::new()));
        let (count, notify, answering) = (Arc::clone(&left), Arc::clone(&cut), simulator.clone());
        let world = World::answering(move |request| {
            let over = count.fetch_sub(1, Ordering::SeqCst) == 1;
            let (mut answer, notify) = (answering.respond(request), Arc::clone(&notify));
            // Its clock stands still, and so would its rate limit.
            for name in ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"] {
                answer.headers_mut().remove(name);
            }
            async move {
                if over {
                    notify.notify_one();
                    std::future::pending::<()>().await;
                }
                Ok(answer)
            }
        })
        .await;
        Cut { world, left, cut, simulator }
    }

    async fn kinds(&self) -> Vec<Kind> {
        let kinds = inventory::kinds(self.world.connector.kinds().await.expect("kinds")).expect("sound");
        kinds.into_iter().filter(lasting).collect()
    }

    /// Scans into the store until it is cut off, if it is; whether it ended whole.
    async fn scan(&self, store: &Store, kinds: &[Kind], now: Timestamp, requests: usize) -> Option<inventory::Report> {
        let mut on = self.world.open(tokens::READ_ONLY).await;
        let begin = Begin {
            nickname: "lantern".into(),
            account: "lanternway.pagerduty.com".into(),
            view: View { id: "account".into(), wide: true },
            kinds: kinds.to_vec(),
            settings: json!({}),
            now,
        };
        self.left.store(requests, Ordering::SeqCst);
        let (settings, clock) = (Map::new(), move || now);
        let mut calm = Calm;
        let scan = inventory::scan(&mut on, store, &begin, &settings, &clock, &mut calm);
        tokio::select! {
            report = scan => Some(report.expect("a scan")),
            () = self.cut.notified() => None,
        }
    }
}

async fn open(path: &Path) -> Store {
    Store::open(&Place::File(path.to_owned()), &Settings::default()).await.expect("a store")
}

/// All that a store knows of the present, and how many versions there are.
async fn dump(store: &Store) -> (BTreeMap<(String, String), Asset>, usize) {
    let at = store.snapshot(None, &Point::Now).await.expect("a snapshot");
    let filter = Filter { gone: Gone::With, ..Filter::default() };
    let (mut all, mut versions, mut after) = (BTreeMap::new(), 0, None);
    loop {
        let page = store.list(&at, &filter, after.as_ref(), 1000).await.expect("a page");
        for found in page.items {
            assert!(found.gone.is_none(), "{:?} is gone", found.asset.id);
            let key = (found.asset.kind.clone(), found.asset.id.clone());
            versions += store.history(&at, &key.0, &key.1).await.expect("a history").len();
            assert!(all.insert(key, found.asset).is_none());
        }
        after = page.next;
        if after.is_none() {
            return (all, versions);
        }
    }
}

/// Points by chance, the same each time.
fn chance(seed: &mut u64, below: usize) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap_or(0) % below
}

#[tokio::test]
async fn a_scan_killed_at_fifty_points_ends_in_the_same_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let cut = Cut::new().await;
    let kinds = cut.kinds().await;
    let start = Timestamp::constant(1_793_534_400, 0);
    let whole = open(&folder.path().join("whole.db")).await;
    let report = cut.scan(&whole, &kinds, start, usize::MAX).await.expect("whole");
    let requests = cut.simulator.requests().len();
    let expected = dump(&whole).await;
    assert!(expected.0.len() > 800 && report.counts.seen as usize == expected.0.len(), "{report:?}");
    assert_eq!(expected.1, expected.0.len(), "one version each");

    let path = folder.path().join("killed.db");
    // The same key, so that fingerprints are the same.
    let key = connector_inventory::secrets::Key::beside;
    std::fs::copy(key(&folder.path().join("whole.db")), key(&path)).expect("the key");
    let (mut kills, mut finished, mut now, mut seed) = (0, 0, start, 7);
    while kills < 50 {
        // Another process each time, once the lease of the killed one is over.
        let store = open(&path).await;
        now = now.checked_add(SignedDuration::from_mins(10)).expect("in time");
        match cut.scan(&store, &kinds, now, 1 + chance(&mut seed, requests / 6)).await {
            None => kills += 1,
            Some(_) => finished += 1,
        }
        drop(store);
    }
    let store = open(&path).await;
    now = now.checked_add(SignedDuration::from_mins(10)).expect("in time");
    cut.scan(&store, &kinds, now, usize::MAX).await.expect("whole");
    let found = dump(&store).await;
    let same = |key: &(String, String)| found.0.get(key) == expected.0.get(key);
    let differ: Vec<_> = found.0.keys().chain(expected.0.keys()).filter(|key| !same(key)).collect();
    assert!(differ.is_empty(), "{differ:?}");
    assert_eq!(found.1, expected.1, "no version twice");
    println!("killed {kills} times, {finished} scans finished in between, {} assets", found.0.len());
}

/// Secrets of the account: in what the connector hands over, in no byte of the
/// store.
#[tokio::test]
async fn a_store_holds_no_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let cut = Cut::new().await;
    let kinds = cut.kinds().await;
    let mut on = cut.world.open(tokens::READ_ONLY).await;
    let names: Vec<String> = kinds.iter().map(|kind| kind.id.clone()).collect();
    let (mut secrets, mut next) = (Vec::new(), None);
    loop {
        let slice = inventory::slice(on.scan(&names, "{}", next.as_deref()).await.expect("a step")).expect("sound");
        for asset in &slice.assets {
            let kind = kinds.iter().find(|kind| kind.id == asset.kind).expect("a kind that was asked for");
            let attributes = Value::Object(asset.attributes.clone());
            for path in &kind.extra.secrets {
                collect(&attributes, &path.split('.').collect::<Vec<_>>(), &mut secrets);
            }
        }
        next = slice.next;
        if next.is_none() {
            break;
        }
    }
    secrets.retain(|secret| secret.len() >= 8);
    assert!(secrets.len() > 50, "{} secrets", secrets.len());
    let path = folder.path().join("inventory.db");
    let store = open(&path).await;
    cut.scan(&store, &kinds, Timestamp::constant(1_793_534_400, 0), usize::MAX).await.expect("whole");
    for file in std::fs::read_dir(folder.path()).expect("files") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("bytes");
        for secret in &secrets {
            let there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!there, "{secret} stands in the store");
        }
    }
    store.close().await;
}

/// Every text at a path with `*` for the items of a list.
fn collect(value: &Value, path: &[&str], found: &mut Vec<String>) {
    match (path, value) {
        ([], Value::String(text)) => found.push(text.clone()),
        ([], Value::Array(items)) => items.iter().for_each(|item| collect(item, &[], found)),
        ([], Value::Object(members)) => members.values().for_each(|member| collect(member, &[], found)),
        (["*", rest @ ..], Value::Array(items)) => items.iter().for_each(|item| collect(item, rest, found)),
        ([name, rest @ ..], Value::Object(members)) => {
            if let Some(member) = members.get(*name) {
                collect(member, rest, found);
            }
        }
        _ => {}
    }
}

/// What the store and the connector need of each other: the account a link
/// tells, and a stop that loses nothing.
#[tokio::test]
async fn an_account_is_told_by_its_links_and_a_stop_loses_nothing() {
    struct Once(u64);
    impl Watch for Once {
        fn step(&mut self, steps: u64, _: &Counts) {
            self.0 = steps;
        }
        fn note(&mut self, _: &str) {}
        fn stop(&self) -> bool {
            self.0 == 2
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let cut = Cut::new().await;
    let contract = cut.world.connector.kinds().await.expect("kinds");
    let mut on = cut.world.open(tokens::READ_ONLY).await;
    let account = inventory::account(&mut on, &contract, &Map::new()).await.expect("a scan");
    assert_eq!(account.as_deref(), Some("lanternway.pagerduty.com"));
    assert!(cut.simulator.requests().len() <= 2, "few requests");
    let kinds = cut.kinds().await;
    let store = open(&folder.path().join("inventory.db")).await;
    let now = Timestamp::constant(1_793_534_400, 0);
    let begin = Begin {
        nickname: "lantern".into(),
        account: "lanternway.pagerduty.com".into(),
        view: View { id: "account".into(), wide: true },
        kinds: kinds.clone(),
        settings: json!({}),
        now,
    };
    let (settings, clock) = (Map::new(), move || now);
    let stopped = inventory::scan(&mut on, &store, &begin, &settings, &clock, &mut Once(0)).await;
    assert!(matches!(stopped, Err(ScanError::Stopped)), "{stopped:?}");
    // At once: the lease was given back.
    let report = tokio::time::timeout(Duration::from_secs(600), cut.scan(&store, &kinds, now, usize::MAX));
    let report = report.await.expect("in time").expect("whole");
    assert_eq!(store.scans(None, 10).await.expect("scans").len(), 1, "one scan, gone on with");
    assert!(report.counts.seen > 0);
}

/// A step may take longer than a lease lasts, and the scan is still its process's.
#[tokio::test]
async fn a_long_step_keeps_its_lease() {
    let folder = tempfile::tempdir().expect("a folder");
    let cut = Cut::new().await;
    let place = Place::File(folder.path().join("inventory.db"));
    let settings = Settings { lease: Duration::from_millis(200), ..Settings::default() };
    let store = Store::open(&place, &settings).await.expect("a store");
    let mut begin = Begin {
        nickname: "lantern".into(),
        account: "lanternway.pagerduty.com".into(),
        view: View { id: "account".into(), wide: true },
        kinds: cut.kinds().await,
        settings: json!({}),
        now: Timestamp::constant(1_793_534_400, 0),
    };
    let later = begin.now.checked_add(SignedDuration::from_mins(10)).expect("in time");
    let (renewing, mut renewed) = tokio::sync::mpsc::unbounded_channel();
    // The first answer never comes; the lease is over at once, but for being renewed.
    cut.left.store(1, Ordering::SeqCst);
    let clock = move || {
        let _ = renewing.send(());
        later
    };
    let (first, nothing) = (begin.clone(), Map::new());
    let mut on = cut.world.open(tokens::READ_ONLY).await;
    let mut calm = Calm;
    let scan = inventory::scan(&mut on, &store, &first, &nothing, &clock, &mut calm);
    let another = async {
        cut.cut.notified().await;
        // At the second the first is stored.
        renewed.recv().await.expect("renewed");
        renewed.recv().await.expect("renewed again");
        begin.now = later;
        open(folder.path().join("inventory.db").as_path()).await.begin(&begin).await
    };
    tokio::select! {
        report = scan => panic!("it ended: {report:?}"),
        found = another => assert!(matches!(found, Err(store::Error::Busy { .. })), "{found:?}"),
    }
}
