//! Everything that hangs around the core of an account.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{before, nth, put, put_as, put_owned, words};
use crate::present::bare;
use crate::store::{Entity, Store};
use crate::times::{self, DAY, HOUR};

/// How many days of deployments and of audit there are.
const CHANGES: usize = 400;
const AUDITS: usize = 320;

pub(super) fn vendors(store: &mut Store) {
    for product in words::VENDOR_PRODUCTS {
        for name in words::VENDORS {
            let full = format!("{name} {product}").trim().to_owned();
            let slug = full.to_lowercase().replace(' ', "-");
            let fields = json!({
                "name": full,
                "website_url": format!("https://{slug}.example"),
                "logo_url": format!("https://static.lanternway.example/vendors/{slug}.png"),
                "thumbnail_url": format!("https://static.lanternway.example/vendors/{slug}-small.png"),
                "description": format!("{full} sends alerts and takes acknowledgements back."),
                "integration_guide_url": format!("https://{slug}.example/guides/incidents"),
                "alert_creation_default": "create_alerts_and_incidents",
                "is_pd_cef": product.is_empty(),
            });
            put(store, Entity::Vendor, fields);
        }
    }
}

pub(super) fn priorities(store: &mut Store, now: Timestamp) {
    let levels = [
        ("P1", "Customers cannot buy; all hands", "a8171c"),
        ("P2", "Customers feel it", "eb6016"),
        ("P3", "Part of the shop is slow or wrong", "f9b406"),
        ("P4", "Only we notice", "555555"),
        ("P5", "Tidy up when there is time", "555555"),
    ];
    for (order, (name, description, color)) in levels.into_iter().enumerate() {
        let fields = json!({
            "name": name, "description": description, "color": color, "order": (5 - order) * 16_777_216,
            "schema_version": 0, "account_id": "PACCT01",
            "created_at": times::utc(times::plus(now, -900 * DAY)),
            "updated_at": times::utc(times::plus(now, -900 * DAY)),
        });
        put(store, Entity::Priority, fields);
    }
}

pub(super) fn maintenance(store: &mut Store, now: Timestamp) {
    for n in 0..14_i64 {
        let place = usize::try_from(n).unwrap_or(0);
        // Nine are over, one runs, four are to come.
        let start = (n - 9) * 7 * DAY - HOUR;
        let service = nth(store, Entity::Service, place * 4);
        let user = nth(store, Entity::User, place);
        let fields = json!({
            "sequence_number": n + 1,
            "start_time": before(now, -start),
            "end_time": before(now, -(start + 3 * HOUR)),
            "description": format!("Patch round {}", n + 1),
            "services": [bare(Entity::Service, &service)],
            "teams": [bare(Entity::Team, &nth(store, Entity::Team, place))],
            "created_by": bare(Entity::User, &user),
        });
        put(store, Entity::MaintenanceWindow, fields);
    }
}

pub(super) fn change_events(store: &mut Store, now: Timestamp) {
    for n in (0..CHANGES).rev() {
        let back = i64::try_from(n).unwrap_or(0) * 8 * HOUR + store.rng().between(60, 7 * HOUR);
        let service = store.rng().below(60);
        let (service, name) = match store.table(Entity::Service).nth(service) {
            Some(row) => (row.id.clone(), row.text("name").to_owned()),
            None => continue,
        };
        let integrations = store.table(Entity::Integration).rows().iter();
        let integration = integrations.filter(|row| row.owner == service).map(|row| row.id.clone()).next();
        let build = 4_000 + CHANGES - n;
        let fields = json!({
            "type": "change_event",
            "summary": format!("{name}: build {build} deployed"),
            "timestamp": times::utc(times::plus(now, -back)),
            "source": "lanternway-ci",
            "integration": {"id": integration, "type": "events_api_v2_inbound_integration_reference"},
            "services": [bare(Entity::Service, &service)],
            "custom_details": {"build_number": build.to_string(), "build_state": "passed"},
            "links": [{"href": format!("https://ci.lanternway.example/builds/{build}"), "text": "Build"}],
            "images": [],
        });
        let id = store.rng().id("01", 26);
        put_as(store, Entity::ChangeEvent, id, fields);
    }
}

