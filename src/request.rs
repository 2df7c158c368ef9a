//! An operation and its arguments become an HTTP request.
//!
//! Rule: pure. Every path, query and header value that a caller wrote is
//! encoded or refused here; the `Authorization` header is not made here.

use serde_json::{Map, Value};

use crate::arguments::{Arguments, fnv};
use crate::catalog::{Body, From, ListStyle, Method, Operation, Place, Segment, Type};
use crate::connection::Connection;
use crate::error::{Error, Result, Violation};

/// What goes out, but for the credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) https: bool,
    /// `api.pagerduty.com`, or a loopback address with its port.
    pub(crate) authority: String,
    pub(crate) path_and_query: String,
    /// Lower-case names.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Vec<u8>>,
}

/// Values of the page dialect and of a window that join the caller's or stand
/// in their place; null takes the caller's away.
pub(crate) type PageValues = [(&'static str, Value)];

/// Bytes of one piece of a path. No id or name comes near.
const LONGEST_SEGMENT: usize = 1_000;
/// Bytes of path and query together. HTTP libraries end at 64 KiB.
const LONGEST_TARGET: usize = 60_000;

/// Builds the request of one call or of one page.
pub(crate) fn build(
    operation: &'static Operation,
    arguments: &Arguments,
    page: &PageValues,
    connection: &Connection,
) -> Result<Request> {
    let (https, authority) = connection.authority(operation.host);
    let mut path_and_query = path(operation, arguments)?;
    for (index, (name, value)) in query(operation, arguments, page).iter().enumerate() {
        path_and_query.push(if index == 0 { '?' } else { '&' });
        path_and_query.push_str(name);
        path_and_query.push('=');
        path_and_query.push_str(value);
    }
    if path_and_query.len() > LONGEST_TARGET {
        let in_query = arguments.iter().filter(|(field, _)| field.place == Place::Query);
        let longest = in_query.max_by_key(|(_, value)| value.to_string().len());
        let name = longest.map_or("", |(field, _)| field.name);
        return Err(refused(operation, name, "makes the request's address too long: give less, in several calls"));
    }
    let mut headers = vec![
        ("accept", operation.accept.to_owned()),
        ("user-agent", concat!("pagerduty-connector/", env!("CARGO_PKG_VERSION")).to_owned()),
    ];
    if let Some(value) = operation.early_access {
        headers.push(("x-early-access", value.to_owned()));
    }
    if let Some(from) = from(operation, arguments, connection) {
        headers.push(("from", from));
    }
    headers.extend(given(operation, arguments)?);
    let body = body(operation, arguments, page).map(|(content, body)| {
        headers.push(("content-type", content));
        body
    });
    Ok(Request { method: operation.method, https, authority, path_and_query, headers, body })
}

/// The sender of a change: the argument, or the setting.
pub(crate) fn from(operation: &Operation, arguments: &Arguments, connection: &Connection) -> Option<String> {
    match operation.from {
        From::No => None,
        From::Optional | From::Required => {
            arguments.get("from").and_then(Value::as_str).map(str::to_owned).or_else(|| connection.from.clone())
        }
    }
}

/// Headers that the caller gives: visible ASCII, so that none ends early or becomes two.
fn given(operation: &'static Operation, arguments: &Arguments) -> Result<Vec<(&'static str, String)>> {
    let declared = operation.fields.iter().filter(|field| field.place == Place::Header);
    let mut headers = Vec::new();
    for name in declared.map(|field| field.name) {
        let Some(value) = arguments.get(name).and_then(Value::as_str) else { continue };
        if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            let problem = "cannot be sent in a header: it holds a space, a control character or a letter beyond ASCII";
            return Err(refused(operation, name, problem));
        }
        headers.push((name, value.to_owned()));
    }
    Ok(headers)
}

fn path(operation: &'static Operation, arguments: &Arguments) -> Result<String> {
    let mut path = String::new();
    for segment in operation.path {
        path.push('/');
        match segment {
            Segment::Literal(text) => path.push_str(text),
            Segment::Argument(name) => {
                let value = arguments.get(name).map(plain).unwrap_or_default();
                if let Some(problem) = strays(&value) {
                    return Err(refused(operation, name, problem));
                }
                encode(&value, &mut path);
            }
        }
    }
    Ok(path)
}

fn refused(operation: &Operation, name: &str, problem: &str) -> Box<Error> {
    Error::invalid(&format!("arguments of {}", operation.id), vec![Violation::new(name, problem)])
}

/// Why a value cannot stand in a path. Encoded slashes and dot segments are
/// undone by some proxies, so they never leave at all; some undo twice.
fn strays(value: &str) -> Option<&'static str> {
    if value.is_empty() || value.len() > LONGEST_SEGMENT {
        return Some("is not an id: it is empty or too long");
    }
    if value.contains(['/', '\\']) {
        return Some("is not an id: it holds a slash");
    }
    let mut form = value.as_bytes().to_vec();
    loop {
        // What stands behind a semicolon is no part of the name to some servers.
        let name = |part: &[u8]| part.split(|b| *b == b';').next().map(<[u8]>::to_vec);
        let mut names = form.split(|b| matches!(b, b'/' | b'\\')).filter_map(name);
        if names.any(|name| name == b"." || name == b"..") {
            return Some("is not an id: it holds dots that lead out of the path");
        }
        if String::from_utf8_lossy(&form).chars().any(char::is_control) {
            return Some("is not an id: it holds a control character");
        }
        let next = decoded(&form);
        if next.len() == form.len() {
            return None;
        }
        form = next;
    }
}

