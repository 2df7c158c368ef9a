//! List, create, get, update and delete of records that need no more than
//! their fields checked: what a kind of record takes is data.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::errors;
use crate::pages::Window;
use crate::present::{Include, View, bare};
use crate::reply::{Answer, Reply};
use crate::store::{Entity, Record, Store};
use crate::times;

/// What a field must be.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    Text,
    Email,
    Whole,
    Flag,
    Time,
    OneOf(&'static [&'static str]),
    /// A reference to an existing record.
    Ref(Entity),
    /// A list of such references.
    Refs(Entity),
    /// Kept as given.
    Any,
}

/// A kind of record.
pub(crate) struct Kind {
    pub(crate) entity: Entity,
    /// The wrapper of one, `team`.
    pub(crate) one: &'static str,
    /// The key of a list, `teams`.
    pub(crate) many: &'static str,
    /// Field, shape, needed on creation.
    pub(crate) fields: &'static [(&'static str, Shape, bool)],
    /// A field whose value no two records share.
    pub(crate) unique: &'static str,
    /// Fields that `query` searches.
    pub(crate) searched: &'static [&'static str],
    pub(crate) includes: &'static [Include],
    /// What a new record has besides.
    pub(crate) defaults: fn(&Call) -> Value,
    /// Its changes are written to the audit trail.
    pub(crate) audited: bool,
}

/// `escalation_policy` becomes `Escalation policy`.
fn label(field: &str) -> String {
    let mut text = field.replace('_', " ");
    if let Some(first) = text.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    text
}

fn reference(store: &Store, entity: Entity, value: &Value) -> Option<Value> {
    let id = value.get("id")?.as_str()?;
    store.has(entity, id).then(|| bare(entity, id))
}

// The value to keep, or what is wrong with the one that was given.
fn checked(store: &Store, field: &str, shape: Shape, value: &Value) -> Result<Value, String> {
    let label = label(field);
    let keep = |fits: bool, problem: &str| {
        if fits { Ok(value.clone()) } else { Err(format!("{label} {problem}")) }
    };
    match shape {
        Shape::Any => Ok(value.clone()),
        _ if value.is_null() => Ok(Value::Null),
        Shape::Text => keep(value.is_string(), "must be text"),
        Shape::Email => keep(value.as_str().is_some_and(|text| text.contains('@')), "is invalid"),
        Shape::Whole => keep(value.is_i64() || value.is_u64(), "must be a whole number"),
        Shape::Flag => keep(value.is_boolean(), "must be true or false"),
        Shape::Time => match value.as_str().and_then(times::parse) {
            Some(at) => Ok(json!(times::account(at))),
            None => Err(format!("{label} must be a time")),
        },
        Shape::OneOf(allowed) => {
            let fits = value.as_str().is_some_and(|text| allowed.contains(&text));
            keep(fits, &format!("must be one of {}", allowed.join(", ")))
        }
        Shape::Ref(entity) => reference(store, entity, value).ok_or_else(|| format!("{label} does not exist")),
        Shape::Refs(entity) => match value.as_array() {
            Some(list) => {
                let found: Option<Value> = list.iter().map(|item| reference(store, entity, item)).collect();
                found.ok_or_else(|| format!("{label} names something that does not exist"))
            }
            None => Err(format!("{label} must be an array")),
        },
    }
}

