//! What can be said of code: which assets, in what, where to.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{StoreArgs, WhenArgs};

/// In what code is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CodeFormat {
    /// Terraform's language
    Hcl,
    /// Terraform's language, as JSON
    Json,
    /// A file for `pulumi import --file`
    Pulumi,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connector codify                                    what it would write, on stdout
  connector codify --out code                         one file for each type, with import blocks
  connector codify --kind service --id PABC123
  connector codify --live --out code                  from the account itself, without a store
  connector codify --format pulumi > import.json && pulumi import --file import.json

Then `terraform plan` in the folder: everything is to be imported, and nothing to be added, changed or
destroyed. Names are kept in names.json: keep that file, and later runs give the same names. Files that were
changed by hand are not written over.")]
pub(crate) struct CodifyArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) when: WhenArgs,
    /// Look at the account now, and not into the store
    #[arg(long, conflicts_with_all = ["account", "at"])]
    pub(crate) live: bool,
    /// Only these kinds; `connector inventory kinds` lists them
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Vec<String>,
    /// Only assets with these ids
    #[arg(long, value_name = "ID")]
    pub(crate) id: Vec<String>,
    /// In what it is written
    #[arg(long, default_value = "hcl")]
    pub(crate) format: CodeFormat,
    /// A folder for the files [default: print them]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// With --out: write over files that were changed by hand, or that others made
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
}
