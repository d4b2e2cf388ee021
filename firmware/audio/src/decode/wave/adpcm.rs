//! One block of ADPCM to samples: Microsoft's and IMA's, the latter as WAV and as QuickTime have it.
//!
//! Each block stands for itself, so that a seek lands on any. Samples come interleaved; what a block lacks is left out.

/// Steps of IMA ADPCM (IMA Digital Audio Focus and Technical Working Groups, 1992).
const STEPS: [i32; 89] = [
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107,
    118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963,
    1_060, 1_166, 1_282, 1_411, 1_552, 1_707, 1_878, 2_066, 2_272, 2_499, 2_749, 3_024, 3_327, 3_660, 4_026, 4_428,
    4_871, 5_358, 5_894, 6_484, 7_132, 7_845, 8_630, 9_493, 10_442, 11_487, 12_635, 13_899, 15_289, 16_818, 18_500,
    20_350, 22_385, 24_623, 27_086, 29_794, 32_767,
];

/// By how much a code moves the step, by its three lower bits.
const MOVES: [i32; 8] = [-1, -1, -1, -1, 2, 4, 6, 8];

/// Microsoft's: by how much a code changes the step, in 256ths.
const MS_CHANGES: [i32; 16] = [230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230];

/// Microsoft's smallest step.
const MS_STEP_MIN: i32 = 16;

/// Bytes of a QuickTime block per channel, two of which begin it.
pub(super) const IMA4_BYTES: usize = 34;

/// 16-bit full scale.
const FULL_SCALE: f32 = 32_768.0;

/// One channel of IMA ADPCM.
#[derive(Clone, Copy)]
struct Ima {
    sample: i32,
    index: i32,
}

impl Ima {
    fn new(sample: i16, index: u8) -> Self {
        Self { sample: sample.into(), index: i32::from(index).min(88) }
    }

    fn next(&mut self, code: u8) -> f32 {
        let step = STEPS[self.index as usize];
        let size = i32::from(code & 7);
        // The book adds the parts one by one, and what is lost below the point with it.
        let mut change = step >> 3;
        for (bit, part) in [(4, step), (2, step >> 1), (1, step >> 2)] {
            if size & bit != 0 {
                change += part;
            }
        }
        let change = if code & 8 != 0 { -change } else { change };
        self.sample = (self.sample + change).clamp(i16::MIN.into(), i16::MAX.into());
        self.index = (self.index + MOVES[size as usize]).clamp(0, 88);
        self.sample as f32 / FULL_SCALE
    }
}

/// A block of a WAV file: per channel a sample, an index and a byte; then four bytes of each channel in turn.
pub(super) fn ima(block: &[u8], channels: usize, out: &mut Vec<f32>) {
    let Some((heads, body)) = block.split_at_checked(4 * channels) else { return };
    let mut states: Vec<Ima> = heads
        .as_chunks::<4>()
        .0
        .iter()
        .map(|[a, b, index, _]| Ima::new(i16::from_le_bytes([*a, *b]), *index))
        .collect();
    out.extend(states.iter().map(|state| state.sample as f32 / FULL_SCALE));
    for group in body.chunks_exact(4 * channels) {
        let begin = out.len();
        out.resize(begin + 8 * channels, 0.0);
        for (channel, (bytes, state)) in group.as_chunks::<4>().0.iter().zip(&mut states).enumerate() {
            for (place, byte) in bytes.iter().enumerate() {
                out[begin + 2 * place * channels + channel] = state.next(byte & 15);
                out[begin + (2 * place + 1) * channels + channel] = state.next(byte >> 4);
            }
        }
    }
}

/// A block of an AIFF-C file: 34 bytes of each channel in turn.
pub(super) fn ima4(block: &[u8], channels: usize, out: &mut Vec<f32>) {
    if block.len() < IMA4_BYTES * channels {
        return;
    }
    let begin = out.len();
    let samples = 2 * (IMA4_BYTES - 2);
    out.resize(begin + samples * channels, 0.0);
    for (channel, part) in block.chunks_exact(IMA4_BYTES).take(channels).enumerate() {
        let head = u16::from_be_bytes([part[0], part[1]]);
        let mut state = Ima::new((head & 0xFF80).cast_signed(), (head & 0x7F) as u8);
        for (place, byte) in part[2..].iter().enumerate() {
            out[begin + 2 * place * channels + channel] = state.next(byte & 15);
            out[begin + (2 * place + 1) * channels + channel] = state.next(byte >> 4);
        }
    }
}

/// One channel of Microsoft's ADPCM.
struct Ms {
    coefficients: [i32; 2],
    step: i32,
    samples: [i32; 2],
}

impl Ms {
    fn next(&mut self, code: u8) -> f32 {
        let signed = i32::from((code << 4).cast_signed() >> 4);
        let [one, two] = self.samples;
        let meant = (one * self.coefficients[0] + two * self.coefficients[1]) / 256;
        let sample = meant.saturating_add(signed.saturating_mul(self.step)).clamp(i16::MIN.into(), i16::MAX.into());
        self.samples = [sample, one];
        self.step = (MS_CHANGES[usize::from(code & 15)].saturating_mul(self.step) >> 8).max(MS_STEP_MIN);
        sample as f32 / FULL_SCALE
    }
}

/// A block of Microsoft's: per channel which coefficients, the step and two samples, each for all channels in turn; then
/// four bits of each channel in turn.
pub(super) fn microsoft(block: &[u8], channels: usize, coefficients: &[[i32; 2]], out: &mut Vec<f32>) {
    let Some((heads, body)) = block.split_at_checked(7 * channels) else { return };
    let pair = |at: usize| i32::from(i16::from_le_bytes([heads[at], heads[at + 1]]));
    let mut states: Vec<Ms> = (0..channels)
        .map(|channel| Ms {
            coefficients: coefficients.get(usize::from(heads[channel])).copied().unwrap_or_default(),
            step: pair(channels + 2 * channel),
            samples: [pair(3 * channels + 2 * channel), pair(5 * channels + 2 * channel)],
        })
        .collect();
    for which in [1, 0] {
        out.extend(states.iter().map(|state| state.samples[which] as f32 / FULL_SCALE));
    }
    let codes = body.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let whole = 2 * body.len() / channels * channels;
    out.extend(codes.take(whole).enumerate().map(|(place, code)| states[place % channels].next(code)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_as_many_samples_as_the_books_say() {
        let count = |decode: &dyn Fn(&mut Vec<f32>)| {
            let mut out = Vec::new();
            decode(&mut out);
            out.len()
        };
        assert_eq!(count(&|out| ima(&[0; 1_024], 1, out)), 2_041);
        assert_eq!(count(&|out| ima(&[0; 2_048], 2, out)), 2 * 2_041);
        assert_eq!(count(&|out| ima4(&[0; 68], 2, out)), 2 * 64);
        assert_eq!(count(&|out| microsoft(&[0; 1_024], 2, &[[256, 0]], out)), 2 * 1_012);
    }

    #[test]
    fn no_block_makes_it_fail() {
        let mut seed = 1_u32;
        for length in 0..400 {
            let next = |_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8
            };
            let block: Vec<u8> = (0..length).map(next).collect();
            for channels in 1..5 {
                let mut out = Vec::new();
                ima(&block, channels, &mut out);
                ima4(&block, channels, &mut out);
                microsoft(&block, channels, &[[32_767, -32_768]; 7], &mut out);
                assert!(out.iter().all(|sample| sample.abs() <= 1.0) && out.len() % channels == 0);
            }
        }
    }
}
