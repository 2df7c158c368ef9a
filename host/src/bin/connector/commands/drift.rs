//! `connector drift`: Terraform states against the inventory.

use std::io::{Write, stdout};
use std::path::PathBuf;

use connector_host::{Connector, drift, inventory};
use connector_inventory::asset::Kind;
use connector_inventory::drift::report::{Report, Status};
use connector_inventory::drift::state::States;
use connector_inventory::store::Store;
use jiff::Timestamp;

use super::inventory::{covered, one_account, snapshot};
use super::print_json;
use super::scan::{expand, failed, store};
use crate::cli::{Counts, DriftArgs, DriftFormat, Global, WhenArgs};
use crate::failure::{Failure, Result};
use crate::session;
use crate::table::room;

pub(crate) async fn run(global: &Global, args: &DriftArgs) -> Result<()> {
    let connector = session::large(global).await?;
    let all = inventory::kinds(connector.kinds().await?).map_err(failed)?;
    let kinds = expand(&args.kind, &all)?;
    let store = store(global, &args.store, false).await?;
    let done = compared(&connector, &all, &store, &args.when, &args.state, &kinds).await;
    store.close().await;
    let report = done?;
    match (args.format, global.json) {
        (Some(DriftFormat::Json), _) | (None, true) => {
            let text = serde_json::to_string(&report).map_err(|error| Failure::Other(error.to_string()))?;
            print_json(&text, true)?;
        }
        (Some(DriftFormat::Table), _) | (None, false) => {
            let mut out = stdout().lock();
            out.write_all(report.table(room()).as_bytes())?;
            out.flush()?;
        }
    }
    let counts = |what: &Counts| match what {
        Counts::Drift => report.count(Status::Drifted) > 0,
        Counts::Ghost => report.count(Status::Ghost) > 0,
        Counts::Unmanaged => report.count(Status::Unmanaged) > 0,
        Counts::Undetermined => report.count(Status::Undetermined) > 0,
        Counts::Nothing => false,
    };
    match args.fail_on.iter().any(counts) {
        true => Err(Failure::Findings),
        false => Ok(()),
    }
}

/// States against one account of the store.
pub(crate) async fn compared(
    connector: &Connector,
    all: &[Kind],
    store: &Store,
    when: &WhenArgs,
    places: &[PathBuf],
    kinds: &[String],
) -> Result<Report> {
    let at = snapshot(store, when).await?;
    let known = drift::known(connector, one_account(&at, "a state")?).map_err(failed)?;
    let states = States::read(places, &|of| known.ours(of)).map_err(|error| Failure::Usage(error.to_string()))?;
    covered(store, kinds).await?;
    let report = drift::compare(connector, all, store, &at, known, &states, kinds, Timestamp::now());
    report.await.map_err(failed)
}
