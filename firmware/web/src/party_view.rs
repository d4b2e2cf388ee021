//! What the party tells of its queue and its guests, as values for pages.
//!
//! Filled in by whoever runs the party, anew after every change; shared, because every page sees the same. What
//! everybody may see serialises as it stands; what only one guest or only hosts may see is in fields of its own that
//! whoever writes JSON picks from.

use std::collections::BTreeMap;

use base::{GuestId, ItemId, RequestId, TrackId};
pub use party::{How, Why};
use party::{Origins, Settings};
use serde::{Serialize, Serializer};

/// The party, but for what the sound says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartyView {
    /// The party as such.
    pub session: SessionView,
    /// What is heard.
    pub now: Option<NowView>,
    /// How loud, dB: −40 to 0.
    pub volume_db: f32,
    /// What waits.
    pub queue: QueueView,
    /// What will play by itself once nothing waits.
    pub upcoming: Vec<TrackView>,
    /// What was heard, newest first.
    pub history: Vec<PlayedView>,
    /// Votes to skip what is heard now.
    pub skip: SkipView,
    /// What hosts can set.
    pub settings: Settings,
    /// Who said what each setting is; for hosts only.
    pub origins: Origins,
    /// Requests that wait to be approved, oldest first; for hosts and DJs only.
    pub pending: Vec<PendingView>,
    /// Every guest that did something, by number: what only that guest is told.
    pub guests: BTreeMap<GuestId, GuestView>,
}

/// A party from its start to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionView {
    /// Whether it goes on.
    pub live: bool,
    /// What it is called; may be empty.
    pub title: String,
    /// When it began, milliseconds on the box's clock (`base::Time`).
    pub started_ms: u64,
}

/// The track that is heard now, while tracks are heard at all ([`crate::status::ChannelStatus::track`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NowView {
    /// The track.
    pub track: TrackView,
    /// Who wanted it; `None` if it plays by itself or nobody knows any more.
    pub by: Option<ByView>,
    /// The item of the queue that it was; none if it plays by itself.
    pub item: Option<ItemId>,
}

/// A track as lists show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TrackView {
    /// Its number.
    pub id: TrackId,
    /// Title, or the file's name without its extension.
    pub title: String,
    /// Artist; may be empty.
    pub artist: String,
    /// Album; may be empty.
    pub album: String,
    /// Length in milliseconds, if known.
    pub duration_ms: Option<u64>,
    /// Where its picture is, if there is one.
    pub art: Option<String>,
}

/// The address of a track's picture, if it has one; it changes with the picture.
pub fn art_url(track: &library::Track) -> Option<String> {
    track.art.as_ref().map(|art| format!("/api/library/art/{}?v={}", track.id, art.version))
}

/// Who wanted something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ByView {
    /// A host.
    Host,
    /// A guest.
    Guest {
        /// Its number.
        label: GuestId,
        /// What it is called, if it said so; who fills this in knows numbers only.
        name: Option<String>,
    },
}

impl Serialize for ByView {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Guest<'a> {
            label: GuestId,
            name: Option<&'a str>,
        }
        match self {
            Self::Host => "host".serialize(to),
            Self::Guest { label, name } => Guest { label: *label, name: name.as_deref() }.serialize(to),
        }
    }
}

/// What waits to be heard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QueueView {
    /// In which order.
    pub order: Vec<ItemId>,
    /// The items of `order`.
    pub items: BTreeMap<ItemId, ItemView>,
    /// Whether a change by a host can be taken back.
    pub can_undo: bool,
}

/// An item of the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemView {
    /// The track.
    pub track: TrackView,
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
pub struct PlayedView {
    /// The track.
    pub track: TrackView,
    /// Who wanted it; `None` if it played by itself or nobody knows any more.
    pub by: Option<ByView>,
    /// How it ended.
    pub how: How,
    /// How many guests' votes skipped it; 0 if none did.
    pub skipped_by: u32,
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

/// A request that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PendingView {
    /// Its number.
    pub id: RequestId,
    /// The track.
    pub track: TrackView,
    /// Who wants it.
    pub by: ByView,
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

/// A request as whoever made it sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestView {
    /// Its number.
    pub id: RequestId,
    /// The track.
    pub track: TrackView,
    /// How it stands.
    pub state: RequestState,
    /// Why it was declined, if there is more to say: `removed`, `broken`.
    pub why: Option<&'static str>,
}

/// A guest as that guest may see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GuestView {
    /// The items it is for.
    pub votes: Vec<ItemId>,
    /// The items it asked for.
    pub items: Vec<ItemId>,
    /// Its requests, newest first.
    pub requests: Vec<RequestView>,
    /// Whether it is for skipping what is heard now.
    pub skip_vote: bool,
    /// From when on it may vote to skip again, ms of the box's clock; 0: no vote of its has skipped anything of late.
    pub skip_from_ms: u64,
    /// Boosts it has left.
    pub boosts_left: u32,
    /// Requests it may make now.
    pub requests_left: u32,
}

impl PartyView {
    /// The item of the queue that is heard now.
    pub fn item(&self) -> Option<ItemId> {
        self.now.as_ref().and_then(|now| now.item)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, to_value};

    use super::*;

    #[test]
    fn an_item_of_the_queue_is_written_as_pages_read_it() {
        let track = TrackView { id: TrackId(5), title: "Title".into(), ..TrackView::default() };
        let by = Some(ByView::Guest { label: GuestId(7), name: None });
        let why = vec![Why::WaitingTurn { round: 2 }, Why::Turn { before: 3 }, Why::Pinned];
        let item = ItemView { track, by, votes: 2, boosted: false, why };
        let queue = QueueView { order: vec![ItemId(9)], items: BTreeMap::from([(ItemId(9), item)]), can_undo: true };
        let expected = json!({
            "order": [9],
            "items": { "9": {
                "track": { "id": 5, "title": "Title", "artist": "", "album": "", "duration_ms": null, "art": null },
                "by": { "label": 7, "name": null },
                "votes": 2,
                "boosted": false,
                "why": [{ "code": "waiting-turn", "round": 2 }, { "code": "turn", "before": 3 }, { "code": "pinned" }],
            }},
            "can_undo": true,
        });
        assert_eq!(to_value(&queue).unwrap(), expected);
        assert_eq!(to_value(ByView::Host).unwrap(), json!("host"));
        assert_eq!(to_value(How::Skipped).unwrap(), json!("skipped"));
    }
}
