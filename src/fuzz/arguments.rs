//! Any text as the arguments of any operation.
//!
//! Rule: a violation names an argument that was given or is declared; a request
//! has the path that the catalog declares, whatever stands in the arguments.

use serde_json::{Map, Value};

use super::{chosen, connection, headed, text, well_said};
use crate::arguments::{Arguments, check, fields, is_email};
use crate::catalog::{Body, Operation, Place, Segment};
use crate::error::{Error, Reason, said};
use crate::request::{Request, build};

pub(super) fn hold(input: &[u8]) {
    let (id, given) = headed(input);
    let operation = chosen(&id, |_| true);
    let given = text(given);
    let parsed = serde_json::from_str::<Value>(&given);
    let arguments = match check(operation, &given) {
        Err(error) => return refused(operation, parsed.ok(), &error),
        Ok(arguments) => arguments,
    };
    // What was given is sent, under the name it was given by.
    let Ok(Value::Object(given)) = parsed else { panic!("accepted what is no object") };
    assert!(given.keys().all(|name| arguments.get(name).is_some()), "{given:?}");
    again(operation, &arguments);
    if operation.feed.is_some() {
        return;
    }
    match build(operation, &arguments, &[], connection()) {
        Ok(request) => sent(operation, &arguments, &request),
        Err(error) => {
            well_said(&error);
            assert_eq!(error.reason, Reason::Invalid);
            let named = |field: &str| error.violations.iter().any(|violation| violation.argument == field);
            let outside = arguments.iter().filter(|(field, _)| field.place != Place::Body);
            assert!(outside.into_iter().any(|(field, _)| named(field.name)), "{error:?}");
        }
    }
}

fn refused(operation: &'static Operation, given: Option<Value>, error: &Error) {
    well_said(error);
    assert_eq!(error.reason, Reason::Invalid);
    let Some(given) = given else {
        assert!(error.message.contains("not JSON"), "{}", error.message);
        return;
    };
    let Value::Object(given) = given else {
        assert!(error.message.contains("must be a JSON object"), "{}", error.message);
        return;
    };
    assert!(!error.message.contains("not JSON"), "{}", error.message);
    assert!(!error.violations.is_empty(), "{error:?}");
    let cases = operation.variants.iter().flat_map(|variants| variants.cases).flat_map(|(_, entity)| entity.fields);
    let declared: Vec<&str> = fields(operation).chain(cases).map(|field| field.name).collect();
    for violation in &error.violations {
        let argument = violation.argument.trim_end_matches('…');
        let of = |name: &str| {
            let name = said(name);
            let name = name.trim_end_matches('…');
            argument.starts_with(name) || name.starts_with(argument)
        };
        assert!(declared.iter().copied().chain(given.keys().map(String::as_str)).any(of), "{violation:?}");
    }
}

/// What was accepted is accepted again, and comes to the same.
fn again(operation: &'static Operation, arguments: &Arguments) {
    let map: Map<String, Value> =
        arguments.iter().map(|(field, value)| (field.name.to_owned(), value.clone())).collect();
    let text = Value::Object(map).to_string();
    let second = check(operation, &text).unwrap_or_else(|error| panic!("{}: {text}: {}", operation.id, error.message));
    let (first, second): (Vec<_>, Vec<_>) = (arguments.iter().collect(), second.iter().collect());
    assert_eq!(first.len(), second.len(), "{}: {text}", operation.id);
    for (first, second) in first.iter().zip(&second) {
        assert_eq!(first.0.name, second.0.name);
        assert!(alike(first.1, second.1), "{}: {} -> {}", operation.id, first.1, second.1);
    }
}

