//! Finds the files of the catalog.
//!
//! Rule: a file in the folder of the operations or entities that is not read
//! is a problem, so that a slip in a name does not lose an area in silence.

use std::fs;
use std::ops::Range;
use std::path::Path;

use super::is_kebab;
use crate::source::{Diagnostic, Source};

/// The files of a catalog.
pub(crate) struct Folder {
    pub(crate) sources: Vec<Source>,
    /// Which source is `hosts.toml`, where it could be read.
    pub(crate) hosts: Option<usize>,
    /// Which source is `actions.toml`, where there is one.
    pub(crate) actions: Option<usize>,
    /// Which source is `check.toml`, where there is one.
    pub(crate) asked: Option<usize>,
    /// Which source is `assets.toml`, where there is one.
    pub(crate) assets: Option<usize>,
    /// Which source is `terraform.toml`, where there is one.
    pub(crate) terraform: Option<usize>,
    /// Which source is `terraform-schema.toml`, where there is one.
    pub(crate) schema: Option<usize>,
    /// Which sources hold entities; the others hold operations.
    pub(crate) entities: Range<usize>,
    /// Files that could not be read, or that nothing reads.
    pub(crate) problems: Vec<Diagnostic>,
}

/// Reads `hosts.toml`, `actions.toml`, `check.toml`, `assets.toml`, `terraform.toml`,
/// `terraform-schema.toml`, `entities/*.toml` and `operations/*.toml` of `dir`, by name.
pub(crate) fn files(dir: &Path) -> Folder {
    let name = dir.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let mut finder = Finder { name: name.unwrap_or_else(|| dir.display().to_string()), ..Finder::default() };
    finder.file(dir, "", "hosts.toml");
    let hosts = finder.sources.first().map(|source| source.index);
    let actions = finder.maybe(dir, "actions.toml");
    let asked = finder.maybe(dir, "check.toml");
    let assets = finder.maybe(dir, "assets.toml");
    let terraform = finder.maybe(dir, "terraform.toml");
    let schema = finder.maybe(dir, "terraform-schema.toml");
    let start = finder.sources.len();
    finder.folder(dir, "entities");
    let entities = start..finder.sources.len();
    finder.folder(dir, "operations");
    Folder {
        sources: finder.sources,
        hosts,
        actions,
        asked,
        assets,
        terraform,
        schema,
        entities,
        problems: finder.problems,
    }
}

#[derive(Default)]
struct Finder {
    name: String,
    sources: Vec<Source>,
    problems: Vec<Diagnostic>,
}

impl Finder {
    fn folder(&mut self, dir: &Path, folder: &str) {
        let found = fs::read_dir(dir.join(folder)).and_then(|entries| {
            entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<Result<Vec<_>, _>>()
        });
        let mut names: Vec<String> = match found {
            Ok(names) => names,
            Err(error) => return self.problem(folder, &format!("cannot be read: {error}")),
        };
        names.retain(|name| !name.starts_with('.'));
        // By stem: `teams.toml` stands before `teams-more.toml`.
        names.sort_by(|a, b| a.trim_end_matches(".toml").cmp(b.trim_end_matches(".toml")));
        for name in names {
            self.file(dir, &format!("{folder}/"), &name);
        }
    }

    /// A file that a catalog may do without; its place among the sources.
    fn maybe(&mut self, dir: &Path, file: &str) -> Option<usize> {
        let before = self.sources.len();
        if dir.join(file).exists() {
            self.file(dir, "", file);
        }
        (self.sources.len() > before).then_some(before)
    }

    fn file(&mut self, dir: &Path, folder: &str, file: &str) {
        let path = format!("{folder}{file}");
        let Some(stem) = file.strip_suffix(".toml") else {
            return self.problem(&path, "nothing reads this file: only names that end in `.toml` are read");
        };
        if !is_kebab(stem) {
            let wanted = stem.to_lowercase().replace(['_', ' ', '.'], "-");
            return self
                .problem(&path, &format!("a file's name is small words joined by hyphens, such as `{wanted}.toml`"));
        }
        match fs::read_to_string(dir.join(&path)) {
            Ok(text) => self.sources.push(Source {
                index: self.sources.len(),
                name: format!("{}/{path}", self.name),
                stem: stem.to_owned(),
                text,
            }),
            Err(error) => self.problem(&path, &format!("cannot be read: {error}")),
        }
    }

    fn problem(&mut self, path: &str, message: &str) {
        let file = format!("{}/{path}", self.name);
        self.problems.push(Diagnostic { file, line: 1, column: 1, message: message.to_owned() });
    }
}
