//! Any bytes as what a decoder process says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use partybox_fuzz::distrust;

fuzz_target!(|bytes: &[u8]| {
    distrust::decoder_output(bytes);
});
