//! Create, get, update and delete of a collection's records, and the routes
//! that lead here.

use serde_json::{Map, Value};

use crate::call::Call;
use crate::errors;
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::routes::{Handler, Route};
use crate::store::{Entity, Record, Store};

use super::templates::{Context, expand};
use super::{Id, Loaded, fields};

/// What is done with a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    List,
    Create,
    Get,
    Update,
    Delete,
}

impl Loaded {
    /// The rows of the route table.
    pub(crate) fn routes(&'static self) -> impl Iterator<Item = Route> {
        self.row.verbs.chars().filter_map(move |letter| {
            let (method, verb) = match letter {
                'L' => ("GET", Verb::List),
                'C' => ("POST", Verb::Create),
                'G' => ("GET", Verb::Get),
                'U' => (self.row.put, Verb::Update),
                'D' => ("DELETE", Verb::Delete),
                _ => return None,
            };
            let reads = matches!(verb, Verb::List | Verb::Get);
            Some(Route {
                handler: Handler::Of(self, verb),
                item: !matches!(verb, Verb::List | Verb::Create),
                from: self.row.from && !reads,
                early_access: self.row.early,
                ends_scope: if reads { ".read" } else { ".write" },
                ..Route::new(method, self.row.path, self.row.scope, |_, _| Err(errors::not_found()))
            })
        })
    }

    pub(crate) fn answer(&self, verb: Verb, store: &mut Store, call: &Call) -> Answer {
        match verb {
            Verb::List => self.list(store, call),
            Verb::Create => self.create(store, call),
            Verb::Get => self.get(store, call),
            Verb::Update => self.update(store, call),
            Verb::Delete => self.delete(store, call),
        }
    }

    /// The id of the record that the path names as the owner; empty where the
    /// collection has none.
    pub(crate) fn owner(&self, store: &Store, call: &Call) -> Result<String, Reply> {
        let mut owner = String::new();
        for (n, entity) in self.row.parents.iter().enumerate() {
            if *entity == Entity::Nothing {
                call.id(n).clone_into(&mut owner);
                continue;
            }
            let record = store.named(*entity, call.id(n)).ok_or_else(errors::not_found)?;
            if n > 0 && record.owner != owner {
                return Err(errors::not_found());
            }
            owner.clone_from(&record.id);
        }
        Ok(owner)
    }

