//! Which handler answers which method and path, as data: every area hands in
//! a table of rows.

use std::sync::OnceLock;

use crate::areas;
use crate::call::{Call, decode};
use crate::reply::Answer;
use crate::store::Store;

pub(crate) type Handler = fn(&mut Store, &Call) -> Answer;

/// One operation.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// With `{…}` for arguments; a literal part beats one of them.
    pub(crate) path: &'static str,
    /// OAuth scope; empty where none is asked for.
    pub(crate) scope: &'static str,
    pub(crate) handler: Handler,
    /// Changes nothing, so a read-only key may use it.
    pub(crate) reads: bool,
    /// Takes `From` from a key that is no user's.
    pub(crate) from: bool,
    /// Goes without authentication.
    pub(crate) open: bool,
    /// `X-EARLY-ACCESS` must hold this; empty asks for nothing.
    pub(crate) early_access: &'static str,
    /// A rate limit of its own, a minute; 0 is none.
    pub(crate) own_limit: u32,
}

impl Route {
    pub(crate) const fn new(method: &'static str, path: &'static str, scope: &'static str, handler: Handler) -> Route {
        Route {
            method,
            path,
            scope,
            handler,
            reads: matches!(method.as_bytes(), b"GET"),
            from: false,
            open: false,
            early_access: "",
            own_limit: 0,
        }
    }

    pub(crate) const fn from(self) -> Route {
        Route { from: true, ..self }
    }

    pub(crate) const fn only_reads(self) -> Route {
        Route { reads: true, ..self }
    }

    pub(crate) const fn open(self) -> Route {
        Route { open: true, ..self }
    }

    pub(crate) const fn early(self, access: &'static str) -> Route {
        Route { early_access: access, ..self }
    }

    pub(crate) const fn limit(self, a_minute: u32) -> Route {
        Route { own_limit: a_minute, ..self }
    }

    /// The path's arguments, decoded, where `path` is this route's.
    fn arguments(&self, path: &str) -> Option<Vec<String>> {
        let mut wanted = self.path.split('/');
        let mut given = path.split('/');
        let mut arguments = Vec::new();
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return Some(arguments),
                (Some(want), Some(have)) if want.starts_with('{') && !have.is_empty() => {
                    arguments.push(decode(have, false));
                }
                (Some(want), Some(have)) if want == have => {}
                _ => return None,
            }
        }
    }
}

fn all() -> &'static [&'static Route] {
    static ALL: OnceLock<Vec<&'static Route>> = OnceLock::new();
    ALL.get_or_init(|| areas::TABLES.iter().flat_map(|table| table.iter()).collect())
}

/// Finds the route of a request and its arguments.
pub(crate) fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<String>)> {
    let mut best: Option<(&'static Route, Vec<String>)> = None;
    for route in all().iter().filter(|route| route.method == method) {
        if let Some(arguments) = route.arguments(path) {
            let better = best.as_ref().is_none_or(|(_, have)| arguments.len() < have.len());
            if better {
                best = Some((route, arguments));
            }
        }
    }
    best
}
