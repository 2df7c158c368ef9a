//! Teams, their members and policies.

use serde_json::{Value, json};

use crate::call::Call;
use crate::crud::{Kind, Shape};
use crate::errors;
use crate::pages::Window;
use crate::present::{View, bare};
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Member, Store};

const MEMBER_ROLES: &[&str] = &["observer", "responder", "manager"];

const KIND: Kind = Kind {
    entity: Entity::Team,
    one: "team",
    many: "teams",
    fields: &[
        ("name", Shape::Text, true),
        ("description", Shape::Text, false),
        ("parent", Shape::Ref(Entity::Team), false),
        ("default_role", Shape::OneOf(&["manager", "none"]), false),
    ],
    unique: "name",
    searched: &["name"],
    includes: &[("privileges", &[])],
    defaults: |_| json!({"name": null, "description": null, "default_role": "manager", "parent": null}),
    audited: true,
};

const WRITE: &str = "teams.write";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/teams", "teams.read", |store, call| KIND.list(store, call, |_| true)),
    Route::new("POST", "/teams", WRITE, |store, call| KIND.create(store, call)),
    Route::new("GET", "/teams/{id}", "teams.read", |store, call| KIND.get(store, call)),
    Route::new("PUT", "/teams/{id}", WRITE, |store, call| KIND.update(store, call)),
    Route::new("DELETE", "/teams/{id}", WRITE, delete),
    Route::new("GET", "/teams/{id}/members", "teams.read", members),
    Route::new("PUT", "/teams/{id}/users/{user}", WRITE, add_user),
    Route::new("DELETE", "/teams/{id}/users/{user}", WRITE, remove_user),
    Route::new("PUT", "/teams/{id}/escalation_policies/{policy}", WRITE, |store, call| policy(store, call, true)),
    Route::new("DELETE", "/teams/{id}/escalation_policies/{policy}", WRITE, |store, call| policy(store, call, false)),
];

fn delete(store: &mut Store, call: &Call) -> Answer {
    let id = call.id(0);
    KIND.find(store, id)?;
    let heir = call.query.first("reassignment_team").filter(|team| !team.is_empty());
    if let Some(heir) = heir {
        KIND.find(store, heir).map_err(|_| errors::invalid_one("Reassignment team does not exist"))?;
    }
    for incident in store.incidents.iter_mut().filter(|incident| incident.open()) {
        if incident.teams.iter().any(|team| team == id) {
            incident.teams.retain(|team| team != id);
            incident.teams.extend(heir.map(str::to_owned));
        }
    }
    store.members.retain(|member| member.team != id);
    let policies = store.table(Entity::EscalationPolicy).rows().iter();
    let held: Vec<String> = policies.filter(|p| p.refers_to("teams", id)).map(|p| p.id.clone()).collect();
    for policy in held {
        set_team(store, &policy, id, false);
    }
    KIND.delete(store, call, id)
}

fn members(store: &mut Store, call: &Call) -> Answer {
    KIND.find(store, call.id(0))?;
    let window = Window::of(call)?;
    let view = View::of(call, &[("users", &["user"])])?;
    let members: Vec<&Member> = store.members.iter().filter(|member| member.team == call.id(0)).collect();
    Ok(window.cut("members", &members, |member| {
        let mut shown = json!({"user": bare(Entity::User, &member.user), "role": member.role});
        store.complete(&mut shown, "", &view);
        shown.to_string()
    }))
}

// The body is optional; a second call changes the role.
fn add_user(store: &mut Store, call: &Call) -> Answer {
    let (team, user) = (call.id(0), call.id(1));
    KIND.find(store, team)?;
    if !store.has(Entity::User, user) {
        return Err(errors::not_found());
    }
    let role = if call.body.is_empty() { None } else { call.object()?.remove("role") };
    let role = match role {
        None | Some(Value::Null) => "manager".to_owned(),
        Some(Value::String(role)) if MEMBER_ROLES.contains(&role.as_str()) => role,
        Some(other) => {
            let problem = format!("Role must be one of {}: {other}", MEMBER_ROLES.join(", "));
            return Err(errors::invalid_one(problem));
        }
    };
    store.generation += 1;
    let known = store.members.iter_mut().find(|member| member.team == team && member.user == user);
    match known {
        Some(member) => member.role = role,
        None => store.members.push(Member { team: team.into(), user: user.into(), role }),
    }
    store.audit(call.now, call.actor.as_deref(), "update", Entity::Team, team);
    Ok(Reply::empty(204))
}

fn remove_user(store: &mut Store, call: &Call) -> Answer {
    let (team, user) = (call.id(0), call.id(1));
    KIND.find(store, team)?;
    let before = store.members.len();
    store.members.retain(|member| !(member.team == team && member.user == user));
    if store.members.len() == before {
        return Err(errors::not_found());
    }
    store.generation += 1;
    store.audit(call.now, call.actor.as_deref(), "update", Entity::Team, team);
    Ok(Reply::empty(204))
}

fn policy(store: &mut Store, call: &Call, belongs: bool) -> Answer {
    KIND.find(store, call.id(0))?;
    if !store.has(Entity::EscalationPolicy, call.id(1)) {
        return Err(errors::not_found());
    }
    set_team(store, call.id(1), call.id(0), belongs);
    Ok(Reply::empty(204))
}

// A policy is of one team at most, so adding one replaces the other.
fn set_team(store: &mut Store, policy: &str, team: &str, belongs: bool) {
    if let Some(policy) = store.table_mut(Entity::EscalationPolicy).get_mut(policy) {
        let held = policy.refers_to("teams", team);
        if belongs {
            policy.fields.insert("teams".into(), json!([bare(Entity::Team, team)]));
        } else if held {
            policy.fields.insert("teams".into(), json!([]));
        }
    }
}
