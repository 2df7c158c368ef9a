//! PagerDuty's error bodies, in one place.
//!
//! The shape `{"error": {"message", "code", "errors"}}` is that of the official
//! documents; the code numbers are those its clients and recordings show.

use serde_json::{Value, json};

use crate::reply::{Reply, SCIM};

/// The general shape. `errors` is left out where it is empty, as PagerDuty does.
pub(crate) fn error(status: u16, code: u32, message: &str, errors: &[String]) -> Reply {
    let mut body = json!({"message": message, "code": code});
    if !errors.is_empty() {
        body["errors"] = json!(errors);
    }
    Reply::json(status, &json!({"error": body}))
}

/// 400, code 2001: what was wrong, one sentence each.
pub(crate) fn invalid(errors: &[String]) -> Reply {
    error(400, 2001, "Invalid Input Provided", errors)
}

/// [`invalid`] with one sentence.
pub(crate) fn invalid_one(problem: impl Into<String>) -> Reply {
    invalid(&[problem.into()])
}

pub(crate) fn not_found() -> Reply {
    error(404, 2100, "Not Found", &[])
}

/// 404 of a path or method that PagerDuty, or the simulator, does not have.
pub(crate) fn no_route(method: &str, path: &str) -> Reply {
    let problem = format!("The simulator has no {method} {path}");
    error(404, 2100, "Not Found", &[problem])
}

pub(crate) fn unauthenticated() -> Reply {
    error(401, 2006, "Authentication failed", &["Token is missing, unknown or revoked".into()])
}

pub(crate) fn forbidden(problem: &str) -> Reply {
    error(403, 2010, "Access Denied", &[problem.into()])
}

/// 403 for an OAuth token whose scopes do not cover the operation. Reports of
/// users show this message, no code, and the scopes as one text.
pub(crate) fn missing_scopes(required: &str, granted: &[&str]) -> Reply {
    let error = json!({
        "message": "Token missing required scopes",
        "required_scopes": required,
        "token_scopes": granted.join(" "),
    });
    Reply::json(403, &json!({"error": error}))
}

pub(crate) fn throttled() -> Reply {
    error(429, 2020, "Rate Limit Exceeded", &[])
}

/// 400, code 2002: past the 10,000 records that offsets reach.
pub(crate) fn too_deep() -> Reply {
    error(400, 2002, "Arguments Caused Error", &["Offset must be less than 10000: limit + offset exceeded".into()])
}

pub(crate) fn already_resolved() -> Reply {
    error(400, 1001, "Incident Already Resolved", &["Incident Already Resolved".into()])
}

pub(crate) fn already_acknowledged() -> Reply {
    error(400, 1002, "Incident Already Acknowledged", &["Incident Already Acknowledged".into()])
}

pub(crate) fn too_many_at_once(most: usize) -> Reply {
    error(413, 2001, "Request Entity Too Large", &[format!("At most {most} may be changed in one request")])
}

/// `/users/me` with a key of no user: `error` is a mere string here.
pub(crate) fn account_level() -> Reply {
    let message = "Can't determine current user with account-level access token";
    Reply::json(400, &json!({"error": message}))
}

/// The Events API has a shape of its own.
pub(crate) fn invalid_event(errors: &[String]) -> Reply {
    let body = json!({"status": "invalid event", "message": "Event object is invalid", "errors": errors});
    Reply::json(400, &body)
}

/// Slack's service writes no code.
pub(crate) fn slack(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({"error": {"message": message}}))
}

/// SCIM writes its status as text.
pub(crate) fn scim(status: u16, detail: &str) -> Reply {
    let body: Value = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": status.to_string(),
        "detail": detail,
    });
    Reply { content_type: SCIM, ..Reply::json(status, &body) }
}
