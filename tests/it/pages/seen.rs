//! What pages draw of the sound: it is measured for whoever looks and once for all of them, it fits what this phone plays, and it
//! rests where nobody sees it or somebody wants it calm.

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::browser::{Browser, Options, missing};
use tests::guest::Guest;
use tests::program::Running;
use tests::{hear, metrics, wait, wav};

use super::{PATIENCE, start};

/// How far what is drawn may be from what is heard, ticks of the timeline: 100 ms.
const APART_TICKS_MAX: f64 = 4_800.0;

/// For how long sound and page are watched, ms, and how many edges of the sound that must show.
const WATCHED_MS: u32 = 15_000;
const EDGES_LEAST: usize = 4;

/// What the box says of the sound comes every 50 ms. Where it has not come for so long, in ms, the machine had no time, and for a
/// while after that nothing can be drawn: so many ticks.
const LATE_MS_MAX: f64 = 100.0;
const LATE_TICKS: f64 = 14_400.0;

/// Two looks at the page that lie further apart than this say nothing of what was between them: the machine had no time.
const LOOK_TICKS_MAX: f64 = 2_400.0;

/// A tone that comes and goes, in seconds.
const TONE_HZ: f64 = 500.0;
const ON_S: f64 = 0.8;
const OFF_S: f64 = 0.7;

/// Keeps the page's connections with what the box answered, what is told of the sound, and how high the page draws.
const WATCH: &str = "window.testPeers = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.testPeers.push(this); }
  setRemoteDescription(said) { this.testAnswer = said.sdp; return super.setRemoteDescription(said); }
};
window.testSpectra = [];
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', ({ data }) => {
      const said = JSON.parse(data);
      if (said.type !== 'spectrum') return;
      window.testCameMs = performance.now();
      window.testSpectra.push([said.media_time, said.level_db]);
    });
  }
};
window.testDrawn = 0;
const { clearRect, fillRect } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.clearRect = function (...place) { window.testDrawn = 0; return clearRect.apply(this, place); };
CanvasRenderingContext2D.prototype.fillRect = function (...place) {
  window.testDrawn = Math.max(window.testDrawn, place[3] / this.canvas.clientHeight);
  return fillRect.apply(this, place);
};";

/// Watches what is heard and what is drawn, picture by picture: each with the place on the timeline that is played.
const COMPARE: &str = "(async () => {
  const audio = document.getElementById(LIVE ? 'audio' : 'audio-pocket');
  const ear = new AudioContext();
  await ear.resume();
  const analyser = ear.createAnalyser();
  analyser.fftSize = 1024;
  ear.createMediaStreamSource(LIVE ? audio.srcObject : audio.captureStream()).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const peer = window.testPeers.at(-1);
  const zero = LIVE ? Number(/mediaclk:direct=(\\d+)/.exec(peer.testAnswer)[1]) : 0;
  const ticks = () => {
    if (!LIVE) return audio.currentTime * 48000;
    const [source] = peer.getReceivers()[0].getSynchronizationSources();
    const ago = performance.timeOrigin + performance.now() - source.timestamp;
    return ((source.rtpTimestamp - zero) >>> 0) + Math.min(Math.max(ago, 0), 100) * 48;
  };
  const seen = [];
  const begun = performance.now();
  while (performance.now() - begun < WATCHED) {
    await new Promise((done) => requestAnimationFrame(done));
    analyser.getFloatTimeDomainData(samples);
    const rms = Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
    // An ear that has just been opened hears silence first.
    if (performance.now() - begun > 500) seen.push([ticks(), rms, window.testDrawn, performance.now() - window.testCameMs]);
  }
  return { seen, spectra: window.testSpectra };
})()";

