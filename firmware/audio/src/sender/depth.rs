//! How much of a stream waits to be heard, and how fast to play it.
//!
//! Streams over TCP come in pieces, mostly of up to a second, and wait for longer than packets do, so that what counts is the least that
//! waited of late. Within bounds it may be anything: then the stream is played at the box's speed exactly. Beyond them the
//! speed is changed by so little that nobody hears it, until the sender's clock is followed at the bound. Who sends as fast as is
//! read has no clock to be followed. Pure.

use crate::pcm::{BLOCK_FRAMES, SAMPLE_RATE_HZ};

/// Frames that may wait: 8 s, two of the largest pieces. Then the sender has to wait.
pub(super) const WAITING_FRAMES_MAX: usize = 8 * SAMPLE_RATE_HZ as usize;

/// Sound that must wait before any is played, seconds: more than the pages of a second that many programs send.
const FILL_S: f64 = 1.5;

/// How much less must wait of a sender whose pieces are small, seconds: no page has to be waited for.
const SMALL_LESS_S: f64 = 0.5;

/// The largest piece that is small, seconds: 4 KiB of MP3 at 128 kbit/s, as libshout sends it.
const SMALL_S: f64 = 0.26;

/// By how much more must wait after it ran dry, and at most, seconds: more than the 32 KiB that ffmpeg keeps back without
/// `-flush_packets 1`, at 64 kbit/s.
const FILL_MORE_S: f64 = 1.0;
const FILL_MAX_S: f64 = 5.0;

/// The bounds of the least that waits, seconds.
const LEAST_S: f64 = 0.4;
const MOST_S: f64 = 2.0;

/// At least so much less than fits may wait, seconds, of a sender that waits for the box.
const FULL_WITHIN_S: f64 = 0.3;

/// Change of speed for each second beyond a bound: at the bound a clock that is 100 ppm off is followed 10 ms behind it.
const SPEED_PER_S: f64 = 0.01;

/// Largest change of speed: 1.7 cent.
const SPEED_CHANGE_MAX: f64 = 1e-3;

/// Blocks over which the least is taken, twice: 2 s, longer than a piece.
const SPAN_BLOCKS: u32 = 200;

/// The depth of one stream's buffer.
#[derive(Clone, Debug)]
pub(super) struct Depth {
    fill_s: f64,
    /// The least that waited in the span before, in this one so far, and the blocks of this one.
    before_s: Option<f64>,
    least_s: f64,
    blocks: u32,
    /// What waited when the last piece had come, and the blocks since then, while nothing is played.
    piece_frames: usize,
    piece_blocks: usize,
    /// The largest of the pieces so far.
    largest_frames: usize,
}

impl Depth {
    pub(super) const fn new() -> Self {
        Self {
            fill_s: FILL_S,
            before_s: None,
            least_s: f64::MAX,
            blocks: 0,
            piece_frames: 0,
            piece_blocks: 0,
            largest_frames: 0,
        }
    }

    /// Returns whether the buffer is full enough to start; call it once per block until it is. A sender of large pieces (ffmpeg's
    /// Ogg pages hold a second) starts at half the fill level once the time since its last piece makes up for the other half.
    pub(super) fn is_filled(&mut self, waiting_frames: usize) -> bool {
        if waiting_frames > self.piece_frames {
            self.largest_frames = self.largest_frames.max(waiting_frames - self.piece_frames);
            (self.piece_frames, self.piece_blocks) = (waiting_frames, 0);
        } else {
            self.piece_blocks += 1;
        }
        let fill = self.fill_frames();
        waiting_frames >= fill / 2 && waiting_frames + self.piece_blocks * BLOCK_FRAMES >= fill
    }

    fn fill_frames(&self) -> usize {
        let is_small = self.largest_frames as f64 <= SMALL_S * f64::from(SAMPLE_RATE_HZ);
        let fill_s = if is_small { self.fill_s - SMALL_LESS_S } else { self.fill_s };
        (fill_s * f64::from(SAMPLE_RATE_HZ)) as usize
    }

    /// Returns the speed of the next block, before which so many frames wait.
    pub(super) fn run(&mut self, waiting_frames: usize) -> f64 {
        self.least_s = self.least_s.min(waiting_frames as f64 / f64::from(SAMPLE_RATE_HZ));
        self.blocks += 1;
        let least_s = self.before_s.map(|before_s| before_s.min(self.least_s));
        if self.blocks == SPAN_BLOCKS {
            (self.before_s, self.least_s, self.blocks) = (Some(self.least_s), f64::MAX, 0);
        }
        let full_s = (WAITING_FRAMES_MAX - BLOCK_FRAMES) as f64 / f64::from(SAMPLE_RATE_HZ) - FULL_WITHIN_S;
        let beyond_s = match least_s {
            Some(least_s) if least_s < LEAST_S => least_s - LEAST_S,
            Some(least_s) if (MOST_S..full_s).contains(&least_s) => least_s - MOST_S,
            _ => 0.0,
        };
        1.0 + (beyond_s * SPEED_PER_S).clamp(-SPEED_CHANGE_MAX, SPEED_CHANGE_MAX)
    }

