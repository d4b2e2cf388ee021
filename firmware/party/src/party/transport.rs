//! Playing, pausing, skipping, volume and source: what each does to the sound.

use base::Time;

use super::wishes::Granted;
use super::{Output, Party, Session};
use crate::mix::{Mouth, Source, VOLUME_FADE_MS, Volume};
use crate::wish::{Done, Refused};

impl Party {
    pub(super) fn play(&mut self, now: Time) -> Vec<Output> {
        // The box's own buttons have no other way to begin a party.
        if !self.session.live {
            self.begin_session(now);
        }
        if self.stopped { self.next(now) } else { self.set_playing(true, self.fades.pause_ms) }
    }

    /// Goes on in the evening that another channel's party has begun, or goes on with.
    pub fn join(&mut self, session: &Session) {
        if self.session != *session {
            if !self.session.live {
                self.history.begin_evening();
            }
            self.session.clone_from(session);
            self.revision += 1;
            self.saved_revision += 1;
        }
    }

    fn begin_session(&mut self, now: Time) {
        self.history.begin_evening();
        self.session = Session { live: true, title: std::mem::take(&mut self.session.title), started: now };
    }

    pub(super) fn set_playing(&mut self, playing: bool, fade_ms: u16) -> Vec<Output> {
        if self.playing == playing {
            return Vec::new();
        }
        self.playing = playing;
        vec![Output::Mix(self.plan_within(fade_ms))]
    }

    /// The track is given up now, but left only when something plays again: until then it is still fading.
    pub(super) fn stop(&mut self) -> Vec<Output> {
        self.stopped = self.source == Source::Files;
        self.set_playing(false, self.fades.stop_ms)
    }

    pub(super) fn set_volume(&mut self, volume: Volume) -> Vec<Output> {
        if volume == self.volume {
            return Vec::new();
        }
        self.volume = volume;
        self.saved_revision += 1;
        let is_heard = self.playing || self.talk_over.is_some();
        if is_heard { vec![Output::Mix(self.plan_within(VOLUME_FADE_MS))] } else { Vec::new() }
    }

    pub(super) fn select(&mut self, source: Source) -> Vec<Output> {
        if self.source == source {
            return Vec::new();
        }
        self.source = source;
        if source == Source::LineIn {
            self.talk_over.take_if(|talk| talk.mouth == Mouth::LineIn);
        }
        self.silence = self.silence.anywhere();
        vec![Output::Mix(self.plan_within(self.fades.source_ms))]
    }

    /// Goes on with what is heard from another place in it: it is opened once more there, and left for itself.
    pub(super) fn seek(&mut self, to_ms: u64, now: Time) -> Granted {
        if self.source != Source::Files {
            return Err(Refused::NothingPlays);
        }
        let mut outputs = self.reopen(to_ms, now).ok_or(Refused::NothingPlays)?;
        outputs.extend(self.set_playing(true, self.fades.pause_ms));
        self.stopped = false;
        Ok((Done::Plainly, outputs))
    }

    /// Next also resumes: who skips wants to hear something. On line-in there is nothing to skip.
    pub(super) fn next(&mut self, now: Time) -> Vec<Output> {
        if !self.session.live {
            self.begin_session(now);
        }
        let has_next = self.source == Source::Files && !self.open.is_empty();
        let mut outputs = if has_next { self.leave(now) } else { Vec::new() };
        if has_next || self.stopped {
            outputs.extend(self.set_playing(true, self.fades.pause_ms));
        }
        self.stopped = false;
        outputs
    }
}
