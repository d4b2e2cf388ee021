//! What the rules say of queue, requests and guests, as values for pages.
//!
//! Made again only after a change: at once where people wait for it, else at most every `GUESTS_EVERY_MS`, so that
//! hundreds of guests who vote cost as much as a few.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use base::{GuestId, Time, TrackId};
use party::{BOOSTS_MAX, By, Decline, Party, Requests, Standing};
use web::party_view::{
    ByView, GuestView, ItemView, NowView, PartyView, PendingView, PlayedView, QueueView, RequestState, RequestView,
    SessionView, SkipView, TrackView,
};

/// Shortest time between two new views because of what guests do, ms.
const GUESTS_EVERY_MS: u64 = 200;

/// Tracks shown that play by themselves.
const UPCOMING: usize = 3;

/// What pages see of a party.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// Whether the card's file says how long a crossfade is.
    crossfade_by_card: bool,
    revision: Option<u64>,
    at: Time,
    view: Arc<PartyView>,
    /// What is shown of the tracks that occur in it.
    tracks: HashMap<TrackId, TrackView>,
}

impl Shown {
    /// Returns what shows nothing yet; `crossfade_by_card`: whether the card's file says how long a crossfade is.
    pub(super) fn new(crossfade_by_card: bool) -> Self {
        Self { crossfade_by_card, ..Self::default() }
    }

    /// Returns what pages see at `now`, of tracks as `track` describes them. `urgent`: people wait for what changed.
    pub(super) fn update(
        &mut self,
        party: &Party,
        track: impl Fn(TrackId) -> Option<TrackView>,
        now: Time,
        urgent: bool,
    ) -> Arc<PartyView> {
        let changed = self.revision != Some(party.revision());
        if changed && (urgent || self.revision.is_none() || now >= self.at.plus_millis(GUESTS_EVERY_MS)) {
            (self.revision, self.at) = (Some(party.revision()), now);
            let mut shown = Described { track: &track, known: std::mem::take(&mut self.tracks), used: HashMap::new() };
            let mut view = view(party, &mut shown);
            view.origins.crossfade_ms = view.origins.crossfade_ms.or_card(self.crossfade_by_card);
            self.view = Arc::new(view);
            self.tracks = shown.used;
        }
        Arc::clone(&self.view)
    }

    /// Returns a track as pages see it.
    pub(super) fn track(&self, id: TrackId) -> Option<TrackView> {
        self.tracks.get(&id).cloned()
    }
}

/// What is shown of tracks: asked of the catalogue once, and forgotten with the last view they occur in.
struct Described<'a> {
    track: &'a dyn Fn(TrackId) -> Option<TrackView>,
    known: HashMap<TrackId, TrackView>,
    used: HashMap<TrackId, TrackView>,
}

impl Described<'_> {
    fn track(&mut self, id: TrackId) -> TrackView {
        if let Some(shown) = self.used.get(&id) {
            return shown.clone();
        }
        let known = self.known.remove(&id).or_else(|| (self.track)(id));
        // One that is gone is shown by its number, and looked for again the next time.
        let Some(shown) = known else { return TrackView { id, ..TrackView::default() } };
        self.used.insert(id, shown.clone());
        shown
    }
}

fn view(party: &Party, shown: &mut Described<'_>) -> PartyView {
    let now = party.view();
    let session = party.session();
    let explained = party.queue().explained();
    let items = explained.iter().map(|(item, why)| {
        let (by, votes, boosted) = (by(item.by), item.votes(), item.boosted);
        (item.id, ItemView { track: shown.track(item.track), by, votes, boosted, why: why.clone() })
    });
    let queue = QueueView {
        items: items.collect(),
        order: explained.iter().map(|(item, _)| item.id).collect(),
        can_undo: party.queue().can_undo(),
    };
    let history = party.history().iter().map(|played| PlayedView {
        track: shown.track(played.track),
        by: played.by.and_then(by),
        how: played.how,
    });
    let history = history.collect();
    let pending = party.requests().pending().map(|request| PendingView {
        id: request.id,
        track: shown.track(request.track),
        by: guest(request.guest),
    });
    let pending = pending.collect();
    PartyView {
        session: SessionView {
            live: session.live,
            title: session.title.clone(),
            started_ms: session.started.as_millis(),
        },
        now: now.track.map(|track| NowView { track: shown.track(track), by: now.by.and_then(by), item: now.item }),
        volume_db: now.volume.db(),
        queue,
        upcoming: party.upcoming(UPCOMING).into_iter().map(|track| shown.track(track)).collect(),
        history,
        skip: SkipView { votes: party.skip_votes().len() as u32, needed: party.skips_needed() },
        settings: party.settings().clone(),
        origins: party.origins(),
        pending,
        guests: guests(party, shown),
    }
}

