//! Streams as programs send them to an Icecast server, and what they are answered.

use std::time::Duration;

use base::ChannelId;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::world::{LIMIT, Reply, World, hosts};
use crate::http::Config;
use crate::http::limits::Limits;
use crate::senders::Heard;

/// The header with this password.
fn basic(password: &str) -> String {
    format!("Authorization: Basic {}", STANDARD.encode(format!("source:{password}")))
}

/// A token, for `main` or for any channel.
fn token(world: &World, name: &str, channel: Option<&str>) -> String {
    let channel = channel.map(|name| ChannelId::new(name).unwrap());
    world.senders.issue(name, channel).unwrap().unwrap().1.to_hex()
}

/// A program that sends.
struct Program(TcpStream);

impl Program {
    /// Sends a head and returns the first line of what is answered.
    async fn begin(world: &World, first: &str, lines: &[&str]) -> (Self, String) {
        let mut socket = TcpStream::connect(world.addr).await.unwrap();
        let mut head = format!("{first}\r\n");
        lines.iter().for_each(|line| head += &format!("{line}\r\n"));
        socket.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(timeout(LIMIT, socket.read_u8()).await.expect("an answer in time").expect("an answer"));
        }
        let text = String::from_utf8(answer).unwrap();
        (Self(socket), text.lines().next().unwrap().to_owned())
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// What else is answered until the box closes.
    async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        // A reset is an end as well.
        _ = timeout(LIMIT, self.0.read_to_end(&mut rest)).await.expect("the box closes in time");
        String::from_utf8_lossy(&rest).into_owned()
    }
}

/// Waits until it is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let mut often = tokio::time::interval(Duration::from_millis(2));
    let waiting = async {
        while !is_so() {
            often.tick().await;
        }
    };
    timeout(LIMIT, waiting).await.unwrap_or_else(|_| panic!("{what}"));
}

fn heard(world: &World) -> Option<Heard> {
    world.senders.heard(ChannelId::new("main").unwrap()).into_iter().next()
}

fn streamed(world: &World) -> Vec<u8> {
    world.streamed.lock().unwrap().0.clone()
}

const MPEG: &str = "Content-Type: audio/mpeg";

#[tokio::test]
async fn put_and_source_are_answered_as_icecast_does_and_what_follows_arrives_whole() {
    let world = World::new(Config::default()).await;
    let line = basic(&token(&world, "Deck", None));
    for (first, expect, answered) in [
        ("PUT /main.mp3 HTTP/1.1", "Expect: 100-continue", "HTTP/1.1 100 Continue"),
        ("PUT /main HTTP/1.1", "X: y", "HTTP/1.1 200 OK"),
        ("SOURCE /main HTTP/1.0", "X: y", "HTTP/1.0 200 OK"),
        ("SOURCE /main.ogg ICE/1.0", "X: y", "HTTP/1.0 200 OK"),
        ("SOURCE / HTTP/1.0", "X: y", "HTTP/1.0 200 OK"),
        ("SOURCE /stream HTTP/1.0", "X: y", "HTTP/1.0 200 OK"),
        ("SOURCE /live.mp3 HTTP/1.0", "X: y", "HTTP/1.0 200 OK"),
    ] {
        world.streamed.lock().unwrap().0.clear();
        let (mut program, said) = Program::begin(&world, first, &[&line, MPEG, expect]).await;
        assert_eq!(said, answered, "{first}");
        assert_eq!(heard(&world).map(|heard| heard.name).as_deref(), Some("Deck"), "{first}");
        let sound: Vec<u8> = (0..200_000_u32).flat_map(|n| n.to_le_bytes()).collect();
        program.send(&sound).await;
        until("all of it arrives", || streamed(&world).len() == sound.len()).await;
        assert!(streamed(&world) == sound, "{first}");
        drop(program);
        until("the channel is free", || heard(&world).is_none()).await;
    }
}

#[tokio::test]
async fn whatever_a_program_calls_its_sound_is_taken() {
    let world = World::new(Config::default()).await;
    let line = basic(&token(&world, "Deck", None));
    for called in ["X: y", "Content-Type:", "Content-Type: application/octet-stream", "Content-Type: text/x-mp3; q=1"] {
        let (program, said) = Program::begin(&world, "SOURCE /main HTTP/1.0", &[&line, called]).await;
        assert_eq!(said, "HTTP/1.0 200 OK", "{called}");
        drop(program);
        until("the channel is free", || heard(&world).is_none()).await;
    }
}

