//! Real clients against the real program: what they hear is compared with the file that was played.
//!
//! Players read MP3 over HTTP; two WebRTC stacks that share no code with the box listen over WHEP. A client that is not
//! installed is named in the output, and its test ends there.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use tests::program::Running;
use tests::{hear, wav};

/// Seconds of the song; it repeats.
const SONG_SECONDS: usize = 20;

/// Seconds each client listens.
const LISTEN_SECONDS: usize = 4;

/// Peak of the song, −6 dBFS: below the limiter.
const PEAK: f32 = 0.5;

/// A box that plays the song, and the song.
struct Party {
    running: Running,
    song: Vec<f32>,
    folder: TempDir,
}

impl Party {
    /// `None`, with the reason printed, where the program is not built.
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let song = hear::melody(0xBEA7, PEAK, wav::RATE_HZ, SONG_SECONDS * wav::RATE_HZ as usize);
        let music = folder.path().join("music");
        std::fs::create_dir(&music).expect("a folder for the song");
        wav::write(&music.join("song.wav"), &song).expect("the song is written");
        let running = Running::start(&["--music".as_ref(), music.as_os_str()])?;
        Some(Self { running, song, folder })
    }

    /// Fails unless the recording is the song: level, no gap, wave form. `likeness` allows for the codec.
    fn check(&self, who: &str, recording: &Path, likeness_min: f64) {
        let heard = wav::read_left(recording).expect("the client wrote a sound file");
        let heard = hear::sounding(&heard, PEAK / 4.0);
        let seconds = heard.len() as f64 / f64::from(wav::RATE_HZ);
        assert!(seconds > LISTEN_SECONDS as f64 * 0.7, "{who} heard only {seconds:.2} s");
        // Players start and stop within a block; the figures are about what lies between.
        let edge = wav::RATE_HZ as usize / 10;
        let middle = &heard[edge..heard.len() - edge];
        let level = hear::level_db(middle) - hear::level_db(&self.song);
        let gaps = hear::gaps(middle, PEAK / 50.0, wav::RATE_HZ as usize / 400);
        let (_, likeness) = hear::place(&self.song, middle, wav::RATE_HZ);
        println!("{who}: {seconds:.2} s, level {level:+.2} dB, likeness {likeness:.4}, {} gaps", gaps.len());
        assert!(level.abs() < 0.5, "{who}: level is off by {level:+.2} dB");
        assert!(gaps.is_empty(), "{who}: gaps {gaps:?}");
        assert!(likeness > likeness_min, "{who}: likeness {likeness:.4}");
    }
}

/// Whether `program` is there; says so if not.
fn can_run(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        println!("not run: {program} is not installed (`cargo xtask test` installs it)");
    }
    found
}

fn run(what: &str, command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{what}: {error}"));
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    println!("{what}: {}", text[0].trim());
    assert!(output.status.success(), "{what}: {}\n{}", output.status, text[1]);
}

#[test]
fn ffmpeg_hears_the_song_over_mp3() {
    if !can_run("ffmpeg") {
        return;
    }
    let Some(party) = Party::start() else { return };
    let out = party.folder.path().join("ffmpeg.wav");
    let mut command = Command::new("ffmpeg");
    command.args([
        "-v",
        "error",
        "-y",
        "-i",
        &party.running.url("/stream/main.mp3"),
        "-t",
        &LISTEN_SECONDS.to_string(),
    ]);
    run("ffmpeg", command.args(["-ar", "48000", "-ac", "2", "-c:a", "pcm_s16le"]).arg(&out));
    party.check("ffmpeg", &out, 0.97);
}

#[test]
fn mpv_hears_the_song_over_mp3() {
    if !can_run("mpv") {
        return;
    }
    let Some(party) = Party::start() else { return };
    let out = party.folder.path().join("mpv.wav");
    let mut command = Command::new("mpv");
    command.args(["--no-config", "--no-video", "--really-quiet", "--ao=pcm", "--audio-samplerate=48000"]);
    command.args(["--audio-format=s16", "--audio-channels=stereo", &format!("--length={LISTEN_SECONDS}")]);
    command.arg(format!("--ao-pcm-file={}", out.display()));
    run("mpv", command.arg(party.running.url("/stream/latest.mp3")));
    party.check("mpv", &out, 0.97);
}

