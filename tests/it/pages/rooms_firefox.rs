//! A room of two browsers that share no code of sound: Firefox hears Chromium, and Chromium Firefox.

use tests::firefox::{Firefox, missing};
use tests::sound::SoundServer;

use super::looks::pictures;
use super::rooms::{FLAGS, LISTEN, OTHER_TONES_HZ, Person, TONES_HZ, file, hears, options};
use super::{PATIENCE, start};

const PHONE: (u32, u32) = (390, 844);

#[test]
fn firefox_hears_chromium_in_a_room_and_chromium_firefox() {
    if let Some(reason) = missing() {
        println!("{reason}");
        return;
    }
    // Without loudspeakers its clock of sound stands still; these have the rate of what is played.
    let Some((_server, sink)) = SoundServer::ears() else { return };
    let Some(running) = start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let [tones, others] =
        [("a.wav", TONES_HZ), ("b.wav", OTHER_TONES_HZ)].map(|(name, hz)| file(folder.path(), name, hz));
    let ann = Person::open(&running.url(""), "", "Ann", &options(&FLAGS));
    let code = ann.create();
    ann.play(&tones);
    let url = running.url(&format!("/rooms?room={code}"));
    let mut fox = Firefox::open(&url, PHONE, Some(&sink)).expect("the page opens");
    fox.wait_for("!document.getElementById('page').hasAttribute('aria-busy')", PATIENCE).expect("it works");
    fox.press("#name", "Fox").expect("a name");
    fox.click("#join-form button").expect("a tap");
    fox.until_shown("You hear Ann", PATIENCE).expect("connected");
    // It takes no other rate than that of its loudspeakers.
    let listen = LISTEN.replace("{ sampleRate: 48000 }", "");
    hears("Firefox", TONES_HZ, || fox.wait_for(&listen, PATIENCE).expect("samples"));
    fox.screenshot(&pictures().join("firefox-rooms-listener.png")).expect("a picture");
    ann.click("[aria-label='Make DJ: Fox']");
    fox.wait_for("!document.getElementById('deck').hidden", PATIENCE).expect("the decks");
    fox.press("#files", others.to_str().expect("a path")).expect("a file");
    fox.wait_for("!document.getElementById('deck-play').hidden", PATIENCE).expect("it is there");
    fox.click("#deck-play").expect("a tap");
    fox.until_shown("This is what the others hear.", PATIENCE).expect("it plays");
    ann.hears(OTHER_TONES_HZ);
    fox.screenshot(&pictures().join("firefox-rooms-dj.png")).expect("a picture");
}
