//! Any datagrams, from a stranger and with a listener's or a joining phone's address forged: STUN, DTLS, RTCP or
//! neither.
//!
//! An input is a row of datagrams, each behind two bytes of length.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use partybox_fuzz::hostile::Siege;

thread_local! {
    static SIEGE: RefCell<Siege> = RefCell::new(Siege::new());
}

fuzz_target!(|bytes: &[u8]| SIEGE.with_borrow_mut(|siege| {
    siege.somebody_joins();
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length)).min(after.len());
        siege.datagram(&after[..length]);
        rest = &after[length..];
    }
}));