#[test]
fn what_curl_saves_is_a_playable_file_of_the_song() {
    if !can_run("curl") || !can_run("ffmpeg") {
        return;
    }
    let Some(party) = Party::start() else { return };
    let saved = party.folder.path().join("saved.mp3");
    let mut command = Command::new("curl");
    command.args(["-sS", "--max-time", &(LISTEN_SECONDS + 1).to_string(), "-o"]).arg(&saved);
    let status = command.arg(party.running.url("/stream/main.mp3")).status().expect("curl starts");
    // 28: the time is over, which is the only way in which an endless body ends.
    assert_eq!(status.code(), Some(28), "curl ended otherwise: {status}");
    let out = party.folder.path().join("curl.wav");
    let mut decode = Command::new("ffmpeg");
    decode.args(["-v", "error", "-y", "-i"]).arg(&saved);
    run("ffmpeg", decode.args(["-ar", "48000", "-ac", "2", "-c:a", "pcm_s16le"]).arg(&out));
    party.check("curl", &out, 0.97);
}

#[test]
fn an_independent_webrtc_stack_hears_the_song() {
    let Some(python) = python_with_aiortc() else { return };
    let Some(party) = Party::start() else { return };
    let out = party.folder.path().join("aiortc.wav");
    run("aiortc", &mut client(&python, "whep_aiortc.py", &party, &out));
    party.check("aiortc", &out, 0.95);
    assert_eq!(party.running.ciphers(), ["aead_aes_256_gcm"]);
}

#[test]
fn a_listener_hears_the_song_whichever_key_is_in_its_certificate() {
    let Some(python) = python_with_aiortc() else { return };
    let Some(party) = Party::start() else { return };
    let out = party.folder.path().join("aiortc.wav");
    for key in ["rsa2048", "p521"] {
        run(key, client(&python, "whep_aiortc.py", &party, &out).arg(key));
        party.check(key, &out, 0.95);
    }
}

#[test]
fn gstreamer_hears_the_song() {
    let Some(python) = python_with_gstreamer() else { return };
    let Some(party) = Party::start() else { return };
    let out = party.folder.path().join("gstreamer.wav");
    run("GStreamer", &mut client(&python, "whep_gstreamer.py", &party, &out));
    party.check("GStreamer", &out, 0.95);
    // It knows no other.
    assert_eq!(party.running.ciphers(), ["aes128_cm_hmac_sha1_80"]);
}

/// Returns a Python with aiortc; where there is none, says so.
pub(crate) fn python_with_aiortc() -> Option<OsString> {
    let venv = tests::tidy::repository::root().join("target/venv/bin/python");
    let python = std::env::var_os("PARTYBOX_PYTHON").unwrap_or_else(|| venv.into());
    let has_aiortc = Command::new(&python).args(["-c", "import aiortc"]).stderr(Stdio::null()).status();
    if !has_aiortc.is_ok_and(|status| status.success()) {
        println!("not run: {} has no aiortc (`cargo xtask test` installs it)", python.display());
        return None;
    }
    Some(python)
}

/// Returns a Python with GStreamer's WebRTC; where there is none, says so.
pub(crate) fn python_with_gstreamer() -> Option<OsString> {
    // The distribution's own Python has the bindings; another one first in the path has not.
    let python = ["/usr/bin/python3", "python3"].into_iter().find(|python| {
        let script = "import gi; gi.require_version('GstWebRTC', '1.0'); gi.require_version('GstSdp', '1.0'); \
                      from gi.repository import Gst; Gst.init(None); \
                      assert Gst.ElementFactory.find('webrtcbin') and Gst.ElementFactory.find('nicesrc')";
        let status = Command::new(python).args(["-c", script]).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    });
    if python.is_none() {
        println!("not run: no Python with GStreamer's WebRTC bindings (python3-gi, gir1.2-gst-plugins-bad-1.0)");
    }
    python.map(OsString::from)
}

fn client(python: &std::ffi::OsStr, script: &str, party: &Party, out: &Path) -> Command {
    let script = tests::tidy::repository::root().join("tests/clients").join(script);
    let mut command = Command::new(python);
    command.arg(script).arg(party.running.url("/whep/main")).arg(LISTEN_SECONDS.to_string()).arg(out);
    command
}
