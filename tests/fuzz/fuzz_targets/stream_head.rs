//! Any bytes as the first of a connection: the head of a stream that a program sends, or not. It is told the same however the bytes
//! come.
#![no_main]

use libfuzzer_sys::fuzz_target;
use web::http::stream_head::{First, read};

fuzz_target!(|bytes: &[u8]| {
    let whole = read(bytes);
    // Byte by byte nothing is told before it is known, and then it stays.
    let first = (1..=bytes.len()).map(|length| read(&bytes[..length])).find(|first| *first != First::Unknown);
    if let Some(first) = first {
        assert_eq!(first, whole);
    }
    if let First::Stream(head, length) = whole {
        assert!(length <= bytes.len() && !head.mount.contains(char::is_whitespace));
    }
});
