//! What a connector may call. The connector asks by naming hosts, the platform
//! grants by naming hosts, and a request goes out only to a name that is in
//! both lists, spelled the same, over https on port 443. Nothing is inferred:
//! no wildcard, no suffix, no address.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;

use http::Uri;
use http::uri::Scheme;

use crate::error::Error;
use crate::loopback;

/// What a platform lets a connector do.
///
/// ```
/// use connector_host::Grants;
///
/// let grants = Grants {
///     hosts: vec!["api.pagerduty.com".into(), "events.pagerduty.com".into()],
///     sha256: None,
/// };
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// Exact lower-case host names. Those that the connector does not ask for
    /// are not granted either.
    pub hosts: Vec<String>,
    /// SHA-256 of the component these grants were made for, as 64 hexadecimal
    /// digits. Another component gets none of them.
    pub sha256: Option<String>,
}

/// What one connection may really call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Allowed {
    hosts: BTreeSet<String>,
    loopback: BTreeSet<SocketAddr>,
}

/// Why a request is not let out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    Method,
    Scheme,
    UserInfo,
    NoHost,
    Port,
    HostNotGranted,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Denied::Method => "the method is not one a connector may use",
            Denied::Scheme => "only https is let out",
            Denied::UserInfo => "the URL holds user information",
            Denied::NoHost => "the URL names no host",
            Denied::Port => "only port 443 is let out",
            Denied::HostNotGranted => "the host is not granted",
        })
    }
}

impl Allowed {
    /// The hosts that are both asked for and granted, and the loopback origins
    /// that the host itself has put into the settings.
    pub(crate) fn new(
        grants: &Grants,
        asked: &[String],
        sha256: &str,
        loopback: BTreeSet<SocketAddr>,
    ) -> Result<Self, Error> {
        if let Some(pinned) = &grants.sha256
            && !pinned.eq_ignore_ascii_case(sha256)
        {
            return Err(Error::Setup(format!(
                "the grants were made for the component {pinned}, this one is {sha256}: \
                 review what it asks for and grant anew"
            )));
        }
        if let Some(wrong) = grants.hosts.iter().find(|host| !is_host_name(host)) {
            return Err(Error::Setup(format!(
                "`{}` cannot be granted: a grant is an exact lower-case host name, \
                 such as api.pagerduty.com",
                wrong.escape_debug()
            )));
        }
        Ok(Allowed {
            hosts: asked.iter().filter(|host| is_host_name(host) && grants.hosts.contains(host)).cloned().collect(),
            loopback,
        })
    }

    /// Whether a request to `uri` may go out.
    pub(crate) fn check(&self, method: &http::Method, uri: &Uri) -> Result<(), Denied> {
        // CONNECT opens tunnels and TRACE answers with the request's headers.
        if *method == http::Method::CONNECT || *method == http::Method::TRACE {
            return Err(Denied::Method);
        }
        let authority = uri.authority().ok_or(Denied::NoHost)?;
        if authority.as_str().contains('@') {
            return Err(Denied::UserInfo);
        }
        if uri.scheme() == Some(&Scheme::HTTP)
            && let Some(origin) = loopback::authority(authority.as_str())
        {
            return match self.loopback.contains(&origin) {
                true => Ok(()),
                false => Err(Denied::HostNotGranted),
            };
        }
        if uri.scheme() != Some(&Scheme::HTTPS) {
            return Err(Denied::Scheme);
        }
        if authority.host().is_empty() {
            return Err(Denied::NoHost);
        }
        if !matches!(authority.as_str().strip_prefix(authority.host()), Some("" | ":443")) {
            return Err(Denied::Port);
        }
        match self.hosts.contains(authority.host()) {
            true => Ok(()),
            false => Err(Denied::HostNotGranted),
        }
    }
}

