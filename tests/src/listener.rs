//! What a player hears of a box's MP3, decoded by ffmpeg. It judges nothing, and knows no browser: that is a guest.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crate::card::Running;
use crate::wav::RATE_HZ;

/// The left channel of `bytes`, which are in this format, at [`RATE_HZ`].
///
/// # Panics
/// When ffmpeg cannot make sense of them.
pub fn decoded(format: &str, bytes: &[u8]) -> Vec<f32> {
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

/// Somebody who listens to MP3 of a box on its card until the end.
#[derive(Debug)]
pub struct Listener {
    ends: Arc<AtomicBool>,
    thread: JoinHandle<Vec<u8>>,
}

impl Listener {
    /// Begins.
    ///
    /// # Panics
    /// When the box does not answer.
    pub fn of(running: &Running) -> Self {
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
    ///
    /// # Panics
    /// When the stream broke off.
    pub fn end(self) -> Vec<f32> {
        self.ends.store(true, Ordering::Relaxed);
        decoded("mp3", &self.thread.join().expect("it has listened"))
    }
}
