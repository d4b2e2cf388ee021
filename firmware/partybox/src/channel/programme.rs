//! One channel's running parts: the party's rules, the pump they steer, the tracks it plays, and what is kept and shown
//! of it.

use std::collections::VecDeque;
use std::sync::Arc;

use audio::clock::Clock;
use audio::mixer::{Decibels, Event, MixPlan, PlanWriter};
use audio::pump::Controls;
use base::{ChannelId, CueId, Time, TrackId};
use party::{Asker, Done, Input, Output, Party, Refused, View, What};
use web::mp3::Hub;
use web::party_view::{PartyView, TrackView};

use super::ear::{Ear, Lost, Moment};
use super::memory::{self, Memory};
use super::remedy::{Remedies, Remedy};
use super::suspects::Suspects;
use super::tracks::{News, Tracks};
use super::view::Shown;
use crate::supervise::PumpWatch;

/// The place of line-in among the pump's sources.
const LINE_IN: usize = 0;

/// How many listen to a channel: live ones and those of MP3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listening {
    pub(crate) live: usize,
    pub(crate) pocket: usize,
}

impl Listening {
    pub(crate) fn total(self) -> usize {
        self.live + self.pocket
    }
}

/// One channel's running parts.
pub(crate) struct Programme {
    pub(super) id: ChannelId,
    pub(super) party: Party,
    pub(super) controls: Controls,
    pub(super) plan: PlanWriter,
    pub(super) tracks: Tracks,
    /// What pages show of the party.
    pub(super) shown: Shown,
    pub(super) memory: Memory,
    pub(super) ear: Ear,
    pub(super) remedies: Remedies,
    pub(super) suspects: Suspects,
    pub(super) hub: Hub,
    pub(super) pump: PumpWatch,
    pub(super) clock: Clock,
    /// Whether something changed that people wait to see.
    pub(super) urgent: bool,
}

impl Programme {
    /// Returns the rules, to be read.
    pub(crate) fn party(&self) -> &Party {
        &self.party
    }

    /// Returns the little of the party that everything else depends on.
    pub(crate) fn view(&self) -> View {
        self.party.view()
    }

    /// Returns what is known of the tracks.
    pub(crate) fn tracks(&self) -> &Tracks {
        &self.tracks
    }

    /// Returns the pump's controls.
    pub(crate) fn controls(&self) -> &Controls {
        &self.controls
    }

    /// Lists all tracks to the party again, which gives those that could not be played another chance.
    pub(crate) fn offer_catalogue(&mut self) {
        let ids = self.tracks.ids();
        self.apply(Input::Catalogue(ids));
    }

    /// Replaces the list of all tracks.
    pub(super) fn relist(&mut self, ids: Vec<TrackId>) {
        self.tracks.relist(ids);
        self.offer_catalogue();
    }

    /// Tells the rules how many listen.
    pub(super) fn count_listeners(&mut self, count: usize) {
        let outputs = self.party.handle(self.clock.now(), Input::Listening(count));
        self.carry_out(outputs);
    }

    /// Tells the rules that time goes on.
    pub(super) fn pass(&mut self) {
        let outputs = self.party.handle(self.clock.now(), Input::Pass);
        self.carry_out(outputs);
    }

    /// Asks the rules for `what`, and carries out what follows.
    ///
    /// # Errors
    /// Why it is refused.
    pub(super) fn ask(&mut self, who: Asker, what: What) -> Result<Done, Refused> {
        self.urgent |= who.leads;
        let (done, outputs) = self.party.ask(self.clock.now(), who, what)?;
        self.carry_out(outputs);
        Ok(done)
    }

    /// Applies what a decoder said.
    pub(super) fn learn(&mut self, news: News) {
        // What is said of a track that was closed long ago changes nothing.
        let Some(track) = self.party.opened(news.0) else { return };
        if let Some(input) = self.tracks.learn(track, news) {
            self.apply(input);
        }
    }

    /// Applies what the pump said since the last call.
    pub(super) fn poll(&mut self) {
        while let Some(event) = self.controls.poll_event() {
            match event {
                Event::TrackStarted { cue, .. } => {
                    self.apply(Input::TrackStarted(cue));
                    if let Some(track) = self.party.opened(cue) {
                        log::info!("{}: now playing: {}", self.id, self.tracks.title(track));
                    }
                }
                Event::TrackEnded { cue, .. } => self.apply(Input::TrackEnded(cue)),
                Event::Starved { cue } => {
                    let track = self.party.opened(cue).unwrap_or_default();
                    log::warn!("{}: the decoder of track {track} is behind", self.id);
                }
                Event::SourceLost { .. } => log::warn!("{}: line-in brings nothing", self.id),
                Event::SourceBack { .. } => log::info!("{}: line-in is back", self.id),
            }
        }
        self.tracks.hand_over();
    }

