//! A pack: rules, what they say of themselves, and how they are set.
//!
//! Rule: a pack that loads can be run: its Rego is parsed, its annotations and
//! settings are read, and what its rules need of each other is known to end.

use std::collections::BTreeMap;
use std::path::PathBuf;

use regorus::Engine;
use serde_json::{Map, Value};

use super::calls::{self, Declared};
use super::error::{Place, PolicyError};
use super::files::{self, File};
use super::finding::Severity;
use super::limits::Limits;
use super::meta::{self, Annotated};
use super::run::{self, Lost, Progress};
use super::settings::{self, RuleSettings, Settings, Waiver};

/// Where a pack comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The pack that comes with the project.
    BuiltIn,
    /// A folder of `.rego` files, and `pack.toml`, at any depth.
    Folder(PathBuf),
}

/// What a rule says of itself, settings applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Stable name, such as `service-without-team`.
    pub id: String,
    /// One line for a list.
    pub title: String,
    /// What it is about, and why it matters.
    pub description: String,
    /// How grave its findings are; none where each head of it says so (`deny`, `warn`, `info`).
    pub severity: Option<Severity>,
    /// Kinds of the assets that it judges; all kinds when empty.
    pub kinds: Vec<String>,
    /// Kinds that it looks at besides; it is undetermined where they were not scanned.
    pub needs: Vec<String>,
    /// It looks at what Terraform states hold: not run where none were given.
    pub states: bool,
    /// What to do about its findings.
    pub remedy: Option<String>,
    /// Its settings, defaults included: `data.params`.
    pub params: Map<String, Value>,
    /// Where it begins.
    pub place: Place,
    /// Rego package, without `data`.
    pub(super) package: String,
    /// What of `HEADS` it has.
    pub(super) heads: Vec<&'static str>,
}

impl Rule {
    /// A module that asks for all heads at once, so that what they share is computed once an asset.
    fn all_heads(&self) -> (String, String) {
        let package = self.heads_package();
        let heads: String = self
            .heads
            .iter()
            .map(|head| format!("out contains [\"{head}\", data.{}.{head}]\n", self.package))
            .collect();
        (format!("{package}.rego"), format!("package {package}\n\n{heads}"))
    }

    fn heads_package(&self) -> String {
        // Ids are small letters, digits, `-` and `.`; packages have no `-`.
        format!("connector_heads[\"{}\"]", self.id)
    }

    /// What to evaluate: the head where it is the only one, else a set of pairs of a head and what it says.
    pub(super) fn path(&self) -> String {
        match self.heads.as_slice() {
            [head] => format!("data.{}.{head}", self.package),
            _ => format!("data.{}.out", self.heads_package()),
        }
    }
}

/// The names by which a package finds something, and how grave that is by itself.
pub(super) const HEADS: &[(&str, Option<Severity>)] = &[
    ("deny", Some(Severity::Violation)),
    ("violation", Some(Severity::Violation)),
    ("warn", Some(Severity::Warning)),
    ("info", Some(Severity::Info)),
    ("undetermined", None),
];

/// Rules that are ready to be run.
#[derive(Clone, Debug)]
pub struct Pack {
    /// By id.
    pub(super) rules: BTreeMap<String, Rule>,
    pub(super) tests: Vec<Declared>,
    pub(super) waivers: Vec<Waiver>,
    /// What a setting switched off.
    pub(super) disabled: Vec<String>,
    pub(super) engine: Engine,
    pub(super) limits: Limits,
}

impl Pack {
    /// Reads packs into one. A later pack's settings go over an earlier one's, so a folder with a
    /// `pack.toml` alone sets the built-in rules.
    ///
    /// # Errors
    /// The first thing that is wrong with files, Rego, annotations or settings, and where; two rules of one id.
    pub fn load(sources: &[Source], limits: &Limits) -> Result<Self, PolicyError> {
        Self::read(sources, limits, false)
    }

    /// The same with the packs' tests (`*_test.rego`), for [`super::test`].
    ///
    /// # Errors
    /// As [`Pack::load`].
    pub fn load_with_tests(sources: &[Source], limits: &Limits) -> Result<Self, PolicyError> {
        Self::read(sources, limits, true)
    }

