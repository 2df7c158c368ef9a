//! Lists of one kind that need little: priorities, vendors, status pages,
//! alert grouping settings, IP allow lists.

use serde_json::{Value, json};

use crate::call::Call;
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
const ALLOW_LIST: Kind = plain(Entity::IpAllowList, "ip_allow_list", "ip_allow_lists");
const GROUPING: Kind = plain(Entity::GroupingSetting, "alert_grouping_setting", "alert_grouping_settings");

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/priorities", "priorities.read", |store, call| PRIORITY.list(store, call, |_| true)),
    Route::new("GET", "/vendors", "vendors.read", |store, call| VENDOR.list(store, call, |_| true)),
    Route::new("GET", "/vendors/{id}", "vendors.read", |store, call| VENDOR.get(store, call)),
    Route::new("GET", "/status_pages", "status_pages.read", status_pages),
    Route::new("GET", "/alert_grouping_settings", "services.read", grouping),
    Route::new("GET", "/alert_grouping_settings/{id}", "services.read", |store, call| GROUPING.get(store, call)),
    Route::new("GET", "/ip_allow_lists", "ip_allow_lists.read", allow_lists).early("ip-allow-lists"),
    Route::new("GET", "/ip_allow_lists/{id}", "ip_allow_lists.read", |store, call| ALLOW_LIST.get(store, call))
        .early("ip-allow-lists"),
];

fn status_pages(store: &mut Store, call: &Call) -> Answer {
    let wanted = call.choices("status_page_type", &["public", "private"])?.pop();
    STATUS_PAGE.list(store, call, |page| wanted.as_deref().is_none_or(|kind| page.text("status_page_type") == kind))
}

// Not paged.
fn allow_lists(store: &mut Store, _: &Call) -> Answer {
    let rows = store.table(Entity::IpAllowList).rows().iter();
    let items: Vec<String> =
        rows.map(|record| store.show(Entity::IpAllowList, record, &View::default()).to_string()).collect();
    Ok(pages::whole(200, "ip_allow_lists", &items))
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
