//! The ids of relayed streams: drawn, and never used again.

use aws_lc_rs::rand;
use base::StreamId;

/// Random bytes in a stream's id, which is told to everybody: enough that two never meet.
const ID_BYTES: usize = 6;

/// How a relayed stream's id begins, as in the notes that its protocol descends from.
pub(super) const ID_PREFIX: &str = "stream_";

/// Draws the id of a stream; `None` if the system has no random bytes.
pub(super) fn draw() -> Option<StreamId> {
    let mut bytes = [0; ID_BYTES];
    rand::fill(&mut bytes).ok()?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    StreamId::new(&format!("{ID_PREFIX}{digits}")).ok()
}
