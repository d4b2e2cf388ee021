//! How much of a folder of sound files the box plays as ffmpeg does: every file through a real decoder process, its length
//! and level beside ffmpeg's, and a table by kind.
//!
//! `cargo run -p audio --example heard -- FOLDER…` prints a line for each file that differs and, by the first part of the
//! files' names, how many are right. It ends with 1 if fewer than [`GOAL`] of those that ffmpeg plays are. What its seller protects is not
//! counted: ffmpeg plays what claims to be protected and is not; neither are files that ffmpeg plays wrong. It needs ffmpeg and says so
//! without.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use audio::deck::Pulled;
use audio::decode::{self, Event, Outcome, WorkerCommand, worker};
use audio::pcm::{SAMPLE_RATE_HZ, SILENCE};
use base::CueId;

/// The share of files that must be right.
const GOAL: f64 = 0.995;

/// How far lengths may be apart, milliseconds.
const LENGTH_MS_MAX: f64 = 50.0;

/// How far levels may be apart, dB.
const LEVEL_DB_MAX: f64 = 0.5;

/// The quietest level that is compared, dB below full scale; what is quieter is silence.
const SILENT_DB: f64 = -90.0;

/// What the box says of what its seller protects.
const PROTECTED: &str = "(DRM)";

/// Files of `cargo xtask cases` that ffmpeg itself plays wrong, by their names, and what it does.
const FFMPEG_IS_WRONG: [(&str, &str); 5] = [
    ("mp3-leading-zeros-1m.mp3", "behind so many zeros it does not read what the encoder says of what it added"),
    ("opus-preskip-beyond-end.opus", "it plays a few milliseconds of what is not to be heard"),
    ("wav-24-in-32-align8.wav", "it takes the numbers for floats"),
    ("wav-dc-i16.wav", "it plays the first of two pieces of sound"),
    ("wav-ext-24-in-32.wav", "it takes the numbers for floats"),
];

/// How long nothing may happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A length and a level.
#[derive(Clone, Copy, Debug, Default)]
struct Heard {
    ms: f64,
    db: f64,
}

impl Heard {
    fn of(samples: impl Iterator<Item = f32>) -> Self {
        let (mut count, mut power) = (0_u64, 0.0);
        for sample in samples {
            count += 1;
            // As the box: what is beyond reason is cut.
            let sample = if sample.is_finite() { f64::from(sample.clamp(-8.0, 8.0)) } else { 0.0 };
            power += sample * sample;
        }
        let frames = count as f64 / 2.0;
        let db = 10.0 * (power / (count as f64).max(1.0)).max(1e-12).log10();
        Self { ms: frames * 1_000.0 / f64::from(SAMPLE_RATE_HZ), db: db.max(SILENT_DB) }
    }
}

/// What the box plays of a file, and what it says.
fn box_hears(path: &Path) -> (Heard, String) {
    let (tell, told) = mpsc::channel();
    let mut deck =
        decode::open(&WorkerCommand::this_program(), path, CueId(1), 0, move |_, event| _ = tell.send(event));
    let (mut frames, mut buffer) = (Vec::new(), vec![SILENCE; SAMPLE_RATE_HZ as usize]);
    loop {
        let (count, ended) = match deck.pull(&mut buffer) {
            Pulled::Full => (buffer.len(), false),
            Pulled::Behind(count) => (count, false),
            Pulled::Ended(count) => (count, true),
        };
        frames.extend_from_slice(&buffer[..count]);
        if ended {
            break;
        }
        if count == 0 {
            std::thread::yield_now();
        }
    }
    let complaint = loop {
        match told.recv_timeout(PATIENCE) {
            Ok(Event::Opened(_)) => {}
            Ok(Event::Ended(Outcome::Broken(broken))) => break broken.error.to_string(),
            Ok(Event::Ended(_)) => break String::new(),
            Err(_) => break "nothing was told".into(),
        }
    };
    (Heard::of(frames.as_flattened().iter().copied()), complaint)
}

/// A program of ffmpeg's, which reads some files for ever, and ends by force only.
fn within_patience(program: &str) -> Command {
    let mut command = Command::new("timeout");
    command.arg("--signal=KILL").arg(PATIENCE.as_secs().to_string()).arg(program);
    command
}

/// How many samples, in how many channels, the frames have that ffmpeg decodes.
fn ffmpeg_frames(path: &Path) -> io::Result<Vec<[usize; 2]>> {
    let said = within_patience("ffprobe")
        .args(["-v", "error", "-select_streams", "a:0", "-show_entries", "frame=nb_samples,channels", "-of", "csv=p=0"])
        .arg(path)
        .stderr(Stdio::null())
        .output()?;
    // Where there is data beside the sound more follows.
    let frame = |line: &str| {
        let mut fields = line.split(',').map_while(|field| field.trim().parse().ok());
        Some([fields.next()?, fields.next()?])
    };
    Ok(String::from_utf8_lossy(&said.stdout).lines().filter_map(frame).collect())
}

