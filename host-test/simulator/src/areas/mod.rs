//! The operations, one module an area, each with its table of routes.

mod abilities;
mod alerts;
mod allow_lists;
mod analytics;
mod analytics_metrics;
mod audit;
mod automation;
mod business;
mod change_events;
mod contacts;
pub(crate) mod dependencies;
mod enablements;
mod enrichment;
mod enrichment_records;
mod events;
mod extensions;
mod fields;
mod incident_types;
mod incidents;
mod jira;
mod jira_server;
mod licenses;
mod log_entries;
mod maintenance;
mod ms_teams;
mod oncalls;
mod orchestrations;
mod plays;
mod policies;
mod recommendations;
mod reports;
mod rulesets;
mod schedules;
mod schedules_v3;
mod scim;
mod scim_writes;
mod servicenow;
mod services;
mod sessions;
mod singles;
mod slack;
mod sre_agent;
mod standards;
mod status_dashboards;
mod status_pages;
mod subscriptions;
mod tags;
mod teams;
mod templates;
mod user_parts;
mod users;
mod webhooks;
mod workflow_integrations;
mod workflows;

use crate::collection::Collection;
use crate::routes::Route;

/// Every route.
pub(crate) const TABLES: &[&[Route]] = &[
    abilities::ROUTES,
    alerts::ROUTES,
    analytics::ROUTES,
    analytics_metrics::ROUTES,
    audit::ROUTES,
    automation::ROUTES,
    business::ROUTES,
    change_events::ROUTES,
    contacts::ROUTES,
    dependencies::ROUTES,
    enablements::ROUTES,
    enrichment::ROUTES,
    enrichment_records::ROUTES,
    events::ROUTES,
    extensions::ROUTES,
    fields::OF_INCIDENTS,
    fields::OF_SERVICES,
    fields::OF_TYPES,
    fields::ROUTES,
    incident_types::ROUTES,
    incidents::PARTS,
    incidents::ROUTES,
    jira_server::ROUTES,
    licenses::ROUTES,
    log_entries::ROUTES,
    maintenance::ROUTES,
    ms_teams::ROUTES,
    oncalls::ROUTES,
    orchestrations::ROUTES,
    plays::ROUTES,
    policies::ROUTES,
    recommendations::ROUTES,
    reports::ROUTES,
    rulesets::ROUTES,
    schedules::ROUTES,
    schedules_v3::ROUTES,
    scim::ROUTES,
    scim_writes::ROUTES,
    servicenow::ROUTES,
    services::ROUTES,
    sessions::ROUTES,
    singles::ROUTES,
    slack::ROUTES,
    standards::ROUTES,
    status_dashboards::ROUTES,
    status_pages::ROUTES,
    subscriptions::ROUTES,
    tags::ROUTES,
    teams::ROUTES,
    templates::ROUTES,
    user_parts::ROUTES,
    users::ROUTES,
    webhooks::ROUTES,
    workflow_integrations::ROUTES,
    workflows::ROUTES,
];

/// Every collection that is data, those that others name before them.
pub(crate) const COLLECTIONS: &[&[Collection]] = &[
    extensions::COLLECTIONS,
    tags::COLLECTIONS,
    automation::COLLECTIONS,
    business::COLLECTIONS,
    dependencies::COLLECTIONS,
    orchestrations::COLLECTIONS,
    rulesets::COLLECTIONS,
    webhooks::COLLECTIONS,
    incident_types::COLLECTIONS,
    fields::COLLECTIONS,
    workflows::COLLECTIONS,
    plays::COLLECTIONS,
    jira::COLLECTIONS,
    user_parts::COLLECTIONS,
    licenses::COLLECTIONS,
    schedules_v3::COLLECTIONS,
    singles::COLLECTIONS,
    slack::COLLECTIONS,
    allow_lists::COLLECTIONS,
    enrichment::COLLECTIONS,
    enrichment_records::COLLECTIONS,
    jira_server::COLLECTIONS,
    recommendations::COLLECTIONS,
    servicenow::COLLECTIONS,
    sessions::COLLECTIONS,
    sre_agent::COLLECTIONS,
    standards::COLLECTIONS,
    status_dashboards::COLLECTIONS,
    status_pages::COLLECTIONS,
    templates::COLLECTIONS,
    workflow_integrations::COLLECTIONS,
];
