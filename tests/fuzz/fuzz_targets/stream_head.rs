//! Any bytes as the first of a connection: the head of a stream that a program sends, or not, and what follows on it. Either is told
//! the same however the bytes come.
#![no_main]

use libfuzzer_sys::fuzz_target;
use web::http::stream_body::Body;
use web::http::stream_head::{First, read};

/// The sound of a body that comes in pieces of so many bytes, as far as it can be read, and whether that is all of it.
fn unpacked(mut body: Body, bytes: &[u8], piece: usize) -> (Vec<u8>, Result<bool, &'static str>) {
    let mut sound = Vec::new();
    for piece in bytes.chunks(piece) {
        let mut piece = piece.to_vec();
        match body.unpack(&mut piece) {
            Ok(length) => sound.extend(&piece[..length]),
            Err(why) => return (sound, Err(why)),
        }
    }
    (sound, Ok(body.is_over()))
}

fuzz_target!(|bytes: &[u8]| {
    let is_mount = |mount: &str| mount == "main";
    let whole = read(bytes, is_mount);
    // Byte by byte nothing is told before it is known, and then it stays.
    let first = (1..=bytes.len()).map(|length| read(&bytes[..length], is_mount)).find(|first| *first != First::Unknown);
    if let Some(first) = first {
        assert_eq!(first, whole);
    }
    if let First::Stream(head, length) = whole {
        assert!(length <= bytes.len() && !head.mount.contains(char::is_whitespace));
        let (body, rest) = (Body::new(head.framing), &bytes[length..]);
        let (at_once, said) = unpacked(body.clone(), rest, rest.len().max(1));
        let (in_bytes, said_of_bytes) = unpacked(body, rest, 1);
        // Of what cannot be read, what came before the fault may have been passed on or not.
        assert_eq!(said, said_of_bytes);
        assert!(
            in_bytes.starts_with(&at_once) && (said.is_err() || in_bytes == at_once) && in_bytes.len() <= rest.len()
        );
    }
});