/// Where a row of (ticks, value) rises above a threshold, and the place of the look before. A tone does not come twice within
/// 0.3 s: what is heard of an edge flickers.
fn rises(row: &[(f64, f64)], threshold: f64) -> Vec<(f64, f64)> {
    let mut found: Vec<(f64, f64)> = Vec::new();
    for pair in row.windows(2) {
        let is_rise = pair[0].1 < threshold && pair[1].1 >= threshold;
        if is_rise && found.last().is_none_or(|(at, _)| pair[1].0 - at > 14_400.0) {
            found.push((pair[1].0, pair[0].0));
        }
    }
    found
}

/// How far each edge of `row` is from the nearest of `truth`, where the machine had time to look and, as `late` says for each look,
/// to tell.
fn apart(row: &[(f64, f64)], threshold: f64, truth: &[f64], late: &[(f64, f64)]) -> Vec<f64> {
    let told = |at: f64| !late.iter().any(|(when, ms)| *ms > LATE_MS_MAX && (at - LATE_TICKS..=at).contains(when));
    // Of what comes at the very end, the other half may come when nobody watches any more.
    let end = row.last().map_or(0.0, |(at, _)| at - APART_TICKS_MAX);
    let looked = rises(row, threshold).into_iter();
    let looked = looked.filter(|(at, before)| at - before <= LOOK_TICKS_MAX && *at <= end && told(*at));
    let nearest = |at: f64| truth.iter().map(|true_at| at - true_at).min_by(|a, b| a.abs().total_cmp(&b.abs()));
    looked.filter_map(|(at, _)| nearest(at)).collect()
}

