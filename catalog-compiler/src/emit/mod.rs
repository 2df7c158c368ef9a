//! Writes the model as Rust: a few small tables, and one byte string that
//! holds every operation and entity.
//!
//! Rule: only what operations reach is written, the same catalog gives the
//! same text, and a record is a line, so that a change of the catalog can be
//! seen in it.

mod assets;
mod fields;
mod operations;
mod pieces;
mod terraform;
mod walk;
mod words;

use std::fmt::Write as _;

use crate::check::reached;
use crate::model::{Asked, Catalog, Changes, Entity, Type};
use pieces::{Record, Shared, literal};
use words::Words;

/// The tables of a catalog.
pub(crate) struct Tables {
    /// As Rust source.
    pub(crate) source: String,
    /// How many bytes they add to the connector, the small ones aside.
    pub(crate) bytes: usize,
}

/// What is known while records are written.
struct Emitter<'a> {
    catalog: &'a Catalog,
    /// Those that operations reach.
    entities: Vec<&'a Entity>,
    words: Words,
}

/// Writes every table.
pub(crate) fn catalog(catalog: &Catalog) -> Tables {
    let reached = reached(catalog);
    let entities = catalog.entities.iter().filter(|entity| reached.contains(entity.name.text.as_str()));
    let mut emitter = Emitter { catalog, entities: entities.collect(), words: Words::default() };
    let operations: Vec<Record> = catalog.operations.iter().map(|operation| emitter.operation(operation)).collect();
    let entities: Vec<Record> = emitter.entities.clone().into_iter().map(|entity| emitter.shape(entity)).collect();

    let kinds: Vec<Record> = catalog.kinds.iter().map(|kind| emitter.asset(kind)).collect();
    let resources: Vec<Record> = catalog.resources.iter().map(|resource| emitter.resource(resource)).collect();
    let unmade: Vec<Record> = catalog.unmade.iter().map(|(name, why)| terraform::unmade(name, why)).collect();
    let settings: Vec<Record> = catalog.settings.iter().map(assets::setting).collect();

    let mut out = String::from("// Made from the catalog by its compiler: change the catalog, not this file.\n\n");
    line(&mut out, "/// Every host that operations name.");
    line(&mut out, "pub(crate) static HOSTS: &[Host] = &[");
    for host in &catalog.hosts {
        line(&mut out, &format!("    Host {{ us: {:?}, eu: {:?} }},", host.us, host.eu));
    }
    line(&mut out, "];\n\npub(super) static AREAS: &[Area] = &[");
    for area in &catalog.areas {
        let (id, title, words) = (&area.id, &area.title, &area.words);
        line(&mut out, &format!("    Area {{ id: {id:?}, title: {title:?}, words: &{words:?} }},"));
    }
    line(&mut out, "];\n");
    if let Some(Asked { who, person, abilities, probe: (probe, with) }) = &catalog.asked {
        let [who, person, abilities, probe] = [who, person, abilities, probe].map(|word| &word.text);
        let fields =
            format!("who: {who:?}, person: {person:?}, abilities: {abilities:?}, probe: ({probe:?}, {:?})", with.text);
        line(&mut out, "/// What `check` calls.");
        line(&mut out, &format!("pub(crate) static CHECK: Check = Check {{ {fields} }};\n"));
    }
    let changes = catalog.changes.as_ref().map(|Changes { list, since, of }| {
        format!("Some(Changes {{ list: {:?}, since: {:?}, of: {:?} }})", list.text, since.text, of.text)
    });
    line(&mut out, "/// What tells of changes.");
    let changes = changes.unwrap_or_else(|| "None".to_owned());
    line(&mut out, &format!("pub(crate) static CHANGES: Option<Changes> = {changes};\n"));
    let provider = catalog.provider.as_ref();
    let provider = provider.map_or(("", "", ""), |of| (&of.name, &of.source, &of.version));
    line(&mut out, "/// Terraform's provider: its name in a module, its address, its versions.");
    line(&mut out, &format!("pub(crate) static PROVIDER: (&str, &str, &str) = {provider:?};\n"));
    emitter.words.tables().for_each(|table| line(&mut out, &table));

    let shared =
        Shared::of(operations.iter().chain(&entities).chain(&kinds).chain(&settings).chain(&resources).chain(&unmade));
    let mut bytes = Bytes::default();
    bytes.place("SHARED", shared.pieces());
    bytes.place("OPERATIONS_AT", operations.iter().map(|record| shared.whole(record)));
    bytes.place("ENTITIES_AT", entities.iter().map(|record| shared.whole(record)));
    bytes.place("KINDS_AT", kinds.iter().map(|record| shared.whole(record)));
    bytes.place("RESOURCES_AT", resources.iter().map(|record| shared.whole(record)));
    bytes.place("UNMADE_AT", unmade.iter().map(|record| shared.whole(record)));
    bytes.place("SETTINGS_AT", settings.iter().map(|record| shared.whole(record)));
    out.push('\n');
    out.push_str(&bytes.starts);
    let by_id = by_id(catalog).map(|number| number.to_string()).collect::<Vec<_>>();
    let count = by_id.len();
    line(&mut out, &format!("pub(super) static OPERATIONS_BY_ID: [u16; {count}] = [{}];", by_id.join(", ")));
    line(&mut out, &format!("\npub(super) static BYTES: &[u8] = b\"\\\n{}\";", bytes.lines));
    Tables { source: out, bytes: bytes.length + 4 * bytes.count + 2 * count }
}

