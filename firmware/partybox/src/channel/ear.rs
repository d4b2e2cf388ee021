//! The box listens to itself: packets like a phone's, decoded, and compared with what should be heard.
//!
//! It asks for 20 ms packets as a listener does, but for a quarter of them, in stretches of a second, because that is enough
//! to notice and costs little; and for none while nobody listens. While an update must prove itself it asks for all. Silence where
//! there should be sound is [`Trouble::Silent`]; sound without a pause is what an update is confirmed by.

use audio::decode;
use audio::line::LineState;
use audio::status::Status;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base::{Encoding, Packet, PacketDuration, PacketSink, Time};
use bytes::Bytes;
use rtrb::{Consumer, Producer, RingBuffer};

use crate::supervise::Trouble;

/// Packets that wait: more than a second of them. What does not fit is not listened to.
const PACKETS_MAX: usize = 64;

/// Time from the beginning of one stretch of listening to that of the next, and how long it lasts, in microseconds.
const ROUND_US: u64 = 4_000_000;
const STRETCH_US: u64 = 1_000_000;

/// Above this the encoder's input counts as sound that must be heard.
const MIXED_DBFS: f32 = -60.0;

/// The same of line-in, before the volume, which takes away at most 40 dB.
const LINE_DBFS: f32 = -30.0;

/// Below this a packet is silence: an Opus packet of digital silence is far below it.
const SILENCE_DBFS: f32 = -80.0;

/// How long nothing may be heard that should be, and in how many looks: a hiccup is none, and a restart helps the party.
const SILENT_US: u64 = 8_000_000;
const SILENT_LOOKS: u32 = 8;

/// For how long sound must flow before an update is confirmed.
const FLOW_US: u64 = 30_000_000;

/// Where the pump leaves packets for the ear.
#[derive(Debug)]
pub(super) struct Tap {
    packets: Producer<Bytes>,
    wanted: Arc<AtomicBool>,
}

impl PacketSink for Tap {
    fn wants(&self, encoding: Encoding) -> bool {
        encoding == Encoding::Opus(PacketDuration::Ms20) && self.wanted.load(Ordering::Relaxed)
    }

    fn publish(&mut self, _: Encoding, packet: Packet) {
        // Full: nobody has listened for a second, which the ear's owner notices by itself.
        _ = self.packets.push(packet.payload);
    }
}

/// What should be heard, and what is being done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// Whether there should be sound.
    pub sound: bool,
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
        let from_line = line_heard && sound.line_peak_dbfs > LINE_DBFS;
        Self {
            sound: playing && (from_line || sound.out_peak_dbfs > MIXED_DBFS),
            playing,
            has_nothing: !has_tracks && !line_heard,
        }
    }
}

/// What was heard since the last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    /// No packets came, or none that are Opus.
    Nothing,
    Silence,
    Sound,
}

/// The box's ear for one channel.
#[derive(Debug)]
pub(super) struct Ear {
    packets: Consumer<Bytes>,
    /// Whether packets are asked for: then they are encoded, though nobody else may want them.
    wanted: Arc<AtomicBool>,
    /// `None` if libopus has no memory: then nothing is judged.
    decoder: Option<decode::Ear>,
    judge: Judge,
}

/// Returns an ear, and where its packets come from.
pub(super) fn pair() -> (Tap, Ear) {
    let (producer, packets) = RingBuffer::new(PACKETS_MAX);
    let wanted = Arc::new(AtomicBool::new(false));
    let tap = Tap { packets: producer, wanted: Arc::clone(&wanted) };
    (tap, Ear { packets, wanted, decoder: decode::Ear::new(), judge: Judge::default() })
}

impl Ear {
    /// Judges what came since the last call; to be called a few times a second. `closely`: all of it is listened to, else
    /// a quarter, and that only while the channel is `heard` by somebody.
    ///
    /// # Errors
    /// [`Trouble::Silent`].
    pub(super) fn poll(&mut self, now: Time, moment: Moment, closely: bool, heard: bool) -> Result<(), Trouble> {
        let wanted = closely || heard && now.as_micros() % ROUND_US < STRETCH_US;
        let was_wanted = self.wanted.swap(wanted, Ordering::Relaxed);
        let waiting = self.packets.slots();
        // What came in the last moment before it was asked for is not all there was.
        let Some(decoder) = self.decoder.as_mut().filter(|_| wanted && was_wanted) else {
            (0..waiting).for_each(|_| _ = self.packets.pop());
            if !heard && !closely {
                self.judge.pause();
            }
            return Ok(());
        };
        let mut peak: Option<f32> = None;
        for _ in 0..waiting {
            let Ok(packet) = self.packets.pop() else { break };
            if let Some(heard) = decoder.peak(&packet) {
                peak = Some(peak.map_or(heard, |peak| peak.max(heard)));
            }
        }
        let heard = match peak {
            None => Heard::Nothing,
            Some(peak) if 20.0 * peak.log10() > SILENCE_DBFS => Heard::Sound,
            Some(_) => Heard::Silence,
        };
        self.judge.hear(now, moment, heard)
    }

    /// Returns whether sound has flowed for long enough to trust this version.
    pub(super) fn is_proved(&self, now: Time) -> bool {
        self.judge.flows_since.is_some_and(|since| now.micros_since(since) >= FLOW_US)
    }
}

/// What follows from it.
#[derive(Debug, Default)]
struct Judge {
    silent_since: Option<Time>,
    silent_looks: u32,
    flows_since: Option<Time>,
}

