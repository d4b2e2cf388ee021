//! A line-in that is chosen, there, and silent: somebody has pulled the cable at the other end, or has gone to bed. Once that has
//! lasted and somebody waits for a song, pages offer to leave it; tracks stand in if a host wants it so, until sound comes in again. What
//! silence is was decided where line-in is measured.

use base::Time;

use super::{Output, Party};
use crate::mix::Source;

/// For how long a line-in has to be silent until that is no pause between two records any more, ms.
pub const SILENT_MS: u64 = 30_000;

/// What is known of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Silence {
    /// Since when nothing comes in; `None` while something does, and before anything is known.
    since: Option<Time>,
    /// Whether it has lasted, and somebody waits.
    has_lasted: bool,
    /// Whether tracks stand in for it.
    pub(super) is_filled: bool,
}

impl Silence {
    /// What is known of the cable alone, whatever is chosen.
    pub(super) fn anywhere(self) -> Self {
        Self { since: self.since, ..Self::default() }
    }
}

impl Party {
    /// Takes in whether sound comes in on line-in.
    pub(super) fn hear_line_in(&mut self, is_heard: bool, now: Time) -> Vec<Output> {
        self.silence.since = if is_heard { None } else { self.silence.since.or(Some(now)) };
        self.watch_silence(now)
    }

    /// Looks whether a silence has lasted, or is over.
    pub(super) fn watch_silence(&mut self, now: Time) -> Vec<Output> {
        let silence = self.silence;
        let is_long = silence.since.is_some_and(|since| now >= since.plus_millis(SILENT_MS));
        // What stands in goes on though nobody waits any more: it shall not stop after one song.
        let is_missed = silence.is_filled || !self.queue.is_empty();
        let has_lasted = self.source == Source::LineIn && is_long && is_missed;
        let is_filled = has_lasted && self.settings.fill_silence;
        if (has_lasted, is_filled) == (silence.has_lasted, silence.is_filled) {
            return Vec::new();
        }
        self.silence = Silence { has_lasted, is_filled, ..silence };
        self.revision += 1;
        // Whoever has chosen another source has said how fast that comes.
        let is_heard = is_filled != silence.is_filled && self.playing && self.source == Source::LineIn;
        if is_heard { vec![Output::Mix(self.plan_within(self.fades.source_ms))] } else { Vec::new() }
    }

    /// Returns whether line-in is chosen and has been silent for [`SILENT_MS`], though somebody waits for a song.
    pub fn is_line_in_silent(&self) -> bool {
        self.silence.has_lasted
    }

    /// Returns whether tracks stand in for a line-in that is silent.
    pub fn fills_silence(&self) -> bool {
        self.silence.is_filled
    }
}
