//! Any bytes as a cue sheet, as a playlist, and as what a process that reads tags says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use partybox_fuzz::distrust;

fuzz_target!(|bytes: &[u8]| {
    distrust::music_list(bytes);
    distrust::tag_reader_output(bytes);
});
