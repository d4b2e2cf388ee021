//! Opus packets that may be missing to 48 kHz stereo: what a receiver of live sound needs of libopus.
//!
//! A packet that is lost is recovered from the one after it, if that carries a coarse copy, or concealed. It allocates nothing
//! once it is made, so that the pump may use it.

use ::opus::{Channels, Decoder};

use crate::coded;
use crate::pcm::{CHANNELS, Frame, SAMPLE_RATE_HZ, SILENCE};

/// Frames in the longest packet: 120 ms (RFC 6716 section 3.2.5).
pub(crate) const LIVE_FRAMES_MAX: usize = 5_760;

/// Concealed sound comes in whole multiples of so many frames: 2.5 ms, libopus' shortest frame.
pub(crate) const CONCEALED_FRAMES_STEP: usize = 120;

/// One sender's decoder.
pub(crate) struct Live {
    decoder: Decoder,
}

impl Live {
    /// Returns a decoder that has heard nothing; `None` if libopus has no memory.
    pub(crate) fn new() -> Option<Self> {
        Decoder::new(SAMPLE_RATE_HZ, Channels::Stereo).ok().map(|decoder| Self { decoder })
    }

    /// Decodes `packet` to the start of `out`, which holds [`LIVE_FRAMES_MAX`], and returns how many frames it has; `None` if
    /// it is no Opus.
    pub(crate) fn decode(&mut self, packet: &[u8], out: &mut [Frame]) -> Option<usize> {
        coded::note_decoded();
        // An empty packet means a lost one to libopus.
        let frames = (!packet.is_empty()).then(|| self.decoder.decode_float(packet, out.as_flattened_mut(), false));
        frames?.ok().filter(|frames| (1..=out.len()).contains(frames))
    }

    /// Fills `out`, a multiple of [`CONCEALED_FRAMES_STEP`], with what was lost before `next`, as far as that says it.
    pub(crate) fn recover(&mut self, next: &[u8], out: &mut [Frame]) {
        self.fill(next, out);
    }

    /// Fills `out`, a multiple of [`CONCEALED_FRAMES_STEP`], with what might have been: it fades within a tenth of a second.
    pub(crate) fn conceal(&mut self, out: &mut [Frame]) {
        self.fill(&[], out);
    }

    fn fill(&mut self, next: &[u8], out: &mut [Frame]) {
        coded::note_decoded();
        let filled = self.decoder.decode_float(next, out.as_flattened_mut(), !next.is_empty()).unwrap_or(0);
        out.get_mut(filled..).into_iter().flatten().for_each(|frame| *frame = SILENCE);
    }

    /// Forgets what it has heard: the sender begins again.
    pub(crate) fn reset(&mut self) {
        // Cannot fail on a live decoder; if it did, the next packet would begin with a trace of the last sound.
        _ = self.decoder.reset_state();
    }
}

const _: () = assert!(CHANNELS == 2, "libopus makes stereo of whatever is sent");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_no_packet_is_refused_and_concealed_sound_is_finite() {
        let mut live = Live::new().unwrap();
        let mut out = vec![SILENCE; LIVE_FRAMES_MAX];
        for packet in [&[][..], &[0xff], &[0x03, 0xff, 0xff], &[0xfb; 1_500]] {
            _ = live.decode(packet, &mut out);
            live.recover(packet, &mut out[..960]);
            live.conceal(&mut out[..480]);
            assert!(out.as_flattened().iter().all(|sample| sample.is_finite()), "{packet:?}");
        }
        assert_eq!(live.decode(&[], &mut out), None);
        live.reset();
    }
}
