//! `connector`: a PagerDuty connector for people. Results go to stdout and
//! everything else to stderr; the exit code says what to do next.
//!
//! Reading order: `cli` (what can be said), `signin` and `session` (from words
//! to an open connection), `accounts` and `keeping` (which are scanned, and when), `commands` (one file each), `failure` (what went
//! wrong and which code it ends with), `windows` (what a list leaves out), `table`, `spreadsheet`, `json` and
//! `escape` (how things are shown).

/// `eprintln!`, but where stderr is closed or full the words are lost, and the
/// command still ends with its own exit code.
macro_rules! tell {
    ($($words:tt)*) => {{
        let line = format!($($words)*);
        let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{line}\n").as_bytes());
    }};
}

mod accounts;
mod arguments;
mod cli;
mod commands;
mod escape;
mod failure;
mod folder;
mod json;
mod keeping;
mod session;
mod signin;
mod simulate;
mod spreadsheet;
mod table;
mod windows;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::{Cli, Command};
use crate::failure::{Failure, Result};

fn main() -> ExitCode {
    // A panic is an error of ours: one line, no backtrace, no content.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|at| format!(" ({}:{})", at.file(), at.line()));
        tell!("error: an internal error{}; please report it", place.unwrap_or_default());
        std::process::exit(1);
    }));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => return failure::usage(&usage),
    };
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print(cli.global.json, cli.command.operation());
            ExitCode::from(failure.code())
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    log(cli.global.verbose);
    // Two workers, so that an embedded simulator answers while the connector computes.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let done = runtime.block_on(async {
        let global = &cli.global;
        match &cli.command {
            Command::Operations(args) => commands::operations::run(global, args).await,
            Command::Describe(args) => commands::describe::run(global, args).await,
            Command::Auth => commands::auth::run(global).await,
            Command::Check => commands::check::run(global).await,
            Command::Call(args) => commands::call::run(global, args).await,
            Command::Walk(args) => commands::walk::run(global, args).await,
            Command::Options(args) => commands::options::run(global, args).await,
            Command::Scan(args) => commands::scan::run(global, args).await,
            Command::Inventory(args) => commands::inventory::run(global, args).await,
            Command::Drift(args) => commands::drift::run(global, args).await,
            Command::Policy(args) => commands::policy::run(global, args).await,
            Command::Codify(args) => commands::codify::run(global, args).await,
            Command::Simulate(args) => simulate::run(global, args).await,
            Command::Completions(args) => commands::completions::run(args),
        }
    });
    // What is left (a name being looked up, say) is not worth waiting for.
    runtime.shutdown_background();
    match done {
        // Whoever read the output has seen enough, as in `connector walk … | head`.
        Err(Failure::ClosedPipe) => Ok(()),
        other => other,
    }
}

/// Warnings, or with `--verbose` every call and request: names, hosts and
/// statuses, never a query, a body or a credential.
fn log(verbose: bool) {
    let level = if verbose { LevelFilter::DEBUG } else { LevelFilter::WARN };
    tracing_subscriber::registry()
        .with(
            tracing_subscriber::fmt::layer()
                .with_writer(std::io::stderr)
                .with_ansi(false)
                .without_time()
                // It would be told on stderr as well, and panic there.
                .log_internal_errors(false),
        )
        .with(Targets::new().with_target("connector_host", level))
        .init();
}
