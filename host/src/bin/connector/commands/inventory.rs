//! `connector inventory`: what the store knows.

use std::io::{BufWriter, Write, stdout};
use std::num::NonZeroUsize;

use connector_host::inventory as contract;
use connector_inventory::asset::Kind;
use connector_inventory::store::{
    Filter, Found, Gone, GraphQuery, Incoming, Keep, Page, Point, RelationFilter, Shown, Snapshot, Store,
};
use connector_inventory::view::{self, Format, Printer, Record};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::scan::{expand, failed, store};
use crate::accounts::time;
use crate::cli::{
    DiffArgs, ForgetArgs, Global, GraphArgs, GraphFormat, InventoryArgs, InventoryCommand, ListArgs, OneArgs,
    PruneArgs, RecordFormat, WhenArgs,
};
use crate::escape::{counted, visible};
use crate::failure::{Failure, Result};
use crate::session;
use crate::table::{Table, room};

/// Records that are read and printed at a time.
const PAGE: usize = 500;

pub(crate) async fn run(global: &Global, args: &InventoryArgs) -> Result<()> {
    let place = match &args.command {
        InventoryCommand::Kinds(args) => return kinds(global, args.format).await,
        InventoryCommand::Accounts(look) => &look.store,
        InventoryCommand::Scans(args) => &args.look.store,
        InventoryCommand::List(args) => &args.look.store,
        InventoryCommand::Show(args) | InventoryCommand::History(args) => &args.look.store,
        InventoryCommand::Diff(args) => &args.look.store,
        InventoryCommand::Graph(args) => &args.store,
        InventoryCommand::Prune(args) => &args.store,
        InventoryCommand::Forget(args) => &args.store,
    };
    let store = store(global, place, false).await?;
    let done = with(global, &store, &args.command).await;
    // However it ended: so a file of SQLite stands alone.
    store.close().await;
    done
}

async fn with(global: &Global, store: &Store, command: &InventoryCommand) -> Result<()> {
    match command {
        InventoryCommand::Kinds(_) => Ok(()),
        InventoryCommand::Accounts(look) => print(global, look.format, look.raw, &store.accounts().await?),
        InventoryCommand::Scans(args) => {
            let scans = store.scans(args.account.as_deref(), args.limit.get()).await?;
            print(global, args.look.format, args.look.raw, &scans)
        }
        InventoryCommand::List(args) => list(global, store, args).await,
        InventoryCommand::Show(args) => show(global, store, args).await,
        InventoryCommand::History(args) => history(global, store, args).await,
        InventoryCommand::Diff(args) => diff(global, store, args).await,
        InventoryCommand::Graph(args) => graph(global, store, args).await,
        InventoryCommand::Prune(args) => prune(global, store, args).await,
        InventoryCommand::Forget(args) => forget(global, store, args).await,
    }
}

/// The way records are printed.
fn format(global: &Global, asked: Option<RecordFormat>, raw: bool) -> Format {
    match (asked, global.json) {
        (Some(RecordFormat::Json), _) | (None, true) => Format::Json,
        (Some(RecordFormat::Csv), _) => Format::Csv { raw },
        (Some(RecordFormat::Table), _) | (None, false) => Format::Table { room: room() },
    }
}

fn print<R: Record>(global: &Global, asked: Option<RecordFormat>, raw: bool, records: &[R]) -> Result<()> {
    let mut out = BufWriter::new(stdout().lock());
    Printer::new(&mut out, format(global, asked, raw)).page(records)?;
    Ok(out.flush()?)
}

/// # Errors
/// A kind that no scan covered: nothing of it would be no answer.
pub(crate) async fn covered(store: &Store, kinds: &[String]) -> Result<()> {
    if kinds.is_empty() {
        return Ok(());
    }
    let known = store.kinds(&store.snapshot(None, &Point::Now).await?).await?;
    match kinds.iter().find(|kind| known.iter().all(|known| known.kind != **kind)) {
        None => Ok(()),
        Some(kind) => {
            let kind = visible(kind);
            Err(Failure::Usage(format!(
                "no scan covered the kind `{kind}`: `connector scan --kind {kind}` would, if it is one of those that \
                 `connector inventory kinds` lists"
            )))
        }
    }
}

