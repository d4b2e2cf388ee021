//! What the box's own encoders make, heard through its own decoders: level, pitch and place on the timeline.

use audio::decode::Outcome;
use audio::encode::{Encode, MP3_DELAY_TICKS, MP3_FRAME_TICKS, Mp3};
use audio::pcm::{BLOCK_FRAMES, Block, Frame};
use base::{Encoding, MediaTime, Packet, PacketSink};

use super::rig::*;

struct Shelf(Vec<Packet>);

impl PacketSink for Shelf {
    fn wants(&self, _: Encoding) -> bool {
        true
    }

    fn publish(&mut self, _: Encoding, packet: Packet) {
        self.0.push(packet);
    }
}

fn encoded(encoder: &mut dyn Encode, sound: &[Frame]) -> Vec<Packet> {
    let mut shelf = Shelf(Vec::new());
    for (index, frames) in sound.chunks_exact(BLOCK_FRAMES).enumerate() {
        let block = Block { frames: frames.try_into().unwrap() };
        encoder.encode(MediaTime::from_ticks((index * BLOCK_FRAMES) as u64), &block, &mut shelf);
    }
    shelf.0
}

#[test]
fn mp3_packets_from_anywhere_play_at_their_media_time() {
    let sound = sweep(240_000);
    let packets = encoded(&mut Mp3::new(192_000).unwrap(), &sound);
    let folder = tempfile::tempdir().unwrap();
    // From the start, and as a listener who comes in the middle hears it.
    for first in [0, 1, 77] {
        let path = folder.path().join("listener.mp3");
        let bytes: Vec<u8> = packets[first..].iter().flat_map(|packet| packet.payload.to_vec()).collect();
        std::fs::write(&path, bytes).unwrap();
        let played = play(&path);
        assert!(matches!(played.outcome, Outcome::Completed { .. }), "{}", played.complaint());
        assert_eq!(played.frames.len() as u64, (packets.len() - first) as u64 * MP3_FRAME_TICKS);
        // Decoders without tags to go by start with the first frame's first sample, which lies this far before the
        // sound: the first packet's own media time cannot be negative, its place is.
        let place = first as i64 * MP3_FRAME_TICKS as i64 - MP3_DELAY_TICKS as i64;
        assert_eq!(packets[first].media_time.as_ticks() as i64, place.max(0));
        // The first frame after a cold start lacks its overlap with the one before.
        let from = (2 * MP3_FRAME_TICKS) as usize;
        let meant = &sound[(place + from as i64) as usize..];
        let length = meant.len().min(played.frames.len() - from);
        let difference = worst_difference(&played.frames[from..from + length], &meant[..length]);
        assert!(difference < 0.03, "from packet {first}: off by {difference}");
    }
}

#[test]
fn mp3_is_as_loud_as_what_went_in_at_every_bit_rate() {
    let tone = |index: usize| [(0.5 * (std::f64::consts::TAU * LEFT.0 * index as f64 / 48_000.0).sin()) as f32; 2];
    let sound: Vec<Frame> = (0..96_000).map(tone).collect();
    let folder = tempfile::tempdir().unwrap();
    for bitrate_bps in [64_000, 80_000, 96_000, 112_000, 128_000, 160_000, 192_000, 224_000, 256_000, 320_000] {
        let packets = encoded(&mut Mp3::new(bitrate_bps).unwrap(), &sound);
        let path = folder.path().join("loud.mp3");
        std::fs::write(&path, packets.iter().flat_map(|packet| packet.payload.to_vec()).collect::<Vec<u8>>()).unwrap();
        let heard = amplitude(&play(&path).frames[9_600..86_400], 0, LEFT.0);
        assert!(off_db(heard, 0.5) < 0.05, "{bitrate_bps}: {heard} instead of 0.5");
    }
}
