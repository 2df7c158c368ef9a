//! What the tests share: a client that calls the simulator without a socket.
#![allow(dead_code, unreachable_pub)]

use bytes::Bytes;
use pagerduty_simulator::{Options, Simulator, tokens};
use serde_json::Value;

/// The e-mail address of a seeded user, for `From`.
pub const FROM: &str = "marta.okonkwo@lanternway.example";

/// An answer, taken apart.
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Answer {
    /// The value at a JSON pointer; null where there is none.
    pub fn at(&self, pointer: &str) -> Value {
        self.body.pointer(pointer).cloned().unwrap_or_default()
    }

    pub fn id(&self, pointer: &str) -> String {
        self.at(pointer).as_str().unwrap_or_else(|| panic!("no id at {pointer}: {}", self.text)).to_owned()
    }

    pub fn list(&self, pointer: &str) -> Vec<Value> {
        self.at(pointer).as_array().cloned().unwrap_or_else(|| panic!("no list at {pointer}: {}", self.text))
    }
}

/// A small account: enough for everything but size.
pub fn small() -> Simulator {
    Simulator::new(Options { incidents: 300, ..Options::default() })
}

/// Sends one request with headers as they are.
pub fn send(simulator: &Simulator, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Bytes::copy_from_slice(body)).expect("a request");
    let response = simulator.respond(request);
    let (parts, body) = response.into_parts();
    let text = String::from_utf8_lossy(&body).into_owned();
    let body = serde_json::from_str(&text).unwrap_or_default();
    Answer { status: parts.status.as_u16(), headers: parts.headers, text, body }
}

/// Sends one with a credential. Empty bodies are sent as none.
pub fn with(simulator: &Simulator, token: &str, method: &str, path: &str, body: &str) -> Answer {
    let bearer = token.starts_with("sim-bearer");
    let credential = if bearer { format!("Bearer {token}") } else { format!("Token token={token}") };
    let mut headers = vec![("authorization", credential.as_str()), ("x-early-access", "ip-allow-lists")];
    if !body.is_empty() {
        headers.push(("content-type", "application/json"));
    }
    send(simulator, method, path, &headers, body.as_bytes())
}

/// As the owner of the account.
pub fn user(simulator: &Simulator, method: &str, path: &str, body: &str) -> Answer {
    with(simulator, tokens::USER, method, path, body)
}

/// As the owner of the account, with every header that some operation wants; `kind` is the body's content type.
pub fn owner(simulator: &Simulator, method: &str, path: &str, kind: &str, body: &str) -> Answer {
    let key = format!("Token token={}", tokens::USER);
    let headers = [
        ("authorization", key.as_str()),
        ("content-type", kind),
        ("from", FROM),
        ("x-early-access", "ip-allow-lists"),
        ("x-pagerduty-jira-signature", "sim-jira-signature"),
    ];
    send(simulator, method, path, &headers, body.as_bytes())
}

/// As the account, reading.
pub fn get(simulator: &Simulator, path: &str) -> Answer {
    with(simulator, tokens::ACCOUNT, "GET", path, "")
}

/// The id of the first record of a list.
pub fn first(simulator: &Simulator, path: &str, key: &str) -> String {
    get(simulator, path).id(&format!("/{key}/0/id"))
}
