//! What the mixer shall do, as a small value: which source is heard how loud, and how fast that changes.

/// Where a channel's sound comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The queue of local tracks.
    Files,
    /// The cable in the box's line-in.
    LineIn,
}

/// The gain of a source that is not heard: −∞ dB.
pub const OFF_DB: f32 = f32::NEG_INFINITY;

/// Target gains per source. Latest wins; the mixer ramps from wherever it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MixPlan {
    /// Gain of line-in in dB: [`OFF_DB`] or 0.
    pub line_in_db: f32,
    /// Gain of the tracks in dB: [`OFF_DB`] or 0. Tracks that are not heard do not advance: that is what pause is.
    pub tracks_db: f32,
    /// Length of the ramp to these gains, ms.
    pub ramp_ms: u16,
    /// Whether tracks step in while line-in, though wanted, brings nothing.
    pub fallback_to_tracks: bool,
}

/// How long changes take, ms. Set once by the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fades {
    /// Play and pause.
    pub pause_ms: u16,
    /// From one source to the other.
    pub source_ms: u16,
}

impl MixPlan {
    /// The plan for `source`, playing or paused.
    pub fn new(source: Source, playing: bool, ramp_ms: u16) -> Self {
        let level = |on| if playing && on { 0.0 } else { OFF_DB };
        Self {
            line_in_db: level(source == Source::LineIn),
            tracks_db: level(source == Source::Files),
            ramp_ms,
            fallback_to_tracks: playing && source == Source::LineIn,
        }
    }
}
