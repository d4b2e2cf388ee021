//! The accept loop: takes connections within the limits, and ends them gracefully.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime};

use ::party::pairing::HOSTS_MAX;
use aws_lc_rs::rand;
use axum::Router;
use base::Time;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use super::call::{Ends, Server, listeners_of};
use super::limits::{
    ACCEPT_PAUSE_MAX, ACCEPT_PAUSE_MIN, DRAIN_TIMEOUT, PAIRING_WAITING, PICTURES_MAX, PICTURES_WAITING_MAX,
    QUESTIONS_MAX, QUESTIONS_WAITING_MAX, requests_at_once,
};
use super::recent::{READERS_MAX, Recent, TURNED_AWAY_MAX};
use super::sending::Files;
use super::tls::{Secure, Unwrapping};
use super::turns::Turns;
use super::unfinished::Unfinished;
use super::{App, audience, connection, relaying, router, statistics};
use crate::door::{Door, Seated};
use crate::feed::{self, Sources};
use crate::gate::{Entrant, Full, Gate};
use crate::guests::Guests;
use crate::metrics::Counters;
use crate::mp3::Hub;
use crate::relays::Relays;
use crate::rooms::Rooms;
use crate::statistics::Statistics;

/// How often the connections inside are looked at for one that comes when all places are taken.
const LOOKS: usize = 8;

