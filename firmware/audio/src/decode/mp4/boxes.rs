//! Boxes of an MP4 file (ISO 14496-12 section 4.2): where they lie and what stands in them.
//!
//! It finds nothing rather than failing, and a box that claims to be longer than what holds it ends where that does.

use std::ops::Range;

use crate::decode::Source;
use crate::decode::window::Window;

/// Box headers read in all. An ordinary song has about thirty on the way, a fragmented evening a few for each second.
const BOXES_MAX: u32 = 400_000;

/// The largest box that is taken into memory, in bytes: tables of a week of sound.
const BODY_BYTES_MAX: u64 = 48 * 1024 * 1024;

/// Bytes searched at once for a box that none leads to.
const SEARCH_BYTES: usize = 60 * 1024;

/// A box: its kind and where its body lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: [u8; 4],
    /// Where its header begins.
    pub(super) at: u64,
    pub(super) body: Range<u64>,
}

/// A walk over boxes, each of which may be read once or more, up to a limit.
pub(super) struct Boxes<'a, S> {
    window: &'a mut Window<S>,
    left: u32,
}

impl<'a, S: Source> Boxes<'a, S> {
    pub(super) fn new(window: &'a mut Window<S>) -> Self {
        Self { window, left: BOXES_MAX }
    }

    /// All of the file from `at` on.
    pub(super) fn top(&self, at: u64) -> Range<u64> {
        at..self.window.end()
    }

    /// The next box in `rest`; `rest` then begins behind it.
    pub(super) fn next(&mut self, rest: &mut Range<u64>) -> Option<Found> {
        self.left = self.left.checked_sub(1)?;
        let at = rest.start;
        let [a, b, c, d, kind @ ..] = self.bytes::<8>(rest, 0)?;
        let (header, size) = match u32::from_be_bytes([a, b, c, d]) {
            // It reaches to the end of what holds it.
            0 => (8, rest.end - at),
            1 => (16, u64::from_be_bytes(self.bytes(rest, 8)?)),
            size => (8, size.into()),
        };
        if size < header {
            return None;
        }
        let end = at.saturating_add(size).min(rest.end);
        rest.start = end;
        Some(Found { kind, at, body: (at + header).min(end)..end })
    }

    /// The body of the first box of this kind in `rest`.
    pub(super) fn find(&mut self, mut rest: Range<u64>, kind: [u8; 4]) -> Option<Range<u64>> {
        loop {
            let found = self.next(&mut rest)?;
            if found.kind == kind {
                return Some(found.body);
            }
        }
    }

    /// The body of the box at the end of a way through boxes.
    pub(super) fn path<const N: usize>(&mut self, within: &Range<u64>, kinds: [[u8; 4]; N]) -> Option<Range<u64>> {
        kinds.into_iter().try_fold(within.clone(), |within, kind| self.find(within, kind))
    }

    /// The first place from `from` on where a box of this kind seems to begin with one of the other kind inside.
    pub(super) fn search(&mut self, mut from: u64, kind: [u8; 4], inside: [u8; 4]) -> Option<Range<u64>> {
        let end = self.window.end();
        while from < end {
            let bytes = self.window.at(from, SEARCH_BYTES).ok()?;
            let place = bytes.windows(16).position(|bytes| bytes[4..8] == kind && bytes[12..16] == inside);
            match place {
                Some(place) => {
                    let mut rest = from + place as u64..end;
                    return self.next(&mut rest).map(|found| found.body);
                }
                None if bytes.len() < SEARCH_BYTES => return None,
                None => from += (SEARCH_BYTES - 15) as u64,
            }
        }
        None
    }

    /// The number behind the two dates at the head of `mvhd`, `tkhd` and `mdhd`: a clock's ticks per second, or a
    /// track's number.
    pub(super) fn after_dates(&mut self, body: &Range<u64>) -> Option<u32> {
        let version = self.bytes::<1>(body, 0)?[0];
        self.bytes(body, if version == 0 { 12 } else { 20 }).map(u32::from_be_bytes)
    }

    /// The `N` bytes at `offset` in `within`.
    pub(super) fn bytes<const N: usize>(&mut self, within: &Range<u64>, offset: u64) -> Option<[u8; N]> {
        let at = within.start.checked_add(offset)?;
        if at.checked_add(N as u64)? > within.end {
            return None;
        }
        self.window.array(at).ok()?
    }

    /// All of a body, as far as it is of a sane size.
    pub(super) fn body(&mut self, body: &Range<u64>) -> Vec<u8> {
        let length = body.end.saturating_sub(body.start).min(BODY_BYTES_MAX);
        let length = usize::try_from(length).unwrap_or(0);
        self.window.at(body.start, length).map(<[u8]>::to_vec).unwrap_or_default()
    }
}

/// The big-endian number at `at`; zero where there is none.
pub(super) fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes)
}

/// The big-endian long number at `at`; zero where there is none.
pub(super) fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from(number(bytes, at)) << 32 | u64::from(number(bytes, at + 4))
}
