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
    let body = Bounded::request(body(""), 0, Overflow::default());
    network.send(http::Request::get(uri).body(body).unwrap()).await
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
    let network = Network::trusting(roots, &HostOptions::default()).unwrap();
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
        let network =
            if trusted { Network::trusting(roots, &HostOptions::default()).unwrap() } else { network(Ok(vec![])) };
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
