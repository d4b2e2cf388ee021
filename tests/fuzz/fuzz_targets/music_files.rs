//! Any bytes as a sound file whose tags are read, and as a picture.
#![no_main]

use libfuzzer_sys::fuzz_target;
use partybox_fuzz::distrust;

fuzz_target!(
    init: {
        // The fuzzer ends the process at every panic. Those of the crate that reads tags are caught where they happen, as
        // in the box; one that nobody catches ends the process all the same.
        std::panic::set_hook(Box::new(|_| {}));
    },
    |bytes: &[u8]| {
        distrust::music_file(bytes);
    }
);
