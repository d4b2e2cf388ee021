//! Line-in with real ALSA: a tone played into a private sound server is captured through ALSA's pulse plug-in, fitted to
//! the pump's clock and mixed.
//!
//! ALSA reads its configuration from the environment of the process, so the box's part runs in a process of its own:
//! this very test binary, started again with the name of the inner test.

use std::f64::consts::TAU;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use audio::capture::Alsa;
use audio::clock::Clock;
use audio::line::{self, LineState};
use audio::mixer::{Decibels, MixPlan};
use audio::pump::{self, Controls};
use audio::sim::Collector;
use audio::status::Status;
use base::{MediaTime, Timeline};
use tests::sound::{self, SoundServer};
use tests::wait;

const HZ: f64 = 1_000.0;
const AMPLITUDE: f64 = 0.25;

/// The tone's own steepest step is 2π·1000/48000·0.25 = 0.0327; a gap or slip makes a larger one.
const STEP_MAX: f64 = 0.036;

/// How long the tone is, in s: longer than all that is done while it plays.
const TONE_S: u32 = 180;

/// How long one stretch of sound is that must hold, in blocks of 10 ms: pitch is read to a cent from it.
const STRETCH_BLOCKS: usize = 200;

/// How much sound in a row shows that line-in delivers, in blocks.
const SETTLED_BLOCKS: usize = 30;

/// How long a stretch that holds is looked for. A machine that tears every one of them for so long, by every witness, is
/// too busy to judge line-in on.
const HICCUPS_FOR: Duration = Duration::from_secs(90);

/// The variable that says that this process is the inner one.
const INNER: &str = "PARTYBOX_TEST_LINE_IN";

#[test]
fn a_tone_into_line_in_keeps_level_and_pitch_and_survives_an_unplugged_cable() {
    if std::env::var_os(INNER).is_some() {
        return inner();
    }
    let mut server = match SoundServer::start(&["cable"]) {
        Ok(server) => server,
        Err(reason) => return println!("not run: {reason}"),
    };
    let tone: Vec<f32> =
        (0..48_000 * TONE_S).map(|n| (AMPLITUDE * (TAU * HZ * f64::from(n) / 48_000.0).sin()) as f32).collect();
    let mut player = server.play("cable", &tone).expect("paplay starts");
    let dir = tempfile::tempdir().expect("a directory");
    let mut inner = Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "line_in::a_tone_into_line_in_keeps_level_and_pitch_and_survives_an_unplugged_cable"])
        .arg("--nocapture")
        .env(INNER, dir.path())
        .env("ALSA_CONFIG_PATH", server.alsa_config())
        .envs(server.environment())
        .spawn()
        .expect("this binary runs");
    // The inner process says how far it is by files, so that nobody waits for a guessed time.
    let told = |name: &str| dir.path().join(name).exists();
    wait_for(HICCUPS_FOR * 2, &mut || told("unplug") || ended(&mut inner), "the first part");
    drop(player);
    server.unplug();
    wait(&mut || told("plug-in") || ended(&mut inner), "the loss to be noticed");
    server.plug_in().expect("the server starts again");
    std::fs::write(dir.path().join("serving"), "").expect("the directory is writable");
    player = server.play("cable", &tone).expect("paplay starts");
    server.wait_until_heard("cable").expect("parec hears the tone");
    std::fs::write(dir.path().join("plugged"), "").expect("the directory is writable");
    let status = inner.wait().expect("the inner process ends");
    drop(player);
    assert!(status.success(), "see above; the sound server said: {}", server.log());
}

fn ended(child: &mut std::process::Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}

/// Waits for a condition, at most 20 s, and returns how long that took.
fn wait(condition: &mut dyn FnMut() -> bool, what: &str) -> Duration {
    wait_for(Duration::from_secs(20), condition, what)
}

fn wait_for(limit: Duration, condition: &mut dyn FnMut() -> bool, what: &str) -> Duration {
    let start = Instant::now();
    assert!(wait::comes_true(limit, condition), "waited too long for {what}");
    start.elapsed()
}

