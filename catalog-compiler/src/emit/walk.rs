//! Writes what an operation says of walks.
//!
//! Rule: each is one piece, and an empty piece says that there is none.

use super::Emitter;
use super::pieces::Record;
use crate::model::{Operation, Unset, Windows};
use crate::source::Word;

impl Emitter<'_> {
    /// How the list is cut by time; what the operation is a feed over.
    pub(super) fn walk(&mut self, operation: &Operation, record: &mut Record) {
        record.record(self.windows(operation));
        record.record(feed(operation));
    }

    fn windows(&mut self, operation: &Operation) -> Record {
        let mut record = Record::default();
        let Some(Windows::Cut(cut)) = &operation.windows else { return record };
        let unset = match cut.unset {
            Unset::All => "Unset::All".to_owned(),
            Unset::Moment => "Unset::Moment".to_owned(),
            Unset::Days(days) => format!("Unset::Days({days})"),
        };
        record.text(&cut.by.text);
        record.number(cut.newest_first);
        record.number(cut.lasting);
        record.number(cut.days);
        record.number(self.words.number("UNSETS", unset));
        record.number(cut.alone_days);
        record.texts(pair(cut.all.as_ref()));
        record.texts(pair(cut.oldest.as_ref()));
        record
    }
}

/// The values that a walk is exact with.
pub(super) fn exact_while(operation: &Operation) -> Record {
    let mut record = Record::default();
    if let Some(exact) = &operation.exact_while {
        record.text(&exact.argument.text);
        record.texts(exact.values.iter().map(|value| value.text.as_str()));
    }
    record
}

fn feed(operation: &Operation) -> Record {
    let mut record = Record::default();
    let Some(feed) = &operation.feed else { return record };
    record.text(&feed.of.text);
    record.text(&feed.with.text);
    record.optional(feed.take.as_ref().map(|take| take.text.as_str()));
    record.texts(feed.pass.iter().flat_map(|(pass, with)| [pass.text.as_str(), with.text.as_str()]));
    record
}

/// A name and a value, or nothing.
fn pair(pair: Option<&(Word, Word)>) -> impl Iterator<Item = &str> {
    pair.into_iter().flat_map(|(name, value)| [name.text.as_str(), value.text.as_str()])
}
