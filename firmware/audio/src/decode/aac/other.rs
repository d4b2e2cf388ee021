//! AAC Main and LTP: the only file that names `rusty_aac`.
//!
//! Encoders of the nineties, and settings for the patient, wrote them.

use rusty_aac::AacDecoder;

use super::object_type;
use crate::decode::bare::Packets;
use crate::decode::downmix::Downmix;
use crate::decode::{Error, sane};
use crate::pcm::Frame;

/// Object types of these kinds (ISO 14496-3 table 1.17).
const MAIN: u8 = 1;
const LTP: u8 = 4;

/// Whether a configuration says one of these kinds.
pub(super) fn is_one(config: &[u8]) -> bool {
    config.first().is_some_and(|byte| matches!(byte >> 3, MAIN | LTP))
}

/// Whether a frame's header does.
pub(super) fn is_one_of_adts(frame: &[u8]) -> bool {
    frame.get(2).is_some_and(|byte| matches!((byte >> 6) + 1, MAIN | LTP))
}

/// One stream's decoder.
#[derive(Default)]
pub(super) struct Other {
    decoder: AacDecoder,
    /// Where packets have no header of their own.
    config: Option<Vec<u8>>,
    floats: Vec<f32>,
}

impl Other {
    /// Packets as in MP4.
    pub(super) fn raw(config: &[u8]) -> Result<Self, Error> {
        let decoder = AacDecoder::with_config_bytes(config)
            .map_err(|_| Error::Unsupported(format!("AAC of type {}", object_type(config))))?;
        Ok(Self { decoder, config: Some(config.to_vec()), floats: Vec::new() })
    }
}

impl Packets for Other {
    fn decode(&mut self, packet: &[u8], out: &mut Vec<Frame>) -> Option<u32> {
        let decoded = self.decoder.decode(packet, None).ok()?;
        self.floats.clear();
        self.floats.extend(decoded.samples.iter().map(|sample| sane(*sample)));
        // In the order of WAV files, and 7.1 as encoders mean it.
        Downmix::usual(decoded.channels.into()).mix(&self.floats, out);
        Some(decoded.sample_rate).filter(|rate_hz| *rate_hz > 0 && !self.floats.is_empty())
    }

    fn reset(&mut self) {
        let fresh = self.config.as_ref().map(|config| AacDecoder::with_config_bytes(config));
        self.decoder = fresh.and_then(Result::ok).unwrap_or_default();
    }
}
