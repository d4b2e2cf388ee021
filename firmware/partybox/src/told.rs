//! What the rules say of queue, requests and guests, as values for pages.
//!
//! Made anew only after a change: at once where people wait for it, else at most every [`GUESTS_EVERY_MS`], so that
//! hundreds of guests who vote cost as much as a few.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use net::party_view::{
    ByView, GuestView, ItemView, NowView, PartyView, PendingView, PlayedView, QueueView, RequestState, RequestView,
    SessionView, SkipView, TrackView,
};
use party::{BOOSTS_MAX, By, Decline, GuestId, Party, Requests, Standing, TrackId};

use crate::tracks::Tracks;

/// Shortest time between two new views because of what guests do, ms.
const GUESTS_EVERY_MS: u64 = 200;

/// Tracks shown that play by themselves.
const UPCOMING: usize = 3;

/// What pages were told last.
#[derive(Debug, Default)]
pub struct Told {
    revision: Option<u64>,
    at_ms: u64,
    view: Arc<PartyView>,
    /// What is shown of the tracks that occur in it.
    tracks: HashMap<TrackId, TrackView>,
}

impl Told {
    /// What pages are told at `now_ms`. `urgent`: people wait for what changed.
    pub fn look(&mut self, party: &Party, tracks: &Tracks, now_ms: u64, urgent: bool) -> Arc<PartyView> {
        let changed = self.revision != Some(party.revision());
        if changed && (urgent || self.revision.is_none() || now_ms >= self.at_ms + GUESTS_EVERY_MS) {
            (self.revision, self.at_ms) = (Some(party.revision()), now_ms);
            let mut shown = Shown { tracks, known: std::mem::take(&mut self.tracks), used: HashMap::new() };
            self.view = Arc::new(view(party, &mut shown));
            self.tracks = shown.used;
        }
        Arc::clone(&self.view)
    }

    /// A track as pages were told of it; asked of the catalogue if they were not.
    pub fn track(&self, tracks: &Tracks, id: TrackId) -> Option<TrackView> {
        self.tracks.get(&id).cloned().or_else(|| tracks.catalogue().show(id))
    }
}

/// What is shown of tracks: asked of the catalogue once, and forgotten with the last view they occur in.
struct Shown<'a> {
    tracks: &'a Tracks,
    known: HashMap<TrackId, TrackView>,
    used: HashMap<TrackId, TrackView>,
}

impl Shown<'_> {
    fn track(&mut self, id: TrackId) -> TrackView {
        if let Some(shown) = self.used.get(&id) {
            return shown.clone();
        }
        let known = self.known.remove(&id).or_else(|| self.tracks.catalogue().show(id));
        // One that is gone is shown by its number, and looked for again the next time.
        let Some(shown) = known else { return TrackView { id, ..TrackView::default() } };
        self.used.insert(id, shown.clone());
        shown
    }
}

fn view(party: &Party, shown: &mut Shown<'_>) -> PartyView {
    let now = party.view();
    let session = party.session();
    let explained = party.queue().explained();
    let items = explained.iter().map(|(item, why)| {
        let (by, votes, boosted) = (by(item.by), item.votes(), item.boosted);
        (item.id.0, ItemView { track: shown.track(item.track), by, votes, boosted, why: why.clone() })
    });
    let queue = QueueView {
        items: items.collect(),
        order: explained.iter().map(|(item, _)| item.id.0).collect(),
        can_undo: party.queue().can_undo(),
    };
    let history = party.history().iter().map(|played| PlayedView {
        track: shown.track(played.track),
        by: played.by.and_then(by),
        how: played.how,
    });
    let history = history.collect();
    let pending = party.requests().pending().map(|request| PendingView {
        id: request.id.0,
        track: shown.track(request.track),
        by: guest(request.guest),
    });
    let pending = pending.collect();
    PartyView {
        session: SessionView { live: session.live, title: session.title.clone(), started_ms: session.started_ms },
        now: now.track.map(|track| NowView {
            track: shown.track(track),
            by: now.by.and_then(by),
            item: now.item.map(|item| item.0),
        }),
        volume_db: now.volume.db(),
        queue,
        upcoming: party.upcoming(UPCOMING).into_iter().map(|track| shown.track(track)).collect(),
        history,
        skip: SkipView { votes: party.skip_votes().len() as u32, needed: party.skips_needed() },
        settings: party.settings().clone(),
        pending,
        guests: guests(party, shown),
    }
}

/// What every guest who did something is told. One pass over everything: its cost does not grow with guests times items.
fn guests(party: &Party, shown: &mut Shown<'_>) -> BTreeMap<GuestId, GuestView> {
    let settings = party.settings();
    let requests_max = if settings.requests == Requests::Off { 0 } else { settings.per_guest_max.into() };
    let mut guests: BTreeMap<GuestId, GuestView> = BTreeMap::new();
    let newcomer = || GuestView { requests_left: requests_max, boosts_left: BOOSTS_MAX.into(), ..GuestView::default() };
    for item in party.queue().in_order().0 {
        if let By::Guest(guest) = item.by {
            guests.entry(guest).or_insert_with(newcomer).items.push(item.id.0);
        }
        for guest in item.voters() {
            guests.entry(guest).or_insert_with(newcomer).votes.push(item.id.0);
        }
    }
    for request in party.requests().iter().rev() {
        let guest = guests.entry(request.guest).or_insert_with(newcomer);
        let (state, why) = match request.standing {
            Standing::Pending => (RequestState::Pending, None),
            Standing::Queued(_) => (RequestState::Queued, None),
            Standing::Declined(Decline::Declined) => (RequestState::Declined, None),
            Standing::Declined(Decline::Removed) => (RequestState::Declined, Some("removed")),
            Standing::Declined(Decline::Broken) => (RequestState::Declined, Some("broken")),
        };
        if state != RequestState::Declined {
            guest.requests_left = guest.requests_left.saturating_sub(1);
        }
        guest.requests.push(RequestView { id: request.id.0, track: shown.track(request.track), state, why });
    }
    for (guest, spent) in party.boosts_spent() {
        guests.entry(guest).or_insert_with(newcomer).boosts_left = BOOSTS_MAX.saturating_sub(spent).into();
    }
    for guest in party.skip_votes() {
        guests.entry(guest).or_insert_with(newcomer).skip_vote = true;
    }
    guests
}

fn by(by: By) -> Option<ByView> {
    match by {
        By::Host => Some(ByView::Host),
        By::Guest(id) => Some(guest(id)),
        By::Nobody => None,
    }
}

fn guest(id: GuestId) -> ByView {
    ByView::Guest { label: id.0, name: None }
}
