//! What a player hears from the box in the guest: MP3 from the forwarded port, decoded here by ffmpeg.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use tests::card::Running;
use tests::hear;
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

/// The pitch of each half second, Hz; 0 where there is none.
pub(crate) fn pitches(heard: &[f32]) -> Vec<f64> {
    heard.chunks_exact(RATE_HZ as usize / 2).map(|half| hear::pitch_hz(half, RATE_HZ).unwrap_or(0.0)).collect()
}

/// Somebody who listens to MP3 of a box on its card until the end.
pub(crate) struct Listener {
    ends: Arc<AtomicBool>,
    thread: JoinHandle<Vec<u8>>,
}

impl Listener {
    pub(crate) fn of(running: &Running) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let (until, mut mp3) = (Arc::clone(&ends), running.listen("/stream/latest.mp3"));
        let listen = move || {
            let (mut heard, mut piece) = (Vec::new(), [0; 4_096]);
            while !until.load(Ordering::Relaxed) {
                let length = mp3.read(&mut piece).expect("the box goes on sending");
                assert!(length > 0, "the stream ended");
                heard.extend(&piece[..length]);
            }
            heard
        };
        Self { ends, thread: thread::spawn(listen) }
    }

    /// What was heard.
    pub(crate) fn end(self) -> Vec<f32> {
        self.ends.store(true, Ordering::Relaxed);
        decoded("mp3", &self.thread.join().expect("it has listened"))
    }
}