/// The box's part: line-in, pump, and a look at what comes out.
fn inner() {
    let dir = std::path::PathBuf::from(std::env::var_os(INNER).expect("checked before"));
    let clock = Clock::start();
    let (feeder, source) = line::pair(Box::new(Alsa::new("cable-in")));
    let line = source.tap().expect("there is room for one tap");
    // The capture thread ends with the pump's tap.
    drop(source);
    let collector = Collector::default();
    let plan = MixPlan { decks: Decibels::SILENCE, ..MixPlan::default() }.with_source(0, Decibels::UNITY);
    let (timeline, first) = (Timeline::starting_at(clock.now()), MediaTime::ZERO);
    let (encoder, sink) = (Box::new(collector.clone()), Box::new(collector.clone()));
    let (pump, controls, _) = pump::new(timeline, first, plan, vec![Box::new(line)], vec![encoder], vec![sink]);
    let capture_thread = thread::spawn(move || line::run(feeder, clock));
    let pump_thread = thread::spawn(move || pump::run(pump, clock));

    wait(&mut || controls.status().line == LineState::Signal, "sound");
    listen(&collector, &controls, "before");
    tell(&dir, "unplug");
    wait(&mut || matches!(controls.status().line, LineState::NoDevice(_)), "the loss to be noticed");
    wait(&mut || controls.status().out_peak_dbfs < -90.0, "silence");
    tell(&dir, "plug-in");
    let opened = || controls.status().line_opened_total;
    let before = opened();
    wait(&mut || dir.join("serving").exists(), "the server");
    let reopened = wait(&mut || opened() > before, "the device to be opened again");
    println!("opened again {} ms after the server was there", reopened.as_millis());
    assert!(reopened < Duration::from_secs(1), "opened again only after {reopened:?}");
    wait(&mut || dir.join("plugged").exists(), "the server to be heard");
    let back = wait(&mut || !matches!(controls.status().line, LineState::NoDevice(_)), "line-in to come back");
    let heard = back + wait(&mut || controls.status().line == LineState::Signal, "the tone to come back");
    println!("line-in came back {} ms after the cable, the tone after {} ms", back.as_millis(), heard.as_millis());
    assert!(back < Duration::from_secs(1), "line-in must come back within a second, took {back:?}");
    listen(&collector, &controls, "after");

    controls.stop();
    pump_thread.join().expect("the pump does not panic");
    capture_thread.join().expect("the capture thread does not panic");
}

fn tell(dir: &std::path::Path, what: &str) {
    std::fs::write(dir.join(what), "").expect("the outer process made the directory");
}

/// Checks level, pitch and wholeness of a stretch of sound.
///
/// A machine that wakes a user-space sound server too late has it hiccup for longer than any buffer, or its player, so that
/// the tone itself jumps before it reaches line-in. Such stretches are counted and printed, and the next ones are taken, but
/// only if the hiccup is proven not to be line-in's own: it was late by its own counters, or somebody else who records the
/// same cable heard the tone jump as well. A jump that only line-in has fails at once; so does a line-in that never holds
/// although the others were on time.
fn listen(collector: &Collector, controls: &Controls, when: &str) {
    let witness = sound::record("cable").expect("parec starts");
    assert!(witness.wait_for(1, Duration::from_secs(20)), "{when}: nobody else hears the cable");
    let (begun, mut hiccups, mut unexplained) = (Instant::now(), 0, 0);
    while begun.elapsed() < HICCUPS_FOR {
        let (before, heard_before) = (controls.status(), witness.len());
        let frames = stretch(collector);
        let status = controls.status();
        let ran_dry = status.line_underruns_total != before.line_underruns_total
            || status.line_slips_total != before.line_slips_total
            || status.line_xruns_total != before.line_xruns_total;
        let was_late = status.late_blocks_total != before.late_blocks_total;
        let is_whole = is_whole(&frames);
        if is_whole && !ran_dry && !was_late {
            return check(&frames, &status, when, hiccups);
        }
        let witnessed: Vec<f64> = witness.channel(0, heard_before).into_iter().map(f64::from).collect();
        let torn_already = !self::is_whole(&witnessed);
        println!(
            "{when}: a hiccup (ran dry: {ran_dry}, late: {was_late}, whole: {is_whole}, torn already: {torn_already})"
        );
        assert!(ran_dry || was_late || torn_already, "{when}: line-in tears a tone that is whole: {status:?}");
        hiccups += 1;
        unexplained += u32::from(!was_late && !torn_already);
    }
    let status = controls.status();
    assert!(
        unexplained * 2 < hiccups,
        "{when}: line-in ran dry {unexplained} times of {hiccups} by itself: {status:?}"
    );
    println!(
        "not judged: line-in, {when} the cable was pulled: this machine tore {hiccups} stretches of sound in a row"
    );
}

