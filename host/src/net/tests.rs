//! The network against servers of this machine, plain and over TLS.

use super::*;
use crate::body::Overflow;
use crate::options::Limits;
use crate::transport::body;
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn network(addresses: io::Result<Vec<IpAddr>>) -> Network {
    let addresses = Arc::new(std::sync::Mutex::new(Some(addresses)));
    let options = HostOptions {
        limits: Limits { connect: Duration::from_secs(2), ..Limits::default() },
        resolver: Some(Arc::new(move |_| {
            let answer = addresses.lock().unwrap().take().unwrap();
            Box::pin(async move { answer })
        })),
        ..HostOptions::default()
    };
    Network::new(&options).unwrap()
}

async fn get(network: &Network, uri: &str) -> Result<http::Response<Incoming>, TransportError> {
    get_as(network, "canary", uri).await
}

/// The same with this credential.
async fn get_as(network: &Network, secret: &str, uri: &str) -> Result<http::Response<Incoming>, TransportError> {
    let body = Bounded::request(body(""), 0, Overflow::default());
    let owner = network.owner([secret].into_iter());
    network.send(owner, http::Request::get(uri).body(body).unwrap()).await
}

async fn check(addresses: io::Result<Vec<&str>>, expected: &str) {
    let addresses = addresses.map(|list| list.into_iter().map(|a| a.parse().unwrap()).collect());
    let error = get(&network(addresses), "https://api.pagerduty.com/").await.unwrap_err();
    assert_eq!(format!("{error:?}"), expected);
}

#[tokio::test]
async fn names_that_lead_nowhere_or_inside_are_refused_before_connecting() {
    check(Ok(vec!["10.0.0.1"]), "DestinationIpProhibited").await;
    check(Ok(vec!["8.8.8.8", "127.0.0.1"]), "DestinationIpProhibited").await;
    check(Ok(vec!["::1"]), "DestinationIpProhibited").await;
    check(Ok(vec![]), "DestinationNotFound").await;
    let unknown = Err(io::Error::other("no such name"));
    check(unknown, r#"DnsError { rcode: Some("no such name"), info_code: None }"#).await;
}

#[tokio::test]
async fn a_closed_port_and_a_server_without_tls_say_so() {
    let network = network(Ok(vec![]));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let plain = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.read(&mut [0; 64]).await;
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    });
    let error = get(&network, &format!("https://127.0.0.1:{port}/")).await.unwrap_err();
    assert!(matches!(error, TransportError::TlsProtocolError), "{error:?}");
    plain.await.unwrap();
    let error = get(&network, &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
    assert!(matches!(error, TransportError::ConnectionRefused), "{error:?}");
}

/// Serves one connection with these bytes for every request and counts the
/// connections it took.
async fn serve(answers: Vec<&'static [u8]>) -> (u16, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        for answer in answers {
            let mut seen = Vec::new();
            while !seen.ends_with(b"\r\n\r\n") {
                assert_ne!(socket.read_buf(&mut seen).await.unwrap(), 0);
            }
            socket.write_all(answer).await.unwrap();
        }
    });
    (port, served)
}

