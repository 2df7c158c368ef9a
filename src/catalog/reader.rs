//! Reads numbers, texts and pieces from the tables' bytes.
//!
//! Rule: knows nothing of what they mean. `catalog-compiler/src/emit/pieces.rs`
//! writes them and says how.

use super::tables::{BYTES, SHARED};

/// Keeps a value for as long as the instance lives.
pub(super) fn kept<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// Reads one record from its beginning on.
pub(super) struct Reader {
    rest: &'static [u8],
}

impl Reader {
    pub(super) fn new(record: &'static [u8]) -> Reader {
        Reader { rest: record }
    }

    /// The record that begins where a table says.
    pub(super) fn at(table: &[u32], number: usize) -> Option<Reader> {
        let start = *table.get(number)? as usize;
        Reader { rest: BYTES.get(start..)? }.record()
    }

    /// What a record holds, if that is all it holds.
    pub(super) fn whole<T>(mut self, read: fn(&mut Reader) -> Option<T>) -> Option<T> {
        let value = read(&mut self)?;
        self.rest.is_empty().then_some(value)
    }

    /// Which of several kinds follows.
    pub(super) fn letter(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    /// LEB128.
    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.letter()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn index(&mut self) -> Option<usize> {
        self.number()?.try_into().ok()
    }

    pub(super) fn count(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        Some(self.number()? != 0)
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        self.number().map(signed)
    }

    /// A bound: 0 is the one that binds nothing.
    pub(super) fn bound<T: TryFrom<i64>>(&mut self, free: T) -> Option<T> {
        match self.number()?.checked_sub(1) {
            None => Some(free),
            Some(number) => signed(number).try_into().ok(),
        }
    }

    /// A word's value from the table of its kind.
    pub(super) fn word<T: Copy>(&mut self, words: &[T]) -> Option<T> {
        words.get(self.index()?).copied()
    }

    /// Bytes behind their length, or the number of a piece that is shared.
    pub(super) fn piece(&mut self) -> Option<&'static [u8]> {
        let number = self.index()?;
        if number & 1 == 1 {
            return Some(Reader::at(&SHARED, number >> 1)?.rest);
        }
        let (piece, rest) = self.rest.split_at_checked(number >> 1)?;
        self.rest = rest;
        Some(piece)
    }

    pub(super) fn record(&mut self) -> Option<Reader> {
        self.piece().map(|rest| Reader { rest })
    }

    /// A record that may be absent: then it is empty.
    pub(super) fn maybe<T>(&mut self, read: fn(&mut Reader) -> Option<T>) -> Option<Option<T>> {
        let record = self.record()?;
        match record.rest {
            [] => Some(None),
            _ => record.whole(read).map(Some),
        }
    }

    /// Everything up to the end of the record.
    pub(super) fn all<T>(&mut self, read: fn(&mut Reader) -> Option<T>) -> Option<&'static [T]> {
        let mut all = Vec::new();
        while !self.rest.is_empty() {
            all.push(read(self)?);
        }
        Some(Box::leak(all.into_boxed_slice()))
    }

    /// Everything that the next record holds.
    pub(super) fn list<T>(&mut self, read: fn(&mut Reader) -> Option<T>) -> Option<&'static [T]> {
        self.record()?.all(read)
    }

    pub(super) fn text(&mut self) -> Option<&'static str> {
        std::str::from_utf8(self.piece()?).ok()
    }

    /// A text that may be absent: then it is empty.
    pub(super) fn optional(&mut self) -> Option<Option<&'static str>> {
        self.text().map(|text| Some(text).filter(|text| !text.is_empty()))
    }

    pub(super) fn pair(&mut self) -> Option<(&'static str, &'static str)> {
        Some((self.text()?, self.text()?))
    }
}

/// The lowest bit is the sign.
fn signed(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}
