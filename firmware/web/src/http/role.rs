//! Whose a request is, a host's, a DJ's or a guest's, at any moment of an answer that goes on for hours.

use ::party::Asker;
use ::party::pairing::Key;
use axum::http::HeaderMap;
use base::GuestId;
use tokio::sync::watch;

use super::way::Way;
use super::{Config, cookie};
use crate::feed::Viewer;
use crate::guests::{Guest, Guests};
use crate::pairing::{Hosts, Pairing};

/// What a request can prove. It is checked again each time, so that a host who is removed has no power from then on.
#[derive(Clone, Debug)]
pub(super) struct Role {
    by_address: bool,
    scrapes: bool,
    keys: Vec<Key>,
    hosts: watch::Receiver<Hosts>,
    guests: Guests,
    guest_keys: Vec<Key>,
    guest_changes: watch::Receiver<()>,
}

impl Role {
    pub(super) fn new(config: &Config, pairing: &Pairing, guests: &Guests, way: &Way, headers: &HeaderMap) -> Self {
        // A proxy speaks for somebody who may be anywhere.
        let by_address = way.speaks_for_itself && config.is_host(way.client);
        let scrapes = way.speaks_for_itself && config.is_scraper(way.client);
        let keys = cookie::host_keys(headers);
        let mut hosts = pairing.hosts.clone();
        hosts.mark_unchanged();
        let (guests, guest_keys, guest_changes) = (guests.clone(), cookie::guest_keys(headers), guests.changes());
        Self { by_address, scrapes, keys, hosts, guests, guest_keys, guest_changes }
    }

    /// The keys of hosts that the request brought, whatever they are worth.
    pub(super) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Whether it is a host's now.
    pub(super) fn is_host(&self) -> bool {
        self.by_address || self.is_paired()
    }

    /// The same, without regard to its address.
    pub(super) fn is_paired(&self) -> bool {
        !self.keys.is_empty() && self.hosts.borrow().have(&self.keys)
    }

    /// Whether it may read the box's numbers: those tell of what happens at the box, which is no guest's business.
    pub(super) fn is_scraper(&self) -> bool {
        self.scrapes || self.is_host()
    }

    /// The keys of guests that the request brought, whatever they are worth.
    pub(super) fn guest_keys(&self) -> &[Key] {
        &self.guest_keys
    }

    /// The guest whose it is, if the box knows one by it.
    pub(super) fn guest(&self) -> Option<Guest> {
        if self.guest_keys.is_empty() { None } else { self.guests.find(&self.guest_keys) }
    }

    /// Whether it may do what a DJ may, now.
    pub(super) fn is_dj(&self) -> bool {
        self.is_host() || self.guest().is_some_and(|guest| guest.is_dj)
    }

    /// Returns who asks for something with it now, as `guest`.
    pub(super) fn asker(&self, guest: Option<GuestId>) -> Asker {
        Asker { guest, leads: self.is_dj(), is_host: self.is_host() }
    }

    /// Returns whose phone it is now.
    pub(super) fn viewer(&self) -> Viewer {
        let (guest, is_host) = (self.guest(), self.is_host());
        let leads = is_host || guest.as_ref().is_some_and(|guest| guest.is_dj);
        let asker = Asker { guest: guest.as_ref().map(|guest| guest.id), leads, is_host };
        Viewer { role: asker.role(), guest: asker.guest, name: guest.and_then(|guest| guest.name) }
    }

    /// What a browser adds by itself counts no more, and neither does where it runs: a page of others speaks for itself, not for
    /// whose phone it is open on.
    pub(super) fn forget_phone(&mut self) {
        self.by_address = false;
        self.keys.clear();
        self.guest_keys.clear();
    }

    /// The request's phone is this guest from now on.
    pub(super) fn become_guest(&mut self, key: Key) {
        self.guest_keys = vec![key];
    }

    /// Waits until the answers may have changed; for ever if they cannot any more.
    pub(super) async fn may_have_changed(&mut self) {
        let Self { keys, hosts, guest_keys, guest_changes, .. } = self;
        let hosts_change = async {
            if keys.is_empty() || hosts.changed().await.is_err() {
                std::future::pending().await
            }
        };
        let guests_change = async {
            if guest_keys.is_empty() || guest_changes.changed().await.is_err() {
                std::future::pending().await
            }
        };
        tokio::select! {
            () = hosts_change => {}
            () = guests_change => {}
        }
    }
}
