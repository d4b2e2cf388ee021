//! SRTP and SRTCP (RFC 3711, RFC 7714): where the header, the counter and the tag go. The ciphers are `aws-lc-rs`'s.
//!
//! Kept SRTP crates allocate a buffer per packet and copy the payload twice; here a packet is sealed from the shared
//! payload straight into the send buffer. Nothing here parses RTP or keeps sequence numbers.

mod keys;
#[cfg(test)]
mod tests;

use aws_lc_rs::aead::{Aad, LessSafeKey, Nonce};
use aws_lc_rs::cipher::{EncryptingKey, EncryptionContext};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

pub use keys::{MasterKeys, Profile};

/// Bytes of an RTP header without extensions (RFC 3550 section 5.1).
pub const RTP_HEADER_BYTES: usize = 12;

/// Bytes of RTCP that stay readable: the first header and the sender's SSRC.
const RTCP_HEADER_BYTES: usize = 8;

/// Bytes of the word with the E flag and the SRTCP index.
const INDEX_BYTES: usize = 4;

/// Set in the index word: the packet is encrypted.
const ENCRYPTED: u32 = 1 << 31;

/// Bytes of an AES-GCM tag.
const GCM_TAG_BYTES: usize = 16;

/// Bytes of a truncated HMAC-SHA1 tag.
const SHA1_TAG_BYTES: usize = 10;

/// Packets an SRTCP replay window covers.
const REPLAY_WINDOW: u32 = 64;

/// One direction's cipher for one kind of packet.
enum Cipher {
    Gcm(Gcm),
    CounterSha1(Box<CounterSha1>),
}

struct Gcm {
    key: LessSafeKey,
    salt: [u8; 12],
}

struct CounterSha1 {
    key: EncryptingKey,
    auth: hmac::Key,
    salt: [u8; 14],
}

impl Cipher {
    fn gcm_nonce(salt: &[u8; 12], ssrc: u32, index: u64) -> Nonce {
        let mut nonce = *salt;
        let index = index.to_be_bytes();
        xor(&mut nonce[2..6], &ssrc.to_be_bytes());
        xor(&mut nonce[6..12], &index[2..8]);
        Nonce::assume_unique_for_key(nonce)
    }

    fn counter_iv(salt: &[u8; 14], ssrc: u32, index: u64) -> EncryptionContext {
        let mut iv = [0; 16];
        iv[..14].copy_from_slice(salt);
        let index = index.to_be_bytes();
        xor(&mut iv[4..8], &ssrc.to_be_bytes());
        xor(&mut iv[8..14], &index[2..8]);
        EncryptionContext::Iv128(FixedLength::from(iv))
    }
}

fn xor(target: &mut [u8], with: &[u8]) {
    target.iter_mut().zip(with).for_each(|(byte, with)| *byte ^= with);
}

fn ssrc_at(packet: &[u8], at: usize) -> u32 {
    packet.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes)
}

fn sha1_tag(auth: &hmac::Key, authenticated: &[u8], tail: &[u8]) -> [u8; SHA1_TAG_BYTES] {
    let mut context = hmac::Context::with_key(auth);
    context.update(authenticated);
    context.update(tail);
    let mut tag = [0; SHA1_TAG_BYTES];
    tag.copy_from_slice(&context.sign().as_ref()[..SHA1_TAG_BYTES]);
    tag
}

/// What protects the packets we send.
pub struct Sealer {
    rtp: Cipher,
    rtcp: Cipher,
    rtcp_index: u32,
}

impl Sealer {
    /// Seals with the half of `keys` that belongs to us.
    pub fn new(keys: &MasterKeys) -> Self {
        Self { rtp: keys.rtp(), rtcp: keys.rtcp(), rtcp_index: 0 }
    }

