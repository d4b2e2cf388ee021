//! How the program starts and ends: what it refuses in one line, and that nobody is left waiting when it is told to stop.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use audio::clock::Clock;
use tests::phone::{Phone, Wishes};
use tests::program::{self, Running, free_port};
use tests::wait;

/// How long anything on a busy machine may take before it counts as not happening.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a box that is told to stop may take.
const STOP_LIMIT: Duration = Duration::from_secs(3);

/// First byte of a DTLS alert, such as the one that closes (RFC 6347 section 4.1, RFC 5246 section 6.2.1).
const DTLS_ALERT: u8 = 21;

/// Starts the program with options that it must refuse: exit code 2, one line that holds all of `words`. `None`, with
/// the reason printed, where it is not built.
fn refused(options: &[&str], words: &[&str]) -> Option<()> {
    let program = program::path().inspect_err(|reason| println!("{reason}")).ok()?;
    let mut child = Command::new(program)
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let Some(status) = wait::until(PATIENCE, || child.try_wait().expect("the program is ours")) else {
        // Only so that nothing is left behind; the test has failed.
        let _ = child.kill();
        let _ = child.wait();
        panic!("{options:?}: the box runs");
    };
    let mut said = String::new();
    child.stderr.take().expect("it is piped").read_to_string(&mut said).expect("the program writes UTF-8");
    assert_eq!(status.code(), Some(2), "{options:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{options:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{options:?}: no {word:?} in {said}");
    }
    Some(())
}

#[test]
fn a_port_that_another_program_serves_is_named() {
    let holder = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = holder.local_addr().expect("an address").to_string();
    refused(&["--listen", &address], &[&address, "in use", "--listen"]);
}

#[test]
fn a_udp_port_that_another_program_holds_is_named() {
    let holder = UdpSocket::bind(free_port()).expect("a port free of both kinds");
    let address = holder.local_addr().expect("an address").to_string();
    let port = address.rsplit(':').next().expect("a port").to_owned();
    refused(&["--listen", &address], &[&port, "in use", "webrtc.udp_port"]);
}

#[test]
fn a_missing_music_directory_is_named() {
    refused(&["--listen", "127.0.0.1:0", "--music", "/no/such/music"], &["/no/such/music", "No such file", "--music"]);
}

#[test]
fn an_unreadable_configuration_is_named() {
    refused(&["--config", "/no/such/partybox.toml"], &["/no/such/partybox.toml", "No such file"]);
    refused(&["--config", "/"], &["configuration /", "directory"]);
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("partybox.toml");
    std::fs::write(&path, "name = \"Party\"\nvolume = 11\n").expect("a file");
    refused(&["--config", &path.display().to_string()], &["line 2", "`volume`", "`listen`"]);
}

#[test]
fn a_wrong_option_is_named_with_what_is_allowed() {
    refused(&["--loud"], &["--loud", "--help"]);
    refused(&["--log-level", "loud"], &["loud", "debug"]);
    refused(&["--listen", "here"], &["here", "ADDRESS:PORT"]);
}

/// A response whose body has begun, and the thread that reads it to its end.
fn body(running: &Running, path: &str) -> JoinHandle<std::io::Result<u64>> {
    let mut stream = TcpStream::connect(running.address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", running.address);
    stream.write_all(request.as_bytes()).expect("a request");
    let mut head = [0; 15];
    stream.read_exact(&mut head).expect("a response");
    assert_eq!(&head, b"HTTP/1.1 200 OK", "{path}");
    std::thread::spawn(move || std::io::copy(&mut stream, &mut std::io::sink()))
}

/// A phone on a real socket that has joined and hears.
fn phone(running: &Running, clock: Clock) -> (Phone, UdpSocket) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let address = socket.local_addr().expect("an address");
    let (mut phone, offer) = Phone::offering(clock.now(), address, Wishes::default()).expect("an offer");
    let request = ureq::post(running.url("/whep/main")).header("Content-Type", "application/sdp");
    let mut answer = request.send(&offer).expect("the box answers");
    let answer = answer.body_mut().read_to_string().expect("an answer");
    phone.accept(clock.now(), &answer).expect("the phone takes the answer");
    exchange(&mut phone, &socket, clock, |phone, _| phone.heard.len() > 10).expect("the phone joins and hears");
    (phone, socket)
}

/// Lets the phone talk until `done`, which sees every datagram that came in; `None` if that is not in time.
fn exchange(
    phone: &mut Phone,
    socket: &UdpSocket,
    clock: Clock,
    mut done: impl FnMut(&Phone, &[u8]) -> bool,
) -> Option<()> {
    let begun = Instant::now();
    let mut buffer = [0; 2_048];
    socket.set_read_timeout(Some(Duration::from_millis(10))).expect("a limit");
    while begun.elapsed() < PATIENCE {
        while let Some((to, datagram)) = phone.outgoing() {
            // The box may be gone already, which the loopback reports as an error.
            let _ = socket.send_to(&datagram, to);
        }
        if let Ok((length, from)) = socket.recv_from(&mut buffer) {
            phone.receive(clock.now(), from, &buffer[..length]).expect("the phone goes on");
            if done(phone, &buffer[..length]) {
                return Some(());
            }
        }
        phone.tick(clock.now()).expect("the phone goes on");
    }
    None
}

#[test]
fn a_box_that_is_told_to_stop_tells_everybody_and_ends() {
    let Some(mut running) = Running::start::<&str>(&[]) else { return };
    let clock = Clock::start();
    let bodies = ["/api/party/events", "/stream/main.mp3"].map(|path| body(&running, path));
    let (mut phone, socket) = phone(&running, clock);
    let listener = std::thread::spawn(move || {
        exchange(&mut phone, &socket, clock, |_, datagram| datagram.first() == Some(&DTLS_ALERT))
    });
    let status = running.terminate(STOP_LIMIT).expect("the box ends in time");
    assert_eq!(status.code(), Some(0), "{status}");
    for body in bodies {
        let length = body.join().expect("no panic").expect("the body is ended, not broken");
        assert!(length > 0, "an empty body");
    }
    listener.join().expect("no panic").expect("the phone is told");
    // The port is free for the next box at once.
    running.restart();
}
