//! A loop as an Ogg Opus file, through the box's own encoder.
//!
//! The encoder is led in with the loop's end and led out with its start, so that decoding gives exactly the loop and the
//! seam is coded like any other place (RFC 7845 sections 4.2 to 4.4).

use std::fs::File;
use std::io;
use std::path::Path;

use audio::encode::{Encode, Opus, OpusConfig, Profile};
use audio::pcm::{BLOCK_FRAMES, Block, Frame};
use base::{Encoding, MediaTime, Packet, PacketSink};
use ogg::writing::{PacketWriteEndInfo, PacketWriter};

const ARTIST: &str = "Partybox House Band";

/// Bits per second: three tracks of 45 to 55 s stay below 2 MB.
const BITRATE_BPS: u32 = 96_000;

/// Frames of lead-in: the 80 ms a decoder needs to settle (RFC 7845 section 4.6).
const LEAD_FRAMES: usize = 3_840;

/// Any number: one stream per file.
const SERIAL: u32 = 0x0050_4152;

struct Shelf(Vec<Packet>);

impl PacketSink for Shelf {
    fn wants(&self, _: Encoding) -> bool {
        false
    }

    fn publish(&mut self, _: Encoding, packet: Packet) {
        self.0.push(packet);
    }
}

/// Writes `music` to `path` and returns the file's length in bytes.
pub(crate) fn write(path: &Path, title: &str, music: &[Frame]) -> io::Result<u64> {
    let config = OpusConfig { bitrate_bps: BITRATE_BPS, complexity: 10, ..OpusConfig::default() };
    let mut encoder = Opus::new(Profile::Default, config).map_err(io::Error::other)?;
    let skip = LEAD_FRAMES + encoder.lookahead_frames().map_err(io::Error::other)? as usize;
    let blocks = (skip + music.len()).div_ceil(2 * BLOCK_FRAMES) * 2;
    let mut packets = Shelf(Vec::new());
    for block in 0..blocks {
        let mut sound = Block::SILENT;
        for (index, frame) in sound.frames.iter_mut().enumerate() {
            *frame = music[(music.len() - LEAD_FRAMES + block * BLOCK_FRAMES + index) % music.len()];
        }
        encoder.encode(MediaTime::from_ticks((block * BLOCK_FRAMES) as u64), &sound, &mut packets);
    }
    let mut out = PacketWriter::new(File::create(path)?);
    out.write_packet(head(skip as u16), SERIAL, PacketWriteEndInfo::EndPage, 0)?;
    out.write_packet(tags(title), SERIAL, PacketWriteEndInfo::EndPage, 0)?;
    let last = packets.0.len() - 1;
    for (index, packet) in packets.0.iter().enumerate() {
        let position = (2 * BLOCK_FRAMES * (index + 1)).min(skip + music.len()) as u64;
        let end = match index {
            _ if index == last => PacketWriteEndInfo::EndStream,
            // A second to a page, so that seeking is cheap.
            _ if index % 50 == 49 => PacketWriteEndInfo::EndPage,
            _ => PacketWriteEndInfo::NormalPacket,
        };
        out.write_packet(packet.payload.to_vec(), SERIAL, end, position)?;
    }
    drop(out);
    Ok(path.metadata()?.len())
}

/// The identification header (RFC 7845 section 5.1): version 1, stereo, 48 kHz, no gain, mapping family 0.
fn head(skip: u16) -> Vec<u8> {
    let [low, high] = skip.to_le_bytes();
    [&b"OpusHead\x01\x02"[..], &[low, high], &48_000_u32.to_le_bytes(), &[0, 0, 0]].concat()
}

/// The comment header (RFC 7845 section 5.2).
fn tags(title: &str) -> Vec<u8> {
    let text = |text: &str| [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
    let fields = [format!("TITLE={title}"), format!("ARTIST={ARTIST}")];
    let fields = fields.iter().flat_map(|field| text(field));
    [b"OpusTags".to_vec(), text("partybox"), 2_u32.to_le_bytes().to_vec(), fields.collect()].concat()
}
