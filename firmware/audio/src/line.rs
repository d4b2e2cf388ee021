//! Line-in: one sound card that feeds any number of channels, each at its own pace.
//!
//! [`Feeder`] runs on the capture thread: it opens the device, reads it, and reopens it for ever. [`LineSource`] is the
//! handle to it, from which every channel gets a tap of its own. [`LineIn`] is such a tap as that channel's pump sees it:
//! a [`crate::source::Source`] that fits the card's clock to the box's. Between the capture thread and each tap lies one
//! session per opened device, with everything that both need made beforehand, so that neither end allocates while there is
//! sound and what one tap does is never felt by another.
//!
//! Taps come and go while the device plays. Their memory is made on the thread that asks for one and freed there or while
//! there is no sound. The capture thread ends when every handle and every tap is dropped.

mod feeder;
pub(crate) mod fit;
mod handle;
mod level;
mod outlets;
mod session;
mod shared;
pub mod status;
mod tap;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use feeder::{FIRST_SOUND_MS, Feeder, NextStep, RETRY_MS_MAX, STALL_MS, run};
pub use handle::{LineSource, TooManyTaps};
pub use level::{Decision, Level, Stamp};
pub use shared::TAPS_MAX;
pub use status::LineState;
pub use tap::LineIn;

use crate::capture::Open;
use shared::Shared;

/// Returns both ends of a line-in whose device `open` opens: what the capture thread [runs](run), and the handle from which
/// channels get their taps. It has no tap yet.
pub fn pair(open: Box<dyn Open>) -> (Feeder, LineSource) {
    let shared = Arc::new(Shared::new());
    (Feeder::new(open, Arc::clone(&shared)), LineSource::new(shared))
}
