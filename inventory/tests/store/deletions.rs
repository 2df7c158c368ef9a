//! What is taken for gone, in every case of the rule.

use connector_inventory::store::*;

use crate::world::*;

both!(a_whole_scan_tells nothing_less_is_proof views an_asset_comes_back known_to_be_deleted);

/// First all of `a/1 a/2 b/1` are seen by the key `first`; then a scan as `begin`
/// says steps through `slices`. `expected` is what is there then.
async fn check(world: &World, first: View, begin: Begin, slices: &[connector_inventory::Slice], expected: &[&str]) {
    let store = world.open().await;
    let mut before = crate::world::begin(&["a", "b"], 0);
    before.nickname.clone_from(&begin.nickname);
    before.account.clone_from(&begin.account);
    before.view = first;
    scan(&store, before, &["a/1", "a/2", "b/1"]).await;
    let mut second = store.begin(&begin).await.unwrap();
    for slice in slices {
        store.step(&mut second, slice, begin.now).await.unwrap();
    }
    let at = store.snapshot(Some(&begin.nickname), &Point::Now).await.unwrap();
    let there: Vec<String> = listed(&store, &at, &Filter::default()).await;
    let there: Vec<&str> = there.iter().map(|text| text.split(' ').next().unwrap()).collect();
    assert_eq!(there, expected, "{begin:?}");
}

fn wide() -> View {
    View { id: "account".into(), wide: true }
}

fn named(nickname: &str, kinds: &[&str]) -> Begin {
    let mut begin = begin(kinds, 10);
    begin.nickname = nickname.into();
    begin
}

async fn a_whole_scan_tells(world: &World) {
    check(world, wide(), named("one", &["a", "b"]), &[slice(&["a/1", "b/1"], None)], &["a/1", "b/1"]).await;
    let steps = [slice(&["a/1"], Some("1")), slice(&["b/1"], Some("2")), slice(&[], None)];
    check(world, wide(), named("steps", &["a", "b"]), &steps, &["a/1", "b/1"]).await;
    check(world, wide(), named("all", &["a", "b"]), &[slice(&[], None)], &[]).await;
}

async fn nothing_less_is_proof(world: &World) {
    let all = ["a/1", "a/2", "b/1"];
    // Not the last step.
    check(world, wide(), named("stopped", &["a", "b"]), &[slice(&["a/1"], Some("1"))], &all).await;
    // Not this kind.
    check(world, wide(), named("kind", &["b"]), &[slice(&["b/1"], None)], &all).await;
    // Not the skipped kind, in whichever step it was skipped.
    check(world, wide(), named("skipped", &["a", "b"]), &[skipping(slice(&["b/1"], None), "a")], &all).await;
    let early = [skipping(slice(&["a/1"], Some("1")), "a"), slice(&["b/1"], None)];
    check(world, wide(), named("early", &["a", "b"]), &early, &all).await;
    // Not what left a window.
    let mut window = named("window", &["b"]);
    window.kinds.push(windowed("a"));
    check(world, wide(), window, &[slice(&["b/1"], None)], &all).await;
}

async fn views(world: &World) {
    let with = |nickname: &str, view: View| {
        let mut begin = named(nickname, &["a", "b"]);
        begin.view = view;
        begin
    };
    let some = [slice(&["a/1", "b/1"], None)];
    let (all, less) = (&["a/1", "a/2", "b/1"], &["a/1", "b/1"]);
    check(world, view("ann"), with("same", view("ann")), &some, less).await;
    check(world, view("ann"), with("other", view("bob")), &some, all).await;
    check(world, wide(), with("narrower", view("ann")), &some, all).await;
    check(world, view("ann"), with("wider", wide()), &some, less).await;
}

async fn an_asset_comes_back(world: &World) {
    let store = world.open().await;
    for (minute, assets) in [(1, vec!["a/1 one"]), (2, vec![]), (3, vec![]), (4, vec!["a/1 one"]), (5, vec!["a/1 one"])]
    {
        scan(&store, begin(&["a"], minute), &assets).await;
    }
    let ended: Vec<_> = store
        .history(&now(&store).await, "a", "1")
        .await
        .unwrap()
        .into_iter()
        .map(|version| (version.first.scan, version.last.scan, version.end, version.ended.map(|ended| ended.scan)))
        .collect();
    assert_eq!(ended, [(1, 1, End::Gone, Some(2)), (4, 5, End::Current, None)]);
    let counts: Vec<_> = store.scans(None, 9).await.unwrap().iter().map(|scan| scan.counts).collect();
    let count = |seen, added, gone| Counts { seen, added, changed: 0, gone };
    assert_eq!(counts, [count(1, 0, 0), count(1, 1, 0), count(0, 0, 0), count(0, 0, 1), count(1, 1, 0)]);
}

async fn known_to_be_deleted(world: &World) {
    let store = world.open().await;
    scan(&store, begin(&["a", "w"], 0), &["a/1", "a/2", "w/1"]).await;
    let of = begin(&["a", "w"], 5);
    let mut apply = Apply {
        nickname: of.nickname,
        account: of.account,
        view: view("ann"),
        kinds: of.kinds,
        assets: vec![asset("a/2 new")],
        gone: vec![("a".into(), "1".into()), ("w".into(), "1".into()), ("a".into(), "none".into())],
        now: minute(5),
    };
    let counts = store.apply(&apply).await.unwrap();
    assert_eq!(counts, Counts { seen: 1, added: 0, changed: 1, gone: 2 });
    assert_eq!(listed(&store, &now(&store).await, &Filter::default()).await, ["a/2 new"]);
    let record = &store.scans(None, 1).await.unwrap()[0];
    assert_eq!((record.source, record.state, record.counts), (Source::Changes, State::Complete, counts));
    // Nothing new: no entry.
    assert_eq!(store.apply(&apply).await.unwrap(), Counts { seen: 1, ..Counts::default() });
    assert_eq!(store.scans(None, 9).await.unwrap().len(), 2);
    // Not while a scan is unfinished, nor before the first.
    let running = store.begin(&begin(&["a"], 9)).await.unwrap();
    assert!(matches!(store.apply(&apply).await, Err(Error::Unfinished { scan, .. }) if scan == running.id));
    apply.nickname = "fresh".into();
    assert!(matches!(store.apply(&apply).await, Err(Error::Unscanned { .. })));
    assert_eq!(store.accounts().await.unwrap().len(), 1);
}