// Busy enough that a day does not fit on a page of 100 and a month takes more.
pub(super) fn audit(store: &mut Store, now: Timestamp) {
    let roots = [Entity::User, Entity::Team, Entity::Schedule, Entity::EscalationPolicy, Entity::Service];
    for n in (0..AUDITS).rev() {
        let back = i64::try_from(n).unwrap_or(0) * if n < 150 { 500 } else { 2 * HOUR };
        let entity = store.rng().pick(&[0, 1, 2, 3, 4]);
        let Some(entity) = roots.get(entity).copied() else { continue };
        let place = store.rng().below(60);
        let Some(root) = store.table(entity).nth(place) else { continue };
        let kind = format!("{}_reference", entity.names().one);
        let root = json!({"id": root.id, "type": kind, "summary": root.text("name")});
        let actor = store.rng().below(8);
        let actor = nth(store, Entity::User, actor);
        let name = store.get(Entity::User, &actor).map(|user| user.text("name").to_owned());
        let at = times::plus(now, -back - 30);
        let action = if n % 9 == 0 { "create" } else { "update" };
        let fields = json!({
            "execution_time": format!("{}.{:03}Z", times::utc(at).trim_end_matches('Z'), n % 1_000),
            "execution_context": {"request_id": store.rng().uuid(), "remote_address": format!("203.0.113.{}", n % 250)},
            "actors": [{"id": actor, "summary": name, "type": "user_reference"}],
            "method": if n % 3 == 0 { json!({"type": "browser"}) } else { json!({"type": "api_token", "truncated_token": "0001"}) },
            "root_resource": root,
            "action": action,
            "details": {
                "resource": root,
                "fields": [{"name": "description", "before_value": null, "value": "Reviewed"}],
            },
        });
        let id = store.rng().id("PDRECORD", 26);
        put_as(store, Entity::AuditRecord, id, fields);
    }
}

pub(super) fn grouping(store: &mut Store, now: Timestamp) {
    for n in 0..30_usize {
        let kind = *["content_based", "time", "intelligent", "content_based_intelligent"].get(n % 4).unwrap_or(&"time");
        let config = match kind {
            "time" => json!({"timeout": 300}),
            "intelligent" => json!({"time_window": 600, "iag_fields": ["summary"]}),
            _ => json!({"time_window": 3_600, "aggregate": "all", "fields": ["summary", "custom_details.region"]}),
        };
        let services: Vec<Value> = [n * 2, n * 2 + 1]
            .into_iter()
            .filter_map(|place| store.table(Entity::Service).nth(place))
            .map(|service| json!({"id": service.id, "name": service.text("name")}))
            .collect();
        let fields = json!({
            "name": format!("Grouping {:02}", n + 1),
            "description": "Keeps noise together",
            "type": kind,
            "config": config,
            "services": services,
            "created_at": times::utc(times::plus(now, -400 * DAY)),
            "updated_at": times::utc(times::plus(now, -40 * DAY)),
        });
        put(store, Entity::GroupingSetting, fields);
    }
}

pub(super) fn status_pages(store: &mut Store, now: Timestamp) {
    for n in 0..130_i64 {
        let kind = if n % 3 == 0 { "private" } else { "public" };
        let fields = json!({
            "name": format!("Lanternway status {:03}", n + 1),
            "published_at": times::utc(times::plus(now, (n - 400) * DAY)),
            "status_page_type": kind,
            "url": format!("https://status-{:03}.lanternway.example", n + 1),
            "type": "status_page",
        });
        put(store, Entity::StatusPage, fields);
    }
}

pub(super) fn allow_lists(store: &mut Store) {
    let id = store.rng().id("A", 26);
    let fields = json!({
        "type": "ip_allow_list",
        "state": "enabled",
        "cidr_entries": [
            {"cidr": "192.0.2.0/24", "description": "Head office"},
            {"cidr": "203.0.113.8/32", "description": null},
        ],
    });
    put_as(store, Entity::IpAllowList, id, fields);
}

