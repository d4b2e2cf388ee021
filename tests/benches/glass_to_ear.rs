//! From the cable to the ear: how much later a guest's browser plays what comes into line-in.
//!
//! Noise is played into a null sink that is the box's line-in; Chromium, with a jitter target of 20 ms, plays into a
//! second one. Both monitors are recorded by the same machine's clock, and pieces of one are found in the other by correlation.
//! The rig's own error is measured first, with two recordings of the same monitor. What the browser's sound buffer and
//! the sound server hold is part of the delay and is printed beside it, as are the other known parts.

use std::time::Duration;

use tests::browser::{Options, Sink, missing};
use tests::dice::Dice;
use tests::guest::Guest;
use tests::hear;
use tests::program::Running;
use tests::sound::{Recording, SoundServer};

const RATE_HZ: usize = 48_000;

/// The goal for the median.
const GOAL_MS: f64 = 80.0;

/// What the sound server shall hold of the browser's sound, ms. Left alone, Chromium asks it for about 30, which a
/// phone's own output does not have; the parts that remain are printed.
const BROWSER_BUFFER_MS: u32 = 10;

/// What the page asks the browser to hold back, for measuring.
const JITTER_QUERY: &str = "?jitter=20";

/// A place is looked for every 500 ms and a bit, so that phases of 20 ms are swept.
const EVERY: usize = RATE_HZ / 2 + 97;

/// Length of what is looked for: 200 ms.
const PIECE: usize = RATE_HZ / 5;

/// Pieces that are measured.
const PIECES: usize = 80;

/// The longest delay that is looked for; more than a queue that has gone wrong.
const LAGS: usize = RATE_HZ * 700 / 1_000;

/// Below this likeness a piece counts as not heard.
const ALIKE: f64 = 0.6;

/// The browser's first seconds, in which it stretches sound until it holds as little as it was asked to.
const SETTLE: Duration = Duration::from_secs(15);

const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    if let Err(reason) = measure() {
        println!("not measured here: {reason}");
    }
}

fn measure() -> Result<(), String> {
    missing().map_or(Ok(()), Err)?;
    let server = SoundServer::start(&["cable", "ears"])?;
    let config = server.alsa_config();
    let options = ["--line-in", "cable-in"];
    let environment = [("ALSA_CONFIG_PATH", config.as_os_str())];
    let running = Running::start_in(&environment, &options).ok_or("the program is not built")?;
    let _player = server.play("cable", &noise(100 + PIECES * EVERY / RATE_HZ))?;
    let mut pulse = server.environment().into_iter();
    let address = pulse.find(|(name, _)| *name == "PULSE_SERVER").ok_or("no server")?.1;
    let sink = Sink { server: address, name: "ears".into(), buffer_ms: Some(BROWSER_BUFFER_MS) };
    let options = Options { sink: Some(sink), ..Options::default() };
    let guest = Guest::visit_with(&running.url(""), JITTER_QUERY, &options).map_err(|error| error.to_string())?;
    guest.tap().and_then(|()| guest.until("live", PATIENCE)).map_err(|error| error.to_string())?;
    // Heard from here on, so that the sinks run as they will when it counts.
    let (cable, again, ears) = (server.record("cable")?, server.record("cable")?, server.record("ears")?);
    let settled = SETTLE.as_secs() as usize * RATE_HZ;
    ears.wait_for(settled, PATIENCE).then_some(()).ok_or("no sound is recorded")?;
    let before = guest.inbound().map_err(|error| error.to_string())?;
    let end = settled + PIECES * EVERY + LAGS;
    cable.wait_for(end, PATIENCE + SETTLE).then_some(()).ok_or("the recording stops")?;
    let after = guest.inbound().map_err(|error| error.to_string())?;

    let rig = delays_ms(&cable, &again, settled);
    let heard = delays_ms(&cable, &ears, settled);
    report("rig alone (the cable against itself)", &rig);
    let median = report("cable to ear", &heard);
    println!("  goal: p50 at most {GOAL_MS:.0} ms = {:.2} of the goal", median / GOAL_MS);
    println!("of which, as the parts say themselves:");
    let gauge = 1e3 * metric(&running, "line_in_delay_seconds")?;
    let dry = metric(&running, "line_in_underruns_total")?;
    println!(
        "  line-in, until mixed: {gauge:.1} ms, {dry:.0} underruns since the start; block 10 ms and packet 20 ms: on average 20 ms"
    );
    let session = |stats: &serde_json::Value| stats["id"].clone();
    if session(&before) == session(&after) {
        let difference = |name: &str| after[name].as_f64().unwrap_or(0.0) - before[name].as_f64().unwrap_or(0.0);
        let held = 1e3 * difference("jitterBufferDelay") / difference("jitterBufferEmittedCount");
        let (made, all) = (difference("concealedSamples"), difference("totalSamplesReceived"));
        println!("  the browser's jitter buffer: {held:.1} ms; {:.2} % of samples concealed", 100.0 * made / all);
    } else {
        println!("  the browser connected again meanwhile: this machine is too busy to measure");
    }
    let buffers = |list: &str| server.list(list);
    for line in buffers("sink-inputs").lines().chain(buffers("source-outputs").lines()) {
        if ["Latency:", "Sink:", "Source:", "application.name", "media.name"].iter().any(|word| line.contains(word)) {
            println!("  sound server: {}", line.trim());
        }
    }
    Ok(())
}

