//! The tool in processes of its own, with a folder and an account for each test.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use host_test::simulator::tokens;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, Connection, Executor};
use tempfile::TempDir;

use crate::account::Account;

/// Longest wait for something that comes at once: a bound, never slept.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Options for kinds whose assets do not change with the hour.
pub(crate) const LASTING: &str = "--without on-call --without incident";

/// A folder, an account that is called `shop`, and a tool between them.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) account: Account,
}

/// What a run of the tool came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The lines of stdout as JSON.
    pub(crate) fn json(&self) -> Vec<Value> {
        let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
        self.out.lines().map(line).collect()
    }
}

impl World {
    pub(crate) fn new() -> World {
        World { folder: tempfile::tempdir().unwrap(), account: Account::new("shop") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file that its owner alone can read; gives its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path.display().to_string()
    }

    /// The tool, with the words of a line; `FOLDER` in it is the test's.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_connector"));
        let folder = self.folder.path().display().to_string();
        command
            .env_clear()
            .env("XDG_CACHE_HOME", host_test::component().with_file_name("cache"))
            .env("CONNECTOR_STORE", self.path("inventory.db"))
            .env("PAGERDUTY_TOKEN", tokens::READ_ONLY)
            .arg("--component")
            .arg(host_test::component())
            .args(["--base-url", &self.account.url])
            .args(line.split_whitespace().map(|word| word.replace("FOLDER", &folder)))
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, line: &str) -> Ran {
        self.run_with("PAGERDUTY_TOKEN", tokens::READ_ONLY, line)
    }

    /// The same with another variable.
    pub(crate) fn run_with(&self, name: &str, value: &str, line: &str) -> Ran {
        let output = self.command(line).env(name, value).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs a line: its exit code, and a part of each stream.
    pub(crate) fn check(&self, line: &str, code: i32, stdout: &str, stderr: &str) -> Ran {
        let ran = self.run(line);
        assert_eq!(ran.code, code, "{line}: {ran:?}");
        assert!(ran.out.contains(stdout), "{line}: {}", ran.out);
        assert!(ran.err.contains(stderr), "{line}: {}", ran.err);
        // A tool that is used wrongly says nothing where results are looked for.
        assert!(code == 0 || code == 7 || ran.out.is_empty(), "{line}: {}", ran.out);
        ran
    }

    /// Runs a line that does what it should; gives stdout as JSON, line by line.
    pub(crate) fn json(&self, line: &str) -> Vec<Value> {
        self.check(line, 0, "", "").json()
    }

    /// A scan that ends well; gives what it says of itself.
    pub(crate) fn scan(&self, line: &str) -> Value {
        self.json(&format!("--json scan {line}")).remove(0)
    }

    pub(crate) fn start(&self, line: &str) -> Running {
        Running::new(self.command(line))
    }

    /// What a store has, without when it was seen and what changes by itself.
    pub(crate) fn listed(&self, line: &str) -> String {
        let volatile: Map<String, Value> = self
            .json("inventory kinds --format json")
            .into_iter()
            .map(|kind| (kind["id"].as_str().unwrap().to_owned(), kind["extra"]["volatile"].clone()))
            .collect();
        let mut text = String::new();
        for mut asset in self.json(&format!("inventory list --format json {line}")) {
            let kind = asset["kind"].as_str().unwrap().to_owned();
            let members = asset.as_object_mut().unwrap();
            members.retain(|name, _| name != "since" && name != "seen");
            for path in volatile[&kind].as_array().into_iter().flatten() {
                let path: Vec<&str> = path.as_str().unwrap().split('.').collect();
                remove(&mut members["attributes"], &path);
            }
            let _ = writeln!(text, "{asset}");
        }
        text
    }

    /// Does to the store what another program would.
    pub(crate) fn sql(&self, sql: &str) {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.path("inventory.db"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
            connection.execute(AssertSqlSafe(sql)).await.unwrap();
            connection.close().await.unwrap();
        });
    }

    /// As if the time that a scan is its process's were over.
    pub(crate) fn let_the_lease_end(&self) {
        self.sql("UPDATE scan SET lease = 0 WHERE state = 'unfinished'");
    }

    /// The files of the store, by what follows its name.
    pub(crate) fn store_files(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.folder.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut found: Vec<String> =
            names.filter_map(|name| name.strip_prefix("inventory.db").map(str::to_owned)).collect();
        found.sort();
        found
    }
}

/// Two lists that are to be the same; of many lines the first that is not.
pub(crate) fn same(found: &str, expected: &str) {
    let first = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert_eq!(first, None);
    assert_eq!(found.lines().count(), expected.lines().count());
}

/// Removes what stands at a path, `*` for the items of a list.
fn remove(value: &mut Value, path: &[&str]) {
    match (value, path) {
        (Value::Array(items), ["*", rest @ ..]) => items.iter_mut().for_each(|item| remove(item, rest)),
        (Value::Object(members), [name]) => drop(members.shift_remove(*name)),
        (Value::Object(members), [name, rest @ ..]) => {
            if let Some(member) = members.get_mut(*name) {
                remove(member, rest);
            }
        }
        _ => {}
    }
}

/// A tool that runs; killed when the test ends before it does.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    told: String,
}

impl Running {
    pub(crate) fn new(mut command: Command) -> Running {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (send, lines) = channel();
        let err = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in err.lines().map_while(Result::ok) {
                // The test has ended.
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Running { child, lines, told: String::new() }
    }

    /// Waits for a line on stderr that has this in it.
    pub(crate) fn wait_for(&mut self, part: &str) -> String {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    self.told.push_str(&line);
                    self.told.push('\n');
                    if line.contains(part) {
                        return line;
                    }
                }
                Err(why @ (RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected)) => {
                    panic!("{why}: no {part:?} in {}", self.told)
                }
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ran {
        let mut out = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        let status: ExitStatus = self.child.wait().unwrap();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.told.push_str(&line);
            self.told.push('\n');
        }
        Ran { code: status.code().unwrap_or(-1), out, err: std::mem::take(&mut self.told) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
