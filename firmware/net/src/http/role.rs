//! Whether a request is a host's, at any moment of an answer that goes on for hours.

use std::net::IpAddr;

use ::party::pairing::Key;
use axum::http::HeaderMap;
use tokio::sync::watch;

use super::{Config, cookie};
use crate::pairing::{Hosts, Pairing};

/// What a request can prove. It asks anew each time, so that a host who is removed has no power from then on.
#[derive(Clone, Debug)]
pub(super) struct Role {
    by_address: bool,
    keys: Vec<Key>,
    hosts: watch::Receiver<Hosts>,
}

impl Role {
    pub(super) fn new(config: &Config, pairing: &Pairing, address: IpAddr, headers: &HeaderMap) -> Self {
        let (by_address, keys) = (config.is_host(address), cookie::keys(headers));
        let mut hosts = pairing.hosts.clone();
        hosts.mark_unchanged();
        Self { by_address, keys, hosts }
    }

    /// The keys that the request brought, whatever they are worth.
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

    /// Waits until the answers may have changed; for ever if they cannot any more.
    pub(super) async fn may_have_changed(&mut self) {
        if self.keys.is_empty() || self.hosts.changed().await.is_err() {
            std::future::pending().await
        }
    }
}
