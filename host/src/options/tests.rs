//! LIMITS.md against the limits themselves.

use super::*;

/// Cells of the table's rows.
fn rows() -> Vec<Vec<&'static str>> {
    let table = include_str!("../../LIMITS.md").lines().filter(|line| line.starts_with('|')).skip(2);
    table.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// `256 MiB`, `10 min` or `10,000`: bytes, seconds or a number.
fn value(text: &str) -> u64 {
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    let number: u64 = number.replace(',', "").parse().unwrap();
    number
        * match unit {
            "" | "s" => 1,
            "min" => 60,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            other => panic!("{other} is no unit of the table"),
        }
}

#[test]
fn every_limit_has_a_row_with_its_default() {
    // Without `..`: a new limit has to be named here.
    let Limits {
        component,
        memory,
        table,
        stack,
        cpu,
        wall,
        result,
        handles,
        connect,
        first_byte,
        between_bytes,
        requests,
        headers,
        request_body,
        answer_body,
        in_flight,
        connections,
    } = Limits::default();
    let expected = [
        ("component", component),
        ("memory", memory as u64),
        ("table", table as u64),
        ("stack", stack as u64),
        ("cpu", cpu.as_secs()),
        ("wall", wall.as_secs()),
        ("result", result as u64),
        ("handles", handles as u64),
        ("connect", connect.as_secs()),
        ("first_byte", first_byte.as_secs()),
        ("between_bytes", between_bytes.as_secs()),
        ("requests", requests),
        ("headers", headers as u64),
        ("request_body", request_body),
        ("answer_body", answer_body),
        ("in_flight", in_flight as u64),
        ("connections", connections.into()),
    ];
    let rows = rows();
    // A field's name alone; what is fixed is written otherwise.
    let field = |cell: &'static str| cell.strip_prefix('`')?.strip_suffix('`');
    let told: Vec<_> = rows.iter().filter_map(|row| Some((field(row[0])?, value(row[1])))).collect();
    assert_eq!(told, expected);
}

#[test]
fn every_row_names_tests_that_exist() {
    fn collect(folder: &std::path::Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.path() {
                path if path.is_dir() => collect(&path, text),
                path if path.extension().is_some_and(|extension| extension == "rs") => {
                    *text += &std::fs::read_to_string(path).unwrap();
                }
                _ => {}
            }
        }
    }
    let mut sources = String::new();
    for folder in ["src", "tests"] {
        collect(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut sources);
    }
    for row in rows() {
        assert_eq!(row.len(), 5, "{row:?}");
        for test in row[4].split(", ") {
            let name = test.trim_matches('`');
            assert!(sources.contains(&format!("fn {name}(")), "{}: no test is called {name}", row[0]);
        }
    }
}
