//! Finds the files that names in lists mean, among those there are: as a name stands, then as people mean it, each step only if
//! the one before has found nothing. Knows no disk; nothing but a file of the catalog is ever found, so that no name leads out
//! of the place.

use std::cell::OnceCell;
use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use super::letters::{encoded, meanings};

/// Files of one name that are compared by their folders; of more, the first.
const ALIKE_MAX: usize = 512;

/// Trailing names that two paths must have in common to be the same file for somebody who is not sure of it: the file's and its
/// folder's.
const TAIL_SURE: usize = 2;

/// The files of a place.
pub(crate) struct Catalog {
    /// In order.
    paths: Vec<Vec<u8>>,
    folded: OnceCell<Folded>,
}

/// The files by what their paths have in common with other spellings of them.
#[derive(Default)]
struct Folded {
    by_path: HashMap<String, u32>,
    /// By the file's name without its ending.
    by_stem: HashMap<String, Vec<u32>>,
}

/// Where a name stands, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// The path of the place itself.
    pub(crate) place: &'a [u8],
    /// The folder of the list, below the place.
    pub(crate) folder: &'a [u8],
    /// The encoding of the list.
    pub(crate) letters: &'a str,
    /// Whether a file that is elsewhere must have its folder's name in common as well.
    pub(crate) is_strict: bool,
}

impl Catalog {
    /// A catalog of `paths`, below the place.
    pub(crate) fn new(mut paths: Vec<Vec<u8>>) -> Self {
        paths.sort_unstable();
        Self { paths, folded: OnceCell::new() }
    }

    /// Returns the file that `name` means; `None` if there is none.
    pub(crate) fn find(&self, name: &str, at: &Context<'_>) -> Option<&[u8]> {
        let forms = forms(name);
        let exactly = |forms: &[String]| forms.iter().find_map(|form| self.exactly(form, at));
        let decoded: Vec<String> = forms.iter().filter_map(|form| percent_decoded(form)).collect();
        let all = || forms.iter().chain(&decoded);
        exactly(&forms)
            .or_else(|| exactly(&decoded))
            .or_else(|| all().find_map(|form| self.folded(form, at)))
            .or_else(|| all().find_map(|form| self.other_ending(form, at)))
            .or_else(|| all().find_map(|form| self.by_tail(form, at)))
            .map(|index| &self.paths[index][..])
    }

    fn position(&self, path: &[u8]) -> Option<usize> {
        self.paths.binary_search_by(|known| known[..].cmp(path)).ok()
    }

    fn exactly(&self, form: &str, at: &Context<'_>) -> Option<usize> {
        let bytes = [Some(form.as_bytes().to_vec()), encoded(form, at.letters)];
        bytes.into_iter().flatten().find_map(|bytes| places(&bytes, at).iter().find_map(|path| self.position(path)))
    }

    fn folded(&self, form: &str, at: &Context<'_>) -> Option<usize> {
        let known = self.folds();
        let paths = places(form.as_bytes(), at);
        paths.iter().find_map(|path| known.by_path.get(&fold(&String::from_utf8_lossy(path)))).map(|at| *at as usize)
    }

    fn other_ending(&self, form: &str, at: &Context<'_>) -> Option<usize> {
        let stem = |path: &[u8]| fold(without_ending(&String::from_utf8_lossy(path)));
        places(form.as_bytes(), at).iter().find_map(|path| {
            let wanted = stem(path);
            self.alike(last(&wanted)).find(|index| stem(&self.paths[*index]) == wanted)
        })
    }

