//! The cookie of DTLS 1.2 (RFC 6347 section 4.2.1): what a client has to echo before its hello is followed.
//!
//! It belongs to the association and not to the hello. So whatever is forged in a client's name draws the same request from the
//! box, byte for byte, and the echo that the client sends is right whichever hello drew it; whoever forges does not see the
//! request and cannot echo it. The library binds its cookies to the hello: there the request that a forged hello draws makes the
//! client echo a cookie that is not its own, or the answer to a forged hello is taken by the client for its own, and OpenSSL gives
//! up. Its seam for cryptography is where it is given ours instead. Nothing is decided here.

use std::cell::Cell;

use aws_lc_rs::rand;
use dimpl::crypto::{CryptoProvider, HmacProvider, aws_lc_rs as library};
use dimpl::{CryptoError, HashAlgorithm};

/// What a client has to echo.
pub(super) type Cookie = [u8; 32];

/// Bytes of a request for it. No datagram that is shorter is answered with it.
pub(super) const REQUEST_BYTES: usize = BEGIN.len() + size_of::<Cookie>();

/// A request up to its cookie: one plaintext record with the number 0, in it message 0. The version is that of DTLS 1.0 in both
/// places, as section 4.2.1 has it. Its number is always the same, so that a client drops further ones as repeated.
const BEGIN: [u8; 28] =
    [22, 254, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 47, 3, 0, 0, 35, 0, 0, 0, 0, 0, 0, 0, 35, 254, 255, 32];

/// The shortest hello without a cookie, to which the library answers with a request; from then on it expects what a client says
/// that has been asked.
pub(super) const STAND_IN: [u8; 67] = stand_in();

const fn stand_in() -> [u8; 67] {
    let head = [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 54, 1, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42, 254, 253];
    // Behind 32 bytes of random, neither a session nor a cookie; one cipher suite, and no compression.
    let tail = [0, 0, 0, 2, 0xC0, 0x2B, 1, 0];
    let mut hello = [0; 67];
    let mut n = 0;
    while n < head.len() {
        hello[n] = head[n];
        n += 1;
    }
    n = 0;
    while n < tail.len() {
        hello[hello.len() - tail.len() + n] = tail[n];
        n += 1;
    }
    hello
}

/// Returns a cookie that nobody can guess; `None` if the system has no random bytes.
pub(super) fn bake() -> Option<Cookie> {
    let mut cookie = [0; 32];
    rand::fill(&mut cookie).ok()?;
    Some(cookie)
}

/// Writes the request for `cookie`; `None` if there is no room.
pub(super) fn request(cookie: &Cookie, buffer: &mut [u8]) -> Option<usize> {
    let (begin, end) = buffer.get_mut(..REQUEST_BYTES)?.split_at_mut(BEGIN.len());
    begin.copy_from_slice(&BEGIN);
    end.copy_from_slice(cookie);
    Some(REQUEST_BYTES)
}

thread_local! {
    /// The cookie that the library is to compute, while it is at work on this thread.
    static EXPECTED: Cell<Option<Cookie>> = const { Cell::new(None) };
}

/// Does `work`, in which the library takes `cookie` for what it would have computed.
pub(super) fn expecting<T>(cookie: &Cookie, work: impl FnOnce() -> T) -> T {
    EXPECTED.set(Some(*cookie));
    let done = work();
    EXPECTED.set(None);
    done
}

/// Returns the library's cryptography, but for cookies.
pub(super) fn provider() -> CryptoProvider {
    CryptoProvider { hmac_provider: &Ours, ..library::default_provider() }
}

/// The library's HMAC, but for cookies.
#[derive(Debug)]
struct Ours;

impl HmacProvider for Ours {
    /// The library calls this for cookies only.
    fn hmac_sha256(&self, key: &[u8], data: &[u8]) -> Result<Cookie, CryptoError> {
        match EXPECTED.get() {
            Some(cookie) => Ok(cookie),
            None => library::default_provider().hmac_provider.hmac_sha256(key, data),
        }
    }

    fn hmac(&self, hash: HashAlgorithm, key: &[u8], data: &[u8], out: &mut [u8]) -> Result<usize, CryptoError> {
        library::default_provider().hmac_provider.hmac(hash, key, data, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_announces_its_true_lengths() {
        let mut buffer = [9; REQUEST_BYTES + 1];
        assert_eq!(request(&[7; 32], &mut buffer), Some(REQUEST_BYTES));
        // The record, the message, and its only fragment; the cookie.
        let number = |at: usize| usize::from(u16::from_be_bytes([buffer[at], buffer[at + 1]]));
        assert_eq!([number(11), number(15), number(23)], [REQUEST_BYTES - 13, REQUEST_BYTES - 25, REQUEST_BYTES - 25]);
        assert_eq!((buffer[27], &buffer[28..]), (32, &[&[7; 32][..], &[9]].concat()[..]));
        assert_eq!(request(&[7; 32], &mut buffer[1..REQUEST_BYTES]), None);
    }

    #[test]
    fn no_two_associations_have_the_same_cookie() {
        assert_ne!(bake().unwrap(), bake().unwrap());
    }
}
