//! Where each argument of an operation goes, read from the catalog's own text.
//!
//! Rule: it shares nothing with the compiler of the catalog or with the guest,
//! so that a mistake of theirs is not repeated here.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

/// How a list stands in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Brackets,
    Bare,
    Comma,
}

/// One operation's request.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) method: String,
    /// Pieces between slashes; an argument's name stands in braces.
    pub(crate) path: Vec<String>,
    pub(crate) host: String,
    pub(crate) query: BTreeMap<String, Style>,
    /// What is sent in a query without being asked for.
    pub(crate) fixed: Vec<(String, String)>,
    /// Headers that are asked for, by their own names.
    pub(crate) header: Vec<String>,
    pub(crate) body: bool,
    pub(crate) wrap: Option<String>,
    pub(crate) multipart: bool,
    pub(crate) from: bool,
    pub(crate) key: String,
    pub(crate) early_access: Option<String>,
    /// The operation that a feed reads.
    pub(crate) feed: Option<String>,
}

impl Route {
    /// The arguments that stand in the path.
    pub(crate) fn path_arguments(&self) -> Vec<&str> {
        self.path.iter().filter_map(|piece| piece.strip_prefix('{')?.strip_suffix('}')).collect()
    }
}

/// Every route by id, and what objects hold without being given: names and
/// values of constants, and the `type` of references.
pub(crate) struct Routes {
    pub(crate) by_id: BTreeMap<String, Route>,
    pub(crate) constants: BTreeSet<(String, String)>,
}

/// What stands before the note of a field.
fn declared(field: &str) -> &str {
    field.split(" -- ").next().unwrap_or(field)
}

/// Its name.
fn name(field: &str) -> &str {
    field.split(['!', '?', ':', ' ']).next().unwrap_or(field)
}

fn texts(of: &Value) -> Vec<&str> {
    of.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn constant(field: &str) -> Option<(String, String)> {
    let (name, value) = declared(field).split_once(" := ")?;
    Some((name.to_owned(), value.trim().trim_matches('"').to_owned()))
}

fn files(folder: &str) -> Vec<(String, Table)> {
    let folder = host_test::root().join("catalog").join(folder);
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path()).collect();
    files.sort();
    let read = |path: std::path::PathBuf| {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        (stem, std::fs::read_to_string(&path).expect("text").parse().expect("TOML"))
    };
    files.into_iter().map(read).collect()
}

impl Routes {
    pub(crate) fn read() -> Routes {
        let mut routes = Routes { by_id: BTreeMap::new(), constants: BTreeSet::new() };
        let hosts: Table =
            std::fs::read_to_string(host_test::root().join("catalog/hosts.toml")).expect("text").parse().expect("TOML");
        for (area, file) in files("operations") {
            for (name, operation) in file["op"].as_table().expect("operations") {
                let or_area = |key: &str| operation.get(key).or_else(|| file["area"].get(key)).and_then(Value::as_str);
                let host = hosts[or_area("host").unwrap_or("api")]["us"].as_str().expect("a host").to_owned();
                let key = or_area("key").unwrap_or("either").to_owned();
                routes.by_id.insert(format!("{area}.{name}"), route(operation, host, key));
                for field in operation.get("body").map(texts).unwrap_or_default() {
                    routes.constants.extend(constant(field));
                }
            }
        }
        for (_, file) in files("entities") {
            for (id, entity) in file["entity"].as_table().expect("entities") {
                let reference = entity.get("reference").and_then(Value::as_str).unwrap_or(id);
                routes.constants.insert(("type".to_owned(), reference.to_owned()));
                for field in entity.get("fields").map(texts).unwrap_or_default() {
                    routes.constants.extend(constant(field));
                }
            }
        }
        routes
    }
}

fn route(operation: &Value, host: String, key: String) -> Route {
    let text = |key: &str| operation.get(key).and_then(Value::as_str);
    let (method, path) = text("call").and_then(|call| call.split_once(' ')).unwrap_or(("", "/"));
    let fields = operation.get("query").map(texts).unwrap_or_default();
    let style = |field: &str| {
        let marked = |marker: &str| declared(field).split(' ').any(|word| word == marker);
        match (marked("comma"), marked("bare")) {
            (true, _) => Style::Comma,
            (_, true) => Style::Bare,
            _ => Style::Brackets,
        }
    };
    let asked = fields.iter().filter(|field| constant(field).is_none());
    let mut query: BTreeMap<String, Style> = asked.map(|field| (name(field).to_owned(), style(field))).collect();
    let paging: &[&str] = match text("pages").unwrap_or_default() {
        "offset" => &["limit", "offset", "total"],
        "cursor" => &["limit", "cursor"],
        "after" => &["limit", "after", "before", "total"],
        "scim" => &["startIndex", "count"],
        _ => &[],
    };
    query.extend(paging.iter().map(|name| ((*name).to_owned(), Style::Brackets)));
    Route {
        method: method.to_owned(),
        path: path[1..].split('/').map(str::to_owned).collect(),
        host,
        query,
        fixed: fields.iter().filter_map(|field| constant(field)).collect(),
        header: operation
            .get("header")
            .map(texts)
            .unwrap_or_default()
            .into_iter()
            .map(|field| name(field).to_owned())
            .collect(),
        body: operation.get("body").is_some() || text("pages") == Some("analytics"),
        wrap: text("wrap").map(str::to_owned),
        multipart: text("encoding") == Some("multipart"),
        from: text("from").is_some(),
        key,
        early_access: text("early-access").map(str::to_owned),
        feed: operation.get("feed").map(|feed| feed["of"].as_str().expect("an id").to_owned()),
    }
}
