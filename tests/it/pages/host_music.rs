//! What a host does with music: a song now, next or last from one menu, a playlist as a whole, another place in a song; and the
//! wishes that wait, which stand on top of the queue.

use serde_json::json;
use tests::browser::Options;

use super::PATIENCE;
use super::host::{party, until};
use super::looks::pictures;

/// The row of a song among those that were found.
fn row(title: &str) -> String {
    format!("[...document.querySelectorAll('#found li')].find((row) => row.innerText.includes('{title}'))")
}

#[test]
fn a_song_plays_next_last_or_now_and_a_playlist_as_a_whole() {
    let Some(party) = party() else { return };
    let host = party.host(&Options::default());
    host.part("music").expect("the music");
    let choose = |title: &str, choice: u32| {
        let row = row(title);
        host.browser.wait_for(&format!("{row} !== undefined"), PATIENCE).expect(title);
        // The row opens its menu wherever it is tapped.
        host.browser.run(&format!("{row}.querySelector('.row-words').click()")).expect("a tap on the row");
        host.browser.run(&format!("{row}.querySelectorAll('.row-more button')[{choice}].click()")).expect("a choice");
    };
    choose("Evergreen", 2);
    host.until_shown("Evergreen is in the queue.", PATIENCE).expect("last");
    choose("Blaue Stunde", 1);
    host.until_shown("Blaue Stunde plays next.", PATIENCE).expect("next");
    until(|| party.queue() == ["Blaue Stunde", "Evergreen"]);
    choose("Dust and Neon", 0);
    let playing = |title: &str| format!("document.getElementById('title').textContent === '{title}'");
    host.browser.wait_for(&playing("Dust and Neon"), PATIENCE).expect("now");
    until(|| party.queue() == ["Blaue Stunde", "Evergreen"]);
    host.browser.run(&format!("{}.querySelector('.row-words').click()", row("Cómo"))).expect("a menu");
    host.browser.screenshot(&pictures().join("host-music-menu.png")).expect("a picture");
    // All of a playlist, in its order, behind what waits.
    std::fs::write(party.music.path().join("Mix.m3u"), "5.mp3\n0.mp3\n2.mp3\n").expect("a playlist");
    party.running.post("/api/library/rescan");
    until(|| party.get("/api/library/playlists")["playlists"][0]["tracks"] == 3);
    host.browser.run("document.querySelector('#browse [data-kind=playlist]').click()").expect("playlists");
    host.browser.wait_for("document.querySelectorAll('#found li').length === 1", PATIENCE).expect("one");
    host.browser.run("document.querySelector('#found li .row-words').click()").expect("a tap");
    host.browser.wait_for("document.querySelectorAll('#found li').length === 3", PATIENCE).expect("its songs");
    host.tap("#all-end").expect("all of it");
    host.until_shown("3 songs are in the queue.", PATIENCE).expect("said");
    until(|| {
        party.queue() == ["Blaue Stunde", "Evergreen", "Far From the Shore", "Amber Lights", "Cómo Vuela el Tiempo"]
    });
}

#[test]
fn wishes_that_wait_stand_on_top_of_the_queue_and_are_answered_there() {
    let Some(party) = party() else { return };
    let mut phone = party.phone(1);
    phone.ask("PUT", "/api/me", Some(&json!({ "name": "Ann" })));
    let host = party.host(&Options::default());
    host.browser.wait_for("document.getElementById('waiting').hidden", PATIENCE).expect("nothing waits");
    phone.ask("POST", "/api/requests", Some(&json!({ "track": party.track("Evergreen") })));
    host.browser.wait_for("document.querySelectorAll('#waiting-list li').length === 1", PATIENCE).expect("it waits");
    let above = "document.getElementById('waiting').getBoundingClientRect().bottom
      <= document.getElementById('queue-empty').getBoundingClientRect().top + 1";
    host.browser.wait_for(above, PATIENCE).expect("on top");
    host.browser.screenshot(&pictures().join("host-waiting.png")).expect("a picture");
    host.tap("#waiting-list .yes").expect("yes");
    until(|| party.queue() == ["Evergreen"]);
    host.browser.wait_for("document.getElementById('waiting').hidden", PATIENCE).expect("answered");
}

#[test]
fn a_host_goes_to_another_place_in_the_song() {
    let Some(party) = party() else { return };
    let host = party.host(&Options::default());
    host.browser.wait_for("!document.getElementById('seek').hidden", PATIENCE).expect("a place in the song");
    let before = host.browser.run("return document.getElementById('title').textContent").expect("a title");
    host.browser
        .run(
            "const seek = document.getElementById('seek'); seek.value = '100000';
             seek.dispatchEvent(new Event('input')); seek.dispatchEvent(new Event('change'));",
        )
        .expect("a finger that is lifted");
    until(|| {
        let track = party.get("/api/party/status")["track"].clone();
        track["position_ms"].as_u64().is_some_and(|ms| (100_000..130_000).contains(&ms)) && track["title"] == before
    });
    let shown = "/^1:[4-9]|^2:/.test(document.getElementById('position').textContent)";
    host.browser.wait_for(shown, PATIENCE).expect("the page shows it");
    assert_eq!(party.get("/api/queue")["history"], json!([]), "it is the same song");
}

#[test]
fn each_channel_has_its_poster() {
    let Some(party) = party() else { return };
    let host = party.host(&Options::default());
    host.part("box").expect("the box");
    host.browser.wait_for("document.querySelector('#channels a') !== null", PATIENCE).expect("a link");
    let link = host.browser.run("return new URL(document.querySelector('#channels a').href).search").expect("a place");
    assert_eq!(link, "?channel=main");
}
