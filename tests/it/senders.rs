//! Real programs that send sound to the real program, and what a listener hears of it.
//!
//! Two WebRTC stacks send over WHIP that share no code with the box, and others as to an Icecast server ([`icecast`]); a third
//! stack listens. Browsers send streams of their own ([`relayed`]). A sender that is killed leaves music behind. A client that is
//! not installed is named in the output, and its test ends there.

mod butt;
mod foreign;
mod icecast;
mod relayed;
mod together;

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::caller::Caller;
use tests::program::Running;
use tests::{hear, metrics, wav};

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// The tones that senders send, left and right, Hz.
const TONES_HZ: [f64; 2] = [997.0, 1_499.0];

/// Seconds for which a sender sends: longer than any test needs.
const SENDS_SECONDS: u32 = 60;

/// Seconds of each recording.
const HEARD_SECONDS: usize = 4;

/// A channel's other side in dB below its own tone, at least.
const APART_DB: f64 = 30.0;

/// Python with the tests' packages; `None`, with the reason printed, if this machine has none.
fn python() -> Option<OsString> {
    let venv = tests::tidy::repository::root().join("target/venv/bin/python");
    let python = std::env::var_os("PARTYBOX_PYTHON").unwrap_or_else(|| venv.into());
    let has_both = Command::new(&python).args(["-c", "import aiortc, av"]).stderr(Stdio::null()).status();
    if has_both.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    println!("not run: {} has no aiortc (`cargo xtask test` installs it)", python.display());
    None
}

/// A box that plays a song of its own and shall play what is sent.
struct Stage {
    running: Running,
    host: Caller,
    python: OsString,
    folder: TempDir,
}

/// A sender; dropping it kills it.
struct Sender(Child);

