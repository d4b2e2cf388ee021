//! A channel's input for senders: the handle that opens it, and the pump's end.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use base::{PacketInlet, StreamInlet, Time};
use crossbeam_queue::ArrayQueue;

use super::playout;
use super::status::{SenderState, SenderStatus};
use super::stream::{self, Notify};
use crate::decode::WorkerCommand;
use crate::meter::{SignalMeter, peak};
use crate::pcm::{BLOCK_FRAMES, Frame};
use crate::source::{Delivery, Source};

/// Senders on their way to the pump: the newest. One that the pump has not fetched is replaced.
const FRESH: usize = 1;

/// Senders on their way back, to be freed when the next is opened. When it is full, the next one is freed on the pump's
/// thread.
const RETIRED: usize = 4;

/// Why no sender can be taken: the system has no memory for a decoder. A retry may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenError;

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no decoder for another sender")
    }
}

impl std::error::Error for OpenError {}

struct Shared {
    fresh: ArrayQueue<Box<dyn Source>>,
    retired: ArrayQueue<Box<dyn Source>>,
    status: Arc<SenderStatus>,
}

/// A handle to one channel's input for senders. Cheap to clone.
#[derive(Clone)]
pub struct SenderInput {
    shared: Arc<Shared>,
}

impl fmt::Debug for SenderInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SenderInput").finish_non_exhaustive()
    }
}

/// The pump's end of a channel's input for senders.
pub struct SenderSource {
    shared: Arc<Shared>,
    current: Option<Box<dyn Source>>,
    meter: SignalMeter,
}

impl Default for SenderInput {
    fn default() -> Self {
        Self::new()
    }
}

impl SenderInput {
    /// Returns an input into which nobody sends.
    pub fn new() -> Self {
        let (fresh, retired) = (ArrayQueue::new(FRESH), ArrayQueue::new(RETIRED));
        Self { shared: Arc::new(Shared { fresh, retired, status: Arc::default() }) }
    }

    /// Returns the pump's end; there is one for each input.
    pub fn source(&self) -> SenderSource {
        SenderSource { shared: Arc::clone(&self.shared), current: None, meter: SignalMeter::new() }
    }

    /// Takes a sender of Opus packets, in whose favour the one before is given up, and returns where its packets go. Takes a
    /// few milliseconds, in which tables are made.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&self) -> Result<Box<dyn PacketInlet>, OpenError> {
        let (feed, playout) = playout::pair(Arc::clone(&self.shared.status)).ok_or(OpenError)?;
        self.hand_over(Box::new(playout));
        Ok(Box::new(feed))
    }

    /// Takes a sender of a stream of bytes, in whose favour the one before is given up, and returns where they go. `worker` decodes
    /// them, and `notify` receives what they say of themselves. Takes a few milliseconds.
    ///
    /// # Errors
    /// [`OpenError`]. `notify` learns that no process can be had.
    pub fn open_stream(&self, worker: &WorkerCommand, notify: Notify) -> Result<StreamInlet, OpenError> {
        let opened = stream::open(Arc::clone(&self.shared.status), worker, notify);
        let (inlet, stream) = opened.map_err(|_| OpenError)?;
        self.hand_over(Box::new(stream));
        Ok(inlet)
    }

    fn hand_over(&self, source: Box<dyn Source>) {
        while self.shared.retired.pop().is_some() {}
        drop(self.shared.fresh.force_push(source));
    }

    /// Returns what the sender is doing.
    pub fn status(&self) -> &SenderStatus {
        &self.shared.status
    }
}

impl SenderSource {
    fn replace(&mut self, source: Option<Box<dyn Source>>) {
        let old = std::mem::replace(&mut self.current, source);
        self.meter = SignalMeter::new();
        if let Some(old) = old {
            _ = self.shared.retired.push(old);
        }
    }
}

impl Source for SenderSource {
    fn pull(&mut self, scheduled: Time, out: &mut [Frame; BLOCK_FRAMES]) -> Delivery {
        if let Some(fresh) = self.shared.fresh.pop() {
            self.replace(Some(fresh));
        }
        let status = &self.shared.status;
        let delivery = self.current.as_mut().map_or(Delivery::Gone, |current| current.pull(scheduled, out));
        let mut loudest = 0.0;
        match delivery {
            Delivery::Sound(_) => {
                self.meter.hear(&out[..]);
                status.set_signal(self.meter.signal());
                loudest = peak(out);
            }
            Delivery::Late => status.set(SenderState::Waiting),
            Delivery::Gone => {
                status.set(SenderState::Off);
                self.replace(None);
            }
        }
        self.shared.status.peak.store(f32::to_bits(loudest), Ordering::Relaxed);
        delivery
    }
}
