//! Peers whose certificate is of another kind than the library verifies: RSA, and ECDSA on P-521.
//!
//! The library asks clients for ECDSA alone, and a client that has only RSA then shows no certificate at all. So its request is
//! widened by RSA on the way out, and alike wherever the library hashes or verifies what was said, for the peer hashes what it was
//! sent (RFC 5246 section 7.4.4). What the library cannot verify is verified here. Only servers of DTLS 1.2 ask so: of a server with
//! RSA other cipher suites would be needed, which the library has not. P-224 stays out: the cryptography has it not.

use std::borrow::Cow;

use aws_lc_rs::signature::{
    ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    UnparsedPublicKey, VerificationAlgorithm,
};
use dimpl::crypto::{
    Buf, CryptoProvider, HashContext, HashProvider, OID_P256, OID_P384, SignatureVerifier, aws_lc_rs as library,
};
use dimpl::{CryptoError, HashAlgorithm, SignatureAlgorithm};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::referenced::OwnedToRef;
use x509_cert::spki::SubjectPublicKeyInfoRef;

use super::peek::{HANDSHAKE, MESSAGE_HEADER_BYTES, RECORD_HEADER_BYTES, counted, number};

const CLIENT_HELLO: u8 = 1;
const CERTIFICATE_REQUEST: u8 = 13;

/// The kind of certificate that is asked for besides (RFC 5246 section 7.4.4).
const RSA_SIGN: u8 = 1;

/// The signatures that are asked for besides: RSA, PKCS #1 1.5, with SHA-256 and SHA-384.
const RSA_SIGNATURES: [u8; 4] = [4, 1, 5, 1];

/// The shortest RSA that counts: 2,048 bits.
const RSA_MODULUS_BYTES_MIN: usize = 256;

/// Tells a peer that its kind of certificate is not supported (RFC 5246 section 7.2.2): one plaintext record, whose number is beyond
/// those of a handshake.
pub(super) const REFUSAL: [u8; 15] = [21, 254, 253, 0, 0, 0, 0, 0, 0, 255, 255, 0, 2, 2, 43];

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ELLIPTIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// Returns the library's cryptography, which verifies what it does not by itself.
pub(super) fn verifying() -> CryptoProvider {
    CryptoProvider { signature_verification: &Verifier { is_asker: false }, ..library::default_provider() }
}

/// Returns `given` for a server of DTLS 1.2 whose requests go through [`widen`].
pub(super) fn asking(given: CryptoProvider) -> CryptoProvider {
    CryptoProvider { signature_verification: &Verifier { is_asker: true }, hash_provider: &Transcripts, ..given }
}

/// Copies `datagram` to `buffer`, with RSA in the request for a certificate that may be in it. Returns its length; `None` if there is
/// no room.
pub(super) fn widen(datagram: &[u8], buffer: &mut [u8]) -> Option<usize> {
    let (mut rest, mut written) = (datagram, 0);
    let mut write = |bytes: &[u8]| {
        buffer.get_mut(written..)?.get_mut(..bytes.len())?.copy_from_slice(bytes);
        written += bytes.len();
        Some(written)
    };
    while let Some((header, behind)) = rest.split_at_checked(RECORD_HEADER_BYTES) {
        let Some((content, behind)) = behind.split_at_checked(number(&header[11..])) else { break };
        let is_plain = header[0] == HANDSHAKE && header[3..5] == [0, 0];
        let content = message(content)
            .filter(|(_, behind)| is_plain && behind.is_empty())
            .map_or(content.into(), |(whole, _)| widened(whole));
        write(&header[..11])?;
        write(&(content.len() as u16).to_be_bytes())?;
        write(&content)?;
        rest = behind;
    }
    write(rest)
}

/// Returns all that was said so far as the peer knows it; anything else as it is.
fn said(transcript: &[u8]) -> Cow<'_, [u8]> {
    if transcript.first() != Some(&CLIENT_HELLO) {
        return transcript.into();
    }
    let (mut known, mut rest) = (Vec::with_capacity(transcript.len() + 1 + RSA_SIGNATURES.len()), transcript);
    while let Some((whole, behind)) = message(rest) {
        known.extend_from_slice(&widened(whole));
        rest = behind;
    }
    known.extend_from_slice(rest);
    known.into()
}

