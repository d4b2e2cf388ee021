//! Every write to a card, written down while a computer ran, and the card as it was at any moment between.
//!
//! What a power cut leaves is: all that was written before the last flush, and of what came after it any part, in any
//! order, to the sector. Flushes are the only order that a card promises.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::{Card, DATA, Running, emulator, run};
use crate::program::free_port;

/// A sector, bytes: the least that a card writes.
pub const SECTOR: usize = 512;

/// Flags of an entry, as in the kernel's Documentation/admin-guide/device-mapper/log-writes.rst.
const FLUSH: u64 = 1;
const DISCARD: u64 = 4;

/// The first eight bytes of such a log.
const MAGIC: u64 = 0x006a_7366_7773_6872;

/// What was written at once: where on the card, and what.
#[derive(Debug)]
struct Write {
    at: u64,
    bytes: Vec<u8>,
}

impl Write {
    /// Each sector of it, with its place.
    fn sectors(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.bytes.chunks_exact(SECTOR).zip(0..).map(|(sector, n)| (self.at + n * SECTOR as u64, sector))
    }
}

/// What lies between two flushes.
#[derive(Debug, Default)]
pub struct Stretch {
    writes: Vec<Write>,
    /// How long the log was when the flush came that ends it, bytes.
    pub log_bytes: u64,
}

impl Card {
    /// Switches a computer on whose writes are written down from here; see [`Self::stretches`].
    ///
    /// # Panics
    /// When the emulator does not start.
    pub fn boot_written_down(&self) -> Running {
        run("cp", &[Path::new("--sparse=always"), &self.image, &self.beside("before")]);
        File::create(self.log_of_writes()).expect("room for a log");
        let address = free_port();
        let mut emulator = emulator::virt(&self.folder, &self.log, address);
        emulator::insert_watched(&mut emulator, &self.image, &self.log_of_writes());
        self.start(emulator, address)
    }

    /// How long the log of writes is by now, bytes.
    ///
    /// # Panics
    /// When there is none.
    pub fn log_bytes(&self) -> u64 {
        fs::metadata(self.log_of_writes()).expect("a log").len()
    }

    /// All that was written down.
    ///
    /// # Panics
    /// When the log cannot be read.
    pub fn stretches(&self) -> Vec<Stretch> {
        let log = fs::read(self.log_of_writes()).expect("a log");
        let number = |at: usize| log.get(at..at + 8).map(|bytes| u64::from_le_bytes(bytes.try_into().expect("eight")));
        assert_eq!(number(0), Some(MAGIC), "this is no log of writes");
        let mut stretches = Vec::new();
        let mut now = Stretch::default();
        // The head has a sector, and so has each entry's, before what was written.
        let mut at = SECTOR;
        while let (Some(sector), Some(count), Some(flags)) = (number(at), number(at + 8), number(at + 16)) {
            at += SECTOR;
            let length = if flags & DISCARD == 0 { count as usize * SECTOR } else { 0 };
            // The last one may be cut off: the emulator was killed.
            let Some(bytes) = log.get(at..at + length) else { break };
            at += length;
            if length > 0 {
                now.writes.push(Write { at: sector * SECTOR as u64, bytes: bytes.to_vec() });
            }
            if flags & FLUSH != 0 {
                now.log_bytes = at as u64;
                stretches.push(std::mem::take(&mut now));
            }
        }
        now.log_bytes = at as u64;
        stretches.push(now);
        stretches
    }

    fn log_of_writes(&self) -> PathBuf {
        self.beside("writes")
    }
}

/// A card as it was at some flush.
#[derive(Debug)]
pub struct Replay {
    /// All before the data partition.
    pub front: Vec<u8>,
    data: PathBuf,
    /// Where a copy of the data partition is made for whoever changes it by looking.
    copy: PathBuf,
    bytes: u64,
}

impl Replay {
    /// The card before the first write.
    ///
    /// # Panics
    /// When it cannot be copied.
    pub fn new(card: &Card) -> Self {
        let before = File::open(card.beside("before")).expect("a card that was written down");
        let bytes = before.metadata().expect("a file").len();
        let mut front = vec![0; DATA as usize];
        before.read_exact_at(&mut front, 0).expect("a whole card");
        let (data, copy) = (card.beside("data"), card.beside("copy"));
        // Left by an earlier look.
        let _ = fs::remove_file(&data);
        dd(&card.beside("before"), &data, DATA, 0);
        Self { front, data, copy, bytes }
    }

