//! The STUN an ICE-lite agent needs: read a Binding request, prove it, answer it. The only file that names `is`.
//!
//! It sends nothing itself and knows no sessions. Whatever is not a well-formed, proven Binding request has no answer.

use std::net::SocketAddr;

use crc::{CRC_32_ISO_HDLC, Crc};
use is::stun::StunMessage;
pub(super) use is::stun::TransId as Transaction;
use is::{DefaultSha1HmacProvider, Sha1HmacProvider};

/// Characters in our user name fragment: 96 bits, so it cannot be guessed; long enough that the shortest request which
/// can name it (76 bytes) is no shorter than the longest answer.
pub(super) const UFRAG_CHARS: usize = 16;

/// Characters in our password: 144 bits (RFC 8445 section 5.3 asks for 128).
pub(super) const PASSWORD_CHARS: usize = 24;

/// Attribute FINGERPRINT with its length, as it stands in front of its value (RFC 8489 section 14.7).
const FINGERPRINT_HEAD: [u8; 4] = [0x80, 0x28, 0x00, 0x04];

/// What the checksum is XORed with (RFC 8489 section 14.7).
const FINGERPRINT_XOR: u32 = 0x5354_554e;

const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// Bytes of the longest question: a check of ours with the longest name of a peer that is asked.
const QUESTION_BYTES_MAX: usize = 512;

/// The priority that our questions name. A lite agent has one component and compares nothing (RFC 8445 section 5.1.2).
const PRIORITY: u32 = 0x7eff_ffff;

/// The tie breaker of our questions. We never take part in a conflict of roles: a lite agent is controlled.
const TIE_BREAKER: u64 = 0;

/// Whether `datagram` belongs to STUN (RFC 7983 section 7).
pub(super) fn is_stun(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|&byte| byte < 4)
}

/// What a Binding request and the answer to one begin with, and the cookie behind their length (RFC 8489 section 5).
const BINDING_REQUEST: [u8; 2] = [0, 1];
const BINDING_SUCCESS: [u8; 2] = [1, 1];
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// Bytes of a message's header.
const HEADER_BYTES: usize = 20;

/// Bytes of the attribute MESSAGE-INTEGRITY with its head.
const INTEGRITY_BYTES: usize = 24;

/// Attributes that are looked at (RFC 8489 section 18.3, RFC 8445 section 16.1).
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const USE_CANDIDATE: u16 = 0x0025;
const ICE_CONTROLLED: u16 = 0x8029;

/// A well-formed message up to its proof, and the proof.
///
/// The library refuses messages that lack what a lite agent has no use for: PRIORITY in requests, which ffmpeg 8.0 leaves out,
/// and XOR-MAPPED-ADDRESS in answers, which ffmpeg leaves out to this day. So they are read here.
struct Proven<'a> {
    number: [u8; 12],
    bytes: &'a [u8],
    integrity: [u8; 20],
}

impl<'a> Proven<'a> {
    /// Reads a message of `kind` and hands its attributes to `each`; `None` if it is another, broken or without a proof.
    fn parse(datagram: &'a [u8], kind: [u8; 2], mut each: impl FnMut(u16, &'a [u8])) -> Option<Self> {
        let (header, mut rest) = datagram.split_first_chunk::<HEADER_BYTES>()?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        if header[..2] != kind || header[4..8] != COOKIE || length != rest.len() || !fingerprint_fits(datagram) {
            return None;
        }
        loop {
            let at = datagram.len() - rest.len();
            let (&[kind0, kind1, length0, length1], behind) = rest.split_first_chunk()?;
            let length = usize::from(u16::from_be_bytes([length0, length1]));
            let value = behind.get(..length)?;
            let attribute = u16::from_be_bytes([kind0, kind1]);
            if attribute == MESSAGE_INTEGRITY {
                let integrity = value.try_into().ok()?;
                return Some(Self { number: *header.last_chunk()?, bytes: &datagram[..at], integrity });
            }
            each(attribute, value);
            rest = behind.get(length.next_multiple_of(4)..)?;
        }
    }

    /// Whether its sender knows `password`, compared in constant time.
    fn is_authentic(&self, password: &str) -> bool {
        // The length that is proven ends behind the proof (RFC 8489 section 14.5).
        let length = (self.bytes.len() + INTEGRITY_BYTES - HEADER_BYTES) as u16;
        let parts = [&self.bytes[..2], &length.to_be_bytes(), &self.bytes[4..]];
        let ours = hmac(password.as_bytes(), &parts);
        aws_lc_rs::constant_time::verify_slices_are_equal(&ours, &self.integrity).is_ok()
    }
}

