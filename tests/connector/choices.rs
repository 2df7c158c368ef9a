//! Pick lists, under a read-only key.

use host_test::World;
use host_test::host::{Connection, Error};
use host_test::simulator::tokens;
use serde_json::{Value, json};

/// Every choice, through all pages.
async fn all(
    on: &mut Connection,
    operation: &str,
    argument: &str,
    given: Value,
    search: &str,
) -> Vec<(String, String)> {
    let (mut found, mut next) = (Vec::new(), None);
    loop {
        let page = on.options(operation, argument, &given.to_string(), search, next.as_deref()).await;
        let page = page.unwrap_or_else(|error| panic!("{operation} {argument}: {error}"));
        found.extend(page.choices.into_iter().map(|choice| (choice.value, choice.label)));
        match page.next {
            Some(cursor) => next = Some(cursor),
            None => return found,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn reference_fields_have_choices() {
    let world = World::new().await;
    let mut on = world.open(tokens::READ_ONLY).await;
    // operation, argument, arguments, search, how many at least
    let table = [
        ("incidents.create", "service", json!({}), "", 60),
        ("incidents.create", "service.id", json!({}), "", 60),
        ("incidents.list", "team_ids.0", json!({}), "", 12),
        ("incidents.list", "statuses", json!({}), "", 3),
        ("incidents.create", "priority", json!({}), "", 5),
        ("services.create", "escalation_policy", json!({}), "", 25),
        ("users.contact-methods.get", "id", json!({}), "", 40),
        ("vendors.get", "id", json!({}), "", 100),
    ];
    for (operation, argument, given, search, least) in table {
        let found = all(&mut on, operation, argument, given, search).await;
        assert!(found.len() >= least, "{operation} {argument}: {}", found.len());
        assert!(found.iter().all(|(value, label)| !value.is_empty() && !label.is_empty()), "{found:?}");
        let mut values: Vec<&String> = found.iter().map(|(value, _)| value).collect();
        values.sort();
        values.dedup();
        assert_eq!(values.len(), found.len(), "{operation} {argument} repeats a choice");
    }
}

#[tokio::test(start_paused = true)]
async fn a_search_narrows_the_choices() {
    let world = World::new().await;
    let mut on = world.open(tokens::READ_ONLY).await;
    // Searched by PagerDuty (`query`), and here (vendors take none).
    for (operation, argument) in [("incidents.create", "service"), ("vendors.get", "id")] {
        let every = all(&mut on, operation, argument, json!({}), "").await;
        let word: String = every[0].1.chars().take(4).collect();
        let some = all(&mut on, operation, argument, json!({}), &word.to_uppercase()).await;
        assert!(!some.is_empty() && some.len() < every.len(), "{word}: {} of {}", some.len(), every.len());
        assert!(some.iter().all(|(_, label)| label.to_lowercase().contains(&word.to_lowercase())), "{some:?}");
        assert_eq!(all(&mut on, operation, argument, json!({}), "no such name").await, []);
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_no_choices_says_so() {
    let world = World::new().await;
    let mut on = world.open(tokens::READ_ONLY).await;
    let table = [
        ("incidents.create", "title", json!({}), "no list"),
        ("incidents.create", "servce", json!({}), "`service`"),
        ("users.contact-methods.get", "contact_method_id", json!({}), "choose this first"),
    ];
    for (operation, argument, given, word) in table {
        match on.options(operation, argument, &given.to_string(), "", None).await {
            Err(Error::Connector(error)) => {
                assert!(format!("{} {:?}", error.message, error.violations).contains(word), "{}", error.message)
            }
            other => panic!("{other:?}"),
        }
    }
    let users = on.call("users.list", r#"{"limit":1}"#).await.expect("users");
    let user = serde_json::from_str::<Value>(&users.value).expect("JSON")["users"][0]["id"].clone();
    let found = all(&mut on, "users.contact-methods.get", "contact_method_id", json!({"id": user}), "").await;
    assert!(!found.is_empty());
}
