//! Opening and checking an account.

use host_test::World;
use host_test::host::Error;
use host_test::host::contract::Reason;
use host_test::simulator::tokens;
use serde_json::{Value, json};

/// Names and values of credentials.
type Keys<'a> = &'a [(&'a str, &'a str)];

/// Credentials, settings, and what `check` says at which pointers.
async fn check(credentials: &[(&str, &str)], settings: Value, expected: &[(&str, Value)]) {
    let world = World::new().await;
    let mut on = world.open_with(credentials, settings).await.expect("opens");
    let report = on.check().await.unwrap_or_else(|error| panic!("{credentials:?}: {error}"));
    let report: Value = serde_json::from_str(&report).expect("JSON");
    for (pointer, value) in expected {
        assert_eq!(report.pointer(pointer).unwrap_or(&Value::Null), value, "{pointer} of {report:#}");
    }
}

#[tokio::test(start_paused = true)]
async fn check_tells_whose_keys_they_are() {
    let account = ("/keys/0/kind", json!("account"));
    let user = ("/keys/0/kind", json!("user"));
    check(
        &[("token", tokens::ACCOUNT)],
        json!({}),
        &[account.clone(), ("/keys/0/read_only", json!(false)), ("/region", json!("us"))],
    )
    .await;
    check(&[("token", tokens::READ_ONLY)], json!({}), &[account.clone(), ("/keys/0/read_only", json!(true))]).await;
    check(
        &[("token", tokens::READ_ONLY)],
        json!({"access": "read"}),
        &[account.clone(), ("/keys/0/read_only", Value::Null), ("/access", json!("read"))],
    )
    .await;
    check(&[("token", tokens::USER)], json!({}), &[user.clone(), ("/keys/0/read_only", json!(false))]).await;
    check(&[("token", tokens::USER_LIMITED)], json!({}), &[user, ("/keys/0/read_only", json!(true))]).await;
    let both = [("token", tokens::READ_ONLY), ("user_token", tokens::USER)];
    check(&both, json!({}), &[account, ("/keys/1/kind", json!("user")), ("/same_account", json!(true))]).await;
}

#[tokio::test(start_paused = true)]
async fn check_refuses_what_does_not_work() {
    let table: &[(Keys, &[&str])] = &[
        (&[("token", "nobodys-key")], &["Sign in again"]),
        (&[("token", tokens::ACCOUNT), ("user_token", tokens::OTHER_ACCOUNT_USER)], &["different accounts"]),
        (&[("token", tokens::USER), ("user_token", tokens::ACCOUNT)], &["user_token"]),
    ];
    for (credentials, words) in table {
        let world = World::new().await;
        let mut on = world.open_with(credentials, json!({})).await.expect("opens");
        match on.check().await {
            Err(Error::Connector(error)) => {
                assert_eq!(error.reason, Reason::Unauthenticated, "{}", error.message);
                words.iter().for_each(|word| assert!(error.message.contains(word), "{}", error.message));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn reading_a_check_writes_nothing() {
    let world = World::new().await;
    let mut on = world.open_with(&[("token", tokens::ACCOUNT)], json!({"access": "read"})).await.expect("opens");
    on.check().await.expect("works");
    assert!(world.simulator.requests().iter().all(|seen| seen.method == "GET"), "{:?}", world.simulator.requests());
}

#[tokio::test(start_paused = true)]
async fn opening_names_what_is_wrong() {
    let world = World::new().await;
    let key: &[(&str, &str)] = &[("token", "key")];
    let table: &[(Keys, Value, &[&str])] = &[
        (&[], json!({}), &["token", "missing"]),
        (&[("token", "")], json!({}), &["token", "missing"]),
        (&[("tokn", "key")], json!({}), &["tokn", "`token`"]),
        (key, json!({"regio": "eu"}), &["regio", "`region`"]),
        (key, json!({"region": "mars"}), &["region", "us, eu"]),
        (key, json!({"from": "nobody"}), &["from", "e-mail"]),
        (key, json!({"page_size": 1}), &["page_size", "2 to 1000"]),
        (key, json!({"max_wait_s": -1, "overlap": "yes"}), &["max_wait_s", "overlap"]),
    ];
    for (credentials, settings, words) in table {
        match world.open_with(credentials, settings.clone()).await {
            Err(Error::Connector(error)) => {
                assert_eq!(error.reason, Reason::Invalid);
                let all = format!("{} {:?}", error.message, error.violations);
                words.iter().for_each(|word| assert!(all.contains(word), "{all} lacks {word}"));
            }
            Err(other) => panic!("{settings}: {other}"),
            Ok(_) => panic!("{credentials:?} {settings} opened"),
        }
    }
    // A host drops what is not its users' to set.
    world.open_with(key, json!({"base_url": "http://127.0.0.1:1"})).await.expect("dropped");
}
