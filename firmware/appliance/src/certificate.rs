//! The certificate of the box's secure page: made by the box for itself, kept in the state folder, and replaced near its end.
//!
//! Nobody vouches for it, so that browsers warn; what it is worth is a page that may use a microphone. Each box has a key of its
//! own (P-256, which every browser takes): one in the image would be everybody's. Whoever has been warned once is asked again
//! after a change, so that a certificate stays as long as it can: new names and addresses are added to those it has.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::state::{Copies, Writer};

/// The name of the file in the state folder that keeps it.
pub const FILE: &str = "certificate";

/// Version of the shape in which it is kept.
const VERSION: u32 = 1;

const DAY_S: u64 = 24 * 60 * 60;

/// How long one lasts, days: what browsers have allowed at most since 2020 (CA/Browser Forum ballot SC31).
const LASTS_DAYS: u64 = 397;

/// How long before its end it is replaced, days.
const RENEWED_DAYS: u64 = 30;

/// How long before it was made it is valid, days: a phone's clock may be behind.
const BEFORE_DAYS: u64 = 2;

/// Names and addresses in one, at most. What came first is kept: a house that gives the box a new address every day changes
/// nothing any more then.
const NAMES_MAX: usize = 32;

/// A certificate with its key.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate in DER (X.509).
    pub der: Vec<u8>,
    /// Its private key in DER (PKCS#8).
    pub key: Vec<u8>,
    /// The names and addresses that it is for.
    names: BTreeSet<String>,
    /// When it was made, and when it ends, seconds since 1970.
    made_s: u64,
    ends_s: u64,
}

impl fmt::Debug for Certificate {
    /// Not the key: debug output ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("names", &self.names).field("ends_s", &self.ends_s).finish_non_exhaustive()
    }
}

/// A [`Certificate`] as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    certificate: String,
    key: String,
    names: BTreeSet<String>,
    made_s: u64,
    ends_s: u64,
}

impl Certificate {
    /// Makes one for these names and addresses at this time, seconds since 1970.
    ///
    /// # Errors
    /// The system has no random bytes, or a name cannot be in a certificate.
    pub fn make(names: &BTreeSet<String>, now_s: u64) -> Result<Self, rcgen::Error> {
        let names: BTreeSet<String> = names.iter().take(NAMES_MAX).cloned().collect();
        let mut params = CertificateParams::new(names.iter().cloned().collect::<Vec<_>>())?;
        let (from_s, ends_s) = (now_s.saturating_sub(BEFORE_DAYS * DAY_S), now_s + LASTS_DAYS * DAY_S);
        let at = |unix_s| date_time_ymd(1970, 1, 1) + Duration::from_secs(unix_s);
        (params.not_before, params.not_after) = (at(from_s), at(ends_s));
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "Partybox");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        let der = params.self_signed(&key)?.der().to_vec();
        Ok(Self { der, key: key.serialize_der(), names, made_s: now_s, ends_s })
    }

    /// Whether a new one shall be made: this one ends soon, was made by a clock that was ahead, or lacks a name that there is
    /// room for.
    fn is_due(&self, names: &BTreeSet<String>, now_s: u64) -> bool {
        let is_old = now_s + RENEWED_DAYS * DAY_S > self.ends_s || now_s + BEFORE_DAYS * DAY_S < self.made_s;
        is_old || self.names.len() < NAMES_MAX && !names.is_subset(&self.names)
    }

    fn to_toml(&self) -> String {
        let Self { der, key, names, made_s, ends_s } = self;
        let kept = Kept {
            version: VERSION,
            certificate: hex(der),
            key: hex(key),
            names: names.clone(),
            made_s: *made_s,
            ends_s: *ends_s,
        };
        toml::to_string(&kept).expect("numbers and texts")
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let kept: Kept = toml::from_str(std::str::from_utf8(text).ok()?).ok()?;
        let Kept { certificate, key, names, made_s, ends_s, .. } = kept;
        let (der, key) = (bytes(&certificate)?, bytes(&key)?);
        (kept.version == VERSION).then_some(Self { der, key, names, made_s, ends_s })
    }
}

/// The certificate of this box as time goes by.
#[derive(Debug)]
pub struct Certificates {
    writer: Option<Arc<Writer>>,
    current: watch::Sender<Option<Arc<Certificate>>>,
}

impl Certificates {
    /// Reads the one that is kept; what is not there, not whole or due is made by [`Self::renew`].
    pub fn new(writer: Option<Arc<Writer>>) -> Self {
        let folder = writer.as_ref().map(|writer| writer.folder());
        let kept = folder.and_then(|folder| folder.read_or_older(FILE, "browsers will warn again", Certificate::parse));
        Self { writer, current: watch::Sender::new(kept.map(Arc::new)) }
    }

