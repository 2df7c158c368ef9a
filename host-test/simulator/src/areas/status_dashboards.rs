//! Status dashboards: named by id or by the word in their address, with the
//! business services they show.

use serde_json::{Value, json};

use super::business::impact;
use crate::call::Call;
use crate::collection::{Collection, Links, PLAIN, Page};
use crate::errors;
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};

const DASHBOARD: Entity = Entity::Of("status_dashboard");
const READ: &str = "status_dashboards.read";

pub(crate) const COLLECTIONS: &[Collection] = &[Collection {
    entity: DASHBOARD,
    kind: "status_dashboard",
    path: "/status_dashboards",
    one: "status_dashboard",
    many: "status_dashboards",
    verbs: "LG",
    page: Page::Cursor(100),
    links: Links::None,
    scope: "status_dashboards",
    seed: &[
        (0, r#"{"url_slug": "all-services", "name": "All services"}"#),
        (0, r#"{"url_slug": "payments", "name": "Payments"}"#),
    ],
    ..PLAIN
}];

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/status_dashboards/{id}/service_impacts", READ, |store, call| impacts(store, call, "id")),
    Route::new("GET", "/status_dashboards/url_slugs/{slug}", READ, by_slug),
    Route::new("GET", "/status_dashboards/url_slugs/{slug}/service_impacts", READ, |store, call| {
        impacts(store, call, "url_slug")
    }),
];

fn find<'a>(store: &'a Store, call: &Call, by: &str) -> Result<&'a Record, Reply> {
    let mut rows = store.table(DASHBOARD).rows().iter();
    let same = |row: &&Record| if by == "id" { row.id == call.id(0) } else { row.text(by) == call.id(0) };
    rows.find(same).ok_or_else(errors::not_found)
}

fn by_slug(store: &mut Store, call: &Call) -> Answer {
    let dashboard = find(store, call, "url_slug")?;
    Ok(Reply::wrapped(200, "status_dashboard", store.show(DASHBOARD, dashboard, &View::default())))
}

fn impacts(store: &mut Store, call: &Call, by: &str) -> Answer {
    find(store, call, by)?;
    let rows = store.table(Entity::Of("business_service")).rows().iter();
    let rows = rows.map(|row| impact(store, &row.id, "business_service", row.text("name")));
    let services: Vec<Value> = rows.collect();
    let impacted = services.iter().filter(|service| service["status"] == "impacted").count();
    let mut body = json!({"limit": 100, "more": false, "services": services});
    if call.query.all("additional_fields[]").contains(&"total_impacted_count") {
        body["additional_fields"] = json!({"total_impacted_count": impacted});
    }
    Ok(Reply::json(200, &body))
}
