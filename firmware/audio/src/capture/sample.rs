//! Sound as cards write it, turned into frames.
//!
//! Pure conversion of interleaved bytes; which format a card speaks is negotiated elsewhere.

use crate::pcm::Frame;

/// How a card writes one sample. Bytes are in the order of the machine (`S24_3` is little-endian as ALSA defines it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleFormat {
    /// 16 bit integer.
    S16,
    /// 24 bit integer in three bytes, little-endian.
    S24Packed,
    /// 24 bit integer in the low bits of four bytes.
    S24,
    /// 32 bit integer.
    S32,
    /// 32 bit float, full scale ±1.
    F32,
}

impl SampleFormat {
    /// Bytes of one sample.
    pub const fn bytes(self) -> usize {
        match self {
            Self::S16 => 2,
            Self::S24Packed => 3,
            Self::S24 | Self::S32 | Self::F32 => 4,
        }
    }

    /// Turns whole interleaved frames of `channels` samples into `out`: mono is heard on both sides, of more than two
    /// channels the first two. Returns how many frames were written.
    pub fn convert(self, bytes: &[u8], channels: usize, out: &mut [Frame]) -> usize {
        let frame_bytes = self.bytes() * channels.max(1);
        let right = if channels > 1 { self.bytes() } else { 0 };
        let frames = bytes.chunks_exact(frame_bytes).zip(out.iter_mut());
        let mut count = 0;
        for (frame, out) in frames {
            *out = [self.sample(frame), self.sample(&frame[right..])];
            count += 1;
        }
        count
    }

    /// The first sample in `bytes`.
    fn sample(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (Self::S16, &[a, b, ..]) => f32::from(i16::from_ne_bytes([a, b])) / 32_768.0,
            (Self::S24Packed, &[a, b, c, ..]) => full_scale(i32::from_le_bytes([0, a, b, c])),
            (Self::S24, &[a, b, c, d, ..]) => full_scale(i32::from_ne_bytes([a, b, c, d]) << 8),
            (Self::S32, &[a, b, c, d, ..]) => full_scale(i32::from_ne_bytes([a, b, c, d])),
            (Self::F32, &[a, b, c, d, ..]) => f32::from_ne_bytes([a, b, c, d]),
            _ => 0.0,
        }
    }
}

fn full_scale(sample: i32) -> f32 {
    sample as f32 / 2_147_483_648.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_knows_half_of_full_scale() {
        let cases: [(SampleFormat, Vec<u8>); 5] = [
            (SampleFormat::S16, (-16_384_i16).to_ne_bytes().to_vec()),
            (SampleFormat::S24Packed, vec![0, 0, 0xc0]),
            (SampleFormat::S24, 0x00c0_0000_i32.to_ne_bytes().to_vec()),
            (SampleFormat::S32, (-1_073_741_824_i32).to_ne_bytes().to_vec()),
            (SampleFormat::F32, (-0.5_f32).to_ne_bytes().to_vec()),
        ];
        for (format, bytes) in cases {
            let mut out = [[9.0; 2]; 2];
            assert_eq!(format.convert(&bytes, 1, &mut out), 1, "{format:?}");
            assert_eq!(out, [[-0.5; 2], [9.0; 2]], "{format:?}");
        }
    }

    #[test]
    fn of_many_channels_the_first_two_are_heard() {
        let bytes: Vec<u8> = [8_192_i16, -8_192, 1, 2].iter().flat_map(|sample| sample.to_ne_bytes()).collect();
        let mut out = [[0.0; 2]; 1];
        assert_eq!(SampleFormat::S16.convert(&bytes, 4, &mut out), 1);
        assert_eq!(out, [[0.25, -0.25]]);
    }
}
