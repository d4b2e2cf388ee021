//! Finds the cue sheet inside a file, as rippers put it into the comments of a whole disc in one file, or into the block that FLAC
//! has for it, which has places but no names. Runs in the worker process only.

mod block;

use std::io::{Read, Seek};

use lofty::config::ParseOptions;
use lofty::error::FileParseError;
use lofty::file::{AudioFile, FileType, TaggedFile};
use lofty::flac::FlacFile;
use lofty::mp4::{AtomData, AtomIdent, Mp4File};
use lofty::mpeg::MpegFile;
use lofty::ogg::tag::VorbisComments;
use lofty::ogg::{OpusFile, VorbisFile};
use lofty::probe::Probe;

/// What the sheet is called in comments of every kind; capitals do not matter.
const NAME: &str = "CUESHEET";

/// Who names things so in MP4.
const MP4_OWNER: &str = "com.apple.iTunes";

/// Returns what a file says, and the text of the sheet in it.
pub(super) fn read<F: Read + Seek>(
    probe: Probe<F>,
    options: ParseOptions,
) -> Result<(TaggedFile, Option<String>), FileParseError> {
    let kind = probe.file_type();
    if !matches!(kind, Some(FileType::Flac | FileType::Vorbis | FileType::Opus | FileType::Mp4 | FileType::Mpeg)) {
        return Ok((probe.read()?, None));
    }
    let mut file = probe.into_inner();
    let in_comments = |comments: &VorbisComments| comments.get(NAME).map(str::to_owned);
    Ok(match kind {
        Some(FileType::Flac) => {
            let read = FlacFile::read_from(&mut file, options)?;
            let sheet = read.vorbis_comments().and_then(in_comments);
            let sheet = sheet.or_else(|| block::read(&mut file, read.properties().sample_rate()));
            (read.into(), sheet)
        }
        Some(FileType::Vorbis) => {
            let read = VorbisFile::read_from(&mut file, options)?;
            let sheet = in_comments(read.vorbis_comments());
            (read.into(), sheet)
        }
        Some(FileType::Opus) => {
            let read = OpusFile::read_from(&mut file, options)?;
            let sheet = in_comments(read.vorbis_comments());
            (read.into(), sheet)
        }
        Some(FileType::Mp4) => {
            let read = Mp4File::read_from(&mut file, options)?;
            let sheet = in_mp4(&read);
            (read.into(), sheet)
        }
        _ => {
            let read = MpegFile::read_from(&mut file, options)?;
            let names = [NAME, "cuesheet", "CueSheet", "Cuesheet"];
            let sheet = read.id3v2().and_then(|tag| names.iter().find_map(|name| tag.get_user_text(name)));
            let sheet = sheet.map(str::to_owned);
            (read.into(), sheet)
        }
    })
}

fn in_mp4(file: &Mp4File) -> Option<String> {
    let is_sheet = |ident: &AtomIdent<'_>| {
        matches!(ident, AtomIdent::Freeform { mean, name }
            if mean.eq_ignore_ascii_case(MP4_OWNER) && name.eq_ignore_ascii_case(NAME))
    };
    let atom = file.ilst()?.into_iter().find(|atom| is_sheet(atom.ident()))?;
    atom.data().find_map(|data| match data {
        AtomData::UTF8(text) | AtomData::UTF16(text) => Some(text.clone()),
        _ => None,
    })
}