/// Noise below about 1 kHz: no two places of it are alike, it never pauses (the box would take a pause for an unplugged
/// cable), and an encoder keeps its wave form.
fn noise(seconds: usize) -> Vec<f32> {
    let mut dice = Dice::seeded(0xEA7);
    let (mut once, mut twice) = (0.0_f32, 0.0_f32);
    let mut next = || {
        once += 0.12 * (dice.below(20_001) as f32 / 10_000.0 - 1.0 - once);
        twice += 0.12 * (once - twice);
        (2.0 * twice).clamp(-0.9, 0.9)
    };
    (0..seconds * RATE_HZ).map(|_| next()).collect()
}

/// The delay of every piece of `from` until it is in `to`, counted from `settled` frames on.
fn delays_ms(from: &Recording, to: &Recording, settled: usize) -> Vec<f64> {
    let (Some(start), Some(other)) = (from.start(), to.start()) else { return Vec::new() };
    // The frame of `to` that was recorded when frame 0 of `from` was.
    let shift = match start.checked_duration_since(other) {
        Some(later) => later.as_secs_f64() * RATE_HZ as f64,
        None => -(other - start).as_secs_f64() * RATE_HZ as f64,
    };
    let (from, to) = (from.channel(0, 0), to.channel(0, 0));
    // A little before, so that a delay of nothing is found too.
    let early = RATE_HZ / 100;
    let mut delays = Vec::new();
    for at in (settled..).step_by(EVERY).take(PIECES) {
        let Some(piece) = from.get(at..at + PIECE) else { break };
        let begin = (at as f64 + shift) as usize - early;
        let Some(heard) = to.get(begin..begin + LAGS + PIECE) else { break };
        let (lag, alike) = hear::find(heard, piece, LAGS);
        if alike > ALIKE {
            let exact = (begin + lag) as f64 - (at as f64 + shift);
            delays.push(1e3 * exact / RATE_HZ as f64);
        }
    }
    delays
}

fn report(what: &str, delays_ms: &[f64]) -> f64 {
    let share = |share| hear::percentile(delays_ms, share);
    println!(
        "{what}: {} of {PIECES} pieces found, p50 {:.1} ms, p95 {:.1} ms",
        delays_ms.len(),
        share(0.5),
        share(0.95)
    );
    share(0.5)
}

/// One of the box's own figures.
fn metric(running: &Running, name: &str) -> Result<f64, String> {
    let mut answer = ureq::get(running.url("/metrics")).call().map_err(|error| error.to_string())?;
    let text = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
    tests::metrics::number(&text, name).ok_or_else(|| format!("the box does not tell {name}"))
}
