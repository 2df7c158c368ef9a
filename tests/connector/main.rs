//! The component under test, through the reference host: one binary, so that
//! wasmtime is linked once.
//!
//! Rule: no test sleeps, takes a fixed port, or leaves the process; waiting
//! happens in virtual time.

mod ahead;
mod architecture;
mod calls;
mod catalog;
mod changes;
mod choices;
mod codify;
mod contract;
mod drift;
mod faults;
mod figures;
mod fire;
mod hostile;
mod inventory;
mod keeping;
mod rates;
mod requests;
mod resume;
mod search;
mod secrets;
mod signin;
mod snapshot;
mod sockets;
mod supply;
mod walks;
mod webhooks;
mod windows;
