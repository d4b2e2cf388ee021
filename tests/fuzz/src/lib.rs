//! The doors of `tests::hostile` and `tests::distrust` for the fuzz targets, and a web server to speak nonsense to;
//! without the browsers and sound servers of the other tests.

use std::io::{self, Write};

#[path = "../../src/dice.rs"]
pub mod dice;
#[path = "../../src/distrust.rs"]
pub mod distrust;
#[path = "../../src/hostile.rs"]
pub mod hostile;
#[path = "../../src/link.rs"]
pub mod link;
#[path = "../../src/phone.rs"]
pub mod phone;
#[path = "../../src/world.rs"]
pub mod world;
pub mod web;

/// A few bytes may stand for hours of sound; half a minute of it is enough.
const OUTPUT_BYTES_MAX: usize = 8 << 20;

/// What a decoder says, up to a limit.
#[derive(Default)]
pub struct Output(pub Vec<u8>);

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
