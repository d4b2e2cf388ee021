//! Where an MP3 body begins on the timeline, said in the body itself: an ID3v2 tag with a private frame.
//!
//! Sent on request only, to pages that draw what they play. Every player skips such a tag; HTTP Live Streaming says the
//! same in the same way (RFC 8216 section 3.4), with a clock of its own.

use bytes::{BufMut, Bytes, BytesMut};

/// Who says it; after it and a zero come 8 bytes, the most significant first: ticks of 48 kHz on the stream's timeline.
const OWNER: &[u8] = b"partybox/media-time\0";

/// Bytes of a tag's head and of a frame's (ID3v2.4 sections 3.1 and 4).
const HEAD_BYTES: usize = 10;

/// Returns the tag.
pub(super) fn stamp(media_ticks: u64) -> Bytes {
    let content = OWNER.len() + size_of::<u64>();
    let mut tag = BytesMut::with_capacity(2 * HEAD_BYTES + content);
    tag.put_slice(b"ID3\x04\0\0");
    // Sizes have 7 bits to a byte; these fit in one.
    tag.put_u32((HEAD_BYTES + content) as u32);
    tag.put_slice(b"PRIV");
    tag.put_u32(content as u32);
    tag.put_u16(0);
    tag.put_slice(OWNER);
    tag.put_u64(media_ticks);
    tag.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_says_how_long_it_is_and_when_the_sound_is() {
        let tag = stamp(0x0102_0304_0506_0708);
        assert_eq!(&tag[..10], b"ID3\x04\0\0\0\0\0\x26");
        assert_eq!(tag.len(), 10 + 0x26);
        assert_eq!(&tag[10..20], b"PRIV\0\0\0\x1c\0\0");
        assert_eq!(&tag[20..], b"partybox/media-time\0\x01\x02\x03\x04\x05\x06\x07\x08");
    }
}
