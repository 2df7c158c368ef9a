//! Every row of every collection, as data and under odd requests.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::ALL;
use crate::store::Entity;
use crate::{Options, Simulator, tokens};

#[test]
fn the_texts_of_every_row_can_be_read() {
    for loaded in ALL.iter() {
        let row = loaded.row;
        let texts = [row.defaults, row.stamps, row.beside].into_iter();
        for text in texts.chain(row.seed.iter().map(|(_, text)| *text)) {
            let value: Result<Map<String, Value>, _> = serde_json::from_str(text);
            assert!(value.is_ok(), "{}: {text}: {value:?}", row.path);
        }
        for field in &loaded.fields {
            if let Some(kind) = field.kind() {
                assert!(Entity::of_type(kind).is_some(), "{}: no kind {kind}", row.path);
            }
        }
        let arguments = row.path.matches('{').count();
        assert_eq!(arguments, row.parents.len(), "{}", row.path);
        assert!(row.path.starts_with('/') && !row.many.is_empty(), "{}", row.path);
    }
}

fn ask(simulator: &Simulator, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let mut request = http::Request::builder().method(method).uri(path);
    request = request.header("authorization", format!("Token token={}", tokens::USER));
    let request = request.body(Bytes::from(body.to_string())).expect("a request");
    let response = simulator.respond(request);
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
}

#[test]
fn odd_fields_break_nothing() {
    let simulator = Simulator::new(Options { incidents: 20, rate_limit: None, ..Options::default() });
    let odd = [json!(null), json!(7), json!("x"), json!([]), json!(["x"]), json!([[1]]), json!({}), json!({"id": 7})];
    for loaded in ALL.iter().filter(|loaded| !loaded.row.verbs.is_empty()) {
        let store = simulator.lock();
        let record = store.account().table(loaded.row.entity).rows().first();
        let record = record.unwrap_or_else(|| panic!("{} has no seeded record", loaded.row.path));
        let (own, fields) = (loaded.address(store.account(), record), record.fields.clone());
        drop(store);
        let path = own.rsplit_once('/').map_or("", |(above, _)| above).to_owned();
        let names: Vec<String> = fields.keys().cloned().collect();
        for (name, value) in names.iter().flat_map(|name| odd.iter().map(move |value| (name, value))) {
            let mut body = fields.clone();
            body.insert(name.clone(), value.clone());
            let wrapped = match (loaded.row.one, loaded.row.in_bulk) {
                ("", _) => Value::Object(body),
                (_, true) => json!({loaded.row.many: [body]}),
                (one, false) => json!({one: body}),
            };
            for (method, path) in [("POST", &path), ("PUT", &own)] {
                let (status, answer) = ask(&simulator, method, path, &wrapped);
                assert!(status < 500, "{method} {path}: {status} {answer}");
            }
            let (status, answer) = ask(&simulator, "GET", &own, &Value::Null);
            assert!(status < 500, "GET {own}: {status} {answer}");
            let (status, answer) = ask(&simulator, "GET", &path, &Value::Null);
            assert!(status < 500, "GET {path}: {status} {answer}");
        }
    }
}
