//! Names that cannot be resolved, by a resolver of the test; no request gets as
//! far as a socket.

use std::future::pending;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use host_test::World;
use host_test::host::contract::Reason;
use host_test::host::transport::Transport;
use host_test::host::{Error, Resolver};

use super::{BUDGET, open};

/// What the resolver says.
#[derive(Debug, Clone, Copy)]
enum Says {
    NoSuchName,
    NoAddress,
    Nothing,
    Inside(&'static str),
    /// An address outside, and one inside.
    Both,
}

fn resolver(says: Says, asked: Arc<AtomicUsize>) -> Resolver {
    Arc::new(move |name| {
        assert_eq!(name, "api.pagerduty.com");
        asked.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            let address = |text: &str| text.parse::<IpAddr>().expect("an address");
            match says {
                Says::NoSuchName => Err(io::Error::other("no such\nname")),
                Says::NoAddress => Ok(Vec::new()),
                Says::Nothing => pending().await,
                Says::Inside(text) => Ok(vec![address(text)]),
                Says::Both => Ok(vec![address("8.8.8.8"), address("10.0.0.1")]),
            }
        })
    })
}

/// Calls a read and a write that may not be repeated: how either ends, how
/// often the name is asked for, how long that takes.
async fn check(says: Says, reason: Reason, lookups: usize, takes_s: u64, words: &str) {
    for (operation, arguments) in [("teams.get", r#"{"id":"PT1"}"#), ("teams.create", r#"{"name":"Payments"}"#)] {
        let asked = Arc::new(AtomicUsize::new(0));
        let setup = |options: &mut host_test::host::HostOptions| {
            options.transport = Transport::Network;
            options.resolver = Some(resolver(says, Arc::clone(&asked)));
        };
        let world = World::served(&setup, |_| async { unreachable!("the network is asked") }).await;
        let mut on = open(&world, BUDGET).await;
        let start = tokio::time::Instant::now();
        match on.call(operation, arguments).await {
            Err(Error::Connector(error)) => {
                assert_eq!((error.reason, error.outcome_unknown), (reason, false), "{says:?}: {}", error.message);
                assert!(error.message.contains(words), "{says:?}: {}", error.message);
                assert!(!error.message.contains(char::is_control), "{says:?}: {}", error.message);
            }
            other => panic!("{says:?}: {other:?}"),
        }
        assert_eq!(asked.load(Ordering::Relaxed), lookups, "{says:?}");
        assert!(start.elapsed() <= BUDGET + Duration::from_secs(takes_s), "{says:?}: {:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn names_that_cannot_be_resolved() {
    check(Says::NoSuchName, Reason::Unavailable, 4, 0, "DNS").await;
    check(Says::NoAddress, Reason::Unavailable, 4, 0, "DNS").await;
    // The host's limit on connecting covers the lookup.
    check(Says::Nothing, Reason::Unavailable, 4, 40, "timed out").await;
    for address in ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fd00::1"] {
        check(Says::Inside(address), Reason::Blocked, 1, 0, "did not let the request out").await;
    }
    check(Says::Both, Reason::Blocked, 1, 0, "did not let the request out").await;
}