/// What ffmpeg plays of it; `None` if nothing.
fn ffmpeg_hears(path: &Path) -> io::Result<Option<Heard>> {
    let mut command = within_patience("ffmpeg");
    command.args(["-v", "quiet", "-nostdin", "-i"]).arg(path).args(["-map", "0:a:0", "-ar", "48000", "-f", "f32le"]);
    let said = command.args(["-ac", "2", "-"]).stderr(Stdio::null()).output()?;
    let mut samples: Vec<f32> = said.stdout.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    if samples.is_empty() {
        return Ok(None);
    }
    // One channel is heard from both sides at its own level, which ffmpeg halves in power.
    let frames = ffmpeg_frames(path)?;
    let all: usize = frames.iter().map(|[count, _]| count).sum();
    let (mut at, length) = (0, samples.len() as u64);
    for [count, channels] in frames {
        let place = |frame: usize| (length * frame as u64 / all.max(1) as u64) as usize;
        if channels == 1 {
            samples[place(at)..place(at + count)].iter_mut().for_each(|sample| *sample *= std::f32::consts::SQRT_2);
        }
        at += count;
    }
    Ok(Some(Heard::of(samples.into_iter())))
}

/// The duration that an MP4's sample tables and edit list give: ffmpeg trims encoder delay and padding by whole packets only.
fn told_ms(path: &Path) -> io::Result<Option<f64>> {
    let said = within_patience("ffprobe")
        .args([
            "-v",
            "error",
            "-select_streams",
            "a:0",
            "-show_entries",
            "format=format_name:stream=duration",
            "-of",
            "default=nw=1:nk=1",
        ])
        .arg(path)
        .stderr(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let mut lines = said.lines();
    let seconds: Option<f64> = lines.next().and_then(|line| line.parse().ok());
    Ok(seconds.map(|seconds| seconds * 1_000.0).filter(|_| lines.any(|line| line.starts_with("mov,"))))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.is_symlink() {
            files(&path, found)?;
        } else if path.is_file() && path.extension().is_some_and(|ending| ending != "json") {
            found.push(path);
        }
    }
    Ok(())
}

fn compare(folders: &[PathBuf]) -> io::Result<f64> {
    let mut found = Vec::new();
    for folder in folders {
        files(folder, &mut found)?;
    }
    found.sort();
    let mut kinds: BTreeMap<String, [u32; 2]> = BTreeMap::new();
    for path in found {
        let name = folders.iter().find_map(|folder| path.strip_prefix(folder).ok()).unwrap_or(&path);
        let name = name.to_string_lossy().into_owned();
        let Some(meant) = ffmpeg_hears(&path)? else { continue };
        let (heard, complaint) = box_hears(&path);
        if complaint.contains(PROTECTED) {
            println!("{name}: not counted: {complaint}");
            continue;
        }
        let (ms, db) = (heard.ms - meant.ms, heard.db - meant.db);
        let is_as_told =
            || told_ms(&path).map(|told| told.is_some_and(|told| (heard.ms - told).abs() <= LENGTH_MS_MAX));
        let is = |(name, _): &&(&str, &str)| path.file_name().is_some_and(|file| file == *name);
        if let Some((_, why)) = FFMPEG_IS_WRONG.iter().find(is) {
            println!("{name}: not counted: {:.0} ms for {:.0}, {db:+.1} dB: {why}", heard.ms, meant.ms);
            continue;
        }
        let is_right = (ms.abs() <= LENGTH_MS_MAX || ms < 0.0 && is_as_told()?) && db.abs() <= LEVEL_DB_MAX;
        if !is_right {
            println!("{name}: {:.0} ms for {:.0}, {db:+.1} dB {complaint}", heard.ms, meant.ms);
        }
        let kind = name.split(['-', '.', '/']).next().unwrap_or_default().to_owned();
        let [right, all] = kinds.entry(kind).or_default();
        (*right, *all) = (*right + u32::from(is_right), *all + 1);
    }
    let [right, all] = kinds.values().fold([0, 0], |[right, all], [more, count]| [right + more, all + count]);
    println!("\n{:<12} right    all", "kind");
    for (kind, [right, all]) in &kinds {
        println!("{kind:<12} {right:>5}  {all:>5}");
    }
    let share = if all == 0 { 1.0 } else { f64::from(right) / f64::from(all) };
    println!("{:<12} {right:>5}  {all:>5}   {:.1} %", "together", share * 100.0);
    Ok(share)
}

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).peekable();
    if args.peek().is_some_and(|arg| arg == worker::ARGUMENT) {
        return worker::main(args.skip(1));
    }
    let folders: Vec<PathBuf> = args.map(PathBuf::from).collect();
    if folders.is_empty() {
        eprintln!("usage: heard FOLDER…");
        return ExitCode::from(2);
    }
    match compare(&folders) {
        Ok(share) if share >= GOAL => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("heard: {error}");
            ExitCode::from(2)
        }
    }
}
