//! One request that has passed the guard, and what every answer may use.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ::party::{Asker, Refused, What, Wish};
use axum::http::{HeaderMap, Method};
use base::{Asking, ChannelId, GuestId, Shares, StreamId, Time};
use bytes::Bytes;
use tokio::sync::{oneshot, watch};

use super::App;
use super::incoming::{Incoming, Slot};
use super::recent::Recent;
use super::refusal::{Refusal, no_room_for_guest, refused};
use super::role::Role;
use super::sending::Files;
use super::turns::Turns;
use super::unfinished::Unfinished;
use super::way::{Way, name_of, port_of};
use crate::control::Command;
use crate::door::Door;
use crate::feed::Feeds;
use crate::gate::{Entrant, Full, Gate, Pass};
use crate::guests::{self, Guests, Newcomer};
use crate::metrics::Counters;
use crate::mp3::Hub;
use crate::relays::Relays;
use crate::rooms::Rooms;
use crate::statistics::Statistics;
use crate::status::{ChannelStatus, Listeners, Snapshot};
use rtc::api::SessionId;

/// The port that a name without port means.
pub(super) const HTTP_PORT: u16 = 80;

/// The two ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    /// The client; behind a proxy that is believed, the phone that this speaks for.
    pub(super) peer: SocketAddr,
    /// Us, as the client reached us.
    pub(super) local: SocketAddr,
    /// Whether they speak TLS.
    pub(super) is_tls: bool,
}

/// Shared by all connections.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) app: App,
    pub(super) connections: Door,
    pub(super) mp3_listeners: Gate,
    pub(super) event_listeners: Gate,
    /// Connections to rooms.
    pub(super) room_places: Gate,
    /// The rooms, whose sound the box does not see.
    pub(super) rooms: Rooms,
    pub(super) guests: Guests,
    /// Where paired phones called from of late. One that is forgotten competes with the guests for a connection.
    pub(super) paired_from: Recent,
    /// Who found no place to listen.
    pub(super) turned_away: Recent,
    /// Phones whose owners have read the portal's page.
    pub(super) readers: Recent,
    /// Requests that are answered.
    pub(super) requests: Turns,
    /// Questions to the library.
    pub(super) questions: Turns,
    /// Pictures that are made.
    pub(super) pictures: Turns,
    /// Files that hosts send.
    pub(super) unfinished: Unfinished,
    /// Files that guests send.
    pub(super) files: Files,
    /// Whoever asks about pairing.
    pub(super) asking: Gate,
    /// Offers and answers of media sessions.
    pub(super) offers: Mutex<Shares>,
    /// The feed of each channel.
    pub(super) feeds: watch::Receiver<Arc<Feeds>>,
    /// Who listened to what this evening.
    pub(super) statistics: Arc<Statistics>,
    pub(super) counters: Counters,
    /// Streams of senders that are relayed.
    pub(super) relays: Relays,
    pub(super) started: Instant,
}

