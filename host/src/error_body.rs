//! The body of an answer that is no success, cleaned before the connector reads
//! it: a connector shortens what a provider says, and a credential that it had
//! cut in two could not be found any more. Such a body is a message for people,
//! so it is read whole and cut at a mebibyte.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderValue};
use http::response::Parts;
use http_body::Frame;
use http_body_util::BodyExt;

use crate::body::Bounded;
use crate::scrubbed;
use crate::sign::Placeholders;
use crate::transport::{Body, TransportError};

/// The most of such a body that a connector sees, in bytes.
const MOST: usize = 1 << 20;

/// `body` as the connector may read it. One of a success is cleaned as it passes.
pub(crate) async fn clean(placeholders: &Placeholders, head: &mut Parts, mut body: Bounded) -> Body {
    if head.status.is_success() {
        return scrubbed::clean(placeholders, body);
    }
    if !placeholders.has_secrets() {
        return body.boxed_unsync();
    }
    let (mut text, mut cut, mut broken) = (Vec::new(), false, None);
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => {
                let room = MOST - text.len();
                text.extend_from_slice(&data[..data.len().min(room)]);
                cut = data.len() > room;
            }
            // Trailers are of no use here.
            Ok(Err(_)) => {}
            Err(error) => broken = Some(error),
        }
        if cut || broken.is_some() {
            break;
        }
    }
    let cleaned = placeholders.clean_bytes(&text, cut || broken.is_some());
    let changed = cut || cleaned.is_some();
    let text = Bytes::from(cleaned.unwrap_or(text));
    if changed && head.headers.contains_key(CONTENT_LENGTH) {
        head.headers.insert(CONTENT_LENGTH, HeaderValue::from(text.len()));
    }
    Read { text: Some(text), broken }.boxed_unsync()
}

/// What was read, and the error that ended it if one did.
struct Read {
    text: Option<Bytes>,
    broken: Option<TransportError>,
}

impl http_body::Body for Read {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let text = self.text.take().filter(|text| !text.is_empty());
        Poll::Ready(text.map(|text| Ok(Frame::data(text))).or_else(|| self.broken.take().map(Err)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use crate::body::Overflow;
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::sync::Semaphore;

    /// The body and the announced length that become of an answer.
    async fn cleaned(status: u16, body: Body) -> (Result<Bytes, TransportError>, String) {
        let credentials = ["canary", "canary-of-credentials"].map(|key| ("token".to_owned(), Secret::new(key)));
        let (_, placeholders) = Placeholders::replace(&credentials, None).unwrap();
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let bounded = Bounded::answer(body, 4 << 20, Overflow::default(), Duration::from_secs(1), permit).unwrap();
        let answer = http::Response::builder().status(status).header(CONTENT_LENGTH, "1").body(()).unwrap();
        let mut head = answer.into_parts().0;
        let body = clean(&placeholders, &mut head, bounded).await;
        let length = head.headers[CONTENT_LENGTH].to_str().unwrap().to_owned();
        (body.collect().await.map(|body| body.to_bytes()), length)
    }

    async fn check(status: u16, text: String, expected: &str, length: &str) {
        let (body, announced) = cleaned(status, crate::transport::body(text)).await;
        assert!(body.unwrap() == expected, "{status}");
        assert_eq!(announced, length);
    }

    #[tokio::test]
    async fn failures_are_cleaned_and_successes_keep_their_length() {
        check(200, "a canary-of-credentials".into(), "a [redacted]***********", "1").await;
        for status in [301, 400, 401, 500] {
            check(status, "a canary".into(), "a [redacted]", "12").await;
            check(status, "nothing".into(), "nothing", "1").await;
            check(status, String::new(), "", "1").await;
        }
    }

    #[tokio::test]
    async fn what_is_long_is_cut_and_no_piece_is_left() {
        let filler = "x".repeat(MOST - 5);
        let length = (MOST + 5).to_string();
        check(500, format!("{filler}canary and more"), &format!("{filler}[redacted]"), &length).await;
        let filler = "x".repeat(MOST);
        check(500, format!("{filler}canary"), &filler, &MOST.to_string()).await;
        check(500, filler.clone(), &filler, "1").await;
    }

    #[tokio::test]
    async fn what_breaks_off_still_does() {
        let broken = Read { text: Some("of cana".into()), broken: Some(TransportError::ConnectionTerminated) };
        let (body, _) = cleaned(500, broken.boxed_unsync()).await;
        assert!(matches!(body, Err(TransportError::ConnectionTerminated)));
    }
}
