//! What a datagram of a handshake brings, as far as that shows without keys: enough to tell a forged one from the
//! phone's.
//!
//! Decides nothing. Shapes: RFC 6347 sections 4.1 and 4.2.2, RFC 9147 section 4.

/// Bytes of a plaintext record's header.
pub(super) const RECORD_HEADER_BYTES: usize = 13;

/// Bytes of a handshake message's header.
pub(super) const MESSAGE_HEADER_BYTES: usize = 12;

/// Content type of handshake messages.
pub(super) const HANDSHAKE: u8 = 22;

/// First bytes from here on are protected records of DTLS 1.3.
const UNIFIED_HEADER: u8 = 32;

const CLIENT_HELLO: u8 = 1;
const CERTIFICATE: u8 = 11;

/// The number of a client's certificate message: it follows the hello that echoes the cookie.
const CERTIFICATE_SEQUENCE: usize = 2;

/// Bytes of a hello before the first list: its version, and random.
const HELLO_HEAD_BYTES: usize = 34;

/// The extension that lists versions.
const SUPPORTED_VERSIONS: [u8; 2] = [0, 43];

const DTLS_1_2: [u8; 2] = [254, 253];

/// A piece of a handshake message, or all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    kind: u8,
    sequence: usize,
    /// Bytes of the whole message.
    pub(super) length: usize,
    pub(super) offset: usize,
    pub(super) body: &'a [u8],
}

/// What a datagram brings.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Brings {
    /// A client's first hello, or its start, and nothing else: its bytes.
    Hello(Vec<u8>),
    /// A later piece of it, and nothing else.
    HelloPiece,
    /// A client's second hello, or its start, and nothing else, after a request to echo a cookie or to change the first: its bytes.
    HelloAgain(Vec<u8>),
    /// A later piece of that.
    HelloAgainPiece,
    /// A client's certificate, or a piece of it, and maybe more.
    Certificate,
    /// Something else that is not protected, or broken.
    Plain,
    /// Something protected: the library tells whether it is true.
    Protected,
}

/// Looks at `datagram`.
pub(super) fn look(datagram: &[u8]) -> Brings {
    let protected = match datagram {
        [first, ..] if *first >= UNIFIED_HEADER => true,
        [_, _, _, epoch @ ..] => epoch.first_chunk().is_some_and(|epoch| *epoch != [0, 0]),
        _ => false,
    };
    if protected {
        return Brings::Protected;
    }
    let (pieces, whole) = pieces(datagram);
    let Some(first) = pieces.first() else { return Brings::Plain };
    let hello = pieces.iter().all(|piece| piece.kind == CLIENT_HELLO && piece.sequence == first.sequence);
    let bytes = || pieces.iter().flat_map(|piece| piece.body).copied().collect();
    match (first.kind, first.sequence) {
        (CLIENT_HELLO, 0) if hello && whole && first.offset == 0 => Brings::Hello(bytes()),
        (CLIENT_HELLO, 0) if hello && whole => Brings::HelloPiece,
        (CLIENT_HELLO, 1) if hello && whole && first.offset == 0 => Brings::HelloAgain(bytes()),
        (CLIENT_HELLO, 1) if hello && whole => Brings::HelloAgainPiece,
        (CERTIFICATE, CERTIFICATE_SEQUENCE) => Brings::Certificate,
        _ => Brings::Plain,
    }
}

/// The cookie that a hello echoes, empty if it does not; `None` if that part of it lacks.
pub(super) fn cookie(hello: &[u8]) -> Option<&[u8]> {
    let (_, rest) = counted(hello.get(HELLO_HEAD_BYTES..)?, 1)?;
    counted(rest, 1).map(|(cookie, _)| cookie)
}

/// Whether a hello says that its client speaks other versions than DTLS 1.2 only. One whose end lacks does not say that.
pub(super) fn refuses_1_2(hello: &[u8]) -> bool {
    supported_versions(hello).is_some_and(|versions| !versions.chunks_exact(2).any(|version| version == DTLS_1_2))
}

