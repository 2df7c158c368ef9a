//! `connector scan`, `inventory` and `policy` as a person runs them: what is
//! found, kept, shown and checked, and what is told of everything that is wrong.
#![cfg(feature = "tool")]

mod account;
mod codify;
mod drift;
mod keeping;
mod lease;
mod look;
mod policy;
mod scan;
mod signals;
mod stores;
mod support;
