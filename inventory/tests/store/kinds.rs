//! What is known of each kind, by the scan that has the word.

use connector_inventory::store::*;

use crate::world::*;

both!(the_newest_scan_of_a_kind_has_the_word);

async fn the_newest_scan_of_a_kind_has_the_word(world: &World) {
    let store = world.open().await;
    let check = async |at: &Snapshot, expected: &[&str]| {
        let told: Vec<String> = store
            .kinds(at)
            .await
            .unwrap()
            .into_iter()
            .map(|one| {
                let skipped = one.skipped.map(|skipped| format!(" {}: {}", skipped.reason, skipped.message));
                format!("{} {} scan {}{}", one.account, one.kind, one.scan.scan, skipped.unwrap_or_default())
            })
            .collect();
        assert_eq!(told, expected);
    };
    check(&now(&store).await, &[]).await;
    scan(&store, begin(&["a", "b", "none"], 0), &["a/1", "b/1"]).await;
    let first = now(&store).await;
    check(&first, &["acme a scan 1", "acme b scan 1", "acme none scan 1"]).await;
    let mut second = store.begin(&begin(&["a", "b"], 10)).await.unwrap();
    store.step(&mut second, &skipping(slice(&["a/1"], None), "b"), minute(10)).await.unwrap();
    // Changes look at some assets alone, and an unfinished scan has not looked yet.
    let apply = Apply {
        nickname: "acme".into(),
        account: "acme.example.test".into(),
        view: view("ann"),
        kinds: vec![kind("b")],
        assets: vec![asset("b/2")],
        gone: vec![],
        now: minute(20),
    };
    store.apply(&apply).await.unwrap();
    let mut third = store.begin(&begin(&["none"], 30)).await.unwrap();
    store.step(&mut third, &slice(&[], Some("1")), minute(30)).await.unwrap();
    let expected = ["acme a scan 2", "acme b scan 2 forbidden: not in the plan", "acme none scan 1"];
    check(&now(&store).await, &expected).await;
    check(&first, &["acme a scan 1", "acme b scan 1", "acme none scan 1"]).await;
}
