//! Simulated phones on real sockets: they join one soon after another, and then only empty their sockets.

use std::net::UdpSocket;
use std::thread;
use std::time::{Duration, Instant};

use base::{Encoding, PacketDuration, PacketSink};
use rtc::config::Clocks;
use rtc::dtls::Identity;
use rtc::sim::{Phone, Setup};
use rtc::{Handle, Sink};
use tests::venue::LOOPBACK;

use super::{BURST_EVERY, offer, packet};

struct OnePhone {
    socket: UdpSocket,
    phone: Phone,
    asked: Option<Instant>,
    first: Option<Instant>,
}

/// Phones on real sockets.
pub(crate) struct Phones {
    clocks: Clocks,
    all: Vec<OnePhone>,
}

impl Phones {
    fn new(count: usize, clocks: Clocks) -> Self {
        let identity = Identity::generate().expect("a certificate");
        let one = |n| {
            let socket = UdpSocket::bind((LOOPBACK, 0)).expect("a socket per listener (see `ulimit -n`)");
            socket.set_nonblocking(true).expect("sockets can");
            let phone = Phone::new(identity.clone(), clocks, &format!("p{n}"), Setup::Actpass);
            OnePhone { socket, phone, asked: None, first: None }
        };
        Self { clocks, all: (0..count).map(one).collect() }
    }

    pub(crate) fn sockets(&self) -> impl ExactSizeIterator<Item = &UdpSocket> {
        self.all.iter().map(|one| &one.socket)
    }

    /// Reads every socket and sends what the phones have to say.
    fn turn(&mut self) {
        let mut bytes = [0; 2_048];
        for OnePhone { socket, phone, first, .. } in &mut self.all {
            let now = self.clocks.time(Instant::now());
            while let Ok(len) = socket.recv(&mut bytes) {
                phone.receive(now, &mut bytes[..len]);
            }
            if phone.poll_timeout().is_some_and(|at| at <= now) {
                phone.handle_timeout(now);
            }
            if !phone.heard.is_empty() && first.is_none() {
                *first = Some(Instant::now());
            }
            for (to, bytes) in phone.outbox.take() {
                // A full buffer on loopback is as good as a lost packet.
                let _ = socket.send_to(&bytes, to);
            }
        }
    }

    fn hearing(&self) -> usize {
        self.all.iter().filter(|one| one.first.is_some()).count()
    }

    /// Lets a burst go out and empties the sockets.
    pub(crate) fn rest(&self) {
        self.hear(|_, _| {});
    }

    /// Lets a burst go out, empties the sockets, and hands every datagram on with the number of its phone.
    pub(crate) fn hear(&self, mut take: impl FnMut(usize, &[u8])) {
        thread::sleep(BURST_EVERY);
        let mut bytes = [0; 2_048];
        for (n, one) in self.all.iter().enumerate() {
            while let Ok(len) = one.socket.recv(&mut bytes) {
                take(n, &bytes[..len]);
            }
        }
    }
}

/// Joins `count` phones, of which a handful is under way at any time, and returns them with the times from offer to
/// first packet.
pub(crate) fn join(
    count: usize,
    handle: &Handle,
    sink: &mut Sink,
    clocks: Clocks,
    number: &mut u64,
) -> (Phones, Vec<Duration>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut phones = Phones::new(count, clocks);
    let mut waiting = 0..count;
    let give_up = Instant::now() + Duration::from_secs(60);
    let mut next_packet = Instant::now();
    while phones.hearing() < count {
        assert!(Instant::now() < give_up, "only {} of {count} joined", phones.hearing());
        if let Some(n) = waiting.next() {
            let one = &mut phones.all[n];
            one.asked = Some(Instant::now());
            let answer = runtime.block_on(handle.offer(offer(one.phone.offer()))).expect("an answer");
            assert!(one.phone.answer(clocks.time(Instant::now()), &answer.sdp, handle.local_addr()));
        }
        if Instant::now() >= next_packet {
            sink.publish(Encoding::Opus(PacketDuration::Ms20), packet(*number));
            *number += 1;
            next_packet += Duration::from_millis(20);
        }
        phones.turn();
    }
    let times = phones.all.iter().filter_map(|one| Some(one.first?.duration_since(one.asked?))).collect();
    (phones, times)
}
