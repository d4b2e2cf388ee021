//! A voice at line-in, here a tone in a named pipe, over a song and instead of it, on the real program and as a listener of MP3
//! hears both.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::browser::{Options, missing};
use tests::caller::Caller;
use tests::host::Host;
use tests::program::Running;
use tests::{hear, wait, wav};

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// The song and the voice, Hz.
const SONG_HZ: f64 = 600.0;
const VOICE_HZ: f64 = 1_000.0;

/// What is heard of a stream: so long that what was sent before it was asked for is over in its last part, seconds.
const HEARD_S: &str = "8";

/// How long that last part is, samples.
const LAST: usize = 2 * wav::RATE_HZ as usize;

/// The level that is heard is that of which so much of the last part is no louder.
const MOST: f64 = 0.9;

/// How often somebody who speaks says so.
const AGAIN: Duration = Duration::from_millis(500);

/// A box that plays a song, with somebody humming into its line-in.
struct Stage {
    running: Running,
    host: Caller,
    voice: Voice,
    _folder: TempDir,
}

/// Writes a tone into a pipe until it is dropped, or silence, as a sound card does at whose cable nobody plays.
struct Voice {
    hums: Arc<AtomicBool>,
    ends: Arc<AtomicBool>,
}

impl Voice {
    fn into_pipe(pipe: PathBuf) -> Self {
        let voice = Self { hums: Arc::new(AtomicBool::new(true)), ends: Arc::default() };
        let (hums, ends) = (Arc::clone(&voice.hums), Arc::clone(&voice.ends));
        // Whole periods, so that it goes on without a step.
        let tone = hear::sine(VOICE_HZ, 0.25, wav::RATE_HZ, wav::RATE_HZ as usize / 10);
        let tone: Vec<u8> = tone.iter().flat_map(|sample| [*sample; 2]).flat_map(f32::to_le_bytes).collect();
        // It may wait for a box that reads no more; it ends with this process then.
        thread::spawn(move || {
            let silence = vec![0; tone.len()];
            // Both ends, so that it opens at once and never breaks.
            let mut pipe = OpenOptions::new().read(true).write(true).open(pipe).expect("the pipe opens");
            while !ends.load(Ordering::Relaxed) {
                let bytes = if hums.load(Ordering::Relaxed) { &tone } else { &silence };
                pipe.write_all(bytes).expect("its own end is open");
            }
        });
        voice
    }

    fn hum(&self, on: bool) {
        self.hums.store(on, Ordering::Relaxed);
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}

impl Stage {
    fn open() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let music = folder.path().join("music");
        std::fs::create_dir(&music).expect("a folder");
        let song = hear::sine(SONG_HZ, 0.25, wav::RATE_HZ, 60 * wav::RATE_HZ as usize);
        wav::write(&music.join("song.wav"), &song).expect("a song");
        let pipe = folder.path().join("in");
        assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo starts").success());
        let line_in = format!("--line-in=pipe:{}?rate={}&format=f32", pipe.display(), wav::RATE_HZ);
        let running = Running::start(&["--music".as_ref(), music.as_os_str(), line_in.as_ref()])?;
        let voice = Voice::into_pipe(pipe);
        let mut stage =
            Self { host: Caller::new(Ipv4Addr::LOCALHOST, running.address), running, voice, _folder: folder };
        stage.done("POST", "/api/party/source", Some(json!({ "source": "files" })));
        // Its level stays as it is in the file.
        stage.done("PUT", "/api/party/settings", Some(json!({ "level_loudness": false })));
        stage.running.until("/api/party/status", PATIENCE, |status| {
            let sources = status["sources"].as_array();
            let hums =
                sources.is_some_and(|all| all.iter().any(|one| one["id"] == "line-in" && one["state"] == "signal"));
            hums && status["track"]["title"] == "song"
        });
        Some(stage)
    }

    fn done(&mut self, method: &str, path: &str, body: Option<Value>) {
        let answer = self.host.ask(method, path, body.as_ref());
        assert_eq!(answer.status, 204, "{method} {path}: {answer:?}");
    }

    fn is_talked_over(&self, wanted: bool) {
        self.running.until("/api/party/status", PATIENCE, |status| status["talk_over"] == wanted);
    }

