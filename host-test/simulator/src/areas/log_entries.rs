//! Log entries, of the account and of an incident: newest first.

use serde_json::Value;

use crate::call::Call;
use crate::errors;
use crate::pages::Window;
use crate::present::{Include, View, incident};
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::Store;
use crate::store::incident::Entry;

const INCLUDES: &[Include] =
    &[("incidents", &[]), ("services", &["service"]), ("channels", &[]), ("teams", &["teams"])];

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/log_entries", "incidents.read", all),
    Route::new("GET", "/log_entries/{id}", "incidents.read", get),
    Route::new("PUT", "/log_entries/{id}/channel", "incidents.write", channel).from(),
    Route::new("GET", "/incidents/{id}/log_entries", "incidents.read", of_incident),
];

fn listed<'a>(store: &Store, call: &Call, places: impl Iterator<Item = &'a usize>) -> Answer {
    let window = Window::of(call)?;
    let view = View::of(call, INCLUDES)?;
    let (since, until) = (call.time("since")?, call.time("until")?);
    let overview = call.query.flag("is_overview");
    let entries = places.filter_map(|&place| store.entries.get(place));
    let entries: Vec<&Entry> = entries
        .filter(|entry| {
            since.is_none_or(|since| entry.at >= since)
                && until.is_none_or(|until| entry.at <= until)
                && (!overview || entry.in_overview())
        })
        .filter(|entry| {
            let teams = store.incidents.get(entry.incident).map(|incident| &incident.teams);
            call.query.passes("team_ids[]", teams.into_iter().flatten().map(String::as_str))
        })
        .collect();
    Ok(window.cut("log_entries", &entries, |entry| incident::show_entry(store, entry, &view).to_string()))
}

fn all(store: &mut Store, call: &Call) -> Answer {
    listed(store, call, store.timeline.iter().rev())
}

fn of_incident(store: &mut Store, call: &Call) -> Answer {
    let place = store.place(call.id(0)).ok_or_else(errors::not_found)?;
    let incident = store.incidents.get(place).ok_or_else(errors::not_found)?;
    listed(store, call, incident.entries.iter().rev())
}

fn get(store: &mut Store, call: &Call) -> Answer {
    let view = View::of(call, INCLUDES)?;
    let entry = store.entry(call.id(0)).ok_or_else(errors::not_found)?;
    Ok(Reply::wrapped(200, "log_entry", incident::show_entry(store, entry, &view)))
}

// Changes what a trigger entry shows of its event.
fn channel(store: &mut Store, call: &Call) -> Answer {
    let channel = call.wrapped("channel")?;
    let details = channel.get("details").and_then(Value::as_str).map(str::to_owned);
    let Some(details) = details else {
        return Err(errors::invalid_one("Channel details can't be blank"));
    };
    let entry = store.entry(call.id(0)).ok_or_else(errors::not_found)?.clone();
    store.generation += 1;
    if let Some(entry) = store.entries.iter_mut().find(|own| own.id == entry.id) {
        entry.text = Some(details);
    }
    Ok(Reply::empty(202))
}