    /// Compares what is sent with what should be heard, and returns what is done about it if sound gets lost. `closely`: an
    /// update must prove itself; `heard`: somebody listens.
    pub(super) fn listen(&mut self, closely: bool, heard: bool) -> Option<(Lost, Remedy)> {
        let (view, sound, now) = (self.view(), self.controls.status(), self.clock.now());
        let line_in = view.source == party::Source::LineIn;
        let moment = Moment::of(view.playing, line_in, view.has_tracks, &sound);
        let judged = self.ear.poll(now, moment, self.controls.drain_levels(), closely, heard);
        if self.ear.is_proved(now) {
            self.remedies.recovered();
        }
        let lost = judged.err()?;
        Some((lost, self.remedies.next(self.playing())))
    }

    /// Returns the track that is heard, if one is, and its cue.
    fn playing(&self) -> Option<(CueId, TrackId)> {
        let sound = self.controls.status();
        let from_decks = self.view().source != party::Source::LineIn || sound.standing_in;
        let (cue, _) = sound.cue.filter(|_| from_decks)?;
        Some((cue, self.party.opened(cue)?))
    }

    /// Leaves a track that silences the channel, and does not open it again.
    pub(super) fn leave(&mut self, cue: CueId, track: TrackId) {
        self.accuse(track);
        self.apply(Input::TrackBroken(cue));
        // Refused, there is nothing to play after it: then it ends by itself.
        _ = self.ask(Asker::BOX, What::Next);
    }

    /// The pump has died: what it played is suspected.
    pub(super) fn accuse_playing(&self) {
        if let Some((_, track)) = self.playing() {
            self.accuse(track);
        }
    }

    fn accuse(&self, track: TrackId) {
        log::error!(
            "{}: {} is suspected of silencing the box and is not played again",
            self.id,
            self.tracks.title(track)
        );
        self.texts(track).into_iter().for_each(|texts| self.suspects.accuse(track, texts));
    }

    /// Returns what tells that the track's number still means the same track.
    fn texts(&self, track: TrackId) -> Option<u32> {
        self.tracks.catalogue().show(track).as_ref().map(memory::checksum)
    }

    fn is_suspect(&self, track: TrackId) -> bool {
        self.texts(track).is_some_and(|texts| self.suspects.has(track, texts))
    }

    /// Returns whether what is sent has been sound for long enough to trust this version.
    pub(super) fn is_proved(&self) -> bool {
        self.ear.is_proved(self.clock.now())
    }

    /// Returns what pages see of the party.
    pub(crate) fn show(&mut self) -> Arc<PartyView> {
        let (urgent, catalogue) = (std::mem::take(&mut self.urgent), self.tracks.catalogue());
        self.shown.update(&self.party, |id| catalogue.show(id), self.clock.now(), urgent)
    }

    /// Writes what outlasts a restart, if it has changed; at once if `all`, else not more often than a card likes.
    pub(super) fn keep(&mut self, all: bool) {
        let Self { memory, party, shown, tracks, clock, .. } = self;
        let track = |id| -> Option<TrackView> { shown.track(id).or_else(|| tracks.catalogue().show(id)) };
        let now: Time = clock.now();
        if all { memory.write(party, track, now) } else { memory.keep(party, track, now) }
    }

    pub(super) fn apply(&mut self, input: Input) {
        self.urgent = true;
        let outputs = self.party.handle(self.clock.now(), input);
        self.carry_out(outputs);
    }

    fn carry_out(&mut self, outputs: Vec<Output>) {
        let mut outputs = VecDeque::from(outputs);
        while let Some(output) = outputs.pop_front() {
            let taken = match output {
                Output::Mix(plan) => {
                    self.plan.publish(self::plan(plan, self.party.settings().crossfade_ms));
                    true
                }
                Output::Skip => self.controls.skip(),
                Output::Uncue => self.tracks.uncue(),
                Output::Cue(cue, track) => {
                    let is_level = self.party.settings().level_loudness;
                    if self.is_suspect(track) || !self.tracks.cue(cue, track, is_level) {
                        // What comes of it comes after what was to be done already: it is newer.
                        outputs.extend(self.party.handle(self.clock.now(), Input::CueFailed(cue)));
                    }
                    true
                }
            };
            if !taken {
                log::error!("{}: the pump takes no commands", self.id);
            }
        }
    }
}

/// Returns the party's plan as the mixer wants it.
pub(super) fn plan(plan: party::MixPlan, crossfade_ms: u16) -> MixPlan {
    let mixed = MixPlan {
        decks: Decibels::from_db(plan.tracks_db),
        ramp_ms: plan.ramp_ms,
        crossfade_ms,
        fallback_to_decks: plan.fallback_to_tracks,
        ..MixPlan::default()
    };
    mixed.with_source(LINE_IN, Decibels::from_db(plan.line_in_db))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_crossfade_that_can_be_set_is_what_the_mixer_can_do() {
        assert_eq!(party::Settings::CROSSFADE_MS_MAX, MixPlan::CROSSFADE_MS_MAX);
    }
}
