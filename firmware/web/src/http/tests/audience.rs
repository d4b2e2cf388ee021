//! Whose ears the box counts: guests by the sound they hold, never by a cookie alone.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use ::party::Audience;
use base::{GuestId, PacketDuration, StreamId};
use rtc::api::ListenerStats;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::guests::join;
use super::world::{LIMIT, SESSION, World, main};
use crate::http::Config;

/// Waits until the rules are told that `guests` and so many others hear the channel.
async fn until(world: &mut World, guests: &[u32], others: usize) {
    let wanted = Audience { guests: guests.iter().copied().map(GuestId).collect::<BTreeSet<_>>(), others };
    let heard = world.audience.wait_for(|audiences| audiences.get(&main()) == Some(&wanted));
    let told = timeout(LIMIT, heard).await.is_ok();
    assert!(told, "{wanted:?} is never told, but {:?}", world.audience.borrow());
}

fn listener() -> ListenerStats {
    ListenerStats {
        session: SESSION,
        stream: StreamId::new("main").unwrap(),
        address: SocketAddr::from(([127, 0, 0, 1], 9)),
        duration: PacketDuration::Ms20,
        packets_total: 1,
        link: None,
    }
}

#[tokio::test]
async fn a_guest_is_an_ear_while_its_session_is_heard_and_a_cookie_alone_is_none() {
    let mut world = World::new(Config::default()).await;
    join(&world).await;
    let second = join(&world).await;
    let offered = world.ask("POST", "/whep/main", &["Content-Type: application/sdp", &second], b"v=0").await;
    assert_eq!(offered.status, 201, "{}", offered.text());
    until(&mut world, &[], 0).await;
    world.listeners.lock().unwrap().push(listener());
    until(&mut world, &[2], 0).await;
    world.listeners.lock().unwrap().clear();
    until(&mut world, &[], 0).await;
}

#[tokio::test]
async fn who_asked_for_sound_before_the_box_knew_them_says_so_later() {
    let mut world = World::new(Config::default()).await;
    let offered = world.ask("POST", "/whep/main", &["Content-Type: application/sdp"], b"v=0").await;
    assert_eq!(offered.status, 201, "{}", offered.text());
    world.listeners.lock().unwrap().push(listener());
    until(&mut world, &[], 1).await;
    let guest = join(&world).await;
    let path = format!("/whep/main/{SESSION}/stream");
    let told = world.ask("PUT", &path, &["Content-Type: application/json", &guest], br#"{"stream":"main"}"#).await;
    assert_eq!(told.status, 204, "{}", told.text());
    until(&mut world, &[1], 0).await;
}

#[tokio::test]
async fn an_mp3_body_is_its_guests_or_somebody_elses() {
    let mut world = World::new(Config::default()).await;
    let guest = join(&world).await;
    // Each reads as fast as it comes: a body that nobody reads is let go.
    let listen = async |line: &str| {
        let mut socket = TcpStream::connect(world.addr).await.unwrap();
        let head = format!("GET /stream/main.mp3 HTTP/1.1\r\nHost: {}\r\n{line}\r\n", world.addr);
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.read_exact(&mut [0; 12]).await.unwrap();
        tokio::spawn(async move { tokio::io::copy(&mut socket, &mut tokio::io::sink()).await }).abort_handle()
    };
    let radio = listen("").await;
    let first = listen(&format!("{guest}\r\n")).await;
    let again = listen(&format!("{guest}\r\n")).await;
    until(&mut world, &[1], 1).await;
    // A body that has ended is noticed when there is something to send.
    for (gone, guests) in [(radio, &[1][..]), (first, &[1]), (again, &[])] {
        gone.abort();
        let mut audience = world.audience.clone();
        let wanted = Audience { guests: guests.iter().copied().map(GuestId).collect(), others: 0 };
        let told = async move {
            let seen = audience.wait_for(|audiences| audiences.get(&main()) == Some(&wanted));
            seen.await.map(drop).expect("the server runs");
        };
        world.publish_until(told).await;
    }
}
