//! The certificate that an SDP names: the digest of it under one of the hashes of RFC 8122 section 5.
//!
//! Which hash it is chooses the peer. SHA-1 is taken as well: to be somebody else, a forger needs a second certificate with the same
//! digest, which nobody can make. MD5 and MD2 are not (the same section forbids them).

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA224, SHA256, SHA384, SHA512, digest};

use super::Fingerprint;

/// The hashes that can be named, the strongest first, and the length of their digests in bytes.
const HASHES: [(&str, &Algorithm, usize); 5] = [
    ("sha-512", &SHA512, 64),
    ("sha-384", &SHA384, 48),
    ("sha-256", &SHA256, 32),
    ("sha-224", &SHA224, 28),
    ("sha-1", &SHA1_FOR_LEGACY_USE_ONLY, 20),
];

/// Longest digest, in bytes.
const DIGEST_BYTES_MAX: usize = 64;

/// What an SDP says of its sender's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// Which of [`HASHES`].
    hash: usize,
    digest: [u8; DIGEST_BYTES_MAX],
}

/// Why an SDP names no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unnamed {
    /// None of its hashes is known here.
    Unknown,
    /// The digest under this hash is not written as it should be.
    Malformed { hash: &'static str, bytes: usize },
}

impl Named {
    /// Reads the values of `a=fingerprint` lines, of which the one under the strongest hash counts (RFC 8122 section 5.1).
    pub(crate) fn read<'a>(values: impl Iterator<Item = &'a str> + Clone) -> Result<Self, Unnamed> {
        for (hash, (name, _, bytes)) in HASHES.into_iter().enumerate() {
            let under = values.clone().find_map(|value| {
                let (named, digits) = value.split_once(' ')?;
                named.eq_ignore_ascii_case(name).then_some(digits.trim())
            });
            let Some(digits) = under else { continue };
            let read: Option<Vec<u8>> = digits.split(':').map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
            let read = read.filter(|read| read.len() == bytes).ok_or(Unnamed::Malformed { hash: name, bytes })?;
            let mut digest = [0; DIGEST_BYTES_MAX];
            digest[..bytes].copy_from_slice(&read);
            return Ok(Self { hash, digest });
        }
        Err(Unnamed::Unknown)
    }

    /// Returns whether this certificate, in DER, is the one.
    pub(super) fn is(&self, der: &[u8]) -> bool {
        let (_, algorithm, bytes) = HASHES[self.hash];
        digest(algorithm, der).as_ref() == &self.digest[..bytes]
    }
}

impl From<Fingerprint> for Named {
    fn from(fingerprint: Fingerprint) -> Self {
        let hash = HASHES.iter().position(|(name, ..)| *name == "sha-256").unwrap_or_default();
        let mut digest = [0; DIGEST_BYTES_MAX];
        digest[..fingerprint.len()].copy_from_slice(&fingerprint);
        Self { hash, digest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `openssl dgst` says of `abc`.
    const ABC: [&str; 5] = [
        "sha-1 A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9D",
        "SHA-224 23:09:7d:22:34:05:d8:22:86:42:a4:77:bd:a2:55:b3:2a:ad:bc:e4:bd:a0:b3:f7:e3:6c:9d:a7",
        "sha-256 BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD",
        "sha-384 CB:00:75:3F:45:A3:5E:8B:B5:A0:3D:69:9A:C6:50:07:27:2C:32:AB:0E:DE:D1:63:1A:8B:60:5A:43:FF:5B:ED:80:86:07:2B:\
         A1:E7:CC:23:58:BA:EC:A1:34:C8:25:A7",
        "sha-512 DD:AF:35:A1:93:61:7A:BA:CC:41:73:49:AE:20:41:31:12:E6:FA:4E:89:A9:7E:A2:0A:9E:EE:E6:4B:55:D3:9A:21:92:99:2A:\
         27:4F:C1:A8:36:BA:3C:23:A3:FE:EB:BD:45:4D:44:23:64:3C:E8:0E:2A:9A:C9:4F:A5:4C:A4:9F",
    ];

    #[test]
    fn a_certificate_is_known_by_any_hash_and_no_other_is() {
        for value in ABC {
            let named = Named::read([value].into_iter()).unwrap();
            assert!(named.is(b"abc") && !named.is(b"abd"), "{value}");
        }
        assert_eq!(Named::from(super::super::sha256(b"abc")), Named::read([ABC[2]].into_iter()).unwrap());
    }

    #[test]
    fn the_strongest_hash_counts_and_what_cannot_be_read_is_named() {
        let lie = "sha-256 00";
        assert!(Named::read([lie, ABC[4]].into_iter()).unwrap().is(b"abc"));
        assert_eq!(Named::read([ABC[0], lie].into_iter()), Err(Unnamed::Malformed { hash: "sha-256", bytes: 32 }));
        for none in ["md5 00", "sha-256", ""] {
            assert_eq!(Named::read([none].into_iter()), Err(Unnamed::Unknown), "{none}");
        }
        let long = format!("{}:00", ABC[3]);
        assert_eq!(Named::read([long.as_str()].into_iter()), Err(Unnamed::Malformed { hash: "sha-384", bytes: 48 }));
    }
}
