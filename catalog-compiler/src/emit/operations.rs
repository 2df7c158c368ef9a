//! Writes operations.
//!
//! Rule: every field of the table is written, in the order of its type.

use super::Emitter;
use super::pieces::Record;
use super::walk::exact_while;
use crate::arguments;
use crate::model::{Answer, Body, Encoding, Operation, Segment};

impl Emitter<'_> {
    /// One operation.
    pub(super) fn operation(&mut self, operation: &Operation) -> Record {
        let mut record = Record::default();
        // A feed makes the calls of the operation it is over.
        let over = operation.feed.as_ref().and_then(|feed| self.catalog.operation(&feed.of.text));
        let caller = over.unwrap_or(operation);
        // Both are there in every catalog that passed the checks.
        let (Some(call), Some(answer)) = (&caller.call, &operation.answer) else { return record };
        record.text(&operation.id.text);
        record.number(place(self.catalog.areas.iter().position(|area| area.id == operation.area)));
        record.text(&operation.title);
        record.text(&operation.summary);
        record.texts(operation.notes.iter().map(String::as_str));
        record.texts(operation.words.iter().map(String::as_str));
        record.number(self.words.variant("EFFECTS", operation.effect));
        record.number(self.words.variant("STABILITIES", operation.stability));
        record.number(operation.idempotent);
        record.optional(operation.scope.as_deref());
        record.number(self.words.variant("KEYS", operation.key));
        record.number(self.words.variant("FROMS", operation.from));
        self.answer(answer, operation, &mut record);
        record.number(self.words.variant("PAGES", operation.pages));
        record.number(operation.page_limit);
        record.number(self.words.variant("CONSISTENCIES", operation.consistency));
        self.walk(operation, &mut record);
        // So far what a list of operations tells; the rest is decoded later.
        record.number(self.words.variant("METHODS", call.method));
        record.number(place(self.catalog.hosts.iter().position(|host| host.name.text == caller.host.text)));
        record.record(path(&call.segments));
        record.text(&caller.accept);
        record.optional(caller.early_access.as_deref());
        let fields = self.arguments(&arguments::of(operation, self.catalog));
        record.record(fields);
        encoding(&operation.encoding, &mut record);
        // An entity's number and one; 0 where there are no variants.
        record.number(self.varied(operation).map_or(0, |number| number + 1));
        record.record(exact_while(operation));
        record
    }

    /// The entity whose variants the body takes.
    fn varied(&self, operation: &Operation) -> Option<u64> {
        let Body::Entity(name) = &operation.body else { return None };
        self.catalog.entity(&name.text)?.variants.as_ref().map(|_| self.entity(&name.text))
    }

    fn answer(&mut self, answer: &Answer, operation: &Operation, record: &mut Record) {
        match answer {
            Answer::None => record.number(b'-'),
            Answer::Whole(of) => {
                record.number(b'w');
                record.append(self.kind(of, false));
            }
            Answer::Item { key, of } => {
                record.number(b'i');
                record.text(key);
                record.append(self.kind(of, false));
            }
            Answer::Items { key, of, envelope } => {
                let all: Vec<_> = envelope.iter().cloned().chain(arguments::envelope(operation)).collect();
                record.number(b'l');
                record.text(key);
                record.append(self.kind(of, false));
                let envelope = self.fields(&all);
                record.record(envelope);
            }
        }
    }
}

fn path(segments: &[Segment]) -> Record {
    let mut record = Record::default();
    for segment in segments {
        match segment {
            Segment::Literal(text) => {
                record.number(b'/');
                record.text(text);
            }
            Segment::Argument(name) => {
                record.number(b'{');
                record.text(&name.text);
            }
        }
    }
    record
}

fn encoding(encoding: &Encoding, record: &mut Record) {
    match encoding {
        Encoding::None => record.number(b'-'),
        Encoding::Multipart => record.number(b'm'),
        Encoding::Json { wrap, content } => {
            record.number(b'j');
            record.optional(wrap.as_deref());
            record.text(content);
        }
    }
}

/// Where something stands in its list; the checks saw that it is there.
fn place(found: Option<usize>) -> u64 {
    found.unwrap_or_default() as u64
}