/// A well-formed Binding request; not yet proven.
pub(super) struct BindingRequest<'a> {
    message: Proven<'a>,
    transaction: Transaction,
    local_ufrag: &'a str,
    nominates: bool,
    conflicts: bool,
}

impl<'a> BindingRequest<'a> {
    /// Reads a Binding request; `None` for everything else, including a wrong checksum.
    pub(super) fn parse(datagram: &'a [u8]) -> Option<Self> {
        let (mut username, mut nominates, mut conflicts) = (None, false, false);
        let message = Proven::parse(datagram, BINDING_REQUEST, |attribute, value| match attribute {
            USERNAME => username = std::str::from_utf8(value).ok(),
            USE_CANDIDATE => nominates = true,
            ICE_CONTROLLED => conflicts = true,
            _ => {}
        })?;
        // RFC 8445 section 7.2.2: the receiver's fragment comes first.
        let (local_ufrag, _) = username?.split_once(':')?;
        Some(Self { transaction: transaction(message.number)?, message, local_ufrag, nominates, conflicts })
    }

    /// The user name fragment of ours that it names.
    pub(super) fn local_ufrag(&self) -> &'a str {
        self.local_ufrag
    }

    /// Whether its sender knows `password`, compared in constant time.
    pub(super) fn is_authentic(&self, password: &str) -> bool {
        self.message.is_authentic(password)
    }

    /// Whether it nominates its pair (RFC 8445 section 8.1.1).
    pub(super) fn nominates(&self) -> bool {
        self.nominates
    }

    /// Whether its sender believes to be controlled: it may not, because we are lite (RFC 8445 section 6.1.1).
    pub(super) fn conflicts(&self) -> bool {
        self.conflicts
    }

    /// The number that the response repeats.
    pub(super) fn transaction(&self) -> Transaction {
        self.transaction
    }

    /// Writes the error response 487, after which the sender takes the other role, and returns its length.
    pub(super) fn refuse_role(&self, password: &str, out: &mut [u8]) -> Option<usize> {
        let reply = StunMessage::binding_role_conflict_reply(self.transaction);
        reply.to_bytes(Some(password.as_bytes()), out, hmac).ok()
    }
}

/// Writes the success response to a check and returns its length.
pub(super) fn accept(transaction: Transaction, from: SocketAddr, password: &str, out: &mut [u8]) -> Option<usize> {
    StunMessage::binding_reply(transaction, from).to_bytes(Some(password.as_bytes()), out, hmac).ok()
}

/// Writes a check of ours, which whoever holds `username` and `password` has to answer with `number`, and returns its
/// length.
pub(super) fn ask(number: [u8; 12], username: &str, password: &str, out: &mut [u8]) -> Option<usize> {
    let request = StunMessage::binding_request(username, transaction(number)?, false, TIE_BREAKER, PRIORITY, false);
    request.to_bytes(Some(password.as_bytes()), out.get_mut(..QUESTION_BYTES_MAX)?, hmac).ok()
}

/// The form in which the library takes a number. It makes none from bytes but those of a message, and its own are not
/// random enough to prove anything.
fn transaction(number: [u8; 12]) -> Option<Transaction> {
    let mut indication = [0; 20];
    indication[..8].copy_from_slice(&[0, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42]);
    indication[8..].copy_from_slice(&number);
    StunMessage::parse(&indication).ok().map(|message| message.trans_id())
}