    /// The file with the longest tail of the path in common, and of several such the nearest to the list.
    fn by_tail(&self, form: &str, at: &Context<'_>) -> Option<usize> {
        let form = fold(form);
        let names: Vec<&str> = form.split('/').filter(|name| !matches!(*name, "" | "." | "..")).collect();
        let (file, folders) = names.split_last()?;
        let stem = without_ending(file);
        // The file of this ending, else one of another.
        for is_same_ending in [true, false] {
            let matching = self.alike(stem).filter_map(|index| {
                let path = fold(&String::from_utf8_lossy(&self.paths[index]));
                let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
                if is_same_ending && name != *file {
                    return None;
                }
                let pairs = folder.rsplit('/').zip(folders.iter().rev());
                let shared = 1 + pairs.take_while(|(a, b)| a == *b && !a.is_empty()).count();
                Some((shared, nearness(&self.paths[index], at.folder), index))
            });
            let found: Vec<_> = matching.take(ALIKE_MAX).collect();
            let Some(best) = found.iter().max_by_key(|(shared, near, index)| (*shared, *near, usize::MAX - index))
            else {
                continue;
            };
            let is_beside = at.folder.is_empty() || self.paths[best.2].starts_with(&[at.folder, b"/"].concat());
            let is_only = found.len() == 1 && !at.is_strict;
            if best.0 >= TAIL_SURE || is_beside && (!at.folder.is_empty() || best.1 == 0) || is_only {
                return Some(best.2);
            }
        }
        None
    }

    /// The files of that name without ending.
    fn alike<'a>(&'a self, stem: &str) -> impl Iterator<Item = usize> + use<'a> {
        self.folds().by_stem.get(stem).map_or(&[][..], Vec::as_slice).iter().map(|index| *index as usize)
    }

    fn folds(&self) -> &Folded {
        self.folded.get_or_init(|| {
            let mut folded = Folded::default();
            for (path, index) in self.paths.iter().zip(0..) {
                let texts = match std::str::from_utf8(path) {
                    Ok(text) => vec![text.to_owned()],
                    // Its other meanings, and how it is shown.
                    Err(_) => [meanings(path), vec![String::from_utf8_lossy(path).into_owned()]].concat(),
                };
                for text in texts {
                    let text = fold(&text);
                    let stem = without_ending(last(&text)).to_owned();
                    let alike = folded.by_stem.entry(stem).or_default();
                    if alike.last() != Some(&index) {
                        alike.push(index);
                    }
                    folded.by_path.entry(text).or_insert(index);
                }
            }
            folded
        })
    }
}

/// How a name may be written, the likeliest first: as it stands, without spaces around it, with the other slash, without the
/// letter of a Windows drive, and with slashes for the colons of an old Mac. An address of another machine is no name.
fn forms(name: &str) -> Vec<String> {
    let trimmed = name.trim();
    if trimmed.contains("://") {
        return file_address(trimmed).into_iter().collect();
    }
    let mut forms: Vec<String> = Vec::new();
    let slashed = trimmed.replace('\\', "/");
    let rooted = slashed.get(1..3).filter(|rest| *rest == ":/").map(|_| slashed[2..].to_owned());
    let coloned = if rooted.is_none() && !trimmed.contains('\\') { of_old_mac(trimmed) } else { None };
    for form in [Some(name.to_owned()), Some(trimmed.to_owned()), Some(slashed), rooted, coloned].into_iter().flatten()
    {
        if !form.is_empty() && !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

/// The path that HFS writes with colons: behind the name of a disk, or seen from the list where a colon stands in front, and one
/// folder up for each further one. There a slash is a letter, for which other systems show a colon.
fn of_old_mac(name: &str) -> Option<String> {
    let (disk, rest) = name.split_once(':')?;
    let parts: Vec<String> =
        rest.split(':').map(|part| if part.is_empty() { "..".into() } else { part.replace('/', ":") }).collect();
    let path = parts.join("/");
    Some(if disk.is_empty() { path } else { format!("/{path}") })
}

/// Returns whether a name is an address on the network rather than a file.
pub(crate) fn is_address(name: &str) -> bool {
    let name = name.trim();
    name.contains("://") && file_address(name).is_none()
}

/// The path in an address of a file, still encoded.
fn file_address(address: &str) -> Option<String> {
    let is_file = address.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file://"));
    let path = address.get(7..).filter(|_| is_file)?;
    // What stands in front of the first slash is the machine.
    let path = path.find('/').map(|slash| &path[slash..])?.replace('\\', "/");
    // "/C:/Music" is a path of Windows.
    let drive = path.as_bytes().get(2).filter(|colon| **colon == b':' && path.is_char_boundary(3));
    Some(drive.map_or(path.as_str(), |_| &path[3..]).to_owned())
}

/// Returns `text` without percent signs; `None` if there are none, or not such.
fn percent_decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return None;
    }
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    let text = String::from_utf8(bytes).or_else(|error| meanings(error.as_bytes()).into_iter().next().ok_or(()));
    text.ok().filter(|text| !text.contains('\0'))
}

