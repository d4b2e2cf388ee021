//! What a screen and a host see of line-in: a calm clock while there are no titles, and what to turn before the guests come.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::process::{Child, Command, Stdio};

use serde_json::json;
use tempfile::TempDir;
use tests::browser::{Browser, Options, missing};
use tests::hear;
use tests::host::Host;
use tests::program::Running;
use tests::sound::SoundServer;

use super::PATIENCE;
use super::seen::until_viewers;

/// Writes a tone into a named pipe until it is dropped.
struct Cable(Child);

impl Drop for Cable {
    fn drop(&mut self) {
        // It ends with the pipe's other end as well.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// A box that plays a tone from line-in, what brings it, and the pipe with its folder.
fn with_line_in() -> Option<(Running, Cable, File, TempDir)> {
    if let Some(reason) = missing() {
        println!("{reason}");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("in");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo starts").success());
    let line_in = format!("--line-in=pipe:{}?rate=48000&format=f32", pipe.display());
    let running = Running::start(&[line_in])?;
    let mut feed = Command::new("ffmpeg");
    feed.args(["-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000,tremolo=f=2:d=0.9"]);
    feed.args(["-ac", "2", "-f", "f32le", "-y"]).arg(&pipe).stdin(Stdio::null());
    // Both ends stay open, so that nobody waits for the other.
    let mut held = OpenOptions::new().read(true).write(true).open(&pipe).expect("the pipe opens");
    held.write_all(&[0; 8]).expect("its own end is open");
    let cable = Cable(feed.spawn().expect("ffmpeg, which the tests need"));
    choose(&running, "line-in");
    running.until("/api/party/status", PATIENCE, |status| status["source"] == "line-in" && status["fallback"] == false);
    Some((running, cable, held, folder))
}

fn choose(running: &Running, source: &str) {
    ureq::post(running.url("/api/party/source")).send_json(json!({ "source": source })).expect("the host chooses");
}

/// Whether the ring on a canvas has rays: something is drawn outside its circle.
fn rays(canvas: &str) -> String {
    format!(
        "(() => {{
          const ring = document.querySelector('{canvas}');
          if (ring === null) return false;
          const {{ width, height }} = ring;
          if (width === 0 || height === 0) return false;
          const {{ data }} = ring.getContext('2d').getImageData(0, 0, width, height);
          const far = Math.min(width, height) * 0.33;
          for (let at = 3; at < data.length; at += 4) {{
            const [x, y] = [((at - 3) / 4) % width, Math.floor((at - 3) / 4 / width)];
            if (data[at] > 40 && Math.hypot(x - width / 2, y - height / 2) > far) return true;
          }}
          return false;
        }})()"
    )
}

#[test]
fn a_screen_of_several_channels_shows_the_sound_of_each_in_its_own_field() {
    let Some((running, _cable, _held, _folder)) = with_line_in() else { return };
    ureq::put(running.url("/api/channels/green")).send_json(json!({ "color": "green" })).expect("another channel");
    ureq::post(running.url("/api/channels/green/play")).send_empty().expect("it plays");
    running.until("/api/channels/green/status", PATIENCE, |status| {
        status["playing"] == true && !status["track"].is_null()
    });
    let screen = Browser::open(&Options { window: (1920, 1080), ..Options::default() }).expect("a browser");
    screen.go(&running.url("/screen")).expect("the page opens");
    screen
        .wait_for("document.querySelectorAll('.field-of .field-bars:not([hidden])').length === 2", PATIENCE)
        .expect("both");
    until_viewers(&running, 2.0);
    // The demo's tones are bars: one is a tenth as high as there is room.
    let bars = "(() => {
      const canvas = document.querySelector('[data-key=green] .field-bars');
      const { width, height } = canvas;
      const { data } = canvas.getContext('2d').getImageData(0, Math.floor(height * 0.9) - 1, width, 1);
      return data.some((part, n) => n % 4 === 3 && part > 100);
    })()";
    screen.wait_for(bars, PATIENCE).expect("bars");
    // What comes by line-in has no title, and a ring beside the words that say so.
    screen.wait_for(&rays("[data-key=main][data-line] .field-bars"), PATIENCE).expect("rays");
    let seen = |part: &str| {
        let seen = format!(
            "return document.querySelector('[data-key={part}').checkVisibility({{ visibilityProperty: true }})"
        );
        screen.run(&seen).expect("a judgement")
    };
    screen
        .wait_for("/\\d/.test(document.getElementById('room-clock').textContent)", PATIENCE)
        .expect("one clock for all");
    let clock = |yes: bool| {
        let shown = format!("document.getElementById('room-clock').checkVisibility() === {yes}");
        screen.wait_for(&shown, PATIENCE).expect("a clock while something has no title");
    };
    clock(true);
    for part in ["main] .field-name", "main] .field-title", "main] .field-listeners", "green] .field-title"] {
        assert_eq!(seen(part), true, "{part}");
    }
    let crossed = "const ring = document.querySelector('[data-key=main] .field-bars').getBoundingClientRect();
      return ['name', 'title', 'listeners'].filter((part) => {
        const range = document.createRange();
        range.selectNodeContents(document.querySelector(`[data-key=main] .field-${part}`));
        const words = range.getBoundingClientRect();
        return words.bottom > ring.top && words.top < ring.bottom && words.right > ring.left && words.left < ring.right;
      })";
    assert_eq!(screen.run(crossed).expect("a judgement"), json!([]), "the ring has its own half");
    let pictures = tests::tidy::repository::root().join("target/screenshots");
    std::fs::create_dir_all(&pictures).expect("a folder");
    screen.screenshot(&pictures.join("screen-several-sound.png")).expect("a picture");
    choose(&running, "files");
    clock(false);
    choose(&running, "line-in");
    clock(true);
    let motion = |wish: &str| {
        let features = json!({ "features": [{ "name": "prefers-reduced-motion", "value": wish }] });
        screen.devtools("Emulation.setEmulatedMedia", &features).expect("another wish");
    };
    motion("reduce");
    until_viewers(&running, 0.0);
    assert_eq!(
        screen.run("return document.querySelectorAll('.field-bars:not([hidden])').length").expect("a number"),
        0
    );
    motion("no-preference");
    until_viewers(&running, 2.0);
    // What plays nothing shows nothing, and is not measured.
    ureq::post(running.url("/api/channels/green/pause")).send_empty().expect("it pauses");
    until_viewers(&running, 1.0);
    // The last one has the screen to itself again.
    ureq::delete(running.url("/api/channels/green")).call().expect("it goes");
    screen.wait_for("document.getElementById('ambient')?.checkVisibility()", PATIENCE).expect("the clock");
    screen.wait_for(&rays("#ring"), PATIENCE).expect("rays");
    clock(false);
    until_viewers(&running, 1.0);
}

