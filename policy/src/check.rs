//! A check: rules on the assets of their kinds.
//!
//! Rule: the same pack, inventory and time give the same check, in the same order;
//! what could not be told, or did not come to its end, stands beside what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use jiff::{Timestamp, tz::TimeZone};
use regorus::Value;
use serde::Serialize;

use super::error::PolicyError;
use super::finding::{Broken, Finding, Said, Severity, Undetermined, fingerprint, said};
use super::inventory::Inventory;
use super::limits::Limits;
use super::pack::{HEADS, Pack, Rule, unknown};
use super::run::{self, Lost, PATIENCE, Progress};

/// What is asked of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The time that rules are given; the only one that they know.
    pub now: Timestamp,
    /// Kinds to look at; all when empty.
    pub kinds: Vec<String>,
    /// Ids of the rules to run; all that are not switched off when empty.
    pub rules: Vec<String>,
}

impl Question {
    /// Every rule on every kind.
    pub fn all(now: Timestamp) -> Self {
        Self { now, kinds: Vec::new(), rules: Vec::new() }
    }
}

/// What a check came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Check {
    /// The account that was checked.
    pub account: String,
    /// When, RFC 3339.
    pub at: String,
    /// The gravest first, then by rule, kind and id.
    pub findings: Vec<Finding>,
    /// What could not be told.
    pub undetermined: Vec<Undetermined>,
    /// Rules that did not come to their end.
    pub broken: Vec<Broken>,
    /// How much was looked at.
    pub counts: Counts,
    /// What else whoever reads it should know, such as a waiver that no longer holds.
    pub notes: Vec<String>,
    /// The rules that were run, for formats that list them.
    #[serde(skip)]
    pub rules: Vec<Rule>,
}

/// How much a check looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rules that were run.
    pub rules: usize,
    /// Assets that at least one rule looked at.
    pub assets: usize,
    /// Evaluations of a rule on an asset.
    pub asset_rules: usize,
}

/// What a pipeline should make of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing that counts was found.
    Pass,
    /// Something that counts was found.
    Findings,
    /// Some rule did not come to its end: nobody knows what it would have found.
    Broken,
}

impl Check {
    /// Findings count from `fail_on` upwards, unless they are waived; none count without it.
    pub fn verdict(&self, fail_on: Option<Severity>) -> Verdict {
        let counts =
            |finding: &Finding| finding.waived.is_none() && fail_on.is_some_and(|least| finding.severity >= least);
        if !self.broken.is_empty() {
            Verdict::Broken
        } else if self.findings.iter().any(counts) {
            Verdict::Findings
        } else {
            Verdict::Pass
        }
    }
}

type Assets = Arc<BTreeMap<String, Vec<(String, Value)>>>;

