//! What follows on the head of a stream: bytes until the connection ends, as Icecast's own protocol has it, or, of programs that
//! send a file as HTTP does (`curl -T`), so many as were announced, or chunks (RFC 9112 section 7.1).

use super::head::Framing;

/// Bytes of framing without a byte of sound between them, at most: sizes, extensions and trailers, which nobody sends here.
const FRAMING_BYTES_MAX: usize = 1_024;

/// Digits of a chunk's size, at most: as many as fit into 64 bits.
const SIZE_DIGITS_MAX: usize = 16;

/// Takes the framing off what is sent, however it comes in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// All of it is sound.
    Endless,
    /// So many bytes are still to come.
    Left(u64),
    /// The place in the chunks, and bytes of framing since the last byte of sound.
    Chunks(At, usize),
}

/// A place in a body of chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Within the size of a chunk, of which so many digits came.
    Size(u64, usize),
    /// Behind the size, within what else is in its line.
    Extension(u64),
    /// Within a chunk of which so much is to come.
    Data(u64),
    /// Behind a chunk's last byte.
    DataEnd,
    /// Within a line behind the last chunk, which is empty so far or not.
    Trailer(bool),
    /// Behind the end.
    Over,
}

impl Body {
    /// Returns the beginning of a body that is sent so.
    pub fn new(framing: Framing) -> Self {
        Self(match framing {
            Framing::Endless => Kind::Endless,
            Framing::Length(length) => Kind::Left(length),
            Framing::Chunks => Kind::Chunks(At::Size(0, 0), 0),
        })
    }

    /// Whether it has ended by what it says itself.
    pub fn is_over(&self) -> bool {
        matches!(self.0, Kind::Left(0) | Kind::Chunks(At::Over, _))
    }

    /// Whether the end of the connection is its end too.
    pub fn may_break_off(&self) -> bool {
        self.0 == Kind::Endless || self.is_over()
    }

    /// Moves the sound among `bytes`, which came next, to their front, and returns how many that are. What comes behind the end is
    /// left out.
    ///
    /// # Errors
    /// They are no chunks.
    pub fn unpack(&mut self, bytes: &mut [u8]) -> Result<usize, &'static str> {
        match &mut self.0 {
            Kind::Endless => Ok(bytes.len()),
            Kind::Left(left) => {
                let of_it = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left -= of_it as u64;
                Ok(of_it)
            }
            Kind::Chunks(at, framing) => unchunk(at, framing, bytes),
        }
    }
}

fn unchunk(at: &mut At, framing: &mut usize, bytes: &mut [u8]) -> Result<usize, &'static str> {
    let (mut read, mut written) = (0, 0);
    while let (false, Some(byte)) = (*at == At::Over, bytes.get(read).copied()) {
        if let At::Data(left) = *at {
            let of_it = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - read);
            bytes.copy_within(read..read + of_it, written);
            (read, written, *framing) = (read + of_it, written + of_it, 0);
            *at = if left == of_it as u64 { At::DataEnd } else { At::Data(left - of_it as u64) };
            continue;
        }
        (read, *framing) = (read + 1, *framing + 1);
        if *framing > FRAMING_BYTES_MAX {
            return Err("its chunks are mostly framing");
        }
        *at = behind(*at, byte)?;
    }
    Ok(written)
}