/// Whether `name` is an exact lower-case DNS name: dots between labels, none at
/// the end, and not an address in disguise (a last label of digits).
fn is_host_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253
        && name.contains('.')
        && name.split('.').all(label)
        && last.bytes().any(|b| b.is_ascii_lowercase())
        && !last.starts_with("0x")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: [&str; 2] = ["api.pagerduty.com", "events.pagerduty.com"];

    fn allowed(granted: &[&str]) -> Result<Allowed, Error> {
        let grants = Grants { hosts: granted.iter().map(|s| (*s).to_owned()).collect(), sha256: None };
        let asked = ASKED.map(str::to_owned);
        let loopback = ["127.0.0.1:8080", "[::1]:8081"].map(|a| a.parse().unwrap());
        Allowed::new(&grants, &asked, "ab", loopback.into())
    }

    fn check(uri: &str, expected: Result<(), Denied>) {
        let allowed = allowed(&["api.pagerduty.com", "identity.pagerduty.com"]).unwrap();
        let uri: Uri = uri.parse().unwrap();
        assert_eq!(allowed.check(&http::Method::GET, &uri), expected, "{uri}");
    }

    #[test]
    fn a_request_goes_only_where_it_was_granted() {
        check("https://api.pagerduty.com/users", Ok(()));
        check("https://api.pagerduty.com:443/users", Ok(()));
        check("http://127.0.0.1:8080/users", Ok(()));
        check("http://[::1]:8081/users", Ok(()));
        for (uri, why) in [
            // Asked for, not granted; granted, not asked for.
            ("https://events.pagerduty.com/", Denied::HostNotGranted),
            ("https://identity.pagerduty.com/", Denied::HostNotGranted),
            ("https://api.pagerduty.com.evil.example/", Denied::HostNotGranted),
            ("https://evil.example/api.pagerduty.com", Denied::HostNotGranted),
            ("https://API.pagerduty.com/", Denied::HostNotGranted),
            ("https://api.pagerduty.com./", Denied::HostNotGranted),
            ("https://127.0.0.1/", Denied::HostNotGranted),
            ("https://[::1]/", Denied::HostNotGranted),
            ("https://2130706433/", Denied::HostNotGranted),
            ("http://api.pagerduty.com/", Denied::Scheme),
            ("http://localhost:8080/", Denied::Scheme),
            ("ftp://api.pagerduty.com/", Denied::Scheme),
            ("https://api.pagerduty.com:8443/", Denied::Port),
            ("https://api.pagerduty.com:80/", Denied::Port),
            ("https://api.pagerduty.com:0443/", Denied::Port),
            ("https://api.pagerduty.com@evil.example/", Denied::UserInfo),
            ("https://evil@api.pagerduty.com/", Denied::UserInfo),
            ("http://127.0.0.1:9999/", Denied::HostNotGranted),
            ("http://[::1]:8080/", Denied::HostNotGranted),
            ("http://x@127.0.0.1:8080/", Denied::UserInfo),
            ("https://127.0.0.1:8080/", Denied::Port),
            ("/users", Denied::NoHost),
        ] {
            check(uri, Err(why));
        }
    }

    #[test]
    fn methods_that_tunnel_or_echo_are_refused() {
        let allowed = allowed(&["api.pagerduty.com"]).unwrap();
        let uri: Uri = "https://api.pagerduty.com/".parse().unwrap();
        for (method, expected) in [
            (http::Method::DELETE, Ok(())),
            (http::Method::CONNECT, Err(Denied::Method)),
            (http::Method::TRACE, Err(Denied::Method)),
        ] {
            assert_eq!(allowed.check(&method, &uri), expected, "{method}");
        }
    }

    #[test]
    fn a_grant_is_an_exact_lower_case_name() {
        for name in ["api.pagerduty.com", "a-b.example", "1.example", "xn--p1ai.example"] {
            assert!(allowed(&[name]).is_ok(), "{name}");
        }
        for name in [
            "",
            "localhost",
            "API.pagerduty.com",
            "api.pagerduty.com.",
            "*.pagerduty.com",
            ".pagerduty.com",
            "api..com",
            "-a.example",
            "a-.example",
            "127.0.0.1",
            "1.2.3.0x7f",
            "[::1]",
            "api.pagerduty.com:443",
            "u@api.pagerduty.com",
            "https://api.pagerduty.com",
            "api.pagerduty.com/",
            "bücher.example",
        ] {
            assert!(allowed(&[name]).is_err(), "{name}");
        }
    }

    #[test]
    fn grants_belong_to_one_component() {
        let asked = ASKED.map(str::to_owned);
        let grants = |sha256: &str| Grants { hosts: vec!["api.pagerduty.com".into()], sha256: Some(sha256.into()) };
        assert!(Allowed::new(&grants("AB"), &asked, "ab", BTreeSet::new()).is_ok());
        assert!(Allowed::new(&grants("cd"), &asked, "ab", BTreeSet::new()).is_err());
    }
}