/// What every guest who did something is told. One pass over everything: its cost does not grow with guests times items.
fn guests(party: &Party, shown: &mut Described<'_>) -> BTreeMap<GuestId, GuestView> {
    let settings = party.settings();
    let requests_max = if settings.requests == Requests::Off { 0 } else { settings.per_guest_max.into() };
    let mut guests: BTreeMap<GuestId, GuestView> = BTreeMap::new();
    let newcomer = || GuestView { requests_left: requests_max, boosts_left: BOOSTS_MAX.into(), ..GuestView::default() };
    for item in party.queue().in_order().0 {
        if let By::Guest(guest) = item.by {
            guests.entry(guest).or_insert_with(newcomer).items.push(item.id);
        }
        for guest in item.voters() {
            guests.entry(guest).or_insert_with(newcomer).votes.push(item.id);
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
        guest.requests.push(RequestView { id: request.id, track: shown.track(request.track), state, why });
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
    ByView::Guest { label: id, name: None }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use party::{Asker, At, Done, Fades, Input, Settings, Source, What};

    use super::*;

    const HOST: Asker = Asker { guest: None, leads: true, is_host: true };

    fn guest(number: u32) -> Asker {
        Asker { guest: Some(GuestId(number)), leads: false, is_host: false }
    }

    fn party() -> Party {
        let fades = Fades { pause_ms: 200, source_ms: 1_000, stop_ms: 3_000 };
        let settings = Settings { requests: Requests::Auto, ..Settings::default() };
        let mut party = Party::new(Source::Files, fades, settings, 1);
        party.handle(Time::ZERO, Input::Catalogue((1..=9).map(TrackId).collect()));
        party
    }

    fn ask(party: &mut Party, asker: Asker, wish: What) -> Done {
        party.ask(Time::ZERO, asker, wish).expect("granted").0
    }

    fn at(ms: u64) -> Time {
        Time::ZERO.plus_millis(ms)
    }

    fn describe(id: TrackId) -> Option<TrackView> {
        Some(TrackView { id, title: format!("Track {id}"), ..TrackView::default() })
    }

    #[test]
    fn what_guests_do_is_told_together_and_what_people_wait_for_at_once() {
        let (mut party, mut told) = (party(), Shown::default());
        let Done::Queued(item) = ask(&mut party, HOST, What::Add(TrackId(5), At::End)) else { panic!("not added") };
        let first = told.update(&party, describe, at(1_000), true);
        for number in 0..200 {
            ask(&mut party, guest(number), What::Vote(item, true));
            assert!(Arc::ptr_eq(&first, &told.update(&party, describe, at(1_000 + u64::from(number) / 2), false)));
        }
        let second = told.update(&party, describe, at(1_200), false);
        assert_eq!(second.queue.items[&item].votes, 200);
        assert!(Arc::ptr_eq(&second, &told.update(&party, describe, at(9_000), false)), "nothing has changed");
        ask(&mut party, HOST, What::Remove(item));
        assert!(told.update(&party, describe, at(1_201), true).queue.order.is_empty());
    }

    #[test]
    fn every_guest_is_told_what_is_theirs() {
        let (mut party, mut told) = (party(), Shown::default());
        ask(&mut party, guest(1), What::Request(TrackId(5)));
        ask(&mut party, guest(1), What::Request(TrackId(6)));
        let view = told.update(&party, describe, at(0), true);
        let (first, second) = (view.queue.order[0], view.queue.order[1]);
        ask(&mut party, guest(2), What::Vote(second, true));
        ask(&mut party, guest(2), What::Boost(first));
        ask(&mut party, HOST, What::Remove(first));
        let view = told.update(&party, describe, at(0), true);
        let (one, two) = (&view.guests[&GuestId(1)], &view.guests[&GuestId(2)]);
        assert_eq!((&one.items[..], one.requests_left, one.requests.len()), (&[second][..], 2, 2));
        let states: Vec<_> =
            one.requests.iter().map(|request| (request.track.id, request.state, request.why)).collect();
        assert_eq!(
            states,
            [(TrackId(6), RequestState::Queued, None), (TrackId(5), RequestState::Declined, Some("removed"))]
        );
        assert_eq!((&two.votes[..], two.boosts_left), (&[second][..], u32::from(BOOSTS_MAX) - 1));
        assert_eq!(view.queue.items[&second].by, Some(ByView::Guest { label: GuestId(1), name: None }));
    }

    #[test]
    fn a_track_is_described_once_while_it_is_shown() {
        let (mut party, mut told, asked) = (party(), Shown::default(), Cell::new(0));
        let counted = |id| {
            asked.set(asked.get() + u32::from(id == TrackId(5)));
            describe(id)
        };
        ask(&mut party, HOST, What::Add(TrackId(5), At::End));
        told.update(&party, counted, at(0), true);
        ask(&mut party, HOST, What::Add(TrackId(5), At::End));
        told.update(&party, counted, at(0), true);
        assert_eq!((asked.get(), told.track(TrackId(5)).map(|track| track.title)), (1, Some("Track 5".into())));
    }
}
