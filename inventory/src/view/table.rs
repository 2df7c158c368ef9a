//! Tables for people: widths are set by the first rows, so that lines can be
//! printed as they come. On a terminal a line never wraps.
//!
//! Rule: cells are shown through [`visible`]; only a terminal's are cut.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::text::{clip, visible};

/// Between two columns.
const GAP: usize = 2;

/// Narrower than this the second column, a name as a rule, says little.
const NAME: usize = 30;

/// Narrower than this the others say little: times have twenty characters.
const OTHER: usize = 20;

/// A table whose columns have their widths.
#[derive(Debug)]
pub struct Table {
    widths: Vec<usize>,
    room: Option<usize>,
}

impl Table {
    /// Widths that fit `rows` (the head among them), in `room` columns if there
    /// is a terminal. The first column stays whole, since ids are copied; the
    /// widest of the others give way, and the last are left out before all of
    /// them become unreadable.
    pub fn new(rows: &[Vec<String>], room: Option<usize>) -> Self {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| visible(cell).width()).max().unwrap_or(0)
        };
        let mut widths: Vec<usize> = (0..columns).map(width).collect();
        let Some(most) = room else {
            return Table { widths, room };
        };
        let gaps = |columns: usize| GAP * columns.saturating_sub(1);
        let least = |widths: &[usize]| {
            let limits = [usize::MAX, NAME].into_iter().chain(std::iter::repeat(OTHER));
            let least: usize = widths.iter().zip(limits).map(|(width, limit)| limit.min(*width)).sum();
            least + gaps(widths.len())
        };
        while widths.len() > 2 && least(&widths) > most {
            widths.pop();
        }
        while widths.iter().sum::<usize>() + gaps(widths.len()) > most {
            match widths.iter_mut().skip(1).max() {
                Some(widest) if *widest > 8 => *widest -= 1,
                _ => break,
            }
        }
        Table { widths, room }
    }

    /// One line, without space at its end.
    pub fn line(&self, row: &[String]) -> String {
        let mut line = String::new();
        for (cell, &width) in row.iter().zip(&self.widths) {
            let cell = visible(cell);
            let shown = match self.room {
                Some(_) => clip(&cell, width),
                None => cell.as_ref().into(),
            };
            let padding = (width + GAP).saturating_sub(shown.width()).max(GAP);
            // Writing to a text cannot fail.
            let _ = write!(line, "{shown}{:padding$}", "");
        }
        line.truncate(line.trim_end().len());
        line
    }
}
