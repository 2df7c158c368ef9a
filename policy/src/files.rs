//! The files of packs: the built-in ones, and folders.
//!
//! Rule: bounded before it is read. Links are followed (a mounted folder can be made of
//! them); one that leads back up ends at the bound on folders.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::error::PolicyError;
use super::limits::Limits;
use super::pack::Source;

/// A file of a pack.
#[derive(Debug)]
pub(super) struct File {
    /// Path below the pack's folder, with `/`.
    pub(super) name: String,
    pub(super) text: String,
}

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        &[$((concat!("built-in/", $name), include_str!(concat!("../pack/", $name)))),*]
    };
}

/// The built-in pack. A test holds the list to the folder.
const BUILT_IN: &[(&str, &str)] = built_in![
    "escalation_policy_never_repeats.rego",
    "escalation_policy_never_repeats_test.rego",
    "escalation_policy_without_schedule.rego",
    "escalation_policy_without_schedule_test.rego",
    "incident_stale.rego",
    "incident_stale_test.rego",
    "lib.rego",
    "lib_test.rego",
    "maintenance_window_long.rego",
    "maintenance_window_long_test.rego",
    "naming_convention.rego",
    "naming_convention_test.rego",
    "not_codified.rego",
    "not_codified_test.rego",
    "orchestration_without_catch_all.rego",
    "orchestration_without_catch_all_test.rego",
    "schedule_with_gaps.rego",
    "schedule_with_gaps_test.rego",
    "service_disabled.rego",
    "service_disabled_test.rego",
    "service_inactive.rego",
    "service_inactive_test.rego",
    "service_with_one_responder.rego",
    "service_with_one_responder_test.rego",
    "service_without_integration.rego",
    "service_without_integration_test.rego",
    "service_without_team.rego",
    "service_without_team_test.rego",
    "user_on_call_without_phone.rego",
    "user_on_call_without_phone_test.rego",
    "user_without_notification_rules.rego",
    "user_without_notification_rules_test.rego",
    "webhook_subscription_disabled.rego",
    "webhook_subscription_disabled_test.rego",
];

/// All files of the sources, each source's in the order of their names.
///
/// # Errors
/// What cannot be read, is no text, or goes beyond a limit.
pub(super) fn gather(sources: &[Source], limits: &Limits) -> Result<Vec<File>, PolicyError> {
    let mut files = Vec::new();
    for source in sources {
        match source {
            Source::BuiltIn => {
                files.extend(BUILT_IN.iter().map(|(name, text)| File { name: (*name).into(), text: (*text).into() }));
            }
            Source::Folder(folder) => {
                let before = files.len();
                below(folder, String::new(), limits.folders, limits, &mut files)?;
                if files.len() == before {
                    let message = format!("no .rego file and no pack.toml in {}", folder.display());
                    return Err(PolicyError::new(message));
                }
                files[before..].sort_by(|one, other| one.name.cmp(&other.name));
            }
        }
    }
    Ok(files)
}

fn below(
    folder: &Path,
    prefix: String,
    levels: usize,
    limits: &Limits,
    files: &mut Vec<File>,
) -> Result<(), PolicyError> {
    let failed = |error: std::io::Error| PolicyError::new(format!("{} cannot be read: {error}", folder.display()));
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // Editors and version control keep their own things there.
        if name.starts_with('.') {
            continue;
        }
        let (path, whole) = (entry.path(), format!("{prefix}{name}"));
        let kind =
            fs::metadata(&path).map_err(|error| PolicyError::at(&whole, 0, format!("cannot be read: {error}")))?;
        if kind.is_dir() {
            let Some(levels) = levels.checked_sub(1) else {
                return Err(PolicyError::at(&whole, 0, format!("folders nest deeper than {}", limits.folders)));
            };
            below(&path, format!("{whole}/"), levels, limits, files)?;
        } else if kind.is_file() && (name.ends_with(".rego") || name == "pack.toml") {
            if files.len() >= limits.files {
                return Err(PolicyError::at(&whole, 0, format!("a pack has at most {} files", limits.files)));
            }
            let text = read(&path, &whole, limits)?;
            files.push(File { name: whole, text });
        }
    }
    Ok(())
}

fn read(path: &Path, name: &str, limits: &Limits) -> Result<String, PolicyError> {
    let failed = |error: std::io::Error| PolicyError::at(name, 0, format!("cannot be read: {error}"));
    let mut bytes = Vec::new();
    fs::File::open(path).map_err(failed)?.take(limits.file_bytes as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > limits.file_bytes {
        return Err(PolicyError::at(name, 0, format!("has more than {} bytes", limits.file_bytes)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        PolicyError::at(name, line as u32 + 1, "is not UTF-8")
    })
}
