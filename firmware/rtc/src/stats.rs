//! What the fan-out counts. Plain numbers; the thread copies them out, metrics and pages read them.

use super::api::OfferError;

/// Totals since the start, and how many listen now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Joined listeners per stream, in the order of the configuration.
    pub listeners: Vec<usize>,
    /// Sessions whose handshake is not done.
    pub handshaking: usize,
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
    /// Listeners freed because they gave no sign of life.
    pub lost_total: u64,
    /// Datagrams that no session proved to be its own.
    pub strangers_total: u64,
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
