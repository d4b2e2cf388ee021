//! Makes files with ffmpeg, plays them through a decoder process and measures what comes out.

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use audio::deck::{Deck, Pulled};
use audio::decode::{self, Event, Outcome, TrackInfo, WorkerCommand};
use audio::pcm::{Frame, SAMPLE_RATE_HZ, SILENCE};
use base::CueId;
use tempfile::TempDir;

/// Longer than any decoder may take to be given up, opening and stalling together.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// What [`signal`] plays: 440 Hz left at −12 dBFS, 1 kHz right at −18 dBFS.
pub(crate) const LEFT: (f64, f64) = (440.0, 0.25);
pub(crate) const RIGHT: (f64, f64) = (1_000.0, 0.125);

pub(crate) fn worker() -> WorkerCommand {
    WorkerCommand::new(env!("CARGO_BIN_EXE_decode-worker"), Vec::<String>::new())
}

/// A folder with files made by ffmpeg; `None`, with a word why, if ffmpeg is not installed.
pub(crate) struct Kitchen {
    folder: TempDir,
}

impl Kitchen {
    pub(crate) fn open() -> Option<Self> {
        let found = Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !found.is_ok_and(|status| status.success()) {
            println!("not checked: ffmpeg is not installed");
            return None;
        }
        Some(Self { folder: tempfile::tempdir().unwrap() })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `name` made from the lavfi source or file `input` with the encoder options `options`.
    pub(crate) fn make(&self, name: &str, input: &[&str], options: &str) -> PathBuf {
        let path = self.path(name);
        let status = Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-bitexact"])
            .args(input)
            .args(options.split_whitespace())
            .arg(&path)
            .status();
        assert!(status.unwrap().success(), "ffmpeg made no {name}");
        path
    }

    /// `name` holding `seconds` of [`signal`].
    pub(crate) fn tones(&self, name: &str, rate_hz: u32, seconds: f64, options: &str) -> PathBuf {
        self.make(name, &["-f", "lavfi", "-i", &signal(rate_hz, seconds)], options)
    }

    /// `name` holding the stereo frames `frames` at 48 kHz.
    pub(crate) fn pcm(&self, name: &str, frames: &[Frame], options: &str) -> PathBuf {
        let raw = self.path(&format!("{name}.raw"));
        let bytes: Vec<u8> = frames.as_flattened().iter().flat_map(|sample| sample.to_le_bytes()).collect();
        std::fs::write(&raw, bytes).unwrap();
        self.make(name, &["-f", "f32le", "-ar", "48000", "-ac", "2", "-i", raw.to_str().unwrap()], options)
    }
}

/// The test signal as a lavfi source.
pub(crate) fn signal(rate_hz: u32, seconds: f64) -> String {
    let tone = |(hz, level): (f64, f64)| format!("{level}*sin(2*PI*{hz}*t)");
    format!("aevalsrc={}|{}:s={rate_hz}:d={seconds}", tone(LEFT), tone(RIGHT))
}

/// What playing a file to its end brought.
pub(crate) struct Played {
    pub(crate) frames: Vec<Frame>,
    pub(crate) info: Option<TrackInfo>,
    pub(crate) outcome: Outcome,
}

impl Played {
    /// What is wrong with the file, as a person reads it; empty if nothing is.
    pub(crate) fn complaint(&self) -> String {
        match &self.outcome {
            Outcome::Broken(broken) => broken.to_string(),
            _ => String::new(),
        }
    }
}

/// The cue of everything that is started here.
const CUE: CueId = CueId(7);

/// Starts `path` and returns the deck and what is told about it.
pub(crate) fn start(worker: &WorkerCommand, path: &Path, start_at_ms: u64) -> (Deck, mpsc::Receiver<Event>) {
    let (tell, told) = mpsc::channel();
    let deck = decode::open(worker, path, CUE, start_at_ms, move |cue, event| {
        assert_eq!(cue, CUE);
        let _ = tell.send(event);
    });
    (deck, told)
}

/// Pulls all of a deck, as fast as it fills.
pub(crate) fn drain(mut deck: Deck, told: &mpsc::Receiver<Event>) -> Played {
    let deadline = Instant::now() + LIMIT;
    let (mut frames, mut info, mut outcome) = (Vec::new(), None, None);
    let mut buffer = vec![SILENCE; 4_800];
    let mut ended = false;
    while !ended || outcome.is_none() {
        assert!(Instant::now() < deadline, "neither sound nor end");
        match deck.pull(&mut buffer) {
            Pulled::Full => frames.extend_from_slice(&buffer),
            Pulled::Ended(count) => {
                frames.extend_from_slice(&buffer[..count]);
                ended = true;
            }
            Pulled::Behind(count) => frames.extend_from_slice(&buffer[..count]),
        }
        match told.recv_timeout(Duration::from_millis(1)) {
            Ok(Event::Opened(opened)) => info = Some(opened),
            Ok(Event::Ended(how)) => outcome = Some(how),
            Err(_) => {}
        }
    }
    Played { frames, info, outcome: outcome.unwrap() }
}

pub(crate) fn play_from(path: &Path, start_at_ms: u64) -> Played {
    let (deck, told) = start(&worker(), path, start_at_ms);
    drain(deck, &told)
}

pub(crate) fn play(path: &Path) -> Played {
    play_from(path, 0)
}

/// Amplitude of `hz` in one channel, over a Hann window.
pub(crate) fn amplitude(frames: &[Frame], channel: usize, hz: f64) -> f64 {
    let (mut re, mut im, mut weight) = (0.0, 0.0, 0.0);
    for (index, frame) in frames.iter().enumerate() {
        let window = 0.5 - 0.5 * (TAU * index as f64 / frames.len() as f64).cos();
        let phase = TAU * hz * index as f64 / f64::from(SAMPLE_RATE_HZ);
        re += window * f64::from(frame[channel]) * phase.cos();
        im += window * f64::from(frame[channel]) * phase.sin();
        weight += window;
    }
    2.0 * re.hypot(im) / weight
}

/// How far `heard` is from `meant`, in dB.
pub(crate) fn off_db(heard: f64, meant: f64) -> f64 {
    (20.0 * (heard.max(1e-9) / meant).log10()).abs()
}

/// The largest difference between two runs of frames.
pub(crate) fn worst_difference(one: &[Frame], other: &[Frame]) -> f32 {
    let pairs = one.as_flattened().iter().zip(other.as_flattened());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// A sweep from 100 Hz to 3 kHz, different left and right, so that every place in it sounds like no other.
pub(crate) fn sweep(frames: usize) -> Vec<Frame> {
    let rate = f64::from(SAMPLE_RATE_HZ);
    let slope = 2_900.0 / (frames as f64 / rate);
    let at = |index: usize| {
        let t = index as f64 / rate;
        let phase = TAU * (100.0 * t + slope * t * t / 2.0);
        [(0.5 * phase.sin()) as f32, (0.5 * (phase * 0.7).cos()) as f32]
    };
    (0..frames).map(at).collect()
}
