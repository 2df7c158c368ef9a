//! Slack's service: connections of a workspace. It knows users only, so an
//! account's key is refused.

use crate::auth::Kind as Key;
use crate::call::Call;
use crate::crud::{Kind, nothing};
use crate::errors;
use crate::reply::Answer;
use crate::routes::Route;
use crate::store::{Entity, Store};

const KIND: Kind = Kind {
    entity: Entity::SlackConnection,
    one: "slack_connection",
    many: "slack_connections",
    fields: &[],
    unique: "",
    searched: &[],
    includes: &[],
    defaults: nothing,
    audited: false,
};

pub(crate) const ROUTES: &[Route] = &[Route::new("GET", "/integration-slack/workspaces/{team}/connections", "", list)];

fn list(store: &mut Store, call: &Call) -> Answer {
    if matches!(call.caller.kind, Key::Account | Key::ReadOnly) {
        return Err(errors::slack(403, "Forbidden"));
    }
    let mut all = store.table(Entity::SlackConnection).rows().iter();
    if !all.any(|connection| connection.owner == call.id(0)) {
        return Err(errors::slack(404, "Not Found"));
    }
    KIND.list(store, call, |connection| connection.owner == call.id(0))
}
