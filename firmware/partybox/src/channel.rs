//! One channel: the party's rules, the pump they steer and the tracks it plays.
//!
//! Carries values between the rooms until nothing is left to carry. Decides nothing.

use std::collections::VecDeque;

use audio::mixer::{Decibels, Event, MixPlan};
use audio::pump::Controls;
use net::control::{Action, Refused, SourceKind};
use party::{Input, Output, Party, Source, TrackId, View};

use crate::buttons;
use crate::tracks::{News, Tracks};

/// One channel.
pub struct Channel {
    party: Party,
    controls: Controls,
    tracks: Tracks,
    crossfade_ms: u16,
    has_line_in: bool,
}

impl Channel {
    /// A channel that plays by the rules of `party` from `tracks` through the pump behind `controls`.
    pub fn new(party: Party, controls: Controls, tracks: Tracks, crossfade_ms: u16, has_line_in: bool) -> Self {
        let mut channel = Self { party, controls, tracks, crossfade_ms, has_line_in };
        channel.offer_catalogue();
        channel
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

    /// Carries out what a host asked for.
    ///
    /// # Errors
    /// Why it makes no sense now, for the host to read.
    pub fn obey(&mut self, action: Action) -> Result<(), Refused> {
        let refused = |why: &str| Err(Refused::NotNow(why.to_owned()));
        let input = match action {
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
        Ok(())
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
            buttons::Action::Play => return self.obey(Action::Play),
            buttons::Action::Pause => return self.obey(Action::Pause),
            buttons::Action::Next => return self.obey(Action::Next),
            buttons::Action::Source => return self.obey(Action::Source(other)),
            // Not the channel's.
            buttons::Action::None | buttons::Action::Pair | buttons::Action::Forget => {}
        }
        Ok(())
    }

    /// Takes in what a decoder told.
    pub fn learn(&mut self, news: News) {
        if let Some(input) = self.tracks.learn(news) {
            self.apply(input);
        }
    }

    /// Takes in what the pump told since the last call.
    pub fn listen(&mut self) {
        while let Some(event) = self.controls.poll_event() {
            match event {
                Event::TrackStarted { track, .. } => {
                    self.apply(Input::TrackStarted(track));
                    log::info!("now playing: {}", self.tracks.title(track));
                }
                Event::TrackEnded { track, .. } => self.apply(Input::TrackEnded(track)),
                Event::Starved { track } => log::warn!("the decoder of track {track} is behind"),
                Event::LineLost => log::warn!("line-in brings nothing"),
                Event::LineBack => log::info!("line-in is back"),
                Event::NextNeeded => {}
            }
        }
        self.tracks.hand_over();
    }

    fn apply(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for output in self.party.handle(input) {
                match output {
                    Output::Mix(plan) => self.controls.set_plan(self::plan(plan, self.crossfade_ms)),
                    Output::Skip => {
                        if !self.controls.skip() {
                            log::error!("the pump takes no commands");
                        }
                    }
                    Output::Cue(track) => {
                        if !self.tracks.cue(track) {
                            inputs.push_back(Input::CueFailed(track));
                        }
                    }
                }
            }
        }
    }
}

/// The party's plan as the mixer wants it.
pub fn plan(plan: party::MixPlan, crossfade_ms: u16) -> MixPlan {
    MixPlan {
        line_in: Decibels::from_db(plan.line_in_db),
        decks: Decibels::from_db(plan.tracks_db),
        ramp_ms: plan.ramp_ms,
        crossfade_ms,
        fallback_to_decks: plan.fallback_to_tracks,
    }
}
