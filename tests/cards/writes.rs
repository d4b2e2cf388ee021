//! Power cuts to the sector: what a computer writes to its card is written down, and the card is looked at as a cut at any
//! flush, or between two, would leave it.

use std::path::{Path, PathBuf};
use std::process::Command;

use appliance::rules;
use appliance::state::peek;
use serde_json::json;
use tests::card::{Card, DATA, Replay, SECTOR, SLOTS, Stretch};

/// Torn states that are looked at after each flush besides the worst, unless `PARTYBOX_TORN` says how many.
const TORN: u32 = 1;

/// States that are started, not only looked at, unless `PARTYBOX_STARTED` says how many.
const STARTED: usize = 1;

/// Choices that a host makes. Each is another than the two before, so that it is seen which one is kept.
const CHOICES: [&str; 9] = ["sign-in", "off", "quiet", "sign-in", "off", "quiet", "sign-in", "off", "quiet"];

/// e2fsck's exit code for a file system whose first words it cannot read.
const UNREADABLE: i32 = 8;

/// Where the first sector says how large the data partition is: in its fourth entry.
const DATA_SECTORS_AT: usize = 446 + 3 * 16 + 12;

/// Where the slot counters are, and how long they are, bytes.
const COUNTERS_AT: usize = (1 << 20) + 16 * SECTOR;

#[test]
fn a_power_cut_in_the_first_start_or_while_a_host_chooses_loses_nothing_that_was_kept() {
    let Some(card) = Card::fresh("torn") else { return };
    card.pair();
    let running = card.boot_written_down();
    running.page();
    let mut kept = Vec::new();
    for choice in CHOICES {
        let status = running.choose("/api/box/network", &json!({ "portal": choice }));
        assert_eq!(status, 204, "{choice}");
        kept.push((card.log_bytes(), choice));
    }
    drop(running);
    let whole = Replay::new(&card);
    let slots = whole.front[SLOTS[0] as usize..].to_vec();
    let looked = Looked::at(&card, |replay, now| {
        assert!(replay.front[SLOTS[0] as usize..] == slots, "something was written to a slot");
        // The latest choice that was kept before the flush after which the power was cut, or a later one.
        let Some(least) = kept.iter().rposition(|(log_bytes, _)| *log_bytes <= now.kept_bytes) else { return };
        let kept = contents(&now.data, "/state", rules::FILE).unwrap_or_default();
        assert!(
            CHOICES[least..].iter().take(3).any(|choice| kept.contains(&format!("\"{choice}\""))),
            "{} was kept and is lost: {kept:?}",
            CHOICES[least]
        );
    });
    looked.tell("first start and choices");
    looked.start(&card, "torn-started");
}

#[test]
fn a_power_cut_while_an_update_is_written_leaves_a_slot_that_starts() {
    let Some(card) = Card::fresh("torn-update") else { return };
    card.write(SLOTS[1], &vec![0; card.slot(0).len()]);
    card.put(&card.made("out/update.raucb"), "/update/inbox.raucb");
    let good = card.slot(0);
    let mut running = card.boot_written_down();
    running.says("partybox: update: restart-needed");
    drop(running);
    let is_good = |replay: &Replay, slot: u64| replay.front[slot as usize..][..good.len()] == good;
    let looked = Looked::at(&card, |replay, _| {
        assert!(is_good(replay, SLOTS[0]), "the slot that runs was written to");
        let counters = &replay.front[COUNTERS_AT..COUNTERS_AT + SECTOR];
        // Counters that are not whole say nothing, and slot A comes first.
        let said =
            if is_whole(counters) { String::from_utf8_lossy(&counters[4..]).into_owned() } else { String::new() };
        if said.contains("pb_order=B") {
            assert!(said.contains("pb_try=B") && said.contains("pb_left=3"), "not on trial: {said:?}");
            assert!(is_good(replay, SLOTS[1]), "it would be tried before it is whole");
        }
    });
    looked.tell("update");
    looked.start(&card, "torn-update-started");
}

/// How far a card had come when it was looked at.
struct Moment {
    /// How long the log was at the last flush, bytes: what was told to be kept by then is there.
    kept_bytes: u64,
    /// The data partition after the start has mended it.
    data: PathBuf,
}

/// What was looked at.
struct Looked {
    stretches: Vec<Stretch>,
    seed: u64,
    torn: u32,
    /// States in which the file system's first words were torn.
    mended: u32,
}

