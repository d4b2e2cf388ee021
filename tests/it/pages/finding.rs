//! Finding music: what a guest sees first, how far a tap is from a wish, and the way back.

use serde_json::json;
use tests::guest::Guest;

use super::looks::pictures;
use super::{PATIENCE, Party, guest, start_with_records};

fn open() -> Option<(Party, Guest)> {
    let mut party = start_with_records()?;
    party.host("PUT", "/api/party/settings", Some(json!({ "requests": "auto", "per_guest_max": 9 })));
    let guest = guest(&party.running);
    guest.browser.run("location.hash = '/music'").expect("the music");
    Some((party, guest))
}

fn hash(guest: &Guest) -> String {
    let hash = guest.browser.run("return decodeURIComponent(location.hash)").expect("an address");
    hash.as_str().expect("text").to_owned()
}

#[test]
fn the_landing_has_what_is_wished_most_albums_by_their_covers_and_what_is_new() {
    let Some((_party, one)) = open() else { return };
    one.browser
        .wait_for("document.querySelectorAll('#album-covers .album img').length === 5", PATIENCE)
        .expect("covers");
    one.browser.wait_for("document.querySelectorAll('#newest-list .item').length > 3", PATIENCE).expect("what is new");
    let nothing = one.browser.run("return document.getElementById('wished').hidden").expect("a state");
    assert_eq!(nothing, true, "nobody has wished for anything");
    // A tap anywhere on the row is a wish.
    let first = one.browser.run("return document.querySelector('#newest-list .item b').textContent").expect("a title");
    one.browser.click("#newest-list .item .texts").expect("a tap on the words");
    one.until_said("is in the queue.", PATIENCE).expect("said");
    let taken = "document.querySelector('#newest-list .item button').getAttribute('aria-disabled') === 'true'";
    one.browser.wait_for(taken, PATIENCE).expect("and shown");
    one.browser.run("location.hash = '/queue'; location.hash = '/music'").expect("away and back");
    let most = format!("document.querySelector('#wished-list .item b')?.textContent === {first}");
    one.browser.wait_for(&most, PATIENCE).expect("it is wished most");
    one.browser.screenshot(&pictures().join("music-landing.png")).expect("a picture");
}

#[test]
fn the_phones_own_way_back_leads_from_a_song_to_its_album_and_to_the_landing() {
    let Some((_party, one)) = open() else { return };
    one.browser.click("#kinds a:nth-child(2)").expect("albums");
    one.browser.wait_for("document.querySelectorAll('#covers .album').length === 5", PATIENCE).expect("five covers");
    assert_eq!(hash(&one), "#/music/album");
    one.browser.click("#covers .album:nth-child(2)").expect("an album");
    one.browser.wait_for("document.querySelectorAll('#found-list .item').length >= 2", PATIENCE).expect("its songs");
    let name = one.browser.run("return document.getElementById('place-name').textContent").expect("a name");
    let name = name.as_str().expect("text").to_owned();
    assert!(hash(&one).ends_with(&format!("/{name}")), "{}: {name}", hash(&one));
    one.browser.screenshot(&pictures().join("music-album.png")).expect("a picture");
    // A page that is loaded again is where it was.
    one.browser.reload().expect("the page again");
    let same = format!(
        "document.getElementById('place-name').textContent === '{name}'
      && document.querySelectorAll('#found-list .item').length >= 2"
    );
    one.browser.wait_for(&same, PATIENCE).expect("the same album");
    one.browser.run("history.back()").expect("back");
    one.browser.wait_for("document.querySelectorAll('#covers .album').length === 5", PATIENCE).expect("the albums");
    one.browser.click("#place-back").expect("the page's own way back");
    one.browser.wait_for("!document.getElementById('landing').hidden", PATIENCE).expect("the landing");
    assert_eq!(hash(&one), "#/music");
}

#[test]
fn nothing_found_has_a_way_on() {
    let Some((_party, one)) = open() else { return };
    one.browser.press("#search", "zzzz").expect("typed");
    one.until_shown("Nothing found.", PATIENCE).expect("said");
    one.until_shown("Try fewer letters", PATIENCE).expect("what to do");
    one.browser.click("#kinds a:nth-child(1)").expect("artists");
    one.browser
        .wait_for("document.querySelectorAll('#found-list .group').length === 5", PATIENCE)
        .expect("five artists");
    one.browser.run("history.back()").expect("back");
    one.browser.wait_for("document.getElementById('search').value === 'zzzz'", PATIENCE).expect("what was typed");
}
