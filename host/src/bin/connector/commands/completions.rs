//! `connector completions SHELL`.

use std::io::{Write, stdout};

use clap::CommandFactory;

use crate::cli::{Cli, CompletionsArgs};
use crate::failure::Result;

pub(crate) fn run(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "connector", &mut script);
    Ok(stdout().write_all(&script)?)
}
