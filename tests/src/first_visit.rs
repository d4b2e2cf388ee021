//! A first visit: a page of the box in a real browser that has kept nothing, on a radio and a processor as slow as wanted, with
//! what it asked for, when it could be used, and how far it moved what was already shown.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::{Browser, BrowserError, Options};

/// How long anything on a busy machine may take before it counts as not happening.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a page asks for nothing before it has all it wants, in ms.
const QUIET_MS: u32 = 1_500;

/// What a page is opened with, and on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    /// Width and height of the visible page, in CSS pixels.
    pub window: (u32, u32),
    /// The language that the browser asks for, such as `de`.
    pub language: &'static str,
    /// The radio; `None` leaves it as it is.
    pub radio: Option<Radio>,
    /// How many times slower than this machine the processor is.
    pub slower: u32,
}

/// A radio, as Chromium emulates it: it delays each request and shares the rate among them. Of WebRTC it delays each packet by the
/// whole round trip, which makes that of WebRTC twice as long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Radio {
    /// From a request to the first byte of its answer, in ms.
    pub round_trip_ms: u32,
    /// Bytes a second, each way.
    pub bytes_per_s: u32,
}

/// 1 Mbit/s and 200 ms: a hall full of phones.
pub const FULL_RADIO: Radio = Radio { round_trip_ms: 200, bytes_per_s: 125_000 };

/// Remembers what cannot be asked for afterwards. Sound counts from -60 dBFS on, in windows of 10.7 ms that are looked at every
/// 4 ms.
const WATCH: &str = "window.testSeen = { shifts: [], sockets: 0 };
  window.testPeers = [];
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, startTime, sources } of list.getEntries()) {
      if (!hadRecentInput) testSeen.shifts.push({ value, at: startTime, what: sources.map(({ node, previousRect: from, currentRect: to }) =>
        `${node?.id || node?.className || node?.nodeName}: ${from.x} ${from.y} ${from.width} ${from.height} to ${to.x} ${to.y} ${to.width} ${to.height}`) });
    }
  }).observe({ type: 'layout-shift', buffered: true });
  window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); testSeen.sockets += 1; } };
  window.RTCPeerConnection = class extends RTCPeerConnection { constructor(...given) { super(...given); testPeers.push(this); } };
  new MutationObserver(() => {
    const state = document.getElementById('state')?.textContent ?? '';
    testSeen.first ??= state || undefined;
    if (testSeen.first !== undefined && state !== testSeen.first) testSeen.ready ??= performance.now();
  }).observe(document, { subtree: true, childList: true, characterData: true });
  document.addEventListener('click', () => {
    if (testSeen.tapped !== undefined) return;
    testSeen.tapped = performance.now();
    const analyser = testEar.createAnalyser(), samples = new Float32Array(512);
    analyser.fftSize = samples.length;
    testEar.resume();
    let stream = null;
    const listen = () => {
      const now = document.getElementById('audio').srcObject;
      if (now !== stream && now !== null) testEar.createMediaStreamSource(now).connect(analyser);
      stream = now;
      analyser.getFloatTimeDomainData(samples);
      if (samples.some((sample) => Math.abs(sample) > 0.001)) testSeen.heard = performance.now();
      else setTimeout(listen, 4);
    };
    listen();
  }, { capture: true });";

/// What a visit was like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// What was asked of the box: files, calls and the connection on which it tells what happens.
    pub requests: usize,
    /// What came back, with headers as browsers reckon them (300 bytes an answer), in bytes.
    pub bytes: u64,
    /// The addresses, with the bytes of each.
    pub files: Vec<(String, u64)>,
    /// When the first text or picture was shown, in ms from the start.
    pub painted_ms: Option<f64>,
    /// When the page said that it is ready, in ms from the start; only the guest's page says so.
    pub ready_ms: Option<f64>,
    /// How far what was shown moved by itself, as Chromium scores it: the sum over the visit.
    pub shift: f64,
    /// What moved.
    pub moved: Vec<String>,
}

