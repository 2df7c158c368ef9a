//! Who calls, and what they may do.
//!
//! Keys are fixed and plainly made up. A key of a user acts as that user; an
//! account key and an app's token act as nobody, so writes that need somebody
//! take `From`.

use http::HeaderMap;

use crate::errors;
use crate::reply::Reply;
use crate::routes::Route;

/// Every credential the simulator knows.
pub mod tokens {
    /// An account's general key: may read and write everything.
    pub const ACCOUNT: &str = "sim-account-key-0001";
    /// An account's read-only key.
    pub const READ_ONLY: &str = "sim-readonly-key-0002";
    /// A key of a user of the account: its owner.
    pub const USER: &str = "sim-user-key-owner-0003";
    /// A key of a user whose role is `read_only_user`.
    pub const USER_LIMITED: &str = "sim-user-key-limited-0004";
    /// An app's OAuth token with every scope. It acts as no user.
    pub const BEARER: &str = "sim-bearer-token-app-0005";
    /// An app's OAuth token that may only read incidents and services.
    pub const BEARER_NARROW: &str = "sim-bearer-token-narrow-0006";
    /// A user's OAuth token (the account's owner) with every scope.
    pub const BEARER_USER: &str = "sim-bearer-token-user-0007";
    /// A user's key of another account.
    pub const OTHER_ACCOUNT_USER: &str = "sim-user-key-elsewhere-0008";
}

/// What kind of credential a call carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Account,
    ReadOnly,
    User,
    LimitedUser,
    App,
    NarrowApp,
    UserApp,
    OtherAccountUser,
    /// The Events API, which knows only routing keys.
    Nobody,
}

/// A credential that was accepted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) kind: Kind,
    /// What requests are counted by.
    pub(crate) key: &'static str,
}

const KNOWN: &[(&str, &str, Kind)] = &[
    ("token", tokens::ACCOUNT, Kind::Account),
    ("token", tokens::READ_ONLY, Kind::ReadOnly),
    ("token", tokens::USER, Kind::User),
    ("token", tokens::USER_LIMITED, Kind::LimitedUser),
    ("token", tokens::OTHER_ACCOUNT_USER, Kind::OtherAccountUser),
    ("bearer", tokens::BEARER, Kind::App),
    ("bearer", tokens::BEARER_NARROW, Kind::NarrowApp),
    ("bearer", tokens::BEARER_USER, Kind::UserApp),
];

const NARROW: &[&str] = &["incidents.read", "services.read"];

impl Caller {
    pub(crate) const NOBODY: Caller = Caller { kind: Kind::Nobody, key: "" };

    /// Reads `Authorization: Token token=…` or `Bearer …`.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Caller> {
        let text = headers.get("authorization")?.to_str().ok()?;
        let (scheme, rest) = text.split_once(' ')?;
        let scheme = scheme.to_ascii_lowercase();
        let rest = rest.trim();
        let secret = match scheme.as_str() {
            "token" => rest.strip_prefix("token=")?.trim_matches('"'),
            _ => rest,
        };
        let known = KNOWN.iter().find(|(s, known, _)| *s == scheme && *known == secret)?;
        Some(Caller { kind: known.2, key: known.1 })
    }

    /// Acts as a user of its account.
    pub(crate) fn is_user(&self) -> bool {
        match self.kind {
            Kind::User | Kind::LimitedUser | Kind::UserApp | Kind::OtherAccountUser => true,
            Kind::Account | Kind::ReadOnly | Kind::App | Kind::NarrowApp | Kind::Nobody => false,
        }
    }

    /// Whether the credential may use the route at all.
    pub(crate) fn may(&self, route: &Route) -> Result<(), Reply> {
        match self.kind {
            Kind::ReadOnly if !route.reads => Err(errors::forbidden("This API key may only read")),
            Kind::LimitedUser if !route.reads => Err(errors::forbidden("Your role does not permit this action")),
            Kind::NarrowApp => match route.whole_scope() {
                scope if scope.is_empty() || NARROW.contains(&scope.as_str()) => Ok(()),
                scope => Err(errors::missing_scopes(&scope, NARROW)),
            },
            _ => Ok(()),
        }
    }
}
