//! Sends every operation, with the fewest and with all arguments, through the
//! real component to a judge on loopback that checks requests against the
//! official documents, and prints what it found.
//!
//! Usage: `conformance http://127.0.0.1:PORT`. Exits 1 on any violation, and
//! where an operation reached no document.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;

use host_test::generate::{self, Extent};
use host_test::host::contract::Reason;
use host_test::host::{Error, Grants, Host, HostOptions, Secret, Sign};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(judge) = std::env::args().nth(1) else {
        eprintln!("usage: conformance http://127.0.0.1:PORT");
        return ExitCode::from(2);
    };
    match run(&judge).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("conformance: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(judge: &str) -> Result<bool, Failure> {
    let host = Host::new(HostOptions { allow_loopback: true, pooling: false, ..HostOptions::default() })?;
    let connector = host.load(host_test::component()).await?;
    let sign = Sign {
        method: "token".into(),
        credentials: vec![
            ("token".into(), Secret::from("u+testtesttest")),
            ("user_token".into(), Secret::from("u+testtestuser")),
        ],
        settings: json!({"from": "ada@example.com"}),
        host_settings: json!({ "base_url": judge }),
    };
    let grants = Grants { hosts: connector.identify().hosts.clone(), sha256: None };
    let mut connection = connector.open(&sign, &grants).await?;
    let operations = connector.operations().await?;
    let (mut sent, mut unread) = (0, Vec::new());
    for operation in &operations {
        let detail = connector.describe(&operation.id).await?;
        for extent in [Extent::Fewest, Extent::All] {
            for given in generate::of(&detail, extent) {
                sent += 1;
                match connection.call(&operation.id, &given.to_string()).await {
                    // The judge answers with the documents' own examples.
                    Err(Error::Connector(error)) if error.reason == Reason::Unexpected => {
                        unread.push(format!("{}: {}", operation.id, error.message));
                    }
                    Err(Error::Connector(error)) if error.reason == Reason::Invalid => {
                        return Err(format!("{} was not sent: {error}", operation.id).into());
                    }
                    Ok(_) | Err(Error::Connector(_)) => {}
                    Err(other) => return Err(format!("{}: {other}", operation.id).into()),
                }
            }
        }
    }
    let report = report(judge)?;
    // A feed sends what another operation sends.
    let own = operations.iter().filter(|operation| !generate::is_feed(operation)).count();
    Ok(print(&report, own, sent, &unread))
}

/// The judge's own report.
fn report(judge: &str) -> Result<Value, Failure> {
    let address = judge.strip_prefix("http://").ok_or("the judge's address begins with http://")?;
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET /__judge__/report HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or("the judge's report has no body")?;
    Ok(serde_json::from_str(body)?)
}

fn print(report: &Value, operations: usize, sent: usize, unread: &[String]) -> bool {
    let exercised = |of: &Value| of["requests"].as_u64().is_some_and(|requests| requests > 0);
    let judged: Vec<(&String, &Value)> =
        report["operations"].as_object().into_iter().flatten().filter(|(_, of)| exercised(of)).collect();
    let (mut errors, mut allowed, mut others) = (Vec::new(), 0, BTreeSet::new());
    for (id, of) in &judged {
        for violation in of["violations"].as_array().into_iter().flatten() {
            let told = format!("{id}: {} ({})", violation["message"], violation["code"]);
            match violation["severity"].as_str() {
                Some("error") => errors.push(told),
                Some("allowed") => allowed += 1,
                _ => drop(others.insert(format!("{id}: {}: {}", violation["severity"], violation["message"]))),
            }
        }
    }
    let unrouted = report["unrouted"].as_array().map_or(0, Vec::len);
    others.iter().for_each(|other| println!("  {other}"));
    unread.iter().for_each(|answer| println!("  answer not read: {answer}"));
    errors.iter().for_each(|error| println!("  VIOLATION {error}"));
    println!("totals: {}", report["totals"]);
    println!(
        "{operations} operations that send requests of their own, {sent} requests: {} violations, {allowed} allowed by the judge's list, {} notes, {unrouted} unrouted",
        errors.len(),
        others.len()
    );
    for (document, of) in report["perSpec"].as_object().into_iter().flatten() {
        println!("coverage {document}: {of}");
    }
    // Several operations can be one to the documents, told apart by its path.
    println!("{operations} operations reached {} of the documents'", judged.len());
    errors.is_empty() && unrouted == 0 && unread.is_empty()
}
