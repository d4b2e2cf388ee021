//! The one cookie: how it is set and what is believed of those that come back.
//!
//! Whatever else a phone sends under `Cookie` (other programs on the same address set theirs as well) is skipped.

use ::party::pairing::Key;
use axum::http::{HeaderMap, HeaderValue, header};

use crate::pairing::Secret;

/// Its name. Cookies do not know ports, so two boxes on one address share it: pairing with one ends it with the other.
const NAME: &str = "partybox_host";

/// How long a browser keeps it, seconds: 400 days, the most that browsers allow (RFC 6265bis section 5.5).
const KEPT_FOR_S: u32 = 400 * 24 * 60 * 60;

/// Values of that name looked at in one request: browsers send one per path, and ours has one path. Further ones are
/// not hashed.
const VALUES_MAX: usize = 4;

/// The header that hands a secret to a phone. No script can read it, and no other site's page can make the phone send
/// it. Not `Secure`: the box speaks plain HTTP.
pub(super) fn set(secret: &Secret) -> HeaderValue {
    let text = format!("{NAME}={}; Max-Age={KEPT_FOR_S}; Path=/; HttpOnly; SameSite=Strict", secret.to_hex());
    HeaderValue::from_str(&text).expect("letters and digits make a header")
}

/// The keys of all secrets that a request brings.
pub(super) fn keys(headers: &HeaderMap) -> Vec<Key> {
    // Bytes, because another program's cookie may hold anything.
    let pairs = headers.get_all(header::COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let values = pairs.filter_map(|pair| pair.trim_ascii().strip_prefix(NAME.as_bytes())?.strip_prefix(b"="));
    values.filter_map(Secret::from_hex).take(VALUES_MAX).map(|secret| secret.key()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_of(lines: &[&[u8]]) -> Vec<Key> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        keys(&headers)
    }

    #[test]
    fn what_is_set_comes_back() {
        let secret = Secret::new([0xa5; 16]);
        let set = set(&secret);
        let set = set.to_str().unwrap();
        let (pair, flags) = set.split_once("; ").unwrap();
        assert_eq!(flags, "Max-Age=34560000; Path=/; HttpOnly; SameSite=Strict");
        assert_eq!(keys_of(&[pair.as_bytes()]), [secret.key()]);
    }

    #[test]
    fn it_is_found_among_others_and_among_several() {
        let (a, b) = (Secret::new([1; 16]), Secret::new([2; 16]));
        let pair = |secret: &Secret| format!("{NAME}={}", secret.to_hex());
        let line = format!("x=\u{fc}; ;{}; y; =;{NAME}=; {}", pair(&a), pair(&b));
        assert_eq!(keys_of(&[line.as_bytes()]), [a.key(), b.key()]);
        assert_eq!(keys_of(&[b"\xff\xfe=1", pair(&b).as_bytes()]), [b.key()]);
    }

    #[test]
    fn what_only_looks_like_it_is_skipped() {
        let hex = Secret::new([0xab; 16]).to_hex();
        for wrong in [
            format!("x{NAME}={hex}"),
            format!("{NAME}x={hex}"),
            format!("{NAME}={hex}0"),
            format!("{NAME}={}", hex.to_uppercase()),
            format!("{NAME}=\"{hex}\""),
            format!("{NAME} ={hex}"),
            format!("{NAME}={}", &hex[1..]),
            format!("{}={hex}", NAME.to_uppercase()),
            format!("{NAME}{hex}"),
        ] {
            assert_eq!(keys_of(&[wrong.as_bytes()]), [], "{wrong}");
        }
    }

    #[test]
    fn a_flood_of_values_costs_a_few_hashes() {
        let flood = format!("{NAME}={};", Secret::new([7; 16]).to_hex()).repeat(300);
        assert_eq!(keys_of(&[flood.as_bytes()]).len(), VALUES_MAX);
    }
}
