//! The official documents: operations, and the examples that stand in them.
//!
//! Rule: a document is read as it is. Nothing is corrected, and no operation
//! is known by name.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::Failure;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// A reference that leads to itself ends here.
const HOPS: usize = 32;

/// One file.
struct Document {
    name: String,
    root: Value,
}

/// All files, by name.
pub(crate) struct Documents(Vec<Document>);

/// One operation of a document.
pub(crate) struct Operation<'a> {
    document: &'a Document,
    /// Where the document's servers answer.
    pub(crate) hosts: Vec<String>,
    /// What all methods of its path share.
    item: &'a Value,
    body: &'a Value,
}

/// A parameter in the path or the query, with its examples.
#[derive(Debug)]
pub(crate) struct Parameter<'a> {
    pub(crate) name: &'a str,
    pub(crate) examples: Vec<&'a Value>,
}

/// An example of a body.
#[derive(Debug)]
pub(crate) struct Example<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a Value,
}

/// An answer that tells of success. Without a body it has no content.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    /// Type and example of the body.
    pub(crate) content: Option<(&'a str, Example<'a>)>,
}

impl Documents {
    /// Reads `NAME/openapiv3.json` for every folder of `dir`.
    pub(crate) fn read(dir: &Path) -> Result<Self, Failure> {
        let mut found = Vec::new();
        for folder in std::fs::read_dir(dir).map_err(|error| format!("{}: {error}", dir.display()))? {
            let folder = folder?.path();
            let file = folder.join("openapiv3.json");
            if let (true, Some(name)) = (file.is_file(), folder.file_name()) {
                let root = serde_json::from_slice(&std::fs::read(&file)?)
                    .map_err(|error| format!("{}: {error}", file.display()))?;
                found.push(Document { name: name.to_string_lossy().into_owned(), root });
            }
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Self(found))
    }

    /// Every operation by `DOCUMENT/operationId`.
    pub(crate) fn operations(&self) -> BTreeMap<String, Operation<'_>> {
        let mut found = BTreeMap::new();
        for document in &self.0 {
            for (path, item) in members(&document.root["paths"]) {
                let item = document.resolve(item);
                for method in METHODS {
                    let Some(body) = item.get(method) else { continue };
                    let id = body["operationId"].as_str().map_or_else(|| format!("{method}:{path}"), str::to_owned);
                    let servers =
                        [body, item, &document.root].into_iter().find_map(|holder| holder["servers"].as_array());
                    let urls = servers.into_iter().flatten().filter_map(|server| server["url"].as_str());
                    let operation = Operation { document, hosts: urls.map(host).collect(), item, body };
                    found.insert(format!("{}/{id}", document.name), operation);
                }
            }
        }
        found
    }
}

impl Document {
    /// The value itself, or what its `$ref` leads to.
    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let mut found = value;
        for _ in 0..HOPS {
            let Some(reference) = found["$ref"].as_str() else { return found };
            // A pointer that is percent-encoded leads nowhere: no example is behind one.
            let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            let Some(target) = target else { return &Value::Null };
            found = target;
        }
        &Value::Null
    }

    /// The examples of a parameter or of a type of content: its own, or else
    /// that of its schema.
    fn examples<'a>(&'a self, holder: &'a Value) -> Vec<Example<'a>> {
        let own = holder.get("example").map(|value| Example { name: "example", value });
        let named = members(&holder["examples"])
            .filter_map(|(name, example)| Some(Example { name, value: self.resolve(example).get("value")? }));
        let mut found: Vec<Example<'a>> = own.into_iter().chain(named).collect();
        if found.is_empty() {
            let schema = self.resolve(&holder["schema"]);
            let value = schema.get("example").or_else(|| self.resolve(&schema["items"]).get("example"));
            found.extend(value.map(|value| Example { name: "schema", value }));
        }
        found
    }
}

impl<'a> Operation<'a> {
    /// Parameters in the path and the query; those of the operation go before
    /// those of its path.
    pub(crate) fn parameters(&self) -> Vec<Parameter<'a>> {
        let mut found: Vec<Parameter<'a>> = Vec::new();
        for holder in [self.body, self.item] {
            for value in holder["parameters"].as_array().into_iter().flatten() {
                let value = self.document.resolve(value);
                let name = value["name"].as_str().unwrap_or_default();
                let sent = matches!(value["in"].as_str(), Some("path" | "query"));
                if sent && !found.iter().any(|other| other.name == name) {
                    let examples = self.document.examples(value).iter().map(|example| example.value).collect();
                    found.push(Parameter { name, examples });
                }
            }
        }
        found
    }

    /// The examples of the request's JSON body.
    pub(crate) fn bodies(&self) -> Vec<Example<'a>> {
        let contents = members(&self.document.resolve(&self.body["requestBody"])["content"]);
        contents.filter(|(kind, _)| is_json(kind)).flat_map(|(_, content)| self.document.examples(content)).collect()
    }

    /// The examples of all answers of success.
    pub(crate) fn answers(&self) -> Vec<Answer<'a>> {
        let mut found = Vec::new();
        for (status, answer) in members(&self.body["responses"]).filter(|(status, _)| status.starts_with('2')) {
            let Ok(status) = status.parse() else { continue };
            let contents = members(&self.document.resolve(answer)["content"]);
            let contents: Vec<_> = contents.filter(|(kind, _)| is_json(kind)).collect();
            if contents.is_empty() {
                found.push(Answer { status, content: None });
            }
            for (kind, content) in contents {
                let examples = self.document.examples(content).into_iter();
                found.extend(examples.map(|example| Answer { status, content: Some((kind, example)) }));
            }
        }
        found
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind == "application/json" || kind.ends_with("+json")
}

fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default().to_owned()
}
