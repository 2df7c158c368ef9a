//! What changes by itself makes no version; what comes twice in a scan is one.

use connector_inventory::store::*;
use serde_json::json;

use crate::world::*;

both!(what_changes_by_itself_makes_no_version an_asset_counts_once_a_scan);

async fn what_changes_by_itself_makes_no_version(world: &World) {
    let store = world.open().await;
    let at = |minute: i64| {
        let mut begin = begin(&["a"], minute);
        begin.kinds[0].extra.volatile = vec!["next".into(), "parts.*.next".into()];
        begin
    };
    let table = [
        // The asset, its counts, and how many versions there are then.
        (r#"a/1 n {"x":1,"next":1,"parts":[{"next":1,"y":1}]}"#, (1, 0), 1),
        (r#"a/1 n {"x":1,"next":2,"parts":[{"next":2,"y":1}]}"#, (0, 0), 1),
        (r#"a/1 n {"x":1,"next":{"a":[3]},"parts":[{"y":1}]}"#, (0, 0), 1),
        (r#"a/1 n {"x":1,"next":4,"parts":[{"y":2}]}"#, (0, 1), 2),
        (r#"a/1 n {"x":1,"parts":[{"y":2}]}"#, (0, 0), 2),
    ];
    for (minute, (text, counts, versions)) in table.into_iter().enumerate() {
        let (_, stepped) = scan(&store, at(i64::try_from(minute).unwrap()), &[text]).await;
        assert_eq!((stepped.counts.added, stepped.counts.changed), counts, "{text}");
        let now = now(&store).await;
        let history = store.history(&now, "a", "1").await.unwrap();
        assert_eq!(history.len(), versions, "{text}");
        // As it was last seen, all of it.
        assert_eq!(history[versions - 1].asset, asset(text));
    }
    let (first, last) = (store.snapshot(None, &Point::Scan(1)).await.unwrap(), now(&store).await);
    let diff = store.diff(&first, &last, &Filter::default(), None, 10).await.unwrap().items;
    assert_eq!(diff.len(), 1);
}

/// An incident that is open and changed comes from two lists.
async fn an_asset_counts_once_a_scan(world: &World) {
    let store = world.open().await;
    // Steps of a scan, and what it has counted in the end.
    let table = [
        (vec![vec!["a/1 n", "a/2 n"], vec!["a/1 n"]], (2, 2, 0)),
        (vec![vec!["a/1 n", "a/1 n"], vec!["a/2 n"], vec!["a/1 n", "a/2 n"]], (2, 0, 0)),
        (vec![vec!["a/1 other"], vec!["a/1 again"], vec!["a/2 n"]], (2, 0, 1)),
        (vec![vec!["a/1 again"], vec!["a/1 then"], vec!["a/2 n"]], (2, 0, 1)),
        (vec![vec!["a/3 n"], vec!["a/3 other"], vec!["a/1 then", "a/2 n"]], (3, 1, 0)),
    ];
    for (minute, (steps, expected)) in table.into_iter().enumerate() {
        let mut scan = store.begin(&begin(&["a"], i64::try_from(minute).unwrap())).await.unwrap();
        let last = steps.len() - 1;
        for (number, step) in steps.iter().enumerate() {
            let next = (number < last).then(|| number.to_string());
            store.step(&mut scan, &slice(step, next.as_deref()), minute_of(minute)).await.unwrap();
        }
        let Counts { seen, added, changed, gone } = store.scans(None, 1).await.unwrap()[0].counts;
        assert_eq!((seen, added, changed), expected, "{steps:?}");
        assert_eq!(gone, 0);
    }
    assert_eq!(json!(store.accounts().await.unwrap()[0].assets), json!(3));
}

fn minute_of(number: usize) -> jiff::Timestamp {
    minute(i64::try_from(number).unwrap())
}