/// Runs a pack's rules.
///
/// # Errors
/// A kind or a rule that there is not, in the question or the pack; a time that cannot be given.
/// What goes wrong inside a rule is [`Check::broken`].
pub fn check(pack: &Pack, inventory: &Inventory, question: &Question) -> Result<Check, PolicyError> {
    let rules = asked(pack, inventory, question)?;
    let kinds: BTreeSet<&String> = match question.kinds.is_empty() {
        true => inventory.states.keys().chain(inventory.assets.keys()).collect(),
        false => question.kinds.iter().collect(),
    };
    let mut check = Check {
        account: inventory.account.clone(),
        at: question.now.to_string(),
        rules: rules.clone(),
        ..Check::default()
    };
    let mut jobs = Vec::new();
    for rule in rules {
        let missing = |kind: &&String| !inventory.states.get(*kind).is_some_and(|state| state.scanned);
        let of_rule: Vec<&String> = match rule.kinds.is_empty() {
            true => kinds.iter().copied().filter(|kind| inventory.assets.contains_key(*kind)).collect(),
            false => rule.kinds.iter().filter(|kind| kinds.contains(kind)).collect(),
        };
        if of_rule.is_empty() {
            continue;
        }
        if rule.states && !inventory.stated {
            // Most accounts are not checked against states: who asked for the rule by its name is told.
            if question.rules.contains(&rule.id) {
                let message = "no Terraform state was given to compare with".to_owned();
                let kind = of_rule.into_iter().next().cloned().unwrap_or_default();
                check.undetermined.push(Undetermined { rule: rule.id.clone(), kind, id: None, message });
            }
            continue;
        }
        check.counts.rules += 1;
        let gone: Vec<&String> = rule.needs.iter().filter(missing).collect();
        let unseen = of_rule.iter().copied().filter(|kind| !rule.kinds.is_empty() && missing(kind));
        for kind in gone.iter().copied().chain(unseen.clone()) {
            let why = inventory.states.get(kind).and_then(|state| state.skipped.as_deref());
            let message = match why {
                Some(why) => format!("{kind} was left out of the last scan: {why}"),
                None => format!("{kind} is not in the store; a scan with that kind would bring it"),
            };
            check.undetermined.push(Undetermined { rule: rule.id.clone(), kind: kind.clone(), id: None, message });
        }
        if gone.is_empty() {
            let unseen: Vec<&String> = unseen.collect();
            let of_rule = of_rule.into_iter().filter(|kind| !unseen.contains(kind)).cloned().collect();
            jobs.push(Job { rule, kinds: of_rule });
        }
    }
    let needed: BTreeSet<&String> = jobs.iter().flat_map(|job| &job.kinds).collect();
    let assets: Assets = Arc::new(
        needed
            .into_iter()
            .map(|kind| {
                (kind.clone(), inventory.of_kind(kind).map(|(id, asset)| (id.clone(), asset.clone())).collect())
            })
            .collect(),
    );
    work(pack, inventory, question.now, jobs, assets, &mut check);
    finish(pack, inventory, question.now, &mut check);
    Ok(check)
}

/// The rules of the question, once every name in it and in them is known.
fn asked(pack: &Pack, inventory: &Inventory, question: &Question) -> Result<Vec<Rule>, PolicyError> {
    let known = |kind: &String| inventory.states.contains_key(kind) || inventory.assets.contains_key(kind);
    if let Some(kind) = question.kinds.iter().find(|kind| !known(kind)) {
        return Err(PolicyError::new(unknown("kind", kind, inventory.states.keys())));
    }
    if let Some(id) = question.rules.iter().find(|id| !pack.rules.contains_key(*id)) {
        return Err(PolicyError::new(unknown("rule", id, pack.rules.keys())));
    }
    for rule in pack.rules.values() {
        if let Some(kind) = rule.kinds.iter().chain(&rule.needs).find(|kind| !known(kind)) {
            let message = format!("{}: {}", rule.id, unknown("kind", kind, inventory.states.keys()));
            return Err(PolicyError::at(&rule.place.file, rule.place.line, message));
        }
    }
    let asked = |rule: &&Rule| match question.rules.is_empty() {
        true => !pack.disabled.contains(&rule.id),
        false => question.rules.contains(&rule.id),
    };
    Ok(pack.rules.values().filter(asked).cloned().collect())
}

/// A rule and the kinds that it is run on.
#[derive(Clone, Debug)]
struct Job {
    rule: Rule,
    kinds: Vec<String>,
}

impl Job {
    fn assets<'a>(&'a self, assets: &'a Assets) -> impl Iterator<Item = (&'a String, &'a (String, Value))> {
        self.kinds.iter().flat_map(|kind| assets.get(kind).into_iter().flatten().map(move |asset| (kind, asset)))
    }
}

/// What the thread that runs the rules brings back.
#[derive(Debug, Default)]
struct Outcome {
    found: Vec<(usize, String, String, Option<Severity>, Said)>,
    undetermined: Vec<Undetermined>,
    broken: Vec<Broken>,
    asset_rules: usize,
    /// Jobs that were begun and did not get stuck.
    ended: usize,
}