#[tokio::test]
async fn requests_share_a_connection_and_redirects_are_answers() {
    let (port, served) = serve(vec![
        b"HTTP/1.1 302 Found\r\nlocation: http://evil.example/\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi",
    ])
    .await;
    let network = network(Ok(vec![]));
    for status in [302, 200] {
        let answer = get(&network, &format!("http://127.0.0.1:{port}/")).await.unwrap();
        assert_eq!(answer.status(), status);
        answer.into_body().collect().await.unwrap();
    }
    served.await.unwrap();
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_the_outcome_unknown() {
    let (port, served) = serve(vec![b""]).await;
    let network = network(Ok(vec![]));
    let error = get(&network, &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
    assert!(matches!(error, TransportError::ConnectionTerminated), "{error:?}");
    served.await.unwrap();

    let (port, served) = serve(vec![b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ncut"]).await;
    let answer = get(&network, &format!("http://127.0.0.1:{port}/")).await.unwrap();
    let error = answer.into_body().collect().await.map_err(network_error::of_body);
    assert!(matches!(error, Err(TransportError::HttpResponseIncomplete)));
    served.await.unwrap();
}

/// Serves two requests of one TLS connection, with a certificate for 127.0.0.1
/// that only the returned roots vouch for.
async fn serve_tls() -> (u16, RootCertStore, tokio::task::JoinHandle<()>) {
    serve_tls_as("127.0.0.1", 2126).await
}

/// The same for any name, until the beginning of that year.
async fn serve_tls_as(name: &str, until: i32) -> (u16, RootCertStore, tokio::task::JoinHandle<()>) {
    let mut wanted = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    wanted.not_before = rcgen::date_time_ymd(2000, 1, 1);
    wanted.not_after = rcgen::date_time_ymd(until, 1, 1);
    let signing_key = rcgen::KeyPair::generate().unwrap();
    let certificate = wanted.self_signed(&signing_key).unwrap().der().clone();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let Ok(mut socket) = acceptor.accept(socket).await else { return };
        for _ in 0..2 {
            let mut seen = Vec::new();
            while !seen.ends_with(b"\r\n\r\n") {
                assert_ne!(socket.read_buf(&mut seen).await.unwrap(), 0);
            }
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").await.unwrap();
        }
    });
    (port, roots, served)
}

#[tokio::test]
async fn requests_share_a_tls_connection() {
    let (port, roots, served) = serve_tls().await;
    let network = Network::trusting(roots, &HostOptions::default(), None).unwrap();
    for _ in 0..2 {
        let answer = get(&network, &format!("https://127.0.0.1:{port}/")).await.unwrap();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(bytes, "hi");
    }
    served.await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    // The name it is for, the year it ends, whether its issuer is trusted.
    for (name, until, trusted) in [
        ("127.0.0.1", 2126, false),
        ("127.0.0.1", 2001, true),
        ("127.0.0.2", 2126, true),
        ("api.pagerduty.com", 2126, true),
    ] {
        let (port, roots, served) = serve_tls_as(name, until).await;
        let network = if trusted {
            Network::trusting(roots, &HostOptions::default(), None).unwrap()
        } else {
            network(Ok(vec![]))
        };
        let error = get(&network, &format!("https://127.0.0.1:{port}/")).await.unwrap_err();
        assert!(matches!(error, TransportError::TlsCertificateError), "{name} until {until}: {error:?}");
        served.await.unwrap();
    }
}

/// Connects by TLS to a server that answers the greeting with these bytes and
/// closes, or (without any) with nothing for ever.
async fn handshake(answer: Option<&'static [u8]>, expected: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut greeting = [0; 16 << 10];
        let _ = socket.read(&mut greeting).await;
        match answer {
            Some(bytes) => drop(socket.write_all(bytes).await),
            // Until the other side gives up.
            None => while socket.read(&mut greeting).await.is_ok_and(|read| read > 0) {},
        }
    });
    let connect = if answer.is_some() { Limits::default().connect } else { Duration::from_millis(20) };
    let options = HostOptions { limits: Limits { connect, ..Limits::default() }, ..HostOptions::default() };
    let network = Network::new(&options).unwrap();
    let error = get(&network, &format!("https://127.0.0.1:{port}/")).await.unwrap_err();
    assert!(format!("{error:?}").starts_with(expected), "{answer:?}: {error:?}");
    served.await.unwrap();
}

