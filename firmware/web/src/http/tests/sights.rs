//! What pages draw of the sound, over the WebSocket of the feed: to whoever looks and may, and to slow ones not all of it.

use std::sync::atomic::Ordering;

use base::{ChannelId, MediaTime};
use futures_util::SinkExt;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::keeper::cookie as host_cookie;
use super::live::{Phone, UPGRADE, metric, until_metric};
use super::world::{LIMIT, World, main};
use crate::http::Config;
use crate::http::socket::sim::frame;
use crate::visual::{InputLevel, Sight};

#[tokio::test]
async fn what_is_drawn_is_sent_to_who_looks_and_made_for_nobody_else() {
    let world = World::new(Config::default()).await;
    let spectrum = world.visuals.open(main(), Sight::Spectrum);
    let inputs = world.visuals.open(main(), Sight::Inputs);
    let look = |at: &str| Message::text(format!(r#"{{"type":"look","at":"{at}"}}"#));
    let mut phone = Phone::new(&world, "", &[]).await;
    phone.next(&["snapshot"]).await;
    assert!(metric(&world, "partybox_visual_viewers 0").await);
    phone.socket.send(look("spectrum")).await.unwrap();
    until_metric(&world, "partybox_visual_viewers 1").await;
    spectrum.spectrum(MediaTime::from_ticks(2_400), -3.0, &[-3.0; 20]);
    let drawn = phone.next(&["spectrum"]).await;
    assert_eq!(
        (&drawn["media_time"], &drawn["level_db"], drawn["bands_db"].as_array().unwrap().len()),
        (&json!(2_400), &json!(-3), 20)
    );
    // How loud the inputs are is for hosts.
    phone.socket.send(look("inputs")).await.unwrap();
    until_metric(&world, "partybox_visual_viewers 0").await;
    phone.socket.send(look("spectrum")).await.unwrap();
    until_metric(&world, "partybox_visual_viewers 1").await;
    phone.socket.send(look("nothing")).await.unwrap();
    until_metric(&world, "partybox_visual_viewers 0").await;
    phone.socket.send(look("spectrum")).await.unwrap();
    until_metric(&world, "partybox_visual_viewers 1").await;
    drop(phone);
    until_metric(&world, "partybox_visual_viewers 0").await;
    assert_eq!(inputs.viewers().load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_host_sees_how_loud_the_inputs_are_until_removed() {
    let world = World::new(Config::default()).await;
    let inputs = world.visuals.open(main(), Sight::Inputs);
    world.ask_from([127, 0, 0, 1], "POST", "/api/pairing").await;
    world.keeper.press();
    let mut phone = Phone::new(&world, "", &[&host_cookie(1)]).await;
    phone.socket.send(Message::text(r#"{"type":"look","at":"inputs"}"#)).await.unwrap();
    until_metric(&world, "partybox_visual_viewers 1").await;
    inputs.inputs(&[InputLevel { id: "line-in", peak_db: -3.04, loudness_lufs: -14.26, clipping: false }]);
    let level = json!({ "id": "line-in", "peak_db": -3.0, "loudness_lufs": -14.3, "clipping": false });
    assert_eq!(phone.next(&["inputs"]).await["inputs"], json!([level]));
    world.keeper.revoke(1);
    until_metric(&world, "partybox_visual_viewers 0").await;
}

#[tokio::test]
async fn a_page_that_draws_slowly_loses_the_oldest_and_keeps_its_place() {
    let world = World::new(Config::default()).await;
    let spectrum = world.visuals.open(main(), Sight::Spectrum);
    let slow = TcpSocket::new_v4().unwrap();
    slow.set_recv_buffer_size(4_096).unwrap();
    let mut slow = slow.connect(world.addr).await.unwrap();
    let look = br#"{"type":"look","at":"spectrum"}"#;
    let head = format!("GET /api/party/live HTTP/1.1\r\nHost: {}\r\n{}\r\n\r\n", world.addr, UPGRADE.join("\r\n"));
    slow.write_all(&[head.as_bytes(), &frame(0x81, look.len() as u64, look)].concat()).await.unwrap();
    until_metric(&world, "partybox_visual_viewers 1").await;
    // More than the kernel and the phone hold for one connection, which is all that may wait for it.
    for n in 0..5_000 {
        spectrum.spectrum(MediaTime::from_ticks(n * 2_400), -3.0, &[-3.0; 20]);
        tokio::task::yield_now().await;
    }
    let mut read = vec![0; 16_384];
    let lost = timeout(LIMIT, async {
        while metric(&world, "partybox_visual_lost_total 0").await {
            assert!(slow.read(&mut read).await.is_ok_and(|count| count > 0), "it may go on");
        }
    });
    lost.await.expect("it reads again, and has lost what it did not take");
    assert!(metric(&world, "partybox_visual_viewers 1").await);
}

#[tokio::test]
async fn a_page_that_shows_several_channels_looks_at_each_once_and_at_no_more_than_it_may() {
    let world = World::new(Config::default()).await;
    let named = |name: &str| ChannelId::new(name).unwrap();
    let open = |channel| world.visuals.open(channel, Sight::Spectrum);
    let (first, green) = (open(main()), open(named("green")));
    let many: Vec<_> = (0..20).map(|n| open(named(&format!("c{n}")))).collect();
    let look = |channels: &[&str]| {
        Message::text(json!({ "type": "look", "at": "spectrum", "channels": channels }).to_string())
    };
    let mut phone = Phone::new(&world, "", &[]).await;
    phone.next(&["snapshot"]).await;
    // What is not there, and what is no name, is not seen; what is named twice is seen once.
    phone.socket.send(look(&["main", "green", "green", "gone", "no name"])).await.unwrap();
    until_metric(&world, "partybox_visual_viewers 2").await;
    for (publisher, name, at) in [(&green, "green", 2_400), (&first, "main", 4_800), (&green, "green", 7_200)] {
        publisher.spectrum(MediaTime::from_ticks(at), -3.0, &[-3.0; 20]);
        let drawn = phone.next(&["spectrum"]).await;
        assert_eq!((&drawn["channel"], &drawn["media_time"]), (&json!(name), &json!(at)));
    }
    phone.socket.send(look(&["green"])).await.unwrap();
    until_metric(&world, "partybox_visual_viewers 1").await;
    assert_eq!(first.viewers().load(Ordering::Relaxed), 0);
    let names: Vec<String> = (0..20).map(|n| format!("c{n}")).collect();
    phone.socket.send(look(&names.iter().map(String::as_str).collect::<Vec<_>>())).await.unwrap();
    until_metric(&world, "partybox_visual_viewers 16").await;
    drop(many);
    phone.socket.send(Message::text(r#"{"type":"look","at":"spectrum"}"#)).await.unwrap();
    until_metric(&world, "partybox_visual_viewers 1").await;
    assert_eq!(first.viewers().load(Ordering::Relaxed), 1, "none named is the one that is followed");
}
