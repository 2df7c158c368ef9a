use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

fn check(paths: &[&str], given: Value, expected: Value) {
    let key = Key([7; LENGTH]);
    let Value::Object(map) = &given else { panic!("{given}") };
    let covered = key.cover(map, &paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>());
    let covered: Map<String, Value> =
        covered.into_iter().map(|(name, value)| (name.to_owned(), value.into_owned())).collect();
    // `"FP:…"` in what is expected stands for the fingerprint of what follows.
    fn filled(key: &Key, value: Value) -> Value {
        match value {
            Value::String(text) => match text.strip_prefix("FP:") {
                Some(json) => key.fingerprint(&serde_json::from_str(json).unwrap()),
                None => Value::String(text),
            },
            Value::Array(items) => items.into_iter().map(|item| filled(key, item)).collect(),
            Value::Object(map) => map.into_iter().map(|(name, value)| (name, filled(key, value))).collect(),
            other => other,
        }
    }
    assert_eq!(Value::Object(covered), filled(&key, expected), "{paths:?} of {given}");
}

#[test]
fn secrets_are_covered_wherever_they_stand() {
    check(&["key"], json!({"key": "k", "name": "n"}), json!({"key": "FP:\"k\"", "name": "n"}));
    check(&["key"], json!({"key": null}), json!({"key": null}));
    check(&["key"], json!({"name": "n"}), json!({"name": "n"}));
    check(&["key"], json!({"key": {"a": 1}}), json!({"key": "FP:{\"a\":1}"}));
    check(&["key"], json!({"key": ["a", 1]}), json!({"key": "FP:[\"a\",1]"}));
    check(&["key"], json!({"key": 12}), json!({"key": "FP:12"}));
    check(&["a.b"], json!({"a": {"b": "k", "c": 1}}), json!({"a": {"b": "FP:\"k\"", "c": 1}}));
    check(&["a.*.b"], json!({"a": [{"b": "k"}, {"c": 1}]}), json!({"a": [{"b": "FP:\"k\""}, {"c": 1}]}));
    check(&["a.*.b"], json!({"a": {"x": {"b": "k"}}}), json!({"a": {"x": {"b": "FP:\"k\""}}}));
    check(&["a.*"], json!({"a": ["k", null]}), json!({"a": ["FP:\"k\"", null]}));
    check(&["*"], json!({"a": "k", "b": null}), json!({"a": "FP:\"k\"", "b": null}));
    // The provider answers another shape than the schema says.
    check(&["a.b"], json!({"a": [{"b": "k"}]}), json!({"a": [{"b": "FP:\"k\""}]}));
    check(&["a.b"], json!({"a": "b=k"}), json!({"a": "FP:\"b=k\""}));
    check(&["a.b"], json!({"a": 1}), json!({"a": 1}));
    check(&["a.*.b"], json!({"a": {"b": "k"}}), json!({"a": {"b": "FP:\"k\""}}));
    // A fingerprint of the provider's is a value as any other.
    check(&["k"], json!({"k": {"fingerprint": "x"}}), json!({"k": "FP:{\"fingerprint\":\"x\"}"}));
}

#[test]
fn a_fingerprint_is_the_keys() {
    let (one, other) = (Key([1; LENGTH]), Key([2; LENGTH]));
    let secret = json!("s3cret");
    assert_eq!(one.fingerprint(&secret), one.fingerprint(&secret));
    assert_ne!(one.fingerprint(&secret), other.fingerprint(&secret));
    assert_ne!(one.fingerprint(&secret), one.fingerprint(&json!("s3cres")));
    assert_eq!(one.fingerprint(&secret).to_string().len(), r#"{"fingerprint":"hmac-sha256:0123456789abcdef"}"#.len());
    assert_eq!(format!("{one:?}"), "Key(…)");
}

#[test]
fn a_key_is_made_once_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/store.key");
    assert!(Key::open(&path, false).unwrap().is_none());
    let keys: Vec<_> = std::thread::scope(|scope| {
        let racing: Vec<_> = (0..8).map(|_| scope.spawn(|| Key::open(&path, true).unwrap().unwrap().check())).collect();
        racing.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft stays");
    assert_eq!(Key::open(&path, false).unwrap().unwrap().check(), keys[0]);
}

#[test]
fn a_key_that_others_can_touch_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.key");
    Key::open(&good, true).unwrap();
    let refused = |path: &Path, told: &str| {
        let why = Key::open(path, true).unwrap_err().to_string();
        assert!(why.contains(told), "{why}");
    };
    let link = folder.path().join("link.key");
    symlink(&good, &link).unwrap();
    refused(&link, "symbolic link");
    for mode in [0o640, 0o604, 0o620, 0o666] {
        std::fs::set_permissions(&good, std::fs::Permissions::from_mode(mode)).unwrap();
        refused(&good, "chmod 600");
    }
    for (name, content) in
        [("short.key", vec![1; LENGTH - 1]), ("long.key", vec![1; LENGTH + 1]), ("empty.key", vec![])]
    {
        let path = folder.path().join(name);
        files::make_whole(&path, &content).unwrap();
        refused(&path, "not a key of 32 bytes");
    }
    refused(folder.path(), "not a file");
}
