//! Scans: everything is found once, resumed anywhere, told where left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use host_test::World;
use host_test::host::contract::{Asset, Reason, Skipped};
use host_test::host::{Connection, Error};
use host_test::simulator::{Options, tokens};
use serde_json::{Value, json};

use crate::snapshot;

/// What a whole scan found.
#[derive(Default)]
struct Scanned {
    assets: Vec<Asset>,
    skipped: Vec<Skipped>,
    /// The cursor behind each step.
    cursors: Vec<String>,
}

impl Scanned {
    /// Every asset by kind and id; what came twice is told once.
    fn by_key(&self) -> BTreeMap<(String, String), Asset> {
        self.assets.iter().map(|asset| ((asset.kind.clone(), asset.id.clone()), asset.clone())).collect()
    }

    fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Asset> {
        self.assets.iter().filter(move |asset| asset.kind == kind)
    }
}

/// Scans from a cursor, or from the beginning, to the end.
async fn scan(on: &mut Connection, kinds: &[&str], settings: Value, start: Option<String>) -> Scanned {
    let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    let (mut found, mut next) = (Scanned::default(), start);
    loop {
        let slice = on.scan(&kinds, &settings.to_string(), next.as_deref()).await.expect("a step of a scan");
        found.assets.extend(slice.assets);
        found.skipped.extend(slice.skipped);
        next = slice.next;
        match &next {
            Some(cursor) => found.cursors.push(cursor.clone()),
            None => return found,
        }
    }
}

fn small() -> Options {
    Options { incidents: 400, rate_limit: None, ..Options::default() }
}

#[tokio::test(start_paused = true)]
async fn a_scan_finds_every_kind_that_there_is() {
    let world = World::with(small()).await;
    let mut on = world.open_with(&[("token", tokens::READ_ONLY)], json!({"access": "read"})).await.expect("opens");
    let kinds = world.connector.kinds().await.expect("kinds");
    let all: Vec<&str> = kinds.iter().map(|kind| kind.id.as_str()).collect();
    world.simulator.clear_requests();
    let found = scan(&mut on, &all, json!({"slack_workspaces": ["T0LANTERN"]}), None).await;
    let requests = world.simulator.requests();
    let assets = found.by_key();
    let mut text = format!(
        "{} kinds, {} assets, {} requests, {} steps\n",
        kinds.len(),
        assets.len(),
        requests.len(),
        found.cursors.len() + 1
    );
    for kind in &kinds {
        let of_kind: Vec<&Asset> = assets.values().filter(|asset| asset.kind == kind.id).collect();
        let _ = writeln!(text, "\n{}: {}", kind.id, of_kind.len());
        for skipped in found.skipped.iter().filter(|skipped| skipped.kind == kind.id) {
            let _ = writeln!(text, "  skipped: {}: {}", skipped.why.reason, skipped.why.message);
        }
        if let Some(asset) = of_kind.first() {
            let _ = writeln!(text, "  {} {:?} {}", asset.id, asset.name, asset.url.as_deref().unwrap_or("no link"));
        }
        // Which kinds each relation leads to, and how many of them are there.
        let mut edges: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
        for relation in of_kind.iter().flat_map(|asset| &asset.relations) {
            let (total, there) = edges.entry((&relation.name, &relation.kind)).or_default();
            *total += 1;
            *there += usize::from(assets.contains_key(&(relation.kind.clone(), relation.id.clone())));
        }
        for ((name, to), (total, there)) in edges {
            let _ = writeln!(text, "  {name} {to}: {total}, of which {there} are there");
        }
    }
    snapshot::check("scan.txt", &text);
}
