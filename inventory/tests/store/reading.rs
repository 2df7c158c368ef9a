//! Reading: filters, history, differences, graphs, as of a point.

use connector_inventory::store::*;
use serde_json::json;

use crate::world::*;

both!(filters points histories differences graphs accounts_and_scans texts_are_data unfinished_scans_are_not_seen);

async fn filled(world: &World) -> Store {
    let store = world.open().await;
    let first = [
        "service/S1 Check-out {\"n\":1} -> has:policy/P1 of:team/T1",
        "service/S2 search {\"n\":1} -> has:policy/P1",
        "service/S3 100%_sure",
        "policy/P1 First -> to:user/U1",
        "team/T1 Ürün",
        "user/U1 Ann",
    ];
    scan(&store, begin(&["service", "policy", "team", "user"], 0), &first).await;
    let second = [
        "service/S1 Checkout {\"n\":2} -> has:policy/P1",
        "service/S2 search {\"n\":1} -> has:policy/P1",
        "policy/P1 First -> to:user/U1",
        "team/T1 Ürün",
        "user/U1 Ann",
        "user/U2 Bob",
    ];
    scan(&store, begin(&["service", "policy", "team", "user"], 10), &second).await;
    store
}

async fn filters(world: &World) {
    let store = filled(world).await;
    let at = now(&store).await;
    let check = async |filter: Filter, expected: &[&str]| {
        let found = listed(&store, &at, &filter).await;
        let ids: Vec<&str> = found.iter().map(|text| text.split(' ').next().unwrap()).collect();
        assert_eq!(ids, expected, "{filter:?}");
    };
    let all = Filter::default();
    let six = ["policy/P1", "service/S1", "service/S2", "team/T1", "user/U1", "user/U2"];
    check(all.clone(), &six).await;
    check(Filter { kinds: vec!["user".into(), "team".into()], ..all.clone() }, &["team/T1", "user/U1", "user/U2"])
        .await;
    check(Filter { kinds: vec!["none".into()], ..all.clone() }, &[]).await;
    check(Filter { ids: vec!["U2".into(), "S1".into()], ..all.clone() }, &["service/S1", "user/U2"]).await;
    for (name, expected) in [
        ("check", vec!["service/S1"]),
        ("CHECK", vec!["service/S1"]),
        ("heck", vec!["service/S1"]),
        ("heck*", vec![]),
        ("*heck*", vec!["service/S1"]),
        ("a?n", vec!["user/U1"]),
        ("?n", vec![]),
        ("Ür", vec!["team/T1"]),
        // Not of ASCII: case matters, in either database.
        ("ür", vec![]),
        ("%", vec![]),
        ("_", vec![]),
        ("\\", vec![]),
        ("'; DROP TABLE asset; --", vec![]),
    ] {
        check(Filter { name: Some(name.into()), ..all.clone() }, &expected).await;
    }
    for (gone, expected) in [
        (Gone::Only, vec!["service/S3"]),
        (Gone::With, {
            let mut seven = six.to_vec();
            seven.insert(3, "service/S3");
            seven
        }),
    ] {
        check(Filter { gone, ..all.clone() }, &expected).await;
    }
    for (name, gone) in [("100%", Gone::Only), ("%_", Gone::Only), ("0%?sure", Gone::With)] {
        let expected: &[&str] = if name.contains('?') { &[] } else { &["service/S3"] };
        check(Filter { name: Some(name.into()), gone, ..all.clone() }, expected).await;
    }
    for (relation, kind, id, expected) in [
        (None, "policy", "P1", vec!["service/S1", "service/S2"]),
        (Some("has"), "policy", "P1", vec!["service/S1", "service/S2"]),
        (Some("of"), "policy", "P1", vec![]),
        // It did, and does no more.
        (None, "team", "T1", vec![]),
    ] {
        let relation = RelationFilter { name: relation.map(str::to_owned), kind: kind.into(), id: id.into() };
        check(Filter { relation: Some(relation), ..all.clone() }, &expected).await;
    }
    let since = |minute_: i64, gone| Filter { changed_since: Some(minute(minute_)), gone, ..Filter::default() };
    check(since(0, Gone::Without), &six).await;
    check(since(10, Gone::Without), &["service/S1", "user/U2"]).await;
    check(since(10, Gone::With), &["service/S1", "service/S3", "user/U2"]).await;
    check(since(11, Gone::With), &[]).await;
}

