//! The official documents: OpenAPI 3 in JSON.
//!
//! Rule: a document is read as it is. Where one says less than it should, the
//! reading stays on the safe side; nothing is corrected here by name.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::source::Diagnostic;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// Not a REST interface: the one document that the catalog does not cover.
const LEFT_OUT: &str = "mcp";
/// A reference that leads to itself ends here.
const HOPS: usize = 32;

/// One file.
pub(super) struct Document {
    /// The folder it lies in, or its own name.
    pub(super) name: String,
    root: Value,
}

impl Document {
    pub(super) fn new(name: &str, root: Value) -> Self {
        Self { name: name.to_owned(), root }
    }

    /// The value itself, or what its `$ref` leads to.
    pub(super) fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let mut found = value;
        for _ in 0..HOPS {
            let Some(reference) = found.get("$ref").and_then(Value::as_str) else { return found };
            let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(&decoded(pointer)));
            let Some(target) = target else { return &Value::Null };
            found = target;
        }
        &Value::Null
    }

    /// The value under `key`, its `$ref` followed.
    pub(super) fn get<'a>(&'a self, value: &'a Value, key: &str) -> &'a Value {
        self.resolve(value.get(key).unwrap_or(&Value::Null))
    }

    /// Every operation.
    pub(super) fn operations(&self) -> Vec<Operation<'_>> {
        let mut found = Vec::new();
        for (path, item) in self.root.get("paths").and_then(Value::as_object).into_iter().flatten() {
            let item = self.resolve(item);
            for method in METHODS {
                let Some(body) = item.get(method) else { continue };
                let server = [body, item, &self.root].iter().find_map(|place| server(place)).unwrap_or_default();
                let (host, base) = split(&server);
                found.push(Operation {
                    document: self,
                    method: method.to_uppercase(),
                    host: host.to_owned(),
                    path: format!("{}{path}", base.trim_end_matches('/')),
                    item,
                    body,
                });
            }
        }
        found
    }
}

/// One operation of a document.
pub(super) struct Operation<'a> {
    pub(super) document: &'a Document,
    pub(super) method: String,
    pub(super) host: String,
    /// With the server's base path.
    pub(super) path: String,
    item: &'a Value,
    pub(super) body: &'a Value,
}

impl<'a> Operation<'a> {
    /// `DOCUMENT/operationId`.
    pub(super) fn name(&self) -> String {
        let id = self.body.get("operationId").and_then(Value::as_str).unwrap_or("?");
        format!("{}/{id}", self.document.name)
    }

    /// `METHOD /path`.
    pub(super) fn call(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Parameters; those of the operation before those of its path.
    pub(super) fn parameters(&self, place: &str) -> Vec<Parameter<'a>> {
        let mut found: Vec<Parameter<'a>> = Vec::new();
        for holder in [self.body, self.item] {
            for value in holder.get("parameters").and_then(Value::as_array).into_iter().flatten() {
                let value = self.document.resolve(value);
                let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
                if text("in") == place && !found.iter().any(|other| other.name == text("name")) {
                    found.push(Parameter { name: text("name"), value });
                }
            }
        }
        found
    }

    /// Content types and schemas of the request's body.
    pub(super) fn request(&self) -> Vec<(&'a str, &'a Value)> {
        self.content(self.document.get(self.body, "requestBody"))
    }

    /// Status and content of every answer that tells of success.
    pub(super) fn successes(&self) -> Vec<(&'a str, Vec<(&'a str, &'a Value)>)> {
        let answers = self.body.get("responses").and_then(Value::as_object).into_iter().flatten();
        let successes = answers.filter(|(status, _)| status.starts_with('2'));
        successes.map(|(status, answer)| (status.as_str(), self.content(self.document.resolve(answer)))).collect()
    }

    fn content(&self, holder: &'a Value) -> Vec<(&'a str, &'a Value)> {
        let types = holder.get("content").and_then(Value::as_object).into_iter().flatten();
        types.map(|(name, media)| (name.as_str(), media.get("schema").unwrap_or(&Value::Null))).collect()
    }
}

/// A parameter of an operation.
pub(super) struct Parameter<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a Value,
}

impl<'a> Parameter<'a> {
    pub(super) fn required(&self) -> bool {
        self.value.get("required").and_then(Value::as_bool).unwrap_or(false)
    }

    pub(super) fn schema(&self) -> &'a Value {
        self.value.get("schema").unwrap_or(&Value::Null)
    }
}

fn server(place: &Value) -> Option<String> {
    Some(place.get("servers")?.get(0)?.get("url")?.as_str()?.to_owned())
}

/// Host and base path of a server's URL.
fn split(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or((rest, ""), |at| rest.split_at(at))
}

/// A pointer in a fragment can be percent-encoded.
fn decoded(pointer: &str) -> String {
    let mut bytes = Vec::with_capacity(pointer.len());
    let mut rest = pointer.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match hex.and_then(|two| u8::from_str_radix(two, 16).ok()).filter(|_| first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads the documents in `dir` and its folders.
pub(super) fn read(dir: &Path) -> Result<Vec<Document>, Vec<Diagnostic>> {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    let listed = |dir: &Path, problems: &mut Vec<Diagnostic>| -> Vec<std::path::PathBuf> {
        let found = fs::read_dir(dir)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>());
        found.unwrap_or_else(|error| {
            problems.push(problem(dir, &format!("cannot be read: {error}")));
            Vec::new()
        })
    };
    for path in listed(dir, &mut problems) {
        if path.is_dir() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.extend(listed(&path, &mut problems).into_iter().map(|file| (name.clone(), file)));
        } else {
            files.push((path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), path));
        }
    }
    files.retain(|(name, path)| path.extension().is_some_and(|extension| extension == "json") && name != LEFT_OUT);
    files.sort();
    if files.is_empty() && problems.is_empty() {
        problems.push(problem(dir, "holds no documents: they are looked for as `*.json` there and one folder down"));
    }
    let mut documents = Vec::new();
    for (name, path) in files {
        let text = fs::read(&path).map_err(|error| error.to_string());
        match text.and_then(|text| serde_json::from_slice::<Value>(&text).map_err(|error| error.to_string())) {
            Ok(root) if root.get("paths").is_some() => documents.push(Document::new(&name, root)),
            Ok(_) => problems.push(problem(&path, "is no OpenAPI document: it has no `paths`")),
            Err(error) => problems.push(problem(&path, &format!("cannot be read: {error}"))),
        }
    }
    if problems.is_empty() { Ok(documents) } else { Err(problems) }
}

fn problem(path: &Path, message: &str) -> Diagnostic {
    Diagnostic { file: path.display().to_string(), line: 1, column: 1, message: message.to_owned() }
}
