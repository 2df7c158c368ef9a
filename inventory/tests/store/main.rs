//! The store by its public functions, the same cases for SQLite and PostgreSQL.
//!
//! PostgreSQL is the server in CONNECTOR_TEST_POSTGRES (`scripts/postgres`
//! starts one); without it its tests say that they are left out.

mod deletions;
mod keeping;
mod kinds;
mod opening;
mod passing;
mod race;
mod reading;
mod resume;
mod secrets;
mod world;