    /// Nothing waits any more: more shall before it is played again.
    pub(super) fn ran_dry(&mut self) {
        let fill_s = (self.fill_s + FILL_MORE_S).min(FILL_MAX_S);
        *self = Self { fill_s, ..Self::new() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `hours` of a sender whose clock is `ppm` off and who sends in pieces of `piece_s`. Returns the least and the most that waited
    /// after ten minutes, seconds, the last speed, and how often it ran dry.
    fn simulate(hours: f64, ppm: f64, piece_s: f64) -> ([f64; 2], f64, u32) {
        let (mut depth, mut waiting, mut is_filling, mut dry) = (Depth::new(), 0.0_f64, true, 0);
        let (mut range_s, mut speed, mut sent) = ([f64::MAX, 0.0_f64], 1.0, 0.0);
        for block in 1..=(hours * 360_000.0) as u64 {
            let recorded = block as f64 * 480.0 * (1.0 + ppm * 1e-6);
            while recorded - sent >= piece_s * 48_000.0 {
                sent += piece_s * 48_000.0;
                waiting += piece_s * 48_000.0;
            }
            is_filling = is_filling && !depth.is_filled(waiting as usize);
            if is_filling {
                continue;
            }
            speed = depth.run(waiting as usize);
            waiting -= 480.0 * speed;
            if waiting < 0.0 {
                (waiting, is_filling, dry) = (0.0, true, dry + 1);
                depth.ran_dry();
            }
            if block > 60_000 {
                range_s = [range_s[0].min(waiting / 48_000.0), range_s[1].max(waiting / 48_000.0)];
            }
        }
        (range_s, speed, dry)
    }

    #[test]
    fn ten_hours_at_100_ppm_neither_run_dry_nor_grow() {
        for (ppm, piece_s) in [(100.0, 0.026), (-100.0, 0.026), (100.0, 1.0), (-100.0, 1.0), (300.0, 0.5)] {
            let ([least_s, most_s], speed, dry) = simulate(10.0, ppm, piece_s);
            let case = format!("{ppm} ppm in pieces of {piece_s} s: {least_s:.3} to {most_s:.3} s at {speed:.6}");
            println!("{case}");
            assert_eq!(dry, 0, "{case}");
            assert!((speed - 1.0 - ppm * 1e-6).abs() < 5e-5, "{case}");
            assert!(least_s > LEAST_S - 0.06 && most_s < MOST_S + piece_s + 0.1, "{case}");
        }
    }

    #[test]
    fn pages_of_a_second_are_heard_half_a_second_after_the_first_and_small_pieces_after_a_second() {
        let after = |piece_frames: usize| {
            let (mut depth, mut waiting, mut block) = (Depth::new(), 0, 0);
            while !depth.is_filled(waiting) {
                block += 1;
                waiting = block * BLOCK_FRAMES / piece_frames * piece_frames;
            }
            block as f64 * 0.01
        };
        let [page, small, shout, none] = [after(48_000), after(1_152), after(12_288), {
            let mut depth = Depth::new();
            f64::from((0..10_000).filter(|_| depth.is_filled(35_000)).count() as u32)
        }];
        println!("pages of a second: {page:.2} s, MP3: {small:.2} s");
        assert!((page - 1.5).abs() < 0.02 && (small - 1.0).abs() < 0.04, "{page} s, {small} s");
        assert!((0.9..1.1).contains(&shout), "{shout} s");
        assert_eq!(none, 0.0, "what is less than half is never enough");
    }

    #[test]
    fn who_sends_in_pieces_of_four_seconds_is_soon_heard_without_a_break() {
        let (range_s, _, dry) = simulate(1.0, 0.0, 4.0);
        assert!(dry <= 3 && range_s[0] > 0.1, "{dry} breaks, then {range_s:?} s");
    }

    #[test]
    fn a_sender_without_a_clock_and_one_within_the_bounds_are_played_at_the_boxs_speed() {
        for waiting in [WAITING_FRAMES_MAX, WAITING_FRAMES_MAX - 4_800, 48_000, 72_000] {
            let mut depth = Depth::new();
            assert!((0..2_000).all(|_| depth.run(waiting).to_bits() == 1.0_f64.to_bits()), "{waiting}");
        }
    }

    #[test]
    fn who_runs_dry_is_waited_for_longer_up_to_a_bound() {
        let mut depth = Depth::new();
        let fills: Vec<usize> = (0..6).map(|_| (depth.fill_frames(), depth.ran_dry()).0).collect();
        assert_eq!(fills, [48_000, 96_000, 144_000, 192_000, 216_000, 216_000]);
    }
}
