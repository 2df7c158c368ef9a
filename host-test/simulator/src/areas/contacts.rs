//! Contact methods and notification rules of users.

use serde_json::{Value, json};

use super::user_parts;
use crate::call::Call;
use crate::crud::{Kind, Shape};
use crate::errors;
use crate::pages;
use crate::present::{View, bare};
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Store};
use crate::times;

const METHOD_TYPES: &[&str] = &[
    "email_contact_method",
    "phone_contact_method",
    "push_notification_contact_method",
    "sms_contact_method",
    "whatsapp_contact_method",
];

const METHOD: Kind = Kind {
    entity: Entity::ContactMethod,
    one: "contact_method",
    many: "contact_methods",
    fields: &[
        ("type", Shape::OneOf(METHOD_TYPES), true),
        ("address", Shape::Text, true),
        ("label", Shape::Text, false),
        ("country_code", Shape::Whole, false),
        ("send_short_email", Shape::Flag, false),
        ("device_type", Shape::Text, false),
        ("sounds", Shape::Any, false),
    ],
    unique: "",
    searched: &[],
    includes: &[],
    defaults: |_| json!({"label": "Work"}),
    audited: false,
};

const RULE_TYPES: &[&str] = &["assignment_notification_rule"];

const RULE: Kind = Kind {
    entity: Entity::NotificationRule,
    one: "notification_rule",
    many: "notification_rules",
    fields: &[
        ("type", Shape::OneOf(RULE_TYPES), true),
        ("start_delay_in_minutes", Shape::Whole, true),
        ("contact_method", Shape::Any, true),
        ("urgency", Shape::OneOf(&["high", "low"]), true),
    ],
    unique: "",
    searched: &[],
    includes: &[("contact_methods", &["contact_method"])],
    defaults: |call| json!({"created_at": times::account(call.now)}),
    audited: false,
};

const READ: &str = "users:contact_methods.read";
const WRITE: &str = "users:contact_methods.write";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/users/{id}/contact_methods", READ, |store, call| list(store, call, &METHOD)),
    Route::new("POST", "/users/{id}/contact_methods", WRITE, create_method),
    Route::new("GET", "/users/{id}/contact_methods/{method}", READ, |store, call| METHOD.get_owned(store, call)),
    Route::new("PUT", "/users/{id}/contact_methods/{method}", WRITE, |s, call| METHOD.update_owned(s, call)),
    Route::new("DELETE", "/users/{id}/contact_methods/{method}", WRITE, delete_method),
    Route::new("GET", "/users/{id}/notification_rules", READ, |store, call| list(store, call, &RULE)),
    Route::new("POST", "/users/{id}/notification_rules", WRITE, create_rule),
    Route::new("GET", "/users/{id}/notification_rules/{rule}", READ, |store, call| RULE.get_owned(store, call)),
    Route::new("PUT", "/users/{id}/notification_rules/{rule}", WRITE, |s, call| RULE.update_owned(s, call)),
    Route::new("DELETE", "/users/{id}/notification_rules/{rule}", WRITE, |store, call| {
        RULE.find_owned(store, call)?;
        RULE.delete(store, call, call.id(1))
    }),
];

fn user(store: &Store, call: &Call) -> Result<(), Reply> {
    if store.has(Entity::User, call.id(0)) { Ok(()) } else { Err(errors::not_found()) }
}

// Neither list is paged.
fn list(store: &Store, call: &Call, kind: &Kind) -> Answer {
    user(store, call)?;
    let view = View::of(call, kind.includes)?;
    let urgency = call.choices("urgency", &["high", "low", "all"])?.pop();
    let urgency = urgency.filter(|urgency| urgency != "all");
    let rows = store.table(kind.entity).rows().iter().filter(|record| record.owner == call.id(0));
    let rows = rows.filter(|record| urgency.as_deref().is_none_or(|urgency| record.text("urgency") == urgency));
    let items: Vec<String> = rows.map(|record| store.show(kind.entity, record, &view).to_string()).collect();
    Ok(pages::whole(200, kind.many, &items))
}

fn create_method(store: &mut Store, call: &Call) -> Answer {
    user(store, call)?;
    let given = call.wrapped("contact_method")?;
    let address = given.get("address").and_then(Value::as_str).unwrap_or("");
    let kind = given.get("type").and_then(Value::as_str).unwrap_or("");
    let mine = store.table(Entity::ContactMethod).rows().iter().filter(|record| record.owner == call.id(0));
    let same = mine.filter(|record| record.text("type") == kind && record.text("address") == address).count();
    if same > 0 {
        return Err(errors::invalid_one("User Contact method must be unique"));
    }
    METHOD.create_from(store, call, &given, call.id(0))
}

// The rules that use it go with it.
fn delete_method(store: &mut Store, call: &Call) -> Answer {
    METHOD.find_owned(store, call)?;
    let rules = store.table(Entity::NotificationRule).rows().iter();
    let using = rules.filter(|rule| rule.refers_to("contact_method", call.id(1)));
    let using: Vec<String> = using.map(|rule| rule.id.clone()).collect();
    for rule in using {
        store.remove(Entity::NotificationRule, &rule);
    }
    user_parts::release(store, call.id(1));
    METHOD.delete(store, call, call.id(1))
}

fn create_rule(store: &mut Store, call: &Call) -> Answer {
    user(store, call)?;
    let mut given = call.wrapped("notification_rule")?;
    let wanted = given.get("contact_method").and_then(|method| method.get("id")).and_then(Value::as_str);
    let method = wanted.and_then(|id| store.get(Entity::ContactMethod, id)).filter(|m| m.owner == call.id(0));
    if let Some(method) = method {
        let mut reference = bare(Entity::ContactMethod, &method.id);
        reference["type"] = json!(format!("{}_reference", method.text("type")));
        given.insert("contact_method".into(), reference);
    } else if given.contains_key("contact_method") {
        return Err(errors::invalid_one("Contact method does not exist for this user"));
    }
    RULE.create_from(store, call, &given, call.id(0))
}
