//! MP4, M4A and QuickTime: the packets of one track, in order, and what part of them is to be heard.
//!
//! Where packets lie is what its tables say, as far as the file goes. Positions are counted in frames that were decoded,
//! not in the track's clock, which may be coarser.

mod boxes;
mod edit;
mod entry;
mod names;
mod table;

use std::ops::Range;

use self::boxes::{Boxes, Found, number};
use self::edit::Audible;
use self::entry::Entry;
use self::table::Table;
use super::bare::Packets;
use super::window::Window;
use super::{Decode, Error, Source, TrackInfo};
use crate::pcm::{Frame, SILENCE};

/// Kinds of boxes that such a file begins with.
const FIRST: [&[u8; 4]; 9] = [b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"sidx"];

/// How far before its target a seek begins to decode, in milliseconds: Opus asks for 80 (RFC 7845 section 4.6), and its
/// band energies, predicted from packet to packet, are inaudibly right only after some twenty of them.
const PRE_ROLL_MS: u64 = 400;

/// Frames in the longest packet believed: a second, at the highest rate.
const PACKET_FRAMES_MAX: u64 = 768_000;

/// One track.
pub(super) struct Mp4<S> {
    window: Window<S>,
    table: Table,
    packets: Box<dyn Packets>,
    ticks_per_s: u32,
    audible: Audible,
    /// Frames to leave out where the edit tells none.
    lead_in: u64,
    info: TrackInfo,
    next: usize,
    /// Where the next packet begins, in frames.
    at: u64,
    /// What lies before is not heard.
    heard_from: u64,
    rate_hz: u32,
    /// Decoded at the opening, to learn the rate.
    pending: Vec<Frame>,
}

/// Whether a file that begins with these bytes is one.
pub(super) fn is_one(head: &[u8]) -> bool {
    head.get(4..8).is_some_and(|kind| FIRST.iter().any(|first| kind == *first))
}

impl<S: Source> Mp4<S> {
    /// The file's first track of sound that is not switched off.
    pub(super) fn open(mut window: Window<S>, at: u64) -> Result<Self, Error> {
        let mut boxes = Boxes::new(&mut window);
        let (moov, fragments, sound) = film(&mut boxes, at);
        let Some(moov) = moov else {
            return Err(Error::Damaged("its index is missing, as when a recording was broken off".into()));
        };
        let film_ticks_per_s =
            boxes.find(moov.clone(), *b"mvhd").and_then(|head| boxes.after_dates(&head)).unwrap_or(0);
        let track = track(&mut boxes, &moov).ok_or(Error::NoSound)?;
        let (info, gapless) = names::read(&mut boxes, &moov);
        let damaged = || Error::Damaged("its index is incomplete".into());
        let media_head = boxes.path(&track.body, [*b"mdia", *b"mdhd"]).ok_or_else(damaged)?;
        let ticks_per_s = boxes.after_dates(&media_head).filter(|ticks| *ticks > 0).ok_or_else(damaged)?;
        let stbl = boxes.path(&track.body, [*b"mdia", *b"minf", *b"stbl"]).ok_or_else(damaged)?;
        let stsd = boxes.find(stbl.clone(), *b"stsd").ok_or_else(damaged)?;
        let Entry { packets, piece, lead_in } = entry::read(&mut boxes, &stsd)?;
        let mut table = Table::read(&mut boxes, &stbl, piece);
        // What somebody has put in front is not counted by the index.
        let holds = |at: u64| sound.iter().any(|body| body.contains(&at));
        let is_behind = |first: &table::Packet| !holds(first.at) && holds(first.at.saturating_add(at));
        if table.packets.first().is_some_and(is_behind) {
            table.packets.iter_mut().for_each(|packet| packet.at += at);
        }
        let defaults = defaults(&mut boxes, &moov, track.id);
        for fragment in &fragments {
            table.fragment(&mut boxes, fragment, track.id, defaults);
        }
        if table.packets.is_empty() {
            return Err(Error::NoSound);
        }
        let elst = boxes.path(&track.body, [*b"edts", *b"elst"]).map(|list| boxes.body(&list)).unwrap_or_default();
        let packet = table.packets.get(1).map_or(table.end, |second| second.ticks - table.packets[0].ticks);
        let audible = gapless
            .and_then(|text| Audible::of_itunes(&text, table.end, packet))
            .or_else(|| Audible::of_edits(&elst, film_ticks_per_s, ticks_per_s, table.end));
        let lead_in = if audible.is_some() { 0 } else { lead_in };
        let audible = audible.unwrap_or(Audible { start: table.packets[0].ticks, end: None });
        let mut this = Self {
            window,
            table,
            packets,
            ticks_per_s,
            audible,
            lead_in,
            info,
            next: 0,
            at: 0,
            heard_from: 0,
            rate_hz: 0,
            pending: Vec::new(),
        };
        let ticks = this.audible.end.unwrap_or(this.table.end).saturating_sub(this.audible.start);
        this.info.duration_ms = Some((u128::from(ticks) * 1_000 / u128::from(ticks_per_s)) as u64);
        this.begin()?;
        Ok(this)
    }

