//! Many connections on one key, for an hour of virtual time: nobody runs into
//! the limit again and again, and nobody starves. Through the component.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use host_test::host::contract::Reason;
use host_test::host::{Connection, Error};
use host_test::{Answered, World};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

const GENERAL: u32 = 960;
const ON_CALLS: u32 = 125;
const MINUTE: Duration = Duration::from_secs(60);

/// A limit a minute, and what became of the requests in each of its windows.
struct Limit {
    most: u32,
    /// The first window ends so much earlier.
    offset: Duration,
    windows: BTreeMap<u64, Window>,
}

#[derive(Clone, Copy, Default)]
struct Window {
    taken: u32,
    refused: u32,
}

impl Limit {
    fn new(most: u32, offset: u64) -> Limit {
        Limit { most, offset: Duration::from_secs(offset), windows: BTreeMap::new() }
    }

    /// The number of this moment's window, and how long it lasts.
    fn number(&self, now: Duration) -> (u64, Duration) {
        let at = now + self.offset;
        let number = at.as_secs() / MINUTE.as_secs();
        (number, MINUTE * u32::try_from(number + 1).expect("a test's time") - at)
    }

    fn window(&mut self, now: Duration) -> &mut Window {
        self.windows.entry(self.number(now).0).or_default()
    }

    fn remaining(&self, now: Duration) -> u32 {
        self.most - self.windows.get(&self.number(now).0).copied().unwrap_or_default().taken
    }

    /// Windows that were there from begin to end, the first one left out.
    fn settled(&self) -> Vec<Window> {
        let last = self.windows.keys().last().copied().unwrap_or(0);
        self.windows.iter().filter(|(number, _)| (1..last).contains(*number)).map(|(_, window)| *window).collect()
    }
}

/// Counts as PagerDuty does: every request in the limit of the key, some in one
/// of their own as well. The headers tell of whichever is closer.
struct Server {
    start: Instant,
    state: Mutex<State>,
    /// How the seconds until a window ends are made whole.
    floor: bool,
}

struct State {
    general: Limit,
    on_calls: Limit,
    chance: u64,
}

impl Server {
    fn new(floor: bool) -> Arc<Server> {
        let state = State { general: Limit::new(GENERAL, 0), on_calls: Limit::new(ON_CALLS, 23), chance: 0x9e37_79b9 };
        Arc::new(Server { start: Instant::now(), state: Mutex::new(state), floor })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }

    /// 20 to 220 ms: a request is counted half-way between being sent and answered.
    fn transit(&self) -> Duration {
        let chance = &mut self.state().chance;
        *chance ^= *chance << 13;
        *chance ^= *chance >> 7;
        *chance ^= *chance << 17;
        Duration::from_millis(20 + *chance % 200)
    }

