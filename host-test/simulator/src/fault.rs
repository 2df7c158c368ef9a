//! Programmed answers: what a test makes PagerDuty do wrong.
//!
//! A fault stands before everything else, authentication and rate limit
//! included, and is data: constructors fill it in, struct update syntax says
//! where and how often.

use bytes::Bytes;
use http::Method;

/// An answer given instead of the usual one.
///
/// ```
/// use pagerduty_simulator::{Fault, Options, Simulator};
/// let simulator = Simulator::new(Options { incidents: 10, ..Options::default() });
/// simulator.inject(Fault {
///     method: Some(http::Method::GET),
///     path: "/services".into(),
///     times: 2,
///     ..Fault::too_many_requests(Some(7))
/// });
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    /// Only this method; `None` is any.
    pub method: Option<Method>,
    /// Only paths that start so. Empty is any.
    pub path: String,
    /// Matching requests that are answered as usual before the fault begins.
    pub after: u32,
    /// How many matching requests get the fault.
    pub times: u32,
    /// HTTP status.
    pub status: u16,
    /// Headers of the answer. Nothing is added to them but `x-request-id`.
    pub headers: Vec<(String, String)>,
    /// Body of the answer, sent as it is.
    pub body: Bytes,
    /// The request takes effect and only its answer is replaced: a write
    /// whose outcome the caller cannot know.
    pub takes_effect: bool,
    /// The connection ends without an answer (see [`Disconnect`]).
    pub disconnect: bool,
}

/// Found in the extensions of an answer whose connection must end instead.
/// [`crate::Server`] does so; whoever calls [`crate::Simulator::respond`]
/// itself decides what a broken connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disconnect;

impl Fault {
    /// Any bytes of any content type.
    pub fn bytes(status: u16, content_type: &str, body: impl Into<Bytes>) -> Fault {
        Fault {
            method: None,
            path: String::new(),
            after: 0,
            times: 1,
            status,
            headers: vec![("content-type".into(), content_type.into())],
            body: body.into(),
            takes_effect: false,
            disconnect: false,
        }
    }

    /// An error in PagerDuty's shape.
    pub fn json(status: u16, code: u32, message: &str) -> Fault {
        let body = serde_json::json!({"error": {"message": message, "code": code}}).to_string();
        Fault::bytes(status, "application/json", body)
    }

    /// A page of a proxy, as seen on 401, 502 and 503.
    pub fn html(status: u16) -> Fault {
        let body = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>");
        Fault::bytes(status, "text/html; charset=utf-8", body)
    }

    /// A status and nothing else.
    pub fn empty(status: u16) -> Fault {
        Fault { headers: Vec::new(), ..Fault::bytes(status, "", "") }
    }

    /// 429 with PagerDuty's body. `reset` are the seconds that `ratelimit-reset`
    /// names; with `None` there are no rate limit headers at all.
    pub fn too_many_requests(reset: Option<u32>) -> Fault {
        let mut fault = Fault::json(429, 2020, "Rate Limit Exceeded");
        if let Some(reset) = reset {
            let values = [("limit", 960), ("remaining", 0), ("reset", reset)];
            for (name, value) in values {
                fault.headers.push((format!("ratelimit-{name}"), value.to_string()));
            }
        }
        fault
    }

    /// A redirect to somewhere else.
    pub fn redirect(status: u16, location: &str) -> Fault {
        Fault { headers: vec![("location".into(), location.into())], ..Fault::empty(status) }
    }

    /// The connection ends without an answer.
    pub fn broken() -> Fault {
        Fault { disconnect: true, ..Fault::empty(500) }
    }

    pub(crate) fn matches(&self, method: &Method, path: &str) -> bool {
        self.method.as_ref().is_none_or(|wanted| wanted == method) && path.starts_with(&self.path)
    }
}
