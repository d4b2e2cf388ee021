//! Any number of channels to stereo, by the coefficients of ITU-R BS.775-4 table 2.
//!
//! It only mixes: no normalising (the limiter behind the mixer catches what exceeds full scale, and a film keeps the
//! loudness of its dialogue) and no low-frequency channel, which BS.775 leaves out as well.

use crate::pcm::{Frame, SILENCE};

/// Where a channel's loudspeaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Front left.
    Left,
    /// Front right.
    Right,
    /// In front, or the only channel of a mono file.
    Centre,
    /// Beside or behind the listener, left.
    SurroundLeft,
    /// Beside or behind the listener, right.
    SurroundRight,
    /// Straight behind the listener.
    Back,
    /// Low-frequency effects, and whatever else is left out.
    Silent,
}

/// The most channels a file may have; more are refused as unsupported.
pub(super) const CHANNELS_MAX: usize = 32;

/// −3 dB, BS.775's share of centre and surrounds.
const HALF_POWER: f32 = std::f32::consts::FRAC_1_SQRT_2;

impl Place {
    /// This channel's share in left and right.
    const fn share(self) -> Frame {
        match self {
            Self::Left => [1.0, 0.0],
            Self::Right => [0.0, 1.0],
            Self::Centre => [HALF_POWER, HALF_POWER],
            Self::SurroundLeft => [HALF_POWER, 0.0],
            Self::SurroundRight => [0.0, HALF_POWER],
            Self::Back => [0.5, 0.5],
            Self::Silent => SILENCE,
        }
    }
}

/// A mix of interleaved channels to stereo.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Downmix {
    shares: Vec<Frame>,
}

impl Downmix {
    /// The mix for channels standing at `places`, in their order in the file.
    pub(super) fn new(places: &[Place]) -> Self {
        let shares = match places {
            // A single channel is heard at full level from both sides, wherever the file places it.
            [_] => vec![[1.0, 1.0]],
            places => places.iter().map(|place| place.share()).collect(),
        };
        Self { shares }
    }

    /// The mix for `channels` channels without places: the first two are left and right.
    pub(super) fn unplaced(channels: usize) -> Self {
        let place = |index| [Place::Left, Place::Right].get(index).copied().unwrap_or(Place::Silent);
        Self::new(&(0..channels).map(place).collect::<Vec<_>>())
    }

    /// The mix for so many channels in the order that WAV files have them, for what does not say where they stand.
    pub(super) fn usual(channels: usize) -> Self {
        use Place::{Back, Centre, Left, Right, Silent, SurroundLeft as Sl, SurroundRight as Sr};
        let usual: &[Place] = match channels {
            1 => &[Centre],
            3 => &[Left, Right, Centre],
            4 => &[Left, Right, Centre, Back],
            5 => &[Left, Right, Centre, Sl, Sr],
            6 => &[Left, Right, Centre, Silent, Sl, Sr],
            7 => &[Left, Right, Centre, Silent, Back, Sl, Sr],
            8 => &[Left, Right, Centre, Silent, Sl, Sr, Sl, Sr],
            _ => return Self::unplaced(channels),
        };
        Self::new(usual)
    }

    /// The first of so many channels, heard from both sides.
    pub(super) fn of_first(channels: usize) -> Self {
        let shares = (0..channels).map(|index| if index == 0 { [1.0, 1.0] } else { SILENCE }).collect();
        Self { shares }
    }

    /// Appends the stereo mix of `samples` to `out`. An incomplete last frame is left out.
    pub(super) fn mix(&self, samples: &[f32], out: &mut Vec<Frame>) {
        if self.shares[..] == [[1.0, 0.0], [0.0, 1.0]] {
            out.extend_from_slice(samples.as_chunks().0);
            return;
        }
        let mix = |frame: &[f32]| {
            frame
                .iter()
                .zip(&self.shares)
                .fold(SILENCE, |sum, (sample, share)| [sum[0] + sample * share[0], sum[1] + sample * share[1]])
        };
        out.extend(samples.chunks_exact(self.shares.len().max(1)).map(mix));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(places: &[Place], frame: &[f32]) -> Frame {
        let mut out = Vec::new();
        Downmix::new(places).mix(frame, &mut out);
        out[0]
    }

    #[test]
    fn mono_is_heard_from_both_sides_at_full_level() {
        assert_eq!(mixed(&[Place::Centre], &[0.5]), [0.5, 0.5]);
    }

    #[test]
    fn stereo_passes_unchanged() {
        assert_eq!(mixed(&[Place::Left, Place::Right], &[0.25, -0.5]), [0.25, -0.5]);
    }

    #[test]
    fn five_point_one_follows_bs_775() {
        use Place::*;
        let places = [Left, Right, Centre, Silent, SurroundLeft, SurroundRight];
        assert_eq!(mixed(&places, &[1.0, 0.0, 0.0, 9.0, 0.0, 0.0]), [1.0, 0.0]);
        assert_eq!(mixed(&places, &[0.0, 0.0, 1.0, 9.0, 0.0, 0.0]), [HALF_POWER, HALF_POWER]);
        assert_eq!(mixed(&places, &[0.0, 0.0, 0.0, 9.0, 0.0, 1.0]), [0.0, HALF_POWER]);
    }

    #[test]
    fn channels_without_places_keep_the_first_two() {
        let mut out = Vec::new();
        Downmix::unplaced(3).mix(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], &mut out);
        assert_eq!(out, [[0.1, 0.2], [0.4, 0.5]]);
    }
}
