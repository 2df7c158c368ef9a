//! `catalog-compiler DIR`: checks a catalog and says how large it is, or with
//! `--against SPEC` what differs from the official documents.
//!
//! Rule: exit code 0 for a good catalog, 1 and a line a problem for a bad one,
//! 2 for bad usage.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use catalog_compiler::{Diagnostic, Figures, figures};

const USAGE: &str = "\
usage: catalog-compiler DIR                       check the folder with hosts.toml, entities and operations
       catalog-compiler DIR --against SPEC        compare it with the official documents in the folder SPEC
           --json             as JSON
           --area AREA        only operations of this area
           --complete         operations that are missing fail, too
           --intended FILE    what may differ, in place of DIR/drift.toml and DIR/drift/";

#[derive(Default)]
struct Arguments {
    dir: PathBuf,
    against: Option<PathBuf>,
    json: bool,
    area: Option<String>,
    complete: bool,
    intended: Option<PathBuf>,
}

/// Reads the command line; `None` where it makes no sense.
fn arguments(mut rest: impl Iterator<Item = OsString>) -> Option<Arguments> {
    let mut arguments = Arguments::default();
    let mut dir = None;
    while let Some(argument) = rest.next() {
        match argument.to_str() {
            Some("--against") => arguments.against = Some(rest.next()?.into()),
            Some("--json") => arguments.json = true,
            Some("--area") => arguments.area = Some(rest.next()?.into_string().ok()?),
            Some("--complete") => arguments.complete = true,
            Some("--intended") => arguments.intended = Some(rest.next()?.into()),
            Some(option) if option.starts_with('-') => return None,
            _ if dir.is_none() => dir = Some(argument.into()),
            _ => return None,
        }
    }
    arguments.dir = dir?;
    let Arguments { against, json, area, complete, intended, .. } = &arguments;
    let compares = *json || *complete || area.is_some() || intended.is_some();
    (against.is_some() || !compares).then_some(arguments)
}

fn main() -> ExitCode {
    let Some(arguments) = arguments(std::env::args_os().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let done = match &arguments.against {
        None => measure(&arguments.dir),
        Some(spec) => compare(&arguments, spec),
    };
    done.unwrap_or_else(|problems| {
        for problem in &problems {
            eprintln!("{problem}");
        }
        eprintln!("{} problems", problems.len());
        ExitCode::FAILURE
    })
}

fn measure(dir: &Path) -> Result<ExitCode, Vec<Diagnostic>> {
    let Figures { operations, entities, median_lines, most_lines, bytes } = figures(dir)?;
    println!("{operations} operations, {entities} entities, {bytes} bytes of tables");
    println!("lines of TOML an operation: median {median_lines}, most {most_lines}");
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "drift")]
fn compare(arguments: &Arguments, spec: &Path) -> Result<ExitCode, Vec<Diagnostic>> {
    use catalog_compiler::drift::{Options, against};
    let Arguments { dir, json, area, complete, intended, .. } = arguments;
    let options = Options { area: area.clone(), complete: *complete, intended: intended.clone() };
    let outcome = against(dir, spec, &options)?;
    if *json {
        println!("{}", outcome.json());
    } else {
        print!("{}", outcome.text());
    }
    Ok(if outcome.failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

#[cfg(not(feature = "drift"))]
fn compare(_: &Arguments, _: &Path) -> Result<ExitCode, Vec<Diagnostic>> {
    eprintln!("this catalog-compiler was built without the feature `drift`");
    Ok(ExitCode::from(2))
}
