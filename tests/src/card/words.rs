//! Words for the kernel of a card: what systemd would take from whoever makes a computer, it takes from there as well.
//!
//! They are written into the boot partition's script, which a person could do with the card in another computer.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use super::{Card, SLOTS, crc32};

/// Where the boot partition is, bytes.
const BOOT: u64 = 1 << 20;

/// What U-Boot's image of a script begins with: its mark, and behind numbers that differ (checksums, time, length, two
/// addresses) that it is of Linux, for any processor, a script, and not packed (U-Boot's `image.h`).
const MARK: [u8; 4] = [0x27, 0x05, 0x19, 0x56];
const KIND: [u8; 4] = [5, 22, 6, 0];

/// Bytes of the image's head, and of the table of lengths behind it.
const HEAD_BYTES: usize = 64;
const TABLE_BYTES: usize = 8;

/// The last of the words that are there already.
const LAST: &str = "systemd.show_status=0\"";

impl Card {
    /// Adds words to what the kernel is told at each start. The script stays as long as it was: its comments make room.
    ///
    /// # Panics
    /// When the script is not there, or they are too many.
    pub fn tell_kernel(&self, words: &str) {
        let mut boot = vec![0; (SLOTS[0] - BOOT) as usize];
        let mut file = File::open(&self.image).expect("the card");
        file.seek(SeekFrom::Start(BOOT)).and_then(|_| file.read_exact(&mut boot)).expect("read");
        let is_script = |at: &usize| boot[*at..].starts_with(&MARK) && boot[at + 28..].starts_with(&KIND);
        let at = (0..boot.len() - HEAD_BYTES).step_by(512).find(is_script).expect("a boot script");
        let image = &mut boot[at..];
        let length = u32::from_be_bytes(image[12..16].try_into().expect("four bytes")) as usize;
        let content = &mut image[HEAD_BYTES..HEAD_BYTES + length];
        let script = String::from_utf8(content[TABLE_BYTES..].to_vec()).expect("a text");
        assert_eq!(script.matches(LAST).count(), 1, "this is not the boot script");
        let lines = script.lines().filter(|line| !line.trim_start().starts_with('#'));
        let longer: String = lines.map(|line| format!("{line}\n")).collect();
        let longer = longer.replace(LAST, &format!("{} {words}\"", LAST.trim_end_matches('"')));
        assert!(longer.len() <= script.len(), "there is no room for {words}");
        content[TABLE_BYTES..].copy_from_slice(format!("{longer:\n<width$}", width = script.len()).as_bytes());
        let sum = crc32(content);
        image[24..28].copy_from_slice(&sum.to_be_bytes());
        // The head's own checksum is of the head without it.
        image[4..8].fill(0);
        let sum = crc32(&image[..HEAD_BYTES]);
        image[4..8].copy_from_slice(&sum.to_be_bytes());
        let image = image[..HEAD_BYTES + length].to_vec();
        self.write(BOOT + at as u64, &image);
    }
}