async fn points(world: &World) {
    let store = filled(world).await;
    let check = async |point: Point, expected: usize| {
        let at = store.snapshot(Some("acme"), &point).await.unwrap();
        assert_eq!(listed(&store, &at, &Filter::default()).await.len(), expected, "{point:?}");
        let counted: u64 = store.count(&at).await.unwrap().iter().map(|(_, _, count)| count).sum();
        assert_eq!(counted, expected as u64);
    };
    check(Point::Scan(1), 6).await;
    check(Point::Scan(2), 6).await;
    check(Point::Now, 6).await;
    check(Point::At(minute(-1)), 0).await;
    check(Point::At(minute(0)), 6).await;
    check(Point::At(minute(9)), 6).await;
    let at = store.snapshot(None, &Point::At(minute(9))).await.unwrap();
    assert_eq!(at.accounts().collect::<Vec<_>>(), [("acme", Some(Moment { scan: 1, at: minute(0) }))]);
    assert_eq!(listed(&store, &at, &Filter::default()).await[1], "service/S1 Check-out");
    assert!(matches!(store.snapshot(None, &Point::Scan(3)).await, Err(Error::UnknownScan { scan: 3 })));
    match store.snapshot(Some("acne"), &Point::Now).await {
        Err(Error::UnknownAccount { known, .. }) => assert_eq!(known, ["acme"]),
        other => panic!("{other:?}"),
    }
}

async fn histories(world: &World) {
    let store = filled(world).await;
    let at = now(&store).await;
    let versions = store.history(&at, "service", "S1").await.unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!((versions[0].end, versions[1].end), (End::Changed, End::Current));
    assert_eq!(versions[1].first, Moment { scan: 2, at: minute(10) });
    let changes: Vec<_> = versions[1].changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!(changes, ["name", "attributes.n", "relations[of team T1]"]);
    assert_eq!(store.history(&at, "user", "U1").await.unwrap()[0].last, Moment { scan: 2, at: minute(10) });
    assert_eq!(store.history(&at, "service", "S3").await.unwrap()[0].end, End::Gone);
    let early = store.snapshot(None, &Point::Scan(1)).await.unwrap();
    assert_eq!(store.history(&early, "service", "S3").await.unwrap()[0].end, End::Current);
    for (kind, id) in [("user", "U2"), ("user", "none"), ("none", "U1"), ("", "")] {
        assert!(matches!(store.history(&early, kind, id).await, Err(Error::UnknownAsset { .. })), "{kind} {id}");
    }
    let shown = store.show(&at, "policy", "P1").await.unwrap().remove(0);
    assert_eq!(shown.names, [Some("Ann".to_owned())]);
    let from: Vec<_> = shown.from.iter().map(|from| (from.relation.id.as_str(), from.title.as_str())).collect();
    assert_eq!(from, [("S1", "Checkout"), ("S2", "search")]);
    assert!(store.show(&at, "service", "S3").await.unwrap()[0].found.gone.is_some());
    assert!(matches!(store.show(&at, "service", "none").await, Err(Error::UnknownAsset { .. })));
}

async fn differences(world: &World) {
    let store = filled(world).await;
    // There and back again is no difference.
    scan(&store, begin(&["team"], 20), &["team/T1 other"]).await;
    scan(&store, begin(&["team"], 30), &["team/T1 Ürün"]).await;
    let point = async |point| store.snapshot(None, &point).await.unwrap();
    let check = async |from: Point, to: Point, filter: &Filter, expected: &[(&str, What)]| {
        let (from, to) = (point(from).await, point(to).await);
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = store.diff(&from, &to, filter, after.as_ref(), 1).await.unwrap();
            found.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let told: Vec<_> = found.iter().map(|one| (format!("{}/{}", one.kind, one.id), one.what)).collect();
        let expected: Vec<_> = expected.iter().map(|(id, what)| ((*id).to_owned(), *what)).collect();
        assert_eq!(told, expected);
        for one in found {
            assert_eq!(one.changes.is_empty(), one.what != What::Changed, "{one:?}");
            assert_eq!(
                (one.before.is_some(), one.after.is_some()),
                match one.what {
                    What::Added => (false, true),
                    What::Removed => (true, false),
                    What::Changed => (true, true),
                }
            );
        }
    };
    let all = Filter::default();
    use What::*;
    let there = [("service/S1", Changed), ("service/S3", Removed), ("user/U2", Added)];
    check(Point::Scan(1), Point::Scan(2), &all, &there).await;
    check(Point::Scan(1), Point::Now, &all, &there).await;
    check(
        Point::Scan(2),
        Point::Scan(1),
        &all,
        &[("service/S1", Changed), ("service/S3", Added), ("user/U2", Removed)],
    )
    .await;
    check(Point::Scan(2), Point::Scan(3), &all, &[("team/T1", Changed)]).await;
    check(Point::Scan(2), Point::Scan(2), &all, &[]).await;
    let users = Filter { kinds: vec!["user".into()], ..all.clone() };
    check(Point::At(minute(-5)), Point::Now, &users, &[("user/U1", Added), ("user/U2", Added)]).await;
    let named = Filter { name: Some("check".into()), ..all.clone() };
    check(Point::Scan(1), Point::Now, &named, &[("service/S1", Changed)]).await;
}

