//! Writes how Terraform's resource types are made.
//!
//! Rule: what only people read of the catalog, such as why an attribute is
//! omitted, is not written.

use super::Emitter;
use super::pieces::Record;
use crate::model::{
    Attribute, Catalog, Condition, Holds, Line, Mark, Nested, Piece, Resource, Scalar, Schema, Source, Template, Test,
};
use crate::source::Word;

impl Emitter<'_> {
    /// One resource type.
    pub(super) fn resource(&self, resource: &Resource) -> Record {
        let mut record = Record::default();
        record.text(&resource.name.text);
        record.number(self.number(&resource.kind));
        record.text(&resource.pulumi.clone().unwrap_or_else(|| pulumi(&resource.name.text)));
        record.optional(resource.each.as_ref().map(|path| path.text.as_str()));
        record.record(resource.per.as_ref().map(source).unwrap_or_default());
        record.record(self.template(&resource.import));
        record.record(self.template(resource.state.as_ref().unwrap_or(&resource.import)));
        record.record(self.template(&resource.label));
        let mut when = Record::default();
        resource.when.iter().for_each(|of| when.record(condition(of, self.catalog)));
        record.record(when);
        let mut leave = Record::default();
        for (of, why) in &resource.leave {
            leave.record(condition(of, self.catalog));
            leave.text(why);
        }
        record.record(leave);
        record.texts(resource.notes.iter().map(String::as_str));
        let schema = self.catalog.schemas.iter().find(|schema| schema.name.text == resource.name.text);
        let attributes = schema.map_or(&[][..], |Schema { attributes, .. }| attributes);
        record.record(self.lines(&resource.body, attributes));
        record
    }

    fn lines(&self, lines: &[Line], schema: &[Attribute]) -> Record {
        let mut record = Record::default();
        for line in lines {
            // The checks saw that it is there.
            let Some(attribute) = schema.iter().find(|attribute| attribute.name.text == line.name.text) else {
                continue;
            };
            record.record(self.written(line, attribute));
        }
        record
    }

    fn template(&self, template: &Template) -> Record {
        let mut record = Record::default();
        for piece in &template.pieces {
            let mut kinds = Record::default();
            let mut words = Record::default();
            match piece {
                Piece::Literal(text) => {
                    record.number(b'l');
                    record.text(text);
                }
                Piece::Own => {
                    record.number(b'o');
                    record.text("");
                }
                Piece::Filled { source: of, kinds: named, map } => {
                    record.append(source(of));
                    named.iter().for_each(|kind| kinds.number(self.number(kind)));
                    map.iter().flat_map(|(from, to)| [from, to]).for_each(|word| words.text(word));
                }
            }
            record.record(kinds);
            record.record(words);
        }
        record
    }

    fn written(&self, line: &Line, attribute: &Attribute) -> Record {
        let mut record = Record::default();
        record.text(&line.name.text);
        record.number(match attribute.holds {
            Holds::One(of) => scalar(of),
            Holds::Many { of, set: false } => scalar(of).to_ascii_uppercase(),
            Holds::Many { of, set: true } => scalar(of) - b'a' + b'1',
            Holds::Nested { nested: Nested::Blocks { set: false }, .. } => b'b',
            Holds::Nested { nested: Nested::Blocks { set: true }, .. } => b'B',
            Holds::Nested { nested: Nested::Block, .. } => b's',
            Holds::Nested { nested: Nested::Objects { set: false }, .. } => b'o',
            Holds::Nested { nested: Nested::Objects { set: true }, .. } => b'O',
        });
        record.append(source(&line.source));
        let mut kinds = Record::default();
        line.kinds.iter().for_each(|kind| kinds.number(self.number(kind)));
        record.record(kinds);
        record.optional(line.otherwise.as_deref());
        let bits = Mark::ALL.iter().enumerate().map(|(bit, (_, mark))| u64::from(line.has(*mark)) << bit).sum::<u64>();
        let schema = u64::from(attribute.required) | u64::from(attribute.computed) << 1;
        record.number(bits << 2 | schema);
        record.texts(line.map.iter().flat_map(|(from, to)| [from.as_str(), to.as_str()]));
        record.record(line.only.as_ref().map(|of| condition(of, self.catalog)).unwrap_or_default());
        record.record(line.items.as_ref().map(|of| condition(of, self.catalog)).unwrap_or_default());
        let body = match (&line.body, &attribute.holds) {
            (Some(body), Holds::Nested { of, .. }) => self.lines(body, of),
            _ => Record::default(),
        };
        record.record(body);
        record
    }
}

/// `pagerduty_tag_assignment` as Pulumi spells it: `pagerduty:index/tagAssignment:TagAssignment`.
fn pulumi(name: &str) -> String {
    let (provider, rest) = name.split_once('_').unwrap_or((name, ""));
    let large = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    };
    let class: String = rest.split('_').map(large).collect();
    let (first, tail) = class.split_at(class.len().min(1));
    format!("{provider}:index/{}{tail}:{class}", first.to_lowercase())
}

/// A letter below `d`, so that lists and sets have letters of their own.
fn scalar(of: Scalar) -> u8 {
    match of {
        Scalar::Text => b'a',
        Scalar::Number => b'c',
        Scalar::Flag => b'd',
    }
}

fn source(source: &Source) -> Record {
    let mut record = Record::default();
    let (letter, text) = match source {
        Source::Item(path) => (b'i', &path.text),
        Source::Asset(path) => (b'a', &path.text),
        Source::Relation(name) => (b'r', &name.text),
        Source::Known(kind) => (b'k', &kind.text),
        Source::Constant(json) => (b'c', json),
    };
    record.number(letter);
    record.text(text);
    record
}

fn condition(condition: &Condition, catalog: &Catalog) -> Record {
    let mut record = Record::default();
    for clauses in &condition.any {
        let mut all = Record::default();
        for clause in clauses {
            all.append(source(&clause.source));
            let test: u64 = match clause.test {
                Test::There => 0,
                Test::Words => 1,
                Test::Past => 2,
                Test::Seconds => 3,
                Test::Several => 4,
                Test::Unprintable => 5,
            };
            all.number(test << 1 | u64::from(clause.negated));
            let words =
                |value: &str| catalog.words.iter().find(|(word, _)| value.strip_prefix('$') == Some(&word.text));
            let values = clause.values.iter().flat_map(|value| match words(value) {
                Some((_, words)) => words.as_slice(),
                None => std::slice::from_ref(value),
            });
            all.texts(values.map(String::as_str));
        }
        record.record(all);
    }
    record
}

/// A resource type that is not made, and why.
pub(super) fn unmade(name: &Word, why: &str) -> Record {
    let mut record = Record::default();
    record.text(&name.text);
    record.text(why);
    record
}
