//! Any text as an SDP offer and, if it is taken, as a trickle fragment.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use partybox_fuzz::hostile::Siege;

thread_local! {
    static SIEGE: RefCell<Siege> = RefCell::new(Siege::new());
}

fuzz_target!(|text: &str| SIEGE.with_borrow_mut(|siege| {
    siege.offer(text);
    siege.patch(text);
}));
