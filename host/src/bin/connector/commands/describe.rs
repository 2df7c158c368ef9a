//! `connector describe OPERATION`: always JSON, since it is schemas.

use serde_json::json;

use super::{embedded, operations, print_json};
use crate::cli::{DescribeArgs, Global};
use crate::failure::Result;
use crate::session;

pub(crate) async fn run(global: &Global, args: &DescribeArgs) -> Result<()> {
    let detail = match args.account {
        true => session::open(global, &[]).await?.connection.describe(&args.operation, "{}").await?,
        false => session::connector(global).await?.describe(&args.operation).await?,
    };
    let described = json!({
        "operation": operations::as_json(&detail.operation),
        "input": embedded(&detail.input),
        "output": embedded(&detail.output),
        "sample": embedded(&detail.sample),
    });
    print_json(&described.to_string(), global.json)
}
