//! What this project is made of, and what it says of its own security: read off
//! the lockfiles, the scripts, the component and SECURITY.md.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const CRATES: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Files of the repository that `wanted` picks by their path below its root.
fn files(wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let kind = entry.file_type().expect("a kind");
            if kind.is_dir() && !["target", "node_modules", ".git", ".venv", "corpus"].iter().any(|made| name == *made)
            {
                collect(&path, found);
            } else if kind.is_file() {
                found.push(path);
            }
        }
    }
    let root = host_test::root();
    let mut paths = Vec::new();
    collect(root, &mut paths);
    let named = paths.iter().filter_map(|path| path.strip_prefix(root).ok()?.to_str());
    let found: Vec<_> = named.filter(|name| wanted(name)).map(|name| (name.to_owned(), text(name))).collect();
    assert!(!found.is_empty(), "no such file");
    found
}

fn text(name: &str) -> String {
    let bytes = fs::read(host_test::root().join(name)).unwrap_or_else(|why| panic!("{name}: {why}"));
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn crates_come_from_one_registry_by_checksum() {
    for (name, lock) in files(|name| name.ends_with("Cargo.lock")) {
        let lock: toml::Table = lock.parse().expect("TOML");
        let packages = lock["package"].as_array().expect("packages");
        assert!(packages.len() > 1, "{name}");
        for package in packages {
            let of = |key: &str| package.get(key).and_then(toml::Value::as_str);
            let pinned = of("checksum").is_some_and(|sum| sum.len() == 64);
            // Without a source it is one of the workspace.
            assert!(of("source").is_none_or(|source| source == CRATES && pinned), "{name}: {package:?}");
        }
    }
}

#[test]
fn npm_packages_have_their_hashes() {
    for (name, lock) in files(|name| name.ends_with("package-lock.json")) {
        let lock: serde_json::Value = serde_json::from_str(&lock).expect("JSON");
        let packages = lock["packages"].as_object().expect("packages");
        for (at, package) in packages {
            if at.is_empty() {
                let wanted = package["dependencies"].as_object().expect("dependencies");
                let exact = |version: &serde_json::Value| version.as_str().is_some_and(is_exact);
                assert!(wanted.values().all(exact), "{name}: {wanted:?}");
            } else {
                let hash = package["integrity"].as_str().unwrap_or_default();
                assert!(hash.starts_with("sha512-"), "{name}: {at} has no hash");
                // It would name the registry of whoever made the lockfile.
                assert!(package["resolved"].is_null(), "{name}: {at}");
            }
        }
    }
}

fn is_exact(version: &str) -> bool {
    version.split('.').count() == 3 && version.split('.').all(|part| part.parse::<u32>().is_ok())
}

#[test]
fn the_toolchain_is_one_version() {
    let toolchain: toml::Table = text("rust-toolchain.toml").parse().expect("TOML");
    assert!(toolchain["toolchain"]["channel"].as_str().is_some_and(is_exact), "{toolchain:?}");
}

/// What is wrong with a command that installs or builds, if anything is.
fn unpinned(command: &str) -> Option<&'static str> {
    let command = format!("{command} ");
    let has = |words: &str| command.contains(words);
    let cargo = ["build", "test", "run", "clippy", "check", "fetch", "install", "tree", "metadata"];
    let calls = |word: &&str| {
        [format!("cargo {word} "), format!("(CARGO) {word} "), format!("cargo\" {word} ")].iter().any(|call| has(call))
    };
    if cargo.iter().any(calls) && !has("--locked") && !has("$(WORKSPACE)") {
        return Some("cargo without --locked");
    }
    // What a judge outside the repository needs comes after what is pinned, and finds it there.
    let pip = has("pip install") || has("pip\" install") || has("{pip[@]}\"");
    if pip && has(" -r ") && !has("--require-hashes") && !has("$judge/requirements.txt") {
        return Some("pip without --require-hashes");
    }
    (has("npm install") || has("npm i ") || has("npx ")).then_some("npm, and not by npm ci")
}

