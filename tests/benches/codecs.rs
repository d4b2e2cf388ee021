//! How many times faster than the music each encoder and decoder runs on one core of this machine, and what our decoder
//! process costs against ffmpeg on the same file. `cargo bench -p tests --bench codecs`.
#![allow(clippy::unwrap_used, reason = "a bench that cannot run should say where")]

use std::path::Path;
use std::process::{Command, Stdio};

use audio::deck::Pulled;
use audio::decode::{self, Event, WorkerCommand};
use audio::encode::{Encode, Mp3, Opus, OpusConfig, Profile};
use audio::pcm::{BLOCK_FRAMES, Block, SAMPLE_RATE_HZ, SILENCE};
use base::{CueId, Encoding, MediaTime, Packet, PacketSink};
use tests::processor;

/// Seconds of music per measurement.
const ENCODED_S: usize = 60;
const DECODED_S: usize = 300;

struct Greedy {
    bytes: usize,
}

impl PacketSink for Greedy {
    fn wants(&self, _: Encoding) -> bool {
        true
    }

    fn publish(&mut self, _: Encoding, packet: Packet) {
        self.bytes += packet.payload.len();
    }
}

fn main() {
    println!("encoders, times real time on one core ({ENCODED_S} s of music):");
    let config = OpusConfig::default();
    encoder("Opus 20, 40 and 60 ms", &mut Opus::new(Profile::Default, config).unwrap());
    encoder("Opus 10 ms", &mut Opus::new(Profile::LowDelay, config).unwrap());
    encoder("MP3 128 kbit/s", &mut Mp3::new(128_000).unwrap());
    lame_start();
    if Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        println!("decoders: not measured, ffmpeg is not installed to make the files");
        return;
    }
    println!("decoders to 48 kHz stereo, CPU of the whole process ({DECODED_S} s of music), against ffmpeg:");
    let folder = tempfile::tempdir().unwrap();
    for (name, rate_hz, options) in [
        ("a.mp3", 44_100, "-c:a libmp3lame -b:a 192k"),
        ("a.flac", 44_100, "-c:a flac"),
        ("a.m4a", 44_100, "-c:a aac -b:a 192k"),
        ("a.ogg", 44_100, "-c:a libvorbis -q:a 6"),
        ("a.opus", 48_000, "-c:a libopus -b:a 128k"),
        ("a.wav", 48_000, "-c:a pcm_s16le"),
    ] {
        decoder(&folder.path().join(name), rate_hz, options);
    }
}

/// Chords over noise.
fn music(block: usize) -> Block {
    let mut sound = Block::SILENT;
    let mut noise = (block as u32).wrapping_mul(2_654_435_761);
    for (index, frame) in sound.frames.iter_mut().enumerate() {
        let t = (block * BLOCK_FRAMES + index) as f32 / SAMPLE_RATE_HZ as f32;
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let hiss = ((noise >> 8) as f32 / 8_388_608.0 - 1.0) * 0.05;
        let tone = |hz: f32| 0.15 * (std::f32::consts::TAU * hz * t).sin();
        *frame = [tone(220.0) + tone(277.2) + hiss, tone(329.6) + tone(440.0) - hiss];
    }
    sound
}

fn encoder(name: &str, encoder: &mut dyn Encode) {
    let second: Vec<Block> = (0..100).map(music).collect();
    let mut sink = Greedy { bytes: 0 };
    let before = own_cpu_s();
    for block in 0..ENCODED_S * 100 {
        let at = MediaTime::from_ticks((block * BLOCK_FRAMES) as u64);
        encoder.encode(at, &second[block % 100], &mut sink);
    }
    let took = (own_cpu_s() - before).max(0.01);
    println!(
        "  {name:24} {:7.0}×   {:.2} ms per second of music",
        ENCODED_S as f64 / took,
        1_000.0 * took / ENCODED_S as f64
    );
    assert!(sink.bytes > 0);
}

/// What the pump pays once when the last MP3 listener has left: a new LAME.
fn lame_start() {
    const STARTS: u32 = 200;
    let before = own_cpu_s();
    (0..STARTS).for_each(|_| drop(Mp3::new(128_000).unwrap()));
    println!("  a fresh LAME: {:.2} ms", (own_cpu_s() - before) * 1_000.0 / f64::from(STARTS));
}

/// CPU seconds this process has used itself.
fn own_cpu_s() -> f64 {
    processor::time(std::process::id()).as_secs_f64()
}

/// CPU seconds of all children reaped so far.
fn children_cpu_s() -> f64 {
    processor::time_of_children().as_secs_f64()
}

fn decoder(path: &Path, rate_hz: u32, options: &str) {
    let source = format!("anoisesrc=c=pink:r={rate_hz}:d={DECODED_S}:a=0.3,aformat=channel_layouts=stereo");
    let mut make = Command::new("ffmpeg");
    make.args(["-v", "error", "-y", "-f", "lavfi", "-i", &source]).args(options.split_whitespace()).arg(path);
    assert!(make.status().unwrap().success());
    let before = children_cpu_s();
    let frames = play(path);
    let ours = children_cpu_s() - before;
    let before = children_cpu_s();
    let mut theirs = Command::new("ffmpeg");
    theirs.args(["-v", "error", "-threads", "1", "-i"]).arg(path);
    theirs.args(["-ar", "48000", "-ac", "2", "-f", "f32le", "-y", "/dev/null"]);
    assert!(theirs.status().unwrap().success());
    let theirs = children_cpu_s() - before;
    let seconds = frames as f64 / f64::from(SAMPLE_RATE_HZ);
    let name = path.extension().unwrap().to_string_lossy();
    println!("  {name:24} {:7.0}×   {:.2} × ffmpeg's CPU", seconds / ours.max(0.01), ours / theirs.max(0.01));
}

/// Pulls the whole file through a decoder process; returns its length in frames.
fn play(path: &Path) -> u64 {
    let (tell, told) = std::sync::mpsc::channel();
    let worker = WorkerCommand::new(env!("CARGO_BIN_EXE_decode-worker"), Vec::<String>::new());
    let mut deck = decode::open(&worker, path, CueId(1), 0, move |_, event| {
        let _ = tell.send(event);
    });
    let mut buffer = vec![SILENCE; 48_000];
    loop {
        match deck.pull(&mut buffer) {
            Pulled::Full => {}
            Pulled::Behind(_) => std::thread::yield_now(),
            Pulled::Ended(_) => break,
        }
        // Taken slowly enough that waiting costs no CPU of the decoder's.
        while !deck.is_finished() && deck.buffered_frames() < buffer.len() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
    // The end is told after the process has been reaped, so its CPU counts.
    told.iter()
        .find_map(|event| match event {
            Event::Ended(decode::Outcome::Completed { frames }) => Some(frames),
            Event::Ended(other) => panic!("{other:?}"),
            Event::Opened(_) => None,
        })
        .unwrap()
}
