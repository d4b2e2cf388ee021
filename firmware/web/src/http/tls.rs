//! The same pages by TLS, with the box's own certificate: for DJs, whose browsers give a microphone to secure pages alone.
//!
//! TLS ends here. What is inside goes on over a connection of the box to itself, because everything behind it (hyper, WebSockets,
//! MP3 bodies, streams of programs) takes sockets, and keeps the limits of time that it has for them. A connection counts at the
//! gate like any other; of those by TLS there are few, each costs three sockets.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ::appliance::certificate::Certificate;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use super::limits::{TLS_HANDSHAKE_TIMEOUT, TLS_PLACES};
use crate::door::{Door, Seated};
use crate::gate::Entrant;

/// Bytes that are carried at once in one direction.
const PIECE_BYTES: usize = 16 * 1024;

/// Where connections by TLS come in, and the certificate that they are shown.
#[derive(Debug)]
pub struct Secure {
    /// The listening socket.
    pub listener: TcpListener,
    /// The certificate; without one, connections are closed.
    pub certificate: watch::Receiver<Option<Arc<Certificate>>>,
}

/// The certificate shown last, and what was made of it.
type Made = (Arc<Certificate>, Arc<ServerConfig>);

/// Makes plain connections of those by TLS. Cloning gives another handle to the same.
#[derive(Clone)]
pub(super) struct Unwrapping {
    certificate: watch::Receiver<Option<Arc<Certificate>>>,
    made: Arc<RwLock<Option<Made>>>,
    places: Door,
    write_timeout: Duration,
}

impl Unwrapping {
    /// Returns what shows `certificate` as it is at each connection. A client that takes nothing for `write_timeout` is gone.
    pub(super) fn new(certificate: watch::Receiver<Option<Arc<Certificate>>>, write_timeout: Duration) -> Self {
        Self { certificate, made: Arc::default(), places: Door::new(TLS_PLACES), write_timeout }
    }

    /// Makes the handshake on `socket` of `who`, and returns a connection with what is inside. `None`: there is no place or no certificate, or
    /// it did not come to a session in time.
    pub(super) async fn unwrap(&self, socket: TcpStream, who: Entrant, seated: &mut Seated) -> Option<TcpStream> {
        self.places.admit(who, seated).ok()?;
        let acceptor = TlsAcceptor::from(self.config()?);
        let outer = timeout(TLS_HANDSHAKE_TIMEOUT, acceptor.accept(socket)).await.ok()?.ok()?;
        let (inner, carried) = pair().await.inspect_err(|error| log::warn!("TLS finds no socket: {error}")).ok()?;
        let write_timeout = self.write_timeout;
        tokio::spawn(carry(outer, carried, write_timeout));
        Some(inner)
    }

    /// Returns how the server shows its certificate now.
    fn config(&self) -> Option<Arc<ServerConfig>> {
        let certificate = self.certificate.borrow().clone()?;
        if let Some((of, config)) = &*self.made.read().unwrap_or_else(PoisonError::into_inner)
            && Arc::ptr_eq(of, &certificate)
        {
            return Some(Arc::clone(config));
        }
        let config = server(&certificate).inspect_err(|error| log::error!("the certificate is of no use: {error}"));
        let config = Arc::new(config.ok()?);
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        *made = Some((certificate, Arc::clone(&config)));
        Some(config)
    }
}

/// Returns how a server shows `certificate`.
fn server(certificate: &Certificate) -> Result<ServerConfig, rustls::Error> {
    let chain = vec![CertificateDer::from(certificate.der.clone())];
    let key = PrivatePkcs8KeyDer::from(certificate.key.clone());
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key.into())?;
    // Browsers speak HTTP/2 where it is offered, which this server does not.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Returns both ends of a connection of this process to itself.
async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let (near, far) = tokio::join!(TcpStream::connect(listener.local_addr()?), async {
        // Another program of this machine may have been quicker.
        listener.accept().await
    });
    let (near, (far, peer)) = (near?, far?);
    if near.local_addr()? != peer {
        return Err(io::Error::new(io::ErrorKind::ConnectionRefused, "somebody else came"));
    }
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    Ok((near, far))
}

/// Carries bytes both ways until the box closes, the client is gone, or takes nothing any more.
async fn carry(outer: impl AsyncRead + AsyncWrite, inner: TcpStream, write_timeout: Duration) {
    let (from_client, to_client) = tokio::io::split(outer);
    let (from_box, to_box) = inner.into_split();
    let inwards = async {
        let ended = copy(from_client, to_box, write_timeout).await;
        // Who has said all may still wait for the answer; who broke off does not.
        if ended.is_ok() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = inwards => {}
        // What went wrong there ends the connection like its end.
        _ = copy(from_box, to_client, write_timeout) => {}
    }
}

/// Copies until the end, which it hands on.
async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    write_timeout: Duration,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = from.read(&mut piece).await?;
        let written = async {
            if read == 0 {
                return to.shutdown().await;
            }
            to.write_all(&piece[..read]).await?;
            to.flush().await
        };
        timeout(write_timeout, written).await??;
        if read == 0 {
            return Ok(());
        }
    }
}
