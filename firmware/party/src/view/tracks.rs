//! The one seam at which what is known of tracks joins the view: each number gives way to a value of the caller's.

use super::{
    GuestView, ItemView, NowView, PartyView, PendingView, PlayedView, PublicView, QueueView, RequestView, WishedView,
};

impl<T> PartyView<T> {
    /// Returns the same of other tracks: what `track` knows of each takes its place.
    pub fn map_tracks<U>(self, mut track: impl FnMut(T) -> U) -> PartyView<U> {
        let Self { everybody, origins, back, pending, evening, wished, guests, newcomer } = self;
        let pending =
            pending.into_iter().map(|PendingView { id, track: of, by }| PendingView { id, track: track(of), by });
        PartyView {
            origins,
            back,
            pending: pending.collect(),
            evening: evening.into_iter().map(|played| played.map_track(&mut track)).collect(),
            wished: wished
                .into_iter()
                .map(|WishedView { track: of, wishes }| WishedView { track: track(of), wishes })
                .collect(),
            guests: guests.into_iter().map(|(id, guest)| (id, guest.map_tracks(&mut track))).collect(),
            newcomer: newcomer.map_tracks(&mut track),
            everybody: everybody.map_tracks(&mut track),
        }
    }
}

impl<T> PublicView<T> {
    fn map_tracks<U>(self, track: &mut impl FnMut(T) -> U) -> PublicView<U> {
        let Self {
            session,
            playing,
            source,
            line_in_silent,
            talk_over,
            volume_db,
            now,
            queue,
            upcoming,
            history,
            skip,
            reactions,
            settings,
        } = self;
        let QueueView { order, items, can_undo } = queue;
        let mut item =
            |ItemView { track: of, by, votes, boosted, why }| ItemView { track: track(of), by, votes, boosted, why };
        let items = items.into_iter().map(|(id, shown)| (id, item(shown))).collect();
        PublicView {
            history: history.into_iter().map(|played| played.map_track(track)).collect(),
            queue: QueueView { order, items, can_undo },
            now: now.map(|NowView { track: of, by, item, hearts }| NowView { track: track(of), by, item, hearts }),
            upcoming: upcoming.into_iter().map(track).collect(),
            session,
            playing,
            source,
            line_in_silent,
            talk_over,
            volume_db,
            skip,
            reactions,
            settings,
        }
    }
}

impl<T> PlayedView<T> {
    fn map_track<U>(self, track: &mut impl FnMut(T) -> U) -> PlayedView<U> {
        let Self { track: of, by, how, skipped_by, at_ms, hearts } = self;
        PlayedView { track: track(of), by, how, skipped_by, at_ms, hearts }
    }
}

impl<T> GuestView<T> {
    fn map_tracks<U>(self, track: &mut impl FnMut(T) -> U) -> GuestView<U> {
        let Self { votes, items, requests, skip_vote, heart, skip_from_ms, boosts_left, requests_left } = self;
        let request = |RequestView { id, track: of, state, why }| RequestView { id, track: track(of), state, why };
        let requests = requests.into_iter().map(request).collect();
        GuestView { votes, items, requests, skip_vote, heart, skip_from_ms, boosts_left, requests_left }
    }
}
