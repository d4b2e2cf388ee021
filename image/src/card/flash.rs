//! `cargo xtask flash`: writes the card's image to a disk and reads it back.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::boot::Boot;
use super::disk::Disk;
use crate::board::Board;
use crate::cli::FlashArgs;
use crate::error::Error;
use crate::settings::{BYTES_MAX, Settings};
use crate::{files, places, setup};

/// Bytes that are written and compared at once.
const PIECE: usize = 4 << 20;

/// open(2): fails if the disk is mounted or otherwise claimed, also by something that came after we looked.
const O_EXCL: i32 = 0o200;

/// open(2): past the page cache, so that what is compared was read from the disk. Linux on the machines we build on.
#[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
const O_DIRECT: i32 = 0o40000;
#[cfg(not(any(target_arch = "x86_64", target_arch = "x86")))]
const O_DIRECT: i32 = 0o200000;

/// What direct reads must be aligned to: the largest block a card has.
const ALIGNMENT: usize = 4096;

/// Writes and verifies.
pub(crate) fn flash(args: &FlashArgs) -> Result<(), Error> {
    let image = args.image.clone().unwrap_or_else(|| default_image(args.board));
    if !image.is_file() {
        return Err(Error::NoSuchPath { option: "--image", path: image, wanted: "file; `cargo xtask image` makes it" });
    }
    let bytes = files::size(&image)?;
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let disk = Disk::look(&args.device, Path::new("/sys"), &read("/proc/mounts"), &read("/proc/swaps"));
    let disk = disk.and_then(|disk| disk.judge(bytes).map(|()| disk)).map_err(|why| Error::Card(why.to_string()))?;
    eprintln!(
        "{} will be written to /dev/{} ({:.1} GB {}).",
        image.display(),
        disk.name,
        disk.bytes as f64 / 1e9,
        disk.model
    );
    eprintln!("Everything on that disk will be lost.");
    let boot = settings(&args.settings)?.map(|text| Boot::with_file(&image, &text)).transpose()?;
    let agreed = args.yes || (io::stdin().is_terminal() && setup::agreed("Write it?"));
    if !agreed {
        return Err(Error::Card(
            "nothing was written: that takes a yes, or --yes where nobody can be asked".to_owned(),
        ));
    }
    write(&image, &args.device, bytes, boot.as_ref())?;
    verify(&image, &args.device, bytes, boot.as_ref())?;
    eprintln!("written and verified; the card can be taken out");
    Ok(())
}

fn default_image(board: Board) -> PathBuf {
    places::card().join(board.name()).join("out").join("card.img")
}

/// The file of settings that was asked for; `None` where the image's own is to stay.
fn settings(settings: &Settings) -> Result<Option<Vec<u8>>, Error> {
    let Some(path) = &settings.file else { return Ok(settings.text().map(String::into_bytes)) };
    if !path.is_file() {
        return Err(Error::NoSuchPath { option: "--settings", path: path.clone(), wanted: "file" });
    }
    if files::size(path)? > BYTES_MAX as u64 {
        return Err(Error::Card(format!("{}: the box reads at most {BYTES_MAX} bytes of settings", path.display())));
    }
    fs::read(path).map(Some).map_err(|source| Error::File { path: path.clone(), source })
}

fn write(image: &Path, device: &Path, bytes: u64, boot: Option<&Boot>) -> Result<(), Error> {
    let failed = |source| Error::File { path: device.to_owned(), source };
    let mut from = File::open(image).map_err(|source| Error::File { path: image.to_owned(), source })?;
    let mut to = OpenOptions::new().write(true).custom_flags(O_EXCL).open(device).map_err(failed)?;
    let mut piece = vec![0; PIECE];
    let mut done = 0;
    loop {
        let count = fill(&mut from, &mut piece).map_err(|source| Error::File { path: image.to_owned(), source })?;
        if count == 0 {
            break;
        }
        if let Some(boot) = boot {
            boot.cover(done, &mut piece[..count]);
        }
        to.write_all(&piece[..count]).map_err(failed)?;
        // Without this the progress would be that of filling memory.
        to.sync_data().map_err(failed)?;
        done += count as u64;
        progress("writing", done, bytes);
    }
    to.sync_all().map_err(failed)
}

/// Compares every byte with what the disk now says.
fn verify(image: &Path, device: &Path, bytes: u64, boot: Option<&Boot>) -> Result<(), Error> {
    let failed = |source| Error::File { path: device.to_owned(), source };
    let mut wanted = File::open(image).map_err(|source| Error::File { path: image.to_owned(), source })?;
    // Not every file system that a test stands on can do it.
    let direct = OpenOptions::new().read(true).custom_flags(O_DIRECT).open(device);
    let mut there = direct.or_else(|_| File::open(device)).map_err(failed)?;
    let (mut right, mut space) = (vec![0; PIECE], vec![0; PIECE + ALIGNMENT]);
    let begin = space.as_ptr().align_offset(ALIGNMENT);
    let piece = &mut space[begin..begin + PIECE];
    let mut done = 0;
    loop {
        let count = fill(&mut wanted, &mut right).map_err(|source| Error::File { path: image.to_owned(), source })?;
        if count == 0 {
            return Ok(());
        }
        if let Some(boot) = boot {
            boot.cover(done, &mut right[..count]);
        }
        let found = fill(&mut there, piece).map_err(failed)?;
        if found < count || piece[..count] != right[..count] {
            let at = piece.iter().zip(&right).position(|(a, b)| a != b).unwrap_or(found) as u64 + done;
            return Err(Error::Card(format!(
                "{} is not what was written, from byte {at}: a bad card",
                device.display()
            )));
        }
        done += count as u64;
        progress("verifying", done, bytes);
    }
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < buffer.len() {
        match file.read(&mut buffer[count..]) {
            Ok(0) => break,
            Ok(read) => count += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

fn progress(what: &str, done: u64, all: u64) {
    let end = if done == all { "\n" } else { "\r" };
    eprint!("{what} {:>3} % of {:.0} MB{end}", done * 100 / all.max(1), all as f64 / 1e6);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_compared_byte_by_byte() {
        let folder = places::target().join(format!("flash-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("ours");
        let (image, device) = (folder.join("image"), folder.join("device"));
        let bytes: Vec<u8> = (0..PIECE + 8192).map(|n| (n % 251) as u8).collect();
        fs::write(&image, &bytes).expect("ours");
        fs::write(&device, vec![0; PIECE * 2]).expect("ours");
        write(&image, &device, bytes.len() as u64, None).expect("written");
        verify(&image, &device, bytes.len() as u64, None).expect("the same");
        let mut damaged = fs::read(&device).expect("ours");
        assert_eq!(damaged.len(), PIECE * 2, "the rest of the disk is left alone");
        damaged[PIECE + 7] ^= 1;
        fs::write(&device, damaged).expect("ours");
        let why = verify(&image, &device, bytes.len() as u64, None).expect_err("a flipped bit").to_string();
        assert!(why.contains(&format!("byte {}", PIECE + 7)), "{why}");
        fs::remove_dir_all(folder).expect("ours");
    }
}
