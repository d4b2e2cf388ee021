//! A stream that is a sender's as it came: a page written from the design notes alone sends a tone in one browser, and the same
//! page hears it in another; so does a stack that shares no code with either. Nothing is decoded or encoded for it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tests::browser::{Browser, Options, missing};
use tests::caller::Caller;
use tests::program::Running;
use tests::{hear, metrics, wav};

use super::python;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// The cards of the notes.
const PAGE: &str = include_str!("../../clients/notes_page.js");

/// What is sent, Hz.
const TONE_HZ: f64 = 997.0;

/// Seconds that the stack listens.
const HEARD_SECONDS: usize = 4;

/// A browser with the notes' page, within one of the box that plays nothing: only pages from there may speak to it.
fn page(running: &Running) -> Browser {
    let flags = vec!["--autoplay-policy=no-user-gesture-required".to_owned()];
    let browser = Browser::open(&Options { flags, ..Options::default() }).expect("a browser");
    browser.go(&running.url("/poster")).expect("a page");
    browser.run(PAGE).expect("the notes' page");
    browser
}

fn number(running: &Running, name: &str) -> f64 {
    metrics::number(&running.metrics(), name).expect("a number")
}

/// How often any encoder and any decoder was called.
fn coded(running: &Running) -> [f64; 2] {
    ["encoder_calls_total", "decoder_calls_total"].map(|name| number(running, name))
}

/// Waits until so many more packets were relayed.
fn until_relayed(running: &Running, packets: f64) {
    let goal = number(running, "webrtc_packets_relayed_total") + packets;
    let reached = tests::wait::comes_true(PATIENCE, || number(running, "webrtc_packets_relayed_total") >= goal);
    assert!(reached, "{packets} packets");
}

fn wait(browser: &Browser, expression: &str) -> Value {
    browser.wait_for(expression, PATIENCE).unwrap_or_else(|error| {
        let card = browser.run("const { said, ended, error } = window.card; return { said, ended, error };");
        panic!("{error}; the card: {card:?}")
    })
}

#[test]
fn a_page_written_from_the_notes_alone_sends_and_hears_and_nothing_is_coded_for_it() {
    if let Some(reason) = missing() {
        return println!("{reason}");
    }
    let Some(running) = Running::start::<&str>(&[]) else { return };
    let mut host = Caller::new([127, 0, 0, 1].into(), running.address);
    assert_eq!(host.ask("POST", "/api/party/pause", None).status, 204);
    running.until("/health", PATIENCE, |said| said["active_streams"] == json!([]));
    let (sends, hears) = (page(&running), page(&running));
    hears.run("window.receive();").expect("it runs");
    wait(&hears, "window.card.said.includes('available_streams')");
    let before = coded(&running);
    sends.run(&format!("window.sendTone({TONE_HZ});")).expect("it runs");
    let heard = wait(&hears, "window.heard()");
    let (hz, level) = (heard["hz"].as_f64().expect("a pitch"), heard["level"].as_f64().expect("a level"));
    println!("heard: {hz:.1} Hz, level {level:.3}");
    assert!((hz - TONE_HZ).abs() < 6.0 && (level - 0.177).abs() < 0.02, "{heard}");
    let stream = wait(&hears, "window.card.stream");
    assert_eq!(host.ask("POST", "/api/party/play", None).status, 204);
    running.until("/health", PATIENCE, |said| {
        said["active_streams"] == json!([stream, "main"]) && said["senders"] == 1 && said["receivers"] == 1
    });
    // Who comes later finds the sender's stream first, although the box plays.
    let late = page(&running);
    late.run("window.receive();").expect("it runs");
    assert_eq!(wait(&late, "window.card.stream"), stream);
    wait(&late, "window.heard()");
    drop(late);
    until_relayed(&running, 100.0);
    assert_eq!(coded(&running), before, "encoders and decoders have nothing to do with it");
    assert!(number(&running, "webrtc_packets_sent_total") > 100.0);
    // The sender's phone is carried away.
    drop(sends);
    let ended = wait(&hears, "window.card.ended.length && window.card.ended");
    assert_eq!(ended, json!([stream]));
    running.until("/health", PATIENCE, |said| said["active_streams"] == json!(["main"]) && said["senders"] == 0);
    let said = hears.run("return [...new Set(window.card.said)].sort();").expect("it runs");
    assert_eq!(said, json!(["available_streams", "stream_available", "stream_ended", "webrtc_offer"]));
    let gone = host.ask("DELETE", &format!("/api/streams/{}", stream.as_str().expect("an id")), None);
    assert_eq!(gone.status, 404, "{}", gone.body);
}

/// How many hear the stream, as `/stream/status` says.
fn listeners(running: &Running, stream: &str) -> u64 {
    let said =
        ureq::get(running.url("/stream/status")).call().and_then(|mut said| said.body_mut().read_json::<Value>());
    let said = said.expect("a list");
    let all = said["streams"].as_array().cloned().unwrap_or_default();
    all.iter().find(|one| one["id"] == *stream).and_then(|one| one["listeners"].as_u64()).unwrap_or_default()
}

