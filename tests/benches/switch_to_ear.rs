//! From the tap on another channel's field to its sound, in a real browser.
//!
//! What is measured is what the page's audio element is given: the browser's jitter buffer is in it, its output's buffer is
//! not. Beside it stand its parts: how long the box took to answer, and what the browser holds back.

use serde_json::Value;
use tests::disco::{CHANNELS, Disco, hears_only};
use tests::hear;

/// The goal for the 95th percentile, tap to the other sound.
const GOAL_MS: f64 = 150.0;

/// Switches that are measured.
const SWITCHES: usize = 40;

/// Taps a channel's field, and returns how long it took, ms, until its pitch was the louder one in a window of 10.7 ms, polled
/// as often as a page may, and how long the box took to answer.
const MEASURE: &str = "(async () => {
  const ear = window.testEar, analyser = window.testQuick ??= ear.createAnalyser();
  if (window.testQuickOf !== window.testHeard) {
    window.testQuickOf = window.testHeard;
    Object.assign(analyser, { fftSize: 512, smoothingTimeConstant: 0 });
    ear.createMediaStreamSource(window.testHeard).connect(analyser);
  }
  const samples = new Float32Array(analyser.fftSize);
  const power = (hz) => {
    const step = 2 * Math.PI * hz / 48000;
    let [re, im] = [0, 0];
    samples.forEach((sample, n) => { re += sample * Math.cos(step * n); im += sample * Math.sin(step * n); });
    return re * re + im * im;
  };
  performance.clearResourceTimings();
  const began = performance.now();
  document.querySelector(`#channel-list input[value='CHANNEL']`).click();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    analyser.getFloatTimeDomainData(samples);
    const heard = performance.now() - began;
    if (power(TO) > power(FROM) || heard > 3000) {
      const told = performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/stream'));
      return { heard, told: told ? told.responseEnd - told.startTime : null };
    }
  }
})()";

fn main() {
    let Some(disco) = Disco::open() else { return println!("not measured here") };
    let guest = disco.guest(CHANNELS[0].0, "");
    let mut at = 0;
    let (mut heard, mut answered) = (Vec::new(), Vec::new());
    for _ in 0..SWITCHES {
        if let Err(error) = hears_only(&guest, at) {
            return println!("not measured here: {error}");
        }
        let to = (at + 1) % CHANNELS.len();
        let measure = MEASURE.replace("CHANNEL", CHANNELS[to].0);
        let measure = measure.replace("TO", &CHANNELS[to].2.to_string()).replace("FROM", &CHANNELS[at].2.to_string());
        let Ok(found) = guest.browser.run(&format!("return {measure}")) else { return println!("the browser is gone") };
        heard.extend(found["heard"].as_f64());
        answered.extend(found["told"].as_f64());
        at = to;
    }
    let inbound = guest.inbound().unwrap_or(Value::Null);
    let number = |name: &str| inbound[name].as_f64().unwrap_or(0.0);
    let held_ms = 1e3 * number("jitterBufferDelay") / number("jitterBufferEmittedCount").max(1.0);
    let p95 = report("tap to the other sound", &heard);
    println!("  goal: p95 at most {GOAL_MS:.0} ms; {:.2} of it", p95 / GOAL_MS);
    report("  of which the box's answer", &answered);
    println!("  of which the browser holds back {held_ms:.0} ms; a packet is 20 ms");
    println!("  {:.0} packets lost of {:.0}", number("packetsLost"), number("packetsReceived"));
}

fn report(what: &str, ms: &[f64]) -> f64 {
    let share = |share| hear::percentile(ms, share);
    println!("{what}: {} times, p50 {:.1} ms, p95 {:.1} ms", ms.len(), share(0.5), share(0.95));
    share(0.95)
}