/// Whatever ends a handshake, nothing was sent.
#[tokio::test]
async fn a_handshake_that_ends_early_is_no_request() {
    handshake(Some(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "TlsProtocolError").await;
    handshake(Some(b"\x15\x03\x03\0\x02\x02\x28"), "TlsAlertReceived { alert_id: Some(40)").await;
    handshake(Some(b""), "DestinationUnavailable").await;
    handshake(Some(b"\x16\x03\x03\0\x7a\x02\0"), "DestinationUnavailable").await;
    handshake(None, "ConnectionTimeout").await;
}

/// Serves connections until it is let go: the first request of each is answered
/// by its own path, and everything else on it as `then` says.
async fn serve_poisoned(then: Then) -> (u16, Arc<std::sync::Mutex<Vec<(usize, String)>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = seen.clone();
    tokio::spawn(async move {
        for connection in 0.. {
            let (mut socket, _) = listener.accept().await.unwrap();
            let log = log.clone();
            tokio::spawn(async move {
                for request in 0.. {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        if !socket.read_buf(&mut head).await.is_ok_and(|read| read > 0) {
                            return;
                        }
                    }
                    let path = String::from_utf8_lossy(&head).split(' ').nth(1).unwrap().to_owned();
                    log.lock().unwrap().push((connection, path.clone()));
                    let own = answer_of(&path);
                    let sent = match (then, request) {
                        (Then::Repeats, 0) => own,
                        (Then::Repeats, _) => answer_of("injected") + &own,
                        (Then::SaysMore(more), _) => own + more,
                    };
                    let _ = socket.write_all(sent.as_bytes()).await;
                }
            });
        }
    });
    (port, seen)
}

/// What a server adds that nobody asked for.
#[derive(Debug, Clone, Copy)]
enum Then {
    /// These bytes, right behind each answer.
    SaysMore(&'static str),
    /// An answer before that to the second request.
    Repeats,
}

fn answer_of(path: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{path}", path.len())
}

async fn read_as(network: &Network, secret: &str, uri: &str) -> String {
    let answer = get_as(network, secret, uri).await.unwrap();
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().into()).unwrap()
}

#[tokio::test]
async fn what_nobody_asked_for_reaches_no_other_account() {
    for then in [
        Then::SaysMore("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\ninjected"),
        Then::SaysMore("HTTP/1.1 200 OK\r\ncontent-length: 800\r\n\r\ninj"),
        Then::SaysMore("x"),
        Then::Repeats,
    ] {
        let (port, seen) = serve_poisoned(then).await;
        let network = network(Ok(vec![]));
        for path in ["/a1", "/b1", "/c1"] {
            let uri = format!("http://127.0.0.1:{port}{path}");
            assert_eq!(read_as(&network, &path[1..2], &uri).await, path, "{then:?}");
        }
        let mut connections: Vec<_> = seen.lock().unwrap().iter().map(|(connection, _)| *connection).collect();
        connections.dedup();
        assert_eq!(connections, [0, 1, 2], "{then:?}: a connection each");
        // The same account: what came before its next request is not read as an
        // answer. What comes behind it cannot be told from one.
        let answer = read_as(&network, "a", &format!("http://127.0.0.1:{port}/a2")).await;
        assert_eq!(answer, if matches!(then, Then::Repeats) { "injected" } else { "/a2" }, "{then:?}");
        let answer = read_as(&network, "b", &format!("http://127.0.0.1:{port}/b2")).await;
        assert_eq!(answer, if matches!(then, Then::Repeats) { "injected" } else { "/b2" }, "{then:?}");
    }
}

#[tokio::test]
async fn accounts_are_told_apart_by_all_their_credentials() {
    let network = network(Ok(vec![]));
    let owner = |secrets: &[&'static str]| network.owner(secrets.iter().copied());
    assert!(owner(&["a", "b"]) == owner(&["a", "b"]));
    for (one, other) in
        [(&["a"][..], &["b"][..]), (&["a"], &["a", "b"]), (&["ab"], &["a", "b"]), (&[], &["a"]), (&[], &[])]
    {
        assert!(owner(one) != owner(other), "{one:?} {other:?}");
    }
}

#[tokio::test]
async fn pools_are_few_and_what_is_used_stays() {
    let (port, seen) = serve_poisoned(Then::SaysMore("")).await;
    let network = network(Ok(vec![]));
    let uri = format!("http://127.0.0.1:{port}/x");
    for account in 0..MOST_POOLS + 20 {
        for secret in ["often", &account.to_string()] {
            read_as(&network, secret, &uri).await;
        }
    }
    assert_eq!(network.pools().of.len(), MOST_POOLS);
    let of_the_one = seen.lock().unwrap().iter().filter(|(connection, _)| *connection == 0).count();
    assert_eq!(of_the_one, MOST_POOLS + 20, "one connection for what is used often");
    // One whose pool made room connects again, the other does not.
    for (secret, more) in [("0", 1), ("often", 0)] {
        let before = seen.lock().unwrap().iter().map(|(connection, _)| *connection).max();
        read_as(&network, secret, &uri).await;
        let after = seen.lock().unwrap().iter().map(|(connection, _)| *connection).max();
        assert_eq!(after, before.map(|before| before + more), "{secret}");
    }
}

/// A server that sends so many preliminary answers, and then an answer; or (with
/// none) nothing else until it is hung up on.
async fn preliminary(count: Option<u32>) -> Result<http::StatusCode, TransportError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            assert_ne!(socket.read_buf(&mut head).await.unwrap(), 0);
        }
        let hint = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
        let hints = hint.repeat(count.unwrap_or(100) as usize);
        while socket.write_all(hints.as_bytes()).await.is_ok() && count.is_none() {}
        let _ = socket.write_all(answer_of("/").as_bytes()).await;
    });
    let answer = get(&network(Ok(vec![])), &format!("http://127.0.0.1:{port}/")).await;
    served.await.unwrap();
    answer.map(|answer| answer.status())
}