/// The paths below the place that a name may mean as it stands.
fn places(name: &[u8], at: &Context<'_>) -> Vec<Vec<u8>> {
    let paths = match name.strip_prefix(b"/") {
        // From the root of this machine, or of the stick.
        Some(rooted) => {
            let below = name.strip_prefix(at.place).and_then(|rest| rest.strip_prefix(b"/"));
            [below.and_then(|below| joined(b"", below)), joined(b"", rooted)]
        }
        None => [joined(at.folder, name), None],
    };
    paths.into_iter().flatten().collect()
}

/// Returns `name` seen from `folder`, both below the place; `None` if it leads out of it, or nowhere.
pub(crate) fn joined(folder: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in folder.split(|byte| *byte == b'/').chain(name.split(|byte| *byte == b'/')) {
        match part {
            b"" | b"." => {}
            b".." => _ = parts.pop()?,
            _ => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join(&b'/'))
}

/// How many folders at their beginning a path and a folder have in common, less those that lie between.
fn nearness(path: &[u8], folder: &[u8]) -> i32 {
    let names = |path: &'_ [u8]| path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).count();
    let pairs = path.split(|byte| *byte == b'/').zip(folder.split(|byte| *byte == b'/'));
    let shared = pairs.take_while(|(a, b)| a == b && !a.is_empty()).count();
    let apart = names(path).saturating_sub(1 + shared) + names(folder).saturating_sub(shared);
    -i32::try_from(apart).unwrap_or(i32::MAX)
}

/// What spellings of one name have in common: letters composed, of one width and small.
fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).nfc().collect()
}

