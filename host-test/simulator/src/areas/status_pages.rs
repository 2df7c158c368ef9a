//! Status pages: what they can say (impacts, severities, statuses), what they
//! said (posts, their updates and post-mortems), and who reads them.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{self, Collection, Id, Links, PLAIN};
use crate::errors;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};
use crate::times;

const POST: Entity = Entity::Of("status_page_post");
const UPDATE: Entity = Entity::Of("status_page_post_update");
const POSTMORTEM: Entity = Entity::Of("status_page_post_postmortem");

const SCOPE: &str = "status_pages";

/// What every collection of a page has in common.
const OF_A_PAGE: Collection = Collection {
    links: Links::Itself,
    scope: SCOPE,
    parents: &[Entity::StatusPage],
    defaults: r#"{"status_page": {"id": "$owner", "type": "status_page"}}"#,
    ..PLAIN
};

pub(crate) const COLLECTIONS: &[Collection] = &[
    Collection {
        entity: Entity::Of("status_page_impact"),
        kind: "status_page_impact",
        path: "/status_pages/{id}/impacts",
        one: "impact",
        many: "impacts",
        verbs: "LG",
        filters: "post_type=post_type",
        seed: &[
            (0, r#"{"description": "operational", "post_type": "incident"}"#),
            (0, r#"{"description": "partially out", "post_type": "incident"}"#),
            (0, r#"{"description": "under maintenance", "post_type": "maintenance"}"#),
        ],
        ..OF_A_PAGE
    },
    Collection {
        entity: Entity::Of("status_page_severity"),
        kind: "status_page_severity",
        path: "/status_pages/{id}/severities",
        one: "severity",
        many: "severities",
        verbs: "LG",
        filters: "post_type=post_type",
        seed: &[
            (0, r#"{"description": "all good", "post_type": "incident"}"#),
            (0, r#"{"description": "minor", "post_type": "incident"}"#),
            (0, r#"{"description": "maintenance", "post_type": "maintenance"}"#),
        ],
        ..OF_A_PAGE
    },
    Collection {
        entity: Entity::Of("status_page_status"),
        kind: "status_page_status",
        path: "/status_pages/{id}/statuses",
        one: "status",
        many: "statuses",
        verbs: "LG",
        filters: "post_type=post_type",
        seed: &[
            (0, r#"{"description": "investigating", "post_type": "incident"}"#),
            (0, r#"{"description": "resolved", "post_type": "incident"}"#),
            (0, r#"{"description": "scheduled", "post_type": "maintenance"}"#),
        ],
        ..OF_A_PAGE
    },
    Collection {
        entity: Entity::Of("status_page_service"),
        kind: "status_page_service",
        path: "/status_pages/{id}/services",
        one: "service",
        many: "services",
        verbs: "LG",
        seed: &[(0, r#"{"name": "Checkout"}"#), (0, r#"{"name": "Search"}"#)],
        ..OF_A_PAGE
    },
    Collection {
        entity: POST,
        kind: "status_page_post",
        path: "/status_pages/{id}/posts",
        one: "post",
        many: "posts",
        fields: "title!:text post_type!:incident|maintenance starts_at:time ends_at:time",
        defaults: r#"{"status_page": {"id": "$owner", "type": "status_page"}, "starts_at": null, "ends_at": null}"#,
        filters: "post_type=post_type",
        includes: &[("status_page_post_update", &[])],
        seed: &[(0, r#"{"title": "Checkout is slow", "post_type": "incident"}"#)],
        check: with_updates,
        made: keep_updates,
        derive: of_post,
        ..OF_A_PAGE
    },
    Collection {
        entity: UPDATE,
        kind: "status_page_post_update",
        path: "/status_pages/{id}/posts/{post}/post_updates",
        one: "post_update",
        many: "post_updates",
        fields: UPDATE_FIELDS,
        defaults: r#"{"post": {"id": "$owner", "type": "status_page_post"}, "reviewed_status": "approved",
            "impacted_services": [], "notify_subscribers": false, "update_frequency_ms": null, "reported_at": "$utc"}"#,
        filters: "reviewed_status=reviewed_status",
        parents: &[Entity::StatusPage, POST],
        seed: &[(
            0,
            r#"{"message": "<p>We are looking into it.</p>",
                "status": {"id": "$status_page_status.id:0", "type": "status_page_status"},
                "severity": {"id": "$status_page_severity.id:1", "type": "status_page_severity"}}"#,
        )],
        ..OF_A_PAGE
    },
    Collection {
        entity: Entity::Of("status_page_subscription"),
        kind: "status_page_subscription",
        path: "/status_pages/{id}/subscriptions",
        one: "subscription",
        many: "subscriptions",
        verbs: "LCGD",
        fields: "channel!:webhook|email contact!:text subscribable_object!:object",
        defaults: r#"{"status_page": {"id": "$owner", "type": "status_page"}, "status": "active"}"#,
        filters: "status=status channel=channel",
        seed: &[(
            0,
            r#"{"channel": "email", "contact": "reader@lanternway.example",
                "subscribable_object": {"id": "$owner", "type": "status_page"}}"#,
        )],
        ..OF_A_PAGE
    },
    Collection {
        entity: POSTMORTEM,
        kind: "status_page_post_postmortem",
        path: "/status_pages/{id}/posts/{post}/postmortem",
        one: "postmortem",
        many: "postmortem",
        verbs: "",
        id: Id::Form("P", 7),
        parents: &[Entity::StatusPage, POST],
        seed: &[(
            0,
            r#"{"post": {"id": "$owner", "type": "status_page_post"}, "message": "<p>A disk was full.</p>",
                "notify_subscribers": false, "reported_at": "$utc"}"#,
        )],
        ..OF_A_PAGE
    },
];

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/status_pages/{id}/posts/{post}/postmortem", "status_pages.read", postmortem),
    Route::new("PUT", "/status_pages/{id}/posts/{post}/postmortem", "status_pages.write", write_postmortem),
    Route::new("DELETE", "/status_pages/{id}/posts/{post}/postmortem", "status_pages.write", delete_postmortem),
];

const UPDATE_FIELDS: &str = "message!:text status!:object severity!:object impacted_services:list \
    update_frequency_ms:whole notify_subscribers:flag reported_at:time";

// A post begins with an update.
fn with_updates(_: &mut Store, _: &Call, given: &mut Map<String, Value>, id: Option<&str>) -> Result<(), Reply> {
    let updates = given.get("updates").and_then(Value::as_array);
    match updates {
        None if id.is_none() => Err(errors::invalid_one("Updates can't be blank")),
        Some(list) if list.iter().any(|update| !update["message"].is_string()) => {
            Err(errors::invalid_one("Message can't be blank"))
        }
        _ => Ok(()),
    }
}

fn keep_updates(store: &mut Store, call: &Call, id: &str) {
    let Some(updates) = collection::of(UPDATE) else { return };
    let given = call.wrapped("post").ok().and_then(|mut post| post.remove("updates"));
    for update in given.as_ref().and_then(Value::as_array).into_iter().flatten() {
        let kept = update.as_object().into_iter().flatten();
        let kept = kept.filter(|(name, _)| !matches!(name.as_str(), "id" | "type" | "self" | "post"));
        let kept: Map<String, Value> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        updates.put(store, kept, id, call.now, call.actor.as_deref());
    }
}

fn of_post(store: &Store, post: &Record, shown: &mut Map<String, Value>) {
    let address = |kind: &str, record: &Record| {
        json!({"id": record.id, "type": kind, "self": collection::of(UPDATE).map(|own| {
            let base = own.address(store, record);
            format!("https://api.pagerduty.com{base}")
        })})
    };
    let owned = |entity| store.table(entity).rows().iter().filter(|record| record.owner == post.id);
    shown.insert("updates".into(), owned(UPDATE).map(|update| address("status_page_post_update", update)).collect());
    if let Some(last) = owned(POSTMORTEM).next() {
        shown.insert("postmortem".into(), json!({"id": last.id, "type": "status_page_post_postmortem"}));
    }
}

// The post that the path names, and its post-mortem where it has one.
fn find(store: &Store, call: &Call) -> Result<(String, Option<String>), Reply> {
    let post = store.get(POST, call.id(1)).filter(|post| post.owner == call.id(0)).ok_or_else(errors::not_found)?;
    let mut rows = store.table(POSTMORTEM).rows().iter();
    Ok((post.id.clone(), rows.find(|record| record.owner == post.id).map(|record| record.id.clone())))
}

fn show(store: &Store, id: &str) -> Reply {
    Reply::wrapped(200, "postmortem", store.show_id(POSTMORTEM, id, &crate::present::View::default()))
}

fn postmortem(store: &mut Store, call: &Call) -> Answer {
    let (_, found) = find(store, call)?;
    Ok(show(store, &found.ok_or_else(errors::not_found)?))
}

fn write_postmortem(store: &mut Store, call: &Call) -> Answer {
    let (post, found) = find(store, call)?;
    let given = call.wrapped("postmortem")?;
    let Some(message) = given.get("message").filter(|message| message.is_string()) else {
        return Err(errors::invalid_one("Message can't be blank"));
    };
    let fields = json!({
        "post": {"id": post, "type": "status_page_post"},
        "message": message,
        "notify_subscribers": given.get("notify_subscribers").and_then(Value::as_bool).unwrap_or(false),
        "reported_at": times::utc(call.now),
    });
    let Value::Object(fields) = fields else { return Err(errors::not_found()) };
    let id = match found {
        Some(id) => {
            if let Some(record) = store.table_mut(POSTMORTEM).get_mut(&id) {
                record.fields = fields;
            }
            id
        }
        None => store.add(POSTMORTEM, &post, fields),
    };
    Ok(show(store, &id))
}

fn delete_postmortem(store: &mut Store, call: &Call) -> Answer {
    let (_, found) = find(store, call)?;
    store.remove(POSTMORTEM, &found.ok_or_else(errors::not_found)?);
    Ok(Reply::empty(204))
}