    /// The record that the path names.
    pub(crate) fn find<'a>(&self, store: &'a Store, call: &Call) -> Result<&'a Record, Reply> {
        let owner = self.owner(store, call)?;
        let depth = self.row.parents.len();
        let record = store.named(self.row.entity, call.id(depth)).ok_or_else(errors::not_found)?;
        if depth > 0 && record.owner != owner { Err(errors::not_found()) } else { Ok(record) }
    }

    fn given(&self, call: &Call) -> Result<Map<String, Value>, Reply> {
        if self.row.one.is_empty() { call.object() } else { call.wrapped(self.row.one) }
    }

    fn wrapped(&self, status: u16, key: &str, shown: Value) -> Reply {
        if key.is_empty() { Reply::json(status, &shown) } else { Reply::wrapped(status, key, shown) }
    }

    fn get(&self, store: &Store, call: &Call) -> Answer {
        let view = View::of(call, self.row.includes)?;
        let record = self.find(store, call)?;
        let key = if self.row.one_shown.is_empty() { self.row.one } else { self.row.one_shown };
        Ok(self.wrapped(self.row.statuses[1], key, store.show(self.row.entity, record, &view)))
    }

    fn create(&self, store: &mut Store, call: &Call) -> Answer {
        let owner = self.owner(store, call)?;
        if !self.row.in_bulk {
            let given = self.given(call)?;
            let id = self.create_from(store, call, given, &owner)?;
            return Ok(self.wrapped(self.row.statuses[0], self.row.one, self.show_new(store, &id)));
        }
        let mut shown = Vec::new();
        for item in call.list(self.row.many)? {
            let Value::Object(given) = item else {
                return Err(errors::invalid_one(format!("{} must hold objects", self.row.many)));
            };
            let id = self.create_from(store, call, given, &owner)?;
            shown.push(self.show_new(store, &id));
        }
        Ok(self.wrapped(self.row.statuses[0], self.row.many, Value::Array(shown)))
    }

    /// Makes a record from what was given and answers its id.
    pub(crate) fn create_from(
        &self,
        store: &mut Store,
        call: &Call,
        mut given: Map<String, Value>,
        owner: &str,
    ) -> Result<String, Reply> {
        (self.row.check)(store, call, &mut given, None)?;
        let taken = fields::accept(store, self, &given, owner, None)?;
        let id = self.put(store, taken, owner, call.now, call.actor.as_deref());
        (self.row.made)(store, call, &id);
        self.note(store, call, "create", &id);
        Ok(id)
    }

    /// Adds a record with what PagerDuty adds, unchecked.
    pub(crate) fn put(
        &self,
        store: &mut Store,
        taken: Map<String, Value>,
        owner: &str,
        now: jiff::Timestamp,
        me: Option<&str>,
    ) -> String {
        let id = match self.row.id {
            Id::Form(prefix, length) => store.rng().id(prefix, length),
            Id::Uuid => store.rng().uuid(),
        };
        let context = Context { now, me, owner, own: &id };
        let mut whole = Map::new();
        for template in [&self.defaults, &self.stamps] {
            if let Value::Object(more) = expand(store, template, &context) {
                whole.extend(more);
            }
        }
        whole.extend(taken);
        store.table_mut(self.row.entity).push(Record { id: id.clone(), owner: owner.to_owned(), fields: whole });
        id
    }

    fn update(&self, store: &mut Store, call: &Call) -> Answer {
        let (id, owner) = self.find(store, call).map(|record| (record.id.clone(), record.owner.clone()))?;
        let mut given = self.given(call)?;
        (self.row.check)(store, call, &mut given, Some(&id))?;
        let taken = fields::accept(store, self, &given, &owner, Some(&id))?;
        let context = Context { now: call.now, me: call.actor.as_deref(), owner: &owner, own: &id };
        let stamps = expand(store, &self.stamps, &context);
        if let Some(record) = store.table_mut(self.row.entity).get_mut(&id) {
            if let Value::Object(stamps) = stamps {
                record.fields.extend(stamps);
            }
            record.fields.extend(taken);
        }
        self.note(store, call, "update", &id);
        let key = if self.row.one_shown.is_empty() { self.row.one } else { self.row.one_shown };
        Ok(self.wrapped(self.row.statuses[2], key, store.show_id(self.row.entity, &id, &View::default())))
    }

    fn delete(&self, store: &mut Store, call: &Call) -> Answer {
        let record = self.find(store, call)?;
        if let Some(problem) = (self.row.held)(store, record) {
            return Err(errors::invalid_one(problem));
        }
        let id = record.id.clone();
        store.remove(self.row.entity, &id);
        self.note(store, call, "delete", &id);
        Ok(Reply::empty(self.row.statuses[3]))
    }

    // The answer to a create call also shows what is shown only once.
    fn show_new(&self, store: &Store, id: &str) -> Value {
        let mut shown = store.show_id(self.row.entity, id, &View::default());
        let Some(record) = store.get(self.row.entity, id) else { return shown };
        for path in self.row.hidden {
            let Some(secret) = super::at(&record.fields, path) else { continue };
            let (place, name) = match path.split_once('.') {
                Some((outer, name)) => (shown.get_mut(outer), name),
                None => (Some(&mut shown), *path),
            };
            if let Some(Value::Object(place)) = place {
                place.insert(name.to_owned(), secret.clone());
            }
        }
        shown
    }

    // Only what PagerDuty's trail holds: the kinds with links.
    fn note(&self, store: &mut Store, call: &Call, action: &str, id: &str) {
        if self.row.links == super::Links::All && self.row.parents.is_empty() {
            store.audit(call.now, call.actor.as_deref(), action, self.row.entity, id);
        }
    }
}