/// The fields of `given` that the kind takes, or 400 with every problem.
/// What the kind does not take is passed over, as PagerDuty does.
pub(crate) fn accept(
    store: &Store,
    kind: &Kind,
    given: &Map<String, Value>,
    current: Option<&str>,
) -> Result<Map<String, Value>, Reply> {
    let mut taken = Map::new();
    let mut problems = Vec::new();
    for (field, shape, needed) in kind.fields {
        let value = given.get(*field);
        let blank = value.is_none_or(|v| v.is_null() || v.as_str().is_some_and(|s| s.trim().is_empty()));
        if *needed && blank && (current.is_none() || value.is_some()) {
            problems.push(format!("{} can't be blank", label(field)));
            continue;
        }
        let Some(value) = value else { continue };
        match checked(store, field, *shape, value) {
            Ok(value) => {
                taken.insert((*field).to_owned(), value);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if let Some(wanted) = taken.get(kind.unique).and_then(Value::as_str) {
        let others = store.table(kind.entity).rows().iter().filter(|r| Some(r.id.as_str()) != current);
        let mut same = others.filter(|record| record.text(kind.unique).eq_ignore_ascii_case(wanted));
        if same.next().is_some() {
            problems.push(format!("{} has already been taken", label(kind.unique)));
        }
    }
    if problems.is_empty() { Ok(taken) } else { Err(errors::invalid(&problems)) }
}

impl Kind {
    /// Every record that `keep` and `query` let through, by name where
    /// `sort_by` asks for it.
    pub(crate) fn list(&self, store: &Store, call: &Call, keep: impl Fn(&Record) -> bool) -> Answer {
        let window = Window::of(call)?;
        let view = View::of(call, self.includes)?;
        let query = call.query.first("query").unwrap_or("").to_lowercase();
        let found = |record: &Record| {
            let mut texts = self.searched.iter().map(|field| record.text(field).to_lowercase());
            query.is_empty() || self.searched.is_empty() || texts.any(|text| text.contains(&query))
        };
        let rows = store.table(self.entity).rows().iter();
        let mut rows: Vec<&Record> = rows.filter(|record| found(record) && keep(record)).collect();
        match call.query.first("sort_by") {
            None | Some("") => {}
            Some("name" | "name:asc") => rows.sort_by_key(|record| record.text("name").to_lowercase()),
            Some("name:desc") => {
                rows.sort_by_key(|record| std::cmp::Reverse(record.text("name").to_lowercase()));
            }
            Some(other) => {
                return Err(errors::invalid_one(format!("sort_by may be name, name:asc or name:desc: {other}")));
            }
        }
        Ok(window.cut(self.many, &rows, |record| store.show(self.entity, record, &view).to_string()))
    }

    /// The record that the n-th path argument names.
    pub(crate) fn find<'a>(&self, store: &'a Store, id: &str) -> Result<&'a Record, Reply> {
        store.get(self.entity, id).ok_or_else(errors::not_found)
    }

    pub(crate) fn get(&self, store: &Store, call: &Call) -> Answer {
        let view = View::of(call, self.includes)?;
        let record = self.find(store, call.id(0))?;
        Ok(Reply::wrapped(200, self.one, store.show(self.entity, record, &view)))
    }

    /// The record of an owner: a user's contact method, a service's integration.
    pub(crate) fn find_owned<'a>(&self, store: &'a Store, call: &Call) -> Result<&'a Record, Reply> {
        let record = self.find(store, call.id(1))?;
        if record.owner == call.id(0) { Ok(record) } else { Err(errors::not_found()) }
    }

    pub(crate) fn get_owned(&self, store: &Store, call: &Call) -> Answer {
        let view = View::of(call, self.includes)?;
        let record = self.find_owned(store, call)?;
        Ok(Reply::wrapped(200, self.one, store.show(self.entity, record, &view)))
    }

    pub(crate) fn create(&self, store: &mut Store, call: &Call) -> Answer {
        let given = call.wrapped(self.one)?;
        self.create_from(store, call, &given, "")
    }

    pub(crate) fn create_from(
        &self,
        store: &mut Store,
        call: &Call,
        given: &Map<String, Value>,
        owner: &str,
    ) -> Answer {
        let taken = accept(store, self, given, None)?;
        let mut fields = Map::new();
        if let Value::Object(defaults) = (self.defaults)(call) {
            fields = defaults;
        }
        fields.extend(taken);
        let id = store.add(self.entity, owner, fields);
        self.note(store, call, "create", &id);
        Ok(Reply::wrapped(201, self.one, store.show_id(self.entity, &id, &View::default())))
    }

    pub(crate) fn update(&self, store: &mut Store, call: &Call) -> Answer {
        self.find(store, call.id(0))?;
        let given = call.wrapped(self.one)?;
        self.update_from(store, call, &given, call.id(0))
    }

    pub(crate) fn update_owned(&self, store: &mut Store, call: &Call) -> Answer {
        self.find_owned(store, call)?;
        let given = call.wrapped(self.one)?;
        self.update_from(store, call, &given, call.id(1))
    }

    pub(crate) fn update_from(&self, store: &mut Store, call: &Call, given: &Map<String, Value>, id: &str) -> Answer {
        let taken = accept(store, self, given, Some(id))?;
        if let Some(record) = store.table_mut(self.entity).get_mut(id) {
            record.fields.extend(taken);
        }
        self.note(store, call, "update", id);
        Ok(Reply::wrapped(200, self.one, store.show_id(self.entity, id, &View::default())))
    }

    pub(crate) fn delete(&self, store: &mut Store, call: &Call, id: &str) -> Answer {
        store.remove(self.entity, id).ok_or_else(errors::not_found)?;
        self.note(store, call, "delete", id);
        Ok(Reply::empty(204))
    }

    fn note(&self, store: &mut Store, call: &Call, action: &str, id: &str) {
        if self.audited {
            store.audit(call.now, call.actor.as_deref(), action, self.entity, id);
        }
    }
}

/// The defaults of a kind that has none.
pub(crate) fn nothing(_: &Call) -> Value {
    json!({})
}
