//! Where each packet of a track lies and when it sounds: its sample table and its fragments, as one list.
//!
//! Tables that contradict one another give what all of them agree on. The list is all that is kept.

use std::ops::Range;

use super::boxes::{Boxes, Found, long, number};
use crate::decode::Source;

/// Packets of a track at most: a week of the longest there are, and 24 bytes of memory each.
const PACKETS_MAX: usize = 3_000_000;

/// Frames in a piece that is cut from a chunk of numbers.
const PIECE_FRAMES: u64 = 4_096;

/// One packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) at: u64,
    /// When it begins, in ticks of the track's clock.
    pub(super) ticks: u64,
    pub(super) bytes: u32,
}

/// The packets of a track, and the first tick behind the last of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) packets: Vec<Packet>,
    pub(super) end: u64,
}

impl Table {
    fn push(&mut self, at: u64, bytes: u64, ticks: u64) -> Option<()> {
        if self.packets.len() == PACKETS_MAX {
            return None;
        }
        self.packets.push(Packet { at, ticks: self.end, bytes: u32::try_from(bytes).ok()? });
        self.end = self.end.checked_add(ticks)?;
        Some(())
    }

    /// Reads the sample table `stbl`. `piece`: how many frames the smallest piece holds and how many bytes they take, where
    /// samples are numbers.
    pub(super) fn read<S: Source>(boxes: &mut Boxes<'_, S>, stbl: &Range<u64>, piece: Option<(u64, u64)>) -> Self {
        let mut body = |kinds: [[u8; 4]; 2]| {
            let found = kinds.into_iter().find_map(|kind| Some((kind, boxes.find(stbl.clone(), kind)?)));
            found.map_or((kinds[0], Vec::new()), |(kind, range)| (kind, boxes.body(&range)))
        };
        let (offsets_kind, offsets) = body([*b"stco", *b"co64"]);
        let (_, spans) = body([*b"stsc"; 2]);
        let (sizes_kind, sizes) = body([*b"stsz", *b"stz2"]);
        let (_, times) = body([*b"stts"; 2]);
        let width = if &offsets_kind == b"co64" { 8 } else { 4 };
        let offset = |index: usize| match width {
            8 => long(&offsets, 8 + 8 * index),
            _ => u64::from(number(&offsets, 8 + 4 * index)),
        };
        let chunks = (number(&offsets, 4) as usize).min(offsets.len().saturating_sub(8) / width);
        let mut sizes = Sizes::new(&sizes_kind, &sizes);
        let mut times = Runs { table: &times, next: 0, left: 0, ticks: 0 };
        let spans: Vec<[u32; 2]> = spans
            .get(8..)
            .unwrap_or_default()
            .chunks_exact(12)
            .map(|span| [number(span, 0), number(span, 4)])
            .collect();
        let mut span = 0;
        let mut table = Self::default();
        for chunk in 0..chunks {
            while spans.get(span + 1).is_some_and(|[first, _]| (*first as usize) <= chunk + 1) {
                span += 1;
            }
            let count = spans.get(span).map_or(0, |[_, count]| *count);
            let at = offset(chunk);
            let done = match piece {
                Some(piece) => table.numbers(at, count.into(), piece, &mut sizes, &mut times),
                None => table.packets(at, count, &mut sizes, &mut times),
            };
            if done.is_none() {
                break;
            }
        }
        table
    }

    /// The packets of a chunk.
    fn packets(&mut self, mut at: u64, count: u32, sizes: &mut Sizes<'_>, times: &mut Runs<'_>) -> Option<()> {
        for _ in 0..count {
            let bytes = sizes.next()?;
            self.push(at, bytes, times.next())?;
            at = at.checked_add(bytes)?;
        }
        Some(())
    }

    /// A chunk of numbers, cut into pieces of a handy size. Samples are frames here, whatever sizes they claim; only where
    /// the smallest piece holds several frames, some programs count such pieces instead, and then size or time says so.
    fn numbers(
        &mut self,
        mut at: u64,
        count: u64,
        (frames, bytes): (u64, u64),
        sizes: &mut Sizes<'_>,
        times: &mut Runs<'_>,
    ) -> Option<()> {
        let ticks = times.next().max(1);
        let counts_pieces = frames > 1 && (sizes.one == bytes || ticks == frames);
        let per_sample = if counts_pieces { frames } else { 1 };
        let mut left = sizes.take(count) * per_sample;
        while left > 0 {
            let part = left.min(PIECE_FRAMES.next_multiple_of(frames));
            let length = part / frames * bytes;
            if length == 0 {
                return Some(());
            }
            self.push(at, length, part * ticks / per_sample)?;
            at = at.checked_add(length)?;
            left -= part;
        }
        Some(())
    }

