//! The box listens to itself: what sources supply, what the mixer makes of it and what a phone would hear, compared.
//!
//! Each two ends are measured alike, so that no sound, however odd, is taken for a fault: the mix by its largest sample, which
//! mixing keeps, and packets by what no encoder leaves out ([`audio::audible`]). Packets are asked for as a listener asks for
//! them, but for a quarter of the time, in stretches of a second, because that is enough to notice and costs little; and for none
//! while nobody listens. While an update must prove itself it asks for all. Sound that gets lost is [`Lost`]; what is done about
//! it is decided in [`super::remedy`]. Sound without a pause is what an update is confirmed by.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use audio::audible::Level;
use audio::decode;
use audio::line::LineState;
use audio::pump::Levels;
use audio::status::Status;
use base::{Encoding, Packet, PacketDuration, PacketSink, Time};
use bytes::Bytes;
use rtrb::{Consumer, Producer, RingBuffer};

/// Packets that wait: more than a second of them. What does not fit is not listened to.
const PACKETS_MAX: usize = 64;

/// Time from the beginning of one stretch of listening to that of the next, and how long it lasts, in microseconds.
const ROUND_US: u64 = 4_000_000;
const STRETCH_US: u64 = 1_000_000;

/// Above this (−60 dBFS) what goes in counts as sound that must come out.
const SOUND_ABOVE: f32 = 0.001;

/// Above this (−80 dBFS) what comes out is sound: an Opus packet of digital silence is far below it.
const HEARD_ABOVE: f32 = 0.000_1;

/// How long sound must get lost, and in how many windows that were listened to: a hiccup is none.
const LOST_US: u64 = 8_000_000;
const LOST_WINDOWS: u32 = 6;

/// For how long sound must flow before an update is confirmed.
const FLOW_US: u64 = 30_000_000;

/// Where the pump leaves packets for the ear.
#[derive(Debug)]
pub(super) struct Tap {
    packets: Producer<Bytes>,
    wanted: Arc<AtomicBool>,
    dropped: Arc<AtomicU64>,
}

impl PacketSink for Tap {
    fn wants(&self, encoding: Encoding) -> bool {
        encoding == Encoding::Opus(PacketDuration::Ms20) && self.wanted.load(Ordering::Relaxed)
    }

    fn publish(&mut self, _: Encoding, packet: Packet) {
        // Full: nobody has listened for a second, which the ear's owner notices by itself.
        if self.packets.push(packet.payload).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What is being done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// Whether the host lets it play.
    pub playing: bool,
    /// Whether there is nothing at all that could be played: then silence is all there can be.
    pub has_nothing: bool,
}

impl Moment {
    /// As the party and the sound's own numbers say.
    pub(super) fn of(playing: bool, line_in: bool, has_tracks: bool, sound: &Status) -> Self {
        let has_signal = matches!(sound.line, LineState::Signal | LineState::Clipping);
        let line_heard = line_in && !sound.standing_in && has_signal;
        Self { playing, has_nothing: !has_tracks && !line_heard }
    }
}

/// Where sound gets lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// Between sources and encoders.
    InMix,
    /// Between the mixer and the listeners.
    InEncoder,
}

impl Lost {
    /// Returns its name in files and logs.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::InMix => "mix",
            Self::InEncoder => "encoder",
        }
    }
}

/// The box's ear for one channel.
#[derive(Debug)]
pub(super) struct Ear {
    packets: Consumer<Bytes>,
    /// Whether packets are asked for: then they are encoded, though nobody else may want them.
    wanted: Arc<AtomicBool>,
    /// Packets that found no room.
    dropped: Arc<AtomicU64>,
    /// `None` if libopus has no memory: then nothing is judged.
    decoder: Option<decode::Ear>,
    judge: Judge,
}

/// Returns an ear, and where its packets come from.
pub(super) fn pair() -> (Tap, Ear) {
    let (producer, packets) = RingBuffer::new(PACKETS_MAX);
    let wanted = Arc::new(AtomicBool::new(false));
    let dropped = Arc::<AtomicU64>::default();
    let tap = Tap { packets: producer, wanted: Arc::clone(&wanted), dropped: Arc::clone(&dropped) };
    (tap, Ear { packets, wanted, dropped, decoder: decode::Ear::new(), judge: Judge::default() })
}

