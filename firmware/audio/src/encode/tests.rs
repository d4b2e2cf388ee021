//! What encoders promise to every listener, shown with decoded sound.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod pauses;

use std::collections::HashSet;
use std::f32::consts::TAU;

use ::opus::{Application, Bandwidth, Channels, Decoder, Encoder};
use base::{Encoding, Packet, PacketDuration};

use super::*;
use crate::pcm::{BLOCK_FRAMES, SAMPLE_RATE_HZ};

/// A sink that keeps everything and wants what it was made to.
#[derive(Default)]
struct Shelf {
    wanted: HashSet<Encoding>,
    packets: Vec<(Encoding, Packet)>,
}

impl Shelf {
    fn wanting(encodings: &[Encoding]) -> Self {
        Self { wanted: encodings.iter().copied().collect(), packets: Vec::new() }
    }

    fn of(&self, encoding: Encoding) -> Vec<Packet> {
        self.packets.iter().filter(|(which, _)| *which == encoding).map(|(_, packet)| packet.clone()).collect()
    }
}

impl PacketSink for Shelf {
    fn wants(&self, encoding: Encoding) -> bool {
        self.wanted.contains(&encoding)
    }

    fn publish(&mut self, encoding: Encoding, packet: Packet) {
        self.packets.push((encoding, packet));
    }
}

const MS20: Encoding = Encoding::Opus(PacketDuration::Ms20);
const MS40: Encoding = Encoding::Opus(PacketDuration::Ms40);
const MS60: Encoding = Encoding::Opus(PacketDuration::Ms60);
const MS10: Encoding = Encoding::Opus(PacketDuration::Ms10);
const MP3: Encoding = Encoding::Mp3 { bitrate_bps: 128_000 };

fn at(block: usize) -> MediaTime {
    MediaTime::from_ticks((block * BLOCK_FRAMES) as u64)
}

/// A chord that changes every 300 ms with a noise burst at each change: plenty for the encoder to decide about.
fn music(block: usize) -> Block {
    let mut noise = (block as u32).wrapping_mul(2_654_435_761);
    let mut out = Block::SILENT;
    for (index, frame) in out.frames.iter_mut().enumerate() {
        let seconds = (block * BLOCK_FRAMES + index) as f32 / SAMPLE_RATE_HZ as f32;
        let root = 220.0 * (1.0 + (block / 30 % 5) as f32 * 0.25);
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let burst = if block % 30 < 2 { (noise >> 8) as f32 / 8_388_608.0 - 1.0 } else { 0.0 };
        let tone = |hz: f32| (TAU * hz * seconds).sin();
        *frame = [0.3 * tone(root) + 0.3 * burst, 0.3 * tone(root * 1.5) + 0.2 * tone(root * 4.0)];
    }
    out
}

fn run(encoder: &mut dyn Encode, blocks: std::ops::Range<usize>, sink: &mut Shelf) {
    for block in blocks {
        encoder.encode(at(block), &music(block), sink);
    }
}

fn decode<'a>(packets: impl IntoIterator<Item = &'a Packet>) -> Vec<f32> {
    let mut decoder = Decoder::new(SAMPLE_RATE_HZ, Channels::Stereo).unwrap();
    let mut out = Vec::new();
    for packet in packets {
        let mut pcm = vec![0.0; 2 * 2_880];
        let frames = decoder.decode_float(&packet.payload, &mut pcm, false).unwrap();
        out.extend_from_slice(&pcm[..2 * frames]);
    }
    out
}

fn config(bitrate_bps: u32) -> OpusConfig {
    OpusConfig { bitrate_bps, ..OpusConfig::default() }
}

#[test]
fn repacketised_listeners_hear_bit_exactly_what_20_ms_listeners_hear() {
    // From speech mode to the highest rate.
    for bitrate_bps in [16_000, 24_000, 40_000, 64_000, 128_000, 510_000] {
        let mut sink = Shelf::wanting(&[MS20, MS40, MS60]);
        let fec = OpusConfig { inband_fec: true, expected_loss_percent: 10, ..config(bitrate_bps) };
        run(&mut Opus::new(Profile::Default, fec).unwrap(), 0..3_600, &mut sink);
        let heard = decode(&sink.of(MS20));
        assert_eq!(heard.len(), 2 * 3_600 * BLOCK_FRAMES);
        assert!(decode(&sink.of(MS40)) == heard, "40 ms at {bitrate_bps}");
        assert!(decode(&sink.of(MS60)) == heard, "60 ms at {bitrate_bps}");
    }
}

#[test]
fn frames_that_cannot_share_a_packet_are_sent_singly() {
    let mut wide = Encoder::new(SAMPLE_RATE_HZ, Channels::Stereo, Application::LowDelay).unwrap();
    let mut narrow = Encoder::new(SAMPLE_RATE_HZ, Channels::Stereo, Application::Voip).unwrap();
    narrow.set_bandwidth(Bandwidth::Narrowband).unwrap();
    let packets: Vec<Packet> = [(0, &mut wide), (2, &mut narrow)]
        .map(|(block, encoder)| {
            let payload = encoder.encode_vec_float(&[0.1; 2 * 960], 1_275).unwrap().into();
            Packet { media_time: at(block), payload }
        })
        .to_vec();
    let mut sink = Shelf::wanting(&[MS40]);
    let mut groups = repacketize::Repacketize::default();
    let mut joiner = opus::Joiner::new().unwrap();
    for packet in &packets {
        groups.push(packet.clone(), &mut |frames| joiner.join(frames, &mut [0; 4_000]), &mut sink);
    }
    assert_eq!(sink.of(MS40), packets);
}

