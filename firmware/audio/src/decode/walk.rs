//! From frame to frame through a stream that has no container: MPEG audio, AAC, AC-3 and DTS.
//!
//! Finds the first frame whatever lies in front of it, steps over tags and rubbish, and goes on behind damage. What looks
//! like a header is believed where frames have led to it, or once as many follow as chance does not bring. No length
//! that anybody claims plays a part.

use std::io;

use super::Source;
use super::window::Window;

/// A frame's header.
pub(super) trait Head: Copy {
    /// The bytes that a header may begin with.
    const FIRST: &'static [u8];
    /// Bytes that [`Head::read`] needs.
    const BYTES: usize;
    /// Reads a header; `None` if it is none.
    fn read(bytes: &[u8]) -> Option<Self>;
    /// Bytes of the frame, if the header tells.
    fn bytes(&self) -> Option<usize>;
    /// Bytes by which the frame is longer than others like it.
    fn padding(&self) -> usize;
    /// Whether both may be of one stream.
    fn is_like(&self, other: &Self) -> bool;
}

/// Frames that must follow on a header that no frame has led to.
const FOLLOWERS: u32 = 3;

/// Where the next frame is looked for at once, in bytes.
const SEARCH_BYTES: usize = 16 * 1024;

/// The longest frame whose length no header tells: what MPEG's free format may have with the reservoir of the lowest
/// rates, rounded up.
const FREE_BYTES_MAX: usize = 8 * 1024;

/// Bytes of an ID3v1 tag, which lies at the very end.
const ID3V1_BYTES: u64 = 128;

/// One frame's place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<H> {
    pub(super) head: H,
    pub(super) at: u64,
    pub(super) bytes: usize,
    /// Whether a tag in front of it says that another file begins here.
    pub(super) is_first: bool,
}

/// A walk through a piece of a file.
pub(super) struct Walk<S, H> {
    pub(super) window: Window<S>,
    at: u64,
    /// The frame before, unless something else lay in between.
    last: Option<H>,
    /// Bytes of a frame without padding where headers do not tell.
    free_bytes: Option<usize>,
}

impl<S: Source, H: Head> Walk<S, H> {
    pub(super) fn new(window: Window<S>) -> Self {
        let at = window.start();
        Self { window, at, last: None, free_bytes: None }
    }

    /// Goes on at `at`, which may be anywhere.
    pub(super) fn go_to(&mut self, at: u64) {
        (self.at, self.last) = (at, None);
    }

    /// The next whole frame; `None` when there is no more.
    pub(super) fn next(&mut self) -> io::Result<Option<Found<H>>> {
        let mut is_first = false;
        while self.at < self.window.end() {
            if let Some(found) = self.frame_here()? {
                let found = Found { is_first, ..found };
                self.at = found.at + found.bytes as u64;
                self.last = Some(found.head);
                return Ok(Some(found));
            }
            self.last = None;
            match self.tag_here()? {
                Some(bytes) => (self.at, is_first) = (self.at + bytes, true),
                None => self.search()?,
            }
        }
        Ok(None)
    }

    /// The bytes of a frame.
    pub(super) fn bytes(&mut self, found: &Found<H>) -> io::Result<&[u8]> {
        self.window.at(found.at, found.bytes)
    }

    fn frame_here(&mut self) -> io::Result<Option<Found<H>>> {
        let at = self.at;
        let Some((head, bytes)) = self.read(at)? else { return Ok(None) };
        let is_led_to = self.last.is_some_and(|last| last.is_like(&head));
        // A frame that is not followed by another has something inside that does not belong there.
        let is_one = if is_led_to { self.is_whole(at + bytes as u64)? } else { self.is_followed(at, &head, bytes)? };
        if !is_one {
            return Ok(None);
        }
        Ok((at + bytes as u64 <= self.window.end()).then_some(Found { head, at, bytes, is_first: false }))
    }

    /// Whether a frame may end at `next`: any header follows, or a tag, or the end.
    fn is_whole(&mut self, next: u64) -> io::Result<bool> {
        Ok(next >= self.window.end() || self.read(next)?.is_some() || self.is_tag(next)?)
    }

    /// Whether as many frames like it follow as make it one; the end of the piece, or a tag, counts as any number.
    fn is_followed(&mut self, at: u64, head: &H, bytes: usize) -> io::Result<bool> {
        let mut next = at + bytes as u64;
        for _ in 0..FOLLOWERS {
            if next == self.window.end() || self.is_tag(next)? {
                return Ok(true);
            }
            match self.read(next)? {
                Some((follower, bytes)) if follower.is_like(head) => next += bytes as u64,
                // The last one may be cut off: what it has is still a header that fits.
                _ => return Ok(false),
            }
            if next > self.window.end() {
                return Ok(true);
            }
        }
        Ok(true)
    }

    fn read(&mut self, at: u64) -> io::Result<Option<(H, usize)>> {
        let bytes = self.window.at(at, H::BYTES)?;
        let Some(head) = (bytes.len() == H::BYTES).then(|| H::read(bytes)).flatten() else { return Ok(None) };
        let length = match (head.bytes(), self.free_bytes) {
            (Some(bytes), _) => Some(bytes),
            (None, Some(bytes)) => Some(bytes + head.padding()),
            (None, None) => self.measured(at, &head)?,
        };
        Ok(length.map(|bytes| (head, bytes)))
    }

