//! Any bytes as a stream that a program sends, decoded in this process; what comes out is held to what a decoder process may say.
#![no_main]

use audio::decode::worker;
use libfuzzer_sys::fuzz_target;
use partybox_fuzz::{Output, distrust};

fuzz_target!(|bytes: &[u8]| {
    let mut output = Output::default();
    // What is no sound is the rule here.
    let _ = worker::listen_here(bytes.to_vec(), &mut output);
    distrust::decoder_output(&output.0);
});
