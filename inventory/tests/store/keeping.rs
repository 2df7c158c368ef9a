//! What stays when old versions are removed; and how a store grows.

use connector_inventory::store::*;
use serde_json::json;

use crate::world::*;

both!(pruned while_a_scan_is_unfinished kinds_and_settings unfit_slices growth);

/// Ten scans: `a/1` is otherwise in each, `a/2` never, `a/3` is there in the first two.
async fn ten(world: &World) -> Store {
    let store = world.open().await;
    for n in 1..=10 {
        let one = format!("a/1 version-{n} -> to:a/2");
        let mut assets = vec![one.as_str(), "a/2 same"];
        if n <= 2 {
            assets.push("a/3 early");
        }
        scan(&store, begin(&["a"], n), &assets).await;
    }
    store
}

async fn pruned(world: &World) {
    let check = async |keep: Keep, versions: u64, assets: u64, left: &[i64]| {
        let other = world_of(world).await;
        let store = ten(&other).await;
        assert_eq!(store.prune(&keep).await.unwrap(), Pruned { versions, assets }, "{keep:?}");
        let at = now(&store).await;
        let found: Vec<_> =
            store.history(&at, "a", "1").await.unwrap().iter().map(|version| version.first.scan).collect();
        assert_eq!(found, left, "{keep:?}");
        assert_eq!(listed(&store, &at, &Filter::default()).await, ["a/1 version-10", "a/2 same"]);
        let known = store.history(&at, "a", "3").await.is_ok();
        assert_eq!(known, assets == 0, "{keep:?}");
        // What is left of the past is whole, or refused.
        for scan in 1..=10 {
            match store.snapshot(None, &Point::Scan(scan)).await {
                Ok(at) => {
                    let there = listed(&store, &at, &Filter::default()).await;
                    assert_eq!(there.len(), if scan <= 2 { 3 } else { 2 }, "{scan} {keep:?}");
                    assert_eq!(there[0], format!("a/1 version-{scan}"));
                }
                Err(Error::Pruned { from, .. }) => assert!(scan < from && versions > 0, "{scan} {from} {keep:?}"),
                Err(other) => panic!("{other}"),
            }
        }
        // Again there is nothing to do.
        assert_eq!(store.prune(&keep).await.unwrap(), Pruned::default());
        store.close().await;
        other.end().await;
    };
    let all: Vec<i64> = (1..=10).collect();
    check(Keep::default(), 0, 0, &all).await;
    check(Keep { since: Some(minute(99)), last: None }, 10, 1, &[10]).await;
    check(Keep { since: Some(minute(-1)), last: None }, 0, 0, &all).await;
    // Versions 1 to 4 ended before minute 6; a/3 was gone at minute 3.
    check(Keep { since: Some(minute(6)), last: None }, 5, 1, &all[4..]).await;
    check(Keep { since: None, last: Some(1) }, 9, 0, &[10]).await;
    check(Keep { since: None, last: Some(0) }, 10, 1, &[10]).await;
    check(Keep { since: None, last: Some(4) }, 6, 0, &all[6..]).await;
    // Either bound keeps.
    check(Keep { since: Some(minute(6)), last: Some(8) }, 2, 0, &all[2..]).await;
    check(Keep { since: Some(minute(4)), last: Some(1) }, 2, 0, &all[2..]).await;
}

async fn world_of(world: &World) -> World {
    // The key is made by the first store.
    world.open().await.close().await;
    world.another().await
}

async fn while_a_scan_is_unfinished(world: &World) {
    let store = ten(world).await;
    let mut running = store.begin(&begin(&["a"], 20)).await.unwrap();
    store.step(&mut running, &slice(&["a/1 next"], Some("1")), minute(20)).await.unwrap();
    store.prune(&Keep { since: Some(minute(99)), last: Some(0) }).await.unwrap();
    assert_eq!(listed(&store, &now(&store).await, &Filter::default()).await, ["a/1 version-10", "a/2 same"]);
    store.step(&mut running, &slice(&["a/2 same"], None), minute(21)).await.unwrap();
    let at = now(&store).await;
    assert_eq!(listed(&store, &at, &Filter::default()).await, ["a/1 next", "a/2 same"]);
    assert_eq!(store.history(&at, "a", "1").await.unwrap().len(), 2);
}

