//! MP3 bodies as players see them: frames, metadata, probes, slow readers, places.

use base::{Encoding, PacketSink};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::world::{BITRATE_BPS, LIMIT, Reply, World};
use crate::http::Config;
use crate::http::limits::Limits;

/// Connects, sends a request for `path` and gives back the socket.
async fn request(world: &World, path: &str, lines: &str) -> TcpStream {
    let mut socket = TcpStream::connect(world.addr).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{lines}\r\n", world.addr);
    socket.write_all(head.as_bytes()).await.unwrap();
    socket
}

/// Reads `bytes` bytes of head and body while packets flow.
async fn take(world: &mut World, socket: TcpStream, bytes: usize) -> (Reply, TcpStream) {
    let (all, socket) = flow(world, socket, bytes).await;
    (Reply::parse(&all), socket)
}

/// Reads the next `bytes` bytes while packets flow.
async fn flow(world: &mut World, mut socket: TcpStream, bytes: usize) -> (Vec<u8>, TcpStream) {
    let read = async move {
        let mut all = vec![0; bytes];
        socket.read_exact(&mut all).await.unwrap();
        (all, socket)
    };
    world.publish_until(read).await
}

#[tokio::test]
async fn nothing_is_encoded_while_nobody_listens() {
    let mut world = World::new(Config::default()).await;
    let encoding = Encoding::Mp3 { bitrate_bps: BITRATE_BPS };
    assert!(!world.feed.wants(encoding));
    let socket = request(&world, "/stream/main.mp3", "").await;
    let (_, socket) = take(&mut world, socket, 2_000).await;
    assert!(world.feed.wants(encoding));
    assert!(!world.feed.wants(Encoding::Mp3 { bitrate_bps: 64_000 }));
    drop(socket);
    let feed_wants = |world: &World| world.feed.wants(encoding);
    tokio::time::timeout(LIMIT, async {
        while feed_wants(&world) {
            world.publish(1);
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the encoder is let off once the last listener is gone");
}

#[tokio::test]
async fn a_listener_who_joins_in_the_middle_starts_on_a_frame() {
    let mut world = World::new(Config::default()).await;
    let first = request(&world, "/stream/main.mp3", "").await;
    let (_, _first) = take(&mut world, first, 20_000).await;
    let second = request(&world, "/stream/latest.mp3", "Range: bytes=0-\r\n").await;
    let (reply, _second) = take(&mut world, second, 5_000).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "audio/mpeg"));
    assert_eq!((reply.header("cache-control"), reply.header("content-length")), ("no-store", ""));
    let frames: Vec<&[u8]> = reply.body.chunks_exact(384).collect();
    assert!(frames.len() > 5);
    for (n, frame) in frames.iter().enumerate() {
        assert_eq!(frame[..4], [0xff, 0xfb, 0x90, 0x64], "frame {n}");
        assert_eq!(u32::from(frame[4]), (u32::from(frames[0][4]) + n as u32) % 200, "no frame is missing or twice");
    }
}

#[tokio::test]
async fn who_asks_is_told_where_the_sound_lies_on_the_timeline() {
    let mut world = World::new(Config::default()).await;
    let mut held = Vec::new();
    // The first listener waits for the first packet, the second comes in the middle.
    for bytes in [20_000, 5_000] {
        let socket = request(&world, "/stream/main.mp3?stamp=id3", "").await;
        let (reply, socket) = take(&mut world, socket, bytes).await;
        held.push(socket);
        let (tag, sound) = reply.body.split_at(48);
        assert!(tag.starts_with(b"ID3\x04") && tag[20..].starts_with(b"partybox/media-time\0"), "{tag:?}");
        let ticks = u64::from_be_bytes(tag[40..].try_into().unwrap());
        assert_eq!(sound[..4], [0xff, 0xfb, 0x90, 0x64]);
        assert_eq!((ticks % 1152, (ticks / 1152) % 200), (0, u64::from(sound[4])));
    }
}

#[tokio::test]
async fn metadata_stands_exactly_every_8192_bytes() {
    let mut world = World::new(Config::default()).await;
    let socket = request(&world, "/stream/main.mp3", "Icy-MetaData: 1\r\n").await;
    let (reply, _socket) = take(&mut world, socket, 70_000).await;
    assert_eq!(
        (reply.header("icy-metaint"), reply.header("icy-name"), reply.header("icy-br")),
        ("8192", "Partybox", "128")
    );
    let (mut sound, mut titles, mut rest) = (Vec::new(), Vec::new(), &reply.body[..]);
    while rest.len() > 8_192 + 1 + 255 * 16 {
        sound.extend_from_slice(&rest[..8_192]);
        let length = usize::from(rest[8_192]) * 16;
        titles.push(String::from_utf8_lossy(&rest[8_193..8_193 + length]).trim_end_matches('\0').to_owned());
        rest = &rest[8_193 + length..];
    }
    assert_eq!(titles.len(), 7);
    assert_eq!(titles[0], "StreamTitle='Artist - Title';");
    assert!(titles[1..].iter().all(String::is_empty), "{titles:?}");
    for (n, frame) in sound.chunks_exact(384).enumerate() {
        assert_eq!(frame[..4], [0xff, 0xfb, 0x90, 0x64], "frame {n} of what is left without metadata");
    }
}

#[tokio::test]
async fn who_hears_a_channel_that_is_removed_goes_on_with_another_in_the_same_body() {
    let mut world = World::new(Config::default()).await;
    let plain = request(&world, "/stream/main.mp3", "").await;
    let (first, plain) = take(&mut world, plain, 20_000).await;
    let titled = request(&world, "/stream/main.mp3", "Icy-MetaData: 1\r\n").await;
    let (_, titled) = take(&mut world, titled, 20_000).await;
    world.hand_over("green");
    let (second, _plain) = flow(&mut world, plain, 30_000).await;
    let sound = [&first.body[..], &second[..]].concat();
    let numbers: Vec<u8> = sound
        .chunks_exact(384)
        .map(|frame| {
            assert_eq!(frame[..4], [0xff, 0xfb, 0x90, 0x64], "a frame is cut in two");
            frame[4]
        })
        .collect();
    assert!(
        numbers.len() > 120 && numbers.windows(2).all(|two| two[0] != two[1]),
        "a frame is heard twice: {numbers:?}"
    );
    // What the other plays is said, which is the box's name here.
    let (told, _titled) = flow(&mut world, titled, 20_000).await;
    assert!(String::from_utf8_lossy(&told).contains("StreamTitle='Partybox';"), "nobody said what is heard now");
    let totals = |world: &World| world.hubs.borrow()[0].listeners();
    assert_eq!(totals(&world), 2, "they are its listeners now");
}

#[tokio::test]
async fn head_and_probe_are_answered_at_once_and_take_no_place() {
    let world = World::new(Config::default()).await;
    let head = world.ask("HEAD", "/stream/main.mp3", &["Icy-MetaData: 1"], &[]).await;
    assert_eq!((head.status, head.body.len(), head.header("content-length")), (200, 0, ""));
    assert_eq!((head.header("content-type"), head.header("icy-metaint")), ("audio/mpeg", "8192"));
    let probe = world.ask("GET", "/stream/main.mp3", &["Range: bytes=0-1"], &[]).await;
    assert_eq!((probe.status, probe.body.len()), (206, 2));
    assert_eq!((probe.header("content-range"), probe.header("content-length")), ("bytes 0-1/*", "2"));
    assert!(!world.feed.wants(Encoding::Mp3 { bitrate_bps: BITRATE_BPS }));
}

#[tokio::test]
async fn a_wrong_stream_or_bit_rate_names_the_right_ones() {
    let world = World::new(Config::default()).await;
    for (path, status, text) in [
        ("/stream/red.mp3", 404, "latest.mp3, main.mp3"),
        ("/stream/main.ogg", 404, "latest.mp3, main.mp3"),
        ("/stream/main.mp3?bitrate=320", 400, "128, 64"),
        ("/stream/main.mp3?bitrate=99999999999999", 400, "128, 64"),
    ] {
        let reply = world.get(path).await;
        assert_eq!(reply.status, status, "{path}");
        assert!(reply.text().contains(text), "{}", reply.text());
    }
}

#[tokio::test]
async fn an_http_1_0_player_without_host_hears() {
    let mut world = World::new(Config::default()).await;
    let mut socket = TcpStream::connect(world.addr).await.unwrap();
    socket.write_all(b"GET /stream/main.mp3 HTTP/1.0\r\n\r\n").await.unwrap();
    let (reply, _socket) = take(&mut world, socket, 3_000).await;
    assert_eq!((reply.status, reply.header("transfer-encoding")), (200, ""));
    assert_eq!(reply.body[..4], [0xff, 0xfb, 0x90, 0x64]);
}

#[tokio::test]
async fn a_slow_reader_is_let_go_and_others_hear_on() {
    let mut world = World::new(Config::default()).await;
    let slow = TcpSocket::new_v4().unwrap();
    slow.set_recv_buffer_size(4_096).unwrap();
    let mut slow = slow.connect(world.addr).await.unwrap();
    let head = format!("GET /stream/main.mp3 HTTP/1.1\r\nHost: {}\r\n\r\n", world.addr);
    slow.write_all(head.as_bytes()).await.unwrap();
    let other = request(&world, "/stream/main.mp3", "").await;
    // Ten times what ring and kernel hold for one listener.
    let (reply, _other) = take(&mut world, other, 2_000_000).await;
    for (n, frame) in reply.body.chunks_exact(384).enumerate() {
        assert_eq!(frame[..4], [0xff, 0xfb, 0x90, 0x64], "frame {n} of the listener who keeps up");
    }
    let metrics = world.get("/metrics").await.text();
    assert!(metrics.contains("partybox_mp3_slow_total{stream=\"main\"} 1\n"), "{metrics}");
    assert!(metrics.contains("partybox_listeners{kind=\"mp3\"} 1\n"), "{metrics}");
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(LIMIT, slow.read_to_end(&mut rest)).await.expect("the slow one's connection ended");
    assert!(rest.len() < 1_000_000, "{}", rest.len());
}

#[tokio::test]
async fn listeners_above_the_limit_are_told_when_to_come_back() {
    let limits = Limits { mp3_listeners_max: 1, ..Limits::default() };
    let mut world = World::new(Config { limits, ..Config::default() }).await;
    let first = request(&world, "/stream/main.mp3", "").await;
    let (_, first) = take(&mut world, first, 1_000).await;
    let second = world.get("/stream/main.mp3").await;
    assert_eq!((second.status, second.header("retry-after")), (503, "10"), "{}", second.text());
    drop(first);
    let free =
        async |world: &World| world.get("/metrics").await.text().contains("partybox_listeners{kind=\"mp3\"} 0\n");
    tokio::time::timeout(LIMIT, async {
        while !free(&world).await {
            world.publish(1);
        }
    })
    .await
    .expect("the place is given back");
}
