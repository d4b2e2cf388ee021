//! Answers after which a connection is no longer hyper's: what a handler leaves for whoever goes on with it.

use std::sync::{Arc, Mutex};

use base::ChannelId;

use super::role::Role;
use crate::gate::Pass;
use crate::guests::HeldBody;
use crate::mp3::Hub;

/// Marks an answer after which the connection is no longer hyper's.
#[derive(Clone, Debug)]
pub(super) enum TakeOver {
    /// Its body has no end: the connection is handed to the hub.
    Mp3(Mp3Body),
    /// It becomes a WebSocket.
    Live(Visit),
}

/// An answer whose body has no end.
#[derive(Clone, Debug)]
pub(super) struct Mp3Body {
    pub(super) hub: Hub,
    pub(super) bitrate_bps: u32,
    pub(super) icy: bool,
    /// In an `Arc` because extensions of an answer must be clonable.
    pub(super) place: Arc<Mutex<Option<Pass>>>,
    /// The guest's who asked, if the box knows one.
    pub(super) held: Arc<Mutex<Option<HeldBody>>>,
}

/// A phone whose request has been answered with a WebSocket.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) role: Role,
    /// The channel whose feed it asked for.
    pub(super) channel: ChannelId,
    /// The change up to which it says that it knows the state, and of which run of the box.
    pub(super) resume: Option<(String, u64)>,
    /// In an `Arc` because extensions of an answer must be clonable.
    pub(super) place: Arc<Mutex<Option<Pass>>>,
}
