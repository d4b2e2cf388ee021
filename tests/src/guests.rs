//! Several guests: the page of the box in as many windows of one real browser, each tapped once.
//!
//! Windows and not tabs, because a browser hides all tabs but one, and a hidden page leaves Live. They share one cookie, so
//! the box takes them for one guest with many sessions; for what they hear that makes no difference. Pages of one phone
//! silence each other, so these must not know of each other.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::{Browser, BrowserError, Options};

/// A hidden window's clock rings once a second at most: these keep every window's as it is on a phone of its own.
const FLAGS: [&str; 3] = [
    "--disable-backgrounding-occluded-windows",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
];

/// Listens, 50 times a second, to what the page's audio element was given, and writes down by the machine's clock (ms since
/// 1970) when it fell silent after `window.testWatched` was set, and when there was sound again after that. The window of
/// 1024 samples is 21 ms.
const WATCH: &str = "const audio = document.getElementById('audio');
const ear = new AudioContext();
let heard, analyser;
window.testSilent = window.testHeard = 0;
setInterval(() => {
  if (audio.srcObject !== heard) {
    heard = audio.srcObject;
    analyser = ear.createAnalyser();
    analyser.fftSize = 1024;
    if (heard) ear.createMediaStreamSource(heard).connect(analyser);
  }
  const samples = new Float32Array(1024);
  analyser?.getFloatTimeDomainData(samples);
  const loud = samples.some((sample) => Math.abs(sample) > 0.02);
  window.testLoud = loud;
  if (!window.testWatched) return;
  if (!loud) window.testSilent ||= Date.now();
  else if (window.testSilent) window.testHeard ||= Date.now();
}, 20);";

/// Run before a page's own code: what the pages of one phone would find each other by.
const ALONE: &str = "delete window.BroadcastChannel";

/// Guests with the page open, each in a window.
#[derive(Debug)]
pub struct Guests {
    browser: Browser,
    windows: Vec<String>,
}

impl Guests {
    /// Opens the page of the box at `base` in `count` windows, taps each and waits until each hears.
    pub fn listen(base: &str, count: usize, limit: Duration) -> Result<Self, BrowserError> {
        let flags = FLAGS.map(str::to_owned).to_vec();
        let browser = Browser::open(&Options { flags, ..Options::default() })?;
        let mut guests = Self { browser, windows: Vec::new() };
        for _ in 0..count {
            guests.windows.push(guests.browser.open_window("about:blank")?);
            guests.browser.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": ALONE }))?;
            guests.browser.go(base)?;
            guests.browser.wait_for("!document.getElementById('listeners').hidden", limit)?;
            guests.browser.click("#play")?;
            guests.browser.wait_for("document.getElementById('page').dataset.phase === 'live'", limit)?;
            guests.browser.run(WATCH)?;
            guests.browser.wait_for("window.testLoud", limit)?;
        }
        Ok(guests)
    }

    /// Waits until an expression is true in every window, and gives its values.
    pub fn all(&self, expression: &str, limit: Duration) -> Result<Vec<Value>, BrowserError> {
        let one = |window: &String| {
            self.browser.turn_to(window)?;
            self.browser.wait_for(expression, limit)
        };
        self.windows.iter().map(one).collect()
    }

    /// From now on each window writes down when it fell silent and when there was sound again.
    pub fn watch(&self, limit: Duration) -> Result<(), BrowserError> {
        self.all("(window.testSilent = window.testHeard = 0, window.testWatched = true)", limit).map(drop)
    }

    /// When each window heard again after a silence, in ms since 1970.
    pub fn heard_again_unix_ms(&self, limit: Duration) -> Result<Vec<u64>, BrowserError> {
        let heard = self.all("window.testHeard", limit)?;
        heard.iter().map(|time| time.as_u64().ok_or(BrowserError::Malformed("time"))).collect()
    }
}
