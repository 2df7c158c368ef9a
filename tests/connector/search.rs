//! What people type, and the operation they mean.

use host_test::World;
use host_test::host::contract::{Operation, Stability};
use host_test::host::search;

/// What is typed, the operation that is meant, and within how many it comes.
const PHRASES: &[(&str, usize, &str)] = &[
    ("ack", 1, "incidents.update"),
    ("acknowledge", 1, "incidents.update"),
    ("acknowledge an incident", 1, "incidents.update"),
    ("acknowlege an incident", 1, "incidents.update"),
    ("ack all incidents", 1, "incidents.bulk-update"),
    ("resolve", 1, "incidents.update"),
    ("resolve an incident", 1, "incidents.update"),
    ("close incident", 1, "incidents.update"),
    ("reassign", 1, "incidents.update"),
    ("escalate", 1, "incidents.update"),
    ("escalate an incident", 1, "incidents.update"),
    ("change priority", 1, "incidents.update"),
    ("page someone", 1, "incidents.create"),
    ("trigger an incident", 1, "incidents.create"),
    ("create incident", 1, "incidents.create"),
    ("new incident", 1, "incidents.create"),
    ("open an incident", 1, "incidents.create"),
    ("raise an incident", 1, "incidents.create"),
    ("declare an incident", 1, "incidents.create"),
    ("list incidents", 1, "incidents.list"),
    ("open incidents", 1, "incidents.list"),
    ("incidents", 1, "incidents.list"),
    ("incidnets", 1, "incidents.list"),
    ("find incidents", 1, "incidents.list"),
    ("outages", 1, "incidents.list"),
    ("who is on call", 1, "on-calls.list"),
    ("whos on call", 3, "on-calls.list"),
    ("on call", 1, "on-calls.list"),
    ("oncall", 3, "on-calls.list"),
    ("who is on-call right now", 1, "on-calls.list"),
    ("rota", 3, "on-calls.list"),
    ("roster", 3, "on-calls.list"),
    ("schedules", 1, "schedules.list"),
    ("shift override", 1, "schedules.overrides.create"),
    ("cover a shift", 1, "schedules.overrides.create"),
    ("swap shifts", 1, "schedules.overrides.create"),
    ("vacation", 1, "schedules.overrides.create"),
    ("snooze", 1, "incidents.snooze"),
    ("snooze an incident", 1, "incidents.snooze"),
    ("remind me later", 1, "incidents.snooze"),
    ("silence", 3, "incidents.snooze"),
    ("silence alerts", 1, "maintenance-windows.create"),
    ("mute", 3, "maintenance-windows.create"),
    ("mute a service", 1, "maintenance-windows.create"),
    ("maintenance", 3, "maintenance-windows.create"),
    ("schedule downtime", 1, "maintenance-windows.create"),
    ("end maintenance", 1, "maintenance-windows.delete"),
    ("merge incidents", 1, "incidents.merge"),
    ("combine incidents", 1, "incidents.merge"),
    ("note", 1, "incidents.notes.create"),
    ("comment", 1, "incidents.notes.create"),
    ("add a comment", 1, "incidents.notes.create"),
    ("status update", 1, "incidents.status-updates.create"),
    ("post status update", 1, "incidents.status-updates.create"),
    ("inform stakeholders", 1, "incidents.status-updates.create"),
    ("subscribe", 3, "incidents.subscribers.add"),
    ("subscribe to an incident", 1, "incidents.subscribers.add"),
    ("add responders", 1, "incidents.responder-requests.create"),
    ("ask for help", 1, "incidents.responder-requests.create"),
    ("timeline", 3, "incidents.log-entries.list"),
    ("runbook", 2, "automation-actions.invoke"),
    ("run a runbook", 1, "automation-actions.invoke"),
    ("playbook", 1, "incident-workflows.start"),
    ("run workflow", 1, "incident-workflows.start"),
    ("deploy", 1, "events.change.send"),
    ("record a deployment", 1, "events.change.send"),
    ("recent deploys", 1, "change-events.list"),
    ("what changed", 1, "change-events.list"),
    ("postmortem", 3, "status-pages.postmortem.set"),
    ("post-mortem", 3, "status-pages.postmortem.set"),
    ("retrospective", 3, "status-pages.postmortem.set"),
    ("public status page update", 3, "status-pages.post-updates.create"),
    ("send an event", 1, "events.send"),
    ("send alert", 1, "events.send"),
    ("monitoring", 1, "events.send"),
    ("escalation policy", 3, "escalation-policies.list"),
    ("create an escalation policy", 1, "escalation-policies.create"),
    ("add user", 3, "users.create"),
    ("invite someone", 1, "users.create"),
    ("offboard a user", 1, "users.delete"),
    ("who am i", 1, "users.me"),
    ("phone numbers", 1, "users.contact-methods.list"),
    ("find people", 1, "users.list"),
    ("create a service", 1, "services.create"),
    ("services", 1, "services.list"),
    ("routing key", 3, "services.integrations.create"),
    ("webhook", 3, "webhook-subscriptions.create"),
    ("audit log", 1, "audit.records.list"),
    ("who changed what", 1, "audit.records.list"),
    ("mttr", 1, "analytics.incident-metrics.all"),
    ("mean time to resolve", 1, "analytics.incident-metrics.all"),
    ("on-call load", 1, "analytics.responder-metrics.all"),
    ("war room", 3, "slack.dedicated-channel.create"),
    ("priorities", 1, "priorities.list"),
    ("severity", 3, "priorities.list"),
    ("team members", 1, "teams.members.list"),
    ("add a user to a team", 1, "teams.members.add"),
    ("tag a user", 1, "tags.user-tags.change"),
    ("custom fields of an incident", 3, "incidents.custom-fields.set"),
    ("similar incidents", 1, "incidents.past.list"),
    ("event rules", 3, "event-orchestrations.global.get"),
    ("link services", 1, "service-dependencies.associate"),
    ("jira", 3, "jira-cloud.rules.list"),
];

#[tokio::test(start_paused = true)]
async fn what_people_say_finds_the_operation() {
    let world = World::new().await;
    let operations = world.connector.operations().await.expect("operations");
    let all: Vec<&Operation> = operations.iter().collect();
    let mut wrong = Vec::new();
    for (typed, within, id) in PHRASES {
        assert!(operations.iter().any(|operation| operation.id == *id), "there is no {id}");
        let found: Vec<&str> = search(&all, typed).iter().map(|operation| operation.id.as_str()).collect();
        let place = found.iter().position(|found| found == id);
        if place.is_none_or(|place| place >= *within) {
            wrong.push(format!("{typed}: {id} is {place:?}, not within {within}: {:?}", &found[..found.len().min(4)]));
        }
        assert_eq!(found, search(&all, typed).iter().map(|operation| operation.id.as_str()).collect::<Vec<_>>());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An operation is among the first that its own title finds; one that is
/// deprecated comes behind those that replace it.
#[tokio::test(start_paused = true)]
async fn a_title_finds_its_operation() {
    let world = World::new().await;
    let operations = world.connector.operations().await.expect("operations");
    let all: Vec<&Operation> = operations.iter().collect();
    for operation in &operations {
        let same = operations.iter().filter(|other| other.title == operation.title).count();
        let found = search(&all, &operation.title);
        let place = found.iter().position(|found| found.id == operation.id);
        let room = same + if operation.stability == Stability::Deprecated { 6 } else { 2 };
        assert!(place.is_some_and(|place| place < room), "{}: {place:?} for {}", operation.id, operation.title);
    }
}
