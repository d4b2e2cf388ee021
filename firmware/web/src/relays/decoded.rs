//! Which relayed streams are decoded: those of which somebody hears MP3, and for a moment more.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use base::{StreamId, Time};

use super::signs::Signs;
use crate::decoding::Decode;
use crate::mp3::Hub;

/// For how long a stream is still decoded of which nobody hears MP3, in milliseconds: a player that asks what it is before it
/// plays comes back sooner.
const UNHEARD_MS_MAX: u64 = 5_000;

/// A stream that is decoded; dropping it ends that.
struct Running {
    hub: Hub,
    signs: Arc<Signs>,
    stop: Option<Box<dyn FnOnce() + Send>>,
    heard_at: Time,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.signs.turn_to(None);
        self.hub.stop();
        if let Some(stop) = self.stop.take() {
            stop();
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("hub", &self.hub).finish_non_exhaustive()
    }
}

/// The streams that are decoded.
#[derive(Debug, Default)]
pub(super) struct Decoded(BTreeMap<StreamId, Running>);

impl Decoded {
    /// Returns where the MP3 of `stream` is heard, which is decoded from now on; `None` if the system refuses something.
    pub(super) fn hub(&mut self, now: Time, stream: StreamId, signs: &Arc<Signs>, decode: &Decode) -> Option<Hub> {
        if let Some(running) = self.0.get_mut(&stream) {
            running.heard_at = now;
            return Some(running.hub.clone());
        }
        let made = decode(stream)?;
        let signs = Arc::clone(signs);
        signs.turn_to(Some(made.inlet));
        let hub = made.hub.clone();
        self.0.insert(stream, Running { hub: made.hub, signs, stop: Some(made.stop), heard_at: now });
        Some(hub)
    }

    /// Ends what nobody hears, and what `is_there` does not know.
    pub(super) fn prune(&mut self, now: Time, is_there: impl Fn(StreamId) -> bool) {
        self.0.retain(|stream, running| {
            if running.hub.listeners() > 0 {
                running.heard_at = now;
            }
            is_there(*stream) && now < running.heard_at.plus_millis(UNHEARD_MS_MAX)
        });
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns how many hear MP3 of `stream`.
    pub(super) fn listeners(&self, stream: StreamId) -> usize {
        self.0.get(&stream).map_or(0, |running| running.hub.listeners())
    }
}
