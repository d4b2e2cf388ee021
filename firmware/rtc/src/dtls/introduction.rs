//! The phone's certificate in the clear, with which its part of a DTLS 1.2 handshake begins: whether it is the true
//! one.
//!
//! What comes before it is not looked at here, and what follows is the library's concern.

use super::{Named, peek, wrong_certificate};

/// Datagrams with pieces of a certificate that are kept. OpenSSL cuts its messages into 256 bytes, so that a
/// certificate of 3 KB still fits. When they are full, all are forgotten, and the phone sends its flight again.
const HELD_MAX: usize = 16;

/// Keeps pieces until they make the certificate that the offer names.
#[derive(Default)]
pub(super) struct Introduction {
    held: Vec<Vec<u8>>,
    pub(super) done: bool,
}

impl Introduction {
    /// Takes a datagram with a certificate or a piece of it, and returns what can be handed on. A forged piece is
    /// replaced when the phone sends its own again.
    pub(super) fn take(&mut self, datagram: &[u8], expected: &Named) -> Vec<Vec<u8>> {
        if self.held.len() == HELD_MAX {
            self.held.clear();
        }
        self.held.push(datagram.to_vec());
        let Some((message, used)) = self.message() else { return Vec::new() };
        if !peek::der(&message).is_some_and(|der| expected.is(der)) {
            wrong_certificate();
            return Vec::new();
        }
        self.done = true;
        let held = std::mem::take(&mut self.held);
        let numbered = held.into_iter().enumerate();
        numbered.filter(|(number, _)| used.contains(number)).map(|(_, datagram)| datagram).collect()
    }

    /// The message that the newest pieces make, and which datagrams they came in; `None` if one lacks.
    fn message(&self) -> Option<(Vec<u8>, Vec<usize>)> {
        let (mut message, mut used, mut length) = (Vec::new(), Vec::new(), None);
        while length != Some(message.len()) {
            let newest_first = self.held.iter().enumerate().rev();
            let mut pieces =
                newest_first.flat_map(|(n, held)| peek::certificate(held).into_iter().map(move |p| (n, p)));
            let follows = |piece: &peek::Piece<'_>| {
                let grows = !piece.body.is_empty() && piece.offset == message.len();
                grows && length.is_none_or(|length| length == piece.length)
            };
            let (number, piece) = pieces.find(|(_, piece)| follows(piece))?;
            message.extend_from_slice(piece.body);
            used.push(number);
            length = Some(piece.length);
        }
        Some((message, used))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtls::peek::tests::record;
    use crate::dtls::sha256;

    /// A certificate message of 16 bytes in pieces of four, and the certificate's digest.
    fn pieces() -> ([Vec<u8>; 4], Named) {
        let message = [&[0, 0, 13, 0, 0, 10][..], b"abcdefghij"].concat();
        let piece = |n: usize| record(11, 2, 16, 4 * n as u8, &message[4 * n..4 * n + 4]);
        ([piece(0), piece(1), piece(2), piece(3)], sha256(b"abcdefghij").into())
    }

    #[test]
    fn pieces_are_handed_on_in_order_when_they_make_the_true_certificate() {
        let ([a, b, c, d], expected) = pieces();
        let mut introduction = Introduction::default();
        for piece in [&a, &c, &d] {
            assert!(introduction.take(piece, &expected).is_empty());
        }
        assert_eq!(introduction.take(&b, &expected), [a, c, d, b]);
        assert!(introduction.done);
    }

    #[test]
    fn several_pieces_may_share_a_datagram() {
        let ([a, b, c, d], expected) = pieces();
        let whole = [a, b, c, d].concat();
        assert_eq!(Introduction::default().take(&whole, &expected), [whole]);
    }

    #[test]
    fn forged_pieces_are_never_handed_on_and_give_way_to_true_ones() {
        let ([a, b, c, d], expected) = pieces();
        let mut introduction = Introduction::default();
        let forged = [
            record(11, 2, 16, 0, b"1234"),
            record(11, 2, 16, 4, b"1234567890ab"),
            record(11, 2, 90, 2, b"1234"),
            record(11, 2, 16, 4, b""),
            record(11, 1, 16, 0, b"1234"),
        ];
        for piece in forged.iter().chain([&a, &b, &c]).chain(&forged[2..]) {
            assert!(introduction.take(piece, &expected).is_empty());
        }
        assert_eq!(introduction.take(&d, &expected), [a, b, c, d]);
    }

    #[test]
    fn what_is_kept_has_a_limit_after_which_a_true_flight_still_counts() {
        let ([a, b, c, d], expected) = pieces();
        let mut introduction = Introduction::default();
        for n in 0..1_000_u32 {
            assert!(introduction.take(&record(11, 2, 16, 4, &n.to_be_bytes()), &expected).is_empty());
            assert!(introduction.held.len() <= HELD_MAX);
        }
        // Up to twice, because the limit may be reached in between.
        let flight = [&a, &b, &c, &d, &a, &b, &c, &d];
        assert!(flight.into_iter().any(|piece| !introduction.take(piece, &expected).is_empty()));
    }
}