/// Returns the place behind `byte` of the framing.
fn behind(at: At, byte: u8) -> Result<At, &'static str> {
    let begun = |size| if size == 0 { At::Trailer(true) } else { At::Data(size) };
    match (at, byte) {
        (At::Size(size, digits), _) if byte.is_ascii_hexdigit() => {
            let digit = char::from(byte).to_digit(16).unwrap_or_default();
            let known = digits < SIZE_DIGITS_MAX;
            known.then_some(At::Size(size << 4 | u64::from(digit), digits + 1)).ok_or("a chunk of it is too large")
        }
        (At::Size(_, 0), _) => Err("a chunk of it has no size"),
        (At::Size(size, _) | At::Extension(size), b'\n') => Ok(begun(size)),
        (At::Size(size, _), b'\r' | b';' | b' ' | b'\t') | (At::Extension(size), _) => Ok(At::Extension(size)),
        (At::Size(..), _) => Err("a chunk of it has no size"),
        (At::DataEnd, b'\r') => Ok(At::DataEnd),
        (At::DataEnd, b'\n') => Ok(At::Size(0, 0)),
        (At::DataEnd, _) => Err("a chunk of it is longer than it says"),
        (At::Trailer(true), b'\n') => Ok(At::Over),
        (At::Trailer(is_empty), b'\r') => Ok(At::Trailer(is_empty)),
        (At::Trailer(_), _) => Ok(At::Trailer(byte == b'\n')),
        (At::Data(_) | At::Over, _) => Ok(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is unpacked of `text` that comes in pieces of `piece` bytes, and whether that is all.
    fn unpacked(framing: Framing, text: &[u8], piece: usize) -> Result<(Vec<u8>, bool), &'static str> {
        let (mut body, mut all) = (Body::new(framing), Vec::new());
        for piece in text.chunks(piece) {
            let mut piece = piece.to_vec();
            let length = body.unpack(&mut piece)?;
            all.extend(&piece[..length]);
        }
        Ok((all, body.is_over()))
    }

    #[test]
    fn the_sound_is_the_same_however_it_comes_in_pieces() {
        for (framing, text, sound, is_over) in [
            (Framing::Endless, &b"sound"[..], &b"sound"[..], false),
            (Framing::Length(5), b"sound and more", b"sound", true),
            (Framing::Length(9), b"sound", b"sound", false),
            (Framing::Chunks, b"5\r\nsound\r\n0\r\n\r\n", b"sound", true),
            (Framing::Chunks, b"2;a=b\r\nso\r\n03\r\nund\r\n0\r\nX: y\r\n\r\nmore", b"sound", true),
            (Framing::Chunks, b"a\n0123456789\nB \r\n0123456789x\r\n", b"01234567890123456789x", false),
            (Framing::Chunks, b"5\r\nso", b"so", false),
            (Framing::Chunks, b"", b"", false),
        ] {
            for piece in 1..=text.len().max(1) {
                let name = String::from_utf8_lossy(text);
                assert_eq!(unpacked(framing, text, piece), Ok((sound.to_vec(), is_over)), "{name} by {piece}");
            }
        }
    }

    #[test]
    fn what_is_no_chunk_is_told_and_framing_without_end_as_well() {
        let long = format!("5;{}\r\nsound\r\n", "x".repeat(FRAMING_BYTES_MAX));
        let trailers = format!("0\r\n{}", "X: y\r\n".repeat(FRAMING_BYTES_MAX));
        for text in [
            "\r\n",
            "x\r\n",
            "5x\r\nsound",
            "-5\r\nsound",
            "5\r\nsounds\r\n",
            "00000000000000005\r\nsound\r\n",
            &long,
            &trailers,
        ] {
            for piece in [1, 7, text.len()] {
                let said = unpacked(Framing::Chunks, text.as_bytes(), piece);
                assert!(said.is_err(), "{text:.40} by {piece}: {said:?}");
            }
        }
        // Much sound in small chunks is no such thing.
        let many = "1\r\nx\r\n".repeat(FRAMING_BYTES_MAX);
        assert_eq!(unpacked(Framing::Chunks, many.as_bytes(), 100), Ok((vec![b'x'; FRAMING_BYTES_MAX], false)));
    }

    #[test]
    fn only_what_has_no_length_ends_with_its_connection() {
        for (framing, text, may) in [
            (Framing::Endless, &b""[..], true),
            (Framing::Length(2), b"s", false),
            (Framing::Length(1), b"s", true),
            (Framing::Chunks, b"1\r\ns\r\n", false),
            (Framing::Chunks, b"1\r\ns\r\n0\r\n\r\n", true),
        ] {
            let mut body = Body::new(framing);
            body.unpack(&mut text.to_vec()).unwrap();
            assert_eq!(body.may_break_off(), may, "{framing:?} {text:?}");
        }
    }
}
