//! The newest status, written once for all who follow it.

use bytes::Bytes;

use crate::status::{Listeners, Snapshot, to_json};

/// The newest event, for guests and for hosts.
#[derive(Clone, Debug)]
pub(super) struct Latest {
    pub(super) guest: Bytes,
    pub(super) host: Bytes,
}

impl Latest {
    pub(super) fn new(snapshot: &Snapshot, listeners: Listeners) -> Self {
        let event =
            |is_host| Bytes::from(format!("event: status\ndata: {}\n\n", to_json(snapshot, listeners, is_host)));
        Self { guest: event(false), host: event(true) }
    }
}
