//! What a guest hears: tones played into a line-in with a clock come out of a real browser's loudspeakers.
//!
//! A private sound server is both ends: the box captures the monitor of one null sink through ALSA's pulse plug-in, and
//! Chromium plays into another, whose monitor is recorded. Left and right carry different tones at different levels, so
//! that a wrong level, a wrong pitch, swapped or mixed sides and gaps all show.

use std::time::{Duration, Instant};

use tests::browser::{Options, Sink, missing};
use tests::guest::Guest;
use tests::program::Running;
use tests::sound::{Recording, SoundServer};
use tests::{hear, hiccups, wav};

const RATE_HZ: u32 = 48_000;

/// What is played: pitch in Hz and peak, per side.
const TONES: [(f64, f32); 2] = [(440.0, 0.25), (1_000.0, 0.125)];

/// How long anything on a busy machine may take before it counts as not happening.
const PATIENCE: Duration = Duration::from_secs(30);

/// Frames that must be right in a row: four seconds.
const WHOLE: usize = 4 * RATE_HZ as usize;

/// How long a stretch that is right is looked for. A machine that tears every one of them for so long, by every witness, is
/// too busy to judge listening on.
const HICCUPS_FOR: Duration = Duration::from_secs(120);

/// Samples that the browser may make up, add or leave out within a stretch without being a hiccup, 10 ms: it fits clocks so.
const MADE_UP: f64 = 480.0;

/// A server with both ends, the box that listens to one, and the guest who plays into the other.
struct Room {
    server: SoundServer,
    running: Running,
    /// Whether the tones come by the cable.
    has_cable: bool,
}

impl Room {
    /// `None`, with the reason printed, where something needed is not installed or built.
    fn open(options: impl FnOnce(&SoundServer) -> Vec<String>) -> Option<Self> {
        let server = missing().map_or_else(|| SoundServer::start(&["cable", "ears"]), Err);
        let server = server.inspect_err(|reason| println!("not run: {reason}")).ok()?;
        let config = server.alsa_config();
        let options = options(&server);
        let has_cable = options.iter().any(|option| option == "--line-in");
        let running = Running::start_in(&[("ALSA_CONFIG_PATH", config.as_os_str())], &options)?;
        Some(Self { server, running, has_cable })
    }

    /// A guest who has tapped and is live, and the recording of their loudspeakers from then on.
    fn guest(&self) -> (Guest, Recording) {
        let mut environment = self.server.environment().into_iter();
        let server = environment.find(|(name, _)| *name == "PULSE_SERVER").expect("it has an address").1;
        let sink = Some(Sink { server, name: "ears".to_owned(), buffer_ms: None });
        let guest = Guest::visit(&self.running.url(""), &Options { sink, ..Options::default() }).expect("the page");
        guest.tap().expect("a tap");
        guest.until("live", PATIENCE).expect("live");
        let recording = self.server.record("ears").expect("parec starts");
        (guest, recording)
    }

    /// Judges stretches of the recording until one is right.
    ///
    /// A loaded machine lets a sound server, a browser or the box's own threads wait for longer than any buffer. A stretch
    /// that is wrong is excused, and the next one taken, only where somebody else says that it was the machine: the box's or
    /// the browser's own counters, a second recorder of the same loudspeakers, or one of the cable. One that nobody can
    /// explain fails at once.
    fn expect_tones(&self, guest: &Guest, recording: &Recording) {
        let again = self.server.record("ears").expect("parec starts");
        let cable = self.server.record("cable").expect("parec starts");
        let begun = Instant::now();
        let (mut from, mut torn) = (0, 0);
        let counts = || (hiccups::counted(&self.running), guest.hiccups().expect("the browser counts"));
        let mut counted = counts();
        while begun.elapsed() < HICCUPS_FOR {
            let at = [&again, &cable].map(Recording::len);
            if !recording.wait_for(from + WHOLE, PATIENCE) {
                panic!("nothing is recorded; the page says: {}; {}", guest.browser.text(), self.server.log());
            }
            let sides = [0, 1].map(|side| recording.channel(side, from)[..WHOLE].to_vec());
            from += WHOLE;
            let before = std::mem::replace(&mut counted, counts());
            let reason = match judge(&sides) {
                Ok(figures) => return println!("{figures}; {torn} stretches had a hiccup"),
                Err(reason) => reason,
            };
            let [again, cable] = [(&again, at[0]), (&cable, at[1])].map(|(recording, at)| {
                let torn = [0, 1].map(|side| recording.channel(side, at));
                (!torn[0].is_empty()).then(|| judge(&torn))
            });
            let counters = counted.0 != before.0 || (counted.1 - before.1).abs() > MADE_UP;
            let recorder = again.is_some_and(|again| again.is_ok());
            let torn_already = cable.is_some_and(|cable| cable.is_err()) && self.has_cable;
            println!(
                "a hiccup ({reason}): counters {before:?} to {counted:?}, recorder {recorder}, cable {torn_already}"
            );
            assert!(
                counters || recorder || torn_already,
                "{reason}, and nobody was late; the page says: {}; the sound server: {}",
                guest.browser.text(),
                self.server.log()
            );
            torn += 1;
        }
        println!("not judged: listening; this machine tore {torn} stretches of sound in a row");
    }
}

