//! What a player hears from the box in the guest: MP3 from the forwarded port, decoded here by ffmpeg.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use tests::machine::Machine;
use tests::wav::RATE_HZ;

/// Bytes of MP3 per second at the box's default bit rate.
const BYTES_PER_S: u64 = 128_000 / 8;

/// Listens for `seconds` of the box's sound and returns the left channel at [`RATE_HZ`].
pub(crate) fn heard(machine: &Machine, seconds: u64) -> Vec<f32> {
    let mp3 = machine.listen("/stream/latest.mp3", seconds * BYTES_PER_S);
    assert_eq!(mp3.len() as u64, seconds * BYTES_PER_S, "the stream ended");
    decoded("mp3", &mp3)
}

/// The left channel of `bytes`, which are in this format, at [`RATE_HZ`].
pub(crate) fn decoded(format: &str, bytes: &[u8]) -> Vec<f32> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "fatal", "-f", format, "-i", "-", "-af", "pan=mono|c0=c0", "-ar", &RATE_HZ.to_string()]);
    command.args(["-f", "f32le", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut ffmpeg = command.spawn().expect("ffmpeg starts");
    let mut input = ffmpeg.stdin.take().expect("asked for");
    let output = thread::scope(|scope| {
        // It writes before it has read everything. If it stops reading it says why.
        scope.spawn(move || _ = input.write_all(bytes));
        ffmpeg.wait_with_output().expect("ffmpeg ends")
    });
    assert!(output.status.success(), "ffmpeg failed: {}", output.status);
    output.stdout.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).collect()
}
