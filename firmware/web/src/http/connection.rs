//! One connection: hyper reads requests and the router answers them, until it ends or becomes a live MP3 body or a
//! WebSocket. One that begins with the head of a stream that is sent to the box never is hyper's.
//!
//! Each connection answers one request whenever its task is polled, however many it has sent at once, and the address answered least
//! of late comes first ([`Turns`](super::turns::Turns)): a thousand that ask without end keep one that asks for a page waiting for an
//! answer or two.
//!
//! A live body is taken away from hyper: hyper would wake one task per listener and packet, and those wake-ups cost
//! more than the sound. The router marks such an answer with [`TakeOver`]; its head is then written by the fan-out.

use std::convert::Infallible;
use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, header};
use bytes::{BufMut, Bytes, BytesMut};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::Service as HyperService;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tower_service::Service as _;

use super::call::{Ends, Server};
use super::icecast;
use super::icecast::head::{self, First};
use super::limits::{BUFFER_BYTES_MAX, HEAD_BYTES_MAX, HEADERS_MAX};
use super::socket::{self, Patience};
use super::stall::{Phase, Timed};
use super::takeover::TakeOver;
use crate::door::{Seat, Seated};
use crate::mp3::Joining;

/// Where a taken-over answer waits for the connection to notice it.
type Slot = Arc<Mutex<Option<(Bytes, TakeOver)>>>;

/// Whether a connection has answered a request since its task was polled last.
#[derive(Clone, Debug, Default)]
struct Round(Arc<AtomicBool>);

