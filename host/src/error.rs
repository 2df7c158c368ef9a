//! Everything that can go wrong between a platform and a connector, as one
//! enum. No variant ever holds a credential: a connector never had one, what a
//! server repeats of it is taken out, and the host names fields and hosts only.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::contract;

/// What went wrong.
#[derive(Debug)]
pub enum Error {
    /// The component could not be loaded.
    Load(LoadError),
    /// The host could not be set up (engine, memory pool, TLS).
    Host(String),
    /// A connection was not opened because its settings or grants cannot be
    /// used. Nothing was sent.
    Setup(String),
    /// A connection was not opened because a credential cannot be sent: the
    /// field is named, the value is not. Nothing was sent.
    Credential(String),
    /// The connector's own answer: which argument was wrong, what the provider
    /// refused, what to do next.
    Connector(Box<contract::Error>),
    /// The connector broke down. The connection is closed; a write that was
    /// under way may have taken effect.
    Trap(String),
    /// The call went over a limit of the host, or loading did. The connection
    /// is closed unless the limit is one on a body.
    Limit(Limit),
    /// The connection was closed by an earlier trap, limit or cancelled call:
    /// open another and resume from the last cursor.
    Closed,
}

/// Which limit a call went over; the value is the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Processor time of one call.
    Cpu(Duration),
    /// Elapsed time of one call, waiting included.
    Wall(Duration),
    /// The component itself, in bytes.
    Component(u64),
    /// Memory of one connection, in bytes.
    Memory(usize),
    /// Elements of all tables of one connection.
    Table(usize),
    /// Stack of one call, in bytes.
    Stack(usize),
    /// What the connector handed to the host at once, in bytes.
    Result(usize),
    /// What the connector held at once.
    Handles(usize),
    /// Requests of one call.
    Requests(u64),
    /// Headers of one request, in bytes.
    Headers(usize),
    /// Body of one request, in bytes.
    RequestBody(u64),
    /// Body of one answer.
    AnswerBody {
        /// The limit, in bytes.
        limit: u64,
        /// As in [`contract::Error`]: the call was a write, and may have taken
        /// effect.
        outcome_unknown: bool,
    },
    /// Connections that are open at the same time.
    Connections,
}

/// Why a component could not be loaded.
#[derive(Debug)]
pub enum LoadError {
    /// The file cannot be read.
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: std::io::Error,
    },
    /// Not WebAssembly at all.
    NotWasm,
    /// WebAssembly, but a core module instead of a component.
    CoreModule,
    /// Native code. Only the host's own cache may hold any.
    Precompiled,
    /// A component that does not validate or compile.
    Invalid(String),
    /// A component of another contract.
    NotThisContract {
        /// Imports that no connector may have.
        unknown_imports: Vec<String>,
        /// Exports that a connector must have.
        missing_exports: Vec<String>,
        /// What else does not fit, such as a function of another type.
        detail: Option<String>,
    },
}

impl From<LoadError> for Error {
    fn from(error: LoadError) -> Self {
        Error::Load(error)
    }
}

impl From<contract::Error> for Error {
    fn from(error: contract::Error) -> Self {
        Error::Connector(Box::new(error))
    }
}

/// What is said wherever a call was stopped in the middle.
const IN_DOUBT: &str = "; a write that was under way may have taken effect, look before you repeat it";

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Load(error) => error.fmt(f),
            Error::Host(why) => write!(f, "the host cannot be set up: {why}"),
            Error::Setup(why) | Error::Credential(why) => f.write_str(why),
            Error::Connector(error) => f.write_str(&error.message),
            Error::Trap(why) => {
                write!(f, "the connector broke down ({why}){IN_DOUBT}; the connection is closed, open another one")
            }
            Error::Limit(limit) => limit.fmt(f),
            Error::Closed => f.write_str(
                "the connection was closed by an earlier failure or a cancelled call; \
                 open another one and resume from the last cursor",
            ),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Cpu(limit) => {
                write!(f, "the call used more than {limit:?} of processor time and was stopped{IN_DOUBT}")
            }
            Limit::Wall(limit) => {
                write!(f, "the call took longer than {limit:?} and was stopped{IN_DOUBT}")
            }
            Limit::Memory(limit) => write!(
                f,
                "the connector needed more than {} MiB of memory and was stopped{IN_DOUBT}; \
                 a smaller page size or a larger `Limits::memory` would do",
                limit >> 20
            ),
            Limit::Component(limit) => write!(
                f,
                "the component is larger than {limit} bytes; is it the right file? A larger `Limits::component` would do"
            ),
            Limit::Table(limit) => write!(f, "the connector needed tables of more than {limit} elements{IN_DOUBT}"),
            Limit::Stack(limit) => {
                write!(f, "the connector called itself too deep for {} KiB of stack{IN_DOUBT}", limit >> 10)
            }
            Limit::Result(limit) => write!(
                f,
                "the connector handed over more than {} MiB at once and was stopped{IN_DOUBT}; \
                 a smaller page size or a larger `Limits::result` would do",
                limit >> 20
            ),
            Limit::Handles(limit) => {
                write!(f, "the connector held more than {limit} handles at once and was stopped{IN_DOUBT}")
            }
            Limit::Requests(limit) => {
                write!(f, "the call began more than {limit} requests and was stopped{IN_DOUBT}")
            }
            Limit::Headers(limit) => {
                write!(f, "a request's headers took more than {limit} bytes, the connector was stopped{IN_DOUBT}")
            }
            Limit::RequestBody(limit) => {
                write!(f, "the request's body is larger than {limit} bytes")
            }
            Limit::AnswerBody { limit, outcome_unknown: false } => write!(
                f,
                "the provider's answer is larger than {limit} bytes; \
                 a smaller page size or a narrower filter would do"
            ),
            Limit::AnswerBody { limit, outcome_unknown: true } => {
                write!(f, "the provider's answer is larger than {limit} bytes{IN_DOUBT}")
            }
            Limit::Connections => f.write_str(
                "as many connections are open as the host has room for; \
                 close one, or raise `Limits::connections`",
            ),
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Read { path, why } => {
                write!(f, "cannot read the component {}: {why}", path.display())
            }
            LoadError::NotWasm => {
                f.write_str("not a WebAssembly file: a connector is a component, such as pagerduty.wasm")
            }
            LoadError::CoreModule => {
                f.write_str("a core WebAssembly module, not a component: build it for wasm32-wasip2")
            }
            LoadError::Precompiled => {
                f.write_str("native code compiled from a component is not loaded from outside: give the .wasm itself")
            }
            LoadError::Invalid(why) => write!(f, "the component is not valid: {why}"),
            LoadError::NotThisContract { unknown_imports, missing_exports, detail } => {
                f.write_str("the component does not fit the contract saas:connector@0.1.0")?;
                if !missing_exports.is_empty() {
                    write!(f, "; it lacks the export {}", missing_exports.join(", "))?;
                }
                if !unknown_imports.is_empty() {
                    write!(f, "; it imports what no connector may: {}", unknown_imports.join(", "))?;
                }
                match detail {
                    Some(detail) => write!(f, "; {detail}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for Error {}
// How a limit travels through wasmtime: as the reason of a trap.
impl std::error::Error for Limit {}
impl std::error::Error for LoadError {}
