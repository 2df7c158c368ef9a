//! What the store knows, for people and programs: tables, JSON lines, CSV; DOT
//! and Mermaid for graphs.
//!
//! Rule: text from a provider is data. It becomes no control of a terminal, no
//! formula of a spreadsheet, no markup of a graph.

use std::io::Write;

use serde::Serialize;

use crate::store::Graph;

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people. `room` is the columns of the terminal, if it is one: lines
    /// then never wrap.
    Table {
        /// Columns of the terminal.
        room: Option<usize>,
    },
    /// One JSON object a line.
    Json,
    /// With a head line. Cells that a spreadsheet would run as a formula begin
    /// with `'`, unless `raw`.
    Csv {
        /// Leave cells as they are.
        raw: bool,
    },
}

/// What can be a line of a table or of CSV, and an object of JSON.
pub trait Record: Serialize {
    /// Names of the columns.
    const COLUMNS: &'static [&'static str];
    /// The lines it makes: one, or one for each change of a difference.
    fn lines(&self) -> Vec<Vec<String>>;
}

/// Writes records as they come, a page at a time.
pub struct Printer<W> {
    out: W,
    format: Format,
}

impl<W: Write> Printer<W> {
    /// Nothing is written yet.
    pub fn new(out: W, format: Format) -> Self {
        Self { out, format }
    }

    /// Writes records; the first page sets the widths of a table.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn page<R: Record>(&mut self, records: &[R]) -> std::io::Result<()> {
        let _ = (&mut self.out, self.format, records);
        todo!()
    }
}

/// A graph for Graphviz.
pub fn dot(graph: &Graph) -> String {
    let _ = graph;
    todo!()
}

/// A graph for Mermaid.
pub fn mermaid(graph: &Graph) -> String {
    let _ = graph;
    todo!()
}
