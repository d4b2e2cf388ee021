//! Music that a host brings to the page: chosen or dropped, shown on its way, played, and deleted again.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use tempfile::TempDir;
use tests::browser::Options;
use tests::host::Host;

use super::PATIENCE;
use super::host::party;

/// A folder with a song of this title, and a letter that claims to be one.
fn files(title: &str) -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let (song, letter) = (folder.path().join(format!("{title}.mp3")), folder.path().join("letter.mp3"));
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", "sine=frequency=330:duration=60", "-b:a", "128k"])
        .args(["-metadata", &format!("title={title}"), "-metadata", "artist=A Friend"])
        .arg(&song)
        .stdin(Stdio::null())
        .status();
    assert!(made.is_ok_and(|status| status.success()), "ffmpeg made the others");
    std::fs::write(&letter, "Dear host, this is no music.".repeat(999)).expect("a file");
    (folder, song, letter)
}

/// Types into the search field and waits for the one song that is found.
fn find(host: &Host, typed: &str, title: &str) {
    host.browser.press("#search", typed).expect("typing");
    let found = format!("document.querySelector('#found .row-title')?.textContent === '{title}'");
    host.browser.wait_for(&found, PATIENCE).expect("found");
}

#[test]
fn a_song_brought_to_the_page_arrives_with_progress_plays_and_can_be_deleted() {
    let Some(party) = party() else { return };
    let (_folder, song, letter) = files("Brought Along");
    let host = party.host(&Options::default());
    host.part("music").expect("the music");
    // What the page shows on the way is gone too soon to be looked at from here.
    let watch = "window.seen = new Set();
        new MutationObserver(() => document.querySelectorAll('#uploads .row-sub')
          .forEach((row) => window.seen.add(row.textContent)))
          .observe(document.getElementById('uploads'), { subtree: true, childList: true, characterData: true });";
    host.browser.run(watch).expect("watched");
    host.browser.press("#files", &format!("{}\n{}", letter.display(), song.display())).expect("two files");
    host.until_shown("1 of 2 files are on the box", PATIENCE).expect("one arrives");
    host.until_shown("1 failed", PATIENCE).expect("the other does not");
    let failed =
        host.browser.wait_for("document.querySelector('#uploads [data-phase=failed] .row-sub').textContent", PATIENCE);
    println!("why not: {}", failed.expect("a reason"));
    let seen = host.browser.run("return [...window.seen].join('|')").expect("what was shown");
    assert!(seen.as_str().is_some_and(|seen| seen.contains("% sent") && seen.contains("Waits for its turn")), "{seen}");
    find(&host, "brought al", "Brought Along");
    host.tap("#found li:first-child .row-words").expect("the song's menu");
    host.tap("#found li:first-child .row-more button:nth-child(2)").expect("next");
    host.part("queue").expect("the queue");
    host.until_queue(&["Brought Along"], PATIENCE).expect("in the queue");
    host.tap("#next").expect("the next track");
    host.browser
        .wait_for("document.getElementById('title').textContent === 'Brought Along'", PATIENCE)
        .expect("it plays");

    host.part("music").expect("the music");
    let bin = "#found [aria-label='Delete Brought Along from the box']";
    host.tap("#found li:first-child .row-words").expect("the song's menu");
    host.tap(bin).expect("the bin");
    host.tap("#sure-no").expect("not really");
    host.tap(bin).expect("the bin again");
    host.tap("#sure-yes").expect("surely");
    host.until_shown("Brought Along is deleted.", PATIENCE).expect("words");
    host.browser.wait_for("document.querySelectorAll('#found li').length === 0", PATIENCE).expect("not found any more");
    host.browser.run("document.getElementById('search').value = ''").expect("an empty field");
    find(&host, "everg", "Evergreen");
    let bins =
        "return [...document.querySelectorAll('#found [aria-label^=Delete]')].filter((bin) => !bin.hidden).length";
    assert_eq!(host.browser.run(bins).expect("a number"), 0, "the folder's own songs have no bin");
}

/// Drags a file over the middle of something and lets go of it there, as the browser gets it from a desktop.
fn drop_file(host: &Host, selector: &str, file: &Path) {
    let middle = format!(
        "const field = document.querySelector('{selector}');
         field.scrollIntoView({{ block: 'center' }});
         const place = field.getBoundingClientRect();
         return [place.left + place.width / 2, place.top + place.height / 2];"
    );
    let place = host.browser.run(&middle).expect("a place");
    for (kind, over) in [("dragEnter", "true"), ("dragOver", "true"), ("drop", "false")] {
        let data = json!({ "items": [], "files": [file], "dragOperationsMask": 1 });
        let event = json!({ "type": kind, "x": place[0], "y": place[1], "data": data });
        host.browser.devtools("Input.dispatchDragEvent", &event).expect("dragged");
        let shown = format!("document.getElementById('drop').dataset.over === '{over}'");
        host.browser.wait_for(&shown, PATIENCE).expect("the field shows whether it would take it");
    }
}

#[test]
fn a_file_dropped_on_the_page_arrives_and_one_that_misses_the_field_too() {
    let Some(party) = party() else { return };
    let host = party.host(&Options { window: (1_280, 900), ..Options::default() });
    host.part("music").expect("the music");
    for (title, selector, so_far) in [("Dropped In", "#drop", "1 of 1"), ("Dropped Beside", "#panel-music", "2 of 2")] {
        let (_folder, song, _) = files(title);
        drop_file(&host, selector, &song);
        host.until_shown(&format!("{so_far} files are on the box"), PATIENCE).expect("it arrives");
    }
    assert!(party.track("Dropped In") != party.track("Dropped Beside"));
    let here = host.browser.run("return location.pathname").expect("an address");
    assert_eq!(here, "/host", "the browser did not leave for the file");
}
