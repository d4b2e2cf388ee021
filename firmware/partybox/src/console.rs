//! What a person at the terminal sees: the addresses, a QR code, how to stop, and one status line.

use std::fmt::Write as _;

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

fn is_local(url: &str) -> bool {
    url.starts_with("http://127.") || url.starts_with("http://[::1]")
}

/// The greeting: name, addresses, a QR code of the first one, and how to stop.
pub fn greeting(name: &str, urls: &[String]) -> String {
    let mut text = format!("\n{name} is playing.\n\n");
    for url in urls {
        let _ = writeln!(text, "  {url}");
    }
    if urls.iter().all(|url| is_local(url)) {
        text.push_str("\nOnly this machine reaches that address; with --listen 0.0.0.0:8080 phones do, too.\n");
    } else if let Some(code) = urls.first().and_then(|url| QrCode::new(url).ok()) {
        // Light modules are drawn, dark ones left to the background: readable on dark terminals, quiet zone included.
        let drawing = code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
        let _ = write!(text, "\n{drawing}\n");
    }
    let player = urls.first().map_or_else(String::new, |url| format!("{url}stream/latest.mp3"));
    let _ =
        write!(text, "\nOpen the first address on a phone in the same network, or in a browser here, and tap once.\n");
    let _ = writeln!(text, "Any player: {player}\nStop: Ctrl-C\n");
    text
}

/// Columns of the terminal; 80 if there is none or it does not tell.
pub fn width() -> usize {
    rustix::termios::tcgetwinsize(std::io::stderr()).map_or(80, |size| usize::from(size.ws_col)).max(20)
}

/// Rows of the terminal; 24 if there is none or it does not tell.
pub fn height() -> usize {
    rustix::termios::tcgetwinsize(std::io::stderr()).map_or(24, |size| usize::from(size.ws_row))
}

/// The numbers in the status line.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Status<'a> {
    /// Whether the host lets it play.
    pub playing: bool,
    /// What is heard, in words.
    pub heard: &'a str,
    /// Live and MP3 listeners.
    pub listeners: (usize, usize),
    /// Peak of the last moment in dBFS, rounded; `None` in silence.
    pub peak_dbfs: Option<i32>,
}

/// The status line, at most `width` characters.
pub fn status_line(status: &Status<'_>, width: usize) -> String {
    let state = if status.playing { "playing" } else { "paused" };
    let peak = status.peak_dbfs.map_or_else(|| "silence".to_owned(), |db| format!("{db} dBFS"));
    let (live, pocket) = status.listeners;
    let line = format!("{state} · {live} live, {pocket} MP3 · {peak} · {}", status.heard);
    line.chars().filter(|c| !c.is_control()).take(width).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_qr_code_holds_the_first_address_with_its_quiet_zone() {
        let text = greeting("Box", &["http://10.0.0.7:8080/".to_owned()]);
        assert!(text.contains("http://10.0.0.7:8080/stream/latest.mp3"));
        let rows: Vec<_> = text.lines().filter(|l| l.contains(['█', '▀'])).collect();
        // Version 2 (25 modules) and 4 modules of quiet zone on each side (ISO 18004), two rows per line.
        assert_eq!((rows.len(), rows[0].chars().count()), (17, 33), "{text}");
    }

    #[test]
    fn an_address_no_phone_can_reach_gets_a_hint_instead_of_a_qr_code() {
        let text = greeting("Box", &["http://127.0.0.1:8080/".to_owned()]);
        assert!(text.contains("Only this machine") && !text.contains('█'), "{text}");
    }

    #[test]
    fn a_track_title_cannot_break_the_status_line() {
        let status = Status { playing: true, heard: "evil\x1b[2J\ntitle", listeners: (1, 2), peak_dbfs: Some(-3) };
        let line = status_line(&status, 60);
        assert!(!line.contains(['\x1b', '\n']) && line.chars().count() <= 60, "{line:?}");
    }
}
