//! One channel: the party's rules, the pump they steer and the tracks it plays.
//!
//! Carries values between the rooms until nothing is left to carry. Decides nothing.

use std::collections::VecDeque;

use audio::clock::Clock;
use audio::mixer::{Decibels, Event, MixPlan, PlanWriter};
use audio::pump::Controls;
use base::{ChannelId, TrackId};
use party::{Asker, Done, Input, Output, Party, Source, View};
use web::control::{Action, Refused, SourceKind};

use crate::buttons;
use crate::tracks::{News, Tracks};

/// Somebody at the box: they can do what a host can.
const BOX: Asker = Asker { guest: None, leads: true, is_host: true };

/// The place of line-in among the pump's sources.
const LINE_IN: usize = 0;

/// One channel.
pub struct Channel {
    id: ChannelId,
    party: Party,
    controls: Controls,
    plan: PlanWriter,
    tracks: Tracks,
    clock: Clock,
    has_line_in: bool,
    /// Whether something changed that people wait to see.
    urgent: bool,
}

impl Channel {
    /// Returns the channel `id`, which plays by the rules of `party` from `tracks` through the pump behind `controls`.
    pub fn new(
        id: ChannelId,
        party: Party,
        controls: Controls,
        plan: PlanWriter,
        tracks: Tracks,
        clock: Clock,
        has_line_in: bool,
    ) -> Self {
        let mut channel = Self { id, party, controls, plan, tracks, clock, has_line_in, urgent: true };
        channel.offer_catalogue();
        channel
    }

    /// Returns the channel's identity.
    pub fn id(&self) -> ChannelId {
        self.id
    }

    /// Lists all tracks anew to the party, which gives those that could not be played another chance.
    pub fn offer_catalogue(&mut self) {
        let ids = self.tracks.ids();
        self.apply(Input::Catalogue(ids));
    }

    /// Takes a new list of all tracks.
    pub fn relist(&mut self, ids: Vec<TrackId>) {
        self.tracks.relist(ids);
        self.offer_catalogue();
    }

    /// The rules, to be read.
    pub fn party(&self) -> &Party {
        &self.party
    }

    /// Whether something changed since the last call that people wait to see: all but what guests do, which can wait a
    /// little and be told together.
    pub fn take_urgent(&mut self) -> bool {
        std::mem::take(&mut self.urgent)
    }

    /// So many listen.
    pub fn count_listeners(&mut self, count: usize) {
        let outputs = self.party.handle(self.clock.now(), Input::Listening(count));
        self.carry_out(outputs);
    }

    /// Lets the rules know that time goes on.
    pub fn pass(&mut self) {
        let outputs = self.party.handle(self.clock.now(), Input::Pass);
        self.carry_out(outputs);
    }

    /// What people may see of the party.
    pub fn view(&self) -> View {
        self.party.view()
    }

    /// What is known of the tracks.
    pub fn tracks(&self) -> &Tracks {
        &self.tracks
    }

    /// The pump's controls.
    pub fn controls(&self) -> &Controls {
        &self.controls
    }

    /// Carries out what somebody asked for.
    ///
    /// # Errors
    /// Why it makes no sense now, for people to read, or the rules forbid it.
    pub fn obey(&mut self, action: Action, by: Asker) -> Result<Done, Refused> {
        let refused = |why: &str| Err(Refused::NotNow(why.to_owned()));
        let input = match action {
            Action::Wish(wish) => {
                self.urgent |= by.leads;
                let (done, outputs) = self.party.ask(self.clock.now(), by, wish).map_err(Refused::Rules)?;
                self.carry_out(outputs);
                return Ok(done);
            }
            Action::Play => Input::Play,
            Action::Pause => Input::Pause,
            Action::Next if self.view().source == Source::LineIn => {
                return refused("Line-in has no next track; choose the files first.");
            }
            Action::Next => Input::Next,
            Action::Source(SourceKind::Files) => Input::Select(Source::Files),
            Action::Source(SourceKind::LineIn) if !self.has_line_in => {
                return refused("No line-in is set up; start the box with --line-in DEVICE.");
            }
            Action::Source(SourceKind::LineIn) => Input::Select(Source::LineIn),
        };
        self.apply(input);
        Ok(Done::Plainly)
    }

    /// Carries out what somebody at the box asked for, so many times.
    ///
    /// # Errors
    /// Why it makes no sense now.
    pub fn press(&mut self, action: buttons::Action, times: u8) -> Result<(), Refused> {
        let steps = i8::try_from(times).unwrap_or(i8::MAX);
        let other = if self.view().source == Source::Files { SourceKind::LineIn } else { SourceKind::Files };
        match action {
            buttons::Action::Toggle => self.apply(Input::Toggle),
            buttons::Action::Stop => self.apply(Input::Stop),
            buttons::Action::VolumeUp => self.apply(Input::Turn(steps)),
            buttons::Action::VolumeDown => self.apply(Input::Turn(-steps)),
            buttons::Action::Play => return self.obey(Action::Play, BOX).map(drop),
            buttons::Action::Pause => return self.obey(Action::Pause, BOX).map(drop),
            buttons::Action::Next => return self.obey(Action::Next, BOX).map(drop),
            buttons::Action::Source => return self.obey(Action::Source(other), BOX).map(drop),
            // Not the channel's.
            buttons::Action::None | buttons::Action::Pair | buttons::Action::Forget => {}
        }
        Ok(())
    }

    /// Takes in what a decoder told.
    pub fn learn(&mut self, news: News) {
        // What is told of a track that was closed long ago changes nothing.
        let Some(track) = self.party.opened(news.0) else { return };
        if let Some(input) = self.tracks.learn(track, news) {
            self.apply(input);
        }
    }

    /// Takes in what the pump told since the last call.
    pub fn listen(&mut self) {
        while let Some(event) = self.controls.poll_event() {
            match event {
                Event::TrackStarted { cue, .. } => {
                    self.apply(Input::TrackStarted(cue));
                    if let Some(track) = self.party.opened(cue) {
                        log::info!("now playing: {}", self.tracks.title(track));
                    }
                }
                Event::TrackEnded { cue, .. } => self.apply(Input::TrackEnded(cue)),
                Event::Starved { cue } => {
                    log::warn!("the decoder of track {} is behind", self.party.opened(cue).unwrap_or_default());
                }
                Event::SourceLost { .. } => log::warn!("line-in brings nothing"),
                Event::SourceBack { .. } => log::info!("line-in is back"),
            }
        }
        self.tracks.hand_over();
    }

    fn apply(&mut self, input: Input) {
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
                    if !self.tracks.cue(cue, track, is_level) {
                        // What comes of it comes after what was to be done already: it is newer.
                        outputs.extend(self.party.handle(self.clock.now(), Input::CueFailed(cue)));
                    }
                    true
                }
            };
            if !taken {
                log::error!("the pump takes no commands");
            }
        }
    }
}

/// The party's plan as the mixer wants it.
pub fn plan(plan: party::MixPlan, crossfade_ms: u16) -> MixPlan {
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
