//! Values that try to leave their place: each is refused by the argument's
//! name before anything is sent, or stands encoded where the template has it.

use host_test::fire;
use host_test::generate::{self, Extent};
use host_test::host::contract::Reason;
use serde_json::{Value, json};

use super::{Range, look};

/// How a hostile value must fare in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Refused,
    /// Encoded; what stands in the target decodes to what was given.
    Encoded,
}

fn values() -> Vec<(String, Fate)> {
    use Fate::{Encoded, Refused};
    let mut values: Vec<(String, Fate)> = [
        ("..", Refused),
        (".", Refused),
        ("../x", Refused),
        ("x/..", Refused),
        ("a/b", Refused),
        ("/", Refused),
        ("//host", Refused),
        ("https://host/x", Refused),
        ("\\", Refused),
        ("..\\x", Refused),
        ("a\\b", Refused),
        ("%2e", Refused),
        ("%2e%2e", Refused),
        ("%2E%2e", Refused),
        (".%2e", Refused),
        ("%252e%252e", Refused),
        ("%2e%2e%2fx", Refused),
        ("x%2f..", Refused),
        ("x%2F%2e%2e%2Fy", Refused),
        ("..%5cx", Refused),
        ("..;", Refused),
        ("..;a=b", Refused),
        ("%2e%2e;", Refused),
        ("a\r\nX: y", Refused),
        ("a\nb", Refused),
        ("a\0b", Refused),
        ("a\tb", Refused),
        ("\u{7f}", Refused),
        ("a\u{85}b", Refused),
        ("a%0d%0aX: y", Refused),
        ("a%00", Refused),
        ("", Refused),
        (" ", Refused),
        ("%2f", Encoded),
        ("a%2fb", Encoded),
        ("%", Encoded),
        ("%zz", Encoded),
        ("...", Encoded),
        (".x", Encoded),
        ("x..y", Encoded),
        ("a?b=c", Encoded),
        ("a#b", Encoded),
        ("a&b=c", Encoded),
        ("a+b", Encoded),
        (";", Encoded),
        ("@host", Encoded),
        (":80", Encoded),
        ("{id}", Encoded),
        ("\u{202e}abc", Encoded),
        ("\u{200f}\u{feff}", Encoded),
        ("ü😀", Encoded),
        ("．．", Encoded),
        (" x", Encoded),
        ("x ", Encoded),
    ]
    .map(|(value, fate)| (value.to_owned(), fate))
    .into();
    values.push(("x".repeat(100_000), Refused));
    values.push(("%2e".repeat(30_000), Refused));
    values.push(("ü".repeat(20_000), Refused));
    values
}

/// The fewest arguments of an operation, and one of its own choosing.
fn given(fewest: &Value, name: &str, value: Value) -> Value {
    let mut given = fewest.clone();
    given[name] = value;
    given
}

#[tokio::test(start_paused = true)]
async fn fire_hostile_values_stay_in_their_segment() {
    let mut range = Range::new().await;
    let (mut tried, values) = (0_u64, values());
    for (n, detail) in range.details().await.into_iter().enumerate() {
        let id = detail.operation.id.clone();
        let (schema, fewest) = (fire::schema(&detail), generate::of(&detail, Extent::Fewest).swap_remove(0));
        let names: Vec<String> = range.route(&id).path_arguments().into_iter().map(str::to_owned).collect();
        for name in names {
            let closed = schema["properties"][&name]["enum"].is_array();
            // The long ones would cost most of the time.
            for (value, fate) in values.iter().filter(|(value, _)| value.len() < 1_000 || n % 20 == 0) {
                let fate = if closed { Fate::Refused } else { *fate };
                // A blank is some text; only an id is never blank.
                let text = schema["properties"][&name]["x-entity"].is_null();
                let fate = if !closed && text && value == " " { Fate::Encoded } else { fate };
                // A reference may be an object around the id.
                for value in [json!(value), json!({ "id": value })] {
                    if value.is_object() && schema["properties"][&name]["x-entity"].is_null() {
                        continue;
                    }
                    let given = given(&fewest, &name, value.clone());
                    let (error, sent) = range.call(&id, &given.to_string()).await;
                    tried += 1;
                    let named: Vec<&str> = error.violations.iter().map(|v| v.argument.as_str()).collect();
                    let problem = match (error.reason, fate) {
                        (Reason::Invalid, _) if named != [name.as_str()] || !sent.is_empty() => Err(error.to_string()),
                        // `id` fields, as against references, take no object.
                        (Reason::Invalid, Fate::Encoded) if value.is_object() => Ok(()),
                        (Reason::Invalid, Fate::Encoded) => Err(format!("refused: {error}")),
                        (Reason::Invalid, Fate::Refused) => Ok(()),
                        (_, Fate::Refused) => Err("was sent".to_owned()),
                        (_, Fate::Encoded) => look(&range.routes, range.route(&id), &given, &sent),
                    };
                    if let Err(problem) = problem {
                        range.fails(&id, &given.to_string(), &format!("{name}: {problem}"));
                    }
                }
            }
        }
    }
    println!("hostile values in paths tried: {tried}");
    range.finish(0);
}