impl Sender {
    fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Stage {
    fn open() -> Option<Self> {
        let (python, folder) = (python()?, tempfile::tempdir().expect("a temporary folder"));
        let music = folder.path().join("music");
        std::fs::create_dir(&music).expect("a folder for the song");
        let song = hear::melody(0xBEA7, 0.25, wav::RATE_HZ, 20 * wav::RATE_HZ as usize);
        wav::write(&music.join("song.wav"), &song).expect("the song is written");
        let running = Running::start(&["--music".as_ref(), music.as_os_str()])?;
        let mut host = Caller::new([127, 0, 0, 1].into(), running.address);
        let chosen = host.ask("POST", "/api/party/source", Some(&json!({ "source": "sender" })));
        assert_eq!(chosen.status, 204, "{}", chosen.body);
        Some(Self { running, host, python, folder })
    }

    /// A token for whoever is called so.
    fn token(&mut self, name: &str) -> String {
        let made = self.host.ask("POST", "/api/senders", Some(&json!({ "name": name })));
        assert_eq!(made.status, 201, "{}", made.body);
        made.body["token"].as_str().expect("a token").to_owned()
    }

    /// Starts a sender and waits until it is connected. Returns what it said.
    fn send(&mut self, script: &str, name: &str) -> (Sender, Value) {
        self.send_tones(script, name, TONES_HZ)
    }

    /// The same with tones of these pitches, left and right, Hz.
    fn send_tones(&mut self, script: &str, name: &str, tones: [f64; 2]) -> (Sender, Value) {
        self.send_with(script, name, tones, &[])
    }

    /// The same with further arguments of the script.
    fn send_with(&mut self, script: &str, name: &str, tones: [f64; 2], more: &[&str]) -> (Sender, Value) {
        let token = self.token(name);
        let mut command = Command::new(&self.python);
        command.arg(tests::tidy::repository::root().join("tests/clients").join(script));
        command.args([self.running.url("/whip/main"), token, SENDS_SECONDS.to_string()]);
        command.args(tones.map(|hz| hz.to_string())).args(more).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut sender = Sender(command.spawn().expect("Python starts"));
        let mut line = String::new();
        let said = BufReader::new(sender.0.stdout.take().expect("a pipe")).read_line(&mut line);
        assert!(said.is_ok() && !line.is_empty(), "{script} ended instead of sending");
        println!("{script}: {}", line.trim());
        (sender, serde_json::from_str(&line).expect("JSON"))
    }

    /// Waits until the sender called so is heard.
    fn until_heard(&self, name: &str) {
        self.running.until("/api/party/status", PATIENCE, |status| {
            let sender = status["sources"].as_array().and_then(|all| all.iter().find(|one| one["id"] == "sender"));
            let is_on = sender.is_some_and(|sender| sender["state"] == "signal" && sender["detail"] == name);
            is_on && status["fallback"] == false
        });
    }

    /// Starts to record what a listener hears for so many seconds.
    fn listen(&self, seconds: usize, out: &Path) -> Child {
        let script = tests::tidy::repository::root().join("tests/clients/whep_aiortc.py");
        let mut command = Command::new(&self.python);
        command.arg(script).arg(self.running.url("/whep/main")).arg(seconds.to_string()).arg(out);
        command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("Python starts")
    }

    /// Waits for a listener, and fails if the sound had a gap that was not the pump's, which had `holes` before.
    fn check_goes_on(&self, mut listener: Child, out: &Path, holes: f64) {
        assert!(listener.wait().expect("it ends").success());
        let recording: Vec<f32> = wav::read_stereo(out).expect("a recording").iter().map(|frame| frame[0]).collect();
        let heard = hear::sounding(&recording, 0.05);
        const LEAST: usize = wav::RATE_HZ as usize / 4;
        let gaps = hear::gaps(heard, 0.002, LEAST);
        println!("{:.1} s heard, silent for 250 ms or more: {gaps:?}", heard.len() as f64 / f64::from(wav::RATE_HZ));
        // Where the pump itself was held up, it was the machine's hole: of as many blocks, and no more.
        let lost = (self.number("hole_blocks_total") - holes) as usize * wav::RATE_HZ as usize / 100;
        let is_whole = gaps.iter().map(|gap| gap.samples - LEAST).sum::<usize>() <= lost;
        assert!(heard.len() > HEARD_SECONDS * wav::RATE_HZ as usize && is_whole, "{gaps:?}");
    }

    /// A number of the box's metrics about the first channel.
    fn number(&self, name: &str) -> f64 {
        metrics::number(&self.running.metrics(), &format!("{name}{{channel=\"main\"}}")).expect("a number")
    }

    /// Records what is sent, and fails unless each side is its own tone, at the level at which it was sent. There may be gaps only
    /// if the box, too, counts that nothing came in time: nothing is lost on this machine, so that the sender had no processor.
    fn check_tones(&self, who: &str) {
        let missed = || self.number("sender_concealed_frames_total") + self.number("sender_waits_total");
        let before = missed();
        let recording = self.record(HEARD_SECONDS);
        check_tones(who, &recording, missed() > before);
    }

    fn record(&self, seconds: usize) -> Vec<[f32; 2]> {
        let out = self.folder.path().join("heard.wav");
        let heard = self.listen(seconds, &out).wait().expect("it ends");
        assert!(heard.success(), "{heard}");
        wav::read_stereo(&out).expect("a recording")
    }
}

fn check_tones(who: &str, recording: &[[f32; 2]], was_late: bool) {
    // A listener's first moments are its own: its jitter buffer, and a codec that begins.
    let heard = &recording[wav::RATE_HZ as usize..];
    for side in 0..2 {
        let samples: Vec<f32> = heard.iter().map(|frame| frame[side]).collect();
        // In pieces so short that a pitch which is off by the drift of two clocks is the same tone.
        let level = |hz: f64, share: f64| {
            let tenths =
                samples.chunks_exact(wav::RATE_HZ as usize / 10).map(|tenth| hear::tone_db(tenth, hz, wav::RATE_HZ));
            hear::percentile(&tenths.collect::<Vec<_>>(), share)
        };
        // Of its own tone a few pieces may be cut by a gap.
        let (own, other) = (level(TONES_HZ[side], 0.9), level(TONES_HZ[1 - side], 0.5));
        let gaps = hear::gaps(&samples, 0.01, wav::RATE_HZ as usize / 100);
        println!("{who}, side {side}: {own:.1} dBFS, the other side {:.1} dB below, {} gaps", own - other, gaps.len());
        assert!((own + 12.04).abs() < 1.5, "{who}: {own} dBFS instead of -12");
        assert!(own - other >= APART_DB, "{who}: the sides are only {} dB apart", own - other);
        assert!(gaps.is_empty() || was_late, "{who}: gaps {gaps:?}");
    }
}

#[test]
fn an_independent_webrtc_stack_is_heard_in_stereo() {
    let Some(mut stage) = Stage::open() else { return };
    let (_sender, said) = stage.send("whip_aiortc.py", "Deck");
    assert_eq!(said["status"], 201);
    stage.until_heard("Deck");
    stage.check_tones("aiortc");
}

#[test]
fn a_sender_is_heard_whichever_hash_names_its_certificate_and_whichever_key_is_in_it() {
    let Some(mut stage) = Stage::open() else { return };
    let [old, browsers] = [("p256", "sha-1"), ("p256", "sha-384")];
    let others = [("p384", "sha-512"), ("p384", "sha-224"), ("p521", "sha-256"), ("rsa2048", "sha-256")];
    for (key, hash) in [old, browsers].into_iter().chain(others) {
        let name = format!("{key} {hash}");
        let (_sender, said) = stage.send_with("whip_aiortc.py", &name, TONES_HZ, &[key, hash]);
        assert_eq!((&said["status"], &said["refusal"]), (&json!(201), &Value::Null));
        stage.until_heard(&name);
        let ended = stage.host.ask("DELETE", "/api/party/sender", None);
        assert_eq!(ended.status, 204, "{}", ended.body);
    }
}

#[test]
fn a_sender_whose_certificate_cannot_be_verified_is_told_so_and_its_place_is_free() {
    let Some(mut stage) = Stage::open() else { return };
    let (_sender, said) = stage.send_with("whip_aiortc.py", "Old desk", TONES_HZ, &["p224", "sha-256"]);
    assert_eq!(said["refusal"], "the box has refused it");
    let (_next, said) = stage.send_with("whip_aiortc.py", "Deck", TONES_HZ, &["p256", "sha-256"]);
    assert_eq!((&said["status"], &said["refusal"]), (&json!(201), &Value::Null));
    stage.until_heard("Deck");
}

#[test]
fn ffmpeg_is_heard_in_stereo() {
    let Some(mut stage) = Stage::open() else { return };
    let (_sender, _) = stage.send("whip_ffmpeg.py", "Desk");
    stage.until_heard("Desk");
    stage.check_tones("ffmpeg");
}

#[test]
fn the_program_ffmpeg_is_heard_with_the_certificate_that_it_makes_itself() {
    let Some(mut stage) = Stage::open() else { return };
    let (_sender, _) = stage.send("whip_ffmpeg9.py", "Desk");
    stage.until_heard("Desk");
    stage.check_tones("ffmpeg 9");
}

#[test]
fn a_sender_that_is_killed_leaves_music_behind_and_its_place_to_whoever_takes_over() {
    let Some(mut stage) = Stage::open() else { return };
    let (mut sender, _) = stage.send("whip_aiortc.py", "Phone");
    stage.until_heard("Phone");
    let out = stage.folder.path().join("killed.wav");
    let listener = stage.listen(2 * HEARD_SECONDS, &out);
    let holes = stage.number("hole_blocks_total");
    stage.running.until("/api/party/status", PATIENCE, |status| status["listeners"]["live"] == 1);
    sender.kill();
    stage.running.until("/api/party/status", Duration::from_secs(3), |status| {
        status["fallback"] == true && status["track"]["title"].is_string()
    });
    stage.check_goes_on(listener, &out, holes);
    // Who was killed holds the channel for a while yet; a host need not wait.
    let ended = stage.host.ask("DELETE", "/api/party/sender", None);
    assert_eq!(ended.status, 204, "{}", ended.body);
    let (_second, _) = stage.send("whip_aiortc.py", "Another");
    stage.until_heard("Another");
}
