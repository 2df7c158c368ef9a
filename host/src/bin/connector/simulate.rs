//! The embedded simulator: a PagerDuty with invented data on a loopback port.

use std::io::{Write, stdout};

use pagerduty_simulator::{Clock, Options, Server, Simulator, tokens};
use serde_json::json;

use crate::cli::{Global, SimulateArgs};
use crate::commands::interrupts;
use crate::failure::{Failure, Result};

/// Starts one; 0 takes a free port. It ends when it is dropped.
pub(crate) async fn start(port: u16) -> Result<Server> {
    let simulator = Simulator::new(Options { clock: Clock::Real, ..Options::default() });
    Server::bind(simulator, port)
        .await
        .map_err(|why| Failure::Other(format!("port {port} of 127.0.0.1 cannot be used: {why}")))
}

/// `connector simulate`: runs until Ctrl-C, which is its proper end.
pub(crate) async fn run(global: &Global, args: &SimulateArgs) -> Result<()> {
    let server = start(args.port).await?;
    let url = server.base_url();
    let keys = [
        ("account", tokens::ACCOUNT),
        ("read-only", tokens::READ_ONLY),
        ("user", tokens::USER),
        ("limited-user", tokens::USER_LIMITED),
        ("bearer", tokens::BEARER),
    ];
    let mut out = stdout().lock();
    if global.json {
        let keys: serde_json::Map<_, _> = keys.iter().map(|(name, key)| ((*name).to_owned(), json!(key))).collect();
        writeln!(out, "{}", json!({ "base_url": url, "keys": keys }))?;
    } else {
        writeln!(out, "{url}")?;
        tell!("A PagerDuty with invented data. Its keys:");
        for (name, key) in keys {
            tell!("  {name:<13} {key}");
        }
        tell!("Try, in another terminal:");
        tell!("  export PAGERDUTY_TOKEN={}", tokens::ACCOUNT);
        tell!("  connector --base-url {url} walk incidents.list --limit 10");
        tell!("Ctrl-C ends it.");
    }
    out.flush()?;
    drop(out);
    interrupts()?.recv().await;
    drop(server);
    Ok(())
}
