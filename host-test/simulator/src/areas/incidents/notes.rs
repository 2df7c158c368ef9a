//! Notes of incidents.

use jiff::Timestamp;
use serde_json::Value;

use super::create::done;
use super::place;
use crate::call::Call;
use crate::errors;
use crate::present::incident::show_note;
use crate::reply::{Answer, Reply};
use crate::store::Store;
use crate::store::incident::{Agent, Note};
use crate::times;

// Newest first; not paged.
pub(super) fn list(store: &mut Store, call: &Call) -> Answer {
    let place = place(store, call)?;
    let incident = store.incidents.get(place).ok_or_else(errors::not_found)?;
    let notes: Value = incident.notes.iter().rev().map(|note| show_note(store, note)).collect();
    Ok(done(200, "notes", notes))
}

fn content(call: &Call) -> Result<String, Reply> {
    let note = call.wrapped("note")?;
    let text = note.get("content").and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    text.map(str::to_owned).ok_or_else(|| errors::invalid_one("Content can't be blank"))
}

/// Adds a note and its log entry.
pub(super) fn add(store: &mut Store, place: usize, at: Timestamp, user: Option<String>, content: String) -> Note {
    let id = store.rng().short_id();
    let note = Note { id, user: user.clone(), content: content.clone(), created: at, updated: at };
    let mut agent = Agent::User(user.unwrap_or_default());
    if let Some(incident) = store.incidents.get_mut(place) {
        if agent.id().is_empty() {
            agent = Agent::Service(incident.service.clone());
        }
        incident.notes.push(note.clone());
        incident.updated = at;
    }
    store.log(place, at, "annotate", agent, None, Some(content));
    note
}

pub(super) fn create(store: &mut Store, call: &Call) -> Answer {
    let place = place(store, call)?;
    let content = content(call)?;
    let note = add(store, place, times::whole(call.now), call.actor.clone(), content);
    Ok(done(200, "note", show_note(store, &note)))
}

fn find<'a>(store: &'a mut Store, call: &Call) -> Result<(&'a mut Vec<Note>, usize), Reply> {
    let place = place(store, call)?;
    store.generation += 1;
    let incident = store.incidents.get_mut(place).ok_or_else(errors::not_found)?;
    let at = incident.notes.iter().position(|note| note.id == call.id(1)).ok_or_else(errors::not_found)?;
    Ok((&mut incident.notes, at))
}

pub(super) fn update(store: &mut Store, call: &Call) -> Answer {
    let (notes, at) = find(store, call)?;
    let content = content(call)?;
    let note = notes.get_mut(at).ok_or_else(errors::not_found)?;
    note.content = content;
    note.updated = times::whole(call.now);
    let note = note.clone();
    Ok(done(200, "note", show_note(store, &note)))
}

pub(super) fn delete(store: &mut Store, call: &Call) -> Answer {
    let (notes, at) = find(store, call)?;
    notes.remove(at);
    Ok(Reply::empty(204))
}
