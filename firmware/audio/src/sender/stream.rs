//! One sender's stream of bytes as the pump hears it: a decoder process, a ring of frames, fitted to the box's clock.
//!
//! The bytes go through a pipe straight to the process; nothing here looks at them. A thread moves what it says into the ring, and
//! waits while that is full, so that process, pipe and sender wait in their turn.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base::{StreamInlet, Time};
use rtrb::{Consumer, Producer, RingBuffer};

use super::depth::{Depth, WAITING_FRAMES_MAX};
use super::status::SenderStatus;
use crate::decode::{self, Error, OPEN_MAX, STALL_MAX, Said, TrackInfo, WorkerCommand, WorkerError};
use crate::line::fit::Fit;
use crate::pcm::{BLOCK_FRAMES, Frame, SAMPLE_RATE_HZ};
use crate::source::{Delivery, Source};

/// How often the thread looks whether its stream is still wanted.
const LOOK: Duration = Duration::from_millis(100);

/// How long a full ring is left alone.
const FULL_NAP: Duration = Duration::from_millis(20);

/// A stream in which no sound has come for this long is given up, whatever bytes come.
const QUIET_MAX: Duration = Duration::from_secs(20);

/// What becomes of a stream.
#[derive(Debug)]
pub enum StreamSaid {
    /// It says this about itself, from here on.
    Info(TrackInfo),
    /// It cannot be heard, or no further.
    Failed(Error),
}

/// Told from the stream's own thread; must not wait.
pub type Notify = Box<dyn FnMut(StreamSaid) + Send>;

/// One sender's stream.
pub(super) struct Stream {
    frames: Consumer<Frame>,
    fit: Fit,
    depth: Depth,
    is_filling: bool,
    is_cut: Arc<AtomicBool>,
    status: Arc<SenderStatus>,
}

/// Starts a decoder process and returns both ends of it; `None` if the system refuses something.
pub(super) fn open(
    status: Arc<SenderStatus>,
    worker: &WorkerCommand,
    notify: Notify,
) -> io::Result<(StreamInlet, Stream)> {
    let (reader, writer) = io::pipe()?;
    let (frames_in, frames) = RingBuffer::new(WAITING_FRAMES_MAX);
    let is_cut = Arc::<AtomicBool>::default();
    let stream = Stream::new(frames, Arc::clone(&is_cut), status).ok_or(io::ErrorKind::OutOfMemory)?;
    let mut feeding = Feeding { frames: frames_in, is_cut: Arc::clone(&is_cut), notify };
    let worker = worker.clone();
    // The process must be started by the thread that outlives it: it asks to be killed when its parent thread ends.
    thread::Builder::new().name("sent".into()).spawn(move || match feeding.run(&worker, reader) {
        Err(error) if !feeding.is_over() => (feeding.notify)(StreamSaid::Failed(error)),
        _ => {}
    })?;
    Ok((StreamInlet { bytes: OwnedFd::from(writer), is_cut }, stream))
}

/// The thread's half.
struct Feeding {
    frames: Producer<Frame>,
    is_cut: Arc<AtomicBool>,
    notify: Notify,
}

impl Feeding {
    fn run(&mut self, worker: &WorkerCommand, pipe: io::PipeReader) -> Result<(), Error> {
        let mut child = decode::listen(worker, pipe)?;
        let (mut frames, mut heard) = (Vec::new(), Instant::now());
        while !self.is_over() {
            if !child.is_ready(LOOK)? {
                if heard.elapsed() > QUIET_MAX {
                    return Err(Error::Worker(WorkerError::Stalled));
                }
                continue;
            }
            // What has begun to be said is soon said; the first message is the proof that it started at all.
            match child.next(OPEN_MAX.max(STALL_MAX), &mut frames)? {
                Said::Info(info) => (self.notify)(StreamSaid::Info(info)),
                Said::Sound => self.push(&frames),
                Said::End => return Ok(()),
            }
            frames.clear();
            heard = Instant::now();
        }
        Ok(())
    }

    /// Whether nobody wants the stream any more.
    fn is_over(&self) -> bool {
        self.frames.is_abandoned() || self.is_cut.load(Ordering::Acquire)
    }

    /// Moves `frames` into the ring, sleeping while it is full, until all are in or nobody wants them.
    fn push(&mut self, mut frames: &[Frame]) {
        while !frames.is_empty() && !self.is_over() {
            let room = self.frames.slots().min(frames.len());
            if let Ok(chunk) = self.frames.write_chunk_uninit(room) {
                chunk.fill_from_iter(frames[..room].iter().copied());
                frames = &frames[room..];
            }
            if !frames.is_empty() {
                thread::sleep(FULL_NAP);
            }
        }
    }
}

