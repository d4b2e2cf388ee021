//! The four bytes in front of every frame of MPEG audio, layers I to III (ISO 11172-3 section 2.4.1.3, 13818-3, and the
//! usual extension to the lowest rates).
//!
//! Values only: whether four bytes that look like a header are one is the walk's to find out.

/// What a header says of its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) struct Header {
    /// What stays the same throughout a stream: version, layer and rate.
    pub(super) kind: u32,
    /// Bytes of the frame, this header included; `None` in free format, where only the next frame tells.
    pub(super) bytes: Option<usize>,
    /// Whether the frame has a byte (layer I: four) more than others of its bit rate.
    pub(super) padding: usize,
    /// Frames of sound in it.
    pub(super) samples: usize,
    pub(super) rate_hz: u32,
    pub(super) bitrate_bps: u32,
    /// Bytes of layer III's side information.
    pub(super) side_bytes: usize,
    pub(super) layer: u8,
}

/// kbit/s by index; rows: MPEG-1 layers I, II, III, then the low rates' layer I and layers II and III.
const KILOBITS: [[u32; 14]; 5] = [
    [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/// MPEG-1's rates; MPEG-2 halves and MPEG-2.5 quarters them.
const RATES_HZ: [u32; 3] = [44_100, 48_000, 32_000];

/// Version, layer and rate in a header.
const KIND_BITS: u32 = 0xFFFE_0C00;

impl Header {
    /// Reads a header; `None` if these four bytes are none.
    pub(super) fn read(bytes: [u8; 4]) -> Option<Self> {
        let word = u32::from_be_bytes(bytes);
        let field = |shift: u32, bits: u32| (word >> shift & ((1 << bits) - 1)) as usize;
        if field(21, 11) != 0x7FF {
            return None;
        }
        // 0: MPEG-2.5, 2: MPEG-2, 3: MPEG-1.
        let (divide, is_low) = match field(19, 2) {
            0 => (4, true),
            2 => (2, true),
            3 => (1, false),
            _ => return None,
        };
        let layer = 4_usize.checked_sub(field(17, 2)).filter(|layer| *layer < 4)?;
        let rate_hz = RATES_HZ.get(field(10, 2))? / divide;
        let row = match (is_low, layer) {
            (false, layer) => layer - 1,
            (true, 1) => 3,
            (true, _) => 4,
        };
        let bitrate_bps = match field(12, 4) {
            0 => 0,
            index => KILOBITS[row].get(index - 1)? * 1_000,
        };
        let samples = match (layer, is_low) {
            (1, _) => 384,
            (3, true) => 576,
            _ => 1_152,
        };
        let slot = if layer == 1 { 4 } else { 1 };
        let padding = field(9, 1) * slot;
        let whole = samples / 8 / slot * bitrate_bps as usize / rate_hz as usize * slot;
        let side_bytes = match (is_low, field(6, 2) == 3) {
            (false, false) => 32,
            (false, true) | (true, false) => 17,
            (true, true) => 9,
        };
        Some(Self {
            kind: word & KIND_BITS,
            bytes: (bitrate_bps > 0).then_some(whole + padding).filter(|bytes| *bytes >= 4 || bitrate_bps == 0),
            padding,
            samples,
            rate_hz,
            bitrate_bps,
            side_bytes,
            layer: layer as u8,
        })
    }

    /// Whether its frames' length is not in the header.
    pub(super) fn is_free(&self) -> bool {
        self.bitrate_bps == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_follow_the_books() {
        let read = |bytes| Header::read(bytes).map(|header| (header.bytes, header.samples, header.rate_hz));
        assert_eq!(read([0xFF, 0xFB, 0x90, 0x64]), Some((Some(417), 1_152, 44_100)));
        assert_eq!(read([0xFF, 0xFB, 0x92, 0x64]), Some((Some(418), 1_152, 44_100)), "padded");
        assert_eq!(read([0xFF, 0xF3, 0x40, 0xC4]), Some((Some(104), 576, 22_050)), "MPEG-2, 32 kbit/s");
        assert_eq!(read([0xFF, 0xE3, 0x18, 0xC4]), Some((Some(72), 576, 8_000)), "MPEG-2.5, 8 kbit/s");
        assert_eq!(read([0xFF, 0xFD, 0xA4, 0x00]), Some((Some(576), 1_152, 48_000)), "layer II, 192 kbit/s");
        assert_eq!(read([0xFF, 0xFF, 0x10, 0x00]), Some((Some(32), 384, 44_100)), "layer I counts by four");
        assert_eq!(read([0xFF, 0xFB, 0x00, 0x64]), Some((None, 1_152, 44_100)), "free format");
    }

    #[test]
    fn what_is_no_header_is_none() {
        for bytes in [
            [0xFF, 0xDB, 0x90, 0x64],
            [0xFF, 0xEB, 0x90, 0x64],
            [0xFF, 0xF9, 0x90, 0x64],
            [0xFF, 0xFB, 0xF0, 0x64],
            [0xFF, 0xFB, 0x9C, 0x64],
        ] {
            assert_eq!(Header::read(bytes), None, "{bytes:x?}");
        }
    }
}
