//! `connector policy`: rules on the inventory.

use std::collections::BTreeMap;
use std::io::{Write, stdout};

use connector_host::Connector;
use connector_inventory::store::{Snapshot, Store};
use connector_policy::{
    self as policy, Format, Inventory, KindState, Limits, Pack, Question, Severity, Source, Verdict,
};
use jiff::Timestamp;
use serde_json::json;

use super::inventory::{every, snapshot};
use super::scan::{failed, store};
use crate::cli::{
    FailOn, FindingFormat, Global, PackArgs, PolicyArgs, PolicyCheckArgs, PolicyCommand, PolicyRulesArgs,
    PolicyTestArgs,
};
use crate::escape::{safe_json, visible};
use crate::failure::{Failure, Result};
use crate::session;
use crate::table::{Table, room};

pub(crate) async fn run(global: &Global, args: &PolicyArgs) -> Result<()> {
    match &args.command {
        PolicyCommand::Check(args) => check(global, args).await,
        PolicyCommand::Test(args) => test(global, args),
        PolicyCommand::Rules(args) => rules(global, args),
    }
}

fn sources(args: &PackArgs) -> Vec<Source> {
    let built_in = (!args.no_builtin).then_some(Source::BuiltIn);
    built_in.into_iter().chain(args.pack.iter().cloned().map(Source::Folder)).collect()
}

fn format(global: &Global, asked: Option<FindingFormat>) -> Format {
    match (asked, global.json) {
        (Some(FindingFormat::Json), _) | (None, true) => Format::Json,
        (Some(FindingFormat::Sarif), _) => Format::Sarif,
        (Some(FindingFormat::Junit), _) => Format::Junit,
        (Some(FindingFormat::Table), _) | (None, false) => Format::Table { room: room() },
    }
}

async fn check(global: &Global, args: &PolicyCheckArgs) -> Result<()> {
    let pack = Pack::load(&sources(&args.pack), &Limits::default())?;
    let connector = session::large(global).await?;
    let all = connector_host::inventory::kinds(connector.kinds().await?).map_err(failed)?;
    let store = store(global, &args.store, false).await?;
    let done = checked(global, args, &pack, &connector, &all, &store).await;
    store.close().await;
    done
}

async fn checked(
    global: &Global,
    args: &PolicyCheckArgs,
    pack: &Pack,
    connector: &Connector,
    all: &[connector_inventory::Kind],
    store: &Store,
) -> Result<()> {
    let standing = match args.state.is_empty() {
        true => None,
        false => Some(super::drift::compared(connector, all, store, &args.when, &args.state, &[]).await?),
    };
    let at = snapshot(store, &args.when).await?;
    let question = Question { now: Timestamp::now(), kinds: args.kind.clone(), rules: args.rule.clone() };
    let fail_on = args.fail_on.map(|least| match least {
        FailOn::Info => Severity::Info,
        FailOn::Warning => Severity::Warning,
        FailOn::Violation => Severity::Violation,
    });
    let nicknames: Vec<String> = at.accounts().map(|(nickname, _)| nickname.to_owned()).collect();
    if nicknames.is_empty() {
        return Err(Failure::Other("the store has no account yet: `connector scan` brings one".into()));
    }
    let mut checks = Vec::with_capacity(nicknames.len());
    for nickname in nicknames {
        let mut inventory = read(store, &at, &nickname, all, args).await?;
        // States are of one account, and so is the check then.
        if let Some(standing) = &standing {
            inventory.stand(standing.assets());
        }
        checks.push(policy::check(pack, &inventory, &question)?);
    }
    let text = policy::write(&checks, format(global, args.format), fail_on);
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    let verdict = checks.iter().fold(Verdict::Pass, |verdict, check| match (verdict, check.verdict(fail_on)) {
        (Verdict::Broken, _) | (_, Verdict::Broken) => Verdict::Broken,
        (Verdict::Findings, _) | (_, Verdict::Findings) => Verdict::Findings,
        (Verdict::Pass, Verdict::Pass) => Verdict::Pass,
    });
    match verdict {
        Verdict::Pass => Ok(()),
        Verdict::Findings => Err(Failure::Findings),
        Verdict::Broken => {
            Err(Failure::Other("a rule did not come to its end; what it would have found is not known".into()))
        }
    }
}

/// The account as rules see it.
async fn read(
    store: &Store,
    at: &Snapshot,
    nickname: &str,
    all: &[connector_inventory::Kind],
    args: &PolicyCheckArgs,
) -> Result<Inventory> {
    let one = match &args.when.account {
        Some(_) => at.clone(),
        None => {
            let when = crate::cli::WhenArgs { account: Some(nickname.to_owned()), at: args.when.at.clone() };
            snapshot(store, &when).await?
        }
    };
    let mut states: BTreeMap<String, KindState> =
        all.iter().map(|kind| (kind.id.clone(), KindState::default())).collect();
    for known in store.kinds(&one).await? {
        let days = known.settings["scan"]["log_entry_days"].as_i64().unwrap_or(90);
        let since = known.started.checked_sub(jiff::SignedDuration::from_hours(24 * days));
        let state = KindState {
            scanned: known.skipped.is_none(),
            skipped: known.skipped.map(|skipped| skipped.message),
            at: Some(known.scan.at.to_string()),
            since: since.ok().filter(|_| known.kind == "log-entry").map(|since| since.to_string()),
        };
        states.insert(known.kind, state);
    }
    let mut inventory = Inventory::new(nickname, states);
    every(store, &one, |found| inventory.add(found.asset)).await?;
    Ok(inventory)
}

fn test(global: &Global, args: &PolicyTestArgs) -> Result<()> {
    let pack = Pack::load_with_tests(&sources(&args.pack), &Limits::default())?;
    let trials = policy::test(&pack, Timestamp::now())?;
    let text = policy::trials(&trials, format(global, args.format))?;
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    match trials.iter().all(|trial| trial.failed.is_none()) {
        true => Ok(()),
        false => Err(Failure::Findings),
    }
}

fn rules(global: &Global, args: &PolicyRulesArgs) -> Result<()> {
    let pack = Pack::load(&sources(&args.pack), &Limits::default())?;
    let mut out = stdout().lock();
    if global.json {
        for rule in pack.rules() {
            let rule = json!({
                "id": rule.id, "title": rule.title, "description": rule.description,
                "severity": rule.severity.map(Severity::word), "kinds": rule.kinds, "needs": rule.needs, "states": rule.states,
                "remedy": rule.remedy, "params": rule.params, "file": rule.place.file, "line": rule.place.line,
            });
            writeln!(out, "{}", safe_json(&rule.to_string()))?;
        }
        return Ok(out.flush()?);
    }
    let head = ["RULE", "TITLE", "SEVERITY", "KINDS"].map(str::to_owned).to_vec();
    let row = |rule: &policy::Rule| {
        let severity = rule.severity.map_or("by finding", Severity::word);
        let kinds = if rule.kinds.is_empty() { "all".to_owned() } else { rule.kinds.join(", ") };
        vec![rule.id.clone(), visible(&rule.title).into_owned(), severity.to_owned(), kinds]
    };
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(pack.rules().map(row)).collect();
    let room = room();
    let table = Table::new(&rows, room);
    for row in &rows {
        writeln!(out, "{}", table.line(row))?;
    }
    Ok(out.flush()?)
}
