//! A decoder process for tests: the same one the box starts, without the box around it.

use std::process::ExitCode;

fn main() -> ExitCode {
    audio::decode::worker::main(std::env::args_os().skip(1))
}
