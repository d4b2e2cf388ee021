//! Low complexity, high efficiency and low delay by the FDK library: the only file that names `fdk-aac-sys`.
//!
//! It neither limits nor levels what it decodes: the box does that, for all kinds alike.
#![allow(unsafe_code, reason = "calls a C library; every call says why it is sound")]

use std::ptr;

use fdk_aac_sys as fdk;

use super::{Transport, object_type};
use crate::decode::bare::Packets;
use crate::decode::downmix::{Downmix, Place};
use crate::decode::{Error, sane};
use crate::pcm::Frame;

/// Samples of the longest frame: 4096 of up to eight channels.
const SAMPLES_MAX: usize = 8 * 4_096;

/// Raw blocks in a packet at most (ISO 13818-7 section 6.2.1).
const BLOCKS_MAX: usize = 4;

/// 16-bit full scale.
const FULL_SCALE: f32 = 32_768.0;

/// The configuration of eight channels whose first two pairs are in front, by the book (ISO 14496-3 table 1.19). Encoders write 7.1 so,
/// with the left and right of the music in the inner pair and a surround in the outer one; nearly no file means what the book says.
const SURROUND_7_1: u8 = 7;

/// Errors from here up to [`CONCEALED_END`] come with sound in place of what was damaged.
const CONCEALED: u32 = 0x4000;
const CONCEALED_END: u32 = 0x5000;

/// One stream's decoder.
pub(super) struct Fdk {
    handle: fdk::HANDLE_AACDECODER,
    transport: Transport,
    samples: Box<[i16]>,
    floats: Vec<f32>,
    /// For so many channels in such a configuration.
    downmix: (usize, u8, Downmix),
}

impl Fdk {
    /// A decoder of such packets.
    pub(super) fn new(transport: Transport) -> Result<Self, Error> {
        Ok(Self {
            handle: open(&transport)?,
            transport,
            samples: vec![0; SAMPLES_MAX].into(),
            floats: Vec::new(),
            downmix: (0, 0, Downmix::usual(0)),
        })
    }

    fn fill(&mut self, packet: &[u8]) {
        let mut bytes = packet.as_ptr().cast_mut();
        let length = u32::try_from(packet.len()).unwrap_or(0);
        let mut left = length;
        // SAFETY: the handle is open; one buffer of this length is handed over, which is only read, and only during the
        // call.
        unsafe { fdk::aacDecoder_Fill(self.handle, &raw mut bytes, &raw const length, &raw mut left) };
    }

    /// One block's sound and rate.
    fn block(&mut self, out: &mut Vec<Frame>) -> Option<u32> {
        let room = SAMPLES_MAX as i32;
        // SAFETY: the handle is open, and the buffer has as much room as is said.
        let error = unsafe { fdk::aacDecoder_DecodeFrame(self.handle, self.samples.as_mut_ptr(), room, 0) };
        if error != 0 && !(CONCEALED..CONCEALED_END).contains(&error) {
            return None;
        }
        // SAFETY: the handle is open; what is pointed to lives as long as it and is copied at once.
        let (frames, channels, rate_hz, layout) = unsafe {
            let about = fdk::aacDecoder_GetStreamInfo(self.handle).as_ref()?;
            (about.frameSize, about.numChannels, about.sampleRate, about.channelConfig)
        };
        let (frames, channels) = (usize::try_from(frames).ok()?, usize::try_from(channels).ok()?);
        let rate_hz = u32::try_from(rate_hz).ok().filter(|rate_hz| *rate_hz > 0)?;
        let samples = self.samples.get(..frames * channels).filter(|samples| !samples.is_empty())?;
        let layout = u8::try_from(layout).unwrap_or(0);
        if (self.downmix.0, self.downmix.1) != (channels, layout) {
            self.downmix = (channels, layout, places(channels, layout));
        }
        self.floats.clear();
        self.floats.extend(samples.iter().map(|sample| sane(f32::from(*sample) / FULL_SCALE)));
        self.downmix.2.mix(&self.floats, out);
        Some(rate_hz)
    }
}

impl Packets for Fdk {
    fn decode(&mut self, packet: &[u8], out: &mut Vec<Frame>) -> Option<u32> {
        self.fill(packet);
        let mut rate_hz = None;
        let blocks = if matches!(self.transport, Transport::Raw(_)) { 1 } else { BLOCKS_MAX };
        for _ in 0..blocks {
            match self.block(out) {
                Some(found) => rate_hz = Some(found),
                None => break,
            }
        }
        rate_hz
    }

    fn reset(&mut self) {
        if let Ok(handle) = open(&self.transport) {
            close(std::mem::replace(&mut self.handle, handle));
        }
    }
}

impl Drop for Fdk {
    fn drop(&mut self) {
        close(std::mem::replace(&mut self.handle, ptr::null_mut()));
    }
}

fn open(transport: &Transport) -> Result<fdk::HANDLE_AACDECODER, Error> {
    let kind = match transport {
        Transport::Raw(_) => fdk::TRANSPORT_TYPE_TT_MP4_RAW,
        Transport::Adts => fdk::TRANSPORT_TYPE_TT_MP4_ADTS,
        Transport::Loas => fdk::TRANSPORT_TYPE_TT_MP4_LOAS,
    };
    // SAFETY: no pointer is handed over; null is no memory.
    let handle = unsafe { fdk::aacDecoder_Open(kind, 1) };
    if handle.is_null() {
        return Err(Error::Damaged("there is no memory for its decoder".into()));
    }
    let set = |what, value| {
        // SAFETY: the handle is open.
        unsafe { fdk::aacDecoder_SetParam(handle, what, value) };
    };
    set(fdk::AACDEC_PARAM_AAC_PCM_LIMITER_ENABLE, 0);
    // Noise in place of what is damaged: the other ways delay everything by a frame.
    set(fdk::AACDEC_PARAM_AAC_CONCEAL_METHOD, 1);
    // All channels there are, of which it would mix more than six by itself.
    set(fdk::AACDEC_PARAM_AAC_PCM_MAX_OUTPUT_CHANNELS, -1);
    // No changes of level that a file may ask for.
    set(fdk::AACDEC_PARAM_AAC_DRC_REFERENCE_LEVEL, -1);
    set(fdk::AACDEC_PARAM_AAC_UNIDRC_SET_EFFECT, -1);
    if let Transport::Raw(config) = transport {
        let mut bytes = config.as_ptr().cast_mut();
        let length = u32::try_from(config.len()).unwrap_or(0);
        // SAFETY: the handle is open; one buffer of this length is handed over, which is only read, and only during the
        // call.
        let error = unsafe { fdk::aacDecoder_ConfigRaw(handle, &raw mut bytes, &raw const length) };
        if error != 0 {
            close(handle);
            return Err(Error::Unsupported(format!("AAC of type {}", object_type(config))));
        }
    }
    Ok(handle)
}

fn close(handle: fdk::HANDLE_AACDECODER) {
    if !handle.is_null() {
        // SAFETY: the handle is open and not used afterwards.
        unsafe { fdk::aacDecoder_Close(handle) };
    }
}

/// The mix of so many channels in such a configuration (ISO 14496-3 table 1.19), in the order of WAV files.
fn places(channels: usize, layout: u8) -> Downmix {
    use Place::{Centre, Left, Right, Silent, SurroundLeft as Sl, SurroundRight as Sr};
    match (channels, layout) {
        // The library hands what it takes for the outer front pair over as the first, and the inner one as the last.
        (8, SURROUND_7_1) => Downmix::new(&[Sl, Sr, Centre, Silent, Sl, Sr, Left, Right]),
        _ => Downmix::usual(channels),
    }
}