    /// The rules, by id.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values()
    }

    fn read(sources: &[Source], limits: &Limits, tests: bool) -> Result<Self, PolicyError> {
        let files = files::gather(sources, limits)?;
        let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
        let on_thread = limits.clone();
        let parsed = run::bounded(limits, || {
            run::apart(limits.load_time, move |progress| Self::parse(files, &on_thread, tests, progress))
        });
        parsed.unwrap_or_else(|lost| match lost {
            Lost::Stuck(at, _) => {
                let message =
                    format!("takes longer than {:?} to read; brackets that nest less would do", limits.load_time);
                Err(PolicyError::at(names.get(at).map_or("the pack", String::as_str), 0, message))
            }
            Lost::Failed => Err(PolicyError::new("the pack could not be read")),
        })
    }

    fn parse(files: Vec<File>, limits: &Limits, tests: bool, progress: &Progress) -> Result<Self, PolicyError> {
        let mut engine = Engine::new();
        engine.set_strict_builtin_errors(false);
        engine.set_gather_prints(true);
        let mut annotated: BTreeMap<String, Vec<Annotated>> = BTreeMap::new();
        let mut all = Vec::new();
        for (at, File { name, text }) in files.into_iter().enumerate() {
            progress.step(at, 0);
            if name.ends_with(".toml") {
                let read = settings::read(&name, &text)?;
                all.push((name, read));
            } else if tests || !name.ends_with("_test.rego") {
                engine.add_policy(name.clone(), text.clone()).map_err(|error| run::told(&error.to_string(), limits))?;
                annotated.insert(name.clone(), meta::annotations(&name, &text)?);
            }
        }
        let ast = engine.get_ast_as_json().map_err(|error| run::told(&error.to_string(), limits))?;
        let declared = calls::check(&ast, limits)?;
        let mut rules = rules(&declared, &annotated)?;
        let (waivers, disabled) = set(&mut rules, all)?;
        for rule in rules.values() {
            let (name, text) = rule.all_heads();
            engine.add_policy(name, text).map_err(|error| run::told(&error.to_string(), limits))?;
        }
        let tests = declared.into_iter().filter(|rule| rule.name.starts_with("test_") && tests).collect();
        Ok(Self { rules, tests, waivers, disabled, engine, limits: limits.clone() })
    }
}

