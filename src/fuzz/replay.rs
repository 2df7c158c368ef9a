//! The kept inputs, run as tests.
//!
//! Rule: what fuzzing found once fails here first, on every machine and without
//! a fuzzer. The corpus stays small enough to be run and read.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

/// Runs every kept input of a target.
fn check(target: &str, hold: fn(&[u8])) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    for (folder, least) in [("corpus", 5), ("regressions", 0)] {
        let files = fs::read_dir(root.join(folder).join(target)).into_iter().flatten().map(|file| file.unwrap().path());
        let files: Vec<_> = files.collect();
        assert!((least..300).contains(&files.len()), "{} inputs in {folder}/{target}", files.len());
        for file in files {
            let input = fs::read(&file).unwrap();
            assert!(input.len() < 4096, "{} is too long to be kept", file.display());
            assert!(catch_unwind(|| hold(&input)).is_ok(), "{} shows a fault", file.display());
        }
    }
    // What every target must take.
    for input in [b"".as_slice(), b"\n", b"\0", b"\xff\xfe\n\xff", b" \n\n\n"] {
        hold(input);
    }
}

#[test]
fn arguments() {
    check("arguments", super::arguments);
}

#[test]
fn pages() {
    check("pages", super::pages);
}

#[test]
fn errors() {
    check("errors", super::errors);
}

#[test]
fn cursors() {
    check("cursors", super::cursors);
}

#[test]
fn webhooks() {
    check("webhooks", super::webhooks);
}

#[test]
fn names() {
    check("search", super::names);
}