    /// Returns where the server of the secure page finds the certificate; `None` until one could be made.
    pub fn follow(&self) -> watch::Receiver<Option<Arc<Certificate>>> {
        self.current.subscribe()
    }

    /// Makes a new one for these names if that is due. To be called at the start, and now and then: the clock of a box may be set
    /// while it runs.
    pub fn renew(&self, names: impl IntoIterator<Item = String>, now: SystemTime) {
        let now_s = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut names: BTreeSet<String> = names.into_iter().collect();
        let before = self.current.borrow().clone();
        if before.as_ref().is_some_and(|before| !before.is_due(&names, now_s)) {
            return;
        }
        names.extend(before.iter().flat_map(|before| before.names.iter().cloned()));
        match Certificate::make(&names, now_s) {
            Ok(made) => {
                log::info!("the secure page has a new certificate");
                self.keep(&made);
                self.current.send_replace(Some(Arc::new(made)));
            }
            Err(error) => log::error!("the secure page gets no certificate: {error}"),
        }
    }

    fn keep(&self, made: &Certificate) {
        let Some(writer) = &self.writer else { return };
        let done = |written: Result<(), _>| {
            if let Err(error) = written {
                log::warn!("the new certificate cannot be kept: {error}");
            }
        };
        writer.write(FILE, made.to_toml().into_bytes(), Copies::Newest, Box::new(done));
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|two| pair(two)).collect()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Folder;

    const NOW_S: u64 = 1_800_000_000;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn at(unix_s: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(unix_s)
    }

    #[test]
    fn one_is_kept_as_it_is_until_its_end_is_near() {
        let made = Certificate::make(&names(&["party.internal", "10.0.0.1"]), NOW_S).unwrap();
        assert_eq!(Certificate::parse(made.to_toml().as_bytes()), Some(made.clone()));
        assert!(!format!("{made:?}").contains("key"));
        let days = |days: u64| NOW_S + days * DAY_S;
        let same = names(&["10.0.0.1"]);
        assert!(!made.is_due(&same, NOW_S) && !made.is_due(&same, days(LASTS_DAYS - RENEWED_DAYS)));
        assert!(made.is_due(&same, days(LASTS_DAYS - RENEWED_DAYS) + 1));
        assert!(made.is_due(&same, NOW_S - BEFORE_DAYS * DAY_S - 1), "made by a clock that was ahead");
        assert!(made.is_due(&names(&["10.0.0.2"]), NOW_S), "a new address");
    }

    #[test]
    fn what_is_no_certificate_is_none() {
        for text in [
            "",
            "version = 1",
            "\u{0}",
            "version = 1\ncertificate = \"0\"\nkey = \"\"\nnames = []\nmade_s = 0\nends_s = 0",
        ] {
            assert_eq!(Certificate::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_box_keeps_its_own_over_a_restart_and_adds_what_it_is_called_later() {
        let directory = tempfile::tempdir().unwrap();
        let open = || {
            let folder = Folder::open(directory.path().to_owned()).unwrap();
            Certificates::new(Some(Arc::new(Writer::new(Arc::new(folder)).unwrap())))
        };
        let der = |certificates: &Certificates| certificates.follow().borrow().as_ref().map(|one| one.der.clone());
        let first = open();
        assert_eq!(der(&first), None);
        first.renew(["a.local".to_owned()], at(NOW_S));
        let made = der(&first).expect("a certificate");
        first.renew(["a.local".to_owned()], at(NOW_S + 1));
        assert_eq!(der(&first), Some(made.clone()));
        drop(first);
        let second = open();
        assert_eq!(der(&second), Some(made.clone()));
        second.renew(["10.0.0.7".to_owned()], at(NOW_S));
        assert_ne!(der(&second), Some(made));
        let has = second.follow().borrow().as_ref().map(|one| one.names.clone());
        assert_eq!(has, Some(names(&["10.0.0.7", "a.local"])));
    }

    #[test]
    fn a_house_with_a_new_address_every_day_changes_nothing_for_ever() {
        let certificates = Certificates::new(None);
        for day in 0..NAMES_MAX {
            certificates.renew([format!("10.0.0.{day}")], at(NOW_S));
        }
        let last = certificates.follow().borrow().clone();
        certificates.renew(["10.0.1.1".to_owned()], at(NOW_S));
        assert_eq!(*certificates.follow().borrow(), last);
    }
}