/// A player of MP3 hears the tone, and the stream is decoded for as long as that.
fn check_mp3(running: &Running, stream: &str, out: &Path) {
    assert_eq!(number(running, "relayed_streams_decoded"), 0.0, "nobody has asked for MP3");
    if Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).status().is_err() {
        return println!("not run: ffmpeg is not installed (`cargo xtask test` installs it)");
    }
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-y", "-i", &running.url(&format!("/stream/{stream}.mp3"))]);
    command.args(["-t", &HEARD_SECONDS.to_string(), "-ar", "48000", "-ac", "2", "-c:a", "pcm_s16le"]).arg(out);
    let before = coded(running);
    let mut player = command.stdin(Stdio::null()).spawn().expect("ffmpeg starts");
    let is_decoded = tests::wait::comes_true(PATIENCE, || number(running, "relayed_streams_decoded") == 1.0);
    let is_counted = tests::wait::comes_true(PATIENCE, || listeners(running, stream) == 1);
    assert!(is_decoded && is_counted, "one hears its MP3");
    assert!(player.wait().expect("it ends").success());
    let after = coded(running);
    assert!(after[0] > before[0] && after[1] > before[1], "MP3 is made of what is decoded: {before:?}, {after:?}");
    let samples = wav::read_left(out).expect("a recording");
    // In pieces so short that a pitch which is off by the drift of two clocks is the same tone.
    let tenths =
        samples.chunks_exact(wav::RATE_HZ as usize / 10).map(|tenth| hear::tone_db(tenth, TONE_HZ, wav::RATE_HZ));
    let level = hear::percentile(&tenths.collect::<Vec<_>>(), 0.75);
    println!("ffmpeg at /stream/{stream}.mp3: {level:.1} dBFS at {TONE_HZ} Hz");
    assert!((level + 12.04).abs() < 1.5, "{level} dBFS instead of -12");
    let is_over = tests::wait::comes_true(PATIENCE, || number(running, "relayed_streams_decoded") == 0.0);
    assert!(is_over, "nobody hears it any more");
}

#[test]
fn a_relayed_stream_is_heard_over_whep_and_as_mp3_and_ended_by_a_host() {
    if let Some(reason) = missing() {
        return println!("{reason}");
    }
    let Some(python) = python() else { return };
    let Some(running) = Running::start::<&str>(&[]) else { return };
    let sends = page(&running);
    sends.run(&format!("window.sendTone({TONE_HZ});")).expect("it runs");
    let mut stream = Value::Null;
    running.until("/health", PATIENCE, |said| said["active_streams"][1].is_string());
    let health = ureq::get(running.url("/health")).call().and_then(|mut answer| answer.body_mut().read_json::<Value>());
    stream.clone_from(&health.expect("it answers")["active_streams"][0]);
    let stream = stream.as_str().expect("an id");
    let folder = tempfile::tempdir().expect("a folder");
    for name in [stream, "latest"] {
        let out = folder.path().join(format!("{name}.wav"));
        let script = tests::tidy::repository::root().join("tests/clients/whep_aiortc.py");
        let mut command = Command::new(&python);
        command.arg(script).arg(running.url(&format!("/whep/{name}"))).arg(HEARD_SECONDS.to_string()).arg(&out);
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().expect("Python starts");
        assert!(status.success(), "{name}: {status}");
        let samples = wav::read_left(&out).expect("a recording");
        let second = &samples[wav::RATE_HZ as usize..2 * wav::RATE_HZ as usize];
        let level = hear::tone_db(second, TONE_HZ, wav::RATE_HZ);
        println!("aiortc at /whep/{name}: {level:.1} dBFS at {TONE_HZ} Hz");
        assert!((level + 12.04).abs() < 1.5, "{name}: {level} dBFS instead of -12");
    }
    check_mp3(&running, stream, &folder.path().join("mp3.wav"));
    let mut radio = Command::new("curl");
    radio.args(["-s", "-o", "/dev/null", &running.url("/stream/latest.mp3")]).stdin(Stdio::null());
    let mut radio = radio.spawn().expect("curl starts");
    let is_decoded = tests::wait::comes_true(PATIENCE, || number(&running, "relayed_streams_decoded") == 1.0);
    assert!(is_decoded, "`latest` is this stream");
    let mut host = Caller::new([127, 0, 0, 1].into(), running.address);
    let ended = host.ask("DELETE", &format!("/api/streams/{stream}"), None);
    assert_eq!(ended.status, 204, "{}", ended.body);
    wait(&sends, "window.card.said.includes('stream_ended')");
    assert!(radio.wait().is_ok() && number(&running, "relayed_streams_decoded") == 0.0, "a body ends with its stream");
    running.until("/health", PATIENCE, |said| said["active_streams"] == json!(["main"]) && said["senders"] == 0);
}
