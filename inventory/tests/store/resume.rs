//! A scan that is killed, again and again, ends as one that was not.

use std::future::poll_fn;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::task::Poll;
use std::time::Duration;

use connector_inventory::Slice;
use connector_inventory::store::*;
use serde_json::json;

use crate::world::*;

both!(killed_fifty_times cut_between_any_two_polls);

const STEPS: u64 = 120;

/// What the connector would answer to a cursor: made up, always the same.
fn answer(cursor: Option<&str>) -> Slice {
    let step: u64 = cursor.map_or(0, |cursor| cursor.parse().unwrap());
    let mut chance = Chance(step);
    let mut made = Slice { next: (step + 1 < STEPS).then(|| (step + 1).to_string()), ..Slice::default() };
    for n in 0..chance.below(30) {
        let kind = ["a", "b", "c"][chance.below(3) as usize];
        let mut one = asset(&format!("{kind}/{step}-{n} -> to:a/{}-0 to:b/1", chance.below(STEPS)));
        one.attributes.insert("n".into(), json!(chance.below(3)));
        one.attributes.insert("key".into(), json!(format!("secret {}", chance.below(3))));
        made.assets.push(one);
    }
    if step == STEPS / 2 {
        made = skipping(made, "c");
    }
    made
}

/// Another state of the account, that the scan finds changed.
async fn earlier(world: &World) {
    let store = open(world).await;
    let mut scan = store.begin(&begin(&["a", "b", "c"], 0)).await.unwrap();
    for step in 0..STEPS {
        let mut slice = answer(Some(&step.to_string()));
        let mut chance = Chance(step + 1_000);
        slice.skipped.clear();
        for asset in &mut slice.assets {
            match chance.below(4) {
                0 => asset.id.push_str("-old"),
                1 => asset.name.push_str(" before"),
                2 => asset.relations.clear(),
                _ => {}
            }
        }
        store.step(&mut scan, &slice, minute(0)).await.unwrap();
    }
    store.close().await;
}

/// Without a lease, so that what was killed is resumed at once.
async fn open(world: &World) -> Store {
    world.open_with(Settings { lease: Duration::ZERO, ..Settings::default() }).await.unwrap()
}

async fn go_on(store: &Store, mut stored: impl FnMut(&Stepped)) {
    let mut scan = store.begin(&begin(&["a", "b", "c"], 10)).await.unwrap();
    loop {
        let slice = answer(scan.cursor.as_deref());
        let stepped = store.step(&mut scan, &slice, minute(10)).await.unwrap();
        stored(&stepped);
        if stepped.complete {
            return;
        }
    }
}

/// Holds a store against that of a scan that was never interrupted.
async fn same_as_whole(world: &World) {
    let store = open(world).await;
    let found = dump(&store).await;
    store.close().await;
    let other = world.another().await;
    earlier(&other).await;
    let store = open(&other).await;
    go_on(&store, |_| {}).await;
    let expected = dump(&store).await;
    store.close().await;
    other.end().await;
    let counts = &expected["scans"].as_array().unwrap().last().unwrap()["counts"];
    for kind in ["seen", "added", "changed", "gone"] {
        assert!(counts[kind].as_u64() > Some(50), "{counts}");
    }
    for (part, expected) in expected.as_object().unwrap() {
        assert_eq!(&found[part], expected, "{part}");
    }
}

/// What a killed process runs: `killed_fifty_times` alone gives it a store.
#[test]
#[ignore = "a part of killed_fifty_times"]
fn child() {
    let Some(place) = std::env::var_os("CHILD_STORE") else { return };
    let key = std::env::var_os("CHILD_KEY").map(PathBuf::from);
    let place = Place::parse(place.to_str().unwrap(), key).unwrap();
    block_on(async {
        let settings = Settings { lease: Duration::ZERO, ..Settings::default() };
        let store = Store::open(&place, &settings).await.unwrap();
        go_on(&store, |stepped| println!("{}", if stepped.complete { "complete" } else { "stored" })).await;
    });
}

fn start(world: &World) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    match &world.place {
        Place::File(path) => command.env("CHILD_STORE", path),
        Place::Postgres { url, key } => command.env("CHILD_STORE", url).env("CHILD_KEY", key),
    };
    let arguments = ["--ignored", "--exact", "resume::child", "--nocapture"];
    command.args(arguments).stdout(Stdio::piped()).spawn().unwrap()
}

/// By SIGKILL, at fifty steps by chance, wherever the process is just then.
async fn killed_fifty_times(world: &World) {
    earlier(world).await;
    let (mut kills, mut chance) = (0, Chance(7));
    loop {
        let mut child = start(world);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Of 120 steps fifty ends can be made, if each is after one or two.
        let until = if kills < 50 { 1 + chance.below(2) } else { u64::MAX };
        let (mut stored, mut complete) = (0, false);
        while stored < until {
            let Some(Ok(line)) = lines.next() else { break };
            stored += u64::from(line.ends_with("stored"));
            complete |= line.ends_with("complete");
        }
        child.kill().unwrap();
        let ended = child.wait().unwrap();
        if complete {
            break;
        }
        assert!(!ended.success() && stored == until, "the child failed by itself after {stored} steps: {ended}");
        kills += 1;
    }
    assert_eq!(kills, 50);
    same_as_whole(world).await;
}

/// Futures that are dropped at any point of a step, as a server does that is
/// asked to stop.
async fn cut_between_any_two_polls(world: &World) {
    earlier(world).await;
    let mut chance = Chance(3);
    let mut cuts = 0;
    loop {
        let store = open(world).await;
        let most = if cuts < 50 { 1 + chance.below(400) } else { u64::MAX };
        let mut polls = 0;
        let mut future = Box::pin(go_on(&store, |_| {}));
        let done = poll_fn(|context| {
            polls += 1;
            match future.as_mut().poll(context) {
                Poll::Pending if polls > most => Poll::Ready(false),
                other => other.map(|()| true),
            }
        })
        .await;
        if done {
            break;
        }
        cuts += 1;
    }
    assert!(cuts > 5, "{cuts}");
    same_as_whole(world).await;
}
