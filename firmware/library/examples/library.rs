//! The library by itself, for tests and for trying it on a folder: `scan FOLDER DATABASE` brings a database in step and
//! prints how long it took; `tag-worker` is the process that reads tags, here without locks. `hang`, `hog`, `crash`,
//! `babble` and `silent` are worker processes that misbehave.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use library::{Library, Loudness, Outcome, Settings, WorkerCommand, worker};
use rustix::process::{Resource, Rlimit, setrlimit};

/// How often the scan is asked whether it is done.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let words: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    match (words.first().copied().unwrap_or_default(), &args[..]) {
        (worker::ARGUMENT, _) => worker::main(|| Ok::<(), String>(())),
        ("scan", [_, folder, database]) => scan(folder.into(), database.into()),
        ("half-upload", [_, folder, database]) => half_upload(folder.into(), database.into()),
        (kind @ ("hang" | "hog" | "crash" | "babble" | "silent"), _) => misbehave(kind),
        _ => {
            eprintln!("usage: library scan FOLDER DATABASE");
            ExitCode::from(2)
        }
    }
}

/// As if a track had been measured.
fn heard() -> Outcome {
    Outcome::Heard { loudness: Some(Loudness { integrated_lufs: -9.0, true_peak_dbtp: 0.0 }), duration_ms: None }
}

fn scan(root: PathBuf, database: PathBuf) -> ExitCode {
    let begun = Instant::now();
    let (changed, changes) = channel();
    let settings = Settings {
        folder: Some(root),
        measure: Some(Arc::new(|_, _| heard())),
        on_change: Arc::new(move || _ = changed.send(())),
        ..Settings::new(database, WorkerCommand::this_program())
    };
    let library = match Library::open(settings) {
        Ok(library) => library,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    while library.progress().scanning {
        _ = changes.recv_timeout(LOOK_AGAIN);
    }
    let told = library.progress();
    println!("{} tracks, {} broken, {:.3} s", told.tracks, told.broken, begun.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}

/// Takes more memory than a process that is locked in may have.
fn hog() {
    let max = Some(256 * 1024 * 1024);
    if setrlimit(Resource::As, Rlimit { current: max, maximum: max }).is_ok() {
        let mut taken: Vec<Vec<u8>> = Vec::new();
        loop {
            taken.push(vec![7; 16 * 1024 * 1024]);
        }
    }
}

/// Begins an upload, says so, and never comes to its end.
fn half_upload(folder: PathBuf, database: PathBuf) -> ExitCode {
    let settings = Settings { uploads: Some(folder), ..Settings::new(database, WorkerCommand::this_program()) };
    let Ok(library) = Library::open(settings) else { return ExitCode::FAILURE };
    let Ok(mut upload) = library.begin_upload("half.mp3", None) else { return ExitCode::FAILURE };
    if upload.write(&[7; 100_000]).is_ok() {
        println!("half");
        std::thread::park();
    }
    ExitCode::FAILURE
}

/// A worker process that is ready and then misbehaves as soon as a file begins with "bad"; other files have no tags.
fn misbehave(kind: &str) -> ExitCode {
    let (mut input, mut output) = (std::io::stdin(), std::io::stdout());
    let mut say = |kind: u8, bytes: &[u8]| {
        let message = [&[kind][..], &(bytes.len() as u32).to_le_bytes(), bytes].concat();
        output.write_all(&message).and_then(|()| output.flush()).is_ok()
    };
    if kind == "silent" {
        std::thread::park();
    }
    say(b'k', b"");
    let mut next = || {
        let mut head = [0; 5];
        input.read_exact(&mut head).ok()?;
        let mut bytes = vec![0; u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize];
        input.read_exact(&mut bytes).ok()?;
        Some(bytes)
    };
    while let (Some(file), Some(_)) = (next(), next()) {
        match kind {
            _ if !file.windows(3).any(|part| part == b"bad") => _ = say(b't', b"{}"),
            "crash" => std::process::abort(),
            "hog" => hog(),
            "babble" => _ = say(b'?', b"nonsense"),
            _ => std::thread::park(),
        }
    }
    ExitCode::SUCCESS
}
