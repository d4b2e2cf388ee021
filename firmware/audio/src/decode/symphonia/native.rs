//! ALAC, FLAC and Vorbis out of containers that symphonia is not asked about: one packet to frames of sound.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_ALAC, CODEC_ID_FLAC, CODEC_ID_VORBIS};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use super::describe::downmix;
use crate::decode::bare::Packets;
use crate::decode::downmix::Downmix;
use crate::decode::{Error, sane};
use crate::pcm::Frame;

/// One stream's decoder.
pub(in crate::decode) struct Native {
    decoder: Box<dyn AudioDecoder>,
    downmix: (Channels, Downmix),
    samples: Vec<f32>,
}

impl Native {
    /// ALAC, by its configuration.
    pub(in crate::decode) fn alac(config: &[u8]) -> Result<Self, Error> {
        Self::new(CODEC_ID_ALAC, config)
    }

    /// FLAC, by the block that says how the sound is written.
    pub(in crate::decode) fn flac(stream: &[u8]) -> Result<Self, Error> {
        Self::new(CODEC_ID_FLAC, stream)
    }

    /// Vorbis, by its identification and setup, one behind the other.
    pub(in crate::decode) fn vorbis(headers: &[u8]) -> Result<Self, Error> {
        Self::new(CODEC_ID_VORBIS, headers)
    }

    fn new(codec: AudioCodecId, extra: &[u8]) -> Result<Self, Error> {
        let mut params = AudioCodecParameters::new();
        params.for_codec(codec).with_extra_data(extra.into());
        let decoder = symphonia::default::get_codecs().make_audio_decoder(&params, &AudioDecoderOptions::default());
        let decoder = decoder.map_err(|error| Error::Damaged(error.to_string()))?;
        Ok(Self { decoder, downmix: (Channels::None, Downmix::unplaced(0)), samples: Vec::new() })
    }
}

impl Packets for Native {
    fn decode(&mut self, packet: &[u8], out: &mut Vec<Frame>) -> Option<u32> {
        let packet = Packet::new(0, Timestamp::new(0), Duration::new(0), packet);
        let buffer = self.decoder.decode(&packet).ok()?;
        let (rate_hz, channels) = (buffer.spec().rate(), buffer.spec().channels());
        if self.downmix.0 != *channels {
            self.downmix = (channels.clone(), downmix(channels).ok()?);
        }
        self.samples.resize(buffer.samples_interleaved(), 0.0);
        buffer.copy_to_slice_interleaved(&mut self.samples);
        self.samples.iter_mut().for_each(|sample| *sample = sane(*sample));
        self.downmix.1.mix(&self.samples, out);
        Some(rate_hz).filter(|_| !self.samples.is_empty())
    }

    fn reset(&mut self) {
        self.decoder.reset();
    }
}
