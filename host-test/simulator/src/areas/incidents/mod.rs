//! Incidents: lists, changes of state, and all that hangs on one.

mod create;
mod list;
mod merge;
mod notes;
mod parts;
mod reach;
mod update;

use serde_json::Value;

use crate::call::Call;
use crate::errors;
use crate::present::View;
use crate::present::incident::INCLUDES;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::Store;

pub(crate) use create::{New, open};
pub(crate) use update::resolve;

const READ: &str = "incidents.read";
const WRITE: &str = "incidents.write";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/incidents", READ, list::list),
    Route::new("POST", "/incidents", WRITE, create::create).from().limit(300),
    Route::new("PUT", "/incidents", WRITE, update::many).from().limit(506),
    Route::new("GET", "/incidents/{id}", READ, get),
    Route::new("PUT", "/incidents/{id}", WRITE, update::one).from(),
    Route::new("PUT", "/incidents/{id}/merge", WRITE, merge::merge).from(),
    Route::new("POST", "/incidents/{id}/snooze", WRITE, update::snooze).from(),
];

/// What hangs on an incident.
pub(crate) const PARTS: &[Route] = &[
    Route::new("GET", "/incidents/{id}/notes", READ, notes::list),
    Route::new("POST", "/incidents/{id}/notes", WRITE, notes::create).from(),
    Route::new("PUT", "/incidents/{id}/notes/{note}", WRITE, notes::update).from(),
    Route::new("DELETE", "/incidents/{id}/notes/{note}", WRITE, notes::delete),
    Route::new("POST", "/incidents/{id}/status_updates", WRITE, parts::status_update).from(),
    Route::new("POST", "/incidents/{id}/responder_requests", WRITE, parts::responder_request),
    Route::new("GET", "/incidents/{id}/past_incidents", READ, parts::past),
    Route::new("GET", "/incidents/{id}/related_incidents", READ, parts::related),
    Route::new("GET", "/incidents/{id}/custom_fields/values", READ, parts::values),
    Route::new("PUT", "/incidents/{id}/custom_fields/values", WRITE, parts::set_values),
    Route::new("GET", "/incidents/custom_fields", "custom_fields.read", parts::fields),
    Route::new("PUT", "/incidents/{id}/responder_requests/cancel", WRITE, reach::cancel),
    Route::new("GET", "/incidents/{id}/outlier_incident", READ, reach::outlier),
    Route::new("GET", "/incidents/{id}/business_services/impacts", READ, reach::impacts),
    Route::new("PUT", "/incidents/{id}/business_services/{service}/impacts", WRITE, reach::impact),
    Route::new("GET", "/incidents/{id}/status_updates/subscribers", "subscribers.read", reach::subscribers),
    Route::new("POST", "/incidents/{id}/status_updates/subscribers", "subscribers.write", reach::subscribe),
    Route::new("POST", "/incidents/{id}/status_updates/unsubscribe", "subscribers.write", reach::unsubscribe),
];

/// The incident that the first path argument names.
fn place(store: &Store, call: &Call) -> Result<usize, Reply> {
    store.place(call.id(0)).ok_or_else(errors::not_found)
}

/// One incident under its wrapper.
fn wrapped(store: &mut Store, status: u16, place: usize, view: &View) -> Reply {
    let text = store.incident_text(place, view);
    Reply::text(status, format!("{{\"incident\":{text}}}"))
}

fn get(store: &mut Store, call: &Call) -> Answer {
    let view = View::of(call, INCLUDES)?;
    let place = place(store, call)?;
    Ok(wrapped(store, 200, place, &view))
}

/// The id of a reference in a body.
fn id_of<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.get("id")?.as_str()
}
