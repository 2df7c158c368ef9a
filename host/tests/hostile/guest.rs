//! What a hostile connector does on its own: every row is stopped within its
//! bound, told by name, and its neighbours go on.

use std::time::Duration;

use connector_host::{Error, Limit, Limits};

use crate::support::Expected::{Answered, Broke, Stopped};
use crate::support::{Den, KEY, check, check_under, open, open_with, options, same};

const CPU: Duration = Duration::from_millis(30);

fn brief() -> Limits {
    Limits { cpu: CPU, ..Limits::default() }
}

#[tokio::test(start_paused = true)]
async fn loops_are_stopped() {
    for misdeed in ["loop", "loop-clock", "loop-random", "loop-fields", "loop-poll"] {
        check(misdeed, "", brief(), Stopped(Limit::Cpu(CPU))).await;
    }
}

#[tokio::test(start_paused = true)]
async fn loops_are_stopped_wherever_they_hide() {
    let den = Den::new(brief()).await;
    let stopped = Stopped(Limit::Cpu(CPU));
    let described = den.beside(den.connector.describe("loop")).await;
    assert!(same(&described, stopped), "{described:?}");
    let opened = den.beside(open_with(&den.connector, "loop", KEY, &[])).await.map(drop);
    assert!(same(&opened, stopped), "{opened:?}");

    let mut culprit = open(&den.connector).await;
    let checked = den.beside(culprit.options("loop", "", "{}", "", None)).await;
    assert!(same(&checked, stopped), "{checked:?}");

    // In what runs when a walk is let go, before the next call.
    let mut culprit = open(&den.connector).await;
    drop(culprit.walk("loop-drop", "", None).await.unwrap());
    let got = den.beside(culprit.call("echo", "")).await;
    assert!(same(&got, stopped), "{got:?}");
    assert!(matches!(culprit.check().await, Err(Error::Closed)));

    // In what it is told of rate limits, before the next call.
    let mut first = open(&den.connector).await;
    let mut second = open(&den.connector).await;
    first.call("rate", "observe-loop 1 1 1000").await.unwrap();
    let got = second.call("echo", "").await;
    assert!(same(&got, stopped), "{got:?}");
}

#[tokio::test(start_paused = true)]
async fn a_neighbour_goes_on_while_a_loop_runs() {
    let den = Den::new(Limits { cpu: Duration::from_millis(500), ..Limits::default() }).await;
    let (mut culprit, mut neighbour) = (open(&den.connector).await, open(&den.connector).await);
    let order = std::sync::Mutex::new(Vec::new());
    tokio::join!(
        async {
            assert!(culprit.call("loop", "").await.is_err());
            order.lock().unwrap().push("the loop");
        },
        async {
            for _ in 0..3 {
                neighbour.call("echo", "").await.unwrap();
            }
            order.lock().unwrap().push("the neighbour");
        }
    );
    assert_eq!(*order.lock().unwrap(), ["the neighbour", "the loop"]);
}

#[tokio::test(start_paused = true)]
async fn a_sleeper_is_stopped() {
    let wall = Duration::from_secs(30);
    let den = Den::new(Limits { wall, ..brief() }).await;
    let mut culprit = open(&den.connector).await;
    let mut neighbour = open(&den.connector).await;
    // The neighbour sleeps as well, and ends in time.
    let later = async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        neighbour.call("sleep", "29").await
    };
    let (got, rested) = tokio::join!(culprit.call("sleep", "31"), later);
    assert!(same(&got, Stopped(Limit::Wall(wall))), "{got:?}");
    assert!(same(&rested, Answered("slept")), "{rested:?}");
    assert!(matches!(culprit.check().await, Err(Error::Closed)));
    den.works().await;
}

