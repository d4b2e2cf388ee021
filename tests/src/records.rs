//! A shelf of records for tests: a folder of songs with titles, artists, albums and covers, made by ffmpeg on the spot.
//!
//! What the songs sound like does not matter here beyond that they do; tests of sound make their own.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::made::Made;

/// Artist, album, year, genre, two colours of the cover, and its songs.
type Record = (&'static str, &'static str, &'static str, &'static str, [&'static str; 2], &'static [&'static str]);

const RECORDS: [Record; 5] = [
    (
        "Nordlicht",
        "Weiter",
        "2019",
        "Electronic",
        ["0x1b2a6b", "0x17bebb"],
        &["Golden River", "Paper Boats", "Neon Rain"],
    ),
    ("Café Luna", "Azul", "2003", "Cumbia", ["0xe4572e", "0xffc914"], &["Corazón de Papel", "La Orilla", "Medianoche"]),
    (
        "The Porch Lights",
        "Slow Summer",
        "1998",
        "Folk",
        ["0x2e5e3e", "0xf3d9a4"],
        &["Porch Light", "Fence Posts", "Lemonade"],
    ),
    ("أنغام الليل", "قمر", "2011", "طرب", ["0x4a1942", "0xd4a373"], &["ليلة", "نجوم"]),
    (
        "Röyk",
        "Night Ferry",
        "2024",
        "Electronic",
        ["0x101820", "0xf15bb5"],
        &["Harbour", "Velvet Morning", "Last Train"],
    ),
];

/// Returns the shelf, in a folder of its own. `None`, with the reason printed, where ffmpeg does not make it.
pub fn shelf() -> Option<TempDir> {
    static MADE: Made = Made::new();
    MADE.laid(|folder| RECORDS.iter().all(|record| press(record, folder)))
}

/// Makes one record below `folder`.
fn press(&(artist, album, year, genre, colours, songs): &Record, folder: &Path) -> bool {
    let place = folder.join(album);
    let mut made = std::fs::create_dir(&place).is_ok();
    let picture = format!("gradients=s=480x480:c0={}:c1={}:x0=40:y0=20:x1=440:y1=460:d=1", colours[0], colours[1]);
    made &= ffmpeg(&["-f", "lavfi", "-i", &picture, "-frames:v", "1"], &place.join("cover.jpg"));
    for (n, title) in songs.iter().enumerate() {
        // A low rate is made and read in a third of the time.
        let tone = format!("sine=frequency={}:duration=200:sample_rate=16000", 220 + 55 * n);
        let said = [("title", *title), ("artist", artist), ("album", album), ("date", year), ("genre", genre)];
        let said: Vec<String> = said.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut options = vec!["-f", "lavfi", "-i", &tone];
        options.extend(said.iter().flat_map(|tag| ["-metadata", tag.as_str()]));
        options.extend(["-c:a", "libmp3lame", "-b:a", "32k"]);
        made &= ffmpeg(&options, &place.join(format!("{n}.mp3")));
    }
    if !made {
        println!("not run: ffmpeg does not make {album}");
    }
    made
}

fn ffmpeg(options: &[&str], to: &Path) -> bool {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-y"]).args(options).arg(to).stdin(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