#[test]
fn a_screen_shows_a_calm_clock_while_line_in_plays() {
    let Some((running, _cable, _held, _folder)) = with_line_in() else { return };
    let screen = Browser::open(&Options { window: (1920, 1080), ..Options::default() }).expect("a browser");
    screen.go(&running.url("/screen")).expect("the page opens");
    screen.wait_for("document.getElementById('ambient')?.checkVisibility()", PATIENCE).expect("by itself");
    screen.wait_for("/\\d/.test(document.getElementById('ambient-clock').textContent)", PATIENCE).expect("a clock");
    for part in ["title", "cover", "next"] {
        let hidden =
            format!("return !document.getElementById('{part}').checkVisibility({{ visibilityProperty: true }})");
        assert_eq!(screen.run(&hidden).expect("a judgement"), true, "{part}");
    }
    assert_eq!(screen.run("return document.getElementById('page-code').checkVisibility()").expect("a judgement"), true);
    until_viewers(&running, 1.0);
    screen.wait_for(&rays("#ring"), PATIENCE).expect("rays");
    let pictures = tests::tidy::repository::root().join("target/screenshots");
    std::fs::create_dir_all(&pictures).expect("a folder");
    screen.screenshot(&pictures.join("screen-ambient.png")).expect("a picture");
    // What stands in for a cable that is gone has titles.
    choose(&running, "files");
    screen.wait_for("!document.getElementById('ambient').checkVisibility()", PATIENCE).expect("titles");
    screen.wait_for("document.getElementById('bars')?.hidden === false", PATIENCE).expect("bars");
    let features = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
    screen.devtools("Emulation.setEmulatedMedia", &features).expect("another wish");
    until_viewers(&running, 0.0);
    choose(&running, "line-in");
    screen.wait_for("document.getElementById('ambient').checkVisibility()", PATIENCE).expect("the clock alone");
    assert_eq!(screen.run("return document.getElementById('ring').hidden").expect("a judgement"), true);
}

#[test]
fn a_host_is_told_at_the_sound_check_what_to_turn() {
    if let Some(reason) = missing() {
        return println!("{reason}");
    }
    let server = match SoundServer::start(&["cable"]) {
        Ok(server) => server,
        Err(reason) => return println!("not run: {reason}"),
    };
    let config = server.alsa_config();
    let environment = server.environment();
    let mut variables: Vec<(&str, &std::ffi::OsStr)> =
        environment.iter().map(|(name, value)| (*name, value.as_ref())).collect();
    variables.push(("ALSA_CONFIG_PATH", config.as_os_str()));
    let Some(running) = Running::start_in(&variables, &["--line-in=cable-in"]) else { return };
    // The guests hear music meanwhile.
    ureq::post(running.url("/api/party/source")).send_json(json!({ "source": "files" })).expect("the host chooses");
    let host = Host::visit(&running.url(""), &Options::default()).expect("the page");
    host.until_role("host", PATIENCE).expect("a host by its address");
    host.browser.wait_for("document.getElementById('check')?.checkVisibility()", PATIENCE).expect("a button");
    host.tap("#check").expect("a tap");
    until_viewers(&running, 1.0);
    let says = |verdict: &str| {
        let said =
            format!("document.querySelector('#sound-check [data-input=\"line-in\"]')?.dataset.verdict === '{verdict}'");
        host.browser.wait_for(&said, PATIENCE).unwrap_or_else(|error| panic!("{verdict}: {error}"));
    };
    let pictures = tests::tidy::repository::root().join("target/screenshots");
    std::fs::create_dir_all(&pictures).expect("a folder");
    says("silent");
    // In both channels a sine is as loud in LUFS as its peak is high in dBFS, at 1 kHz.
    for (db, verdict, words) in [(-36.0_f32, "quiet", "Too quiet"), (-18.0, "good", "Good"), (-2.0, "loud", "Too loud")]
    {
        let tone = hear::sine(1_000.0, 10_f32.powf(db / 20.0), 48_000, 60 * 48_000);
        let player = server.play("cable", &tone).expect("paplay starts");
        says(verdict);
        host.until_shown(words, PATIENCE).expect(words);
        host.browser.screenshot(&pictures.join(format!("sound-check-{verdict}.png"))).expect("a picture");
        drop(player);
    }
    let mut square = hear::sine(1_000.0, 4.0, 48_000, 60 * 48_000);
    square.iter_mut().for_each(|sample| *sample = sample.clamp(-1.0, 1.0));
    let player = server.play("cable", &square).expect("paplay starts");
    says("clipping");
    drop(player);
    host.tap("#check").expect("a tap");
    until_viewers(&running, 0.0);
}
