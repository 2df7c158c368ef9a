//! What can be said of the inventory: scan, look, check policies.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

/// Where the inventory is.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Store")]
pub(crate) struct StoreArgs {
    /// A file, or postgres://USER@HOST/DATABASE [default: inventory.db in this user's data folder]
    #[arg(long, value_name = "FILE|URL", env = "CONNECTOR_STORE", hide_env_values = true)]
    pub(crate) store: Option<String>,
    /// The file of the key that secrets are fingerprinted with [default: beside the store]
    #[arg(long, value_name = "FILE")]
    pub(crate) store_key: Option<PathBuf>,
    /// How long to wait for a store that another process has locked, or for a server [default: 10s]
    #[arg(long, value_name = "TIME")]
    pub(crate) store_wait: Option<String>,
    /// Most MiB that a file of SQLite may grow to [default: what the disk has room for]
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) store_most: Option<u64>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connector scan                              one account, with the key of the environment
  connector scan --kind service --kind team
  connector scan --without personal           nothing that tells of persons
  connector scan --config accounts.toml --every 8h --listen 127.0.0.1:9464

Reading is all that a scan does: a read-only key is enough. A scan that was stopped, or killed, goes on
where it was. `connector inventory` shows what was found.")]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Several accounts, each with its key and nickname: a TOML file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Of the configuration, only these accounts
    #[arg(long, value_name = "NICKNAME", requires = "config")]
    pub(crate) account: Vec<String>,
    /// What to call the account [default: its subdomain]
    #[arg(long, value_name = "NICKNAME", conflicts_with = "config")]
    pub(crate) nickname: Option<String>,
    /// Only these kinds; `connector inventory kinds` lists them
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Vec<String>,
    /// Kinds to leave out; `personal` leaves out all that tell of persons
    #[arg(long, value_name = "KIND")]
    pub(crate) without: Vec<String>,
    /// Settings of the scan, such as {"incident_days":90}
    #[arg(long, value_name = "JSON")]
    pub(crate) scan_settings: Option<String>,
    /// Go on for ever, with so much time between the beginnings of two scans; 0 scans once, whatever the
    /// configuration says
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "8h")]
    pub(crate) every: Option<String>,
    /// With --every: look for changes in between, so often; 0 never does [default: 15m]
    #[arg(long, value_name = "TIME")]
    pub(crate) changes_every: Option<String>,
    /// With --every: health and metrics at http://ADDRESS/healthz and /metrics
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<std::net::SocketAddr>,
}

#[derive(Debug, Args)]
pub(crate) struct InventoryArgs {
    #[command(subcommand)]
    pub(crate) command: InventoryCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum InventoryCommand {
    /// The kinds of assets that there are
    Kinds(KindsArgs),
    /// The accounts of the store
    Accounts(LookArgs),
    /// The scans of the store
    Scans(ScansArgs),
    /// Assets, with filters
    List(ListArgs),
    /// One asset, with what it points to and what points to it
    Show(OneArgs),
    /// What an asset was, from version to version
    History(OneArgs),
    /// What changed between two points
    Diff(DiffArgs),
    /// Assets and what binds them, for Graphviz or Mermaid
    Graph(GraphArgs),
    /// Remove old versions
    Prune(PruneArgs),
    /// Remove every trace of kinds, such as those that tell of persons
    Forget(ForgetArgs),
}

/// How records are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RecordFormat {
    /// For reading
    Table,
    /// One JSON object a line
    Json,
    /// For spreadsheets
    Csv,
}

/// How a graph is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// For Graphviz
    Dot,
    /// For Mermaid
    Mermaid,
    /// Nodes and edges
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct KindsArgs {
    /// How they are printed [default: table; with --json: json]
    #[arg(long)]
    pub(crate) format: Option<RecordFormat>,
}

/// What every look at the store takes.
#[derive(Debug, Args)]
pub(crate) struct LookArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// How records are printed [default: table; with --json: json]
    #[arg(long)]
    pub(crate) format: Option<RecordFormat>,
    /// In CSV, leave cells that a spreadsheet would run as they are
    #[arg(long)]
    pub(crate) raw: bool,
}