#[tokio::test]
async fn libshout_learns_what_the_server_can_do_and_that_it_needs_a_password_before_it_sends() {
    let world = World::new(Config::default()).await;
    let can = world.ask("OPTIONS", "*", &["Connection: Upgrade", "Upgrade: TLS/1.0, HTTP/1.1"], &[]).await;
    let allow = can.header("allow");
    assert!(can.status == 204 && ["PUT", "SOURCE", "OPTIONS"].iter().all(|method| allow.contains(method)), "{allow}");
    assert!(!allow.contains("POST"), "titles are taken by GET alone: {allow}");
    assert_eq!(world.ask("GET", "/*", &[], &[]).await.status, 404);
    let asks = ["Content-Length: 0", MPEG, "Connection: Keep-Alive", "ice-public: 0", "ice-name: no name"];
    let (_, said) = Program::begin(&world, "PUT /main HTTP/1.1", &asks).await;
    assert_eq!(said, "HTTP/1.0 401 Authentication Required");
    assert_eq!(heard(&world), None);
}

#[tokio::test]
async fn a_put_with_expect_is_thanked_at_its_end() {
    let world = World::new(Config::default()).await;
    let line = basic(&token(&world, "Deck", None));
    let lines = [&*line, MPEG, "Expect: 100-continue"];
    let (mut program, _) = Program::begin(&world, "PUT /main HTTP/1.1", &lines).await;
    program.send(b"sound").await;
    program.0.shutdown().await.unwrap();
    assert!(program.rest().await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn whoever_may_not_send_is_told_as_icecast_does() {
    let world = World::new(Config::default()).await;
    let right = basic(&token(&world, "Deck", None));
    let of_red = basic(&token(&world, "Red", Some("red")));
    let bearer = "Authorization: Bearer 0";
    let wrong = basic("hackme");
    for (first, lines, status) in [
        ("SOURCE /main HTTP/1.0", vec![MPEG], "401"),
        ("PUT /main HTTP/1.1", vec![MPEG, "Expect: 100-continue"], "401"),
        ("SOURCE /main HTTP/1.0", vec![MPEG, &wrong], "401"),
        ("SOURCE /main HTTP/1.0", vec![MPEG, bearer], "401"),
        ("SOURCE /main HTTP/1.0", vec![MPEG, "Authorization: Basic ="], "401"),
        ("SOURCE /main HTTP/1.0", vec![MPEG, &of_red], "401"),
        ("SOURCE /none HTTP/1.0", vec![MPEG, &right], "404"),
        ("SOURCE /deep/none HTTP/1.0", vec![MPEG, &right], "404"),
        ("SOURCE /live/none.mp3 HTTP/1.0", vec![MPEG, &right], "404"),
        ("PUT /none HTTP/1.1", vec![MPEG, &right, "Content-Length: 5"], "404"),
        ("PUT /main HTTP/1.1", vec![&wrong, "Content-Length: 5"], "401"),
        ("SOURCE /main HTTP/1.0", vec![&right, "Content-Type: video/webm"], "403"),
        ("SOURCE /main HTTP/1.0", vec![&right, "Content-Type: Audio/WebM; codecs=opus"], "403"),
        ("SOURCE /main HTTP/1.0", vec![&right, MPEG, "Origin: http://evil.example"], "403"),
        ("SOURCE /main HTTP/9", vec![&right, MPEG], "400"),
        ("SOURCE main HTTP/1.0", vec![&right, MPEG], "400"),
        ("SOURCE /main HTTP/1.0", vec![&right, MPEG, "no colon"], "400"),
    ] {
        let (mut program, said) = Program::begin(&world, first, &lines).await;
        assert!(said.starts_with(&format!("HTTP/1.0 {status} ")), "{first} {lines:?}: {said}");
        assert!(program.rest().await.len() > 10, "{first}: the reason");
    }
    assert_eq!(world.streamed.lock().unwrap().1, 0, "nothing was opened");
    let refused = world.raw(format!("SOURCE /main HTTP/1.0\r\n{MPEG}\r\n\r\n").as_bytes()).await;
    assert_eq!(refused.header("www-authenticate"), "Basic realm=\"Icecast2 Server\"");
    // Without a password, or where nothing says that it is sound, it is a request like any other.
    for (path, lines) in [("/main", vec![MPEG]), ("/none", vec![&*right]), ("/api/main", vec![&*right, MPEG])] {
        let plain = world.ask("PUT", path, &lines, b"sound").await;
        assert!([400, 404, 405].contains(&plain.status), "{path} {lines:?}: {}", plain.status);
    }
    assert_eq!(heard(&world), None);
}

#[tokio::test]
async fn a_file_is_sent_as_any_client_of_http_does_and_answered_when_all_of_it_is_taken() {
    let world = World::new(Config::default()).await;
    let line = basic(&token(&world, "Deck", None));
    let sound: Vec<u8> = (0..50_000_u32).flat_map(|n| n.to_le_bytes()).collect();
    let chunks: Vec<u8> = sound
        .chunks(1_000)
        .flat_map(|one| [format!("{:X}\r\n", one.len()).as_bytes(), one, b"\r\n"].concat())
        .collect();
    let length = format!("Content-Length: {}", sound.len());
    for (mount, framing, body) in [
        ("main", &*length, sound.clone()),
        ("live/main.mp3", &*length, sound.clone()),
        ("main/song.mp3", "Transfer-Encoding: chunked", [&chunks[..], b"0\r\n\r\n"].concat()),
        ("", "Transfer-Encoding: chunked", [&chunks[..], b"0\r\nX: y\r\n\r\n"].concat()),
    ] {
        for expect in [true, false] {
            world.streamed.lock().unwrap().0.clear();
            let first = format!("PUT /{mount} HTTP/1.1");
            let mut lines = vec![&*line, framing];
            let mut socket = if expect {
                lines.push("Expect: 100-continue");
                let (program, said) = Program::begin(&world, &first, &lines).await;
                assert_eq!(said, "HTTP/1.1 100 Continue", "{mount}");
                program
            } else {
                let mut program = Program(TcpStream::connect(world.addr).await.unwrap());
                program.send(format!("{first}\r\n{}\r\n\r\n", lines.join("\r\n")).as_bytes()).await;
                program
            };
            socket.send(&body).await;
            assert!(socket.rest().await.starts_with("HTTP/1.1 200 OK\r\n"), "{mount} {framing}");
            until("all of it arrives", || streamed(&world).len() == sound.len()).await;
            assert!(streamed(&world) == sound, "{mount} {framing}");
            until("the channel is free", || heard(&world).is_none()).await;
        }
    }
    // One that breaks off, or is no chunks, is told so.
    for (framing, body, why) in [
        ("Content-Length: 9", &b"sound"[..], "it ended before its end"),
        ("Transfer-Encoding: chunked", b"5\r\nsounds", "longer than it says"),
    ] {
        let mut program = Program(TcpStream::connect(world.addr).await.unwrap());
        program.send(format!("PUT /main HTTP/1.1\r\n{line}\r\n{framing}\r\n\r\n").as_bytes()).await;
        program.send(body).await;
        // The box may have hung up already.
        _ = program.0.shutdown().await;
        let said = program.rest().await;
        assert!(said.starts_with("HTTP/1.0 503 ") && said.contains(why) && said.contains("Retry-After: "), "{said}");
        until("the channel is free", || heard(&world).is_none()).await;
    }
}

#[tokio::test]
async fn whoever_guesses_at_passwords_is_told_when_to_try_again() {
    let world = World::new(Config::default()).await;
    let wrong = basic("hackme");
    let head = format!("SOURCE /main HTTP/1.0\r\n{wrong}\r\n\r\n");
    let mut refused = world.raw(head.as_bytes()).await;
    for _ in 0..200 {
        if refused.status == 429 {
            break;
        }
        assert_eq!(refused.status, 401);
        refused = world.raw(head.as_bytes()).await;
    }
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
}

#[tokio::test]
async fn a_second_sender_is_refused_and_the_same_one_comes_back() {
    let world = World::new(hosts()).await;
    let (desk, phone) = (basic(&token(&world, "Deck", None)), basic(&token(&world, "Phone", None)));
    let (mut first, _) = Program::begin(&world, "SOURCE /main HTTP/1.0", &[&desk, MPEG]).await;
    let (mut second, said) = Program::begin(&world, "SOURCE /main HTTP/1.0", &[&phone, MPEG]).await;
    assert_eq!(said, "HTTP/1.0 403 Forbidden");
    assert_eq!(second.rest().await.trim(), "Mountpoint in use by Deck");
    let (mut again, said) = Program::begin(&world, "SOURCE /main HTTP/1.0", &[&desk, MPEG]).await;
    assert_eq!(said, "HTTP/1.0 200 OK");
    assert_eq!(first.rest().await, "", "its old connection is ended");
    assert_eq!(world.ask("DELETE", "/api/channels/main/sender", &[], &[]).await.status, 204);
    assert_eq!((again.rest().await, heard(&world)), (String::new(), None));
    let (mut revoked, _) = Program::begin(&world, "SOURCE /main HTTP/1.0", &[&phone, MPEG]).await;
    let tokens = world.senders.tokens();
    let (id, ..) = tokens.iter().find(|(_, name, _)| name == "Phone").unwrap();
    assert_eq!(world.ask("DELETE", &format!("/api/senders/{}", id.0), &[], &[]).await.status, 204);
    assert_eq!((revoked.rest().await, heard(&world)), (String::new(), None));
}

async fn update(world: &World, query: &str, line: &str) -> Reply {
    world.ask("GET", &format!("/admin/metadata?{query}"), &[line], &[]).await
}

#[tokio::test]
async fn only_who_sends_says_what_plays() {
    let world = World::new(Config::default()).await;
    let (desk, phone) = (basic(&token(&world, "Deck", None)), basic(&token(&world, "Phone", None)));
    let query = "mode=updinfo&mount=/main.mp3&song=Ann+-+Gr%F6%DFe";
    let early = update(&world, query, &desk).await;
    assert_eq!(early.status, 400);
    assert!(early.text().contains("<message>Source does not exist</message><return>0</return>"), "{}", early.text());
    let (mut program, _) = Program::begin(&world, "SOURCE /main.mp3 HTTP/1.0", &[&desk, MPEG]).await;
    let told = update(&world, query, &desk).await;
    assert_eq!((told.status, told.header("content-type")), (200, "text/xml; charset=utf-8"));
    assert!(told.text().contains("<message>Metadata update successful</message><return>1</return>"));
    let title = heard(&world).unwrap().title;
    assert_eq!((&*title.artist, &*title.title), ("Ann", "Größe"));
    for (query, line, status) in [
        (query, &*phone, 400),
        (query, &*basic("hackme"), 401),
        (query, "X: y", 401),
        ("mode=updinfo&mount=/none&song=x", &desk, 400),
        ("mode=fallbacks&mount=/main", &desk, 400),
        ("mount=/main&song=x", &desk, 400),
        (query, &*format!("{desk}\r\nOrigin: http://evil.example"), 403),
    ] {
        assert_eq!(update(&world, query, line).await.status, status, "{query} {line}");
    }
    assert_eq!(heard(&world).unwrap().title, title);
    // As old programs ask, which name no host.
    let old = format!("GET /admin/metadata?mode=updinfo&mount=%2Fmain.mp3&song=Old HTTP/1.0\r\n{desk}\r\n\r\n");
    assert_eq!(world.raw(old.as_bytes()).await.status, 200);
    assert_eq!(heard(&world).unwrap().title.title, "Old");
    program.send(b"sound with a tag").await;
    until("what the stream says counts", || heard(&world).unwrap().title.title == "Tagged").await;
}

#[tokio::test]
async fn a_stream_that_is_no_sound_is_hung_up() {
    let world = World::new(Config::default()).await;
    let line = basic(&token(&world, "Deck", None));
    let (mut program, _) = Program::begin(&world, "SOURCE /main HTTP/1.0", &[&line, MPEG]).await;
    program.send(b"bad").await;
    assert_eq!((program.rest().await, heard(&world)), (String::new(), None));
}

#[tokio::test]
async fn slow_heads_and_endless_ones_are_ended_and_the_next_guest_is_served() {
    let limits = Limits { head_timeout: Duration::from_millis(100), ..Limits::default() };
    let world = World::new(Config { limits, ..Config::default() }).await;
    let line = basic(&token(&world, "Deck", None));
    for head in ["S", "PUT", "SOURCE /main HTTP/1.0\r\nX: ", &format!("SOURCE /main HTTP/1.0\r\n{line}\r\n")] {
        let mut socket = TcpStream::connect(world.addr).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        _ = timeout(LIMIT, socket.read_to_end(&mut answer)).await.expect("it is closed in time");
        assert!(answer.is_empty(), "{head}: {}", String::from_utf8_lossy(&answer));
    }
    for (head, status) in [("SOURCE /main HTTP/1.0\r\n", 400), ("PUT /main HTTP/1.1\r\n", 431)] {
        let endless = [head.as_bytes(), "X: y\r\n".repeat(4_000).as_bytes()].concat();
        assert_eq!(world.raw(&endless).await.status, status, "{head}");
    }
    // A head that comes byte by byte is as good as another.
    let mut socket = TcpStream::connect(world.addr).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let head = format!("SOURCE /main HTTP/1.0\r\n{line}\r\n{MPEG}\r\n\r\nsound");
    for byte in head.as_bytes() {
        socket.write_all(&[*byte]).await.unwrap();
    }
    until("what came behind the head arrives", || streamed(&world) == b"sound").await;
    assert_eq!(world.get("/health").await.status, 200);
}

#[tokio::test]
async fn passwords_are_guessed_ten_times_a_second() {
    let world = World::new(Config::default()).await;
    let wrong = basic(&"0".repeat(32));
    let mut many = 0;
    for _ in 0..40 {
        let (_, said) = Program::begin(&world, "SOURCE /main HTTP/1.0", &[&wrong, MPEG]).await;
        many += usize::from(said.starts_with("HTTP/1.0 429 "));
    }
    assert!(many > 0, "none of forty was one too many");
}
