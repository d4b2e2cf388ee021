//! What the fan-out counts: plain numbers in its thread, atomic ones for everybody else.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};

use base::StreamId;

use super::api::OfferError;

/// Totals since the start, and how many listen at the moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Joined listeners per stream.
    pub listeners: Vec<(StreamId, usize)>,
    /// Sessions whose handshake is not done.
    pub handshaking: u64,
    /// RTP packets handed to the kernel.
    pub packets_sent_total: u64,
    /// Bytes of all datagrams handed to the kernel.
    pub bytes_sent_total: u64,
    /// Datagrams that the kernel refused or that were too large.
    pub send_errors_total: u64,
    /// Packets from the pump that came while the ring was full.
    pub ring_drops_total: u64,
    /// Packets sent again.
    pub nacks_answered_total: u64,
    /// Requests to send again that were over the budget.
    pub nacks_over_budget_total: u64,
    /// Listeners that joined (handshake done).
    pub joins_total: u64,
    /// The same per SRTP profile, in the order of [`super::srtp::Profile::ALL`].
    pub joins_by_profile: [u64; 3],
    /// Handshakes that failed or took too long.
    pub handshake_failures_total: u64,
    /// Senders that joined.
    pub sender_joins_total: u64,
    /// RTP packets that senders sent.
    pub packets_received_total: u64,
    /// Of these, those that go to listeners as they came.
    pub packets_relayed_total: u64,
    /// Listeners and senders freed because they gave no sign of life.
    pub lost_total: u64,
    /// Datagrams that no session proved to be its own.
    pub strangers_total: u64,
    /// Datagrams of ours that were refused where they went.
    pub refused_total: u64,
    /// Sessions ended because of a fault of ours.
    pub faults_total: u64,
    /// Offers that were refused.
    pub refusals: Refusals,
}

/// Refused offers by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// Not SDP, or something required was missing.
    pub malformed_total: u64,
    /// Nothing in common with the box.
    pub not_acceptable_total: u64,
    /// No such stream.
    pub unknown_stream_total: u64,
    /// The box was full.
    pub full_total: u64,
    /// Too many sessions from one address.
    pub address_total: u64,
    /// Too many offers or handshakes at once.
    pub unavailable_total: u64,
}

/// How many numbers [`Stats::numbers`] has.
const NUMBERS: usize = 25;

impl Stats {
    /// Returns the joined listeners of `stream`; none if there is no such stream.
    pub fn listeners_of(&self, stream: StreamId) -> usize {
        self.listeners.iter().find(|(id, _)| *id == stream).map_or(0, |(_, listeners)| *listeners)
    }

    /// Returns the joined listeners of all streams together.
    pub fn listeners_in_all(&self) -> usize {
        self.listeners.iter().map(|(_, listeners)| listeners).sum()
    }

    /// Every number but the listeners per stream, in an order of no meaning.
    fn numbers(&mut self) -> [&mut u64; NUMBERS] {
        // By name and without `..`, so that a number that is left out does not compile.
        let Self {
            listeners: _,
            handshaking,
            packets_sent_total,
            bytes_sent_total,
            send_errors_total,
            ring_drops_total,
            nacks_answered_total,
            nacks_over_budget_total,
            joins_total,
            joins_by_profile: [a, b, c],
            handshake_failures_total,
            sender_joins_total,
            packets_received_total,
            packets_relayed_total,
            lost_total,
            strangers_total,
            refused_total,
            faults_total,
            refusals,
        } = self;
        let Refusals {
            malformed_total,
            not_acceptable_total,
            unknown_stream_total,
            full_total,
            address_total,
            unavailable_total,
        } = refusals;
        [
            handshaking,
            packets_sent_total,
            bytes_sent_total,
            send_errors_total,
            ring_drops_total,
            nacks_answered_total,
            nacks_over_budget_total,
            joins_total,
            a,
            b,
            c,
            handshake_failures_total,
            sender_joins_total,
            packets_received_total,
            packets_relayed_total,
            lost_total,
            strangers_total,
            refused_total,
            faults_total,
            malformed_total,
            not_acceptable_total,
            unknown_stream_total,
            full_total,
            address_total,
            unavailable_total,
        ]
    }
}

/// The numbers of [`Stats`] as the thread shows them: written by it alone, read by anybody, and nobody waits. Numbers
/// that are read together may be one turn of the thread apart.
#[derive(Debug)]
pub(super) struct Board([AtomicU64; NUMBERS]);

impl Default for Board {
    fn default() -> Self {
        Self(array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl Board {
    pub(super) fn write(&self, mut stats: Stats) {
        self.0.iter().zip(stats.numbers()).for_each(|(shown, number)| shown.store(*number, Ordering::Relaxed));
    }

    pub(super) fn read(&self) -> Stats {
        let mut stats = Stats::default();
        self.0.iter().zip(stats.numbers()).for_each(|(shown, number)| *number = shown.load(Ordering::Relaxed));
        stats
    }
}

impl Refusals {
    pub(super) fn count(&mut self, error: &OfferError) {
        let total = match error {
            OfferError::Malformed(_) => &mut self.malformed_total,
            OfferError::NotAcceptable(_) => &mut self.not_acceptable_total,
            OfferError::UnknownStream => &mut self.unknown_stream_total,
            OfferError::Full { .. } => &mut self.full_total,
            OfferError::TooManyFromAddress { .. } => &mut self.address_total,
            OfferError::Unavailable => &mut self.unavailable_total,
        };
        *total += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_shown_as_it_is() {
        let mut stats = Stats::default();
        stats.numbers().into_iter().zip(1..).for_each(|(number, value)| *number = value);
        let board = Board::default();
        board.write(stats.clone());
        assert_eq!(board.read(), stats);
        assert_eq!((stats.handshaking, stats.refusals.unavailable_total), (1, NUMBERS as u64));
    }
}
