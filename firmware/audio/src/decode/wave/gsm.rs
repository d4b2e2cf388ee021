//! GSM 06.10 (ETSI EN 300 961), as dictating machines and telephones record it: the only file that names `oxideav-gsm`.

use oxideav_gsm::{DecoderState, UnpackedFrame};

/// Bytes of a block in WAV, which holds two frames, and of a frame in QuickTime.
pub(super) const PAIR_BYTES: usize = 65;
pub(super) const FRAME_BYTES: usize = 33;

/// Samples in a frame.
pub(super) const FRAME_SAMPLES: usize = 160;

/// 16-bit full scale.
const FULL_SCALE: f32 = 32_768.0;

/// One stream's decoder.
pub(super) struct Gsm(DecoderState);

impl Gsm {
    pub(super) fn new() -> Self {
        Self(DecoderState::new())
    }

    /// Appends the sound of `bytes`: blocks of [`PAIR_BYTES`], or else frames of [`FRAME_BYTES`]. What is damaged is left out.
    pub(super) fn decode(&mut self, bytes: &[u8], block: usize, out: &mut Vec<f32>) {
        for block in bytes.chunks_exact(block) {
            let frames = match block.len() {
                PAIR_BYTES => UnpackedFrame::pair_from_msgsm_block(block).map(|(first, second)| vec![first, second]),
                _ => UnpackedFrame::from_gsm_byte_frame(block).map(|frame| vec![frame]),
            };
            for frame in frames.unwrap_or_default() {
                out.extend(self.0.decode_frame(&frame).map(|sample| f32::from(sample) / FULL_SCALE));
            }
        }
    }
}
