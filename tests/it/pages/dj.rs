//! The DJ's page in a real browser on a real box: what it plays is what listeners of MP3 hear, and what it says of that is true.

mod firefox;
mod turns;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tests::browser::{Browser, Options, missing};
use tests::made::Made;
use tests::{hear, wav};

use tests::caller::Caller;
use tests::program::{Running, free_port};

use super::looks::look;
use super::{HOST, PATIENCE};

pub(super) use turns::Killed;

/// The songs of the two decks: title, artist and tone, Hz.
const SONGS: [(&str, &str, f64); 2] = [("Red Tone", "Ann", 997.0), ("Blue Tone", "Bob", 1_499.0)];

/// How long a song is, seconds: longer than any of these tests plays it.
const SONG_S: u32 = 240;

/// What is heard of a stream: so long that what was sent before it was asked for is over in its last part, seconds.
const HEARD_S: &str = "6";

/// How long that last part is, samples.
const LAST: usize = 2 * wav::RATE_HZ as usize;

/// The level of a tone is that of which so much of the last part is no louder: where this machine had no time there is a gap.
const HALF: f64 = 0.5;

/// How far apart the sides are at least, dB.
const APART_DB: f64 = 30.0;

/// What the fake microphone hears, Hz, and how far music steps back under it, dB.
const VOICE_HZ: f64 = 600.0;
const DUCK_DB: f64 = 14.0;

/// A tone that is sent is louder than this, one that is not is softer, dBFS.
const IS_HEARD_DB: f64 = -20.0;
const IS_NOT_HEARD_DB: f64 = -50.0;

/// The files of [`SONGS`].
fn songs() -> Option<(tempfile::TempDir, [PathBuf; 2])> {
    static MADE: Made = Made::new();
    let folder =
        MADE.laid(|folder| SONGS.iter().enumerate().all(|(n, song)| make(&folder.join(format!("{n}.mp3")), song)))?;
    let files = [0, 1].map(|n| folder.path().join(format!("{n}.mp3")));
    Some((folder, files))
}

fn make(file: &Path, (title, artist, hz): &(&str, &str, f64)) -> bool {
    let tone = format!("aevalsrc=0.5*sin(2*PI*{hz}*t):s=48000:d={SONG_S}");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", &tone, "-c:a", "libmp3lame", "-b:a", "96k"])
        .args(["-metadata", &format!("title={title}"), "-metadata", &format!("artist={artist}")])
        .arg(file)
        .stdin(Stdio::null())
        .status();
    made.is_ok_and(|status| status.success())
}

/// Levels of tones of these pitches (Hz) in what a listener of MP3 hears now on one side, dBFS: `c0` is the left one, `c1` the right.
pub(super) fn heard_tones<const N: usize>(running: &Running, side: &str, pitches: [f64; N]) -> [f64; N] {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-i", &running.url("/stream/main.mp3"), "-t", HEARD_S]);
    command.args(["-af", &format!("pan=mono|c0={side}"), "-ar", &wav::RATE_HZ.to_string(), "-f", "f32le", "-"]);
    let output = command.stdin(Stdio::null()).output().expect("ffmpeg, which the tests need").stdout;
    let samples = output.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    let heard: Vec<f32> = samples.collect();
    assert!(heard.len() > LAST, "the stream broke off after {} samples", heard.len());
    let tenths = heard[heard.len() - LAST..].chunks_exact(wav::RATE_HZ as usize / 10);
    pitches.map(|hz| {
        let levels: Vec<f64> = tenths.clone().map(|tenth| hear::tone_db(tenth, hz, wav::RATE_HZ)).collect();
        hear::percentile(&levels, HALF)
    })
}

/// A box whose host is not where the browsers are, with its host and the DJ's files.
struct Stage {
    running: Running,
    https_port: u16,
    host: Caller,
    files: [PathBuf; 2],
    _folder: tempfile::TempDir,
}

impl Stage {
    fn open() -> Option<Self> {
        if let Some(reason) = missing() {
            println!("{reason}");
            return None;
        }
        let (folder, files) = songs()?;
        let https_port = free_port().port();
        let running = Running::start(&[format!("--host-from={HOST}/32"), format!("--https-port={https_port}")])?;
        let host = Caller::new(HOST, running.address);
        Some(Self { running, https_port, host, files, _folder: folder })
    }

    fn done(&mut self, method: &str, path: &str, body: Option<Value>) {
        self.host.done(method, path, body.as_ref());
    }

    /// A guest's browser on the DJ's page, whom the host then makes DJ.
    fn dj(&mut self, options: &Options) -> Desk {
        self.dj_at(&self.running.url("/dj"), options)
    }

    fn dj_at(&mut self, url: &str, options: &Options) -> Desk {
        let desk = Desk::open(url, options);
        let label = desk.until("/You are guest (\\d+)/.exec(document.getElementById('gate-how').textContent)?.[1]");
        self.done("PUT", &format!("/api/guests/{}/dj", label.as_str().expect("a number")), None);
        desk.until("!document.getElementById('booth').hidden");
        desk
    }

