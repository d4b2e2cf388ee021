//! How much of a folder of sound files the box plays as ffmpeg does: every file through a real decoder process, its length
//! and level beside ffmpeg's, and a table by kind.
//!
//! `cargo run -p audio --example heard -- FOLDER` prints a line for each file that differs and, by the first part of the
//! files' names, how many are right. It ends with 1 if fewer than [`GOAL`] of those that ffmpeg plays are. It needs ffmpeg and
//! says so without.

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

/// What ffmpeg plays of it; `None` if nothing.
fn ffmpeg_hears(path: &Path) -> io::Result<Option<Heard>> {
    let channels = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "a:0", "-show_entries", "stream=channels", "-of", "csv=p=0"])
        .arg(path)
        .stderr(Stdio::null())
        .output()?;
    // Where it has data beside the sound a comma follows.
    let is_mono =
        String::from_utf8_lossy(&channels.stdout).lines().next().is_some_and(|line| line.trim_end_matches(',') == "1");
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "quiet", "-nostdin", "-i"]).arg(path).args(["-map", "0:a:0", "-ar", "48000", "-f", "f32le"]);
    // One channel is heard from both sides at its own level.
    command.args(["-ac", if is_mono { "1" } else { "2" }, "-"]);
    let said = command.stderr(Stdio::null()).output()?;
    let samples = said.stdout.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    let heard = if is_mono { Heard::of(samples.flat_map(|sample| [sample; 2])) } else { Heard::of(samples) };
    Ok(Some(heard).filter(|heard| heard.ms > 0.0))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending != "json") {
            found.push(path);
        }
    }
    Ok(())
}

fn compare(folder: &Path) -> io::Result<f64> {
    let mut found = Vec::new();
    files(folder, &mut found)?;
    found.sort();
    let mut kinds: BTreeMap<String, [u32; 2]> = BTreeMap::new();
    for path in found {
        let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
        let Some(meant) = ffmpeg_hears(&path)? else { continue };
        let (heard, complaint) = box_hears(&path);
        let (ms, db) = (heard.ms - meant.ms, heard.db - meant.db);
        let is_right = ms.abs() <= LENGTH_MS_MAX && db.abs() <= LEVEL_DB_MAX;
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
    let share = f64::from(right) / f64::from(all.max(1));
    println!("{:<12} {right:>5}  {all:>5}   {:.1} %", "together", share * 100.0);
    Ok(share)
}

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).peekable();
    if args.peek().is_some_and(|arg| arg == worker::ARGUMENT) {
        return worker::main(args.skip(1));
    }
    let Some(folder) = args.next() else {
        eprintln!("usage: heard FOLDER");
        return ExitCode::from(2);
    };
    match compare(Path::new(&folder)) {
        Ok(share) if share >= GOAL => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("heard: {error}");
            ExitCode::from(2)
        }
    }
}
