//! What the fan-out is told once, and its limits. Values only; where they come from is not known here.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use base::{PacketDuration, Rate, Shares, StreamId, Time, Timeline};

/// Listeners at once, by default. At 100 kbit/s each, 1,000 are 100 Mbit/s: what the box's wired port carries. A
/// further offer is refused with [`super::api::OfferError::Full`].
pub const LISTENERS_MAX: usize = 1_000;

/// Sessions per address, by default. A phone needs one, and a second while it reconnects; eight leaves room for a few
/// people behind one NAT. A further offer is refused with [`super::api::OfferError::TooManyFromAddress`].
pub const SESSIONS_PER_ADDRESS_MAX: usize = 8;

/// Sessions whose handshake is not done, by default: more than are offered ([`OFFERS_PER_SECOND`]) while those that say nothing keep
/// their places ([`UNHEARD_MS_MIN`]), so that a newcomer finds one of theirs. For a further one the oldest goes of whose addresses none
/// has answered; if there is none such, the offer is refused with [`super::api::OfferError::Unavailable`] until some join or give up.
pub const HANDSHAKES_MAX: usize = 800;

/// How long a session may keep its place though none of its addresses has answered, in milliseconds, when somebody else wants it:
/// a phone answers within a tenth of a second, and whoever never meant to join would hold it for [`HANDSHAKE_MS_MAX`]. It keeps
/// newcomers from being crowded out by as many addresses as a network has, which no share per address can (compare RFC 4987
/// section 3.4, recycling the oldest half-open connection).
pub const UNHEARD_MS_MIN: u64 = 300;

/// Offers taken per second in the long run, by default: forty times what a party brings at its busiest (50 joins per second), so that
/// whoever comes is among those that are read, however many addresses offer. A further one is refused with
/// [`super::api::OfferError::Unavailable`]; phones retry.
pub const OFFERS_PER_SECOND: u32 = 2_000;

/// Offers taken at once after a quiet time, by default: a whole party that reconnects when the box comes back.
pub const OFFERS_BURST: u32 = 1_024;

/// Streams at once: a silent disco has three channels, and every stream costs about 5 KB while nobody listens. A further
/// one is refused with [`super::api::StreamError::Full`].
pub const STREAMS_MAX: usize = 32;

/// How long a session may stand by before anybody wants to hear, in milliseconds: a page keeps one ready for the tap while
/// somebody looks for the button, and gives it up sooner.
pub const STANDBY_MS_MAX: u64 = 120_000;

/// Average bit rate that a sender is asked for, bits per second: what it sends may be encoded once more, so that a little more is
/// sent than listeners get.
pub(super) const SENDER_BITRATE_BPS: u32 = 192_000;

/// How long a session may take to finish its handshake before it is freed, in milliseconds.
pub const HANDSHAKE_MS_MAX: u64 = 10_000;

/// How long a listener may give no authenticated sign of life before it is freed, in milliseconds (RFC 7675 section
/// 5.1).
pub const CONSENT_MS_MAX: u64 = 30_000;

/// The limits, each with its default above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Listeners at once.
    pub listeners: usize,
    /// Sessions per address.
    pub sessions_per_address: usize,
    /// Sessions whose handshake is not done.
    pub handshakes: usize,
    /// Offers per second in the long run.
    pub offers_per_second: u32,
    /// Offers at once after a quiet time.
    pub offers_burst: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            listeners: LISTENERS_MAX,
            sessions_per_address: SESSIONS_PER_ADDRESS_MAX,
            handshakes: HANDSHAKES_MAX,
            offers_per_second: OFFERS_PER_SECOND,
            offers_burst: OFFERS_BURST,
        }
    }
}

/// Seconds in which an address may offer as many sessions as it may hold, in the long run: one that reconnects all the time
/// is broken.
const REFILL_S: u64 = 32;