impl Server {
    /// The box's clock.
    pub(super) fn box_time(&self) -> Time {
        Time::from_micros(u64::try_from(self.app.zero.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// The same in milliseconds, as pages get it.
    pub(super) fn time_ms(&self) -> u64 {
        self.box_time().as_micros() / 1_000
    }

    /// Returns whether this client may offer a media session now. What this refuses costs no more than this: the fan-out, which reads
    /// what is offered, hears nothing of it.
    pub(super) fn may_offer(&self, address: IpAddr, guest: Option<GuestId>) -> bool {
        let mut offers = self.offers.lock().unwrap_or_else(PoisonError::into_inner);
        offers.spend(self.now(), Asking { address, guest })
    }

    /// The server's clock: time since it started.
    pub(super) fn now(&self) -> Time {
        Time::from_micros(u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// Returns the listeners of all channels, by way of listening.
    pub(super) fn listeners(&self) -> Listeners {
        Listeners { live: self.app.rtc.listeners(), pocket: self.mp3_listeners.total() }
    }

    /// Returns the listeners of `channel`.
    pub(super) fn listeners_of(&self, channel: ChannelId) -> Listeners {
        listeners_of(&self.app, channel)
    }

    /// Returns how many hear each channel of `snapshot`.
    pub(super) fn heard(&self, snapshot: &Snapshot) -> Vec<Listeners> {
        snapshot.channels.iter().map(|status| self.listeners_of(status.channel.id)).collect()
    }

    /// Forgets guests and who listened to what: nothing of them outlives the party.
    pub(super) fn forget_evening(&self) {
        self.guests.forget_all();
        self.files.end_party();
        self.end_senders(self.app.senders.end_party());
        self.relays.end_all(|who| who != hub::Who::Host);
        self.statistics.clear();
    }

    /// Ends these media sessions of senders, whenever the fan-out gets to it. One that has ended by itself is no error.
    pub(super) fn end_senders(&self, sessions: Vec<SessionId>) {
        let rtc = self.app.rtc.clone();
        tokio::spawn(async move {
            for session in sessions {
                _ = rtc.delete(session).await;
            }
        });
    }

    /// What a request that came this way can prove. Where a paired phone calls from is remembered: its next connection may
    /// have a place that is kept for hosts, and no more than that.
    pub(super) fn role(&self, way: &Way, headers: &HeaderMap) -> Role {
        let role = Role::new(&self.app.config, &self.app.pairing, &self.guests, way, headers);
        self.guests.saw(role.guest_keys(), self.now());
        // A phone behind a proxy has no connection of their own.
        if role.is_paired() && way.speaks_for_itself {
            self.paired_from.note(way.client, self.now());
        }
        role
    }

    /// Makes a newcomer a guest, and has the party forget whoever had to go for it. If it is too busy the votes of who went
    /// stay, as they were.
    ///
    /// # Errors
    /// There is no room (any more).
    pub(super) fn join(&self, newcomer: &Newcomer) -> Result<(), guests::Refused> {
        if let Some(gone) = self.guests.join(newcomer, self.now())? {
            let (reply, _) = oneshot::channel();
            let channel = self.app.snapshot.borrow().first().channel.id;
            let wish = Wish { channel, who: Asker::default(), what: What::Forget(gone) };
            _ = self.app.commands.try_send(Command { wish, reply });
        }
        Ok(())
    }

    /// Who stands at the door when a connection from `address` comes, of which nothing has been read.
    pub(super) fn at_the_door(&self, address: IpAddr) -> Entrant {
        // A proxy brings the connections of many, and knows how many it may.
        if self.app.config.is_proxy(address) {
            return Entrant::Own(address);
        }
        entrant(address, self.app.config.is_host(address) || self.paired_from.has(address), true)
    }

    /// Where people reach the page who have not found it: as configured, else where the box says that it is, else by the address
    /// that this connection has.
    pub(super) fn home(&self, ends: Ends) -> String {
        let known = || self.app.snapshot.borrow().panel.urls.first().cloned();
        self.app.config.url.clone().or_else(known).unwrap_or_else(|| format!("http://{}/", ends.local))
    }
}

/// Returns the listeners of `channel`, by way of listening.
pub(super) fn listeners_of(app: &App, channel: ChannelId) -> Listeners {
    let stream = StreamId::from(channel);
    let hubs = app.mp3.borrow();
    let pocket = hubs.iter().find(|hub| hub.stream() == stream).map_or(0, Hub::listeners);
    Listeners { live: app.rtc.listeners_of(stream), pocket }
}

fn entrant(address: IpAddr, is_host: bool, speaks_for_itself: bool) -> Entrant {
    if address.is_loopback() && speaks_for_itself {
        Entrant::Own(address)
    } else if is_host {
        Entrant::Host(address)
    } else {
        Entrant::Guest(address)
    }
}

/// A checked request with its whole body.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) server: Arc<Server>,
    pub(super) ends: Ends,
    pub(super) way: Way,
    pub(super) method: Method,
    pub(super) query: String,
    pub(super) params: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) role: Role,
    /// The guest whose it is: one that is known already, or, where a guest is needed, a new one.
    pub(super) guest: Option<GuestId>,
    /// The body of a route that reads it piece by piece.
    pub(super) file: Slot,
    /// Who becomes a guest once the call is answered without a refusal; before, if what the call does needs that.
    pub(super) newcomer: Option<Arc<Newcomer>>,
}

impl Call {
    /// Returns the channel that the path names; the first one if it names none.
    ///
    /// # Errors
    /// There is no such channel.
    pub(super) fn channel(&self) -> Result<ChannelId, Refusal> {
        self.channel_status().map(|status| status.channel.id)
    }

    /// Returns what the channel does that the path names; the first one if it names none.
    ///
    /// # Errors
    /// There is no such channel.
    pub(super) fn channel_status(&self) -> Result<Arc<ChannelStatus>, Refusal> {
        match self.param("channel") {
            "" => Ok(Arc::clone(self.server.app.snapshot.borrow().first())),
            name => self.channel_named(name),
        }
    }

    /// Returns what the channel `name` does.
    ///
    /// # Errors
    /// There is no such channel.
    pub(super) fn channel_named(&self, name: &str) -> Result<Arc<ChannelStatus>, Refusal> {
        let snapshot = self.server.app.snapshot.borrow();
        let found = ChannelId::new(name).ok().and_then(|id| snapshot.channel(id));
        found.map(Arc::clone).ok_or_else(|| refused(Refused::NoSuchChannel))
    }

    /// Makes a newcomer a guest at once: for what needs a guest that the box knows.
    ///
    /// # Errors
    /// There is no room (any more).
    pub(super) fn join(&self) -> Result<(), Refusal> {
        self.newcomer.as_ref().map_or(Ok(()), |newcomer| self.server.join(newcomer)).map_err(no_room_for_guest)
    }

    /// Gives the call a place at one of the gates for what lasts (sound, events), of which all together leave some connections to
    /// those who ask for something short.
    ///
    /// # Errors
    /// A limit forbids it.
    pub(super) fn lasting(&self, gate: &Gate) -> Result<Pass, Full> {
        let Server { app, mp3_listeners, event_listeners, room_places, .. } = &*self.server;
        let who = self.entrant();
        let limit = app.config.limits.lasting_max(matches!(who, Entrant::Guest(_)));
        if mp3_listeners.total() + event_listeners.total() + room_places.total() >= limit {
            return Err(Full::Total(limit));
        }
        gate.enter(who, self.guest)
    }

    /// Who stands at a gate within the box.
    pub(super) fn entrant(&self) -> Entrant {
        entrant(self.ends.peer.ip(), self.role.is_host(), self.way.speaks_for_itself)
    }

    /// The address of the page as the phone that asks, and those to whom it is shown, reach it: from outside if they came by a proxy
    /// or a port that was mapped.
    pub(super) fn address(&self) -> String {
        let config = &self.server.app.config;
        if config.url.is_some() {
            return self.server.home(self.ends);
        }
        let named = self.header("host").filter(|host| {
            let is_mapped = port_of(host).unwrap_or(HTTP_PORT) != self.ends.local.port();
            is_mapped && config.has_name(&name_of(host))
        });
        let outer = self.way.host.as_deref().filter(|host| config.has_name(&name_of(host))).or(named);
        outer.map_or_else(|| self.server.home(self.ends), |host| format!("{}://{host}/", self.way.scheme()))
    }

    /// The body, where the route takes a file; once.
    pub(super) fn take_file(&self) -> Option<Incoming> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The part of the path that the route names `name`; empty if it names none.
    pub(super) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The value of `name` in the query, as it stands there: the values this server knows need no decoding.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
    }

    /// The value of a header, if it is plain text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }
}
