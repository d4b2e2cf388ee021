//! What the mixer shall do, as a small value: which source is heard how loud, and how fast that changes.

use serde::{Deserialize, Serialize};

/// Where a channel's sound comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The queue of local tracks.
    #[default]
    Files,
    /// The cable in the box's line-in.
    LineIn,
    /// A phone, a desk or another program that sends to the box.
    Sender,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 3] = [Self::Files, Self::LineIn, Self::Sender];

    /// Returns the source after this one, round and round.
    pub const fn next(self) -> Self {
        match self {
            Self::Files => Self::LineIn,
            Self::LineIn => Self::Sender,
            Self::Sender => Self::Files,
        }
    }

    /// Returns its name in every API.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::LineIn => "line-in",
            Self::Sender => "sender",
        }
    }

    /// Returns the source named `id`, if there is one.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.id() == id)
    }
}

/// Where the voice of somebody who speaks over the music comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mouth {
    /// A microphone at the box's line-in.
    LineIn,
    /// A host's phone.
    Phone,
}

/// The gain of a source that is not heard: −∞ dB.
pub const OFF_DB: f32 = f32::NEG_INFINITY;

/// The channel's volume: whole steps of [`Volume::STEP_DB`] from [`Volume::MIN_DB`] to 0 dB, which is the sound as it
/// came. Nobody gets it louder than that, and nobody can turn it off: silence has a button of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Volume {
    steps_below_full: u8,
}

impl Volume {
    /// As the sound came.
    pub const FULL: Self = Self { steps_below_full: 0 };
    /// One step, dB: small enough to be no jump, large enough to be heard (a just noticeable difference is about 1 dB).
    pub const STEP_DB: f32 = 2.0;
    /// The softest: a whisper beside talk, dB.
    pub const MIN_DB: f32 = -40.0;

    const STEPS: u8 = (-Self::MIN_DB / Self::STEP_DB) as u8;

    /// So many steps louder (negative: softer), held within the range.
    #[must_use]
    pub fn turned(self, steps: i8) -> Self {
        let wanted = i16::from(self.steps_below_full) - i16::from(steps);
        Self { steps_below_full: wanted.clamp(0, Self::STEPS.into()) as u8 }
    }

    /// The volume nearest to `db`; `None` if that is out of the range, or no number.
    pub fn nearest(db: f32) -> Option<Self> {
        let in_range = (Self::MIN_DB..=0.0).contains(&db);
        in_range.then(|| Self { steps_below_full: (-db / Self::STEP_DB).round() as u8 })
    }

    /// The gain in dB: [`Volume::MIN_DB`] to 0.
    pub fn db(self) -> f32 {
        // Not a negation: there is no −0 dB.
        0.0 - f32::from(self.steps_below_full) * Self::STEP_DB
    }
}

/// Target gains per source. Latest wins; the mixer ramps from wherever it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MixPlan {
    /// Gain of line-in in dB: [`OFF_DB`] or the volume.
    pub line_in_db: f32,
    /// Gain of the sender in dB: [`OFF_DB`] or the volume.
    pub sender_db: f32,
    /// Gain of a host's microphone in dB: [`OFF_DB`] or the volume. It is heard over the rest.
    pub voice_db: f32,
    /// Whether line-in, too, is heard over the rest: somebody speaks there.
    pub line_in_is_voice: bool,
    /// Gain of the tracks in dB: [`OFF_DB`] or the volume. Tracks that are not heard do not advance: that is what pause is.
    pub tracks_db: f32,
    /// Length of the ramp to these gains, ms.
    pub ramp_ms: u16,
    /// Whether tracks step in while line-in or the sender, though wanted, brings nothing.
    pub fallback_to_tracks: bool,
}

/// How long changes take, ms. Set once by the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fades {
    /// Play and pause.
    pub pause_ms: u16,
    /// From one source to the other.
    pub source_ms: u16,
    /// Fading out to stop.
    pub stop_ms: u16,
}

/// Fade of a change of volume, ms: a button that repeats must feel immediate, without a click.
pub(crate) const VOLUME_FADE_MS: u16 = 60;

/// How fast the music steps back for a voice, and comes back after it, ms: quick enough for the first word, and slow enough
/// not to pump between two sentences (ducking of broadcast desks: attack 50 to 200 ms, release 500 to 1,000).
pub(crate) const DUCK_MS: u16 = 150;
pub(crate) const UNDUCK_MS: u16 = 800;

impl MixPlan {
    /// The plan for `source`, playing or paused, at `volume`.
    pub fn new(source: Source, playing: bool, volume: Volume, ramp_ms: u16) -> Self {
        let level = |on| if playing && on { volume.db() } else { OFF_DB };
        Self {
            line_in_db: level(source == Source::LineIn),
            sender_db: level(source == Source::Sender),
            voice_db: OFF_DB,
            line_in_is_voice: false,
            tracks_db: level(source == Source::Files),
            ramp_ms,
            fallback_to_tracks: playing && source != Source::Files,
        }
    }
    /// The same plan with tracks beside a line-in that is there and silent.
    #[must_use]
    pub(crate) fn with_tracks(self, volume: Volume) -> Self {
        Self { tracks_db: volume.db(), ..self }
    }

    /// The same plan with a voice over it, which comes in at `mouth`, and the music `duck_db` softer.
    #[must_use]
    pub(crate) fn under_a_voice(self, mouth: Mouth, volume: Volume, duck_db: u8) -> Self {
        // What is off stays off.
        let ducked = |db: f32| db - f32::from(duck_db);
        let under = Self { sender_db: ducked(self.sender_db), tracks_db: ducked(self.tracks_db), ..self };
        match mouth {
            Mouth::LineIn => Self { line_in_db: volume.db(), line_in_is_voice: true, ..under },
            Mouth::Phone => Self { line_in_db: ducked(self.line_in_db), voice_db: volume.db(), ..under },
        }
    }
}
