//! What the databases' errors mean.
//!
//! Rule: by code, never by the words of a message; what is passed on of a message
//! holds no values.

use super::error::Error;

/// What a database's error means.
pub(super) fn failed(place: &str, why: sqlx::Error) -> Error {
    let place = place.to_owned();
    match &why {
        sqlx::Error::Database(said) => {
            let code = said.code().unwrap_or_default().into_owned();
            let why = said.message().to_owned();
            match said.try_downcast_ref::<sqlx::sqlite::SqliteError>() {
                Some(_) => sqlite_failed(place, &code, why),
                None => postgres_failed(place, &code, why),
            }
        }
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Configuration(_) | sqlx::Error::Protocol(_) => {
            Error::Unreachable { place, why: why.to_string() }
        }
        sqlx::Error::PoolTimedOut => Error::Locked { place },
        _ => Error::Database { place, why: why.to_string() },
    }
}

/// By SQLite's result codes; the low byte is what it is, the rest is detail.
fn sqlite_failed(place: String, code: &str, why: String) -> Error {
    match code.parse::<i32>().unwrap_or(0) & 0xff {
        5 | 6 => Error::Locked { place },
        8 | 14 => Error::ReadOnly { place, why },
        10 => Error::Disk { place, why },
        13 => Error::Full { place },
        11 => Error::Damaged { place, why },
        26 => Error::NotAStore { place, found: why },
        _ => Error::Database { place, why },
    }
}

/// By PostgreSQL's SQLSTATE.
fn postgres_failed(place: String, code: &str, why: String) -> Error {
    match code {
        "53100" => Error::Full { place },
        "58030" => Error::Disk { place, why },
        "25006" | "42501" => Error::ReadOnly { place, why },
        "40001" | "40P01" | "55P03" => Error::Locked { place },
        "53300" | "57P01" | "57P03" | "3D000" => Error::Unreachable { place, why },
        _ if code.starts_with("28") || code.starts_with("08") => Error::Unreachable { place, why },
        _ => Error::Database { place, why },
    }
}