/// The list of versions in a hello (RFC 8446 section 4.2.1), if it has one.
fn supported_versions(hello: &[u8]) -> Option<&[u8]> {
    let mut rest = hello.get(HELLO_HEAD_BYTES..)?;
    // The session, the cookie, the cipher suites, the compression methods.
    for width in [1, 1, 2, 1] {
        (_, rest) = counted(rest, width)?;
    }
    let mut extensions = rest.get(2..)?;
    loop {
        let (kind, behind) = extensions.split_at_checked(2)?;
        let (body, behind) = counted(behind, 2)?;
        if kind == SUPPORTED_VERSIONS {
            return counted(body, 1).map(|(versions, _)| versions);
        }
        extensions = behind;
    }
}

/// What a length of `width` bytes counts, and what is behind it.
pub(super) fn counted(bytes: &[u8], width: usize) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(width)?;
    rest.split_at_checked(number(length))
}

/// The pieces of a client's certificate message in `datagram`.
pub(super) fn certificate(datagram: &[u8]) -> Vec<Piece<'_>> {
    let (pieces, _) = pieces(datagram);
    pieces.into_iter().filter(|piece| piece.kind == CERTIFICATE && piece.sequence == CERTIFICATE_SEQUENCE).collect()
}

/// The first certificate of a whole certificate message, in DER: behind the lengths of the list and its own.
pub(super) fn der(message: &[u8]) -> Option<&[u8]> {
    message.get(6..)?.get(..number(message.get(3..6)?))
}

/// How long the first records of `datagram` are, at most so many; all of it where it has no lengths.
pub(super) fn bytes_of_records(datagram: &[u8], count_max: usize) -> usize {
    let mut rest = datagram;
    for _ in 0..count_max {
        let header = rest.split_at_checked(RECORD_HEADER_BYTES).filter(|(header, _)| header[0] < UNIFIED_HEADER);
        let Some((_, behind)) = header.and_then(|(header, rest)| rest.split_at_checked(number(&header[11..]))) else {
            return datagram.len();
        };
        rest = behind;
    }
    datagram.len() - rest.len()
}

/// The plaintext pieces at the start of `datagram`, and whether there is nothing else in it.
fn pieces(datagram: &[u8]) -> (Vec<Piece<'_>>, bool) {
    let (mut all, mut rest) = (Vec::new(), datagram);
    while let Some((mut content, behind)) = handshake(rest) {
        while let Some((piece, behind)) = piece(content) {
            all.push(piece);
            content = behind;
        }
        if !content.is_empty() {
            return (all, false);
        }
        rest = behind;
    }
    (all, rest.is_empty())
}

/// The content of a plaintext record of the handshake, and what is behind it.
fn handshake(datagram: &[u8]) -> Option<(&[u8], &[u8])> {
    let (header, rest) = datagram.split_at_checked(RECORD_HEADER_BYTES)?;
    let content = rest.split_at_checked(number(&header[11..]))?;
    (header[0] == HANDSHAKE && header[3..5] == [0, 0]).then_some(content)
}

fn piece(content: &[u8]) -> Option<(Piece<'_>, &[u8])> {
    let (header, rest) = content.split_at_checked(MESSAGE_HEADER_BYTES)?;
    let (body, behind) = rest.split_at_checked(number(&header[9..]))?;
    let (length, offset) = (number(&header[1..4]), number(&header[6..9]));
    let piece = Piece { kind: header[0], sequence: number(&header[4..6]), length, offset, body };
    (offset + body.len() <= length).then_some((piece, behind))
}