/// What the store was at a point.
pub(crate) async fn snapshot(store: &Store, when: &WhenArgs) -> Result<Snapshot> {
    let point = when.at.as_deref().map_or(Ok(Point::Now), point)?;
    Ok(store.snapshot(when.account.as_deref(), &point).await?)
}

/// The nickname of the one account of a snapshot. `what` is of one: another would have none of it.
///
/// # Errors
/// No account, several, or one without a finished scan.
pub(crate) fn one_account<'a>(at: &'a Snapshot, what: &str) -> Result<&'a str> {
    let accounts: Vec<_> = at.accounts().collect();
    match accounts[..] {
        [] => Err(Failure::Other("the store has no account yet: `connector scan` brings one".into())),
        [(nickname, None)] => {
            Err(Failure::Other(format!("the store has no finished scan of {} yet", visible(nickname))))
        }
        [(nickname, Some(_))] => Ok(nickname),
        _ => {
            let names: Vec<String> = accounts.iter().map(|(name, _)| visible(name).into_owned()).collect();
            Err(Failure::Usage(format!(
                "the store has several accounts, and {what} is of one: name it with --account ({})",
                names.join(", ")
            )))
        }
    }
}

/// Hands over every asset that is there.
pub(crate) async fn every(store: &Store, at: &Snapshot, mut take: impl FnMut(Found)) -> Result<()> {
    let (filter, mut after) = (Filter::default(), None);
    loop {
        let Page { items, next } = store.list(at, &filter, after.as_ref(), PAGE).await?;
        items.into_iter().for_each(&mut take);
        after = next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// The number of a scan, or a time.
fn point(text: &str) -> Result<Point> {
    match text.parse::<i64>() {
        Ok(scan) => Ok(Point::Scan(scan)),
        Err(_) => moment(text).map(Point::At),
    }
}

fn moment(text: &str) -> Result<Timestamp> {
    text.parse().map_err(|_| Failure::Usage(format!("`{}` is no time such as 2026-11-01T00:00:00Z", visible(text))))
}

#[derive(Serialize)]
struct KindRecord {
    #[serde(flatten)]
    kind: Kind,
}

impl Record for KindRecord {
    const COLUMNS: &'static [&'static str] = &["kind", "title", "scanned", "personal", "terraform"];
    const SHOWN: usize = 5;

    fn lines(&self) -> Vec<Vec<String>> {
        let Kind { id, title, terraform_type, extra } = &self.kind;
        let word = |yes: bool, word: &str| if yes { word.to_owned() } else { String::new() };
        let scanned = if extra.default { "always" } else { "when asked for" };
        let terraform = terraform_type.clone().unwrap_or_default();
        vec![vec![id.clone(), title.clone(), scanned.to_owned(), word(extra.personal, "personal"), terraform]]
    }
}

async fn kinds(global: &Global, asked: Option<RecordFormat>) -> Result<()> {
    let connector = session::connector(global).await?;
    let kinds = contract::kinds(connector.kinds().await?).map_err(failed)?;
    let records: Vec<KindRecord> = kinds.into_iter().map(|kind| KindRecord { kind }).collect();
    print(global, asked, false, &records)
}

async fn list(global: &Global, store: &Store, args: &ListArgs) -> Result<()> {
    let at = snapshot(store, &args.when).await?;
    covered(store, &args.kind).await?;
    let filter = Filter {
        kinds: args.kind.clone(),
        ids: args.id.clone(),
        name: args.name.clone(),
        relation: args.related.as_deref().map(related).transpose()?,
        changed_since: args.changed_since.as_deref().map(moment).transpose()?,
        gone: if args.gone { Gone::With } else { Gone::Without },
    };
    let mut left = args.limit.map_or(usize::MAX, NonZeroUsize::get);
    let mut out = BufWriter::new(stdout().lock());
    let mut printer = Printer::new(&mut out, format(global, args.look.format, args.look.raw));
    let (mut after, mut total) = (None, 0);
    loop {
        let Page { items, next } = store.list(&at, &filter, after.as_ref(), PAGE.min(left)).await?;
        printer.page(&items)?;
        total += items.len();
        left -= items.len();
        after = next;
        if after.is_none() || left == 0 {
            break;
        }
    }
    out.flush()?;
    if total == 0 {
        tell!("nothing fits; `connector inventory scans` shows what was scanned");
    }
    Ok(())
}

/// `KIND:ID` or `RELATION:KIND:ID`.
fn related(text: &str) -> Result<RelationFilter> {
    let wrong = || Failure::Usage(format!("--related takes KIND:ID or RELATION:KIND:ID, not `{}`", visible(text)));
    let parts: Vec<&str> = text.splitn(3, ':').collect();
    let (name, kind, id) = match parts[..] {
        [kind, id] => (None, kind, id),
        [name, kind, id] => (Some(name.to_owned()), kind, id),
        _ => return Err(wrong()),
    };
    match kind.is_empty() || id.is_empty() {
        true => Err(wrong()),
        false => Ok(RelationFilter { name, kind: kind.to_owned(), id: id.to_owned() }),
    }
}

/// One asset: a line for each thing known of it, then its edges.
async fn show(global: &Global, store: &Store, args: &OneArgs) -> Result<()> {
    let at = snapshot(store, &args.when).await?;
    covered(store, std::slice::from_ref(&args.kind)).await?;
    let shown = store.show(&at, &args.kind, &args.id).await?;
    let mut out = BufWriter::new(stdout().lock());
    match format(global, args.look.format, args.look.raw) {
        Format::Json => {
            let mut printer = Printer::new(&mut out, Format::Json);
            for one in &shown {
                printer.json(one)?;
            }
        }
        Format::Csv { raw } => {
            let found: Vec<Found> = shown.into_iter().map(|one| one.found).collect();
            Printer::new(&mut out, Format::Csv { raw }).page(&found)?;
        }
        Format::Table { room } => {
            for one in &shown {
                let rows = known(one);
                let table = Table::new(&rows, room);
                for row in &rows {
                    writeln!(out, "{}", table.line(row))?;
                }
            }
        }
    }
    Ok(out.flush()?)
}

/// What is known of an asset, as lines of a table.
fn known(shown: &Shown) -> Vec<Vec<String>> {
    let Shown { found, names, from } = shown;
    let mut rows = vec![
        vec!["account".to_owned(), found.account.clone()],
        vec!["kind".to_owned(), found.asset.kind.clone()],
        vec!["id".to_owned(), found.asset.id.clone()],
        vec!["name".to_owned(), found.asset.name.clone()],
    ];
    rows.extend(found.asset.url.iter().map(|url| vec!["link".to_owned(), url.clone()]));
    rows.push(vec!["as it is since".to_owned(), format!("{} (scan {})", found.since.at, found.since.scan)]);
    rows.push(vec!["last seen".to_owned(), format!("{} (scan {})", found.seen.at, found.seen.scan)]);
    if let Some(gone) = &found.gone {
        rows.push(vec!["gone since".to_owned(), format!("{} (scan {})", gone.at, gone.scan)]);
    }
    for (relation, name) in found.asset.relations.iter().zip(names) {
        let name = name.as_deref().unwrap_or("not in the store");
        rows.push(vec![format!("{} →", relation.name), format!("{} {} {name}", relation.kind, relation.id)]);
    }
    for incoming in from {
        let Incoming { relation, title } = incoming;
        rows.push(vec![format!("← {}", relation.name), format!("{} {} {title}", relation.kind, relation.id)]);
    }
    for (name, value) in &found.asset.attributes {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        rows.push(vec![name.clone(), text]);
    }
    rows
}

async fn history(global: &Global, store: &Store, args: &OneArgs) -> Result<()> {
    let at = snapshot(store, &args.when).await?;
    covered(store, std::slice::from_ref(&args.kind)).await?;
    let versions = store.history(&at, &args.kind, &args.id).await?;
    print(global, args.look.format, args.look.raw, &versions)
}

async fn diff(global: &Global, store: &Store, args: &DiffArgs) -> Result<()> {
    let account = args.account.as_deref();
    let from = store.snapshot(account, &point(&args.from)?).await?;
    let to = args.to.as_deref().map_or(Ok(Point::Now), point)?;
    let to = store.snapshot(account, &to).await?;
    covered(store, &args.kind).await?;
    let filter = Filter { kinds: args.kind.clone(), ..Filter::default() };
    let mut out = BufWriter::new(stdout().lock());
    let mut printer = Printer::new(&mut out, format(global, args.look.format, args.look.raw));
    let mut after = None;
    loop {
        let Page { items, next } = store.diff(&from, &to, &filter, after.as_ref(), PAGE).await?;
        printer.page(&items)?;
        after = next;
        if after.is_none() {
            break;
        }
    }
    Ok(out.flush()?)
}

async fn graph(global: &Global, store: &Store, args: &GraphArgs) -> Result<()> {
    let at = snapshot(store, &args.when).await?;
    covered(store, &args.kind).await?;
    let pair = |text: &String| match text.split_once(':') {
        Some((kind, id)) if !kind.is_empty() && !id.is_empty() => Ok((kind.to_owned(), id.to_owned())),
        _ => Err(Failure::Usage(format!("--around takes KIND:ID, not `{}`", visible(text)))),
    };
    let around = args.around.iter().map(pair).collect::<Result<Vec<_>>>()?;
    let query = GraphQuery { around, depth: args.depth, kinds: args.kind.clone(), most: args.limit.get() };
    let graph = store.graph(&at, &query).await?;
    let text = match (args.format, global.json) {
        (Some(GraphFormat::Mermaid), _) => view::mermaid(&graph),
        (Some(GraphFormat::Json), _) | (None, true) => {
            let text = serde_json::to_string(&graph).map_err(|error| Failure::Other(error.to_string()))?;
            crate::escape::safe_json(&text).into_owned() + "\n"
        }
        (Some(GraphFormat::Dot), _) | (None, false) => view::dot(&graph),
    };
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    if graph.cut {
        tell!("there are more assets than --limit {}: the others are left out", args.limit);
    }
    Ok(())
}

async fn prune(global: &Global, store: &Store, args: &PruneArgs) -> Result<()> {
    let since = match &args.keep_since {
        None => None,
        Some(text) => Some(match moment(text) {
            Ok(moment) => moment,
            Err(_) => Timestamp::now()
                .checked_sub(days(text)?)
                .map_err(|_| Failure::Usage(format!("--keep-since {} lies before all time", visible(text))))?,
        }),
    };
    let pruned = store.prune(&Keep { since, last: args.keep_last }).await?;
    if global.json {
        let text = serde_json::to_string(&pruned).map_err(|error| Failure::Other(error.to_string()))?;
        writeln!(stdout(), "{text}")?;
    } else {
        let versions = counted(pruned.versions, "version", "versions");
        let assets = counted(pruned.assets, "asset that is gone", "assets that are gone");
        writeln!(stdout(), "removed {versions} and {assets}")?;
    }
    Ok(())
}

/// A number of days such as `90d`, or a shorter time.
fn days(text: &str) -> Result<jiff::SignedDuration> {
    match text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok()).and_then(|days| days.checked_mul(24)) {
        Some(hours) if hours >= 0 => Ok(jiff::SignedDuration::from_hours(hours)),
        _ => time("--keep-since", text),
    }
}

async fn forget(global: &Global, store: &Store, args: &ForgetArgs) -> Result<()> {
    let connector = session::connector(global).await?;
    let all = contract::kinds(connector.kinds().await?).map_err(failed)?;
    let kinds = expand(&args.kinds, &all)?;
    let forgotten = store.forget(args.account.as_deref(), &kinds).await?;
    match global.json {
        true => writeln!(stdout(), "{}", json!({ "assets": forgotten }))?,
        false => writeln!(stdout(), "forgot {} and all history", counted(forgotten, "asset", "assets"))?,
    }
    Ok(())
}
