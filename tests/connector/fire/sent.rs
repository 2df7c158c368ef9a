//! Whether a request holds what was given, and nothing else.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::routes::{Route, Routes, Style};

/// Percent-decodes; none where that is no text.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let (mut out, mut bytes) = (Vec::new(), text.bytes());
    while let Some(byte) = bytes.next() {
        let hex = |byte: Option<u8>| char::from(byte?).to_digit(16);
        match byte {
            b'%' => out.push(u8::try_from(hex(bytes.next())? * 16 + hex(bytes.next())?).ok()?),
            other => out.push(other),
        }
    }
    String::from_utf8(out).ok()
}

/// Whether a piece of a path leads elsewhere, now or after a careless proxy has
/// decoded it once or twice.
fn leads_away(piece: &str) -> bool {
    let mut forms = vec![piece.to_owned()];
    for _ in 0..2 {
        let last = forms.last().cloned().unwrap_or_default();
        forms.extend(decoded(&last));
    }
    forms.iter().any(|form| form.split(['/', '\\']).any(|part| matches!(part.split(';').next(), Some("." | ".."))))
}

/// The path of a request against its template.
pub(crate) fn path(route: &Route, given: &Map<String, Value>, request: &http::Request<Bytes>) -> Result<(), String> {
    let uri = request.uri();
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    if uri.scheme_str() != Some("https") || authority != route.host {
        return Err(format!("goes to {uri}"));
    }
    let pieces: Vec<&str> = uri.path().trim_start_matches('/').split('/').collect();
    if pieces.len() != route.path.len() || !uri.path().starts_with('/') || uri.path().starts_with("//") {
        return Err(format!("{} is not of the shape {:?}", uri.path(), route.path));
    }
    for (piece, template) in pieces.iter().zip(&route.path) {
        let expected = match template.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            None => template.clone(),
            Some(name) => plain(&given[name]).ok_or("no single value")?,
        };
        if decoded(piece).as_deref() != Some(&expected) || leads_away(piece) {
            return Err(format!("{piece:?} in place of {expected:?}"));
        }
    }
    Ok(())
}

/// A value as it stands in a path or a query; of a reference its id.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(reference) => reference.get("id")?.as_str().map(str::to_owned),
        // A whole number can be written as 5.0.
        Value::Number(number) if number.is_f64() && number.as_f64()?.fract() == 0.0 => {
            Some(format!("{}", number.as_f64()?))
        }
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) => None,
    }
}

/// The query, name by name and value by value.
pub(crate) fn query(route: &Route, given: &Map<String, Value>, request: &http::Request<Bytes>) -> Result<(), String> {
    let mut expected = route.fixed.clone();
    for (name, style) in &route.query {
        match given.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::Array(items)) if items.is_empty() => {}
            Some(Value::Array(items)) => {
                let values: Vec<String> = items.iter().filter_map(plain).collect();
                match style {
                    Style::Comma => expected.push((name.clone(), values.join(","))),
                    Style::Bare => expected.extend(values.into_iter().map(|value| (name.clone(), value))),
                    Style::Brackets => expected.extend(values.into_iter().map(|value| (format!("{name}[]"), value))),
                }
            }
            Some(value) => expected.push((name.clone(), plain(value).ok_or("no single value")?)),
        }
    }
    let pairs = request.uri().query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let mut found = Vec::new();
    for pair in pairs {
        let (name, value) = pair.split_once('=').ok_or("a pair without =")?;
        found.push((decoded(name).ok_or("no text")?, decoded(value).ok_or("no text")?));
    }
    expected.sort();
    found.sort();
    if found == expected { Ok(()) } else { Err(format!("the query holds {found:?}, not {expected:?}")) }
}