    /// Writes header, sealed payload and tag into `out` and returns their length; `None` if `out` is too small.
    ///
    /// `index` is the 48-bit packet index: roll-over counter and sequence number. It must never be used twice with
    /// different content.
    pub fn rtp(&self, header: &[u8; RTP_HEADER_BYTES], payload: &[u8], index: u64, out: &mut [u8]) -> Option<usize> {
        let end = RTP_HEADER_BYTES + payload.len();
        let ssrc = ssrc_at(header, 8);
        match &self.rtp {
            Cipher::Gcm(gcm) => {
                let Gcm { key, salt } = gcm;
                let out = out.get_mut(..end + GCM_TAG_BYTES)?;
                let (head, rest) = out.split_at_mut(RTP_HEADER_BYTES);
                let (text, tag) = rest.split_at_mut(payload.len());
                head.copy_from_slice(header);
                let nonce = Cipher::gcm_nonce(salt, ssrc, index);
                key.seal_out_of_place_scatter(nonce, Aad::from(header), payload, text, &[], tag).ok()?;
                Some(end + GCM_TAG_BYTES)
            }
            Cipher::CounterSha1(counter) => {
                let CounterSha1 { key, auth, salt } = &**counter;
                let out = out.get_mut(..end + SHA1_TAG_BYTES)?;
                out[..RTP_HEADER_BYTES].copy_from_slice(header);
                out[RTP_HEADER_BYTES..end].copy_from_slice(payload);
                let iv = Cipher::counter_iv(salt, ssrc, index);
                key.less_safe_encrypt(&mut out[RTP_HEADER_BYTES..end], iv).ok()?;
                let roll_over = (index >> 16) as u32;
                let tag = sha1_tag(auth, &out[..end], &roll_over.to_be_bytes());
                out[end..].copy_from_slice(&tag);
                Some(end + SHA1_TAG_BYTES)
            }
        }
    }

    /// Seals the RTCP packet of `len` bytes at the start of `buffer` in place and returns the new length; `None` if it
    /// does not fit or the index is used up (after 2^31 packets; RFC 3711 section 9.2).
    pub fn rtcp(&mut self, buffer: &mut [u8], len: usize) -> Option<usize> {
        if len < RTCP_HEADER_BYTES || self.rtcp_index >= ENCRYPTED {
            return None;
        }
        let ssrc = ssrc_at(buffer, 4);
        let word = (self.rtcp_index | ENCRYPTED).to_be_bytes();
        let index = u64::from(self.rtcp_index);
        self.rtcp_index += 1;
        match &self.rtcp {
            Cipher::Gcm(gcm) => {
                let Gcm { key, salt } = gcm;
                let out = buffer.get_mut(..len + GCM_TAG_BYTES + INDEX_BYTES)?;
                let mut aad = [0; RTCP_HEADER_BYTES + INDEX_BYTES];
                aad[..RTCP_HEADER_BYTES].copy_from_slice(&out[..RTCP_HEADER_BYTES]);
                aad[RTCP_HEADER_BYTES..].copy_from_slice(&word);
                let nonce = Cipher::gcm_nonce(salt, ssrc, index);
                let text = &mut out[RTCP_HEADER_BYTES..len];
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(aad), text).ok()?;
                out[len..len + GCM_TAG_BYTES].copy_from_slice(tag.as_ref());
                out[len + GCM_TAG_BYTES..].copy_from_slice(&word);
                Some(out.len())
            }
            Cipher::CounterSha1(counter) => {
                let CounterSha1 { key, auth, salt } = &**counter;
                let out = buffer.get_mut(..len + INDEX_BYTES + SHA1_TAG_BYTES)?;
                let iv = Cipher::counter_iv(salt, ssrc, index);
                key.less_safe_encrypt(&mut out[RTCP_HEADER_BYTES..len], iv).ok()?;
                let tag = sha1_tag(auth, &out[..len], &word);
                out[len..len + INDEX_BYTES].copy_from_slice(&word);
                out[len + INDEX_BYTES..].copy_from_slice(&tag);
                Some(out.len())
            }
        }
    }
}

/// What opens the packets we receive.
pub struct Opener {
    /// Only of a peer that sends.
    rtp: Option<Cipher>,
    rtcp: Cipher,
    replay: ReplayWindow,
}

impl Opener {
    /// Opens SRTCP with the half of `keys` that belongs to the peer.
    pub fn new(keys: &MasterKeys) -> Self {
        Self { rtp: None, rtcp: keys.rtcp(), replay: ReplayWindow::default() }
    }

    /// The same, and opens SRTP as well: for peers that send.
    pub fn with_rtp(keys: &MasterKeys) -> Self {
        Self { rtp: Some(keys.rtp()), ..Self::new(keys) }
    }

