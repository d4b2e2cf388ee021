//! What may be seen of a channel's party, and by whom.
//!
//! Plain values, computed by [`crate::Party::page_view`] and translated nowhere else. What everybody may see is a field; the
//! rest is returned only for a role ([`PartyView::of_role`]) or to one guest ([`PartyView::of_guest`]), so that whoever
//! publishes it cannot publish too much. A track is its number here, until whoever knows titles joins them in
//! ([`PartyView::map_tracks`]). Names of guests, listeners and what is known of the box belong to other rooms.

mod tracks;

use std::collections::BTreeMap;

use base::{GuestId, ItemId, RequestId, TrackId};
use serde::Serialize;

use crate::channel::CHANNELS_MAX;
use crate::history::How;
use crate::mix::Source;
use crate::queue::{By, Why};
use crate::reaction::Reaction;
use crate::requests::Decline;
use crate::settings::{Change, Origins, Settings};
use crate::wish::Role;

/// What may be seen of a party, by everybody and by some. `T` is what is known of a track.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartyView<T = TrackId> {
    /// What everybody may see.
    pub everybody: PublicView<T>,
    pub(crate) origins: Origins,
    /// What those that hosts have set would be without their word.
    pub(crate) back: Change,
    pub(crate) pending: Vec<PendingView<T>>,
    /// The songs of the evening, oldest first: of the party that goes on, or of the last one until the next begins.
    pub evening: Vec<PlayedView<T>>,
    /// The songs that were wanted most, the most first.
    pub wished: Vec<WishedView<T>>,
    /// Guests of whom there is something to see.
    pub(crate) guests: BTreeMap<GuestId, GuestView<T>>,
    /// A guest of whom there is nothing to see yet.
    pub(crate) newcomer: GuestView<T>,
}

/// What everybody may see.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PublicView<T> {
    /// The party as such.
    pub session: SessionView,
    /// Whether it plays (rather than pauses).
    pub playing: bool,
    /// The source that a host has chosen.
    pub source: Source,
    /// Whether line-in is chosen and has been silent for [`crate::SILENT_MS`], though somebody waits for a song.
    pub line_in_silent: bool,
    /// Whether somebody speaks over the music.
    pub talk_over: bool,
    /// How loud, dB: −40 to 0.
    pub volume_db: f32,
    /// The track that plays. Shown only while the sound is at it too, so whoever knows the sound puts it into JSON.
    #[serde(skip)]
    pub now: Option<NowView<T>>,
    /// What waits.
    pub queue: QueueView<T>,
    /// What will play by itself once nothing waits.
    pub upcoming: Vec<T>,
    /// What was heard, newest first.
    pub history: Vec<PlayedView<T>>,
    /// Votes to skip what is heard now.
    pub skip: SkipView,
    /// How many reactions of each kind there were at this party; a kind that was not used is left out.
    pub reactions: BTreeMap<Reaction, u32>,
    /// What hosts can set.
    pub settings: Settings,
}

/// What only those of one role may see.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RoleView<'a, T> {
    /// Which role.
    pub role: Role,
    /// Requests that wait to be approved, oldest first; for hosts and DJs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<&'a [PendingView<T>]>,
    /// The origin of each setting; for hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origins: Option<&'a Origins>,
    /// What those settings that hosts have set would be, were their word taken back; for hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back: Option<&'a Change>,
    /// How many channels there may be; for hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels_max: Option<usize>,
}

/// What only one guest may see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GuestView<T> {
    /// The items it is for.
    pub votes: Vec<ItemId>,
    /// The items it asked for.
    pub items: Vec<ItemId>,
    /// Its requests, newest first.
    pub requests: Vec<RequestView<T>>,
    /// Whether it is for skipping what is heard now.
    pub skip_vote: bool,
    /// Whether it loves what is heard now.
    pub heart: bool,
    /// From when on it may vote to skip again, ms of the box's clock; 0: no vote of its has skipped anything of late.
    pub skip_from_ms: u64,
    /// Boosts it has left.
    pub boosts_left: u32,
    /// Requests it may make now.
    pub requests_left: u32,
}

/// A party from its start to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SessionView {
    /// Whether it goes on.
    pub live: bool,
    /// What it is called; may be empty.
    pub title: String,
    /// When it began, milliseconds on the box's clock (`base::Time`).
    pub started_ms: u64,
}

