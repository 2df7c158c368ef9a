//! `connector call OPERATION`: prints the answer's value; `--json` on one line.

use super::{interrupts, print_json};
use crate::cli::{CallArgs, Global};
use crate::failure::{Failure, Result};
use crate::{arguments, session};

pub(crate) async fn run(global: &Global, args: &CallArgs) -> Result<()> {
    let arguments = arguments::read(&args.arguments.arguments)?;
    let mut session = session::open(global, &[]).await?;
    let mut interrupts = interrupts()?;
    let calling = session.connection.call(&args.operation, &arguments);
    let output = tokio::select! {
        output = calling => output?,
        _ = interrupts.recv() => {
            tell!("if the request was already sent, it may have taken effect");
            return Err(Failure::Interrupted);
        }
    };
    // An answer without content has no value to print.
    if output.value.trim() == "null" && !global.json {
        tell!("done (status {})", output.status);
    } else {
        print_json(&output.value, global.json)?;
    }
    match output.failures {
        none if none.is_empty() => Ok(()),
        failures => Err(Failure::Partly(failures)),
    }
}
