//! A tap: copies of a pump's blocks, over a ring, for meters that run on threads of their own.
//!
//! The pump's side copies a block into a ring while somebody wants it, and else looks at one number. It waits for nothing, locks
//! nothing and allocates nothing; a full ring loses the block, and the consumer sees the gap by the stamps. What is measured is
//! decided elsewhere ([`crate::spectrum`], [`crate::gauge`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base::MediaTime;
use rtrb::{Consumer, Producer, RingBuffer};

use crate::pcm::{BLOCK_FRAMES, Frame};

/// Blocks on their way: 160 ms. Full, the newest is lost and counted, and what is measured has a hole.
const BLOCKS_MAX: usize = 16;

/// The consumer is woken at each multiple of this on the timeline, so that it works in batches: 50 ms.
pub const WAKE_TICKS: u64 = 2_400;

/// A block, and where its first frame lies on the timeline.
pub type Taken = (MediaTime, [Frame; BLOCK_FRAMES]);

/// Where sound goes in. Dropping it says that no more comes.
pub struct Tap {
    blocks: Option<Producer<Taken>>,
    wanted: Arc<AtomicUsize>,
    wake: Box<dyn Fn() + Send>,
}

/// Where sound comes out.
#[derive(Debug)]
pub struct Outflow(Consumer<Taken>);

/// Returns both ends. Nothing flows while `wanted` is zero; `wake` is called on the pump's thread, so it must return at once
/// (`notify_one` of an async runtime does).
pub fn pair(wanted: Arc<AtomicUsize>, wake: impl Fn() + Send + 'static) -> (Tap, Outflow) {
    let (blocks, taken) = RingBuffer::new(BLOCKS_MAX);
    (Tap { blocks: Some(blocks), wanted, wake: Box::new(wake) }, Outflow(taken))
}

impl Tap {
    /// Copies the block whose first frame is at `at`, if anybody wants it.
    pub fn hear(&mut self, at: MediaTime, frames: &[Frame; BLOCK_FRAMES]) {
        if self.wanted.load(Ordering::Relaxed) == 0 {
            return;
        }
        let Some(blocks) = &mut self.blocks else { return };
        // Full: the consumer is late, and sees the gap.
        _ = blocks.push((at, *frames));
        if (at.as_ticks() + BLOCK_FRAMES as u64).is_multiple_of(WAKE_TICKS) {
            (self.wake)();
        }
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.blocks = None;
        // Only now: who wakes shall see that the other end is gone.
        (self.wake)();
    }
}

impl Outflow {
    /// Returns the oldest block not yet taken.
    pub fn take(&mut self) -> Option<Taken> {
        self.0.pop().ok()
    }

    /// Whether more may come.
    pub fn is_open(&self) -> bool {
        !self.0.is_abandoned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_flows_while_nobody_wants_it_and_a_full_ring_loses_the_newest() {
        let (wanted, woken) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&woken);
        let (mut tap, mut out) = pair(Arc::clone(&wanted), move || _ = count.fetch_add(1, Ordering::Relaxed));
        let mut hear = |from: u64, blocks: u64| {
            (from..from + blocks).for_each(|n| tap.hear(MediaTime::from_ticks(n * 480), &[[0.5; 2]; BLOCK_FRAMES]));
        };
        hear(0, 100);
        assert_eq!((out.take(), woken.load(Ordering::Relaxed)), (None, 0));
        wanted.store(1, Ordering::Relaxed);
        hear(100, 40);
        assert_eq!(woken.load(Ordering::Relaxed), 8, "every 50 ms");
        let starts: Vec<u64> = std::iter::from_fn(|| out.take()).map(|(at, _)| at.as_ticks() / 480).collect();
        assert_eq!(starts, (100..100 + BLOCKS_MAX as u64).collect::<Vec<_>>());
        assert!(out.is_open());
        drop(tap);
        assert!(!out.is_open());
        assert_eq!(woken.load(Ordering::Relaxed), 9, "the end is told");
    }
}
