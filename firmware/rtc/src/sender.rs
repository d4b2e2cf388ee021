//! What a session that sends has beside one that listens: its RTP on the way in, and the inlet where its packets go.
//!
//! It reads headers and counts indexes; keys are the session's. Nothing is put into order here: packets go on as they arrive.
//! What is done with those of a stream that is relayed is the engine's.

use base::{PacketInlet, SentPacket, Time};

use super::srtp::{Opener, RTP_HEADER_BYTES};

/// Packets a replay window covers (RFC 3711 section 3.3.2 asks for 64): 2.5 s of 20 ms, so that what a radio delivers late is
/// not mistaken for a replay.
const REPLAY_WINDOW: u64 = 128;

/// An RTP header (RFC 3550 section 5.1), as far as it concerns us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    /// With contributing sources and extension.
    bytes: usize,
    is_padded: bool,
    payload_type: u8,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
}

impl Header {
    /// Reads the header of a packet; `None` if it is cut or of another version.
    fn parse(packet: &[u8]) -> Option<Self> {
        let fixed = packet.first_chunk::<RTP_HEADER_BYTES>()?;
        let word = |at: usize| u32::from_be_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
        if fixed[0] >> 6 != 2 {
            return None;
        }
        let mut bytes = RTP_HEADER_BYTES + 4 * usize::from(fixed[0] & 0x0f);
        if fixed[0] & 0x10 != 0 {
            let [_, _, high, low] = *packet.get(bytes..)?.first_chunk::<4>()?;
            bytes += 4 + 4 * usize::from(u16::from_be_bytes([high, low]));
        }
        let header = Self {
            bytes,
            is_padded: fixed[0] & 0x20 != 0,
            payload_type: fixed[1] & 0x7f,
            sequence: word(0) as u16,
            timestamp: word(4),
            ssrc: word(8),
        };
        (bytes < packet.len()).then_some(header)
    }
}

/// Which packets of one source have arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Arrivals {
    ssrc: u32,
    /// One more than the highest index accepted.
    next: u64,
    /// Bit n: index `next - 1 - n` was accepted.
    seen: u128,
}

impl Arrivals {
    /// Returns the index of a packet by what is known of those before it (RFC 3711 section 3.3.1); `None` if it was accepted
    /// before, or is too old to know.
    fn index(&self, sequence: u16) -> Option<u64> {
        let Some(highest) = self.next.checked_sub(1) else { return Some(sequence.into()) };
        let ahead = i64::from(sequence.wrapping_sub(highest as u16).cast_signed());
        let index = highest.checked_add_signed(ahead)?;
        let Some(age) = highest.checked_sub(index) else { return Some(index) };
        (age < REPLAY_WINDOW && self.seen & (1 << age) == 0).then_some(index)
    }

    fn accept(&mut self, index: u64) {
        if index >= self.next {
            let by = index + 1 - self.next;
            self.seen = if by < REPLAY_WINDOW { self.seen << by } else { 0 } | 1;
            self.next = index + 1;
        } else {
            self.seen |= 1 << (self.next - 1 - index);
        }
    }
}

/// A packet of a sender, opened, and where it stands among its packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sound<'a> {
    /// Its source: another one is another numbering and another clock.
    pub(super) ssrc: u32,
    /// Its place in the source's numbering, over all wraps.
    pub(super) index: u64,
    /// 48 kHz ticks that begin anywhere and wrap.
    pub(super) timestamp: u32,
    /// One Opus packet, not looked at.
    pub(super) payload: &'a [u8],
}

/// Ticks of the longest Opus packet, 120 ms (RFC 6716 section 3.1).
const OPUS_TICKS_MAX: u64 = 5_760;

/// Returns how much sound is in an Opus packet, in 48 kHz ticks, by its first two bytes (RFC 6716 section 3.1).
pub(super) fn opus_ticks(payload: &[u8]) -> u64 {
    let Some(&first) = payload.first() else { return 0 };
    let config = usize::from(first >> 3);
    let frame = match config {
        0..12 => [480, 960, 1_920, 2_880][config % 4],
        12..16 => [480, 960][config % 2],
        _ => [120, 240, 480, 960][config % 4],
    };
    let frames = match first & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => payload.get(1).map_or(0, |second| u64::from(second & 0x3f)),
    };
    (frame * frames).min(OPUS_TICKS_MAX)
}

/// What a datagram of a sender was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received<'a> {
    /// Forged, replayed or cut.
    NotItsOwn,
    /// The sender's, but nothing that was agreed upon.
    Nothing,
    /// A packet, which the inlet has taken.
    Sound(Sound<'a>),
}

/// A sender's packets on their way in.
pub(super) struct Sender {
    payload_type: u8,
    inlet: Box<dyn PacketInlet>,
    arrivals: Arrivals,
}

impl Sender {
    /// Returns a sender of whom nothing has arrived; its packets of `payload_type` go to `inlet`.
    pub(super) fn new(payload_type: u8, inlet: Box<dyn PacketInlet>) -> Self {
        Self { payload_type, inlet, arrivals: Arrivals::default() }
    }

    /// Opens a packet that arrived at `now`, hands it on, and returns what it was.
    pub(super) fn receive<'a>(&mut self, now: Time, packet: &'a mut [u8], opener: &Opener) -> Received<'a> {
        let Some(header) = Header::parse(packet) else { return Received::NotItsOwn };
        let goes_on = self.arrivals.next > 0 && self.arrivals.ssrc == header.ssrc;
        // Another source is another stream with a numbering of its own; forged, it cannot be opened.
        let arrivals = if goes_on { self.arrivals } else { Arrivals { ssrc: header.ssrc, ..Arrivals::default() } };
        let Some(index) = arrivals.index(header.sequence) else { return Received::NotItsOwn };
        let Some(payload) = opener.rtp(packet, header.bytes, index) else { return Received::NotItsOwn };
        if header.payload_type != self.payload_type {
            return Received::Nothing;
        }
        self.arrivals = arrivals;
        self.arrivals.accept(index);
        let padding = if header.is_padded { payload.last().copied().unwrap_or_default() } else { 0 };
        let kept = payload.len().checked_sub(padding.into()).and_then(|len| payload.get(..len));
        let Some(payload) = kept.filter(|payload| !payload.is_empty()) else { return Received::Nothing };
        let Header { timestamp, ssrc, .. } = header;
        self.inlet.take(SentPacket { arrived: now, timestamp, payload });
        Received::Sound(Sound { ssrc, index, timestamp, payload })
    }
}

#[cfg(test)]
mod tests;
