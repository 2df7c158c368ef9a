//! Policies as whoever embeds them uses them: a pack, an inventory, a check.
//!
//! Rule: each file has one helper and many short cases.

mod built_in;
mod checks;
mod formats;
mod limits;
mod packs;
mod world;