    /// Goes on to the end of this stretch.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn apply(&mut self, stretch: &Stretch) {
        let file = OpenOptions::new().write(true).open(&self.data).expect("ours");
        for Write { at, bytes } in &stretch.writes {
            put(&mut self.front, &file, *at, bytes).expect("room");
        }
    }

    /// Lets `look` at the card as it may be after a power cut in this stretch: some of its sectors were written, in an
    /// order of their own.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn torn<T>(&mut self, stretch: &Stretch, dice: &mut fastrand::Rng, look: impl FnOnce(&mut Self) -> T) -> T {
        let mut chosen = Vec::new();
        for write in &stretch.writes {
            // All of a write, nothing, or any part of it.
            let share = [0.0, 1.0, dice.f64()][dice.usize(..3)];
            chosen.extend(write.sectors().filter(|_| dice.f64() < share));
        }
        dice.shuffle(&mut chosen);
        self.with(&chosen, look)
    }

    /// The same with every second sector of the card that is written in this stretch: whatever is longer than one is torn,
    /// and so are all copies of it.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn torn_everywhere<T>(&mut self, stretch: &Stretch, look: impl FnOnce(&mut Self) -> T) -> T {
        let is_second = |(at, _): &(u64, &[u8])| (at / SECTOR as u64).is_multiple_of(2);
        let chosen: Vec<_> = stretch.writes.iter().flat_map(Write::sectors).filter(is_second).collect();
        self.with(&chosen, look)
    }

    /// Lets `look` at the card with these sectors written, which are then as they were.
    fn with<T>(&mut self, sectors: &[(u64, &[u8])], look: impl FnOnce(&mut Self) -> T) -> T {
        let file = OpenOptions::new().read(true).write(true).open(&self.data).expect("ours");
        let mut before = Vec::new();
        for &(at, sector) in sectors {
            before.push((at, get(&self.front, &file, at).expect("ours")));
            put(&mut self.front, &file, at, sector).expect("room");
        }
        let seen = look(self);
        for (at, sector) in before.into_iter().rev() {
            put(&mut self.front, &file, at, &sector).expect("room");
        }
        seen
    }

    /// A copy of the data partition.
    ///
    /// # Panics
    /// When it cannot be copied.
    pub fn data(&self) -> &Path {
        run("cp", &[Path::new("--sparse=always"), &self.data, &self.copy]);
        &self.copy
    }

    /// Makes this card the one that `card` is.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn make(&self, card: &Card) {
        let file = File::create(&card.image).expect("ours");
        file.set_len(self.bytes).and_then(|()| file.write_all_at(&self.front, 0)).expect("room");
        dd(&self.data, &card.image, 0, DATA);
    }
}

/// Copies from one place to another, with holes where there is nothing.
pub(super) fn dd(from: &Path, to: &Path, skip: u64, seek: u64) {
    let words = [
        format!("if={}", from.display()),
        format!("of={}", to.display()),
        format!("skip={skip}"),
        format!("seek={seek}"),
        "iflag=skip_bytes".to_owned(),
        "oflag=seek_bytes".to_owned(),
        "bs=1M".to_owned(),
        "conv=notrunc,sparse".to_owned(),
        "status=none".to_owned(),
    ];
    run("dd", &words.each_ref().map(Path::new));
    if seek == 0 {
        let length = fs::metadata(from).expect("it is there").len() - skip;
        OpenOptions::new().write(true).open(to).and_then(|file| file.set_len(length)).expect("ours");
    }
}

/// Writes what lies before the data partition to memory, and the rest to its file. No write reaches into both.
fn put(front: &mut [u8], data: &File, at: u64, bytes: &[u8]) -> io::Result<()> {
    match at.checked_sub(DATA) {
        Some(at) => data.write_all_at(bytes, at),
        None => {
            front[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
            Ok(())
        }
    }
}

fn get(front: &[u8], data: &File, at: u64) -> io::Result<[u8; SECTOR]> {
    let mut sector = [0; SECTOR];
    match at.checked_sub(DATA) {
        Some(at) => data.read_exact_at(&mut sector, at)?,
        None => sector.copy_from_slice(&front[at as usize..at as usize + SECTOR]),
    }
    Ok(sector)
}
