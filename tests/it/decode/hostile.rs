//! Broken and hostile files, and decoder processes that die, hang, lie or try to get out.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use audio::decode::{self, Outcome, WorkerCommand};
use audio::pcm::SILENCE;

use super::rig::*;

/// A decoder process that is a shell script. It has no environment, so programs need their full path.
fn script(text: &str) -> WorkerCommand {
    WorkerCommand::new("/bin/sh", ["-c", text])
}

/// A valid description and one valid frame of silence, as `printf` writes them.
const BEGINNING: &str = r"printf 'i\014\0\0\0\0\0\0\0\377\377\377\377\377\377\377\377s\010\0\0\0\0\0\0\0\0\0\0\0'";

/// Process ids whose command line holds `mark`.
fn running(mark: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().into_string().ok());
    ids.filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|id| {
            let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(mark)
        })
        .collect()
}

fn complaint(path: &Path) -> String {
    play(path).complaint()
}

#[test]
fn what_is_no_sound_file_is_named_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let says = |path: &Path, what: &str| {
        let heard = complaint(path);
        assert_eq!(heard, format!("{path:?} {what}"));
    };
    says(&file("empty.mp3", b""), "is empty");
    says(
        &file("poem.mp3", &b"Shall I compare thee to a summer's day? ".repeat(50)),
        "is not a sound file of a kind this box knows",
    );
    says(&file("tiny.flac", b"f"), "is not a sound file of a kind this box knows");
    says(folder.path(), "is not a file");
    says(Path::new("/dev/zero"), "is not a file");
    says(&folder.path().join("gone.mp3"), "cannot be read: No such file or directory (os error 2)");
    let link = folder.path().join("loop.mp3");
    std::os::unix::fs::symlink(&link, &link).unwrap();
    says(&link, "cannot be read: Too many levels of symbolic links (os error 40)");
    let pipe = folder.path().join("pipe.mp3");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    says(&pipe, "is not a file");
}

#[test]
fn a_codec_without_a_decoder_is_said_to_be_unsupported() {
    let Some(kitchen) = Kitchen::open() else { return };
    let path = kitchen.tones("cinema.m4a", 48_000, 1.0, "-c:a truehd -strict -2 -f mp4");
    assert_eq!(complaint(&path), format!("{path:?} cannot be played here: TrueHD"));
    let path = kitchen.make("film.mp4", &["-f", "lavfi", "-i", "testsrc=d=1"], "-c:v mpeg4");
    assert_eq!(complaint(&path), format!("{path:?} holds no sound"));
}

/// One small file of each kind, to be mistreated.
fn victims(kitchen: &Kitchen) -> Vec<Vec<u8>> {
    [
        ("v.wav", "-c:a pcm_s16le"),
        ("v.aiff", "-c:a pcm_s16be"),
        ("v.flac", "-c:a flac"),
        ("v.mp3", "-c:a libmp3lame -b:a 128k"),
        ("v.m4a", "-c:a aac"),
        ("alac.m4a", "-c:a alac"),
        ("v.ogg", "-c:a libvorbis"),
        ("v.opus", "-c:a libopus"),
    ]
    .map(|(name, options)| fs::read(kitchen.tones(name, 44_100, 0.5, options)).unwrap())
    .to_vec()
}

/// Plays `bytes`; whatever they are, the deck must end, the process must not have had to be killed for idleness, and
/// what is heard must be numbers.
fn mistreat(kitchen: &Kitchen, bytes: &[u8], what: &str) {
    let path = kitchen.path("victim");
    fs::write(&path, bytes).unwrap();
    let played = play(&path);
    assert!(!matches!(played.outcome, Outcome::Abandoned), "{what}");
    assert!(!played.complaint().contains("too long"), "{what}: {}", played.complaint());
    assert!(!played.complaint().contains("forbidden"), "{what}: {}", played.complaint());
    assert!(played.frames.as_flattened().iter().all(|sample| sample.is_finite()), "{what}");
    assert!(played.frames.len() < 48_000 * 60, "{what}: {} frames", played.frames.len());
}

#[test]
fn files_cut_off_anywhere_end_their_deck() {
    let Some(kitchen) = Kitchen::open() else { return };
    for (which, bytes) in victims(&kitchen).iter().enumerate() {
        for tenth in 0..10 {
            let length = 1 + tenth * tenth * bytes.len() / 100;
            mistreat(&kitchen, &bytes[..length], &format!("file {which} cut to {length}"));
        }
    }
}

#[test]
fn files_with_flipped_bits_end_their_deck() {
    let Some(kitchen) = Kitchen::open() else { return };
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    for (which, bytes) in victims(&kitchen).iter().enumerate() {
        for round in 0..12 {
            let mut bytes = bytes.clone();
            // Half of the flips in the headers, where they hurt most.
            for _ in 0..1 + round {
                let at = if next(2) == 0 { next(bytes.len().min(200)) } else { next(bytes.len()) };
                bytes[at] ^= 1 << next(8);
            }
            mistreat(&kitchen, &bytes, &format!("file {which}, round {round}"));
        }
    }
}

