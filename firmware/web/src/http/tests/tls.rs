//! The same answers by TLS, to pages that came by it, and an end for whoever says nothing.

use std::net::SocketAddr;
use std::sync::Arc;

use appliance::certificate::Certificate;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::world::{LIMIT, Reply, World, hosts};
use crate::http::Secure;

/// Some time at which certificates of the tests are made: now, for whoever checks them.
fn now_s() -> u64 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

/// Where a server is spoken to by TLS.
pub(super) struct Door {
    pub(super) addr: SocketAddr,
    certificate: Arc<Certificate>,
}

/// Opens a listener for a server, with a certificate.
pub(super) async fn open() -> (Secure, Door) {
    let names = ["127.0.0.1", "party.internal"].map(str::to_owned).into();
    let certificate = Arc::new(Certificate::make(&names, now_s()).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let door = Door { addr: listener.local_addr().unwrap(), certificate: Arc::clone(&certificate) };
    (Secure { listener, certificate: watch::channel(Some(certificate)).1 }, door)
}

impl Door {
    /// Sends bytes to whoever shows the certificate for `name`, and reads until the end.
    async fn raw(&self, name: &str, bytes: &[u8]) -> Reply {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(self.certificate.der.clone())).expect("a certificate");
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("versions");
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let socket = TcpStream::connect(self.addr).await.unwrap();
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let mut tls = TlsConnector::from(Arc::new(config)).connect(name, socket).await.expect("a handshake");
        tls.write_all(bytes).await.unwrap();
        let mut all = Vec::new();
        timeout(LIMIT, tls.read_to_end(&mut all)).await.expect("the server closes in time").expect("and says so");
        Reply::parse(&all)
    }

    async fn ask(&self, method: &str, path: &str, lines: &[&str]) -> Reply {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.addr);
        let head = lines.iter().fold(head, |head, line| head + line + "\r\n");
        self.raw("127.0.0.1", format!("{head}\r\n").as_bytes()).await
    }
}

#[tokio::test]
async fn pages_and_questions_are_answered_by_tls_as_they_are_without() {
    let world = World::new(hosts()).await;
    let page = world.tls.ask("GET", "/", &[]).await;
    assert_eq!((page.status, page.body.len()), (200, world.get("/").await.body.len()));
    assert_eq!(page.header("strict-transport-security"), "", "it would shut the other port");
    let cookie = world.tls.ask("PUT", "/api/channels/main/heart", &[]).await;
    assert!(!cookie.header("set-cookie").contains("Secure"), "guests are the same on both ports");
    assert_eq!(world.tls.ask("GET", "/api/party/status", &[]).await.status, 200);
    assert_eq!(world.tls.ask("GET", "/nothing", &[]).await.status, 404);
    let named =
        world.tls.raw("party.internal", b"GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_eq!(named.await.status, 421);
}

#[tokio::test]
async fn each_port_obeys_its_own_pages_alone() {
    let world = World::new(hosts()).await;
    let (plain, tls) = (world.addr, world.tls.addr);
    let by_tls = async |origin: String| world.tls.ask("POST", "/api/party/play", &[&format!("Origin: {origin}")]).await;
    assert_eq!(by_tls(format!("https://{tls}")).await.status, 204);
    for origin in
        [format!("http://{tls}"), format!("http://{plain}"), format!("https://{plain}"), "https://evil.example".into()]
    {
        assert_eq!(by_tls(origin.clone()).await.status, 403, "{origin}");
    }
    for origin in [format!("https://{plain}"), format!("https://{tls}")] {
        let reply = world.ask("POST", "/api/party/play", &[&format!("Origin: {origin}")], &[]).await;
        assert_eq!(reply.status, 403, "{origin}");
    }
}

#[tokio::test]
async fn whoever_comes_to_no_session_is_let_go() {
    let world = World::new(hosts()).await;
    for said in [&b""[..], b"GET / HTTP/1.1\r\n\r\n", &[0x16, 3, 1, 0, 200, 1]] {
        let mut socket = TcpStream::connect(world.tls.addr).await.unwrap();
        socket.write_all(said).await.unwrap();
        let mut all = Vec::new();
        // A reset is an end as well.
        _ = timeout(LIMIT, socket.read_to_end(&mut all)).await.expect("the server closes in time");
        assert!(!all.starts_with(b"HTTP"), "nothing is answered without");
    }
    assert_eq!(world.tls.ask("GET", "/health", &[]).await.status, 200);
}
