//! MP3 over HTTP for anything that plays a URL: one encode per bit rate, one ring, any number of listeners.
//!
//! [`Sink`] is where the pump leaves packets; [`Hub`] is where the HTTP side hands over listeners; one task per bit
//! rate stands between them. The HTTP request itself (parameters, headers, limits) is read in [`crate::http`].
//!
//! All these tasks run on one thread of their own, the [`Carrier`]'s, which no request ever reaches: whatever pages ask, and
//! however many, who listens goes on to hear.

mod carrier;
mod fanout;
pub(crate) mod icy;
mod listener;
mod ring;
mod stamp;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use base::{Encoding, Packet, PacketSink, StreamId};
use tokio::sync::{mpsc, watch};

pub use self::carrier::Carrier;
use self::fanout::{Arrival, End, FanOut};
use self::listener::Listener;
pub(crate) use self::listener::{Joining, limit_send_buffer};
use self::ring::Ring;
use crate::status::Snapshot;

/// Packets between the pump and the task: 1.5 s. When it is full the task is stuck; the packet is dropped and counted,
/// and listeners hear a gap.
const PACKETS_WAITING_MAX: usize = 64;

/// Listeners between the HTTP side and the task. It takes them in microseconds; when it is full the request is
/// dropped, which closes its connection.
const JOINING_MAX: usize = 64;

/// Milliseconds of sound a listener may lag behind before it is let go. Its kernel buffer holds some seconds more.
pub const LAG_MS_MAX: u32 = 4_000;

/// Longest burst at the start: more is only delay (a player keeps what it is given).
pub const BURST_MS_MAX: u32 = 1_000;

/// How MP3 is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Bit rates that can be asked for with `?bitrate=`, in bits per second; the first is the default. Not empty.
    pub bitrates_bps: Vec<u32>,
    /// Sound from before the request with which a body starts, 0 to [`BURST_MS_MAX`]: the player starts sooner and
    /// stays that much later. A longer one is cut to the limit.
    pub burst_ms: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { bitrates_bps: vec![128_000], burst_ms: 0 }
    }
}

/// What happened to the listeners of one bit rate.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    bytes_total: AtomicU64,
    joined_total: AtomicU64,
    left_total: AtomicU64,
    slow_total: AtomicU64,
    packets_lost_total: AtomicU64,
}

