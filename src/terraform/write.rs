//! The files: one for each type, and what goes with them.
//!
//! Rule: the same resources make the same files, byte for byte. Nothing that
//! PagerDuty tells stands in a comment or, but for plain letters of names, in an
//! identifier.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

use super::instance::Made;
use super::settings::{Format, Settings};
use super::values::{Body, Value};
use super::{File, Ground, hcl};
use crate::catalog::{Line, PROVIDER, resources};

/// A variable, by its name: of which resource it is.
type Variables = BTreeMap<String, String>;

/// Files under way.
pub(super) struct Writer {
    format: Format,
    /// Text by number of the type.
    types: BTreeMap<usize, String>,
    /// Import blocks and bodies by number of the type, in JSON.
    objects: BTreeMap<usize, (Vec<Json>, Map<String, Json>)>,
    /// What Pulumi imports.
    imports: Vec<Json>,
    /// What a state would hold, one after the other.
    values: String,
    variables: Variables,
    /// By type and import id.
    names: BTreeMap<String, BTreeMap<String, String>>,
}

/// A resource that is being written.
pub(super) struct Writing<'a> {
    pub(super) ground: &'a Ground<'a>,
    pub(super) made: &'a Made,
    pub(super) type_name: &'static str,
    pub(super) variables: &'a mut Variables,
    /// What Terraform is to take no notice of.
    pub(super) ignored: Vec<String>,
}

impl Writing<'_> {
    /// The address of a resource.
    pub(super) fn address(&self, number: usize) -> String {
        let made = self.ground.made.get(number);
        let of = made.and_then(|made| resources().get(made.resource)).map_or("", |of| of.name);
        format!("{of}.{}", made.map_or("", |made| made.name.as_str()))
    }

    /// Takes note of a line that Terraform is to leave alone.
    pub(super) fn note(&mut self, line: &Line, place: &str) {
        if line.marks.ignored() && !self.ignored.iter().any(|known| known == place) {
            self.ignored.push(place.to_owned());
        }
    }

    /// A variable for a value that must not be written.
    pub(super) fn variable(&mut self, attribute: &str) -> String {
        let of = self.type_name.split_once('_').map_or(self.type_name, |(_, rest)| rest);
        let base = format!("{of}_{}_{attribute}", self.made.name.trim_start_matches('_'));
        let (mut name, mut number) = (base.clone(), 1);
        while self.variables.contains_key(&name) {
            number += 1;
            name = format!("{base}_{number}");
        }
        self.variables.insert(name.clone(), format!("{}.{}", self.type_name, self.made.name));
        name
    }
}

impl Writer {
    /// Names that were given before stay known: what is not written now may come again.
    pub(super) fn new(settings: &Settings) -> Writer {
        Writer {
            format: settings.format,
            types: BTreeMap::new(),
            objects: BTreeMap::new(),
            imports: Vec::new(),
            values: String::new(),
            variables: BTreeMap::new(),
            names: settings.names.clone(),
        }
    }

    /// Takes a resource.
    pub(super) fn take(&mut self, ground: &Ground<'_>, made: &Made, body: Body) {
        let Some(of) = resources().get(made.resource) else { return };
        self.names.entry(of.name.to_owned()).or_default().insert(made.import.clone(), made.name.clone());
        let mut writing =
            Writing { ground, made, type_name: of.name, variables: &mut self.variables, ignored: Vec::new() };
        match self.format {
            Format::Hcl => hcl::resource(self.types.entry(made.resource).or_default(), &mut writing, of.notes, &body),
            Format::Json => {
                let mut body = in_json(&mut writing, &body, "");
                if !writing.ignored.is_empty() {
                    body.insert("lifecycle".to_owned(), json!({"ignore_changes": writing.ignored}));
                }
                let (imports, bodies) = self.objects.entry(made.resource).or_default();
                imports.push(json!({"to": format!("{}.{}", of.name, made.name), "id": literal(&made.import)}));
                bodies.insert(made.name.clone(), body.into());
            }
            Format::Pulumi => {
                self.imports.push(json!({"type": of.pulumi, "name": made.name, "id": made.import}));
            }
            Format::Values => {
                let asset = ground.assets.get(made.asset);
                let entry = json!({
                    "type": of.name, "name": made.name, "import": made.import, "state": made.state,
                    "kind": asset.map(|asset| asset.kind), "id": asset.map(|asset| asset.id),
                    "values": compared(ground, &body),
                });
                // As text: taken apart, those of a large account would be several times as large.
                let sign = if self.values.is_empty() { "" } else { "," };
                let _ = write!(self.values, "{sign}{entry}");
            }
        }
    }

