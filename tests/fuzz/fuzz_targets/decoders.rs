//! Any bytes as a sound file, decoded in this process; what comes out is held to what a decoder process may say.
//!
//! The first byte chooses where decoding starts. A panic inside a decoder would only end a decoder process in the box,
//! but it is a track that does not play.
#![no_main]

use audio::decode::worker;
use libfuzzer_sys::fuzz_target;
use partybox_fuzz::{Output, distrust};

fuzz_target!(|bytes: &[u8]| {
    let Some((start, file)) = bytes.split_first() else { return };
    let mut output = Output::default();
    // A broken file is the rule here.
    let _ = worker::decode_here(file.to_vec(), u64::from(*start) * 10, &mut output);
    distrust::decoder_output(&output.0);
});
