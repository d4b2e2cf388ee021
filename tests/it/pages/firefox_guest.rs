//! What moves with the music, and songs of guests' own, in Firefox.

use std::net::Ipv4Addr;

use tests::caller::Caller;
use tests::firefox::Firefox;
use tests::sound::SoundServer;

use super::firefox::{PHONE, party, picture};
use super::guest_files::files;
use super::seen::until_viewers;
use super::{HOST, PATIENCE};

#[test]
fn bars_move_with_the_music_where_somebody_sees_them() {
    let Some(party) = party(&format!("{HOST}/32")) else { return };
    let Some((_server, sink)) = SoundServer::ears() else { return };
    let mut guest = Firefox::open(&party.running.url(""), PHONE, Some(&sink)).expect("the page opens");
    guest.click("#play").expect("a tap");
    guest.wait_for("document.getElementById('page').dataset.phase === 'live'", PATIENCE).expect("live");
    guest.wait_for("document.getElementById('bars')?.hidden === false", PATIENCE).expect("bars");
    until_viewers(&party.running, 1.0);
    let drawn = "(() => {
      const canvas = document.getElementById('bars');
      const { width, height } = canvas;
      if (width === 0 || height === 0) return false;
      const { data } = canvas.getContext('2d').getImageData(0, Math.floor(height * 0.8), width, 1);
      return data.some((part, n) => n % 4 === 3 && part > 100);
    })()";
    guest.wait_for(drawn, PATIENCE).expect("a song's tone is a fifth as high as there is room");
    picture(&mut guest, "guest-bars");
    guest.run("location.hash = '/more'").expect("a part");
    until_viewers(&party.running, 0.0);
    guest.run("location.hash = '/listen'").expect("a part");
    until_viewers(&party.running, 1.0);
}

#[test]
fn a_song_of_ones_own_is_sent_and_waits_for_the_host() {
    let Some(party) = party(&format!("{HOST}/32")) else { return };
    let (_folder, songs, letter) = files(&["From Firefox"]);
    let mut guest = Firefox::open(&party.running.url(""), PHONE, None).expect("the page opens");
    guest.run("location.hash = '/music'").expect("the music");
    guest.press("#own-file", &letter.display().to_string()).expect("a file");
    guest.until_shown("This is no music that the box can play.", PATIENCE).expect("the reason");
    guest.press("#own-file", &songs[0].display().to_string()).expect("a file");
    guest.until_shown("The box has From Firefox.mp3.", PATIENCE).expect("it arrives");
    picture(&mut guest, "guest-file-sent");
    guest.run("location.hash = '/queue'").expect("the queue");
    guest.until_shown("waiting for the host", PATIENCE).expect("asked");
}

#[test]
fn a_host_hears_a_guests_song_and_jumps_in_it() {
    let Some(party) = party("127.0.0.1/32") else { return };
    let Some((_server, sink)) = SoundServer::ears() else { return };
    let (_folder, songs, _letter) = files(&["To Be Judged"]);
    let mut ann = Caller::new(Ipv4Addr::new(127, 0, 0, 2), party.running.address);
    assert_eq!(ann.send("/api/files?name=judged.mp3", &std::fs::read(&songs[0]).expect("a file")).status, 201);
    let mut host = Firefox::open(&party.running.url("/host"), PHONE, Some(&sink)).expect("the page opens");
    host.wait_for("document.getElementById('page').dataset.role === 'host'", PATIENCE).expect("a host");
    host.click("#tab-asks").expect("the requests");
    host.until_shown("To Be Judged", PATIENCE).expect("it waits");
    host.run("document.querySelector('#asks .preview').scrollIntoView({ block: 'center' })").expect("in sight");
    host.click("#asks .preview button").expect("listen");
    host.wait_for("document.querySelector('#asks audio')?.currentTime > 0.5", PATIENCE).expect("it plays");
    host.run("document.querySelector('#asks audio').currentTime = 100").expect("a jump");
    host.wait_for("document.querySelector('#asks audio').currentTime > 100.5", PATIENCE)
        .expect("it goes on from there");
    picture(&mut host, "host-preview");
}
