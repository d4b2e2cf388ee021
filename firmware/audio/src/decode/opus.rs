//! Opus packets to 48 kHz stereo through libopus: the only decoder file that names the `opus` crate.
//!
//! It knows the identification header of Opus in Ogg (RFC 7845 section 5.1), not the container: the demultiplexer hands
//! over packets, and trimming is the caller's.

use ::opus::{Channels, Decoder, MSDecoder};

use super::Error;
use super::bare::Packets;
use super::downmix::{Downmix, Place};
use crate::pcm::{Frame, SAMPLE_RATE_HZ};

/// Frames in the longest packet: 120 ms (RFC 6716 section 3.2.5).
const PACKET_FRAMES_MAX: usize = 5_760;

/// Most channels of mapping family 1 (RFC 7845 section 5.1.1.2).
const CHANNELS_MAX: usize = 8;

/// Mapping family 1's orders of channels, by count (RFC 7845 section 5.1.1.2).
const PLACES: [&[Place]; CHANNELS_MAX] = {
    use Place::{Back, Centre, Left, Right, Silent, SurroundLeft as Sl, SurroundRight as Sr};
    [
        &[Centre],
        &[Left, Right],
        &[Left, Centre, Right],
        &[Left, Right, Sl, Sr],
        &[Left, Centre, Right, Sl, Sr],
        &[Left, Centre, Right, Sl, Sr, Silent],
        &[Left, Centre, Right, Sl, Sr, Back, Silent],
        &[Left, Centre, Right, Sl, Sr, Sl, Sr, Silent],
    ]
};

enum Inner {
    /// Mapping family 0: libopus itself makes mono and stereo the same to us.
    Stereo(Decoder),
    /// Mapping families 1, 2 and 255.
    Surround(MSDecoder),
}

/// One stream's decoder.
pub(super) struct Opus {
    inner: Inner,
    channels: usize,
    downmix: Downmix,
    pre_skip: u32,
    samples: Vec<f32>,
}

impl Opus {
    /// A decoder for the stream that starts with this identification header. Its output gain is applied.
    pub(super) fn new(header: &[u8]) -> Result<Self, Error> {
        let damaged = || Error::Damaged("its Opus header is malformed".into());
        let [
            b'O',
            b'p',
            b'u',
            b's',
            b'H',
            b'e',
            b'a',
            b'd',
            _version,
            count,
            skip0,
            skip1,
            _,
            _,
            _,
            _,
            gain0,
            gain1,
            family,
            table @ ..,
        ] = header
        else {
            return Err(damaged());
        };
        let gain = i32::from(i16::from_le_bytes([*gain0, *gain1]));
        let count = usize::from(*count);
        let (inner, channels, downmix) = match family {
            0 => {
                let mut decoder = Decoder::new(SAMPLE_RATE_HZ, Channels::Stereo).map_err(refused)?;
                decoder.set_gain(gain).map_err(refused)?;
                (Inner::Stereo(decoder), 2, Downmix::unplaced(2))
            }
            // Ambisonics (RFC 8486): the first channel is what comes from everywhere. 255: channels without places.
            1 | 2 | 255 => {
                let downmix = match family {
                    1 => Downmix::new(count.checked_sub(1).and_then(|index| PLACES.get(index)).ok_or_else(damaged)?),
                    2 => Downmix::of_first(count),
                    _ => Downmix::usual(count),
                };
                let [streams, coupled, mapping @ ..] = table else { return Err(damaged()) };
                let mapping = mapping.get(..count).ok_or_else(damaged)?;
                let mut decoder = MSDecoder::new(SAMPLE_RATE_HZ, *streams, *coupled, mapping).map_err(refused)?;
                decoder.set_gain(gain).map_err(refused)?;
                (Inner::Surround(decoder), count, downmix)
            }
            family => return Err(Error::Unsupported(format!("Opus channel mapping family {family}"))),
        };
        let samples = vec![0.0; PACKET_FRAMES_MAX * channels];
        let pre_skip = u32::from(u16::from_le_bytes([*skip0, *skip1]));
        Ok(Self { inner, channels, downmix, pre_skip, samples })
    }

    /// Frames at the start of the stream that are not to be heard.
    pub(super) fn pre_skip(&self) -> u32 {
        self.pre_skip
    }

    /// Appends the sound of `packet` to `out`.
    pub(super) fn decode(&mut self, packet: &[u8], out: &mut Vec<Frame>) -> Result<(), Error> {
        let frames = match &mut self.inner {
            Inner::Stereo(decoder) => decoder.decode_float(packet, &mut self.samples, false),
            Inner::Surround(decoder) => decoder.decode_float(packet, &mut self.samples, false),
        };
        let frames = frames.map_err(|error| Error::Damaged(error.to_string()))?;
        self.downmix.mix(&self.samples[..frames * self.channels], out);
        Ok(())
    }

    /// Forgets earlier packets, as after a seek.
    pub(super) fn reset(&mut self) {
        // Cannot fail on a live decoder; the 80 ms decoded before the target hide what a failure would leave.
        let _ = match &mut self.inner {
            Inner::Stereo(decoder) => decoder.reset_state(),
            Inner::Surround(decoder) => decoder.reset_state(),
        };
    }
}

impl Packets for Opus {
    fn decode(&mut self, packet: &[u8], out: &mut Vec<Frame>) -> Option<u32> {
        let from = out.len();
        Self::decode(self, packet, out).ok()?;
        (out.len() > from).then_some(SAMPLE_RATE_HZ)
    }

    fn reset(&mut self) {
        Self::reset(self);
    }
}

fn refused(error: ::opus::Error) -> Error {
    Error::Damaged(format!("libopus refuses its header: {error}"))
}
