//! Writes operations.
//!
//! Rule: every field of the table is written, in the order of its type.

use super::fields::{arguments, kind, list};
use super::{constant, line, optional, walk};
use crate::arguments;
use crate::model::{Answer, Body, Catalog, Encoding, Operation, Segment};

/// Writes `OPERATIONS`.
pub(super) fn write(out: &mut String, catalog: &Catalog) {
    line(out, "/// Every operation, by area.");
    line(out, "pub(crate) static OPERATIONS: &[Operation] = &[");
    for operation in &catalog.operations {
        one(out, operation, catalog);
    }
    line(out, "];");
}

fn one(out: &mut String, operation: &Operation, catalog: &Catalog) {
    // A feed makes the calls of the operation it is over.
    let over = operation.feed.as_ref().and_then(|feed| catalog.operation(&feed.of.text));
    let caller = over.unwrap_or(operation);
    // Both are there in every catalog that passed the checks.
    let (Some(call), Some(answer)) = (&caller.call, &operation.answer) else { return };
    let segments = call.segments.iter().map(|segment| match segment {
        Segment::Literal(text) => format!("Segment::Literal({text:?})"),
        Segment::Argument(name) => format!("Segment::Argument({:?})", name.text),
    });
    let segments: Vec<String> = segments.collect();
    line(out, "    Operation {");
    let mut set = |name: &str, value: String| line(out, &format!("        {name}: {value},"));
    set("id", format!("{:?}", operation.id.text));
    set("area", format!("&{}", constant("AREA", &operation.area)));
    set("title", format!("{:?}", operation.title));
    set("summary", format!("{:?}", operation.summary));
    set("notes", format!("&{:?}", operation.notes));
    set("method", format!("Method::{:?}", call.method));
    set("host", format!("&{}", constant("HOST", &caller.host.text)));
    set("path", format!("&[{}]", segments.join(", ")));
    set("effect", format!("Effect::{:?}", operation.effect));
    set("stability", format!("Stability::{:?}", operation.stability));
    set("idempotent", operation.idempotent.to_string());
    set("scope", format!("{:?}", operation.scope));
    set("key", format!("Key::{:?}", operation.key));
    set("from", format!("From::{:?}", operation.from));
    set("accept", format!("{:?}", caller.accept));
    set("early_access", format!("{:?}", caller.early_access));
    set("fields", arguments(&arguments::of(operation, catalog), "        "));
    set("body", encoding(&operation.encoding));
    set("variants", variants(operation, catalog));
    set("answer", self::answer(answer, operation));
    set("pages", format!("Pages::{:?}", operation.pages));
    set("page_limit", operation.page_limit.to_string());
    set("consistency", format!("Consistency::{:?}", operation.consistency));
    set("exact_while", walk::exact_while(operation));
    set("windows", walk::windows(operation));
    set("feed", walk::feed(operation));
    line(out, "    },");
}

fn encoding(encoding: &Encoding) -> String {
    match encoding {
        Encoding::None => "Body::None".to_owned(),
        Encoding::Multipart => "Body::Multipart".to_owned(),
        Encoding::Json { wrap, content } => format!("Body::Json {{ wrap: {wrap:?}, content: {content:?} }}"),
    }
}

fn variants(operation: &Operation, catalog: &Catalog) -> String {
    let Body::Entity(name) = &operation.body else { return optional(None) };
    let varied = catalog.entity(&name.text).is_some_and(|entity| entity.variants.is_some());
    optional(varied.then(|| constant("VARIANTS", &name.text)).as_deref())
}

fn answer(answer: &Answer, operation: &Operation) -> String {
    match answer {
        Answer::None => "Answer::None".to_owned(),
        Answer::Whole(of) => format!("Answer::Whole({})", kind(of, false)),
        Answer::Item { key, of } => format!("Answer::Item {{ key: {key:?}, of: {} }}", kind(of, false)),
        Answer::Items { key, of, envelope } => {
            let derived = arguments::envelope(operation);
            let all: Vec<_> = envelope.iter().cloned().chain(derived).collect();
            let (of, envelope) = (kind(of, false), list(&all, "        "));
            format!("Answer::Items {{ key: {key:?}, of: {of}, envelope: {envelope} }}")
        }
    }
}
