//! Ways to send a burst, and what sealing costs, each against the other in one run.

use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::Instant;

use net::rtc::batch::BatchSender;
use net::rtc::srtp::{MasterKeys, Profile, RTP_HEADER_BYTES, Sealer};
use net::rtc::transmit::Transmit;
use nix::sys::socket::{setsockopt, sockopt::UdpGsoSegment};

use super::phones::Phones;
use super::{LOOPBACK, PAYLOAD, SEALED_EXTRA, thread_cpu_ns};

const SEALED: usize = PAYLOAD.len() + SEALED_EXTRA;

/// How packets reach the kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// Many per call, as the fan-out does.
    Sendmmsg,
    /// One per call.
    Sendto,
    /// Two of one listener per call, cut by the kernel (UDP segmentation offload).
    GsoPairs,
}

/// Nanoseconds of CPU per packet of handing one packet per phone to the kernel.
pub(crate) fn cpu_ns(way: Way, bursts: usize, phones: &Phones) -> f64 {
    let targets: Vec<_> = phones.sockets().map(|socket| socket.local_addr().expect("a bound socket")).collect();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    thread::scope(|scope| {
        let targets = &targets;
        let run = move || {
            let socket = UdpSocket::bind((LOOPBACK, 0)).expect("a socket");
            let mut batch = BatchSender::new(&socket).expect("a bound socket");
            if matches!(way, Way::GsoPairs) {
                setsockopt(&socket, UdpGsoSegment, &(SEALED as i32)).expect("Linux 4.18 or later");
            }
            let before = thread_cpu_ns("floor");
            let mut packets = 0;
            while wait.recv().is_ok() {
                packets += burst(way, &socket, &mut batch, targets);
            }
            (thread_cpu_ns("floor") - before) as f64 / packets as f64
        };
        let floor = thread::Builder::new().name("floor".to_owned()).spawn_scoped(scope, run).expect("a thread");
        for _ in 0..bursts {
            go.send(()).expect("the floor's thread waits");
            phones.rest();
        }
        drop(go);
        floor.join().expect("the floor's thread does not panic")
    })
}

/// Returns how many packets went out.
fn burst(way: Way, socket: &UdpSocket, batch: &mut BatchSender<'_>, targets: &[SocketAddr]) -> usize {
    let packets = [0x80; 2 * SEALED];
    match way {
        Way::Sendmmsg => {
            for &to in targets {
                batch.buffer()[..SEALED].copy_from_slice(&packets[..SEALED]);
                batch.send(to, SEALED);
            }
            batch.flush();
            targets.len()
        }
        Way::Sendto => {
            for &to in targets {
                // As good as lost on the way.
                let _ = socket.send_to(&packets[..SEALED], to);
            }
            targets.len()
        }
        Way::GsoPairs => {
            for &to in targets {
                let _ = socket.send_to(&packets, to);
            }
            2 * targets.len()
        }
    }
}

/// Nanoseconds per packet of sealing alone, for `listeners` keys in turn.
pub(crate) fn sealing_ns(profile: Profile, listeners: usize) -> f64 {
    let (key, salt) = match profile {
        Profile::AeadAes256Gcm => (32, 12),
        Profile::AeadAes128Gcm => (16, 12),
        Profile::Aes128CmSha1_80 => (16, 14),
    };
    let keys = (0..listeners).map(|n| MasterKeys::new(profile, &vec![n as u8; key], &vec![7; salt]));
    let sealers: Vec<Sealer> = keys.map(|keys| Sealer::new(&keys.expect("lengths fit the profile"))).collect();
    let mut out = [0; 2_048];
    let rounds = (100_000 / listeners) as u64;
    let started = Instant::now();
    for index in 0..rounds {
        for sealer in &sealers {
            sealer.rtp(&[0x80; RTP_HEADER_BYTES], &PAYLOAD, index, &mut out).expect("the buffer is large enough");
        }
    }
    started.elapsed().as_nanos() as f64 / (rounds * listeners as u64) as f64
}