    /// Levels of song and voice in what a listener hears, dBFS, with somebody at the button or nobody.
    fn levels(&mut self, talks: bool) -> [f64; 2] {
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-i", &self.running.url("/stream/main.mp3"), "-t", HEARD_S]);
        // Of a mix of both sides ffmpeg makes a louder one.
        command.args(["-af", "pan=mono|c0=c0"]);
        command.args(["-f", "f32le", "-"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let listener = command.spawn().expect("ffmpeg, which the tests need");
        let heard = thread::scope(|scope| {
            let heard = scope.spawn(|| end(listener));
            while !wait::comes_true(AGAIN, || heard.is_finished()) {
                if talks {
                    self.done("PUT", "/api/party/talk-over", None);
                }
            }
            heard.join().expect("it ends")
        });
        // Where this machine had no time to hum, there is a gap: most of it counts.
        let tenths = heard[heard.len() - LAST..].chunks_exact(wav::RATE_HZ as usize / 10);
        [SONG_HZ, VOICE_HZ].map(|hz| {
            let levels: Vec<f64> = tenths.clone().map(|tenth| hear::tone_db(tenth, hz, wav::RATE_HZ)).collect();
            hear::percentile(&levels, MOST)
        })
    }
}

fn end(listener: Child) -> Vec<f32> {
    let output = listener.wait_with_output().expect("ffmpeg ends").stdout;
    let samples = output.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    let samples: Vec<f32> = samples.collect();
    assert!(samples.len() > LAST, "the stream broke off after {} samples", samples.len());
    samples
}

#[test]
fn the_music_steps_back_for_a_voice_and_comes_back() {
    let Some(mut stage) = Stage::open() else { return };
    let [song, voice] = stage.levels(false);
    println!("before: song {song:.1} dBFS, voice {voice:.1}");
    assert!((song + 12.04).abs() < 1.5 && voice < -60.0, "before: song {song}, voice {voice}");
    let [ducked, spoken] = stage.levels(true);
    println!("meanwhile: song {ducked:.1} dBFS, voice {spoken:.1}");
    assert!((song - ducked - 14.0).abs() < 1.0, "the song is {} dB softer", song - ducked);
    assert!((spoken + 12.04).abs() < 1.5, "the voice is heard at {spoken} dBFS");
    // Whoever spoke is gone, and has said nothing.
    stage.is_talked_over(false);
    let [after, silent] = stage.levels(false);
    println!("after: song {after:.1} dBFS, voice {silent:.1}");
    assert!((after - song).abs() < 1.0 && silent < -60.0, "after: song {after}, voice {silent}");
    stage.done("POST", "/api/party/source", Some(json!({ "source": "line-in" })));
    let refused = stage.host.ask("PUT", "/api/party/talk-over", None);
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("line-in-is-heard")), "{refused:?}");
}

#[test]
fn a_host_speaks_as_long_as_the_button_on_the_page_is_held() {
    if let Some(reason) = missing() {
        println!("{reason}");
        return;
    }
    let Some(stage) = Stage::open() else { return };
    let host = Host::visit(&stage.running.url(""), &Options::default()).expect("the page");
    host.until_role("host", PATIENCE).expect("a host by its address");
    host.browser.wait_for("document.querySelector('.talk')?.checkVisibility()", PATIENCE).expect("a button");
    host.hold(".talk").expect("a finger on it");
    stage.is_talked_over(true);
    host.until_shown("Speak now", PATIENCE).expect("it says so");
    let picture = tests::tidy::repository::root().join("target/screenshots");
    std::fs::create_dir_all(&picture).expect("a folder");
    host.browser.screenshot(&picture.join("host-talk.png")).expect("a picture");
    host.let_go().expect("the finger is lifted");
    stage.is_talked_over(false);
    host.until_shown("Hold to speak", PATIENCE).expect("and says that");
    // A keyboard holds it as well, and what holds it may go away.
    let key = |kind: &str| {
        let told = format!(
            "document.querySelector('.talk').dispatchEvent(new KeyboardEvent('{kind}', {{ key: ' ', bubbles: true, cancelable: true }}))"
        );
        host.browser.run(&told).expect("a key");
    };
    key("keydown");
    stage.is_talked_over(true);
    drop(host);
    stage.is_talked_over(false);
}

#[test]
fn songs_stand_in_for_a_silent_line_in_where_the_host_wants_it() {
    let Some(mut stage) = Stage::open() else { return };
    stage.done("POST", "/api/party/source", Some(json!({ "source": "line-in" })));
    let track = stage.host.ask("GET", "/api/library/tracks", None).body["tracks"][0]["id"].clone();
    let queued = stage.host.ask("POST", "/api/queue", Some(&json!({ "track": track, "at": "end" })));
    assert_eq!(queued.status, 201, "{queued:?}");
    stage.voice.hum(false);
    stage.running.until("/api/party/status", PATIENCE, |status| status["line_in_silent"] == true);
    let [song, voice] = stage.levels(false);
    assert!(song < -60.0 && voice < -60.0, "it is only offered: song {song}, voice {voice}");
    stage.done("PUT", "/api/party/settings", Some(json!({ "fill_silence": true })));
    stage.running.until("/api/party/status", PATIENCE, |status| {
        status["fallback"] == true && status["track"]["title"] == "song"
    });
    let [song, _] = stage.levels(false);
    println!("in a silent line-in's place: song {song:.1} dBFS");
    assert!((song + 12.04).abs() < 1.5, "the song is heard at {song} dBFS");
    stage.voice.hum(true);
    stage.running.until("/api/party/status", PATIENCE, |status| status["fallback"] == false);
    let [song, voice] = stage.levels(false);
    println!("sound comes in again: song {song:.1} dBFS, voice {voice:.1}");
    assert!(song < -60.0 && (voice + 12.04).abs() < 1.5, "song {song}, voice {voice}");
}
