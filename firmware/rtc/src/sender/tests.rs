//! Packets of every shape on their way in.

use std::sync::{Arc, Mutex};

use super::*;
use crate::srtp::{MasterKeys, Profile, Sealer};

/// Keeps what arrives.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Vec<u8>>>>);

impl PacketInlet for Kept {
    fn take(&mut self, packet: SentPacket<'_>) {
        self.0.lock().unwrap().push(packet.payload.to_vec());
    }
}

impl Kept {
    fn payloads(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap().clone()
    }
}

struct Bench {
    sealer: Sealer,
    opener: Opener,
    sender: Sender,
    kept: Kept,
}

impl Bench {
    fn new() -> Self {
        let export: Vec<u8> = (0..56).collect();
        let keys = || MasterKeys::split(Profile::AeadAes128Gcm, &export).unwrap().0;
        let kept = Kept::default();
        let sender = Sender::new(111, Box::new(kept.clone()));
        Self { sealer: Sealer::new(&keys()), opener: Opener::with_rtp(&keys()), sender, kept }
    }

    /// Seals a packet without extensions.
    fn sealed(&self, ssrc: u32, payload_type: u8, index: u64, payload: &[u8]) -> Vec<u8> {
        let mut header = [0; RTP_HEADER_BYTES];
        (header[0], header[1]) = (0x80, payload_type);
        header[2..4].copy_from_slice(&(index as u16).to_be_bytes());
        header[4..8].copy_from_slice(&(index as u32).to_be_bytes());
        header[8..].copy_from_slice(&ssrc.to_be_bytes());
        let mut out = vec![0; 2_000];
        let len = self.sealer.rtp(&header, payload, index, &mut out).unwrap();
        out.truncate(len);
        out
    }

    fn receive(&mut self, mut packet: Vec<u8>) -> bool {
        self.sender.receive(Time::ZERO, &mut packet, &self.opener) != Received::NotItsOwn
    }
}

#[test]
fn packets_are_handed_on_once_in_whichever_order_they_come_also_across_the_wrap() {
    let mut bench = Bench::new();
    for index in [65_530, 65_532, 65_531, 65_537, 65_536, 65_535, 131_072 - 40_000] {
        let packet = bench.sealed(7, 111, index, &index.to_be_bytes());
        assert!(bench.receive(packet.clone()), "{index}");
        assert!(!bench.receive(packet), "{index} is a replay");
    }
    let late = bench.sealed(7, 111, 65_534, b"too old");
    assert!(!bench.receive(late));
    let heard = bench.kept.payloads();
    assert_eq!(heard.len(), 7);
    assert_eq!(heard[6], 91_072_u64.to_be_bytes());
}

#[test]
fn what_is_forged_cut_or_not_agreed_upon_is_not_handed_on() {
    let mut bench = Bench::new();
    let packet = bench.sealed(7, 111, 1, b"sound");
    for len in 0..packet.len() {
        assert!(!bench.receive(packet[..len].to_vec()), "cut at {len}");
    }
    for at in 0..packet.len() {
        let mut forged = packet.clone();
        forged[at] ^= 1;
        assert!(!bench.receive(forged), "byte {at}");
    }
    let other = bench.sealed(8, 96, 1, b"video");
    assert!(bench.receive(other));
    assert!(bench.kept.payloads().is_empty());
    assert!(bench.receive(packet), "the true one still counts");
    let another_source = bench.sealed(9, 111, 500, b"begins again");
    assert!(bench.receive(another_source));
    assert_eq!(bench.kept.payloads(), [b"sound".to_vec(), b"begins again".to_vec()]);
}

#[test]
fn a_header_is_as_long_as_it_says() {
    let plain = [0x80, 111, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9];
    assert_eq!(
        Header::parse(&plain),
        Some(Header { bytes: 12, is_padded: false, payload_type: 111, sequence: 1, timestamp: 2, ssrc: 3 })
    );
    let mut extended = plain[..12].to_vec();
    extended[0] = 0xb2;
    extended.extend([1; 8]);
    extended.extend([0xbe, 0xde, 0, 1, 5, 5, 5, 5, 9]);
    let header = Header::parse(&extended).unwrap();
    assert_eq!((header.bytes, header.is_padded), (28, true));
    for len in 0..28 {
        assert_eq!(Header::parse(&extended[..len]), None, "{len} bytes");
    }
    assert_eq!(Header::parse(&[0x40; 20]), None, "another version");
}
