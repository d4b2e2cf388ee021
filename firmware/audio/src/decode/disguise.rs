//! Sound of another kind in place of the samples of a stereo file, as a receiver of digital sound is sent it (IEC 61937), or a CD holds it.
//!
//! As numbers it would be noise at full scale. It only finds the frames; reading and decoding them is others' work.

use super::bare::Sound;
use super::walk::Head;

/// Bytes of a frame of the stereo that is none.
const STEREO_BYTES: usize = size_of::<[i16; 2]>();

/// Frames in the right place that must follow on the first one.
const FOLLOWERS: usize = 2;

/// The header of such a frame: it takes as long as it sounds, whatever is filled up behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct InPcm<H>(H);

impl<H: Sound> Head for InPcm<H> {
    const FIRST: &'static [u8] = H::FIRST;
    const BYTES: usize = H::BYTES;

    fn read(bytes: &[u8]) -> Option<Self> {
        H::read(bytes).filter(|header| header.samples() > 0).map(Self)
    }

    fn bytes(&self) -> Option<usize> {
        None
    }

    fn padding(&self) -> usize {
        0
    }

    fn is_like(&self, other: &Self) -> bool {
        self.0.is_like(&other.0)
    }
}

impl<H: Sound> Sound for InPcm<H> {
    fn samples(&self) -> usize {
        self.0.samples()
    }

    fn rate_hz(&self) -> u32 {
        self.0.rate_hz()
    }
}

/// Whether what a file says is stereo of 16 bits is this: frames as far apart as they sound.
pub(super) fn is_in<H: Sound>(samples: &[u8]) -> bool {
    let read = |at: usize| samples.get(at..at + H::BYTES).and_then(InPcm::<H>::read);
    (0..samples.len()).step_by(2).any(|at| {
        read(at).is_some_and(|first| {
            let apart = first.samples() * STEREO_BYTES;
            (1..=FOLLOWERS).all(|n| read(at + n * apart).is_some_and(|next| next.is_like(&first)))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::{ac3, dts};
    use super::*;

    /// 512 frames of DTS, and 1,536 of AC-3 in the other order of bytes.
    const DTS: [u8; 12] = [0x7F, 0xFE, 0x80, 0x01, 0xFC, 0x3C, 0x3F, 0xF0, 0xA3, 0x00, 0, 0];
    const AC3: [u8; 8] = [0x77, 0x0B, 0, 0, 0x40, 0x14, 0xE1, 0x43];

    #[test]
    fn stereo_that_is_none_is_known_by_frames_as_far_apart_as_they_sound() {
        let frame = |mark: &[u8], bytes: usize| [mark, &vec![0; bytes - mark.len()]].concat();
        let stream = |mark: &[u8], bytes: usize| [vec![0; 100], frame(mark, bytes).repeat(3)].concat();
        assert!(is_in::<dts::Header>(&stream(&DTS, 2_048)));
        assert!(is_in::<ac3::Swapped>(&stream(&AC3, 6_144)));
        for (bytes, count) in [(2_000, 9), (2_048, 2), (4_096, 9)] {
            assert!(!is_in::<dts::Header>(&frame(&DTS, bytes).repeat(count)), "{bytes} bytes, {count} times");
        }
        assert!(!is_in::<ac3::Swapped>(&stream(&AC3, 6_140)));
        for noise in [vec![0x7F; 9_999], vec![0x0B; 9_999], Vec::new()] {
            assert!(!is_in::<dts::Header>(&noise) && !is_in::<ac3::Swapped>(&noise));
        }
    }
}
