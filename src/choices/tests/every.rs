//! Every field of every operation that promises choices, against a made-up
//! list.
//!
//! Rule: fields come from the input schemas, so none can be forgotten.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::*;
use crate::catalog::{Answer, Method, OPERATIONS, Segment};
use crate::client::Failure;
use crate::connection::Connection;
use crate::request::Request;
use crate::response::Response;
use crate::schema;

const NOW: i64 = 1_793_534_400;
/// More than two pages of any list.
const MANY: usize = 230;
const FEW: usize = 3;

/// Answers whatever list is asked for with made-up records, page by page.
struct Server {
    list: &'static Operation,
    entity: &'static Entity,
    count: usize,
    asked: RefCell<Vec<(Method, String)>>,
    now: Cell<u64>,
}

impl Server {
    fn record(&self, number: usize) -> Value {
        let mut record = json!({"id": format!("P{number}")});
        for (place, path) in self.entity.label.split(' ').enumerate().filter(|(_, path)| *path != "id") {
            set(&mut record, path, format!("Thing {number} {place}").into());
        }
        if let Some(windows) = &self.list.windows {
            record[windows.by] = time::format(NOW - 60 * i64::try_from(number).unwrap()).into();
        }
        match self.entity.choices.as_ref().and_then(|choices| choices.take) {
            Some(take) => json!({"id": format!("OUTER{number}"), take: [record]}),
            None => record,
        }
    }

    fn answer(&self, target: &str) -> Value {
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let given = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let number = |name: &str, usual: usize| given(name).map_or(usual, |text| text.parse().unwrap());
        let records = |from: usize, size: usize| -> Vec<Value> {
            (from..self.count.min(from + size)).map(|number| self.record(number)).collect()
        };
        let key = match &self.list.answer {
            Answer::Items { key, .. } => *key,
            Answer::Item { key, .. } => return json!({*key: self.record(0)}),
            Answer::None | Answer::Whole(_) => panic!("{} lists nothing", self.list.id),
        };
        let (offset, limit) = (number("offset", 0), number("limit", 100));
        match self.list.pages {
            Pages::None => json!({key: records(0, self.count)}),
            Pages::Offset => {
                json!({key: records(offset, limit), "offset": offset, "limit": limit, "more": offset + limit < self.count})
            }
            Pages::Cursor | Pages::After => {
                let from = number("cursor", number("after", 0));
                let next = (from + limit < self.count).then(|| (from + limit).to_string());
                json!({key: records(from, limit), "next_cursor": next, "after": next, "limit": limit})
            }
            Pages::Scim => {
                let (start, size) = (number("startIndex", 1), number("count", 100));
                let page = records(start - 1, size);
                json!({"totalResults": self.count, "startIndex": start, "itemsPerPage": page.len(), key: page})
            }
            Pages::Analytics => panic!("{}: choices are no figures", self.list.id),
        }
    }
}

/// Puts a value at a dotted path.
fn set(at: &mut Value, path: &str, value: Value) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    if at.is_null() {
        *at = if name.parse::<usize>().is_ok() { json!([]) } else { json!({}) };
    }
    let place = match at {
        Value::Array(items) => {
            items.resize(1, Value::Null);
            &mut items[0]
        }
        other => &mut other[name],
    };
    match rest {
        Some(rest) => set(place, rest, value),
        None => *place = value,
    }
}

impl Transport for Server {
    type Pending = Response;

    fn begin(&self, request: &Request, _: Option<&str>) -> std::result::Result<Response, Failure> {
        let target = &request.path_and_query;
        self.asked.borrow_mut().push((request.method, target.clone()));
        Ok(Response { status: 200, headers: Vec::new(), body: self.answer(target).to_string().into_bytes() })
    }

    fn is_there(&self, _: &Self::Pending) -> bool {
        true
    }

    fn finish(&self, pending: Response) -> std::result::Result<Response, Failure> {
        Ok(pending)
    }
}

impl Clock for Server {
    fn now_ms(&self) -> u64 {
        self.now.get()
    }

    fn unix_s(&self) -> i64 {
        NOW
    }

    fn sleep(&self, time: Duration) {
        self.now.set(self.now.get() + u64::try_from(time.as_millis()).unwrap());
    }

    fn chance(&self) -> u16 {
        0
    }
}

/// A field with choices: its path, its entity, and the arguments that say which
/// shape it stands in.
type Place = (String, String, Value);