    /// Opens an SRTCP packet in place and returns the RTCP within; `None` if it is forged, replayed or cut.
    pub fn rtcp<'a>(&mut self, packet: &'a mut [u8]) -> Option<&'a [u8]> {
        let ssrc = ssrc_at(packet, 4);
        let (end, index) = match &self.rtcp {
            Cipher::Gcm(gcm) => {
                let Gcm { key, salt } = gcm;
                let (rest, word) = packet.split_last_chunk_mut::<INDEX_BYTES>()?;
                let index = encrypted_index(word)?;
                self.replay.check(index)?;
                let end = rest.len().checked_sub(GCM_TAG_BYTES).filter(|&end| end >= RTCP_HEADER_BYTES)?;
                let mut aad = [0; RTCP_HEADER_BYTES + INDEX_BYTES];
                aad[..RTCP_HEADER_BYTES].copy_from_slice(&rest[..RTCP_HEADER_BYTES]);
                aad[RTCP_HEADER_BYTES..].copy_from_slice(word);
                let nonce = Cipher::gcm_nonce(salt, ssrc, u64::from(index));
                key.open_in_place(nonce, Aad::from(aad), &mut rest[RTCP_HEADER_BYTES..]).ok()?;
                (end, index)
            }
            Cipher::CounterSha1(counter) => {
                let CounterSha1 { key, auth, salt } = &**counter;
                let (rest, tag) = packet.split_last_chunk_mut::<SHA1_TAG_BYTES>()?;
                let (text, word) = rest.split_last_chunk_mut::<INDEX_BYTES>()?;
                let index = encrypted_index(word)?;
                self.replay.check(index)?;
                same(&sha1_tag(auth, text, word), tag)?;
                let end = text.len();
                let iv = Cipher::counter_iv(salt, ssrc, u64::from(index));
                key.less_safe_encrypt(text.get_mut(RTCP_HEADER_BYTES..)?, iv).ok()?;
                (end, index)
            }
        };
        self.replay.accept(index);
        Some(&packet[..end])
    }

    /// Opens an SRTP packet in place, of whose bytes the first `header_bytes` are its header, and returns its payload; `None`
    /// if it is forged or cut. Replays are the caller's concern: it knows the `index` (roll-over counter and sequence number).
    pub fn rtp<'a>(&self, packet: &'a mut [u8], header_bytes: usize, index: u64) -> Option<&'a [u8]> {
        let ssrc = ssrc_at(packet, 8);
        match self.rtp.as_ref()? {
            Cipher::Gcm(gcm) => {
                let Gcm { key, salt } = gcm;
                let (header, rest) = packet.split_at_mut_checked(header_bytes)?;
                let nonce = Cipher::gcm_nonce(salt, ssrc, index);
                key.open_in_place(nonce, Aad::from(&*header), rest).ok().map(|text| &*text)
            }
            Cipher::CounterSha1(counter) => {
                let CounterSha1 { key, auth, salt } = &**counter;
                let (_, tag) = packet.split_last_chunk_mut::<SHA1_TAG_BYTES>()?;
                let tag = *tag;
                let end = packet.len() - SHA1_TAG_BYTES;
                let roll_over = (index >> 16) as u32;
                same(&sha1_tag(auth, &packet[..end], &roll_over.to_be_bytes()), &tag)?;
                let text = packet.get_mut(header_bytes..end)?;
                key.less_safe_encrypt(text, Cipher::counter_iv(salt, ssrc, index)).ok()?;
                Some(text)
            }
        }
    }
}

/// Compares tags in constant time.
fn same(ours: &[u8], theirs: &[u8]) -> Option<()> {
    aws_lc_rs::constant_time::verify_slices_are_equal(ours, theirs).ok()
}

/// The index in an SRTCP index word; `None` if the packet says that it is not encrypted.
fn encrypted_index(word: &[u8; INDEX_BYTES]) -> Option<u32> {
    let word = u32::from_be_bytes(*word);
    (word & ENCRYPTED != 0).then_some(word & !ENCRYPTED)
}

/// Which of the last indexes have been seen (RFC 3711 section 3.3.2).
#[derive(Default)]
struct ReplayWindow {
    /// One more than the highest index accepted.
    next: u32,
    /// Bit n: index `next - 1 - n` was accepted.
    seen: u64,
}

impl ReplayWindow {
    fn check(&self, index: u32) -> Option<()> {
        let Some(age) = self.next.checked_sub(index + 1) else { return Some(()) };
        (age < REPLAY_WINDOW && self.seen & (1 << age) == 0).then_some(())
    }

    fn accept(&mut self, index: u32) {
        if index >= self.next {
            let by = index + 1 - self.next;
            self.seen = if by < REPLAY_WINDOW { self.seen << by } else { 0 } | 1;
            self.next = index + 1;
        } else {
            self.seen |= 1 << (self.next - 1 - index);
        }
    }
}
