//! Which channels there are, as a file: how the evening outlasts a restart.

use std::sync::Arc;

use appliance::state::{Copies, Writer};
use base::ChannelId;
use party::{Channel, Evening};
use serde::{Deserialize, Serialize};

/// The file's name in the state folder.
pub(super) const FILE: &str = "channels";

/// Version of the shape. Another one is refused, and the file is kept aside.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    channel: Vec<Channel>,
}

/// Returns whether this is a text as the file of this name is; `None` if that is not its name.
pub(super) fn is_whole(name: &str, text: &str) -> Option<bool> {
    (name == FILE).then(|| from_text(text.as_bytes()).is_some())
}

/// What keeps the file as the evening is.
#[derive(Debug)]
pub(crate) struct Roster {
    /// `None`: the channels last until the box restarts.
    writer: Option<Arc<Writer>>,
    /// The channel with which a box begins.
    first: ChannelId,
}

impl Roster {
    /// Keeps the file of `writer`'s folder. A box without one begins with the channel `first`.
    pub(crate) fn new(writer: Option<Arc<Writer>>, first: ChannelId) -> Self {
        Self { writer, first }
    }

    /// Returns the evening that the file tells of. What is wrong with the file is logged, and the evening then begins
    /// with one channel.
    pub(super) fn read(&self) -> Evening {
        self.read_file().unwrap_or_else(|| Evening::new(self.first))
    }

    fn read_file(&self) -> Option<Evening> {
        self.writer.as_deref()?.folder().read_or_older(FILE, "the channels are not as they were", from_text)
    }

    /// Hands the file to the writer, which says and owes what the storage refuses.
    pub(super) fn write(&self, evening: &Evening) {
        if let Some(writer) = &self.writer {
            writer.write(FILE, to_text(evening).into_bytes(), Copies::AndOlder, Box::new(|_| {}));
        }
    }
}

fn to_text(evening: &Evening) -> String {
    let file = File { version: VERSION, channel: evening.channels().to_vec() };
    toml::to_string(&file).expect("names make a table")
}

/// Returns `None` if this is not such a text.
fn from_text(text: &[u8]) -> Option<Evening> {
    let file: File = toml::from_slice(text).ok()?;
    if file.version == VERSION { Evening::resume(&file.channel) } else { None }
}

#[cfg(test)]
mod tests {
    use appliance::state::FILE_BYTES_MAX;
    use party::{CHANNEL_NAME_CHARS_MAX, CHANNELS_MAX, ChannelWish, KEY_BYTES_MAX, Repertoire};

    use super::*;

    fn evening(count: usize) -> Evening {
        let mut evening = Evening::new(ChannelId::new("main").unwrap());
        for n in 1..count {
            let name = Some("\"ü".repeat(CHANNEL_NAME_CHARS_MAX / 2));
            let id = ChannelId::new(&format!("{n}{}", "x".repeat(30))).unwrap();
            let repertoire = match n % 3 {
                0 => None,
                1 => Some(Repertoire::Folder("%".repeat(KEY_BYTES_MAX))),
                _ => Some(Repertoire::Playlist("%".repeat(KEY_BYTES_MAX))),
            };
            evening.ask(id, ChannelWish::Put { name, color: None, repertoire }).unwrap();
        }
        evening
    }

    #[test]
    fn what_is_written_is_read_and_the_most_channels_fit() {
        for count in [1, 3, CHANNELS_MAX] {
            let text = to_text(&evening(count));
            let read = from_text(text.as_bytes()).expect("it is such a text");
            assert_eq!(read.channels(), evening(count).channels(), "{text}");
            assert!(text.len() <= FILE_BYTES_MAX);
        }
    }

    #[test]
    fn a_file_that_knows_no_repertoires_is_one_of_channels_that_play_everything() {
        let text = "version = 1\n\n[[channel]]\nid = \"main\"\nname = \"\"\ncolor = \"red\"\n";
        let read = from_text(text.as_bytes()).expect("the shape before is read");
        assert_eq!(read.channels(), evening(1).channels());
        assert_eq!(to_text(&read), text, "and read by those who wrote it");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let text = to_text(&evening(2));
        for wrong in [
            String::new(),
            text.replace("version = 1", "version = 2"),
            text.replace("\"red\"", "\"plaid\""),
            text.replace("id = \"main\"", "id = \"Main!\""),
            text.replace("color", "colour"),
        ] {
            assert_ne!(wrong, text);
            assert!(from_text(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }
}
