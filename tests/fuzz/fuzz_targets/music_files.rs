//! Any bytes as a sound file whose tags are read, and as a picture.
#![no_main]

use libfuzzer_sys::fuzz_target;
use partybox_fuzz::distrust;

fuzz_target!(|bytes: &[u8]| {
    distrust::music_file(bytes);
});
