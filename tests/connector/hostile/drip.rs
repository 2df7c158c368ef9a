//! Answers that come a byte at a time, each within the time between two of them:
//! the time of the whole call ends them. In virtual time.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use host_test::World;
use host_test::host::transport::{Body, TransportError};
use host_test::host::{Error, Limit};
use http_body::Frame;
use http_body_util::BodyExt;
use tokio::time::{Instant, Sleep, sleep};

use super::open;

const WALL: Duration = Duration::from_secs(600);

/// A byte every so often, for ever.
struct Drip {
    every: Duration,
    next: Pin<Box<Sleep>>,
}

impl http_body::Body for Drip {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        std::task::ready!(self.next.as_mut().poll(context));
        let next = Instant::now() + self.every;
        self.next.as_mut().reset(next);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b" ")))))
    }
}

fn drip(every: Duration) -> Body {
    Drip { every, next: Box::pin(sleep(every)) }.boxed_unsync()
}

/// Before a server that takes `head` to begin and then drips.
async fn check(status: u16, head: Duration, every: Duration) {
    let setup = |options: &mut host_test::host::HostOptions| options.limits.wall = WALL;
    let world = World::served(&setup, move |_| async move {
        sleep(head).await;
        Ok(http::Response::builder().status(status).body(drip(every)).expect("an answer"))
    })
    .await;
    let name = format!("{status}, {head:?}, {every:?}");
    for paged in [false, true] {
        let mut on = open(&world).await;
        let start = Instant::now();
        let ended = match paged {
            false => on.call("teams.get", r#"{"id":"PT1"}"#).await.map(drop),
            true => on.walk("services.list", "{}", None).await.expect("a walk").next().await.map(drop),
        };
        assert!(matches!(ended, Err(Error::Limit(Limit::Wall(limit))) if limit == WALL), "{name}: {ended:?}");
        assert_eq!(start.elapsed().as_secs(), WALL.as_secs(), "{name}");
        // It took the instance with it; another works.
        assert!(matches!(on.call("no.such", "{}").await, Err(Error::Closed)), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_drips_is_ended_by_the_time_of_the_call() {
    for status in [200, 400, 503] {
        for every in [Duration::from_secs(1), Duration::from_secs(29)] {
            check(status, Duration::ZERO, every).await;
            check(status, Duration::from_secs(59), every).await;
        }
    }
}
