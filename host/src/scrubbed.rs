//! The body of an answer that succeeded: the account's own data, of any length,
//! which passes as it comes, without the credentials should a server repeat them.
//!
//! Rule: what is taken out is written over, so that no length changes and a JSON
//! text stays one. Only the few bytes at the end of a piece that may begin a
//! credential wait for the next piece; nothing is copied where nothing is found.
//!
//! Credentials shorter than eight characters stay: they would be found in an
//! account's data by chance.

use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;

use crate::body::Bounded;
use crate::redact::REDACTED;
use crate::sign::Placeholders;
use crate::transport::{Body, TransportError};

/// The shortest credential that is looked for in data.
const SHORTEST: usize = 8;

/// Bytes that may wait for the next piece: no credential is longer.
const MOST_HELD: usize = 64 << 10;

/// `body` as the connector may read it.
pub(crate) fn clean(placeholders: &Placeholders, body: Bounded) -> Body {
    match placeholders.looked_for(SHORTEST).next() {
        Some(_) => Scrubbed { inner: body, placeholders: placeholders.clone(), held: Bytes::new() }.boxed_unsync(),
        None => body.boxed_unsync(),
    }
}

struct Scrubbed<B> {
    inner: B,
    placeholders: Placeholders,
    /// The end of what came so far, where it may begin a credential.
    held: Bytes,
}

impl<B> Scrubbed<B> {
    /// What of `piece` can go on, cleaned; the rest is held.
    fn pass(&mut self, piece: Bytes) -> Bytes {
        let held = std::mem::take(&mut self.held);
        let mut piece = if held.is_empty() { piece } else { [held, piece].concat().into() };
        let begun = self.placeholders.looked_for(SHORTEST).filter_map(|spellings| spellings.begun(&piece, 0)).min();
        let mut end = begun.unwrap_or(piece.len());
        let places = self.placeholders.places(&piece, SHORTEST);
        // One may begin inside another: what is written over could not be
        // recognised any more.
        let across = places.iter().find(|place| place.start < end && end < place.end);
        if let Some(across) = across {
            end = if piece.len() - across.start <= MOST_HELD { across.start } else { across.end };
        }
        self.held = piece.split_off(end);
        written_over(piece, places.into_iter().filter(|place| place.start < end))
    }

    /// What was held, where nothing follows.
    fn last(&mut self) -> Bytes {
        let held = std::mem::take(&mut self.held);
        let places = self.placeholders.places(&held, SHORTEST);
        written_over(held, places.into_iter())
    }
}

/// `piece` with something else in these places, of the same length.
fn written_over(piece: Bytes, places: impl Iterator<Item = Range<usize>>) -> Bytes {
    let mut places = places.peekable();
    if places.peek().is_none() {
        return piece;
    }
    let mut cleaned = Vec::from(piece);
    for place in places {
        let place = &mut cleaned[place];
        place.fill(b'*');
        if let Some(start) = place.get_mut(..REDACTED.len()) {
            start.copy_from_slice(REDACTED.as_bytes());
        }
    }
    cleaned.into()
}

