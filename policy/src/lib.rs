//! Policies: rules in Rego, checked on the inventory.
//!
//! Reading order: `limits` and `error`; `files`, `meta`, `settings`, `calls`, `pack`
//! (what is loaded); `inventory` (what rules see); `guard`, `run` (how they are held);
//! `finding`, `check`, `trial` (what comes of them); `format` (how it is written down).
//! How to write a rule stands in `policy/pack/README.md`.
//!
//! Rule: a rule sees what it is given and nothing else, takes no more than
//! [`Limits`] allow, and whatever it does the caller gets an answer.

mod calls;
mod check;
mod error;
mod files;
mod finding;
mod format;
mod guard;
mod inventory;
mod limits;
mod meta;
mod pack;
mod run;
mod settings;
mod trial;

pub use check::{Check, Counts, Question, Verdict, check};
pub use error::{Place, PolicyError};
pub use finding::{Broken, Finding, Severity, Undetermined};
pub use format::{Format, trials, write};
pub use inventory::{Inventory, KindState};
pub use limits::Limits;
pub use pack::{Pack, Rule, Source};
pub use trial::{Trial, test};