impl Ear {
    /// Returns the counter of packets that found no room.
    pub(super) fn dropped(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.dropped)
    }

    /// Judges what came since the last call; to be called a few times a second with the `levels` since then. `closely`: all of
    /// it is listened to, else a quarter, and that only while the channel is `heard` by somebody.
    ///
    /// # Errors
    /// [`Lost`]; after that judging starts again.
    pub(super) fn poll(
        &mut self,
        now: Time,
        moment: Moment,
        levels: Levels,
        closely: bool,
        heard: bool,
    ) -> Result<(), Lost> {
        let wanted = closely || heard && now.as_micros() % ROUND_US < STRETCH_US;
        let was_wanted = self.wanted.swap(wanted, Ordering::Relaxed);
        let waiting = self.packets.slots();
        if !heard && !closely {
            self.judge = Judge::default();
        }
        // What came in the last moment before it was asked for is not all there was.
        let Some(decoder) = self.decoder.as_mut().filter(|_| wanted && was_wanted) else {
            (0..waiting).for_each(|_| _ = self.packets.pop());
            self.judge.rest();
            return Ok(());
        };
        let packets = (0..waiting).filter_map(|_| decoder.hear(&self.packets.pop().ok()?));
        let heard = packets.reduce(Level::max);
        let judged = self.judge.hear(now, moment, levels, heard);
        if judged.is_err() {
            self.judge = Judge::default();
        }
        judged
    }

    /// Returns whether sound has flowed for long enough to trust this version.
    pub(super) fn is_proved(&self, now: Time) -> bool {
        self.judge.flows_since.is_some_and(|since| now.micros_since(since) >= FLOW_US)
    }
}

/// What follows from it.
#[derive(Debug, Default)]
struct Judge {
    mix: Stage,
    encoder: Stage,
    flows_since: Option<Time>,
}

/// One part of the way, from what goes in to what comes out.
#[derive(Debug, Default)]
struct Stage {
    /// Whether the last window's sound has not come out yet: it may come with the next.
    is_owed: bool,
    since: Option<Time>,
    windows: u32,
}

impl Stage {
    /// Compares what went in with what came out of it in one window. Returns whether sound gets lost for good.
    fn compare(&mut self, now: Time, goes_in: bool, comes_out: bool) -> bool {
        if comes_out {
            *self = Self::default();
            return false;
        }
        if std::mem::replace(&mut self.is_owed, goes_in) {
            self.since.get_or_insert(now);
            self.windows += 1;
        }
        self.windows >= LOST_WINDOWS && self.since.is_some_and(|since| now.micros_since(since) >= LOST_US)
    }
}

impl Judge {
    /// Nothing is listened to for a while: what was owed may have come.
    fn rest(&mut self) {
        (self.mix.is_owed, self.encoder.is_owed) = (false, false);
    }

    /// Judges one window. `heard` is `None` if no packets came, or none that are Opus.
    fn hear(&mut self, now: Time, moment: Moment, levels: Levels, heard: Option<Level>) -> Result<(), Lost> {
        let is_sound = heard.is_some_and(|level| level.peak > HEARD_ABOVE);
        let must_be_heard = levels.mixed.audible > SOUND_ABOVE;
        if is_sound || moment.has_nothing && heard.is_some() {
            self.flows_since.get_or_insert(now);
        } else if must_be_heard || heard.is_none() {
            // A pause in the music is none in the flow.
            self.flows_since = None;
        }
        if !moment.playing {
            (self.mix, self.encoder) = (Stage::default(), Stage::default());
            return Ok(());
        }
        let mixed = levels.mixed.peak > HEARD_ABOVE;
        if self.mix.compare(now, levels.supplied > SOUND_ABOVE, mixed) {
            return Err(Lost::InMix);
        }
        if self.encoder.compare(now, must_be_heard, is_sound) { Err(Lost::InEncoder) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