impl Looked {
    /// Looks at `card` as it was at each flush, and as it may have been between.
    fn at(card: &Card, mut look: impl FnMut(&Replay, &Moment)) -> Self {
        let seed = number("PARTYBOX_SEED").unwrap_or_else(|| fastrand::u64(..));
        println!("PARTYBOX_SEED={seed}");
        let mut dice = fastrand::Rng::with_seed(seed);
        let torn = number("PARTYBOX_TORN").map_or(TORN, |torn| torn as u32);
        let stretches = card.stretches();
        let mut replay = Replay::new(card);
        let sizes = sizes(&replay);
        let (mut kept_bytes, mut mended) = (0, 0);
        for (index, stretch) in stretches.iter().enumerate() {
            let mut looked = |replay: &mut Replay| {
                let data = replay.data().to_owned();
                let started = starts(replay, &data, &sizes);
                mended += u32::from(started.unwrap_or_else(|why| panic!("torn after flush {index}: {why}")));
                look(replay, &Moment { kept_bytes, data });
            };
            for _ in 0..torn {
                replay.torn(stretch, &mut dice, &mut looked);
            }
            replay.torn_everywhere(stretch, looked);
            replay.apply(stretch);
            kept_bytes = stretch.log_bytes;
            let data = replay.data().to_owned();
            let started = starts(&replay, &data, &sizes);
            mended += u32::from(started.unwrap_or_else(|why| panic!("flush {}: {why}", index + 1)));
            look(&replay, &Moment { kept_bytes, data });
        }
        Self { stretches, seed, torn, mended }
    }

    fn tell(&self, what: &str) {
        let (flushes, mended) = (self.stretches.len(), self.mended);
        let torn = flushes as u32 * (self.torn + 1);
        println!(
            "{what}: {flushes} flushes, {torn} torn states between them; {mended} needed a copy of the superblock"
        );
    }

    /// Starts some of the torn states, on cards of this name.
    fn start(&self, card: &Card, name: &str) {
        let mut dice = fastrand::Rng::with_seed(self.seed);
        for _ in 0..number("PARTYBOX_STARTED").map_or(STARTED, |count| count as usize) {
            let Some(other) = Card::fresh(name) else { return };
            let last = dice.usize(..self.stretches.len());
            let mut replay = Replay::new(card);
            self.stretches[..last].iter().for_each(|stretch| replay.apply(stretch));
            replay.torn(&self.stretches[last], &mut dice, |replay| replay.make(&other));
            println!("starting the card as it was torn after flush {last}");
            let mut running = other.boot();
            running.says(" is whole");
            assert!(running.page().contains("id=\"play\""), "torn after flush {last}: not the guest's page");
        }
    }
}

/// The sizes that the data partition may have, sectors: its first, and all of a card.
fn sizes(replay: &Replay) -> [u32; 2] {
    [data_sectors(replay), ((Card::BYTES - DATA) / SECTOR as u64 / 8192 * 8192) as u32]
}

/// How large the first sector says that the data partition is, sectors.
fn data_sectors(replay: &Replay) -> u32 {
    let at = DATA_SECTORS_AT;
    u32::from_le_bytes(replay.front[at..at + 4].try_into().expect("four bytes"))
}

/// Checks that this card starts: its first sector is whole, and its data partition once it is mended. Returns whether that took a copy of what
/// the file system says first.
fn starts(replay: &Replay, data: &Path, sizes: &[u32]) -> Result<bool, String> {
    let sectors = data_sectors(replay);
    if !sizes.contains(&sectors) || replay.front[510..512] != [0x55, 0xaa] {
        return Err(format!("the first sector gives the data partition {sectors} sectors"));
    }
    let fsck = Path::new(env!("CARGO_MANIFEST_DIR")).join("../image").join("root/usr/sbin/fsck.ext4");
    let run = |program: &Path, word| {
        let output = Command::new(program).arg(word).arg(data).output().expect("it starts");
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    // What the box does at its start, but more careful than it is there (fsck.repair=yes in boot.cmd): a journal mends all
    // but the first sector of the file system, of which there are copies.
    let (code, said) = run(&fsck, "-p");
    let is_mended = code > 1;
    if is_mended && (code != UNREADABLE || run(&fsck, "-y").0 > 1) {
        return Err(format!("fsck -p ends with {code}: {said}"));
    }
    // Then nothing may be left that would need a person.
    match run(Path::new("e2fsck"), "-fn") {
        (0, said) if blocks(&said) * 8 <= u64::from(sectors) => Ok(is_mended),
        (code, said) => Err(format!("in {sectors} sectors, e2fsck -fn ends with {code}: {said}")),
    }
}

/// How many blocks a file system has, from the last line that e2fsck says: "…, 8513/32768 blocks".
fn blocks(said: &str) -> u64 {
    let word = said.trim_end().strip_suffix(" blocks").and_then(|said| said.rsplit('/').next());
    word.and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("e2fsck said {said}"))
}

/// What the box has kept under `name` in a folder of the data partition.
fn contents(data: &Path, folder: &str, name: &str) -> Option<String> {
    let here = tempfile::tempdir().expect("a folder");
    let words = format!("dump {folder}/{name} {}", here.path().join(name).display());
    Command::new("debugfs").args(["-R", &words]).arg(data).output().expect("debugfs starts");
    peek(here.path(), name)
}

/// Whether counters fit their checksum.
fn is_whole(counters: &[u8]) -> bool {
    counters[..4] == tests::card::crc32(&counters[4..]).to_le_bytes()
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|text| text.parse().ok())
}