    /// The files.
    pub(super) fn files(self) -> Vec<File> {
        let Writer { format, types, objects, imports, values, variables, names } = self;
        let name = |number: &usize| resources().get(*number).map_or("", |of| of.name);
        let file = |name: &str, content: String| File { name: name.to_owned(), content };
        let names = file("names.json", pretty(&json!(names)));
        let mut files = match format {
            Format::Hcl => {
                let mut files = vec![file("terraform.tf", hcl::provider(PROVIDER))];
                files.extend(types.into_iter().map(|(number, text)| file(&format!("{}.tf", name(&number)), text)));
                if !variables.is_empty() {
                    files.push(file("variables.tf", hcl::variables(&variables)));
                }
                files
            }
            Format::Json => {
                let (local, source, version) = PROVIDER;
                let provider = json!({"terraform": {
                    "required_version": hcl::LEAST_TERRAFORM,
                    "required_providers": {local: {"source": source, "version": version}},
                }});
                let mut files = vec![file("terraform.tf.json", pretty(&provider))];
                for (number, (imports, bodies)) in objects {
                    let of = name(&number);
                    let content = json!({"import": imports, "resource": {of: bodies}});
                    files.push(file(&format!("{of}.tf.json"), pretty(&content)));
                }
                if !variables.is_empty() {
                    let declared: Map<String, Json> = variables
                        .into_keys()
                        .map(|name| (name, json!({"type": "string", "sensitive": true})))
                        .collect();
                    files.push(file("variables.tf.json", pretty(&json!({"variable": declared}))));
                }
                files
            }
            Format::Pulumi => {
                vec![file("pulumi-import.json", pretty(&json!({"resources": imports})))]
            }
            Format::Values => {
                let rules: Map<String, Json> = resources()
                    .iter()
                    .map(|of| {
                        let mut rules = Map::new();
                        compare_by(of.body, "", &mut rules);
                        (of.name.to_owned(), rules.into())
                    })
                    .collect();
                let rules = Json::Object(rules);
                return vec![file("values.json", format!("{{\"rules\":{rules},\"resources\":[{values}]}}"))];
            }
        };
        files.push(names);
        files
    }
}

fn pretty(value: &Json) -> String {
    // Writing JSON to a string cannot fail.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// Text that Terraform's JSON does not take for a template: signs in front of a
/// brace become a value of their own, however many there are.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(brace) = rest.find('{') {
        let (before, behind) = rest.split_at(brace);
        let sign = before.chars().next_back().filter(|sign| matches!(sign, '$' | '%'));
        let plain = sign.map_or(before, |sign| before.trim_end_matches(sign));
        out.push_str(plain);
        let signs = before.get(plain.len()..).unwrap_or_default();
        if !signs.is_empty() {
            out.extend(["${\"", signs, "\"}"]);
        }
        out.push('{');
        rest = behind.get(1..).unwrap_or_default();
    }
    out + rest
}