    /// Decodes up to the first sound, from which the rate is known.
    fn begin(&mut self) -> Result<(), Error> {
        let mut lost = 0;
        loop {
            let Some(rate_hz) = self.packet()? else {
                lost += 1;
                if self.next == self.table.packets.len() {
                    return Err(Error::Damaged("none of its packets can be decoded".into()));
                }
                continue;
            };
            self.rate_hz = rate_hz;
            break;
        }
        self.at = self.frames(self.table.packets[0].ticks);
        self.heard_from = self.first();
        if lost > 0 {
            // As long as what was lost, so that all that follows is in its place.
            let before = self.frames(self.table.packets[self.next - 1].ticks).saturating_sub(self.at);
            let silence = vec![SILENCE; before.min(PACKET_FRAMES_MAX) as usize];
            self.pending.splice(..0, silence);
        }
        self.trim();
        Ok(())
    }

    /// Decodes the next packet behind what is pending and returns the rate; `None` if there is nothing in it.
    fn packet(&mut self) -> Result<Option<u32>, Error> {
        let packet = self.table.packets[self.next];
        self.next += 1;
        if packet.at >= self.window.end() {
            // The file is cut off: what would follow is not there either.
            self.next = self.table.packets.len();
            return Ok(None);
        }
        let bytes = self.window.at(packet.at, packet.bytes as usize).map_err(Error::Open)?;
        Ok(self.packets.decode(bytes, &mut self.pending))
    }

    /// Leaves out of what is pending what is not to be heard.
    fn trim(&mut self) {
        let length = self.pending.len() as u64;
        if let Some(end) = self.audible.end {
            let left = self.frames(end).saturating_sub(self.at);
            if left <= length {
                self.pending.truncate(left as usize);
                self.next = self.table.packets.len();
            }
        }
        let early = self.heard_from.saturating_sub(self.at).min(self.pending.len() as u64);
        self.pending.drain(..early as usize);
        self.at += length;
    }

    /// The first frame to be heard.
    fn first(&self) -> u64 {
        self.frames(self.audible.start) + self.lead_in
    }

    /// `ticks` of the track's clock in frames, to the nearest.
    fn frames(&self, ticks: u64) -> u64 {
        let per_s = u128::from(self.ticks_per_s);
        ((u128::from(ticks) * u128::from(self.rate_hz) + per_s / 2) / per_s) as u64
    }
}

impl<S: Source> Decode for Mp4<S> {
    fn info(&self) -> &TrackInfo {
        &self.info
    }

    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn seek(&mut self, to_ms: u64) -> Result<(), Error> {
        let frames = |ms: u64| (u128::from(ms) * u128::from(self.rate_hz) / 1_000).min(u128::from(u64::MAX / 2)) as u64;
        self.heard_from = self.first().saturating_add(frames(to_ms));
        // The way back may lead into the lead-in: each packet of AAC sounds right only on top of the one before.
        let land = self.heard_from.saturating_sub(frames(PRE_ROLL_MS));
        let land = u128::from(land) * u128::from(self.ticks_per_s) / u128::from(self.rate_hz.max(1));
        let behind = self.table.packets.partition_point(|packet| u128::from(packet.ticks) <= land);
        self.next = behind.saturating_sub(1);
        self.at = self.frames(self.table.packets.get(self.next).map_or(0, |packet| packet.ticks));
        self.pending.clear();
        self.packets.reset();
        Ok(())
    }

