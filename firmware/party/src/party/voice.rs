//! Talk-over: a voice at line-in or a host's phone, under which the music is ducked. Permissions are checked before the wish comes
//! here; how the gains move is the mixer's.

use base::Time;

use super::wishes::Granted;
use super::{Output, Party};
use crate::mix::{DUCK_MS, Mouth, Source, UNDUCK_MS};
use crate::wish::{Done, Refused};

/// Lifetime of a talk since the last wish for it, ms: a phone that is gone must not leave the music soft, and
/// one on a bad radio must not be cut off.
pub const TALK_OVER_MS: u64 = 5_000;

/// Somebody who speaks over the music.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Talk {
    pub(super) mouth: Mouth,
    /// Until when, unless they say so again.
    pub(super) until: Time,
}

impl Party {
    /// Lets a voice be heard over the music, or no longer.
    pub(super) fn talk_over(&mut self, on: bool, now: Time) -> Granted {
        if !on {
            return Ok((Done::Plainly, self.fall_silent()));
        }
        // A phone that is connected is meant, whatever else there is.
        let mouth = match () {
            () if self.has_voice => Mouth::Phone,
            () if !self.has_line_in => return Err(Refused::NoLineIn),
            () if self.source == Source::LineIn => return Err(Refused::LineInIsHeard),
            () => Mouth::LineIn,
        };
        let before = self.talk_over.replace(Talk { mouth, until: now.plus_millis(TALK_OVER_MS) });
        let begins = before.is_none_or(|before| before.mouth != mouth);
        let outputs = begins.then(|| Output::Mix(self.plan_within(DUCK_MS)));
        Ok((Done::Plainly, outputs.into_iter().collect()))
    }

    /// Ends a talk of which nobody says any more that it goes on.
    pub(super) fn end_of_talk(&mut self, now: Time) -> Vec<Output> {
        if self.talk_over.is_none_or(|talk| now < talk.until) {
            return Vec::new();
        }
        self.revision += 1;
        self.fall_silent()
    }

    /// Ends the talk-over of this microphone, if there is one.
    pub(super) fn fall_silent_at(&mut self, mouth: Mouth) -> Vec<Output> {
        let is_there = self.talk_over.is_some_and(|talk| talk.mouth == mouth);
        if is_there { self.fall_silent() } else { Vec::new() }
    }

    /// Ends a talk, if there is one.
    pub(super) fn fall_silent(&mut self) -> Vec<Output> {
        let ends = self.talk_over.take().is_some();
        if ends { vec![Output::Mix(self.plan_within(UNDUCK_MS))] } else { Vec::new() }
    }

    /// Returns whether somebody speaks over the music.
    pub fn is_talked_over(&self) -> bool {
        self.talk_over.is_some()
    }
}
