//! The seam between a sender's stream and whoever makes MP3 of it while somebody hears that.

use std::fmt;
use std::sync::Arc;

use base::{PacketInlet, StreamId};

use crate::mp3::Hub;

/// What makes MP3 of one stream's packets.
pub struct Decoding {
    /// Where the packets go.
    pub inlet: Box<dyn PacketInlet>,
    /// Where the MP3 is heard.
    pub hub: Hub,
    /// Ends the making of it.
    pub stop: Box<dyn FnOnce() + Send>,
}

impl fmt::Debug for Decoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoding").field("hub", &self.hub).finish_non_exhaustive()
    }
}

/// Begins to make MP3 of a stream, which takes a few milliseconds; `None` if the system refuses something.
pub type Decode = Arc<dyn Fn(StreamId) -> Option<Decoding> + Send + Sync>;