/// Headers: what the catalog says, one credential, and nothing else.
pub(crate) fn headers(route: &Route, given: &Map<String, Value>, request: &http::Request<Bytes>) -> Result<(), String> {
    let value = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let from = given.get("from").and_then(Value::as_str).unwrap_or("set@example.com");
    if value("from") != route.from.then_some(from) {
        return Err(format!("the sender is {:?}", value("from")));
    }
    if value("x-early-access") != route.early_access.as_deref() {
        return Err(format!("early access is {:?}", value("x-early-access")));
    }
    if value("authorization").is_some() == (route.key == "none") {
        return Err("an authorization in the wrong place".to_owned());
    }
    let known =
        ["accept", "authorization", "content-length", "content-type", "from", "host", "user-agent", "x-early-access"];
    if let Some(name) = route.header.iter().find(|name| value(name) != given.get(*name).and_then(Value::as_str)) {
        return Err(format!("the header {name} holds {:?}", value(name)));
    }
    let names: Vec<&str> = request.headers().keys().map(http::HeaderName::as_str).collect();
    match names.iter().find(|name| !known.contains(*name) && !route.header.iter().any(|given| given == *name)) {
        Some(other) => Err(format!("the header {other}")),
        None if names.iter().collect::<BTreeSet<_>>().len() != request.headers().len() => Err(format!("{names:?}")),
        None => Ok(()),
    }
}

/// The body: what was given, under the wrapper, and constants.
pub(crate) fn body(
    routes: &Routes,
    route: &Route,
    given: &Map<String, Value>,
    request: &http::Request<Bytes>,
) -> Result<(), String> {
    if !route.body {
        return if request.body().is_empty() { Ok(()) } else { Err("a body where there is none".to_owned()) };
    }
    let elsewhere = |name: &str| {
        route.path_arguments().contains(&name)
            || route.query.contains_key(name)
            || route.header.iter().any(|header| header == name)
            || (name == "from" && route.from)
    };
    let given: Map<String, Value> =
        given.iter().filter(|(name, _)| !elsewhere(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    if route.multipart {
        let text = String::from_utf8_lossy(request.body());
        let holds = |(name, value): (&String, &Value)| {
            text.contains(&format!("name=\"{name}\""))
                && text.contains(&format!("\r\n\r\n{}\r\n--", plain(value).unwrap_or_default()))
        };
        return if given.iter().all(holds) { Ok(()) } else { Err(format!("parts that hold {text}")) };
    }
    let sent: Value = serde_json::from_slice(request.body()).map_err(|error| error.to_string())?;
    let inner = match &route.wrap {
        None => &sent,
        Some(key) => match sent.as_object() {
            Some(outer) if outer.len() == 1 && outer.contains_key(key) => &sent[key],
            _ => return Err(format!("not wrapped in {key}: {sent}")),
        },
    };
    same(routes, "", &Value::Object(given), inner)
}

/// Whether `sent` is `given`, with references written out and constants added.
fn same(routes: &Routes, path: &str, given: &Value, sent: &Value) -> Result<(), String> {
    let constant = |name: &str, value: &Value| {
        value.as_str().is_some_and(|value| routes.constants.contains(&(name.to_owned(), value.to_owned())))
    };
    match (given, sent) {
        (Value::Object(given), Value::Object(sent)) => {
            for (name, value) in given {
                // A reference without a type is given one.
                if name == "type" && value.is_null() && sent.get(name).is_some_and(|sent| constant(name, sent)) {
                    continue;
                }
                let found = sent.get(name).ok_or_else(|| format!("{path}.{name} is not sent"))?;
                same(routes, &format!("{path}.{name}"), value, found)?;
            }
            match sent.iter().find(|(name, value)| !given.contains_key(*name) && !constant(name, value)) {
                Some((name, value)) => Err(format!("{path}.{name}: {value} was not given")),
                None => Ok(()),
            }
        }
        (Value::String(id), Value::Object(sent)) => {
            let whole = sent.len() == 2 && sent["id"] == **id && constant("type", &sent["type"]);
            if whole { Ok(()) } else { Err(format!("{path}: {sent:?} for the id {id}")) }
        }
        (Value::Array(given), Value::Array(sent)) if given.len() == sent.len() => given
            .iter()
            .zip(sent)
            .enumerate()
            .try_for_each(|(n, (given, sent))| same(routes, &format!("{path}.{n}"), given, sent)),
        (Value::Number(given), Value::Number(sent)) if given.as_f64() == sent.as_f64() => Ok(()),
        _ if given == sent => Ok(()),
        _ => Err(format!("{path}: {sent} in place of {given}")),
    }
}