async fn graphs(world: &World) {
    let store = filled(world).await;
    let at = now(&store).await;
    let check = async |query: GraphQuery, nodes: &[&str], edges: &[&str], cut: bool| {
        let graph = store.graph(&at, &query).await.unwrap();
        let id = |place: usize| format!("{}/{}", graph.nodes[place].kind, graph.nodes[place].id);
        let found: Vec<_> = (0..graph.nodes.len()).map(id).collect();
        assert_eq!(found, nodes, "{query:?}");
        let found: Vec<_> =
            graph.edges.iter().map(|edge| format!("{} {} {}", id(edge.from), edge.name, id(edge.to))).collect();
        assert_eq!(found, edges, "{query:?}");
        assert_eq!(graph.cut, cut, "{query:?}");
    };
    let around = |id: &str, depth| {
        let (kind, id) = id.split_once('/').unwrap();
        GraphQuery { around: vec![(kind.into(), id.into())], depth, kinds: vec![], most: 100 }
    };
    check(around("service/S1", 0), &["service/S1"], &[], false).await;
    check(around("service/S1", 1), &["policy/P1", "service/S1"], &["service/S1 has policy/P1"], false).await;
    check(
        around("service/S1", 2),
        &["policy/P1", "service/S1", "service/S2", "user/U1"],
        &["policy/P1 to user/U1", "service/S1 has policy/P1", "service/S2 has policy/P1"],
        false,
    )
    .await;
    check(
        GraphQuery { kinds: vec!["policy".into()], ..around("service/S1", 9) },
        &["policy/P1", "service/S1"],
        &["service/S1 has policy/P1"],
        false,
    )
    .await;
    check(
        GraphQuery { most: 2, ..around("service/S1", 9) },
        &["policy/P1", "service/S1"],
        &["service/S1 has policy/P1"],
        true,
    )
    .await;
    let kinds = |kinds: &[&str], most| GraphQuery {
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        most,
        ..GraphQuery::default()
    };
    check(kinds(&["user", "policy"], 100), &["policy/P1", "user/U1", "user/U2"], &["policy/P1 to user/U1"], false)
        .await;
    check(kinds(&["user"], 1), &["user/U1"], &[], true).await;
    check(kinds(&["none"], 1), &[], &[], false).await;
    // What the store does not have is a node without a name.
    scan(&store, begin(&["policy"], 40), &["policy/P1 First -> to:user/lost"]).await;
    let graph = store.graph(&now(&store).await, &around("policy/P1", 1)).await.unwrap();
    let lost: Vec<_> = graph.nodes.iter().filter(|node| node.name.is_none()).map(|node| &*node.id).collect();
    assert_eq!(lost, ["lost"]);
    let none = store.graph(&at, &around("user/none", 1)).await;
    assert!(matches!(none, Err(Error::UnknownAsset { .. })));
    // As of the earlier scan, as it was then.
    let early = store.snapshot(None, &Point::Scan(1)).await.unwrap();
    assert_eq!(store.graph(&early, &around("team/T1", 1)).await.unwrap().nodes.len(), 2);
}

async fn accounts_and_scans(world: &World) {
    let store = filled(world).await;
    let mut other = begin(&["a"], 5);
    other.nickname = "beta".into();
    other.account = "beta.example.test".into();
    other.view = view("ann");
    scan(&store, other.clone(), &["a/1 one", "a/2 two"]).await;
    other.now = minute(20);
    let mut unfinished = store.begin(&other).await.unwrap();
    store.step(&mut unfinished, &skipping(slice(&["a/3 three"], Some("x")), "a"), minute(21)).await.unwrap();
    let accounts = store.accounts().await.unwrap();
    let told: Vec<_> = accounts.iter().map(|one| (&*one.nickname, &*one.account, one.assets, one.unfinished)).collect();
    assert_eq!(told, [("acme", "acme.example.test", 6, None), ("beta", "beta.example.test", 2, Some(unfinished.id))]);
    let scans = store.scans(None, 2).await.unwrap();
    assert_eq!(scans.iter().map(|scan| scan.id).collect::<Vec<_>>(), [unfinished.id, 3]);
    let last = &scans[0];
    assert_eq!((last.state, last.steps, last.counts.seen, last.counts.added), (State::Unfinished, 1, 1, 1));
    assert_eq!((last.started, last.updated), (minute(20), minute(21)));
    assert_eq!(last.settings, json!({"days": 30}));
    assert_eq!((last.skipped[0].kind.as_str(), last.skipped[0].reason.as_str()), ("a", "forbidden"));
    assert_eq!(store.scans(Some("acme"), 9).await.unwrap().len(), 2);
    // Accounts side by side, in pages; a scan of one is a time for the other.
    let all = listed(&store, &now(&store).await, &Filter::default()).await;
    assert_eq!(all.len(), 8);
    let third = store.snapshot(None, &Point::Scan(3)).await.unwrap();
    let moments: Vec<_> = third.accounts().map(|(name, moment)| (name, moment.unwrap().scan)).collect();
    assert_eq!(moments, [("acme", 1), ("beta", 3)]);
    assert!(matches!(store.snapshot(Some("acme"), &Point::Scan(3)).await, Err(Error::UnknownScan { .. })));
    assert_eq!(store.count(&third).await.unwrap().last().unwrap(), &("beta".to_owned(), "a".to_owned(), 2));
}