/// A box whose only song is a tone that comes and goes.
fn gated() -> Option<(Running, TempDir)> {
    if let Some(reason) = missing() {
        println!("{reason}");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut song = hear::sine(TONE_HZ, 0.4, wav::RATE_HZ, 120 * wav::RATE_HZ as usize);
    for (n, sample) in song.iter_mut().enumerate() {
        let at = (n as f64 / f64::from(wav::RATE_HZ)) % (ON_S + OFF_S);
        *sample *= if at < ON_S { 1.0 } else { 0.0 };
    }
    wav::write(&folder.path().join("gated.wav"), &song).expect("a song");
    let running = Running::start(&["--music".as_ref(), folder.path().as_os_str()])?;
    running.until("/api/party/status", PATIENCE, |status| status["track"]["title"] == "gated");
    Some((running, folder))
}

fn number(running: &Running, name: &str) -> f64 {
    metrics::number(&running.metrics(), name).expect("a number")
}

pub(super) fn until_viewers(running: &Running, wanted: f64) {
    let mut seen = 0.0;
    let is_so = wait::comes_true(PATIENCE, || {
        seen = number(running, "visual_viewers");
        seen == wanted
    });
    assert!(is_so, "{seen} look, not {wanted}");
}

fn listening(running: &Running, way: &str) -> Guest {
    let guest = Guest { browser: Browser::open(&Options::default()).expect("a browser") };
    guest.browser.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": WATCH })).expect("watched");
    guest.browser.go(&running.url("/")).expect("the page opens");
    guest.browser.wait_for("!document.getElementById('listeners').hidden", PATIENCE).expect("the box speaks");
    guest.browser.run(&format!("document.querySelector('input[value={way}]').click()")).expect("a way");
    guest.tap().expect("a tap");
    guest.until(way, PATIENCE).expect(way);
    guest
}

fn until_bars(guest: &Guest) {
    guest.browser.wait_for("document.getElementById('bars')?.hidden === false", PATIENCE).expect("bars");
}

fn fits(way: &str) {
    let Some((running, _folder)) = gated() else { return };
    let guest = listening(&running, way);
    until_bars(&guest);
    guest.browser.wait_for("window.testDrawn > 0.5", PATIENCE).expect("the tone is drawn");
    let is_live = way == "live";
    let script = COMPARE.replace("LIVE", &is_live.to_string()).replace("WATCHED", &WATCHED_MS.to_string());
    let said = guest.browser.wait_for(&script, PATIENCE).expect("both were watched");
    let row = |list: &Value, n: usize| -> Vec<(f64, f64)> {
        let pairs = list.as_array().expect("a list").iter();
        pairs.map(|one| (one[0].as_f64().expect("ticks"), one[n].as_f64().expect("a value"))).collect()
    };
    let (heard, drawn) = (row(&said["seen"], 1), row(&said["seen"], 2));
    let (told, late) = (row(&said["spectra"], 1), row(&said["seen"], 3));
    let of_heard: Vec<f64> = rises(&heard, 0.05).into_iter().map(|(at, _)| at).collect();
    let by_ear = apart(&drawn, 0.5, &of_heard, &late);
    println!("{way}: drawn behind heard, ticks: {by_ear:.0?}");
    assert!(by_ear.len() >= EDGES_LEAST, "{} edges", by_ear.len());
    assert!(by_ear.iter().all(|off| off.abs() <= APART_TICKS_MAX), "{by_ear:?}");
    if is_live {
        // What the box says of the sound has the stamps of the sound that is heard.
        let of_told: Vec<f64> = rises(&told, -25.0).into_iter().map(|(at, _)| at).collect();
        let by_stamp = apart(&heard, 0.05, &of_told, &late);
        println!("heard behind told, ticks: {by_stamp:.0?}");
        assert!(
            by_stamp.len() >= EDGES_LEAST && by_stamp.iter().all(|off| off.abs() <= APART_TICKS_MAX),
            "{by_stamp:?}"
        );
    }
}

#[test]
fn what_is_drawn_is_what_live_plays_at_that_moment() {
    fits("live");
}

#[test]
fn what_is_drawn_is_what_pocket_plays_at_that_moment() {
    fits("pocket");
}

#[test]
fn nothing_is_measured_for_nobody_and_once_for_fifty() {
    let Some((running, _folder)) = gated() else { return };
    let browser = Browser::open(&Options::default()).expect("a browser");
    browser.go(&running.url("/why")).expect("a page that draws nothing");
    assert_eq!(number(&running, "visual_published_total"), 0.0, "nobody looks");
    let look = "(async () => {
      const place = new URL('/api/party/live', location.href);
      place.protocol = 'ws:';
      window.testFifty = Array.from({ length: 50 }, () => []);
      window.testFifty.forEach((told) => {
        const socket = new WebSocket(place.href);
        socket.onopen = () => socket.send(JSON.stringify({ type: 'look', at: 'spectrum' }));
        socket.onmessage = ({ data }) => { const said = JSON.parse(data); if (said.type === 'spectrum') told.push(said.media_time); };
      });
      return true;
    })()";
    browser.wait_for(look, PATIENCE).expect("fifty look");
    until_viewers(&running, 50.0);
    browser.wait_for("window.testFifty.every((told) => told.length >= 40)", PATIENCE).expect("all are told");
    let told = browser.run("return window.testFifty").expect("what they were told");
    let (mut first, mut last) = (u64::MAX, 0);
    for one in told.as_array().expect("fifty") {
        let stamps: Vec<u64> = one.as_array().expect("stamps").iter().filter_map(Value::as_u64).collect();
        assert!(stamps.windows(2).all(|pair| pair[0] < pair[1]), "no moment twice: {stamps:?}");
        first = first.min(*stamps.first().expect("one"));
        last = last.max(*stamps.last().expect("one"));
    }
    let published = number(&running, "visual_published_total");
    // What was made between the page's answer and this question comes on top; fifty times as much does not.
    let moments = (last - first) as f64 / 2_400.0 + 1.0;
    println!("{published} spectra made for 50 viewers of {moments} moments");
    assert!(published < 5.0 * moments, "{published} spectra of {moments} moments");
    browser.go(&running.url("/why")).expect("they go");
    until_viewers(&running, 0.0);
    let before = number(&running, "visual_published_total");
    let blocks = number(&running, "blocks_total");
    assert!(wait::comes_true(PATIENCE, || number(&running, "blocks_total") > blocks + 100.0), "the music goes on");
    assert_eq!(number(&running, "visual_published_total"), before, "nobody looks any more");
}

