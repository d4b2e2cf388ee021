//! The last seconds of a stream's MP3 bytes, once for all listeners.
//!
//! A circle of bytes addressed by their position since the start of the stream: a listener is a position, not a queue.
//! It also remembers where frames begin, so that a new listener starts on one. It knows nothing of sockets.

use std::collections::VecDeque;

/// Where one packet (whole MPEG frames) begins.
#[derive(Clone, Copy, Debug)]
struct Mark {
    at: u64,
    frames_48k: u64,
}

/// The circle.
#[derive(Debug)]
pub(super) struct Ring {
    bytes: Box<[u8]>,
    /// Position after the newest byte.
    end: u64,
    /// Position of the oldest byte that may be sent.
    start: u64,
    /// Packet starts still inside, oldest first.
    marks: VecDeque<Mark>,
}

impl Ring {
    /// A ring that keeps the last `capacity` bytes.
    pub(super) fn new(capacity: usize) -> Self {
        Self { bytes: vec![0; capacity].into_boxed_slice(), end: 0, start: 0, marks: VecDeque::new() }
    }

    /// Position after the newest byte: where the next packet will begin.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Position of the oldest byte still here.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// Appends a packet whose first frame stands at `media_ticks` on the timeline; the oldest bytes make room. A packet
    /// larger than the ring is not taken (no configured bit rate makes one).
    pub(super) fn push(&mut self, media_ticks: u64, packet: &[u8]) {
        if packet.is_empty() || packet.len() > self.bytes.len() {
            return;
        }
        let at = self.index(self.end);
        let first = packet.len().min(self.bytes.len() - at);
        self.bytes[at..at + first].copy_from_slice(&packet[..first]);
        self.bytes[..packet.len() - first].copy_from_slice(&packet[first..]);
        self.marks.push_back(Mark { at: self.end, frames_48k: media_ticks });
        self.end += packet.len() as u64;
        self.start = self.start.max(self.end.saturating_sub(self.bytes.len() as u64));
        while self.marks.front().is_some_and(|mark| mark.at < self.start) {
            self.marks.pop_front();
        }
    }

    /// Forgets what is inside: it is too old to be played to anybody.
    pub(super) fn forget(&mut self) {
        self.start = self.end;
        self.marks.clear();
    }

    /// Start of the oldest packet that is at most `ticks` older than the newest; the end if there is none.
    pub(super) fn back(&self, ticks: u64) -> u64 {
        let Some(newest) = self.marks.back() else { return self.end };
        let oldest_ticks = (newest.frames_48k + 1).saturating_sub(ticks);
        self.marks.iter().find(|mark| mark.frames_48k >= oldest_ticks).map_or(self.end, |mark| mark.at)
    }

    /// Returns where the sound of the packet that begins at `position` lies on the timeline, if that packet is inside.
    pub(super) fn media_ticks(&self, position: u64) -> Option<u64> {
        let at = self.marks.binary_search_by_key(&position, |mark| mark.at).ok()?;
        Some(self.marks[at].frames_48k)
    }

    /// The bytes from `from` to the newest in two pieces; empty if `from` is not inside.
    pub(super) fn from(&self, from: u64) -> (&[u8], &[u8]) {
        if from < self.start || from >= self.end {
            return (&[], &[]);
        }
        let len = (self.end - from) as usize;
        let at = self.index(from);
        let first = len.min(self.bytes.len() - at);
        (&self.bytes[at..at + first], &self.bytes[..len - first])
    }

    fn index(&self, position: u64) -> usize {
        (position % self.bytes.len() as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(ring: &Ring, from: u64) -> Vec<u8> {
        let (a, b) = ring.from(from);
        [a, b].concat()
    }

    #[test]
    fn bytes_come_back_in_order_around_the_corner() {
        let mut ring = Ring::new(8);
        for (n, packet) in [[1u8, 2, 3], [4, 5, 6], [7, 8, 9]].iter().enumerate() {
            ring.push(n as u64 * 1152, packet);
        }
        assert_eq!(ring.start(), 1);
        assert_eq!(all(&ring, 3), [4, 5, 6, 7, 8, 9]);
        assert_eq!(all(&ring, 0), [] as [u8; 0], "what was overwritten is gone, not garbled");
        assert_eq!(all(&ring, 9), [] as [u8; 0]);
    }

    #[test]
    fn going_back_lands_on_the_start_of_a_packet() {
        let mut ring = Ring::new(100);
        for n in 0..10u64 {
            ring.push(n * 1152, &[n as u8; 7]);
        }
        assert_eq!(ring.back(0), ring.end());
        assert_eq!(ring.back(1), 63);
        assert_eq!(ring.back(1152), 63);
        assert_eq!(ring.back(1153), 56);
        assert_eq!(ring.back(u64::MAX), 0);
        assert_eq!((ring.media_ticks(14), ring.media_ticks(15)), (Some(2 * 1152), None));
        ring.forget();
        assert_eq!(ring.back(u64::MAX), ring.end());
        assert_eq!(all(&ring, 63), [] as [u8; 0]);
    }
}
