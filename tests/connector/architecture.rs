//! The invariants of ARCHITECTURE.md that can be read off the sources.

use std::fs;
use std::path::{Path, PathBuf};

/// Rust files below a folder, tests aside, with their text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            match path.file_name().and_then(|name| name.to_str()) {
                Some("tests" | "tests.rs" | "target") => {}
                _ if path.is_dir() => collect(&path, found),
                Some(name) if name.ends_with(".rs") => found.push(path),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    collect(&host_test::root().join(folder), &mut found);
    assert!(!found.is_empty(), "{folder}");
    found.into_iter().map(|path| (path.clone(), fs::read_to_string(&path).expect("text"))).collect()
}

/// The code of a file: no comments, no tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn only_three_files_of_the_guest_mention_bindings() {
    for (path, text) in sources("src") {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let mentions = ["bindings::", "wasip2::", "wit_bindgen"].iter().any(|word| code(&text).contains(word));
        assert!(!mentions || ["lib.rs", "component.rs", "transport.rs"].contains(&name), "{}", path.display());
    }
}

#[test]
fn no_file_of_the_guest_names_a_path_or_a_host_of_pagerduty() {
    for (path, text) in sources("src") {
        let code = code(&text);
        for (number, line) in code.lines().enumerate().filter(|(_, line)| !line.contains("OUT_DIR")) {
            let path_like =
                line.match_indices("\"/").any(|(at, _)| line[at + 2..].starts_with(|c: char| c.is_ascii_lowercase()));
            assert!(!path_like && !line.contains("api.pagerduty.com"), "{} {number}: {line}", path.display());
        }
    }
}

#[test]
fn no_file_of_the_guest_names_an_operation() {
    let areas = fs::read_dir(host_test::root().join("catalog/operations")).expect("a folder").flatten();
    let areas: Vec<String> = areas.filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned())).collect();
    assert!(areas.len() > 40, "{areas:?}");
    for (path, text) in sources("src") {
        let code = code(&text);
        for area in &areas {
            assert!(!code.contains(&format!("\"{area}.")), "{} names an operation of {area}", path.display());
        }
    }
}

#[test]
fn hosts_and_simulator_share_no_code_with_the_guest() {
    for manifest in ["host/Cargo.toml", "host-test/Cargo.toml", "host-test/simulator/Cargo.toml"] {
        let text = fs::read_to_string(host_test::root().join(manifest)).expect(manifest);
        assert!(!text.contains("pagerduty-connector") && !text.contains("catalog-compiler"), "{manifest}");
    }
    for folder in ["host/src", "host-test/simulator/src"] {
        for (path, text) in sources(folder) {
            let code = code(&text);
            assert!(!code.contains("../src") && !code.contains("catalog/"), "{}", path.display());
        }
    }
}

#[test]
fn files_stay_short_and_say_what_they_are() {
    for folder in ["src", "host/src", "host-test", "catalog-compiler/src"] {
        for (path, text) in sources(folder) {
            assert!(text.lines().count() <= 400, "{}: {} lines", path.display(), text.lines().count());
            assert!(text.starts_with("//!"), "{} does not open with what it is", path.display());
        }
    }
}