/// The number in a well-formed answer to a check of ours; `None` for everything else. It is not yet proven.
pub(super) fn answered(datagram: &[u8]) -> Option<[u8; 12]> {
    Proven::parse(datagram, BINDING_SUCCESS, |_, _| {}).map(|message| message.number)
}

/// Whether the sender of an answer knows `password`, compared in constant time.
pub(super) fn is_authentic_answer(datagram: &[u8], password: &str) -> bool {
    Proven::parse(datagram, BINDING_SUCCESS, |_, _| {}).is_some_and(|message| message.is_authentic(password))
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    DefaultSha1HmacProvider.sha1_hmac(key, parts)
}

/// Whether the message ends in a right checksum, or in none.
fn fingerprint_fits(datagram: &[u8]) -> bool {
    let Some((message, tail)) = datagram.split_last_chunk::<8>() else { return true };
    let (head, value) = tail.split_at(4);
    head != FINGERPRINT_HEAD || value == (CRC.checksum(message) ^ FINGERPRINT_XOR).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use is::stun::TransId;

    const PASSWORD: &str = "0123456789abcdef01234567";

    fn request(username: &str, password: &str, controlling: bool) -> Vec<u8> {
        let message = StunMessage::binding_request(username, TransId::new(), controlling, 1, 1, true);
        let mut buffer = [0; 256];
        let len = message.to_bytes(Some(password.as_bytes()), &mut buffer, hmac).unwrap();
        buffer[..len].to_vec()
    }

    #[test]
    fn a_right_request_is_read_proven_and_answered() {
        let bytes = request("AAAABBBBCCCCDDDD:peer", PASSWORD, true);
        let parsed = BindingRequest::parse(&bytes).unwrap();
        assert_eq!(parsed.local_ufrag(), "AAAABBBBCCCCDDDD");
        assert!(parsed.is_authentic(PASSWORD) && parsed.nominates() && !parsed.conflicts());
        let from = "192.0.2.7:4242".parse().unwrap();
        let mut out = [0; 256];
        let len = accept(parsed.transaction(), from, PASSWORD, &mut out).unwrap();
        let reply = StunMessage::parse(&out[..len]).unwrap();
        assert!(reply.is_successful_binding_response() && reply.verify(PASSWORD.as_bytes(), hmac));
        assert_eq!(reply.mapped_address(), Some(from));
    }

    /// A message of `kind` with these attributes, proven and with a checksum.
    fn message(kind: [u8; 2], attributes: &[u8]) -> Vec<u8> {
        let mut bytes = [&kind[..], &[0, 0], &COOKIE, b"twelve bytes", attributes].concat();
        bytes[3] = (bytes.len() + INTEGRITY_BYTES - HEADER_BYTES) as u8;
        let proof = hmac(PASSWORD.as_bytes(), &[&bytes]);
        bytes.extend([0, 8, 0, 20]);
        bytes.extend(proof);
        bytes[3] += 8;
        let checksum = CRC.checksum(&bytes) ^ FINGERPRINT_XOR;
        bytes.extend(FINGERPRINT_HEAD);
        bytes.extend(checksum.to_be_bytes());
        bytes
    }

    #[test]
    fn a_request_without_priority_and_role_is_read_and_proven() {
        // As ffmpeg 8.0 sends it: USERNAME, USE-CANDIDATE, MESSAGE-INTEGRITY, FINGERPRINT.
        let username = [&[0, 6, 0, 21][..], b"AAAABBBBCCCCDDDD:peer", &[0; 3], &[0, 0x25, 0, 0]].concat();
        let bytes = message(BINDING_REQUEST, &username);
        assert!(StunMessage::parse(&bytes).is_err(), "the library refuses it");
        let parsed = BindingRequest::parse(&bytes).unwrap();
        assert_eq!(parsed.local_ufrag(), "AAAABBBBCCCCDDDD");
        assert!(parsed.nominates() && !parsed.conflicts());
        assert!(parsed.is_authentic(PASSWORD) && !parsed.is_authentic("wrong"));
    }

    #[test]
    fn an_answer_without_an_address_is_read_and_proven() {
        // As ffmpeg 8.1 sends it: MESSAGE-INTEGRITY, FINGERPRINT.
        let bytes = message(BINDING_SUCCESS, &[]);
        assert!(StunMessage::parse(&bytes).is_err(), "the library refuses it");
        assert_eq!(answered(&bytes), Some(*b"twelve bytes"));
        assert!(is_authentic_answer(&bytes, PASSWORD) && !is_authentic_answer(&bytes, "wrong"));
        for len in 0..bytes.len() {
            assert!(!is_authentic_answer(&bytes[..len], PASSWORD), "cut at {len}");
        }
    }

    #[test]
    fn a_wrong_password_or_checksum_is_noticed() {
        let mut bytes = request("AAAABBBBCCCCDDDD:peer", "wrong", true);
        assert!(!BindingRequest::parse(&bytes).unwrap().is_authentic(PASSWORD));
        *bytes.last_mut().unwrap() ^= 1;
        assert!(BindingRequest::parse(&bytes).is_none());
    }

    #[test]
    fn the_shortest_request_is_no_shorter_than_the_longest_answer() {
        // Header, USERNAME with one character for the peer, PRIORITY and MESSAGE-INTEGRITY: what browsers send at least. Whoever
        // sends less is answered once its address is proven, and refused only where that is no longer.
        let username = UFRAG_CHARS + 2;
        let shortest = 20 + 4 + username.next_multiple_of(4) + 8 + 24;
        let bytes = request("AAAABBBBCCCCDDDD:p", PASSWORD, false);
        let parsed = BindingRequest::parse(&bytes).unwrap();
        let mut out = [0; 256];
        let from = "[2001:db8::1]:9".parse().unwrap();
        let accepted = accept(parsed.transaction(), from, PASSWORD, &mut out).unwrap();
        let refused = parsed.refuse_role(PASSWORD, &mut out).unwrap();
        assert!(accepted <= shortest && refused <= shortest, "{accepted} {refused} {shortest}");
    }

    #[test]
    fn a_question_is_answered_with_its_number_and_is_no_longer_than_a_phones_check() {
        let number = *b"twelve bytes";
        let mut out = [0; 1_024];
        let len = ask(number, "peer:AAAABBBBCCCCDDDD", PASSWORD, &mut out).unwrap();
        let asked = StunMessage::parse(&out[..len]).unwrap();
        assert!(asked.is_binding_request() && asked.verify(PASSWORD.as_bytes(), hmac));
        assert_eq!(
            (asked.ice_controlled(), asked.ice_controlling()),
            (Some(TIE_BREAKER), None),
            "no conflict of roles"
        );
        assert!(len <= request("AAAABBBBCCCCDDDD:peer", PASSWORD, true).len());
        let mut reply = [0; 256];
        let len = accept(asked.trans_id(), "192.0.2.7:4242".parse().unwrap(), PASSWORD, &mut reply).unwrap();
        assert_eq!(answered(&reply[..len]), Some(number));
        assert!(is_authentic_answer(&reply[..len], PASSWORD) && !is_authentic_answer(&reply[..len], "wrong"));
        assert_eq!(answered(&out), None);
    }

    #[test]
    fn every_cut_or_flipped_request_is_refused_quietly() {
        let bytes = request("AAAABBBBCCCCDDDD:peer", PASSWORD, true);
        for len in 0..bytes.len() {
            let read = BindingRequest::parse(&bytes[..len]);
            assert!(read.is_none_or(|r| !r.is_authentic(PASSWORD)), "cut at {len}");
        }
        // The last eight bytes are the checksum; without its head it is an attribute after the proof, to be ignored.
        for at in 0..bytes.len() - 8 {
            for bit in 0..8 {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1 << bit;
                let read = BindingRequest::parse(&bytes);
                assert!(read.is_none_or(|r| !r.is_authentic(PASSWORD)), "bit {bit} of byte {at}");
            }
        }
    }
}
