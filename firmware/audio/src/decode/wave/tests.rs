//! WAV files as programs leave them, made byte by byte.

use std::io::Cursor;

use super::*;

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&id[..], &(body.len() as u32).to_le_bytes(), body, &[0][..body.len() % 2]].concat()
}

fn format(tag: u16, channels: u16, bits: u16, align: u16) -> Vec<u8> {
    let head = [tag, channels].map(u16::to_le_bytes).concat();
    let tail = [align, bits].map(u16::to_le_bytes).concat();
    chunk(b"fmt ", &[&head[..], &8_000_u32.to_le_bytes(), &[0; 4], &tail].concat())
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    [&b"RIFF\0\0\0\0WAVE"[..], &chunks.concat()].concat()
}

fn open(file: Vec<u8>) -> Result<Samples<Cursor<Vec<u8>>>, Error> {
    let length = file.len() as u64;
    let mut window = Window::new(Cursor::new(file), 0..length);
    let wave = Wave::read(&mut window, 0)?.ok_or(Error::Unrecognised)?;
    Ok(Samples::new(window, wave))
}

fn frames(mut samples: Samples<Cursor<Vec<u8>>>) -> Vec<Frame> {
    let mut out = Vec::new();
    while samples.read(&mut out).unwrap() {}
    out
}

/// 500 frames, each another level.
fn ramp() -> Vec<u8> {
    (0..500_i16).flat_map(|n| [n * 32, -n * 32]).flat_map(i16::to_le_bytes).collect()
}

#[test]
fn sound_is_found_whatever_the_sizes_around_it_say() {
    let plain = riff(&[format(1, 2, 16, 4), chunk(b"data", &ramp())]);
    let meant = frames(open(plain.clone()).unwrap());
    assert_eq!((meant.len(), meant[100]), (500, [0.097_656_25, -0.097_656_25]));
    for size in [0, 1, 1_000, 0x7FFF_FFFF, u32::MAX] {
        let mut file = plain.clone();
        file[4..8].copy_from_slice(&size.to_le_bytes());
        assert_eq!(frames(open(file.clone()).unwrap()), meant, "RIFF of {size}");
        if size != 1 && size != 1_000 {
            file[40..44].copy_from_slice(&size.to_le_bytes());
            assert_eq!(frames(open(file).unwrap()), meant, "data of {size}");
        }
    }
    let two = riff(&[format(1, 2, 16, 4), chunk(b"data", &ramp()[..800]), chunk(b"data", &ramp()[800..])]);
    assert_eq!(frames(open(two).unwrap()), meant);
}

#[test]
fn a_cut_file_plays_as_far_as_it_goes() {
    let file = riff(&[format(1, 2, 16, 4), chunk(b"data", &ramp())]);
    assert_eq!(frames(open(file[..44 + 401].to_vec()).unwrap()).len(), 100);
}

#[test]
fn names_are_read_without_pad_bytes() {
    let info = b"INFOINAM\x05\0\0\0TitleIART\x03\0\0\0Ann";
    let samples = open(riff(&[format(1, 2, 16, 4), chunk(b"LIST", info), chunk(b"data", &ramp())])).unwrap();
    assert_eq!(samples.info().title.as_deref(), Some("Title"));
    assert_eq!(samples.info().artist.as_deref(), Some("Ann"));
}

#[test]
fn nothing_to_hear_is_said_to_be_nothing() {
    assert!(matches!(open(riff(&[format(1, 2, 16, 4)])), Err(Error::NoSound)));
    assert!(matches!(open(riff(&[format(1, 2, 16, 4), chunk(b"data", b"")])), Err(Error::NoSound)));
    assert!(matches!(open(riff(&[chunk(b"data", b"abcd")])), Err(Error::Damaged(_))));
    assert!(matches!(open(riff(&[format(0x161, 1, 0, 65), chunk(b"data", b"abcd")])), Err(Error::Unsupported(_))));
}

#[test]
fn a_seek_lands_on_the_frame_in_numbers_and_in_blocks() {
    let numbers = riff(&[format(1, 2, 16, 4), chunk(b"data", &ramp()[..800]), chunk(b"data", &ramp()[800..])]);
    let blocks: Vec<u8> = (0..10_u8).flat_map(|n| [[n, n, 0, 0], [n; 4], [n; 4]].concat()).collect();
    let blocks = riff(&[format(0x11, 1, 4, 12), chunk(b"data", &blocks)]);
    for file in [numbers, blocks] {
        let whole = frames(open(file.clone()).unwrap());
        for ms in [0, 1, 7, 13, 60, 1_000_000] {
            let mut samples = open(file.clone()).unwrap();
            samples.seek(ms).unwrap();
            assert_eq!(frames(samples), whole[whole.len().min(ms as usize * 8)..], "{ms} ms");
        }
    }
}
