//! Sound files for tests: 16-bit PCM in RIFF, just enough to feed the box and to read what a client wrote.

use std::fs;
use std::io;
use std::path::Path;

/// What the box plays and the clients write.
pub const RATE_HZ: u32 = 48_000;

/// Writes `samples` on both channels.
pub fn write(path: &Path, samples: &[f32]) -> io::Result<()> {
    write_stereo(path, &samples.iter().map(|sample| [*sample; 2]).collect::<Vec<_>>())
}

/// Writes left and right.
pub fn write_stereo(path: &Path, frames: &[[f32; 2]]) -> io::Result<()> {
    let bytes = frames.len() * 4;
    let mut file = Vec::with_capacity(44 + bytes);
    file.extend(b"RIFF");
    file.extend((36 + bytes as u32).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
    file.extend(RATE_HZ.to_le_bytes());
    file.extend((RATE_HZ * 4).to_le_bytes());
    file.extend(b"\x04\0\x10\0data");
    file.extend((bytes as u32).to_le_bytes());
    for sample in frames.iter().flatten() {
        file.extend(((sample * 32_767.0) as i16).to_le_bytes());
    }
    fs::write(path, file)
}

/// The left channel of a 48 kHz stereo file, as [`read_stereo`] reads it.
pub fn read_left(path: &Path) -> io::Result<Vec<f32>> {
    Ok(read_stereo(path)?.into_iter().map(|[left, _]| left).collect())
}

/// A 48 kHz stereo file. A data chunk that claims more than there is (a writer that was cut off)
/// is read to the end of the file.
pub fn read_stereo(path: &Path) -> io::Result<Vec<[f32; 2]>> {
    let bytes = fs::read(path)?;
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {what}", path.display()));
    let mut rest = bytes.get(12..).ok_or_else(|| wrong("no RIFF header"))?;
    while rest.len() >= 8 {
        let (name, size) = (&rest[..4], u32::from_le_bytes([rest[4], rest[5], rest[6], rest[7]]) as usize);
        let body = &rest[8..];
        let body = &body[..size.min(body.len())];
        if name == b"fmt " {
            // Plain or extensible PCM, 2 channels, this rate, 16 bits.
            let field = |at: usize| body.get(at..at + 2).map_or(0, |two| u16::from_le_bytes([two[0], two[1]]));
            if field(2) != 2 || field(14) != 16 || field(4) != RATE_HZ as u16 {
                return Err(wrong("not 16-bit stereo at 48 kHz"));
            }
        }
        if name == b"data" {
            // A writer that was cut off, or writes to a pipe, leaves the size at zero.
            let body = if size == 0 { &rest[8..] } else { body };
            let sample = |low, high| f32::from(i16::from_le_bytes([low, high])) / 32_768.0;
            return Ok(body.chunks_exact(4).map(|f| [sample(f[0], f[1]), sample(f[2], f[3])]).collect());
        }
        rest = rest.get(8 + size + size % 2..).unwrap_or_default();
    }
    Err(wrong("no data"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        write(&path, &[0.0, 0.5, -0.5, 1.0]).unwrap();
        let read = read_left(&path).unwrap();
        let close = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-4;
        assert!(read.len() == 4 && read.iter().zip(&[0.0, 0.5, -0.5, 1.0]).all(close), "{read:?}");
    }

    #[test]
    fn other_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        fs::write(&path, b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0").unwrap();
        assert!(read_left(&path).is_err());
        fs::write(&path, b"").unwrap();
        assert!(read_left(&path).is_err());
    }
}
