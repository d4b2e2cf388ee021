//! What a file says about itself, in the box's words: tags, and where its channels stand.
//!
//! Only translation; what is done with it is the parent's.

use symphonia::core::audio::{Channels, Position};
use symphonia::core::meta::{Metadata, StandardTag};

use crate::decode::downmix::{CHANNELS_MAX, Downmix, Place};
use crate::decode::{Error, TrackInfo, shown};

/// Title and artist. A file may describe itself several times; what comes later is the fuller description.
pub(super) fn read_tags(metadata: &mut Metadata<'_>) -> TrackInfo {
    let mut info = TrackInfo::default();
    while let Some(revision) = metadata.current() {
        let tracks = revision.per_track.iter().flat_map(|track| &track.metadata.tags);
        let tags = || revision.media.tags.iter().chain(tracks.clone()).filter_map(|tag| tag.std.as_ref());
        let title = tags().find_map(|tag| if let StandardTag::TrackTitle(text) = tag { spoken(text) } else { None });
        let artist = tags().find_map(|tag| if let StandardTag::Artist(text) = tag { spoken(text) } else { None });
        info.title = title.or(info.title);
        info.artist = artist.or(info.artist);
        if metadata.pop().is_none() {
            break;
        }
    }
    info
}

fn spoken(text: &str) -> Option<String> {
    Some(shown(text)).filter(|text| !text.is_empty())
}

/// The mix to stereo of what the file calls its channels.
pub(super) fn downmix(channels: &Channels) -> Result<Downmix, Error> {
    match channels.count() {
        0 => Err(Error::NoSound),
        count if count > CHANNELS_MAX => Err(Error::Unsupported(format!("{count} channels"))),
        // Two are left and right, whatever the file calls them: nobody has put them beside others.
        count if count <= 2 => Ok(Downmix::usual(count)),
        count => match channels {
            Channels::Positioned(positions) => Ok(Downmix::new(&positions.iter().map(place).collect::<Vec<_>>())),
            _ => Ok(Downmix::unplaced(count)),
        },
    }
}

fn place(position: Position) -> Place {
    match position {
        Position::FRONT_LEFT | Position::FRONT_LEFT_CENTER | Position::FRONT_LEFT_WIDE => Place::Left,
        Position::FRONT_RIGHT | Position::FRONT_RIGHT_CENTER | Position::FRONT_RIGHT_WIDE => Place::Right,
        Position::FRONT_CENTER => Place::Centre,
        Position::SIDE_LEFT | Position::REAR_LEFT => Place::SurroundLeft,
        Position::SIDE_RIGHT | Position::REAR_RIGHT => Place::SurroundRight,
        Position::REAR_CENTER => Place::Back,
        _ => Place::Silent,
    }
}
