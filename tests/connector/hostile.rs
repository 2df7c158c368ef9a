//! Servers that mean harm: they lead elsewhere, answer without end or sense, or
//! answer what another account asked.
//!
//! Rule: whatever is answered, a call ends in a value or a clear error within
//! the limits, the connection lives on, and the credential goes to PagerDuty's
//! hosts alone. Tables of answers, one `check` for each file.

mod answers;
mod drip;
mod mixed;
mod pages;
mod reach;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use host_test::World;
use host_test::host::{Connection, Error};
use serde_json::json;

/// The key of these tests.
const KEY: &str = "canary-of-hostile-servers-0123456789";

/// What a server answers now, and everything it was asked.
#[derive(Clone, Default)]
struct Scene(Arc<Mutex<State>>);

type Answering = Box<dyn FnMut(&http::Request<Bytes>) -> http::Response<Bytes> + Send>;

#[derive(Default)]
struct State {
    answer: Option<Answering>,
    asked: Vec<http::Request<Bytes>>,
}

impl Scene {
    /// The component before this server, whose memory is 128 MiB at most.
    async fn world(&self) -> World {
        let scene = self.clone();
        let setup = |options: &mut host_test::host::HostOptions| options.limits.memory = 128 << 20;
        World::hosted(&setup, move |request| {
            let mut state = scene.0.lock().expect("no panic");
            let answer = state.answer.as_mut().expect("an answer")(&request);
            state.asked.push(request);
            async { Ok(answer) }
        })
        .await
    }

    /// From now on it answers so.
    fn set(&self, answer: impl FnMut(&http::Request<Bytes>) -> http::Response<Bytes> + Send + 'static) {
        *self.0.lock().expect("no panic") = State { answer: Some(Box::new(answer)), asked: Vec::new() };
    }

    /// What it was asked since.
    fn asked(&self) -> Vec<http::Request<Bytes>> {
        std::mem::take(&mut self.0.lock().expect("no panic").asked)
    }
}

/// An opened connection that repeats nothing and waits for nothing.
async fn open(world: &World) -> Connection {
    world.open_with(&[("token", KEY)], json!({"max_wait_s": 0})).await.expect("opens")
}

/// What an answer may come to: a value, or what the connector says of it. Its
/// words are for people: one line, of a length that can be read.
fn sound<T: std::fmt::Debug>(name: &str, ended: &Result<T, Error>) -> Option<String> {
    match ended {
        Ok(_) => None,
        Err(Error::Connector(error)) => {
            let words = error.message.chars().count();
            let clean = words < 2_000 && !error.message.contains(|c: char| c.is_control() || c == '\u{202e}');
            (!clean).then(|| format!("{name}: {:?}", error.message.chars().take(200).collect::<String>()))
        }
        Err(other) => Some(format!("{name}: {other:?}")),
    }
}

/// The value of a name in a query.
fn query(request: &http::Request<Bytes>, name: &str) -> Option<String> {
    let pairs = request.uri().query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// The same as a number; nothing said is 0.
fn number(request: &http::Request<Bytes>, name: &str) -> u64 {
    query(request, name).and_then(|value| value.parse().ok()).unwrap_or(0)
}
