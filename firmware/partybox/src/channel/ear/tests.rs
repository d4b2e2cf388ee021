//! What the ear takes for a fault, and what it does not: made-up windows, and real sound through a real pump and encoder.

use std::f32::consts::TAU;

use audio::deck;
use audio::encode::{Encode, Opus, OpusConfig, Profile};
use audio::mixer::MixPlan;
use audio::pcm::{Block, Frame};
use audio::pump::{self, Controls, Pump, Step};
use base::{CueId, MediaTime, Timeline};

use super::*;

const PLAYING: Moment = Moment { playing: true, has_nothing: false };

const SOUND: Level = Level { peak: 0.5, audible: 0.5 };
const SILENCE: Level = Level { peak: 0.0, audible: 0.0 };

const fn levels(supplied: f32, mixed: Level) -> Levels {
    Levels { supplied, mixed, blocks: 25 }
}

/// What becomes of `seconds` of the same, judged four times a second from `from` on.
fn judge(
    judge: &mut Judge,
    from: u64,
    seconds: u64,
    moment: Moment,
    levels: Levels,
    heard: Option<Level>,
) -> Result<(), Lost> {
    let at = |n: u64| Time::from_micros(from * 1_000_000 + n * 250_000);
    (0..seconds * 4).try_for_each(|n| judge.hear(at(n), moment, levels, heard))
}

#[test]
fn sound_that_does_not_come_out_is_lost_and_nothing_else_is() {
    let odd = Level { peak: 0.5, audible: 0.0 };
    let paused = Moment { playing: false, ..PLAYING };
    for (moment, levels, heard, expected) in [
        (PLAYING, levels(0.5, SOUND), Some(SOUND), Ok(())),
        (PLAYING, levels(0.5, SOUND), Some(SILENCE), Err(Lost::InEncoder)),
        (PLAYING, levels(0.5, SOUND), None, Err(Lost::InEncoder)),
        (PLAYING, levels(0.5, SILENCE), Some(SILENCE), Err(Lost::InMix)),
        (PLAYING, levels(0.5, SILENCE), None, Err(Lost::InMix)),
        (PLAYING, levels(0.5, odd), Some(SILENCE), Ok(())),
        (PLAYING, levels(0.0, SILENCE), Some(SILENCE), Ok(())),
        (PLAYING, levels(0.0, SILENCE), None, Ok(())),
        (paused, levels(0.5, SOUND), Some(SILENCE), Ok(())),
    ] {
        let judged = judge(&mut Judge::default(), 0, 20, moment, levels, heard);
        assert_eq!(judged, expected, "{moment:?} {levels:?} {heard:?}");
    }
}

#[test]
fn a_hiccup_is_no_loss_and_what_comes_one_window_later_is_none() {
    let mut hiccups = Judge::default();
    for second in [0, 10, 20] {
        assert!(judge(&mut hiccups, second, 7, PLAYING, levels(0.5, SOUND), Some(SILENCE)).is_ok(), "{second}");
        assert!(judge(&mut hiccups, second + 7, 1, PLAYING, levels(0.5, SOUND), Some(SOUND)).is_ok());
    }
    // A few windows far apart say little.
    for second in [30, 90] {
        for ms in [0, 250] {
            let at = Time::from_micros(second * 1_000_000).plus_millis(ms);
            assert!(hiccups.hear(at, PLAYING, levels(0.5, SOUND), Some(SILENCE)).is_ok());
        }
        hiccups.rest();
    }
    // A click at the end of a window is in the packet after it.
    let mut late = Judge::default();
    for second in 0..60 {
        let at = Time::from_micros(second * 1_000_000);
        assert!(late.hear(at, PLAYING, levels(0.5, SOUND), Some(SILENCE)).is_ok());
        assert!(late.hear(at.plus_millis(250), PLAYING, levels(0.0, SILENCE), Some(SOUND)).is_ok());
        assert!(late.hear(at.plus_millis(500), PLAYING, levels(0.5, SOUND), Some(SILENCE)).is_ok());
        late.rest();
    }
}

