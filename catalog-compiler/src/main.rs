//! `catalog-compiler DIR`: checks a catalog and says how large it is.
//!
//! Rule: exit code 0 and one line for a good catalog, 1 and a line a problem
//! for a bad one, 2 for bad usage.

use std::path::Path;
use std::process::ExitCode;

use catalog_compiler::{Figures, figures};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(dir), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: catalog-compiler DIR   (the folder with hosts.toml, entities and operations)");
        return ExitCode::from(2);
    };
    match figures(Path::new(&dir)) {
        Ok(Figures { operations, entities, median_lines, most_lines }) => {
            println!("{operations} operations, {entities} entities");
            println!("lines of TOML an operation: median {median_lines}, most {most_lines}");
            ExitCode::SUCCESS
        }
        Err(problems) => {
            for problem in &problems {
                eprintln!("{problem}");
            }
            eprintln!("{} problems", problems.len());
            ExitCode::FAILURE
        }
    }
}
