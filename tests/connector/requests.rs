//! What goes out, operation by operation: request line, headers and body, with
//! the fewest and with all arguments, held by a snapshot. The arguments come
//! from the input schemas, so a new operation changes the snapshot by itself.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use host_test::World;
use host_test::generate::{self, Extent};
use serde_json::json;

const MAIN: &str = "main-credential";
const USER: &str = "user-credential";

fn show(request: &http::Request<Bytes>) -> String {
    let mut text = format!("{} {}\n", request.method(), request.uri());
    let mut headers: Vec<_> = request.headers().iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in headers {
        let value = value.to_str().expect("headers are text").replace(MAIN, "<token>").replace(USER, "<user_token>");
        text += &format!("{name}: {}\n", value.replace(env!("CARGO_PKG_VERSION"), "<version>"));
    }
    if !request.body().is_empty() {
        text += &format!("\n{}\n", String::from_utf8_lossy(request.body()).replace("\r\n", "\n"));
    }
    text
}

#[tokio::test(start_paused = true)]
async fn requests_are_what_pagerduty_wants() {
    let sent: Arc<Mutex<Vec<http::Request<Bytes>>>> = Arc::default();
    let log = Arc::clone(&sent);
    let world = World::answering(move |request| {
        log.lock().expect("no panic").push(request);
        // Refused for good, so that nothing is sent twice.
        async { Ok(http::Response::builder().status(422).body(Bytes::new()).expect("an answer")) }
    })
    .await;
    let credentials = [("token", MAIN), ("user_token", USER)];
    let settings = json!({"from": "ada@example.com"});
    let mut by_key = world.open_with(&credentials, settings.clone()).await.expect("opens");
    let mut by_oauth = world.open_with(&[("access_token", MAIN)], settings).await.expect("opens");
    let mut snapshot = String::new();
    for operation in world.connector.operations().await.expect("operations") {
        let detail = world.connector.describe(&operation.id).await.expect("a description");
        let connection = if generate::needs_oauth(&operation) { &mut by_oauth } else { &mut by_key };
        for (extent, label) in [(Extent::Fewest, "fewest"), (Extent::All, "all")] {
            for (number, given) in generate::of(&detail, extent).iter().enumerate() {
                let error = connection.call(&operation.id, &given.to_string()).await.expect_err("422");
                let sent = std::mem::take(&mut *sent.lock().expect("no panic"));
                assert_eq!(sent.len(), 1, "{} with {given}: {error}", operation.id);
                snapshot += &format!("# {} ({label} {})\n{}\n", operation.id, number + 1, show(&sent[0]));
            }
        }
    }
    assert!(!snapshot.contains(MAIN) && !snapshot.contains(USER));
    crate::snapshot::check("requests.txt", &snapshot);
}
