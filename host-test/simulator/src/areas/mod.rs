//! The operations, one module an area, each with its table of routes.

mod abilities;
mod alerts;
mod analytics;
mod audit;
mod change_events;
mod contacts;
mod enrichment;
mod events;
mod incidents;
mod log_entries;
mod maintenance;
mod oncalls;
mod policies;
mod schedules;
mod scim;
mod services;
mod singles;
mod slack;
mod teams;
mod users;

use crate::routes::Route;

/// Every route.
pub(crate) const TABLES: &[&[Route]] = &[
    abilities::ROUTES,
    alerts::ROUTES,
    analytics::ROUTES,
    audit::ROUTES,
    change_events::ROUTES,
    contacts::ROUTES,
    enrichment::ROUTES,
    events::ROUTES,
    incidents::ROUTES,
    incidents::PARTS,
    log_entries::ROUTES,
    maintenance::ROUTES,
    oncalls::ROUTES,
    policies::ROUTES,
    schedules::ROUTES,
    scim::ROUTES,
    services::ROUTES,
    singles::ROUTES,
    slack::ROUTES,
    teams::ROUTES,
    users::ROUTES,
];
