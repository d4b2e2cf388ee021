//! Composes the demo tracks that come with the box: run
//! `cargo run --release -p audio --example compose -- firmware/partybox/demo` from the top of the repository.
//!
//! Everything is synthesised here, so the tracks belong to the project and carry its licence. Each is a seamless loop:
//! what rings at its end is heard at its start. It is not part of the box.

mod file;
mod pieces;
mod synth;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: compose FOLDER");
        return ExitCode::from(2);
    };
    for piece in pieces::PIECES {
        let path = folder.join(piece.file);
        match file::write(&path, piece.title, &pieces::render(&piece)) {
            Ok(bytes) => println!("{}: {bytes} bytes", path.display()),
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
