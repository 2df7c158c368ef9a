//! A body that may hold so many bytes and stall so long, in either direction.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};

use crate::transport::{Body, TransportError};

/// Which way a body goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Request,
    Answer,
}

impl Direction {
    fn too_large(self, size: u64) -> TransportError {
        match self {
            Direction::Request => TransportError::HttpRequestBodySize(Some(size)),
            Direction::Answer => TransportError::HttpResponseBodySize(Some(size)),
        }
    }

    fn bit(self) -> u8 {
        match self {
            Direction::Request => 1,
            Direction::Answer => 2,
        }
    }
}

/// Remembers, beyond what the connector makes of it, that a body was too large.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overflow(Arc<AtomicU8>);

impl Overflow {
    fn set(&self, direction: Direction) {
        self.0.fetch_or(direction.bit(), Ordering::Relaxed);
    }

    /// The direction in which a body was too large since the last call.
    pub(crate) fn take(&self) -> Option<Direction> {
        let bits = self.0.swap(0, Ordering::Relaxed);
        [Direction::Answer, Direction::Request].into_iter().find(|direction| bits & direction.bit() != 0)
    }
}

/// The body and its bounds.
pub(crate) struct Bounded {
    inner: Body,
    direction: Direction,
    left: u64,
    overflow: Overflow,
    /// How long to wait for the next piece, and the timer once it was needed.
    patience: Option<Duration>,
    timer: Option<Pin<Box<Sleep>>>,
    waiting: bool,
    /// Counts the request as in flight until its answer has been read.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Bounded {
    /// Bounds a request's body.
    pub(crate) fn request(inner: Body, limit: u64, overflow: Overflow) -> Self {
        Bounded {
            inner,
            direction: Direction::Request,
            left: limit,
            overflow,
            patience: None,
            timer: None,
            waiting: false,
            _permit: None,
        }
    }

    /// Bounds an answer's body. Refused at once if it announces too much.
    pub(crate) fn answer(
        inner: Body,
        limit: u64,
        overflow: Overflow,
        patience: Duration,
        permit: OwnedSemaphorePermit,
    ) -> Result<Self, TransportError> {
        let announced = inner.size_hint().lower();
        if announced > limit {
            overflow.set(Direction::Answer);
            return Err(Direction::Answer.too_large(announced));
        }
        Ok(Bounded {
            inner,
            direction: Direction::Answer,
            left: limit,
            overflow,
            patience: Some(patience),
            timer: None,
            waiting: false,
            _permit: Some(permit),
        })
    }

    /// Whether the next piece is overdue. The timer is made at the first wait
    /// and set anew at each: most pieces are there when asked for.
    fn overdue(&mut self, context: &mut Context<'_>) -> bool {
        let Some(patience) = self.patience else {
            return false;
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        if !self.waiting {
            timer.as_mut().reset(Instant::now() + patience);
            self.waiting = true;
        }
        timer.as_mut().poll(context).is_ready()
    }
}

impl http_body::Body for Bounded {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        match polled {
            Poll::Ready(Some(Ok(frame))) => {
                self.waiting = false;
                let size = frame.data_ref().map_or(0, |data| data.len() as u64);
                match self.left.checked_sub(size) {
                    Some(left) => {
                        self.left = left;
                        Poll::Ready(Some(Ok(frame)))
                    }
                    None => {
                        self.overflow.set(self.direction);
                        Poll::Ready(Some(Err(self.direction.too_large(size))))
                    }
                }
            }
            Poll::Pending if self.overdue(context) => Poll::Ready(Some(Err(TransportError::ConnectionReadTimeout))),
            other => other,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Limits;
    use crate::transport::body;
    use http_body_util::BodyExt;
    use tokio::sync::Semaphore;

    fn answer(inner: Body, overflow: &Overflow) -> Result<Bounded, TransportError> {
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let patience = Duration::from_secs(5);
        Bounded::answer(inner, 10, overflow.clone(), patience, permit)
    }

    #[tokio::test]
    async fn a_body_within_its_limit_passes() {
        let overflow = Overflow::default();
        let bounded = answer(body("0123456789"), &overflow).unwrap();
        let bytes = bounded.collect().await.unwrap().to_bytes();
        assert_eq!(bytes, "0123456789");
        assert_eq!(overflow.take(), None);
    }

    #[tokio::test]
    async fn a_body_beyond_its_limit_is_an_error_and_is_remembered() {
        let overflow = Overflow::default();
        assert!(answer(body("0123456789x"), &overflow).is_err());
        assert_eq!(overflow.take(), Some(Direction::Answer));
        assert_eq!(overflow.take(), None);

        let request = Bounded::request(body("0123456789x"), 10, overflow.clone());
        let error = request.collect().await.unwrap_err();
        assert!(matches!(error, TransportError::HttpRequestBodySize(_)));
        assert_eq!(overflow.take(), Some(Direction::Request));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stalls_is_an_error() {
        struct Never;
        impl http_body::Body for Never {
            type Data = Bytes;
            type Error = TransportError;
            fn poll_frame(
                self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
                Poll::Pending
            }
        }
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let limits = Limits { between_bytes: Duration::MAX, ..Limits::default() }.within_reason();
        let (overflow, patience) = (Overflow::default(), limits.between_bytes);
        let bounded = Bounded::answer(Never.boxed_unsync(), 10, overflow, patience, permit).unwrap();
        assert!(tokio::time::timeout(Duration::from_secs(9999), bounded.collect()).await.is_err());

        let bounded = answer(Never.boxed_unsync(), &Overflow::default()).unwrap();
        let error = bounded.collect().await.unwrap_err();
        assert!(matches!(error, TransportError::ConnectionReadTimeout));
    }

    #[tokio::test]
    async fn a_body_that_announces_nothing_is_counted() {
        let overflow = Overflow::default();
        let pieces = (0..3).map(|_| Ok(Frame::data(Bytes::from_static(b"01234"))));
        let stream = Pieces(pieces.collect()).boxed_unsync();
        let error = answer(stream, &overflow).unwrap().collect().await.unwrap_err();
        assert!(matches!(error, TransportError::HttpResponseBodySize(_)));
    }

    struct Pieces(std::collections::VecDeque<Result<Frame<Bytes>, TransportError>>);

    impl http_body::Body for Pieces {
        type Data = Bytes;
        type Error = TransportError;
        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
            Poll::Ready(self.0.pop_front())
        }
    }
}
