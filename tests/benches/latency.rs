//! From capture to the first packet: how long the box holds on to line-in sound before it hands out the packet with it.
//!
//! A simulated card delivers a click every 250 ms in real time through the real line-in, pump and Opus encoder. The
//! delay runs from the instant the card recorded the click to the instant the packet that holds it is published, and is
//! printed as a ratio of the budget: one period + one block + one frame + 5 ms. Each click lies at another phase of
//! period, block and frame. Not in it: the encoder's look-ahead, which shifts the sound within the packets (6.5 ms with
//! libopus' `AUDIO` application, 2.5 ms with `RESTRICTED_LOWDELAY`) and is heard at the far end.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use audio::capture::Format;
use audio::clock::Clock;
use audio::encode::{self, Encode};
use audio::line;
use audio::mixer::{Decibels, MixPlan};
use audio::packet::{Encoding, Packet, PacketDuration, PacketSink};
use audio::pcm::{BLOCK_FRAMES, Block};
use audio::pump;
use audio::sim::{Card, CardPace};
use audio::time::{MediaTime, Time};

/// Clicks that are measured, after [`SETTLE`] ones that are not.
const CLICKS: usize = 80;
const SETTLE: usize = 8;

/// Frames between clicks: 250 ms and a bit, so that phases of 20 ms are swept.
const EVERY_FRAMES: u64 = 12_000 + 97;

/// The card's format: periods of 5 ms.
const FORMAT: Format = Format { rate_hz: 48_000, period_frames: 240 };

/// Half of a click's peak after resampling: what counts as having heard it.
const HEARD: f32 = 0.2;

/// Finds clicks in the blocks on their way to the encoder and tells where on the timeline they are.
struct Watch {
    clicks: Arc<Mutex<Vec<MediaTime>>>,
    quiet_until: MediaTime,
}

impl Encode for Watch {
    fn encode(&mut self, at: MediaTime, block: &Block, _sink: &mut dyn PacketSink) {
        let heard = block.frames.iter().position(|frame| frame[0].abs() > HEARD);
        if let Some(n) = heard.filter(|_| at >= self.quiet_until) {
            self.quiet_until = at + 10 * BLOCK_FRAMES as u64;
            self.clicks.lock().expect("no thread panics").push(at + n as u64);
        }
    }

    fn reset(&mut self) {}
}

/// Notes when each packet was published.
struct Publications {
    clock: Clock,
    at: Arc<Mutex<Vec<(MediaTime, Time)>>>,
}

impl PacketSink for Publications {
    fn wants(&self, encoding: Encoding) -> bool {
        encoding == Encoding::Opus(PacketDuration::Ms20)
    }

    fn publish(&mut self, _encoding: Encoding, packet: Packet) {
        self.at.lock().expect("no thread panics").push((packet.media_time, self.clock.now()));
    }
}

fn main() {
    let clock = Clock::start();
    let recorded: Arc<Mutex<Vec<u64>>> = Arc::default();
    let clicks: Arc<Mutex<Vec<MediaTime>>> = Arc::default();
    let published: Arc<Mutex<Vec<(MediaTime, Time)>>> = Arc::default();

    let log = Arc::clone(&recorded);
    let card = Card::new(FORMAT, 30.0, CardPace::Real(clock), move |n| {
        if n % EVERY_FRAMES == 0 && n > 0 {
            log.lock().expect("no thread panics").push(n);
        }
        // A click two frames long, so that the resampler's filter leaves its peak alone.
        if n > 0 && n % EVERY_FRAMES < 2 { [0.5; 2] } else { [0.0; 2] }
    });
    let opened = card.opened_at();
    let (feeder, line) = line::pair(Box::new(card));
    let opus = encode::Opus::new(encode::Profile::Default, encode::OpusConfig::default()).expect("libopus works");
    let watch = Watch { clicks: Arc::clone(&clicks), quiet_until: MediaTime::ZERO };
    let sink = Publications { clock, at: Arc::clone(&published) };
    let plan = MixPlan { line_in: Decibels::UNITY, decks: Decibels::SILENCE, ..MixPlan::default() };
    let encoders: Vec<Box<dyn Encode>> = vec![Box::new(watch), Box::new(opus)];
    let (pump, controls) = pump::new(clock.now(), plan, Some(line), encoders, Box::new(sink));
    let threads = [thread::spawn(move || line::run(feeder, clock)), thread::spawn(move || pump::run(pump, clock))];
    while clicks.lock().expect("no thread panics").len() < CLICKS + SETTLE {
        thread::sleep(Duration::from_millis(50));
    }
    let status = controls.status();
    controls.stop();
    threads.into_iter().for_each(|thread| thread.join().expect("no thread panics"));

    let opened = opened.lock().expect("no thread panics").expect("the card was opened");
    let frame_us = 1e6 / (f64::from(FORMAT.rate_hz) * (1.0 + 30e-6));
    let published = published.lock().expect("no thread panics");
    let delays_ms: Vec<f64> = recorded
        .lock()
        .expect("no thread panics")
        .iter()
        .zip(clicks.lock().expect("no thread panics").iter())
        .skip(SETTLE)
        .filter_map(|(frame, click)| {
            let packet = published.iter().find(|(start, _)| *click - *start < 960 && *click >= *start)?;
            let recorded_us = opened.as_micros() as f64 + *frame as f64 * frame_us;
            Some((packet.1.as_micros() as f64 - recorded_us) / 1e3)
        })
        .collect();
    report(delays_ms, &status);
}

fn report(mut delays_ms: Vec<f64>, status: &audio::status::Status) {
    delays_ms.sort_by(f64::total_cmp);
    let share = |share: f64| delays_ms[((delays_ms.len() - 1) as f64 * share) as usize];
    let budget_ms = FORMAT.period_frames as f64 / 48.0 + 10.0 + 20.0 + 5.0;
    println!("capture to first packet: {} clicks, budget {budget_ms:.1} ms", delays_ms.len());
    for (name, value) in [("p50", share(0.5)), ("p95", share(0.95)), ("max", share(1.0))] {
        println!("  {name}: {value:6.2} ms = {:.2} of the budget", value / budget_ms);
    }
    println!(
        "  line delay {} us, {} late blocks, {} underruns, {} xruns; the encoder's look-ahead comes on top of the sound",
        status.line_delay_us, status.late_blocks_total, status.line_underruns_total, status.line_xruns_total
    );
}
