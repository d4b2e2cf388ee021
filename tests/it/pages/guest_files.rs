//! A guest's own music, in a real browser: chosen on the phone, let in by the host, heard by everybody, gone after the party.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::browser::Options;
use tests::caller::Caller;
use tests::{hear, wait, wav};

use super::looks::pictures;
use super::{AUDIBLE, PATIENCE, guest, start_with_records};

/// The pitch of what the guest brings, Hz: none that the box's records have.
const OWN_HZ: f64 = 997.0;

/// A folder with songs of these titles, and a letter that claims to be one.
pub(super) fn files(titles: &[&str]) -> (TempDir, Vec<PathBuf>, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let song = |title: &&str| {
        let path = folder.path().join(format!("{title}.mp3"));
        let tone = format!("sine=frequency={OWN_HZ}:duration=120");
        let made = Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-f", "lavfi", "-i", &tone, "-b:a", "64k"])
            .args(["-metadata", &format!("title={title}"), "-metadata", "artist=A Guest"])
            .arg(&path)
            .stdin(Stdio::null())
            .status();
        assert!(made.is_ok_and(|status| status.success()), "ffmpeg made the others");
        path
    };
    let songs = titles.iter().map(song).collect();
    let letter = folder.path().join("letter.mp3");
    std::fs::write(&letter, "Dear host, this is no music.".repeat(999)).expect("a file");
    (folder, songs, letter)
}

/// Whether a listener of MP3 hears a tone of that pitch.
fn is_heard(url: &str, hz: f64) -> bool {
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-i", url, "-t", "8", "-ac", "1", "-f", "f32le", "-"])
        .stdin(Stdio::null())
        .output()
        .expect("ffmpeg made the others");
    let samples = made.stdout.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    let samples: Vec<f32> = samples.collect();
    // The rate is that of the stream.
    let halves = samples.chunks_exact(wav::RATE_HZ as usize / 2);
    halves.filter_map(|half| hear::pitch_hz(half, wav::RATE_HZ)).any(|heard| (heard - hz).abs() < 2.0)
}

fn brought(state: &Path) -> usize {
    std::fs::read_dir(state.join("guests")).expect("the place of guests' files").count()
}

#[test]
fn a_song_from_a_guests_phone_is_let_in_heard_and_gone_after_the_party_unless_the_host_keeps_it() {
    let Some(mut party) = start_with_records() else { return };
    let (_folder, songs, letter) = files(&["Only Tonight", "For Good"]);
    let guest = guest(&party.running);
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    guest.browser.run("location.hash = '/music'").expect("the music");
    guest.browser.screenshot(&pictures().join("guest-file-before.png")).expect("a picture");
    guest.browser.press("#own-file", &letter.display().to_string()).expect("a file");
    guest.until_shown("This is no music that the box can play.", PATIENCE).expect("the reason");
    for song in &songs {
        guest.browser.press("#own-file", &song.display().to_string()).expect("a file");
        let title = song.file_name().and_then(|name| name.to_str()).expect("a name");
        guest.until_shown(&format!("The box has {title}."), PATIENCE).expect("it arrives");
    }
    guest.browser.screenshot(&pictures().join("guest-file-sent.png")).expect("a picture");
    guest.browser.run("location.hash = '/queue'").expect("the queue");
    guest.until_shown("waiting for the host", PATIENCE).expect("asked");

    let pending = party.host.ask("GET", "/api/queue", None).body["you"]["pending"].clone();
    assert_eq!(
        (&pending[0]["track"]["title"], &pending[1]["track"]["title"]),
        (&json!("Only Tonight"), &json!("For Good"))
    );
    assert_eq!(brought(party.running.state()), 2);
    for ask in [&pending[0], &pending[1]] {
        party.host("POST", &format!("/api/requests/{}/approve", ask["id"]), None);
    }
    let found = "(async () => (await (await fetch('/api/library/search?q=tonight')).json()).tracks.length)()";
    assert_eq!(
        guest.browser.wait_for(&format!("{found}.then((n) => ({{ n }}))"), PATIENCE).expect("an answer")["n"],
        0
    );
    party.host("POST", "/api/party/next", None);
    guest
        .browser
        .wait_for("document.getElementById('title').textContent === 'Only Tonight'", PATIENCE)
        .expect("it plays");
    guest.hears(AUDIBLE, PATIENCE).expect("sound on the guest's own phone");
    assert!(is_heard(&party.running.url("/stream/main.mp3"), OWN_HZ), "everybody hears the guest's song");

    party.host("POST", &format!("/api/files/{}/keep", pending[1]["track"]["id"]), None);
    party.host("POST", "/api/party/end", None);
    let is_gone = wait::comes_true(PATIENCE, || brought(party.running.state()) == 0);
    assert!(is_gone, "nothing of the guest's is left");
    let titles = |q: &str| {
        let found = ureq::get(party.running.url(&format!("/api/library/search?q={q}"))).call();
        let found: Value = found.and_then(|mut answer| answer.body_mut().read_json()).expect("an answer");
        found["tracks"].as_array().expect("a list").len()
    };
    assert_eq!((titles("tonight"), titles("good")), (0, 1), "what the host keeps stays");
}

