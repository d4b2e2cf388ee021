//! Any packets of a sender, with any time stamps, at any times, into a channel's input: what the channel gets is whole blocks of
//! finite sound, and never more than it asks for.
//!
//! An input is a row of packets, each behind a wait in tenths of a millisecond (two bytes), a time stamp (four) and a length (one).
#![no_main]

use audio::pcm::{BLOCK_FRAMES, SILENCE};
use audio::sender::SenderInput;
use audio::source::{Delivery, Source};
use base::{SentPacket, Time};
use libfuzzer_sys::fuzz_target;

/// Microseconds of a block.
const BLOCK_US: u64 = 10_000;

/// Blocks that are pulled behind the last packet: longer than any delay there is.
const BLOCKS_AFTER: u64 = 50;

/// Blocks for one input at most.
const BLOCKS_MAX: u64 = 5_000;

fuzz_target!(|bytes: &[u8]| {
    let input = SenderInput::new();
    let mut source = input.source();
    let Ok(mut inlet) = input.open() else { return };
    let mut out = [SILENCE; BLOCK_FRAMES];
    let mut blocks = 0;
    let mut pull_until = |now_us: u64| {
        while (blocks + 1) * BLOCK_US <= now_us && blocks < BLOCKS_MAX {
            blocks += 1;
            if let Delivery::Sound(frames) = source.pull(Time::from_micros(blocks * BLOCK_US), &mut out) {
                assert!(out[..frames].as_flattened().iter().all(|sample| sample.is_finite()));
            }
        }
    };
    let (mut rest, mut now_us) = (bytes, 0);
    while let Some((&[w0, w1, t0, t1, t2, t3, length], behind)) = rest.split_first_chunk() {
        now_us += u64::from(u16::from_be_bytes([w0, w1])) * 100;
        pull_until(now_us);
        let (payload, behind) = behind.split_at(usize::from(length).min(behind.len()));
        let timestamp = u32::from_be_bytes([t0, t1, t2, t3]);
        inlet.take(SentPacket { arrived: Time::from_micros(now_us), timestamp, payload });
        rest = behind;
    }
    pull_until(now_us + BLOCKS_AFTER * BLOCK_US);
    drop(inlet);
    pull_until(now_us + 2 * BLOCKS_AFTER * BLOCK_US);
});
