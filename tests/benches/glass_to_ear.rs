//! From the cable to the ear: how much later a guest's browser plays what comes into line-in.
//!
//! Chirps are played into a null sink that is the box's line-in; Chromium, with a jitter target of 20 ms, plays into a
//! second one. Both monitors are recorded by the same machine's clock, and each chirp is found in both by correlation.
//! The rig's own error is measured first, with two recordings of the same monitor. What the browser's sound buffer and
//! the sound server hold is part of the delay and is printed beside it, as are the other known parts.

use std::time::Duration;

use tests::browser::{Options, Sink, missing};
use tests::guest::Guest;
use tests::hear;
use tests::program::Running;
use tests::sound::{Recording, SoundServer};

const RATE_HZ: usize = 48_000;

/// The goal for the median.
const GOAL_MS: f64 = 80.0;

/// What the page asks the browser to hold back, for measuring.
const JITTER_QUERY: &str = "?jitter=20";

/// One chirp every 500 ms and a bit, so that phases of 20 ms are swept.
const EVERY: usize = RATE_HZ / 2 + 97;

/// Length of a chirp: 60 ms.
const CHIRP: usize = RATE_HZ * 60 / 1_000;

/// Peak of a chirp.
const PEAK: f32 = 0.5;

/// Chirps that are measured.
const CHIRPS: usize = 80;

/// The longest delay that is looked for.
const LAGS: usize = RATE_HZ * 400 / 1_000;

/// Below this likeness a chirp counts as not heard.
const ALIKE: f64 = 0.8;

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
    let _player = server.play("cable", &chirps(100 + CHIRPS * EVERY / RATE_HZ))?;
    let mut pulse = server.environment().into_iter();
    let address = pulse.find(|(name, _)| *name == "PULSE_SERVER").ok_or("no server")?.1;
    let options = Options { sink: Some(Sink { server: address, name: "ears".into() }), ..Options::default() };
    let guest = Guest::visit_with(&running.url(""), JITTER_QUERY, &options).map_err(|error| error.to_string())?;
    guest.tap().and_then(|()| guest.until("live", PATIENCE)).map_err(|error| error.to_string())?;
    // Heard from here on, so that the sinks run as they will when it counts.
    let (cable, again, ears) = (server.record("cable")?, server.record("cable")?, server.record("ears")?);
    let settled = SETTLE.as_secs() as usize * RATE_HZ;
    ears.wait_for(settled, PATIENCE).then_some(()).ok_or("no sound is recorded")?;
    let before = guest.inbound().map_err(|error| error.to_string())?;
    let end = settled + CHIRPS * EVERY + LAGS;
    cable.wait_for(end, PATIENCE + SETTLE).then_some(()).ok_or("the recording stops")?;
    let after = guest.inbound().map_err(|error| error.to_string())?;

    let rig = delays_ms(&cable, &again, settled);
    let heard = delays_ms(&cable, &ears, settled);
    report("rig alone (the cable against itself)", &rig);
    let median = report("cable to ear", &heard);
    println!("  goal: p50 at most {GOAL_MS:.0} ms = {:.2} of the goal", median / GOAL_MS);
    println!("of which, as the parts say themselves:");
    let gauge = line_delay_ms(&running)?;
    println!("  line-in, until mixed: {gauge:.1} ms; block 10 ms and packet 20 ms: on average 20 ms");
    let difference = |name: &str| after[name].as_f64().unwrap_or(0.0) - before[name].as_f64().unwrap_or(0.0);
    let held = 1e3 * difference("jitterBufferDelay") / difference("jitterBufferEmittedCount");
    let (made, all) = (difference("concealedSamples"), difference("totalSamplesReceived"));
    println!("  the browser's jitter buffer: {held:.1} ms; {:.2} % of samples concealed", 100.0 * made / all);
    let buffers = |list: &str| server.list(list);
    for line in buffers("sink-inputs").lines().chain(buffers("source-outputs").lines()) {
        if ["Latency:", "Sink:", "Source:", "application.name", "media.name"].iter().any(|word| line.contains(word)) {
            println!("  sound server: {}", line.trim());
        }
    }
    Ok(())
}

/// Mono chirps from 300 to 2,500 Hz with quiet between them.
fn chirps(seconds: usize) -> Vec<f32> {
    let chirp = |n: usize| {
        let (t, length) = (n as f64 / RATE_HZ as f64, CHIRP as f64 / RATE_HZ as f64);
        let phase = std::f64::consts::TAU * (300.0 * t + (2_500.0 - 300.0) / (2.0 * length) * t * t);
        let fade = (std::f64::consts::PI * n as f64 / CHIRP as f64).sin();
        (phase.sin() * fade) as f32 * PEAK
    };
    (0..seconds * RATE_HZ).map(|n| if n % EVERY < CHIRP { chirp(n % EVERY) } else { 0.0 }).collect()
}

/// The delay of every chirp in `from` until it is in `to`, counted from `settled` frames on.
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
    let mut at = settled;
    while let Some(onset) = from[at.min(from.len())..].iter().position(|sample| sample.abs() > PEAK / 20.0) {
        at += onset;
        let begin = (at as f64 + shift) as usize - early;
        let Some(heard) = to.get(begin..begin + LAGS + CHIRP) else { break };
        let (lag, alike) = hear::find(heard, &from[at..(at + CHIRP).min(from.len())], LAGS);
        if alike > ALIKE {
            let exact = (begin + lag) as f64 - (at as f64 + shift);
            delays.push(1e3 * exact / RATE_HZ as f64);
        }
        at += EVERY / 2;
    }
    delays
}

fn report(what: &str, delays_ms: &[f64]) -> f64 {
    let share = |share| hear::percentile(delays_ms, share);
    println!("{what}: {} chirps, p50 {:.1} ms, p95 {:.1} ms", delays_ms.len(), share(0.5), share(0.95));
    share(0.5)
}

/// The box's own gauge.
fn line_delay_ms(running: &Running) -> Result<f64, String> {
    let mut answer = ureq::get(running.url("/metrics")).call().map_err(|error| error.to_string())?;
    let text = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
    let line = text.lines().find_map(|line| line.strip_prefix("partybox_line_in_delay_seconds "));
    let seconds = line.and_then(|value| value.parse::<f64>().ok()).ok_or("no gauge of line-in's delay")?;
    Ok(1e3 * seconds)
}