#[test]
fn bars_rest_where_nobody_sees_them_and_for_who_wants_it_calm() {
    let Some((running, _folder)) = gated() else { return };
    let guest = listening(&running, "live");
    until_bars(&guest);
    until_viewers(&running, 1.0);
    let calm = |value: &str| {
        let features = json!({ "features": [{ "name": "prefers-reduced-motion", "value": value }] });
        guest.browser.devtools("Emulation.setEmulatedMedia", &features).expect("another wish");
    };
    calm("reduce");
    until_viewers(&running, 0.0);
    assert_eq!(guest.browser.run("return document.getElementById('bars').hidden").expect("a judgement"), true);
    calm("no-preference");
    until_viewers(&running, 1.0);
    // Another part of the page, where there is a switch.
    guest.browser.run("location.hash = '/more'").expect("a part");
    until_viewers(&running, 0.0);
    guest.browser.click("#bars-on").expect("a switch");
    guest.browser.run("location.hash = '/listen'").expect("a part");
    guest.browser.wait_for("document.getElementById('page').dataset.view === 'listen'", PATIENCE).expect("back");
    assert_eq!(number(&running, "visual_viewers"), 0.0, "it is off");
    guest.browser.run("document.getElementById('bars-on').click()").expect("a switch");
    until_viewers(&running, 1.0);
    // Another tab, another page, and no sound.
    guest.tap().expect("a tap");
    guest.until("idle", PATIENCE).expect("idle");
    until_viewers(&running, 0.0);
    guest.tap().expect("a tap");
    until_viewers(&running, 1.0);
    guest.browser.open_tab("about:blank").expect("another tab");
    until_viewers(&running, 0.0);
}

#[test]
fn a_phone_is_a_lamp_in_the_channels_colour_until_it_is_tapped() {
    let Some(running) = start() else { return };
    let guest = listening(&running, "live");
    until_bars(&guest);
    guest.browser.run("location.hash = '/more'").expect("a part");
    guest.browser.run("document.getElementById('lamp-on').scrollIntoView({ block: 'center' })").expect("in sight");
    guest.browser.click("#lamp-on").expect("a tap");
    let light = "(() => {
      const lamp = document.getElementById('lamp');
      const { width, height } = lamp.getBoundingClientRect();
      const colour = getComputedStyle(lamp).backgroundColor.match(/\\d+/g).map(Number);
      return { full: width >= innerWidth && height >= innerHeight, colour };
    })()";
    let lit = guest.browser.wait_for(light, PATIENCE).expect("a lamp");
    assert_eq!(lit["full"], true, "{lit}");
    // Red, as the first channel is, and never darker than it may get.
    let part = |n: usize| lit["colour"][n].as_f64().expect("a part");
    assert!(part(0) >= 0.59 * 229.0 && part(0) <= 229.0 && part(1) < 60.0 && part(2) < 60.0, "{lit}");
    // It goes with the beat: what the box says of the sound is asked for though the bars are out of sight.
    until_viewers(&running, 1.0);
    let features = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
    guest.browser.devtools("Emulation.setEmulatedMedia", &features).expect("another wish");
    until_viewers(&running, 0.0);
    guest
        .browser
        .wait_for("getComputedStyle(document.getElementById('lamp')).backgroundColor === 'rgb(229, 57, 53)'", PATIENCE)
        .expect("steady");
    guest.browser.click("#lamp").expect("a tap");
    guest.browser.wait_for("document.getElementById('lamp') === null", PATIENCE).expect("it is out");
    assert_eq!(guest.browser.run("return document.activeElement.id").expect("a focus"), "lamp-on");
}
