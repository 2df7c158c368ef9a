//! What can be said on the command line. Never a credential: arguments are seen
//! by every user of a machine and kept by shells.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

mod codify;
mod drift;
mod inventory;
pub(crate) use codify::*;
pub(crate) use drift::*;
pub(crate) use inventory::*;

const AFTER: &str = "\
Sign in with an environment variable:
  PAGERDUTY_TOKEN       a general, read-only or user key (or, with --auth-method bearer, an OAuth token)
  PAGERDUTY_USER_TOKEN  your own key beside an account's: changes are then made in your name
`connector auth` tells where to get one. Without any, try everything on an embedded simulator:
  connector --simulate walk incidents.list --limit 10

Exit codes:
  0  done                               4  refused, forbidden, missing, conflict or not in the plan
  1  anything else                      5  throttled or unavailable: try again later
  2  bad usage or arguments             6  incomplete: not every record could be delivered
  3  no credential, or a refused one    7  findings that count, or drift
                                        130  interrupted";

/// Call PagerDuty through a sandboxed connector.
#[derive(Debug, Parser)]
#[command(name = "connector", version, after_help = AFTER, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The connector to run [default: the pagerduty.wasm built with this tool]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) component: Option<PathBuf>,

    /// Use an embedded PagerDuty with invented data, and its own keys
    #[arg(long, global = true)]
    pub(crate) simulate: bool,

    /// Which of the simulator's keys to sign in with
    #[arg(long, global = true, value_name = "KEY", default_value = "account-and-user")]
    pub(crate) simulate_key: SimulatedKey,

    /// Where the account lives
    #[arg(long, global = true)]
    pub(crate) region: Option<Region>,

    /// E-mail of the user in whose name changes are made
    #[arg(long, global = true, value_name = "EMAIL")]
    pub(crate) from: Option<String>,

    /// Refuse whatever changes something (read), or let it pass (write)
    #[arg(long, global = true)]
    pub(crate) access: Option<Access>,

    /// More settings, as a JSON object
    #[arg(long, global = true, value_name = "JSON")]
    pub(crate) settings: Option<String>,

    /// Read the key from the first line of a file
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,

    /// How to sign in, one of those `connector auth` lists [default: the first]
    #[arg(long, global = true, value_name = "METHOD")]
    pub(crate) auth_method: Option<String>,

    /// A simulator in place of PagerDuty: http://127.0.0.1:PORT. It is sent the key
    #[arg(long, global = true, value_name = "URL", conflicts_with = "simulate")]
    pub(crate) base_url: Option<String>,

    /// Hosts the connector may call, in place of PagerDuty's own
    #[arg(long, global = true, value_name = "HOST")]
    pub(crate) grant: Vec<String>,

    /// Print results and errors as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Log each call and request on stderr
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
}

/// A service region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Region {
    Us,
    Eu,
}

/// What the connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Access {
    Read,
    Write,
}