impl<B> http_body::Body for Scrubbed<B>
where
    B: http_body::Body<Data = Bytes, Error = TransportError> + Unpin,
{
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        loop {
            let frame = match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                None if !self.held.is_empty() => Frame::data(self.last()),
                None => return Poll::Ready(None),
                // What waits can be the piece of one.
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(frame)) => match frame.into_data().map(|piece| self.pass(piece)) {
                    Ok(piece) if piece.is_empty() => continue,
                    Ok(piece) => Frame::data(piece),
                    // Trailers come last, and nobody reads them.
                    Err(_) => continue,
                },
            };
            return Poll::Ready(Some(Ok(frame)));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, held) = (self.inner.size_hint(), self.held.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(held));
        if let Some(upper) = inner.upper().and_then(|upper| upper.checked_add(held)) {
            hint.set_upper(upper);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use http_body::Body as _;
    use std::collections::VecDeque;

    const KEY: &str = "canary-9f8e/7d6c+5b4a";
    const OTHER: &str = "5b4a-and-more";

    /// Pieces, and the error that ends them if one does.
    struct Pieces(VecDeque<Result<Bytes, TransportError>>);

    impl http_body::Body for Pieces {
        type Data = Bytes;
        type Error = TransportError;
        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
            Poll::Ready(self.0.pop_front().map(|piece| piece.map(Frame::data)))
        }
    }

    fn scrubbed(pieces: impl IntoIterator<Item = Result<Bytes, TransportError>>) -> Scrubbed<Pieces> {
        let credentials = [KEY, OTHER].map(|key| ("key".to_owned(), Secret::new(key)));
        let placeholders = Placeholders::replace(&credentials, None).unwrap().1;
        Scrubbed { inner: Pieces(pieces.into_iter().collect()), placeholders, held: Bytes::new() }
    }

    /// What becomes of a text, however it is cut into pieces.
    async fn check(text: &str, expected: &str) {
        assert_eq!(text.len(), expected.len(), "{text}");
        for size in (1..=text.len().max(1)).rev() {
            let pieces: Vec<_> = text.as_bytes().chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
            let whole = scrubbed(pieces).collect().await.unwrap().to_bytes();
            assert_eq!(String::from_utf8_lossy(&whole), expected, "in pieces of {size}");
        }
    }

    #[tokio::test]
    async fn credentials_are_written_over_wherever_they_are_cut() {
        let mask = |length: usize| format!("{REDACTED}{}", "*".repeat(length - REDACTED.len()));
        let key = mask(KEY.len());
        check("", "").await;
        check(r#"{"a":"nothing \"here\" but \\ 100%"}"#, r#"{"a":"nothing \"here\" but \\ 100%"}"#).await;
        check(KEY, &key).await;
        check(
            &format!("{{\"a\":\"{KEY}\",\"b\":[\"{KEY}{KEY}\"]}}"),
            &format!("{{\"a\":\"{key}\",\"b\":[\"{key}{key}\"]}}"),
        )
        .await;
        // What only begins as one.
        check("canary-9f8e/7d6c+5b4", "canary-9f8e/7d6c+5b4").await;
        check(&format!("canary-canary-9f{KEY}"), &format!("canary-canary-9f{key}")).await;
        // Spelled otherwise: `spelling` has all forms.
        for spelled in [r"canary-9f8e\/7d6c+5b4a", r"canary-9f8e\u002f7d6c\u002B5b4a", "canary-9f8e%2F7d6c%2B5b4a"] {
            check(&format!("[\"{spelled}\"]"), &format!("[\"{}\"]", mask(spelled.len()))).await;
        }
        // `printf 'x:canary-9f8e/7d6c+5b4a' | base64`, of which the first letters are x's.
        check("eDpjYW5hcnktOWY4ZS83ZDZjKzViNGE=", &format!("eDp{}E=", mask(27))).await;
        // One across the other.
        let both = format!("{KEY}-and-more.");
        check(&both, &format!("{}.", mask(both.len() - 1))).await;
    }

    #[tokio::test]
    async fn lengths_are_kept_and_no_piece_outlives_an_error() {
        let mut body =
            scrubbed([Ok(Bytes::from_static(b"{\"a\":\"canary-9f8e")), Err(TransportError::ConnectionTerminated)]);
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(first, "{\"a\":\"");
        assert_eq!((body.size_hint().lower(), body.is_end_stream()), (11, false));
        assert!(matches!(body.frame().await, Some(Err(TransportError::ConnectionTerminated))));
    }

    #[test]
    fn short_credentials_are_left_in_data() {
        let credentials = [("key".to_owned(), Secret::new("canary"))];
        let placeholders = Placeholders::replace(&credentials, None).unwrap().1;
        assert!(placeholders.looked_for(SHORTEST).next().is_none());
    }
}