fn work(pack: &Pack, inventory: &Inventory, now: Timestamp, jobs: Vec<Job>, assets: Assets, check: &mut Check) {
    let document = inventory.document();
    let (limits, engine) = (pack.limits.clone(), pack.engine.clone());
    // Kept where it can be reached when the thread has to be left behind.
    let kept = Arc::new(Mutex::new(Outcome::default()));
    let (on_thread, of_thread, into) = (jobs.clone(), assets.clone(), kept.clone());
    let result = run::bounded(&pack.limits, || {
        run::apart(pack.limits.time.saturating_mul(PATIENCE), move |progress| {
            let start = Instant::now();
            for (at, job) in on_thread.iter().enumerate() {
                progress.step(at, 0);
                let mut outcome = Outcome::default();
                let ran = run::engine(&engine, &limits, now, &job.rule.params, document.clone())
                    .map_err(|error| (None, error))
                    .and_then(|mut engine| {
                        one_rule(&mut engine, job, &of_thread, &limits, at, start, progress, &mut outcome)
                    });
                if let Err((asset, PolicyError { place, message })) = ran {
                    let place = Some(place.unwrap_or_else(|| job.rule.place.clone()));
                    outcome.broken.push(Broken { rule: job.rule.id.clone(), place, asset, message });
                }
                let room = into.lock().unwrap_or_else(PoisonError::into_inner).add(outcome, &limits);
                if !room {
                    break;
                }
            }
        })
    });
    let mut outcome = std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner));
    let stuck = match result {
        Ok(()) => None,
        Err(Lost::Stuck(at, asset)) => Some((at, jobs.get(at).and_then(|job| job.assets(&assets).nth(asset)))),
        Err(Lost::Failed) => Some((outcome.ended, None)),
    };
    for (at, job) in jobs.iter().enumerate().skip(outcome.ended) {
        let (asset, message) = match &stuck {
            Some((this, asset)) if *this == at => {
                (asset.map(|(kind, (id, _))| (kind.clone(), id.clone())), "one step of it did not end".to_owned())
            }
            Some((this, _)) => {
                (None, format!("not run, because of {}", jobs.get(*this).map_or("another", |job| job.rule.id.as_str())))
            }
            None => (
                None,
                format!(
                    "not run: the check found more than {} things, the most that it may",
                    pack.limits.total_findings
                ),
            ),
        };
        outcome.broken.push(Broken { rule: job.rule.id.clone(), place: Some(job.rule.place.clone()), asset, message });
    }
    check.counts.asset_rules = outcome.asset_rules;
    check.counts.assets = assets.values().map(Vec::len).sum();
    check.undetermined.extend(outcome.undetermined);
    check.broken = outcome.broken;
    for (at, kind, id, severity, said) in outcome.found {
        let rule = &jobs[at].rule;
        let (kind, id) = said.asset.unwrap_or((kind, id));
        let asset = inventory.assets.get(&kind).and_then(|of_kind| of_kind.get(&id));
        let text = |key: &str| asset.and_then(|asset| asset[key].as_string().ok()).map(|text| text.to_string());
        check.findings.push(Finding {
            rule: rule.id.clone(),
            severity: rule.severity.or(severity).unwrap_or(Severity::Violation),
            name: text("name").unwrap_or_default(),
            url: text("url"),
            kind,
            id,
            attribute: said.attribute,
            message: said.message,
            remedy: said.remedy.or_else(|| rule.remedy.clone()),
            fingerprint: String::new(),
            waived: None,
        });
    }
}

impl Outcome {
    /// Takes over what a job came to; whether there is room for more.
    fn add(&mut self, of_job: Outcome, limits: &Limits) -> bool {
        self.found.extend(of_job.found);
        self.undetermined.extend(of_job.undetermined);
        self.broken.extend(of_job.broken);
        self.asset_rules += of_job.asset_rules;
        self.ended += 1;
        self.found.len() + self.undetermined.len() <= limits.total_findings
    }
}