/// A number in network order.
pub(super) fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| (number << 8) | usize::from(*byte))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A record with one piece.
    pub(in super::super) fn record(kind: u8, sequence: u8, length: u8, offset: u8, body: &[u8]) -> Vec<u8> {
        let message = [kind, 0, 0, length, 0, sequence, 0, 0, offset, 0, 0, body.len() as u8];
        let header = [HANDSHAKE, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, (MESSAGE_HEADER_BYTES + body.len()) as u8];
        [&header, &message[..], body].concat()
    }

    #[test]
    fn hellos_and_certificates_are_told_apart_from_the_rest() {
        assert_eq!(look(&record(CLIENT_HELLO, 0, 3, 0, b"abc")), Brings::Hello(b"abc".to_vec()));
        assert_eq!(look(&record(CLIENT_HELLO, 0, 6, 3, b"def")), Brings::HelloPiece);
        assert_eq!(look(&record(CLIENT_HELLO, 1, 3, 0, b"abc")), Brings::HelloAgain(b"abc".to_vec()));
        assert_eq!(look(&record(CLIENT_HELLO, 1, 6, 3, b"def")), Brings::HelloAgainPiece);
        assert_eq!(look(&record(CLIENT_HELLO, 2, 3, 0, b"abc")), Brings::Plain);
        assert_eq!(look(&record(CERTIFICATE, 2, 3, 0, b"abc")), Brings::Certificate);
        assert_eq!(look(&record(CERTIFICATE, 1, 3, 0, b"abc")), Brings::Plain);
        assert_eq!(look(&record(16, 3, 3, 0, b"key")), Brings::Plain);
    }

    #[test]
    fn a_hello_may_come_in_pieces_but_with_nothing_else() {
        let [start, end] = [record(CLIENT_HELLO, 0, 6, 0, b"abc"), record(CLIENT_HELLO, 0, 6, 3, b"def")];
        assert_eq!(look(&[&start[..], &end].concat()), Brings::Hello(b"abcdef".to_vec()));
        assert_eq!(look(&[&start[..], &record(16, 1, 3, 0, b"key")].concat()), Brings::Plain);
        assert_eq!(look(&[&start[..], &[1]].concat()), Brings::Plain);
    }

    #[test]
    fn a_hello_shows_its_cookie_and_whether_it_knows_the_older_version() {
        let head = [0; HELLO_HEAD_BYTES];
        let hello = |versions: &[u8]| {
            let list = [&[0, 43, 0, 1 + versions.len() as u8, versions.len() as u8][..], versions].concat();
            let extensions = [&[0, 1, 0, 2, 9, 9][..], &list].concat();
            let lists = [&[2, 7, 7, 3, 1, 2, 3, 0, 2, 0xC0, 0x2B, 1, 0][..], &[0, extensions.len() as u8], &extensions];
            [&head[..], &lists.concat()].concat()
        };
        let (both, newer) = (hello(&[254, 252, 254, 253]), hello(&[254, 252]));
        assert_eq!(cookie(&both), Some(&[1, 2, 3][..]));
        assert_eq!((refuses_1_2(&both), refuses_1_2(&newer)), (false, true));
        for len in 0..newer.len() {
            assert!(!refuses_1_2(&newer[..len]), "{len} bytes");
            assert_eq!(cookie(&newer[..len]).is_some(), len >= HELLO_HEAD_BYTES + 7, "{len} bytes");
        }
        assert!(!refuses_1_2(&crate::dtls::cookie::STAND_IN[25..]), "without extensions");
        assert_eq!(cookie(&crate::dtls::cookie::STAND_IN[25..]), Some(&[][..]));
    }

    #[test]
    fn records_are_counted_and_what_is_cut_is_left_whole() {
        let [long, short] = [record(CERTIFICATE, 2, 3, 0, b"abc"), record(16, 3, 1, 0, b"k")];
        let all = [&long[..], &short, &long].concat();
        let counted = [1, 2, 3, 4].map(|count| bytes_of_records(&all, count));
        assert_eq!(counted, [long.len(), long.len() + short.len(), all.len(), all.len()]);
        assert_eq!(bytes_of_records(&all[..long.len() + 5], 2), long.len() + 5);
        assert_eq!((bytes_of_records(&[47, 1, 2, 3], 1), bytes_of_records(&[], 1)), (4, 0));
    }

    #[test]
    fn what_is_protected_is_left_to_the_library() {
        assert_eq!(look(&[47, 1, 2, 3]), Brings::Protected);
        assert_eq!(look(&[HANDSHAKE, 254, 253, 0, 1, 0, 0]), Brings::Protected);
    }

    #[test]
    fn broken_datagrams_are_plain() {
        for kind in [CLIENT_HELLO, CERTIFICATE] {
            let whole = record(kind, 1 + u8::from(kind == CERTIFICATE), 3, 0, b"abc");
            for len in 0..whole.len() {
                assert_eq!(look(&whole[..len]), Brings::Plain, "{len} bytes");
            }
            assert_eq!(look(&record(kind, 1, 3, 9, b"abc")), Brings::Plain, "beyond its own end");
        }
        assert_eq!(der(&[0, 0, 7, 0, 0, 4, 1, 2, 3]), None);
    }
}
