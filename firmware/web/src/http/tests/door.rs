//! A way in by TLS, for a server under test, and a client that trusts its certificate.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use appliance::certificate::Certificate;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::reply::Reply;
use crate::http::Secure;

/// Longest wait for an answer.
const LIMIT: Duration = Duration::from_secs(20);

/// Where a server is spoken to by TLS.
pub(super) struct Door {
    pub(super) addr: SocketAddr,
    certificate: Arc<Certificate>,
}

/// Opens a listener for a server, with a certificate.
pub(super) async fn open() -> (Secure, Door) {
    // Whoever checks it looks at the clock.
    let now_s = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let names = ["127.0.0.1", "party.internal"].map(str::to_owned).into();
    let certificate = Arc::new(Certificate::make(&names, now_s).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let door = Door { addr: listener.local_addr().unwrap(), certificate: Arc::clone(&certificate) };
    (Secure { listener, certificate: watch::channel(Some(certificate)).1 }, door)
}

impl Door {
    /// Sends bytes to whoever shows the certificate for `name`, and reads until the end.
    pub(super) async fn raw(&self, name: &str, bytes: &[u8]) -> Reply {
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

    pub(super) async fn ask(&self, method: &str, path: &str, lines: &[&str]) -> Reply {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.addr);
        let head = lines.iter().fold(head, |head, line| head + line + "\r\n");
        self.raw("127.0.0.1", format!("{head}\r\n").as_bytes()).await
    }
}
