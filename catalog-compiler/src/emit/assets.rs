//! Writes the kinds of assets and the settings of a scan.
//!
//! Rule: every field of the table is written, in the order of its type.

use super::Emitter;
use super::pieces::Record;
use crate::check::{secrets, shape};
use crate::model::{Given, How, Kind, Origin, Relation, Resource, Setting, Takes, Type};
use crate::source::Word;

fn texts(words: &[Word]) -> impl Iterator<Item = &str> {
    words.iter().map(|word| word.text.as_str())
}

fn optional(word: Option<&Word>) -> Option<&str> {
    word.map(|word| word.text.as_str())
}

impl Emitter<'_> {
    /// One kind.
    pub(super) fn asset(&mut self, kind: &Kind) -> Record {
        let mut record = Record::default();
        record.text(&kind.name.text);
        record.text(&kind.title);
        let made = |resource: &&Resource| resource.kind.text == kind.name.text && resource.each.is_none();
        let resource = self.catalog.resources.iter().find(made);
        record.optional(resource.map(|resource| resource.name.text.as_str()));
        record.texts(texts(&kind.types));
        record.number(u64::from(kind.personal) | u64::from(kind.windowed) << 1 | u64::from(kind.optional) << 2);
        record.texts(texts(&kind.id));
        record.texts(texts(&kind.label));
        record.optional(optional(kind.url.as_ref()));
        record.texts(texts(&kind.volatile));
        let secrets = secrets(kind, self.catalog);
        record.texts(secrets.iter().map(String::as_str));
        let of = shape(kind, self.catalog).unwrap_or(Type::Object);
        record.append(self.kind(&of, false));
        let mut relations = Record::default();
        kind.relations.iter().for_each(|relation| relations.record(self.relation(relation)));
        record.record(relations);
        record.record(call(kind.get.as_ref()));
        let mut origins = Record::default();
        kind.from.iter().for_each(|origin| origins.record(self.origin(origin)));
        record.record(origins);
        record
    }

    /// The number of a kind; the checks saw that it is there.
    pub(super) fn number(&self, name: &Word) -> u64 {
        self.catalog.kinds.iter().position(|kind| kind.name.text == name.text).unwrap_or_default() as u64
    }

    fn relation(&self, relation: &Relation) -> Record {
        let mut record = Record::default();
        record.text(&relation.name.text);
        let mut kinds = Record::default();
        relation.kinds.iter().for_each(|kind| kinds.number(self.number(kind)));
        record.record(kinds);
        record.text(&relation.path.text);
        record.optional(optional(relation.by.as_ref()));
        record.optional(optional(relation.except.as_ref()));
        record
    }

    fn origin(&self, origin: &Origin) -> Record {
        let mut record = Record::default();
        match &origin.how {
            How::List(call) => {
                record.number(b'l');
                record.text(&call.text);
            }
            How::Within(parent) => {
                record.number(b'w');
                record.number(self.number(parent));
            }
            How::Each { within, call } => {
                record.number(b'e');
                record.number(self.number(within));
                record.text(&call.text);
            }
            How::Batch { within, call } => {
                record.number(b'b');
                record.number(self.number(within));
                record.text(&call.text);
            }
        }
        record.text(origin.argument.as_ref().map_or("id", |word| word.text.as_str()));
        record.optional(optional(origin.setting.as_ref()));
        record.optional(optional(origin.take.as_ref()));
        let only = origin.only.iter().flat_map(|(left, right)| [left.text.as_str(), right.text.as_str()]);
        record.texts(only);
        record.text(&origin.with.text);
        record.record(call(origin.detail.as_ref()));
        record
    }
}

/// An operation and what it is called with; empty where there is none.
fn call(call: Option<&(Word, Given)>) -> Record {
    let mut record = Record::default();
    if let Some((name, with)) = call {
        record.text(&name.text);
        record.text(&with.text);
    }
    record
}

/// One setting.
pub(super) fn setting(setting: &Setting) -> Record {
    let mut record = Record::default();
    record.text(&setting.name.text);
    record.text(&setting.note);
    match setting.takes {
        Takes::Days { least, most, default } => {
            record.number(b'd');
            record.number(least);
            record.number(most);
            record.number(default);
        }
        Takes::Texts => record.number(b't'),
    }
    record
}
