//! Writes the model as Rust.
//!
//! Rule: only what operations reach is written, names are fully determined by
//! the catalog, and the same catalog gives the same text.

mod fields;
mod operations;
mod walk;

use std::fmt::Write as _;

use crate::check::reached;
use crate::model::{Catalog, Entity, Type};

/// The Rust source of every table.
pub(crate) fn catalog(catalog: &Catalog) -> String {
    let mut out = String::from("// Made from the catalog by its compiler: change the catalog, not this file.\n\n");
    out.push_str(fields::DEFAULT);
    for host in &catalog.hosts {
        let name = constant("HOST", &host.name.text);
        line(&mut out, &format!("static {name}: Host = Host {{ us: {:?}, eu: {:?} }};", host.us, host.eu));
    }
    let hosts: Vec<String> =
        catalog.hosts.iter().map(|host| format!("&{}", constant("HOST", &host.name.text))).collect();
    line(&mut out, "/// Every host that operations name.");
    line(&mut out, &format!("pub(crate) static HOSTS: &[&Host] = &[{}];\n", hosts.join(", ")));
    for area in &catalog.areas {
        let name = constant("AREA", &area.id);
        line(&mut out, &format!("static {name}: Area = Area {{ id: {:?}, title: {:?} }};", area.id, area.title));
    }
    out.push('\n');
    let reached = reached(catalog);
    for entity in catalog.entities.iter().filter(|entity| reached.contains(entity.name.text.as_str())) {
        write_entity(&mut out, entity);
    }
    operations::write(&mut out, catalog);
    out
}

fn write_entity(out: &mut String, entity: &Entity) {
    let id = &entity.name.text;
    let variants = entity.variants.as_ref().map(|_| constant("VARIANTS", id));
    if let (Some(name), Some(variants)) = (&variants, &entity.variants) {
        let cases = variants
            .cases
            .iter()
            .map(|(value, case)| format!("({:?}, &{})", value.text, constant("ENTITY", &case.text)));
        let cases: Vec<String> = cases.collect();
        let by = &variants.by.text;
        line(out, &format!("static {name}: Variants = Variants {{ by: {by:?}, cases: &[{}] }};", cases.join(", ")));
    }
    let label = entity.label.as_ref().map_or("summary", |label| label.text.as_str());
    let samples = entity.samples.iter().map(|(name, value)| {
        let field = entity.fields.iter().find(|field| field.name.text == name.text);
        format!("({:?}, {:?})", name.text, sample(field.map(|field| &field.of), &value.value))
    });
    let samples: Vec<String> = samples.collect();
    line(out, &format!("static {}: Entity = Entity {{", constant("ENTITY", id)));
    line(out, &format!("    id: {id:?},"));
    line(out, &format!("    title: {:?},", entity.title));
    line(out, &format!("    reference: {:?},", entity.reference));
    line(out, &format!("    options: {:?},", entity.options.as_ref().map(|options| &options.text)));
    line(out, &format!("    label: {label:?},"));
    line(out, &format!("    fields: {},", fields::list(&entity.fields, "    ")));
    line(out, &format!("    variants: {},", optional(variants.as_deref())));
    line(out, &format!("    samples: &[{}],", samples.join(", ")));
    line(out, "};\n");
}

/// A sample as the guest takes it: that of a list is the whole list in JSON.
fn sample(of: Option<&Type>, value: &str) -> String {
    match of {
        Some(Type::List { of, .. }) if !value.starts_with('[') => match **of {
            Type::Int { .. } | Type::Number | Type::Bool | Type::Object => format!("[{value}]"),
            _ => format!("[\"{}\"]", value.replace('\\', "\\\\").replace('"', "\\\"")),
        },
        _ => value.to_owned(),
    }
}

/// The name of a static: `ENTITY_LOG_ENTRY`.
fn constant(prefix: &str, name: &str) -> String {
    format!("{prefix}_{}", name.to_uppercase().replace('-', "_"))
}

/// A static that may be absent.
fn optional(name: Option<&str>) -> String {
    name.map_or_else(|| "None".to_owned(), |name| format!("Some(&{name})"))
}

/// Appends a line.
fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}