    /// The distance to the next two headers like this one, which is the length that this one does not tell.
    fn measured(&mut self, at: u64, head: &H) -> io::Result<Option<usize>> {
        let bytes = self.window.at(at, 2 * FREE_BYTES_MAX)?;
        let like = |from: usize| {
            let next = bytes.get(from..from + H::BYTES).and_then(H::read);
            next.filter(|next| next.bytes().is_none() && next.is_like(head))
        };
        let plain = (H::BYTES..FREE_BYTES_MAX).find(|plain| {
            let second = plain + head.padding();
            like(second).is_some_and(|next| like(second + plain + next.padding()).is_some())
        });
        self.free_bytes = plain;
        Ok(plain.map(|plain| plain + head.padding()))
    }

    fn is_tag(&mut self, at: u64) -> io::Result<bool> {
        let left = self.window.end().saturating_sub(at);
        let bytes = self.window.at(at, 11)?;
        let starts = |mark: &[u8]| bytes.starts_with(mark);
        let is_last = starts(b"TAG") && left == ID3V1_BYTES;
        Ok(is_last || starts(b"ID3") || starts(b"APETAGEX") || starts(b"LYRICSBEGIN") || starts(b"TAG+"))
    }

    /// Bytes of the tag here whose length is known.
    fn tag_here(&mut self) -> io::Result<Option<u64>> {
        let Some([b'I', b'D', b'3', version, _, _, a, b, c, d]) = self.window.array::<10>(self.at)? else {
            return Ok(None);
        };
        let size = [a, b, c, d].iter().fold(0, |size, byte| size << 7 | u64::from(byte & 0x7F));
        let is_sane = version < 0x10 && [a, b, c, d].iter().all(|byte| *byte < 0x80);
        let bytes = size + 10;
        // A tag that is longer than the file hides no sound: it is looked for right behind the tag's head.
        Ok(Some(if is_sane && self.at + bytes < self.window.end() { bytes } else { 10 }))
    }

    /// Steps to the next place that may be a header or a tag.
    fn search(&mut self) -> io::Result<()> {
        let from = self.at + 1;
        let bytes = self.window.at(from, SEARCH_BYTES)?;
        let place =
            bytes.iter().position(|byte| H::FIRST.contains(byte) || *byte == b'I').unwrap_or(bytes.len().max(1));
        self.at = from + place as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A mark, a length (0: not told), and nothing else.
    #[derive(Clone, Copy, Debug)]
    struct Toy(u8);

    impl Head for Toy {
        const FIRST: &'static [u8] = &[0xFF];
        const BYTES: usize = 3;

        fn read(bytes: &[u8]) -> Option<Self> {
            (bytes[0] == 0xFF && bytes[1] == 0xAA).then_some(Self(bytes[2]))
        }

        fn bytes(&self) -> Option<usize> {
            Some(usize::from(self.0)).filter(|bytes| *bytes > 2)
        }

        fn padding(&self) -> usize {
            usize::from(self.0)
        }

        fn is_like(&self, _: &Self) -> bool {
            true
        }
    }

    fn frame(bytes: usize) -> Vec<u8> {
        let mut frame = vec![0x11; bytes];
        frame[..3].copy_from_slice(&[0xFF, 0xAA, bytes as u8]);
        frame
    }

    fn places(file: &[u8]) -> Vec<(u64, usize)> {
        let mut walk = Walk::<_, Toy>::new(Window::new(Cursor::new(file.to_vec()), 0..file.len() as u64));
        let mut places = Vec::new();
        while let Some(found) = walk.next().unwrap() {
            places.push((found.at, found.bytes));
        }
        places
    }

    #[test]
    fn frames_are_found_behind_tags_zeros_and_rubbish() {
        let sound = frame(20).repeat(6);
        let tag = [&b"ID3\x04\0\0\0\0\0\x28"[..], &frame(20), &frame(20)].concat();
        for (front, skipped) in [(vec![], 0), (vec![0; 100_000], 100_000), (tag.clone(), 50), (vec![0xFF; 999], 999)] {
            let file = [front, sound.clone()].concat();
            let meant: Vec<_> = (0..6).map(|n| (skipped + n * 20, 20)).collect();
            assert_eq!(places(&file), meant);
        }
    }

    #[test]
    fn the_walk_goes_on_behind_damage_and_a_second_tag() {
        let sound = frame(20).repeat(6);
        let file =
            [&sound[..], &frame(20), &[0; 333], &sound, b"ID3\x03\0\0\0\0\0\x05abcde", &sound, b"TAG", &[0; 125]]
                .concat();
        assert_eq!(places(&file).len(), 18);
        let lone = [&[0; 50][..], &frame(20), &[0; 50]].concat();
        assert_eq!(places(&lone), [], "one header among nothing is chance");
        assert_eq!(places(&frame(20)), [(0, 20)], "but not as a whole file");
    }

    #[test]
    fn frames_that_do_not_tell_their_length_are_as_long_as_they_are_apart() {
        let mut free = vec![0x11; 30];
        free[..3].copy_from_slice(&[0xFF, 0xAA, 0]);
        let mut padded = vec![0x11; 31];
        padded[..3].copy_from_slice(&[0xFF, 0xAA, 1]);
        let file = [free.clone(), padded, free.clone(), free].concat();
        assert_eq!(places(&file), [(0, 30), (30, 31), (61, 30), (91, 30)]);
    }

    #[test]
    fn a_frame_that_is_cut_off_is_left_out() {
        let file = [frame(20).repeat(3), frame(20)[..9].to_vec()].concat();
        assert_eq!(places(&file).len(), 3);
    }
}