#[test]
fn a_host_sees_what_comes_from_phones_keeps_it_and_may_switch_that_off() {
    let Some(party) = super::host::party() else { return };
    let (_folder, songs, _letter) = files(&["Kept By Hand"]);
    // The host's own phone brings a file as any other.
    let guest = guest(&party.running);
    guest.browser.run("location.hash = '/music'").expect("the music");
    guest.browser.press("#own-file", &songs[0].display().to_string()).expect("a file");
    guest.until_shown("The box has Kept By Hand.mp3.", PATIENCE).expect("it arrives");
    for (size, name) in [((360, 740), "host-files-360.png"), ((1_280, 900), "host-files-1280.png")] {
        let host = party.host(&Options { window: size, ..Options::default() });
        // Where there is room, the queue is always shown.
        if size.0 < 1_000 {
            host.part("queue").expect("the queue");
        }
        host.until_queue(&["Kept By Hand"], PATIENCE).expect("in the queue");
        host.until_shown("from a phone", PATIENCE).expect("whose it is");
        host.tap("#queue .grip").expect("what can be done with it");
        host.tap("#queue .keep").expect("keep");
        host.until_shown("Kept By Hand stays on the box.", PATIENCE).expect("words");
        host.browser.screenshot(&pictures().join(format!("queue-{name}"))).expect("a picture");
        host.part("asks").expect("the requests");
        host.until_shown("Each file waits for a yes or a no.", PATIENCE).expect("the switch");
        host.browser.screenshot(&pictures().join(name)).expect("a picture");
        host.tap("#files-mode input[value=off]").expect("off");
        host.until_shown("Guests cannot bring files.", PATIENCE).expect("it is off");
        host.tap("#files-mode input[value=approve]").expect("on again");
        host.until_shown("Each file waits for a yes or a no.", PATIENCE).expect("it is on again");
    }
    assert!(party.track("Kept By Hand") > 0, "it is in the library, once");
}

#[test]
fn a_host_hears_a_guests_file_on_the_own_phone_before_saying_yes_or_no() {
    let Some(party) = super::host::party() else { return };
    let (_folder, songs, _letter) = files(&["Hear Me First"]);
    let mut ann = Caller::new(Ipv4Addr::new(127, 0, 0, 2), party.running.address);
    let sent = ann.send("/api/files?name=first.mp3", &std::fs::read(&songs[0]).expect("a file"));
    assert_eq!((sent.status, &sent.body["state"]), (201, &json!("pending")), "{sent:?}");
    let host = party.host(&Options { window: (360, 740), ..Options::default() });
    host.tap("#listen").expect("the party's own sound");
    host.browser.wait_for("document.getElementById('listen').dataset.phase === 'live'", PATIENCE).expect("live");
    host.part("asks").expect("the requests");
    host.until_shown("Hear Me First", PATIENCE).expect("it waits");
    host.browser.screenshot(&pictures().join("host-preview-360.png")).expect("a picture");
    host.tap("#asks .preview button").expect("listen");
    let tone = format!(
        "(async () => {{
          const sound = document.querySelector('#asks audio');
          if (!sound || sound.currentTime < 0.5) return false;
          window.testPreview ??= (() => {{
            const ear = new AudioContext();
            const analyser = ear.createAnalyser();
            analyser.fftSize = 32768;
            ear.createMediaStreamSource(sound.captureStream()).connect(analyser);
            return {{ ear, analyser }};
          }})();
          const {{ ear, analyser }} = window.testPreview;
          const bins = new Float32Array(analyser.frequencyBinCount);
          analyser.getFloatFrequencyData(bins);
          const loudest = Math.max(...bins);
          return loudest > -50 && Math.abs(bins.indexOf(loudest) * ear.sampleRate / analyser.fftSize - {OWN_HZ}) < 5;
        }})()"
    );
    host.browser.wait_for(&tone, PATIENCE).expect("the guest's song is heard");
    let hushed = "document.getElementById('audio').muted";
    assert_eq!(host.browser.run(&format!("return {hushed}")).expect("a judgement"), true, "the party steps aside");
    host.browser.run("document.querySelector('#asks audio').currentTime = 100").expect("a jump");
    let jumped = "document.querySelector('#asks audio').currentTime > 100.5";
    host.browser.wait_for(jumped, PATIENCE).expect("it goes on from there");
    host.browser.screenshot(&pictures().join("host-preview-plays-360.png")).expect("a picture");
    // Nobody else hears it: it is not what plays.
    assert_ne!(party.get("/api/party/status")["track"]["title"], "Hear Me First");
    host.tap("#asks .round-button:not(.yes)").expect("no");
    host.browser.wait_for("document.querySelector('#asks audio') === null", PATIENCE).expect("it is gone");
    host.browser.wait_for(&format!("!{hushed}"), PATIENCE).expect("the party is heard again");
    assert!(wait::comes_true(PATIENCE, || brought(party.running.state()) == 0), "and so is the file");

    // What the box plays and this browser does not: it says so, and leaves the choice.
    let odd = songs[0].with_file_name("odd.aiff");
    let tone = format!("sine=frequency={OWN_HZ}:duration=5");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", &tone])
        .arg(&odd)
        .stdin(Stdio::null())
        .status();
    assert!(made.is_ok_and(|status| status.success()), "ffmpeg made the others");
    let sent = ann.send("/api/files?name=odd.aiff", &std::fs::read(&odd).expect("a file"));
    assert_eq!(sent.status, 201, "{sent:?}");
    host.until_shown("odd", PATIENCE).expect("it waits");
    host.tap("#asks .preview button").expect("listen");
    host.until_shown("This phone cannot play odd.", PATIENCE).expect("words");
    let offered = "document.querySelector('#asks .preview button')?.checkVisibility()";
    host.browser.wait_for(offered, PATIENCE).expect("the way to try again");
    assert_eq!(host.browser.run(&format!("return {hushed}")).expect("a judgement"), false);
}