/// The numbers of the operations in the order of their ids.
fn by_id(catalog: &Catalog) -> impl Iterator<Item = usize> {
    let mut ids: Vec<(&str, usize)> =
        catalog.operations.iter().enumerate().map(|(number, operation)| (operation.id.text.as_str(), number)).collect();
    ids.sort_unstable();
    ids.into_iter().map(|(_, number)| number)
}

/// The byte string so far.
#[derive(Default)]
struct Bytes {
    length: usize,
    count: usize,
    /// A line a record.
    lines: String,
    /// The tables of where they begin.
    starts: String,
}

impl Bytes {
    fn place(&mut self, table: &str, records: impl Iterator<Item = Vec<u8>>) {
        let mut starts = Vec::new();
        for record in records {
            starts.push(self.length.to_string());
            self.length += record.len();
            line(&mut self.lines, &format!("{}\\", literal(&record)));
        }
        self.count += starts.len();
        line(
            &mut self.starts,
            &format!("pub(super) static {table}: [u32; {}] = [{}];", starts.len(), starts.join(", ")),
        );
    }
}

impl Emitter<'_> {
    fn shape(&mut self, entity: &Entity) -> Record {
        let mut record = Record::default();
        record.text(&entity.name.text);
        record.text(&entity.title);
        record.optional(entity.reference.as_deref());
        record.optional(entity.options.as_ref().map(|options| options.text.as_str()));
        record.text(entity.label.as_ref().map_or("summary", |label| label.text.as_str()));
        let fields = self.fields(&entity.fields);
        record.record(fields);
        let mut variants = Record::default();
        if let Some(varied) = &entity.variants {
            variants.text(&varied.by.text);
            for (value, case) in &varied.cases {
                variants.text(&value.text);
                variants.number(self.entity(&case.text));
            }
        }
        record.record(variants);
        let samples = entity.samples.iter().map(|(name, value)| {
            let field = entity.fields.iter().find(|field| field.name.text == name.text);
            (name.text.as_str(), sample(field.map(|field| &field.of), &value.value))
        });
        let mut list = Record::default();
        for (name, value) in samples {
            list.text(name);
            list.text(&value);
        }
        record.record(list);
        record.record(choices(entity));
        let mut custom = Record::default();
        for list in &entity.custom {
            custom.text(&list.of.text);
            custom.text(&list.with.text);
            custom.texts(list.each.iter().flat_map(|(each, fills)| [each.text.as_str(), fills.text.as_str()]));
        }
        record.record(custom);
        record
    }

    /// The number of an entity; the checks saw that it is there.
    fn entity(&self, id: &str) -> u64 {
        self.entities.iter().position(|entity| entity.name.text == id).unwrap_or_default() as u64
    }
}

/// How the list of choices is asked; empty where nothing is said of it.
fn choices(entity: &Entity) -> Record {
    let mut record = Record::default();
    let Some(choices) = &entity.choices else { return record };
    record.optional(choices.take.as_ref().map(|take| take.text.as_str()));
    record.text(&choices.with.text);
    record.optional(choices.search.as_ref().map(|search| search.text.as_str()));
    record.texts(choices.parents.iter().flat_map(|(name, from)| [name.text.as_str(), from.text.as_str()]));
    record
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

/// Appends a line.
fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}
