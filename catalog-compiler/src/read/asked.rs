//! Reads `check.toml`: the operations that the connector calls of its own
//! accord, to learn whose the keys are.
//!
//! Rule: the connector's code names no operation; this file does.

use super::parsed;
use crate::model::{Asked, Catalog};
use crate::notation;
use crate::source::Report;
use crate::table::Table;

/// Reads the file.
pub(crate) fn read(root: &Table<'_>, catalog: &mut Catalog, report: &mut Report) {
    root.only(&["check"], report);
    let Some(table) = root.table("check", report) else { return };
    table.only(&["who", "person", "abilities", "probe", "probe-with"], report);
    let name = |key: &str, report: &mut Report| table.required(key, "\"AREA.ACTION\"", report).map(|text| text.word());
    let (who, person) = (name("who", report), name("person", report));
    let (abilities, probe) = (name("abilities", report), name("probe", report));
    let with = table.required("probe-with", "'{\"id\":\"0\"}'", report);
    let with = with.and_then(|text| parsed(notation::object(&text), report));
    if let (Some(who), Some(person), Some(abilities), Some(probe), Some(with)) = (who, person, abilities, probe, with) {
        catalog.asked = Some(Asked { who, person, abilities, probe: (probe, with) });
    }
}
