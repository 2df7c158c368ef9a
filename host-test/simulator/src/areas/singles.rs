//! Lists of one kind that need little: priorities, vendors, status pages,
//! alert grouping settings.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{self, Collection, Links, PLAIN};
use crate::crud::{Kind, nothing};
use crate::errors;
use crate::pages::{self, decode_cursor, encode_cursor};
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};

const fn plain(entity: Entity, one: &'static str, many: &'static str) -> Kind {
    Kind {
        entity,
        one,
        many,
        fields: &[],
        unique: "",
        searched: &["name"],
        includes: &[],
        defaults: nothing,
        audited: false,
    }
}

const PRIORITY: Kind = plain(Entity::Priority, "priority", "priorities");
const VENDOR: Kind = plain(Entity::Vendor, "vendor", "vendors");
const STATUS_PAGE: Kind = plain(Entity::StatusPage, "status_page", "status_pages");
const GROUPING: Kind = plain(Entity::GroupingSetting, "alert_grouping_setting", "alert_grouping_settings");

pub(crate) const COLLECTIONS: &[Collection] = &[Collection {
    entity: Entity::GroupingSetting,
    path: "/alert_grouping_settings",
    one: "alert_grouping_setting",
    many: "alert_grouping_settings",
    verbs: "CUD",
    fields: "name:text description:text type!:content_based|content_based_intelligent|intelligent|time \
             config!:object services!:@service[]",
    defaults: r#"{"name": null, "description": null, "created_at": "$utc"}"#,
    stamps: r#"{"updated_at": "$utc"}"#,
    links: Links::None,
    scope: "services",
    check: one_setting,
    derive: |store, _, shown| {
        for service in shown.get_mut("services").and_then(Value::as_array_mut).into_iter().flatten() {
            let id = service["id"].as_str().unwrap_or("").to_owned();
            let name = store.get(Entity::Service, &id).map(|record| record.text("name"));
            *service = json!({"id": id, "name": name});
        }
    },
    ..PLAIN
}];

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/priorities", "priorities.read", |store, call| PRIORITY.list(store, call, |_| true)),
    Route::new("GET", "/vendors", "vendors.read", |store, call| VENDOR.list(store, call, |_| true)),
    Route::new("GET", "/vendors/{id}", "vendors.read", |store, call| VENDOR.get(store, call)),
    Route::new("GET", "/status_pages", "status_pages.read", status_pages),
    Route::new("GET", "/alert_grouping_settings", "services.read", grouping),
    Route::new("GET", "/alert_grouping_settings/{id}", "services.read", |store, call| GROUPING.get(store, call)),
];

// A service is grouped by one setting at most.
fn one_setting(store: &mut Store, _: &Call, given: &mut Map<String, Value>, id: Option<&str>) -> Result<(), Reply> {
    let kind = given.get("type").and_then(Value::as_str).unwrap_or("");
    let aggregate = collection::at(given, "config.aggregate").and_then(Value::as_str);
    if kind == "content_based" && !matches!(aggregate, Some("all" | "any")) {
        return Err(errors::invalid_one("Config aggregate must be all or any"));
    }
    for service in given.get("services").and_then(Value::as_array).into_iter().flatten() {
        let service = service.get("id").and_then(Value::as_str).unwrap_or("");
        let mut others = store.table(Entity::GroupingSetting).rows().iter().filter(|row| Some(row.id.as_str()) != id);
        if others.any(|row| row.refers_to("services", service)) {
            return Err(errors::invalid_one(format!("Service {service} has a setting already")));
        }
    }
    Ok(())
}

fn status_pages(store: &mut Store, call: &Call) -> Answer {
    let wanted = call.choices("status_page_type", &["public", "private"])?.pop();
    STATUS_PAGE.list(store, call, |page| wanted.as_deref().is_none_or(|kind| page.text("status_page_type") == kind))
}

// Pages forwards with `after` and backwards with `before`. At an end the key
// is there and null.
fn grouping(store: &mut Store, call: &Call) -> Answer {
    let limit = pages::limit(call)?;
    let rows = store.table(Entity::GroupingSetting).rows().iter();
    let rows: Vec<&Record> =
        rows.filter(|row| call.query.passes("service_ids[]", row.ids("services").into_iter())).collect();
    let place = |name: &str| -> Result<Option<usize>, Reply> {
        let Some(cursor) = call.query.first(name).filter(|cursor| !cursor.is_empty()) else { return Ok(None) };
        let at = decode_cursor(cursor).and_then(|id| rows.iter().position(|row| row.id == id));
        at.map(Some).ok_or_else(|| errors::invalid_one(format!("{name} is invalid")))
    };
    let (start, end) = match (place("after")?, place("before")?) {
        (Some(_), Some(_)) => return Err(errors::invalid_one("after and before exclude one another")),
        (Some(after), None) => (after + 1, after.saturating_add(1 + limit)),
        (None, Some(before)) => (before.saturating_sub(limit), before),
        (None, None) => (0, limit),
    };
    let end = end.min(rows.len());
    let page = rows.get(start..end).unwrap_or_default();
    let cursor = |row: Option<&&Record>, there: bool| row.filter(|_| there).map(|row| encode_cursor(&row.id));
    let shown: Value = page.iter().map(|row| store.show(Entity::GroupingSetting, row, &View::default())).collect();
    let total = call.query.flag("total").then_some(rows.len());
    Ok(Reply::json(
        200,
        &json!({
            "alert_grouping_settings": shown,
            "after": cursor(page.last(), end < rows.len()),
            "before": cursor(page.first(), start > 0),
            "limit": limit,
            "total": total,
        }),
    ))
}
