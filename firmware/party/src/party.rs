//! The party itself: inputs in, outputs out.
//!
//! It keeps [`DECKS`] tracks open ahead (the one heard and the one after it), so that the hand-over is gapless and a
//! skip is immediate. It does not know how far a track has played; the audio room tells when one starts and ends.

use std::collections::VecDeque;

use crate::mix::{Fades, MixPlan, Source, VOLUME_FADE_MS, Volume};
use crate::order::{Order, TrackId};

/// Tracks open at once: the one heard and the next.
const DECKS: usize = 2;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A host pressed play.
    Play,
    /// A host pressed pause.
    Pause,
    /// A host wants it to play if it does not, and not to play if it does.
    Toggle,
    /// A host wants it to fade out and stop: what plays next begins with another track.
    Stop,
    /// A host wants the next track.
    Next,
    /// A host turned the volume by so many steps; negative is softer.
    Turn(i8),
    /// A host chose a source.
    Select(Source),
    /// These are the tracks there are, in playing order.
    Catalogue(Vec<TrackId>),
    /// The first frame of a track was mixed.
    TrackStarted(TrackId),
    /// The last frame of a track was mixed, or its turn was skipped.
    TrackEnded(TrackId),
    /// A track could not be opened after [`Output::Cue`]: there is no deck for it, and it stays out of the order.
    CueFailed(TrackId),
    /// A track turned out unplayable after it was opened; its deck ends by itself. It stays out of the order.
    TrackBroken(TrackId),
}

/// What shall happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Mix like this from now on.
    Mix(MixPlan),
    /// Open this track and put it behind those already open.
    Cue(TrackId),
    /// Go on to the next open track now.
    Skip,
}

/// What people may see of the party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Whether the host lets it play.
    pub playing: bool,
    /// How loud.
    pub volume: Volume,
    /// The source the host chose.
    pub source: Source,
    /// The track heard now, or stopped at while paused.
    pub track: Option<TrackId>,
    /// Whether any track can be played.
    pub has_tracks: bool,
}

/// The state of one channel's party.
#[derive(Debug)]
pub struct Party {
    fades: Fades,
    source: Source,
    playing: bool,
    /// Whether the track that is open first was given up by a stop, and is skipped when it plays again.
    stopped: bool,
    volume: Volume,
    order: Order,
    /// Tracks opened and not yet ended, oldest first; at most [`DECKS`].
    open: VecDeque<TrackId>,
    last_cued: Option<TrackId>,
    current: Option<TrackId>,
}

impl Party {
    /// A party that plays `source` at once: music needs no permission after power-up.
    pub fn new(source: Source, fades: Fades) -> Self {
        Self {
            fades,
            source,
            playing: true,
            stopped: false,
            volume: Volume::FULL,
            order: Order::default(),
            open: VecDeque::new(),
            last_cued: None,
            current: None,
        }
    }

    /// The plan to start with.
    pub fn plan(&self) -> MixPlan {
        self.plan_within(self.fades.pause_ms)
    }

    fn plan_within(&self, ramp_ms: u16) -> MixPlan {
        MixPlan::new(self.source, self.playing, self.volume, ramp_ms)
    }

    /// What people may see now.
    pub fn view(&self) -> View {
        View {
            playing: self.playing,
            volume: self.volume,
            source: self.source,
            track: self.current,
            has_tracks: self.order.has_playable(),
        }
    }

    /// Takes in what happened and returns what shall happen, in order.
    pub fn handle(&mut self, input: Input) -> Vec<Output> {
        match input {
            Input::Play => self.play(),
            Input::Pause => self.set_playing(false, self.fades.pause_ms),
            Input::Toggle if self.playing => self.set_playing(false, self.fades.pause_ms),
            Input::Toggle => self.play(),
            Input::Stop => self.stop(),
            Input::Turn(steps) => self.turn(steps),
            Input::Select(source) => self.select(source),
            Input::Next => self.next(),
            Input::Catalogue(tracks) => {
                self.order.replace(tracks, self.last_cued);
                self.fill()
            }
            Input::TrackStarted(track) => {
                self.current = Some(track);
                Vec::new()
            }
            Input::TrackEnded(track) => {
                self.close(track);
                self.fill()
            }
            Input::CueFailed(track) => {
                self.order.mark_unplayable(track);
                self.close(track);
                self.fill()
            }
            Input::TrackBroken(track) => {
                self.order.mark_unplayable(track);
                Vec::new()
            }
        }
    }

    fn play(&mut self) -> Vec<Output> {
        if self.stopped { self.next() } else { self.set_playing(true, self.fades.pause_ms) }
    }

    fn set_playing(&mut self, playing: bool, fade_ms: u16) -> Vec<Output> {
        if self.playing == playing {
            return Vec::new();
        }
        self.playing = playing;
        vec![Output::Mix(self.plan_within(fade_ms))]
    }

    /// The track is given up now, but left only when something plays again: until then it is still fading.
    fn stop(&mut self) -> Vec<Output> {
        self.stopped = self.source == Source::Files;
        self.set_playing(false, self.fades.stop_ms)
    }

    fn turn(&mut self, steps: i8) -> Vec<Output> {
        let turned = self.volume.turned(steps);
        if turned == self.volume {
            return Vec::new();
        }
        self.volume = turned;
        if self.playing { vec![Output::Mix(self.plan_within(VOLUME_FADE_MS))] } else { Vec::new() }
    }

    fn select(&mut self, source: Source) -> Vec<Output> {
        if self.source == source {
            return Vec::new();
        }
        self.source = source;
        vec![Output::Mix(self.plan_within(self.fades.source_ms))]
    }

    /// Next also resumes: who skips wants to hear something. On line-in there is nothing to skip.
    fn next(&mut self) -> Vec<Output> {
        let has_next = self.source == Source::Files && !self.open.is_empty();
        let mut outputs = Vec::new();
        if has_next {
            outputs.push(Output::Skip);
        }
        if has_next || self.stopped {
            outputs.extend(self.set_playing(true, self.fades.pause_ms));
        }
        self.stopped = false;
        outputs
    }

    fn close(&mut self, track: TrackId) {
        if let Some(index) = self.open.iter().position(|&t| t == track) {
            self.open.remove(index);
        }
        if self.current == Some(track) && !self.open.contains(&track) {
            self.current = None;
        }
    }

    /// Opens tracks until [`DECKS`] are open or nothing can be played.
    fn fill(&mut self) -> Vec<Output> {
        let mut outputs = Vec::new();
        while self.open.len() < DECKS {
            let Some(track) = self.order.advance() else { break };
            self.open.push_back(track);
            self.last_cued = Some(track);
            outputs.push(Output::Cue(track));
        }
        outputs
    }
}
