//! Several handles and processes on one store.

use std::time::Duration;

use connector_inventory::store::*;

use crate::world::*;

both!(one_scan_at_a_time whoever_is_slow_is_overtaken a_step_counts_once opened_at_once accounts_side_by_side);

async fn one_scan_at_a_time(world: &World) {
    let (one, other) = (world.open().await, world.open().await);
    let mut first = one.begin(&begin(&["a"], 0)).await.unwrap();
    // Held for two minutes, renewed by each step and by hand.
    let busy = async |at: i64, until: i64| match other.begin(&begin(&["a"], at)).await {
        Err(Error::Busy { scan, until: held, .. }) => assert_eq!((scan, held), (first.id, minute(until))),
        other => panic!("{other:?}"),
    };
    busy(1, 2).await;
    one.step(&mut first.clone(), &slice(&["a/1"], Some("1")), minute(1)).await.unwrap();
    busy(2, 3).await;
    first.cursor = Some("1".into());
    first.steps = 1;
    one.renew(&first, minute(3)).await.unwrap();
    let busy = other.begin(&begin(&["a"], 4)).await;
    assert!(matches!(busy, Err(Error::Busy { until, .. }) if until == minute(5)), "{busy:?}");
    // Another account is nobody's matter.
    let mut elsewhere = begin(&["a"], 4);
    elsewhere.nickname = "beta".into();
    other.begin(&elsewhere).await.unwrap();
    // Let go, it can be taken at once, and goes on where it was.
    one.release(first).await.unwrap();
    let taken = other.begin(&begin(&["a"], 4)).await.unwrap();
    assert_eq!((taken.resumed, taken.cursor.as_deref(), taken.steps), (true, Some("1"), 1));
}

async fn whoever_is_slow_is_overtaken(world: &World) {
    let (one, other) = (world.open().await, world.open().await);
    let mut slow = one.begin(&begin(&["a"], 0)).await.unwrap();
    let mut fast = other.begin(&begin(&["a"], 9)).await.unwrap();
    assert_eq!((fast.id, fast.resumed), (slow.id, true));
    let overtaken = |result: Result<()>| match result {
        Err(Error::Overtaken { scan, why }) => (scan, why),
        other => panic!("{other:?}"),
    };
    let step = one.step(&mut slow, &slice(&["a/slow"], None), minute(9)).await;
    assert_eq!(overtaken(step.map(|_| ())).1, "another process went on with it");
    assert_eq!(overtaken(one.renew(&slow, minute(9)).await).0, slow.id);
    assert_eq!(overtaken(one.release(slow.clone()).await).0, slow.id);
    other.step(&mut fast, &slice(&["a/fast"], None), minute(9)).await.unwrap();
    let step = one.step(&mut slow, &slice(&["a/slow"], None), minute(9)).await;
    assert_eq!(overtaken(step.map(|_| ())).1, "it is complete");
    assert_eq!(listed(&one, &now(&one).await, &Filter::default()).await, ["a/fast fast"]);
}

async fn a_step_counts_once(world: &World) {
    let store = world.open().await;
    let mut scan = store.begin(&begin(&["a"], 0)).await.unwrap();
    let mut before = scan.clone();
    store.step(&mut scan, &slice(&["a/1"], Some("1")), minute(0)).await.unwrap();
    // Sent again by whoever did not hear of the first.
    let again = store.step(&mut before, &slice(&["a/1"], Some("1")), minute(0)).await;
    assert!(matches!(again, Err(Error::Overtaken { .. })), "{again:?}");
    // A cursor that stays the same is the connector's matter; the step counts.
    store.step(&mut scan, &slice(&["a/2"], Some("1")), minute(0)).await.unwrap();
    store.step(&mut scan, &slice(&["a/3"], None), minute(0)).await.unwrap();
    let record = &store.scans(None, 1).await.unwrap()[0];
    assert_eq!((record.steps, record.counts.seen, record.counts.added), (3, 3, 3));
}

/// All of them make the store, its key and its tables.
async fn opened_at_once(world: &World) {
    let opened = (0..8).map(|_| {
        let place = world.place.clone();
        std::thread::spawn(move || {
            block_on(async {
                let settings = Settings { busy: Duration::from_secs(60), ..Settings::default() };
                let store = Store::open(&place, &settings).await.unwrap();
                assert_eq!(store.accounts().await.unwrap(), []);
                store.close().await;
            });
        })
    });
    for thread in opened.collect::<Vec<_>>() {
        thread.join().unwrap();
    }
    scan(&world.open().await, begin(&["a"], 0), &["a/1"]).await;
}

/// Four processes, each scanning an account, and all trying for a fifth.
async fn accounts_side_by_side(world: &World) {
    world.open().await.close().await;
    let racing = (0..4).map(|n| {
        let place = world.place.clone();
        std::thread::spawn(move || {
            let mut won = 0;
            block_on(async {
                let settings = Settings { busy: Duration::from_secs(60), ..Settings::default() };
                let store = Store::open(&place, &settings).await.unwrap();
                let mut own = begin(&["a"], 0);
                own.nickname = format!("own-{n}");
                let mut scan = store.begin(&own).await.unwrap();
                for step in 0..20 {
                    let next = (step < 19).then(|| step.to_string());
                    let assets = [format!("a/{step}"), format!("a/x{step}")];
                    let assets: Vec<&str> = assets.iter().map(String::as_str).collect();
                    store.step(&mut scan, &slice(&assets, next.as_deref()), minute(0)).await.unwrap();
                    let mut shared = begin(&["a"], 0);
                    shared.nickname = "shared".into();
                    match store.begin(&shared).await {
                        Ok(_) => won += 1,
                        Err(Error::Busy { .. }) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
            });
            won
        })
    });
    let won: u32 = racing.collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(won, 1);
    let accounts = world.open().await.accounts().await.unwrap();
    assert_eq!(accounts.iter().map(|one| one.assets).collect::<Vec<_>>(), [40, 40, 40, 40, 0]);
}
