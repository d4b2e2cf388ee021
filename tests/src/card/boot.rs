//! The card's boot partition, as a person's computer sees it while the card is in there.
//!
//! For cards that are switched off; what a running box writes is seen once it has been.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use fatfs::{FileSystem, FsOptions};

use super::Card;

/// Where the boot partition is on the card and how long, bytes.
const BOOT: u64 = 1 << 20;
const BOOT_BYTES: u64 = 40 << 20;

impl Card {
    /// What is in a file of the boot partition; `None` if it is not there.
    ///
    /// # Panics
    /// When the partition cannot be read.
    pub fn boot_file(&self, name: &str) -> Option<Vec<u8>> {
        let mut bytes = self.boot_bytes();
        let volume = FileSystem::new(Cursor::new(&mut bytes), FsOptions::new()).expect("a file system");
        let mut content = Vec::new();
        volume.root_dir().open_file(name).ok()?.read_to_end(&mut content).expect("a whole file");
        Some(content)
    }

    /// Writes a file of the boot partition.
    ///
    /// # Panics
    /// When it has no room.
    pub fn edit_boot_file(&self, name: &str, content: &[u8]) {
        let mut bytes = self.boot_bytes();
        let volume = FileSystem::new(Cursor::new(&mut bytes), FsOptions::new()).expect("a file system");
        let mut file = volume.root_dir().create_file(name).expect("a file");
        file.truncate().and_then(|()| file.write_all(content)).expect("room for it");
        drop(file);
        volume.unmount().expect("written");
        self.write(BOOT, &bytes);
    }

    fn boot_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; BOOT_BYTES as usize];
        let mut file = File::open(&self.image).expect("the card");
        file.seek(SeekFrom::Start(BOOT)).and_then(|_| file.read_exact(&mut bytes)).expect("a boot partition");
        bytes
    }
}
