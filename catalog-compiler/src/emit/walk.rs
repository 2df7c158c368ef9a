//! Writes what an operation says of walks.
//!
//! Rule: every field is written, and one that is absent is `None`.

use crate::model::{Operation, Unset, Windows};
use crate::source::Word;

/// The values that a walk is exact with.
pub(super) fn exact_while(operation: &Operation) -> String {
    let pair = operation.exact_while.as_ref().map(|exact| {
        let values: Vec<&str> = exact.values.iter().map(|value| value.text.as_str()).collect();
        format!("Some(({:?}, &{values:?}))", exact.argument.text)
    });
    pair.unwrap_or_else(none)
}

/// How the list is cut by time.
pub(super) fn windows(operation: &Operation) -> String {
    let Some(Windows::Cut(cut)) = &operation.windows else { return none() };
    let unset = match cut.unset {
        Unset::All => "Unset::All".to_owned(),
        Unset::Moment => "Unset::Moment".to_owned(),
        Unset::Days(days) => format!("Unset::Days({days})"),
    };
    let parts = [
        format!("by: {:?}", cut.by.text),
        format!("newest_first: {}", cut.newest_first),
        format!("lasting: {}", cut.lasting),
        format!("days: {}", cut.days),
        format!("unset: {unset}"),
        format!("alone_days: {}", cut.alone_days),
        format!("all: {}", setting(cut.all.as_ref())),
        format!("oldest: {}", setting(cut.oldest.as_ref())),
    ];
    format!("Some(Windows {{ {} }})", parts.join(", "))
}

/// What the operation is a feed over.
pub(super) fn feed(operation: &Operation) -> String {
    let Some(feed) = &operation.feed else { return none() };
    let take = feed.take.as_ref().map(|take| &take.text);
    let pass = feed.pass.as_ref().map(|(pass, with)| (&pass.text, &with.text));
    let (of, with) = (&feed.of.text, &feed.with.text);
    format!("Some(Feed {{ of: {of:?}, with: {with:?}, take: {take:?}, pass: {pass:?} }})")
}

fn setting(pair: Option<&(Word, Word)>) -> String {
    format!("{:?}", pair.map(|(name, value)| (&name.text, &value.text)))
}

fn none() -> String {
    "None".to_owned()
}
