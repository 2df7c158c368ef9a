//! A scan stays its process's while a step takes long: what happens when that
//! cannot be written down in time, and when another process went on with it.

use std::time::Duration;

use connector_host::inventory::{self, ScanError, Watch};
use connector_host::{Connection, Connector, Grants, Host, HostOptions, Secret, Sign};
use connector_inventory::store::{Begin, Counts, Error, Place, Settings, Store, View};
use host_test::simulator::tokens;
use jiff::Timestamp;
use serde_json::{Map, json};
use sqlx::{Connection as _, Executor, SqliteConnection};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::support::World;

struct Calm;

impl Watch for Calm {
    fn step(&mut self, _: u64, _: &Counts) {}

    fn note(&mut self, _: &str) {}

    fn stop(&self) -> bool {
        false
    }
}

async fn open(world: &World) -> (Connector, Connection) {
    let options = HostOptions {
        cache_dir: Some(host_test::component().with_file_name("cache")),
        allow_loopback: true,
        ..HostOptions::default()
    };
    let connector = Host::new(options).unwrap().load(host_test::component()).await.unwrap();
    let sign = Sign {
        method: "token".into(),
        credentials: vec![("token".into(), Secret::from(tokens::READ_ONLY))],
        settings: json!({}),
        host_settings: json!({"base_url": world.account.url}),
    };
    let connection = connector.open(&sign, &Grants::default()).await.unwrap();
    (connector, connection)
}

/// Holds a scan's first request, does something to its store meanwhile, and lets it go on.
fn check(
    meanwhile: impl AsyncFnOnce(&mut SqliteConnection, &mut UnboundedReceiver<()>),
    sound: impl FnOnce(Result<inventory::Report, ScanError>),
) {
    let world = World::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let found = runtime.block_on(async {
        let place = Place::File(world.path("inventory.db"));
        let (busy, lease) = (Duration::from_millis(1), Duration::from_millis(40));
        let settings = Settings { busy, lease, ..Settings::default() };
        let store = Store::open(&place, &settings).await.unwrap();
        let (connector, mut on) = open(&world).await;
        let begin = Begin {
            nickname: "shop".into(),
            account: "shop.pagerduty.com".into(),
            view: View { id: "account".into(), wide: true },
            kinds: inventory::kinds(connector.kinds().await.unwrap()).unwrap(),
            settings: json!({}),
            now: Timestamp::now(),
        };
        let kinds = begin.kinds.into_iter().filter(|kind| kind.id == "team").collect();
        let begin = Begin { kinds, ..begin };
        world.account.hold(1);
        let (renewing, mut renewed) = unbounded_channel();
        let clock = move || {
            // The other end is gone when nobody counts any more.
            let _ = renewing.send(());
            Timestamp::now()
        };
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(world.path("inventory.db"));
        let mut other = SqliteConnection::connect_with(&options).await.unwrap();
        let (nothing, mut calm) = (Map::new(), Calm);
        let scan = inventory::scan(&mut on, &store, &begin, &nothing, &clock, &mut calm);
        let disturb = async {
            meanwhile(&mut other, &mut renewed).await;
            world.account.open();
            std::future::pending().await
        };
        tokio::select! {
            found = scan => found,
            () = disturb => unreachable!(),
        }
    });
    sound(found);
}

/// Waits until so many renewals were begun.
async fn renewals(renewed: &mut UnboundedReceiver<()>, count: usize) {
    for _ in 0..count {
        renewed.recv().await.expect("a renewal");
    }
}

#[test]
fn a_renewal_that_fails_is_tried_again() {
    check(
        async |other, renewed| {
            renewals(renewed, 1).await;
            other.execute("BEGIN IMMEDIATE").await.unwrap();
            // The first of these may have been begun before the lock; one after another, the others were refused.
            renewals(renewed, 4).await;
            other.execute("ROLLBACK").await.unwrap();
            renewals(renewed, 2).await;
        },
        |found| assert!(found.is_ok_and(|report| report.counts.seen > 0)),
    );
}

#[test]
fn a_scan_that_another_process_went_on_with_ends() {
    check(
        async |other, renewed| {
            renewals(renewed, 1).await;
            other.execute("UPDATE scan SET owner = 'another'").await.unwrap();
            // Its answer never comes, and it ends all the same.
            std::future::pending::<()>().await;
        },
        |found| assert!(matches!(found, Err(ScanError::Store(Error::Overtaken { .. }))), "{found:?}"),
    );
}
