//! From a DTLS handshake's key export to session keys (RFC 3711 section 4.3, RFC 5764 section 4.2, RFC 7714 section
//! 11).

use aws_lc_rs::aead::{self, LessSafeKey, UnboundKey};
use aws_lc_rs::cipher::{self, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

use super::{Cipher, CounterSha1, Gcm};

/// Labels of the key derivation (RFC 3711 sections 4.3.1 and 4.3.2), RTP first; those for RTCP are 3 higher.
const LABEL_CIPHER: u8 = 0;
const LABEL_AUTH: u8 = 1;
const LABEL_SALT: u8 = 2;
const RTCP_LABELS: u8 = 3;

/// Bytes of an HMAC-SHA1 key.
const AUTH_KEY_BYTES: usize = 20;

/// The protection profiles spoken (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// `SRTP_AEAD_AES_256_GCM`.
    AeadAes256Gcm,
    /// `SRTP_AEAD_AES_128_GCM`.
    AeadAes128Gcm,
    /// `SRTP_AES128_CM_HMAC_SHA1_80`.
    Aes128CmSha1_80,
}

impl Profile {
    /// Every profile, in the order of [`Self::index`].
    pub const ALL: [Self; 3] = [Self::AeadAes256Gcm, Self::AeadAes128Gcm, Self::Aes128CmSha1_80];

    /// Its place in tables.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its name as IANA registers it, in small letters and without `SRTP_`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AeadAes256Gcm => "aead_aes_256_gcm",
            Self::AeadAes128Gcm => "aead_aes_128_gcm",
            Self::Aes128CmSha1_80 => "aes128_cm_hmac_sha1_80",
        }
    }

    const fn key_bytes(self) -> usize {
        match self {
            Self::AeadAes256Gcm => 32,
            Self::AeadAes128Gcm | Self::Aes128CmSha1_80 => 16,
        }
    }

    const fn salt_bytes(self) -> usize {
        match self {
            Self::AeadAes256Gcm | Self::AeadAes128Gcm => 12,
            Self::Aes128CmSha1_80 => 14,
        }
    }
}

/// One direction's master key and salt.
pub struct MasterKeys {
    profile: Profile,
    prf: EncryptingKey,
    /// Shorter salts are padded with zeros on the right (RFC 7714 section 11).
    salt: [u8; 14],
}

impl MasterKeys {
    /// Splits an export into the keys of the DTLS client and those of the server, in this order; `None` if its length
    /// does not fit `profile`.
    pub fn split(profile: Profile, export: &[u8]) -> Option<(Self, Self)> {
        let (key, salt) = (profile.key_bytes(), profile.salt_bytes());
        if export.len() != 2 * (key + salt) {
            return None;
        }
        let (keys, salts) = export.split_at(2 * key);
        let client = Self::new(profile, &keys[..key], &salts[..salt])?;
        let server = Self::new(profile, &keys[key..], &salts[salt..])?;
        Some((client, server))
    }

    /// A master key and salt; `None` if a length does not fit `profile`.
    pub fn new(profile: Profile, key: &[u8], salt: &[u8]) -> Option<Self> {
        let mut padded = [0; 14];
        padded.get_mut(..salt.len())?.copy_from_slice(salt);
        let fits = salt.len() == profile.salt_bytes() && key.len() == profile.key_bytes();
        fits.then(|| counter_key(key)).flatten().map(|prf| Self { profile, prf, salt: padded })
    }

    pub(super) fn rtp(&self) -> Cipher {
        self.cipher(0)
    }

    pub(super) fn rtcp(&self) -> Cipher {
        self.cipher(RTCP_LABELS)
    }

    fn cipher(&self, labels: u8) -> Cipher {
        let mut key = [0; 32];
        let key = &mut key[..self.profile.key_bytes()];
        self.derive(labels + LABEL_CIPHER, key);
        let algorithm = match self.profile {
            Profile::AeadAes256Gcm => &aead::AES_256_GCM,
            Profile::AeadAes128Gcm => &aead::AES_128_GCM,
            Profile::Aes128CmSha1_80 => return self.counter_cipher(labels, key),
        };
        let mut salt = [0; 12];
        self.derive(labels + LABEL_SALT, &mut salt);
        let key = UnboundKey::new(algorithm, key).expect("the key has the algorithm's length");
        Cipher::Gcm(Gcm { key: LessSafeKey::new(key), salt })
    }

    fn counter_cipher(&self, labels: u8, key: &[u8]) -> Cipher {
        let (mut auth, mut salt) = ([0; AUTH_KEY_BYTES], [0; 14]);
        self.derive(labels + LABEL_AUTH, &mut auth);
        self.derive(labels + LABEL_SALT, &mut salt);
        let key = counter_key(key).expect("a derived key has the profile's length");
        let auth = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &auth);
        Cipher::CounterSha1(Box::new(CounterSha1 { key, auth, salt }))
    }

    /// The key derivation: AES in counter mode over zeros, starting at salt XOR label.
    pub(super) fn derive(&self, label: u8, out: &mut [u8]) {
        let mut iv = [0; 16];
        iv[..14].copy_from_slice(&self.salt);
        iv[7] ^= label;
        out.fill(0);
        let context = EncryptionContext::Iv128(FixedLength::from(iv));
        self.prf.less_safe_encrypt(out, context).expect("counter mode takes any length");
    }
}

fn counter_key(key: &[u8]) -> Option<EncryptingKey> {
    let algorithm = if key.len() == 32 { &cipher::AES_256 } else { &cipher::AES_128 };
    EncryptingKey::ctr(UnboundCipherKey::new(algorithm, key).ok()?).ok()
}