/// What is sent in the next stretch that begins with sound; if none begins for as long, with silence.
fn stretch(collector: &Collector) -> Vec<f64> {
    let collected = |from: usize| -> Vec<f64> {
        let collected = collector.collected();
        let blocks = collected.blocks.iter().skip(from).take(STRETCH_BLOCKS);
        blocks.flat_map(|(_, block)| block.frames.map(|frame| f64::from(frame[0]))).collect()
    };
    let count = || collector.collected().blocks.len();
    let begun = count();
    let mut start = begun;
    // Line-in that has run dry is silent until its buffer is full again.
    while start < begun + STRETCH_BLOCKS {
        wait(&mut || start + SETTLED_BLOCKS <= count(), "blocks");
        if is_whole(&collected(start)[..SETTLED_BLOCKS * 480]) {
            break;
        }
        start += SETTLED_BLOCKS;
    }
    wait(&mut || count() >= start + STRETCH_BLOCKS, "a stretch of blocks");
    collected(start)
}

/// Whether a tone neither jumps nor fades.
fn is_whole(samples: &[f64]) -> bool {
    largest_step(samples) < STEP_MAX && quietest_db(samples) > -1.0
}

/// The level of the quietest block of a tone, in dB against the whole tone's.
fn quietest_db(samples: &[f64]) -> f64 {
    let rms = |block: &[f64]| (block.iter().map(|sample| sample * sample).sum::<f64>() / block.len() as f64).sqrt();
    let quietest = samples.chunks_exact(480).map(rms).fold(f64::INFINITY, f64::min);
    20.0 * (quietest / (AMPLITUDE / 2.0_f64.sqrt())).log10()
}

fn check(frames: &[f64], status: &Status, when: &str, hiccups: u32) {
    let rms = (frames.iter().map(|sample| sample * sample).sum::<f64>() / frames.len() as f64).sqrt();
    let level_db = 20.0 * (rms / (AMPLITUDE / 2.0_f64.sqrt())).log10();
    let step = largest_step(frames);
    let cents = 1_200.0 * (crossings_per_s(frames) / HZ).log2();
    println!(
        "{when}: level {level_db:+.2} dB, pitch {cents:+.2} cent, largest step {step:.4}, delay {} us, \
         drift {:.0} ppm, {} underruns, {} xruns, {hiccups} hiccups",
        status.line_delay_us, status.line_drift_ppm, status.line_underruns_total, status.line_xruns_total
    );
    assert!(level_db.abs() < 0.2, "{when}: level is off by {level_db} dB");
    assert!(cents.abs() < 5.0, "{when}: pitch is off by {cents} cent");
}

fn largest_step(frames: &[f64]) -> f64 {
    frames.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max)
}

/// Upward zero crossings per second, interpolated between samples.
fn crossings_per_s(samples: &[f64]) -> f64 {
    let at: Vec<f64> = samples
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] < 0.0 && pair[1] >= 0.0)
        .map(|(n, pair)| n as f64 + pair[0] / (pair[0] - pair[1]))
        .collect();
    match (at.first(), at.last()) {
        (Some(first), Some(last)) if at.len() > 1 => (at.len() - 1) as f64 / (last - first) * 48_000.0,
        _ => 0.0,
    }
}