/// Which unfinished scan is gone on with, and which account it is.
async fn kinds_and_settings(world: &World) {
    let store = world.open().await;
    let mut before: Option<Scan> = None;
    let mut check = async |begin: Begin, resumed: bool| {
        if let Some(before) = before.take() {
            store.release(before).await.unwrap();
        }
        let scan = store.begin(&begin).await.unwrap();
        assert_eq!(scan.resumed, resumed, "{begin:?}");
        before = Some(scan);
    };
    check(begin(&["a", "b"], 0), false).await;
    check(begin(&["b", "a"], 1), true).await;
    check(begin(&["a"], 2), false).await;
    let mut settings = begin(&["a"], 3);
    settings.settings = json!({"days": 31});
    check(settings.clone(), false).await;
    settings.view.wide = false;
    check(settings.clone(), false).await;
    settings.view.id = "ann".into();
    check(settings.clone(), false).await;
    check(settings, true).await;
    let mut other = begin(&["a"], 9);
    other.account = "other.example.test".into();
    match store.begin(&other).await {
        Err(Error::OtherAccount { nickname, known, given }) => {
            assert_eq!([&*nickname, &*known, &*given], ["acme", "acme.example.test", "other.example.test"]);
        }
        other => panic!("{other:?}"),
    }
    for nickname in ["", " ", "-x", ".x", "a b", "a/b", "ü", "x\n", &"x".repeat(65)] {
        other.nickname = nickname.into();
        assert!(matches!(store.begin(&other).await, Err(Error::Nickname { .. })), "{nickname:?}");
    }
    other.nickname = "Other_1.eu-west".into();
    store.begin(&other).await.unwrap();
}

async fn unfit_slices(world: &World) {
    let store = world.open().await;
    let mut scan = store.begin(&begin(&["a", "b"], 0)).await.unwrap();
    let mut check = async |slice: connector_inventory::Slice, told: &str| {
        match store.step(&mut scan, &slice, minute(0)).await {
            Err(Error::Unfit { why }) => assert!(why.contains(told), "{why}"),
            other => panic!("{other:?}"),
        }
        assert_eq!((scan.steps, store.scans(None, 1).await.unwrap()[0].steps), (0, 0));
    };
    check(slice(&["a/1", "c/1"], None), "\"c\" \"1\" is of a kind that this scan does not have (a, b)").await;
    check(slice(&["a/1", "a/"], None), "\"a\" has no id").await;
    let long = "x".repeat(601);
    check(slice(&[&format!("a/{long}")], None), "\"a\" \"xxxxxxxx").await;
    check(slice(&[&format!("a/1 n {{}} -> to:a/{long}")], None), "a relation of more than 600 bytes").await;
    check(skipping(slice(&["a/1"], None), "c"), "it skipped \"c\"").await;
    // One that comes twice in a step counts once, as it came last.
    let stepped = store.step(&mut scan, &slice(&["a/1 first", "b/1", "a/1 last"], None), minute(0)).await.unwrap();
    assert_eq!(stepped.counts, Counts { seen: 2, added: 2, changed: 0, gone: 0 });
    assert_eq!(listed(&store, &now(&store).await, &Filter::default()).await, ["a/1 last", "b/1 1"]);
}

/// Scans that find nothing new add nothing but their own lines.
async fn growth(world: &World) {
    let store = world.open().await;
    let many: Vec<String> =
        (0..2_000).map(|n| format!("a/{n:05} some-name {{\"text\": \"{}\"}}", "x".repeat(500))).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let size = async || match &world.place {
        Place::File(path) => {
            world.sql("PRAGMA wal_checkpoint(TRUNCATE)").await;
            std::fs::metadata(path).unwrap().len()
        }
        Place::Postgres { .. } => 0,
    };
    scan(&store, begin(&["a"], 0), &many).await;
    let first = size().await;
    for n in 1..=10 {
        let (_, stepped) = scan(&store, begin(&["a"], n), &many).await;
        assert_eq!(stepped.counts, Counts { seen: 2_000, ..Counts::default() });
    }
    let after = size().await;
    assert!(after <= first + 64 * 1024, "{first} {after}");
    assert_eq!(store.history(&now(&store).await, "a", "00001").await.unwrap().len(), 1);
    let page = store.list(&now(&store).await, &Filter::default(), None, 10).await.unwrap();
    assert_eq!((page.items.len(), page.items[0].seen.scan), (10, 11));
}
