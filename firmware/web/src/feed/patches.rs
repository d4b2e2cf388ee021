//! A channel's newest state and the way to it: numbered changes, the last of which are kept for phones that were away.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use ::party::Role;
use base::ChannelId;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::fields::Fields;
use super::patch::diff;
use super::render::status_event;
use super::you::{self, Viewer};
use crate::guests::Names;
use crate::metrics::Count;
use crate::status::{ChannelStatus, Snapshot};

/// Changes kept: a minute of the busiest party. A phone that was away longer gets the whole state.
pub(crate) const CHANGES_MAX: usize = 256;

/// Bytes of changes kept, because one may be as large as the queue. The newest is kept however large it is.
pub(crate) const CHANGES_BYTES_MAX: usize = 512 * 1024;

/// A message for everybody, written once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its number.
    pub(crate) seq: u64,
    /// JSON.
    pub(crate) text: Bytes,
}

/// The feeds of all channels, in the hosts' order; never empty.
#[derive(Clone, Debug)]
pub(crate) struct Feeds(Vec<Arc<Feed>>);

impl Feeds {
    /// Returns these feeds, of which there is at least one.
    pub(crate) fn new(feeds: Vec<Arc<Feed>>) -> Self {
        Self(feeds)
    }

    /// Returns the feed of `channel`; of the first one if it is gone or none is named.
    pub(crate) fn of(&self, channel: Option<ChannelId>) -> &Arc<Feed> {
        let named = channel.and_then(|channel| self.get(channel));
        named.or_else(|| self.0.first()).expect("an evening has at least one channel")
    }

    /// Returns the feed of `channel`, if there is one.
    pub(crate) fn get(&self, channel: ChannelId) -> Option<&Arc<Feed>> {
        self.0.iter().find(|feed| feed.channel() == channel)
    }

    /// Returns every feed, in the hosts' order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Feed>> {
        self.0.iter()
    }
}

/// What those of one role may see besides the state.
#[derive(Clone, Debug, Default)]
struct OfRole {
    /// Goes up with every change of what they may see.
    revision: u64,
    fields: Arc<OnceLock<Fields>>,
}

/// The feed of one channel. A phone's task holds it for a moment.
#[derive(Clone, Debug)]
pub(crate) struct Feed {
    /// Tells this run of the channel from others, whose numbers mean something else.
    pub(crate) session: Arc<str>,
    /// Number of the newest change.
    pub(crate) seq: u64,
    state: Arc<Map<String, Value>>,
    /// Everything that many are sent is written once, when the first phone needs it: the state, the state as an event for
    /// guests and for hosts, and what each role may see besides.
    text: Arc<OnceLock<Bytes>>,
    status: Arc<[OnceLock<Bytes>; 2]>,
    roles: [OfRole; Role::ALL.len()],
    changes: VecDeque<Message>,
    changes_bytes: usize,
    /// Where the music is; numbered on its own.
    pub(crate) position: Option<Message>,
    /// What only some phones are sent is made from these.
    snapshot: Arc<Snapshot>,
    status_of_channel: Arc<ChannelStatus>,
    names: Names,
    written: Arc<Count>,
}

impl Feed {
    /// Returns a feed that begins with `state`. How often something is written for it is added to `written`.
    pub(crate) fn new(
        session: &str,
        state: Map<String, Value>,
        snapshot: Arc<Snapshot>,
        channel: Arc<ChannelStatus>,
        written: Arc<Count>,
    ) -> Self {
        Self {
            session: session.into(),
            seq: 0,
            state: Arc::new(state),
            text: Arc::default(),
            status: Arc::default(),
            roles: Default::default(),
            changes: VecDeque::new(),
            changes_bytes: 0,
            position: None,
            snapshot,
            status_of_channel: channel,
            names: Names::default(),
            written,
        }
    }

    /// Returns the channel whose feed it is.
    pub(crate) fn channel(&self) -> ChannelId {
        self.status_of_channel.channel.id
    }

    /// Replaces the state. Returns whether that is a change.
    pub(crate) fn update(&mut self, state: Map<String, Value>) -> bool {
        let Some(patch) = diff(&self.state, &state) else { return false };
        self.seq += 1;
        self.written.add();
        let text = Bytes::from(json!({ "type": "change", "seq": self.seq, "patch": patch }).to_string());
        self.changes_bytes += text.len();
        self.changes.push_back(Message { seq: self.seq, text });
        while self.changes.len() > CHANGES_MAX || self.changes.len() > 1 && self.changes_bytes > CHANGES_BYTES_MAX {
            let Some(oldest) = self.changes.pop_front() else { break };
            self.changes_bytes -= oldest.text.len();
        }
        self.state = Arc::new(state);
        self.text = Arc::default();
        true
    }

    /// Replaces what the state was made from. Returns whether that changes what only some phones may see.
    pub(crate) fn made_from(&mut self, snapshot: &Arc<Snapshot>, channel: &Arc<ChannelStatus>, names: Names) -> bool {
        let for_all = *channel.party != *self.status_of_channel.party || names != self.names;
        let mut changed = false;
        for (of_role, role) in self.roles.iter_mut().zip(Role::ALL) {
            if for_all || you::of_box(snapshot, role) != you::of_box(&self.snapshot, role) {
                *of_role = OfRole { revision: of_role.revision + 1, fields: Arc::default() };
                changed = true;
            }
        }
        (self.snapshot, self.status_of_channel, self.names) = (Arc::clone(snapshot), Arc::clone(channel), names);
        // The position in it is another one.
        self.status = Arc::default();
        changed
    }

    /// Returns a number that goes up with every change of what those of `role` may see besides the state.
    pub(crate) fn revision(&self, role: Role) -> u64 {
        self.roles[role as usize].revision
    }

    /// Returns the whole state as JSON.
    pub(crate) fn text(&self) -> &Bytes {
        self.text.get_or_init(|| {
            self.written.add();
            Bytes::from(serde_json::to_vec(&*self.state).expect("a state holds only what JSON can say"))
        })
    }

    /// Returns the state as a server-sent event, for a host or for anybody else.
    pub(crate) fn status(&self, is_host: bool) -> &Bytes {
        self.status[usize::from(is_host)].get_or_init(|| {
            self.written.add();
            status_event(&self.state, &self.status_of_channel, is_host).into()
        })
    }

    /// Returns what `viewer` may see besides the state, as JSON.
    pub(crate) fn you(&self, viewer: &Viewer) -> String {
        let (snapshot, status) = (&self.snapshot, &self.status_of_channel);
        let of_role = self.roles[viewer.role as usize].fields.get_or_init(|| {
            self.written.add();
            you::of_role(snapshot, status, &self.names, viewer.role)
        });
        you::you(of_role, &status.party, viewer)
    }

    /// Returns how often something was written for the feeds of this run of the box.
    pub(crate) fn written_total(&self) -> u64 {
        self.written.get()
    }

    /// Returns what happened after the change `seq`; `None` if that is not known any more, or never was.
    pub(crate) fn since(&self, seq: u64) -> Option<impl Iterator<Item = &Message>> {
        let missing = usize::try_from(self.seq.checked_sub(seq)?).ok()?;
        let skipped = self.changes.len().checked_sub(missing)?;
        Some(self.changes.iter().skip(skipped))
    }

    /// Returns the bytes of the changes that are kept.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.changes_bytes
    }
}
