//! What pages see of the rules, with what the library knows of the tracks in it: the seam at which both are joined.
//!
//! Made again only after a change: at once where people wait for it, else at most every `GUESTS_EVERY_MS`, so that
//! hundreds of guests who vote cost as much as a few.

use std::collections::HashMap;
use std::sync::Arc;

use base::{Time, TrackId};
use party::{Party, PartyView};
use web::track::TrackView;

/// Shortest time between two new views because of what guests do, ms.
const GUESTS_EVERY_MS: u64 = 200;

/// What pages see of a party.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// Whether the card's file says how long a crossfade is.
    crossfade_by_card: bool,
    revision: Option<u64>,
    at: Time,
    view: Arc<PartyView<TrackView>>,
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
    ) -> Arc<PartyView<TrackView>> {
        let changed = self.revision != Some(party.revision());
        if changed && (urgent || self.revision.is_none() || now >= self.at.plus_millis(GUESTS_EVERY_MS)) {
            (self.revision, self.at) = (Some(party.revision()), now);
            let mut described = Described { track, known: std::mem::take(&mut self.tracks), used: HashMap::new() };
            let view = party.page_view().with_crossfade_by_card(self.crossfade_by_card);
            self.view = Arc::new(view.map_tracks(|id| described.track(id)));
            self.tracks = described.used;
        }
        Arc::clone(&self.view)
    }

    /// Returns a track as pages see it.
    pub(super) fn track(&self, id: TrackId) -> Option<TrackView> {
        self.tracks.get(&id).cloned()
    }
}

/// What is shown of tracks: asked of the catalogue once, and forgotten with the last view they occur in.
struct Described<F> {
    track: F,
    known: HashMap<TrackId, TrackView>,
    used: HashMap<TrackId, TrackView>,
}

impl<F: Fn(TrackId) -> Option<TrackView>> Described<F> {
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use base::GuestId;
    use party::{Asker, At, Done, Fades, Input, Settings, Source, What};

    use super::*;

    const HOST: Asker = Asker { guest: None, leads: true, is_host: true };

    fn guest(number: u32) -> Asker {
        Asker { guest: Some(GuestId(number)), leads: false, is_host: false }
    }

    fn party() -> Party {
        let fades = Fades { pause_ms: 200, source_ms: 1_000, stop_ms: 3_000 };
        let mut party = Party::new(Source::Files, fades, Settings::default(), 1);
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
    fn what_guests_do_is_shown_together_and_what_people_wait_for_at_once() {
        let (mut party, mut shown) = (party(), Shown::default());
        let Done::Queued(item) = ask(&mut party, HOST, What::Add(TrackId(5), At::End)) else { panic!("not added") };
        let first = shown.update(&party, describe, at(1_000), true);
        for number in 0..200 {
            ask(&mut party, guest(number), What::Vote(item, true));
            let view = shown.update(&party, describe, at(1_000 + u64::from(number) / 2), false);
            assert!(Arc::ptr_eq(&first, &view));
        }
        let second = shown.update(&party, describe, at(1_200), false);
        assert_eq!(second.everybody.queue.items[&item].votes, 200);
        assert!(Arc::ptr_eq(&second, &shown.update(&party, describe, at(9_000), false)), "nothing has changed");
        ask(&mut party, HOST, What::Remove(item));
        assert!(shown.update(&party, describe, at(1_201), true).everybody.queue.order.is_empty());
    }

    #[test]
    fn a_track_is_described_once_while_it_is_shown_and_by_its_number_when_it_is_gone() {
        let (mut party, mut shown, asked) = (party(), Shown::default(), Cell::new(0));
        let counted = |id| {
            asked.set(asked.get() + u32::from(id == TrackId(5)));
            describe(id).filter(|_| id != TrackId(6))
        };
        ask(&mut party, HOST, What::Add(TrackId(5), At::End));
        shown.update(&party, counted, at(0), true);
        ask(&mut party, HOST, What::Add(TrackId(5), At::End));
        ask(&mut party, HOST, What::Add(TrackId(6), At::End));
        let view = shown.update(&party, counted, at(0), true);
        assert_eq!((asked.get(), shown.track(TrackId(5)).map(|track| track.title)), (1, Some("Track 5".into())));
        let titles: Vec<_> =
            view.everybody.queue.items.values().map(|item| (item.track.id.0, &*item.track.title)).collect();
        assert_eq!(titles, [(5, "Track 5"), (5, "Track 5"), (6, "")]);
    }
}