/// The handshake message at the start of `bytes`, which is not in pieces, and what is behind it.
fn message(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let header = bytes.get(..MESSAGE_HEADER_BYTES)?;
    let (length, offset, here) = (number(&header[1..4]), number(&header[6..9]), number(&header[9..]));
    (offset == 0 && length == here).then_some(())?;
    bytes.split_at_checked(MESSAGE_HEADER_BYTES + length)
}

/// Returns a message, with RSA in it if it is a request for a certificate.
fn widened(whole: &[u8]) -> Cow<'_, [u8]> {
    (whole[0] == CERTIFICATE_REQUEST).then(|| with_rsa(whole)).flatten().map_or(whole.into(), Cow::from)
}

fn with_rsa(request: &[u8]) -> Option<Vec<u8>> {
    let (header, body) = request.split_at_checked(MESSAGE_HEADER_BYTES)?;
    let (kinds, rest) = counted(body, 1)?;
    let (signatures, authorities) = counted(rest, 2)?;
    let length = ((body.len() + 1 + RSA_SIGNATURES.len()) as u32).to_be_bytes();
    let count = ((signatures.len() + RSA_SIGNATURES.len()) as u16).to_be_bytes();
    Some(
        [
            &[header[0]],
            &length[1..],
            &header[4..9],
            &length[1..],
            &[kinds.len() as u8 + 1],
            kinds,
            &[RSA_SIGN],
            &count,
            signatures,
            &RSA_SIGNATURES,
            authorities,
        ]
        .concat(),
    )
}

/// A key in a certificate, by who verifies with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Librarys,
    Rsa,
    P521,
    Nobodys,
}

fn kind_of(info: &SubjectPublicKeyInfoRef<'_>) -> Key {
    let curve = || info.algorithm.parameters.and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok());
    match info.algorithm.oid {
        RSA if info.subject_public_key.raw_bytes().len() > RSA_MODULUS_BYTES_MIN => Key::Rsa,
        ELLIPTIC if curve() == Some(P521) => Key::P521,
        ELLIPTIC if curve().is_some_and(|curve| [OID_P256, OID_P384].contains(&curve)) => Key::Librarys,
        _ => Key::Nobodys,
    }
}

/// Returns whether a peer with this certificate can be verified.
pub(super) fn is_known(certificate: &[u8]) -> bool {
    Certificate::from_der(certificate)
        .is_ok_and(|parsed| kind_of(&parsed.tbs_certificate().subject_public_key_info().owned_to_ref()) != Key::Nobodys)
}

/// The library's hashes, of what the peer knows.
#[derive(Debug)]
struct Transcripts;

impl HashProvider for Transcripts {
    fn create_hash(&self, algorithm: HashAlgorithm) -> Box<dyn HashContext> {
        Box::new(Transcript(library::default_provider().hash_provider.create_hash(algorithm)))
    }
}

#[derive(Debug)]
struct Transcript(Box<dyn HashContext>);

impl HashContext for Transcript {
    /// The library hands over all that was said in one piece.
    fn update(&mut self, data: &[u8]) {
        self.0.update(&said(data));
    }

    fn clone_and_finalize(&self, out: &mut Buf) {
        self.0.clone_and_finalize(out);
    }
}

/// The library's verifier, and other kinds of keys.
#[derive(Debug)]
struct Verifier {
    /// Whether requests went through [`widen`].
    is_asker: bool,
}

