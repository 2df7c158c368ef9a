//! Base URLs of simulators: `http://127.0.0.1:PORT` and `http://[::1]:PORT`,
//! parsed and compared, never guessed. A name such as `localhost` is not one of
//! them, since what it resolves to is not ours to say.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The origin that `url` names, if it is a loopback base URL: no user
/// information, path (a lone `/` excepted), query or fragment; port 1 to 65535.
#[must_use]
pub fn loopback_origin(url: &str) -> Option<SocketAddr> {
    let rest = url.strip_prefix("http://")?;
    authority(rest.strip_suffix('/').unwrap_or(rest))
}

/// The same for what stands between `//` and `/`.
pub(crate) fn authority(authority: &str) -> Option<SocketAddr> {
    let (host, port) = authority.rsplit_once(':')?;
    let address = match host {
        "127.0.0.1" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        "[::1]" => IpAddr::V6(Ipv6Addr::LOCALHOST),
        _ => return None,
    };
    // `parse` alone would take `+80`; leading zeros would be a second spelling.
    if port.starts_with('0') || !port.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(SocketAddr::new(address, port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected: Option<&str>) {
        let expected = expected.map(|address| address.parse().unwrap());
        assert_eq!(loopback_origin(url), expected, "{url}");
    }

    #[test]
    fn only_loopback_addresses_with_a_port() {
        check("http://127.0.0.1:8080", Some("127.0.0.1:8080"));
        check("http://127.0.0.1:8080/", Some("127.0.0.1:8080"));
        check("http://[::1]:1", Some("[::1]:1"));
        for url in [
            "",
            "127.0.0.1:8080",
            "http://127.0.0.1",
            "http://127.0.0.1:",
            "http://127.0.0.1:0",
            "http://127.0.0.1:080",
            "http://127.0.0.1:+80",
            "http://127.0.0.1:65536",
            "http://127.0.0.1:80/path",
            "http://127.0.0.1:80//",
            "http://127.0.0.1:80?x",
            "http://127.0.0.1:80#x",
            "http://127.0.0.2:80",
            "http://127.1:80",
            "http://0x7f.0.0.1:80",
            "http://localhost:80",
            "http://localhost.evil.example:80",
            "http://u@127.0.0.1:80",
            "http://127.0.0.1:80@evil.example:80",
            "http://127.0.0.1.evil.example:80",
            "http://::1:80",
            "http://[::]:80",
            "http://[::ffff:127.0.0.1]:80",
            "https://127.0.0.1:80",
            "HTTP://127.0.0.1:80",
            " http://127.0.0.1:80",
            "http://0.0.0.0:80",
            "http://10.0.0.1:80",
        ] {
            check(url, None);
        }
    }
}
