//! What the tables are made of: records of numbers and pieces, as bytes.
//!
//! Rule: this is the whole encoding, and `src/catalog/decode.rs` undoes it.
//! A number is LEB128. A piece is a text or a record behind its length; one
//! that stands in several places is written once, if that is shorter, and its
//! number stands in those places: length and number are told apart by the
//! lowest bit.

use std::collections::BTreeMap;

/// Numbers and pieces, one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Record(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Piece(Piece),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Text(String),
    Record(Record),
}

impl Record {
    /// Adds a number.
    pub(super) fn number(&mut self, number: impl Into<u64>) {
        self.0.push(Part::Number(number.into()));
    }

    /// Adds a number that may be negative: the lowest bit is its sign.
    pub(super) fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    /// Adds a bound, 0 where it is the one that binds nothing.
    pub(super) fn bound(&mut self, bound: impl Into<i64>, free: impl Into<i64>) {
        let (bound, free) = (bound.into(), free.into());
        if bound == free {
            return self.number(0_u64);
        }
        // The extremes of 64 bits are the bounds that bind nothing.
        self.number(((bound << 1) ^ (bound >> 63)).cast_unsigned().saturating_add(1));
    }

    /// Adds a text.
    pub(super) fn text(&mut self, text: &str) {
        self.0.push(Part::Piece(Piece::Text(text.to_owned())));
    }

    /// Adds a text that may be absent: then it is empty.
    pub(super) fn optional(&mut self, text: Option<&str>) {
        self.text(text.unwrap_or_default());
    }

    /// Adds a record as a piece, which can be skipped, shared and read later.
    pub(super) fn record(&mut self, record: Record) {
        self.0.push(Part::Piece(Piece::Record(record)));
    }

    /// Adds texts as one piece.
    pub(super) fn texts<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) {
        let mut list = Record::default();
        texts.into_iter().for_each(|text| list.text(text));
        self.record(list);
    }

    /// Adds what another record holds.
    pub(super) fn append(&mut self, other: Record) {
        self.0.extend(other.0);
    }
}

/// Which pieces are shared, the most frequent first.
#[derive(Default)]
pub(super) struct Shared {
    order: Vec<Piece>,
    numbers: BTreeMap<Piece, u64>,
}

impl Shared {
    /// What these records had better share.
    pub(super) fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Shared {
        let mut counts = BTreeMap::new();
        records.into_iter().for_each(|record| count(record, &mut counts));
        let none = Shared::default();
        let mut pays: Vec<(u64, Piece)> = Vec::new();
        for (piece, count) in counts {
            let length = none.inline(&piece).len() as u64;
            // Where it begins takes four bytes, its number two at most.
            if length > 1 && count * length > length + 4 + 2 * count {
                pays.push((count, piece));
            }
        }
        pays.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let order: Vec<Piece> = pays.into_iter().map(|(_, piece)| piece).collect();
        let numbers = (0..).zip(&order).map(|(number, piece)| (piece.clone(), number)).collect();
        Shared { order, numbers }
    }

    /// The shared pieces themselves, each with its length.
    pub(super) fn pieces(&self) -> impl Iterator<Item = Vec<u8>> {
        self.order.iter().map(|piece| self.inline(piece))
    }

    /// A record as a piece of its own.
    pub(super) fn whole(&self, record: &Record) -> Vec<u8> {
        framed(self.bytes(record))
    }

    fn bytes(&self, record: &Record) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in &record.0 {
            match part {
                Part::Number(number) => leb128(*number, &mut bytes),
                Part::Piece(piece) => match self.numbers.get(piece) {
                    Some(number) => leb128(number << 1 | 1, &mut bytes),
                    None => bytes.extend(self.inline(piece)),
                },
            }
        }
        bytes
    }

    fn inline(&self, piece: &Piece) -> Vec<u8> {
        framed(match piece {
            Piece::Text(text) => text.as_bytes().to_vec(),
            Piece::Record(record) => self.bytes(record),
        })
    }
}

/// Counts every piece; what stands inside one counts once, however often
/// that one comes.
fn count(record: &Record, counts: &mut BTreeMap<Piece, u64>) {
    for part in &record.0 {
        let Part::Piece(piece) = part else { continue };
        let seen = counts.entry(piece.clone()).or_default();
        *seen += 1;
        if let (1, Piece::Record(record)) = (*seen, piece) {
            count(record, counts);
        }
    }
}

/// Bytes behind their length.
fn framed(content: Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    leb128((content.len() as u64) << 1, &mut bytes);
    bytes.extend(content);
    bytes
}

fn leb128(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

/// Bytes as a line of a byte string: texts stay readable.
pub(super) fn literal(bytes: &[u8]) -> String {
    let mut line = String::new();
    for (place, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' | b'\\' => line.extend(['\\', char::from(*byte)]),
            // The compiler skips white space at the beginning of a line.
            b' ' if place == 0 => line.push_str("\\x20"),
            b' '..=b'~' => line.push(char::from(*byte)),
            _ => line.push_str(&format!("\\x{byte:02x}")),
        }
    }
    line
}