impl SignatureVerifier for Verifier {
    fn verify_signature(
        &self,
        certificate: &[u8],
        data: &[u8],
        signature: &[u8],
        hash: HashAlgorithm,
        algorithm: SignatureAlgorithm,
    ) -> Result<(), CryptoError> {
        let data = if self.is_asker { said(data) } else { data.into() };
        let parsed = Certificate::from_der(certificate).map_err(|_| CryptoError::CertificateParseFailed)?;
        let info = parsed.tbs_certificate().subject_public_key_info().owned_to_ref();
        let by: &dyn VerificationAlgorithm = match (kind_of(&info), algorithm, hash) {
            (Key::Rsa, SignatureAlgorithm::RSA, HashAlgorithm::SHA256) => &RSA_PKCS1_2048_8192_SHA256,
            (Key::Rsa, SignatureAlgorithm::RSA, HashAlgorithm::SHA384) => &RSA_PKCS1_2048_8192_SHA384,
            (Key::P521, SignatureAlgorithm::ECDSA, HashAlgorithm::SHA256) => &ECDSA_P521_SHA256_ASN1,
            (Key::P521, SignatureAlgorithm::ECDSA, HashAlgorithm::SHA384) => &ECDSA_P521_SHA384_ASN1,
            (Key::Librarys, ..) => {
                let library = library::default_provider().signature_verification;
                return library.verify_signature(certificate, &data, signature, hash, algorithm);
            }
            _ => return Err(CryptoError::UnsupportedSignatureAlgorithm(algorithm)),
        };
        let key = info.subject_public_key.as_bytes().ok_or(CryptoError::InvalidSubjectPublicKey)?;
        let verified = UnparsedPublicKey::new(by, key).verify(&data, signature);
        verified.map_err(|_| CryptoError::UnsupportedSignatureAlgorithm(algorithm))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the library asks for: ECDSA with SHA-256 and SHA-384.
    const ASKED: [u8; 22] = [13, 0, 0, 10, 0, 4, 0, 0, 0, 0, 0, 10, 1, 64, 0, 4, 4, 3, 5, 3, 0, 0];

    /// The same and RSA.
    const WIDER: [u8; 27] = [13, 0, 0, 15, 0, 4, 0, 0, 0, 0, 0, 15, 2, 64, 1, 0, 8, 4, 3, 5, 3, 4, 1, 5, 1, 0, 0];

    const DONE: [u8; 12] = [14, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0];

    fn record(epoch: u8, content: &[u8]) -> Vec<u8> {
        [&[HANDSHAKE, 254, 253, 0, epoch, 0, 0, 0, 0, 0, 7, 0, content.len() as u8], content].concat()
    }

    fn sent(datagram: &[u8]) -> Vec<u8> {
        let mut buffer = [0; 200];
        let len = widen(datagram, &mut buffer).expect("there is room");
        buffer[..len].to_vec()
    }

    #[test]
    fn a_request_is_widened_in_its_record_and_in_what_is_hashed_and_nothing_else_is() {
        assert_eq!(
            sent(&[record(0, &DONE), record(0, &ASKED)].concat()),
            [record(0, &DONE), record(0, &WIDER)].concat()
        );
        let hello = [&[CLIENT_HELLO, 0, 0, 22, 0, 1, 0, 0, 0, 0, 0, 22][..], &ASKED].concat();
        let transcript = [&hello[..], &ASKED, &DONE].concat();
        assert_eq!(*said(&transcript), *[&hello[..], &WIDER, &DONE].concat());
        let mut piece = ASKED;
        piece[8] = 1;
        for datagram in [record(1, &ASKED), record(0, &piece), record(0, &[]), ASKED.to_vec(), Vec::new()] {
            assert_eq!(sent(&datagram), datagram);
        }
        assert_eq!(*said(&ASKED), ASKED, "this does not begin as a handshake does");
    }

    #[test]
    fn cut_and_broken_requests_go_on_as_they_are_and_too_little_room_is_said() {
        let whole = record(0, &ASKED);
        for len in 0..whole.len() {
            assert_eq!(sent(&whole[..len]), whole[..len], "{len} bytes");
        }
        assert_eq!(widen(&whole, &mut [0; 39]), None);
        for broken in [[9, 64, 0, 4], [1, 64, 0, 9]] {
            let mut request = ASKED;
            request[12..16].copy_from_slice(&broken);
            assert_eq!(sent(&record(0, &request)), record(0, &request));
        }
    }
}