    fn read(&mut self, out: &mut Vec<Frame>) -> Result<bool, Error> {
        while self.pending.is_empty() && self.next < self.table.packets.len() {
            match self.packet()? {
                // What is asked next is at the new rate; positions go on being counted by the track's clock.
                Some(rate_hz) if rate_hz != self.rate_hz => {
                    let (at, from) = (self.at, self.heard_from);
                    let scaled = |frames: u64, old: u32| {
                        (u128::from(frames) * u128::from(rate_hz) / u128::from(old.max(1))) as u64
                    };
                    (self.at, self.heard_from) = (scaled(at, self.rate_hz), scaled(from, self.rate_hz));
                    self.rate_hz = rate_hz;
                }
                Some(_) => {}
                None if self.next == self.table.packets.len() => {}
                None => {
                    // Damaged: silence of its length.
                    let until = self.table.packets.get(self.next).map_or(self.table.end, |next| next.ticks);
                    let ticks = until.saturating_sub(self.table.packets[self.next - 1].ticks);
                    let silence = self.frames(ticks).min(PACKET_FRAMES_MAX) as usize;
                    self.pending.resize(silence, SILENCE);
                }
            }
            self.trim();
        }
        let heard = !self.pending.is_empty();
        out.append(&mut self.pending);
        Ok(heard)
    }
}

/// The film's head, and its fragments.
fn film<S: Source>(boxes: &mut Boxes<'_, S>, at: u64) -> (Option<Range<u64>>, Vec<Found>, Vec<Range<u64>>) {
    let (mut moov, mut fragments, mut sound) = (None, Vec::new(), Vec::new());
    let mut rest = boxes.top(at);
    while let Some(found) = boxes.next(&mut rest) {
        match &found.kind {
            b"moov" => moov = moov.or(Some(found.body)),
            b"moof" => fragments.push(found),
            b"mdat" => sound.push(found.body),
            _ => {}
        }
    }
    // A size that leads nowhere hides no index.
    let moov = moov.or_else(|| boxes.search(at, *b"moov", *b"mvhd"));
    (moov, fragments, sound)
}

/// A track of sound.
struct Track {
    id: u32,
    body: Range<u64>,
}

fn track<S: Source>(boxes: &mut Boxes<'_, S>, moov: &Range<u64>) -> Option<Track> {
    let (mut rest, mut off) = (moov.clone(), None);
    while let Some(found) = boxes.next(&mut rest) {
        if &found.kind != b"trak" {
            continue;
        }
        let Some(head) = boxes.find(found.body.clone(), *b"tkhd") else { continue };
        let handler = boxes.path(&found.body, [*b"mdia", *b"hdlr"]).and_then(|body| boxes.bytes::<4>(&body, 8));
        if handler != Some(*b"soun") {
            continue;
        }
        let id = boxes.after_dates(&head).unwrap_or(0);
        let is_on = boxes.bytes::<4>(&head, 0).is_some_and(|flags| flags[3] & 1 == 1);
        let track = Track { id, body: found.body };
        if is_on {
            return Some(track);
        }
        off = off.or(Some(track));
    }
    off
}

/// Ticks and bytes of a fragment's samples that do not say their own.
fn defaults<S: Source>(boxes: &mut Boxes<'_, S>, moov: &Range<u64>, track_id: u32) -> [u32; 2] {
    let Some(mut rest) = boxes.find(moov.clone(), *b"mvex") else { return [0; 2] };
    while let Some(found) = boxes.next(&mut rest) {
        let body = boxes.body(&(found.body.start..found.body.end.min(found.body.start + 24)));
        if &found.kind == b"trex" && number(&body, 4) == track_id {
            return [number(&body, 12), number(&body, 16)];
        }
    }
    [0; 2]
}
