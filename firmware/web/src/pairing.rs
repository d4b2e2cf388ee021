//! Who is host by pairing, as values between HTTP and whoever keeps the rules.
//!
//! A paired phone brings a [`Secret`] in a cookie; the box keeps its hash only. What a phone asks goes through a queue
//! to the rules; which hashes are hosts' comes back as a watched set, so that who is removed is a guest with their next
//! request and their next event. Nothing is decided here.

use std::fmt;
use std::sync::Arc;

use ::party::pairing::{AskError, Host, Key, NoSuchHost, Phone, State};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot, watch};

/// Bytes of a secret: 128 bits, far beyond guessing.
pub const SECRET_BYTES: usize = 16;

/// Requests waiting for the party's loop. If that many wait it is stuck, and a further one is refused with 503.
pub const REQUESTS_WAITING_MAX: usize = 16;

/// What a phone proves with that it is the one that asked. Never logged, never stored.
#[derive(Clone, Copy)]
pub struct Secret([u8; SECRET_BYTES]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// A secret of random bytes.
    pub const fn new(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(bytes)
    }

    /// The secret that [`Self::to_hex`] wrote; nothing else is one.
    pub fn from_hex(text: &[u8]) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; SECRET_BYTES];
        if text.len() != 2 * SECRET_BYTES {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// The secret as 32 digits.
    pub fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What the box keeps of it.
    pub fn key(&self) -> Key {
        let mut key = [0; 32];
        key.copy_from_slice(digest(&SHA256, &self.0).as_ref());
        Key(key)
    }
}

/// What somebody at the box does to let a phone be host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Press its button.
    #[default]
    Button,
    /// Press the key of that button in the terminal where the box runs.
    Key,
    /// Nothing: there is neither. Only addresses that the configuration names are hosts.
    None,
}

/// The hashes of all hosts' secrets.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Arc<[Key]>);

impl Hosts {
    /// These.
    pub fn new(keys: impl IntoIterator<Item = Key>) -> Self {
        Self(keys.into_iter().collect())
    }

    /// Whether any of `keys` is a host's; takes the same time whichever it is.
    pub fn have(&self, keys: &[Key]) -> bool {
        let pairs = self.0.iter().flat_map(|host| keys.iter().map(move |key| (host, key)));
        pairs.fold(false, |found, (host, key)| verify_slices_are_equal(&host.0, &key.0).is_ok() | found)
    }
}

/// What phones ask. Dropping a reply counts as a box that is too busy.
#[derive(Debug)]
pub enum Request {
    /// To become host.
    Ask {
        /// Who asks.
        phone: Phone,
        /// The keys it brought.
        keys: Vec<Key>,
        /// How it stands now.
        reply: oneshot::Sender<Result<Asked, AskError>>,
    },
    /// How it stands.
    State {
        /// The keys it brought.
        keys: Vec<Key>,
        /// The answer; for a host, once it is known whether that is kept.
        reply: oneshot::Sender<Standing>,
    },
    /// Not to become host after all.
    Abort {
        /// The keys it brought.
        keys: Vec<Key>,
        /// Told when it is done.
        reply: oneshot::Sender<()>,
    },
    /// For all hosts.
    Hosts {
        /// In the order of pairing.
        reply: oneshot::Sender<Vec<Host>>,
    },
    /// To remove a host.
    Revoke {
        /// Its number.
        id: u64,
        /// The answer, once the removal outlasts a pulled plug.
        reply: oneshot::Sender<Result<(), RevokeError>>,
    },
}

/// The answer to [`Request::Ask`].
#[derive(Debug)]
pub struct Asked {
    /// How the phone stands now.
    pub state: State,
    /// The secret to keep from now on; `None` if it keeps the one it has.
    pub secret: Option<Secret>,
    /// See [`Standing::kept`].
    pub kept: bool,
}

/// The answer to [`Request::State`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How the phone stands.
    pub state: State,
    /// Whether it is host after a restart as well, if it is one; a box whose storage refuses to write that down says no.
    pub kept: bool,
}

/// Why a host was not removed, or not for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevokeError {
    /// There is no such host.
    NoSuchHost,
    /// It is removed, but the box could not write that down: after a restart it is host again.
    NotSaved,
}

impl From<NoSuchHost> for RevokeError {
    fn from(_: NoSuchHost) -> Self {
        Self::NoSuchHost
    }
}

/// The end that HTTP holds.
#[derive(Clone, Debug)]
pub struct Pairing {
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) hosts: watch::Receiver<Hosts>,
    pub(crate) way: watch::Receiver<Way>,
}

/// The end of whoever keeps the rules.
#[derive(Debug)]
pub struct Keeper {
    /// What phones ask.
    pub requests: mpsc::Receiver<Request>,
    /// Who is host; to be replaced at every change.
    pub hosts: watch::Sender<Hosts>,
    /// How a phone becomes one; to be replaced when that changes.
    pub way: watch::Sender<Way>,
}

/// Both ends.
pub fn channel() -> (Pairing, Keeper) {
    let (asking, requests) = mpsc::channel(REQUESTS_WAITING_MAX);
    let (hosts, known) = watch::channel(Hosts::default());
    let (way, told) = watch::channel(Way::default());
    (Pairing { requests: asking, hosts: known, way: told }, Keeper { requests, hosts, way })
}

impl Default for Pairing {
    /// Pairing that nobody keeps: no phone is host by it, and asking is answered 503.
    fn default() -> Self {
        channel().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_32_small_hexadecimal_digits_and_nothing_else() {
        let secret = Secret::new(*b"\x00\x01\x7f\x80\xffabcdefghijk");
        let hex = secret.to_hex();
        assert_eq!((hex.len(), &hex[..10]), (32, "00017f80ff"));
        assert_eq!(Secret::from_hex(hex.as_bytes()).map(|secret| secret.0), Some(secret.0));
        for wrong in ["", &hex[1..], &format!("{hex}0"), &hex.to_uppercase(), &hex.replace('f', "g"), &"é".repeat(16)]
        {
            assert!(Secret::from_hex(wrong.as_bytes()).is_none(), "{wrong}");
        }
        assert!(!format!("{secret:?}").contains("00"), "a log tells no secret");
    }

    #[test]
    fn the_key_of_a_secret_is_its_sha_256() {
        // FIPS 180-4's hash of 16 zero bytes, as `head -c16 /dev/zero | sha256sum` prints it.
        let key = Secret::new([0; SECRET_BYTES]).key();
        let hex: String = key.0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "374708fff7719dd5979ec875d56cd2286f6d3cf7ec317a3b25632aab28ec37bb");
    }

    #[test]
    fn any_one_right_key_makes_a_host_and_no_wrong_one() {
        let key = |n| Key([n; 32]);
        let hosts = Hosts::new([key(1), key(2)]);
        assert!(hosts.have(&[key(9), key(2)]) && hosts.have(&[key(1)]));
        let mut near = key(1);
        near.0[31] ^= 1;
        assert!(!hosts.have(&[near, key(9)]) && !hosts.have(&[]) && !Hosts::default().have(&[key(1)]));
    }
}
