//! What the assistant remembers of services and incidents.

use crate::collection::{Collection, Links, PLAIN, Page};
use crate::store::Entity;

const MEMORY: Entity = Entity::Of("sre_memory");

const MEMORIES: Collection = Collection {
    entity: MEMORY,
    path: "/sre_agent/memories",
    one: "memory",
    many: "memories",
    fields: "content!:text",
    defaults: r#"{"type": "sre_memory", "created_at": "$utc"}"#,
    stamps: r#"{"updated_at": "$utc"}"#,
    filters: "service_id=attributes.service_id incident_id=attributes.incident_id type=attributes.type",
    page: Page::Whole,
    links: Links::None,
    ..PLAIN
};

// Reading asks for another scope than writing.
pub(crate) const COLLECTIONS: &[Collection] = &[
    Collection {
        verbs: "L",
        scope: "incident",
        seed: &[
            (
                0,
                r#"{"content": "Restart the queue before the workers", "attributes": {"account_id": "P0ACCNT",
                "service_id": "$service.id:0", "type": "runbook"}}"#,
            ),
            (
                0,
                r#"{"content": "Talks to the ledger at night", "attributes": {"account_id": "P0ACCNT",
                "service_id": "$service.id:1", "type": "service_profile"}}"#,
            ),
        ],
        ..MEMORIES
    },
    Collection { verbs: "UD", scope: "sre_agent", ..MEMORIES },
];
