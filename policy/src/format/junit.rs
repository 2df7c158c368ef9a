//! JUnit XML: a suite a rule and account, a test a finding.
//!
//! Rule: the XML is made by a library, which leaves out what XML cannot hold.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::text::harmless;
use crate::check::Check;
use crate::finding::Severity;
use crate::trial::Trial;

pub(super) fn checks(checks: &[Check], fail_on: Option<Severity>) -> String {
    let accounts: Vec<&str> = checks.iter().map(|check| check.account.as_str()).collect();
    let mut report = Report::new(harmless(&format!("policies on {}", accounts.join(", "))));
    for check in checks {
        add(&mut report, check, fail_on, checks.len() > 1);
    }
    text(&report)
}

/// The suites of a check; of several each says its account.
fn add(report: &mut Report, check: &Check, fail_on: Option<Severity>, several: bool) {
    for rule in &check.rules {
        let of = if several { format!("{}: ", check.account) } else { String::new() };
        let mut suite = TestSuite::new(harmless(&format!("{of}{}", rule.id)));
        let mut add = |name: &str, status: TestCaseStatus| {
            let mut case = TestCase::new(harmless(name), status);
            case.set_classname(harmless(&rule.id));
            suite.add_test_case(case);
        };
        let mut found = false;
        for finding in check.findings.iter().filter(|finding| finding.rule == rule.id) {
            found = true;
            let counts = finding.waived.is_none() && fail_on.is_some_and(|least| finding.severity >= least);
            let mut status = match counts {
                true => TestCaseStatus::non_success(NonSuccessKind::Failure),
                false => TestCaseStatus::skipped(),
            };
            let waived = finding.waived.as_ref().map(|why| format!(" (waived: {why})"));
            status.set_message(harmless(&format!("{}{}", finding.message, waived.unwrap_or_default())));
            status.set_type(finding.severity.word());
            if let Some(remedy) = &finding.remedy {
                status.set_description(harmless(remedy));
            }
            add(&format!("{} {} {}", finding.kind, finding.id, finding.name), status);
        }
        for one in check.undetermined.iter().filter(|one| one.rule == rule.id) {
            found = true;
            let mut status = TestCaseStatus::skipped();
            status.set_message(harmless(&one.message));
            status.set_type("undetermined");
            add(&format!("{} {}", one.kind, one.id.as_deref().unwrap_or_default()), status);
        }
        for one in check.broken.iter().filter(|one| one.rule == rule.id) {
            found = true;
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            let place = one.place.as_ref().map(|place| format!("{place}: "));
            status.set_message(harmless(&format!("{}{}", place.unwrap_or_default(), one.message)));
            add(&rule.id, status);
        }
        if !found {
            add(&rule.title, TestCaseStatus::success());
        }
        report.add_test_suite(suite);
    }
}

pub(super) fn trials(trials: &[Trial]) -> String {
    let mut report = Report::new("tests of the pack");
    let mut suite = TestSuite::new("tests");
    for trial in trials {
        let status = match &trial.failed {
            None => TestCaseStatus::success(),
            Some(why) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(harmless(&format!("{}: {why}", trial.place)));
                status
            }
        };
        suite.add_test_case(TestCase::new(harmless(&trial.name), status));
    }
    report.add_test_suite(suite);
    text(&report)
}

fn text(report: &Report) -> String {
    // Into memory: nothing that could fail.
    report.to_string().unwrap_or_default()
}
