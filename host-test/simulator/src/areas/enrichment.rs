//! Event enrichment: a CSV upload as multipart form, and associations that are
//! removed by a DELETE with a body.

use serde_json::{Value, json};

use crate::call::Call;
use crate::errors;
use crate::pages::Window;
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Store};
use crate::times;

const READ: &str = "contextual_data.read";
const WRITE: &str = "contextual_data.write";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/enrichment/schemas", READ, schemas),
    Route::new("POST", "/enrichment/schemas/{id}/records", WRITE, upload),
    Route::new("GET", "/enrichment/event_enrichments", "", list),
    Route::new("GET", "/enrichment/event_enrichments/{id}/associations", "", associations),
    Route::new("DELETE", "/enrichment/event_enrichments/{id}/associations", "", disassociate),
];

fn schemas(store: &mut Store, _: &Call) -> Answer {
    let rows = store.table(Entity::EnrichmentSchema).rows().iter();
    let shown: Value = rows.map(|row| store.show(Entity::EnrichmentSchema, row, &View::default())).collect();
    Ok(Reply::wrapped(200, "schemas", shown))
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
    let body = json!({
        "upload_id": store.rng().uuid(),
        "schema_id": schema,
        "filename": given.unwrap_or(name),
        "size_bytes": content.len(),
        "status": "accepted",
        "accepted_at": times::utc(call.now),
    });
    Ok(Reply::json(202, &body))
}

fn list(store: &mut Store, call: &Call) -> Answer {
    let window = Window::of(call)?;
    let rows = store.table(Entity::EventEnrichment).rows();
    Ok(window.cut("event_enrichments", rows, |row| {
        let mut shown = store.show(Entity::EventEnrichment, row, &View::default());
        let held = row.fields.get("associations").and_then(Value::as_array).map_or(0, Vec::len);
        if let Some(map) = shown.as_object_mut() {
            map.remove("associations");
            map.insert("associated_services".into(), json!(held));
        }
        shown.to_string()
    }))
}

fn associations(store: &mut Store, call: &Call) -> Answer {
    let window = Window::of(call)?;
    let row = store.get(Entity::EventEnrichment, call.id(0)).ok_or_else(errors::not_found)?;
    let held = row.fields.get("associations").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    Ok(window.cut("associations", held, |item| {
        let mut shown = item.clone();
        store.complete(&mut shown, "", &View::default());
        shown.to_string()
    }))
}

// All gone: 200. Some were not there: 207 with a result for each.
fn disassociate(store: &mut Store, call: &Call) -> Answer {
    if !store.has(Entity::EventEnrichment, call.id(0)) {
        return Err(errors::not_found());
    }
    let wanted = call.list("associations")?;
    let row = store.table_mut(Entity::EventEnrichment).get_mut(call.id(0));
    let held = row.and_then(|row| row.fields.get_mut("associations")?.as_array_mut());
    let Some(held) = held else { return Err(errors::not_found()) };
    let mut results = Vec::new();
    let mut all = true;
    for item in wanted {
        let before = held.len();
        held.retain(|own| own["id"] != item["id"]);
        let found = held.len() < before;
        all &= found;
        let problems = if found { json!([]) } else { json!(["Association not found"]) };
        results.push(json!({"status": if found { 200 } else { 404 }, "errors": problems, "association": item}));
    }
    if all {
        return Ok(Reply::json(200, &json!({"status": "ok"})));
    }
    Ok(Reply::json(207, &json!({"associations": results})))
}
