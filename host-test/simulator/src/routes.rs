//! Which handler answers which method and path, as data: every area hands in
//! a table of rows.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::areas;
use crate::call::{Call, decode};
use crate::collection::{self, Loaded, Verb};
use crate::reply::Answer;
use crate::store::Store;

/// What answers a request.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    Own(fn(&mut Store, &Call) -> Answer),
    Of(&'static Loaded, Verb),
}

/// One operation.
#[derive(Clone, Copy)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// With `{…}` for arguments; a literal part beats one of them.
    pub(crate) path: &'static str,
    /// The path goes on with the id of one record.
    pub(crate) item: bool,
    /// OAuth scope; empty where none is asked for.
    pub(crate) scope: &'static str,
    /// `.read` or `.write`, where the scope lacks it.
    pub(crate) ends_scope: &'static str,
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
    pub(crate) const fn new(
        method: &'static str,
        path: &'static str,
        scope: &'static str,
        handler: fn(&mut Store, &Call) -> Answer,
    ) -> Route {
        Route {
            method,
            path,
            item: false,
            scope,
            ends_scope: "",
            handler: Handler::Own(handler),
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

    /// The OAuth scope that the operation asks for; empty is none.
    pub(crate) fn whole_scope(&self) -> String {
        if self.scope.is_empty() { String::new() } else { format!("{}{}", self.scope, self.ends_scope) }
    }

    pub(crate) fn answer(&self, store: &mut Store, call: &Call) -> Answer {
        match self.handler {
            Handler::Own(handler) => handler(store, call),
            Handler::Of(loaded, verb) => loaded.answer(verb, store, call),
        }
    }

    /// The path's arguments, decoded, where `path` is this route's.
    fn arguments(&self, path: &str) -> Option<Vec<String>> {
        let mut wanted = self.path.split('/').chain(self.item.then_some("{id}"));
        let mut given = path.split('/');
        let mut arguments = Vec::new();
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return Some(arguments),
                // PagerDuty's Go client ends some paths of lists in a slash.
                (None, Some("")) if !self.ends_scope.is_empty() && given.next().is_none() => return Some(arguments),
                (Some(want), Some(have)) if want.starts_with('{') && !have.is_empty() => {
                    arguments.push(decode(have, false));
                }
                (Some(want), Some(have)) if want == have => {}
                _ => return None,
            }
        }
    }
}

// By the first part of the path, so that a request looks at a few rows.
type Rows = HashMap<&'static str, Vec<Route>>;

static ALL: LazyLock<Rows> = LazyLock::new(|| {
    let own = areas::TABLES.iter().flat_map(|table| table.iter()).copied();
    let mut rows = Rows::new();
    for route in own.chain(collection::ALL.iter().flat_map(Loaded::routes)) {
        rows.entry(first(route.path)).or_default().push(route);
    }
    rows
});

fn first(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or("")
}

/// Finds the route of a request and its arguments.
pub(crate) fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<String>)> {
    let mut best: Option<(&'static Route, Vec<String>)> = None;
    for route in ALL.get(first(path))?.iter().filter(|route| route.method == method) {
        if let Some(arguments) = route.arguments(path) {
            let better = best.as_ref().is_none_or(|(_, have)| arguments.len() < have.len());
            if better {
                best = Some((route, arguments));
            }
        }
    }
    best
}
