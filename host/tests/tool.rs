//! The command line tool as a person runs it: exit codes, which stream what
//! goes to, and that no real key is ever used where a simulation was asked for.
#![cfg(feature = "tool")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

const CANARY: &str = "canary-2f6c";

/// Arguments that name a window: nothing is to be said of it.
const ALL: &str = r#"{"date_range":"all"}"#;

fn command(args: &[&str]) -> Command {
    let cache = host_test::component().with_file_name("cache");
    let mut command = Command::new(env!("CARGO_BIN_EXE_connector"));
    command
        .env_clear()
        .env("XDG_CACHE_HOME", cache)
        .arg("--component")
        .arg(host_test::component())
        .args(args)
        .stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    command(args).env("PAGERDUTY_TOKEN", CANARY).output().unwrap()
}

/// Runs a line against the simulator: its exit code, and a part of each stream.
fn check(line: &str, code: i32, stdout: &str, stderr: &str) {
    let args: Vec<&str> = ["--simulate"].into_iter().chain(line.split(' ')).collect();
    let output = run(&args);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{line}\n{out}\n{err}");
    assert!(out.contains(stdout), "{line}: {out}");
    assert!(err.contains(stderr), "{line}: {err}");
    assert!(!out.contains(CANARY) && !err.contains(CANARY), "{line}");
    match code {
        0 => {}
        _ => assert!(out.is_empty() || code == 4, "{line}: {out}"),
    }
}

#[test]
fn commands_end_with_their_codes() {
    check("operations --area incidents", 0, "incidents.list", "");
    check("operations --search incidents --json", 0, r#"{"id":"incidents.list""#, "");
    check("operations --area nothing", 2, "", "there is no area `nothing`");
    check("describe incidents.get", 0, "\"input\": {", "");
    check("describe incidents.gte", 2, "", "incidents.get");
    check("auth", 0, "PAGERDUTY_USER_TOKEN", "");
    check("auth --json", 0, r#""name":"user_token""#, "");
    check("check", 0, "region", "");
    check("check --json", 0, "{", "");
    check("check --simulate-key unknown", 3, "", "connector auth");
    check("check --auth-method nothing", 2, "", "token, bearer");
    check("check --settings [", 2, "", "line 1 column 1");
    check("call incidents.get -a {\"id\":\"NOPE\"}", 4, "", "404");
    check("call incidents.get", 2, "", "connector describe incidents.get");
    check("call incidents.get --json", 2, "", r#""argument":"id""#);
    check("call incidents.get -a {\"id\"", 2, "", "line 1 column");
    check("call users.get -a @/no/such/file", 2, "", "/no/such/file");
    check("--access read call teams.create -a {\"name\":\"x\"}", 2, "", "access");
    check("--simulate-key read-only call teams.create -a {\"name\":\"x\"}", 4, "", "403");
    check("walk incidents.list --limit 3 --format jsonl", 0, "\"id\"", "--cursor ");
    check("walk incidents.list --limit 3 --json", 0, "\"id\"", "{\"resume\":{\"cursor\":\"");
    check("walk incidents.list --limit 3 --format csv", 0, "incident_number,", "stopped after 3 items");
    check("walk incidents.list --limit 3", 0, "STATUS", "");
    check("walk incidents.list --limit 3 --format jsonl", 0, "", "lists the last month only");
    check("walk incidents.changes", 0, "", "for what happens from now on: the same arguments and");
    check("walk incidents.changes --json", 0, "", r#"{"next":{"cursor":"1:incidents.changes:"#);
    check("walk incidents.list --cursor nonsense", 2, "", "cursor");
    check("walk incidents.get", 2, "", "incidents.get");
    check("options incidents.create service --search pay", 0, "Payments", "");
    check("completions bash", 0, "_connector", "");
    check("--help", 0, "Exit codes", "");
    check("nonsense", 2, "", "unrecognized subcommand");
    check("nonsense --json", 2, "", r#""exit_code":2"#);
}

#[test]
fn a_walk_resumes_where_it_was_cut() {
    let whole = run(&["--simulate", "walk", "services.list", "--format", "jsonl"]);
    let first = run(&["--simulate", "--json", "walk", "services.list", "--limit", "25"]);
    let told = String::from_utf8(first.stderr).unwrap();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let cursor = told["resume"]["cursor"].as_str().unwrap();
    let rest = run(&["--simulate", "walk", "services.list", "--format", "jsonl", "--cursor", cursor]);
    assert_eq!(whole.stdout, [first.stdout, rest.stdout].concat());
}

#[test]
fn without_a_key_nothing_runs() {
    let output = command(&["check"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("PAGERDUTY_TOKEN") && told.contains("--simulate"), "{told}");
}

#[test]
fn a_base_url_is_loopback_or_nothing() {
    for url in ["http://localhost:1", "https://127.0.0.1:1", "http://evil.example:1"] {
        assert_eq!(run(&["--base-url", url, "check"]).status.code(), Some(2), "{url}");
    }
    // Settings that users write do not move the connector either.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let settings = format!(r#"{{"base_url":"{url}","region":"nowhere"}}"#);
    assert_eq!(run(&["--settings", &settings, "check"]).status.code(), Some(2));
    assert!(listener.accept().is_err());
}

#[test]
fn a_closed_port_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let output = run(&["--base-url", &url, "--settings", r#"{"max_wait_s":0}"#, "check"]);
    assert_eq!(output.status.code(), Some(5));
}

#[test]
fn arguments_come_from_stdin() {
    let mut child = command(&["--simulate", "call", "incidents.get", "-a", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"{\"id\":\"NOPE\"}").unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(4));
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let mut child = command(&["--simulate", "walk", "incidents.list", "--arguments", ALL, "--format", "jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

fn interrupt(child: &Child) {
    let pid = Pid::from_child(child);
    kill_process(pid, Signal::INT).unwrap();
}

#[test]
fn an_interrupted_walk_ends_with_130() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let child = command(&["--base-url", &url, "walk", "incidents.list", "--arguments", ALL])
        .env("PAGERDUTY_TOKEN", CANARY)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The request has come, so the walk is under way; no answer ever does.
    let (mut socket, _) = listener.accept().unwrap();
    let mut head = [0; 512];
    let size = socket.read(&mut head).unwrap();
    let head = String::from_utf8_lossy(&head[..size]).into_owned();
    assert!(head.contains(CANARY), "{head}");
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "error: interrupted\n");
}

/// A pager that reads no more must not make the walk deaf.
#[test]
fn a_walk_whose_reader_stands_still_can_be_interrupted() {
    let mut child = command(&["--simulate", "walk", "incidents.list", "--arguments", ALL, "--format", "jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reader = BufReader::with_capacity(16, child.stdout.take().unwrap());
    let mut byte = [0];
    reader.read_exact(&mut byte).unwrap();
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.ends_with("error: interrupted\n"), "{told}");
    drop(reader);
}

/// Nobody hears the error: the exit code still says it.
#[test]
fn an_error_that_cannot_be_written_keeps_its_code() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = command(&["--simulate", "call", "incidents.get"]).stdout(Stdio::null()).stderr(full).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

#[test]
fn the_simulator_serves_until_it_is_interrupted() {
    let mut child = command(&["simulate", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    let output = command(&["--base-url", told["base_url"].as_str().unwrap(), "check"])
        .env("PAGERDUTY_TOKEN", told["keys"]["account"].as_str().unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
