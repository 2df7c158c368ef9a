//! A scan that is killed, stopped, or not alone.

use host_test::simulator::Fault;
use rustix::process::Signal;

use crate::support::{LASTING, World, same};

/// What a store has that was filled at one go. The test's own gets the same key, so that fingerprints compare.
fn at_one_go(world: &World) -> String {
    for name in ["inventory.db.key", "at-one-go.db.key"] {
        world.write(name, "the key of both: 32 characters..");
    }
    let fresh = "--store FOLDER/at-one-go.db";
    world.scan(&format!("{LASTING} {fresh}"));
    world.listed(fresh)
}

#[test]
fn a_killed_scan_goes_on_where_it_was() {
    let world = World::new();
    let expected = at_one_go(&world);
    let mut began_anew = 0;
    for request in [1, 4, 20, 40, 60] {
        world.account.hold(request);
        let killed = world.start(&format!("scan {LASTING}"));
        world.account.held();
        killed.signal(Signal::KILL);
        assert_eq!(killed.end().code, -1);
        world.account.open();
        // Nobody can tell a process that is no more from one that is slow.
        let scans =
            if world.path("inventory.db").exists() { world.json("inventory scans --format json") } else { vec![] };
        if scans.first().is_none_or(|scan| scan["state"] != "unfinished") {
            began_anew += 1;
            continue;
        }
        world.check(&format!("scan {LASTING}"), 5, "", "shop is being scanned by another process (scan 1, ");
        world.let_the_lease_end();
    }
    // Before its first requests tell whose account it is, there is no scan.
    assert!(began_anew < 3);
    let told =
        world.check(&format!("scan {LASTING}"), 0, "(scan 1 of shop.pagerduty.com)", "goes on with scan 1 behind ");
    let number = expected.lines().count();
    assert!(told.out.starts_with(&format!("shop: {number} assets, {number} new, 0 changed, 0 gone")), "{told:?}");
    assert!(told.out.contains("left out slack-connection"), "{told:?}");
    same(&world.listed(""), &expected);
    assert_eq!(world.json("inventory scans --format json").len(), 1);
    assert_eq!(world.store_files(), ["", ".key"]);
}

#[test]
fn a_stopped_scan_ends_behind_its_step() {
    for signal in [Signal::TERM, Signal::INT] {
        let world = World::new();
        let expected = at_one_go(&world);
        world.account.hold(60);
        let mut running = world.start(&format!("scan {LASTING}"));
        world.account.held();
        running.signal(signal);
        running.wait_for("stops behind the present step");
        world.account.open();
        let stopped = running.end();
        assert_eq!(stopped.code, 130, "{stopped:?}");
        assert!(stopped.err.ends_with("error: interrupted\n") && stopped.out.is_empty(), "{stopped:?}");
        assert_eq!(world.store_files(), ["", ".key"]);
        // At once: it was let go of.
        world.check(&format!("scan {LASTING}"), 0, "(scan 1 of ", "goes on with scan 1 behind ");
        same(&world.listed(""), &expected);
    }
}

#[test]
fn once_more_ends_at_once() {
    let world = World::new();
    world.account.hold(20);
    let mut running = world.start(&format!("scan {LASTING}"));
    world.account.held();
    running.signal(Signal::TERM);
    running.wait_for("once more ends at once");
    running.signal(Signal::TERM);
    assert_eq!(running.end().code, 130);
}

/// No answer comes for hours, and whoever stops the tool does not wait for that.
#[test]
fn a_wait_for_the_next_try_can_be_stopped() {
    let world = World::new();
    world.account.simulator.inject(Fault {
        path: "/schedules".into(),
        times: 1_000,
        headers: vec![("retry-after".into(), "100".into())],
        ..Fault::json(503, 2000, "Down")
    });
    let mut running = world.start(&format!("--settings {{\"max_wait_s\":0}} scan {LASTING}"));
    running.wait_for("tries again in ");
    running.signal(Signal::TERM);
    let stopped = running.end();
    assert_eq!(stopped.code, 130, "{stopped:?}");
    world.account.simulator.clear_faults();
    world.check(&format!("scan {LASTING}"), 0, "(scan 1 of ", "goes on with scan 1 behind ");
}

#[test]
fn two_processes_do_not_scan_one_account() {
    let world = World::new();
    let expected = at_one_go(&world);
    world.account.hold(60);
    let first = world.start(&format!("scan {LASTING}"));
    world.account.held();
    let busy = "shop is being scanned by another process (scan 1, which holds it until ";
    world.check(&format!("scan {LASTING}"), 5, "", busy);
    // Nor is anything removed under its hands; what was there before can be read.
    world.check("inventory forget service", 5, "", "has an unfinished scan (1): finish it first");
    world.check("inventory list", 0, "", "nothing fits");
    world.account.open();
    let done = first.end();
    assert!(done.code == 0 && done.out.contains(" 0 changed, 0 gone (scan 1 of "), "{done:?}");
    same(&world.listed(""), &expected);
}
