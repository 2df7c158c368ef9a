//! Records that are tied to others, as an automation action is to services:
//! one path to list and add, one to look up and untie.

use serde_json::Value;

use crate::call::Call;
use crate::errors;
use crate::present::{View, bare};
use crate::reply::{Answer, Reply};
use crate::store::{Entity, Store};

/// A kind of tie.
pub(crate) struct Association {
    pub(crate) from: Entity,
    pub(crate) to: Entity,
    /// Wrapper of one and of a list.
    pub(crate) one: &'static str,
    pub(crate) many: &'static str,
}

impl Association {
    fn from<'a>(&self, store: &Store, call: &'a Call) -> Result<&'a str, Reply> {
        if store.has(self.from, call.id(0)) { Ok(call.id(0)) } else { Err(errors::not_found()) }
    }

    fn show(&self, store: &Store, id: &str) -> Value {
        let mut shown = bare(self.to, id);
        store.complete(&mut shown, "", &View::default());
        shown
    }

    /// `GET …/teams`
    pub(crate) fn list(&self, store: &Store, call: &Call) -> Answer {
        let from = self.from(store, call)?;
        let shown = store.tied(self.many, from).map(|id| self.show(store, id)).collect();
        Ok(Reply::wrapped(200, self.many, shown))
    }

    /// `POST …/teams`; a second time changes nothing.
    pub(crate) fn add(&self, store: &mut Store, call: &Call) -> Answer {
        let from = self.from(store, call)?;
        let given = call.wrapped(self.one)?;
        let id = given.get("id").and_then(Value::as_str).unwrap_or("");
        if !store.has(self.to, id) {
            return Err(errors::invalid_one(format!("{} does not exist: {id}", self.one)));
        }
        store.tie(self.many, from, id);
        Ok(Reply::wrapped(201, self.one, self.show(store, id)))
    }

    /// `GET …/teams/{id}`
    pub(crate) fn get(&self, store: &Store, call: &Call) -> Answer {
        let from = self.from(store, call)?;
        let id = store.tied(self.many, from).find(|id| *id == call.id(1)).ok_or_else(errors::not_found)?;
        Ok(Reply::wrapped(200, self.one, self.show(store, id)))
    }

    /// `DELETE …/teams/{id}`
    pub(crate) fn remove(&self, store: &mut Store, call: &Call) -> Answer {
        let from = self.from(store, call)?;
        if store.untie(self.many, from, call.id(1)) { Ok(Reply::empty(204)) } else { Err(errors::not_found()) }
    }
}
