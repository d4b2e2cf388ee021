//! Which picture beside music is its cover: by the names that rippers, players and people give it, else the only one there is; and
//! that of the folder above for the discs of an album.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::{Stamp, child, is_hidden, join, split};

/// A picture beside music.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cover {
    /// The folder of the music, below the root.
    pub(crate) folder: Vec<u8>,
    /// Its name there, or that of one in the folder above.
    pub(crate) name: Vec<u8>,
    pub(crate) stamp: Stamp,
}

/// Endings of pictures, lower case, the best first.
const PICTURES: [&str; 6] = ["jpg", "jpeg", "jpe", "jfif", "png", "webp"];

/// Endings of pictures that no decoder here is for, lower case.
const UNREADABLE: [&str; 7] = ["gif", "bmp", "tif", "tiff", "heic", "avif", "jxl"];

/// Names of covers without ending, folded to words, the best first.
const NAMES: [&str; 12] = [
    "cover",
    "folder",
    "front",
    "cover front",
    "front cover",
    "coverfront",
    "frontcover",
    "album",
    "albumart",
    "album art",
    "artwork",
    "art",
];

/// Words of which one in a longer name makes it a cover's, as in "Artist - Album (Front)".
const WORDS: [&str; 5] = ["cover", "front", "folder", "albumart", "artwork"];

/// Words of which one in a name makes it a picture of something else, or a small copy.
const OTHERS: [&str; 15] = [
    "back", "rear", "cd", "disc", "disk", "inlay", "inside", "inner", "tray", "booklet", "matrix", "label", "spine",
    "small", "obi",
];

/// How folders are called that hold the discs of one album, before their number.
const DISCS: [&str; 9] = ["cd", "disc", "disk", "dvd", "disque", "disco", "vinyl", "side", "lp"];

/// The same for parts of an album that may as well be albums of their own: only where the name begins so.
const PARTS: [&str; 2] = ["volume", "vol"];

/// How good a picture is as a cover by its name, the lower the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// It is called so.
    Named(usize),
    /// It may be, if it is the only one.
    Any,
}

/// The pictures of one folder while it is listed.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    best: Option<(Rank, Cover)>,
    /// Pictures that might be the cover if they were the only one.
    unnamed: usize,
}

impl Pictures {
    /// Looks at a file of the folder; `about` is asked for if it may be the cover.
    pub(super) fn see(&mut self, folder: &[u8], name: &[u8], about: impl FnOnce() -> Option<Stamp>) {
        let Some(rank) = rank(name) else { return };
        self.unnamed += usize::from(rank == Rank::Any);
        if self.best.as_ref().is_none_or(|(best, cover)| (rank, name) < (*best, &cover.name[..]))
            && let Some(stamp) = about()
        {
            self.best = Some((rank, Cover { folder: folder.to_owned(), name: name.to_owned(), stamp }));
        }
    }

    /// The cover of the folder.
    pub(super) fn cover(self) -> Option<Cover> {
        let is_only = self.unnamed == 1;
        self.best.filter(|(rank, _)| *rank != Rank::Any || is_only).map(|(_, cover)| cover)
    }
}

/// Gives the discs among `folders` that have no cover that of the folder above.
pub(super) fn of_discs(covers: &mut Vec<Cover>, folders: &BTreeSet<Vec<u8>>) {
    let known: BTreeMap<&[u8], &Cover> = covers.iter().map(|cover| (&cover.folder[..], cover)).collect();
    let bare = folders.iter().filter(|folder| is_disc(folder) && !known.contains_key(&folder[..]));
    let above = |folder: &Vec<u8>| known.get(split(folder).0).map(|cover| lent(cover, folder));
    let lent: Vec<Cover> = bare.filter_map(above).collect();
    covers.extend(lent);
}

/// How the name of a cover begins that lies in the folder above.
pub(crate) const ABOVE: &[u8] = b"../";

/// The cover of the folder above, for a disc in `folder`.
fn lent(cover: &Cover, folder: &[u8]) -> Cover {
    Cover { folder: folder.to_owned(), name: [ABOVE, &cover.name[..]].concat(), stamp: cover.stamp }
}

/// The folder whose cover may have changed by news of `path`.
pub(crate) fn cover_folder(path: &[u8]) -> Option<&[u8]> {
    let (folder, name) = split(path);
    rank(name).map(|_| folder)
}

