//! Any bytes as a sound file, decoded in this process; what comes out is held to what a decoder process may say.
//!
//! The first byte chooses where decoding starts. A panic inside a decoder would only end a decoder process in the box,
//! but it is a track that does not play.
#![no_main]

use std::io::{self, Write};

use audio::decode::worker;
use libfuzzer_sys::fuzz_target;
use partybox_fuzz::distrust;

/// A few bytes may stand for hours of sound; half a minute of it is enough.
const OUTPUT_BYTES_MAX: usize = 8 << 20;

struct Output(Vec<u8>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() > OUTPUT_BYTES_MAX {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((start, file)) = bytes.split_first() else { return };
    let mut output = Output(Vec::new());
    // A broken file is the rule here.
    let _ = worker::decode_here(file.to_vec(), u64::from(*start) * 10, &mut output);
    distrust::decoder_output(&output.0);
});
