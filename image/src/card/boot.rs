//! The boot partition of an image with one more file, for a card that is flashed with its owner's settings.
//!
//! Made in memory, so that it is written and verified like everything else, and the image stays as it was made.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

use fatfs::{FileSystem, FsOptions};

use crate::error::Error;

/// The name of the file that the box reads.
const NAME: &str = "partybox.toml";

/// Where the first partition is described in the first sector, and its parts there: kind, first sector, sectors.
const ENTRY: usize = 446;
const KIND: usize = ENTRY + 4;
const FIRST: usize = ENTRY + 8;
const COUNT: usize = ENTRY + 12;

/// FAT32, addressed by sectors.
const FAT32: u8 = 0x0c;

/// Bytes of a sector.
const SECTOR: u64 = 512;

/// Largest boot partition that is held in memory, bytes; ours has 40 MiB.
const BYTES_MAX: u64 = 512 << 20;

/// A boot partition and where it belongs.
pub(crate) struct Boot {
    at: u64,
    bytes: Vec<u8>,
}

impl Boot {
    /// Reads the boot partition of `image`, and puts the file with this text into it.
    pub(crate) fn with_file(image: &Path, text: &[u8]) -> Result<Self, Error> {
        let failed = |source| Error::File { path: image.to_owned(), source };
        let mut boot = Self::read(image).map_err(failed)?;
        boot.put(text).map_err(failed)?;
        Ok(boot)
    }

    fn read(image: &Path) -> io::Result<Self> {
        let mut file = File::open(image)?;
        let mut first = [0; SECTOR as usize];
        file.read_exact(&mut first)?;
        let number =
            |at: usize| u64::from(u32::from_le_bytes([first[at], first[at + 1], first[at + 2], first[at + 3]]));
        let (at, count) = (number(FIRST) * SECTOR, number(COUNT) * SECTOR);
        if first[KIND] != FAT32 || first[510..] != [0x55, 0xaa] || count > BYTES_MAX {
            return Err(io::Error::other("no card's image: the settings have no place in it"));
        }
        file.seek(SeekFrom::Start(at))?;
        let mut bytes = Vec::new();
        if file.take(count).read_to_end(&mut bytes)? as u64 != count {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Self { at, bytes })
    }

    fn put(&mut self, text: &[u8]) -> io::Result<()> {
        let volume = FileSystem::new(Cursor::new(&mut self.bytes), FsOptions::new())?;
        let mut file = volume.root_dir().create_file(NAME)?;
        file.truncate()?;
        file.write_all(text)?;
        file.flush()?;
        drop(file);
        volume.unmount()
    }

    /// Puts its bytes over those that were read of the image from `at` on.
    pub(crate) fn cover(&self, at: u64, piece: &mut [u8]) {
        let (end, own_end) = (at + piece.len() as u64, self.at + self.bytes.len() as u64);
        let (begin, end) = (at.max(self.at), end.min(own_end));
        if begin < end {
            let own = &self.bytes[(begin - self.at) as usize..(end - self.at) as usize];
            piece[(begin - at) as usize..(end - at) as usize].copy_from_slice(own);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::places;

    /// Sectors before the partition, and of it: the smallest that is FAT32.
    const BEFORE: u32 = 8;
    const SECTORS: u32 = 70_000;

    /// An image with a boot partition, whose reserved sector 16 says something.
    fn image(name: &str) -> std::path::PathBuf {
        let mut bytes = vec![0; ((BEFORE + SECTORS) as usize) * SECTOR as usize + 4096];
        bytes[KIND] = FAT32;
        bytes[FIRST..FIRST + 4].copy_from_slice(&BEFORE.to_le_bytes());
        bytes[COUNT..COUNT + 4].copy_from_slice(&SECTORS.to_le_bytes());
        bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
        let (begin, end) = (BEFORE as usize * SECTOR as usize, (BEFORE + SECTORS) as usize * SECTOR as usize);
        let options = fatfs::FormatVolumeOptions::new().fat_type(fatfs::FatType::Fat32).bytes_per_cluster(512);
        fatfs::format_volume(Cursor::new(&mut bytes[begin..end]), options).expect("formatted");
        let path = places::target().join(format!("boot-{name}-{}", std::process::id()));
        fs::write(&path, bytes).expect("ours");
        path
    }

    #[test]
    fn the_file_is_in_the_partition_and_nothing_around_it_changes() {
        let path = image("file");
        let plain = fs::read(&path).expect("ours");
        let text = "name = \"Garden\"\r\n".repeat(200);
        let boot = Boot::with_file(&path, text.as_bytes()).expect("a boot partition");
        assert_eq!(fs::read(&path).expect("ours"), plain, "the image itself was changed");
        // In pieces, as it is written.
        let mut written = plain.clone();
        for (index, piece) in written.chunks_mut(9_999).enumerate() {
            boot.cover(index as u64 * 9_999, piece);
        }
        let (begin, end) = (BEFORE as usize * 512, (BEFORE + SECTORS) as usize * 512);
        assert!(written[..begin] == plain[..begin] && written[end..] == plain[end..]);
        let volume = FileSystem::new(Cursor::new(&mut written[begin..end]), FsOptions::new()).expect("a file system");
        let mut found = String::new();
        volume.root_dir().open_file(NAME).expect("the file").read_to_string(&mut found).expect("text");
        assert_eq!(found, text);
        fs::remove_file(path).expect("ours");
    }

    #[test]
    fn what_is_no_cards_image_is_refused() {
        let path = image("none");
        fs::write(&path, [7; 4096]).expect("ours");
        let why = Boot::with_file(&path, b"").err().expect("refused").to_string();
        assert!(why.contains("no card's image"), "{why}");
        fs::remove_file(path).expect("ours");
    }
}