/// One of the simulator's keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SimulatedKey {
    /// The account's key, and the owner's beside it
    #[default]
    AccountAndUser,
    /// The account's general key
    Account,
    /// The account's read-only key
    ReadOnly,
    /// The owner's key
    User,
    /// The key of a user who may not change anything
    LimitedUser,
    /// A key nobody knows
    Unknown,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List what the connector can do
    Operations(OperationsArgs),
    /// Show what one operation takes and answers, as JSON
    Describe(DescribeArgs),
    /// Show the ways to sign in and where to get each key
    Auth,
    /// Prove that the key works, and show whose it is
    Check,
    /// Run one operation once
    Call(CallArgs),
    /// Walk all pages of a list
    Walk(WalkArgs),
    /// Show what may be chosen for one argument of an operation
    Options(OptionsArgs),
    /// Read the account, or several, into the inventory
    Scan(ScanArgs),
    /// Look at the inventory
    Inventory(InventoryArgs),
    /// Compare Terraform states with the inventory
    Drift(DriftArgs),
    /// Check policies on the inventory
    Policy(PolicyArgs),
    /// Write the inventory as code: Terraform with import blocks, or a file that Pulumi imports
    Codify(CodifyArgs),
    /// Run the simulator on a port of this machine
    Simulate(SimulateArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

impl Command {
    /// The operation that was asked for, if the command runs one.
    pub(crate) fn operation(&self) -> Option<&str> {
        match self {
            Command::Call(args) => Some(&args.operation),
            Command::Walk(args) => Some(&args.operation),
            Command::Options(args) => Some(&args.operation),
            Command::Operations(_)
            | Command::Describe(_)
            | Command::Auth
            | Command::Check
            | Command::Scan(_)
            | Command::Inventory(_)
            | Command::Drift(_)
            | Command::Policy(_)
            | Command::Codify(_)
            | Command::Simulate(_)
            | Command::Completions(_) => None,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connector operations --area schedules
  connector operations --search 'who is on call'
  connector operations --search ack --format json")]
pub(crate) struct OperationsArgs {
    /// Only those of one area, such as incidents
    #[arg(long)]
    pub(crate) area: Option<String>,
    /// Only those that these words fit, best first
    #[arg(long, value_name = "WORDS")]
    pub(crate) search: Option<String>,
    /// How they are printed [default: table; with --json: json]
    #[arg(long)]
    pub(crate) format: Option<ListFormat>,
}

/// How a list of operations is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// Ids and titles, for reading
    Table,
    /// Everything the connector says of each
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct DescribeArgs {
    /// Id of an operation, such as incidents.list
    pub(crate) operation: String,
    /// With what the account adds, such as custom fields: this signs in
    #[arg(long)]
    pub(crate) account: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connector call incidents.get --arguments '{\"id\":\"Q2W4E6\"}'
  connector call incidents.create --from me@example.com --arguments @incident.json

Parts of a bulk call that failed are listed on stderr, and the exit code is 4.")]
pub(crate) struct CallArgs {
    /// Id of an operation, such as incidents.get
    pub(crate) operation: String,
    #[command(flatten)]
    pub(crate) arguments: JsonArguments,
}

#[derive(Debug, Args)]
pub(crate) struct JsonArguments {
    /// A JSON object, @FILE to read one, or - for stdin
    #[arg(long, short, value_name = "JSON|@FILE|-", default_value = "{}", hide_default_value = true)]
    pub(crate) arguments: String,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connector walk incidents.list --arguments '{\"statuses\":[\"triggered\"]}' --limit 20
  connector walk services.list --format csv > services.csv
  connector walk incidents.list --format jsonl --cursor CURSOR >> incidents.jsonl

When a walk is cut short (--limit, an error, Ctrl-C) the cursor to resume from is printed on
stderr: give it back with the same operation and arguments.")]
pub(crate) struct WalkArgs {
    /// Id of a paged operation, such as incidents.list
    pub(crate) operation: String,
    #[command(flatten)]
    pub(crate) arguments: JsonArguments,
    /// Stop after so many items
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Resume where an earlier walk stopped
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
    /// How items are printed [default: table; with --json: jsonl]
    #[arg(long)]
    pub(crate) format: Option<Format>,
    /// In CSV, leave cells that a spreadsheet would run as they are
    #[arg(long)]
    pub(crate) raw: bool,
}

/// How items are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The telling columns, for reading
    Table,
    /// One item a line, as the provider sent it
    Jsonl,
    /// Every field of the first page's items, a column each
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct OptionsArgs {
    /// Id of an operation, such as incidents.create
    pub(crate) operation: String,
    /// Name of one of its arguments, such as service
    pub(crate) argument: String,
    #[command(flatten)]
    pub(crate) arguments: JsonArguments,
    /// Only what these words fit
    #[arg(long, value_name = "WORDS", default_value = "", hide_default_value = true)]
    pub(crate) search: String,
    /// Go on where an earlier list ended
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn check(line: &str, accepted: bool) {
        let words = std::iter::once("connector").chain(line.split_whitespace());
        let parsed = Cli::try_parse_from(words);
        assert_eq!(parsed.is_ok(), accepted, "{line}: {:?}", parsed.err());
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn command_lines() {
        for line in [
            "operations --area incidents --search page",
            "operations --search ack --format json",
            "describe incidents.list",
            "describe incidents.custom-fields.set --account",
            "auth --json",
            "check --simulate",
            "--simulate check",
            "call incidents.get --arguments {}",
            "call incidents.get -a -",
            "walk incidents.list --limit 5 --format csv --raw",
            "walk incidents.list --cursor abc",
            "options incidents.create service --search web",
            "scan",
            "scan --kind service --without personal --store x.db",
            "scan --config accounts.toml --account prod --every --listen 127.0.0.1:0",
            "inventory list --kind service --name a* --related team:P1 --gone --format csv",
            "inventory show service P1 --at 3",
            "inventory diff 1 2 --kind team",
            "inventory graph --around service:P1 --depth 2 --format mermaid",
            "scan --every 0 --changes-every 0",
            "inventory prune --keep-last 3",
            "inventory prune --keep-last 3 --keep-since 90d",
            "inventory forget personal",
            "policy check --kind service --fail-on warning --format sarif",
            "policy test --pack here --no-builtin",
            "drift --state a.tfstate --state states --kind service --fail-on drift,unmanaged --format json",
            "policy check --state a.tfstate",
            "simulate --port 8080",
            "completions bash",
            "check --region eu --access read --from a@b.example",
            "check --base-url http://127.0.0.1:8080",
            "check --simulate --simulate-key unknown",
        ] {
            check(line, true);
        }
        for line in [
            "",
            "describe",
            "unknown",
            "check --region uk",
            "check --token secret",
            "walk x --limit 0",
            "walk x --limit -1",
            "walk x --format xml",
            "operations --format csv",
            "check --simulate --base-url http://127.0.0.1:1",
            "simulate --port 70000",
            "completions tcl",
            "scan --account prod",
            "scan --nickname a --config b",
            "inventory list --limit 0",
            "inventory",
            "inventory show service",
            "inventory prune",
            "inventory forget",
            "policy check --fail-on error",
            "drift",
            "drift --state a --fail-on all",
            "policy check --no-builtin",
        ] {
            check(line, false);
        }
    }
}