fn sent(operation: &'static Operation, arguments: &Arguments, request: &Request) {
    assert!(request.https && request.authority == operation.host.us, "{}", request.authority);
    assert_eq!(request.method, operation.method);
    let target = &request.path_and_query;
    assert!(target.len() <= 60_000 && target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'), "{target}");
    let (path, query) = target.split_once('?').map_or((target.as_str(), None), |(path, query)| (path, Some(query)));
    let mut pieces = path.split('/');
    assert_eq!(pieces.next(), Some(""), "{target}");
    let pieces: Vec<&str> = pieces.collect();
    assert_eq!(pieces.len(), operation.path.len(), "{target}");
    for (piece, segment) in pieces.iter().zip(operation.path) {
        match segment {
            Segment::Literal(literal) => assert_eq!(piece, literal),
            Segment::Argument(name) => {
                let value = plain(arguments.get(name).unwrap());
                assert_eq!(unescaped(piece.as_bytes()), value.as_bytes(), "{target}");
                assert!(!value.is_empty() && !value.contains(['/', '\\']), "{target}");
                stays_in_place(piece.as_bytes());
            }
        }
    }
    let in_query = |name: &str| fields(operation).any(|field| field.place == Place::Query && field.name == name);
    for pair in query.iter().flat_map(|query| query.split('&')) {
        let (name, value) = pair.split_once('=').unwrap();
        assert!(!value.contains('='), "{target}");
        let name = String::from_utf8(unescaped(name.as_bytes())).unwrap();
        assert!(in_query(&name) || name.strip_suffix("[]").is_some_and(in_query), "{name} in {target}");
    }
    for (name, value) in &request.headers {
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{name}");
        assert!(!value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '), "{value:?}");
        assert!(*name != "from" || is_email(value), "{value:?}");
    }
    let mut names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "a header twice: {names:?}");
    body(operation, arguments, request);
}

fn body(operation: &'static Operation, arguments: &Arguments, request: &Request) {
    let in_body = || arguments.iter().filter(|(field, _)| field.place == Place::Body);
    let content = request.headers.iter().find(|(name, _)| *name == "content-type").map(|(_, value)| value.as_str());
    let bytes = request.body.as_deref();
    assert_eq!(content.is_some(), bytes.is_some());
    match operation.body {
        Body::None => assert!(bytes.is_none() && in_body().count() == 0),
        Body::Json { wrap, content: declared } => {
            assert_eq!(content, Some(declared));
            // Nests no deeper than what was given, but for the wrapper and for
            // references, which a parser with a bound on depth may not take.
            let text = std::str::from_utf8(bytes.unwrap()).unwrap();
            crate::envelope::validate(text).unwrap();
            let Ok(sent) = serde_json::from_str::<Value>(text) else { return };
            let sent = wrap.map_or(&sent, |key| &sent[key]).as_object().unwrap();
            assert_eq!(sent.len(), in_body().count(), "{text}");
            for (field, value) in in_body() {
                assert!(sent.get(field.name).is_some_and(|sent| alike(sent, value)), "{} in {text}", field.name);
            }
        }
        Body::Multipart => {
            let boundary = content.and_then(|content| content.strip_prefix("multipart/form-data; boundary=")).unwrap();
            let text = std::str::from_utf8(bytes.unwrap()).unwrap();
            let parts: Vec<&str> = text.split(&format!("--{boundary}")).collect();
            // Nothing before the first and `--` behind the last.
            assert_eq!((parts.len(), parts[0], parts[parts.len() - 1]), (in_body().count() + 2, "", "--\r\n"));
        }
    }
}

/// However often it is decoded, a piece of a path leads nowhere else.
fn stays_in_place(piece: &[u8]) {
    let mut form = piece.to_vec();
    loop {
        let next = unescaped(&form);
        for name in next.split(|byte| matches!(byte, b'/' | b'\\')) {
            let name = name.split(|byte| *byte == b';').next().unwrap_or_default();
            assert!(name != b"." && name != b"..", "{}", text(piece));
        }
        assert!(!next.iter().any(u8::is_ascii_control), "{}", text(piece));
        if next == form {
            return;
        }
        form = next;
    }
}

fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap());
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Equal, but for the last digit of a fraction, which reading text may change.
fn alike(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) if left.is_f64() || right.is_f64() => {
            let (left, right) = (left.as_f64().unwrap(), right.as_f64().unwrap());
            (left - right).abs() <= left.abs() * 1e-12
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| alike(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| right.get(name).is_some_and(|right| alike(left, right)))
        }
        (left, right) => left == right,
    }
}