/// Percent-decodes once; what is no escape stays.
fn decoded(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| *first == b'%').and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
            u8::from_str_radix(digits, 16).ok()
        });
        out.push(escaped.unwrap_or(*first));
        rest = after.get(if escaped.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    out
}

/// Names and values, both encoded.
fn query(operation: &'static Operation, arguments: &Arguments, page: &PageValues) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    // Paging arguments that a document does not declare are no fields, and
    // stand in the query.
    let in_query = |name: &str| !operation.fields.iter().any(|field| field.name == name && field.place == Place::Body);
    let overridden = |name: &str| page.iter().any(|(set, _)| *set == name);
    for (field, value) in arguments.iter().filter(|(field, _)| field.place == Place::Query && !overridden(field.name)) {
        match (value, field.list_style) {
            (Value::Null, _) => {}
            (Value::Array(items), _) if items.is_empty() => {}
            (Value::Array(items), ListStyle::Comma) => {
                let joined: Vec<String> = items.iter().map(plain).collect();
                pairs.push((encoded(field.name), encoded(&joined.join(","))));
            }
            (Value::Array(items), style) => {
                let name = match style {
                    ListStyle::Brackets => format!("{}[]", field.name),
                    ListStyle::Bare | ListStyle::Comma => field.name.to_owned(),
                };
                pairs.extend(items.iter().map(|item| (encoded(&name), encoded(&plain(item)))));
            }
            (value, _) => pairs.push((encoded(field.name), encoded(&plain(value)))),
        }
    }
    let added = page.iter().filter(|(name, value)| in_query(name) && !value.is_null());
    pairs.extend(added.map(|(name, value)| (encoded(name), encoded(&plain(value)))));
    pairs
}

/// Content type and bytes.
fn body(operation: &'static Operation, arguments: &Arguments, page: &PageValues) -> Option<(String, Vec<u8>)> {
    let in_body = |name: &str| operation.fields.iter().any(|field| field.name == name && field.place == Place::Body);
    match operation.body {
        Body::None => None,
        Body::Json { wrap, content } => {
            let mut fields: Map<String, Value> = arguments
                .iter()
                .filter(|(field, _)| field.place == Place::Body)
                .map(|(field, value)| (field.name.to_owned(), value.clone()))
                .collect();
            fields.extend(
                page.iter().filter(|(name, _)| in_body(name)).map(|(name, value)| ((*name).to_owned(), value.clone())),
            );
            let fields = Value::Object(fields);
            let body = match wrap {
                Some(key) => Value::Object(Map::from_iter([(key.to_owned(), fields)])),
                None => fields,
            };
            Some((content.to_owned(), body.to_string().into_bytes()))
        }
        Body::Multipart => Some(multipart(arguments)),
    }
}

/// `multipart/form-data`; a boundary that the parts do not contain.
fn multipart(arguments: &Arguments) -> (String, Vec<u8>) {
    let parts: Vec<(&str, bool, String)> = arguments
        .iter()
        .filter(|(field, _)| field.place == Place::Body)
        .map(|(field, value)| (field.name, matches!(field.of, Type::File), plain(value)))
        .collect();
    let mut seed = parts.iter().fold(0, |seed, (_, _, text)| fnv(text.as_bytes(), seed));
    let mut boundary = format!("part-{seed:016x}");
    while parts.iter().any(|(_, _, text)| text.contains(&boundary)) {
        seed = fnv(boundary.as_bytes(), seed);
        boundary = format!("part-{seed:016x}");
    }
    let mut body = String::new();
    for (name, file, text) in parts {
        body.push_str(&format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\""));
        body.push_str(if file { "; filename=\"upload.csv\"\r\ncontent-type: text/csv\r\n\r\n" } else { "\r\n\r\n" });
        body.push_str(&text);
        body.push_str("\r\n");
    }
    body.push_str(&format!("--{boundary}--\r\n"));
    (format!("multipart/form-data; boundary={boundary}"), body.into_bytes())
}

/// A scalar as it stands in a path, a query or a part.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    encode(text, &mut out);
    out
}

/// Percent-encodes all but RFC 3986's unreserved characters.
fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests;
