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

/// A well-formed Binding request; not yet proven.
pub(super) struct BindingRequest<'a> {
    message: StunMessage<'a>,
    local_ufrag: &'a str,
}

impl<'a> BindingRequest<'a> {
    /// Reads a Binding request; `None` for everything else, including a wrong checksum.
    pub(super) fn parse(datagram: &'a [u8]) -> Option<Self> {
        if !fingerprint_fits(datagram) {
            return None;
        }
        let message = StunMessage::parse(datagram).ok()?;
        if !message.is_binding_request() {
            return None;
        }
        // RFC 8445 section 7.2.2: the receiver's fragment comes first.
        let (local_ufrag, _) = message.username()?.split_once(':')?;
        Some(Self { message, local_ufrag })
    }

    /// The user name fragment of ours that it names.
    pub(super) fn local_ufrag(&self) -> &'a str {
        self.local_ufrag
    }

    /// Whether its sender knows `password`, compared in constant time.
    pub(super) fn is_authentic(&self, password: &str) -> bool {
        self.message.verify(password.as_bytes(), hmac)
    }

    /// Whether it nominates its pair (RFC 8445 section 8.1.1).
    pub(super) fn nominates(&self) -> bool {
        self.message.use_candidate()
    }

    /// Whether its sender believes to be controlled: it may not, because we are lite (RFC 8445 section 6.1.1).
    pub(super) fn conflicts(&self) -> bool {
        self.message.ice_controlled().is_some()
    }

    /// The number that the response repeats.
    pub(super) fn transaction(&self) -> Transaction {
        self.message.trans_id()
    }

    /// Writes the error response 487, after which the sender takes the other role, and returns its length.
    pub(super) fn refuse_role(&self, password: &str, out: &mut [u8]) -> Option<usize> {
        let reply = StunMessage::binding_role_conflict_reply(self.message.trans_id());
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
    let message = StunMessage::parse(datagram).ok()?;
    message.is_successful_binding_response().then(|| datagram.get(8..)?.first_chunk().copied())?
}

/// Whether the sender of an answer knows `password`, compared in constant time.
pub(super) fn is_authentic_answer(datagram: &[u8], password: &str) -> bool {
    StunMessage::parse(datagram).is_ok_and(|message| message.verify(password.as_bytes(), hmac))
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

    #[test]
    fn a_wrong_password_or_checksum_is_noticed() {
        let mut bytes = request("AAAABBBBCCCCDDDD:peer", "wrong", true);
        assert!(!BindingRequest::parse(&bytes).unwrap().is_authentic(PASSWORD));
        *bytes.last_mut().unwrap() ^= 1;
        assert!(BindingRequest::parse(&bytes).is_none());
    }

    #[test]
    fn the_shortest_request_is_no_shorter_than_the_longest_answer() {
        // Header, USERNAME with one character for the peer, PRIORITY and MESSAGE-INTEGRITY: what the parser insists on.
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
