//! The one task that feeds every listener of one MP3 encoding.
//!
//! Each packet is copied once into a ring; each listener is a position in it, served every few packets with one write
//! straight from the ring. Nothing is allocated, cloned or woken per listener and packet, because at hundreds of
//! listeners those wake-ups and small writes are the whole cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base::{Packet, StreamId};
use tokio::sync::{mpsc, watch};

use super::icy::Title;
use super::listener::{Gone, Joining, Listener};
use super::ring::Ring;
use super::{Counters, Hub};
use crate::status::Snapshot;

/// Listeners served before other tasks get a turn: about 0.3 ms of work.
const SERVED_AT_A_STRETCH: usize = 64;

/// Packets between two writes to one listener: the more listeners, the more sound per write, because cost goes with
/// writes. One packet is 24 ms, so a listener hears up to `value × 24 ms` later than it could; players hold 0.4 to 8 s
/// of MP3 themselves. Measured with `cargo bench -p tests --bench mp3_fanout`.
pub(super) fn packets_per_write(listeners: usize) -> u64 {
    match listeners {
        0..=31 => 2,
        32..=127 => 5,
        128..=255 => 10,
        _ => 20,
    }
}

/// Somebody who hears the stream from now on.
pub(super) enum Arrival {
    /// Whose request has just been answered.
    New(Joining),
    /// Who has heard another stream until now.
    FromOther(Listener),
}

/// Whether the stream has ended, and what becomes of its listeners.
#[derive(Clone, Debug)]
pub(super) enum End {
    None,
    /// Their bodies end.
    Stopped,
    /// Their bodies go on with another stream.
    HandedTo(Hub),
}

/// Everything the task owns.
pub(super) struct FanOut {
    pub(super) stream: StreamId,
    pub(super) bitrate_bps: u32,
    pub(super) packets: mpsc::Receiver<Packet>,
    pub(super) arriving: mpsc::Receiver<Arrival>,
    pub(super) snapshot: watch::Receiver<Arc<Snapshot>>,
    pub(super) wanted: Arc<AtomicBool>,
    pub(super) counters: Arc<Counters>,
    /// Sound from before the request with which a body starts.
    pub(super) burst_ms: u32,
    pub(super) ring: Ring,
}

impl FanOut {
    /// Runs until the feed or every handle to the hub is gone, or `end` says so; then every listener's socket closes, unless
    /// another hub has it.
    pub(super) async fn run(mut self, mut end: watch::Receiver<End>) {
        let mut listeners: Vec<Listener> = Vec::new();
        let mut title = Title::new();
        let mut turn = 0_u64;
        loop {
            tokio::select! {
                biased;
                heir = heir(&mut end) => {
                    let Some(heir) = heir else { return };
                    while let Ok(arrival) = self.arriving.try_recv() {
                        self.admit(arrival, &mut listeners, turn, &title);
                    }
                    return self.hand_over(listeners, &heir, &title).await;
                }
                arrival = self.arriving.recv() => {
                    let Some(arrival) = arrival else { return };
                    self.admit(arrival, &mut listeners, turn, &title);
                }
                packet = self.packets.recv() => {
                    let Some(packet) = packet else { return };
                    let ticks = packet.media_time.as_ticks();
                    self.ring.push(ticks, &packet.payload);
                    turn += 1;
                    self.update_title(&mut title);
                    self.serve_due(&mut listeners, turn, &title).await;
                }
            }
        }
    }

    /// Places a new listener at the next frame (or a burst before it) and sends its head at once.
    fn admit(&mut self, arrival: Arrival, listeners: &mut Vec<Listener>, turn: u64, title: &Title) {
        if listeners.is_empty() {
            // Nothing was encoded while nobody listened: what is inside may be hours old.
            self.ring.forget();
        }
        let mut listener = match arrival {
            Arrival::New(joining) => {
                let at = self.ring.back(u64::from(self.burst_ms) * 48);
                Listener::new(joining, at, turn + 1)
            }
            Arrival::FromOther(mut listener) => {
                listener.go_on(self.ring.end(), turn + 1);
                listener
            }
        };
        match listener.serve(&self.ring, title) {
            Ok(bytes) => {
                self.counters.sent(bytes);
                listeners.push(listener);
            }
            Err(_) => self.counters.left(false),
        }
        self.wanted.store(!listeners.is_empty(), Ordering::Relaxed);
    }

    /// Gives `heir` everybody who has all of the last frame; nobody may hear half of one.
    async fn hand_over(&self, listeners: Vec<Listener>, heir: &Hub, title: &Title) {
        for mut listener in listeners {
            let served = listener.serve(&self.ring, title);
            self.counters.sent(*served.as_ref().unwrap_or(&0));
            self.counters.left(served == Err(Gone::TooSlow));
            if served.is_ok() && listener.has_all(&self.ring) {
                heir.adopt(self.bitrate_bps, listener).await;
            }
        }
    }

    fn update_title(&mut self, title: &mut Title) {
        if self.snapshot.has_changed().unwrap_or(false) {
            let snapshot = self.snapshot.borrow_and_update();
            let status = snapshot.channels.iter().find(|status| self.stream == status.channel.id.into());
            match status.map(|status| status.heard()) {
                Some((song, artist)) if !song.is_empty() || !artist.is_empty() => title.set(artist, song),
                _ => title.set("", &snapshot.name),
            }
        }
    }

    /// Serves every listener whose turn it is and lets go of those that are gone.
    async fn serve_due(&mut self, listeners: &mut Vec<Listener>, turn: u64, title: &Title) {
        let every = packets_per_write(listeners.len());
        let mut served = 0;
        let mut index = 0;
        while index < listeners.len() {
            let listener = &mut listeners[index];
            if listener.due > turn {
                index += 1;
                continue;
            }
            listener.due = turn + listener.wait(every, index);
            match listener.serve(&self.ring, title) {
                Ok(bytes) => {
                    self.counters.sent(bytes);
                    index += 1;
                }
                Err(gone) => {
                    self.counters.left(gone == Gone::TooSlow);
                    listeners.swap_remove(index);
                }
            }
            served += 1;
            if served % SERVED_AT_A_STRETCH == 0 {
                tokio::task::yield_now().await;
            }
        }
        self.wanted.store(!listeners.is_empty(), Ordering::Relaxed);
    }
}

/// Waits for the end; returns the hub that has the listeners then, if any.
async fn heir(end: &mut watch::Receiver<End>) -> Option<Hub> {
    match end.wait_for(|end| !matches!(end, End::None)).await.as_deref() {
        Ok(End::HandedTo(heir)) => Some(heir.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_listeners_wait_less_than_many() {
        assert!(packets_per_write(1) <= packets_per_write(100));
        assert!(packets_per_write(100) <= packets_per_write(500));
        assert!(packets_per_write(usize::MAX) * 24 <= 500, "never more than 0.5 s");
    }
}
