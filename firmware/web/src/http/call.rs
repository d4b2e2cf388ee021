//! One request that has passed the guard, and what every answer may use.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use axum::http::{HeaderMap, Method};
use base::{GuestId, Time};
use bytes::Bytes;
use tokio::sync::{Semaphore, watch};

use super::App;
use super::incoming::{Incoming, Slot};
use super::latest::Latest;
use super::recent::Recent;
use super::role::Role;
use crate::gate::{Entrant, Gate};
use crate::guests::Guests;
use crate::live::Story;
use crate::metrics::Counters;
use crate::status::Listeners;

/// The two ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    /// The client.
    pub(super) peer: SocketAddr,
    /// Us, as the client reached us.
    pub(super) local: SocketAddr,
}

/// Shared by all connections.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) app: App,
    pub(super) connections: Gate,
    pub(super) mp3_listeners: Gate,
    pub(super) event_listeners: Gate,
    pub(super) guests: Guests,
    /// Where paired phones called from of late. One that is forgotten competes with the guests for a connection.
    pub(super) paired_from: Recent,
    /// Who found no place to listen.
    pub(super) turned_away: Recent,
    /// Phones whose owners have read the portal's page.
    pub(super) readers: Recent,
    /// Places for questions to the library.
    pub(super) questions: Semaphore,
    /// Places for pictures that are made.
    pub(super) pictures: Semaphore,
    pub(super) latest: watch::Receiver<Latest>,
    /// The party as it happens.
    pub(super) stories: watch::Receiver<Arc<Story>>,
    pub(super) counters: Counters,
    pub(super) started: Instant,
}

impl Server {
    /// The box's clock.
    pub(super) fn box_time(&self) -> Time {
        Time::from_micros(u64::try_from(self.app.zero.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// The same in milliseconds, as pages are told it.
    pub(super) fn time_ms(&self) -> u64 {
        self.box_time().as_micros() / 1_000
    }

    /// The server's clock: time since it started.
    pub(super) fn now(&self) -> Time {
        Time::from_micros(u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// Listeners by kind.
    pub(super) fn listeners(&self) -> Listeners {
        Listeners { live: self.app.rtc.listeners(), pocket: self.mp3_listeners.total() }
    }

    /// What a request from `address` can prove. Where a paired phone calls from is remembered: its next connection may
    /// have a place that is kept for hosts, and no more than that.
    pub(super) fn role(&self, address: IpAddr, headers: &HeaderMap) -> Role {
        let role = Role::new(&self.app.config, &self.app.pairing, &self.guests, address, headers);
        self.guests.saw(role.guest_keys(), self.now());
        if role.is_paired() {
            self.paired_from.note(address, self.now());
        }
        role
    }

    /// Who stands at the door when a connection from `address` comes, of which nothing has been read.
    pub(super) fn at_the_door(&self, address: IpAddr) -> Entrant {
        entrant(address, self.app.config.is_host(address) || self.paired_from.has(address))
    }
}

fn entrant(address: IpAddr, is_host: bool) -> Entrant {
    if address.is_loopback() {
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
}

impl Call {
    /// Who stands at a gate within the box.
    pub(super) fn entrant(&self) -> Entrant {
        entrant(self.ends.peer.ip(), self.role.is_host())
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
