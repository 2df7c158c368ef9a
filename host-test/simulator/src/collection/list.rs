//! Lists of a collection: filters, order and pages.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::errors;
use crate::pages::{self, Window};
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::store::{Record, Store};

use super::{Loaded, Page};

// Whether a field holds a wanted text: itself, as an id or as a flag.
fn holds(record: &Record, field: &str, wanted: &str) -> bool {
    let own = match super::at(&record.fields, field) {
        Some(Value::String(text)) => text == wanted,
        Some(Value::Bool(flag)) => wanted.parse() == Ok(*flag),
        Some(Value::Array(list)) => list.iter().any(|item| item.as_str() == Some(wanted)),
        _ => false,
    };
    own || record.ids(field).contains(&wanted) || (field == "id" && record.id == wanted)
}

impl Loaded {
    fn lets_through(&self, call: &Call, record: &Record) -> bool {
        self.row.filters.split_whitespace().all(|filter| {
            let part = filter.split_once('~');
            let Some((param, fields)) = part.or_else(|| filter.split_once('=')) else { return true };
            let mut wanted = call.query.all(param);
            wanted.retain(|text| !text.is_empty());
            let fits = |text: &str| match part {
                Some(_) => fields.split(',').any(|f| record.text(f).to_lowercase().contains(&text.to_lowercase())),
                None => fields.split(',').any(|field| holds(record, field, text)),
            };
            wanted.is_empty() || wanted.into_iter().any(fits)
        })
    }

    /// Every record of the owner that the filters let through, in order.
    pub(super) fn rows<'a>(&self, store: &'a Store, call: &Call, owner: &str) -> Result<Vec<&'a Record>, Reply> {
        let rows = store.table(self.row.entity).rows().iter();
        let owned = !self.row.parents.is_empty();
        let mut rows: Vec<&Record> =
            rows.filter(|record| (!owned || record.owner == owner) && self.lets_through(call, record)).collect();
        if let Some(by) = call.query.first("sort_by").filter(|by| !by.is_empty()) {
            let (field, order) = by.split_once(':').unwrap_or((by, "asc"));
            if !matches!(order, "asc" | "desc") {
                return Err(errors::invalid_one(format!("sort_by may end in asc or desc: {by}")));
            }
            rows.sort_by_key(|record| record.text(field).to_lowercase());
            if order == "desc" {
                rows.reverse();
            }
        }
        Ok(rows)
    }

    pub(super) fn list(&self, store: &Store, call: &Call) -> Answer {
        self.list_where(store, call, |_| true)
    }

    /// The list, of what `keep` lets through besides the filters.
    pub(crate) fn list_where(&self, store: &Store, call: &Call, keep: impl Fn(&Record) -> bool) -> Answer {
        let row = self.row;
        let owner = self.owner(store, call)?;
        let view = View::of(call, row.includes)?;
        let mut rows = self.rows(store, call, &owner)?;
        rows.retain(|record| keep(record));
        let show = |record: &Record| store.show(row.entity, record, &view);
        let mut reply = match row.page {
            Page::Whole => {
                let items: Vec<String> = rows.iter().map(|record| show(record).to_string()).collect();
                pages::whole(200, row.many, &items)
            }
            Page::Offset => Window::of(call)?.cut(row.many, &rows, |record| show(record).to_string()),
            Page::Cursor(most) => {
                let ids: Vec<&str> = rows.iter().map(|record| record.id.as_str()).collect();
                let shown = |id: &str| store.get(row.entity, id).map_or(Value::Null, show);
                pages::cursor_page(call, row.many, &ids, most, shown)?
            }
        };
        if self.beside.as_object().is_some_and(|more| !more.is_empty()) {
            let mut body: Map<String, Value> = serde_json::from_slice(&reply.body).unwrap_or_default();
            for (name, value) in self.beside.as_object().into_iter().flatten() {
                let value = match value.as_str() {
                    Some("$count") => json!(rows.len()),
                    Some("$more") => json!(!body.get("next_cursor").is_none_or(Value::is_null)),
                    _ => value.clone(),
                };
                body.insert(name.clone(), value);
            }
            reply.body = Value::Object(body).to_string().into_bytes();
        }
        Ok(reply)
    }
}
