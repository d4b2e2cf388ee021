//! What a datagram of a handshake brings, as far as that shows without keys: enough to tell a forged one from the phone's.
//!
//! Looks at the first record only and decides nothing. Shapes: RFC 6347 sections 4.1 and 4.2.2, RFC 9147 section 4.

/// Bytes of a plaintext record's header.
const RECORD_HEADER_BYTES: usize = 13;

/// Bytes of a handshake message's header.
const MESSAGE_HEADER_BYTES: usize = 12;

/// Content type of handshake messages.
const HANDSHAKE: u8 = 22;

/// First bytes from here on are protected records of DTLS 1.3.
const UNIFIED_HEADER: u8 = 32;

const CLIENT_HELLO: u8 = 1;
const CERTIFICATE: u8 = 11;

/// The first thing in a datagram.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum First<'a> {
    /// A client's first hello, or its start, alone in its datagram: the message with its header.
    Hello(&'a [u8]),
    /// A later piece of it, alone in its datagram, too.
    HelloPiece,
    /// A client's second hello, after a request to change the first.
    HelloAgain,
    /// A certificate that is here as a whole, in DER.
    Certificate(&'a [u8]),
    /// Something else that is not protected, or broken.
    Plain,
    /// Something protected: the library tells whether it is true.
    Protected,
}

/// Looks at `datagram`.
pub(super) fn first(datagram: &[u8]) -> First<'_> {
    let protected = match datagram {
        [first, ..] if *first >= UNIFIED_HEADER => true,
        [_, _, _, epoch @ ..] => epoch.first_chunk().is_some_and(|epoch| *epoch != [0, 0]),
        _ => false,
    };
    if protected { First::Protected } else { plain(datagram).unwrap_or(First::Plain) }
}

fn plain(datagram: &[u8]) -> Option<First<'_>> {
    let (header, rest) = datagram.split_at_checked(RECORD_HEADER_BYTES)?;
    let content = rest.get(..number(header.get(11..)?))?;
    let (message, body) = content.split_at_checked(MESSAGE_HEADER_BYTES)?;
    let (kind, length, sequence) = (message[0], number(&message[1..4]), number(&message[4..6]));
    let (offset, carried) = (number(&message[6..9]), number(&message[9..12]));
    let body = body.get(..carried).filter(|_| header[0] == HANDSHAKE && offset + carried <= length)?;
    let alone = content.len() == rest.len() && body.len() == content.len() - MESSAGE_HEADER_BYTES;
    Some(match kind {
        CLIENT_HELLO if sequence > 0 => First::HelloAgain,
        CLIENT_HELLO if alone && offset == 0 => First::Hello(content),
        CLIENT_HELLO if alone => First::HelloPiece,
        // The list's length, the first certificate's length, and the certificate.
        CERTIFICATE if carried == length => First::Certificate(body.get(6..)?.get(..number(body.get(3..6)?))?),
        _ => First::Plain,
    })
}

/// A number in network order.
fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| (number << 8) | usize::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, sequence: u8, offset: u8, length: u8, body: &[u8]) -> Vec<u8> {
        let message = [kind, 0, 0, length, 0, sequence, 0, 0, offset, 0, 0, body.len() as u8];
        let header = [HANDSHAKE, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, (MESSAGE_HEADER_BYTES + body.len()) as u8];
        [&header, &message[..], body].concat()
    }

    #[test]
    fn hellos_and_certificates_are_told_apart_from_the_rest() {
        let hello = record(CLIENT_HELLO, 0, 0, 3, b"abc");
        assert_eq!(first(&hello), First::Hello(&hello[RECORD_HEADER_BYTES..]));
        assert_eq!(first(&record(CLIENT_HELLO, 0, 3, 6, b"def")), First::HelloPiece);
        assert_eq!(first(&record(CLIENT_HELLO, 1, 0, 3, b"abc")), First::HelloAgain);
        let list = [&[0, 0, 7, 0, 0, 4][..], b"cert"].concat();
        assert_eq!(first(&record(CERTIFICATE, 1, 0, 10, &list)), First::Certificate(b"cert"));
        assert_eq!(first(&record(CERTIFICATE, 1, 0, 11, &list)), First::Plain, "a piece only");
        assert_eq!(first(&record(16, 2, 0, 3, b"key")), First::Plain);
    }

    #[test]
    fn a_hello_with_anything_behind_it_is_none() {
        let hello = record(CLIENT_HELLO, 0, 0, 3, b"abc");
        assert_eq!(first(&[&hello[..], &hello].concat()), First::Plain);
        let mut two = record(CLIENT_HELLO, 0, 0, 3, b"abcdefghijklmnopqrstuvwxyz");
        two[RECORD_HEADER_BYTES + 11] = 3;
        assert_eq!(first(&two), First::Plain);
    }

    #[test]
    fn what_is_protected_is_left_to_the_library() {
        assert_eq!(first(&[47, 1, 2, 3]), First::Protected);
        assert_eq!(first(&[HANDSHAKE, 254, 253, 0, 1, 0, 0]), First::Protected);
    }

    #[test]
    fn broken_datagrams_are_plain() {
        let list = [&[0, 0, 7, 0, 0, 4][..], b"cert"].concat();
        for whole in [record(CLIENT_HELLO, 0, 0, 3, b"abc"), record(CERTIFICATE, 1, 0, 10, &list)] {
            for len in 0..whole.len() {
                assert_eq!(first(&whole[..len]), First::Plain, "{len} bytes");
            }
        }
        assert_eq!(first(&record(CLIENT_HELLO, 0, 9, 3, b"abc")), First::Plain, "beyond its own end");
        assert_eq!(first(&record(CERTIFICATE, 1, 0, 6, &[0, 0, 7, 0, 0, 4])), First::Plain);
    }
}
