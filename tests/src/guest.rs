//! A guest: the page of the box in a real browser, with what tests do there and ask there.
//!
//! It knows the page's elements so that tests need not; it decides nothing about what is right.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::{Browser, BrowserError, Options};

/// Loudness of what the page plays, per side, as linear RMS of full scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// Left.
    pub left: f64,
    /// Right.
    pub right: f64,
}

/// Listens to what the page's audio element was given, not to what the page says about it. The window is 8192
/// samples, 0.17 s. Works after a tap only, because a browser gives no clock to a page that nobody has touched.
const LISTEN: &str = "(async () => {
  const audio = document.getElementById('audio');
  const ear = window.testEar ??= new AudioContext();
  await ear.resume();
  if (window.testStream !== audio.srcObject) {
    window.testStream = audio.srcObject;
    const split = ear.createChannelSplitter(2);
    ear.createMediaStreamSource(audio.srcObject).connect(split);
    window.testSides = [0, 1].map((side) => {
      const analyser = ear.createAnalyser();
      analyser.fftSize = 8192;
      split.connect(analyser, side);
      return analyser;
    });
  }
  const rms = window.testSides.map((analyser) => {
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  });
  return Math.max(...rms) > THRESHOLD ? rms : null;
})()";

/// Keeps the page's connections where a test finds them, each with who asked for it.
const WATCH_PEERS: &str = "window.testPeers = [];
if (window.RTCPeerConnection) window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); this.testOrigin = new Error().stack; window.testPeers.push(this); }
};";

/// Keeps every sentence that the page says for a few seconds, because a test may look later than that.
const WATCH_SAID: &str = "window.testSaid = [];
document.addEventListener('DOMContentLoaded', () => {
  const toast = document.getElementById('toast');
  if (toast) new MutationObserver(() => window.testSaid.push(toast.textContent))
    .observe(toast, { childList: true, characterData: true, subtree: true });
});";

/// A guest with the page open.
#[derive(Debug)]
pub struct Guest {
    /// The browser, for what this type does not offer.
    pub browser: Browser,
}

impl Guest {
    /// Opens the page of the box at `base`, such as `http://127.0.0.1:8080`, and waits until the box has said what
    /// plays.
    pub fn visit(base: &str, options: &Options) -> Result<Self, BrowserError> {
        Self::visit_with(base, "", options)
    }

    /// The same with a query of the address, such as `?jitter=20`. What the page's connections count can be asked for.
    pub fn visit_with(base: &str, query: &str, options: &Options) -> Result<Self, BrowserError> {
        let guest = Self { browser: Browser::open(options)? };
        for watch in [WATCH_PEERS, WATCH_SAID] {
            guest.browser.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": watch }))?;
        }
        guest.browser.go(&format!("{base}/{query}"))?;
        guest.browser.wait_for("!document.getElementById('listeners').hidden", Duration::from_secs(30))?;
        Ok(guest)
    }

    /// One tap on the big button.
    pub fn tap(&self) -> Result<(), BrowserError> {
        self.browser.click("#play")
    }

    /// Waits until listening is `idle`, `connecting`, `live`, `pocket`, `reconnecting` or `blocked`.
    pub fn until(&self, phase: &str, limit: Duration) -> Result<(), BrowserError> {
        let expression = format!("document.getElementById('page').dataset.phase === '{phase}'");
        self.browser.wait_for(&expression, limit).map(drop)
    }

    /// Waits until the page shows this text.
    pub fn until_shown(&self, text: &str, limit: Duration) -> Result<(), BrowserError> {
        let text = Value::from(text);
        self.browser.wait_for(&format!("document.body.innerText.includes({text})"), limit).map(drop)
    }

    /// Waits until the page has said this text since it was opened, for however short a time.
    pub fn until_said(&self, text: &str, limit: Duration) -> Result<(), BrowserError> {
        let text = Value::from(text);
        self.browser.wait_for(&format!("window.testSaid.some((said) => said.includes({text}))"), limit).map(drop)
    }

    /// Waits until Live is louder than `threshold` (linear RMS) on either side.
    pub fn hears(&self, threshold: f64, limit: Duration) -> Result<Level, BrowserError> {
        let heard = self.browser.wait_for(&LISTEN.replace("THRESHOLD", &threshold.to_string()), limit)?;
        let side = |n: usize| heard[n].as_f64().ok_or(BrowserError::Malformed("level"));
        Ok(Level { left: side(0)?, right: side(1)? })
    }

    /// What the page's youngest connection has counted of its sound, in the words of `RTCInboundRtpStreamStats`.
    pub fn inbound(&self) -> Result<Value, BrowserError> {
        let found = "(async () => [...(await window.testPeers.at(-1).getStats()).values()]
            .find((report) => report.type === 'inbound-rtp'))()";
        self.browser.wait_for(found, Duration::from_secs(30))
    }

    /// What the page's youngest connection has counted of hiccups that are this machine's: samples that its jitter buffer made
    /// up, added or left out because packets came late, and samples that its output asked for in vain.
    pub fn hiccups(&self) -> Result<f64, BrowserError> {
        let counted = "(async () => {
          let all = 0;
          for (const report of (await window.testPeers.at(-1).getStats()).values()) {
            const { concealedSamples, insertedSamplesForDeceleration, removedSamplesForAcceleration, synthesizedSamplesEvents } = report;
            for (const part of [concealedSamples, insertedSamplesForDeceleration, removedSamplesForAcceleration, synthesizedSamplesEvents])
              all += part ?? 0;
          }
          return { all };
        })()";
        self.browser.wait_for(counted, Duration::from_secs(30))?["all"]
            .as_f64()
            .ok_or(BrowserError::Malformed("hiccups"))
    }

    /// Who asked for each of the page's connections, as stacks of calls.
    pub fn connections(&self) -> Result<Vec<String>, BrowserError> {
        let origins = self.browser.run("return window.testPeers.map((peer) => peer.testOrigin)")?;
        let origins = origins.as_array().ok_or(BrowserError::Malformed("connections"))?;
        Ok(origins.iter().map(|origin| origin.as_str().unwrap_or_default().to_owned()).collect())
    }

    /// Seconds that the audio element has played.
    pub fn played(&self) -> Result<f64, BrowserError> {
        let seconds = self.browser.run("return document.getElementById('audio').currentTime")?;
        seconds.as_f64().ok_or(BrowserError::Malformed("position"))
    }
}
