//! Title, artist and Apple's words on the encoder's padding, out of an MP4 file's tags.

use std::ops::Range;

use super::boxes::Boxes;
use crate::decode::{Source, TrackInfo, shown};

/// The tag in which Apple's encoders say where the music begins and ends.
const GAPLESS: &[u8] = b"iTunSMPB";

/// Bytes of one text at most.
const TEXT_BYTES_MAX: u64 = 4_096;

/// Reads the tags of the film `moov`.
pub(super) fn read<S: Source>(boxes: &mut Boxes<'_, S>, moov: &Range<u64>) -> (TrackInfo, Option<String>) {
    let (mut info, mut gapless) = (TrackInfo::default(), None);
    let Some(meta) = boxes.path(moov, [*b"udta", *b"meta"]) else { return (info, gapless) };
    // QuickTime's has no version in front.
    let list = boxes.find(meta.start + 4..meta.end, *b"ilst").or_else(|| boxes.find(meta, *b"ilst"));
    let Some(mut rest) = list else { return (info, gapless) };
    while let Some(item) = boxes.next(&mut rest) {
        match &item.kind {
            b"\xA9nam" => info.title = info.title.or_else(|| text(boxes, &item.body)),
            b"\xA9ART" => info.artist = info.artist.or_else(|| text(boxes, &item.body)),
            b"----" => {
                let name = boxes.find(item.body.clone(), *b"name").map(|name| boxes.body(&name));
                if name.is_some_and(|name| name.ends_with(GAPLESS)) {
                    gapless = gapless.or_else(|| text(boxes, &item.body));
                }
            }
            _ => {}
        }
    }
    (info, gapless)
}

fn text<S: Source>(boxes: &mut Boxes<'_, S>, item: &Range<u64>) -> Option<String> {
    let data = boxes.find(item.clone(), *b"data")?;
    let from = data.start + 8;
    let bytes = boxes.body(&(from..data.end.min(from + TEXT_BYTES_MAX)));
    Some(shown(&String::from_utf8_lossy(&bytes))).filter(|text| !text.is_empty())
}
