//! SDP in and out: offers, answers and trickle fragments. The grammar is `sdp-types`'s; what it means for a listener or
//! a sender is here. Pure: no sockets, no sessions.

mod answer;
mod fragment;
mod offer;
#[cfg(test)]
mod tests;

pub(super) use answer::{Answering, Ours, restart_fragment};
pub(super) use fragment::Fragment;
pub(super) use offer::{AudioOffer, Peer};

/// Bytes of an offer or fragment that are read. Browsers send 1.5 to 6 KiB. A longer one is refused.
pub(super) const BYTES_MAX: usize = 16 * 1_024;

/// Lines of an offer that are read. Chromium's offer of audio alone has 37, its offer of audio, video and data
/// 217. A longer one is refused.
pub(super) const LINES_MAX: usize = 250;

/// Media sections of an offer. A longer list is refused.
pub(super) const SECTIONS_MAX: usize = 4;

/// Candidates in an offer. They are not used: an ICE-lite agent answers whoever proves to know the password. More are
/// refused, because nobody has as many for one listener.
pub(super) const CANDIDATES_MAX: usize = 20;

/// Longest token of the offer that is kept or told back (identification tags, user name fragments, passwords; RFC 8839
/// section 5.4 allows 256).
const TOKEN_BYTES_MAX: usize = 256;