impl Judge {
    /// Nobody listens, so nothing is encoded, and nothing follows from that.
    fn pause(&mut self) {
        *self = Self::default();
    }

    fn hear(&mut self, now: Time, moment: Moment, heard: Heard) -> Result<(), Trouble> {
        let flows = heard == Heard::Sound || moment.has_nothing && heard == Heard::Silence;
        if flows {
            self.flows_since.get_or_insert(now);
        } else if moment.sound || heard == Heard::Nothing {
            // A pause in the music is none in the flow.
            self.flows_since = None;
        }
        if heard == Heard::Sound || !moment.playing {
            (self.silent_since, self.silent_looks) = (None, 0);
        } else if moment.sound {
            let since = *self.silent_since.get_or_insert(now);
            self.silent_looks += 1;
            if now.micros_since(since) >= SILENT_US && self.silent_looks >= SILENT_LOOKS {
                return Err(Trouble::Silent);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use base::MediaTime;

    use super::*;

    const PLAYING: Moment = Moment { sound: true, playing: true, has_nothing: false };
    const QUIET: Moment = Moment { sound: false, ..PLAYING };

    /// Whether `judge` finds trouble within `seconds` of the same, looked at four times a second from `from` on.
    fn passes(judge: &mut Judge, from: u64, seconds: u64, moment: Moment, heard: Heard) -> bool {
        (0..seconds * 4).all(|n| judge.hear(Time::from_micros(from * 1_000_000 + n * 250_000), moment, heard).is_ok())
    }

    #[test]
    fn silence_where_there_should_be_sound_is_trouble_and_nothing_else_is() {
        for (moment, heard, well) in [
            (PLAYING, Heard::Silence, false),
            (PLAYING, Heard::Nothing, false),
            (PLAYING, Heard::Sound, true),
            (QUIET, Heard::Silence, true),
            (Moment { playing: false, sound: false, ..PLAYING }, Heard::Silence, true),
        ] {
            assert_eq!(passes(&mut Judge::default(), 0, 20, moment, heard), well, "{moment:?} {heard:?}");
        }
    }

    #[test]
    fn a_hiccup_is_no_trouble() {
        let mut judge = Judge::default();
        for second in [0, 10, 20] {
            assert!(passes(&mut judge, second, 7, PLAYING, Heard::Silence), "{second}");
            assert!(passes(&mut judge, second + 7, 1, PLAYING, Heard::Sound));
        }
        // Two looks far apart say little.
        assert!(judge.hear(Time::from_micros(30_000_000), PLAYING, Heard::Silence).is_ok());
        assert!(judge.hear(Time::from_micros(90_000_000), PLAYING, Heard::Silence).is_ok());
    }

    #[test]
    fn an_update_is_proved_by_half_a_minute_of_sound() {
        let (_tap, mut ear) = pair();
        let at = |seconds: u64| Time::from_micros(seconds * 1_000_000);
        passes(&mut ear.judge, 0, 29, PLAYING, Heard::Sound);
        assert!(!ear.is_proved(at(29)));
        passes(&mut ear.judge, 29, 2, QUIET, Heard::Silence);
        assert!(ear.is_proved(at(30)), "a pause in the music is no pause in the flow");
        passes(&mut ear.judge, 31, 1, PLAYING, Heard::Silence);
        assert!(!ear.is_proved(at(32)));
        let nothing = Moment { has_nothing: true, ..QUIET };
        passes(&mut ear.judge, 40, 31, nothing, Heard::Silence);
        assert!(ear.is_proved(at(71)), "with nothing to play, silence is what must flow");
        passes(&mut ear.judge, 71, 1, nothing, Heard::Nothing);
        assert!(!ear.is_proved(at(72)));
    }

    #[test]
    fn a_quarter_is_encoded_for_the_ear_all_of_a_trial_and_nothing_that_nobody_hears() {
        let encoded = |closely: bool, heard: bool| {
            let (mut tap, mut ear) = pair();
            let mut encoded = 0;
            for n in 0..64 {
                ear.poll(Time::from_micros(n * 250_000), QUIET, closely, heard).unwrap();
                if tap.wants(Encoding::Opus(PacketDuration::Ms20)) {
                    encoded += 1;
                    let payload = Bytes::from_static(&[0xff]);
                    tap.publish(Encoding::Opus(PacketDuration::Ms20), Packet { media_time: MediaTime::ZERO, payload });
                }
                assert!(!tap.wants(Encoding::Opus(PacketDuration::Ms40)));
            }
            assert!(ear.packets.slots() <= 1, "nothing is left to pile up");
            encoded
        };
        assert_eq!((encoded(false, true), encoded(true, false), encoded(false, false)), (16, 64, 0));
    }

    #[test]
    fn a_stretch_is_judged_only_by_what_came_after_it_was_asked_for() {
        let (tap, mut ear) = pair();
        let second = |n: u64| Time::from_micros(n * 1_000_000);
        // Two calls a round: the first asks, and the second comes when the stretch is over already.
        for round in 0..20 {
            ear.poll(second(round * 4), PLAYING, false, true).expect("nothing was asked for before");
            assert!(tap.wants(Encoding::Opus(PacketDuration::Ms20)));
            ear.poll(second(round * 4 + 2), PLAYING, false, true).expect("it is asked for no more");
        }
        // All of it, and nothing comes: that is trouble.
        let judged = (0..60).map(|n| ear.poll(second(100 + n), PLAYING, true, true));
        assert!(judged.collect::<Result<Vec<()>, _>>().is_err());
    }
}
