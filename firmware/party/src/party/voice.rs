//! Talk-over: somebody speaks into line-in, and the music steps back meanwhile. Who may is the business of whoever carries the
//! wish here; how the gains move is the mixer's.

use base::Time;

use super::wishes::Granted;
use super::{Output, Party};
use crate::mix::{DUCK_MS, Source, UNDUCK_MS};
use crate::wish::{Done, Refused};

/// Lifetime of a talk since the last wish for it, ms: a phone that is gone must not leave the music soft, and
/// one on a bad radio must not be cut off.
pub const TALK_OVER_MS: u64 = 5_000;

impl Party {
    /// Lets a voice be heard over the music, or no longer.
    pub(super) fn talk_over(&mut self, on: bool, now: Time) -> Granted {
        if !on {
            return Ok((Done::Plainly, self.fall_silent()));
        }
        if !self.has_line_in {
            return Err(Refused::NoLineIn);
        }
        if self.source == Source::LineIn {
            return Err(Refused::LineInIsHeard);
        }
        let begins = self.talk_over.replace(now.plus_millis(TALK_OVER_MS)).is_none();
        let outputs = begins.then(|| Output::Mix(self.plan_within(DUCK_MS)));
        Ok((Done::Plainly, outputs.into_iter().collect()))
    }

    /// Ends a talk of which nobody says any more that it goes on.
    pub(super) fn end_of_talk(&mut self, now: Time) -> Vec<Output> {
        if self.talk_over.is_none_or(|until| now < until) {
            return Vec::new();
        }
        self.revision += 1;
        self.fall_silent()
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
