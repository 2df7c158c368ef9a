//! What can be said of drift: which states, which account, what counts.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{StoreArgs, WhenArgs};

/// What ends with exit code 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Counts {
    /// In a state, and otherwise in the account
    Drift,
    /// In a state, and gone from the account
    Ghost,
    /// In the account, and in no state
    Unmanaged,
    /// In a state; whether it is in the account cannot be told
    Undetermined,
    /// None of it
    Nothing,
}

/// How a comparison is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DriftFormat {
    /// For reading
    Table,
    /// For programs: one JSON object
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connector drift --state terraform.tfstate
  connector drift --state states/ --state other.tfstate --kind service --format json
  connector drift --state terraform.tfstate --fail-on unmanaged,drift,ghost

States are those of Terraform and OpenTofu, format version 4; of a folder every *.tfstate right in it. `terraform
state pull > FILE` brings one from a backend. The account is as the last scan found it: scan first. Nothing is
changed, here or there, and secrets of a state are shown as fingerprints.

Exit codes: 0 nothing that counts (--fail-on), 7 something that counts.")]
pub(crate) struct DriftArgs {
    /// States: a file, or a folder of them
    #[arg(long, value_name = "FILE|DIR", required = true)]
    pub(crate) state: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) when: WhenArgs,
    /// Only these kinds
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Vec<String>,
    /// What ends with exit code 7
    #[arg(long, value_name = "WHAT", value_delimiter = ',', default_value = "drift,ghost")]
    pub(crate) fail_on: Vec<Counts>,
    /// How it is printed [default: table; with --json: json]
    #[arg(long)]
    pub(crate) format: Option<DriftFormat>,
}
