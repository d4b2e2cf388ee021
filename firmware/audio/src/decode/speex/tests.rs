//! Speex made here: narrow band, two frames a packet, in pages as an encoder writes them.

use std::f64::consts::TAU;
use std::io::Cursor;

use ::ogg::{PacketWriteEndInfo, PacketWriter};
use oxideav_speex::NarrowbandEncoder;

use super::*;

const SERIAL: u32 = 77;

/// Frames of sound in a packet.
const PACKET: usize = 320;

/// What the encoder needs to begin, frames.
const AHEAD: usize = 40;

/// `packets` of 400 Hz, a tenth of a second on and a tenth off, ten on a page, whose last page says that the sound ends at `end`. `damage`: what is made of a packet.
fn made(packets: usize, end: usize, damage: impl Fn(usize, Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let header = SpeexHeader {
        speex_string: *b"Speex   ",
        speex_version: [0; 20],
        speex_version_id: 1,
        header_size: 80,
        rate: 8_000,
        mode: 0,
        mode_bitstream_version: 4,
        nb_channels: 1,
        bitrate: 0,
        frame_size: 160,
        vbr: 0,
        frames_per_packet: 2,
        extra_headers: 0,
        reserved1: 0,
        reserved2: 0,
    };
    let mut file = Vec::new();
    let mut writer = PacketWriter::new(&mut file);
    let mut write = |packet: Vec<u8>, end, position: usize| {
        writer.write_packet(packet, SERIAL, end, position as u64).unwrap();
    };
    write(header.write_bytes().to_vec(), PacketWriteEndInfo::EndPage, 0);
    let words = [&b"\x01\0\0\0v\x01\0\0\0\x08\0\0\0title=Hm"[..]].concat();
    write(words, PacketWriteEndInfo::EndPage, 0);
    let mut encoder = NarrowbandEncoder::new();
    for n in 0..packets {
        let level = |frame: usize| [0.6 * 32_768.0, 0.0][frame / 800 % 2];
        let at = |frame: usize| (level(frame) * (TAU * 400.0 * frame as f64 / 8_000.0).sin()) as i16;
        let frames = [0, 160].map(|behind| std::array::from_fn(|index| at(n * PACKET + behind + index)));
        let packet = damage(n, encoder.encode_packet(&frames, 7).unwrap());
        let (info, position) = match n + 1 {
            count if count == packets => (PacketWriteEndInfo::EndStream, end),
            count if count % 10 == 0 => (PacketWriteEndInfo::EndPage, count * PACKET - AHEAD),
            count => (PacketWriteEndInfo::NormalPacket, count * PACKET - AHEAD),
        };
        write(packet, info, position);
    }
    file
}

fn open(file: Vec<u8>) -> Result<Speex<Cursor<Vec<u8>>>, Error> {
    let length = file.len() as u64;
    Speex::open(Window::new(Cursor::new(file), 0..length), 0)
}

fn frames(mut speex: Speex<Cursor<Vec<u8>>>) -> Vec<Frame> {
    let mut out = Vec::new();
    while speex.read(&mut out).unwrap() {}
    out
}

fn level(frames: &[Frame]) -> f32 {
    (frames.iter().map(|[left, _]| left * left).sum::<f32>() / frames.len().max(1) as f32).sqrt()
}

#[test]
fn all_of_it_is_heard_and_nothing_of_what_the_encoder_added() {
    let speex = open(made(50, 15_900, |_, packet| packet)).unwrap();
    assert_eq!((speex.rate_hz(), speex.info().duration_ms), (8_000, Some(1_987)));
    assert_eq!(speex.info().title.as_deref(), Some("Hm"));
    let heard = frames(speex);
    assert_eq!(heard.len(), 15_900);
    let (on, off) = (level(&heard[1_700..2_300]), level(&heard[2_700..3_100]));
    assert!(on > 0.2 && off < on / 10.0, "{on} and {off}");
}

#[test]
fn a_seek_lands_on_the_frame() {
    let file = made(60, 19_000, |_, packet| packet);
    let whole = frames(open(file.clone()).unwrap());
    for ms in [0, 1, 39, 900, 1_777, 2_370] {
        let mut speex = open(file.clone()).unwrap();
        speex.seek(ms).unwrap();
        let (part, meant) = (frames(speex), &whole[ms as usize * 8..]);
        assert_eq!(part.len(), meant.len(), "{ms} ms");
        let apart: Vec<Frame> = part.iter().zip(meant).map(|(a, b)| [a[0] - b[0], a[1] - b[1]]).collect();
        assert!(level(&apart) < 0.02, "{ms} ms: {}", level(&apart));
    }
    let mut speex = open(file).unwrap();
    speex.seek(60_000).unwrap();
    assert_eq!(frames(speex), [] as [Frame; 0]);
}

#[test]
fn damage_costs_what_is_damaged() {
    let file = made(50, 15_900, |_, packet| packet);
    // Another checksum: a page is lost, with its ten packets.
    let page = file.windows(4).enumerate().filter(|(_, mark)| mark == b"OggS").nth(3).unwrap().0;
    let mut torn = file.clone();
    torn[page + 22] ^= 1;
    assert_eq!(frames(open(torn).unwrap()).len(), 40 * PACKET - AHEAD);
    let cut = file[..file.len() / 2].to_vec();
    assert!((19 * PACKET..30 * PACKET).contains(&frames(open(cut).unwrap()).len()));
    // Words in place of sound: the time passes.
    let some = made(50, 15_900, |n, packet| if n % 5 == 4 { vec![0x7F] } else { packet });
    assert_eq!(frames(open(some).unwrap()).len(), 15_900);
    for length in 0..400 {
        _ = open(file[..length].to_vec());
    }
}

#[test]
fn what_is_no_speech_is_refused() {
    let none = made(5, 1_500, |_, _| Vec::new());
    assert!(matches!(open(none), Err(Error::Unsupported(_))));
    let mut file = made(5, 1_500, |_, packet| packet);
    let mode = file.windows(8).position(|mark| mark == MARK).unwrap() + 40;
    file[mode] = 9;
    assert!(open(file).is_err(), "the checksum is wrong");
}
