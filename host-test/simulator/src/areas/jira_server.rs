//! The rules of a Jira Server, which signs every request with a header of its
//! own.

use crate::call::Call;
use crate::collection::{self, Collection, Links, PLAIN, Verb};
use crate::errors;
use crate::reply::Answer;
use crate::routes::Route;
use crate::store::{Entity, Store};

const RULE: Entity = Entity::Of("jira_server_rule");

pub(crate) const COLLECTIONS: &[Collection] = &[Collection {
    entity: RULE,
    path: "/integration-jira-service/rules",
    one: "rule",
    many: "rules",
    verbs: "",
    fields: "name!:text enabled!:flag config!:object",
    defaults: r#"{"created_at": "$utc"}"#,
    links: Links::None,
    statuses: [200, 200, 200, 204],
    seed: &[(
        0,
        r#"{"name": "Tell Jira", "enabled": true, "config": {"sync_comments": true, "services": ["$service:0"],
                "projects": [{"id": "10000", "key": "OPS", "label": "Operations",
                    "icon": "https://jira.lanternway.example/p.png", "html_url": "https://jira.lanternway.example/OPS"}],
                "issue_types": [{"id": "10001", "label": "Incident", "icon": "https://jira.lanternway.example/i.png"}]}}"#,
    )],
    ..PLAIN
}];

const RULES: &str = "/integration-jira-service/rules";
const ONE: &str = "/integration-jira-service/rules/{id}";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", RULES, "", |store, call| signed(store, call, Verb::List)),
    Route::new("POST", RULES, "", |store, call| signed(store, call, Verb::Create)),
    Route::new("GET", ONE, "", |store, call| signed(store, call, Verb::Get)),
    Route::new("PUT", ONE, "", |store, call| signed(store, call, Verb::Update)),
    Route::new("DELETE", ONE, "", |store, call| signed(store, call, Verb::Delete)),
];

fn signed(store: &mut Store, call: &Call, verb: Verb) -> Answer {
    if call.header("x-pagerduty-jira-signature").is_empty() {
        return Err(errors::unauthenticated());
    }
    collection::of(RULE).map_or_else(|| Err(errors::not_found()), |rules| rules.answer(verb, store, call))
}