/// The track that plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NowView<T> {
    /// The track.
    pub track: T,
    /// Who wanted it; `None` if it plays by itself or nobody knows any more.
    pub by: Option<ByView>,
    /// The item of the queue that it was; `None` if it plays by itself.
    pub item: Option<ItemId>,
    /// How many guests love it.
    pub hearts: u32,
}

/// Who wanted something. In JSON `"host"`, or an object in which others may put the guest's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ByView {
    /// A host.
    Host,
    /// A guest.
    #[serde(untagged)]
    Guest {
        /// Its number.
        label: GuestId,
    },
}

/// What waits to be heard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QueueView<T> {
    /// In which order.
    pub order: Vec<ItemId>,
    /// The items of `order`.
    pub items: BTreeMap<ItemId, ItemView<T>>,
    /// Whether a change by a host can be taken back.
    pub can_undo: bool,
}

/// An item of the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemView<T> {
    /// The track.
    pub track: T,
    /// Who wanted it; `None` where nobody knows any more.
    pub by: Option<ByView>,
    /// How many guests are for it.
    pub votes: u32,
    /// Whether a guest spent a boost on it.
    pub boosted: bool,
    /// Why it stands where it stands; never empty.
    pub why: Vec<Why>,
}

/// A track that was heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlayedView<T> {
    /// The track.
    pub track: T,
    /// Who wanted it; `None` if it played by itself or nobody knows any more.
    pub by: Option<ByView>,
    /// How it ended.
    pub how: How,
    /// How many guests' votes skipped it; 0 if none did.
    pub skipped_by: u32,
    /// When it began, ms of the box's clock.
    pub at_ms: u64,
    /// How many guests loved it.
    pub hearts: u32,
}

/// A song that guests want.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WishedView<T> {
    /// The track.
    pub track: T,
    /// How often it was asked for, voted for or loved.
    pub wishes: u32,
}

/// Votes to skip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SkipView {
    /// How many there are.
    pub votes: u32,
    /// How many are enough; 0: skip votes are off.
    pub needed: u32,
    /// From when on votes are taken, ms of the box's clock.
    pub from_ms: u64,
}

/// A request that waits to be approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PendingView<T> {
    /// Its number.
    pub id: RequestId,
    /// The track.
    pub track: T,
    /// Who wants it.
    pub by: ByView,
}

/// A request as whoever made it sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestView<T> {
    /// Its number.
    pub id: RequestId,
    /// The track.
    pub track: T,
    /// How it stands.
    pub state: RequestState,
    /// Why it was declined, if there is more to say than that somebody did.
    pub why: Option<Decline>,
}

/// How a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestState {
    /// It waits to be approved.
    Pending,
    /// It was not approved, or taken out of the queue, or cannot be played.
    Declined,
    /// It is in the queue.
    Queued,
}

impl ByView {
    /// Returns who `by` is, if that is known.
    pub(crate) fn of(by: By) -> Option<Self> {
        match by {
            By::Host => Some(Self::Host),
            By::Guest(label) => Some(Self::Guest { label }),
            By::Nobody => None,
        }
    }
}

impl<T> PartyView<T> {
    /// Returns what those of `role` may see besides.
    pub fn of_role(&self, role: Role) -> RoleView<'_, T> {
        let (leads, is_host) = (role != Role::Guest, role == Role::Host);
        RoleView {
            role,
            pending: leads.then_some(&self.pending),
            origins: is_host.then_some(&self.origins),
            back: is_host.then_some(&self.back),
            channels_max: is_host.then_some(CHANNELS_MAX),
        }
    }

    /// Returns the same, where the file on the box's card `says` how long a crossfade is.
    #[must_use]
    pub fn with_crossfade_by_card(mut self, says: bool) -> Self {
        self.origins.crossfade_ms = self.origins.crossfade_ms.or_card(says);
        self
    }

    /// Returns what only `guest` may see. A phone that is no guest yet sees what a newcomer would.
    pub fn of_guest(&self, guest: Option<GuestId>) -> &GuestView<T> {
        guest.and_then(|guest| self.guests.get(&guest)).unwrap_or(&self.newcomer)
    }
}
