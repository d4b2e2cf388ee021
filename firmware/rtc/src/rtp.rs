//! RTP's counters for one listener: header, sequence numbers, and which packets a NACK may ask for again.
//!
//! All listeners of a stream hear the same packets; what differs is where each one's numbering starts. A listener's
//! numbering goes on over all streams that it hears one after the other. Nothing here encrypts or sends.

use base::MediaTime;

use super::history::Origin;
use super::srtp::RTP_HEADER_BYTES;

/// Retransmissions allowed per hundred packets sent: a listener who asks for more has a link that more packets will
/// not help, and would take air from the others.
const RESENDS_PER_HUNDRED: u32 = 10;

/// Retransmissions a listener can save up.
const RESENDS_SAVED_MAX: u32 = 10;

/// Runs of packets that a listener's track remembers: a packet of an earlier one is not sent again. A run ends when the
/// listener switches or changes its packet duration, or where a packet was dropped before it got here; nobody taps that
/// often within the half second for which packets are kept.
const RUNS_MAX: usize = 8;

/// What all listeners share, whatever they listen to: so a listener that switches hears one source whose time goes on.
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

/// Packets with consecutive indexes that are consecutive in their history, too.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// Index of the first packet.
    start: u64,
    /// The number of that packet in its history.
    number: u64,
    origin: Origin,
}

/// Where one listener's numbering stands.
#[derive(Clone, Debug)]
pub(super) struct Track {
    /// 48-bit index of the next packet: roll-over counter and sequence number.
    next: u64,
    /// The last runs, newest first.
    runs: [Option<Run>; RUNS_MAX],
    /// Where the last packet ended: the next must start there.
    end: Option<MediaTime>,
    /// Whether nothing was heard yet of the stream that it is in.
    arriving: bool,
    /// Saved retransmissions, in hundredths.
    saved: u32,
}

impl Track {
    /// A track whose first packet has sequence number `first`.
    pub(super) fn new(first: u16) -> Self {
        let saved = RESENDS_SAVED_MAX * 100;
        Self { next: first.into(), runs: [None; RUNS_MAX], end: None, arriving: true, saved }
    }

    /// Returns where the last packet ended.
    pub(super) fn end(&self) -> Option<MediaTime> {
        self.end
    }

    /// Notes that what comes next is another stream's.
    pub(super) fn arrive(&mut self) {
        self.arriving = true;
    }

    /// Returns whether a packet that starts at `start` may come next. The first of a stream may not repeat what was
    /// heard of the one before it.
    pub(super) fn accepts(&self, start: MediaTime) -> bool {
        !self.arriving || self.end.is_none_or(|end| start >= end)
    }

    /// Returns whether nothing was heard yet of the stream that it is in.
    pub(super) fn is_arriving(&self) -> bool {
        self.arriving
    }

    /// Takes the index for packet `number` of `origin`, whose sound lasts until `end`.
    pub(super) fn take(&mut self, origin: Origin, number: u64, end: MediaTime) -> u64 {
        let index = self.next;
        let goes_on =
            self.runs[0].is_some_and(|run| run.origin == origin && run.number + (index - run.start) == number);
        if !goes_on {
            self.runs.copy_within(..RUNS_MAX - 1, 1);
            self.runs[0] = Some(Run { start: index, number, origin });
        }
        self.next += 1;
        (self.end, self.arriving) = (Some(end), false);
        self.saved = (self.saved + RESENDS_PER_HUNDRED).min(RESENDS_SAVED_MAX * 100);
        index
    }

    /// Leaves the index free that packet `number` of `origin` would have had: it has not arrived.
    pub(super) fn skip(&mut self, origin: Origin, number: u64) {
        let goes_on =
            self.runs[0].is_some_and(|run| run.origin == origin && run.number + (self.next - run.start) == number);
        self.next += u64::from(goes_on);
    }

    /// Returns the index of packet `number` of `origin` if that is in the newest run and not the next: it was sent, or skipped.
    pub(super) fn kept_for(&self, origin: Origin, number: u64) -> Option<u64> {
        let run = self.runs[0].filter(|run| run.origin == origin)?;
        let index = run.start + number.checked_sub(run.number)?;
        (index < self.next).then_some(index)
    }

    /// Returns index, origin and number of the packet that was sent last with this sequence number; `None` if it was not
    /// sent or is in none of the last runs.
    pub(super) fn find(&self, sequence: u16) -> Option<(u64, Origin, u64)> {
        let back = (self.next as u16).wrapping_sub(sequence);
        let index = self.next.checked_sub(u64::from(back)).filter(|_| back > 0)?;
        let run = self.runs.iter().flatten().find(|run| run.start <= index)?;
        Some((index, run.origin, run.number + (index - run.start)))
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
    use base::PacketDuration;

    use super::*;
    use crate::history::StreamKey;

    fn of(stream: u32, duration: PacketDuration) -> Origin {
        Origin { stream: StreamKey(stream), duration }
    }

    const MAIN: Origin = Origin { stream: StreamKey(0), duration: PacketDuration::Ms20 };

    fn media(packet: u64) -> MediaTime {
        MediaTime::from_ticks(packet * 960)
    }

    #[test]
    fn the_roll_over_counter_grows_when_the_sequence_number_wraps() {
        let mut track = Track::new(0xffff);
        assert_eq!(track.take(MAIN, 0, media(0)), 0x0ffff);
        assert_eq!(track.take(MAIN, 1, media(1)), 0x10000);
        assert_eq!(track.find(0xffff), Some((0x0ffff, MAIN, 0)), "from before the wrap");
        assert_eq!(track.find(0), Some((0x10000, MAIN, 1)));
    }

    #[test]
    fn packets_are_found_where_they_came_from() {
        let mut track = Track::new(100);
        let (short, other) = (of(0, PacketDuration::Ms10), of(1, PacketDuration::Ms10));
        track.take(MAIN, 7, media(7));
        track.take(MAIN, 8, media(8));
        track.take(short, 18, media(9));
        track.take(other, 19, media(10));
        assert_eq!(track.find(101), Some((101, MAIN, 8)));
        assert_eq!(track.find(102), Some((102, short, 18)));
        assert_eq!(track.find(103), Some((103, other, 19)));
        assert_eq!(track.find(104), None, "not sent yet");
        assert_eq!(track.find(99), None, "before the first");
    }

    #[test]
    fn a_hole_in_a_history_starts_a_run_and_only_the_last_runs_are_remembered() {
        let mut track = Track::new(0);
        for packet in 0..20 {
            track.take(MAIN, packet * 2, media(packet * 2));
        }
        assert_eq!(track.find(19), Some((19, MAIN, 38)));
        assert_eq!(track.find(12), Some((12, MAIN, 24)));
        assert_eq!(track.find(11), None);
    }

    #[test]
    fn a_stream_is_entered_where_the_one_before_it_was_left_or_later() {
        let mut track = Track::new(0);
        assert!(track.accepts(media(0)) && track.is_arriving(), "nothing was heard yet");
        track.take(MAIN, 0, media(5));
        assert!(track.accepts(media(4)) && !track.is_arriving());
        track.arrive();
        assert!(track.is_arriving() && !track.accepts(media(4)));
        assert!(track.accepts(media(5)) && track.accepts(media(6)));
    }

    #[test]
    fn resends_are_a_tenth_of_the_stream_in_the_long_run() {
        let mut track = Track::new(0);
        let mut resent = 0;
        for n in 0..10_000 {
            track.take(MAIN, n, media(n));
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
