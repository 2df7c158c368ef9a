//! What the store knows, for people and programs: tables, JSON lines, CSV; DOT
//! and Mermaid for graphs.
//!
//! Rule: text from a provider is data. It becomes no control of a terminal, no
//! formula of a spreadsheet, no markup of a graph.

mod graph;
mod records;
mod table;
#[cfg(test)]
mod tests;
pub mod text;

use std::io::{self, Write};

use serde::Serialize;

pub use graph::{dot, mermaid};
pub use records::Record;
pub use table::Table;

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
    /// With a head line. Cells that a spreadsheet would run as a formula (they
    /// begin with `=`, `+`, `-`, `@`, a tab or a line break) begin with `'`,
    /// unless `raw`.
    Csv {
        /// Leave cells as they are.
        raw: bool,
    },
}

/// Writes records as they come, a page at a time: all of one kind of record.
pub struct Printer<W> {
    out: W,
    format: Format,
    /// Of a table, once its first page set the widths.
    table: Option<Table>,
    begun: bool,
}

impl<W: Write> Printer<W> {
    /// Nothing is written yet.
    pub fn new(out: W, format: Format) -> Self {
        Self { out, format, table: None, begun: false }
    }

    /// Writes records; the first page sets the widths of a table. An empty first
    /// page is a head alone in CSV, and nothing in a table.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn page<R: Record>(&mut self, records: &[R]) -> io::Result<()> {
        match self.format {
            Format::Table { room } => self.lines(records, room)?,
            Format::Json => {
                for record in records {
                    self.json(record)?;
                }
            }
            Format::Csv { raw } => self.csv(records, raw)?,
        }
        self.begun = true;
        self.out.flush()
    }

    /// Writes one thing as a line of JSON, whatever the format: a graph, counts.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn json<T: Serialize>(&mut self, value: &T) -> io::Result<()> {
        let text = serde_json::to_string(value)?;
        writeln!(self.out, "{}", text::safe_json(&text))
    }

    fn lines<R: Record>(&mut self, records: &[R], room: Option<usize>) -> io::Result<()> {
        let mut lines: Vec<Vec<String>> = records.iter().flat_map(R::lines).collect();
        if lines.is_empty() {
            return Ok(());
        }
        for line in &mut lines {
            line.truncate(R::SHOWN);
        }
        let table = match &self.table {
            Some(table) => table,
            None => {
                lines.insert(0, R::COLUMNS.iter().take(R::SHOWN).map(|name| name.to_uppercase()).collect());
                self.table.insert(Table::new(&lines, room))
            }
        };
        for line in &lines {
            writeln!(self.out, "{}", table.line(line))?;
        }
        Ok(())
    }

    fn csv<R: Record>(&mut self, records: &[R], raw: bool) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(&mut self.out);
        if !self.begun {
            writer.write_record(R::COLUMNS)?;
        }
        for line in records.iter().flat_map(R::lines) {
            match raw {
                true => writer.write_record(&line)?,
                false => writer.write_record(line.iter().map(|cell| text::guarded(cell).into_owned()))?,
            }
        }
        writer.flush()
    }
}