/// What a connection above the limit is told before it is closed.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: 61\r\n\
retry-after: 5\r\nconnection: close\r\n\r\n{\"error\":\"Too many connections are open; try again in 5 s.\"}\n";

/// Where connections come in.
#[derive(Debug)]
pub struct Listeners {
    /// Plain ones.
    pub plain: TcpListener,
    /// Those by TLS, if there shall be any.
    pub secure: Option<Secure>,
}

impl From<TcpListener> for Listeners {
    fn from(plain: TcpListener) -> Self {
        Self { plain, secure: None }
    }
}

/// Answers requests on `listeners` until `shutdown` is ready; then no more connections are taken, requests under way get
/// [`DRAIN_TIMEOUT`] to finish, and live bodies end.
pub async fn serve(listeners: impl Into<Listeners>, app: App, shutdown: impl Future<Output = ()>) {
    let Listeners { plain, secure } = listeners.into();
    let limits = app.config.limits.clone();
    let (stop_in, stop) = watch::channel(false);
    let mp3_listeners = Gate::new(limits.mp3_listeners());
    let guests = Guests::new(limits.guests_per_address_max);
    let feeds = feed::publish(sources(&app, &guests), &session(), stop.clone());
    let statistics = Arc::<Statistics>::default();
    tokio::spawn(statistics::keep(Arc::clone(&statistics), app.clone(), stop.clone()));
    tokio::spawn(audience::publish(app.clone(), guests.clone(), stop.clone()));
    let server = Arc::new(Server {
        connections: Door::new(limits.connections()),
        mp3_listeners,
        event_listeners: Gate::new(limits.event_listeners()),
        room_places: Gate::new(limits.room_places()),
        rooms: Rooms::new(limits.rooms),
        // A connection has one request at a time, so all of them fit.
        requests: Turns::new(requests_at_once(), limits.connections_max),
        questions: Turns::new(QUESTIONS_MAX, QUESTIONS_WAITING_MAX),
        pictures: Turns::new(PICTURES_MAX, PICTURES_WAITING_MAX),
        unfinished: Unfinished::default(),
        files: Files::new(),
        asking: Gate::new(PAIRING_WAITING),
        offers: Mutex::new(limits.fan_out.offers(Time::ZERO)),
        guests,
        feeds,
        statistics,
        paired_from: Recent::new(HOSTS_MAX),
        turned_away: Recent::new(TURNED_AWAY_MAX),
        readers: Recent::new(READERS_MAX),
        counters: Counters::default(),
        relays: Relays::new(app.config.streams, app.zero),
        started: Instant::now(),
        app,
    });
    tokio::spawn(relaying::keep(Arc::clone(&server), stop.clone()));
    let router = router::router(&server);
    // Dropped by every connection; when the last is gone, the channel closes.
    let (alive, mut all_gone) = mpsc::channel::<()>(1);
    let accepting = Accepting { server: &server, router, stop, alive };
    let by_tls = async {
        match &secure {
            Some(Secure { listener, certificate }) => {
                let unwrapping = Unwrapping::new(certificate.clone(), limits.write_timeout);
                accepting.run(listener, Some(&unwrapping)).await;
            }
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = shutdown => {}
        () = accepting.run(&plain, None) => {}
        () = by_tls => {}
    }
    drop((plain, secure));
    drop(accepting);
    stop_in.send_replace(true);
    server.app.mp3.borrow().iter().for_each(Hub::stop);
    if tokio::time::timeout(DRAIN_TIMEOUT, all_gone.recv()).await.is_err() {
        log::warn!("{} connections did not end in time and are cut", server.connections.total());
    }
}

/// Where the feeds come from.
fn sources(app: &App, guests: &Guests) -> Sources {
    let (of, library) = (app.clone(), app.library.clone());
    Sources {
        snapshots: app.snapshot.clone(),
        guests: guests.clone(),
        facts: app.appliance.facts.clone(),
        listeners: Box::new(move |channel| listeners_of(&of, channel)),
        scan: Box::new(move || library.as_ref().map(|library| library.progress().into())),
    }
}

/// Tells this run of the server from others. Should the system have no random bytes, the time will do: it is no secret.
fn session() -> String {
    let mut bytes = [0; 8];
    if rand::fill(&mut bytes).is_err() {
        bytes = (SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos() as u64).to_be_bytes();
    }
    format!("{:016x}", u64::from_be_bytes(bytes))
}

struct Accepting<'a> {
    server: &'a Arc<Server>,
    router: Router,
    stop: watch::Receiver<bool>,
    alive: mpsc::Sender<()>,
}

impl Accepting<'_> {
    /// Accepts for ever; what comes by TLS is unwrapped. When the system has no file descriptors left it pauses, because trying
    /// again at once would only burn the processor the running connections need.
    async fn run(&self, listener: &TcpListener, unwrapping: Option<&Unwrapping>) {
        let mut pause = ACCEPT_PAUSE_MIN;
        loop {
            match listener.accept().await {
                Ok((socket, peer)) => {
                    pause = ACCEPT_PAUSE_MIN;
                    self.accept(socket, peer, unwrapping).await;
                }
                Err(e) => {
                    self.server.counters.accept_errors.add();
                    log::warn!("cannot accept a connection: {e}");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(ACCEPT_PAUSE_MAX);
                }
            }
        }
    }

    async fn accept(&self, socket: TcpStream, peer: SocketAddr, unwrapping: Option<&Unwrapping>) {
        self.server.counters.connections.add();
        // The phone may be gone already; then there is nothing to serve.
        let Ok(local) = socket.local_addr() else { return };
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let who = self.server.at_the_door(peer.ip());
        let seated = match self.enter(who).await {
            Ok(seated) => seated,
            Err(full) => return self.refuse(&socket, peer, full),
        };
        // Answers are written whole; waiting to fill a segment would only delay them.
        let _ = socket.set_nodelay(true);
        let (router, stop, alive) = (self.router.clone(), self.stop.clone(), self.alive.clone());
        let server = Arc::clone(self.server);
        let unwrapping = unwrapping.cloned();
        tokio::spawn(async move {
            let seat = Arc::clone(seated.seat());
            let ends = Ends { peer, local, is_tls: unwrapping.is_some() };
            tokio::select! {
                () = attend(socket, ends, who, router, &server, (seated, unwrapping), stop) => {}
                () = seat.has_to_go() => server.counters.connections_gave_way.add(),
            }
            drop(alive);
        });
    }

    /// Gives `who` a place. Where all are taken by connections that nobody has looked at yet, those are looked at first: most that
    /// come at once with many go again as soon as they are answered, and meanwhile the others wait in the kernel's queue. Nobody waits
    /// for one that was turned out.
    async fn enter(&self, who: Entrant) -> Result<Seated, Full> {
        let door = &self.server.connections;
        for _ in 0..LOOKS {
            match door.enter(who) {
                Err(Full::Total(_)) if !door.has_turned_out(who.address()) => tokio::task::yield_now().await,
                entered => return entered,
            }
        }
        door.enter(who)
    }

    fn refuse(&self, socket: &TcpStream, peer: SocketAddr, full: Full) {
        self.server.counters.connections_refused.add();
        // A new socket's buffer is empty; if the kernel does not take this, closing is answer enough.
        let _ = socket.try_write(FULL);
        let ip = peer.ip();
        match full {
            Full::Total(limit) => log::warn!("refused a connection of {ip}: all {limit} are in use"),
            Full::Address(limit) => log::warn!("refused a connection of {ip}: it holds {limit} already"),
        }
    }
}

/// Serves a connection until it ends.
async fn attend(
    mut socket: TcpStream,
    ends: Ends,
    who: Entrant,
    router: Router,
    server: &Arc<Server>,
    (mut seated, unwrapping): (Seated, Option<Unwrapping>),
    stop: watch::Receiver<bool>,
) {
    // From now on, not since it came: until here the box was who had to do something.
    seated.seat().wait();
    if let Some(unwrapping) = unwrapping {
        let Some(inner) = unwrapping.unwrap(socket, who, &mut seated).await else { return };
        socket = inner;
    }
    if let Err(e) = connection::run(socket, ends, router, server, seated, stop).await {
        log::debug!("connection of {} ended: {e}", ends.peer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_made_refusal_announces_its_true_length() {
        let text = std::str::from_utf8(FULL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
    }
}