impl Stream {
    fn new(frames: Consumer<Frame>, is_cut: Arc<AtomicBool>, status: Arc<SenderStatus>) -> Option<Self> {
        let fit = Fit::new(SAMPLE_RATE_HZ).ok()?;
        Some(Self { frames, fit, depth: Depth::new(), is_filling: true, is_cut, status })
    }
}

impl Source for Stream {
    fn pull(&mut self, _: Time, out: &mut [Frame; BLOCK_FRAMES]) -> Delivery {
        // Asked before the frames are counted: what was put in before the end is heard.
        let is_over = self.frames.is_abandoned();
        let waiting = self.frames.slots();
        self.is_filling = self.is_filling && !is_over && !self.depth.is_filled(waiting);
        if self.is_cut.load(Ordering::Acquire) {
            return Delivery::Gone;
        }
        if self.is_filling {
            return Delivery::Late;
        }
        let speed = self.depth.run(waiting);
        self.fit.set_speed(speed);
        let input = self.fit.input();
        let Ok(chunk) = self.frames.read_chunk(input.len()) else {
            if is_over {
                return Delivery::Gone;
            }
            self.status.waits.fetch_add(1, Ordering::Relaxed);
            self.depth.ran_dry();
            self.is_filling = true;
            return Delivery::Late;
        };
        let (first, second) = chunk.as_slices();
        input[..first.len()].copy_from_slice(first);
        input[first.len()..].copy_from_slice(second);
        chunk.commit_all();
        self.fit.run(out);
        self.status.delay_us.store(waiting as u64 * 1_000_000 / u64::from(SAMPLE_RATE_HZ), Ordering::Relaxed);
        self.status.drift_ppb.store(((speed - 1.0) * 1e9) as i64, Ordering::Relaxed);
        Delivery::Sound(BLOCK_FRAMES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pcm::SILENCE;

    struct Bench {
        frames: Option<Producer<Frame>>,
        stream: Stream,
    }

    impl Bench {
        fn new() -> Self {
            let (frames_in, frames) = RingBuffer::new(WAITING_FRAMES_MAX);
            let stream = Stream::new(frames, Arc::default(), Arc::default()).unwrap();
            Self { frames: Some(frames_in), stream }
        }

        fn put(&mut self, count: usize) {
            let frames = self.frames.as_mut().unwrap();
            (0..count).for_each(|_| frames.push([0.5, -0.25]).unwrap());
        }

        fn pull(&mut self) -> (Delivery, Frame) {
            let mut out = [SILENCE; BLOCK_FRAMES];
            (self.stream.pull(Time::ZERO, &mut out), out[BLOCK_FRAMES - 1])
        }
    }

    #[test]
    fn it_is_heard_once_enough_waits_and_again_after_it_ran_dry() {
        let mut bench = Bench::new();
        bench.put(71_000);
        assert_eq!(bench.pull().0, Delivery::Late);
        bench.put(2_000);
        let heard: Vec<_> = (0..151).map(|_| bench.pull()).collect();
        assert!(heard.iter().all(|(delivery, _)| *delivery == Delivery::Sound(BLOCK_FRAMES)));
        let [left, right] = heard[100].1;
        assert!((left - 0.5).abs() < 1e-3 && (right + 0.25).abs() < 1e-3, "{left} {right}");
        assert!((0..10).map(|_| bench.pull().0).any(|delivery| delivery == Delivery::Late));
        assert_eq!(bench.stream.status.numbers().waits_total, 1);
        bench.put(80_000);
        assert_eq!(bench.pull().0, Delivery::Late, "more must wait than the first time");
        bench.put(50_000);
        assert_eq!(bench.pull().0, Delivery::Sound(BLOCK_FRAMES));
    }

    #[test]
    fn what_came_before_the_end_is_heard_and_nothing_after_it_is_cut() {
        let mut bench = Bench::new();
        bench.put(4_800);
        bench.frames = None;
        let heard = (0..20).filter(|_| bench.pull().0 == Delivery::Sound(BLOCK_FRAMES)).count();
        assert!((9..=10).contains(&heard), "{heard} blocks of 100 ms");
        assert_eq!(bench.pull().0, Delivery::Gone);
        let mut bench = Bench::new();
        bench.put(96_000);
        assert_eq!(bench.pull().0, Delivery::Sound(BLOCK_FRAMES));
        bench.stream.is_cut.store(true, Ordering::Release);
        assert_eq!(bench.pull().0, Delivery::Gone);
    }
}
