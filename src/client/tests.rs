//! The loop against scripted answers, in a time of its own.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use serde_json::json;

use super::*;
use crate::connection::Connection;
use crate::paging::{Cursor, Position};

/// What the other side does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Turn {
    Answer(u16, Vec<(&'static str, String)>, String),
    Fail(Outcome),
    /// An answer that the transport gave up on.
    TooLong,
}

use Turn::{Fail, TooLong};

pub(crate) fn says(status: u16, body: Value) -> Turn {
    Turn::Answer(status, vec![("x-request-id", "req-1".to_owned())], body.to_string())
}

fn throttled(reset: u64) -> Turn {
    Turn::Answer(429, vec![("ratelimit-reset", reset.to_string())], String::new())
}

pub(crate) fn empty(status: u16) -> Turn {
    Turn::Answer(status, Vec::new(), String::new())
}

/// Transport and clock: turns are taken in order, and every one must be used.
pub(crate) struct Script {
    turns: RefCell<VecDeque<Turn>>,
    sent: RefCell<Vec<(Request, Option<String>)>>,
    now: Cell<u64>,
    waits: RefCell<Vec<u64>>,
    chance: u16,
}

impl Transport for Script {
    type Pending = std::result::Result<Response, Failure>;

    fn begin(&self, request: &Request, authorization: Option<&str>) -> std::result::Result<Self::Pending, Failure> {
        self.sent.borrow_mut().push((request.clone(), authorization.map(str::to_owned)));
        let turn = self.turns.borrow_mut().pop_front();
        Ok(match turn.unwrap_or_else(|| panic!("an unforeseen request: {request:?}")) {
            Turn::Answer(status, headers, body) => Ok(Response {
                status,
                headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
                body: body.into_bytes(),
            }),
            TooLong => {
                Err(Failure { outcome: Outcome::Hopeless, reason: Reason::Unexpected, message: "too long".to_owned() })
            }
            Fail(outcome) => Err(Failure { outcome, reason: Reason::Unavailable, message: "it broke".to_owned() }),
        })
    }

    fn is_there(&self, _: &Self::Pending) -> bool {
        true
    }

    fn finish(&self, pending: Self::Pending) -> std::result::Result<Response, Failure> {
        pending
    }
}

impl Clock for Script {
    fn now_ms(&self) -> u64 {
        self.now.get()
    }

    fn unix_s(&self) -> i64 {
        1_793_534_400
    }

    fn sleep(&self, time: Duration) {
        let ms = u64::try_from(time.as_millis()).unwrap();
        self.now.set(self.now.get() + ms);
        self.waits.borrow_mut().push(ms);
    }

    fn chance(&self) -> u16 {
        self.chance
    }
}

pub(crate) fn client_with(credentials: &[(&str, &str)], settings: Value, turns: Vec<Turn>) -> Client<Script> {
    let credentials: Vec<(String, String)> =
        credentials.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let script = Script {
        turns: RefCell::new(turns.into()),
        sent: RefCell::default(),
        now: Cell::new(1_000_000),
        waits: RefCell::default(),
        chance: u16::MAX,
    };
    Client::new(Connection::open("token", &credentials, &settings.to_string()).unwrap(), script)
}

fn client(turns: Vec<Turn>) -> Client<Script> {
    client_with(&[("token", "main")], json!({}), turns)
}

fn both(turns: Vec<Turn>) -> Client<Script> {
    client_with(&[("token", "main"), ("user_token", "mine")], json!({}), turns)
}

impl<S> Client<S> {
    /// What answers, for a test to look into.
    pub(crate) fn system(&self) -> &S {
        &self.system
    }
}

impl Client<Script> {
    pub(crate) fn waits(&self) -> Vec<u64> {
        self.system.waits.borrow().clone()
    }

    pub(crate) fn keys(&self) -> Vec<Option<String>> {
        let keys = self.system.sent.borrow().iter().map(|(_, key)| key.clone()).collect();
        assert!(self.system.turns.borrow().is_empty(), "not every turn was taken");
        keys
    }

    pub(crate) fn targets(&self) -> Vec<String> {
        self.system.sent.borrow().iter().map(|(request, _)| request.path_and_query.clone()).collect()
    }
}

const READ: (&str, &str) = ("teams.get", r#"{"id":"P1"}"#);
const CREATE: (&str, &str) = ("teams.create", r#"{"name":"x"}"#);
const UPDATE: (&str, &str) = ("teams.update", r#"{"id":"P1","name":"x"}"#);
const DELETE: (&str, &str) = ("teams.delete", r#"{"id":"P1"}"#);

fn team() -> Turn {
    says(200, json!({"team": {"id": "P1"}}))
}

#[test]
fn a_call_answers_the_value_and_what_it_learned() {
    let rate = [("ratelimit-limit", "960"), ("ratelimit-remaining", "7"), ("ratelimit-reset", "30")];
    let rate = rate.map(|(name, value)| (name, value.to_owned())).to_vec();
    let client = client(vec![Turn::Answer(200, rate, r#"{"team":{"id":"P1"}}"#.to_owned())]);
    let output = client.call(READ.0, READ.1).unwrap();
    assert_eq!((output.success.value.as_str(), output.success.status), (r#"{"id":"P1"}"#, 200));
    let rate = output.rate.unwrap();
    assert_eq!((rate.bucket.as_str(), rate.remaining, rate.reset_ms), ("main:teams.get", 7, 30_000));
    assert_eq!(client.keys(), [Some("Token token=main".to_owned())]);
}

#[test]
fn what_is_wrong_before_is_not_sent() {
    let client = client_with(&[("token", "main")], json!({"access": "read"}), vec![]);
    for (id, arguments, words) in [
        ("teams.lst", "{}", "did you mean `teams.list`"),
        ("a\r\nb", "{}", "there is no operation `a  b`"),
        ("teams.get", "{}", "id"),
        ("teams.get", "{", "not JSON"),
        ("teams.delete", r#"{"id":"P1"}"#, "opened to read only"),
        ("teams.get", r#"{"id":"a/b"}"#, "slash"),
    ] {
        let error = client.call(id, arguments).unwrap_err();
        assert!(error.reason == Reason::Invalid && error.message.contains(words), "{id}: {}", error.message);
        assert!(!error.outcome_unknown);
    }
    assert!(client.walk("teams.get", r#"{"id":"P1"}"#, None).is_err_and(|e| e.message.contains("use `call`")));
    assert!(client.walk("teams.list", r#"{"offset":5}"#, None).is_err_and(|e| e.violations[0].argument == "offset"));
    assert!(client.walk("scim.users.list", r#"{"startIndex":5}"#, None).is_err());
    assert!(client.walk("audit.records.list", r#"{"cursor":"x"}"#, None).is_err());
    assert!(client.keys().is_empty());
}

/// Calls, and compares how it ended, the waits, and whether all was taken.
fn check(
    call: (&str, &str),
    turns: Vec<Turn>,
    waits: &[u64],
    expected: std::result::Result<u16, (Reason, Option<u16>, bool)>,
) {
    let client = client(turns.clone());
    let result = client.call(call.0, call.1);
    let found = match &result {
        Ok(output) => Ok(output.success.status),
        Err(error) => Err((error.reason, error.status, error.outcome_unknown)),
    };
    assert_eq!(found, expected, "{} {turns:?}", call.0);
    assert_eq!(client.waits(), waits, "{} {turns:?}", call.0);
    client.keys();
}

#[test]
fn repeats_and_what_is_known_of_the_outcome() {
    let down = Err((Reason::Unavailable, Some(503), false));
    let unclear = Err((Reason::Unavailable, Some(503), true));
    // Reads and idempotent changes: four tries in all.
    check(READ, vec![empty(503); 4], &[400, 800, 1600], down);
    check(UPDATE, vec![empty(503); 4], &[400, 800, 1600], unclear);
    check(READ, vec![empty(502), Fail(Outcome::Unknown), team()], &[400, 800], Ok(200));
    check(DELETE, vec![empty(500), empty(204)], &[400], Ok(204));
    // A change that is not idempotent: one try, and nobody knows.
    check(CREATE, vec![empty(503)], &[], unclear);
    check(CREATE, vec![empty(408)], &[], Err((Reason::Unavailable, Some(408), true)));
    check(CREATE, vec![Fail(Outcome::Unknown)], &[], Err((Reason::Unavailable, None, true)));
    check(CREATE, vec![empty(501)], &[], Err((Reason::Unavailable, Some(501), true)));
    // What never left is repeated whatever it does, and its outcome is known.
    check(CREATE, vec![Fail(Outcome::NotSent), says(201, json!({"team": 1}))], &[200], Ok(201));
    check(CREATE, vec![Fail(Outcome::NotSent); 4], &[200, 400, 800], Err((Reason::Unavailable, None, false)));
    check(CREATE, vec![Fail(Outcome::Hopeless)], &[], Err((Reason::Unavailable, None, false)));
    check(READ, vec![Fail(Outcome::Unknown); 4], &[400, 800, 1600], Err((Reason::Unavailable, None, false)));
    // A later refusal does not tell what an earlier try did.
    check(DELETE, vec![empty(502), empty(404)], &[400], Err((Reason::Missing, Some(404), true)));
    check(UPDATE, vec![Fail(Outcome::Unknown), empty(409)], &[400], Err((Reason::Conflict, Some(409), true)));
    check(UPDATE, vec![Fail(Outcome::NotSent), empty(409)], &[200], Err((Reason::Conflict, Some(409), false)));
    check(READ, vec![empty(502), empty(404)], &[400], Err((Reason::Missing, Some(404), false)));
    // A change was made, and its answer cannot be read.
    check(CREATE, vec![says(201, json!({"x": 1}))], &[], Err((Reason::Unexpected, Some(201), true)));
    check(READ, vec![says(200, json!({"x": 1}))], &[], Err((Reason::Unexpected, Some(200), false)));
    let long = client(vec![TooLong]).call(CREATE.0, CREATE.1).unwrap_err();
    assert_eq!((long.reason, long.outcome_unknown), (Reason::Unexpected, true));
    for status in [301, 400, 401, 402, 403, 404, 405, 409, 410, 413, 415, 422] {
        let client = client(vec![empty(status)]);
        let error = client.call(CREATE.0, CREATE.1).unwrap_err();
        assert_eq!((error.status, error.outcome_unknown, client.waits().len()), (Some(status), false, 0));
    }
}

#[test]
fn throttling_is_waited_out_within_the_budget() {
    check(CREATE, vec![throttled(7), says(201, json!({"team": 1}))], &[7_500], Ok(201));
    check(READ, vec![throttled(20), throttled(20), team()], &[20_500, 20_500], Ok(200));
    check(READ, vec![empty(429), empty(429), team()], &[1_000, 2_000], Ok(200));
    check(CREATE, vec![throttled(61)], &[], Err((Reason::Throttled, Some(429), false)));
    check(READ, vec![throttled(40), throttled(40)], &[40_500], Err((Reason::Throttled, Some(429), false)));
    // "Now" again and again is no loop without a pause.
    let client = client(vec![throttled(0); 12]);
    let error = client.call(READ.0, READ.1);
    assert!(client.system.turns.borrow().len() > 1 && error.is_err_and(|e| e.reason == Reason::Throttled));
    assert!(client.waits().iter().sum::<u64>() <= 60_000);
    let none = client_with(&[("token", "main")], json!({"max_wait_s": 0}), vec![throttled(0)]);
    let error = none.call(READ.0, READ.1).unwrap_err();
    assert_eq!((error.reason, error.retry_after_ms, none.waits().len()), (Reason::Throttled, Some(0), 0));
}

#[test]
fn all_waits_of_a_call_together_stay_within_the_setting() {
    for seed in 0..200_u64 {
        let turns = (0..200).map(|n| match (seed * 31 + n * 17) % 5 {
            0 => throttled((seed + n) % 9),
            1 => empty(503),
            2 => empty(429),
            3 => empty(403),
            _ => Fail(Outcome::NotSent),
        });
        let most = seed % 40;
        let settings = json!({"max_wait_s": most});
        let client = client_with(&[("token", "main"), ("user_token", "mine")], settings, turns.collect());
        assert!(client.call(READ.0, READ.1).is_err());
        let waited: u64 = client.waits().iter().sum();
        assert!(waited <= most * 1000, "seed {seed}: {waited} ms of {most} s");
    }
}

#[test]
fn a_spent_limit_holds_the_next_call() {
    let spent = |reset: &str| {
        let headers = [("ratelimit-limit", "960"), ("ratelimit-remaining", "0"), ("ratelimit-reset", reset)];
        Turn::Answer(200, headers.map(|(n, v)| (n, v.to_owned())).to_vec(), r#"{"team":1}"#.to_owned())
    };
    let client = client(vec![spent("30"), team(), spent("61")]);
    client.call(READ.0, READ.1).unwrap();
    assert!(client.waits().is_empty());
    client.call(READ.0, READ.1).unwrap();
    assert_eq!(client.waits(), [30_500], "the header counts whole seconds");
    client.call(READ.0, READ.1).unwrap();
    let error = client.call(READ.0, READ.1).unwrap_err();
    assert_eq!((error.reason, error.status, error.retry_after_ms), (Reason::Throttled, None, Some(61_000)));
    assert!(error.message.contains("nothing was sent"));
    assert_eq!(client.waits(), [30_500]);
    assert_eq!(client.keys().len(), 3);
}

/// Knowing this of the limit, and with this setting, the next call waits so
/// long, or is not sent at all.
fn paced(remaining: u32, settings: Value, expected: Option<u64>) {
    let turns = if expected.is_some() { vec![team()] } else { vec![] };
    let client = client_with(&[("token", "main")], settings.clone(), turns);
    client.observe(Rate { bucket: "main:teams.get".to_owned(), limit: 960, remaining, reset_ms: 10_000 });
    let result = client.call(READ.0, READ.1);
    let expected_waits: Vec<u64> = expected.into_iter().filter(|wait| *wait > 0).collect();
    assert_eq!((result.is_ok(), client.waits()), (expected.is_some(), expected_waits), "{remaining} {settings}");
    client.keys();
}

#[test]
fn calls_slow_down_before_the_limit_is_spent() {
    paced(240, json!({}), Some(0));
    paced(147, json!({}), Some(100));
    paced(49, json!({}), Some(5_000));
    paced(48, json!({}), Some(10_500));
    paced(48, json!({"rate_reserve": 0}), Some(204));
    paced(0, json!({"rate_reserve": 0}), Some(10_500));
    paced(480, json!({"rate_reserve": 50}), Some(10_500));
    // What may not wait goes at once while there is anything left to take.
    paced(49, json!({"max_wait_s": 0}), Some(0));
    paced(48, json!({"max_wait_s": 0}), None);
    paced(49, json!({"max_wait_s": 2}), Some(2_000));
    paced(48, json!({"max_wait_s": 10}), Some(10_000));
}

#[test]
fn an_error_tells_what_is_known_of_the_rate_limit() {
    let headers = |remaining: &str| {
        let headers = [("ratelimit-limit", "960"), ("ratelimit-remaining", remaining), ("ratelimit-reset", "61")];
        headers.map(|(name, value)| (name, value.to_owned())).to_vec()
    };
    let answer = |status, remaining| Turn::Answer(status, headers(remaining), String::new());
    let told =
        |remaining: u32| json!({"bucket": "main:teams.get", "limit": 960, "remaining": remaining, "reset_ms": 61_000});
    for (turns, expected) in [
        (vec![answer(429, "0")], Some(told(0))),
        (vec![answer(404, "700")], Some(told(700))),
        (vec![answer(200, "700")], Some(told(700))),
        (vec![empty(404)], None),
        (vec![Fail(Outcome::Hopeless)], None),
    ] {
        let client = client(turns);
        let error = client.call(READ.0, READ.1).unwrap_err();
        assert_eq!(client.leaving(error).extra.get("rate"), expected.as_ref());
    }
    let client = client(vec![]);
    client.observe(Rate { bucket: "main:teams.get".to_owned(), limit: 960, remaining: 7, reset_ms: 10_000 });
    let error = client.call("no.such", "{}").unwrap_err();
    assert_eq!(client.leaving(error).extra.get("rate"), None, "others said so and know it");
}

#[test]
fn what_other_instances_learned_holds_too() {
    let client = client(vec![says(200, json!({"teams": [], "more": false})), team(), team()]);
    let rate = |remaining| Rate { bucket: "main:teams.get".to_owned(), limit: 960, remaining, reset_ms: 5_000 };
    client.observe(rate(0));
    client.call("teams.list", "{}").unwrap();
    assert_eq!(client.waits(), [5_500], "nothing else is known of the key");
    client.call(READ.0, READ.1).unwrap();
    assert_eq!(client.waits(), [5_500], "the window has ended");
    client.observe(rate(0));
    client.observe(Rate { reset_ms: 60_000, ..rate(300) });
    client.call(READ.0, READ.1).unwrap();
    assert_eq!(client.waits(), [5_500], "the next window");
}

#[test]
fn a_read_the_first_key_is_refused_goes_with_the_second() {
    let key = |name: &str| Some(format!("Token token={name}"));
    let client = both(vec![empty(403), team()]);
    assert!(client.call(READ.0, READ.1).is_ok());
    assert_eq!(client.keys(), [key("main"), key("mine")]);
    let client = both(vec![empty(403), empty(404)]);
    assert_eq!(client.call(READ.0, READ.1).unwrap_err().status, Some(404));
    assert_eq!(client.keys(), [key("main"), key("mine")]);
    for status in [400, 401, 402, 404, 429] {
        let client = both(vec![empty(status), team()]);
        let result = client.call(READ.0, READ.1);
        let keys: Vec<_> = client.system.sent.borrow().iter().map(|(_, key)| key.clone()).collect();
        assert!(keys.iter().all(|used| *used == key("main")), "{status}: {keys:?} {}", result.is_ok());
    }
    for write in [CREATE, UPDATE, DELETE] {
        let client = both(vec![empty(403)]);
        assert_eq!(client.call(write.0, write.1).unwrap_err().reason, Reason::Forbidden);
        assert_eq!(client.keys(), [key("mine")], "{}", write.0);
    }
    for (turns, refused) in [(vec![empty(401)], "token"), (vec![empty(403), empty(401)], "user_token")] {
        let error = both(turns).call(READ.0, READ.1).unwrap_err();
        assert!(error.message.ends_with(&format!("`{refused}`")), "{}", error.message);
        assert_eq!(error.extra["credential"], json!(refused));
    }
    let alone = self::client(vec![empty(403)]);
    assert_eq!(alone.call(READ.0, READ.1).unwrap_err().reason, Reason::Forbidden);
    assert_eq!(alone.keys(), [key("main")]);
    let event = both(vec![says(202, json!({"status": "success"}))]);
    event.call("events.send", r#"{"routing_key":"r","event_action":"resolve"}"#).unwrap();
    assert_eq!(event.keys(), [None]);
    let me = both(vec![says(200, json!({"user": {}}))]);
    me.call("users.me", "{}").unwrap();
    assert_eq!(me.keys(), [key("mine")]);
}

#[test]
fn a_missing_sender_is_named() {
    let client = client(vec![says(400, json!({"error": {"message": "Requester User Not Found", "code": 1008}}))]);
    let error = client.call("incidents.snooze", r#"{"id":"P1","duration":5}"#).unwrap_err();
    assert!(error.message.contains("the setting `from`"), "{}", error.message);
    assert_eq!(error.code.as_deref(), Some("1008"));
}

fn teams(ids: std::ops::Range<u32>, more: bool) -> Turn {
    let items: Vec<Value> = ids.map(|id| json!({"id": format!("P{id}")})).collect();
    says(200, json!({"teams": items, "more": more, "total": 5}))
}

#[test]
fn a_walk_delivers_page_by_page_and_resumes_from_each_cursor() {
    let pages = || vec![teams(0..3, true), teams(2..5, false)];
    let client = client(pages());
    let mut walk = client.walk("teams.list", r#"{"limit":3}"#, None).unwrap();
    let first = client.next(&mut walk).unwrap().unwrap();
    assert_eq!(
        (first.items.as_str(), first.count, first.total),
        (r#"[{"id":"P0"},{"id":"P1"},{"id":"P2"}]"#, 3, Some(5))
    );
    assert_eq!(first.request_id.as_deref(), Some("req-1"));
    let cursor = first.next.unwrap();
    assert!(cursor.len() <= 4096 && !cursor.contains("main"));
    let last = client.next(&mut walk).unwrap().unwrap();
    assert_eq!((last.items.as_str(), last.count, last.next), (r#"[{"id":"P3"},{"id":"P4"}]"#, 2, None));
    assert!(client.next(&mut walk).unwrap().is_none());
    assert!(client.next(&mut walk).unwrap().is_none());
    assert_eq!(client.targets(), ["/teams?limit=3&offset=0", "/teams?limit=3&offset=2"]);
    // Another instance, another size: the same place.
    let again = self::client(vec![teams(2..5, false)]);
    let mut walk = again.walk("teams.list", r#"{"limit":4}"#, Some(&cursor)).unwrap();
    assert_eq!(again.next(&mut walk).unwrap().unwrap().items, r#"[{"id":"P3"},{"id":"P4"}]"#);
    assert_eq!(again.targets(), ["/teams?limit=4&offset=2"]);
    for (id, arguments) in [("teams.list", r#"{"query":"x"}"#), ("users.list", "{}"), ("audit.records.list", "{}")] {
        let error = again.walk(id, arguments, Some(&cursor)).err().unwrap();
        assert!(error.reason == Reason::Invalid && error.message.contains("cursor"), "{}", error.message);
    }
    let moved = client_with(&[("token", "main")], json!({"region": "eu"}), vec![]);
    assert!(moved.walk("teams.list", "{}", Some(&cursor)).is_err());
    let token = cursor.replace(":o", ":t0.1.0.");
    assert!(again.walk("teams.list", "{}", Some(&token)).is_err(), "a position of another dialect");
}

#[test]
fn an_error_does_not_end_a_walk() {
    let client = client(vec![
        teams(0..3, true),
        empty(401),
        says(200, json!({"x": 1})),
        says(200, json!({"teams": [], "more": true})),
        Fail(Outcome::Hopeless),
        teams(2..4, false),
    ]);
    let mut walk = client.walk("teams.list", r#"{"limit":3}"#, None).unwrap();
    client.next(&mut walk).unwrap();
    let reasons = [0; 3].map(|_| client.next(&mut walk).unwrap_err().reason);
    // Behind the empty page the walk looked further back, and there it broke.
    assert_eq!(reasons, [Reason::Unauthenticated, Reason::Unexpected, Reason::Unavailable]);
    assert_eq!(client.next(&mut walk).unwrap().unwrap().items, r#"[{"id":"P3"}]"#);
    assert!(client.next(&mut walk).unwrap().is_none());
    let offsets = [0, 2, 2, 2, 1, 2].map(|offset| format!("/teams?limit=3&offset={offset}"));
    assert_eq!(client.targets(), offsets);
}

#[test]
fn a_repeated_next_sends_the_request_that_failed() {
    let client = client(vec![teams(0..3, true), empty(403), empty(404), teams(2..4, false)]);
    let mut walk = client.walk("teams.list", r#"{"limit":3}"#, None).unwrap();
    client.next(&mut walk).unwrap();
    assert_eq!(client.next(&mut walk).unwrap_err().reason, Reason::Forbidden);
    assert_eq!(client.next(&mut walk).unwrap_err().reason, Reason::Missing);
    let page = client.next(&mut walk).unwrap().unwrap();
    assert_eq!((page.items.as_str(), page.next), (r#"[{"id":"P3"}]"#, None));
    assert_eq!(client.targets()[1..], ["/teams?limit=3&offset=2"; 3]);
}

#[test]
fn a_walk_steps_back_when_records_went_away() {
    // P0 and P1 were deleted behind the first page: P4 moved to offset 2.
    let client = client(vec![
        teams(0..4, true),
        teams(5..6, false),
        says(200, json!({"teams": [{"id": "P3"}, {"id": "P4"}, {"id": "P5"}], "more": false})),
    ]);
    let mut walk = client.walk("teams.list", r#"{"limit":4}"#, None).unwrap();
    client.next(&mut walk).unwrap();
    assert_eq!(client.next(&mut walk).unwrap().unwrap().items, r#"[{"id":"P4"},{"id":"P5"}]"#);
    assert_eq!(client.targets(), ["/teams?limit=4&offset=0", "/teams?limit=4&offset=3", "/teams?limit=4&offset=1"]);
}

#[test]
fn the_end_of_what_can_be_listed_is_incomplete() {
    let client = client(vec![says(400, json!({"error": {"message": "Offset must be less", "code": 2002}}))]);
    let cursor = crate::paging::encode(
        "teams.list",
        &Cursor {
            arguments: 0,
            account: client.connection.fingerprint(),
            read: 10_000,
            feed: None,
            windows: None,
            position: Position::Offset {
                at: 9_999,
                known: crate::paging::Known { seams: vec![1], strays: Vec::new() },
                twin: 0,
                stale: 0,
            },
        },
    );
    let mut walk = client.walk("teams.list", "{}", cursor.as_deref()).unwrap();
    let error = client.next(&mut walk).unwrap_err();
    assert_eq!((error.reason, &error.extra["read"]), (Reason::Incomplete, &json!(10_000)));
    assert!(client.targets().is_empty(), "it is known before");
    let mut walk = client.walk("teams.list", "{}", None).unwrap();
    assert_eq!(client.next(&mut walk).unwrap_err().reason, Reason::Incomplete);
}

#[test]
fn pages_are_as_large_as_asked_for_and_allowed() {
    for (settings, arguments, id, expected) in [
        (json!({}), "{}", "teams.list", "limit=100&offset=0"),
        (json!({"page_size": 7}), "{}", "teams.list", "limit=7&offset=0"),
        (json!({"page_size": 1000}), "{}", "teams.list", "limit=100&offset=0"),
        (json!({"page_size": 7}), r#"{"limit":9}"#, "teams.list", "limit=9&offset=0"),
        // A page of one could not overlap.
        (json!({}), r#"{"limit":1}"#, "teams.list", "limit=2&offset=0"),
        (json!({"overlap": false}), r#"{"limit":1}"#, "teams.list", "limit=1&offset=0"),
        (json!({}), r#"{"limit":1}"#, "on-calls.list", "limit=1&offset=0"),
        (json!({}), r#"{"count":5}"#, "scim.users.list", "startIndex=1&count=5"),
        (json!({}), "{}", "audit.records.list", "limit=100"),
    ] {
        let body =
            json!({"teams": [], "oncalls": [], "Resources": [], "records": [], "totalResults": 0, "more": false});
        let client = client_with(&[("token", "main")], settings, vec![says(200, body)]);
        let mut walk = client.walk(id, arguments, None).unwrap();
        assert_eq!(client.next(&mut walk).unwrap().unwrap().next, None);
        assert!(client.targets()[0].ends_with(&format!("?{expected}")), "{:?}", client.targets());
    }
}

#[test]
fn no_error_holds_a_credential() {
    let leak =
        json!({"error": {"message": "key main-Canary is unknown", "code": "main-Canary", "errors": ["main-Canary"]}});
    for status in [400, 401, 403, 404, 500] {
        let turns = vec![says(status, leak.clone()); 4];
        let client = client_with(&[("token", "main-Canary")], json!({}), turns);
        let error = client.call(READ.0, READ.1).unwrap_err();
        let clean = client.connection.redact(error);
        assert!(!format!("{clean:?}").contains("Canary"), "{clean:?}");
    }
}

#[test]
fn a_walk_goes_on_with_the_key_that_worked() {
    let key = |name: &str| Some(format!("Token token={name}"));
    let client = both(vec![empty(403), teams(0..3, true), teams(2..5, true), teams(4..5, false)]);
    let mut walk = client.walk("teams.list", r#"{"limit":3}"#, None).unwrap();
    while client.next(&mut walk).unwrap().is_some() {}
    assert_eq!(client.keys(), [key("main"), key("mine"), key("mine"), key("mine")]);
}

#[test]
fn a_secret_argument_that_is_repeated_is_taken_out() {
    let told = json!({"status": "invalid key", "message": "R0UT1NGKEY is unknown", "errors": ["no R0UT1NGKEY"]});
    let client = client(vec![says(400, told)]);
    let error = client
        .call("events.send", r#"{"routing_key":"R0UT1NGKEY","event_action":"resolve","dedup_key":"d"}"#)
        .unwrap_err();
    assert!(error.message.contains("[redacted] is unknown"), "{}", error.message);
    assert!(!format!("{error:?}").contains("R0UT1NGKEY"), "{error:?}");
}