/// The covers of one folder and of the discs in it.
pub(crate) fn covers_at(root: &Path, folder: &[u8]) -> Vec<Cover> {
    let own = cover(root, folder);
    let own = match own {
        None if is_disc(folder) => cover(root, split(folder).0).map(|cover| lent(&cover, folder)),
        own => own,
    };
    let listing = fs::read_dir(join(root, folder)).into_iter().flatten().flatten();
    let discs = listing.filter(|item| item.file_type().is_ok_and(|kind| kind.is_dir()));
    let discs = discs.map(|item| child(folder, item.file_name().as_bytes())).filter(|path| is_disc(path));
    let discs: Vec<Cover> =
        discs.filter_map(|disc| cover(root, &disc).or_else(|| own.as_ref().map(|own| lent(own, &disc)))).collect();
    own.into_iter().chain(discs).collect()
}

/// Whether the cover of `folder` may depend on what lies in `changed`.
pub(crate) fn depends(folder: &[u8], changed: &[u8]) -> bool {
    folder == changed || is_disc(folder) && split(folder).0 == changed
}

fn cover(root: &Path, folder: &[u8]) -> Option<Cover> {
    if is_hidden(folder) {
        return None;
    }
    let listing = fs::read_dir(join(root, folder)).ok()?;
    let mut pictures = Pictures::default();
    for item in listing.flatten().filter(|item| item.file_type().is_ok_and(|kind| kind.is_file())) {
        let about = || item.metadata().ok().map(|about| Stamp::of_picture(&about));
        pictures.see(folder, item.file_name().as_bytes(), about);
    }
    pictures.cover()
}

/// The ending of a file that is a cover by its name, of a kind that cannot be shown.
pub(super) fn unreadable(name: &[u8]) -> Option<&'static str> {
    let ending = name.rsplit(|byte| *byte == b'.').next()?.to_ascii_lowercase();
    let ending = UNREADABLE.into_iter().find(|known| known.as_bytes() == ending)?;
    matches!(rank_in(name, &[ending]), Some(Rank::Named(_))).then_some(ending)
}

/// `None` if it is no picture, or one of something else.
fn rank(name: &[u8]) -> Option<Rank> {
    rank_in(name, &PICTURES)
}

fn rank_in(name: &[u8], endings: &[&str]) -> Option<Rank> {
    let name = std::str::from_utf8(name).ok()?.to_lowercase();
    let (stem, ending) = name.rsplit_once('.')?;
    let ending = endings.iter().position(|known| *known == ending).filter(|_| !stem.is_empty())?;
    let words: Vec<&str> = stem.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let place = NAMES.iter().position(|known| *known == words.join(" "));
    if let Some(place) = place {
        return Some(Rank::Named(place * PICTURES.len() + ending));
    }
    let plain = |word: &&str| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let words: Vec<String> = words.iter().map(plain).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    // A name that is no cover's with certainty is so at most if it also says that it is one.
    match (has(&WORDS), has(&OTHERS)) {
        (true, is_other) => Some(Rank::Named((NAMES.len() + usize::from(is_other)) * PICTURES.len() + ending)),
        (false, false) => Some(Rank::Any),
        (false, true) => None,
    }
}