#[test]
fn huge_claims_cost_nothing() {
    let Some(kitchen) = Kitchen::open() else { return };
    let wav = fs::read(kitchen.tones("claim.wav", 44_100, 0.5, "-c:a pcm_s16le")).unwrap();
    let set = |at: usize, value: &[u8]| {
        let mut bytes = wav.clone();
        bytes[at..at + value.len()].copy_from_slice(value);
        bytes
    };
    let data = wav.windows(4).position(|window| window == b"data").unwrap();
    mistreat(&kitchen, &set(data + 4, &u32::MAX.to_le_bytes()), "4 GB of data");
    mistreat(&kitchen, &set(4, &u32::MAX.to_le_bytes()), "a 4 GB file");
    mistreat(&kitchen, &set(22, &u16::MAX.to_le_bytes()), "65535 channels");
    mistreat(&kitchen, &set(24, &u32::MAX.to_le_bytes()), "4 GHz");
    mistreat(&kitchen, &set(24, &1_u32.to_le_bytes()), "1 Hz");
    mistreat(&kitchen, &set(24, &0_u32.to_le_bytes()), "0 Hz");
    // A frame header claiming an ID3 tag of 256 MB before nothing.
    mistreat(&kitchen, b"ID3\x04\x00\x00\x7F\x7F\x7F\x7FTIT2\x7F\x7F\x7F\x7F\x00\x00", "a 256 MB tag");
    let flac = fs::read(kitchen.tones("claim.flac", 44_100, 0.5, "-c:a flac")).unwrap();
    let mut bytes = flac.clone();
    bytes[4 + 1..4 + 4].fill(0xFF);
    mistreat(&kitchen, &bytes, "a 16 MB stream information block");
}

#[test]
fn a_killed_decoder_ends_its_deck_with_what_was_heard() {
    let Some(kitchen) = Kitchen::open() else { return };
    // Longer than a deck, so that the decoder is still there; the start position marks it among others.
    let path = kitchen.tones("long.wav", 48_000, 60.0, "-c:a pcm_s16le");
    let (mut deck, told) = start(&worker(), &path, 1_234);
    let mut buffer = vec![SILENCE; 4_800];
    let deadline = Instant::now() + LIMIT;
    let mark = "decode-worker\0play\x001234";
    while deck.buffered_frames() < 48_000 {
        assert!(Instant::now() < deadline);
        let _ = told.recv_timeout(std::time::Duration::from_millis(1));
    }
    deck.pull(&mut buffer);
    let ids = running(mark);
    assert_eq!(ids.len(), 1, "one decoder is running");
    assert!(Command::new("kill").args(["-9", &ids[0]]).status().unwrap().success());
    let played = drain(deck, &told);
    assert!(played.complaint().contains("made the decoder fail (it was killed) (after "), "{}", played.complaint());
    assert!(played.frames.len() >= 43_200);
    assert!(running(mark).is_empty());
}

#[test]
fn a_dropped_deck_takes_its_decoder_with_it() {
    let Some(kitchen) = Kitchen::open() else { return };
    let path = kitchen.tones("long.wav", 48_000, 60.0, "-c:a pcm_s16le");
    let (deck, told) = start(&worker(), &path, 2_345);
    assert!(matches!(told.recv_timeout(LIMIT).unwrap(), decode::Event::Opened(_)));
    drop(deck);
    let ended = told.recv_timeout(LIMIT).unwrap();
    assert!(matches!(ended, decode::Event::Ended(Outcome::Abandoned)), "{ended:?}");
    assert!(running("decode-worker\0play\x002345").is_empty(), "killed and reaped before the end is told");
}

#[test]
fn a_decoder_that_stalls_is_killed() {
    let path = Path::new(env!("CARGO_BIN_EXE_decode-worker"));
    let stalls = script(&format!("{BEGINNING}; exec /bin/sleep 600.0317"));
    let began = Instant::now();
    let (deck, told) = start(&stalls, path, 0);
    let played = drain(deck, &told);
    assert!(played.complaint().contains("kept the decoder busy for too long (after 0.0 s)"), "{}", played.complaint());
    assert!(began.elapsed() >= decode::STALL_MAX && began.elapsed() < decode::OPEN_MAX);
    assert_eq!(played.frames, [SILENCE]);
    assert!(running("600.0317").is_empty());
}

#[test]
fn a_decoder_that_lies_is_killed() {
    let path = Path::new(env!("CARGO_BIN_EXE_decode-worker"));
    for (lie, what) in [
        ("echo What is it that you want".into(), "(unknown message)"),
        (r"printf 's\377\377\377\177'; exec /bin/sleep 600.0318".into(), "(message too long)"),
        (r"printf 'e\0\0\0\0'".into(), "(no description)"),
        (format!("{BEGINNING}; {BEGINNING}; exec /bin/sleep 600.0318"), "(a second description)"),
        (format!("{BEGINNING}; exec 1>&-; exec /bin/sleep 600.0318"), "(it was killed)"),
        (format!("{BEGINNING}; exit 3"), "(exit code 3)"),
    ] {
        let (deck, told) = start(&script(&lie), path, 0);
        let played = drain(deck, &told);
        assert!(played.complaint().contains(what), "{lie}: {}", played.complaint());
    }
    assert!(running("600.0318").is_empty());
    let missing = WorkerCommand::new("/nonexistent", Vec::<String>::new());
    let error = decode::probe(&missing, path).unwrap_err().to_string();
    assert!(error.contains("the decoder does not start: No such file"), "{error}");
}

#[test]
fn a_decoder_that_tries_to_open_a_file_dies() {
    let file = fs::File::open(env!("CARGO_BIN_EXE_decode-worker")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_decode-worker"));
    let output = command.arg("escape").stdin(file).stderr(Stdio::null()).output().unwrap();
    if cfg!(target_arch = "aarch64") {
        // Refused instead of deadly, because libopus asks there.
        assert!(String::from_utf8_lossy(&output.stdout).contains("Permission denied"));
    } else {
        // SIGSYS: the filter's verdict.
        assert_eq!(
            output.status.signal(),
            Some(31),
            "{:?} {:?}",
            output.status,
            String::from_utf8_lossy(&output.stdout)
        );
        assert!(output.stdout.is_empty());
    }
}