    /// Levels of the songs' tones in what a listener of MP3 hears now, dBFS.
    fn levels(&self) -> [f64; 2] {
        self.levels_of(SONGS.map(|(_, _, hz)| hz))
    }

    /// Levels of tones of these pitches, Hz.
    fn levels_of<const N: usize>(&self, pitches: [f64; N]) -> [f64; N] {
        self.levels_at("c0", pitches)
    }

    /// The same on one side.
    fn levels_at<const N: usize>(&self, side: &str, pitches: [f64; N]) -> [f64; N] {
        heard_tones(&self.running, side, pitches)
    }

    /// Waits until the channel plays what is sent, under this title.
    fn until_titled(&self, title: &str, artist: &str) {
        self.running.until("/api/party/status", PATIENCE, |status| {
            let channel = &status["channels"][0];
            channel["title"] == title && channel["artist"] == artist && status["fallback"] == false
        });
    }
}

/// The page in a browser.
struct Desk(Browser);

impl Desk {
    fn open(url: &str, options: &Options) -> Self {
        let browser = Browser::open(options).expect("a browser");
        browser.go(url).expect("the page opens");
        Self(browser)
    }

    fn until(&self, expression: &str) -> Value {
        self.0.wait_for(expression, PATIENCE).expect(expression)
    }

    fn until_said(&self, text: &str) {
        self.until(&format!("document.getElementById('desk').innerText.includes({})", Value::from(text)));
    }

    fn tap(&self, selector: &str) {
        self.0.click(selector).expect(selector);
    }

    /// Loads a file into a deck and plays it.
    fn play(&self, deck: &str, file: &Path, title: &str) {
        self.0.press(&format!("#deck-{deck}-file"), &file.display().to_string()).expect("a file is chosen");
        self.until(&format!("document.getElementById('deck-{deck}-title').textContent === '{title}'"));
        self.tap(&format!("#deck-{deck}-play"));
    }

    /// Moves a slider as a finger does.
    fn slide(&self, id: &str, to: u32) {
        let moved = format!(
            "const slider = document.getElementById('{id}');
             slider.value = '{to}';
             for (const news of ['input', 'change']) slider.dispatchEvent(new Event(news));"
        );
        self.0.run(&moved).expect("it moves");
    }
}

#[test]
fn what_a_dj_plays_on_the_page_is_what_listeners_hear_and_music_comes_back_when_the_page_is_gone() {
    let Some(mut stage) = Stage::open() else { return };
    let desk = stage.dj(&Options::default());
    let [red, blue] = stage.files.clone();
    desk.play("a", &red, "Red Tone");
    desk.tap("#air");
    desk.until_said("the channel plays something else");
    desk.until_said("A host can choose");
    stage.done("POST", "/api/party/source", Some(json!({ "source": "sender" })));
    desk.until_said("You are on the channel");
    stage.until_titled("Red Tone", "Ann");
    let guest = super::guest(&stage.running);
    guest.until_shown("Red Tone", PATIENCE).expect("a guest sees the title");
    let late = desk.until("/about (\\d+) ms/.exec(document.getElementById('air-more').textContent)?.[1]");
    println!("the page says: {late} ms");
    let [a, b] = stage.levels();
    println!("deck A: {a:.1} dBFS, deck B: {b:.1}");
    assert!(a > IS_HEARD_DB && b < IS_NOT_HEARD_DB, "deck A {a} dBFS, deck B {b}");
    desk.play("b", &blue, "Blue Tone");
    desk.slide("fader", 100);
    stage.until_titled("Blue Tone", "Bob");
    let [a, b] = stage.levels();
    println!("deck A: {a:.1} dBFS, deck B: {b:.1}");
    assert!(b > IS_HEARD_DB && a < IS_NOT_HEARD_DB, "deck A {a} dBFS, deck B {b}");
    // The page is gone without a word.
    _ = desk.0.devtools("Page.crash", &json!({}));
    stage.running.until("/api/party/status", PATIENCE, |status| {
        status["fallback"] == true && status["track"]["title"].is_string()
    });
}

#[test]
fn both_sides_of_a_song_stay_apart() {
    let Some(mut stage) = Stage::open() else { return };
    stage.done("POST", "/api/party/source", Some(json!({ "source": "sender" })));
    let pitches = SONGS.map(|(_, _, hz)| hz);
    let [left, right] = pitches.map(|hz| hear::sine(hz, 0.5, wav::RATE_HZ, 60 * wav::RATE_HZ as usize));
    let frames: Vec<[f32; 2]> = left.iter().zip(&right).map(|(left, right)| [*left, *right]).collect();
    let song = stage.files[0].with_file_name("Ann - Wide.wav");
    wav::write_stereo(&song, &frames).expect("a song");
    let desk = stage.dj(&Options::default());
    desk.play("a", &song, "Wide");
    desk.tap("#air");
    stage.until_titled("Wide", "Ann");
    for (side, own) in [("c0", 0), ("c1", 1)] {
        let levels = stage.levels_at(side, pitches);
        println!("{side}: {levels:.1?} dBFS");
        assert!(levels[own] > IS_HEARD_DB && levels[own] - levels[1 - own] > APART_DB, "{side}: {levels:?}");
    }
}