#[test]
fn commands_install_what_is_pinned() {
    for (command, pinned) in [
        ("cargo build --locked", true),
        ("cargo build --release", false),
        ("\t$(CARGO) build", false),
        ("\t$(CARGO) test $(WORKSPACE) --test connector", true),
        ("\t$(CARGO) run --quiet -p catalog-compiler", false),
        ("\"$cargo\" install --root x cargo-deny", false),
        ("python -m pip install --quiet --require-hashes -r x", true),
        ("\"$work/bin/pip\" install -r requirements.txt", false),
        ("\"${pip[@]}\" -r requirements.txt", false),
        ("npm ci --ignore-scripts", true),
        ("npm install", false),
    ] {
        assert_eq!(unpinned(command).is_none(), pinned, "{command}");
    }
    let script = |name: &str| {
        let base = name.rsplit('/').next().unwrap_or_default();
        name == "Makefile" || name.starts_with(".ci/") || name.ends_with(".sh") || !base.contains('.')
    };
    let mut seen = 0;
    for (name, script) in files(script) {
        let joined = script.replace("\\\n", " ");
        for line in joined.lines().filter(|line| !line.trim_start().starts_with('#')) {
            seen +=
                usize::from(line.contains("--locked") || line.contains("--require-hashes") || line.contains("npm ci"));
            assert_eq!(unpinned(line), None, "{name}: {}", line.trim());
        }
    }
    assert!(seen > 8, "{seen} commands seen");
}

/// Paths of Rust files that stand in `bytes`.
fn named_files(bytes: &[u8]) -> BTreeSet<String> {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte);
    let words = bytes.split(|byte| !part(*byte)).filter_map(|word| std::str::from_utf8(word).ok());
    let until = words.filter_map(|word| Some(word[..word.rfind(".rs")? + 3].to_owned()));
    until.filter(|word| word.contains('/')).collect()
}

#[test]
fn the_component_names_no_folder_of_this_machine() {
    let bytes = fs::read(host_test::component()).expect("the component");
    let named = named_files(&bytes);
    let (crates, library) = (|name: &&String| name.contains("/crates/"), |name: &&String| name.contains("/rustc/"));
    assert!(named.iter().any(|name| crates(&name)) && named.iter().any(|name| library(&name)), "{named:#?}");
    // Texts stand side by side: what comes before a path may be glued to it.
    let known = |name: &&String| crates(name) || library(name) || name.contains("src/");
    assert!(named.iter().all(|name| known(&name)), "{named:#?}");
    let home = std::env::var("HOME").unwrap_or_default();
    let cargo = std::env::var("CARGO_HOME").unwrap_or_else(|_| format!("{home}/.cargo"));
    let root = host_test::root().to_string_lossy().into_owned();
    for folder in [home, cargo, root, "/.cargo".to_owned(), "/.rustup".to_owned(), "index.crates.io".to_owned()] {
        let within = format!("{folder}/");
        let found = folder.len() > 1 && bytes.windows(within.len()).any(|window| window == within.as_bytes());
        assert!(!found, "the component names {folder}");
    }
}

/// Tests that a text names, as `path.rs::name`.
fn named_tests(text: &str) -> Vec<(&str, &str)> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|code| code.split_once("::"))
        .filter(|(path, _)| path.ends_with(".rs"))
        .collect()
}

/// Whether `source` has a test of this name.
fn is_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let defines =
        |line: &str| [format!("fn {name}("), format!("async fn {name}(")].iter().any(|start| line.starts_with(start));
    lines.iter().enumerate().filter(|(_, line)| defines(line)).any(|(at, _)| {
        let attributes = lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("///"));
        attributes.into_iter().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
    })
}

#[test]
fn every_test_that_security_names_exists() {
    let source =
        "#[test]\nfn one() {}\n\n#[tokio::test(start_paused = true)]\n/// Said.\nasync fn two() {}\n\nfn three() {}";
    for (name, expected) in [("one", true), ("two", true), ("three", false), ("on", false), ("four", false)] {
        assert_eq!(is_test(source, name), expected, "{name}");
    }
    let security = text("SECURITY.md");
    let named = named_tests(&security);
    assert!(named.len() > 40, "{} tests named", named.len());
    for (path, name) in named {
        assert!(is_test(&text(path), name), "SECURITY.md names {path}::{name}, which is no test");
    }
}