/// Opens a browser for visits on these conditions.
///
/// # Errors
///
/// When the browser does not do what it is asked.
pub fn open(conditions: &Conditions) -> Result<Browser, BrowserError> {
    let flags = vec![format!("--accept-lang={}", conditions.language)];
    let browser = Browser::open(&Options { window: conditions.window, flags, ..Options::default() })?;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": WATCH }))?;
    browser.devtools("Network.enable", &json!({}))?;
    if let Some(Radio { round_trip_ms, bytes_per_s }) = conditions.radio {
        let slow = json!({ "offline": false, "latency": round_trip_ms, "downloadThroughput": bytes_per_s,
            "uploadThroughput": bytes_per_s });
        browser.devtools("Network.emulateNetworkConditions", &slow)?;
    }
    if conditions.slower > 1 {
        browser.devtools("Emulation.setCPUThrottlingRate", &json!({ "rate": conditions.slower }))?;
    }
    Ok(browser)
}

/// Visits a page, `url` being its whole address, with a browser that has kept nothing of earlier visits; waits until the page
/// asks for nothing more, and returns what it was like until then.
///
/// # Errors
///
/// When the browser does not do what it is asked, or the page never rests.
pub fn visit(browser: &Browser, url: &str) -> Result<Seen, BrowserError> {
    browser.devtools("Network.clearBrowserCache", &json!({}))?;
    browser.go(url)?;
    settled(browser)
}

fn settled(browser: &Browser) -> Result<Seen, BrowserError> {
    let quiet = format!(
        "document.readyState === 'complete' && (() => {{
           const asked = performance.getEntriesByType('resource');
           const last = Math.max(...asked.map(({{ responseEnd }}) => responseEnd), testSeen.ready ?? 0);
           return asked.length > 0 && performance.now() - last > {QUIET_MS};
         }})()"
    );
    browser.wait_for(&quiet, PATIENCE)?;
    let seen = browser.run(
        "const paint = performance.getEntriesByName('first-contentful-paint')[0];
         return { ...testSeen, paint: paint?.startTime,
           files: [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
             .map(({ name, transferSize }) => [new URL(name).pathname, transferSize]) }",
    )?;
    let list = |name: &str| seen[name].as_array().cloned().unwrap_or_default();
    let file = |file: &Value| Some((file[0].as_str()?.to_owned(), file[1].as_u64()?));
    // Nothing comes for what the page names a second time.
    let files: Vec<(String, u64)> = list("files").iter().filter_map(file).filter(|(_, bytes)| *bytes > 0).collect();
    let moved = list("shifts").iter().map(ToString::to_string).collect();
    Ok(Seen {
        requests: files.len() + seen["sockets"].as_u64().unwrap_or(0) as usize,
        bytes: files.iter().map(|(_, bytes)| bytes).sum(),
        files,
        painted_ms: seen["paint"].as_f64(),
        ready_ms: seen["ready"].as_f64(),
        shift: list("shifts").iter().filter_map(|shift| shift["value"].as_f64()).sum(),
        moved,
    })
}

/// Waits until the page has a session that stands by, which is connected and hears nothing.
///
/// # Errors
///
/// When the browser does not do what it is asked, or the page has none.
pub fn until_standing_by(browser: &Browser) -> Result<(), BrowserError> {
    browser.wait_for("testPeers.length === 1 && testPeers[0].connectionState === 'connected'", PATIENCE).map(|_| ())
}

/// Returns what was asked of the box between the tap and the sound: the paths, in the order of the requests.
///
/// # Errors
///
/// When the browser does not do what it is asked.
pub fn asked_after_tap(browser: &Browser) -> Result<Vec<String>, BrowserError> {
    let asked = browser.run(
        "return performance.getEntriesByType('resource')
           .filter(({ startTime }) => startTime > testSeen.tapped && startTime < testSeen.heard)
           .map(({ name }) => new URL(name).pathname)",
    )?;
    let paths = asked.as_array().ok_or(BrowserError::Malformed("list"))?;
    Ok(paths.iter().filter_map(|path| path.as_str().map(str::to_owned)).collect())
}

/// Taps the guest page's big button, and returns how long it took, ms, until Live was heard.
///
/// # Errors
///
/// When the browser does not do what it is asked, or nothing is heard.
pub fn tap_to_sound(browser: &Browser) -> Result<f64, BrowserError> {
    // What listens in is made before: that takes a tenth of a second.
    browser.run("window.testEar = new AudioContext()")?;
    browser.click("#play")?;
    let heard = browser.wait_for("testSeen.heard !== undefined && testSeen.heard - testSeen.tapped", PATIENCE)?;
    heard.as_f64().ok_or(BrowserError::Malformed("time"))
}