/// Of which account, and when.
#[derive(Debug, Args)]
pub(crate) struct WhenArgs {
    /// Only of this account
    #[arg(long, value_name = "NICKNAME")]
    pub(crate) account: Option<String>,
    /// As it was: the number of a scan, or a time such as 2026-11-01T00:00:00Z
    #[arg(long, value_name = "SCAN|TIME")]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ScansArgs {
    #[command(flatten)]
    pub(crate) look: LookArgs,
    /// Only of this account
    #[arg(long, value_name = "NICKNAME")]
    pub(crate) account: Option<String>,
    /// How many, the newest first
    #[arg(long, value_name = "N", default_value = "20")]
    pub(crate) limit: NonZeroUsize,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connector inventory list --kind service
  connector inventory list --kind service --name 'checkout*' --format csv
  connector inventory list --related escalation-policy:P1A2B3C
  connector inventory list --changed-since 2026-11-01T00:00:00Z --gone")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) look: LookArgs,
    #[command(flatten)]
    pub(crate) when: WhenArgs,
    /// Only of these kinds
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Vec<String>,
    /// Only with these ids
    #[arg(long, value_name = "ID")]
    pub(crate) id: Vec<String>,
    /// Only with such a name: a part of it, or a pattern with * and ?
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Only what points to this asset: KIND:ID, or RELATION:KIND:ID
    #[arg(long, value_name = "KIND:ID")]
    pub(crate) related: Option<String>,
    /// Only what came, changed or went since then
    #[arg(long, value_name = "TIME")]
    pub(crate) changed_since: Option<String>,
    /// Those that are gone as well
    #[arg(long)]
    pub(crate) gone: bool,
    /// Stop after so many
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
pub(crate) struct OneArgs {
    #[command(flatten)]
    pub(crate) look: LookArgs,
    #[command(flatten)]
    pub(crate) when: WhenArgs,
    /// Kind of the asset, such as service
    pub(crate) kind: String,
    /// Its id
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    pub(crate) look: LookArgs,
    /// Only of this account
    #[arg(long, value_name = "NICKNAME")]
    pub(crate) account: Option<String>,
    /// From here: the number of a scan, or a time
    pub(crate) from: String,
    /// To here [default: now]
    pub(crate) to: Option<String>,
    /// Only of these kinds
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connector inventory graph --around service:P1A2B3C --depth 2 --format mermaid
  connector inventory graph --kind service --kind escalation-policy --kind team | dot -Tsvg > account.svg")]
pub(crate) struct GraphArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) when: WhenArgs,
    /// Around these assets
    #[arg(long, value_name = "KIND:ID")]
    pub(crate) around: Vec<String>,
    /// How many relations away from them
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) depth: u32,
    /// Only of these kinds
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Vec<String>,
    /// Most assets
    #[arg(long, value_name = "N", default_value = "500")]
    pub(crate) limit: NonZeroUsize,
    /// How it is printed [default: dot; with --json: json]
    #[arg(long)]
    pub(crate) format: Option<GraphFormat>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("keep").required(true).multiple(true))]
pub(crate) struct PruneArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Keep versions that ended since then: a time, or such as 90d
    #[arg(long, value_name = "TIME", group = "keep")]
    pub(crate) keep_since: Option<String>,
    /// Keep so many versions of each asset
    #[arg(long, value_name = "N", group = "keep")]
    pub(crate) keep_last: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct ForgetArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Of this account alone
    #[arg(long, value_name = "NICKNAME")]
    pub(crate) account: Option<String>,
    /// The kinds; `personal` stands for all that tell of persons
    #[arg(required = true, value_name = "KIND")]
    pub(crate) kinds: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check the inventory
    Check(Box<PolicyCheckArgs>),
    /// Run the tests of a pack
    Test(PolicyTestArgs),
    /// List the rules
    Rules(PolicyRulesArgs),
}

/// Which rules.
#[derive(Debug, Clone, Args)]
pub(crate) struct PackArgs {
    /// Folders of rules, beside those that come with the tool
    #[arg(long, value_name = "DIR")]
    pub(crate) pack: Vec<PathBuf>,
    /// Without the rules that come with the tool
    #[arg(long, requires = "pack")]
    pub(crate) no_builtin: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connector policy check
  connector policy check --kind service --fail-on violation --format sarif > findings.sarif
  connector policy check --pack ./policies --no-builtin

Exit codes: 0 nothing that counts (--fail-on), 7 findings that count, 1 a rule did not come to its end.")]
pub(crate) struct PolicyCheckArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) when: WhenArgs,
    #[command(flatten)]
    pub(crate) pack: PackArgs,
    /// Only assets of these kinds
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Vec<String>,
    /// Only these rules
    #[arg(long, value_name = "RULE")]
    pub(crate) rule: Vec<String>,
    /// Tell rules what Terraform states hold: a file, or a folder of them
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) state: Vec<PathBuf>,
    /// Findings from here on end with exit code 7
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,
    /// How findings are printed [default: table; with --json: json]
    #[arg(long)]
    pub(crate) format: Option<FindingFormat>,
}

/// From which severity on findings count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Info,
    Warning,
    Violation,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FindingFormat {
    /// For reading
    Table,
    /// For programs
    Json,
    /// For code scanning: SARIF 2.1.0
    Sarif,
    /// For pipelines: JUnit XML
    Junit,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyTestArgs {
    #[command(flatten)]
    pub(crate) pack: PackArgs,
    /// How the results are printed [default: table; with --json: json]
    #[arg(long)]
    pub(crate) format: Option<FindingFormat>,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyRulesArgs {
    #[command(flatten)]
    pub(crate) pack: PackArgs,
}
