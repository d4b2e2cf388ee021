//! Wishes about tracks that are being looked up: they are granted when it is known what the tracks are, so that whoever is
//! answered finds a title and not a number.

use std::collections::VecDeque;

use base::TrackId;
use web::control::{COMMANDS_WAITING_MAX, Command};

use crate::channel::Answer;

/// Wishes that wait at once. One more is granted without waiting: its title comes later.
const PARKED_MAX: usize = COMMANDS_WAITING_MAX;

/// The wishes that wait, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Parked(VecDeque<(TrackId, Command)>);

impl Parked {
    /// Keeps a wish until it is known what `track` is, and returns it if it need not or cannot wait.
    pub(crate) fn park(&mut self, command: Command, track: Option<TrackId>) -> Option<Command> {
        // Whoever has given up waiting is not kept waiting for: the channel may be gone, and the answer with it.
        self.0.retain(|(_, command)| !command.reply.is_closed());
        match track.filter(|_| self.0.len() < PARKED_MAX) {
            Some(track) => self.0.push_back((track, command)),
            None => return Some(command),
        }
        None
    }

    /// Returns the wishes that waited for this answer, whatever it says.
    pub(crate) fn released_by(&mut self, answer: &Answer) -> Vec<Command> {
        let is_meant =
            |(track, command): &(TrackId, Command)| *track == answer.track && command.wish.channel == answer.channel;
        let mut released = Vec::new();
        for parked in std::mem::take(&mut self.0) {
            if is_meant(&parked) { released.push(parked.1) } else { self.0.push_back(parked) }
        }
        released
    }
}

#[cfg(test)]
mod tests {
    use base::ChannelId;
    use party::{Asker, At, What, Wish};
    use tokio::sync::oneshot;

    use web::control::Outcome;

    use super::*;
    use crate::channel::Found;

    fn id(name: &str) -> ChannelId {
        ChannelId::new(name).expect("a legal name")
    }

    type Waiting = oneshot::Receiver<Outcome>;

    /// A wish, for whose outcome somebody waits while the second is kept.
    fn command(channel: &str, track: u64) -> (Command, Waiting) {
        let what = What::Add(TrackId(track), At::End);
        let (reply, waiting) = oneshot::channel();
        (Command { wish: Wish { channel: id(channel), who: Asker::BOX, what }, reply }, waiting)
    }

    #[test]
    fn a_wish_waits_for_the_track_it_is_about_and_for_no_longer_than_there_is_room() {
        let (mut parked, mut people) = (Parked::default(), Vec::new());
        let mut park = |parked: &mut Parked, channel: &str, track: u64, looks_up: bool| {
            let (command, waiting) = command(channel, track);
            people.push(waiting);
            parked.park(command, looks_up.then_some(TrackId(track))).is_none()
        };
        assert!(!park(&mut parked, "main", 1, false));
        for (channel, track) in [("main", 1), ("main", 2), ("green", 1), ("main", 1)] {
            assert!(park(&mut parked, channel, track, true));
        }
        let answer =
            |channel: &str, track| Answer { channel: id(channel), track: TrackId(track), found: Found::NoAnswer };
        assert_eq!(parked.released_by(&answer("main", 3)).len(), 0);
        assert_eq!(parked.released_by(&answer("main", 1)).len(), 2);
        assert_eq!(parked.released_by(&answer("green", 1)).len(), 1);
        assert_eq!(parked.0.len(), 1);
        let kept = (0..2 * PARKED_MAX).filter(|_| park(&mut parked, "main", 9, true)).count();
        assert_eq!(kept, PARKED_MAX - 1);
        // Everybody has given up.
        people.clear();
        let (late, _waiting) = command("main", 9);
        assert!(parked.park(late, Some(TrackId(9))).is_none());
        assert_eq!(parked.0.len(), 1);
    }
}
