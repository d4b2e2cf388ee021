//! Hides the edge where sound stops or jumps without warning.
//!
//! At a hard cut the step between what was heard last and what comes next is taken as an offset that fades away over
//! [`TAIL_FRAMES`]; sound that comes back after a hole fades in. Sound without cuts passes bit-exactly.

use std::f32::consts::PI;

use crate::pcm::{Frame, SILENCE};

/// Frames the offset takes to fade: 40 ms. A raised cosine from full scale over this length never steps by more than
/// π/2/1920, −61.7 dBFS.
pub(crate) const TAIL_FRAMES: u32 = 1_920;

/// Frames in which sound that comes back fades in: 10 ms.
const FADE_IN_FRAMES: u32 = 480;

/// The state of one source's edges.
#[derive(Clone, Debug)]
pub(crate) struct Declick {
    last: Frame,
    offset: Frame,
    tail_left: u32,
    fade_in_left: u32,
    hole: bool,
    cut: bool,
}

impl Declick {
    /// A source that was silent so far: its first sound fades in.
    pub(crate) fn new() -> Self {
        Self { last: SILENCE, offset: SILENCE, tail_left: 0, fade_in_left: 0, hole: true, cut: false }
    }

    /// A source whose first frame is to be heard exactly as it is.
    pub(crate) fn exact() -> Self {
        Self { hole: false, ..Self::new() }
    }

    /// Says that the next frame does not continue the last one.
    pub(crate) fn cut(&mut self) {
        self.cut = true;
    }

    /// Says that the sound has faded to nothing: what comes next fades in.
    pub(crate) fn silenced(&mut self) {
        self.hole = true;
    }

    /// Smooths `frames`, of which the first `delivered` are sound and the rest is a hole to be filled.
    pub(crate) fn patch(&mut self, frames: &mut [Frame], delivered: usize) {
        let (sound, hole) = frames.split_at_mut(delivered.min(frames.len()));
        if !sound.is_empty() {
            if self.hole {
                self.fade_in_left = FADE_IN_FRAMES;
                self.hole = false;
                self.cut = false;
            }
            if self.cut {
                self.start_tail(sound[0]);
            }
            self.smooth(sound);
        }
        if !hole.is_empty() {
            hole.fill(SILENCE);
            if !self.hole {
                self.hole = true;
                self.fade_in_left = 0;
                self.start_tail(SILENCE);
            }
            self.smooth(hole);
        }
    }

    fn start_tail(&mut self, next: Frame) {
        self.cut = false;
        self.offset = std::array::from_fn(|c| self.last[c] - next[c]);
        self.tail_left = TAIL_FRAMES;
    }

    fn smooth(&mut self, frames: &mut [Frame]) {
        for frame in frames.iter_mut().take(self.tail_left.max(self.fade_in_left) as usize) {
            if self.fade_in_left > 0 {
                let x = 1.0 - self.fade_in_left as f32 / FADE_IN_FRAMES as f32;
                let gain = 0.5 - 0.5 * (PI * x).cos();
                *frame = frame.map(|sample| sample * gain);
                self.fade_in_left -= 1;
            }
            if self.tail_left > 0 {
                let x = 1.0 - self.tail_left as f32 / TAIL_FRAMES as f32;
                let gain = 0.5 + 0.5 * (PI * x).cos();
                *frame = std::array::from_fn(|c| frame[c] + self.offset[c] * gain);
                self.tail_left -= 1;
            }
        }
        if let Some(last) = frames.last() {
            self.last = *last;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest step between consecutive frames of a source that is constant while it sounds.
    fn step_max(frames: &[Frame]) -> f32 {
        frames.windows(2).map(|pair| (pair[1][0] - pair[0][0]).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn a_full_scale_cut_and_return_never_steps_above_minus_60_dbfs() {
        let mut declick = Declick::exact();
        let mut frames = vec![[1.0; 2]; 6_000];
        declick.patch(&mut frames[..1_000], 300);
        declick.patch(&mut frames[1_000..3_000], 0);
        declick.patch(&mut frames[3_000..], 3_000);
        let (left, back) = frames.split_at(3_000);
        assert!(step_max(left) < 0.001, "{}", step_max(left));
        assert_eq!(left[2_999], SILENCE);
        assert!(back[0][0] == 0.0 && step_max(back) < 0.004);
        assert_eq!(back[2_999], [1.0; 2]);
    }

    #[test]
    fn a_return_while_the_tail_still_fades_does_not_step_either() {
        let mut declick = Declick::exact();
        let mut frames = vec![[0.8; 2]; 4_000];
        declick.patch(&mut frames[..500], 480);
        declick.patch(&mut frames[500..], 3_500);
        assert!(step_max(&frames) < 0.004, "{}", step_max(&frames));
    }

    #[test]
    fn a_jump_becomes_a_slide() {
        let mut declick = Declick::exact();
        let mut frames = [[-0.5; 2]; 4_000];
        frames[..1_000].fill([0.5; 2]);
        let (before, after) = frames.split_at_mut(1_000);
        declick.patch(before, 1_000);
        declick.cut();
        declick.patch(after, 3_000);
        assert!(step_max(&frames) < 0.001);
        assert_eq!(frames[3_999], [-0.5; 2]);
    }

    #[test]
    fn unbroken_sound_passes_bit_exactly() {
        let mut declick = Declick::exact();
        let sound: Vec<Frame> = (0..960).map(|n| [(n as f32 * 0.37).sin(); 2]).collect();
        let mut frames = sound.clone();
        declick.patch(&mut frames[..480], 480);
        declick.patch(&mut frames[480..], 480);
        assert_eq!(frames, sound);
    }
}