impl Round {
    /// Begins another one.
    fn begin(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Waits for the next one, behind every other task that is ready, unless this one has answered none yet.
    async fn take(&self) {
        if self.0.swap(true, Ordering::Relaxed) {
            tokio::task::yield_now().await;
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

#[derive(Clone)]
struct Service {
    router: Router,
    ends: Ends,
    server: Arc<Server>,
    seat: Arc<Seat>,
    phase: Phase,
    round: Round,
    slot: Slot,
}

impl Service {
    /// Has the request answered when its turn comes. The turn is for what is computed before the answer has to wait for anybody,
    /// so that those who wait keep nobody else waiting.
    async fn answer(&mut self, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        self.seat.line_up();
        self.round.take().await;
        let turn = self.server.requests.take(self.ends.peer.ip()).await;
        self.seat.serve();
        let mut answering = pin!(self.router.call(request));
        let begun = poll_fn(|cx| Poll::Ready(answering.as_mut().poll(cx))).await;
        drop(turn);
        match begun {
            Poll::Ready(answered) => answered,
            Poll::Pending => answering.await,
        }
    }
}

impl HyperService<Request<Incoming>> for Service {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let mut this = self.clone();
        request.extensions_mut().insert(this.ends);
        request.extensions_mut().insert(Arc::clone(&this.seat));
        this.phase.answering();
        Box::pin(async move {
            let mut response = this.answer(request).await?;
            // Read for each answer: hyper's own is a moment ahead at most, but stands still when the clock is put back.
            response.headers_mut().entry(header::DATE).or_insert_with(|| date(SystemTime::now()));
            if let Some(take_over) = response.extensions_mut().remove::<TakeOver>() {
                let head = head(&response);
                *this.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some((head, take_over));
                // The connection is taken apart before this future is polled again.
                return pending().await;
            }
            this.phase.answered();
            this.seat.answered();
            // What has no length lasts; the rest is to be taken, and then the next request is waited for.
            if response.body().size_hint().exact().is_some() {
                this.seat.wait();
            }
            Ok(response)
        })
    }
}

/// The last second that HTTP can write, of the year 9999.
const LAST_S: u64 = 253_402_300_799;

/// Returns a time as HTTP writes it, or the nearest that it can.
fn date(now: SystemTime) -> HeaderValue {
    let now = now.clamp(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + Duration::from_secs(LAST_S));
    HeaderValue::from_str(&httpdate::fmt_http_date(now)).expect("a date is plain text")
}

/// Status line and headers of an answer behind which other bytes follow. A body that ends with the connection is valid
/// for HTTP/1.0 and 1.1 alike (RFC 9112 section 6.3, rule 8).
fn head(response: &Response<Body>) -> Bytes {
    let mut head = BytesMut::with_capacity(1_024);
    head.put_slice(format!("HTTP/1.1 {}\r\n", response.status()).as_bytes());
    // Neither a body without an end nor a switched protocol has a length (RFC 9110 section 8.6).
    for (name, value) in response.headers().iter().filter(|(name, _)| *name != header::CONTENT_LENGTH) {
        head.put_slice(name.as_str().as_bytes());
        head.put_slice(b": ");
        head.put_slice(value.as_bytes());
        head.put_slice(b"\r\n");
    }
    head.put_slice(b"\r\n");
    head.freeze()
}

/// Reads of a new connection as much as tells whether a stream begins on it, which hyper could not read, and returns that, and what
/// was read: nothing where the first byte is enough. `None`: it ended, or took too long.
async fn first(socket: &mut TcpStream, server: &Server) -> Option<(First, BytesMut)> {
    let is_mount = |mount: &str| icecast::is_mount(server, mount);
    let reading = async {
        let mut mark = [0];
        let seen = socket.peek(&mut mark).await.ok()?;
        let mut bytes = BytesMut::new();
        let mut first = head::read(&mark[..seen], is_mount);
        while seen > 0 && first == First::Unknown {
            if socket.read_buf(&mut bytes).await.ok()? == 0 {
                // Whatever it was to become, hyper knows the answer.
                return Some((First::Http, bytes));
            }
            first = head::read(&bytes, is_mount);
        }
        Some((first, bytes))
    };
    tokio::time::timeout(server.app.config.limits.head_timeout, reading).await.ok().flatten()
}

/// Serves one connection until it ends, is taken over, or `stop` becomes true and its running request is answered.
pub(super) async fn run(
    mut socket: TcpStream,
    ends: Ends,
    router: Router,
    server: &Arc<Server>,
    seated: Seated,
    mut stop: watch::Receiver<bool>,
) -> Result<(), hyper::Error> {
    let limits = &server.app.config.limits;
    let begun = tokio::select! {
        begun = first(&mut socket, server) => begun,
        () = crate::stopped(&mut stop) => None,
    };
    let before = match begun {
        None => return Ok(()),
        Some((First::Stream(head, length), bytes)) => {
            seated.seat().serve();
            icecast::run(socket, head, &bytes[length..], ends, server, stop).await;
            return Ok(());
        }
        Some((First::Bad(why), _)) => {
            icecast::refuse_bad(socket, why).await;
            return Ok(());
        }
        Some((First::Unknown | First::Http, bytes)) => bytes.freeze(),
    };
    let phase = Phase::default();
    let slot = Slot::default();
    let round = Round::default();
    let seat = Arc::clone(seated.seat());
    let service = Service {
        router,
        ends,
        server: Arc::clone(server),
        seat: Arc::clone(&seat),
        phase: phase.clone(),
        round: round.clone(),
        slot: Arc::clone(&slot),
    };
    let timed = Timed::new(socket, before, (phase, Arc::clone(&seat)), limits.head_timeout, limits.write_timeout);
    let io = TokioIo::new(timed);
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // hyper's limit spans the pause before a head and the head; the head's own shorter limit is kept by `Timed`.
        .header_read_timeout(limits.idle_timeout)
        // Who has said all and waits for the answer may close their half (RFC 9112 section 9.6).
        .half_close(true)
        .auto_date_header(false)
        .max_headers(HEADERS_MAX)
        .max_header_size(HEAD_BYTES_MAX)
        .max_buf_size(BUFFER_BYTES_MAX)
        .serve_connection(io, service);
    let mut stop_here = stop.clone();
    let stopped = crate::stopped(&mut stop_here);
    tokio::pin!(stopped);
    let mut stopping = false;
    let outcome = poll_fn(|cx| {
        round.begin();
        if !stopping && stopped.as_mut().poll(cx).is_ready() {
            stopping = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        let polled = connection.poll_without_shutdown(cx);
        let taken = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (taken, polled) {
            (Some(taken), _) => Poll::Ready(Ok(Some(taken))),
            (None, Poll::Ready(result)) => Poll::Ready(result.map(|()| None)),
            (None, Poll::Pending) => Poll::Pending,
        }
    })
    .await?;
    seat.serve();
    let parts = connection.into_parts();
    let socket = parts.io.into_inner().into_socket();
    match outcome {
        Some((head, TakeOver::Mp3(body))) => {
            let place = body.place.lock().unwrap_or_else(PoisonError::into_inner).take();
            let held = body.held.lock().unwrap_or_else(PoisonError::into_inner).take();
            // From here on nothing of this runtime may keep it waiting. A socket that cannot be had back is closed.
            if let Some((place, socket)) = place.zip(socket.into_std().ok()) {
                let (icy, stamped) = (body.icy, body.stamped);
                let joining = Joining { socket, head, icy, stamped, connection: Some(seated), place, held };
                body.hub.join(body.bitrate_bps, joining);
            }
        }
        Some((head, TakeOver::Socket(upgrade))) => {
            let carrier = (&server.counters, Patience::new(limits.write_timeout));
            socket::run(socket, parts.read_buf, head, upgrade, carrier, stop).await;
        }
        None => {}
    }
    Ok(())
}