fn rules(
    declared: &[Declared],
    annotated: &BTreeMap<String, Vec<Annotated>>,
) -> Result<BTreeMap<String, Rule>, PolicyError> {
    let mut packages: BTreeMap<&str, Vec<(&'static str, &Declared)>> = BTreeMap::new();
    for one in declared.iter().filter(|one| !one.file.ends_with("_test.rego")) {
        if let Some((head, _)) = HEADS.iter().find(|(head, _)| *head == one.name) {
            packages.entry(&one.package).or_default().push((head, one));
        }
    }
    let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
    for (package, mut heads) in packages {
        if heads.iter().all(|(head, _)| *head == "undetermined") {
            continue;
        }
        heads.sort_by_key(|(_, one)| (&one.file, one.line));
        let mut of_package = Vec::new();
        let mut of_heads = Vec::new();
        let mut files: Vec<&str> = heads.iter().map(|(_, one)| one.file.as_str()).collect();
        files.dedup();
        for file in files {
            for one in annotated.get(file).into_iter().flatten() {
                let word = one.subject.split([' ', '[', '{', ':']).next().unwrap_or_default();
                if word == "package" {
                    of_package.push((file, one));
                } else if heads.iter().any(|(head, _)| *head == word) {
                    of_heads.push((file, one));
                }
            }
        }
        if let [_, (file, second), ..] = of_package.as_slice() {
            let message = format!("the package {package} has a second annotation; one for all its files would do");
            return Err(PolicyError::at(file, second.line, message));
        }
        let place = heads.first().map(|(_, one)| Place { file: one.file.clone(), line: one.line }).unwrap_or_default();
        let said = of_package.first().or(of_heads.first());
        let rule = rule(package, heads.iter().map(|(head, _)| *head).collect(), place, said)?;
        if let Some(other) = rules.get(&rule.id) {
            let message = format!("the rule id {} is taken by {}; another `custom.id` would do", rule.id, other.place);
            return Err(PolicyError::at(&rule.place.file, rule.place.line, message));
        }
        rules.insert(rule.id.clone(), rule);
    }
    Ok(rules)
}

fn rule(
    package: &str,
    mut heads: Vec<&'static str>,
    place: Place,
    said: Option<&(&str, &Annotated)>,
) -> Result<Rule, PolicyError> {
    heads.sort_unstable();
    heads.dedup();
    let annotation = said.map(|(_, one)| one.annotation.clone()).unwrap_or_default();
    let place = said.map_or(place, |(file, one)| Place { file: (*file).to_owned(), line: one.line });
    let id =
        annotation.custom.id.unwrap_or_else(|| package.strip_prefix("connector.").unwrap_or(package).replace('_', "-"));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    if id.is_empty() || id.len() > 100 || !id.chars().all(plain) {
        let message =
            format!("the rule id {id:?} has other than small letters, digits, `-` and `.`, or more than 100 of them");
        return Err(PolicyError::at(&place.file, place.line, message));
    }
    let mut params = Map::new();
    for (name, about) in annotation.custom.params {
        let Some(default) = about.get("default") else {
            let message =
                format!("the setting {name} of {id} has no default; `{name}: {{default: …, description: …}}` would do");
            return Err(PolicyError::at(&place.file, place.line, message));
        };
        params.insert(name, default.clone());
    }
    Ok(Rule {
        title: annotation.title.unwrap_or_else(|| id.clone()),
        id,
        description: annotation.description.unwrap_or_default().trim().to_owned(),
        severity: annotation.custom.severity,
        kinds: annotation.custom.kinds.unwrap_or_default(),
        needs: annotation.custom.needs,
        states: annotation.custom.states,
        remedy: annotation.custom.remedy.map(|remedy| remedy.trim().to_owned()),
        params,
        place,
        package: package.to_owned(),
        heads,
    })
}

/// Applies settings; the waivers, and what is switched off.
fn set(
    rules: &mut BTreeMap<String, Rule>,
    all: Vec<(String, Settings)>,
) -> Result<(Vec<Waiver>, Vec<String>), PolicyError> {
    let mut waivers = Vec::new();
    let mut enabled: BTreeMap<String, bool> = BTreeMap::new();
    for (file, settings) in all {
        let known = |id: &str, rules: &BTreeMap<String, Rule>| match rules.contains_key(id) {
            true => Ok(()),
            false => Err(PolicyError::at(&file, 0, unknown("rule", id, rules.keys()))),
        };
        for (id, RuleSettings { enabled: on, severity, params }) in settings.rules {
            known(&id, rules)?;
            let Some(rule) = rules.get_mut(&id) else { continue };
            rule.severity = severity.or(rule.severity);
            if let Some(on) = on {
                enabled.insert(id.clone(), on);
            }
            for (name, value) in params {
                match rule.params.get_mut(&name) {
                    // A table's members are set one by one.
                    Some(Value::Object(old)) if value.is_object() => {
                        old.extend(value.as_object().cloned().unwrap_or_default());
                    }
                    // A null default says nothing of the type.
                    Some(old) if same_type(old, &value) || old.is_null() => *old = value,
                    Some(old) => {
                        let message =
                            format!("the setting {name} of {id} takes {}, as its default {old}", type_name(old));
                        return Err(PolicyError::at(&file, 0, message));
                    }
                    None => {
                        let message = unknown(&format!("setting of {id}"), &name, rule.params.keys());
                        return Err(PolicyError::at(&file, 0, message));
                    }
                }
            }
        }
        for waiver in settings.waivers {
            known(&waiver.rule, rules)?;
            waivers.push(waiver);
        }
    }
    let disabled = enabled.into_iter().filter(|(_, on)| !on).map(|(id, _)| id).collect();
    Ok((waivers, disabled))
}

fn same_type(one: &Value, other: &Value) -> bool {
    type_name(one) == type_name(other)
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}

/// `there is no …`, with the nearest name that there is.
pub(super) fn unknown<'a>(what: &str, name: &str, names: impl Iterator<Item = &'a String>) -> String {
    let mut message = format!("there is no {what} {name:?}");
    let near = names.map(|other| (strsim::damerau_levenshtein(name, other), other)).min();
    if let Some((_, other)) = near.filter(|(far, other)| far * 3 <= other.len()) {
        message.push_str(&format!("; did you mean {other:?}?"));
    }
    message
}
