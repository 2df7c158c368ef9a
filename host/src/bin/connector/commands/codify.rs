//! `connector codify`: the inventory as code.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Write, stdout};

use connector_host::contract::{Asset, Codified, File, LeftOut, Reason};
use connector_host::inventory as contract;
use connector_host::{Connection, Connector};
use connector_inventory::asset::Kind;
use connector_inventory::store::Store;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::inventory::{covered, every, one_account, snapshot};
use super::print_json;
use super::scan::{expand, failed, store};
use crate::accounts::reading;
use crate::cli::{CodeFormat, CodifyArgs, Global};
use crate::escape::{counted, safe_json, visible};
use crate::failure::{Failure, Result};
use crate::folder::Folder;
use crate::session;
use crate::table::{Table, room};

pub(crate) async fn run(global: &Global, args: &CodifyArgs) -> Result<()> {
    let partial = !args.kind.is_empty() || !args.id.is_empty();
    // What keeps a folder from being written is told before anything is read.
    let folder = args.out.as_deref().map(|path| Folder::open(path, args.force)).transpose()?;
    if let Some(folder) = folder.as_ref().filter(|folder| partial && folder.was_written()) {
        return Err(Failure::Usage(format!(
            "{} holds more than --kind and --id ask for, and would lose it: name another folder with --out",
            folder.path().display()
        )));
    }
    let (connector, assets, kinds) = match args.live {
        true => live(global, args).await?,
        false => stored(global, args).await?,
    };
    let mut settings = json!({
        "format": match args.format {
            CodeFormat::Hcl => "hcl",
            CodeFormat::Json => "json",
            CodeFormat::Pulumi => "pulumi",
        },
        "now": format!("{:.0}", Timestamp::now()),
    });
    if partial {
        settings["only"] = only(&assets, &kinds, args)?;
    }
    if let Some(names) = folder.as_ref().and_then(Folder::names) {
        settings["names"] = names.clone();
    }
    let code = connector.codify(&assets, &settings.to_string()).await?;
    match folder {
        Some(mut folder) => {
            folder.write(&code.files)?;
            summary(global, &code)
        }
        None => print(global, args.format, &code),
    }
}

/// The assets of the store, of one account.
async fn stored(global: &Global, args: &CodifyArgs) -> Result<(Connector, Vec<Asset>, Vec<String>)> {
    let connector = session::large(global).await?;
    let kinds = contract::kinds(connector.kinds().await?).map_err(failed)?;
    let asked_for = expand(&args.kind, &kinds)?;
    let store = store(global, &args.store, false).await?;
    let done = read(&store, args).await;
    store.close().await;
    Ok((connector, done?, asked_for))
}

async fn read(store: &Store, args: &CodifyArgs) -> Result<Vec<Asset>> {
    let at = snapshot(store, &args.when).await?;
    // What stands for several kinds holds some that are scanned only when they are asked for.
    let named: Vec<String> = args.kind.iter().filter(|kind| *kind != "personal").cloned().collect();
    covered(store, &named).await?;
    one_account(&at, "code")?;
    let mut assets = Vec::new();
    every(store, &at, |found| assets.push(contract::told(&found.asset))).await?;
    Ok(assets)
}

/// The assets of the account as it is now.
async fn live(global: &Global, args: &CodifyArgs) -> Result<(Connector, Vec<Asset>, Vec<String>)> {
    let mut session = session::open(&reading(global), &[]).await?;
    let kinds = contract::kinds(session.connector.kinds().await?).map_err(failed)?;
    let asked_for = expand(&args.kind, &kinds)?;
    let asked: Vec<String> =
        kinds.iter().filter(|kind| kind.terraform_type.is_some()).map(|kind: &Kind| kind.id.clone()).collect();
    let (assets, refused) = scanned(&mut session.connection, &asked).await?;
    if let (Some(kind), Some(out), false) = (refused, &args.out, args.force) {
        return Err(Failure::Other(format!(
            "the kind {} could not be read, and {} would be written without it: use a key that may, or --force",
            visible(&kind),
            out.display()
        )));
    }
    Ok((session::large(global).await?, assets, asked_for))
}