impl Counters {
    fn sent(&self, bytes: usize) {
        self.bytes_total.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn joined(&self) {
        self.joined_total.fetch_add(1, Ordering::Relaxed);
    }

    fn left(&self, too_slow: bool) {
        self.left_total.fetch_add(1, Ordering::Relaxed);
        if too_slow {
            self.slow_total.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Totals over all bit rates of a hub, since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Bytes handed to the kernel.
    pub bytes: u64,
    /// Listeners that joined.
    pub joined: u64,
    /// Listeners that left, for whatever reason.
    pub left: u64,
    /// Of these, listeners let go because they were slower than the music.
    pub slow: u64,
    /// Packets dropped because the task was stuck.
    pub packets_lost: u64,
}

/// One bit rate of a stream.
#[derive(Clone, Debug)]
struct Mount {
    bitrate_bps: u32,
    arriving: mpsc::Sender<Arrival>,
    wanted: Arc<AtomicBool>,
    counters: Arc<Counters>,
}

/// The listeners' side of a stream's MP3. Cloning gives another handle; when the last is gone the bodies end.
#[derive(Clone, Debug)]
pub struct Hub {
    stream: StreamId,
    mounts: Arc<[Mount]>,
    end: Arc<watch::Sender<End>>,
}

/// The pump's side of a stream's MP3. Dropping it ends the bodies.
#[derive(Debug)]
pub struct Sink {
    outlets: Vec<Outlet>,
}

#[derive(Debug)]
struct Outlet {
    bitrate_bps: u32,
    packets: mpsc::Sender<Packet>,
    wanted: Arc<AtomicBool>,
    counters: Arc<Counters>,
}

/// Returns a hub for `stream` and the sink that fills it; starts one task per bit rate on the thread of `carrier`. Song titles
/// are taken from `snapshot`.
pub fn hub(
    stream: StreamId,
    config: &Config,
    snapshot: &watch::Receiver<Arc<Snapshot>>,
    carrier: &Carrier,
) -> (Hub, Sink) {
    let (end, ended) = watch::channel(End::None);
    let mut mounts = Vec::new();
    let mut outlets = Vec::new();
    for &bitrate_bps in &config.bitrates_bps {
        let (packets_in, packets) = mpsc::channel(PACKETS_WAITING_MAX);
        let (arriving_in, arriving) = mpsc::channel(JOINING_MAX);
        let wanted = Arc::new(AtomicBool::new(false));
        let counters = Arc::new(Counters::default());
        let mut snapshot = snapshot.clone();
        snapshot.mark_changed();
        let ring = Ring::new((u64::from(bitrate_bps) * u64::from(LAG_MS_MAX) / 8_000) as usize);
        let fan_out = FanOut {
            stream,
            bitrate_bps,
            packets,
            arriving,
            snapshot,
            wanted: Arc::clone(&wanted),
            counters: Arc::clone(&counters),
            burst_ms: config.burst_ms.min(BURST_MS_MAX),
            ring,
        };
        carrier.spawn(fan_out.run(ended.clone()));
        let (shared, counted) = (Arc::clone(&wanted), Arc::clone(&counters));
        mounts.push(Mount { bitrate_bps, arriving: arriving_in, wanted: shared, counters: counted });
        outlets.push(Outlet { bitrate_bps, packets: packets_in, wanted, counters });
    }
    (Hub { stream, mounts: mounts.into(), end: Arc::new(end) }, Sink { outlets })
}

impl PacketSink for Sink {
    fn wants(&self, encoding: Encoding) -> bool {
        let Encoding::Mp3 { bitrate_bps } = encoding else { return false };
        let wanted = |outlet: &Outlet| outlet.bitrate_bps == bitrate_bps && outlet.wanted.load(Ordering::Relaxed);
        self.outlets.iter().any(wanted)
    }

    fn publish(&mut self, encoding: Encoding, packet: Packet) {
        let Encoding::Mp3 { bitrate_bps } = encoding else { return };
        let Some(outlet) = self.outlets.iter().find(|outlet| outlet.bitrate_bps == bitrate_bps) else { return };
        if outlet.packets.try_send(packet).is_err() {
            outlet.counters.packets_lost_total.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Hub {
    /// The stream this hub serves.
    pub fn stream(&self) -> StreamId {
        self.stream
    }

    /// The bit rates that can be asked for, in bits per second; the first is the default.
    pub fn bitrates_bps(&self) -> impl Iterator<Item = u32> {
        self.mounts.iter().map(|mount| mount.bitrate_bps)
    }

    /// Ends every body.
    pub fn stop(&self) {
        self.end.send_replace(End::Stopped);
    }

    /// Ends the hub: its listeners go on to hear the stream of `heir`, from its next frame on and in the same bodies. Who is behind
    /// the sound of this one is let go, and so is who hears a bit rate that `heir` has not.
    pub fn hand_over(&self, heir: &Self) {
        self.end.send_replace(End::HandedTo(heir.clone()));
    }

    /// Totals over all bit rates.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for mount in self.mounts.iter() {
            let counters = &mount.counters;
            totals.bytes += counters.bytes_total.load(Ordering::Relaxed);
            totals.joined += counters.joined_total.load(Ordering::Relaxed);
            totals.left += counters.left_total.load(Ordering::Relaxed);
            totals.slow += counters.slow_total.load(Ordering::Relaxed);
            totals.packets_lost += counters.packets_lost_total.load(Ordering::Relaxed);
        }
        totals
    }

    /// Listeners now.
    pub fn listeners(&self) -> usize {
        let totals = self.totals();
        totals.joined.saturating_sub(totals.left) as usize
    }

    /// Whether a listener of `bitrate_bps` could be taken over now.
    pub(crate) fn serves(&self, bitrate_bps: u32) -> bool {
        let open = |mount: &&Mount| mount.bitrate_bps == bitrate_bps;
        self.mounts.iter().find(open).is_some_and(|mount| !mount.arriving.is_closed())
    }

    /// Takes a listener over. If the task is stuck or gone the listener is dropped, which closes its connection.
    pub(crate) fn join(&self, bitrate_bps: u32, joining: Joining) {
        let Some(mount) = self.mounts.iter().find(|mount| mount.bitrate_bps == bitrate_bps) else { return };
        mount.wanted.store(true, Ordering::Relaxed);
        mount.counters.joined();
        if mount.arriving.try_send(Arrival::New(joining)).is_err() {
            mount.counters.left(false);
        }
    }

    /// Takes over a listener of another hub.
    async fn adopt(&self, bitrate_bps: u32, listener: Listener) {
        let Some(mount) = self.mounts.iter().find(|mount| mount.bitrate_bps == bitrate_bps) else { return };
        mount.wanted.store(true, Ordering::Relaxed);
        mount.counters.joined();
        if mount.arriving.send(Arrival::FromOther(listener)).await.is_err() {
            mount.counters.left(false);
        }
    }
}