/// The workspace that the seeded connections belong to.
const WORKSPACE: &str = "T0LANTERN";

pub(super) fn slack(store: &mut Store) {
    for n in 0..34_usize {
        let service = store.table(Entity::Service).nth(n).map(|row| (row.id.clone(), row.text("name").to_owned()));
        let (id, name) = service.unwrap_or_default();
        let fields = json!({
            "source_id": id, "source_name": name, "source_type": "service_reference",
            "channel_id": format!("C0CHAN{n:03}"), "channel_name": format!("ops-{n:02}"),
            "notification_type": "responder",
            "config": {
                "events": ["incident.triggered", "incident.acknowledged", "incident.resolved"],
                "priorities": [], "urgency": null,
            },
        });
        put_owned(store, Entity::SlackConnection, WORKSPACE, fields);
    }
}

pub(super) fn enrichment(store: &mut Store, now: Timestamp) {
    for (name, query) in [("Owners and runbooks", "Application"), ("Hosts", "Host")] {
        let id = store.rng().uuid();
        let fields = json!({
            "type": "enrichment_schema", "integration_type": "CSV", "name": name,
            "description": "Adds what the alert does not know",
            "fields": [{"name": query, "type": "query"}, {"name": "Owner", "type": "enriched"}],
            "created_at": times::utc(times::plus(now, -90 * DAY)),
            "updated_at": times::utc(times::plus(now, -9 * DAY)),
            "deleted_at": null,
        });
        put_as(store, Entity::EnrichmentSchema, id, fields);
    }
    for n in 0..3_usize {
        let id = store.rng().id("A", 26);
        let services: Vec<Value> =
            (0..10).map(|place| bare(Entity::Service, &nth(store, Entity::Service, place * 3 + n))).collect();
        let owner = bare(Entity::User, &store.owner);
        let fields = json!({
            "name": format!("Enrichment {}", n + 1), "description": null, "is_default": n == 0,
            "associated_services": 10, "associated_event_orchestrations": 0,
            "team": bare(Entity::Team, &nth(store, Entity::Team, n)),
            "created_at": times::utc(times::plus(now, -80 * DAY)), "created_by": owner,
            "updated_at": times::utc(times::plus(now, -8 * DAY)), "updated_by": owner,
            "self": format!("https://api.pagerduty.com/enrichment/event_enrichments/{id}"),
            "associations": services,
        });
        put_as(store, Entity::EventEnrichment, id, fields);
    }
}

pub(super) fn custom_fields(store: &mut Store, now: Timestamp) {
    let option = |store: &mut Store, value: &str| {
        json!({
            "id": store.rng().short_id(), "type": "field_option",
            "data": {"data_type": "string", "value": value},
            "created_at": times::utc(times::plus(now, -300 * DAY)),
            "updated_at": times::utc(times::plus(now, -300 * DAY)),
        })
    };
    let kinds = [
        ("environment", "Environment", "string", "single_value_fixed", &["production", "staging", "test"][..]),
        ("affected_regions", "Affected regions", "string", "multi_value_fixed", &["eu", "us", "apac"][..]),
        ("ticket", "Ticket", "url", "single_value", &[][..]),
        ("orders_lost", "Orders lost", "integer", "single_value", &[][..]),
        ("reported_by_customer", "Reported by a customer", "boolean", "single_value", &[][..]),
    ];
    for (name, display, data, field, options) in kinds {
        let options: Vec<Value> = options.iter().map(|value| option(store, value)).collect();
        let fields = json!({
            "type": "field", "name": name, "display_name": display, "description": format!("{display} of the incident"),
            "data_type": data, "field_type": field, "default_value": null, "enabled": true, "field_options": options,
            "created_at": times::utc(times::plus(now, -300 * DAY)),
            "updated_at": times::utc(times::plus(now, -300 * DAY)),
        });
        put(store, Entity::CustomField, fields);
    }
}
