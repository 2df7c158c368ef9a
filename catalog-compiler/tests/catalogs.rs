//! Small catalogs and what the compiler says of them.
//!
//! Rule: a case is one file. `tests/fail/NAME.toml` holds the files of a
//! catalog, each behind a line `#: PATH`; those it leaves out come from
//! `tests/base.toml`. What the compiler says is held in `NAME.stderr`; what the
//! connector reads in the tables of `tests/pass/NAME.toml`, in `NAME.txt`.
//! `UPDATE_SNAPSHOTS=1` writes both anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use catalog_compiler::{Diagnostic, compile, figures};

/// A folder of a test's own, gone when it is dropped. (`tempfile` would change
/// the features of what the guest's build script shares with wasmtime's, and
/// wasmtime would be built twice.)
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("catalogs-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// Splits a case into its files. Each keeps its own line numbers.
fn split(case: &str) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut current = None;
    for line in case.lines() {
        if let Some(path) = line.strip_prefix("#: ") {
            current = Some(path.to_owned());
            files.insert(path.to_owned(), String::new());
        } else if let Some(text) = current.as_ref().and_then(|path| files.get_mut(path)) {
            text.push_str(line);
            text.push('\n');
        }
    }
    files
}

/// Lays out the case's catalog, in a folder called `catalog`.
fn lay_out(case: &Path) -> Folder {
    let mut files = split(&fs::read_to_string(tests().join("base.toml")).unwrap());
    files.extend(split(&fs::read_to_string(case).unwrap()));
    let folder = Folder::new();
    for (path, text) in files {
        let path = folder.path().join("catalog").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // A file of nothing but `#: absent` stands for one that is not there.
        if text.trim() != "absent" {
            fs::write(path, text).unwrap();
        }
    }
    folder
}

fn cases(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(tests().join(folder)).unwrap();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    found.sort();
    assert!(!found.is_empty(), "no cases in {folder}");
    found
}

/// Compares with a snapshot, or writes it; the difference in a few words.
fn check(snapshot: &Path, actual: &str) -> Option<String> {
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(snapshot, actual).unwrap();
        return None;
    }
    let expected = fs::read_to_string(snapshot).unwrap_or_default();
    (expected != actual).then(|| format!("{}:\n--- expected\n{expected}--- actual\n{actual}", snapshot.display()))
}

fn lines(problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

/// Fails with all differences at once.
fn none(differences: Vec<String>) {
    assert!(differences.is_empty(), "UPDATE_SNAPSHOTS=1 accepts:\n{}", differences.join("\n"));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let differences = cases("fail").into_iter().filter_map(|case| {
        let folder = lay_out(&case);
        let problems = compile(&folder.path().join("catalog")).expect_err(&format!("{} compiles", case.display()));
        check(&case.with_extension("stderr"), &lines(&problems))
    });
    none(differences.collect());
}

#[test]
fn what_is_right_becomes_tables() {
    let differences = cases("pass").into_iter().filter_map(|case| {
        let folder = lay_out(&case);
        let tables = compile(&folder.path().join("catalog")).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
        check(&case.with_extension("txt"), &read_back(&tables))
    });
    none(differences.collect());
}

/// What the connector's own code reads in tables: they are compiled beside it.
fn read_back(tables: &str) -> String {
    let folder = Folder::new();
    fs::write(folder.path().join("catalog.rs"), tables).unwrap();
    let (connector, copy) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("../src"), folder.path().join("src"));
    fs::create_dir_all(copy.join("catalog")).unwrap();
    for file in [
        "catalog.rs",
        "catalog/assets.rs",
        "catalog/decode.rs",
        "catalog/reader.rs",
        "catalog/tables.rs",
        "catalog/terraform.rs",
    ] {
        fs::copy(connector.join(file), copy.join(file)).unwrap();
    }
    let root = copy.join("print.rs");
    fs::copy(tests().join("read-back/print.rs"), &root).unwrap();
    let program = folder.path().join("print");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--edition=2024", "-Dwarnings", "-o"])
        .args([&program, &root])
        .env("OUT_DIR", folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(Command::new(program).output().unwrap().stdout).unwrap()
}

#[test]
fn every_expectation_has_a_case() {
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        return;
    }
    for (folder, extension) in [("fail", "stderr"), ("pass", "txt")] {
        for entry in fs::read_dir(tests().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let case = path.with_extension("toml");
            assert!(case.exists(), "{} belongs to no case", path.display());
            assert!(case.with_extension(extension).exists(), "{} expects nothing", path.display());
        }
    }
}

#[test]
fn the_same_catalog_gives_the_same_tables() {
    let case = &cases("pass")[0];
    let (a, b) = (lay_out(case), lay_out(case));
    assert_eq!(compile(&a.path().join("catalog")), compile(&b.path().join("catalog")));
}

#[test]
fn figures_count_operations_entities_and_lines() {
    let folder = lay_out(&tests().join("base.toml"));
    let figures = figures(&folder.path().join("catalog")).unwrap();
    let expected = (1, 1, 6, 6);
    assert_eq!((figures.operations, figures.entities, figures.median_lines, figures.most_lines), expected);
}

#[track_caller]
fn run(arguments: &[&Path], code: i32, stdout: &str, stderr: &str) {
    let output = Command::new(env!("CARGO_BIN_EXE_catalog-compiler")).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(code));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), stdout);
    assert!(String::from_utf8(output.stderr).unwrap().contains(stderr));
}

#[test]
fn the_tool_tells_figures_problems_and_usage() {
    let good = lay_out(&tests().join("base.toml"));
    let good = good.path().join("catalog");
    run(
        &[&good],
        0,
        "1 operations, 1 entities, 517 bytes of tables\nlines of TOML an operation: median 6, most 6\n",
        "",
    );
    let bad = lay_out(&tests().join("fail/unknown-entity.toml"));
    run(&[&bad.path().join("catalog")], 1, "", "catalog/operations/cases.toml:8:18: unknown type or entity `taem`");
    run(&[Path::new("/nowhere/at/all")], 1, "", "cannot be read");
    run(&[], 2, "", "usage: catalog-compiler DIR");
    run(&[&good, &good], 2, "", "usage: catalog-compiler DIR");
}
