//! Tables to enrich from: their columns, their records, and a CSV upload as
//! multipart form, whose lines become records.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{self, Collection, Id, Links, PLAIN, Page};
use crate::errors;
use crate::pages::cursor_page;
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};
use crate::times;

const SCHEMA: Entity = Entity::EnrichmentSchema;
const RECORD: Entity = Entity::Of("enrichment_record");

const READ: &str = "contextual_data.read";
const WRITE: &str = "contextual_data.write";

pub(crate) const COLLECTIONS: &[Collection] = &[
    Collection {
        entity: SCHEMA,
        kind: "enrichment_schema",
        path: "/enrichment/schemas",
        one: "schema",
        many: "schemas",
        verbs: "LGU",
        fields: "name!:text description:text fields!:list integration_type:CSV",
        fixed: &["fields", "integration_type"],
        unique: "name",
        defaults: r#"{"type": "enrichment_schema", "integration_type": "CSV", "description": null,
            "created_at": "$utc", "deleted_at": null}"#,
        stamps: r#"{"updated_at": "$utc"}"#,
        page: Page::Whole,
        id: Id::Uuid,
        links: Links::None,
        scope: "contextual_data",
        ..PLAIN
    },
    Collection {
        entity: RECORD,
        path: "/enrichment/schemas/{id}/records",
        many: "records",
        verbs: "",
        id: Id::Uuid,
        links: Links::None,
        parents: &[SCHEMA],
        defaults: r#"{"type": "enrichment_record", "created_at": "$utc"}"#,
        seed: &[
            (0, r#"{"enrichment_data": {"Application": "checkout", "Owner": "Payments"}}"#),
            (0, r#"{"enrichment_data": {"Application": "search", "Owner": "Discovery"}}"#),
        ],
        derive: |_, record, shown| {
            shown.remove("id");
            shown.insert("record_id".into(), json!(record.id));
        },
        ..PLAIN
    },
];

pub(crate) const ROUTES: &[Route] = &[
    Route::new("POST", "/enrichment/schemas", WRITE, create),
    Route::new("DELETE", "/enrichment/schemas/{id}", WRITE, delete),
    Route::new("GET", "/enrichment/schemas/{id}/records", READ, records),
    Route::new("POST", "/enrichment/schemas/{id}/records", WRITE, upload),
    Route::new("DELETE", "/enrichment/schemas/{id}/records/{record}", WRITE, delete_record),
    Route::new("POST", "/enrichment/query", READ, query).only_reads(),
];

// Given without a wrapper, answered with one.
fn create(store: &mut Store, call: &Call) -> Answer {
    let schemas = collection::of(SCHEMA).ok_or_else(errors::not_found)?;
    let given = call.object()?;
    let columns = given.get("fields").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let fits =
        |column: &Value| column["name"].is_string() && matches!(column["type"].as_str(), Some("query" | "enriched"));
    if columns.is_empty() || !columns.iter().all(fits) {
        return Err(errors::invalid_one("Fields must each have a name and a type, query or enriched"));
    }
    let id = schemas.create_from(store, call, given, "")?;
    Ok(Reply::wrapped(201, "schema", store.show_id(SCHEMA, &id, &View::default())))
}

// The answer shows what was there.
fn delete(store: &mut Store, call: &Call) -> Answer {
    let mut shown = store.show_id(SCHEMA, call.id(0), &View::default());
    store.remove(SCHEMA, call.id(0)).ok_or_else(errors::not_found)?;
    shown["deleted_at"] = json!(times::utc(call.now));
    Ok(Reply::wrapped(200, "schema", shown))
}

fn of<'a>(store: &'a Store, schema: &'a str) -> impl Iterator<Item = &'a Record> {
    store.table(RECORD).rows().iter().filter(move |row| row.owner == schema)
}

fn records(store: &mut Store, call: &Call) -> Answer {
    if !store.has(SCHEMA, call.id(0)) {
        return Err(errors::not_found());
    }
    let ids: Vec<&str> = of(store, call.id(0)).map(|row| row.id.as_str()).collect();
    let reply = cursor_page(call, "records", &ids, 100, |id| store.show_id(RECORD, id, &View::default()))?;
    let mut body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    body["schema_id"] = json!(call.id(0));
    Ok(Reply::json(200, &body))
}

fn delete_record(store: &mut Store, call: &Call) -> Answer {
    let record = of(store, call.id(0)).find(|row| row.id == call.id(1)).ok_or_else(errors::not_found)?;
    let shown = store.show(RECORD, record, &View::default());
    store.remove(RECORD, call.id(1));
    Ok(Reply::wrapped(200, "record", shown))
}

fn query(store: &mut Store, call: &Call) -> Answer {
    let given = Value::Object(call.object()?);
    let schema = given["schema_id"].as_str().unwrap_or("");
    if !store.has(SCHEMA, schema) {
        return Err(errors::not_found());
    }
    let wanted = given["query"].as_array().map_or(&[][..], Vec::as_slice);
    let fits = |row: &&Record| {
        let held = row.fields.get("enrichment_data").cloned().unwrap_or_default();
        wanted.iter().all(|one| one["field"].as_str().is_some_and(|field| held[field] == one["value"]))
    };
    let found = of(store, schema).filter(fits).map(|row| store.show(RECORD, row, &View::default())).collect();
    Ok(Reply::wrapped(200, "records", found))
}

// The first line names the columns.
fn keep(store: &mut Store, call: &Call, schema: &str, text: &str) {
    let Some(records) = collection::of(RECORD) else { return };
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let names: Vec<&str> = lines.next().unwrap_or("").split(',').map(str::trim).collect();
    for line in lines {
        let cells = names.iter().zip(line.split(',')).map(|(name, cell)| ((*name).to_owned(), json!(cell.trim())));
        let data: Map<String, Value> = cells.collect();
        let fields = [("enrichment_data".to_owned(), Value::Object(data))].into_iter().collect();
        records.put(store, fields, schema, call.now, call.actor.as_deref());
    }
}

fn find(body: &[u8], part: &[u8]) -> Option<usize> {
    body.windows(part.len().max(1)).position(|window| window == part)
}

// The file of a multipart form: its name and its bytes.
fn file<'a>(body: &'a [u8], boundary: &str) -> Option<(String, &'a [u8])> {
    let delimiter = format!("--{boundary}").into_bytes();
    let mut rest = body.get(find(body, &delimiter)? + delimiter.len()..)?;
    loop {
        let end = find(rest, &delimiter)?;
        let part = rest.get(..end)?;
        let blank = find(part, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(part.get(..blank)?).into_owned();
        let content = part.get(blank + 4..)?;
        let content = content.strip_suffix(b"\r\n").unwrap_or(content);
        if head.to_ascii_lowercase().contains("name=\"file\"") {
            let name = head.split("filename=\"").nth(1).and_then(|text| text.split('"').next());
            return Some((name.unwrap_or("").to_owned(), content));
        }
        rest = rest.get(end + delimiter.len()..)?;
    }
}

fn upload(store: &mut Store, call: &Call) -> Answer {
    let schema = store.get(Entity::EnrichmentSchema, call.id(0)).ok_or_else(errors::not_found)?.id.clone();
    let kind = call.header("content-type").to_owned();
    let boundary = kind.split("boundary=").nth(1).and_then(|text| text.split(';').next());
    let boundary = boundary.map(|text| text.trim().trim_matches('"')).filter(|text| !text.is_empty());
    let Some(boundary) = boundary.filter(|_| kind.starts_with("multipart/form-data")) else {
        return Err(errors::error(
            415,
            2001,
            "Unsupported Media Type",
            &["Content-Type must be multipart/form-data with a boundary".into()],
        ));
    };
    let Some((name, content)) = file(call.body, boundary) else {
        return Err(errors::invalid_one("The form must hold a part named file"));
    };
    if content.is_empty() {
        return Err(errors::invalid_one("The file is empty"));
    }
    let given = call.query.first("filename").map(str::to_owned);
    let size = content.len();
    keep(store, call, &schema, &String::from_utf8_lossy(content));
    let body = json!({
        "upload_id": store.rng().uuid(),
        "schema_id": schema,
        "filename": given.unwrap_or(name),
        "size_bytes": size,
        "status": "accepted",
        "accepted_at": times::utc(call.now),
    });
    Ok(Reply::json(202, &body))
}