    /// Adds what the fragment `moof` holds of the track; `defaults`: ticks and bytes of a sample (`trex`).
    pub(super) fn fragment<S: Source>(
        &mut self,
        boxes: &mut Boxes<'_, S>,
        moof: &Found,
        track_id: u32,
        defaults: [u32; 2],
    ) {
        let mut rest = moof.body.clone();
        while let Some(part) = boxes.next(&mut rest) {
            if &part.kind != b"traf" {
                continue;
            }
            let Some(head) = boxes.find(part.body.clone(), *b"tfhd").map(|head| boxes.body(&head)) else { continue };
            if number(&head, 4) != track_id {
                continue;
            }
            let flags = number(&head, 0);
            let mut at = 8;
            let mut field = |flag: u32, bytes: usize| {
                let there = flags & flag != 0;
                let here = at;
                at += if there { bytes } else { 0 };
                there.then_some(here)
            };
            let base = field(0x1, 8).map_or(moof.at, |at| long(&head, at));
            field(0x2, 4);
            let ticks = field(0x8, 4).map_or(defaults[0], |at| number(&head, at));
            let bytes = field(0x10, 4).map_or(defaults[1], |at| number(&head, at));
            if let Some(time) = boxes.find(part.body.clone(), *b"tfdt").map(|time| boxes.body(&time)) {
                let said = if time.first() == Some(&1) { long(&time, 4) } else { number(&time, 4).into() };
                // A hole is passed over; what begins before the end of the last follows it.
                self.end = self.end.max(said);
            }
            let mut next = base;
            let mut runs = part.body;
            while let Some(run) = boxes.next(&mut runs) {
                if &run.kind == b"trun" {
                    let run = boxes.body(&run.body);
                    if self.run(&run, base, &mut next, [ticks, bytes]).is_none() {
                        return;
                    }
                }
            }
        }
    }

    /// One run of a fragment.
    fn run(&mut self, run: &[u8], base: u64, next: &mut u64, defaults: [u32; 2]) -> Option<()> {
        let (flags, count) = (number(run, 0), number(run, 4));
        let mut at = 8;
        if flags & 0x1 != 0 {
            *next = base.checked_add_signed(number(run, at).cast_signed().into())?;
            at += 4;
        }
        at += if flags & 0x4 != 0 { 4 } else { 0 };
        let fields = (flags >> 8 & 15).count_ones() as usize * 4;
        for _ in 0..count {
            if at + fields > run.len() {
                return None;
            }
            let ticks = if flags & 0x100 != 0 { number(run, at) } else { defaults[0] };
            let size_at = at + if flags & 0x100 != 0 { 4 } else { 0 };
            let bytes = if flags & 0x200 != 0 { number(run, size_at) } else { defaults[1] };
            self.push(*next, bytes.into(), ticks.into())?;
            *next = next.checked_add(bytes.into())?;
            at += fields;
        }
        Some(())
    }
}

/// The sizes of samples, one after the other.
struct Sizes<'a> {
    table: &'a [u8],
    /// Of all, unless each has its own.
    one: u64,
    bits: usize,
    next: u64,
    count: u64,
}

impl<'a> Sizes<'a> {
    fn new(kind: &[u8; 4], table: &'a [u8]) -> Self {
        let (one, bits) =
            if kind == b"stz2" { (0, usize::from(table.get(7).copied().unwrap_or(8))) } else { (number(table, 4), 32) };
        Self { table, one: one.into(), bits, next: 0, count: number(table, 8).into() }
    }

    fn next(&mut self) -> Option<u64> {
        if self.next == self.count {
            return None;
        }
        let index = self.next as usize;
        self.next += 1;
        if self.one > 0 {
            return Some(self.one);
        }
        let byte = |at: usize| self.table.get(12 + at).copied().map(u64::from);
        match self.bits {
            4 => byte(index / 2).map(|both| if index.is_multiple_of(2) { both >> 4 } else { both & 15 }),
            8 => byte(index),
            16 => Some(byte(2 * index)? << 8 | byte(2 * index + 1)?),
            _ => self.table.get(12 + 4 * index..16 + 4 * index).map(|bytes| number(bytes, 0).into()),
        }
    }

