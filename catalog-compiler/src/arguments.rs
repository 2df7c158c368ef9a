//! Puts an operation's arguments together: path, query, header, body, then paging.
//!
//! Rule: paging fields come from the dialect alone, with the same names and
//! notes everywhere; no file writes them.

use crate::model::{Body, Catalog, Field, Marker, Operation, Pages, Paging, Place, Segment, Type};
use crate::source::Word;

/// An argument and where it goes.
pub(crate) struct Argument {
    pub(crate) field: Field,
    pub(crate) place: Place,
    pub(crate) paging: Paging,
}

impl Argument {
    fn new(field: Field, place: Place) -> Self {
        Self { field, place, paging: Paging::No }
    }
}

/// Every argument of the operation, in the order a form shows them.
pub(crate) fn of(operation: &Operation, catalog: &Catalog) -> Vec<Argument> {
    let mut found: Vec<Argument> = path(operation);
    found.extend(operation.query.iter().map(|field| Argument::new(field.clone(), Place::Query)));
    found.extend(operation.header.iter().map(|field| Argument::new(field.clone(), Place::Header)));
    found.extend(body(operation, catalog).into_iter().map(|field| Argument::new(field, Place::Body)));
    let paging = paging(operation);
    found.extend(paging.into_iter().filter(|argument| !operation.undeclared.contains(&argument.field.name.text)));
    found
}

/// The names of a dialect's arguments.
pub(crate) fn paging_names(pages: Pages) -> Vec<&'static str> {
    match pages {
        Pages::None => Vec::new(),
        Pages::Offset => vec!["limit", "offset", "total"],
        Pages::Cursor => vec!["limit", "cursor"],
        Pages::After => vec!["limit", "after", "before", "total"],
        Pages::Analytics => vec!["limit", "starting_after", "ending_before"],
        Pages::Scim => vec!["startIndex", "count"],
    }
}

fn path(operation: &Operation) -> Vec<Argument> {
    let segments = operation.call.iter().flat_map(|call| &call.segments);
    let argument = |segment: &Segment| {
        let Segment::Argument(name) = segment else { return None };
        let declared = operation.path.iter().find(|field| field.name.text == name.text);
        let mut field = declared.cloned().unwrap_or_else(|| Field::new(name.clone(), Type::TEXT));
        field.required = Some(field.name.at);
        // An empty piece of a path would be another path.
        if let Type::Text { min, .. } = &mut field.of {
            *min = (*min).max(1);
        }
        Some(Argument::new(field, Place::Path))
    };
    segments.filter_map(argument).collect()
}

fn body(operation: &Operation, catalog: &Catalog) -> Vec<Field> {
    match &operation.body {
        Body::None => Vec::new(),
        Body::Fields(fields) => fields.clone(),
        Body::Entity(name) => match catalog.entity(&name.text) {
            None => Vec::new(),
            Some(entity) => match &entity.variants {
                None => entity.fields.iter().filter(|field| !field.has(Marker::Ro)).cloned().collect(),
                Some(variants) => {
                    let values = variants.cases.iter().map(|(value, _)| value.text.clone()).collect();
                    let mut field = Field::new(variants.by.clone(), Type::Enum(values));
                    field.required = Some(field.name.at);
                    field.note = "Which kind it is; the other fields depend on it".to_owned();
                    vec![field]
                }
            },
        },
    }
}

const SKIP: Type = Type::Int { min: 0, max: i64::MAX };
const FROM_ONE: Type = Type::Int { min: 1, max: i64::MAX };

/// The arguments of a dialect. Where two of them say where a page begins, the
/// first is the one that a walk sets.
fn paging(operation: &Operation) -> Vec<Argument> {
    let (pages, at, most) = (operation.pages, operation.id.at, operation.page_limit);
    let place = if pages == Pages::Analytics { Place::Body } else { Place::Query };
    let size = Type::Int { min: 1, max: i64::from(most) };
    let argument = |name: &str, of: Type, paging: Paging, note: &str| {
        let mut field = Field::new(Word { text: name.to_owned(), at }, of);
        note.clone_into(&mut field.note);
        Argument { field, place, paging }
    };
    let limit = |name: &str| argument(name, size.clone(), Paging::Size, "How many items a page holds");
    let start = |name: &str, of: Type, note: &str| argument(name, of, Paging::Position, note);
    let total = || argument("total", Type::Bool, Paging::Total, "Count all matching items too, which takes longer");
    match pages {
        Pages::None => Vec::new(),
        Pages::Offset => vec![limit("limit"), start("offset", SKIP, "How many items to pass over first"), total()],
        Pages::Cursor => {
            let note = match operation.feed {
                None => "The `next_cursor` of the page before",
                Some(_) => "The `next_cursor` of the page before, or of the last poll: it outlives the walk",
            };
            vec![limit("limit"), start("cursor", Type::TEXT, note)]
        }
        Pages::After => vec![
            limit("limit"),
            start("after", Type::TEXT, "The `after` of the page before, to go on from there"),
            start("before", Type::TEXT, "The `before` of a page, to go back from there"),
            total(),
        ],
        Pages::Analytics => vec![
            limit("limit"),
            start("starting_after", Type::TEXT, "The `last` of the page before, to go on from there"),
            start("ending_before", Type::TEXT, "The `first` of a page, to go back from there"),
        ],
        Pages::Scim => vec![start("startIndex", FROM_ONE, "Which item comes first, counted from 1"), limit("count")],
    }
}

/// What a dialect puts beside the collection in an answer.
pub(crate) fn envelope(operation: &Operation) -> Vec<Field> {
    let (pages, at) = (operation.pages, operation.id.at);
    let field = |name: &str, of: Type, note: &str| {
        let mut field = Field::new(Word { text: name.to_owned(), at }, of);
        note.clone_into(&mut field.note);
        field
    };
    let limit = || field("limit", SKIP, "How many items a page holds");
    let more = || field("more", Type::Bool, "Whether another page follows");
    let total = || field("total", SKIP, "How many items there are in all, where that was asked for");
    match pages {
        Pages::None => Vec::new(),
        Pages::Offset => vec![limit(), field("offset", SKIP, "How many items were passed over"), more(), total()],
        Pages::Cursor => {
            let note = match operation.feed {
                None => "Where the next page begins; null on the last",
                Some(_) => "Where the next page begins, and behind the last one the next poll",
            };
            vec![limit(), field("next_cursor", Type::TEXT, note)]
        }
        Pages::After => vec![
            limit(),
            field("after", Type::TEXT, "Where the next page begins; null on the last"),
            field("before", Type::TEXT, "Where the page before begins; null on the first"),
            total(),
        ],
        Pages::Analytics => vec![
            field("first", Type::TEXT, "Position of the first item"),
            field("last", Type::TEXT, "Position of the last item"),
            limit(),
            more(),
        ],
        Pages::Scim => vec![
            field("startIndex", FROM_ONE, "Which item comes first, counted from 1"),
            field("itemsPerPage", SKIP, "How many items this page holds"),
            field("totalResults", SKIP, "How many items there are in all"),
            field(
                "schemas",
                Type::List { of: Box::new(Type::TEXT), min: 0, max: u32::MAX },
                "SCIM's name of this shape",
            ),
        ],
    }
}
