//! The hosts as a file: how they outlast a restart.
//!
//! Text of a fixed shape, so that a maintainer can read it. It holds hashes, never secrets: who steals the card is not
//! host. Wholeness is the business of `state`; here a text that does not make sense is refused as a whole.

use party::pairing::{HOSTS_MAX, Host, Key, Label};
use serde::{Deserialize, Serialize};

/// The file's name in the state folder.
pub const FILE: &str = "hosts";

/// Version of the shape. Another one is refused, and the file is kept aside.
const VERSION: u32 = 1;

/// Longest name of a browser or system, bytes: longer than all that `web` knows.
const FAMILY_BYTES_MAX: usize = 32;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    /// The number of the next host.
    next_id: u64,
    #[serde(default)]
    host: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: u64,
    label: u8,
    /// SHA-256 of the secret, 64 hexadecimal digits.
    key: String,
    browser: String,
    system: String,
}

/// The text for these hosts; `next_id` is the number of the next one.
pub fn to_text(hosts: &[Host], next_id: u64) -> String {
    let row = |host: &Host| Row {
        id: host.id,
        label: host.label.number(),
        key: host.key.0.iter().map(|byte| format!("{byte:02x}")).collect(),
        browser: host.browser.clone(),
        system: host.system.clone(),
    };
    let file = File { version: VERSION, next_id, host: hosts.iter().map(row).collect() };
    toml::to_string(&file).expect("numbers and strings make a table")
}

/// The hosts and the number of the next one; `None` if this is not such a text.
pub fn from_text(text: &[u8]) -> Option<(Vec<Host>, u64)> {
    let file: File = toml::from_slice(text).ok()?;
    if file.version != VERSION || file.host.len() > HOSTS_MAX {
        return None;
    }
    let hosts: Option<Vec<Host>> = file.host.into_iter().map(host).collect();
    Some((hosts?, file.next_id))
}

fn host(row: Row) -> Option<Host> {
    let families_fit = [&row.browser, &row.system]
        .iter()
        .all(|family| family.len() <= FAMILY_BYTES_MAX && !family.contains(char::is_control));
    // The largest number leaves none for the next host.
    if !families_fit || row.id == u64::MAX {
        return None;
    }
    Some(Host {
        id: row.id,
        label: Label::new(row.label)?,
        key: key(&row.key)?,
        browser: row.browser,
        system: row.system,
    })
}

fn key(hex: &str) -> Option<Key> {
    let mut key = Key([0; 32]);
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, at) in key.0.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&hex[at..at + 2], 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Vec<Host> {
        let host = |id: u8| Host {
            id: id.into(),
            label: Label::new(40 + id).unwrap(),
            key: Key([id; 32]),
            browser: "Chrome".into(),
            system: "Android \"x\"".into(),
        };
        vec![host(3), host(7)]
    }

    #[test]
    fn what_is_written_is_read() {
        for hosts in [two(), Vec::new()] {
            assert_eq!(from_text(to_text(&hosts, 8).as_bytes()), Some((hosts, 8)));
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_as_a_whole() {
        let text = to_text(&two(), 8);
        let one_more =
            [text.as_str(), "[[host]]\nid = 1\nlabel = 10\nkey = \"\"\nbrowser = \"\"\nsystem = \"\"\n"].concat();
        for wrong in [
            String::new(),
            "\u{0}".into(),
            one_more,
            text.replace("version = 1", "version = 2"),
            text.replace("label = 43", "label = 9"),
            text.replace("0303", "03"),
            text.replace("0303", "03zz"),
            text.replace("0303", "é03"),
            text.replace("id = 7", "id = -7"),
            text.replace("id = 7", "id = 18446744073709551615"),
            text.replace("id = 7", "id = 7\npower = 9"),
            text.replace("Chrome", &"x".repeat(33)),
            text.replace("Chrome", r"a\nb"),
            to_text(&vec![two(); 9].concat(), 8),
        ] {
            assert_eq!(from_text(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(from_text(b"\xff\xfe"), None);
    }
}