fn last(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn without_ending(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && !stem.ends_with('/') && !ending.contains('/') => stem,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(paths: &[&str]) -> Catalog {
        Catalog::new(paths.iter().map(|path| path.as_bytes().to_vec()).collect())
    }

    fn found(catalog: &Catalog, folder: &str, name: &str, is_strict: bool) -> Option<String> {
        let at = Context { place: b"/media/stick", folder: folder.as_bytes(), letters: "windows-1252", is_strict };
        catalog.find(name, &at).map(|path| String::from_utf8_lossy(path).into_owned())
    }

    #[test]
    fn a_name_means_the_file_that_people_mean_by_it() {
        let catalog = catalog(&[
            "Album/CD1/01 - Ärger.mp3",
            "Album/CD2/01 - Ärger.mp3",
            "Album/100% #1.mp3",
            "Album/a b.flac",
            "Album/back\\slash.mp3",
            "Lists/near.mp3",
            "Other/near.mp3",
            "Other/only.ogg",
            "top.mp3",
        ]);
        for (name, file) in [
            // As it stands.
            ("../Album/CD1/01 - Ärger.mp3", Some("Album/CD1/01 - Ärger.mp3")),
            ("./..//Album/100% #1.mp3", Some("Album/100% #1.mp3")),
            ("../Album/back\\slash.mp3", Some("Album/back\\slash.mp3")),
            (" ../Album/a b.flac\t", Some("Album/a b.flac")),
            ("..\\Album\\a b.flac", Some("Album/a b.flac")),
            ("/media/stick/Album/a b.flac", Some("Album/a b.flac")),
            ("/Album/a b.flac", Some("Album/a b.flac")),
            ("E:\\Album\\a b.flac", Some("Album/a b.flac")),
            // With colons.
            ("Macintosh HD:Album:a b.flac", Some("Album/a b.flac")),
            (":near.mp3", Some("Lists/near.mp3")),
            ("::Album:a b.flac", Some("Album/a b.flac")),
            ("Macintosh HD:Users:ann:Album:CD2:01 - Ärger.mp3", Some("Album/CD2/01 - Ärger.mp3")),
            // Encoded.
            ("../Album/a%20b.flac", Some("Album/a b.flac")),
            ("../Album/CD2/01%20-%20%C3%84rger.mp3", Some("Album/CD2/01 - Ärger.mp3")),
            ("../Album/CD2/01%20-%20%C4rger.mp3", Some("Album/CD2/01 - Ärger.mp3")),
            ("file:///media/stick/Album/a%20b.flac", Some("Album/a b.flac")),
            ("FILE://localhost/Album/a%20b.flac", Some("Album/a b.flac")),
            ("file:///E:/Album/a%20b.flac", Some("Album/a b.flac")),
            // Other letters.
            ("../ALBUM/cd2/01 - A\u{308}RGER.MP3", Some("Album/CD2/01 - Ärger.mp3")),
            // Another ending.
            ("../Album/A b.wav", Some("Album/a b.flac")),
            // The tail.
            ("/home/ann/Music/Album/CD2/01 - Ärger.mp3", Some("Album/CD2/01 - Ärger.mp3")),
            ("D:\\x\\cd1\\01 - ärger.wav", Some("Album/CD1/01 - Ärger.mp3")),
            ("/elsewhere/near.mp3", Some("Lists/near.mp3")),
            ("only.ogg", Some("Other/only.ogg")),
            // Nothing.
            ("/home/ann/01 - Ärger.mp3", None),
            ("../../../../etc/passwd", None),
            ("http://radio.example/top.mp3", None),
            ("http://radio.example/Album/a b.flac", None),
            ("file://", None),
            ("", None),
            ("..", None),
            ("%", None),
            ("%00", None),
        ] {
            assert_eq!(found(&catalog, "Lists", name, false).as_deref(), file, "{name}");
        }
        assert!(is_address("https://x/y.mp3") && !is_address("file:///x/y.mp3") && !is_address("x"));
    }

    #[test]
    fn a_sheet_is_about_no_file_elsewhere_that_has_but_its_name() {
        let catalog = catalog(&["A/image.flac", "B/other.flac", "C/disc/image.ape"]);
        assert_eq!(found(&catalog, "B", "image.wav", true), None);
        assert_eq!(found(&catalog, "B", "/old/A/image.wav", true).as_deref(), Some("A/image.flac"));
        assert_eq!(found(&catalog, "C", "/old/image.ape", true).as_deref(), Some("C/disc/image.ape"));
        assert_eq!(found(&catalog, "", "/old/other.flac", true), None);
    }

    #[test]
    fn a_file_of_an_old_machine_is_found_by_bytes_and_by_what_they_mean() {
        let catalog = Catalog::new(vec![b"caf\xe9.mp3".to_vec(), b"p/na\xefve.mp3".to_vec()]);
        let at = |letters| Context { place: b"/m", folder: b"", letters, is_strict: false };
        for (name, letters) in [("café.mp3", "windows-1252"), ("café.mp3", "UTF-8"), ("CAFÉ.MP3", "UTF-8")] {
            assert_eq!(catalog.find(name, &at(letters)), Some(&b"caf\xe9.mp3"[..]), "{name} in {letters}");
        }
        assert_eq!(catalog.find("x:\\p\\naïve.ogg", &at("UTF-8")), Some(&b"p/na\xefve.mp3"[..]));
    }

    #[test]
    fn no_name_leads_anywhere_but_to_a_file_of_the_place() {
        for (folder, name, path) in [
            ("a/b", "x.mp3", Some("a/b/x.mp3")),
            ("a/b", "../../x.mp3", Some("x.mp3")),
            ("a/b", "../../../x.mp3", None),
            ("a/b", "../..", None),
            ("", "", None),
        ] {
            let path = path.map(|path: &str| path.as_bytes().to_vec());
            assert_eq!(joined(folder.as_bytes(), name.as_bytes()), path, "{name}");
        }
    }
}