impl Limits {
    /// Returns the budget of offers from `now` on. Whoever carries offers to the fan-out may keep one of its own, to refuse them
    /// before anything of them is read.
    pub fn offers(&self, now: Time) -> Shares {
        let each = self.sessions_per_address as u64;
        let total = Rate { per_1000_s: u64::from(self.offers_per_second) * 1_000, burst: self.offers_burst.into() };
        let per_1000_s = each * 1_000 / REFILL_S;
        let (address, guest) = (Rate { per_1000_s, burst: 2 * each }, Rate { per_1000_s, burst: each });
        Shares::new(total, address, guest, now)
    }
}

/// One stream that can be listened to.
#[derive(Clone, Copy, Debug)]
pub struct StreamConfig {
    /// Its name in every API.
    pub id: StreamId,
    /// Packet duration of a listener who asks for none.
    pub duration: PacketDuration,
    /// Average bit rate of its Opus encoding in bits per second, told in the answer.
    pub bitrate_bps: u32,
    /// Whether its Opus encoding carries in-band error correction, told in the answer.
    pub in_band_fec: bool,
}

impl StreamConfig {
    /// Returns that of a stream whose packets are a sender's: what its packets are is the sender's choice, so that this only says
    /// what is asked of senders.
    pub(super) fn relayed(id: StreamId) -> Self {
        Self { id, duration: PacketDuration::Ms20, bitrate_bps: SENDER_BITRATE_BPS, in_band_fec: true }
    }
}

/// The one place where [`Time`] meets the clocks outside: fixed when the box starts, so that nothing drifts.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    /// The monotonic instant of [`Time::ZERO`]. The DTLS library counts in [`Instant`]s.
    pub zero: Instant,
    /// Time since 1 January 1970 at [`Time::ZERO`], for the NTP timestamps in sender reports.
    pub unix_at_zero: Duration,
}

impl Clocks {
    /// `time` as an [`Instant`].
    pub fn instant(&self, time: Time) -> Instant {
        self.zero + Duration::from_micros(time.as_micros())
    }

    /// `instant` as a [`Time`], rounded up so that a timer never fires early.
    pub fn time(&self, instant: Instant) -> Time {
        let since = instant.saturating_duration_since(self.zero);
        Time::from_micros(since.as_nanos().div_ceil(1_000).min(u128::from(u64::MAX)) as u64)
    }

    /// `time` as a 64-bit NTP timestamp: seconds since 1900 and a binary fraction (RFC 5905 section 6).
    pub fn ntp(&self, time: Time) -> u64 {
        /// Seconds from 1 January 1900 to 1 January 1970 (RFC 868).
        const SECONDS_1900_TO_1970: u64 = 2_208_988_800;
        let unix = self.unix_at_zero + Duration::from_micros(time.as_micros());
        let seconds = unix.as_secs().wrapping_add(SECONDS_1900_TO_1970);
        let fraction = (u64::from(unix.subsec_nanos()) << 32) / 1_000_000_000;
        (seconds << 32) | fraction
    }
}

/// Everything the engine is told once.
#[derive(Clone, Debug)]
pub struct Config {
    /// How the media time of every stream maps to the clock; sender reports tell it to the phones.
    pub timeline: Timeline,
    /// Our addresses, offered as host candidates after the one the phone reached over HTTP.
    pub addresses: Vec<IpAddr>,
    /// The UDP port of all listeners.
    pub port: u16,
    /// The limits.
    pub limits: Limits,
    /// The clocks outside.
    pub clocks: Clocks,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ntp_counts_from_1900() {
        let clocks = Clocks { zero: Instant::now(), unix_at_zero: Duration::from_secs(0) };
        assert_eq!(clocks.ntp(Time::from_micros(500_000)), (2_208_988_800 << 32) | 0x8000_0000);
    }

    #[test]
    fn an_instant_comes_back_as_the_same_time() {
        let clocks = Clocks { zero: Instant::now(), unix_at_zero: Duration::from_secs(0) };
        let time = Time::from_micros(123_456);
        assert_eq!(clocks.time(clocks.instant(time)), time);
    }
}
