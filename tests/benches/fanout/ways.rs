//! Ways to send a burst, and what sealing costs, each against the other in one run.

use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::Instant;

use nix::sys::socket::{setsockopt, sockopt::UdpGsoSegment};
use rtc::batch::BatchSender;
use rtc::srtp::{MasterKeys, Profile, RTP_HEADER_BYTES, Sealer};
use rtc::transmit::Transmit;

use super::phones::Phones;
use tests::venue::LOOPBACK;

use super::{PAYLOAD, thread_cpu_ns};

/// Bytes of a protected packet.
const fn sealed_bytes(profile: Profile) -> usize {
    let tag = match profile {
        Profile::AeadAes256Gcm | Profile::AeadAes128Gcm => 16,
        Profile::Aes128CmSha1_80 => 10,
    };
    RTP_HEADER_BYTES + PAYLOAD.len() + tag
}

/// The longest of them.
const SEALED: usize = sealed_bytes(Profile::AeadAes256Gcm);

/// How packets reach the kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// Many per call, as the fan-out does, already protected: the floor.
    Protected(Profile),
    /// The same, and each is sealed first.
    Sealed(Profile),
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
            let sealers = match way {
                Way::Sealed(profile) => sealers(profile, targets.len()),
                _ => Vec::new(),
            };
            let before = thread_cpu_ns("floor");
            let mut packets = 0;
            while wait.recv().is_ok() {
                packets += burst(way, &socket, &mut batch, targets, &sealers, packets as u64);
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

/// Returns how many packets went out. `index` is higher each time.
fn burst(
    way: Way,
    socket: &UdpSocket,
    batch: &mut BatchSender<'_>,
    targets: &[SocketAddr],
    sealers: &[Sealer],
    index: u64,
) -> usize {
    let packets = [0x80; 2 * SEALED];
    match way {
        Way::Protected(profile) => {
            let bytes = sealed_bytes(profile);
            for &to in targets {
                batch.buffer()[..bytes].copy_from_slice(&packets[..bytes]);
                batch.send(to, bytes);
            }
            batch.flush();
            targets.len()
        }
        Way::Sealed(_) => {
            for (&to, sealer) in targets.iter().zip(sealers) {
                let sealed = sealer.rtp(&[0x80; RTP_HEADER_BYTES], &PAYLOAD, index, batch.buffer());
                batch.send(to, sealed.expect("the buffer is large enough"));
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

fn sealers(profile: Profile, count: usize) -> Vec<Sealer> {
    let (key, salt) = match profile {
        Profile::AeadAes256Gcm => (32, 12),
        Profile::AeadAes128Gcm => (16, 12),
        Profile::Aes128CmSha1_80 => (16, 14),
    };
    let keys = (0..count).map(|n| MasterKeys::new(profile, &vec![n as u8; key], &vec![7; salt]));
    keys.map(|keys| Sealer::new(&keys.expect("lengths fit the profile"))).collect()
}

/// Nanoseconds per packet of sealing alone, for `listeners` keys in turn.
pub(crate) fn sealing_ns(profile: Profile, listeners: usize) -> f64 {
    let sealers = sealers(profile, listeners);
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