fn places(schema: &Value, path: &str, given: &Value, found: &mut Vec<Place>) {
    let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    if schema["x-options"] == true {
        found.push((path.to_owned(), schema["x-entity"].as_str().unwrap().to_owned(), given.clone()));
    }
    for (name, of) in schema["properties"].as_object().into_iter().flatten() {
        places(of, &join(name), given, found);
    }
    if schema["items"].is_object() {
        places(&schema["items"], &join("0"), given, found);
    }
    let by = schema["x-discriminator"].as_str().unwrap_or_default();
    for case in schema["oneOf"].as_array().into_iter().flatten().filter(|case| case["properties"].is_object()) {
        let mut given = given.clone();
        set(&mut given, &join(by), case["properties"][by]["const"].clone());
        places(case, path, &given, found);
    }
}

fn server(place: &Place) -> (Client<Server>, &'static Entity) {
    let entity = catalog::tables::entities().find(|entity| entity.id == place.1).unwrap();
    let list = entity.options.and_then(catalog::find).unwrap();
    let count = if list.pages == Pages::None { FEW } else { MANY };
    let system = Server { list, entity, count, asked: RefCell::default(), now: Cell::new(0) };
    let credentials = [("token".to_owned(), "main".to_owned())];
    // A connection that may change nothing is enough.
    let connection = Connection::open("token", &credentials, r#"{"access":"read"}"#).unwrap();
    (Client::new(connection, system), entity)
}

fn check(operation: &'static Operation, place: &Place) -> usize {
    let (path, _, given) = place;
    let told = format!("{} {path}", operation.id);
    let (client, entity) = server(place);
    let list = entity.options.and_then(catalog::find).unwrap();
    let needed: Vec<&str> = parents(list, entity.choices.as_ref()).collect();
    let mut full = given.clone();
    for name in &needed {
        full[*name] = format!("PARENT_{name}").into();
    }
    let (mut values, mut start, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = choices(&client, operation.id, path, &full.to_string(), "", start.as_deref());
        let page = page.unwrap_or_else(|error| panic!("{told} with {full}: {}", error.message));
        for Choice { value, label } in page.choices {
            let number = value.strip_prefix('P').unwrap_or_else(|| panic!("{told}: {value}"));
            let by_id = entity.label == "id";
            assert!(label.contains(&format!("Thing {number} 0")) || by_id && label == value, "{told}: {label}");
            values.push(value);
        }
        pages += 1;
        match page.next {
            Some(next) => start = Some(next),
            None => break,
        }
    }
    let expected = match (&list.answer, list.pages) {
        (Answer::Item { .. }, _) => 1,
        (_, Pages::None) => FEW,
        _ => MANY,
    };
    let distinct: std::collections::BTreeSet<&String> = values.iter().collect();
    assert_eq!((values.len(), distinct.len()), (expected, expected), "{told} in {pages} pages");
    // The list's own path, with the parents in it.
    let parent = |name: &str| {
        let named = entity.choices.as_ref().and_then(|choices| choices.parents.iter().find(|(of, _)| *of == name));
        format!("PARENT_{}", named.map_or(name, |(_, from)| *from))
    };
    let segment = |segment: &Segment| match segment {
        Segment::Literal(text) => (*text).to_owned(),
        Segment::Argument(name) => parent(name),
    };
    let wanted = format!("/{}", list.path.iter().map(segment).collect::<Vec<_>>().join("/"));
    for (method, target) in client.system().asked.borrow().iter() {
        assert_eq!(*method, Method::Get, "{told}");
        assert_eq!(target.split('?').next(), Some(wanted.as_str()), "{told}");
    }
    // Without a parent nothing is sent, and it is named.
    for name in &needed {
        let (client, _) = server(place);
        let mut less = full.clone();
        less.as_object_mut().unwrap().remove(*name);
        let error = choices(&client, operation.id, path, &less.to_string(), "", None).expect_err(&told);
        assert!(error.message.contains(&format!("{name}: choose this first")), "{told}: {}", error.message);
        assert!(client.system().asked.borrow().is_empty(), "{told}");
    }
    pages
}

#[test]
fn every_field_that_promises_choices_has_them() {
    let (mut fields, mut pages) = (0, 0);
    for operation in OPERATIONS {
        let mut found = Vec::new();
        places(&schema::input(operation), "", &json!({}), &mut found);
        for place in &found {
            pages += check(operation, place);
            fields += 1;
        }
    }
    assert!(fields > 800 && pages > fields, "{fields} fields, {pages} pages");
}