#[test]
fn repacketised_packets_start_on_multiples_of_their_duration() {
    let mut sink = Shelf::wanting(&[MS20, MS40, MS60]);
    // Starts at 30 ms: on nobody's boundary.
    run(&mut Opus::new(Profile::Default, config(128_000)).unwrap(), 3..303, &mut sink);
    for (encoding, ticks) in [(MS20, 960), (MS40, 1_920), (MS60, 2_880)] {
        let packets = sink.of(encoding);
        assert_eq!(packets[0].media_time.as_ticks() % ticks, 0);
        for pair in packets.windows(2) {
            assert_eq!(pair[1].media_time - pair[0].media_time, ticks, "{encoding:?}");
        }
    }
    assert_eq!(sink.of(MS20)[0].media_time, at(4));
    assert_eq!(sink.of(MS60)[0].media_time, at(6));
}

#[test]
fn switching_duration_at_common_boundaries_leaves_no_gap_and_stays_bit_exact() {
    let mut sink = Shelf::wanting(&[MS20, MS40, MS60]);
    run(&mut Opus::new(Profile::Default, config(96_000)).unwrap(), 0..1_200, &mut sink);
    // 20 → 40 → 60 → 20 at 1.2, 3.6 and 7.2 s, all multiples of 120 ms.
    let listened: Vec<Packet> = [(MS20, 0, 120), (MS40, 120, 360), (MS60, 360, 720), (MS20, 720, 1_200)]
        .into_iter()
        .flat_map(|(encoding, from, to)| {
            let within = move |packet: &Packet| packet.media_time >= at(from) && packet.media_time < at(to);
            sink.of(encoding).into_iter().filter(within)
        })
        .collect();
    assert_eq!(listened[0].media_time, MediaTime::ZERO);
    assert!(decode(&listened) == decode(&sink.of(MS20)));
}

#[test]
fn only_the_durations_that_are_wanted_are_published() {
    for wanted in [MS20, MS40, MS60] {
        let mut sink = Shelf::wanting(&[wanted]);
        run(&mut Opus::new(Profile::Default, config(128_000)).unwrap(), 0..60, &mut sink);
        let Encoding::Opus(duration) = wanted else { unreachable!() };
        assert_eq!(sink.packets.len() as u64, 60 * 480 / duration.ticks());
        assert!(sink.packets.iter().all(|(encoding, _)| *encoding == wanted));
    }
}

#[test]
fn a_packet_never_spans_a_hole_in_the_timeline() {
    let mut encoder = Opus::new(Profile::Default, config(128_000)).unwrap();
    let mut sink = Shelf::wanting(&[MS20, MS40, MS60]);
    run(&mut encoder, 0..5, &mut sink);
    run(&mut encoder, 9..60, &mut sink);
    for (encoding, ticks) in [(MS20, 960), (MS40, 1_920), (MS60, 2_880)] {
        assert!(sink.of(encoding).iter().all(|packet| packet.media_time.as_ticks().is_multiple_of(ticks)), "{ticks}");
    }
    let starts: Vec<u64> = sink.of(MS20).iter().map(|packet| packet.media_time.as_ticks() / 480).collect();
    assert_eq!(starts[..4], [0, 2, 10, 12]);
    assert_eq!((sink.of(MS40)[0].media_time, sink.of(MS40)[1].media_time), (at(0), at(12)));
    assert_eq!(sink.of(MS60)[0].media_time, at(12));
}

#[test]
fn configuration_outside_its_range_is_named() {
    let text = |config| Opus::new(Profile::Default, config).err().unwrap().to_string();
    assert_eq!(text(config(15_999)), "bitrate_bps is 15999, but must be from 16000 to 510000");
    let lossy = OpusConfig { expected_loss_percent: 101, ..OpusConfig::default() };
    assert_eq!(text(lossy), "expected_loss_percent is 101, but must be from 0 to 100");
    assert!(Mp3::new(100_000).err().unwrap().to_string().starts_with("mp3_bitrate_bps is 100000, but must be one of"));
}

/// `main_data_begin` of a stereo MPEG-1 layer III frame without CRC: the first nine bits after the header. Zero means
/// that the frame leans on no earlier one.
fn main_data_begin(frame: &[u8]) -> u32 {
    assert_eq!(frame[1] & 1, 1, "protected by a CRC");
    u32::from(frame[4]) << 1 | u32::from(frame[5]) >> 7
}

#[test]
fn every_mp3_packet_is_one_self_contained_frame() {
    for bitrate_bps in [64_000, 128_000, 192_000, 320_000] {
        let encoding = Encoding::Mp3 { bitrate_bps };
        let mut sink = Shelf::wanting(&[encoding]);
        run(&mut Mp3::new(bitrate_bps).unwrap(), 100..600, &mut sink);
        let packets = sink.of(encoding);
        assert!(packets.len() > 200, "{}", packets.len());
        for (index, packet) in packets.iter().enumerate() {
            assert_eq!(packet.payload[..2], [0xFF, 0xFB], "MPEG-1 layer III, no CRC");
            assert_eq!(packet.payload.len() as u32, bitrate_bps * 3 / 1_000);
            assert_eq!(main_data_begin(&packet.payload), 0, "frame {index} at {bitrate_bps}");
            assert_eq!(packet.media_time, MediaTime::from_ticks(48_000 + 1_152 * index as u64 - MP3_DELAY_TICKS));
        }
    }
}
