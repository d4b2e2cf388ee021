//! The RTCP a sender of sound needs: sender reports and BYE out; receiver reports, NACK and BYE in. The only file that
//! names `rtcp_types`.
//!
//! It reads and writes plain RTCP; protection and sending are the session's.

use rtcp_types::prelude::*;
use rtcp_types::{
    Bye, Compound, Nack, Packet, ReportBlock, Sdes, SdesChunk, SdesItem, SenderReport, TransportFeedback,
};

/// Sequence numbers of one datagram that are looked at; more are ignored, because the budget is smaller anyway.
pub(super) const NACKS_PER_DATAGRAM_MAX: usize = 64;

/// Whether `datagram` is RTP or RTCP (RFC 7983 section 7).
pub(super) fn is_rtp_or_rtcp(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|byte| (128..192).contains(byte))
}

/// Whether an RTP-or-RTCP datagram is RTCP (RFC 5761 section 4).
pub(super) fn is_rtcp(datagram: &[u8]) -> bool {
    datagram.get(1).is_some_and(|kind| (192..224).contains(kind))
}

/// What a listener says about our stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reception {
    /// Lost since the last report, in 256ths.
    pub(super) fraction_lost: u8,
    /// Lost since the start.
    pub(super) lost_total: u32,
    /// Jitter in 48 kHz ticks.
    pub(super) jitter_ticks: u32,
    /// Middle 32 bits of the NTP timestamp of the last sender report that arrived, or 0.
    pub(super) last_report: u32,
    /// Since then, in 1/65536 s.
    pub(super) delay: u32,
}

impl Reception {
    /// The round trip in microseconds, given the NTP time at which this arrived (RFC 3550 section 6.4.1).
    pub(super) fn round_trip_us(&self, ntp: u64) -> Option<u32> {
        let now = (ntp >> 16) as u32;
        let trip = now.wrapping_sub(self.last_report).wrapping_sub(self.delay);
        // More than a minute is no round trip but clocks that disagree or a lie.
        let plausible = self.last_report != 0 && trip < 60 << 16;
        plausible.then(|| ((u64::from(trip) * 1_000_000) >> 16) as u32)
    }
}

/// What a datagram of RTCP held for us.
#[derive(Debug)]
pub(super) struct Feedback {
    /// The last report about our stream.
    pub(super) reception: Option<Reception>,
    /// Sequence numbers asked for again, and how many of them there are.
    nacks: [u16; NACKS_PER_DATAGRAM_MAX],
    nacks_len: usize,
    /// Whether the listener leaves.
    pub(super) bye: bool,
}

/// Reads a datagram, compound or reduced-size (RFC 5506), looking only at what is about `ssrc`. Whatever cannot be read
/// is skipped.
pub(super) fn read(plain: &[u8], ssrc: u32) -> Feedback {
    let mut feedback = Feedback { reception: None, nacks: [0; NACKS_PER_DATAGRAM_MAX], nacks_len: 0, bye: false };
    let Ok(compound) = Compound::parse(plain) else { return feedback };
    // The iterator stops at the first packet it cannot read.
    for packet in compound.map_while(Result::ok) {
        match packet {
            Packet::Rr(report) => feedback.take_report(report.report_blocks(), ssrc),
            Packet::Sr(report) => feedback.take_report(report.report_blocks(), ssrc),
            Packet::TransportFeedback(transport) => feedback.take_nacks(&transport, ssrc),
            Packet::Bye(_) => feedback.bye = true,
            _ => {}
        }
    }
    feedback
}

impl Feedback {
    /// Returns the sequence numbers asked for again.
    pub(super) fn nacks(&self) -> &[u16] {
        &self.nacks[..self.nacks_len]
    }

    fn take_report<'a>(&mut self, mut blocks: impl Iterator<Item = ReportBlock<'a>>, ssrc: u32) {
        if let Some(block) = blocks.find(|block| block.ssrc() == ssrc) {
            self.reception = Some(Reception {
                fraction_lost: block.fraction_lost(),
                lost_total: block.cumulative_lost(),
                jitter_ticks: block.interarrival_jitter(),
                last_report: block.last_sender_report_timestamp(),
                delay: block.delay_since_last_sender_report_timestamp(),
            });
        }
    }

    fn take_nacks(&mut self, transport: &TransportFeedback<'_>, ssrc: u32) {
        let Ok(nack) = transport.parse_fci::<Nack<'_>>() else { return };
        if transport.media_ssrc() == ssrc {
            for (place, sequence) in self.nacks[self.nacks_len..].iter_mut().zip(nack.entries()) {
                *place = sequence;
                self.nacks_len += 1;
            }
        }
    }
}

/// Where the numbers of a sender report are that change (RFC 3550 section 6.4.1).
const NUMBERS_AT: usize = 8;

/// The sender reports of one source, written once but for their numbers: the crate's writer asks for memory each time.
#[derive(Debug)]
pub(super) struct Reports {
    plain: Vec<u8>,
    /// Ends in BYE.
    last: Vec<u8>,
}

/// The sender reports of one moment, the same for all listeners but for what they were sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report<'a> {
    reports: &'a Reports,
    /// The wall clock.
    ntp: u64,
    /// The RTP timestamp of the same instant.
    timestamp: u32,
}

impl Reports {
    /// Compounds of sender report and SDES, for the source `ssrc` and the canonical name `cname`.
    pub(super) fn new(ssrc: u32, cname: &str) -> Self {
        let compound = |bye: bool| {
            let name = SdesItem::builder(SdesItem::CNAME, cname);
            let names = Sdes::builder().add_chunk(SdesChunk::builder(ssrc).add_item(name));
            let mut compound = Compound::builder().add_packet(SenderReport::builder(ssrc)).add_packet(names);
            if bye {
                compound = compound.add_packet(Bye::builder().add_source(ssrc));
            }
            let mut bytes = vec![0; 512];
            let len = compound.write_into(&mut bytes).expect("a report and a short name fit");
            bytes.truncate(len);
            bytes
        };
        Self { plain: compound(false), last: compound(true) }
    }

    /// Returns the reports of the moment `ntp`, at which the RTP time is `timestamp`.
    pub(super) fn at(&self, ntp: u64, timestamp: u32) -> Report<'_> {
        Report { reports: self, ntp, timestamp }
    }
}

impl Report<'_> {
    /// Writes the report to a listener who was sent so many packets and payload bytes; with `bye`, the last one. Returns
    /// its length, or `None` if it does not fit.
    pub(super) fn write(&self, packets: u32, octets: u32, bye: bool, out: &mut [u8]) -> Option<usize> {
        let bytes = if bye { &self.reports.last } else { &self.reports.plain };
        let out = out.get_mut(..bytes.len())?;
        out.copy_from_slice(bytes);
        let numbers = out.get_mut(NUMBERS_AT..NUMBERS_AT + 20)?;
        numbers[..8].copy_from_slice(&self.ntp.to_be_bytes());
        for (place, word) in numbers[8..].chunks_exact_mut(4).zip([self.timestamp, packets, octets]) {
            place.copy_from_slice(&word.to_be_bytes());
        }
        Some(bytes.len())
    }
}

#[cfg(test)]
mod tests;
