//! What drivers of radios ask for, by their own lists (`modinfo`), and what the slot has of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tests::card::{Card, slot_tree};
use tests::tidy::repository::root;

/// Where the kernel looks for firmware.
const FIRMWARE: &str = "usr/lib/firmware";

/// Names of drivers' lists that no stick of the table needs.
const OF_OTHERS: [&str; 1] = ["mediatek/mt7610e.bin"];

/// How the boards' names begin.
const MAKER: &[u8] = b"raspberrypi,";

/// Boards that the card starts and whose radio stays off, with the chip's name where the README tells how to add its firmware.
const WITHOUT: [(&str, Option<&str>); 2] =
    [("raspberrypi,3-compute-module", None), ("raspberrypi,400", Some("brcmfmac43456-sdio"))];

#[test]
fn what_the_drivers_of_radios_ask_for_is_in_the_slot_or_the_readme_says_that_it_is_not() {
    let Some(tree) = slot_tree("radios") else { return };
    let card = Card::fresh("radios").expect("there is a slot of one");
    let has = |name: &str| tree.join(FIRMWARE).join(name).exists();
    // Sticks: all that their drivers name.
    let radios = fs::read_to_string(root().join("firmware/appliance/src/access_point/radios.toml")).expect("a table");
    let radios: toml::Table = toml::from_str(&radios).expect("a table");
    let rows = radios["radio"].as_array().expect("rows");
    let drivers: BTreeSet<&str> = rows.iter().filter_map(|row| row["driver"].as_str()).collect();
    let mut looked = 0;
    for driver in drivers.iter().filter(|driver| driver.starts_with("mt")) {
        let asked = asked_for(&tree, driver);
        assert!(!asked.is_empty(), "{driver} names no firmware");
        for name in asked.iter().filter(|name| !OF_OTHERS.contains(&name.as_str())) {
            assert!(has(name), "{driver} asks for {name}, which is not in the slot");
            looked += 1;
        }
    }
    assert!(looked >= 5, "only {looked} files of sticks");
    // Boards: by their device trees' names, as brcmfmac looks for the board's own settings.
    let asked = asked_for(&tree, "brcmfmac");
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");
    for board in boards(&card.made("out/dtb")) {
        if let Some((_, chip)) = WITHOUT.iter().find(|(without, _)| *without == board) {
            assert!(chip.is_none_or(|chip| readme.contains(chip)), "the README says nothing of {board}");
            continue;
        }
        let settings = fs::read_dir(tree.join(FIRMWARE).join("brcm")).expect("firmware of the Pis").flatten();
        let chip = settings
            .filter_map(|entry| entry.file_name().into_string().ok())
            .find_map(|name| name.strip_suffix(&format!(".{board}.txt")).map(str::to_owned));
        let chip = chip.unwrap_or_else(|| panic!("no settings for {board}'s radio"));
        assert!(readme.contains(&chip), "the README does not name {chip}");
        for suffix in ["bin", "clm_blob"] {
            let name = format!("brcm/{chip}.{suffix}");
            assert!(asked.contains(&name), "brcmfmac does not know {name}");
            assert!(has(&name), "{board} needs {name}");
        }
    }
}

/// What a module of the slot names as its firmware: entries of its section `.modinfo`, which end with a zero byte.
fn asked_for(tree: &Path, module: &str) -> BTreeSet<String> {
    let file = find(&tree.join("usr/lib/modules"), &format!("{module}.ko")).unwrap_or_else(|| panic!("no {module}.ko"));
    let content = fs::read(file).expect("a module");
    let entries = content.split(|byte| *byte == 0).filter_map(|entry| entry.strip_prefix(b"firmware="));
    entries.filter_map(|name| String::from_utf8(name.to_vec()).ok()).collect()
}

/// The names of the boards whose device trees are on the card: the first of `compatible`.
fn boards(trees: &Path) -> BTreeSet<String> {
    let trees = fs::read_dir(trees).expect("device trees").map(|entry| entry.expect("an entry").path());
    let boards = trees.filter_map(|tree| {
        let content = fs::read(tree).expect("a device tree");
        // Other bytes may stand right before it.
        let at = content.windows(MAKER.len()).position(|window| window == MAKER)?;
        let board = content[at..].split(|byte| *byte == 0).next()?;
        String::from_utf8(board.to_vec()).ok()
    });
    let boards: BTreeSet<_> = boards.collect();
    assert!(boards.len() >= 8, "{boards:?}");
    boards
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        if path.is_dir() { find(&path, name) } else { path.ends_with(name).then_some(path) }
    })
}
