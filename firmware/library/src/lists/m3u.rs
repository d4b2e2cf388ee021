//! Reads M3U playlists: a name in each line, remarks behind number signs.

use super::names::is_address;
use super::{ENTRIES_MAX, Entry, List};
use crate::walk::is_music;

pub(super) fn read(text: &str) -> List {
    let mut list = List::default();
    let mut title = String::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(name) = line.strip_prefix("#PLAYLIST:") {
            list.title = name.to_owned();
        } else if let Some(about) = line.strip_prefix("#EXTINF:") {
            title = about.split_once(',').map(|(_, title)| title.to_owned()).unwrap_or_default();
        }
        // A number sign begins a remark, but also names such as "#1 Crush.mp3".
        let is_remark = line.starts_with('#');
        if is_remark && (line.starts_with("#EXT") || !is_music(line.trim().as_ref())) {
            continue;
        }
        if list.entries.len() == ENTRIES_MAX {
            list.is_cut = true;
            break;
        }
        let title = std::mem::take(&mut title);
        // Stations of the network are none of the files here.
        let is_remark = is_remark || is_address(line);
        list.entries.push(Entry { file: line.to_owned(), title, is_remark, ..Entry::default() });
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_playlist_tells_its_files_in_order_as_they_stand_there() {
        let list = read(
            "#EXTM3U\n#PLAYLIST:Täg\n#EXTINF:3,Somebody - X\n a/b.mp3 \n\n..\\c.mp3\n# by hand\n#1 hit.mp3\nhttp://x/y.mp3\n",
        );
        let told: Vec<_> = list.entries.iter().map(|e| (&*e.file, &*e.title, e.is_remark)).collect();
        let wanted = [
            (" a/b.mp3 ", "Somebody - X", false),
            ("..\\c.mp3", "", false),
            ("#1 hit.mp3", "", true),
            ("http://x/y.mp3", "", true),
        ];
        assert_eq!((list.title.as_str(), told), ("Täg", wanted.to_vec()));
    }
}