#[tokio::test(start_paused = true)]
async fn fire_hostile_values_stay_in_their_query() {
    let mut range = Range::new().await;
    let (mut tried, values) = (0_u64, values());
    for detail in range.details().await {
        let id = detail.operation.id.clone();
        if range.route(&id).feed.is_some() {
            continue;
        }
        let (schema, fewest) = (fire::schema(&detail), generate::of(&detail, Extent::Fewest).swap_remove(0));
        let names: Vec<String> = range.route(&id).query.keys().cloned().collect();
        for name in names {
            let property = &schema["properties"][&name];
            let list = property["type"] == "array";
            for (value, _) in values.iter().filter(|(value, _)| value.len() < 1_000 || name == "query") {
                let value = if list { json!([value]) } else { json!(value) };
                let given = given(&fewest, &name, value);
                let (error, sent) = range.call(&id, &given.to_string()).await;
                tried += 1;
                let path = if list { format!("{name}.0") } else { name.clone() };
                let named: Vec<&str> = error.violations.iter().map(|v| v.argument.as_str()).collect();
                let problem = match error.reason {
                    Reason::Invalid if (named != [&*path] && named != [&*name]) || !sent.is_empty() => {
                        Err(error.to_string())
                    }
                    Reason::Invalid => Ok(()),
                    _ => look(&range.routes, range.route(&id), &given, &sent),
                };
                if let Err(problem) = problem {
                    range.fails(&id, &given.to_string(), &problem);
                }
            }
        }
    }
    println!("hostile values in queries tried: {tried}");
    range.finish(0);
}

/// Names that nothing has, which error messages repeat.
#[tokio::test(start_paused = true)]
async fn fire_hostile_names_are_refused_in_harmless_words() {
    let mut range = Range::new().await;
    let mut names: Vec<String> =
        values().into_iter().map(|(value, _)| value).filter(|value| value.len() < 1_000).collect();
    names.extend(["__proto__", "constructor", "$ref", "a.b", "\u{2028}", "from "].map(str::to_owned));
    let mut tried = 0_u64;
    for detail in range.details().await {
        let id = detail.operation.id.clone();
        let fewest = generate::of(&detail, Extent::Fewest).swap_remove(0);
        for name in &names {
            let given = given(&fewest, name, json!("x"));
            let (error, sent) = range.call(&id, &given.to_string()).await;
            tried += 1;
            let harmless =
                |text: &str| !text.contains(|c: char| c.is_control() || "\u{202e}\u{2028}\u{feff}".contains(c));
            let told = harmless(&error.message) && error.violations.iter().all(|v| harmless(&v.argument));
            if error.reason != Reason::Invalid || error.violations.len() != 1 || !sent.is_empty() || !told {
                range.fails(&id, &given.to_string(), &error.to_string());
            }
        }
    }
    println!("hostile names tried: {tried}");
    range.finish(0);
}

/// What is deep is read as deep as JSON readers go, and refused beyond.
#[tokio::test(start_paused = true)]
async fn fire_deep_arguments_do_not_break_the_component() {
    let mut range = Range::new().await;
    for (depth, is_sent) in [(1, true), (120, true), (130, false), (5_000, false), (500_000, false)] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let given = format!(r#"{{"title": "x", "service": "P1", "body": {{"details": {deep}}}}}"#);
            let (error, sent) = range.call("incidents.create", &given).await;
            if is_sent != (sent.len() == 1) || is_sent == (error.reason == Reason::Invalid) {
                range.fails("incidents.create", &given, &format!("{depth} deep: {}", error.message));
            }
        }
    }
    range.finish(0);
}

/// The one header whose value a caller chooses.
#[tokio::test(start_paused = true)]
async fn fire_hostile_senders_are_refused() {
    let mut range = Range::new().await;
    let senders: Vec<String> = values().into_iter().map(|(value, _)| format!("a{value}@example.com")).collect();
    let mut tried = 0_u64;
    for detail in range.details().await {
        let id = detail.operation.id.clone();
        if !range.route(&id).from {
            continue;
        }
        let fewest = generate::of(&detail, Extent::Fewest).swap_remove(0);
        for sender in &senders {
            let given = given(&fewest, "from", json!(sender));
            let (error, sent) = range.call(&id, &given.to_string()).await;
            tried += 1;
            let sound = sender.bytes().all(|b| b.is_ascii_graphic()) && sender.len() < 255;
            let problem = match error.reason {
                Reason::Invalid => match error.violations.as_slice() {
                    [violation] if violation.argument == "from" && sent.is_empty() => Ok(()),
                    _ => Err(error.to_string()),
                },
                _ if sound => look(&range.routes, range.route(&id), &given, &sent),
                _ => Err("was sent".to_owned()),
            };
            if let Err(problem) = problem {
                range.fails(&id, &given.to_string(), &problem);
            }
        }
    }
    for sender in &senders {
        let sound = sender.bytes().all(|b| b.is_ascii_graphic() && !b"<>,;".contains(&b)) && sender.len() < 255;
        let opened = range.world.open_with(&[("token", "key")], json!({"from": sender})).await;
        tried += 1;
        if opened.is_ok() && !sound {
            range.fails("open", sender, "a sender that no header can carry");
        }
    }
    println!("hostile senders tried: {tried}");
    range.finish(0);
}

/// Half of a pair is no text, so it is told where it stands.
#[tokio::test(start_paused = true)]
async fn fire_lone_surrogates_are_refused_by_name() {
    let mut range = Range::new().await;
    for (id, given, path) in [
        ("teams.get", r#"{"id": "\ud800"}"#, "id"),
        ("teams.get", r#"{"id": "a\udc00b"}"#, "id"),
        ("teams.list", r#"{"query": "\ud800\ud800"}"#, "query"),
        ("incidents.list", r#"{"team_ids": ["P1", "\udfff"]}"#, "team_ids.1"),
        ("incidents.create", r#"{"title": "x", "service": {"id": "\ud800x"}}"#, "service.id"),
    ] {
        let (error, sent) = range.call(id, given).await;
        let named: Vec<&str> = error.violations.iter().map(|v| v.argument.as_str()).collect();
        if error.reason != Reason::Invalid || named != [path] || !sent.is_empty() {
            range.fails(id, given, &format!("{error}: {named:?}"));
        }
    }
    range.finish(0);
}
