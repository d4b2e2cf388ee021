//! What is on a card, looked at from outside: nothing by which a stranger could come in, and no secret.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use tests::card::{self, Entry};

/// Names that no program in the slot may have: ways to log in, to become somebody else, or to bring programs.
const PROGRAMS: [&str; 19] = [
    "agetty", "apt", "apt-get", "curl", "dpkg", "dropbear", "getty", "login", "nc", "passwd", "scp", "ssh", "sshd",
    "su", "sudo", "sulogin", "telnetd", "wget", "bash",
];

/// What a unit's name may not hold: consoles that wait for somebody to log in, and shells for when a start fails.
const UNITS: [&str; 6] = ["getty", "debug-shell", "emergency.service", "rescue.service", "sshd", "ssh.s"];

/// A library with keys that everybody knows: it tries with them whether it computes rightly.
const PUBLIC_KEYS: [&str; 1] = ["libgnutls.so."];

/// Kinds of things in a file system, as a mode says them (inode(7)).
const FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;
const LINK: u32 = 0o120_000;

/// Folders of programs.
const PROGRAM_FOLDERS: [&str; 4] = ["usr/bin", "usr/sbin", "usr/libexec", "usr/lib/systemd"];

#[test]
fn nobody_takes_another_users_rights_by_starting_a_program() {
    let Some(entries) = card::slot_modes() else { return };
    assert!(entries.len() > 500, "only {} files: this is not a slot", entries.len());
    for Entry { path, mode, owner, group } in entries {
        let (kind, shown) = (mode & 0o170_000, path.display());
        if kind == LINK {
            continue;
        }
        assert!([FILE, FOLDER].contains(&kind), "{shown}: neither file nor folder ({mode:o})");
        assert_eq!(mode & 0o6000, 0, "{shown}: runs as another user");
        assert_eq!((owner, group), (0, 0), "{shown}: not root's");
        let is_shared = kind == FOLDER && mode & 0o1000 != 0;
        assert!(mode & 0o002 == 0 || is_shared, "{shown}: anybody may write to it");
    }
}

#[test]
fn nothing_waits_for_somebody_to_log_in() {
    each("names", |path, _, _| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let folder = path.parent().unwrap_or(Path::new(""));
        if PROGRAM_FOLDERS.iter().any(|programs| folder == Path::new(programs)) {
            assert!(!PROGRAMS.contains(&name.as_ref()), "{} is there", path.display());
        }
        if folder.starts_with("usr/lib/systemd/system") || folder.starts_with("etc/systemd/system") {
            assert!(!UNITS.iter().any(|unit| name.contains(unit)), "{} is there", path.display());
        }
    });
}

#[test]
fn no_account_has_a_password_or_a_shell() {
    let Some(tree) = card::slot_tree("accounts") else { return };
    let read = |name: &str| fs::read_to_string(tree.join("etc").join(name)).expect("it is there");
    let (accounts, passwords) = (read("passwd"), read("shadow"));
    let mut count = 0;
    for line in accounts.lines() {
        let fields: Vec<&str> = line.split(':').collect();
        let &[name, password, _, _, _, _, shell] = &fields[..] else { panic!("not an account: {line}") };
        assert_eq!(shell, "/usr/sbin/nologin", "{name}");
        let hash = match password {
            "x" => {
                let own = passwords.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
                own.and_then(|rest| rest.split(':').next()).unwrap_or_else(|| panic!("{name}: no line in shadow"))
            }
            other => other,
        };
        assert!(hash.starts_with('*') || hash.starts_with('!'), "{name}: something may be its password");
        count += 1;
    }
    assert!(count > 2 && accounts.contains("partybox:"), "these are not the accounts: {accounts}");
}

#[test]
fn there_is_no_secret_on_a_new_card() {
    each("secrets", |path, about, content| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if about.is_file() && !PUBLIC_KEYS.iter().any(|known| name.starts_with(known)) {
            assert!(!holds_a_key(content), "{}: a private key", path.display());
        }
        assert!(!name.contains("authorized_keys") && !name.starts_with("ssh_host_"), "{} is there", path.display());
    });
    // The data partition is empty; what is secret is made at the first start, by each box for itself.
    let Some(card) = card::Card::fresh("secrets") else { return };
    assert_eq!(card.names("/"), ["lost+found"]);
}

#[test]
fn a_private_key_is_known_from_a_program_that_could_read_one() {
    let text = b"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIAvHqPYS4VQmz0zvS4Zc6hNPC4hBo8yBNpGWFTDPcFzUoAoGCCqGSM49\n";
    assert!(holds_a_key(text));
    assert!(!holds_a_key(b"-----BEGIN PRIVATE KEY-----\0-----END PRIVATE KEY-----\0"));
}

/// Whether a text holds a private key: libraries hold the line before one as well, but not what follows.
fn holds_a_key(bytes: &[u8]) -> bool {
    const MARK: &[u8] = b"PRIVATE KEY-----\n";
    bytes.windows(MARK.len()).enumerate().any(|(at, window)| {
        let next = &bytes[at + window.len()..];
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
        window == MARK && next.len() >= 40 && next[..40].iter().all(is_base64)
    })
}

/// Looks at everything in a slot: its path there, what the file system says of it, and what is in it.
fn each(name: &str, mut look: impl FnMut(&Path, &Metadata, &[u8])) {
    let Some(tree) = card::slot_tree(name) else { return };
    let mut folders = vec![PathBuf::new()];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(tree.join(&folder)).expect("a folder").map(|entry| entry.expect("an entry")) {
            let path = folder.join(entry.file_name());
            let about = fs::symlink_metadata(entry.path()).expect("it is there");
            let content = if about.is_file() { fs::read(entry.path()).expect("ours") } else { Vec::new() };
            look(&path, &about, &content);
            count += 1;
            if about.is_dir() {
                folders.push(path);
            }
        }
    }
    assert!(count > 500, "only {count} files: this is not a slot");
}