    /// Passes over up to `count` and returns how many there were.
    fn take(&mut self, count: u64) -> u64 {
        let taken = count.min(self.count - self.next);
        self.next += taken;
        taken
    }
}

/// The lengths of samples in ticks, in runs.
struct Runs<'a> {
    table: &'a [u8],
    next: usize,
    left: u32,
    ticks: u32,
}

impl Runs<'_> {
    /// The next one's; the last run goes on for ever.
    fn next(&mut self) -> u64 {
        while self.left == 0 {
            let at = 8 + 8 * self.next;
            if at + 8 > self.table.len() {
                return self.ticks.into();
            }
            (self.left, self.ticks, self.next) = (number(self.table, at), number(self.table, at + 4), self.next + 1);
        }
        self.left -= 1;
        self.ticks.into()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::decode::window::Window;

    fn full(kind: &[u8; 4], numbers: &[u32]) -> Vec<u8> {
        let body: Vec<u8> = [0].iter().chain(numbers).flat_map(|number| number.to_be_bytes()).collect();
        [&(body.len() as u32 + 8).to_be_bytes()[..], kind, &body].concat()
    }

    fn table(file: Vec<u8>, piece: Option<(u64, u64)>) -> Vec<(u64, u64, u32)> {
        let end = file.len() as u64;
        let mut window = Window::new(Cursor::new(file), 0..end);
        let table = Table::read(&mut Boxes::new(&mut window), &(0..end), piece);
        table.packets.iter().map(|packet| (packet.at, packet.ticks, packet.bytes)).collect()
    }

    #[test]
    fn chunks_spans_sizes_and_times_make_packets() {
        let stbl = [
            full(b"stco", &[3, 100, 200, 300]),
            full(b"stsc", &[2, 1, 2, 1, 3, 1, 1]),
            full(b"stsz", &[0, 5, 10, 11, 12, 13, 14]),
            full(b"stts", &[2, 4, 1_024, 1, 500]),
        ];
        let meant = [(100, 0, 10), (110, 1_024, 11), (200, 2_048, 12), (212, 3_072, 13), (300, 4_096, 14)];
        assert_eq!(table(stbl.concat(), None), meant);
    }

    #[test]
    fn numbers_are_cut_by_frames_whatever_sizes_they_claim() {
        let stbl = [
            full(b"stco", &[1, 1_000]),
            full(b"stsc", &[1, 1, 5_000, 1]),
            full(b"stsz", &[1, 5_000]),
            full(b"stts", &[1, 5_000, 1]),
        ];
        assert_eq!(table(stbl.concat(), Some((1, 4))), [(1_000, 0, 16_384), (17_384, 4_096, 3_616)]);
    }

    #[test]
    fn blocks_are_counted_by_their_frames_or_as_a_whole() {
        let stbl = |size: u32, count: u32, ticks: u32| {
            let parts = [
                full(b"stco", &[2, 1_000, 9_000]),
                full(b"stsc", &[1, 1, count / 2, 1]),
                full(b"stsz", &[size, count]),
                full(b"stts", &[1, count, ticks]),
            ];
            table(parts.concat(), Some((64, 68)))
        };
        let meant = [(1_000, 0, 680), (9_000, 640, 680)];
        assert_eq!(stbl(1, 1_280, 1), meant, "as QuickTime counts");
        assert_eq!(stbl(68, 20, 64), meant, "as ffmpeg counts");
    }

    #[test]
    fn no_damage_makes_it_fail_or_loop() {
        let stbl = [
            full(b"stco", &[3, 100, 200, 300]),
            full(b"stsc", &[1, 1, u32::MAX, 1]),
            full(b"stsz", &[7, u32::MAX]),
            full(b"stts", &[1, u32::MAX, u32::MAX]),
        ]
        .concat();
        assert!(table(stbl.clone(), None).len() <= PACKETS_MAX);
        assert!(table(stbl.clone(), Some((64, 34))).len() <= PACKETS_MAX);
        for cut in 0..stbl.len() {
            let few = full(b"stsz", &[7, 3]);
            table([&few[..], &stbl[..cut]].concat(), None);
        }
    }
}
