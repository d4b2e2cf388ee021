//! One channel's running parts: the party's rules, the pump they steer, the tracks it plays, and what is kept and shown
//! of it.

use std::sync::Arc;

use audio::clock::Clock;
use audio::line::LineState;
use audio::mixer::{Event, PlanWriter};
use audio::pump::Controls;
use audio::sender::status::SenderState;
use audio::status::Status;
use base::{ChannelId, CueId, Time, TrackId};
use party::{Asker, Audience, Done, Input, Output, Party, PartyView, Refused, View, What};
use web::mp3::Hub;
use web::senders::{Heard, Senders};
use web::track::TrackView;

use super::ear::{Ear, Lost, Moment};
use super::intake::Inputs;
use super::lookup::Answer;
use super::memory::{self, Memory};
use super::mix::{Faders, LINE_IN, VOICE, plan};
use super::remedy::{Remedies, Remedy};
use super::suspects::Suspects;
use super::tracks::{News, Tracks};
use super::view::Shown;
use crate::supervise::PumpWatch;

/// How long a fader takes to where it was moved, ms: a finger that moves it must feel immediate, without a click.
const FADER_MS: u16 = 60;

/// Tracks that will play by themselves whose titles are looked up before they are shown.
const AHEAD: usize = 6;

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
    /// Where the sound of senders comes in, and who they are.
    pub(super) inputs: Inputs,
    pub(super) senders: Senders,
    /// The rules' last plan.
    pub(super) planned: party::MixPlan,
    /// How loud each sender is heard. A place that somebody has left stays as it is until somebody comes.
    pub(super) faders: Faders,
    /// Whether the rules know of a sender.
    pub(super) has_sender: bool,
    /// Whether they know of a host's microphone.
    pub(super) has_voice: bool,
    /// What the rules know of line-in: sound, or silence.
    pub(super) line_in_heard: Option<bool>,
    pub(super) pump: PumpWatch,
    pub(super) clock: Clock,
    /// Whether something changed that people wait to see.
    pub(super) urgent: bool,
    /// The revision of the party of which the titles of what comes next were looked up.
    pub(super) ahead_of: Option<u64>,
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

    /// Lets these tracks play by themselves; `None`: all there are.
    pub(super) fn set_repertoire(&mut self, tracks: Option<Vec<TrackId>>) {
        self.apply(Input::Repertoire(tracks));
    }

    /// Returns whether what `track` is must be looked up, which is then under way: what is wished is shown at once. What the
    /// rules refuse anyway need not be.
    pub(super) fn looks_up(&self, track: TrackId) -> bool {
        let is_there = track.is_brought() || self.party.has_track(track);
        let looks_up = is_there && self.tracks.show(track).is_none();
        self.tracks.ask();
        looks_up
    }

    /// Applies what was found out about a track.
    pub(super) fn answer(&mut self, answer: Answer) {
        let suspects = &self.suspects;
        let inputs = self.tracks.answer(answer, |track, about| suspects.has(track, memory::checksum(about)));
        inputs.into_iter().for_each(|input| self.apply(input));
        self.settle();
    }

    /// Informs the rules of who hears the channel.
    pub(super) fn set_audience(&mut self, audience: Audience) {
        let outputs = self.party.handle(self.clock.now(), Input::Listening(audience));
        self.carry_out(outputs);
    }

    /// Returns who sends to the channel, and what the one does that does most; they are there before their sound.
    pub(crate) fn heard(&self) -> (SenderState, Vec<Heard>) {
        let heard = self.senders.heard(self.id);
        let state = heard.iter().map(|one| self.inputs.state(one.place)).max();
        (state.unwrap_or_default(), heard)
    }

    /// Tells the rules who is there to be heard: senders, and a host's microphone.
    fn note_senders(&mut self) {
        let has_sender = self.inputs.numbers().state != SenderState::Off;
        if has_sender != self.has_sender {
            self.has_sender = has_sender;
            self.apply(Input::Sender(has_sender));
        }
        let has_voice = self.inputs.voice.status().numbers().state != SenderState::Off;
        if has_voice != self.has_voice {
            self.has_voice = has_voice;
            self.apply(Input::Voice(has_voice));
        }
        let mut faders = self.faders;
        for one in self.senders.heard(self.id) {
            faders[usize::from(one.place)] = one.fader;
        }
        if faders != self.faders {
            self.faders = faders;
            self.publish(party::MixPlan { ramp_ms: FADER_MS, ..self.planned });
        }
    }

    fn publish(&mut self, planned: party::MixPlan) {
        self.planned = planned;
        self.plan.publish(plan(planned, self.party.settings().crossfade_ms, &self.faders));
    }

    /// Tells the rules that time goes on, and who sends.
    pub(super) fn pass(&mut self) {
        self.note_senders();
        let line_in_heard = match self.controls.status().line {
            LineState::Signal | LineState::Clipping => Some(true),
            LineState::Silent => Some(false),
            // For a device that is gone the mixer lets tracks stand in.
            LineState::Unused | LineState::Opening | LineState::NoDevice(_) => self.line_in_heard,
        };
        if let Some(is_heard) = line_in_heard.filter(|_| line_in_heard != self.line_in_heard) {
            self.line_in_heard = line_in_heard;
            self.apply(Input::LineInHeard(is_heard));
        }
        let outputs = self.party.handle(self.clock.now(), Input::Pass);
        self.carry_out(outputs);
    }

    /// Asks the rules for `what`, and carries out what follows.
    ///
    /// # Errors
    /// Why it is refused.
    pub(super) fn ask(&mut self, who: Asker, what: What) -> Result<Done, Refused> {
        self.urgent |= who.leads;
        if matches!(what, What::TalkOver(true)) {
            // Whoever asks has connected just now.
            self.note_senders();
        }
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
                        self.tracks.played(track, self.party.is_wanted(cue));
                    }
                }
                Event::TrackEnded { cue, .. } => self.apply(Input::TrackEnded(cue)),
                Event::Starved { cue } => {
                    let track = self.party.opened(cue).unwrap_or_default();
                    log::warn!("{}: the decoder of track {track} is behind", self.id);
                }
                // Each has places of its own in the log: a sender that stutters must not hide that line-in is gone.
                Event::SourceLost { index: LINE_IN } => log::warn!("{}: line-in brings nothing", self.id),
                Event::SourceBack { index: LINE_IN } => log::info!("{}: line-in delivers", self.id),
                Event::SourceLost { index: VOICE } => log::warn!("{}: the microphone brings nothing", self.id),
                Event::SourceBack { index: VOICE } => log::info!("{}: the microphone delivers", self.id),
                Event::SourceLost { .. } => log::warn!("{}: a sender brings nothing", self.id),
                Event::SourceBack { .. } => log::info!("{}: a sender delivers", self.id),
            }
        }
        self.tracks.hand_over();
        self.tracks.ask();
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

    /// Returns whether tracks stand in for the source that is chosen: it is gone, or silent.
    pub(crate) fn stands_in(&self, sound: &Status) -> bool {
        sound.standing_in || self.party.fills_silence()
    }

    /// Returns the track that is heard, if one is, and its cue.
    fn playing(&self) -> Option<(CueId, TrackId)> {
        let sound = self.controls.status();
        let from_decks = self.view().source == party::Source::Files || self.stands_in(&sound);
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
        // What is heard was looked up when it was opened.
        if let Some(about) = self.tracks.show(track).flatten() {
            self.suspects.accuse(track, memory::checksum(&about));
        }
    }

    /// Returns whether what is sent has been sound for long enough to trust this version.
    pub(super) fn is_proved(&self, now: Time) -> bool {
        self.ear.is_proved(now)
    }

    /// Returns what pages see of the party.
    pub(crate) fn show(&mut self) -> Arc<PartyView<TrackView>> {
        let (urgent, tracks) = (std::mem::take(&mut self.urgent), &self.tracks);
        let view = self.shown.update(&self.party, |id| tracks.show(id).flatten(), self.clock.now(), urgent);
        if self.ahead_of != Some(self.party.revision()) {
            self.ahead_of = Some(self.party.revision());
            self.party.upcoming(AHEAD).into_iter().for_each(|id| _ = tracks.show(id));
        }
        tracks.ask();
        view
    }

    /// Hands what outlasts a restart to the writer, if it has changed; what nobody knows if `all`. Returns whether the writer has
    /// everything.
    pub(super) fn keep(&mut self, all: bool) -> bool {
        let Self { memory, party, shown, tracks, clock, .. } = self;
        let track = |id| -> Option<Option<TrackView>> { shown.track(id).map(Some).or_else(|| tracks.show(id)) };
        let has_all = if all {
            memory.write(party, |id| Some(track(id).flatten()))
        } else {
            memory.keep(party, track, clock.now())
        };
        tracks.ask();
        has_all
    }

    pub(super) fn apply(&mut self, input: Input) {
        self.urgent = true;
        let outputs = self.party.handle(self.clock.now(), input);
        self.carry_out(outputs);
    }

    fn carry_out(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            let taken = match output {
                Output::Mix(plan) => {
                    self.publish(plan);
                    true
                }
                Output::Skip => {
                    self.tracks.skip();
                    true
                }
                Output::Uncue => self.tracks.uncue(),
                Output::Cue(cue, track) => {
                    self.tracks.cue(cue, track, 0, self.party.settings().level_loudness);
                    true
                }
                Output::CueAt(cue, track, from_ms) => {
                    self.tracks.cue(cue, track, from_ms, self.party.settings().level_loudness);
                    true
                }
            };
            self.check_taken(taken);
        }
        self.settle();
    }

    fn settle(&mut self) {
        let taken = self.tracks.settle();
        self.check_taken(taken);
    }

    fn check_taken(&self, taken: bool) {
        if !taken {
            log::error!("{}: the pump takes no commands", self.id);
        }
    }
}
