//! A recording that is being made: stereo frames, and when each of them arrived.
//!
//! Two recordings of one server can be laid over each other by their times: all null sinks run on the machine's clock,
//! so the earliest arrival of any piece fixes the time of every frame. It judges nothing.

use std::io::{self, Read};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::Player;

/// Frames per second.
const RATE_HZ: f64 = 48_000.0;

/// Bytes of a frame: two `f32`.
const FRAME_BYTES: usize = 8;

#[derive(Default)]
struct Tape {
    frames: Vec<[f32; 2]>,
    /// The time of the first frame, as the earliest arrival of any later frame says.
    start: Option<Instant>,
}

/// A tape that somebody writes and others wait for.
#[derive(Default)]
struct Shared {
    written: Mutex<Tape>,
    more: Condvar,
}

/// A recorder at work; ends with the value.
pub struct Recording {
    tape: Arc<Shared>,
    _recorder: Player,
}

impl Recording {
    /// Reads what `command` writes to its piped output.
    pub(super) fn of(command: &mut Command) -> io::Result<Self> {
        let mut recorder = Player(command.spawn()?);
        let mut sound = recorder.0.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let tape = Arc::new(Shared::default());
        let writer = Arc::clone(&tape);
        // Ends with the recorder, whose end of the pipe closes.
        std::thread::spawn(move || {
            let (mut buffer, mut kept) = ([0; 4_096], 0);
            while let Ok(count @ 1..) = sound.read(&mut buffer[kept..]) {
                let (now, filled) = (Instant::now(), kept + count);
                let whole = filled - filled % FRAME_BYTES;
                lock(&writer.written).write(&buffer[..whole], now);
                writer.more.notify_all();
                buffer.copy_within(whole..filled, 0);
                kept = filled - whole;
            }
        });
        Ok(Self { tape, _recorder: recorder })
    }

    /// Frames so far.
    pub fn len(&self) -> usize {
        lock(&self.tape.written).frames.len()
    }

    /// Whether nothing has arrived yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until there are this many frames; `false` if they do not come within `limit`.
    pub fn wait_for(&self, frames: usize, limit: Duration) -> bool {
        let tape = lock(&self.tape.written);
        let short = |tape: &mut Tape| tape.frames.len() < frames;
        let waited = self.tape.more.wait_timeout_while(tape, limit, short);
        !waited.expect("nobody panics while holding it").1.timed_out()
    }

    /// One channel (0 left, 1 right) of the frames from `from` on.
    pub fn channel(&self, channel: usize, from: usize) -> Vec<f32> {
        lock(&self.tape.written).frames.iter().skip(from).map(|frame| frame[channel]).collect()
    }

    /// When the first frame was recorded.
    pub fn start(&self) -> Option<Instant> {
        lock(&self.tape.written).start
    }
}

impl Tape {
    fn write(&mut self, bytes: &[u8], now: Instant) {
        let sample = |at: &[u8]| f32::from_le_bytes([at[0], at[1], at[2], at[3]]);
        self.frames.extend(bytes.chunks_exact(FRAME_BYTES).map(|frame| [sample(frame), sample(&frame[4..])]));
        let length = Duration::from_secs_f64(self.frames.len() as f64 / RATE_HZ);
        let start = now.checked_sub(length);
        self.start = match (self.start, start) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
}

fn lock(tape: &Mutex<Tape>) -> MutexGuard<'_, Tape> {
    tape.lock().expect("nobody panics while holding it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_arrival_fixes_the_time_of_the_first_frame() {
        let mut tape = Tape::default();
        let zero = Instant::now() + Duration::from_secs(100);
        let ten_ms = [0_u8; 480 * FRAME_BYTES];
        tape.write(&ten_ms, zero + Duration::from_millis(50));
        tape.write(&ten_ms, zero + Duration::from_millis(22));
        tape.write(&ten_ms, zero + Duration::from_millis(70));
        assert_eq!(tape.start, Some(zero + Duration::from_millis(2)));
        assert_eq!(tape.frames.len(), 1_440);
    }
}
