//! What a call came to: its value, the limit it went over, or how the connector
//! broke. Whatever can be told by a limit's name is; and what a connector says in
//! breach of the contract is not passed on.

use serde_json::{Map, Value};
use wasmtime::component::ResourceTableError;
use wasmtime::{PoolConcurrencyLimitError, Trap};
use wasmtime_wasi_http::FieldMapError;

use crate::contract::{self, Identity};
use crate::error::{Error, Limit, LoadError};
use crate::options::Limits;

/// A JSON document that the host itself reads, in bytes: it becomes many times
/// as large.
const DOCUMENT: usize = 1 << 20;

/// A cursor, in bytes: as the contract has it.
const CURSOR: usize = 4 << 10;

/// What a call came to. After an error the store is of no more use.
pub(crate) fn settle<T>(limits: &Limits, answer: Result<wasmtime::Result<T>, Limit>) -> Result<T, Error> {
    match answer {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(broken)) => Err(named(limits, &broken).map_or_else(|| Error::Trap(told(&broken)), Error::Limit)),
        Err(limit) => Err(Error::Limit(limit)),
    }
}

/// The limit that a call broke on.
fn named(limits: &Limits, broken: &wasmtime::Error) -> Option<Limit> {
    if let Some(limit) = broken.downcast_ref::<Limit>() {
        return Some(*limit);
    }
    if broken.is::<PoolConcurrencyLimitError>() {
        return Some(Limit::Connections);
    }
    if let Some(ResourceTableError::Full) = broken.downcast_ref() {
        return Some(Limit::Handles(limits.handles));
    }
    if let Some(FieldMapError::TotalSizeTooBig | FieldMapError::TooManyFields) = broken.downcast_ref() {
        return Some(Limit::Headers(limits.headers));
    }
    if let Some(Trap::StackOverflow) = broken.downcast_ref() {
        return Some(Limit::Stack(limits.stack));
    }
    // wasmtime has no public type for these two.
    let root = broken.root_cause().to_string();
    match root.as_str() {
        root if root.contains("fuel allocated for hostcalls has been exhausted") => Some(Limit::Result(limits.result)),
        root if root.contains("store handle limit exceeded") => Some(Limit::Handles(limits.handles)),
        _ => None,
    }
}

fn told(broken: &wasmtime::Error) -> String {
    match broken.downcast_ref::<Trap>() {
        Some(trap) => trap.to_string(),
        None => format!("{broken:#}"),
    }
}

/// Why a component does not compile. With `pooling` its first memory and tables
/// are compared already here.
pub(crate) fn unfit_code(limits: &Limits, why: &wasmtime::Error) -> Error {
    let why = format!("{why:#}");
    if why.contains("minimum byte size") && why.contains("pooling") {
        return Error::Limit(Limit::Memory(limits.memory));
    }
    if why.contains("minimum element size") && why.contains("pooling") {
        return Error::Limit(Limit::Table(limits.table));
    }
    LoadError::Invalid(why).into()
}

/// # Errors
/// [`LoadError::NotThisContract`] if a document of the identity is none, or is
/// larger than anybody's.
pub(crate) fn sound_identity(identity: &Identity) -> Result<(), LoadError> {
    for (name, document) in [("settings", &identity.settings), ("extra", &identity.extra)] {
        let sound = document.len() <= DOCUMENT && serde_json::from_str::<Map<String, Value>>(document).is_ok();
        if !sound {
            return Err(LoadError::NotThisContract {
                unknown_imports: Vec::new(),
                missing_exports: Vec::new(),
                detail: Some(format!("`{name}` of its identity is no JSON object of at most {DOCUMENT} bytes")),
            });
        }
    }
    Ok(())
}

/// # Errors
/// [`Error::Trap`] if `extra` is larger than what the host reads.
pub(crate) fn sound_error(error: contract::Error) -> Result<contract::Error, Error> {
    let length = error.extra.len();
    if length > DOCUMENT {
        return Err(Error::Trap(format!("the `extra` of its error has {length} bytes, and {DOCUMENT} is the most")));
    }
    Ok(error)
}

/// # Errors
/// [`Error::Trap`] if it is longer than the contract lets it be.
pub(crate) fn sound_cursor(cursor: Option<&String>) -> Result<(), Error> {
    match cursor.map(String::len) {
        Some(length) if length > CURSOR => {
            Err(Error::Trap(format!("its cursor has {length} bytes, and {CURSOR} is the most")))
        }
        _ => Ok(()),
    }
}