#[tokio::test(start_paused = true)]
async fn memory_and_stack_are_bounded() {
    for pooling in [false, true] {
        let memory = 8 << 20;
        for misdeed in ["memory", "memory-grow"] {
            let (mut options, sent) = options(Limits { memory, connections: 8, ..Limits::default() });
            options.pooling = pooling;
            check_under((options, sent), misdeed, "", Stopped(Limit::Memory(memory))).await;
        }
        for stack in [64 << 10, Limits::default().stack] {
            let (mut options, sent) = options(Limits { stack, connections: 8, ..Limits::default() });
            options.pooling = pooling;
            check_under((options, sent), "recursion", "4000000000", Stopped(Limit::Stack(stack))).await;
        }
    }
    // As deep as one stack goes, and another does not.
    let shallow = 64 << 10;
    check("recursion", "4000", Limits { stack: shallow, ..Limits::default() }, Stopped(Limit::Stack(shallow))).await;
    check("recursion", "4000", Limits::default(), Answered("4000")).await;
}

#[tokio::test(start_paused = true)]
async fn what_breaks_is_a_trap() {
    for (misdeed, argument, why) in [
        ("panic", "", "unreachable"),
        ("exit", "", "exit"),
        ("random", "65537", "exceeds limit 65536"),
        ("random", "18446744073709551615", "exceeds limit 65536"),
    ] {
        check(misdeed, argument, Limits::default(), Broke(why)).await;
    }
    check("random", "65536", Limits::default(), Answered("65536")).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_handed_over_is_bounded() {
    let result = 1 << 20;
    let limits = || Limits { result, ..Limits::default() };
    let stopped = Stopped(Limit::Result(result));
    for (misdeed, argument, expected) in [
        ("value", "1048576", Answered("xxx")),
        ("value", "1048577", stopped),
        // 16 bytes each in the connector, 48 in the host.
        ("failures", "21000", Answered("failures")),
        ("failures", "22000", stopped),
        // One MiB in the connector, shared by all.
        ("aliases", "100", stopped),
        // In an error.
        ("scopes", "44000", stopped),
        // In what it asks of the host.
        ("long", "authority 1100000", stopped),
    ] {
        check(misdeed, argument, limits(), expected).await;
    }
}

#[tokio::test(start_paused = true)]
async fn handles_are_bounded() {
    let handles = 100;
    for kind in ["fields", "options", "timers", "requests", "bodies", "answers", "own"] {
        let limits = Limits { handles, ..Limits::default() };
        check("handles", kind, limits, Stopped(Limit::Handles(handles))).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_cursor_and_no_document_is_not_passed_on() {
    let den = Den::new(Limits::default()).await;
    for (length, expected) in [("4096", Answered("xxx")), ("4097", Broke("4096 is the most"))] {
        let mut culprit = open(&den.connector).await;
        let page = den.beside(async { culprit.walk("value", length, None).await.unwrap().next().await }).await;
        assert!(same(&page, expected), "{length}: {:.300}", format!("{page:?}"));
        assert_eq!(page.is_err(), matches!(culprit.check().await, Err(Error::Closed)));
        let mut culprit = open(&den.connector).await;
        let choices = den.beside(culprit.options("value", length, "{}", "", None)).await;
        assert!(same(&choices, expected), "{length}: {:.300}", format!("{choices:?}"));
        assert_eq!(choices.is_err(), matches!(culprit.check().await, Err(Error::Closed)));
    }
    // An error's `extra` is read by the host.
    let too_long = "[".repeat((1 << 20) + 1);
    check("fail", &too_long, Limits::default(), Broke("1048576 is the most")).await;
    for extra in ["[".repeat(1 << 20), "{\"rate\":{\"bucket\":7}}".to_owned(), "\u{0}".to_owned()] {
        let mut culprit = open(&den.connector).await;
        let got = den.beside(culprit.call("fail", &extra)).await;
        assert!(matches!(got, Err(Error::Connector(_))), "{:.300}", format!("{got:?}"));
        assert!(culprit.check().await.is_ok());
    }
}