/// Level, pitch, side and wholeness of both sides; `Err` says what is wrong.
fn judge(sides: &[Vec<f32>; 2]) -> Result<String, String> {
    let mut figures = Vec::new();
    for ((name, heard), (hz, peak)) in ["left", "right"].into_iter().zip(sides).zip(TONES) {
        let level_db = hear::level_db(heard) - (20.0 * f64::from(peak).log10() - 3.01);
        let pitch_hz = hear::pitch_hz(heard, RATE_HZ).unwrap_or(0.1);
        let cents = 1_200.0 * (pitch_hz / hz).log2();
        let gaps = hear::gaps(heard, peak / 20.0, RATE_HZ as usize / 400);
        let said = format!("{name}: level {level_db:+.2} dB, pitch {cents:+.2} cent, {} gaps", gaps.len());
        if level_db.abs() > 1.0 || cents.abs() > 5.0 || !gaps.is_empty() {
            return Err(said);
        }
        figures.push(said);
    }
    Ok(figures.join("; "))
}

/// The tones as stereo frames, `seconds` long.
fn tones(seconds: usize) -> Vec<[f32; 2]> {
    let [left, right] = TONES.map(|(hz, peak)| hear::sine(hz, peak, RATE_HZ, seconds * RATE_HZ as usize));
    left.into_iter().zip(right).map(|(left, right)| [left, right]).collect()
}

#[test]
fn tones_in_the_cable_come_out_of_the_guests_browser() {
    let line_in = |_: &SoundServer| vec!["--line-in".to_owned(), "cable-in".to_owned()];
    let Some(room) = Room::open(line_in) else { return };
    let _player = room.server.play_stereo("cable", &tones(120)).expect("paplay starts");
    let (guest, recording) = room.guest();
    room.expect_tones(&guest, &recording);
    // The browser offers AES-CM with HMAC-SHA1 first, which takes several times as long to seal.
    assert_eq!(room.running.ciphers(), ["aead_aes_256_gcm"]);
}

#[test]
fn tones_in_a_file_come_out_of_the_guests_browser() {
    let folder = tempfile::tempdir().expect("a folder");
    wav::write_stereo(&folder.path().join("tones.wav"), &tones(120)).expect("a file");
    let music = |_: &SoundServer| vec!["--music".to_owned(), folder.path().display().to_string()];
    let Some(room) = Room::open(music) else { return };
    let (guest, recording) = room.guest();
    room.expect_tones(&guest, &recording);
}

#[test]
fn the_judge_hears_swapped_sides_wrong_levels_and_gaps() {
    let sides = |frames: &[[f32; 2]]| [0, 1].map(|side| frames.iter().map(|frame| frame[side]).collect::<Vec<_>>());
    let right = tones(1);
    assert!(judge(&sides(&right)).is_ok());
    let swapped: Vec<_> = right.iter().map(|[left, right]| [*right, *left]).collect();
    let mono: Vec<_> = right.iter().map(|[left, right]| [(left + right) / 2.0; 2]).collect();
    let louder: Vec<_> = right.iter().map(|frame| frame.map(|sample| sample * 1.15)).collect();
    let mut torn = right.clone();
    torn[20_000..20_240].fill([0.0; 2]);
    for wrong in [swapped, mono, louder, torn, vec![[0.0; 2]; 48_000]] {
        assert!(judge(&sides(&wrong)).is_err());
    }
}