#[tokio::test]
async fn preliminary_answers_are_bounded() {
    for count in [0, 1, MOST_PRELIMINARY] {
        assert_eq!(preliminary(Some(count)).await.unwrap(), 200, "{count}");
    }
    assert!(matches!(preliminary(None).await, Err(TransportError::HttpProtocolError)));
}

/// What a name leads to at each lookup, and to which addresses it was connected
/// for as many requests; `None` is one that had to be refused.
async fn led(lookups: &[&[&str]], expected: &[Option<&str>]) {
    let parsed = |texts: &&[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
    let answers =
        Arc::new(std::sync::Mutex::new(lookups.iter().map(parsed).collect::<std::collections::VecDeque<_>>()));
    let (port, roots, _served) = serve_tls_as("api.pagerduty.com", 2126).await;
    let connected = Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = connected.clone();
    let resolving = answers.clone();
    let options = HostOptions {
        resolver: Some(Arc::new(move |name| {
            assert_eq!(name, "api.pagerduty.com");
            let answer = resolving.lock().unwrap().pop_front().expect("a lookup too many");
            Box::pin(async move { Ok(answer) })
        })),
        ..HostOptions::default()
    };
    let detour: Detour = Arc::new(move |address| {
        log.lock().unwrap().push(address.to_string());
        SocketAddr::from(([127, 0, 0, 1], port))
    });
    let network = Network::trusting(roots, &options, Some(detour)).unwrap();
    for expected in expected {
        connected.lock().unwrap().clear();
        // One account each, so that nothing is reused.
        let secret = format!("{:?}", Arc::as_ptr(&answers)) + &answers.lock().unwrap().len().to_string();
        let answer = get_as(&network, &secret, "https://api.pagerduty.com/").await;
        match (answer, expected) {
            (Ok(_), Some(_)) => {}
            (Err(TransportError::DestinationIpProhibited), None) => {}
            (other, _) => panic!("{lookups:?}: {other:?}"),
        }
        assert_eq!(*connected.lock().unwrap(), Vec::from_iter(*expected), "{lookups:?}");
    }
    assert!(answers.lock().unwrap().is_empty(), "a lookup for each connection");
}

/// The very addresses that were looked at are connected to, and none of a name
/// that leads inside as well, now or at the next lookup.
#[tokio::test]
async fn a_name_is_connected_where_it_was_seen_to_lead() {
    led(&[&["8.8.8.8"]], &[Some("8.8.8.8")]).await;
    led(&[&["2600:1f14::1"]], &[Some("2600:1f14::1")]).await;
    led(&[&["8.8.8.8"], &["127.0.0.1"]], &[Some("8.8.8.8"), None]).await;
    for inside in [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "fe80::1",
        "fd00:ec2::254",
    ] {
        led(&[&[inside]], &[None]).await;
        led(&[&["8.8.8.8", inside]], &[None]).await;
        led(&[&[inside, "8.8.8.8"]], &[None]).await;
    }
}