#[test]
fn a_djs_voice_is_heard_over_the_music_from_the_page_that_the_box_serves_by_tls() {
    let Some(mut stage) = Stage::open() else { return };
    stage.done("POST", "/api/party/source", Some(json!({ "source": "sender" })));
    let hum = stage.files[0].with_file_name("voice.wav");
    wav::write(&hum, &hear::sine(VOICE_HZ, 0.5, wav::RATE_HZ, 10 * wav::RATE_HZ as usize)).expect("a voice");
    let flags = [
        // A name that browsers take for another machine's: their own is a secure page by any scheme.
        "--host-resolver-rules=MAP party.internal 127.0.0.1".to_owned(),
        "--ignore-certificate-errors".into(),
        "--use-fake-ui-for-media-stream".into(),
        "--use-fake-device-for-media-stream".into(),
        format!("--use-file-for-fake-audio-capture={}", hum.display()),
    ];
    let options = Options { flags: flags.into(), ..Options::default() };
    let page = |scheme: &str, port: u16| format!("{scheme}://party.internal:{port}/dj");
    let (plain, secure) = (page("http", stage.running.address.port()), page("https", stage.https_port));
    let desk = stage.dj_at(&plain, &options);
    desk.until("!document.getElementById('secure').hidden && document.getElementById('speak').hidden");
    assert_eq!(desk.0.run("return isSecureContext").expect("an answer"), false);
    desk.until("document.getElementById('voice').innerText.includes('Your browser will warn')");
    look(&desk.0, "dj-secure-page", Options::default().window);
    desk.tap("#secure");
    // Who is DJ there is DJ here.
    desk.until(&format!("location.href === '{secure}' && isSecureContext"));
    desk.until("!document.getElementById('booth').hidden && !document.getElementById('speak').hidden");
    desk.play("a", &stage.files[0].clone(), "Red Tone");
    desk.tap("#air");
    desk.until_said("You are on the channel");
    stage.until_titled("Red Tone", "Ann");
    let tones = [SONGS[0].2, VOICE_HZ];
    let [alone, none] = stage.levels_of(tones);
    println!("before: song {alone:.1} dBFS, voice {none:.1}");
    assert!(alone > IS_HEARD_DB && none < IS_NOT_HEARD_DB, "before: song {alone}, voice {none}");
    desk.tap("#speak");
    desk.until("document.getElementById('speak').getAttribute('aria-pressed') === 'true'");
    let [under, voice] = stage.levels_of(tones);
    println!("with a voice: song {under:.1} dBFS, voice {voice:.1}");
    assert!(voice > IS_HEARD_DB && (under - alone + DUCK_DB).abs() < 2.0, "song {under}, voice {voice}");
    desk.tap("#speak");
    desk.until("document.getElementById('speak').getAttribute('aria-pressed') === 'false'");
    let [back, gone] = stage.levels_of(tones);
    println!("after: song {back:.1} dBFS, voice {gone:.1}");
    assert!((back - alone).abs() < 1.5 && gone < IS_NOT_HEARD_DB, "after: song {back}, voice {gone}");
}

#[test]
fn the_djs_page_looks_right_dark_and_light_narrow_and_wide() {
    let Some(mut stage) = Stage::open() else { return };
    stage.done("POST", "/api/party/source", Some(json!({ "source": "sender" })));
    let looks = [
        ((360, 780), true, "dark", "en"),
        ((360, 780), false, "light", "de"),
        ((360, 780), true, "rtl", "ar"),
        ((768, 1024), false, "tablet", "fr"),
        ((1280, 800), true, "wide", "en"),
    ];
    for (window, dark, kind, language) in looks {
        let options = Options { window, dark, ..Options::default() };
        let desk = stage.dj(&options);
        desk.0.run(&format!("localStorage.setItem('partybox.language', '{language}')")).expect("kept");
        desk.0.reload().expect("the page");
        desk.until("!document.getElementById('booth').hidden");
        look(&desk.0, &format!("dj-empty-{kind}"), window);
        desk.play("a", &stage.files[0], "Red Tone");
        desk.tap("#air");
        desk.until("document.getElementById('desk').dataset.air === 'on'");
        look(&desk.0, &format!("dj-{kind}"), window);
        let complaints = desk.0.console().expect("a log");
        assert!(complaints.is_empty(), "{complaints:?}");
        desk.tap("#air");
    }
    let guest = Desk::open(&stage.running.url("/dj"), &Options::default());
    guest.until("!document.getElementById('gate').hidden");
    look(&guest.0, "dj-gate", (390, 844));
}
