//! What a player hears from the box in the guest: MP3 from the forwarded port.

use tests::listener::decoded;
use tests::machine::Machine;

/// Bytes of MP3 per second at the box's default bit rate.
const BYTES_PER_S: u64 = 128_000 / 8;

/// Listens for `seconds` of the box's sound and returns the left channel at `wav::RATE_HZ`.
pub(crate) fn heard(machine: &Machine, seconds: u64) -> Vec<f32> {
    let mp3 = machine.listen("/stream/latest.mp3", seconds * BYTES_PER_S);
    assert_eq!(mp3.len() as u64, seconds * BYTES_PER_S, "the stream ended");
    decoded("mp3", &mp3)
}