/// The assets, and a kind that the account did not let be read.
async fn scanned(connection: &mut Connection, kinds: &[String]) -> Result<(Vec<Asset>, Option<String>)> {
    let (mut cursor, mut assets, mut seen, mut refused) = (None, Vec::new(), BTreeSet::new(), None);
    loop {
        let slice = connection.scan(kinds, "{}", cursor.as_deref()).await?;
        for skipped in &slice.skipped {
            tell!("left out {}: {}", visible(&skipped.kind), visible(&skipped.why.message));
            // What only a setting would bring is no trouble, nor what the account does not have.
            if !matches!(skipped.why.reason, Reason::Invalid | Reason::Unlicensed | Reason::Missing) {
                refused.get_or_insert_with(|| skipped.kind.clone());
            }
        }
        // What a later step finds again is the same.
        assets.extend(slice.assets.into_iter().filter(|asset| seen.insert((asset.kind.clone(), asset.id.clone()))));
        match slice.next {
            Some(next) => cursor = Some(next),
            None => return Ok((assets, refused)),
        }
    }
}

/// The assets that were asked for, as a setting.
fn only(assets: &[Asset], kinds: &[String], args: &CodifyArgs) -> Result<Value> {
    let mut only: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let of_kind = |asset: &&Asset| args.kind.is_empty() || kinds.contains(&asset.kind);
    for asset in assets.iter().filter(of_kind).filter(|asset| args.id.is_empty() || args.id.contains(&asset.id)) {
        only.entry(&asset.kind).or_default().push(&asset.id);
    }
    let known = |id: &&String| only.values().flatten().any(|known| known == id);
    match args.id.iter().find(|id| !known(id)) {
        Some(id) => Err(Failure::Usage(format!("no asset that was asked for has the id `{}`", visible(id)))),
        None => Ok(json!(only)),
    }
}

/// Everything on stdout.
fn print(global: &Global, format: CodeFormat, code: &Codified) -> Result<()> {
    if global.json {
        let files: serde_json::Map<String, Value> =
            code.files.iter().map(|file| (file.name.clone(), file.content.as_str().into())).collect();
        return print_json(&json!({"files": files, "left_out": left_out(&code.left_out)}).to_string(), true);
    }
    let mut out = stdout().lock();
    for File { name, content } in &code.files {
        match format {
            CodeFormat::Pulumi if name == NAMES => {}
            CodeFormat::Pulumi => write!(out, "{}", safe_json(content))?,
            CodeFormat::Hcl | CodeFormat::Json if name == NAMES => {}
            CodeFormat::Hcl => write!(out, "# {name}\n\n{content}\n")?,
            CodeFormat::Json => writeln!(out, "{}", safe_json(content))?,
        }
    }
    out.flush()?;
    tell_left_out(&code.left_out);
    Ok(())
}

/// The file in which names are kept.
pub(crate) const NAMES: &str = "names.json";

/// What was written, and what was left out.
fn summary(global: &Global, code: &Codified) -> Result<()> {
    if global.json {
        let files: Vec<&str> = code.files.iter().map(|file| file.name.as_str()).collect();
        return print_json(&json!({"files": files, "left_out": left_out(&code.left_out)}).to_string(), true);
    }
    let names: Option<BTreeMap<String, BTreeMap<String, String>>> =
        code.files.iter().find(|file| file.name == NAMES).and_then(|file| serde_json::from_str(&file.content).ok());
    let names = names.unwrap_or_default();
    let count: usize = names.values().map(BTreeMap::len).sum();
    let mut rows = vec![vec!["type".to_owned(), "resources".to_owned()]];
    rows.extend(names.iter().map(|(of, names)| vec![of.clone(), names.len().to_string()]));
    let table = Table::new(&rows, room());
    let mut out = stdout().lock();
    for row in &rows {
        writeln!(out, "{}", table.line(row))?;
    }
    out.flush()?;
    tell!("{} of {}", counted(count as u64, "resource", "resources"), counted(names.len() as u64, "type", "types"));
    tell_left_out(&code.left_out);
    Ok(())
}

fn left_out(all: &[LeftOut]) -> Vec<Value> {
    all.iter().map(|LeftOut { kind, id, why }| json!({"kind": kind, "id": id, "why": why})).collect()
}

/// What is not in the code, by kind and reason.
fn tell_left_out(all: &[LeftOut]) {
    let mut reasons: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for LeftOut { kind, id, why } in all {
        reasons.entry((kind, why)).or_default().push(id);
    }
    for ((kind, why), ids) in reasons {
        const NAMED: usize = 3;
        let named: Vec<String> = ids.iter().take(NAMED).map(|id| visible(id).into_owned()).collect();
        let more = if ids.len() > NAMED { ", …" } else { "" };
        tell!("left out {} {} ({}{more}): {}", ids.len(), visible(kind), named.join(", "), visible(why));
    }
}
