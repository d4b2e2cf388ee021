//! What is shown of tracks, as far as it is known, and which tracks are to be looked up.
//!
//! Whoever shows a track that is not known gets nothing, and is told again when it is. Pure: asking is somebody else's.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};

use base::TrackId;
use web::track::TrackView;

/// Tracks that are remembered; what is on a page is remembered with the page. The oldest is forgotten and asked for again.
const KNOWN_MAX: usize = 1_024;

/// What is known of tracks, and what is not.
#[derive(Debug, Default)]
pub(super) struct Details {
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    /// `None`: there is no such track.
    known: HashMap<TrackId, Option<TrackView>>,
    /// The same, oldest first.
    ages: VecDeque<TrackId>,
    /// To be asked, in their order.
    wanted: VecDeque<TrackId>,
    /// Asked, or to be asked.
    awaited: HashSet<TrackId>,
}

impl State {
    fn want(&mut self, track: TrackId) {
        if self.awaited.insert(track) {
            self.wanted.push_back(track);
        }
    }
}

impl Details {
    /// Returns what is shown of `track`: nothing inside if there is no such track; nothing at all if that is not known, and
    /// then it is to be looked up.
    pub(super) fn known(&self, track: TrackId) -> Option<Option<TrackView>> {
        let state = &mut *self.state.borrow_mut();
        let known = state.known.get(&track).cloned();
        if known.is_none() {
            state.want(track);
        }
        known
    }

    /// Has `track` looked up, however much is known of it.
    pub(super) fn want(&self, track: TrackId) {
        self.state.borrow_mut().want(track);
    }

    /// Calls `ask` with one track after the other that is to be looked up, until it returns `false`.
    pub(super) fn ask(&self, mut ask: impl FnMut(TrackId) -> bool) {
        let state = &mut *self.state.borrow_mut();
        while let Some(track) = state.wanted.front() {
            if !ask(*track) {
                return;
            }
            state.wanted.pop_front();
        }
    }

    /// Takes in what was asked: what is shown of `track`, `None` if there is none. Returns whether that is new.
    pub(super) fn learn(&mut self, track: TrackId, view: Option<TrackView>) -> bool {
        let state = self.state.get_mut();
        state.awaited.remove(&track);
        let is_new = state.known.get(&track) != Some(&view);
        if state.known.insert(track, view).is_none() {
            state.ages.push_back(track);
            if state.ages.len() > KNOWN_MAX
                && let Some(oldest) = state.ages.pop_front()
            {
                state.known.remove(&oldest);
            }
        }
        is_new
    }

    /// Remembers what is shown of `track` and returns it.
    pub(super) fn remember(&mut self, track: TrackId, view: Option<TrackView>) -> Option<TrackView> {
        self.learn(track, view.clone());
        view
    }

    /// Takes in that there is no answer about `track`: it is looked up again when somebody shows it.
    pub(super) fn give_up(&mut self, track: TrackId) {
        self.state.get_mut().awaited.remove(&track);
    }

    /// Forgets which tracks there are not: there may be others now.
    pub(super) fn forget_missing(&mut self) {
        let state = self.state.get_mut();
        state.known.retain(|_, view| view.is_some());
        state.ages.retain(|track| state.known.contains_key(track));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(id: u64) -> Option<TrackView> {
        Some(TrackView { id: TrackId(id), title: format!("Track {id}"), ..TrackView::default() })
    }

    fn asked(details: &Details, room: usize) -> Vec<u64> {
        let mut asked = Vec::new();
        details.ask(|track| {
            let fits = asked.len() < room;
            if fits {
                asked.push(track.0);
            }
            fits
        });
        asked
    }

    #[test]
    fn what_is_not_known_is_asked_once_and_what_finds_no_room_later() {
        let mut details = Details::default();
        for id in [1, 2, 1, 3] {
            assert_eq!(details.known(TrackId(id)), None);
        }
        assert_eq!((asked(&details, 2), asked(&details, 9), asked(&details, 9)), (vec![1, 2], vec![3], vec![]));
        assert!(details.learn(TrackId(1), view(1)) && details.learn(TrackId(2), None));
        assert_eq!((details.known(TrackId(1)), details.known(TrackId(2))), (Some(view(1)), Some(None)));
        details.give_up(TrackId(3));
        assert_eq!((details.known(TrackId(3)), asked(&details, 9)), (None, vec![3]), "it is asked again");
        details.want(TrackId(1));
        assert_eq!((asked(&details, 9), details.learn(TrackId(1), view(1))), (vec![1], false), "nothing is new");
    }

    #[test]
    fn what_was_missing_is_asked_again_when_there_are_other_tracks() {
        let mut details = Details::default();
        details.learn(TrackId(1), view(1));
        details.learn(TrackId(2), None);
        details.forget_missing();
        assert_eq!((details.known(TrackId(1)), details.known(TrackId(2))), (Some(view(1)), None));
        assert_eq!(asked(&details, 9), [2]);
    }

    #[test]
    fn no_more_is_remembered_than_there_is_a_limit_for() {
        let mut details = Details::default();
        for id in 0..3 * KNOWN_MAX as u64 {
            details.learn(TrackId(id), view(id));
            details.learn(TrackId(id), None);
        }
        let state = details.state.borrow();
        assert_eq!((state.known.len(), state.ages.len()), (KNOWN_MAX, KNOWN_MAX));
    }
}
