//! Frames by which others at an emulated computer's cable ask one of its ports, and what it answers: Ethernet and IPv4,
//! written and read byte by byte. Nobody is behind the addresses that ask.

use std::net::Ipv4Addr;

/// What the emulator's network gives to the first that asks.
const COMPUTER: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 15);

/// Hardware addresses: what the emulator gives to a computer's first network, and one of ours.
const ITS: [u8; 6] = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
const OURS: [u8; 6] = [0x02, 0x00, 0x00, 0x00, 0x00, 0x77];

/// The port that is asked from.
const FROM_PORT: u16 = 7_777;

/// Flags of TCP (RFC 9293 section 3.1): what begins a connection, and the two answers.
const SYN: u8 = 0x02;
const SYN_ACK: u8 = 0x12;
const RST_ACK: u8 = 0x14;

/// IPv4's numbers of protocols.
const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;

/// How a port is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// To take a connection.
    Tcp,
    /// By an empty datagram.
    Udp,
}

/// What a port answers. An open UDP port need not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Open,
    Closed,
}

/// Whose hardware address a frame from the computer asks for (ARP: RFC 826).
pub(super) fn sought(frame: &[u8]) -> Option<Ipv4Addr> {
    let (ethernet, question) = frame.split_at_checked(14)?;
    let is_its = ethernet[6..] == [&ITS[..], &[8, 6]].concat() && question.get(6..8)? == [0, 1];
    let address: [u8; 4] = question.get(24..28)?.try_into().ok()?;
    is_its.then(|| address.into())
}

/// What answers that.
pub(super) fn present(who: Ipv4Addr) -> Vec<u8> {
    let mut frame = [&ITS[..], &OURS, &[8, 6, 0, 1, 8, 0, 6, 4, 0, 2]].concat();
    frame.extend(OURS.iter().chain(&who.octets()).chain(&ITS).chain(&COMPUTER.octets()));
    frame
}

/// By which `from` asks a port.
pub(super) fn question(protocol: Protocol, from: Ipv4Addr, port: u16) -> Vec<u8> {
    let mut content = [FROM_PORT.to_be_bytes(), port.to_be_bytes()].concat();
    let number = match protocol {
        // Its length, and no checksum (RFC 768).
        Protocol::Udp => {
            content.extend([0, 8, 0, 0]);
            UDP
        }
        // Numbers of the first byte and of the one that is waited for, a head of five words, and the room that there is.
        Protocol::Tcp => {
            content.extend([0, 0, 0, 1, 0, 0, 0, 0, 0x50, SYN, 0x20, 0, 0, 0, 0, 0]);
            let pseudo = [&from.octets()[..], &COMPUTER.octets(), &[0, TCP, 0, content.len() as u8], &content].concat();
            content[16..18].copy_from_slice(&checksum(&pseudo));
            TCP
        }
    };
    // No options, not in pieces, 64 hops.
    let mut head = vec![0x45, 0, 0, 20 + content.len() as u8, 0, 0, 0x40, 0, 64, number, 0, 0];
    head.extend(from.octets().iter().chain(&COMPUTER.octets()));
    let sum = checksum(&head);
    head[10..12].copy_from_slice(&sum);
    [&ITS[..], &OURS, &[8, 0], &head, &content].concat()
}

/// The port of which a frame from the computer tells, and what. A report that a datagram found its port closed (ICMP's type
/// 3, code 3: RFC 792) quotes the datagram.
pub(super) fn answer(protocol: Protocol, frame: &[u8]) -> Option<(u16, Answer)> {
    let (ethernet, ip) = frame.split_at_checked(14)?;
    let is_its = ethernet[12..] == [8, 0] && ip.get(12..16)? == COMPUTER.octets();
    let content = behind_head(ip).filter(|_| is_its)?;
    match (protocol, ip[9]) {
        (Protocol::Tcp, TCP) => {
            let answer = match *content.get(13)? {
                SYN_ACK => Answer::Open,
                RST_ACK => Answer::Closed,
                _ => return None,
            };
            Some((number(content, 0)?, answer))
        }
        (Protocol::Udp, ICMP) if content.starts_with(&[3, 3]) => {
            let quoted = behind_head(content.get(8..)?)?;
            Some((number(quoted, 2)?, Answer::Closed))
        }
        _ => None,
    }
}

/// What an IPv4 packet carries.
fn behind_head(ip: &[u8]) -> Option<&[u8]> {
    ip.get(usize::from(ip.first()? & 15) * 4..)
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// The checksum of IPv4 and TCP (RFC 1071) of an even number of bytes.
fn checksum(bytes: &[u8]) -> [u8; 2] {
    let mut sum: u32 = bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (!(sum as u16)).to_be_bytes()
}
