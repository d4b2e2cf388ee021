//! `GET /api/files/{track}/sound`, for hosts: what a guest has brought, to be heard before the host says yes.
//!
//! The bytes are a stranger's, served as they came: as sound and as nothing else, of the type that their beginning tells, which no
//! browser may guess otherwise, and shown as a page in none. The box decodes nothing for it. A host may jump in it (RFC 9110 section
//! 14). Whoever hears it when it is let go of hears it to its end. That a file is music was judged when it came.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::TrackId;
use bytes::Bytes;
use futures_util::stream;

use super::call::Call;
use super::refusal::{Refusal, no_place};
use super::upload;
use crate::gate::Pass;

/// Bytes that are read at once, and all that waits for one host.
const PIECE_BYTES: usize = 64 * 1024;

/// Bytes by which a file's type is told.
const HEAD_BYTES: usize = 12;

/// What a browser may do with it: nothing, should somebody open it as a page.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// Which bytes are asked for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    Part(Range<u64>),
    /// None that there are.
    Beyond,
}

/// A file that is open, with its length and its beginning.
struct Opened {
    file: File,
    length: u64,
    head: Vec<u8>,
}

/// Answers with the bytes of a guest's file, or a part of them; `404` if it is not here (any more).
pub(super) async fn sound(call: Call) -> Result<Response, Refusal> {
    let missing = || Refusal::new(StatusCode::NOT_FOUND, "No guest's file is this (any more).").code("no-such-track");
    let id = call.param("track").parse().map(TrackId).map_err(|_| missing())?;
    let library = call.server.app.library.clone().ok_or_else(missing)?;
    let place = call.server.files.heard.enter(call.entrant(), call.guest).map_err(no_place)?;
    let opened = upload::on_storage(move || {
        let Some(mut file) = library.open_guests_file(id)? else { return Ok(None) };
        let (length, mut head) = (file.metadata()?.len(), Vec::new());
        (&mut file).take(HEAD_BYTES as u64).read_to_end(&mut head)?;
        Ok(Some(Opened { file, length, head }))
    });
    let Opened { mut file, length, head } = opened.await?.ok_or_else(missing)?;
    // A number is given once, so it stands for what it is the number of.
    let version = format!("\"{id}\"", id = id.0);
    let same = call.header("if-range").is_none_or(|range| range == version);
    let (status, part) = match asked(call.header("range").filter(|_| same), length) {
        Asked::Whole => (StatusCode::OK, 0..length),
        Asked::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        Asked::Beyond => {
            let refusal = Refusal::new(StatusCode::RANGE_NOT_SATISFIABLE, "The file does not reach so far.");
            return Err(refusal.code("range").header(header::CONTENT_RANGE, value(&format!("bytes */{length}"))));
        }
    };
    let (from, left) = (part.start, part.end - part.start);
    let file = upload::on_storage(move || {
        file.seek(SeekFrom::Start(from))?;
        Ok(file)
    });
    let mut response = (status, body(file.await?, left, place)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media(&head)));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(left));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::ETAG, value(&version));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    if status == StatusCode::PARTIAL_CONTENT {
        let of = format!("bytes {from}-{}/{length}", part.end - 1);
        headers.insert(header::CONTENT_RANGE, value(&of));
    }
    Ok(response)
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("numbers make a header")
}

/// A body that is read piece by piece as it is taken, and holds a place meanwhile.
fn body(file: File, left: u64, place: Pass) -> Body {
    let pieces = stream::unfold(Some((file, left, place)), |state| async move {
        let (mut file, left, place) = state.filter(|(_, left, _)| *left > 0)?;
        let wanted = PIECE_BYTES.min(usize::try_from(left).unwrap_or(PIECE_BYTES));
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; wanted];
            let count = file.read(&mut piece)?;
            piece.truncate(count);
            if count == 0 { Err(io::Error::from(io::ErrorKind::UnexpectedEof)) } else { Ok((file, piece)) }
        });
        match read.await.unwrap_or_else(|_| Err(io::Error::other("the box is ending"))) {
            Ok((file, piece)) => {
                let left = left - piece.len() as u64;
                Some((Ok(Bytes::from(piece)), Some((file, left, place))))
            }
            Err(error) => Some((Err(error), None)),
        }
    });
    Body::from_stream(pieces)
}

