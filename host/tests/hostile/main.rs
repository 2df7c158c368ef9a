//! The sandbox against a connector that means harm, against what it asks for
//! while it is loaded, against its neighbours, and against whoever writes to the
//! cache of compiled code.
//!
//! Rule: a row for every misdeed: what it is, the limits, what stops it.

mod cache;
mod guest;
mod loading;
mod neighbours;
mod requests;
mod support;
