//! RTP's counters for one listener: header, sequence numbers, and which packets a NACK may ask for again.
//!
//! All listeners of a stream hear the same packets; what differs is where each one's numbering starts. Nothing here
//! encrypts or sends.

use base::{MediaTime, PacketDuration};

use super::srtp::RTP_HEADER_BYTES;

/// Retransmissions allowed per hundred packets sent: a listener who asks for more has a link that more packets will
/// not help, and would take air from the others.
const RESENDS_PER_HUNDRED: u32 = 10;

/// Retransmissions a listener can save up.
const RESENDS_SAVED_MAX: u32 = 10;

/// What all listeners of a stream share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    /// Synchronisation source of every packet.
    pub(super) ssrc: u32,
    /// RTP timestamp of media time zero: random, as RFC 3550 section 5.1 asks.
    pub(super) timestamp_zero: u32,
}

impl Source {
    /// The RTP timestamp of `media`. RTP's clock of Opus is 48 kHz as well (RFC 7587 section 4.1).
    pub(super) fn timestamp(&self, media: MediaTime) -> u32 {
        (media.as_ticks() as u32).wrapping_add(self.timestamp_zero)
    }

    /// The header of a packet.
    pub(super) fn header(&self, payload_type: u8, index: u64, media: MediaTime) -> [u8; RTP_HEADER_BYTES] {
        let mut header = [0; RTP_HEADER_BYTES];
        header[0] = 0x80;
        header[1] = payload_type;
        header[2..4].copy_from_slice(&(index as u16).to_be_bytes());
        header[4..8].copy_from_slice(&self.timestamp(media).to_be_bytes());
        header[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        header
    }
}

/// Where one listener's numbering stands.
#[derive(Clone, Debug)]
pub(super) struct Track {
    /// 48-bit index of the next packet: roll-over counter and sequence number.
    next: u64,
    /// First index of the unbroken run of packets from the current channel…
    run_start: u64,
    /// …and the number of that packet in the channel.
    run_number: u64,
    /// Channel of the run.
    run_duration: PacketDuration,
    /// Where the last packet ended: the next must start there.
    end: Option<MediaTime>,
    /// Saved retransmissions, in hundredths.
    saved: u32,
}

impl Track {
    /// A track whose first packet has sequence number `first`.
    pub(super) fn new(first: u16) -> Self {
        let next = u64::from(first);
        let run_duration = PacketDuration::Ms20;
        Self { next, run_start: next, run_number: 0, run_duration, end: None, saved: RESENDS_SAVED_MAX * 100 }
    }

    /// Where the last packet ended.
    pub(super) fn end(&self) -> Option<MediaTime> {
        self.end
    }

    /// Takes the index for packet `number` of the channel of `duration`, whose sound lasts until `end`.
    pub(super) fn take(&mut self, duration: PacketDuration, number: u64, end: MediaTime) -> u64 {
        let index = self.next;
        let expected = self.run_number + (index - self.run_start);
        if duration != self.run_duration || number != expected {
            (self.run_start, self.run_number, self.run_duration) = (index, number, duration);
        }
        self.next += 1;
        self.end = Some(end);
        self.saved = (self.saved + RESENDS_PER_HUNDRED).min(RESENDS_SAVED_MAX * 100);
        index
    }

    /// Index, channel and number of the packet that was sent last with this sequence number; `None` if it is not in the
    /// current run.
    pub(super) fn find(&self, sequence: u16) -> Option<(u64, PacketDuration, u64)> {
        let back = (self.next as u16).wrapping_sub(sequence);
        let index = self.next.checked_sub(u64::from(back)).filter(|_| back > 0)?;
        let into_run = index.checked_sub(self.run_start)?;
        Some((index, self.run_duration, self.run_number + into_run))
    }

    /// Spends one retransmission of the budget; `false` if it is used up.
    pub(super) fn spend_resend(&mut self) -> bool {
        let left = self.saved.checked_sub(100);
        self.saved = left.unwrap_or(self.saved);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media(packet: u64) -> MediaTime {
        MediaTime::from_ticks(packet * 960)
    }

    #[test]
    fn the_roll_over_counter_grows_when_the_sequence_number_wraps() {
        let mut track = Track::new(0xffff);
        assert_eq!(track.take(PacketDuration::Ms20, 0, media(0)), 0x0ffff);
        assert_eq!(track.take(PacketDuration::Ms20, 1, media(1)), 0x10000);
        assert_eq!(track.find(0xffff), Some((0x0ffff, PacketDuration::Ms20, 0)), "from before the wrap");
        assert_eq!(track.find(0), Some((0x10000, PacketDuration::Ms20, 1)));
    }

    #[test]
    fn only_packets_of_the_current_run_are_found() {
        let mut track = Track::new(100);
        track.take(PacketDuration::Ms20, 7, media(7));
        track.take(PacketDuration::Ms20, 8, media(8));
        track.take(PacketDuration::Ms10, 18, media(9));
        assert_eq!(track.find(101), None, "another channel's");
        assert_eq!(track.find(102), Some((102, PacketDuration::Ms10, 18)));
        assert_eq!(track.find(103), None, "not sent yet");
        assert_eq!(track.find(99), None, "before the first");
    }

    #[test]
    fn a_hole_in_the_channel_starts_a_new_run() {
        let mut track = Track::new(0);
        track.take(PacketDuration::Ms20, 0, media(0));
        track.take(PacketDuration::Ms20, 5, media(5));
        assert_eq!(track.find(1), Some((1, PacketDuration::Ms20, 5)));
        assert_eq!(track.find(0), None);
    }

    #[test]
    fn resends_are_a_tenth_of_the_stream_in_the_long_run() {
        let mut track = Track::new(0);
        let mut resent = 0;
        for n in 0..10_000 {
            track.take(PacketDuration::Ms20, n, media(n));
            while track.spend_resend() {
                resent += 1;
            }
        }
        assert!((1_000..=1_000 + RESENDS_SAVED_MAX).contains(&resent), "{resent}");
    }

    #[test]
    fn the_header_carries_the_common_source_and_the_own_number() {
        let source = Source { ssrc: 0x01020304, timestamp_zero: 0xffff_ffff };
        let header = source.header(111, 0x1_0002, MediaTime::from_ticks(3));
        assert_eq!(header, [0x80, 111, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4]);
    }
}
