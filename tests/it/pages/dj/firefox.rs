//! The DJ's page in Firefox: what it plays is what listeners hear.

use serde_json::{Value, json};
use tests::firefox::{Firefox, missing};
use tests::sound::SoundServer;

use super::{IS_HEARD_DB, IS_NOT_HEARD_DB, PATIENCE, Stage};
use crate::pages::firefox::{PHONE, picture};

#[test]
fn what_a_dj_plays_in_firefox_is_what_listeners_hear() {
    if let Some(reason) = missing() {
        return println!("{reason}");
    }
    let Some(mut stage) = Stage::open() else { return };
    let Some((_server, sink)) = SoundServer::ears() else { return };
    stage.done("POST", "/api/party/source", Some(json!({ "source": "sender" })));
    let mut desk = Firefox::open(&stage.running.url("/dj"), PHONE, Some(&sink)).expect("the page opens");
    let label = "/You are guest (\\d+)/.exec(document.getElementById('gate-how').textContent)?.[1]";
    let label = desk.wait_for(label, PATIENCE).expect("a guest");
    stage.done("PUT", &format!("/api/guests/{}/dj", label.as_str().expect("a number")), None);
    desk.wait_for("!document.getElementById('booth').hidden", PATIENCE).expect("a DJ");
    desk.press("#deck-a-file", &stage.files[0].display().to_string()).expect("a file is chosen");
    desk.wait_for("document.getElementById('deck-a-title').textContent === 'Red Tone'", PATIENCE).expect("its title");
    desk.click("#deck-a-play").expect("a tap");
    desk.click("#air").expect("a tap");
    let said = Value::from("You are on the channel");
    desk.wait_for(&format!("document.getElementById('desk').innerText.includes({said})"), PATIENCE)
        .expect("on the air");
    stage.until_titled("Red Tone", "Ann");
    let late = "/about (\\d+) ms/.exec(document.getElementById('air-more').textContent)?.[1]";
    println!("the page says: {} ms", desk.wait_for(late, PATIENCE).expect("how late"));
    let [a, b] = stage.levels();
    println!("deck A: {a:.1} dBFS, deck B: {b:.1}");
    picture(&mut desk, "dj");
    assert!(a > IS_HEARD_DB && b < IS_NOT_HEARD_DB, "deck A {a} dBFS, deck B {b}");
}