    /// Counts one request: whether it is let through, and the headers.
    fn count(&self, own: bool) -> (bool, [(&'static str, u64); 3]) {
        let now = self.start.elapsed();
        let state = &mut *self.state();
        let mut limits = vec![&mut state.general];
        limits.extend(own.then_some(&mut state.on_calls));
        let passes = limits.iter().all(|limit| limit.remaining(now) > 0);
        if passes {
            limits.iter_mut().for_each(|limit| limit.window(now).taken += 1);
        }
        let closest = limits.into_iter().min_by_key(|limit| limit.remaining(now)).expect("there is one");
        closest.window(now).refused += u32::from(!passes);
        let left = closest.number(now).1;
        let left = if self.floor { left.as_secs() } else { left.as_millis().div_ceil(1000) as u64 };
        let remaining = closest.remaining(now);
        let headers = [("limit", closest.most.into()), ("remaining", remaining.into()), ("reset", left)];
        (passes, headers)
    }

    async fn answer(&self, request: http::Request<Bytes>) -> Answered {
        let (there, back) = (self.transit(), self.transit());
        sleep(there).await;
        let path = request.uri().path();
        let (passes, headers) = self.count(path == "/oncalls");
        sleep(back).await;
        let body = match path {
            _ if !passes => json!({"error": {"message": "Rate Limit Exceeded", "code": 2020}}),
            "/incidents" => incidents(request.uri().query().unwrap_or_default()),
            "/oncalls" => json!({"oncalls": [], "more": false}),
            _ => json!({"services": [], "more": false}),
        };
        let mut response = http::Response::builder().status(if passes { 200 } else { 429 });
        for (name, value) in headers {
            response = response.header(format!("ratelimit-{name}"), value);
        }
        Ok(response.body(Bytes::from(body.to_string())).expect("an answer"))
    }

    async fn world(self: &Arc<Server>) -> World {
        let server = self.clone();
        World::answering(move |request| {
            let server = server.clone();
            async move { server.answer(request).await }
        })
        .await
    }
}

/// A page of 300 incidents.
fn incidents(query: &str) -> Value {
    let number = |name: &str| {
        let pair = query.split('&').find_map(|pair| pair.strip_prefix(name));
        pair.and_then(|value| value.parse::<usize>().ok()).unwrap_or(0)
    };
    let (offset, limit) = (number("offset="), number("limit="));
    let page: Vec<Value> = (offset..300.min(offset + limit)).map(|n| json!({"id": format!("P{n}")})).collect();
    json!({"incidents": page, "more": offset + limit < 300})
}

/// What a connection does all the time.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Work {
    Services,
    OnCalls,
    Walk,
}

/// Works until the time is over: answers, and errors for being throttled.
async fn work(mut connection: Connection, work: Work, until: Instant) -> (u32, u32) {
    let (mut answers, mut throttled) = (0, 0);
    while Instant::now() < until {
        let result = match work {
            Work::Services => connection.call("services.list", "{}").await.map(|_| answers += 1),
            Work::OnCalls => connection.call("on-calls.list", "{}").await.map(|_| answers += 1),
            Work::Walk => {
                let mut walk = connection.walk("incidents.list", "{}", None).await.expect("walks");
                loop {
                    match walk.next().await {
                        Ok(Some(_)) if Instant::now() < until => answers += 1,
                        Ok(_) => break Ok(()),
                        Err(error) => break Err(error),
                    }
                }
            }
        };
        match result {
            Ok(()) => {}
            Err(Error::Connector(error)) if error.reason == Reason::Throttled => {
                throttled += 1;
                let extra: Value = serde_json::from_str(&error.extra).expect("JSON");
                assert!(extra["rate"]["bucket"].is_string(), "{extra}");
                sleep(Duration::from_millis(error.retry_after_ms.unwrap_or(1_000).into())).await;
            }
            Err(error) => panic!("{work:?}: {error}"),
        }
    }
    (answers, throttled)
}

/// All of them at once: the answers of each, and all errors for being throttled.
async fn run(worlds: &[World], works: &[Work], reserve: Option<u32>, time: Duration) -> (Vec<u32>, u32) {
    let until = Instant::now() + time;
    let mut working = Vec::new();
    for (index, each) in works.iter().enumerate() {
        let world = &worlds[index % worlds.len()];
        let mut settings = json!({"page_size": 11, "rate_reserve": reserve});
        // One request at a time, so that all of them ask for as much.
        if world.connector.identify().settings.contains(r#""ahead""#) {
            settings["ahead"] = json!(0);
        }
        let connection = world.open_with(&[("token", "key")], settings).await.expect("opens");
        working.push(tokio::spawn(work(connection, *each, until)));
    }
    let (mut answers, mut throttled) = (Vec::new(), 0);
    for task in working {
        let (some, errors) = task.await.expect("no panic");
        answers.push(some);
        throttled += errors;
    }
    (answers, throttled)
}

/// Prints what came of a limit. What is left: refusals of the worst window, and
/// the least and the most that a window let through.
fn told(what: &str, limit: &Limit) -> (u32, u32, u32) {
    let settled = limit.settled();
    let refused: u32 = limit.windows.values().map(|window| window.refused).sum();
    let taken: u32 = limit.windows.values().map(|window| window.taken).sum();
    let worst = settled.iter().map(|window| window.refused).max().unwrap_or(0);
    let (least, most) = (settled.iter().map(|w| w.taken).min(), settled.iter().map(|w| w.taken).max());
    let (least, most) = (least.unwrap_or(0), most.unwrap_or(0));
    println!(
        "{what}: {taken} requests and {refused} refused in {} windows; settled windows: {least} to {most} of {}, at most {worst} refused",
        limit.windows.len(),
        limit.most
    );
    (worst, least, most)
}

/// Nobody got less than half of an equal share.
fn fair(what: &str, answers: &[u32]) {
    let share = answers.iter().sum::<u32>() / u32::try_from(answers.len()).expect("few");
    let (least, most) = (answers.iter().min().expect("some"), answers.iter().max().expect("some"));
    println!("{what}: {least} to {most} answers a connection, an equal share is {share}");
    assert!(*least >= share / 2, "{what}: {answers:?}");
}

#[tokio::test(start_paused = true)]
async fn ten_connections_share_a_key_for_an_hour() {
    let server = Server::new(false);
    let worlds = [server.world().await];
    let mut works = vec![Work::Services; 7];
    works.extend([Work::OnCalls, Work::OnCalls, Work::Walk]);
    let (answers, throttled) = run(&worlds, &works, None, 60 * MINUTE).await;
    let state = server.state();
    let (refused, least, _) = told("the key", &state.general);
    assert!(refused <= 1 && least >= GENERAL * 8 / 10, "{refused} refused, {least} taken");
    let (refused, least, _) = told("on-calls", &state.on_calls);
    assert!(refused <= 1 && least >= ON_CALLS * 8 / 10, "{refused} refused, {least} taken");
    assert_eq!(throttled, 0, "calls that waited in vain");
    fair("services and incidents", &[&answers[..7], &answers[9..]].concat());
    fair("on-calls", &answers[7..9]);
}

#[tokio::test(start_paused = true)]
async fn hosts_that_know_nothing_of_each_other_hardly_go_over_the_limit() {
    // Without a reserve, what the other host has under way goes wrong: each of
    // ten connections can be refused once, and once more because this server
    // rounds the seconds until the window ends down.
    for (hosts, reserve, most_refused) in [(2, None, 0), (2, Some(0), 20), (1, Some(0), 1)] {
        let server = Server::new(true);
        let mut worlds = Vec::new();
        for _ in 0..hosts {
            worlds.push(server.world().await);
        }
        let (answers, throttled) = run(&worlds, &[Work::Services; 10], reserve, 15 * MINUTE).await;
        let what = format!("{hosts} hosts, reserve {reserve:?}");
        let (refused, least, _) = told(&what, &server.state().general);
        assert!(refused <= most_refused && least >= GENERAL * 8 / 10, "{refused} refused, {least} taken");
        assert_eq!(throttled, 0);
        fair(&what, &answers);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reserve_is_left_to_others_on_the_key() {
    let server = Server::new(true);
    let worlds = [server.world().await];
    // Somebody else, who takes seven a second and looks at no header.
    let others = server.clone();
    let stranger = tokio::spawn(async move {
        loop {
            sleep(MINUTE / 420).await;
            assert!(others.count(false).0, "somebody else is refused");
        }
    });
    let (answers, throttled) = run(&worlds, &[Work::Services; 10], Some(50), 15 * MINUTE).await;
    assert!(!stranger.is_finished());
    stranger.abort();
    let (refused, least, most) = told("reserve of a half, with somebody else", &server.state().general);
    // Ten are under way when the reserve is reached; somebody else goes on.
    assert!(refused == 0 && least >= GENERAL / 2 && most <= GENERAL / 2 + 420 + 10);
    assert_eq!(throttled, 0);
    fair("reserve of a half", &answers);

    let server = Server::new(true);
    let (answers, _) = run(&[server.world().await], &[Work::Services; 10], Some(50), 15 * MINUTE).await;
    let (_, least, most) = told("reserve of a half, alone", &server.state().general);
    assert!(least >= GENERAL / 2 * 8 / 10 && most <= GENERAL / 2 + 10, "{least} to {most}");
    fair("reserve of a half, alone", &answers);
}

/// A world whose answers leave `remaining` of 960 for 30 s, all with this
/// status; a team called `never` is never answered.
async fn leaving(status: u16, remaining: u32) -> World {
    World::answering(move |request| async move {
        if request.uri().path().ends_with("/never") {
            return std::future::pending().await;
        }
        let headers = [("limit", GENERAL), ("remaining", remaining), ("reset", 30)];
        let mut response = http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(format!("ratelimit-{name}"), value);
        }
        Ok(response.body(Bytes::from_static(br#"{"team":{"id":"P1"}}"#)).expect("an answer"))
    })
    .await
}

/// How long a call takes, whatever comes of it.
async fn time(connection: &mut Connection, team: &str) -> Duration {
    let start = Instant::now();
    let _ = connection.call("teams.get", &json!({"id": team}).to_string()).await;
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn what_a_connection_learned_holds_the_others_on_its_key() {
    for (status, remaining, holds) in [(200, 0, true), (404, 0, true), (200, 900, false), (404, 900, false)] {
        let world = leaving(status, remaining).await;
        let key: &[(&str, &str)] = &[("token", "key")];
        let open = async |credentials, settings| world.open_with(credentials, settings).await.expect("opens");
        let mut first = open(key, json!({})).await;
        let mut same = open(key, json!({"page_size": 7})).await;
        let mut other_key = open(&[("token", "kez")], json!({})).await;
        let mut other_place = open(key, json!({"region": "eu"})).await;
        assert!(time(&mut first, "P1").await < Duration::from_secs(1));
        for (connection, expected) in [(&mut other_key, false), (&mut other_place, false), (&mut same, holds)] {
            let held = time(connection, "P1").await >= Duration::from_secs(30);
            assert_eq!(held, expected, "{status} {remaining}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_under_way_counts_until_it_is_dropped() {
    // 5 % of 960 are left to others, and one more may be sent.
    let world = leaving(200, 49).await;
    let mut first = world.open("key").await;
    let mut second = world.open("key").await;
    let mut third = world.open("key").await;
    assert!(time(&mut first, "P1").await < Duration::from_secs(1));
    let mut dropped = Box::pin(second.call("teams.get", r#"{"id":"never"}"#));
    let waiting = tokio::time::timeout(Duration::from_secs(16), &mut dropped);
    assert!(waiting.await.is_err());
    drop(dropped);
    assert!(time(&mut third, "P1").await < Duration::from_secs(10), "half of what is left of the window");
    let world = leaving(200, 49).await;
    let (mut first, mut second, mut third) =
        (world.open("key").await, world.open("key").await, world.open("key").await);
    time(&mut first, "P1").await;
    let under_way = second.call("teams.get", r#"{"id":"never"}"#);
    let waiting = async { time(&mut third, "P1").await };
    tokio::select! {
        biased;
        _ = under_way => panic!("it is never answered"),
        waited = waiting => assert!(waited >= Duration::from_secs(29), "{waited:?}"),
    }
}
