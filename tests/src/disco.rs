//! A silent disco: a box with three channels, each with a tone of its own, and guests in real browsers.
//!
//! What a guest hears is taken from what the page's audio element was given. Pitches are told apart by their spectrum, in
//! windows of 0.17 s.

use std::time::Duration;

use crate::browser::{BrowserError, Options, missing};
use crate::caller::Caller;
use crate::guest::Guest;
use crate::program::Running;
use crate::{hear, wav};
use serde_json::{Value, json};

/// The channels, their colours and the pitch of each, Hz.
pub const CHANNELS: [(&str, &str, f64); 3] =
    [("main", "red", 440.0), ("green", "green", 1_000.0), ("blue", "blue", 2_500.0)];

/// Peak of the tones, linear.
const PEAK: f32 = 0.25;

/// How much softer than its own tone anything else must be, dB: what a window of that length leaves of a tone beside it is
/// far below.
const APART_DB: f64 = 40.0;

/// How long anything on a busy machine may take before it counts as not happening.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Returns the level of each pitch, dB below full scale, of what the page's audio element was given in the last 0.17 s.
const LEVELS: &str = "(async () => {
  const audio = document.getElementById('audio');
  if (!audio.srcObject) return null;
  const ear = window.testEar ??= new AudioContext({ sampleRate: 48000 });
  await ear.resume();
  if (window.testHeard !== audio.srcObject) {
    window.testHeard = audio.srcObject;
    window.testSpectrum = ear.createAnalyser();
    Object.assign(window.testSpectrum, { fftSize: 8192, smoothingTimeConstant: 0 });
    ear.createMediaStreamSource(audio.srcObject).connect(window.testSpectrum);
  }
  const bins = new Float32Array(window.testSpectrum.frequencyBinCount);
  window.testSpectrum.getFloatFrequencyData(bins);
  return PITCHES.map((hz) => Math.max(...bins.subarray(...[-3, 4].map((off) => Math.round(hz / 48000 * 8192) + off))));
})()";

/// A box with three channels and the music that makes them sound different.
#[allow(missing_debug_implementations, reason = "nobody prints a box")]
pub struct Disco {
    /// The box.
    pub running: Running,
    /// Its host.
    pub host: Caller,
    _music: tempfile::TempDir,
}

impl Disco {
    /// `None`, with the reason printed, where something needed is not installed or built.
    ///
    /// # Panics
    /// When the box does not do what a box does.
    pub fn open() -> Option<Self> {
        if let Some(reason) = missing() {
            println!("not run: {reason}");
            return None;
        }
        let music = tempfile::tempdir().expect("a folder");
        for (n, (_, _, hz)) in CHANNELS.iter().enumerate() {
            let tone = hear::sine(*hz, PEAK, wav::RATE_HZ, 60 * wav::RATE_HZ as usize);
            wav::write(&music.path().join(format!("{n}.wav")), &tone).expect("a file");
        }
        let running = Running::start(&["--music".to_owned(), music.path().display().to_string()])?;
        let address = running.url("").trim_start_matches("http://").parse().expect("an address");
        let mut disco = Self { running, host: Caller::new([127, 0, 0, 1].into(), address), _music: music };
        // Each channel goes through all tracks, beginning with another; here each stays with its first.
        disco.running.until("/api/party/status", PATIENCE, |status| {
            status["track"]["title"] == "0" && status["scan"]["running"] == false
        });
        for (id, color, _) in CHANNELS {
            disco.asked("PUT", &format!("/api/channels/{id}"), &json!({ "color": color }));
            let settings = json!({ "repeat": "one", "level_loudness": false });
            disco.asked("PUT", &format!("/api/channels/{id}/settings"), &settings);
        }
        for (n, (id, _, _)) in CHANNELS.iter().enumerate() {
            let (path, title) = (format!("/api/channels/{id}/status"), n.to_string());
            disco.running.until(&path, PATIENCE, |status| status["track"]["title"] == title.as_str());
        }
        Some(disco)
    }

    fn asked(&mut self, method: &str, path: &str, body: &Value) {
        let answer = self.host.ask(method, path, Some(body));
        assert_eq!(answer.status, 204, "{method} {path}: {}", answer.body);
    }

    /// A guest who has opened the page of a channel and listens live; `query` is added to the address.
    ///
    /// # Panics
    /// When the page does not come or does not play.
    pub fn guest(&self, channel: &str, query: &str) -> Guest {
        let query = format!("?channel={channel}{query}");
        let guest = Guest::visit_with(&self.running.url(""), &query, &Options::default()).expect("the page");
        guest.tap().expect("a tap");
        guest.until("live", PATIENCE).expect("live");
        guest
    }
}

/// Waits until `guest` hears the tone of the channel at `place` and no other, equally loud twice in a row, and returns how
/// loud, dB below full scale.
pub fn hears_only(guest: &Guest, place: usize) -> Result<f64, BrowserError> {
    let pitches = CHANNELS.map(|(_, _, hz)| hz.to_string()).join(",");
    let levels = LEVELS.replace("PITCHES", &format!("[{pitches}]"));
    let alone = format!(
        "(async () => {{ const levels = await {levels}; if (!levels) return null;
           const own = levels[{place}], before = window.testOwn; window.testOwn = own;
           const alone = levels.every((level, n) => n === {place} || level < own - {APART_DB});
           return own > -40 && alone && Math.abs(own - before) < 0.2 ? {{ own }} : null; }})()"
    );
    let heard = guest.browser.wait_for(&alone, PATIENCE)?;
    heard["own"].as_f64().ok_or(BrowserError::Malformed("level"))
}

/// Taps the field of a channel.
///
/// # Panics
/// When the page has none.
pub fn switch(guest: &Guest, channel: &str) {
    let field = format!("#channel-list input[value='{channel}']");
    let tap = format!("document.querySelector(\"{field}\").click(); return null");
    guest.browser.run(&tap).expect("a tap");
}
