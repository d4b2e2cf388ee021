//! AAC from packets to frames of sound, by whichever of two decoders knows its kind.
//!
//! Low complexity, high efficiency of both versions and low delay are the FDK library's, Main and LTP the other's. Both go up to 7.1.
//! SSR, which nearly nobody wrote, is neither's.

mod fdk;
mod other;

use self::fdk::Fdk;
use self::other::Other;
use super::Error;
use super::bare::Packets;
use crate::pcm::Frame;

/// How packets are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    /// Bare, as in MP4, with their AudioSpecificConfig.
    Raw(Vec<u8>),
    /// With a header of their own.
    Adts,
    /// In a multiplex of their own.
    Loas,
}

/// One stream's decoder.
pub(super) struct Aac {
    is_adts: bool,
    /// One of the two at least; both where each packet says what it is.
    fdk: Option<Fdk>,
    other: Option<Box<Other>>,
}

impl Aac {
    /// A decoder of such packets.
    pub(super) fn new(transport: Transport) -> Result<Self, Error> {
        let is_adts = transport == Transport::Adts;
        let other = match &transport {
            Transport::Raw(config) if other::is_one(config) => Some(Box::new(Other::raw(config)?)),
            _ => None,
        };
        let fdk = if other.is_none() { Some(Fdk::new(transport)?) } else { None };
        Ok(Self { is_adts, fdk, other })
    }
}

impl Packets for Aac {
    fn decode(&mut self, packet: &[u8], out: &mut Vec<Frame>) -> Option<u32> {
        match &mut self.fdk {
            Some(fdk) if !(self.is_adts && other::is_one_of_adts(packet)) => fdk.decode(packet, out),
            _ => self.other.get_or_insert_default().decode(packet, out),
        }
    }

    fn reset(&mut self) {
        if let Some(fdk) = &mut self.fdk {
            fdk.reset();
        }
        if let Some(other) = &mut self.other {
            other.reset();
        }
    }
}

/// The audio object type (ISO 14496-3 section 1.5.1.1), in words where they are known.
fn object_type(config: &[u8]) -> String {
    match config.first().map(|byte| byte >> 3) {
        Some(1) => "Main".into(),
        Some(2) => "LC".into(),
        Some(3) => "SSR".into(),
        Some(4) => "LTP".into(),
        Some(other) => other.to_string(),
        None => "none".into(),
    }
}
