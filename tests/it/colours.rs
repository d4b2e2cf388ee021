//! A silent disco in real browsers: three channels, each with a tone of its own, and guests who hear theirs and no other.
//!
//! What a guest hears is taken from what the page's audio element was given. Pitches are told apart by their spectrum, in
//! windows of 0.17 s.

use std::time::Duration;

use serde_json::{Value, json};
use tests::browser::{BrowserError, Options, missing};
use tests::caller::Caller;
use tests::guest::Guest;
use tests::program::Running;
use tests::{hear, wav};

/// The channels, their colours and the pitch of each, Hz.
const CHANNELS: [(&str, &str, f64); 3] =
    [("main", "red", 440.0), ("green", "green", 1_000.0), ("blue", "blue", 2_500.0)];

/// Peak of the tones, linear.
const PEAK: f32 = 0.25;

/// How much softer than its own tone anything else must be, dB: what a window of that length leaves of a tone beside it is
/// far below.
const APART_DB: f64 = 40.0;

/// How long anything on a busy machine may take before it counts as not happening.
const PATIENCE: Duration = Duration::from_secs(60);

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

/// The box with three channels and the music that makes them sound different.
struct Disco {
    running: Running,
    host: Caller,
    _music: tempfile::TempDir,
}

impl Disco {
    /// `None`, with the reason printed, where something needed is not installed or built.
    fn open() -> Option<Self> {
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

    /// A guest who has opened the page of a channel and listens live. What a busy machine does to delays is not judged here, so
    /// the browser holds back more sound than it would, and the page does not connect again because it is late.
    fn guest(&self, channel: &str) -> Guest {
        let query = format!("?channel={channel}&jitter=1000");
        let guest = Guest::visit_with(&self.running.url(""), &query, &Options::default()).expect("the page");
        guest.tap().expect("a tap");
        guest.until("live", PATIENCE).expect("live");
        guest
    }
}

/// Waits until `guest` hears the tone of the channel at `place` and no other, equally loud twice in a row, and returns how
/// loud, dB below full scale.
fn hears_only(guest: &Guest, place: usize) -> Result<f64, BrowserError> {
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

fn switch(guest: &Guest, channel: &str) {
    let field = format!("#channel-list input[value='{channel}']");
    let tap = format!("document.querySelector(\"{field}\").click(); return null");
    guest.browser.run(&tap).expect("a tap");
}

#[test]
fn three_guests_hear_three_colours_and_whoever_switches_hears_the_other_without_a_gap() {
    let Some(disco) = Disco::open() else { return };
    let guests = CHANNELS.map(|(id, _, _)| disco.guest(id));
    let levels: Vec<f64> =
        guests.iter().enumerate().map(|(place, guest)| hears_only(guest, place).expect("its own tone")).collect();
    println!("own tones at {levels:.1?} dB");
    assert!(levels.iter().all(|level| (level - levels[0]).abs() < 1.0), "they are equally loud: {levels:?}");
    // Everybody goes on to the next, three times round, and is home again.
    for turn in 1..=3 {
        for (place, guest) in guests.iter().enumerate() {
            switch(guest, CHANNELS[(place + turn) % 3].0);
        }
        for (place, guest) in guests.iter().enumerate() {
            hears_only(guest, (place + turn) % 3).expect("the other tone");
        }
    }
    for guest in &guests {
        let connections = guest.connections().expect("the page's connections");
        assert_eq!(connections.len(), 1, "another connection was made: {connections:#?}");
        let inbound = guest.inbound().expect("it counts");
        let lost = inbound["packetsLost"].as_i64().unwrap_or(0);
        println!("received {}, lost {lost}, concealed {}", inbound["packetsReceived"], inbound["concealedSamples"]);
        assert_eq!(lost, 0, "no sequence number is missing: {inbound}");
    }
}

#[test]
fn whoever_listens_to_a_channel_that_is_removed_goes_on_with_the_first() {
    let Some(mut disco) = Disco::open() else { return };
    let guest = disco.guest("blue");
    hears_only(&guest, 2).expect("its own tone");
    let answer = disco.host.ask("DELETE", "/api/channels/blue", None);
    assert_eq!(answer.status, 204, "{}", answer.body);
    hears_only(&guest, 0).expect("the first channel's tone");
    disco.running.until("/api/party/status", PATIENCE, |status| {
        status["channels"].as_array().is_some_and(|channels| channels.len() == 2) && status["listeners"]["live"] == 1
    });
}