#[test]
fn an_update_is_proved_by_half_a_minute_of_sound() {
    let (_tap, mut ear) = pair();
    let at = |seconds: u64| Time::from_micros(seconds * 1_000_000);
    let quiet = levels(0.0, SILENCE);
    judge(&mut ear.judge, 0, 29, PLAYING, levels(0.5, SOUND), Some(SOUND)).unwrap();
    assert!(!ear.is_proved(at(29)));
    judge(&mut ear.judge, 29, 2, PLAYING, quiet, Some(SILENCE)).unwrap();
    assert!(ear.is_proved(at(30)), "a pause in the music is no pause in the flow");
    judge(&mut ear.judge, 31, 1, PLAYING, levels(0.5, SOUND), Some(SILENCE)).unwrap();
    assert!(!ear.is_proved(at(32)));
    let nothing = Moment { has_nothing: true, ..PLAYING };
    judge(&mut ear.judge, 40, 31, nothing, quiet, Some(SILENCE)).unwrap();
    assert!(ear.is_proved(at(71)), "with nothing to play, silence is what must flow");
    judge(&mut ear.judge, 71, 1, nothing, quiet, None).unwrap();
    assert!(!ear.is_proved(at(72)));
}

#[test]
fn a_quarter_is_encoded_for_the_ear_all_of_a_trial_and_nothing_that_nobody_hears() {
    let encoded = |closely: bool, heard: bool| {
        let (mut tap, mut ear) = pair();
        let mut encoded = 0;
        for n in 0..64 {
            let at = Time::from_micros(n * 250_000);
            ear.poll(at, PLAYING, levels(0.0, SILENCE), closely, heard).unwrap();
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
        ear.poll(second(round * 4), PLAYING, levels(0.5, SOUND), false, true).expect("nothing was asked for before");
        assert!(tap.wants(Encoding::Opus(PacketDuration::Ms20)));
        ear.poll(second(round * 4 + 2), PLAYING, levels(0.5, SOUND), false, true).expect("it is asked for no more");
    }
    // All of it, and nothing comes.
    let mut judged = (0..60).map(|n| ear.poll(second(100 + n), PLAYING, levels(0.5, SOUND), true, true));
    assert_eq!(judged.find(Result::is_err), Some(Err(Lost::InEncoder)));
}

/// A channel on virtual time that plays tracks into the ear alone.
struct Bench {
    pump: Pump,
    controls: Controls,
    ear: Ear,
    now: Time,
}

impl Bench {
    fn new(encoder: Box<dyn Encode>) -> Self {
        let (tap, ear) = pair();
        let (timeline, sinks): (_, Vec<Box<dyn PacketSink>>) = (Timeline::starting_at(Time::ZERO), vec![Box::new(tap)]);
        let (pump, controls, _) =
            pump::new(timeline, MediaTime::ZERO, MixPlan::default(), Vec::new(), vec![encoder], sinks);
        Self { pump, controls, ear, now: Time::ZERO }
    }

    /// Plays what `sound` says of each frame of `seconds`, and listens as somebody who hears it makes the box do.
    fn play(&mut self, seconds: usize, closely: bool, sound: &dyn Fn(usize) -> Frame) -> Result<(), Lost> {
        let frames: Vec<Frame> = (0..seconds * 48_000).map(sound).collect();
        let (mut feed, deck) = deck::pair(CueId(1), frames.len());
        feed.push(&frames);
        self.controls.cue(deck).expect("there is room");
        for window in 0..seconds * 4 {
            for _ in 0..25 {
                self.now = self.now.plus_millis(10);
                while self.pump.step(self.now) == Step::Made {}
            }
            assert!(window < 2 || self.controls.status().cue.is_some() || window + 2 > seconds * 4, "it plays");
            self.ear.poll(self.now, PLAYING, self.controls.drain_levels(), closely, true)?;
        }
        Ok(())
    }
}

fn opus(bitrate_bps: u32) -> Box<dyn Encode> {
    let config = OpusConfig { bitrate_bps, complexity: 5, ..OpusConfig::default() };
    Box::new(Opus::new(Profile::Default, config).expect("an encoder"))
}

fn sine(n: usize, hz: f32) -> f32 {
    (TAU * (n as f32 * hz / 48_000.0).fract()).sin()
}

#[test]
fn no_sound_that_can_be_played_is_taken_for_a_fault() {
    let both = |sample: f32| [sample; 2];
    let noise = |n: usize| ((n as u32).wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 23) as f32 - 1.0;
    let sounds: [(&str, &dyn Fn(usize) -> Frame); 22] = [
        ("a faint offset", &|_| both(0.002)),
        ("an offset", &|_| [0.01, 0.01]),
        ("the largest offset", &|_| both(1.0)),
        ("offsets that differ", &|_| [0.5, -0.5]),
        ("an offset that turns round now and then", &|n| both(if n / 96_000 % 2 == 0 { 0.2 } else { -0.2 })),
        ("a slow ramp", &|n| both((n % 480_000) as f32 / 480_000.0)),
        ("half a hertz", &|n| both(sine(n, 0.5))),
        ("two hertz", &|n| both(sine(n, 2.0))),
        ("fifteen hertz, faint", &|n| both(0.002 * sine(n, 15.0))),
        ("nine kilohertz", &|n| both(0.5 * sine(n, 9_000.0))),
        ("nineteen kilohertz", &|n| both(sine(n, 19_000.0))),
        ("beyond hearing", &|n| both(sine(n, 23_000.0))),
        ("every second sample", &|n| both(if n.is_multiple_of(2) { 1.0 } else { -1.0 })),
        ("one step of 16 bits", &|n| both(if n / 50 % 2 == 0 { 1.0 / 32_768.0 } else { 0.0 })),
        ("smaller than any step", &|n| both(f32::from_bits(1 + n as u32 % 100))),
        ("no numbers", &|n| {
            if n.is_multiple_of(3) { [f32::NAN, f32::INFINITY] } else { [f32::NEG_INFINITY, f32::NAN] }
        }),
        ("no numbers within sound", &|n| if n.is_multiple_of(1_000) { both(f32::NAN) } else { both(sine(n, 440.0)) }),
        ("a square wave at full scale", &|n| both(if sine(n, 100.0) < 0.0 { -1.0 } else { 1.0 })),
        ("opposite channels", &|n| [sine(n, 440.0), -sine(n, 440.0)]),
        ("a faint tone on a loud offset", &|n| both(0.9 + 0.002 * sine(n, 440.0))),
        ("a click every second", &|n| both(if n % 48_000 == 47_999 { 1.0 } else { 0.0 })),
        ("faint noise with loud infrasound", &|n| both(0.9 * sine(n, 1.0) + 0.001_5 * noise(n))),
    ];
    for (name, sound) in sounds {
        for bitrate_bps in [16_000, 128_000] {
            let mut bench = Bench::new(opus(bitrate_bps));
            assert_eq!(bench.play(12, true, sound), Ok(()), "{name} at {bitrate_bps} bit/s");
        }
    }
}

/// An encoder that has gone wrong: its packets hold silence, or it makes none.
struct Dead {
    inner: Box<dyn Encode>,
    is_mute: bool,
}

impl Encode for Dead {
    fn is_wanted(&self, sink: &dyn PacketSink) -> bool {
        self.inner.is_wanted(sink)
    }

    fn encode(&mut self, at: MediaTime, _: &Block, sink: &mut dyn PacketSink) {
        if !self.is_mute {
            self.inner.encode(at, &Block::SILENT, sink);
        }
    }

    fn reset(&mut self) {
        self.inner.reset();
    }
}

#[test]
fn a_dead_encoder_is_noticed_and_a_renewed_one_is_well() {
    for (is_mute, closely) in [(false, true), (false, false), (true, true)] {
        let mut bench = Bench::new(Box::new(Dead { inner: opus(128_000), is_mute }));
        let tone = |n: usize| [0.3 * sine(n, 440.0); 2];
        assert_eq!(bench.play(40, closely, &tone), Err(Lost::InEncoder), "{is_mute} {closely}");
        assert!(bench.controls.renew(vec![opus(128_000)]));
        // The track that was playing ends; the next one is heard.
        assert_eq!(bench.play(40, closely, &tone), Ok(()), "{is_mute} {closely}");
    }
}

#[test]
fn packets_that_nobody_fetches_are_dropped_and_counted() {
    let (mut tap, ear) = pair();
    let packet = Packet { media_time: MediaTime::from_ticks(0), payload: Bytes::from_static(&[0xfc]) };
    for _ in 0..PACKETS_MAX + 3 {
        tap.publish(Encoding::Opus(PacketDuration::Ms20), packet.clone());
    }
    assert_eq!(ear.dropped().load(Ordering::Relaxed), 3);
}