/// What the provider says comes back as it said it, whatever it is.
async fn texts_are_data(world: &World) {
    let store = world.open().await;
    let odd = [
        "plain",
        "'; DROP TABLE asset; --",
        "\"quoted\" \\ back",
        "two\nlines\ttab",
        "\u{1b}[31m\u{202e}",
        "日本 Ünï 😀",
        "$1 ?1 {in} %s",
        "",
        &"long ".repeat(20_000),
    ];
    let mut slice = slice(&[], None);
    for (n, text) in odd.iter().enumerate() {
        let mut one = asset(&format!("a/{n}"));
        one.name = (*text).to_owned();
        one.url = Some((*text).to_owned());
        one.attributes.insert((*text).to_owned(), json!([text, {"n": 1.50, "big": 12345678901234567890u64}]));
        one.attributes.insert("nul".into(), json!("a\u{0}b"));
        let short: String = text.chars().take(600).collect();
        one.relations.push(connector_inventory::Relation { name: short.clone(), kind: short.clone(), id: short });
        slice.assets.push(one);
    }
    let mut scan = store.begin(&begin(&["a"], 0)).await.unwrap();
    store.step(&mut scan, &slice, minute(0)).await.unwrap();
    let found = store.list(&now(&store).await, &Filter::default(), None, 99).await.unwrap().items;
    let found: Vec<_> = found.into_iter().map(|found| found.asset).collect();
    assert_eq!(found, slice.assets);
    // U+0000 alone cannot be in PostgreSQL's texts: its picture is.
    let mut scan = store.begin(&begin(&["a"], 1)).await.unwrap();
    let mut nul = asset("a/x");
    nul.id = "x\u{0}".into();
    nul.name = "n\u{0}".into();
    slice.assets = vec![nul];
    store.step(&mut scan, &slice, minute(1)).await.unwrap();
    assert_eq!(listed(&store, &now(&store).await, &Filter::default()).await, ["a/x␀ n␀"]);
}

/// Readers see the last complete scan while the next one is stored, and after it
/// was given up.
async fn unfinished_scans_are_not_seen(world: &World) {
    let store = filled(world).await;
    let before = dump(&store).await;
    let mut running = store.begin(&begin(&["service", "user"], 50)).await.unwrap();
    let first = slice(&["service/S1 other", "user/U9 new", "service/S3 again"], Some("1"));
    store.step(&mut running, &first, minute(51)).await.unwrap();
    // The same asset twice in a scan: as it came last.
    store.step(&mut running, &slice(&["service/S1 last", "user/U9 newer"], Some("2")), minute(51)).await.unwrap();
    let reader = world.open().await;
    let seen = dump(&reader).await;
    for part in ["histories", "graph"] {
        assert_eq!(seen[part], before[part], "{part}");
    }
    assert_eq!(seen["assets"].as_array().unwrap().len(), before["assets"].as_array().unwrap().len());
    store.release(running).await.unwrap();
    // Given up for one with other kinds: as if it had not been.
    let next = store.begin(&begin(&["team"], 60)).await.unwrap();
    assert_eq!((next.resumed, next.abandoned), (false, Some(3)));
    let seen = dump(&store).await;
    for part in ["histories", "graph"] {
        assert_eq!(seen[part], before[part], "{part}");
    }
    assert_eq!(store.scans(None, 9).await.unwrap()[1].state, State::Abandoned);
    store.release(next).await.unwrap();
    let (_, stepped) =
        scan(&store, begin(&["service"], 70), &["service/S1 last", "service/S2 search {\"n\":1} -> has:policy/P1"])
            .await;
    assert_eq!(stepped.counts, Counts { seen: 2, added: 0, changed: 1, gone: 0 });
}
