//! How much a rule may take.
//!
//! Rule: every bound is a field here, with its default and a test that exceeds it
//! (`tests/policy/limits.rs`).

use std::time::Duration;

/// Bounds on packs and on what their rules do.
///
/// Time and memory are looked at between steps of a rule. A built-in function that
/// could take much in one step is refused beforehand (`items`, `text_bytes`), and a
/// step that does not end is left behind after ten times `time`, with its thread, so that
/// whoever asked is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Elapsed time that one rule may take on one asset, or one test. Default 1 s.
    pub time: Duration,
    /// Elapsed time of a whole check or of all tests. Default 10 min.
    pub total_time: Duration,
    /// Elapsed time that loading may take a file: regorus's parser can take for ever over a few brackets.
    /// Default 10 s.
    pub load_time: Duration,
    /// Bytes that the process may allocate beyond what it held when loading or the rules began.
    /// Held with the feature `bounded-memory` alone. Default 512 MiB.
    pub memory_bytes: u64,
    /// Longest chain of rules and functions that need each other. Default 32.
    pub depth: usize,
    /// Items that one built-in function may make at once, such as `numbers.range`. Default 100,000.
    pub items: usize,
    /// Bytes of text that one built-in function may make at once, such as `sprintf`. Default 1 MiB.
    pub text_bytes: usize,
    /// Levels that what a rule answers may nest. Default 8.
    pub nesting: usize,
    /// Findings (and as many undetermined) of one rule on one asset. Default 100.
    pub findings: usize,
    /// Bytes of one text of a finding. Default 4 KiB.
    pub message_bytes: usize,
    /// Findings of a whole check. Default 100,000.
    pub total_findings: usize,
    /// Files of a pack. Default 1,000.
    pub files: usize,
    /// Bytes of one file of a pack. Default 1 MiB.
    pub file_bytes: usize,
    /// Folders that a pack may nest. Default 8.
    pub folders: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(1),
            total_time: Duration::from_secs(600),
            load_time: Duration::from_secs(10),
            memory_bytes: 512 << 20,
            depth: 32,
            items: 100_000,
            text_bytes: 1 << 20,
            nesting: 8,
            findings: 100,
            message_bytes: 4 << 10,
            total_findings: 100_000,
            files: 1_000,
            file_bytes: 1 << 20,
            folders: 8,
        }
    }
}
