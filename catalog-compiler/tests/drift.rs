//! Small documents beside small catalogs, and what the drift check tells.
//!
//! Rule: a row is one operation, `PUT /things/{id}`: what the document says of
//! it as JSON (`components` go to the document's root), what the catalog says as
//! TOML (behind a line `---` more entities), and every difference that is told.
#![cfg(feature = "drift")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value, json};

/// A folder of a test's own, gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("drift-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs the tool on what was written; code and output.
    fn run(&self, options: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_catalog-compiler"));
        command.current_dir(&self.0).args(["catalog", "--against", "spec"]).args(options);
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const ENTITIES: &str = r#"
[entity.thing]
title     = "Thing"
reference = "thing_reference"
options   = "things.list"
label     = "name"
fields    = ["id! ro", "name"]
samples   = { id = "P1", name = "One" }
"#;

const LIST: &str = r#"
[area]
title = "Things"

[op.list]
call    = "GET /things"
title   = "List things"
summary = "Every thing."
items   = "things: [thing]"
pages   = "none"
"#;

/// A document with the list of things and `operation` as `PUT /things/{id}`.
fn document(mut operation: Map<String, Value>) -> Value {
    let thing = json!({"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}}});
    let list = json!({"type": "object", "properties": {"things": {"type": "array", "items": thing}}});
    let components = operation.remove("components").unwrap_or(json!({}));
    let servers = operation.remove("root servers").unwrap_or(json!([{"url": "https://api.example.com"}]));
    operation.entry("responses").or_insert(json!({"204": {}}));
    let id = json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string"}});
    let parameters = operation.entry("parameters").or_insert(json!([]));
    parameters.as_array_mut().unwrap().push(id);
    json!({
        "openapi": "3.0.2",
        "servers": servers,
        "components": components,
        "paths": {
            "/things": {"get": {"operationId": "listThings", "responses": {"200": {"content": {"application/json": {"schema": list}}}}}},
            "/things/{id}": {"put": operation},
        },
    })
}

/// Lays a row out: `rest` are members of a JSON object.
fn lay_out(rest: &str, catalog: &str) -> Folder {
    let operation: Map<String, Value> = serde_json::from_str(&format!("{{{rest}}}")).expect(rest);
    let folder = Folder::new();
    folder.write("spec/REST/openapi.json", &document(operation).to_string());
    let (operation, entities) = catalog.split_once("---").unwrap_or((catalog, ""));
    let has = |key: &str| operation.lines().any(|line| line.trim_start().starts_with(key));
    let answer = if ["answer", "item"].into_iter().any(has) { "" } else { "answer = \"none\"\n" };
    let call = if has("call") { "" } else { "call = \"PUT /things/{id}\"\n" };
    let head = "[op.change]\ntitle = \"Change\"\nsummary = \"Changes it.\"\n";
    folder.write("catalog/hosts.toml", "[api]\nus = \"api.example.com\"\neu = \"api.eu.example.com\"\n");
    folder.write("catalog/operations/things.toml", &format!("{LIST}\n{head}{call}{answer}{operation}"));
    folder.write("catalog/entities/things.toml", &format!("{ENTITIES}{entities}"));
    folder
}

/// Differences, one line each: `FIELD KIND: DOCUMENT | CATALOG`.
fn told(output: &str) -> Vec<String> {
    let whole: Value = serde_json::from_str(output).unwrap_or_else(|_| panic!("{output}"));
    let line = |found: &Value| {
        let text = |key: &str| found[key].as_str().unwrap_or_default();
        format!("{} {}: {} | {}", text("field"), text("kind"), text("there"), text("here")).trim().to_owned()
    };
    whole["differences"].as_array().unwrap().iter().map(line).collect()
}

#[track_caller]
fn check(rest: &str, catalog: &str, expected: &[&str]) {
    let (code, output) = lay_out(rest, catalog).run(&["--json", "--complete"]);
    assert_eq!(told(&output), expected, "{rest}\n{catalog}");
    assert_eq!(code, Some(i32::from(!expected.is_empty())));
}

/// A row about a request's body, wrapped in nothing.
#[track_caller]
fn check_body(schema: &str, fields: &str, expected: &[&str]) {
    let rest = format!(r#""requestBody": {{"content": {{"application/json": {{"schema": {schema}}}}}}}"#);
    check(&rest, &format!("body = {fields}"), expected);
}

/// A row about one field `x` of a body.
#[track_caller]
fn check_field(schema: &str, field: &str, expected: &[&str]) {
    check_body(&format!(r#"{{"type": "object", "properties": {{"x": {schema}}}}}"#), &format!("[{field:?}]"), expected);
}

/// A row about an answer.
#[track_caller]
fn check_answer(schema: &str, catalog: &str, expected: &[&str]) {
    let rest = format!(r#""responses": {{"200": {{"content": {{"application/json": {{"schema": {schema}}}}}}}}}"#);
    check(&rest, catalog, expected);
}

/// A row about parameters.
#[track_caller]
fn check_parameter(parameter: &str, catalog: &str, expected: &[&str]) {
    check(&format!(r#""parameters": [{parameter}]"#), catalog, expected);
}

#[test]
fn nothing_differs() {
    check("", "", &[]);
    // An answer to be described, or none: 204 carries nothing, whatever is declared.
    check(r#""responses": {"204": {"content": {"application/json": {"schema": {"type": "object"}}}}}"#, "", &[]);
}

#[test]
fn operations() {
    let paths = "call = \"PUT /others/{id}\"";
    check("", paths, &[" operation-extra:  | an operation".trim(), "operation-missing: an operation |"]);
    // What arguments are called makes no other operation of it.
    check("", "call = \"PUT /things/{thing}\"", &["path.thing name: id | thing"]);
    check(r#""servers": [{"url": "https://app.example.com/"}]"#, "", &["host: app.example.com | api.example.com"]);
    // The server's base path belongs to the path.
    let based = r#""servers": [{"url": "https://api.example.com/v2"}]"#;
    check(based, "call = \"PUT /v2/things/{id}\"", &[]);
}

#[test]
fn a_choice_in_the_path_may_be_written_out() {
    let kinds = |values: &str| {
        format!(r#""parameters": [{{"name": "id", "in": "path", "schema": {{"type": "string", "enum": [{values}]}}}}]"#)
    };
    let one = "call = \"PUT /things/big\"";
    check(&kinds(r#""big""#), one, &[]);
    check(&kinds(r#""big", "small""#), one, &["operation-missing: for small |"]);
    check(&kinds(r#""big", "small""#), "path = [\"id: big|small\"]", &[]);
    check(&kinds(r#""big", "small""#), "path = [\"id: big|huge\"]", &["path.id enum: small | huge"]);
}

#[test]
fn heads() {
    check(r#""x-pd-requires-scope": "a.read""#, "scope = \"a.read\"", &[]);
    check(r#""x-pd-requires-scope": "a.read""#, "", &["scope: a.read |"]);
    check("", "scope = \"a.read\"", &["scope:  | a.read"]);
    check(r#""deprecated": true"#, "stability = \"deprecated\"", &[]);
    check(r#""deprecated": true"#, "", &["stability: deprecated | stable"]);
    check("", "stability = \"deprecated\"", &["stability: stable | deprecated"]);
    check(r#""description": "> ### Early Access\n> Ask.""#, "", &["stability: early-access | stable"]);
    check("", "stability = \"early-access\"", &["stability: stable | early-access"]);
}

#[test]
fn headers() {
    let early = r#"{"name": "X-EARLY-ACCESS", "in": "header", "schema": {"type": "string", "enum": ["things"]}}"#;
    check_parameter(early, "early-access = \"things\"", &[]);
    check_parameter(early, "early-access = \"others\"", &["header.X-EARLY-ACCESS header: things | others"]);
    check_parameter(early, "stability = \"early-access\"", &["header.X-EARLY-ACCESS header: things |"]);
    let accept = r#"{"name": "Accept", "in": "header", "schema": {"type": "string", "default": "a/b"}}"#;
    check_parameter(accept, "accept = \"a/b\"", &[]);
    check_parameter(accept, "accept = \"a/c\"", &["header.Accept header: a/b | a/c"]);
    let from = r#"{"name": "From", "in": "header", "required": true, "schema": {"type": "string"}}"#;
    check_parameter(from, "from = \"required\"", &[]);
    check_parameter(from, "from = \"optional\"", &["header.From header: required | optional"]);
    check_parameter(from, "", &["header.From header: required | not sent"]);
    check("", "from = \"optional\"", &["header.From header: not sent | optional"]);
    let other = r#"{"name": "X-Signature", "in": "header", "schema": {"type": "string"}}"#;
    check_parameter(other, "", &["header.X-Signature header: a header | not sent"]);
    let content = r#"{"name": "Content-Type", "in": "header", "required": true, "schema": {"type": "string"}}"#;
    check_parameter(content, "", &[]);
    // Without a header the answer's own type must be asked for.
    let odd = r#""responses": {"200": {"content": {"text/csv": {}}}}"#;
    check(odd, "answer = \"json\"\naccept = \"text/csv\"", &[]);
    check(odd, "answer = \"json\"\naccept = \"a/b\"", &["header.Accept header: text/csv | a/b"]);
}

#[test]
fn queries() {
    let one = r#"{"name": "x", "in": "query", "schema": {"type": "string"}}"#;
    let needed = r#"{"name": "x", "in": "query", "required": true, "schema": {"type": "string"}}"#;
    check_parameter(one, "query = [\"x\"]", &[]);
    check_parameter(one, "", &["query.x missing: a parameter |"]);
    check_parameter(needed, "", &["query.x missing: a required parameter |"]);
    check("", "query = [\"x\"]", &["query.x extra: not declared | an argument"]);
    check_parameter(needed, "query = [\"x\"]", &["query.x required: required | optional"]);
    check_parameter(one, "query = [\"x!\"]", &["query.x required: optional | required"]);
    check_parameter(one, "query = [\"x: int\"]", &["query.x type: text | int"]);
    // A reference stands in a URL as an id.
    check_parameter(one, "query = [\"x: ref thing\"]", &[]);
}

#[test]
fn lists_in_queries() {
    let list = |name: &str, rest: &str| {
        format!(
            r#"{{"name": "{name}", "in": "query", "schema": {{"type": "array", "items": {{"type": "string"}}}}{rest}}}"#
        )
    };
    check_parameter(&list("x[]", ""), "query = [\"x: [text]\"]", &[]);
    check_parameter(&list("x", ""), "query = [\"x: [text] bare\"]", &[]);
    check_parameter(&list("x", r#", "explode": false"#), "query = [\"x: [text] comma\"]", &[]);
    let repeated = "query.x joined: repeated as `name=` | repeated as `name[]=`";
    check_parameter(&list("x", ""), "query = [\"x: [text]\"]", &[repeated]);
    let brackets = "query.x joined: repeated as `name[]=` | joined by commas";
    check_parameter(&list("x[]", ""), "query = [\"x: [text] comma\"]", &[brackets]);
    // The brackets make a list of it, whatever the type says.
    let scalar = r#"{"name": "x[]", "in": "query", "schema": {"type": "string", "enum": ["a"]}}"#;
    check_parameter(scalar, "query = [\"x: [a|]\"]", &[]);
    check_parameter(scalar, "query = [\"x: [a|b]\"]", &["query.x[] enum:  | b"]);
    check_parameter(scalar, "query = [\"x: a|\"]", &["query.x type: list | text"]);
    let two = r#"{"name": "x", "in": "query", "explode": false, "schema": {"type": "string", "maxItems": 2}}"#;
    check_parameter(two, "query = [\"x: [text](..2) comma\"]", &[]);
    check_parameter(two, "query = [\"x: [text] comma\"]", &["query.x bounds: ..2 | none"]);
}

#[test]
fn paging() {
    let parameter = |name: &str| {
        let of = if name == "total" { "boolean" } else { "integer" };
        format!(r#"{{"name": "{name}", "in": "query", "schema": {{"type": "{of}"}}}}"#)
    };
    let all = [parameter("limit"), parameter("offset"), parameter("total")].join(", ");
    let thing = r#"{"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}"#;
    let answer = |rest: &str| {
        format!(
            r#""responses": {{"200": {{"content": {{"application/json": {{"schema": {{"type": "object", "properties":
            {{"things": {{"type": "array", "items": {thing}}}{rest}}}}}}}}}}}}}"#
        )
    };
    let envelope = r#", "limit": {"type": "integer"}, "offset": {"type": "integer"}, "more": {"type": "boolean"}, "total": {"type": "integer", "nullable": true}"#;
    let whole = answer(envelope);
    let offset = "items = \"things: [thing]\"\npages = \"offset\"";
    check(&format!(r#""parameters": [{all}], {whole}"#), offset, &[]);
    let most = [parameter("limit"), parameter("offset")].join(", ");
    check(&format!(r#""parameters": [{most}], {whole}"#), offset, &["query.total paging: not declared | an argument"]);
    let undeclared = format!("{offset}\npaging-undeclared = [\"total\"]");
    check(&format!(r#""parameters": [{most}], {whole}"#), &undeclared, &[]);
    let declared = "query.total paging: declared | `paging-undeclared` names it";
    check(&format!(r#""parameters": [{all}], {whole}"#), &undeclared, &[declared]);
    let none = "items = \"things: [thing]\"\npages = \"none\"";
    let limit = parameter("limit");
    let alone = answer("");
    check(&format!(r#""parameters": [{limit}], {alone}"#), none, &["query.limit missing: a parameter |"]);
    let less = answer(r#", "limit": {"type": "integer"}, "offset": {"type": "integer"}, "total": {"type": "integer"}"#);
    check(&format!(r#""parameters": [{all}], {less}"#), offset, &["answer.more paging:  | bool"]);
}

#[test]
fn bodies() {
    check_body(r#"{"type": "object", "properties": {"x": {"type": "string"}}}"#, "[\"x\"]", &[]);
    check("", "body = [\"x\"]", &["body no-body: none | a body"]);
    let body = r#""requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}"#;
    check(body, "", &["body no-body: a body | none"]);
    let csv = r#""requestBody": {"content": {"text/csv": {"schema": {"properties": {"x": {"type": "string"}}}}}}"#;
    check(csv, "body = [\"x\"]", &["body content: text/csv | application/json"]);
    check(csv, "body = [\"x\"]\ncontent = \"text/csv\"", &[]);
    let wrapped =
        r#"{"type": "object", "properties": {"thing": {"type": "object", "properties": {"x": {"type": "string"}}}}}"#;
    check_body(wrapped, "[\"x\"]\nwrap = \"thing\"", &[]);
    check_body(wrapped, "[\"x\"]\nwrap = \"other\"", &["body wrapper: thing | other"]);
    let plain = r#"{"type": "object", "properties": {"x": {"type": "string"}, "y": {"type": "string"}}}"#;
    let expected = ["body wrapper: no wrapper | thing", "body.thing.y missing: text |"];
    check_body(plain, "[\"x\"]\nwrap = \"thing\"", &expected);
}

#[test]
fn fields_of_bodies() {
    let two =
        r#"{"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}, "y": {"type": "integer"}}}"#;
    check_body(two, "[\"x!\", \"y: int\"]", &[]);
    check_body(two, "[\"x!\"]", &["body.y missing: int |"]);
    check_body(two, "[\"y: int\"]", &["body.x missing: required text |"]);
    check_body(two, "[\"x!\", \"y: int\", \"z\"]", &["body.z extra:  | text"]);
    check_body(two, "[\"x\", \"y: int\"]", &["body.x required: required | optional"]);
    check_body(two, "[\"x!\", \"y!: int\"]", &["body.y required: optional | required"]);
    // What is always sent is asked of nobody.
    check_body(two, "[\"x := a\", \"y: int\"]", &[]);
    let undeclared = r#"{"type": "object", "required": ["x"]}"#;
    check_body(undeclared, "[\"x!\"]", &[]);
    check_body(undeclared, "[\"y\"]", &["body.x missing: required but not declared |", "body.y extra:  | text"]);
}

#[test]
fn types() {
    check_field(r#"{"type": "string"}"#, "x: int", &["body.x type: text | int"]);
    check_field(r#"{"type": "number"}"#, "x: int", &["body.x type: number | int"]);
    check_field(r#"{"type": "boolean"}"#, "x: bool", &[]);
    check_field("{}", "x", &["body.x type: anything | text"]);
    check_field(r#"{"type": "string"}"#, "x: json", &["body.x type: text | anything"]);
    check_field(r#"{"oneOf": [{"type": "string"}, {"type": "integer"}]}"#, "x", &["body.x type: text or int | text"]);
    check_field(r#"{"type": "array", "items": {"type": "integer"}}"#, "x: [text]", &["body.x[] type: int | text"]);
    check_field(r#"{"type": "string", "format": "date-time"}"#, "x: time", &[]);
    check_field(r#"{"type": "string", "format": "date-time"}"#, "x", &["body.x format: time | text"]);
    check_field(r#"{"type": "string"}"#, "x: date", &["body.x format: text | date"]);
    check_field(r#"{"type": "string", "nullable": true}"#, "x?", &[]);
    check_field(r#"{"type": "string", "nullable": true}"#, "x", &["body.x nullable: may be null | never null"]);
    check_field(r#"{"type": "string", "enum": ["a", null]}"#, "x: a|", &["body.x nullable: may be null | never null"]);
    check_field(r#"{"type": "string"}"#, "x?", &["body.x nullable: never null | may be null"]);
    check_field(r#"{"type": "object"}"#, "x: object", &[]);
    check_field(
        r#"{"type": "object", "properties": {"a": {}, "b": {}}}"#,
        "x: object",
        &["body.x open: a, b | any object"],
    );
}

#[test]
fn values() {
    check_field(r#"{"type": "string", "enum": ["a", "b"]}"#, "x: a|b", &[]);
    check_field(r#"{"type": "string", "enum": ["a", "b"]}"#, "x: a|c", &["body.x enum: b | c"]);
    check_field(r#"{"type": "string", "enum": ["a", "b"]}"#, "x", &["body.x enum: a, b | any value"]);
    check_field(r#"{"type": "string"}"#, "x: a|b", &["body.x enum: any value | a, b"]);
    check_field(r#"{"type": "string", "enum": ["a, b"]}"#, "x: a|b", &["body.x enum: \"a, b\" | a, b"]);
    check_field(r#"{"type": "integer", "enum": [0, 60]}"#, "x: 0|30", &["body.x enum: 60 | 30"]);
    check_field(
        r#"{"type": "array", "items": {"type": "string", "enum": ["a"]}}"#,
        "x: [a|b]",
        &["body.x[] enum:  | b"],
    );
    // One of several values may be sent every time, but no other.
    check_field(r#"{"type": "string", "enum": ["a", "b"]}"#, "x := a", &[]);
    check_field(r#"{"type": "string", "enum": ["a", "b"]}"#, "x := c", &["body.x enum:  | c"]);
}

#[test]
fn bounds() {
    check_field(r#"{"type": "string", "minLength": 2, "maxLength": 5}"#, "x: text(2..5)", &[]);
    check_field(r#"{"type": "string", "maxLength": 5}"#, "x: text(..6)", &["body.x bounds: ..5 | ..6"]);
    check_field(r#"{"type": "string", "maxLength": 5}"#, "x", &["body.x bounds: ..5 | none"]);
    check_field(r#"{"type": "integer"}"#, "x: int(0..)", &["body.x bounds: none | 0.."]);
    check_field(r#"{"type": "integer", "minimum": 1, "maximum": 9}"#, "x: int(1..8)", &["body.x bounds: 1..9 | 1..8"]);
    let bulk = r#"{"type": "array", "maxItems": 250, "items": {"type": "string"}}"#;
    check_field(bulk, "x: [text](..250)", &[]);
    check_field(bulk, "x: [text](..100)", &["body.x bounds: ..250 | ..100"]);
    // That something is not empty, the documents do not care to say.
    check_field(bulk, "x: [text](1..250)", &[]);
    check_field(r#"{"type": "string"}"#, "x: text(1..)", &[]);
}

#[test]
fn only_one_way() {
    let both = r#"{"type": "object", "properties": {"x": {"type": "string"}, "y": {"type": "string", "readOnly": true}, "z": {"type": "string", "writeOnly": true}}}"#;
    check_body(both, "[\"x\", \"z\"]", &[]);
    check_body(both, "[\"x\", \"y\", \"z\"]", &["body.y extra: answers only | text"]);
    let entity =
        |fields: &str| format!("answer = \"other\"\n---\n[entity.other]\ntitle = \"Other\"\nfields = {fields}\n");
    check_answer(both, &entity("[\"x\", \"y\"]"), &[]);
    check_answer(both, &entity("[\"x\", \"y\", \"z\"]"), &["answer.z extra: requests only | text"]);
    // A reference's id is read-only, required, and must be sent.
    let id = r#"{"type": "object", "required": ["x"], "properties": {"x": {"type": "string", "readOnly": true}}}"#;
    check_body(id, "[\"x!\"]", &[]);
}

#[test]
fn references() {
    let reference = |rest: &str| {
        format!(
            r#"{{"type": "object", "properties": {{"id": {{"type": "string"}}, "type": {{"type": "string", "enum": ["thing_reference"]}}{rest}}}}}"#
        )
    };
    check_field(&reference(""), "x: ref thing", &[]);
    check_field(&reference(r#", "summary": {"type": "string"}"#), "x: ref thing", &[]);
    check_field(
        &reference("").replace("thing_", "other_"),
        "x: ref thing",
        &["body.x.type enum: other_reference | thing_reference"],
    );
    check_field(
        r#"{"type": "object", "properties": {"name": {}}}"#,
        "x: ref thing",
        &["body.x type: an object without `id` | a reference"],
    );
    check_field(r#"{"type": "string"}"#, "x: ref thing", &["body.x type: text | object"]);
    check_field(r#"{"type": "string"}"#, "x: id thing", &[]);
    let more = reference(r#", "role": {"type": "string"}"#)
        .replace(r#""properties""#, r#""required": ["role"], "properties""#);
    check_field(&more, "x: ref thing", &["body.x.role missing: required | a reference"]);
}

#[test]
fn answers() {
    let entity = "\n---\n[entity.other]\ntitle = \"Other\"\nfields = [\"x!\", \"y: int\"]\n";
    let other = r#"{"type": "object", "properties": {"x": {"type": "string"}, "y": {"type": "integer"}}}"#;
    let wrapped = format!(r#"{{"type": "object", "properties": {{"other": {other}}}}}"#);
    check_answer(&wrapped, &format!("item = \"other: other\"{entity}"), &[]);
    check_answer(&wrapped, &format!("item = \"another: other\"{entity}"), &["answer wrapper: other | another"]);
    check_answer(other, &format!("item = \"other: other\"{entity}"), &["answer wrapper: no wrapper | other"]);
    check_answer(other, &format!("answer = \"other\"{entity}"), &[]);
    check_answer(other, "", &["answer no-body: a body | none"]);
    check("", &format!("answer = \"other\"{entity}"), &["answer no-body: none | a body"]);
    check(r#""responses": {"400": {}}"#, "", &["answer no-body: no success is told |"]);
    let more = other.replace(r#""x""#, r#""z": {"type": "boolean"}, "x""#);
    check_answer(&more, &format!("answer = \"other\"{entity}"), &["answer.z missing: bool |"]);
    check_answer(
        r#"{"type": "object", "properties": {"x": {"type": "string"}}}"#,
        &format!("answer = \"other\"{entity}"),
        &["answer.y extra:  | int"],
    );
    // Neither bounds nor what is required matter in an answer, but null does.
    check_answer(
        &other.replace(r#""string""#, r#""string", "maxLength": 3"#),
        &format!("answer = \"other\"{entity}"),
        &[],
    );
    check_answer(
        &other.replace(r#""string""#, r#""string", "nullable": true"#),
        &format!("answer = \"other\"{entity}"),
        &["answer.x nullable: may be null | never null"],
    );
    check_answer(r#"{"type": "object"}"#, &format!("answer = \"other\"{entity}"), &["answer open: any object | x, y"]);
    // Several successes answer one of several things.
    let parts = r#""responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"type": "string"}}}}}},
        "207": {"content": {"application/json": {"schema": {"type": "object", "properties": {"y": {"type": "integer"}}}}}}}"#;
    check(parts, &format!("answer = \"other\"{entity}"), &[]);
}

const CASES: &str = r#"
---
[entity.shape]
title    = "Shape"
by       = "kind"
variants = { circle = "circle", square = "square" }

[entity.circle]
title  = "Circle"
fields = ["radius!: int"]

[entity.square]
title  = "Square"
fields = ["side: int"]
"#;

#[test]
fn alternatives() {
    let case = |kind: &str, field: &str| {
        format!(
            r#"{{"type": "object", "required": ["kind", "{field}"], "properties": {{"kind": {{"type": "string", "enum": ["{kind}"]}}, "{field}": {{"type": "integer"}}}}}}"#
        )
    };
    let shapes = |cases: &[String]| format!(r#"{{"oneOf": [{}]}}"#, cases.join(", "));
    let fields = format!("\"shape\"{CASES}");
    let right = shapes(&[case("circle", "radius"), case("square", "side")]);
    check_body(&right, &fields, &["body<square>.side required: required | optional"]);
    let wrong = shapes(&[case("circle", "radius"), case("line", "length")]);
    check_body(&wrong, &fields, &["body cases: line | square"]);
    let other = right.replace("radius", "diameter");
    let expected = [
        "body<circle>.diameter missing: required int |",
        "body<circle>.radius extra:  | int",
        "body<square>.side required: required | optional",
    ];
    check_body(&other, &fields, &expected);
    // Named by the document's own word, in whatever schema.
    let named = r##""requestBody": {"content": {"application/json": {"schema": {
        "discriminator": {"propertyName": "kind", "mapping": {"circle": "#/components/schemas/A", "square": "#/components/schemas/B"}},
        "oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]}}}},
        "components": {"schemas": {
        "A": {"type": "object", "required": ["radius"], "properties": {"kind": {"type": "string"}, "radius": {"type": "integer"}}},
        "B": {"type": "object", "properties": {"kind": {"type": "string"}, "side": {"type": "integer"}}}}}"##;
    check(named, &format!("body = {fields}"), &[]);
    // Without variants on one side all fields count, none required but by all.
    check_body(&right, "[\"kind!: circle|square\", \"radius: int\", \"side: int\"]", &[]);
    let flat = r#"{"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string", "enum": ["circle", "square"]}, "radius": {"type": "integer"}, "side": {"type": "integer"}}}"#;
    check_body(flat, &fields, &[]);
}

#[test]
fn parts() {
    let entity = "answer = \"other\"\n---\n[entity.other]\ntitle = \"Other\"\nfields = [\"x: a|\", \"y: int\"]\n";
    // The narrower of two declarations counts.
    let all = r#"{"allOf": [{"type": "object", "properties": {"x": {"type": "string"}}}, {"properties": {"x": {"enum": ["a"]}, "y": {"type": "integer"}}}]}"#;
    check_answer(all, entity, &[]);
    check_answer(&all.replace(r#"["a"]"#, r#"["b"]"#), entity, &["answer.x enum: b | a"]);
    // References into other places, percent-encoded or not, and round in circles.
    let circle = r##""responses": {"200": {"$ref": "#/components/responses/R"}},
        "components": {"responses": {"R": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/%54"}}}}},
        "schemas": {"T": {"type": "object", "properties": {"x": {"type": "string", "enum": ["a"]}, "y": {"type": "integer"}, "z": {"$ref": "#/components/schemas/T"}}}}}"##;
    check(circle, entity, &["answer.z missing: object |"]);
    let itself = r##""responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/T"}}}}},
        "components": {"schemas": {"T": {"allOf": [{"$ref": "#/components/schemas/T"}, {"properties": {"x": {"type": "string", "enum": ["a"]}, "y": {"type": "integer"}}}]}}}"##;
    check(itself, entity, &[]);
}

#[test]
fn what_does_not_count() {
    let folder = lay_out("", "");
    // Another interface, and what is no document.
    folder.write("spec/mcp/openapi.json", "{\"paths\": {\"/mcp\": {\"post\": {}}}}");
    folder.write("spec/README.md", "none");
    let (code, output) = folder.run(&["--json", "--complete"]);
    assert_eq!((code, told(&output)), (Some(0), Vec::new()), "{output}");
}

/// What `drift.toml` explains, and what is wrong with it.
#[track_caller]
fn check_intended(intended: &str, code: i32, expected: &str) {
    let fields = r#"{"type": "object", "properties": {"x": {"type": "string"}, "y": {"type": "string"}}}"#;
    let rest = format!(r#""requestBody": {{"content": {{"application/json": {{"schema": {fields}}}}}}}"#);
    let folder =
        lay_out(&rest, "body = \"other\"\n---\n[entity.other]\ntitle = \"Other\"\nfields = [\"x: int\", \"z\"]\n");
    folder.write("catalog/drift.toml", intended);
    let output = folder.run(&[]);
    assert_eq!((output.0, output.1.replace('\\', "/")), (Some(code), expected.to_owned()), "{intended}");
}

const HEAD: &str = "things.change  PUT /things/{id}  REST/?\n";
const X: &str = "  catalog/entities/things.toml:12  body.x  type  document: text; catalog: int\n";
const Y: &str = "  catalog/entities/things.toml:10  body.y  missing  document: text\n";
const Z: &str = "  catalog/entities/things.toml:12  body.z  extra  catalog: text\n";

#[test]
fn intended() {
    let entry = |rest: &str| format!("[[intended]]\nreason = \"That is meant.\"\n{rest}\n");
    let counts = |told: usize, meant: usize| format!("2 operations compared: {told} differences, and {meant} intended");
    let idle = "nothing differs here that an earlier entry leaves: take this out";
    check_intended("", 1, &format!("{HEAD}{X}{Y}{Z}{}\n", counts(3, 0)));
    let all = entry("operation = \"things.*\"\nfield = \"body.*\"\nkind = [\"type\", \"missing\", \"extra\"]");
    check_intended(&all, 0, &format!("{}\n", counts(0, 3)));
    let call = entry(
        "operation = \"PUT /things/{id}\"\nfield = \"body.x\"\nkind = \"type\"\nthere = \"text\"\nhere = \"int\"",
    );
    check_intended(&call, 1, &format!("{HEAD}{Y}{Z}{}\n", counts(2, 1)));
    let entity = entry("entity = \"oth*\"\nfield = [\"x\", \"z\"]\nkind = [\"type\", \"extra\"]");
    check_intended(&entity, 1, &format!("{HEAD}{Y}{}\n", counts(1, 2)));
    // The list only shrinks: whole entries, and parts of them.
    let twice = format!("{all}{}", entry("operation = \"*\"\nfield = \"*.y\"\nkind = \"missing\""));
    let problem = format!("catalog/drift.toml:6:1: {idle}\n");
    check_intended(&twice, 1, &format!("{problem}{}; 1 part of the list explains nothing\n", counts(0, 3)));
    let part = entry(
        "operation = \"*\"\nfield = [\"body.*\", \"body.w\"]\nkind = [\"type\", \"missing\", \"extra\", \"enum\"]",
    );
    let problems = format!("catalog/drift.toml:4:21: {idle}\ncatalog/drift.toml:5:38: {idle}\n");
    check_intended(&part, 1, &format!("{problems}{}; 2 parts of the list explain nothing\n", counts(0, 3)));
}

#[test]
fn an_area_explains_before_all() {
    let fields = r#"{"type": "object", "properties": {"x": {"type": "string"}}}"#;
    let rest = format!(r#""requestBody": {{"content": {{"application/json": {{"schema": {fields}}}}}}}"#);
    let folder = lay_out(&rest, "body = \"other\"\n---\n[entity.other]\ntitle = \"Other\"\nfields = [\"x: int\"]\n");
    let entry = "[[intended]]\noperation = \"*\"\nfield = \"body.x\"\nkind = \"type\"\nreason = \"That is meant.\"\n";
    folder.write("catalog/drift/things.toml", entry);
    folder.write("catalog/drift.toml", entry);
    let (code, output) = folder.run(&[]);
    let idle = "catalog/drift.toml:1:1: nothing differs here that an earlier entry leaves: take this out\n";
    let counts = "2 operations compared: 0 differences, and 1 intended; 1 part of the list explains nothing\n";
    assert_eq!((code, output.replace('\\', "/")), (Some(1), format!("{idle}{counts}")));
}

#[test]
fn what_is_wrong_with_the_list() {
    let one = |message: &str| format!("{message}\n1 problems\n");
    let entry = |rest: &str| format!("[[intended]]\n{rest}\n");
    check_intended("[intended]\n", 1, &one("catalog/drift.toml:1:1: `intended` takes tables: write `[[intended]]`"));
    let rest = "operation = \"*\"\nkind = \"typ\"\nreason = \"That is meant.\"";
    check_intended(&entry(rest), 1, &one("catalog/drift.toml:3:9: unknown kind `typ`; did you mean `type`?"));
    let rest = "operation = \"*\"\nkind = \"type\"";
    let message = "catalog/drift.toml:1:1: `reason` is missing: add `reason = \"A sentence.\"`";
    check_intended(&entry(rest), 1, &one(message));
    let rest = "operation = \"*\"\nkind = \"type\"\nreason = \"Meant\"";
    check_intended(&entry(rest), 1, &one("catalog/drift.toml:4:11: the reason is a sentence, with a full stop"));
    let rest = "kind = \"type\"\nreason = \"That is meant.\"";
    let message = "catalog/drift.toml:1:1: where it differs is missing: add `operation` or `entity`, or both";
    check_intended(&entry(rest), 1, &one(message));
    let rest = "operation = \"*\"\nreason = \"That is meant.\"";
    check_intended(&entry(rest), 1, &one("catalog/drift.toml:1:1: what differs is missing: add `kind = \"enum\"`"));
    let rest = "operation = \"*\"\nkind = \"type\"\nreason = \"That is meant.\"\nwhere = \"x\"";
    check_intended(&entry(rest), 1, &one("catalog/drift.toml:5:1: unknown key `where`; did you mean `here`?"));
}

#[test]
fn options() {
    let folder = lay_out(r#""deprecated": true"#, "call = \"PUT /others/{id}\"");
    let extra = "things.change  PUT /others/{id}\n  catalog/operations/things.toml:12  operation-extra  catalog: an operation\n";
    let missing = "; 1 operation of the documents is missing";
    let summary = format!("2 operations compared: 1 differences, and 0 intended{missing}\n");
    assert_eq!(folder.run(&[]), (Some(1), format!("{extra}{summary}")));
    // Missing operations are counted, and fail only where all are asked for.
    let listed = "PUT /things/{id}  REST/?\n  operation-missing  document: an operation\n";
    let summary = format!("2 operations compared: 2 differences, and 0 intended{missing}\n");
    assert_eq!(folder.run(&["--complete"]), (Some(1), format!("{extra}{listed}{summary}")));
    folder.write(
        "meant.toml",
        "[[intended]]\noperation = \"things.change\"\nkind = \"operation-extra\"\nreason = \"That is meant.\"\n",
    );
    let meant = ["--intended", "meant.toml"];
    let summary = format!("2 operations compared: 0 differences, and 1 intended{missing}\n");
    assert_eq!(folder.run(&meant), (Some(0), summary));
    // Of one area only what stands in it is judged, and no entry for idle.
    folder.write(
        "idle.toml",
        "[[intended]]\noperation = \"things.list\"\nkind = \"enum\"\nreason = \"That is meant.\"\n",
    );
    let summary = "2 operations compared: 1 differences, and 0 intended\n";
    let area = ["--intended", "idle.toml", "--area", "things", "--complete"];
    assert_eq!(folder.run(&area), (Some(1), format!("{extra}{summary}")));
    let none = "catalog:1:1: holds no area `thing`; did you mean `things`?\n1 problems\n";
    assert_eq!(folder.run(&["--area", "thing"]), (Some(1), none.to_owned()));
    assert_eq!(folder.run(&["--area"]).0, Some(2));
    assert_eq!(folder.run(&["--colour"]).0, Some(2));
    folder.write("spec/REST/openapi.json", "{");
    let (code, output) = folder.run(&[]);
    assert_eq!(code, Some(1));
    assert!(output.contains("openapi.json:1:1: cannot be read: EOF"), "{output}");
}