/// The type of sound that begins with `head`.
fn media(head: &[u8]) -> &'static str {
    match head {
        [b'f', b'L', b'a', b'C', ..] => "audio/flac",
        [b'O', b'g', b'g', b'S', ..] => "audio/ogg",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => "audio/wav",
        [b'F', b'O', b'R', b'M', _, _, _, _, b'A', b'I', b'F', b'F' | b'C', ..] => "audio/aiff",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "audio/mp4",
        [0x1a, 0x45, 0xdf, 0xa3, ..] => "audio/webm",
        [b'I', b'D', b'3', ..] => "audio/mpeg",
        // Behind the same first bits MPEG audio names a layer, and AAC none (ISO 13818-7, ADTS).
        [0xff, second, ..] if second & 0xf6 == 0xf0 => "audio/aac",
        [0xff, second, ..] if second & 0xe0 == 0xe0 => "audio/mpeg",
        _ => "application/octet-stream",
    }
}

/// What a `Range` asks for of so many bytes. What is not understood, and several parts at once, get the whole, as the standard allows.
fn asked(range: Option<&str>, length: u64) -> Asked {
    // Larger than any file is as good as the largest.
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let Some((first, last)) =
        range.and_then(|range| range.strip_prefix("bytes=")).and_then(|part| part.split_once('-'))
    else {
        return Asked::Whole;
    };
    let part = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..length.min(last.saturating_add(1)),
        (Some(first), None) if last.is_empty() => first..length,
        (None, Some(count)) if first.is_empty() => length.saturating_sub(count)..length,
        _ => return Asked::Whole,
    };
    if part.start < part.end { Asked::Part(part) } else { Asked::Beyond }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_what_the_standard_says_and_nonsense_is_the_whole() {
        for (range, wanted) in [
            (None, Asked::Whole),
            (Some("bytes=0-"), Asked::Part(0..100)),
            (Some("bytes=0-1"), Asked::Part(0..2)),
            (Some("bytes=10-19"), Asked::Part(10..20)),
            (Some("bytes=99-99999999999999999999999"), Asked::Part(99..100)),
            (Some("bytes=-30"), Asked::Part(70..100)),
            (Some("bytes=-101"), Asked::Part(0..100)),
            (Some("bytes=-0"), Asked::Beyond),
            (Some("bytes=100-"), Asked::Beyond),
            (Some("bytes=18446744073709551615-18446744073709551615"), Asked::Beyond),
            (Some("bytes=20-10"), Asked::Whole),
            (Some("bytes=0-1,5-6"), Asked::Whole),
            (Some("bytes=-"), Asked::Whole),
            (Some("bytes=+1-2"), Asked::Whole),
            (Some("bytes=a-b"), Asked::Whole),
            (Some("seconds=0-1"), Asked::Whole),
        ] {
            assert_eq!(asked(range, 100), wanted, "{range:?}");
        }
        assert_eq!(asked(Some("bytes=0-"), 0), Asked::Beyond);
    }

    #[test]
    fn the_type_is_told_by_the_beginning_and_what_tells_nothing_is_no_page() {
        for (head, wanted) in [
            (&b"fLaC\0\0\0\x22"[..], "audio/flac"),
            (b"OggS\0\x02", "audio/ogg"),
            (b"RIFF\x24\0\0\0WAVE", "audio/wav"),
            (b"FORM\0\0\0\x10AIFC", "audio/aiff"),
            (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
            (b"\x1a\x45\xdf\xa3", "audio/webm"),
            (b"ID3\x04\0", "audio/mpeg"),
            (b"\xff\xfb\x90\x64", "audio/mpeg"),
            (b"\xff\xf1\x50\x80", "audio/aac"),
            (b"<!doctype html>", "application/octet-stream"),
            (b"RIFF\x24\0\0\0AVI ", "application/octet-stream"),
            (b"\xff", "application/octet-stream"),
            (b"", "application/octet-stream"),
        ] {
            assert_eq!(media(head), wanted, "{head:?}");
        }
    }
}
