//! Requests of every bad kind, straight through `wasi:http`.
//!
//! Rule: what the host says is handed on word for word (`Debug` of its error),
//! so that a test sees which refusal it was.

use std::fmt::Write;

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{ErrorCode, Fields, FutureIncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme};
use wasip2::io::streams::StreamError;

/// The host that every flood goes to.
const HOST: &str = "api.pagerduty.com";

/// Sends what `text` describes and tells what came of it:
///
/// ```text
/// METHOD SCHEME AUTHORITY PATH
/// name: value
///
/// body
/// ```
///
/// `{held}` stands for the credential that the connection was opened with.
pub(crate) fn send(text: &str, held: &str) -> String {
    let text = text.replace("{held}", held);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    match try_send(head, body) {
        Ok(told) => told,
        Err(why) => format!("refused: {why}"),
    }
}

fn try_send(head: &str, body: &str) -> Result<String, String> {
    let mut lines = head.lines();
    let words: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let [method, scheme, authority, path] = words[..] else {
        return Err("the first line is METHOD SCHEME AUTHORITY PATH".to_owned());
    };
    let fields = Fields::new();
    for line in lines {
        let (name, value) = line.split_once(": ").ok_or("a header is `name: value`")?;
        fields.append(name, value.as_bytes()).map_err(|why| format!("header {name}: {why:?}"))?;
    }
    let request = OutgoingRequest::new(fields);
    let method = match method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "CONNECT" => Method::Connect,
        "TRACE" => Method::Trace,
        other => Method::Other(other.to_owned()),
    };
    request.set_method(&method).map_err(|()| "method")?;
    let scheme = match scheme {
        "https" => Scheme::Https,
        "http" => Scheme::Http,
        other => Scheme::Other(other.to_owned()),
    };
    request.set_scheme(Some(&scheme)).map_err(|()| "scheme")?;
    request.set_authority(Some(authority)).map_err(|()| "authority")?;
    request.set_path_with_query(Some(path)).map_err(|()| "path")?;
    let outgoing = (!body.is_empty()).then(|| request.body());
    let answer = handle(request, None).map_err(|code| format!("{code:?}"))?;
    if let Some(outgoing) = outgoing {
        let outgoing = outgoing.map_err(|()| "body")?;
        write(&outgoing, body.as_bytes())?;
        OutgoingBody::finish(outgoing, None).map_err(|code| format!("{code:?}"))?;
    }
    told(&answer)
}

/// Writes as much as the host takes.
fn write(body: &OutgoingBody, bytes: &[u8]) -> Result<(), String> {
    let stream = body.write().map_err(|()| "stream")?;
    for piece in bytes.chunks(4096) {
        stream.blocking_write_and_flush(piece).map_err(|why| format!("{why:?}"))?;
    }
    Ok(())
}

/// Status, headers and body of an answer, or why there is none.
fn told(answer: &FutureIncomingResponse) -> Result<String, String> {
    answer.subscribe().block();
    let response = match answer.get() {
        Some(Ok(Ok(response))) => response,
        Some(Ok(Err(code))) => return Err(format!("{code:?}")),
        Some(Err(())) | None => return Err("no answer".to_owned()),
    };
    let mut told = format!("{}\n", response.status());
    for (name, value) in response.headers().entries() {
        let _ = writeln!(told, "{name}: {}", String::from_utf8_lossy(&value));
    }
    let body = response.consume().map_err(|()| "no body")?;
    let stream = body.stream().map_err(|()| "no stream")?;
    loop {
        match stream.blocking_read(64 * 1024) {
            Ok(piece) => told.push_str(&String::from_utf8_lossy(&piece)),
            Err(StreamError::Closed) => return Ok(told),
            Err(StreamError::LastOperationFailed(why)) => return Err(why.to_debug_string()),
        }
    }
}

/// Begins a GET of `path`.
pub(crate) fn begin(path: &str) -> Result<FutureIncomingResponse, ErrorCode> {
    let request = OutgoingRequest::new(Fields::new());
    let set = request.set_scheme(Some(&Scheme::Https)).and_then(|()| request.set_authority(Some(HOST)));
    set.and_then(|()| request.set_path_with_query(Some(path))).map_err(|()| ErrorCode::HttpRequestUriInvalid)?;
    handle(request, None)
}

/// Begins so many requests before it looks at any answer. How many were
/// answered, and how the others failed.
pub(crate) fn flood(count: usize) -> String {
    let begun: Vec<_> = (0..count).map(|_| begin("/flood")).collect();
    let answers: Vec<_> = begun
        .iter()
        .map(|begun| match begun {
            Ok(answer) => told(answer),
            Err(code) => Err(format!("{code:?}")),
        })
        .collect();
    let answered = answers.iter().filter(|answer| answer.is_ok()).count();
    let mut failed: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
    failed.dedup();
    format!("{answered} answered, others {failed:?}")
}

/// Begins so many requests and lets each go at once.
pub(crate) fn flood_let_go(count: usize) -> String {
    let refused = (0..count).filter(|_| begin("/flood").is_err()).count();
    format!("{refused} refused")
}

/// Sends so many requests, each after the answer to the last.
pub(crate) fn flood_in_turn(count: usize) -> String {
    let answered = (0..count).filter(|_| begin("/flood").is_ok_and(|answer| told(&answer).is_ok())).count();
    format!("{answered} answered")
}

/// One request with a body of so many bytes, which is never held as a whole.
pub(crate) fn upload(bytes: u64) -> Result<String, String> {
    let request = OutgoingRequest::new(Fields::new());
    request.set_method(&Method::Post).map_err(|()| "method")?;
    request.set_scheme(Some(&Scheme::Https)).map_err(|()| "scheme")?;
    request.set_authority(Some(HOST)).map_err(|()| "authority")?;
    request.set_path_with_query(Some("/upload")).map_err(|()| "path")?;
    let body = request.body().map_err(|()| "body")?;
    let answer = handle(request, None).map_err(|code| format!("{code:?}"))?;
    let stream = body.write().map_err(|()| "stream")?;
    let piece = [b'x'; 4096];
    let written = (0..bytes.div_ceil(4096)).take_while(|_| stream.blocking_write_and_flush(&piece).is_ok()).count();
    drop(stream);
    // The host may read no further: what it says is in the answer.
    let _ = OutgoingBody::finish(body, None);
    told(&answer).map_err(|why| format!("after {written} pieces: {why}"))
}

/// One request with headers without end.
pub(crate) fn headers(most: usize) -> String {
    let fields = Fields::new();
    for number in 0..most {
        if let Err(why) = fields.append(&format!("x-{number}"), &[b'x'; 1000]) {
            return format!("refused: {why:?}");
        }
    }
    "taken".to_owned()
}

/// A request whose method or authority is as long as said: `method 1000`.
pub(crate) fn long(argument: &str) -> String {
    let (part, length) = argument.split_once(' ').unwrap_or((argument, "0"));
    let text = "A".repeat(length.parse().unwrap_or(0));
    let request = OutgoingRequest::new(Fields::new());
    let set = match part {
        "method" => request.set_method(&Method::Other(text)),
        "authority" => request.set_authority(Some(&text)),
        "scheme" => request.set_scheme(Some(&Scheme::Other(text))),
        _ => request.set_path_with_query(Some(&format!("/{text}"))),
    };
    if set.is_ok() { "taken" } else { "refused" }.to_owned()
}