/// Whether a folder holds one disc of the album above it, as "CD1", "Disc 2 - Live", "The Wall [CD 1]", "1CD" and "Side A" do.
fn is_disc(folder: &[u8]) -> bool {
    let name = String::from_utf8_lossy(split(folder).1).to_lowercase();
    let is_number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let mut rests = DISCS.iter().chain(&PARTS).filter_map(|word| name.strip_prefix(word));
    let begins = rests.any(|rest| {
        let number = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        let first: String = number.chars().take_while(|c| c.is_alphanumeric()).collect();
        is_number(&first) || first.chars().count() == 1 && number.len() < rest.len()
    });
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    // The word and its number together, or one behind the other.
    let joined = |word: &str| DISCS.iter().any(|disc| word.strip_prefix(disc).is_some_and(is_number));
    let within = words.iter().any(|word| joined(word))
        || words.windows(2).any(|pair| DISCS.contains(&pair[0]) && is_number(pair[1]));
    let backwards =
        matches!(words[..], [only] if DISCS.iter().any(|disc| only.strip_suffix(disc).is_some_and(is_number)));
    begins || within || backwards
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &[&str]) -> Option<String> {
        let mut pictures = Pictures::default();
        let stamp = Stamp { bytes: 1, mtime_ns: 1, ctime_ns: 0 };
        names.iter().for_each(|name| pictures.see(b"a", name.as_bytes(), || Some(stamp)));
        pictures.cover().map(|cover| String::from_utf8(cover.name).unwrap())
    }

    #[test]
    fn a_cover_is_known_by_every_usual_name_and_better_ones_come_first() {
        for name in [
            "cover.jpg",
            "COVER.JPG",
            "Cover Front.jpg",
            "Front Cover.jpeg",
            "front_cover.jpg",
            "artwork.webp",
            "AlbumArt_{12AB}_Large.jpg",
            "Miles Davis - Kind of Blue (Front).png",
            "folder2.jpg",
            "scan.jpg",
            "cover.jfif",
            "Front.JPE",
        ] {
            assert_eq!(chosen(&[name, "back.jpg", "notes.txt"]).as_deref(), Some(name), "{name}");
        }
        assert_eq!(chosen(&["x.jpg", "Front.jpg", "folder.jpg"]).as_deref(), Some("folder.jpg"));
        assert_eq!(
            chosen(&["AlbumArt_{X}_Small.jpg", "AlbumArt_{X}_Large.jpg"]).as_deref(),
            Some("AlbumArt_{X}_Large.jpg")
        );
        assert_eq!(chosen(&["cd.jpg", "back cover.jpg"]).as_deref(), Some("back cover.jpg"));
        let told = ["cover.gif", "Folder.BMP", "a (front).tif", "party.gif", "cover.jpg", "gif"];
        assert_eq!(
            told.map(|name| unreadable(name.as_bytes())),
            [Some("gif"), Some("bmp"), Some("tif"), None, None, None]
        );
        for none in [&["a.jpg", "b.jpg"][..], &["back.jpg"], &["cd.png"], &[".jpg"], &["cover.gif"], &[]] {
            assert_eq!(chosen(none), None, "{none:?}");
        }
    }

    #[test]
    fn discs_have_the_cover_of_the_folder_above_unless_they_have_their_own() {
        for disc in [
            "CD1",
            "M/cd 2",
            "M/Disc-3",
            "Disk 1 - Live",
            "Vinyl A",
            "side b",
            "The Wall CD1",
            "Album [Disc 2]",
            "1CD",
            "LP1",
            "Vol 2",
            "Vol. 3",
            "Volume 1",
            "Wall (CD 02) Remastered",
        ] {
            assert!(is_disc(disc.as_bytes()), "{disc}");
        }
        for folder in [
            "",
            "CD",
            "Discovery",
            "CDs",
            "Disco",
            "Discography",
            "Sidecar",
            "M",
            "Wall CD",
            "2CD Box",
            "Hits Vol 2",
            "1999",
        ] {
            assert!(!is_disc(folder.as_bytes()), "{folder}");
        }
        let root = tempfile::tempdir().unwrap();
        for (folder, picture) in [("M", "cover.jpg"), ("M/CD1", "1.mp3"), ("M/CD2", "folder.jpg"), ("M/Live", "1.mp3")]
        {
            fs::create_dir_all(root.path().join(folder)).unwrap();
            fs::write(root.path().join(folder).join(picture), "x").unwrap();
        }
        let walked = super::super::below(root.path(), b"", |_| true).unwrap();
        let told = |covers: &[Cover]| {
            let mut all: Vec<_> = covers.iter().map(|cover| [&cover.folder[..], b" ", &cover.name].concat()).collect();
            all.sort();
            all.into_iter().map(|text| String::from_utf8(text).unwrap()).collect::<Vec<_>>()
        };
        let wanted = ["M cover.jpg", "M/CD1 ../cover.jpg", "M/CD2 folder.jpg"];
        assert_eq!(told(&walked.covers), wanted);
        assert_eq!(told(&covers_at(root.path(), b"M")), wanted);
        assert_eq!(told(&covers_at(root.path(), b"M/CD1")), wanted[1..2]);
        assert!(depends(b"M/CD1", b"M") && depends(b"M", b"M") && !depends(b"M/Live", b"M"));
    }
}
