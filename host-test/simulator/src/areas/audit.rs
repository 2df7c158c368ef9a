//! The audit trail: newest first, by cursor, a day unless asked for more and
//! never more than 31 days at once.

use serde_json::Value;

use crate::call::Call;
use crate::errors;
use crate::pages::cursor_page;
use crate::present::View;
use crate::reply::Answer;
use crate::routes::Route;
use crate::store::{Entity, Record, Store};
use crate::times::{self, DAY};

const SCOPE: &str = "audit_records.read";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/audit/records", SCOPE, |store, call| list(store, call, None)),
    Route::new("GET", "/services/{id}/audit/records", SCOPE, |store, call| list(store, call, Some(Entity::Service))),
    Route::new("GET", "/teams/{id}/audit/records", SCOPE, |store, call| list(store, call, Some(Entity::Team))),
    Route::new("GET", "/users/{id}/audit/records", SCOPE, |store, call| list(store, call, Some(Entity::User))),
    Route::new("GET", "/schedules/{id}/audit/records", SCOPE, |s, call| list(s, call, Some(Entity::Schedule))),
    Route::new("GET", "/ip_allow_lists/{id}/audit/records", SCOPE, |s, call| list(s, call, Some(Entity::IpAllowList)))
        .early("ip-allow-lists"),
    Route::new("GET", "/escalation_policies/{id}/audit/records", SCOPE, |s, call| {
        list(s, call, Some(Entity::EscalationPolicy))
    }),
];

const ROOTS: &[(&str, &str)] = &[
    ("users", "user_reference"),
    ("teams", "team_reference"),
    ("schedules", "schedule_reference"),
    ("escalation_policies", "escalation_policy_reference"),
    ("services", "service_reference"),
    ("ip_allow_lists", "ip_allow_list_reference"),
];

pub(super) fn list(store: &mut Store, call: &Call, of: Option<Entity>) -> Answer {
    if of.is_some_and(|entity| !store.has(entity, call.id(0))) {
        return Err(errors::not_found());
    }
    let until = call.time("until")?.unwrap_or(call.now);
    let since = call.time("since")?.unwrap_or_else(|| times::plus(until, -DAY));
    if until < since {
        return Err(errors::invalid_one("until must be after since"));
    }
    if until.as_second() - since.as_second() > 31 * DAY {
        return Err(errors::invalid_one("The time between since and until must not exceed 31 days"));
    }
    let names: Vec<&str> = ROOTS.iter().map(|(name, _)| *name).collect();
    let roots = call.choices("root_resource_types[]", &names)?;
    let actions = call.choices("actions[]", &["create", "update", "delete"])?;
    let methods = call.choices("method_type", &["browser", "oauth", "api_token", "identity_provider", "other"])?;
    let actor = call.query.first("actor_id");
    let text = |record: &Record, pointer: (&str, &str)| {
        record.fields.get(pointer.0).and_then(|value| value[pointer.1].as_str().map(str::to_owned)).unwrap_or_default()
    };
    let fits = |record: &&Record| {
        let at = times::parse(record.text("execution_time"));
        let kind = text(record, ("root_resource", "type"));
        let named = ROOTS.iter().find(|(_, reference)| *reference == kind).map(|(name, _)| *name);
        let actors = record.fields.get("actors").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        at.is_some_and(|at| at >= since && at <= until)
            && of.is_none_or(|_| text(record, ("root_resource", "id")) == call.id(0))
            && (roots.is_empty() || named.is_some_and(|name| roots.iter().any(|root| root == name)))
            && (actions.is_empty() || actions.iter().any(|action| action == record.text("action")))
            && (methods.is_empty() || methods.contains(&text(record, ("method", "type"))))
            && actor.is_none_or(|id| actors.iter().any(|actor| actor["id"] == id))
    };
    let rows = store.table(Entity::AuditRecord).rows().iter().rev();
    let ids: Vec<&str> = rows.filter(fits).map(|record| record.id.as_str()).collect();
    cursor_page(call, "records", &ids, 100, |id| store.show_id(Entity::AuditRecord, id, &View::default()))
}
