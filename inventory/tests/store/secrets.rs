//! Secrets never reach the store's files; other personal data leaves them.

use connector_inventory::store::*;
use serde_json::{Value, json};

use crate::world::*;

both!(never_stored a_change_shows forgotten);

const SECRET: &str = "R0UT1NGKEY";

/// Whether a text stands anywhere in the store.
async fn holds(world: &World, text: &str) -> bool {
    let found = match &world.place {
        Place::File(_) => world.files().iter().any(|file| {
            let bytes = std::fs::read(file).unwrap();
            bytes.windows(text.len()).any(|some| some == text.as_bytes())
        }),
        // Row by row of every table, as the server would write them out.
        Place::Postgres { url, .. } => {
            use sqlx::{Connection, Row};
            let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
            let xml = "SELECT schema_to_xml(current_schema(), true, false, '')::text";
            let all: String = sqlx::query(xml).fetch_one(&mut connection).await.unwrap().get(0);
            all.contains(text)
        }
    };
    // Each with what must be found, or else nothing was looked at.
    found
}

fn with_key(key: &Value) -> connector_inventory::Slice {
    let mut slice = slice(&["a/1 visible-name"], None);
    let attributes = &mut slice.assets[0].attributes;
    attributes.insert("key".into(), key.clone());
    attributes.insert("parts".into(), json!([{"key": format!("{SECRET}2"), "name": "visible-part"}]));
    slice
}

async fn never_stored(world: &World) {
    let store = world.open().await;
    let mut first = store.begin(&begin(&["a"], 0)).await.unwrap();
    store.step(&mut first, &with_key(&json!(SECRET)), minute(0)).await.unwrap();
    let of = begin(&["a"], 1);
    let apply = Apply {
        nickname: of.nickname,
        account: of.account,
        view: of.view,
        kinds: of.kinds,
        assets: with_key(&json!({"in": [format!("{SECRET}3")]})).assets,
        gone: vec![],
        now: minute(1),
    };
    store.apply(&apply).await.unwrap();
    for (text, expected) in [("visible-name", true), ("visible-part", true), (SECRET, false)] {
        assert_eq!(holds(world, text).await, expected, "{text}");
    }
    store.close().await;
    for (text, expected) in [("visible-name", true), (SECRET, false)] {
        assert_eq!(holds(world, text).await, expected, "{text}, closed");
    }
    let store = world.open().await;
    let told = dump(&store).await.to_string();
    assert!(told.contains("hmac-sha256:") && !told.contains(SECRET), "{told}");
}

async fn a_change_shows(world: &World) {
    let store = world.open().await;
    for (n, key) in [json!("one"), json!("one"), json!("two"), Value::Null, json!("one")].iter().enumerate() {
        let mut scan = store.begin(&begin(&["a"], n as i64)).await.unwrap();
        store.step(&mut scan, &with_key(key), minute(n as i64)).await.unwrap();
    }
    let versions = store.history(&now(&store).await, "a", "1").await.unwrap();
    let keys: Vec<_> = versions.iter().map(|version| &version.asset.attributes["key"]).collect();
    assert_eq!(keys.len(), 4);
    assert_eq!(keys[0], keys[3]);
    assert_ne!(keys[0], keys[1]);
    assert!(keys[2].is_null());
    let change = &versions[1].changes[0];
    assert_eq!((change.path.as_str(), versions[1].changes.len()), ("attributes.key.fingerprint", 1));
}

async fn forgotten(world: &World) {
    let store = world.open().await;
    let person = |name: &str| format!("user/U1 {name} {{\"email\": \"ann@personal.test\"}} -> in:team/T1");
    for (n, name) in ["Ann-Personal", "Ann-Renamed"].iter().enumerate() {
        scan(&store, begin(&["user", "team"], n as i64), &[&person(name), "team/T1 Team"]).await;
    }
    for text in ["Ann-Personal", "Ann-Renamed", "ann@personal.test"] {
        assert!(holds(world, text).await, "{text}");
    }
    assert!(matches!(store.forget(Some("none"), &[]).await, Err(Error::UnknownAccount { .. })));
    assert_eq!(store.forget(Some("acme"), &["user".into()]).await.unwrap(), 1);
    for text in ["Ann-Personal", "Ann-Renamed", "ann@personal.test"] {
        assert!(!holds(world, text).await, "{text}");
    }
    assert_eq!(listed(&store, &now(&store).await, &Filter::default()).await, ["team/T1 Team"]);
    assert_eq!(
        store.graph(&now(&store).await, &GraphQuery { most: 9, ..GraphQuery::default() }).await.unwrap().edges,
        []
    );
    let running = store.begin(&begin(&["team"], 9)).await.unwrap();
    assert!(matches!(store.forget(None, &["team".into()]).await, Err(Error::Unfinished { .. })));
    let removed = store.remove("acme", minute(9)).await;
    assert!(matches!(removed, Err(Error::Busy { .. })), "{removed:?}");
    store.release(running).await.unwrap();
    store.remove("acme", minute(9)).await.unwrap();
    assert_eq!(store.accounts().await.unwrap(), []);
    assert!(!holds(world, "acme.example.test").await);
}