type Stopped = (Option<(String, String)>, PolicyError);

#[allow(clippy::too_many_arguments)]
fn one_rule(
    engine: &mut regorus::Engine,
    job: &Job,
    assets: &Assets,
    limits: &Limits,
    at: usize,
    start: Instant,
    progress: &Progress,
    outcome: &mut Outcome,
) -> Result<(), Stopped> {
    let path = job.rule.path();
    for (nth, (kind, (id, asset))) in job.assets(assets).enumerate() {
        progress.step(at, nth);
        let stopped = |error: PolicyError| (Some((kind.clone(), id.clone())), error);
        if start.elapsed() > limits.total_time {
            let message = format!("the check took longer than {:?}, the most that it may", limits.total_time);
            return Err(stopped(PolicyError::new(message)));
        }
        engine.set_input(asset.clone());
        outcome.asset_rules += 1;
        let answer = run::evaluate(engine, &path, limits).map_err(stopped)?;
        for (head, severity) in HEADS {
            let said = said(of_head(&answer, head, &job.rule.heads), limits)
                .map_err(|message| stopped(PolicyError::new(message)))?;
            if *head == "undetermined" {
                outcome.undetermined.extend(said.into_iter().map(|said| Undetermined {
                    rule: job.rule.id.clone(),
                    kind: kind.clone(),
                    id: Some(id.clone()),
                    message: said.message,
                }));
            } else {
                outcome.found.extend(said.into_iter().map(|said| (at, kind.clone(), id.clone(), *severity, said)));
            }
        }
        if outcome.found.len() + outcome.undetermined.len() > limits.total_findings {
            let message = format!("the check found more than {} things, the most that it may", limits.total_findings);
            return Err(stopped(PolicyError::new(message)));
        }
    }
    Ok(())
}

/// What a head says, of the pairs of all heads ([`Rule::path`]).
fn of_head<'a>(answer: &'a Value, head: &str, heads: &[&str]) -> &'a Value {
    if let [only] = heads {
        return if *only == head { answer } else { &Value::Undefined };
    }
    let Value::Set(pairs) = answer else { return &Value::Undefined };
    let pair = pairs.iter().filter_map(|pair| pair.as_array().ok()).find_map(|pair| match pair.as_slice() {
        [Value::String(name), said] if name.as_ref() == head => Some(said),
        _ => None,
    });
    pair.unwrap_or(&Value::Undefined)
}

/// Order, fingerprints, waivers.
fn finish(pack: &Pack, inventory: &Inventory, now: Timestamp, check: &mut Check) {
    let today = now.to_zoned(TimeZone::UTC).date();
    let mut past = BTreeSet::new();
    check.findings.sort_by(|one, other| {
        let key = |finding: &Finding| {
            (std::cmp::Reverse(finding.severity), finding.rule.clone(), finding.kind.clone(), finding.id.clone())
        };
        key(one).cmp(&key(other)).then_with(|| (&one.attribute, &one.message).cmp(&(&other.attribute, &other.message)))
    });
    let mut nth: BTreeMap<(String, String, String, Option<String>), usize> = BTreeMap::new();
    for finding in &mut check.findings {
        let about = (finding.rule.clone(), finding.kind.clone(), finding.id.clone(), finding.attribute.clone());
        let nth = nth.entry(about).and_modify(|nth| *nth += 1).or_default();
        finding.fingerprint = fingerprint(&inventory.account, finding, *nth);
        for waiver in pack.waivers.iter().filter(|waiver| waiver.rule == finding.rule && waiver.asset == finding.id) {
            match waiver.last {
                Some(last) if last < today => {
                    past.insert(format!("the waiver of {} for {} ended on {last}", waiver.asset, waiver.rule));
                }
                Some(_) | None => finding.waived = Some(waiver.reason.clone()),
            }
        }
    }
    check.notes.extend(past);
    check.undetermined.sort();
    check.broken.sort();
}