fn in_json(writing: &mut Writing<'_>, body: &Body, above: &str) -> Map<String, Json> {
    let mut object = Map::new();
    for (line, value) in &body.attributes {
        writing.note(line, &format!("{above}{}", line.name));
        let value = value_in_json(writing, line, value);
        object.insert(line.name.to_owned(), value);
    }
    for (line, bodies) in &body.blocks {
        writing.note(line, &format!("{above}{}", line.name));
        let blocks = bodies
            .iter()
            .enumerate()
            .map(|(place, body)| in_json(writing, body, &hcl::inside(above, line, place)).into());
        add(&mut object, line, blocks.collect());
    }
    object
}

/// Adds blocks to those of the same name.
fn add(object: &mut Map<String, Json>, line: &Line, mut blocks: Vec<Json>) {
    match object.get_mut(line.name) {
        Some(Json::Array(before)) => before.append(&mut blocks),
        Some(_) | None => drop(object.insert(line.name.to_owned(), blocks.into())),
    }
}

fn value_in_json(writing: &mut Writing<'_>, line: &Line, value: &Value) -> Json {
    match value {
        Value::Text(text) => literal(text).into(),
        Value::Number(number) => serde_json::from_str(number).unwrap_or(Json::Null),
        Value::Flag(flag) => (*flag).into(),
        Value::List(items) => items.iter().map(|item| value_in_json(writing, line, item)).collect(),
        Value::Objects(bodies) => bodies.iter().map(|body| Json::from(in_json(writing, body, ""))).collect(),
        Value::Refers(number) => format!("${{{}.id}}", writing.address(*number)).into(),
        Value::Secret(_) => format!("${{var.{}}}", writing.variable(line.name)).into(),
    }
}

/// What a state would hold: ids in place of references, `{"secret": …}` where
/// none may be told, `{"ignored": true}` where it may be anything.
fn compared(ground: &Ground<'_>, body: &Body) -> Map<String, Json> {
    let value = |line: &Line, value: &Value| match line.marks.ignored() && !line.marks.secret() {
        // Only this value of an attribute may be ignored; others of it are compared.
        true => json!({"ignored": true}),
        false => compared_value(ground, value),
    };
    let mut object: Map<String, Json> =
        body.attributes.iter().map(|(line, held)| (line.name.to_owned(), value(line, held))).collect();
    for (line, bodies) in &body.blocks {
        add(&mut object, line, bodies.iter().map(|body| compared(ground, body).into()).collect());
    }
    object
}

fn compared_value(ground: &Ground<'_>, value: &Value) -> Json {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::Number(number) => serde_json::from_str(number).unwrap_or(Json::Null),
        Value::Flag(flag) => (*flag).into(),
        Value::List(items) => items.iter().map(|item| compared_value(ground, item)).collect(),
        Value::Objects(bodies) => bodies.iter().map(|body| Json::from(compared(ground, body))).collect(),
        Value::Refers(number) => ground.made.get(*number).map_or(Json::Null, |made| made.state.as_str().into()),
        Value::Secret(fingerprint) => json!({"secret": fingerprint}),
    }
}

/// How each attribute of a type is compared, by dotted path. Of several lines for
/// one, what all of them let pass is noise.
fn compare_by(lines: &[Line], above: &str, rules: &mut Map<String, Json>) {
    use crate::catalog::Holds;
    for line in lines {
        let place = format!("{above}{}", line.name);
        let mut noise: Vec<&str> = line.marks.noise().collect();
        if matches!(line.holds, Holds::Set(_) | Holds::Blocks { set: true } | Holds::Objects { set: true }) {
            noise.push("unordered");
        }
        let before = rules.get(&place);
        if let Some(Json::Array(words)) = before.and_then(|rule| rule.get("noise")) {
            noise.retain(|word| words.iter().any(|known| known == word));
        }
        let secret = line.marks.secret() || before.is_some_and(|rule| rule["secret"] == true);
        rules.insert(place.clone(), json!({"computed": line.computed, "noise": noise, "secret": secret}));
        compare_by(line.body, &format!("{place}."), rules);
    }
}
